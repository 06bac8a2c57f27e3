// A button that puts Python on the clipboard: of the run, of the race or of the sweep.
import { useSignal } from "@preact/signals";
import { useLab } from "./parts";

export function CopyScript({ of, disabled }: { of: "race" | "sweep"; disabled: boolean }) {
  const lab = useLab();
  const copied = useSignal(false);
  const copy = async (): Promise<void> => {
    const reply = await lab.request<{ text: string }>("script", { of }, of);
    if (reply.text === undefined) return;
    await navigator.clipboard.writeText(reply.text);
    copied.value = true;
    lab.announce("The script is on the clipboard.");
    setTimeout(() => (copied.value = false), 2000);
  };
  return (
    <button type="button" disabled={disabled} onClick={() => void copy()}>
      {copied.value ? "Copied" : "Copy the Python"}
    </button>
  );
}
