/** The Home tab of the app, as the acting person has it. */

import { blocks } from "./blocks.js";
import { clear, el } from "./dom.js";
import { focusAgain, focusIn } from "./focus.js";
import { get, post } from "./net.js";
import { store, subscribe } from "./state.js";

const NO_TAB = "This app has no Home tab. Write to it in its messages, or use its commands in a channel.";
const NOTHING_YET = "The app has not filled its Home tab yet. It may do so in a moment.";

let shown = null; // {container, view, person} of the Home tab on the page
let listening = false;

/** Draw the Home tab into a container and keep it true for as long as it is there. */
export async function home(container) {
  listen();
  const mine = { container, view: null, person: store.me };
  shown = mine;
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
      clear(container).append(
        el("p", { class: "bk-failure", role: "alert", dataset: { testid: "refusal" } }, error.message),
      );
    }
  }
}

function listen() {
  if (listening) {
    return;
  }
  listening = true;
  subscribe("views", (views) => {
    const view = views.find((it) => it.type === "home" && it.user === shown?.person);
    if (view && current()) {
      shown.view = view;
      draw();
    }
  });
  subscribe("me", () => current() && shown.person !== store.me && home(shown.container));
  subscribe("reset", () => current() && home(shown.container));
}

function current() {
  return Boolean(shown?.container.isConnected && !shown.container.hidden);
}

function draw() {
  const { container, view } = shown;
  const empty = store.workspace.app.home_tab ? NOTHING_YET : NO_TAB;
  const place = focusIn(container);
  clear(container).append(
    el(
      "div",
      { class: "bk-home", dataset: { testid: "home", view: view?.id } },
      view ? blocks(view.blocks, { view }) : el("p", { class: "bk-home-empty" }, empty),
    ),
  );
  focusAgain(container, place);
}
