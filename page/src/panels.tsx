// What can be chosen: data, network, training. Every change is a request; a refusal is shown in its panel.
import type { ComponentChildren } from "preact";
import { useComputed, useSignal } from "@preact/signals";
import { count } from "./numbers";
import { Amount, Choose, sentence, Slider, Stepper, Trouble, useLab } from "./parts";
import type { Change, NetworkView, Problem, Uploaded } from "./protocol";
import type { Lab } from "./state";

const WIDE = "(min-width: 900px)";

function Panel({ title, at, children }: { title: string; at: string; children: ComponentChildren }) {
  return (
    <details class="panel" open={matchMedia(WIDE).matches}>
      <summary>
        <h2>{title}</h2>
      </summary>
      {children}
      <Trouble at={at} />
    </details>
  );
}

export function Panels() {
  return (
    <aside class="panels" aria-label="What is learned, by what, and how">
      <DataPanel />
      <NetworkPanel />
      <TrainingPanel />
    </aside>
  );
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function DataPanel() {
  const lab = useLab();
  const state = lab.state.value!;
  const { setting, data } = state;
  const known = lab.catalogue.value?.data ?? [];
  const set = (change: Change["data"] & object): void => void lab.set({ data: change }, "data");
  const here = known.find(({ name }) => name === setting.data.name);
  const choices = known.map(({ name, title }) => ({ value: name, text: title }));
  if (!here) choices.push({ value: setting.data.name, text: data.title });
  return (
    <Panel title="Data" at="data">
      <Choose label="Set" value={setting.data.name} choices={choices} onChoose={(name) => set({ name })} />
      {here?.description && <p class="quiet">{here.description.replaceAll("`", "")}</p>}
      <DataOptions />
      <Slider label="Test share" value={setting.data.test} min={0} max={0.9} step={0.05} text={percent} onCommit={(test) => set({ test })} />
      <p class="quiet">
        {count(data.train)} rows to train on, {count(data.test)} to test.
      </p>
      {data.notes.map((note) => (
        <p class="quiet" key={note}>
          {sentence(note)}
        </p>
      ))}
      <Columns lab={lab} />
      <Axes />
      {lab.transport.upload && <Upload lab={lab} />}
    </Panel>
  );
}

function DataOptions() {
  const lab = useLab();
  const { data } = lab.state.value!.setting;
  const offered = lab.catalogue.value?.data.find(({ name }) => name === data.name)?.options ?? {};
  const set = (name: string, value: number): void =>
    void lab.set({ data: { options: { ...data.options, [name]: value } } }, "data");
  return (
    <>
      {Object.entries({ ...offered, ...data.options }).map(([name, value]) => {
        if (typeof value !== "number") return null;
        const label = name.charAt(0).toUpperCase() + name.slice(1);
        if (name === "rows") {
          return <Slider key={name} label={label} value={value} min={20} max={1000} step={20} text={count} onCommit={(next) => set(name, next)} />;
        }
        const most = (offered[name] ?? value) >= 0.8 ? 4 : 1;
        return <Slider key={name} label={label} value={value} min={0} max={most} step={0.05} text={(next) => next.toFixed(2)} onCommit={(next) => set(name, next)} />;
      })}
    </>
  );
}

function Axes() {
  const lab = useLab();
  const { data, setting } = lab.state.value!;
  // Of categories each value is a column of its own: the columns are named by what the network takes.
  const names = useComputed(() => lab.view<NetworkView>("network")?.features.join("\n") ?? "").value.split("\n");
  if (data.image || names.length < 3) return null;
  const choices = names.map((name, i) => ({ value: String(i), text: name }));
  return (
    <>
      {(["Across", "Up"] as const).map((label, axis) => (
        <Choose
          key={label}
          label={label}
          value={String(setting.axes[axis])}
          choices={choices}
          onChoose={(value) => {
            const axes: [number, number] = [...setting.axes];
            axes[axis] = Number(value);
            void lab.set({ axes }, "data");
          }}
        />
      ))}
    </>
  );
}

/** Of an uploaded table: the column that is to be told from the others. */
function Columns({ lab }: { lab: Lab }) {
  const { setting, data } = lab.state.value!;
  const columns = lab.uploaded.value?.columns.map(({ name }) => name) ?? [];
  if (setting.data.name !== "csv" || !columns.length) {
    return data.target ? <p class="quiet">Target: {data.target}</p> : null;
  }
  return (
    <Choose
      label="Target"
      value={setting.data.target ?? data.target ?? columns[0]!}
      choices={columns}
      onChoose={(target) => void lab.set({ data: { name: "csv", target } }, "data")}
    />
  );
}

function Upload({ lab }: { lab: Lab }) {
  const busy = useSignal(false);
  const take = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0];
    if (!file) return;
    busy.value = true;
    await upload(lab, file);
    busy.value = false;
    input.value = "";
  };
  return (
    <label class="button upload">
      {busy.value ? "Reading …" : "Upload a CSV file"}
      <input type="file" accept=".csv,text/csv" class="unseen" disabled={busy.value} onChange={(event) => void take(event.currentTarget)} />
    </label>
  );
}

