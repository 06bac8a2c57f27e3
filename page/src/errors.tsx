// Where the network is wrong: confusion matrix, the wrong examples of a cell, and each in the microscope.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { cividis, entry, hex, ink, inkOn, range } from "./colours";
import { paint } from "./heatmap";
import { count, short } from "./numbers";
import { Choose, Reason, useDrawing, useLab } from "./parts";
import { mark } from "./points";
import type { Lab } from "./state";
import { type Sheet, Twin } from "./table";

interface Wrong {
  index: number;
  truth: number | string;
  told: number | string;
  certainty?: number | null;
  residual?: number | null;
}

interface ErrorsView {
  classes?: string[] | null;
  wrong: Wrong[];
  part?: "train" | "test";
}

type CellChoice = { truth: number; told: number } | null;

export function Errors() {
  const lab = useLab();
  const chosen = useSignal<CellChoice>(null);
  const view = lab.view<ErrorsView>("errors");
  const part = lab.errorsPart.value;
  return (
    <>
      <div class="row">
        <Choose
          label="Rows"
          value={part}
          choices={[{ value: "test", text: "test" }, { value: "train", text: "training" }]}
          onChoose={(of) => (lab.errorsPart.value = of as "train" | "test")}
        />
      </div>
      {!view && <Reason view="errors" />}
      {view && (
        <div class="errors">
          {view.classes ? <Matrix classes={view.classes} chosen={chosen} /> : <Scatter />}
          <Examples view={view} chosen={chosen.value} />
        </div>
      )}
      {view && <Twin of="Errors" sheets={() => sheets(lab, view)} />}
    </>
  );
}

