// Arrays to pixels. A map over the input plane has its first row at the bottom, a picture at the top.
import { type ColourMap, classColour, entry, mix, paper, rgb, word } from "./colours";

export interface Grid {
  values: ArrayLike<number>;
  rows: number;
  columns: number;
}

function pixels(canvas: HTMLCanvasElement, rows: number, columns: number, fill: (words: Uint32Array) => void): void {
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const context = canvas.getContext("2d");
  if (!context || !rows || !columns) return;
  const image = context.createImageData(columns, rows);
  fill(new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
}

function place(row: number, rows: number, upward: boolean): number {
  return upward ? rows - 1 - row : row;
}

export function paint(
  canvas: HTMLCanvasElement,
  { values, rows, columns }: Grid,
  map: ColourMap,
  [low, high]: readonly [number, number],
  upward: boolean,
): void {
  pixels(canvas, rows, columns, (words) => {
    for (let row = 0; row < rows; row++) {
      const start = place(row, rows, upward) * columns;
      for (let column = 0; column < columns; column++) {
        words[start + column] = map.words[entry(values[row * columns + column]!, low, high)]!;
      }
    }
  });
}

const STRONGEST = 0.55; // of a class's colour, so that points in the full colour stand out

/** Each place in the colour of its class, paler where the network is less sure. */
export function paintClasses(
  canvas: HTMLCanvasElement,
  classes: ArrayLike<number>,
  certainty: ArrayLike<number>,
  { rows, columns, count, dark }: { rows: number; columns: number; count: number; dark: boolean },
): void {
  const ground = paper(dark);
  const shades = Array.from({ length: count }, (_, index) =>
    Uint32Array.from({ length: 64 }, (_, step) =>
      word(mix(ground, rgb(classColour(index, dark)), (step / 63) * STRONGEST)),
    ),
  );
  const chance = 1 / count;
  pixels(canvas, rows, columns, (words) => {
    for (let row = 0; row < rows; row++) {
      const start = place(row, rows, true) * columns;
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        const sure = Math.max(0, Math.min(1, (certainty[at]! - chance) / (1 - chance)));
        words[start + column] = shades[classes[at]!]?.[Math.round(sure * 63)] ?? word(ground);
      }
    }
  });
}
