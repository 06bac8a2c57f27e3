// Where neurons and edges stand. Pure arithmetic in pixels, so that it can be tested without a browser.

/** The height of the line of titles above the columns. */
export const TITLES = 24;

export interface Tile {
  x: number;
  y: number;
}

export interface Layout {
  size: number;
  width: number;
  height: number;
  columns: Tile[][];
}

export interface Room {
  width: number;
  height: number;
  largest: number;
  smallest: number;
  pitch: number;
}

export const ROOM: Omit<Room, "width" | "height"> = { largest: 64, smallest: 16, pitch: 64 };

/** Tiles as large as the tallest column allows, columns spread evenly, each centred. Too little room: it grows. */
export function arrange(counts: readonly number[], room: Room): Layout {
  const tallest = Math.max(1, ...counts);
  const gap = (size: number): number => Math.max(2, Math.round(size / 4));
  const heightOf = (units: number, size: number): number => units * size + (units - 1) * gap(size);
  let size = room.largest;
  while (size > room.smallest && heightOf(tallest, size) > room.height) size--;
  const height = Math.max(room.height, heightOf(tallest, size));
  const between = counts.length - 1;
  const width = Math.max(room.width, between * room.pitch + size);
  const pitch = between ? (width - size) / between : 0;
  const columns = counts.map((units, column) => {
    const top = (height - heightOf(units, size)) / 2;
    const x = between ? column * pitch : (width - size) / 2;
    return Array.from({ length: units }, (_, unit) => ({ x, y: top + unit * (size + gap(size)) }));
  });
  return { size, width, height, columns };
}

/** A curve from the right side of one tile to the left side of another. */
export function edge(from: Tile, to: Tile, size: number): string {
  const [x0, y0, x1, y1] = [from.x + size, from.y + size / 2, to.x, to.y + size / 2];
  const bend = (x1 - x0) / 2;
  const at = (x: number, y: number): string => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
  return `M${at(x0, y0)}C${at(x0 + bend, y0)} ${at(x1 - bend, y1)} ${at(x1, y1)}`;
}

export interface Edge {
  layer: number;
  from: number;
  to: number;
}

/** The strongest edges of each layer, at most `limit` of them in all; order is that of the weights. */
export function strongest(weights: readonly { values: ArrayLike<number>; shape: readonly number[] }[], limit: number): Edge[] {
  const total = weights.reduce((sum, { values }) => sum + values.length, 0);
  const kept: Edge[] = [];
  weights.forEach(({ values, shape }, layer) => {
    const share = total <= limit ? values.length : Math.floor((limit * values.length) / total);
    const before = shape[1] ?? 1;
    const places = Array.from({ length: values.length }, (_, place) => place);
    if (share < places.length) {
      places.sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!));
      places.length = share;
      places.sort((a, b) => a - b);
    }
    for (const place of places) kept.push({ layer, from: place % before, to: Math.floor(place / before) });
  });
  return kept;
}

export type Direction = "up" | "down" | "left" | "right";
export interface Spot {
  column: number;
  unit: number;
}

/** The neuron that an arrow key leads to: the one at the same height in the next column. */
export function neighbour(counts: readonly number[], { column, unit }: Spot, direction: Direction): Spot {
  const last = (index: number): number => (counts[index] ?? 1) - 1;
  if (direction === "up") return { column, unit: Math.max(0, unit - 1) };
  if (direction === "down") return { column, unit: Math.min(last(column), unit + 1) };
  let next = column;
  do next += direction === "left" ? -1 : 1;
  while (next >= 0 && next < counts.length && !counts[next]);
  if (next < 0 || next >= counts.length) return { column, unit };
  const middle = unit - last(column) / 2 + last(next) / 2;
  return { column: next, unit: Math.max(0, Math.min(last(next), Math.round(middle))) };
}

/** The edge nearest to a point, if one passes within `within` pixels of it. */
export function nearestEdge(layout: Layout, edges: readonly Edge[], x: number, y: number, within = 8): Edge | null {
  let best: Edge | null = null;
  let least = within;
  const titled = y - TITLES;
  for (const one of edges) {
    const from = layout.columns[one.layer]?.[one.from];
    const to = layout.columns[one.layer + 1]?.[one.to];
    if (!from || !to || x < from.x + layout.size || x > to.x) continue;
    const share = curveTime((x - from.x - layout.size) / (to.x - from.x - layout.size));
    const height = from.y + (to.y - from.y) * share * share * (3 - 2 * share) + layout.size / 2;
    if (Math.abs(height - titled) < least) {
      least = Math.abs(height - titled);
      best = one;
    }
  }
  return best;
}

/** The parameter at which such a curve has gone this share of its way across: 1.5 t − 1.5 t² + t³. */
function curveTime(share: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 20; i++) {
    const t = (low + high) / 2;
    if (1.5 * t - 1.5 * t * t + t * t * t < share) low = t;
    else high = t;
  }
  return (low + high) / 2;
}
