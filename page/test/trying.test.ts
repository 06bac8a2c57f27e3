// Contours lie where the heights are; values are read as they were written; the timeline reaches to a race's end.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { contour, levels } from "../src/contours";
import type { RaceView, State } from "../src/protocol";
import { Lab } from "../src/state";
import { readValues } from "../src/sweep";

describe("contour", () => {
  const slope = [0, 1, 2, 0, 1, 2, 0, 1, 2]; // rises from left to right
  it("runs along places of the same height", () => {
    const found = contour(slope, 3, 3, 0.5);
    expect(found).toHaveLength(2);
    for (const [x0, , x1] of found) expect([x0, x1]).toEqual([0.5, 0.5]);
  });
  it("is closed around a summit", () => {
    const hill = [0, 0, 0, 0, 4, 0, 0, 0, 0];
    const ends = contour(hill, 3, 3, 1).flatMap(([x0, y0, x1, y1]) => [`${x0} ${y0}`, `${x1} ${y1}`]);
    expect(ends).toHaveLength(8);
    expect(new Set(ends).size).toBe(4);
    expect(ends).toContain("0.25 1");
  });
  it("keeps both parts of a saddle apart", () => expect(contour([1, 0, 0, 1], 2, 2, 0.5)).toHaveLength(2));
  it("leaves out what is no number, and what is on one side", () => {
    expect(contour([0, 1, NaN, 1], 2, 2, 0.5)).toEqual([]);
    expect(contour(slope, 3, 3, 9)).toEqual([]);
  });
  it("has levels inside the range", () => expect(levels(0, 4, 3)).toEqual([1, 2, 3]));
});

describe("values of a sweep", () => {
  it.each([
    ["0.1, 0.01", [0.1, 0.01]],
    [" 1;2  3,", [1, 2, 3]],
    ["relu tanh", ["relu", "tanh"]],
    ["1e-4,x", [1e-4, "x"]],
    ["", []],
  ])("reads %j", (text, values) => expect(readValues(text)).toEqual(values));
});

describe("the timeline of a race", () => {
  let sent: Record<string, unknown>[];
  let lab: Lab;
  beforeEach(() => {
    vi.stubGlobal("requestAnimationFrame", () => 0);
    sent = [];
    const send = (text: string): void => void sent.push(JSON.parse(text) as Record<string, unknown>);
    lab = new Lab({ send, onText: () => undefined, onBinary: () => undefined, onClose: () => undefined, close: () => undefined }, "");
    lab.learn({ event: "state", state: { last: 40, viewed: null, network: { layers: [] } } as unknown as State });
    const race: RaceView = { state: "done", offered: [], first: 10, steps: 100 };
    lab.frame.value = { seq: 1, step: 40, epoch: 1, playing: false, rate: 0, last: 40, views: { race }, arrays: new Map() } as never;
  });
  const seeks = (): unknown[] => sent.filter(({ op }) => op === "seek").map(({ step }) => step);

  it("reaches beyond the run only while the race is on screen", () => {
    expect(lab.reach()).toBe(40);
    lab.tab.value = "race";
    expect(lab.reach()).toBe(110);
  });
  it("moves the race where the run has no steps, and both where it has", () => {
    lab.tab.value = "race";
    lab.seek(80);
    expect(lab.moment.value).toBe(80);
    expect(seeks()).toEqual([null]);
    lab.tab.value = "curves";
    expect(lab.moment.value).toBeNull();
    lab.tab.value = "race";
    lab.scrub(-1);
    expect(lab.moment.value).toBe(78);
    lab.seek(null);
    expect(lab.moment.value).toBeNull();
  });
});
