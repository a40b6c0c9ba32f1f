/** The Home tab of the app, as the acting person has it. */

import { blocks } from "./blocks.js";
import { clear, el, reconcile } from "./dom.js";
import { focusAgain, focusIn } from "./focus.js";
import { get, post } from "./net.js";
import { store, subscribe } from "./state.js";

const NO_TAB = "This app has no Home tab. Write to it in its messages, or use its commands in a channel.";
const NOTHING_YET = "The app hasn't filled its Home tab yet. Wait a moment.";

let shown = null; // {container, view, person} of the Home tab on the page

subscribe("views", (views) => {
  const view = views.find((it) => it.type === "home" && it.user === shown?.person);
  if (view && shown.container.isConnected) {
    shown.view = view;
    draw();
  }
});

/** Draw the Home tab into a container and keep it true for as long as it is there. */
export async function home(container) {
  const mine = { container, view: null, person: store.me };
  shown = mine;
  container.addEventListener("let-go", draw);
  draw();
  if (!store.workspace.app.home_tab) {
    return;
  }
  try {
    await post("/api/slack/open_home", { user: mine.person });
    const views = await get("/api/views", { user: mine.person });
    if (shown === mine) {
      mine.view ??= views.home ?? null;
      draw();
    }
  } catch (error) {
    if (shown === mine) {
      const props = { class: "bk-failure", role: "alert", dataset: { testid: "refusal" } };
      clear(container).append(el("p", props, error.message));
    }
  }
}

function draw() {
  const { container, view } = shown;
  const [place, before] = [focusIn(container), container.firstChild];
  reconcile(container, [{ key: "home", sig: `${view?.id} ${view?.hash}`, draw: () => tab(view) }]);
  if (container.firstChild !== before) {
    focusAgain(container, place);
  }
}

function tab(view) {
  const empty = store.workspace.app.home_tab ? NOTHING_YET : NO_TAB;
  const inside = view ? blocks(view.blocks, { view }) : el("p", { class: "bk-home-empty" }, empty);
  return el("div", { class: "bk-home", dataset: { testid: "home", view: view?.id } }, inside);
}
