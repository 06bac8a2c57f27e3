// What the network says over the plane of two features, with the data on it.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { cividis, classColour, diverging, entry, hex, range, reach } from "./colours";
import type { NamedArray } from "./decode";
import { paint, paintClasses } from "./heatmap";
import { response, unitName } from "./network";
import { short } from "./numbers";
import { Reason, Trouble, useDrawing, useLab, useSize } from "./parts";
import type { NetworkView } from "./protocol";
import { mark, type Plane, toPixels } from "./points";
import type { Lab } from "./state";
import { type Sheet, Twin } from "./table";
import { HINTS, positions, type Tool, Tools, useTools, WORDS } from "./tools";

export interface SurfaceView {
  x: [number, number];
  y: [number, number];
  axes: [number, number];
  held: Record<string, number>;
}

export function Surface() {
  const lab = useLab();
  const spot = lab.hovered.value ?? lab.inspected.value;
  const view = lab.view<SurfaceView>("surface");
  const features = lab.view<NetworkView>("network")?.features ?? [];
  const title = spot && view && lab.array("surface/points") ? unitName(lab, features, spot) : "Output";
  return (
    <section class="surface" aria-labelledby="surface-title">
      <div class="heading">
        <h2 id="surface-title">{title.charAt(0).toUpperCase() + title.slice(1)}</h2>
      </div>
      {view ? <Plot view={view} /> : lab.array("network/output") ? <Chances /> : <Reason view="surface" />}
      <Trouble at="points" />
      <Twin of="Output" sheets={() => sheets(lab)} />
    </section>
  );
}

function Plot({ view }: { view: SurfaceView }) {
  const lab = useLab();
  const [box, size] = useSize<HTMLDivElement>();
  const ground = useRef<HTMLCanvasElement>(null);
  const points = useRef<HTMLCanvasElement>(null);
  const tool = useSignal<Tool>("look");
  const label = useSignal(0);
  const cursor = useSignal<[number, number] | null>(null);
  const data = lab.state.value!.data;
  const features = lab.view<NetworkView>("network")?.features ?? data.features;
  const curve = lab.array("surface/curve") !== null;
  const named = view.axes.map((axis) => features[axis] ?? `feature ${axis + 1}`);
  const names = curve ? [named[0]!, data.target ?? "target"] : named;
  // Points can be drawn where a place on the plane is a whole row.
  const drawable = curve || (data.task === "classification" && data.features.length === 2 && features.length === 2);
  useLayoutEffect(() => {
    if (!drawable) tool.value = "look";
  }, [drawable]);
  useDrawing(() => drawGround(lab, ground.current), []);
  useDrawing(() => drawPoints(lab, points.current, size, cursor.value), [size.width, size.height]);
  const plane = (): Plane => planeOf(lab, size);
  const act = useTools(lab, tool, label, plane);

  return (
    <>
      <Axes view={view} names={names}>
        <div class="plane" ref={box}>
          <canvas ref={ground} class="ground" role="img" aria-label={`Output of the network over ${names.join(" and ")}`} />
          <canvas
            ref={points}
            class="points"
            tabIndex={0}
            role="application"
            aria-label={`Points of the data. ${WORDS[tool.value]}: arrow keys move a cross, Enter acts where it stands.`}
            {...act.handlers}
            onKeyDown={(event) => act.key(event, cursor)}
            onBlur={() => (cursor.value = null)}
          />
        </div>
      </Axes>
      <Legend />
      <Held held={view.held} features={features} />
      <Tools tool={tool} label={label} drawable={drawable} />
      <p class="quiet hint">{HINTS[tool.value]}</p>
    </>
  );
}

function Axes({ view, names, children }: { view: SurfaceView; names: string[]; children: ComponentChildren }) {
  return (
    <div class="plot">
      <span class="axis-y" aria-hidden="true">
        <span>{short(view.y[1], 3)}</span>
        <span class="name">{names[1]}</span>
        <span>{short(view.y[0], 3)}</span>
      </span>
      {children}
      <span class="axis-x" aria-hidden="true">
        <span>{short(view.x[0], 3)}</span>
        <span class="name">{names[0]}</span>
        <span>{short(view.x[1], 3)}</span>
      </span>
    </div>
  );
}

function Held({ held, features }: { held: Record<string, number>; features: string[] }) {
  const fixed = Object.entries(held ?? {});
  if (!fixed.length || features.length < 3) return null;
  const text = fixed.map(([name, value]) => `${name} = ${short(value, 3)}`).join(", ");
  return <p class="quiet hint">Held at the median: {text}</p>;
}

