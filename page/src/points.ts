// Between the plane of two features and the pixels of its picture, and the marks of points.

export interface Plane {
  x: readonly [number, number];
  y: readonly [number, number];
  width: number;
  height: number;
}

export function toPixels({ x, y, width, height }: Plane, [a, b]: readonly [number, number]): [number, number] {
  return [((a - x[0]) / (x[1] - x[0])) * width, (1 - (b - y[0]) / (y[1] - y[0])) * height];
}

export function toPlane({ x, y, width, height }: Plane, left: number, top: number): [number, number] {
  const round = (value: number): number => Number(value.toPrecision(5));
  return [round(x[0] + (left / width) * (x[1] - x[0])), round(y[0] + (1 - top / height) * (y[1] - y[0]))];
}

const SIDES = [0, 4, 3, 6, 5];

/** A mark whose shape tells its class as well as its colour does: circle, square, triangle, hexagon, pentagon. */
export function mark(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  shape: number,
  { fill, line }: { fill: string; line: string | null },
): void {
  const sides = SIDES[Math.abs(Math.round(shape)) % SIDES.length]!;
  context.beginPath();
  if (!sides) context.arc(x, y, radius, 0, 2 * Math.PI);
  for (let i = 0; i < sides; i++) {
    const angle = (2 * Math.PI * i) / sides - Math.PI / 2 + (sides === 4 ? Math.PI / 4 : 0);
    context.lineTo(x + radius * 1.15 * Math.cos(angle), y + radius * 1.15 * Math.sin(angle));
  }
  context.closePath();
  context.fillStyle = fill;
  context.fill();
  if (line) {
    context.lineWidth = Math.max(1, radius / 3.5);
    context.strokeStyle = line;
    context.stroke();
  }
}
