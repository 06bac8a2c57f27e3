// PLF1 frames: magic, header length, JSON header, little-endian buffers. Nothing is copied: arrays are views.

export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

export interface NamedArray {
  shape: number[];
  values: Numbers;
}

export interface Frame {
  seq: number;
  step: number;
  epoch: number;
  playing: boolean;
  rate: number;
  last: number;
  views: Record<string, Record<string, unknown>>;
  arrays: Map<string, NamedArray>;
}

const KINDS = {
  f4: Float32Array,
  f8: Float64Array,
  i4: Int32Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
} as const;

const ALIGNMENT = 8;

export class FrameError extends Error {}

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new FrameError(what);
}

function header(buffer: ArrayBuffer): { fields: Record<string, unknown>; body: number } {
  demand(buffer.byteLength >= ALIGNMENT, "a frame has at least 8 bytes");
  const bytes = new Uint8Array(buffer);
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  demand(magic.startsWith("PLF"), "not a frame of the lab");
  demand(magic === "PLF1", `frames of version 1 are read, not ${JSON.stringify(magic)}`);
  const length = new DataView(buffer).getUint32(4, true);
  const body = ALIGNMENT + length;
  demand(body <= buffer.byteLength, "the header is longer than the frame");
  demand(body % ALIGNMENT === 0, "the header is not padded to 8 bytes");
  let fields: unknown;
  try {
    fields = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, body)));
  } catch {
    throw new FrameError("the header is not JSON");
  }
  demand(typeof fields === "object" && fields !== null && !Array.isArray(fields), "the header is not an object");
  return { fields: fields as Record<string, unknown>, body };
}

function array(entry: Record<string, unknown>, buffer: ArrayBuffer, body: number): NamedArray {
  const { name, dtype, shape, offset } = entry;
  demand(typeof name === "string", "an array has no name");
  demand(typeof dtype === "string" && Object.hasOwn(KINDS, dtype), `${name}: unknown dtype ${String(dtype)}`);
  const whole = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
  demand(Array.isArray(shape) && shape.every(whole), `${name}: the shape is not a list of extents`);
  demand(whole(offset), `${name}: the offset is not a whole number`);
  demand(offset % ALIGNMENT === 0, `${name}: the offset is not a multiple of 8`);
  const kind = KINDS[dtype as keyof typeof KINDS];
  const count = (shape as number[]).reduce((product, extent) => product * extent, 1);
  demand(body + offset + count * kind.BYTES_PER_ELEMENT <= buffer.byteLength, `${name}: lies outside the frame`);
  return { shape: shape as number[], values: new kind(buffer, body + offset, count) };
}

/** The frame in a buffer; a FrameError says what is wrong with it. */
export function decode(buffer: ArrayBuffer): Frame {
  const { fields, body } = header(buffer);
  const { seq, step, epoch, playing, rate, last, views, arrays } = fields;
  demand(Number.isInteger(seq), "the header has no seq");
  demand(typeof views === "object" && views !== null, "the header has no views");
  demand(Array.isArray(arrays), "the header has no arrays");
  const named = new Map<string, NamedArray>();
  for (const entry of arrays as Record<string, unknown>[]) {
    named.set(String(entry["name"]), array(entry, buffer, body));
  }
  return {
    seq: seq as number,
    step: Number(step ?? 0),
    epoch: Number(epoch ?? 0),
    playing: Boolean(playing),
    rate: Number(rate ?? 0),
    last: Number(last ?? 0),
    views: views as Frame["views"],
    arrays: named,
  };
}
