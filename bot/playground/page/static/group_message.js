/** A new group direct message: who is to be in it, and there it is. */

import { button, el, iconButton } from "./dom.js";
import { avatar, roleOf } from "./faces.js";
import { panel } from "./menus.js";
import { act } from "./message_acts.js";
import { openChannel } from "./rooms.js";
import { channels, store, subscribe } from "./state.js";

const FEWEST = 2; // others
const MOST = 8;
const LABEL = "New group message";

let made = null; // the id of one that the page does not know yet

/** The button that begins one; `onOpen` is called once it is open. */
export function groupButton(onOpen) {
  subscribe("workspace", () => show(onOpen));
  const props = { class: "icon-button", "aria-haspopup": "dialog", dataset: { testid: "new-group" } };
  return iconButton(LABEL, "plus", props, (event) => choose(event.currentTarget, onOpen));
}

function choose(anchor, onOpen) {
  const others = store.workspace.people.filter((it) => it.id !== store.me);
  const hint = el("p", { class: "is-soft" }, `Choose ${FEWEST} to ${MOST} others.`);
  const open = button("Open", { class: "button is-small is-primary", disabled: true }, async () => {
    const users = chosen();
    pop.hidePopover();
    const answer = await act("open_group", { users });
    made = answer?.channel.id ?? null;
    show(onOpen);
  });
  const rows = el("ul", { class: "people" }, others.map(row));
  const chosen = () => [...rows.querySelectorAll("input:checked")].map((it) => it.value);
  rows.addEventListener("change", () => {
    open.disabled = chosen().length < FEWEST || chosen().length > MOST;
  });
  const foot = el("div", { class: "people-foot" }, hint, open);
  const pop = panel(anchor, LABEL, el("h3", null, LABEL), rows, foot);
}

function row(person) {
  const words = el(
    "span",
    { class: "people-words" },
    el("b", null, person.real_name),
    el("span", { class: "is-soft" }, roleOf(person)),
  );
  const box = el("input", { type: "checkbox", value: person.id });
  return el("li", null, el("label", null, avatar(person.id, "small"), words, box));
}

/** The server tells of new places a moment later. */
function show(onOpen) {
  if (made && channels(made)) {
    openChannel(made);
    made = null;
    onOpen();
  }
}
