// Keys that hold everywhere on the page, outside controls.
import type { Lab } from "./state";

export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["Space", "train or pause"],
  [".", "one step (example, batch or epoch, as chosen)"],
  ["[  ]", "back and forward in time"],
  ["P", "return to the present"],
  ["← ↑ → ↓", "move between neurons, points, tabs"],
  ["Enter", "inspect the neuron, act on the plane"],
  ["Esc", "leave the inspected neuron"],
  ["1 – 8", "open a view: curves, microscope, …"],
  ["R", "begin again"],
  ["?", "this list"],
];

const CONTROLS = "input, select, textarea, button, summary, a[href], [role=tab], [role=application], [contenteditable]";
const TYPING = "input:not([type=range]):not([type=checkbox]), textarea, [contenteditable]";

/** Whether the key was one of the page's. */
export function press(lab: Lab, event: KeyboardEvent, tabs: readonly Lab["tab"]["value"][]): boolean {
  if (event.key === "Tab") lab.pointing = false;
  if (event.ctrlKey || event.metaKey || event.altKey || !lab.state.peek()) return false;
  const target = event.composedPath()[0];
  const within = (selector: string): boolean => target instanceof Element && target.closest(selector) !== null;
  if (event.key === "Escape") return escape(lab);
  if (within(TYPING) || lab.keysShown.peek()) return false;
  const tab = tabs[Number(event.key) - 1];
  // A button that was clicked keeps the focus, but whoever points does not mean it by the next Space.
  if (event.key === " " && within(CONTROLS) && !(lab.pointing && within("button"))) return false;
  if (event.key === " ") lab.toggle();
  else if (event.key === ".") lab.step();
  else if (event.key === "[") lab.scrub(-1);
  else if (event.key === "]") lab.scrub(1);
  else if (event.key === "p" || event.key === "P") lab.seek(null);
  else if (event.key === "r" || event.key === "R") lab.reset();
  else if (event.key === "?") lab.keysShown.value = true;
  else if (tab) lab.tab.value = tab;
  else return false;
  return true;
}

/** Close the list of keys, else leave the inspected neuron and give it the focus back. */
function escape(lab: Lab): boolean {
  if (lab.keysShown.peek()) lab.keysShown.value = false;
  else if (lab.inspected.peek()) lab.inspected.value = null;
  else return false;
  return true;
}
