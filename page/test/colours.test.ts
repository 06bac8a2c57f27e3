// Colour maps: their stops, their middle, what is outside, and ink that can be read on them.
import { describe, expect, it } from "vitest";
import { cividis, classColour, contrast, diverging, entry, hex, inkOn, range, reach, rgb, word } from "../src/colours";

describe("the diverging map", () => {
  const { colours, words } = diverging(false);
  it("has the five stops of the design", () => {
    expect(hex(colours[0]!)).toBe("#be5000");
    expect(hex(colours.at(-1)!)).toBe("#005ab5");
    const middle = colours[entry(0, -1, 1)]!;
    rgb("#f4f4f2").forEach((part, i) => expect(Math.abs(middle[i]! - part)).toBeLessThan(2));
  });
  it("keeps values outside at its ends, and what is no number at the first", () => {
    expect([entry(-9, -1, 1), entry(9, -1, 1), entry(NaN, -1, 1), entry(Infinity, -1, 1)]).toEqual([0, 255, 0, 255]);
  });
  it("is laid out as canvas pixels are", () => {
    expect(words[0]).toBe(word(rgb("#be5000")));
    expect(new Uint8Array(Uint32Array.of(words[0]!).buffer)).toEqual(Uint8Array.of(0xbe, 0x50, 0x00, 255));
  });
});

describe("reading on colour", () => {
  it.each([diverging(false), diverging(true), cividis()])("ink has a contrast of 4.5 on every entry", ({ colours }) => {
    for (const ground of colours) expect(contrast(ground, rgb(inkOn(ground)))).toBeGreaterThan(4.5);
  });
  it("gives ten classes ten colours, light and dark", () => {
    for (const dark of [false, true]) {
      expect(new Set(Array.from({ length: 10 }, (_, i) => classColour(i, dark))).size).toBe(10);
    }
    expect(classColour(10, false)).toBe(classColour(0, false));
  });
});

describe("extents of values", () => {
  it("is symmetric or tight, and never empty", () => {
    expect(reach([-3, 2, NaN, Infinity])).toBe(3);
    expect(reach([])).toBe(1);
    expect(range([2, -1, NaN])).toEqual([-1, 2]);
    expect(range([4, 4])).toEqual([3.5, 4.5]);
    expect(range([])).toEqual([0, 1]);
  });
});
