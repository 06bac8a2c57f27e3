// Light or dark: as the browser wishes on a page of our own, as what is around in a notebook.
import { luminance } from "./colours";

type Take = (dark: boolean) => void;

export function followWish(take: Take): () => void {
  const wish = matchMedia("(prefers-color-scheme: dark)");
  const look = (): void => take(wish.matches);
  look();
  wish.addEventListener("change", look);
  return () => wish.removeEventListener("change", look);
}

/** A notebook has themes of its own. When one is chosen, its outermost elements or its sheets change. */
export function followSurroundings(element: Element, take: Take): () => void {
  const look = (): void => take(isOnDark(element));
  const sized = new ResizeObserver(look); // also when the element comes into the document
  const changed = new MutationObserver(() => {
    look();
    setTimeout(look, 400); // when a sheet has come, or a transition is over
  });
  sized.observe(element);
  for (const one of [document.documentElement, document.body]) changed.observe(one, { attributes: true });
  changed.observe(document.head, { childList: true });
  return () => {
    sized.disconnect();
    changed.disconnect();
  };
}

/** Whether the nearest ground behind an element that covers what is behind it is dark. */
function isOnDark(element: Element): boolean {
  for (let at: Element | undefined = element; at; at = around(at)) {
    const [red, green, blue, cover] = pixel(getComputedStyle(at).backgroundColor);
    if (cover > 127) return luminance([red, green, blue]) < 0.2;
  }
  return false;
}

const around = (element: Element): Element | undefined =>
  element.parentElement ?? (element.getRootNode() as Partial<ShadowRoot>).host;

/** A colour in any of the ways in which it can be written, as red, green, blue and cover in 0–255. */
function pixel(colour: string): [number, number, number, number] {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d")!;
  context.fillStyle = colour || "transparent";
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data] as [number, number, number, number];
}
