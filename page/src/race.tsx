// Several optimizers on one surface of the loss: their ways, and the loss of each over the steps.
import { useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import { cividis, classColour, type ColourMap, hex, mapOf, mix, paper, range } from "./colours";
import { contour, levels } from "./contours";
import { axes, joined, rule } from "./curves";
import { paint } from "./heatmap";
import { count, short } from "./numbers";
import { Amount, Choose, Reason, sentence, Trouble, useDrawing, useLab, useSize } from "./parts";
import { mark, type Plane, toPixels } from "./points";
import type { Racer, RaceView } from "./protocol";
import { CopyScript } from "./script";
import { type Lab, lastUntil } from "./state";
import { Swatch } from "./surface";
import { type Sheet, Twin } from "./table";

const DASHES: readonly number[][] = [[], [10, 5], [2, 4], [10, 4, 2, 4], [16, 5], [5, 5]];

export function Race() {
  const lab = useLab();
  const view = lab.view<RaceView>("race");
  if (!view) return <Reason view="race" />;
  return (
    <>
      <div class="race">
        <Entries view={view} />
        {view.racers ? (
          <>
            <Surface />
            <div class="standings">
              <Losses />
              <Results view={view} />
            </div>
          </>
        ) : (
          <p class="quiet intro">
            Several optimizers train this network beside the run: from the same weights, on the same batches. When all have arrived, their ways are shown on one surface of the loss, spanned by the two principal directions of the ways; the timeline moves all of them.
          </p>
        )}
      </div>
      {view.racers && <Twin of="Race" sheets={() => sheets(lab)} />}
    </>
  );
}

// --- who races -----------------------------------------------------------------------------

function Entries({ view }: { view: RaceView }) {
  const lab = useLab();
  const form = lab.race.value;
  const most = lab.catalogue.value?.limits.racers ?? 6;
  const change = (next: Partial<typeof form>): void => void (lab.race.value = { ...form, ...next });
  const put = (i: number, racer: Racer): void => change({ racers: form.racers.with(i, racer) });
  const usual = (name: string): Racer => ({ optimizer: name, learning_rate: view.offered.find((one) => one.name === name)?.rate ?? 0.01 });
  const add = (): void => {
    const free = view.offered.find(({ name }) => !form.racers.some((one) => one.optimizer === name));
    change({ racers: [...form.racers, usual(free?.name ?? "sgd")] });
  };
  const busy = view.state === "running" || view.state === "ending";
  const begin = async (): Promise<void> => {
    lab.raced.value = null;
    await lab.request("race", { ...form }, "race");
  };
  return (
    <section class="entries" aria-label="Who races">
      {form.racers.map((racer, i) => (
        <div class="entry" role="group" aria-label={`Racer ${i + 1}`} key={i}>
          <Swatch index={i} dark={lab.dark.value} />
          <select aria-label={`Optimizer ${i + 1}`} value={racer.optimizer} onChange={(event) => put(i, usual(event.currentTarget.value))}>
            {view.offered.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
          <input
            type="number"
            aria-label={`Learning rate ${i + 1}`}
            step="any"
            min={0}
            value={racer.learning_rate}
            onChange={({ currentTarget: { valueAsNumber } }) => {
              if (Number.isFinite(valueAsNumber)) put(i, { ...racer, learning_rate: valueAsNumber });
            }}
          />
          <button
            type="button"
            class="plain"
            aria-label={`Take racer ${i + 1} out`}
            disabled={form.racers.length < 2}
            onClick={() => change({ racers: form.racers.filter((_, j) => j !== i) })}
          >
            ×
          </button>
        </div>
      ))}
      <button type="button" disabled={form.racers.length >= most} onClick={add}>
        Add an optimizer
      </button>
      <Choose
        label="From"
        value={form.start}
        choices={[{ value: "first", text: "the first weights" }, { value: "present", text: "the weights shown" }]}
        onChoose={(start) => change({ start: start as typeof form.start })}
      />
      <Amount label="Epochs" value={form.epochs} step={1} min={1} onCommit={(epochs) => change({ epochs })} />
      <div class="row">
        {busy ? (
          <button type="button" disabled={view.state === "ending"} onClick={() => void lab.request("end", { job: "race" }, "race")}>
            Stop
          </button>
        ) : (
          <button type="button" class="primary" onClick={() => void begin()}>
            Race
          </button>
        )}
        <CopyScript of="race" disabled={view.state === "none"} />
      </div>
      <Progress view={view} />
      {view.error && <p class="warn">{sentence(view.error)}</p>}
      <Trouble at="race" />
    </section>
  );
}

function Progress({ view }: { view: RaceView }) {
  if (view.state !== "running") return null;
  const arrived = view.racers!.every(({ steps, broken }) => broken || steps === view.steps);
  const done = view.racers!.reduce((sum, { steps, broken }) => sum + (broken ? view.steps! : steps), 0);
  const share = arrived ? (view.measured ?? 0) : done / (view.steps! * view.racers!.length);
  const text = arrived ? "Measuring the surface" : "Racing";
  return (
    <div class="progress">
      <progress max={1} value={share} aria-label={text} />
      <span class="quiet">{text} …</span>
    </div>
  );
}

// --- where they are ------------------------------------------------------------------------

/** How many of the noted places lie behind, at the step that the timeline shows. */
function passed(lab: Lab): number {
  const view = lab.view<RaceView>("race");
  const steps = lab.array("race/step")?.values ?? [];
  const moment = lab.moment.value;
  return moment === null || !view ? steps.length : lastUntil(steps, Math.max(0, moment - (view.first ?? 0))) + 1;
}

const PALER = 0.5; // of cividis, so that the ways in full colours stand out
const pale = (dark: boolean): ColourMap => mapOf(Array.from({ length: 12 }, (_, i) => hex(mix(paper(dark), cividis().colours[Math.round((i * 255) / 11)]!, PALER))));
const MAPS = { light: pale(false), dark: pale(true) };

function Surface() {
  const lab = useLab();
  const [box, size] = useSize<HTMLDivElement>();
  const ground = useRef<HTMLCanvasElement>(null);
  const ways = useRef<HTMLCanvasElement>(null);
  const view = lab.view<RaceView>("race")!;
  useDrawing(() => drawGround(lab, ground.current), []);
  useDrawing(() => drawWays(lab, ways.current, size), [size.width, size.height]);
  const [first, second] = view.shares ?? [0, 0];
  const edges = edgesOf(lab, view);
  const named = (i: number, share: number): string => (view.shares ? `direction ${i} (${percent(share)})` : `direction ${i}`);
  return (
    <figure class="landscape">
      <figcaption>
        <b>Loss surface</b> <span class="quiet">{view.shares ? "" : "comes when all have arrived"}</span>
      </figcaption>
      <div class="plot">
        <span class="axis-y" aria-hidden="true">
          <span>{edges && short(edges.y[1], 3)}</span>
          <span class="name">{named(2, second)}</span>
          <span>{edges && short(edges.y[0], 3)}</span>
        </span>
        <div class="plane" ref={box}>
          <canvas ref={ground} class="ground" aria-hidden="true" />
          <canvas ref={ways} class="ways" role="img" aria-label={told(view)} />
        </div>
        <span class="axis-x" aria-hidden="true">
          <span>{edges && short(edges.x[0], 3)}</span>
          <span class="name">{named(1, first)}</span>
          <span>{edges && short(edges.x[1], 3)}</span>
        </span>
      </div>
      {view.shares && <Heights view={view} />}
      {view.shares && (
        <p class="quiet hint">
          The plane shows {percent(first)} + {percent(second)} = <b>{percent(first + second)}</b> of the variance of all ways. The rest stands off it: colours tell the loss on the plane, chart and table that of the weights themselves.
        </p>
      )}
    </figure>
  );
}

const percent = (share: number): string => `${short(100 * share, 3)} %`;

function told(view: RaceView): string {
  if (!view.shares) return "No ways yet";
  const ends = view.racers!.filter(({ broken }) => !broken).map(({ title, loss }) => `${title} ends at loss ${short(loss)}`);
  return `Ways on the plane of two principal directions: ${ends.join(", ")}`;
}

/** Heights as they are coloured: by their logarithms where they differ much. */
function heights(lab: Lab): { values: Float64Array; rows: number; columns: number; low: number; high: number } | null {
  const view = lab.view<RaceView>("race");
  const surface = lab.array("race/surface");
  if (!view?.shares || !surface || view.measured !== 1) return null;
  const [rows, columns] = surface.shape as [number, number];
  const values = Float64Array.from(surface.values, (one) => (view.logarithmic ? Math.log10(one) : one));
  const [low, high] = range(values);
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) values[i] = high;
  return { values, rows, columns, low, high };
}

function drawGround(lab: Lab, canvas: HTMLCanvasElement | null): void {
  const dark = lab.dark.value;
  if (!lab.frame.value || !canvas) return;
  const found = heights(lab);
  if (found) paint(canvas, found, dark ? MAPS.dark : MAPS.light, [found.low, found.high], true);
  else canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
}

/** What the picture shows: the outermost places of the grid stand in the middle of its outermost pixels. */
function edgesOf(lab: Lab, { x, y }: RaceView): { x: [number, number]; y: [number, number] } | null {
  const size = lab.array("race/surface")?.shape[0];
  if (!x || !y || !size) return null;
  const wider = ([low, high]: [number, number]): [number, number] => {
    const half = (high - low) / (size - 1) / 2;
    return [low - half, high + half];
  };
  return { x: wider(x), y: wider(y) };
}

const LINES = 11;

function drawWays(lab: Lab, canvas: HTMLCanvasElement | null, size: { width: number; height: number }): void {
  const dark = lab.dark.value;
  const until = passed(lab);
  const view = lab.view<RaceView>("race");
  const context = canvas?.getContext("2d");
  if (!lab.frame.value || !canvas || !context || !size.width) return;
  const ratio = Math.min(devicePixelRatio || 1, 3);
  canvas.width = size.width * ratio;
  canvas.height = size.height * ratio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const edges = view && edgesOf(lab, view);
  if (!view || !edges) return;
  const plane: Plane = { ...edges, ...size };
  drawContours(lab, context, size, dark);
  context.lineJoin = context.lineCap = "round";
  const ink = dark ? "#17181a" : "#ffffff";
  const shown = view.racers!.map((_, i) => ({ i, path: lab.array(`race/path/${i}`) })).filter(({ path }) => path);
  const place = (path: ArrayLike<number>, k: number): [number, number] => toPixels(plane, [path[2 * k]!, path[2 * k + 1]!]);
  for (const { i, path } of shown) {
    const way = Array.from({ length: Math.min(until, path!.shape[0]!) }, (_, k) => place(path!.values, k));
    stroke(context, way, ink, 5, []);
    stroke(context, way, classColour(i, dark), 2.5, DASHES[i % DASHES.length]!);
  }
  const start = shown[0];
  if (start) mark(context, ...place(start.path!.values, 0), 5, 0, { fill: ink, line: dark ? "#ffffff" : "#000000" });
  for (const { i, path } of shown) {
    const k = Math.min(until, path!.shape[0]!) - 1;
    mark(context, ...place(path!.values, Math.max(k, 0)), 7, i, { fill: classColour(i, dark), line: ink });
  }
}

function stroke(context: CanvasRenderingContext2D, way: [number, number][], colour: string, wide: number, dash: number[]): void {
  context.beginPath();
  for (const point of way) context.lineTo(...point);
  context.setLineDash(dash);
  context.lineWidth = wide;
  context.strokeStyle = colour;
  context.stroke();
  context.setLineDash([]);
}

function drawContours(lab: Lab, context: CanvasRenderingContext2D, { width, height }: { width: number; height: number }, dark: boolean): void {
  const found = heights(lab);
  if (!found) return;
  const { values, rows, columns, low, high } = found;
  context.beginPath();
  for (const level of levels(low, high, LINES)) {
    for (const [x0, y0, x1, y1] of contour(values, rows, columns, level)) {
      context.moveTo(((x0 + 0.5) / columns) * width, (1 - (y0 + 0.5) / rows) * height);
      context.lineTo(((x1 + 0.5) / columns) * width, (1 - (y1 + 0.5) / rows) * height);
    }
  }
  context.lineWidth = 1;
  context.strokeStyle = dark ? "rgb(255 255 255 / 0.22)" : "rgb(0 0 0 / 0.22)";
  context.stroke();
}

function Heights({ view }: { view: RaceView }) {
  const lab = useLab();
  const canvas = useRef<HTMLCanvasElement>(null);
  const found = heights(lab);
  const dark = lab.dark.value;
  const shades = Float32Array.from({ length: 128 }, (_, i) => i);
  useDrawing(() => {
    if (canvas.current) paint(canvas.current, { values: shades, rows: 1, columns: 128 }, dark ? MAPS.dark : MAPS.light, [0, 127], false);
  }, [dark, found !== null]);
  if (!found) return null;
  const ends = [found.low, found.high].map((end) => short(view.logarithmic ? 10 ** end : end, 3));
  return (
    <div class="scale">
      <span>loss {ends[0]}</span>
      <canvas ref={canvas} role="img" aria-label={`Colours from loss ${ends[0]} to ${ends[1]}${view.logarithmic ? ", by logarithms" : ""}`} />
      <span>{ends[1]}</span>
    </div>
  );
}

// --- how well they do ----------------------------------------------------------------------

function Losses() {
  const lab = useLab();
  const logarithmic = useSignal(true);
  const [box, size] = useSize<HTMLDivElement>();
  const chart = useRef<UPlot | null>(null);
  const dark = lab.dark.value;
  const titles = useComputed(() => (lab.view<RaceView>("race")?.racers ?? []).map(({ title }) => title).join("\n")).value;
  const inputs = [size.width, dark, logarithmic.value, titles];
  useLayoutEffect(() => {
    if (!box.current || !size.width) return undefined;
    const made = new UPlot(options(lab, size.width, logarithmic.value, titles.split("\n")), [[]], box.current);
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = null;
    };
  }, inputs);
  useDrawing(() => {
    void lab.moment.value;
    if (lab.frame.value) chart.current?.setData(joined(lossLines(lab)) as UPlot.AlignedData);
  }, inputs);
  return (
    <figure class="chart" data-chart="race">
      <figcaption class="row">
        <b>Training loss</b>
        <label>
          <input type="checkbox" checked={logarithmic.value} onChange={(event) => (logarithmic.value = event.currentTarget.checked)} /> Logarithmic
        </label>
      </figcaption>
      <div ref={box} role="img" aria-label={`Training loss of each optimizer over the steps: ${titles.replaceAll("\n", ", ")}`} />
    </figure>
  );
}

