// The small pieces that every view is made of.
import { type ComponentChildren, createContext } from "preact";
import { effect } from "@preact/signals";
import { useContext, useId, useLayoutEffect, useState, useRef } from "preact/hooks";
import type { Lab } from "./state";

export const LabContext = createContext<Lab>(null as unknown as Lab);
export const useLab = (): Lab => useContext(LabContext);

/** Draw now, and again whenever a signal that was read changes. */
export function useDrawing(draw: () => void, inputs: unknown[]): void {
  useLayoutEffect(() => effect(draw), inputs);
}

export interface Size {
  width: number;
  height: number;
}

/** The size of an element, followed. */
export function useSize<E extends Element>(): [{ current: E | null }, Size] {
  const element = useRef<E>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setSize((before) =>
        before.width === Math.round(width) && before.height === Math.round(height)
          ? before
          : { width: Math.round(width), height: Math.round(height) },
      );
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, size];
}

/** What the server refused, and its mend, at the place where it was asked. */
export function Trouble({ at }: { at: string }) {
  const lab = useLab();
  const problem = lab.problems.value[at];
  if (!problem) return null;
  const detail = [
    problem.got ? `Given: ${problem.got}.` : "",
    problem.wanted ? `Wanted: ${problem.wanted}.` : "",
  ].filter(Boolean);
  return (
    <div class="trouble" role="alert">
      <p>
        <strong>{sentence(problem.what)}</strong> {detail.join(" ")}
      </p>
      {problem.mend && <p>{sentence(problem.mend)}</p>}
      <button type="button" class="plain" onClick={() => lab.forgive(at)}>
        Dismiss
      </button>
    </div>
  );
}

/** A server's words begin small and end openly: here they stand alone. */
export function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

export function Field({ label, unit, children }: { label: string; unit?: string | undefined; children: (id: string) => ComponentChildren }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
      {unit !== undefined && <output for={id}>{unit}</output>}
    </div>
  );
}

interface Choice {
  value: string;
  text: string;
}

export function Choose(props: { label: string; value: string; choices: readonly (string | Choice)[]; onChoose: (value: string) => void }) {
  const offered = props.choices.map((one) => (typeof one === "string" ? { value: one, text: one } : one));
  const known = offered.some(({ value }) => value === props.value);
  const choices = known ? offered : [...offered, { value: props.value, text: props.value }]; // as Python chose it
  return (
    <Field label={props.label}>
      {(id) => (
        <select id={id} value={props.value} onChange={(event) => props.onChoose(event.currentTarget.value)}>
          {choices.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Amount(props: {
  label: string;
  value: number;
  step?: number | "any";
  min?: number;
  max?: number;
  onCommit: (value: number) => void;
}) {
  const commit = (input: HTMLInputElement): void => {
    const value = input.valueAsNumber;
    if (Number.isFinite(value) && value !== props.value) props.onCommit(value);
  };
  return (
    <Field label={props.label}>
      {(id) => (
        <input
          id={id}
          type="number"
          value={props.value}
          step={props.step ?? "any"}
          min={props.min}
          max={props.max}
          onChange={(event) => commit(event.currentTarget)}
        />
      )}
    </Field>
  );
}

export function Slider(props: {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  text: (value: number) => string;
  onCommit: (value: number) => void;
}) {
  const [held, setHeld] = useState<number | null>(null);
  return (
    <Field label={props.label} unit={props.text(held ?? props.value)}>
      {(id) => (
        <input
          id={id}
          type="range"
          min={props.min}
          max={props.max}
          step={props.step}
          value={held ?? props.value}
          onInput={(event) => setHeld(event.currentTarget.valueAsNumber)}
          onChange={(event) => {
            props.onCommit(event.currentTarget.valueAsNumber);
            setHeld(null);
          }}
        />
      )}
    </Field>
  );
}

export interface Counted {
  label: string;
  value: number;
  min: number;
  max: number;
  onCount: (value: number) => void;
}

/** A number with a button on either side. */
export function Stepper({ label, value, min, max, onCount }: Counted) {
  return (
    <span class="stepper" role="group" aria-label={label}>
      <button type="button" disabled={value <= min} aria-label={`One less: ${label}`} onClick={() => onCount(value - 1)}>
        −
      </button>
      <span class="count">{value}</span>
      <button type="button" disabled={value >= max} aria-label={`One more: ${label}`} onClick={() => onCount(value + 1)}>
        +
      </button>
    </span>
  );
}

export function Reason({ view }: { view: string }) {
  const lab = useLab();
  const told = lab.reason(view);
  return <p class="quiet empty">{told ? sentence(told) : "Waiting for the first numbers …"}</p>;
}
