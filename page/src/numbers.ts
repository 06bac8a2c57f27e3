// How numbers are written: short in the picture, whole in the tables.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const count = (value: number): string => whole.format(value);

/** Four significant digits at most, in exponent form where the zeros would be hard to count. */
export function short(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text =
    size < 1e-3 || size >= 1e6
      ? value.toExponential(Math.max(digits - 2, 0))
      : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−");
}

/** A fixed width for what changes all the time. */
export function steady(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return (size !== 0 && (size < 1e-3 || size >= 1e4) ? value.toExponential(2) : value.toFixed(4)).replaceAll("-", "−");
}

/** What a table twin shows: every digit of a single-precision number. */
export function exact(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
}

export function rate(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(1)} k` : value >= 10 ? value.toFixed(0) : value.toFixed(1);
}