function Legend() {
  const lab = useLab();
  const dark = lab.dark.value;
  const { classes } = lab.state.value!.data;
  const parts = lab.array("surface/part")?.values;
  if (classes) {
    return (
      <ul class="legend">
        {classes.map((name, i) => (
          <li key={name}>
            <Swatch index={i} dark={dark} /> {name}
          </li>
        ))}
        {parts?.includes(1) && <li class="quiet">hollow: test rows</li>}
      </ul>
    );
  }
  if (lab.array("surface/curve")) return <p class="quiet hint">Line: the network. Points: the data, hollow where they test.</p>;
  const [low, high] = valueRange(lab);
  return <Scale low={low} high={high} />;
}

export function Swatch({ index, dark }: { index: number; dark: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, 24, 24);
    mark(context, 12, 12, 9, index, { fill: classColour(index, dark), line: null });
  }, [index, dark]);
  return <canvas ref={canvas} class="swatch" width={24} height={24} aria-hidden="true" />;
}

function Scale({ low, high }: { low: number; high: number }) {
  const lab = useLab();
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(() => {
    const values = Float32Array.from({ length: 128 }, (_, i) => low + ((high - low) * i) / 127);
    if (canvas.current) {
      paint(canvas.current, { values, rows: 1, columns: 128 }, low < 0 ? diverging(lab.dark.value) : cividis(), [low, high], false);
    }
  }, [low, high]);
  return (
    <div class="scale">
      <span>{short(low, 3)}</span>
      <canvas ref={canvas} role="img" aria-label={`Colours from ${short(low, 3)} to ${short(high, 3)}`} />
      <span>{short(high, 3)}</span>
    </div>
  );
}

/** Signed values keep their zero in the middle. */
function valueRange(lab: Lab): [number, number] {
  const labels = lab.array("surface/labels")?.values ?? [];
  const [low, high] = range(labels);
  return low < 0 ? [-reach(labels), reach(labels)] : [low, high];
}

const PALER = 1.6; // of a unit's response, so that points in the full colour stand out

function drawGround(lab: Lab, canvas: HTMLCanvasElement | null): void {
  const dark = lab.dark.value;
  const spot = lab.hovered.value ?? lab.inspected.value;
  if (!lab.frame.value || !canvas) return;
  const unit = spot && response(lab, spot);
  const classes = lab.array("surface/class");
  const value = lab.array("surface/value");
  if (unit) {
    const [rows, columns] = unit.grid.shape as [number, number];
    paint(canvas, { values: unit.grid.values, rows, columns }, diverging(dark), [PALER * unit.low, PALER * unit.high], true);
  } else if (classes) {
    const [rows, columns] = classes.shape as [number, number];
    const certainty = lab.array("surface/certainty")!.values;
    const count = lab.state.value?.data.classes?.length ?? 2;
    paintClasses(canvas, classes.values, certainty, { rows, columns, count, dark });
  } else if (value) {
    const [rows, columns] = value.shape as [number, number];
    const span = valueRange(lab);
    paint(canvas, { values: value.values, rows, columns }, span[0] < 0 ? diverging(dark) : cividis(), span, true);
  } else canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
}

function planeOf(lab: Lab, size: { width: number; height: number }): Plane {
  const view = lab.view<SurfaceView>("surface")!;
  return { x: view.x, y: view.y, ...size };
}

function drawPoints(lab: Lab, canvas: HTMLCanvasElement | null, size: { width: number; height: number }, cursor: [number, number] | null): void {
  const dark = lab.dark.value;
  const context = canvas?.getContext("2d");
  if (!lab.frame.value || !canvas || !context || !lab.view("surface") || !size.width) return;
  const ratio = Math.min(devicePixelRatio || 1, 3);
  if (canvas.width !== size.width * ratio) canvas.width = size.width * ratio;
  if (canvas.height !== size.height * ratio) canvas.height = size.height * ratio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  const plane = planeOf(lab, size);
  drawCurve(lab, context, plane, dark);
  const parts = lab.array("surface/part")?.values;
  const ink = dark ? "#17181a" : "#ffffff";
  const all = positions(lab);
  const radius = Math.max(2.5, Math.min(5, size.width / 100, 60 / Math.sqrt(all.length)));
  all.forEach((point, i) => {
    const [x, y] = toPixels(plane, point);
    const { colour, shape } = look(lab, i, dark);
    const test = parts?.[i] === 1;
    mark(context, x, y, radius, shape, test ? { fill: ink, line: colour } : { fill: colour, line: ink });
  });
  if (cursor) cross(context, plane, cursor, dark);
}