/** A line for each racer, over the steps of the timeline. */
function lossLines(lab: Lab): { steps: number[]; values: ArrayLike<number> }[] {
  const view = lab.view<RaceView>("race");
  const steps = Array.from(lab.array("race/step")?.values ?? [], (step) => step + (view?.first ?? 0));
  return (view?.racers ?? []).map((_, i) => ({ steps, values: lab.array(`race/loss/${i}`)?.values ?? [] }));
}

function options(lab: Lab, width: number, logarithmic: boolean, titles: string[]): UPlot.Options {
  const dark = lab.dark.peek();
  const draw = (plot: UPlot): void => {
    const moment = lab.moment.peek();
    if (moment !== null) rule(plot, moment, dark ? "#e8e6e1" : "#22211f", 2);
  };
  const jump = (plot: UPlot): void =>
    plot.over.addEventListener("click", (event) => {
      const step = Math.round(plot.posToVal(event.offsetX, "x"));
      lab.seek(step >= lab.reach() ? null : Math.max(0, step));
    });
  return {
    width,
    height: 264,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
    axes: axes(dark),
    series: [
      {},
      ...titles.map((label, i) => ({
        label, width: 2, spanGaps: true, points: { show: false }, stroke: classColour(i, dark), dash: DASHES[i % DASHES.length]!,
      })),
    ],
    hooks: { draw: [draw], ready: [jump] },
  };
}

