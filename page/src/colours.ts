// Colour maps as tables of 256 entries: diverging for signed numbers, cividis for amounts, one colour a class.

export type RGB = readonly [number, number, number];

// Even steps in CAM02-UCS, zero in the middle; safe for the colour-blind.
const DIVERGING_LIGHT = ["#be5000", "#d8a383", "#f4f4f2", "#8ca2c0", "#005ab5"];
const DIVERGING_DARK = ["#ff9d52", "#8a5e41", "#232427", "#44668b", "#64b0ff"];
const CIVIDIS = [
  "#00224e", "#123570", "#3b496c", "#575d6d", "#707173",
  "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
];
// The first two are the ends of the diverging map, so that a decision of two classes reads as one scale.
const CLASSES_LIGHT = [
  "#be5000", "#005ab5", "#1b7f4d", "#a3307f", "#857000",
  "#1f8fa8", "#7350c4", "#c2334d", "#5f6b2e", "#62625e",
];
const CLASSES_DARK = [
  "#ff9d52", "#64b0ff", "#56c288", "#e583c4", "#cdb83f",
  "#5fcbe0", "#b49bff", "#ff8b98", "#a9bb63", "#b0afa9",
];

export function rgb(hex: string): RGB {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

export function hex(colour: RGB): string {
  return "#" + colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
}

export function mix(a: RGB, b: RGB, share: number): RGB {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

export interface ColourMap {
  /** Colours as little-endian ABGR words, as canvas pixels are laid out. */
  words: Uint32Array;
  colours: RGB[];
}

const ENTRIES = 256;

export function word([red, green, blue]: RGB): number {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

export function mapOf(stops: readonly string[]): ColourMap {
  const corners = stops.map(rgb);
  const colours = Array.from({ length: ENTRIES }, (_, entry) => {
    const place = (entry / (ENTRIES - 1)) * (corners.length - 1);
    const below = Math.min(Math.floor(place), corners.length - 2);
    return mix(corners[below]!, corners[below + 1]!, place - below);
  });
  return { colours, words: Uint32Array.from(colours, word) };
}

// Pictures as they are: dark ink on paper, or light ink on the night's.
const INK_LIGHT = mapOf(["#f4f4f2", "#22211f"]);
const INK_DARK = mapOf(["#232427", "#f0eee9"]);
const LIGHT = mapOf(DIVERGING_LIGHT);
const DARK = mapOf(DIVERGING_DARK);
const AMOUNTS = mapOf(CIVIDIS);

export const diverging = (dark: boolean): ColourMap => (dark ? DARK : LIGHT);
export const ink = (dark: boolean): ColourMap => (dark ? INK_DARK : INK_LIGHT);
export const cividis = (): ColourMap => AMOUNTS;

/** The entry for a value between low and high; what lies outside takes the ends, what is no number the first. */
export function entry(value: number, low: number, high: number): number {
  if (!(value > low)) return 0;
  if (value >= high) return ENTRIES - 1;
  return Math.round(((value - low) / (high - low)) * (ENTRIES - 1));
}

export function classColour(index: number, dark: boolean): string {
  const colours = dark ? CLASSES_DARK : CLASSES_LIGHT;
  return colours[index % colours.length]!;
}

export const paper = (dark: boolean): RGB => rgb(dark ? DIVERGING_DARK[2]! : DIVERGING_LIGHT[2]!);

/** Relative luminance as WCAG defines it. */
export function luminance(colour: RGB): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as RGB;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(a: RGB, b: RGB): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Black or white, whichever is read more easily on this ground. */
export function inkOn(ground: RGB): string {
  return contrast(ground, [0, 0, 0]) >= contrast(ground, [255, 255, 255]) ? "#000000" : "#ffffff";
}

/** The largest magnitude, so that a diverging map has its zero in the middle. */
export function reach(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most && size < Infinity) most = size;
  }
  return most || 1;
}

export function range(values: ArrayLike<number>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low && value > -Infinity) low = value;
    if (value > high && value < Infinity) high = value;
  }
  if (!(low <= high)) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}