function Matrix({ classes, chosen }: { classes: string[]; chosen: { value: CellChoice } }) {
  const lab = useLab();
  const matrix = lab.array("errors/matrix");
  if (!matrix) return null;
  const most = Math.max(1, ...matrix.values);
  const map = cividis();
  return (
    <div class="matrix" role="region" tabIndex={0} aria-label="Confusion matrix">
      <p class="quiet">Truth down, network across. A cell shows its examples.</p>
      <table aria-label="Confusion matrix">
        <thead>
          <tr>
            <td />
            {classes.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map((name, truth) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {classes.map((other, told) => {
                const value = matrix.values[truth * classes.length + told] ?? 0;
                const ground = map.colours[entry(value, 0, most)]!;
                const here = chosen.value?.truth === truth && chosen.value.told === told;
                return (
                  <td key={other}>
                    <button
                      type="button"
                      aria-pressed={here}
                      aria-label={`${count(value)}: truth ${name}, network ${other}`}
                      style={{ background: hex(ground), color: inkOn(ground) }}
                      onClick={() => (chosen.value = here ? null : { truth, told })}
                    >
                      {count(value)}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Truth across, the network's number up: what is right lies on the diagonal. */
function Scatter() {
  const lab = useLab();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [low, high] = extent(lab);
  useDrawing(() => {
    const context = canvas.current?.getContext("2d");
    const truth = lab.array("errors/truth");
    const told = lab.array("errors/told");
    if (!context || !truth || !told) return;
    drawScatter(context, extent(lab), truth.values, told.values, lab.dark.value);
  }, []);
  return (
    <figure class="scatter">
      <figcaption class="quiet">Truth across, network up. What is right lies on the line.</figcaption>
      <canvas ref={canvas} width={SIDE} height={SIDE} role="img" aria-label="The network's numbers against the truth" />
      <p class="axis-x" aria-hidden="true">
        <span>{short(low, 3)}</span>
        <span class="name">truth</span>
        <span>{short(high, 3)}</span>
      </p>
    </figure>
  );
}

const SIDE = 640;

function extent(lab: Lab): [number, number] {
  const ends = ["truth", "told"].map((name) => range(lab.array(`errors/${name}`)?.values ?? []));
  return [Math.min(...ends.map(([low]) => low)), Math.max(...ends.map(([, high]) => high))];
}

function drawScatter(
  context: CanvasRenderingContext2D,
  [low, high]: [number, number],
  truth: ArrayLike<number>,
  told: ArrayLike<number>,
  dark: boolean,
): void {
  const place = (value: number): number => 16 + ((value - low) / (high - low)) * (SIDE - 32);
  context.clearRect(0, 0, SIDE, SIDE);
  context.strokeStyle = dark ? "#77767a" : "#8b877e";
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(0, SIDE);
  context.lineTo(SIDE, 0);
  context.stroke();
  for (let i = 0; i < truth.length; i++) {
    const at = { fill: dark ? "#64b0ff" : "#005ab5", line: dark ? "#17181a" : "#ffffff" };
    mark(context, place(truth[i]!), SIDE - place(told[i]!), 7, 0, at);
  }
}

function Examples({ view, chosen }: { view: ErrorsView; chosen: CellChoice }) {
  const lab = useLab();
  const name = (value: number | string): string => (typeof value === "number" ? (view.classes?.[value] ?? short(value)) : value);
  const is = (value: number | string, index: number): boolean => value === index || value === view.classes?.[index];
  const found = view.wrong.map((one, i) => ({ one, i })).filter(({ one }) => !chosen || (is(one.truth, chosen.truth) && is(one.told, chosen.told)));
  const pictures = lab.array("errors/pictures") !== null;
  const values = lab.array("errors/rows");
  const title = view.classes ? "Wrong examples" : "Largest residuals";
  return (
    <section class="wrong" aria-label={title}>
      <h3>{title}</h3>
      {found.length === 0 && <p class="quiet">{chosen ? "None in this cell." : "None: every one of these rows is told right."}</p>}
      <ul tabIndex={0} aria-label={title}>
        {found.map(({ one, i }) => (
          <li key={i}>
            <button type="button" onClick={() => void lab.look(one.index, view.part ?? lab.errorsPart.value)}>
              {pictures && <WrongPicture index={i} />}
              <span>
                {name(one.truth)} → <b>{name(one.told)}</b>
              </span>
              {typeof one.certainty === "number" && <span class="quiet">{(100 * one.certainty).toFixed(0)} % sure</span>}
              {values && <span class="quiet">{rowText(values, i)}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function rowText({ values, shape }: { values: ArrayLike<number>; shape: number[] }, i: number): string {
  const width = shape[1] ?? 1;
  const shown = Array.from({ length: Math.min(width, 3) }, (_, j) => short(values[i * width + j], 3));
  return `(${shown.join(", ")}${width > 3 ? ", …" : ""})`;
}

function WrongPicture({ index }: { index: number }) {
  const lab = useLab();
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(() => {
    const array = lab.array("errors/pictures");
    if (!array || !canvas.current) return;
    const [rows, columns] = array.shape.slice(-2) as [number, number];
    const values = array.values.subarray(index * rows * columns, (index + 1) * rows * columns);
    paint(canvas.current, { values, rows, columns }, ink(lab.dark.value), range(values), false);
  }, [index]);
  return <canvas ref={canvas} class="picture" aria-hidden="true" />;
}

function sheets(lab: Lab, view: ErrorsView): Sheet[] {
  const matrix = lab.array("errors/matrix");
  const wrong: Sheet = {
    caption: view.classes ? "Wrong examples" : "Largest residuals",
    columns: ["row", "truth", "network", "certainty"],
    rows: view.wrong.map(({ index, truth, told, certainty }) => [index, truth, told, certainty ?? ""]),
  };
  const truth = lab.array("errors/truth");
  const told = lab.array("errors/told");
  if (truth && told) {
    const pairs = Array.from(truth.values, (value, i) => [i, value, told.values[i]!]);
    return [{ caption: "All rows", columns: ["row", "truth", "network"], rows: pairs }, wrong];
  }
  if (!matrix || !view.classes) return [wrong];
  const size = view.classes.length;
  const rows = view.classes.map((name, i) => [name, ...Array.from(matrix.values.subarray(i * size, (i + 1) * size))]);
  return [{ caption: "Confusion matrix", columns: ["truth", ...view.classes], rows }, wrong];
}