function Results({ view }: { view: RaceView }) {
  const lab = useLab();
  const dark = lab.dark.value;
  const k = passed(lab) - 1;
  const steps = lab.array("race/step")?.values ?? [];
  const at = (name: string, i: number): number | undefined => {
    const values = lab.array(`race/${name}/${i}`)?.values;
    return values?.[Math.min(k, values.length - 1)];
  };
  const now = (view.first ?? 0) + (steps[k] ?? 0);
  const under = view.state === "running" && lab.moment.value === null;
  return (
    <div class="sheet results" role="region" tabIndex={0} aria-label="Results">
      <table>
        <caption>
          {under ? "So far" : `After step ${count(now)}`}
          {under || view.start === "first" ? "" : `, ${count(steps[k] ?? 0)} of them in the race`}
        </caption>
        <thead>
          <tr>
            <th scope="col">Optimizer</th>
            <th scope="col">Training loss</th>
            <th scope="col">Test loss</th>
            <th scope="col">Plane below</th>
          </tr>
        </thead>
        <tbody>
          {view.racers!.map(({ title, broken, beneath }, i) => (
            <tr key={title}>
              <th scope="row">
                <Swatch index={i} dark={dark} /> {title} {broken && <span class="warn">{sentence(broken)}</span>}
              </th>
              <td class="number">{short(at("loss", i))}</td>
              <td class="number">{short(at("test", i))}</td>
              <td class="number quiet">{short(beneath)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function sheets(lab: Lab): Sheet[] {
  const view = lab.view<RaceView>("race")!;
  const steps = Array.from(lab.array("race/step")?.values ?? []);
  const losses: Sheet = {
    caption: "Training loss",
    columns: ["step of the race", ...view.racers!.map(({ title }) => title)],
    rows: steps.map((step, k) => [step, ...view.racers!.map((_, i) => lab.array(`race/loss/${i}`)?.values[k] ?? "–")]),
  };
  const ways = view.racers!.flatMap(({ title }, i) => {
    const path = lab.array(`race/path/${i}`);
    if (!path) return [];
    const rows = steps.map((step, k) => [step, path.values[2 * k]!, path.values[2 * k + 1]!]);
    return [{ caption: `Way of ${title}`, columns: ["step of the race", "direction 1", "direction 2"], rows }];
  });
  const surface = lab.array("race/surface");
  if (!surface || view.measured !== 1) return [losses, ...ways];
  const [rows, columns] = surface.shape as [number, number];
  const place = ([low, high]: [number, number], k: number, of: number): number => low + ((high - low) * k) / (of - 1);
  const grid: number[][] = [];
  for (let row = 0; row < rows; row += THINNED) {
    for (let column = 0; column < columns; column += THINNED) {
      grid.push([place(view.x!, column, columns), place(view.y!, row, rows), surface.values[row * columns + column]!]);
    }
  }
  return [losses, ...ways, { caption: `Loss surface, every ${THINNED}th place`, columns: ["direction 1", "direction 2", "loss"], rows: grid }];
}

const THINNED = 4;
