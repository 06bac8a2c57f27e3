// A grid of runs: the median of each cell and how far its runs differ; a cell opens a run.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { cividis, classColour, entry, hex, inkOn, range, type RGB } from "./colours";
import { short } from "./numbers";
import { Amount, Choose, Field, Reason, sentence, Trouble, useDrawing, useLab, useSize } from "./parts";
import { mark } from "./points";
import type { SweepRun, SweepView, Value } from "./protocol";
import { CopyScript } from "./script";
import type { Lab } from "./state";
import { Swatch } from "./surface";
import { type Sheet, Twin } from "./table";

/** Values as they were written, between commas or spaces; what is no number stays a word. */
export function readValues(text: string): Value[] {
  return text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((word) => (Number.isFinite(Number(word)) ? Number(word) : word));
}

export function Sweep() {
  const lab = useLab();
  const view = lab.view<SweepView>("sweep");
  const chosen = useSignal<number | null>(null);
  if (!view) return <Reason view="sweep" />;
  return (
    <>
      <div class="sweep">
        <Wish view={view} />
        {view.axes ? (
          <>
            <Heatmap view={view} chosen={chosen} />
            <Runs view={view} chosen={chosen.value ?? openedCell(lab, view)} />
          </>
        ) : (
          <p class="quiet intro">
            This network is trained beside the run with other numbers, from several seeds each: a grid of runs, with the median and the spread of every cell. A cell opens one of its runs in the lab, to the last bit.
          </p>
        )}
      </div>
      {view.axes && <Twin of="Sweep" sheets={() => sheets(lab, view)} />}
    </>
  );
}

// --- what is asked -------------------------------------------------------------------------

function Wish({ view }: { view: SweepView }) {
  const lab = useLab();
  const form = lab.sweep.value;
  const change = (next: Partial<typeof form>): void => void (lab.sweep.value = { ...form, ...next });
  const choices = view.offered.map(({ name, title }) => ({ value: name, text: title }));
  const known = (name: string): boolean => view.offered.some((one) => one.name === name);
  const across = known(form.across) ? form.across : choices[0]!.value;
  const down = known(form.down) && form.down !== across ? form.down : "";
  const text = (name: string): string => form.values[name] ?? view.offered.find((one) => one.name === name)?.values.join(", ") ?? "";
  const written = (name: string, label: string) => (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={text(name)}
          onChange={(event) => change({ values: { ...form.values, [name]: event.currentTarget.value } })}
        />
      )}
    </Field>
  );
  const busy = view.state === "running" || view.state === "ending";
  const begin = (): void => {
    const axes = [across, down].filter(Boolean).map((name) => ({ name, values: readValues(text(name)) }));
    void lab.request("sweep", { axes, seeds: form.seeds, epochs: form.epochs }, "sweep");
  };
  return (
    <section class="entries" aria-label="What is swept">
      <Choose label="Across" value={across} choices={choices} onChoose={(name) => change({ across: name, down: name === down ? "" : form.down })} />
      {written(across, "Values across")}
      <Choose
        label="Down"
        value={down}
        choices={[{ value: "", text: "nothing" }, ...choices.filter(({ value }) => value !== across)]}
        onChoose={(name) => change({ down: name })}
      />
      {down && written(down, "Values down")}
      <Amount label="Seeds" value={form.seeds} step={1} min={1} onCommit={(seeds) => change({ seeds })} />
      <Amount label="Epochs" value={form.epochs} step={1} min={1} onCommit={(epochs) => change({ epochs })} />
      <div class="row">
        {busy ? (
          <button type="button" disabled={view.state === "ending"} onClick={() => void lab.request("end", { job: "sweep" }, "sweep")}>
            {view.state === "ending" ? "Stopping …" : "Stop"}
          </button>
        ) : (
          <button type="button" class="primary" onClick={begin}>
            Sweep
          </button>
        )}
        <CopyScript of="sweep" disabled={view.state === "none"} />
      </div>
      {busy && (
        <div class="progress">
          <progress max={view.total ?? 1} value={view.done ?? 0} aria-label="Cells done" />
          <span class="quiet">
            {view.done} of {view.total} cells
          </span>
        </div>
      )}
      {view.error && <p class="warn">{sentence(view.error)}</p>}
      <Trouble at="sweep" />
    </section>
  );
}

