// One neuron: its numbers, to be read and to be changed.
import { useLayoutEffect, useRef } from "preact/hooks";
import { unitName, weightsOf } from "./network";
import { short } from "./numbers";
import { useLab } from "./parts";
import type { NetworkView } from "./protocol";
import type { Lab } from "./state";

const ROWS = 64;

export function Inspector() {
  const lab = useLab();
  const spot = lab.inspected.value;
  const view = lab.view<NetworkView>("network");
  if (!spot || !view) return null;
  const layer = view.layers[spot.column - 1];
  const name = unitName(lab, view.features, spot);
  return (
    <section class="inspector" aria-label={`Inspected: ${name}`}>
      <div class="heading">
        <h3>{name.charAt(0).toUpperCase() + name.slice(1)}</h3>
        <button type="button" class="plain" onClick={() => (lab.inspected.value = null)}>
          Close <kbd>Esc</kbd>
        </button>
      </div>
      {layer ? <Unit path={layer.path} number={layer.units[spot.unit]!} /> : <p class="quiet">An input of the network: it has no weights.</p>}
    </section>
  );
}

function Unit({ path, number }: { path: string; number: number }) {
  const lab = useLab();
  const silent = isSilent(lab, path, number);
  const layer = lab.layerAt(path);
  const toggle = (): void => lab.silence(path, number, !silent);
  return (
    <>
      <p class="quiet">
        {layer?.title}
        {layer?.activation ? `, ${layer.activation}` : ""}
      </p>
      <Weights path={path} />
      <div class="row">
        <button type="button" aria-pressed={silent} onClick={toggle}>
          {silent ? "Let it speak" : "Silence it"}
        </button>
        <button
          type="button"
          onClick={() => {
            lab.microscopeLayer.value = path;
            lab.tab.value = "microscope";
          }}
        >
          Microscope
        </button>
      </div>
    </>
  );
}

function isSilent(lab: Lab, path: string, number: number): boolean {
  return lab.state.value?.silent?.[path]?.includes(number) ?? false;
}

function Weights({ path }: { path: string }) {
  const lab = useLab();
  const spot = lab.inspected.value!;
  const view = lab.view<NetworkView>("network")!;
  const k = spot.column - 1;
  const weights = weightsOf(lab)[k];
  const number = view.layers[k]!.units[spot.unit]!;
  const before = k === 0 ? null : view.layers[k - 1]!.units;
  const bias = lab.array(`network/biases/${k}`)?.values[spot.unit];
  const row = weights?.fits ? weights.values.subarray(spot.unit * weights.shape[1]!, (spot.unit + 1) * weights.shape[1]!) : [];
  const edit = (tensor: "weight" | "bias", index: number[], value: number): void =>
    void lab.request("edit_weight", { layer: path, tensor, index, value }, "weights");
  return (
    <div class="weights">
      {Array.from(row.slice(0, ROWS), (value, from) => (
        <WeightField
          key={from}
          label={`from ${unitName(lab, view.features, { column: k, unit: from })}`}
          value={value}
          wanted={lab.editing.value === from}
          onEdit={(next) => edit("weight", [number, before?.[from] ?? from], next)}
        />
      ))}
      {bias !== undefined && <WeightField label="bias" value={bias} wanted={false} onEdit={(next) => edit("bias", [number], next)} />}
      {row.length > ROWS && <p class="quiet">The first {ROWS} of {row.length} weights.</p>}
    </div>
  );
}

/** While it has the focus it shows what is typed, not what training does to it. */
function WeightField(props: { label: string; value: number; wanted: boolean; onEdit: (value: number) => void }) {
  const lab = useLab();
  const input = useRef<HTMLInputElement>(null);
  const held = useRef(false);
  useLayoutEffect(() => {
    if (!held.current && input.current) input.current.value = String(Number(props.value.toPrecision(6)));
  }, [props.value]);
  useLayoutEffect(() => {
    if (!props.wanted || !input.current) return;
    input.current.focus();
    input.current.select();
    lab.editing.value = null;
  }, [props.wanted]);
  const commit = (): void => {
    const value = input.current!.valueAsNumber;
    if (Number.isFinite(value) && short(value, 6) !== short(props.value, 6)) props.onEdit(value);
  };
  return (
    <label class={`weight ${props.value < 0 ? "negative" : "positive"}`}>
      <span>{props.label}</span>
      <input
        ref={input}
        type="number"
        step="0.1"
        onFocus={() => (held.current = true)}
        onBlur={() => (held.current = false)}
        onChange={commit}
      />
    </label>
  );
}
