// The lab in any element: a shadow root of its own, so that neither page nor notebook leaks into the other.
import { effect } from "@preact/signals";
import { render } from "preact";
import uplot from "uplot/dist/uPlot.min.css";
import { press } from "./keys";
import style from "./lab.css";
import { Page } from "./page";
import { LabContext } from "./parts";
import type { Setting } from "./protocol";
import { Lab, TABS } from "./state";
import { followSurroundings, followWish } from "./theme";
import type { Transport } from "./transport";

export interface MountOptions {
  token?: string;
  /** What to begin with, if it was in the address. */
  setting?: Partial<Setting> | null;
  /** Called whenever the setting has changed. */
  onSetting?: (setting: Setting) => void;
  /** Whether the document is the lab's: else keys are heard in the element alone, and it is as dark as what is around. */
  alone?: boolean;
}

/** Show the lab in an element; the function that comes back takes it away. */
export function mount(element: HTMLElement, transport: Transport, options: MountOptions = {}): () => void {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [uplot, style].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  const lab = new Lab(transport, options.token ?? "", options.setting ?? null);
  const take = (dark: boolean): void => void (lab.dark.value = dark);
  const theme = options.alone ? followWish(take) : followSurroundings(element, take);
  const ends = [theme, followVisibility(lab), hearKeys(lab, options.alone ? document : element)];
  if (options.onSetting) ends.push(followSetting(lab, options.onSetting));
  render(
    <LabContext.Provider value={lab}>
      <Page />
    </LabContext.Provider>,
    root,
  );
  return () => {
    for (const end of ends) end();
    render(null, root);
    lab.close();
  };
}

function followVisibility(lab: Lab): () => void {
  const take = (): void => void (lab.visible.value = !document.hidden);
  take();
  document.addEventListener("visibilitychange", take);
  return () => document.removeEventListener("visibilitychange", take);
}

function hearKeys(lab: Lab, target: EventTarget): () => void {
  const hear = (event: Event): void => {
    if (!event.defaultPrevented && press(lab, event as KeyboardEvent, TABS)) event.preventDefault();
  };
  const point = (): void => void (lab.pointing = true);
  target.addEventListener("keydown", hear);
  target.addEventListener("pointerdown", point);
  return () => {
    target.removeEventListener("keydown", hear);
    target.removeEventListener("pointerdown", point);
  };
}

function followSetting(lab: Lab, tell: (setting: Setting) => void): () => void {
  return effect(() => {
    const setting = lab.state.value?.setting;
    if (setting) tell(setting);
  });
}