function look(lab: Lab, i: number, dark: boolean): { colour: string; shape: number } {
  const label = lab.array("surface/labels")?.values[i] ?? 0;
  if (lab.state.value?.data.task === "classification") return { colour: classColour(label, dark), shape: label };
  if (lab.array("surface/curve")) return { colour: dark ? "#64b0ff" : "#005ab5", shape: 0 };
  const [low, high] = valueRange(lab);
  const map = low < 0 ? diverging(dark) : cividis();
  return { colour: hex(map.colours[entry(label, low, high)]!), shape: 0 };
}

function drawCurve(lab: Lab, context: CanvasRenderingContext2D, plane: Plane, dark: boolean): void {
  const curve = lab.array("surface/curve");
  if (!curve) return;
  context.beginPath();
  for (let i = 0; i < curve.shape[0]!; i++) {
    context.lineTo(...toPixels(plane, [curve.values[2 * i]!, curve.values[2 * i + 1]!]));
  }
  context.lineWidth = 3;
  context.strokeStyle = dark ? "#ff9d52" : "#be5000";
  context.stroke();
}

function cross(context: CanvasRenderingContext2D, plane: Plane, at: [number, number], dark: boolean): void {
  const [x, y] = toPixels(plane, at);
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, plane.height);
  context.moveTo(0, y);
  context.lineTo(plane.width, y);
  context.lineWidth = 1;
  context.strokeStyle = dark ? "#ffffff" : "#000000";
  context.stroke();
}

/** Where there is no plane, as for images: how sure the network is of each class. */
function Chances() {
  const lab = useLab();
  const { classes } = lab.state.value!.data;
  const output = lab.array("network/output")!;
  const width = output.values.length / Math.max(1, output.shape[0]!);
  if (width !== 1) return <Reason view="surface" />;
  const most = Math.max(...output.values);
  return (
    <ul class="chances" aria-label="Output for the example looked at">
      {Array.from(output.values, (value, i) => (
        <li key={i} class={value === most ? "most" : ""}>
          <span>{classes?.[i] ?? `output ${i + 1}`}</span>
          <meter min={0} max={1} value={Math.max(0, Math.min(1, value))} aria-label={classes?.[i] ?? `output ${i + 1}`} />
          <span class="number">{value.toFixed(3)}</span>
        </li>
      ))}
    </ul>
  );
}

const THINNED = 10;

function thinned(array: NamedArray, view: SurfaceView, others: NamedArray[] = []): (number | string)[][] {
  const [rows, columns] = array.shape as [number, number];
  const found: number[][] = [];
  for (let row = 0; row < rows; row += THINNED) {
    for (let column = 0; column < columns; column += THINNED) {
      const at = row * columns + column;
      const x = view.x[0] + ((view.x[1] - view.x[0]) * column) / (columns - 1);
      const y = view.y[0] + ((view.y[1] - view.y[0]) * row) / (rows - 1);
      found.push([x, y, ...[array, ...others].map(({ values }) => values[at]!)]);
    }
  }
  return found;
}

function sheets(lab: Lab): Sheet[] {
  const view = lab.view<SurfaceView>("surface");
  const { data } = lab.state.value!;
  if (!view) {
    const output = lab.array("network/output");
    if (!output) return [];
    const rows = Array.from(output.values, (value, i) => [data.classes?.[i] ?? `output ${i + 1}`, value]);
    return [{ caption: "Output for the example looked at", columns: ["class", "output"], rows }];
  }
  const labels = lab.array("surface/labels")?.values;
  const parts = lab.array("surface/part")?.values;
  const rows = positions(lab).map(([x, y], i) => [x, y, data.classes?.[labels?.[i] ?? -1] ?? labels?.[i] ?? "", parts?.[i] ? "test" : "train"]);
  const features = lab.view<NetworkView>("network")?.features ?? data.features;
  const axes = view.axes.map((axis) => features[axis] ?? "target");
  const points: Sheet = { caption: "Points", columns: [axes[0]!, axes[1] ?? "target", data.target ?? "label", "part"], rows };
  const classes = lab.array("surface/class");
  const value = lab.array("surface/value");
  const curve = lab.array("surface/curve");
  if (classes) {
    const grid = thinned(classes, view, [lab.array("surface/certainty")!]);
    for (const row of grid) row[2] = data.classes?.[row[2] as number] ?? row[2]!;
    return [{ caption: `Decision, every ${THINNED}th place`, columns: [axes[0]!, axes[1]!, "class", "certainty"], rows: grid }, points];
  }
  if (value) return [{ caption: `Output, every ${THINNED}th place`, columns: [axes[0]!, axes[1]!, "output"], rows: thinned(value, view) }, points];
  if (!curve) return [points];
  const line = Array.from({ length: curve.shape[0]! }, (_, i) => [curve.values[2 * i]!, curve.values[2 * i + 1]!]);
  return [{ caption: "Curve of the network", columns: [axes[0]!, "output"], rows: line }, points];
}
