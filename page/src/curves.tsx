// Losses and metrics over the steps; a click looks at that step.
import { useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import { count, short } from "./numbers";
import { Reason, useDrawing, useLab, useSize } from "./parts";
import type { Mark } from "./protocol";
import type { Lab } from "./state";
import { type Sheet, Twin } from "./table";

interface CurvesView {
  metrics: string[];
  events: Mark[];
}

interface Line {
  name: string;
  steps: ArrayLike<number>;
  values: ArrayLike<number>;
  test: boolean;
}

function lines(lab: Lab, metric: string | null): Line[] {
  const names = metric ? [`metric/${metric}`, `validation_metric/${metric}`] : ["loss", "validation_loss"];
  return names.flatMap((name, i) => {
    const values = lab.array(`curves/${name}`)?.values;
    const test = i === 1;
    const steps =
      lab.array(test ? "curves/validation_step" : metric ? "curves/metric_step" : "curves/step")?.values ??
      lab.array("curves/step")?.values;
    return values?.length && steps ? [{ name: test ? "test" : "training", steps, values, test }] : [];
  });
}

/** Both lines on one axis of steps, with gaps where one has no entry. */
export function joined(all: readonly Pick<Line, "steps" | "values">[]): (number | null)[][] {
  const steps = [...new Set(all.flatMap((line) => Array.from(line.steps)))].sort((a, b) => a - b);
  const place = new Map(steps.map((step, i) => [step, i]));
  const columns = all.map(({ steps: own, values }) => {
    const column = new Array<number | null>(steps.length).fill(null);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      column[place.get(own[i]!)!] = Number.isFinite(value) ? value : null;
    }
    return column;
  });
  return [steps, ...columns];
}

export function Curves() {
  const lab = useLab();
  const logarithmic = useSignal(false);
  const metrics = useComputed(() => (lab.view<CurvesView>("curves")?.metrics ?? []).join("\n")).value;
  if (!lab.view("curves")) return <Reason view="curves" />;
  return (
    <>
      <div class="row">
        <label>
          <input type="checkbox" checked={logarithmic.value} onChange={(event) => (logarithmic.value = event.currentTarget.checked)} /> Logarithmic loss
        </label>
        <p class="quiet">Solid: training. Dashed: test. A click looks at that step.</p>
      </div>
      <div class="curves">
        <Chart key={`loss ${logarithmic.value}`} title="Loss" metric={null} logarithmic={logarithmic.value} />
        {metrics.split("\n").filter(Boolean).map((metric) => (
          <Chart key={metric} title={metric} metric={metric} logarithmic={false} />
        ))}
      </div>
      <Twin of="Curves" sheets={() => [null, ...metrics.split("\n").filter(Boolean)].flatMap((metric) => sheet(lab, metric))} />
    </>
  );
}

function sheet(lab: Lab, metric: string | null): Sheet[] {
  return lines(lab, metric).map(({ name, steps, values }) => ({
    caption: `${metric ?? "loss"}, ${name}`,
    columns: ["step", metric ?? "loss"],
    rows: Array.from(values, (value, i) => [steps[i]!, value]).reverse(),
  }));
}

const HEIGHT = 220;
const FEW = 20; // entries that are marked each, since there may be but one


function Chart({ title, metric, logarithmic }: { title: string; metric: string | null; logarithmic: boolean }) {
  const lab = useLab();
  const [box, size] = useSize<HTMLDivElement>();
  const chart = useRef<UPlot | null>(null);
  const dark = lab.dark.value;
  const both = useComputed(() => lines(lab, metric).map(({ name }) => name).join()).value;
  useLayoutEffect(() => {
    if (!box.current || !size.width) return undefined;
    const made = new UPlot(options(lab, { width: size.width, dark, logarithmic, both }), [[]], box.current);
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = null;
    };
  }, [size.width, dark, logarithmic, both]);
  useDrawing(() => {
    void lab.viewed.value;
    const data = joined(lines(lab, metric));
    // Where rows are no longer held out, or again, the chart of the other number of lines comes next.
    if (lab.frame.value && data.length === chart.current?.series.length) chart.current.setData(data as UPlot.AlignedData);
  }, [size.width, dark, logarithmic, both]);
  const now = useComputed(() => lines(lab, metric).map(({ name, values }) => `${name} ${short(values[values.length - 1])}`).join(", ")).value;
  return (
    <figure class="chart" data-chart={metric ?? "loss"}>
      <figcaption>
        <b>{title.charAt(0).toUpperCase() + title.slice(1)}</b> <span class="quiet">{now}</span>
      </figcaption>
      <div ref={box} role="img" aria-label={`${title} over the steps: ${now}`} />
    </figure>
  );
}

/** Steps across, numbers up. */
export function axes(dark: boolean): UPlot.Axis[] {
  const axis: UPlot.Axis = {
    stroke: dark ? "#a3a09a" : "#6b6862",
    grid: { stroke: dark ? "#2c2d31" : "#ece9e1", width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return [
    { ...axis, size: 32, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : "")) },
    { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : short(tick, 3))) },
  ];
}

/** A vertical line at a step. */
export function rule(plot: UPlot, step: number, colour: string, wide: number): void {
  const { ctx: context, bbox } = plot;
  const x = Math.round(plot.valToPos(step, "x", true));
  if (!(x >= bbox.left && x <= bbox.left + bbox.width)) return;
  context.fillStyle = colour;
  context.fillRect(x, bbox.top, wide, bbox.height);
}

function options(lab: Lab, { width, dark, logarithmic, both }: { width: number; dark: boolean; logarithmic: boolean; both: string }): UPlot.Options {
  const colours = dark ? ["#64b0ff", "#ff9d52"] : ["#005ab5", "#be5000"];
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
    axes: axes(dark),
    series: [
      {},
      ...both.split(",").filter(Boolean).map((name) => {
        const test = name === "test";
        return {
          label: name,
          stroke: colours[test ? 1 : 0]!,
          width: 2,
          spanGaps: true,
          points: { show: (plot: UPlot) => plot.data[0].length < FEW, size: 6 },
          ...(test ? { dash: [6, 4] } : {}),
        };
      }),
    ],
    hooks: { draw: [(plot) => rules(lab, plot, dark)], ready: [(plot) => jump(lab, plot)] },
  };
}

/** Hairlines at the events and at the step that is looked at. */
function rules(lab: Lab, plot: UPlot, dark: boolean): void {
  for (const { step } of lab.view<CurvesView>("curves")?.events ?? []) rule(plot, step, dark ? "#4a4b50" : "#cfcac0", 1);
  const viewed = lab.viewed.peek();
  if (viewed !== null) rule(plot, viewed, dark ? "#e8e6e1" : "#22211f", 2);
}

function jump(lab: Lab, plot: UPlot): void {
  plot.over.addEventListener("click", (event) => {
    const step = Math.round(plot.posToVal(event.offsetX, "x"));
    const last = lab.last();
    lab.seek(step >= last ? null : Math.max(0, step));
  });
}
