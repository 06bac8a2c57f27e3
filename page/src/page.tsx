// The whole page: bar, panels, network and output, timeline, and the views behind tabs.
import { useEffect, useRef } from "preact/hooks";
import { Bar } from "./bar";
import { Convolution } from "./convolution";
import { Curves } from "./curves";
import { Errors } from "./errors";
import { Flow } from "./flow";
import { KEYS } from "./keys";
import { Microscope } from "./microscope";
import { NetworkDiagram } from "./network";
import { Panels } from "./panels";
import { sentence, Trouble, useLab } from "./parts";
import { Python } from "./python";
import { Race } from "./race";
import { type Tab, TABS } from "./state";
import { Surface } from "./surface";
import { Sweep } from "./sweep";
import { Timeline } from "./timeline";

const VIEWS: Record<Tab, { title: string; View: () => preact.JSX.Element }> = {
  curves: { title: "Curves", View: Curves },
  microscope: { title: "Microscope", View: Microscope },
  flow: { title: "Gradient flow", View: Flow },
  convolution: { title: "Convolution", View: Convolution },
  errors: { title: "Errors", View: Errors },
  race: { title: "Race", View: Race },
  sweep: { title: "Sweep", View: Sweep },
  python: { title: "Python", View: Python },
};

export function Page() {
  const lab = useLab();
  const ready = lab.state.value !== null;
  return (
    <div class={`lab${lab.dark.value ? " dark" : ""}`}>
      <Messages />
      {ready && (
        <>
          <Bar />
          <main>
            <Panels />
            <div class="stage">
              <NetworkDiagram />
              <Surface />
            </div>
            <Timeline />
            <Views />
          </main>
          <KeyList />
        </>
      )}
      <p class="unseen" role="status">
        {lab.announced.value}
      </p>
    </div>
  );
}

/** What went wrong with the connection, the worker or the setting in the address; and what the server tells. */
function Messages() {
  const lab = useLab();
  const connection = lab.connection.value;
  const { worker, notices } = lab.known.value;
  return (
    <div class="messages">
      {connection === "connecting" && !lab.state.value && <p class="message">Connecting …</p>}
      {connection === "refused" && (
        <div class="message error" role="alert">
          <p>
            <strong>This address is not valid.</strong> Open the one that the terminal printed: it ends in <code>#token=…</code>.
          </p>
        </div>
      )}
      {connection === "lost" && (
        <div class="message error" role="alert">
          <p>
            <strong>The connection to the lab is lost.</strong> If it still runs in its terminal, connect again; else start it anew.
          </p>
          {lab.transport.reopen && (
            <button type="button" class="primary" onClick={() => lab.reconnect()}>
              Connect again
            </button>
          )}
        </div>
      )}
      {!worker.alive && (
        <div class="message error" role="alert">
          <p>
            <strong>The training process has ended.</strong> {worker.what && sentence(worker.what)} What was recorded is kept.
          </p>
          <button type="button" class="primary" onClick={() => void lab.restart()}>
            Restart
          </button>
        </div>
      )}
      <Trouble at="restart" />
      <Trouble at="lab" />
      {notices.map(({ severity, what, mend }) => (
        <div class={`message ${severity}`} key={what} role={severity === "error" ? "alert" : "status"}>
          <p>
            <strong>{sentence(what)}</strong> {mend && sentence(mend)}
          </p>
          <button type="button" class="plain" onClick={() => lab.dismiss(what)}>
            Dismiss
          </button>
        </div>
      ))}
    </div>
  );
}

function Views() {
  const lab = useLab();
  const tab = lab.tab.value;
  const { View } = VIEWS[tab];
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length]!;
    lab.tab.value = next;
    (event.currentTarget as Element).querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <section class="views" aria-label="Views">
      <div role="tablist" aria-label="Views" class="tabs" onKeyDown={onKeyDown}>
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`tab-${one}`}
            aria-selected={one === tab}
            aria-controls="view"
            tabIndex={one === tab ? 0 : -1}
            onClick={() => (lab.tab.value = one)}
          >
            {VIEWS[one].title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="view" aria-labelledby={`tab-${tab}`} class="view">
        <View key={tab} />
      </div>
    </section>
  );
}

function KeyList() {
  const lab = useLab();
  const dialog = useRef<HTMLDialogElement>(null);
  const shown = lab.keysShown.value;
  useEffect(() => {
    if (shown) dialog.current?.showModal();
    else dialog.current?.close();
  }, [shown]);
  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={() => (lab.keysShown.value = false)}>
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => (lab.keysShown.value = false)}>
        Close
      </button>
    </dialog>
  );
}
