// One example, every number: forward and backward, formula, the numbers put in, the finite-difference check.
import { useRef } from "preact/hooks";
import { diverging, entry, hex, ink, inkOn, range, reach } from "./colours";
import type { NamedArray } from "./decode";
import { paint } from "./heatmap";
import { short } from "./numbers";
import { Choose, Reason, Trouble, useDrawing, useLab } from "./parts";
import type { MicroscopeRow } from "./protocol";
import { type Sheet, Twin } from "./table";
import type { Lab } from "./state";

interface MicroscopeView {
  part: "train" | "test";
  example: number;
  title: string;
  rows: MicroscopeRow[];
}

export function Microscope() {
  const lab = useLab();
  const view = lab.view<MicroscopeView>("microscope");
  const { data, network } = lab.state.value!;
  const part = view?.part ?? "train";
  const index = view?.example ?? 0;
  const rows = part === "train" ? data.train : data.test;
  const look = (next: number, of: "train" | "test"): void => void lab.request("example", { index: next, part: of }, "microscope");
  return (
    <>
      <div class="row">
        <Choose
          label="Layer"
          value={lab.microscopeLayer.value ?? ""}
          choices={[{ value: "", text: "All" }, ...network.layers.map(({ path, title }) => ({ value: path, text: `${path}: ${title}` }))]}
          onChoose={(path) => (lab.microscopeLayer.value = path || null)}
        />
        <Choose
          label="Rows"
          value={part}
          choices={[{ value: "train", text: "training" }, { value: "test", text: "test" }]}
          onChoose={(of) => look(0, of as "train" | "test")}
        />
        <span class="field">
          <button type="button" aria-label="Example before" disabled={index <= 0} onClick={() => look(index - 1, part)}>
            ‹
          </button>
          <span class="count">
            example {index + 1} of {rows}
          </span>
          <button type="button" aria-label="Next example" disabled={index + 1 >= rows} onClick={() => look(index + 1, part)}>
            ›
          </button>
        </span>
      </div>
      <Trouble at="microscope" />
      {view ? <Rows view={view} /> : <Reason view="microscope" />}
    </>
  );
}

function Rows({ view }: { view: MicroscopeView }) {
  const lab = useLab();
  const groups = (["forward", "backward"] as const).map((direction) => ({
    direction,
    rows: view.rows.map((row, i) => ({ row, i })).filter(({ row }) => row.direction === direction),
  }));
  return (
    <div class="microscope">
      <div class="looked-at">
        <p>{view.title}</p>
        {lab.array("microscope/input") && <Picture name="microscope/input" label="The example" />}
      </div>
      {groups.map(({ direction, rows }) =>
        rows.length ? (
          <section key={direction} aria-label={direction}>
            <h3>{direction === "forward" ? "Forward: what is computed" : "Backward: what the loss says"}</h3>
            {rows.map(({ row, i }) => (
              <Quantity key={`${i} ${row.name}`} row={row} array={lab.array(`microscope/${i}`)} />
            ))}
          </section>
        ) : null,
      )}
      <Twin of="Microscope" sheets={() => sheets(lab, view)} />
    </div>
  );
}

function Quantity({ row, array }: { row: MicroscopeRow; array: NamedArray | null }) {
  const shape = row.shape.length ? row.shape.join(" × ") : "one number";
  return (
    <article class="quantity">
      <header>
        <h4 class="formula">{row.symbol || row.name}</h4>
        <p class="quiet">
          {shape}
          {row.cut ? ", its corner" : ""}
        </p>
        {row.checked !== null && row.checked !== undefined && (
          <p class={row.checked < 1e-3 ? "checked" : "checked doubtful"}>
            {row.checked < 1e-3 ? "✓" : "!"} finite differences agree to {short(row.checked, 2)}
          </p>
        )}
      </header>
      <div class="working">
        {row.formula && <p class="formula">{row.formula}</p>}
        {row.substituted && <p class="formula substituted">{row.substituted}</p>}
        {array && <Cells array={array} label={row.name} />}
      </div>
    </article>
  );
}

/** An array as rows of numbers: the last axis goes across, all others go down. */
export function grid(array: NamedArray): number[][] {
  const across = array.shape.at(-1) ?? 1;
  const down = across ? array.values.length / across : 0;
  return Array.from({ length: down }, (_, row) => Array.from(array.values.subarray(row * across, (row + 1) * across)));
}

export function Cells({ array, label, spot }: { array: NamedArray; label: string; spot?: (row: number, column: number) => boolean }) {
  const lab = useLab();
  const map = diverging(lab.dark.value);
  const most = reach(array.values);
  return (
    <div class="cells" role="region" tabIndex={0} aria-label={`${label}, numbers`}>
      <table>
        <tbody>
          {grid(array).map((row, i) => (
            <tr key={i}>
              {row.map((value, j) => {
                const ground = map.colours[entry(value, -most, most)]!;
                return (
                  <td key={j} class={spot?.(i, j) ? "spot" : ""} style={{ background: hex(ground), color: inkOn(ground) }}>
                    {short(value, 3)}
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

/** A picture of a frame, (H, W) or the first channel of (C, H, W). */
export function Picture({ name, label }: { name: string; label: string }) {
  const lab = useLab();
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(() => {
    const array = lab.array(name);
    const map = ink(lab.dark.value);
    if (!array || !canvas.current) return;
    const [rows, columns] = array.shape.slice(-2) as [number, number];
    const values = array.values.subarray(0, rows * columns);
    paint(canvas.current, { values, rows, columns }, map, range(values), false);
  }, [name]);
  return <canvas ref={canvas} class="picture" role="img" aria-label={label} />;
}

function sheets(lab: Lab, view: MicroscopeView): Sheet[] {
  return view.rows.flatMap((row, i) => {
    const array = lab.array(`microscope/${i}`);
    if (!array) return [];
    const rows = grid(array).map((one, j) => [j, ...one]);
    return [{ caption: `${row.symbol} ${row.name}`, columns: ["row", ...(rows[0] ?? []).slice(1).map((_, j) => String(j))], rows }];
  });
}
