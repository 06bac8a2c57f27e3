// The decoder reads the frame that Python wrote, and nothing that is not one.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode, FrameError } from "../src/decode";

const golden = new URL("../../tests/studio/golden", import.meta.url);
const bytes = (): ArrayBuffer => new Uint8Array(readFileSync(`${golden.pathname}.plf`)).buffer;
const told = JSON.parse(readFileSync(`${golden.pathname}.json`, "utf8")) as {
  header: Record<string, unknown>;
  arrays: Record<string, { shape: number[]; values: unknown }>;
};

function framed(header: unknown, body = 0, magic = "PLF1"): ArrayBuffer {
  let text = typeof header === "string" ? header : JSON.stringify(header);
  text += " ".repeat((8 - (new TextEncoder().encode(text).length % 8)) % 8);
  const head = new TextEncoder().encode(text);
  const buffer = new ArrayBuffer(8 + head.length + body);
  const out = new Uint8Array(buffer);
  out.set(new TextEncoder().encode(magic));
  new DataView(buffer).setUint32(4, head.length, true);
  out.set(head, 8);
  return buffer;
}

const sound = { seq: 1, views: {}, arrays: [{ name: "a", dtype: "f4", shape: [2], offset: 0 }] };

describe("the golden frame", () => {
  it("decodes to what Python wrote", () => {
    const { arrays, ...header } = decode(bytes());
    expect(header).toEqual(told.header);
    expect([...arrays.keys()]).toEqual(Object.keys(told.arrays));
    for (const [name, { shape, values }] of Object.entries(told.arrays)) {
      const array = arrays.get(name)!;
      expect(array.shape).toEqual(shape);
      expect(Array.from(array.values)).toEqual((values as unknown[]).flat(Infinity));
    }
  });

  it("is refused when cut anywhere", () => {
    const whole = bytes();
    for (let length = 0; length < whole.byteLength; length += 8) {
      expect(() => decode(whole.slice(0, length)), `${length} bytes`).toThrow(FrameError);
    }
  });
});

describe("frames that are none", () => {
  const entry = (change: object): unknown => ({ ...sound, arrays: [{ ...sound.arrays[0], ...change }] });
  const cases: [string, ArrayBuffer, RegExp][] = [
    ["nothing", new ArrayBuffer(0), /8 bytes/],
    ["another magic", framed(sound, 8, "PNG1"), /not a frame/],
    ["another version", framed(sound, 8, "PLF2"), /version/],
    ["no JSON", framed("nonsense", 8), /JSON/],
    ["a list for a header", framed([1], 8), /object/],
    ["no seq", framed({ ...sound, seq: undefined }, 8), /seq/],
    ["no views", framed({ ...sound, views: null }, 8), /views/],
    ["no arrays", framed({ seq: 1, views: {} }, 8), /arrays/],
    ["an unknown dtype", framed(entry({ dtype: "O" }), 8), /dtype/],
    ["a dtype of Object", framed(entry({ dtype: "toString" }), 8), /dtype/],
    ["a negative extent", framed(entry({ shape: [-1] }), 8), /extents/],
    ["an extent that is no number", framed(entry({ shape: ["2"] }), 8), /extents/],
    ["a shape beyond the frame", framed(entry({ shape: [1000] }), 8), /outside/],
    ["a shape whose product overflows", framed(entry({ shape: [2 ** 30, 2 ** 30] }), 8), /outside/],
    ["an offset beyond the frame", framed(entry({ offset: 64 }), 8), /outside/],
    ["an offset between places", framed(entry({ offset: 4 }), 16), /multiple/],
  ];
  it.each(cases)("%s", (_, buffer, message) => expect(() => decode(buffer)).toThrow(message));

  it("reads the sound one that these were made from", () => {
    expect(decode(framed(sound, 8)).arrays.get("a")!.values).toEqual(new Float32Array(2));
  });
});
