// Where everything begins: the lab's own page, or a widget in a notebook.
import { encoded, fragment } from "./address";
import { mount } from "./mount";
import { socketTransport, widgetTransport, type WidgetModel } from "./transport";

export { mount };

/** As anywidget calls it. */
export default {
  render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
    const element = el.appendChild(document.createElement("div"));
    element.dataset["lmSuppressShortcuts"] = "true"; // JupyterLab would take keys for its own
    return mount(element, widgetTransport(model));
  },
};

const KEPT = "pellucid-lab-token";

/** The token is kept for this tab and taken out of the address, so that the address can be shown. */
function start(element: HTMLElement): void {
  const { token: told, setting } = fragment(location.hash);
  if (told !== null) sessionStorage.setItem(KEPT, told);
  const token = told ?? sessionStorage.getItem(KEPT) ?? "";
  const address = (hash: string): void => history.replaceState(null, "", location.pathname + hash);
  if (told !== null) address("");
  mount(element, socketTransport(location.origin, token), {
    token,
    setting,
    onSetting: (now) => address(`#s=${encoded(now)}`),
    alone: true,
  });
}

const element = document.getElementById("pellucid-lab");
if (element) start(element);
