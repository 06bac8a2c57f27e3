// A slider over the recorded training that moves every view.
import { count } from "./numbers";
import { Trouble, useLab } from "./parts";
import type { Mark } from "./protocol";
import { Twin } from "./table";

interface TimelineView {
  last: number;
  remembered: number;
  events: Mark[];
}

export function Timeline() {
  const lab = useLab();
  const view = lab.view<TimelineView>("timeline");
  const last = lab.reach();
  const now = lab.moment.value ?? last;
  const past = lab.moment.value !== null;
  const events = view?.events ?? [];
  return (
    <section class="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title" class="unseen">
        Timeline
      </h2>
      <button type="button" aria-label="Back in time" aria-keyshortcuts="[" disabled={!last} onClick={() => lab.scrub(-1)}>
        ‹
      </button>
      <Track now={now} last={last} events={events} />
      <button type="button" aria-label="Forward in time" aria-keyshortcuts="]" disabled={!past} onClick={() => lab.scrub(1)}>
        ›
      </button>
      <p class="where">
        {past ? (
          <>
            step <b>{count(now)}</b> of {count(last)}
          </>
        ) : (
          "the present"
        )}
      </p>
      <div class="row">
        <button type="button" disabled={!past} onClick={() => lab.seek(null)}>
          To the present
        </button>
        <button type="button" disabled={lab.viewed.value === null} onClick={() => void lab.request("branch", {}, "timeline")}>
          Go on from here
        </button>
      </div>
      <Trouble at="timeline" />
      {events.length > 0 && (
        <Twin
          of="Timeline"
          sheets={() => [{ caption: "Events", columns: ["step", "kind", "event"], rows: events.map(({ step, kind, text }) => [step, kind, text]) }]}
        />
      )}
    </section>
  );
}

function Track({ now, last, events }: { now: number; last: number; events: Mark[] }) {
  const lab = useLab();
  const told = `step ${count(now)} of ${count(last)}${lab.moment.value === null ? ", the present" : ""}`;
  return (
    <div class="track">
      <input
        type="range"
        aria-label="Recorded training"
        aria-valuetext={told}
        min={0}
        max={Math.max(last, 1)}
        value={now}
        disabled={!last}
        onInput={(event) => {
          const step = event.currentTarget.valueAsNumber;
          lab.seek(step >= last ? null : step);
        }}
      />
      <svg class="marks" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
        {events.map(({ step, kind, text }, i) => (
          <rect key={i} class={kind} x={(step / Math.max(last, 1)) * 998} y="0" width="2" height="8">
            <title>{text}</title>
          </rect>
        ))}
      </svg>
    </div>
  );
}
