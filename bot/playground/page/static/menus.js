/** What opens above the page: menus, the emoji picker, and questions that have to be answered first. */

import { button, clear, el, icon } from "./dom.js";
import { EMOJI, emoji } from "./emoji.js";

const SPACE = 6; // pixels between a button and what opens at it
const USUAL = ["eyes", "white_check_mark", "raised_hands", "heart", "rocket", "thinking_face", "+1", "tada"];

/**
 * Open a menu at a button. Entries: {label, note, sign, danger, run} or null for a line between groups.
 * Arrow keys move, Enter or a click runs, Esc or a click elsewhere closes; the focus goes back to the button.
 */
export function menu(anchor, entries, label) {
  const items = entries.map((entry) => (entry ? item(entry, () => shut(pop)) : line()));
  const pop = el("div", { class: "menu", role: "menu", "aria-label": label }, items);
  pop.addEventListener("keydown", (event) => step(event, [...pop.querySelectorAll("[role=menuitem]")]));
  open(pop, anchor);
  pop.querySelector("[role=menuitem]")?.focus();
  return pop;
}

/** Open something else at a button, such as a list of people; its first control gets the focus. */
export function panel(anchor, label, ...children) {
  const pop = el("div", { class: "panel", role: "dialog", "aria-label": label }, children);
  open(pop, anchor);
  pop.querySelector("button, input")?.focus();
  return pop;
}

/** Choose an emoji; `onPick` is told its name. */
export function emojiPicker(anchor, onPick) {
  const grid = el("div", { class: "emoji-grid" });
  const search = el("input", {
    type: "search",
    class: "input",
    placeholder: "Search emoji",
    "aria-label": "Search emoji",
    on: { input: fill },
  });
  const pop = panel(anchor, "Choose an emoji", search, grid);
  pop.classList.add("emoji-panel");
  pop.addEventListener("keydown", (event) => inGrid(event, search, grid));
  fill();
  place(pop, anchor);

  function fill() {
    const wanted = search.value.trim().toLowerCase().replaceAll(" ", "_").replaceAll(":", "");
    const usual = wanted ? [] : USUAL;
    // As in Slack, the emoji of that very name is first: Enter takes it.
    const fitting = EMOJI.filter((name) => name.includes(wanted));
    const exact = fitting.filter((name) => name === wanted);
    const found = [...new Set([...usual, ...exact, ...fitting])];
    clear(grid).append(...found.map(sign));
    if (!found.length) {
      grid.append(el("p", { class: "is-soft" }, "No emoji has that name."));
    }
  }

  function sign(name) {
    const props = { class: "emoji-button", "aria-label": name.replaceAll("_", " "), title: `:${name}:` };
    return button(emoji(name), props, () => {
      shut(pop);
      onPick(name);
    });
  }
}

/** Ask before something is done, the page or an app; answers whether to go on. */
export function ask({ title, text, yes, no = "Cancel", danger = false }) {
  const look = `button ${danger ? "is-danger" : "is-primary"}`;
  const cancel = button(no, { class: "button" }, () => dialog.close("no"));
  const confirm = button(yes, { class: look }, () => dialog.close("yes"));
  const dialog = el(
    "dialog",
    { class: "question", "aria-labelledby": "question-title", dataset: { testid: "confirm" } },
    el("h2", { id: "question-title" }, title),
    el("div", null, text),
    el("div", { class: "question-buttons" }, cancel, confirm),
  );
  document.getElementById("dialogs").append(dialog);
  dialog.showModal();
  confirm.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function item({ label, note, sign, danger, run }, close) {
  const words = el("span", { class: "menu-words" }, label, note && el("span", { class: "menu-note" }, note));
  const props = { role: "menuitem", tabindex: "-1", class: `menu-item${danger ? " is-danger" : ""}` };
  return button([sign && icon(sign), words], props, () => {
    close();
    run();
  });
}

function line() {
  return el("div", { class: "menu-line", role: "separator" });
}

/** Where a dialog is open everything else is inert, and a message that holds an open menu is not redrawn. */
function open(pop, anchor) {
  pop.setAttribute("popover", "auto");
  (anchor.closest(".bk-block, dialog") ?? document.body).append(pop);
  pop.addEventListener("toggle", (event) => {
    if (event.newState === "closed") {
      anchor.setAttribute("aria-expanded", "false");
      pop.remove();
    }
  });
  pop.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      shut(pop);
    }
  });
  anchor.setAttribute("aria-expanded", "true");
  pop.wayBack = wayBack(anchor);
  pop.showPopover();
  place(pop, anchor);
}

function shut(pop) {
  if (pop.isConnected && pop.matches(":popover-open")) {
    pop.hidePopover();
  }
  pop.wayBack()?.focus?.({ preventScroll: true });
}

/** Where the focus goes back to: a message may be drawn anew, and its buttons with it, while its menu is open. */
function wayBack(anchor) {
  const list = anchor.closest("[role=log]");
  const ts = anchor.closest(".message")?.dataset.ts;
  const name = anchor.getAttribute("aria-label");
  return () => {
    if (anchor.isConnected || !list || !ts) {
      return anchor;
    }
    const message = list.querySelector(`.message[data-ts="${ts}"]`);
    message?.focus({ preventScroll: true }); // only with the focus a message has its buttons
    return message?.querySelector(`button[aria-label="${CSS.escape(name ?? "")}"]`) ?? message;
  };
}

/** Put what opens below its button where there is room, else above; never outside the window. */
export function place(pop, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = pop;
  const below = at.bottom + SPACE + height < innerHeight || at.top < height;
  const top = below ? at.bottom + SPACE : at.top - SPACE - height;
  const left = at.left + width < innerWidth - SPACE ? at.left : at.right - width;
  pop.style.top = `${within(top, innerHeight - height)}px`;
  pop.style.left = `${within(left, innerWidth - width)}px`;
}

function within(value, most) {
  return Math.max(SPACE, Math.min(value, most - SPACE));
}

/** Whether a key is Esc for the page itself: what is open above it takes that first. */
export function isEscape(event) {
  const isTaken = event.defaultPrevented || document.querySelector(":popover-open, dialog[open]");
  return event.key === "Escape" && !isTaken;
}

function step(event, items) {
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1 + (at < 0 ? 1 : 0), Home: 0, End: items.length - 1 }[
    event.key
  ];
  if (event.key === "Tab") {
    event.preventDefault();
  }
  if (next === undefined) {
    return;
  }
  event.preventDefault();
  items[(next + items.length) % items.length]?.focus();
}

function inGrid(event, search, grid) {
  const signs = [...grid.querySelectorAll("button")];
  const at = signs.indexOf(document.activeElement);
  const wide = Math.max(1, Math.floor(grid.clientWidth / 36));
  if (event.key === "Enter" && document.activeElement === search) {
    event.preventDefault();
    signs[0]?.click();
    return;
  }
  const move = { ArrowDown: at < 0 ? 1 : wide, ArrowUp: -wide, ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!move || (at < 0 && event.key !== "ArrowDown")) {
    return;
  }
  event.preventDefault();
  (signs[at + move] ?? (move < 0 ? search : signs.at(-1)))?.focus();
}
