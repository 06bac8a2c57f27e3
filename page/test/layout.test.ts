// Neurons stand inside their room without overlap; edges join them; arrows lead to neighbours.
import { describe, expect, it } from "vitest";
import { joined } from "../src/curves";
import { decades } from "../src/flow";
import { arrange, edge, nearestEdge, neighbour, ROOM, strongest, TITLES } from "../src/layout";

const counts = [2, 8, 32, 1];

describe("arrange", () => {
  it.each([[360, 200], [900, 400], [3000, 1200]])("keeps tiles apart and inside %i × %i", (width, height) => {
    const layout = arrange(counts, { ...ROOM, width, height });
    layout.columns.forEach((tiles, column) => {
      expect(tiles).toHaveLength(counts[column]!);
      tiles.forEach(({ x, y }, unit) => {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x + layout.size).toBeLessThanOrEqual(layout.width + 1e-9);
        expect(y).toBeGreaterThanOrEqual(-1e-9);
        expect(y + layout.size).toBeLessThanOrEqual(layout.height + 1e-9);
        if (unit) expect(y - tiles[unit - 1]!.y).toBeGreaterThan(layout.size);
      });
      if (column) expect(tiles[0]!.x - layout.columns[column - 1]![0]!.x).toBeGreaterThanOrEqual(layout.size);
    });
  });
  it("centres each column and grows only where it must", () => {
    const { columns, size, height } = arrange([1, 4], { ...ROOM, width: 500, height: 400 });
    expect(columns[0]![0]!.y + size / 2).toBeCloseTo(height / 2);
    expect(height).toBe(400);
    expect(arrange([32], { ...ROOM, width: 100, height: 100 }).height).toBeGreaterThan(100);
  });
  it("stands with no layers at all", () => expect(arrange([], { ...ROOM, width: 10, height: 10 }).columns).toEqual([]));
});

it("an edge runs from right side to left side", () => {
  expect(edge({ x: 0, y: 0 }, { x: 100, y: 40 }, 20)).toBe("M20 10C60 10 60 50 100 50");
});

describe("strongest", () => {
  const weights = [{ values: [0.1, -5, 3, 0.2, 0, 1], shape: [3, 2] }];
  it("names every edge in the order of the weights", () => {
    expect(strongest(weights, 100).map(({ from, to }) => [from, to])).toEqual([[0, 0], [1, 0], [0, 1], [1, 1], [0, 2], [1, 2]]);
  });
  it("keeps the largest where there are too many", () => {
    expect(strongest(weights, 3).map(({ from, to }) => [from, to])).toEqual([[1, 0], [0, 1], [1, 2]]);
  });
});

describe("neighbour", () => {
  it("moves inside a column and stops at its ends", () => {
    expect(neighbour(counts, { column: 1, unit: 0 }, "up")).toEqual({ column: 1, unit: 0 });
    expect(neighbour(counts, { column: 1, unit: 0 }, "down")).toEqual({ column: 1, unit: 1 });
  });
  it("keeps its height from column to column", () => {
    expect(neighbour(counts, { column: 0, unit: 1 }, "right")).toEqual({ column: 1, unit: 4 });
    expect(neighbour(counts, { column: 3, unit: 0 }, "left")).toEqual({ column: 2, unit: 16 });
    expect(neighbour(counts, { column: 3, unit: 0 }, "right")).toEqual({ column: 3, unit: 0 });
  });
  it("passes over columns with nothing in them", () => {
    expect(neighbour([2, 0, 2], { column: 0, unit: 0 }, "right")).toEqual({ column: 2, unit: 0 });
  });
});

describe("nearestEdge", () => {
  const layout = arrange([1, 2], { ...ROOM, width: 300, height: 200 });
  const edges = [{ layer: 0, from: 0, to: 0 }, { layer: 0, from: 0, to: 1 }];
  const middle = layout.columns[0]![0]!.y + layout.size / 2 + TITLES;
  it("finds the curve that passes there, and none far from all", () => {
    const end = layout.columns[1]![1]!;
    expect(nearestEdge(layout, edges, end.x - 1, end.y + layout.size / 2 + TITLES)).toEqual(edges[1]);
    expect(nearestEdge(layout, edges, 150, middle + 150)).toBeNull();
    expect(nearestEdge(layout, edges, 2, middle)).toBeNull(); // on the tile itself
  });
  it("halfway across a curve is halfway up", () => {
    const [a, b] = [layout.columns[0]![0]!, layout.columns[1]![0]!];
    const x = (a.x + layout.size + b.x) / 2;
    expect(nearestEdge(layout, edges, x, (a.y + b.y + layout.size) / 2 + TITLES, 1)).toEqual(edges[0]);
  });
});

it("lines of different steps share one axis, with gaps", () => {
  expect(joined([{ steps: [0, 2], values: [1, NaN] }, { steps: [1, 2], values: [5, 6] }])).toEqual([[0, 1, 2], [1, null, null], [null, 5, 6]]);
});

it("decades span the values, at least three", () => {
  expect(decades([0.02, 3])).toEqual([-2, 1]);
  expect(decades([1e-9, 1])).toEqual([-10, 1]);
  expect(decades([null, 0, NaN])).toEqual([-4, 0]);
});