// --- the cells -----------------------------------------------------------------------------

const title = (by: string): string => (by === "val_loss" ? "test loss" : by === "loss" ? "training loss" : by.replace("val_", "test ").replaceAll("_", " "));
const told = (value: Value | undefined): string => (typeof value === "number" ? short(value) : (value ?? ""));

interface Grid {
  columns: Value[];
  rows: Value[];
  median: ArrayLike<number>;
  low: ArrayLike<number>;
  high: ArrayLike<number>;
}

function gridOf(lab: Lab, view: SweepView): Grid {
  const column = (name: string): ArrayLike<number> => lab.array(`sweep/${name}`)?.values ?? [];
  const [across, down] = view.axes!;
  return { columns: across!.values, rows: down?.values ?? [""], median: column("median"), low: column("low"), high: column("high") };
}

/** The darker the better, by logarithms where the cells differ much. */
function shades(view: SweepView, median: ArrayLike<number>): (value: number) => RGB {
  const scaled = (value: number): number => (view.logarithmic ? Math.log10(value) : value);
  const [low, high] = range(Array.from(median, scaled));
  const { colours } = cividis();
  return (value) => {
    const place = entry(scaled(value), low, high);
    return colours[view.greater_is_better ? colours.length - 1 - place : place]!;
  };
}

/** The cell of the run that was opened last. */
function openedCell(lab: Lab, view: SweepView): number | null {
  return runsOf(lab)[view.opened ?? -1]?.cell ?? null;
}

