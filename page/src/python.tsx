// The script that reproduces what is on screen, and the files that can be taken away.
import { useSignal, useSignalEffect } from "@preact/signals";
import { Trouble, useLab } from "./parts";

interface Export {
  name: string;
  text: string;
  base64: string;
}

const KINDS = [
  ["script", "Script (.py)"],
  ["model", "Model"],
  ["recording", "Recording"],
  ["csv", "Data (.csv)"],
] as const;

export function Python() {
  const lab = useLab();
  const text = useSignal("");
  const copied = useSignal(false);
  const fetching = useSignal(false);
  const refresh = async (): Promise<void> => {
    if (fetching.peek()) return;
    fetching.value = true;
    const reply = await lab.request<{ text: string }>("script", {}, "python");
    fetching.value = false;
    if (reply.text !== undefined) text.value = reply.text;
  };
  useSignalEffect(() => {
    void lab.state.value;
    copied.value = false;
    void refresh();
  });
  const copy = async (): Promise<void> => {
    await refresh();
    await navigator.clipboard.writeText(text.value);
    copied.value = true;
    lab.announce("The script is on the clipboard.");
  };
  const save = async (kind: string): Promise<void> => {
    const reply = await lab.request<Export>("export", { kind }, "python");
    if (reply.name) download(reply.name, reply.base64 === undefined ? (reply.text ?? "") : bytes(reply.base64));
  };
  return (
    <>
      <div class="row">
        <button type="button" class="primary" onClick={() => void copy()}>
          {copied.value ? "Copied" : "Copy the script"}
        </button>
        {KINDS.map(([kind, words]) => (
          <button key={kind} type="button" data-export={kind} onClick={() => void save(kind)}>
            Save {words}
          </button>
        ))}
      </div>
      {lab.state.value?.playing && <p class="quiet">While it trains the script is that of a moment ago; pause to have the last step in it.</p>}
      <Trouble at="python" />
      <pre class="script" tabIndex={0} aria-label="Python script">
        <code>{text.value}</code>
      </pre>
    </>
  );
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}

function download(name: string, content: BlobPart): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