async function upload(lab: Lab, file: File): Promise<void> {
  let answer: Uploaded & { ok: boolean; error?: Problem };
  try {
    answer = JSON.parse(await lab.transport.upload!(file)) as typeof answer;
  } catch {
    lab.report("data", { what: `${file.name} could not be sent`, mend: "look whether the lab still runs in its terminal" });
    return;
  }
  if (!answer.ok) {
    lab.report("data", answer.error ?? { what: `${file.name} was not taken` });
    return;
  }
  lab.uploaded.value = answer;
  await lab.set({ data: { name: "csv", target: answer.suggested_target } }, "data");
}

const MOST = { layers: 6, units: 32 };

function NetworkPanel() {
  const lab = useLab();
  const { setting, data, network } = lab.state.value!;
  const catalogue = lab.catalogue.value;
  const set = (change: Change): void => void lab.set(change, "network");
  const losses = catalogue?.losses[data.task] ?? [];
  return (
    <Panel title="Network" at="network">
      {setting.layers ? (
        <div class="layers">
          <ol>
            {network.layers.map(({ path, title }) => (
              <li key={path}>{title}</li>
            ))}
          </ol>
          <button type="button" onClick={() => set({ layers: null, hidden: [16] })}>
            Use dense layers instead
          </button>
        </div>
      ) : (
        <Layers hidden={setting.hidden} onChange={(hidden) => set({ hidden })} />
      )}
      {!setting.layers && (
        <>
          <Choose label="Activation" value={setting.activation} choices={catalogue?.activations ?? [setting.activation]} onChoose={(activation) => set({ activation })} />
          <Slider label="Dropout" value={setting.dropout} min={0} max={0.9} step={0.05} text={percent} onCommit={(dropout) => set({ dropout })} />
          <div class="field">
            <label>
              <input type="checkbox" checked={setting.batch_norm} onChange={(event) => set({ batch_norm: event.currentTarget.checked })} /> Batch normalisation
            </label>
          </div>
        </>
      )}
      <Choose
        label="Loss"
        value={setting.loss ?? ""}
        choices={[{ value: "", text: "suits the data" }, ...losses.map((name) => ({ value: name, text: name.replaceAll("_", " ") }))]}
        onChoose={(loss) => set({ loss: loss || null })}
      />
      {!data.image && (
        <Choose
          label="Scaling"
          value={setting.prepare ?? ""}
          choices={[{ value: "", text: "none" }, { value: "standard", text: "standard" }, { value: "minmax", text: "min to max" }]}
          onChoose={(prepare) => set({ prepare: prepare || null })}
        />
      )}
    </Panel>
  );
}

/** Layers and their units, each with a button for one more and one less. */
function Layers({ hidden, onChange }: { hidden: number[]; onChange: (hidden: number[]) => void }) {
  const limits = useLab().catalogue.value?.limits ?? MOST;
  const layers = (wanted: number): void =>
    onChange(wanted > hidden.length ? [...hidden, hidden.at(-1) ?? 4] : hidden.slice(0, wanted));
  return (
    <div class="layers">
      <div class="field">
        <span>Hidden layers</span>
        <Stepper label="Hidden layers" value={hidden.length} min={0} max={limits.layers} onCount={layers} />
      </div>
      {hidden.map((units, i) => (
        <div class="field" key={i}>
          <span>Layer {i + 1}</span>
          <Stepper label={`Units of layer ${i + 1}`} value={units} min={1} max={limits.units} onCount={(next) => onChange(hidden.with(i, next))} />
        </div>
      ))}
    </div>
  );
}

function TrainingPanel() {
  const lab = useLab();
  const { setting } = lab.state.value!;
  const set = (change: Change): void => void lab.set(change, "training");
  return (
    <Panel title="Training" at="training">
      <Choose label="Optimizer" value={setting.optimizer} choices={lab.catalogue.value?.optimizers ?? [setting.optimizer]} onChoose={(optimizer) => set({ optimizer })} />
      <Amount label="Learning rate" value={setting.learning_rate} min={0} onCommit={(learning_rate) => set({ learning_rate })} />
      <Amount label="Batch size" value={setting.batch_size} step={1} min={1} onCommit={(batch_size) => set({ batch_size })} />
      <Amount label="Weight decay" value={setting.weight_decay} min={0} onCommit={(weight_decay) => set({ weight_decay })} />
      <Amount label="Seed" value={setting.seed} step={1} min={0} onCommit={(seed) => set({ seed })} />
      <button type="button" onClick={() => void lab.request("reset", { seed: Math.floor(Math.random() * 10_000) }, "training")}>
        Draw new weights
      </button>
    </Panel>
  );
}