function Heatmap({ view, chosen }: { view: SweepView; chosen: { value: number | null } }) {
  const lab = useLab();
  const table = useRef<HTMLTableElement>(null);
  const { columns, rows, median, low, high } = gridOf(lab, view);
  const shade = shades(view, median);
  const [across, down] = view.axes!;
  const opened = openedCell(lab, view);
  const stop = chosen.value ?? opened ?? 0;
  const open = (cell: number): void => {
    chosen.value = cell;
    const run = view.middle?.[cell];
    if (run !== null && run !== undefined) void openRun(lab, run);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns.length, ArrowDown: columns.length }[event.key];
    const next = stop + (by ?? 0);
    const sideways = Math.abs(by ?? 0) === 1 && columns.length > 1;
    if (!by || next < 0 || next >= columns.length * rows.length) return;
    event.preventDefault();
    if (sideways && Math.floor(next / columns.length) !== Math.floor(stop / columns.length)) return;
    chosen.value = next;
    table.current?.querySelector<HTMLElement>(`[data-cell="${next}"]`)?.focus();
  };
  return (
    <section class="heatmap" aria-label="Cells">
      <p>
        <b>Median {title(view.by ?? "")}</b> <span class="quiet">and quartiles of {view.seeds!.length} seeds after {view.epochs} epochs. The darker, the better; a cell opens its middle run.</span>
      </p>
      <div class="matrix cells-of-runs" role="region" tabIndex={0} aria-label="Medians of the runs">
        <table ref={table} onKeyDown={onKeyDown} aria-label={`Median ${title(view.by ?? "")}`}>
          <thead>
            <tr>
              <td />
              <th scope="colgroup" colSpan={columns.length}>
                {across!.title}
              </th>
            </tr>
            <tr>
              <td class="corner">{down?.title}</td>
              {columns.map((value) => (
                <th key={value} scope="col">
                  {told(value)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((value, row) => (
              <tr key={value}>
                <th scope="row">{told(value)}</th>
                {columns.map((other, column) => {
                  const cell = row * columns.length + column;
                  const run = view.middle?.[cell] ?? null;
                  const ground = run !== null && Number.isFinite(median[cell]!) ? shade(median[cell]!) : null;
                  const text = run === null ? "…" : Number.isFinite(median[cell]!) ? short(median[cell], 3) : "diverged";
                  const spread = ground && view.seeds!.length > 1 ? `${short(low[cell], 2)}–${short(high[cell], 2)}` : "";
                  const where = `${across!.title} ${told(other)}${down ? `, ${down.title} ${told(value)}` : ""}`;
                  return (
                    <td key={other}>
                      <button
                        type="button"
                        data-cell={cell}
                        class={cell === view.best ? "best" : ""}
                        tabIndex={cell === stop ? 0 : -1}
                        aria-pressed={cell === opened}
                        style={ground ? { background: hex(ground), color: inkOn(ground) } : {}}
                        onFocus={() => (chosen.value = cell)}
                        onClick={() => open(cell)}
                      >
                        <span class="unseen">{where}: </span>
                        <span>{text}</span>
                        {spread && (
                          <small>
                            <span class="unseen">, quartiles </span>
                            {spread}
                          </small>
                        )}
                        {cell === view.best && <span class="unseen">, the best</span>}
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

async function openRun(lab: Lab, run: number): Promise<void> {
  const { seed, steps } = runsOf(lab)[run]!;
  const reply = await lab.request("open_run", { run }, "sweep");
  if (reply.ok) lab.announce(`The run of seed ${seed} is done again, up to step ${steps}.`);
}

// --- the runs ------------------------------------------------------------------------------

const PARTS = 5; // of what is told of a run

function runsOf(lab: Lab): SweepRun[] {
  const { values, shape } = lab.array("sweep/runs") ?? { values: [], shape: [0] };
  const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return Array.from({ length: shape[0]! }, (_, i) => {
    const [cell, seed, steps, loss, score] = Array.from(values.slice(i * PARTS, (i + 1) * PARTS)) as [number, number, number, number, number];
    return { cell, seed, steps, loss: known(loss), score: known(score) };
  });
}

function Runs({ view, chosen }: { view: SweepView; chosen: number | null }) {
  const lab = useLab();
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(() => drawRuns(lab, canvas.current, size, chosen), [size.width, size.height, chosen]);
  const { rows } = gridOf(lab, view);
  const [low, high] = extent(lab, view);
  const down = view.axes![1];
  return (
    <section class="runs" aria-label="Runs">
      <figure class="chart">
        <figcaption>
          <b>Every run</b> <span class="quiet">
              {title(view.by ?? "")} over {view.axes![0]!.title.toLowerCase()}; lines join the medians
            </span>
        </figcaption>
        <div class="plot">
          <span class="axis-y" aria-hidden="true">
            <span>{view.done ? short(view.logarithmic ? 10 ** high : high, 2) : ""}</span>
            <span>{view.done ? short(view.logarithmic ? 10 ** low : low, 2) : ""}</span>
          </span>
          <div class="plane wide" ref={box}>
            <canvas ref={canvas} class="ways" role="img" aria-label={`The ${title(view.by ?? "")} of every run over ${view.axes![0]!.title}`} />
          </div>
          <span class="axis-x even" aria-hidden="true">
            {view.axes![0]!.values.map((value) => (
              <span key={value}>{told(value)}</span>
            ))}
          </span>
        </div>
        {down && (
          <ul class="legend">
            <li class="quiet">{down.title}:</li>
            {rows.map((value, i) => (
              <li key={value}>
                <Swatch index={i} dark={lab.dark.value} /> {told(value)}
              </li>
            ))}
          </ul>
        )}
      </figure>
      {chosen !== null && <OfCell view={view} cell={chosen} />}
    </section>
  );
}

function OfCell({ view, cell }: { view: SweepView; cell: number }) {
  const lab = useLab();
  const own = runsOf(lab).map((run, i) => ({ run, i })).filter(({ run }) => run.cell === cell);
  if (!own.length) return null;
  const columns = view.axes![0]!.values.length;
  const values = [view.axes![0]!.values[cell % columns], view.axes![1]?.values[Math.floor(cell / columns)]];
  const named = view.axes!.map(({ title: name }, i) => `${name.toLowerCase()} ${told(values[i])}`).join(", ");
  return (
    <div class="sheet" role="region" tabIndex={0} aria-label="Runs of the cell">
      <table>
        <caption>Runs with {named}</caption>
        <thead>
          <tr>
            <th scope="col">Seed</th>
            <th scope="col">Training loss</th>
            {view.by !== "loss" && <th scope="col">{sentence(title(view.by ?? "")).replace(".", "")}</th>}
            <td />
          </tr>
        </thead>
        <tbody>
          {own.map(({ run, i }) => (
            <tr key={run.seed}>
              <td class="number">{run.seed}</td>
              <td class="number">{run.loss === null ? "diverged" : short(run.loss)}</td>
              {view.by !== "loss" && <td class="number">{short(run.score)}</td>}
              <td>
                <button type="button" aria-label={`Open the run of seed ${run.seed}`} aria-pressed={i === view.opened} onClick={() => void openRun(lab, i)}>
                  {i === view.opened ? "Opened" : "Open"}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const finite = (run: SweepRun): run is SweepRun & { score: number } => run.score !== null;
const height = (view: SweepView, score: number): number => (view.logarithmic ? Math.log10(score) : score);

function extent(lab: Lab, view: SweepView): [number, number] {
  return range(runsOf(lab).filter(finite).map(({ score }) => height(view, score)));
}

const ROOM = 14;

function drawRuns(lab: Lab, canvas: HTMLCanvasElement | null, { width, height: tall }: { width: number; height: number }, chosen: number | null): void {
  const dark = lab.dark.value;
  const view = lab.view<SweepView>("sweep");
  const context = canvas?.getContext("2d");
  if (!lab.frame.value || !view?.axes || !canvas || !context || !width) return;
  const ratio = Math.min(devicePixelRatio || 1, 3);
  canvas.width = width * ratio;
  canvas.height = tall * ratio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const { columns, rows, median } = gridOf(lab, view);
  const [low, high] = extent(lab, view);
  const each = (width - 2 * ROOM) / columns.length;
  const x = (column: number, row: number): number => ROOM + each * (column + 0.5 + (rows.length > 1 ? (0.5 * row) / (rows.length - 1) - 0.25 : 0));
  const y = (score: number): number => ROOM + (1 - (height(view, score) - low) / (high - low)) * (tall - 2 * ROOM);
  const line = dark ? "#17181a" : "#ffffff";
  rows.forEach((_, row) => {
    context.beginPath();
    columns.forEach((__, column) => {
      const value = median[row * columns.length + column]!;
      if (Number.isFinite(value)) context.lineTo(x(column, row), y(value));
    });
    context.lineWidth = 1.5;
    context.strokeStyle = classColour(row, dark);
    context.stroke();
  });
  for (const run of runsOf(lab).filter(finite)) {
    const row = Math.floor(run.cell / columns.length);
    mark(context, x(run.cell % columns.length, row), y(run.score), run.cell === chosen ? 6 : 3.5, row, { fill: classColour(row, dark), line });
  }
}

function sheets(lab: Lab, view: SweepView): Sheet[] {
  const { columns, rows, median, low, high } = gridOf(lab, view);
  const [across, down] = view.axes!;
  const by = title(view.by ?? "");
  const names = [...(down ? [down.title] : []), across!.title];
  const values = (cell: number): Value[] => [...(down ? [rows[Math.floor(cell / columns.length)]!] : []), columns[cell % columns.length]!];
  const cells = Array.from(median, (value, cell) => [...values(cell), value, low[cell]!, high[cell]!]);
  const runs = runsOf(lab).map(({ cell, seed, steps, loss, score }) => [...values(cell), seed, steps, loss ?? "diverged", score ?? "–"]);
  return [
    { caption: "Cells", columns: [...names, `median ${by}`, "lower quartile", "upper quartile"], rows: cells },
    { caption: "Runs", columns: [...names, "seed", "steps", "training loss", by], rows: runs },
  ];
}
