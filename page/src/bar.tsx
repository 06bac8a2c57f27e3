// The bar on top: run, step, begin again; where training is and how it goes.
import { useComputed } from "@preact/signals";
import { count, rate, steady } from "./numbers";
import { Trouble, useLab } from "./parts";
import { type Lab, lastUntil } from "./state";

const SPEEDS = [1, 10, 50, 200, 1000, 5000];

export function Bar() {
  const lab = useLab();
  const state = lab.state.value!;
  return (
    <header class="bar">
      <h1>
        pellucid <span>lab</span>
      </h1>
      <div class="run" role="group" aria-label="Training">
        <button type="button" class="primary play" aria-keyshortcuts="Space" onClick={() => lab.toggle()}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            {state.playing ? <path d="M3 2h4v12H3zM9 2h4v12H9z" /> : <path d="M3 1.5v13L14 8z" />}
          </svg>
          {state.playing ? "Pause" : "Train"}
        </button>
        <span class="joined">
          <button type="button" aria-keyshortcuts="." onClick={() => lab.step()}>
            Step
          </button>
          <select
            aria-label="A step is one"
            value={lab.stepUnit.value}
            onChange={(event) => (lab.stepUnit.value = event.currentTarget.value as Lab["stepUnit"]["value"])}
          >
            <option value="example">example</option>
            <option value="batch">batch</option>
            <option value="epoch">epoch</option>
          </select>
        </span>
        <button type="button" onClick={() => lab.reset()}>
          Reset
        </button>
        <Speed />
      </div>
      <Readings />
      <Busy />
      <div class="side">
        <button type="button" aria-pressed={lab.dark.value} onClick={() => (lab.dark.value = !lab.dark.value)}>
          Dark
        </button>
        <button type="button" aria-keyshortcuts="?" onClick={() => (lab.keysShown.value = true)}>
          Keys
        </button>
      </div>
      <Trouble at="bar" />
    </header>
  );
}

/** Told when an answer is late, and while the first steps of a network wait for their program. */
function Busy() {
  const lab = useLab();
  const moves = useComputed(() => Boolean(lab.frame.value?.playing)).value;
  const begins = lab.state.value!.playing && !moves;
  const told = lab.connection.value === "open" && (lab.busy.value > 0 || begins);
  return (
    <p class={`busy quiet${lab.busy.value > 0 ? "" : " soon"}`} role="status" key={String(told)}>
      {told ? "Working …" : ""}
    </p>
  );
}

function Speed() {
  const lab = useLab();
  const { speed } = lab.state.value!;
  const offered = typeof speed === "number" && !SPEEDS.includes(speed) ? [...SPEEDS, speed].sort((a, b) => a - b) : SPEEDS;
  return (
    <select
      aria-label="Speed"
      value={String(speed)}
      onChange={({ currentTarget: { value } }) => void lab.request("speed", { value: value === "max" ? "max" : Number(value) }, "bar")}
    >
      {offered.map((one) => (
        <option key={one} value={String(one)}>
          {count(one)} steps/s
        </option>
      ))}
      <option value="max">full speed</option>
    </select>
  );
}

function lossAt(lab: Lab, name: string): number | null {
  const values = lab.array(`curves/${name}`)?.values;
  const steps = lab.array(name === "loss" ? "curves/step" : "curves/validation_step")?.values;
  if (!values?.length) return null;
  const viewed = lab.viewed.value;
  const at = viewed === null || !steps ? values.length - 1 : lastUntil(steps, viewed);
  return values[at] ?? null;
}

function Readings() {
  const lab = useLab();
  const step = useComputed(() => count(lab.scrubbing.value ?? lab.frame.value?.step ?? 0));
  const epoch = useComputed(() => count(lab.frame.value?.epoch ?? 0));
  const loss = useComputed(() => steady(lossAt(lab, "loss")));
  const test = useComputed(() => steady(lossAt(lab, "validation_loss")));
  const speed = useComputed(() => (lab.frame.value?.playing ? `${rate(lab.frame.value.rate)}` : "–"));
  return (
    <dl class="readings">
      <div>
        <dt>Step</dt>
        <dd data-reading="step">{step}</dd>
      </div>
      <div>
        <dt>Epoch</dt>
        <dd data-reading="epoch">{epoch}</dd>
      </div>
      <div>
        <dt>Loss</dt>
        <dd data-reading="loss">{loss}</dd>
      </div>
      <div>
        <dt>Test loss</dt>
        <dd data-reading="test">{test}</dd>
      </div>
      <div>
        <dt>Steps/s</dt>
        <dd data-reading="rate">{speed}</dd>
      </div>
    </dl>
  );
}
