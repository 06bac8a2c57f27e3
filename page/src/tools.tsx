// What a pointer or a key does on the plane: look at a point, move, draw, erase.
import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useLab } from "./parts";
import { type Plane, toPixels, toPlane } from "./points";
import type { Lab } from "./state";

const TOOLS = ["look", "move", "draw", "erase"] as const;
export type Tool = (typeof TOOLS)[number];
export const WORDS: Record<Tool, string> = { look: "Look", move: "Move", draw: "Draw", erase: "Erase" };
export const HINTS: Record<Tool, string> = {
  look: "Click a point to see its numbers in the microscope.",
  move: "Drag a point, or hold Shift with the arrow keys.",
  draw: "Click to add a point.",
  erase: "Click a point to remove it.",
};

export function Tools({ tool, label, drawable }: { tool: Signal<Tool>; label: Signal<number>; drawable: boolean }) {
  const { data } = useLab().state.value!;
  return (
    <div class="tools" role="group" aria-label="What a click on the plane does">
      {(drawable ? TOOLS : TOOLS.slice(0, 1)).map((one) => (
        <button key={one} type="button" aria-pressed={tool.value === one} onClick={() => (tool.value = one)}>
          {WORDS[one]}
        </button>
      ))}
      {tool.value === "draw" && data.classes && (
        <select aria-label="Class of a new point" value={String(label.value)} onChange={(event) => (label.value = Number(event.currentTarget.value))}>
          {data.classes.map((name, i) => (
            <option key={name} value={String(i)}>
              {name}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

/** Where each point stands: its two features, or its feature and its target. */
export function positions(lab: Lab): [number, number][] {
  const points = lab.array("surface/points");
  if (!points) return [];
  const width = points.shape[1] ?? 1;
  const labels = lab.array("surface/labels")?.values;
  return Array.from({ length: points.shape[0]! }, (_, i) => [
    points.values[i * width]!,
    width > 1 ? points.values[i * width + 1]! : (labels?.[i] ?? 0),
  ]);
}

type Cursor = { value: [number, number] | null };

/** Pointer and keyboard on the plane, by the tool in hand. */
export function useTools(lab: Lab, tool: { value: Tool }, label: { value: number }, plane: () => Plane) {
  const most = (lab.state.value?.data.classes?.length ?? 1) - 1;
  const dragged = useRef<number | null>(null);
  const place = (event: PointerEvent): [number, number] => {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    return toPlane(plane(), event.clientX - frame.x, event.clientY - frame.y);
  };
  const nearest = (at: [number, number], within: number): number | null => {
    const here = toPixels(plane(), at);
    let best: number | null = null;
    let least = within;
    positions(lab).forEach((point, i) => {
      const [x, y] = toPixels(plane(), point);
      const far = Math.hypot(x - here[0], y - here[1]);
      if (far < least) [least, best] = [far, i];
    });
    return best;
  };
  const send = (fields: Record<string, unknown>): void => void lab.request("points", fields, "points");
  const act = (at: [number, number], within: number): void => {
    const point = nearest(at, within);
    if (tool.value === "draw") send({ add: [[...at, Math.min(label.value, most)]] });
    else if (point === null) lab.announce("No point is near.");
    else if (tool.value === "erase") send({ remove: [point] });
    else if (tool.value === "look") lookAt(lab, point);
  };
  return {
    handlers: {
      onPointerDown(event: PointerEvent) {
        if (tool.value !== "move") return act(place(event), 16);
        dragged.current = nearest(place(event), 16);
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
      },
      onPointerMove(event: PointerEvent) {
        if (dragged.current !== null) void lab.movePoint(dragged.current, ...place(event));
      },
      onPointerUp: () => (dragged.current = null),
      onPointerCancel: () => (dragged.current = null),
    },
    key(event: KeyboardEvent, cursor: Cursor) {
      const { x, y } = plane();
      const at = cursor.value ?? [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2];
      const by: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      const move = by[event.key];
      if (move) {
        const before = tool.value === "move" && event.shiftKey ? nearest(at, 24) : null;
        cursor.value = [at[0] + (move[0] * (x[1] - x[0])) / 50, at[1] + (move[1] * (y[1] - y[0])) / 50];
        if (before !== null) void lab.movePoint(before, ...cursor.value);
      } else if (event.key === "Enter") act(at, 24);
      else return;
      event.preventDefault();
    },
  };
}

/** Points are numbered over all rows, examples within their part. */
function lookAt(lab: Lab, point: number): void {
  const parts = lab.array("surface/part")?.values;
  const part = parts?.[point] === 1 ? 1 : 0;
  const index = parts ? parts.subarray(0, point).filter((one) => one === part).length : point;
  void lab.look(index, part ? "test" : "train");
}
