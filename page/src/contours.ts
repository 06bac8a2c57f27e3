// Lines of equal height over a grid of numbers, by marching squares.

export type Segment = readonly [x0: number, y0: number, x1: number, y1: number];

// Which sides of a square a line crosses, by the corners that lie above: 1 lower left, 2 lower right, 4 upper right,
// 8 upper left. Sides: 0 lower, 1 right, 2 upper, 3 left. Of saddles both corners are cut off.
const CROSSED: readonly (readonly number[])[] = [
  [], [3, 0], [0, 1], [3, 1], [1, 2], [3, 0, 1, 2], [0, 2], [3, 2],
  [2, 3], [2, 0], [0, 1, 2, 3], [2, 1], [1, 3], [1, 0], [0, 3], [],
];

/** The pieces of the line at a level, in units of the grid; squares with a corner that is no number have none. */
export function contour(values: ArrayLike<number>, rows: number, columns: number, level: number): Segment[] {
  const found: Segment[] = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      const corners = [values[at]!, values[at + 1]!, values[at + columns + 1]!, values[at + columns]!];
      if (!corners.every(Number.isFinite)) continue;
      const above = corners.reduce((sum, corner, i) => sum + (corner > level ? 1 << i : 0), 0);
      const share = (from: number, to: number): number => (level - corners[from]!) / (corners[to]! - corners[from]!);
      const side = (number: number): [number, number] => {
        if (number === 0) return [column + share(0, 1), row];
        if (number === 1) return [column + 1, row + share(1, 2)];
        if (number === 2) return [column + share(3, 2), row + 1];
        return [column, row + share(0, 3)];
      };
      const crossed = CROSSED[above]!;
      for (let i = 0; i < crossed.length; i += 2) found.push([...side(crossed[i]!), ...side(crossed[i + 1]!)]);
    }
  }
  return found;
}

/** Levels between the least and the greatest of the numbers, evenly apart, without the ends. */
export function levels(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * (i + 1)) / (count + 1));
}
