/** Modals: the stack of the acting person, of which the topmost is shown. */

import { blocks } from "./blocks.js";
import { failure } from "./click.js";
import { button, clear, el, icon, iconButton } from "./dom.js";
import { fieldsOf, forgetView, valuesOf } from "./entered.js";
import { wrongWith } from "./fields.js";
import { find, focusable, focusAgain, focusIn } from "./focus.js";
import { plain } from "./mrkdwn.js";
import { get, post } from "./net.js";
import { store, subscribe, toastError } from "./state.js";

const TROUBLE = "We had some trouble connecting. Try again?";
const SILENT = new Set(["operation_timeout", "dispatch_failed"]);

const views = new Map(); // by id: every modal of the acting person that is open, the lowest first
let frame = null; // the dialog and its parts
let drawn = ""; // id and hash of the view that is drawn
let errors = {}; // by block id: what is wrong in the view that is drawn
let submitting = null; // the id of the view that is on its way

/** Show the modals of the acting person from now on. */
export function startModals() {
  subscribe("views", take);
  subscribe("me", load);
}

async function load() {
  views.clear();
  show();
  const person = store.me;
  try {
    const { modals } = await get("/api/views", { user: person });
    if (person === store.me) {
      take(modals ?? []);
    }
  } catch (error) {
    toastError(error);
  }
}

function take(changed) {
  for (const view of changed) {
    if (view.type === "modal" && view.user === store.me) {
      view.open === false ? gone(view.id) : views.set(view.id, view);
    }
  }
  show();
}

function gone(id) {
  views.delete(id);
  forgetView(id);
}

function topmost() {
  return [...views.values()].at(-1) ?? null;
}

// ---------------------------------------------------------------- showing

function show() {
  const view = topmost();
  if (!view) {
    close();
    return;
  }
  const key = `${view.id} ${view.hash}`;
  if (frame?.dialog.open && key === drawn) {
    return;
  }
  const same = drawn.startsWith(`${view.id} `);
  frame ??= framed();
  const place = same ? focusIn(frame.body) : null;
  const top = same ? frame.body.scrollTop : 0;
  errors = {};
  drawn = key;
  draw(view);
  if (!frame.dialog.open) {
    frame.opener = document.activeElement;
    frame.dialog.showModal();
  }
  frame.body.scrollTop = top;
  if (!same) {
    begin(view);
  } else if (!focusAgain(frame.body, place) && !frame.dialog.contains(document.activeElement)) {
    frame.body.focus();
  }
}

function close() {
  const opener = frame?.opener;
  frame?.dialog.close();
  frame?.dialog.remove();
  frame = null;
  drawn = "";
  submitting = null;
  opener?.isConnected && opener.focus({ preventScroll: true });
}

function framed() {
  const title = el("h2", { class: "bk-dialog-title", id: "bk-modal-title" });
  const body = el("div", { class: "bk-modal-body", tabindex: "-1" });
  const back = button("‹", { class: "icon-button", "aria-label": "Back" }, () => leave());
  const away = iconButton("Close", "close", { class: "icon-button" }, () => leave({ clear: true }));
  const trouble = el("div", { class: "bk-trouble", role: "alert" });
  const foot = el("div", { class: "bk-dialog-buttons" });
  const form = el(
    "form",
    { class: "bk-modal-form", novalidate: true, on: { submit } },
    el("header", { class: "bk-modal-head" }, back, title, away),
    body,
    trouble,
    foot,
  );
  const dialog = dialogAround(form);
  body.addEventListener("bk-entered", (event) => mended(event.target.closest(".bk-block")));
  document.getElementById("dialogs").append(dialog);
  return { dialog, title, body, back, trouble, foot, opener: null };
}

/** Only Slack closes it: Esc asks for that, and what the browser closes by itself is opened again. */
function dialogAround(form) {
  const props = { class: "bk-modal", "aria-labelledby": "bk-modal-title", dataset: { testid: "modal" } };
  const dialog = el("dialog", props, form);
  const reopen = (event) => event.target === dialog && frame?.dialog === dialog && dialog.showModal();
  dialog.addEventListener("keydown", escape);
  dialog.addEventListener("cancel", (event) => event.target === dialog && event.preventDefault());
  dialog.addEventListener("close", reopen);
  return dialog;
}

function escape(event) {
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    leave();
  }
}

function draw(view) {
  const { dialog, title, body, back, trouble, foot } = frame;
  dialog.dataset.view = view.id;
  dialog.dataset.callback = view.callback_id ?? "";
  clear(title).append(plain(view.title?.text));
  clear(body).append(blocks(view.blocks, { view }));
  clear(trouble);
  back.hidden = !view.previous_view_id || !views.has(view.previous_view_id);
  const words = view.close?.text ?? (view.submit ? "Cancel" : "Close");
  const no = button(plain(words), { class: "bk-button" }, () => leave());
  const yes =
    view.submit &&
    el("button", { type: "submit", class: "bk-button bk-primary bk-submit" }, plain(view.submit.text));
  clear(foot).append(no, ...(yes ? [yes] : []));
  busy(submitting === view.id);
}

/** The first field has the focus, or the one that asks for it. */
function begin(view) {
  const wanted = fieldsOf(view.blocks).find(({ element }) => element.focus_on_load);
  const named = wanted && find(frame.body, wanted.block.block_id, wanted.element.action_id);
  const first = named ?? frame.body.querySelector("input, textarea, .bk-select");
  (focusable(first) ?? frame.foot.querySelector("button")).focus();
}

// ---------------------------------------------------------------- closing

/** Ask Slack to close the topmost view, or with `clear` the whole stack. */
async function leave({ clear: all = false } = {}) {
  const view = topmost();
  if (!view || submitting) {
    return;
  }
  const stack =
    all || view.clear_on_close
      ? [...views.values()].filter((it) => it.root_view_id === view.root_view_id)
      : [view];
  stack.forEach(({ id }) => gone(id));
  show();
  try {
    const how = all ? { clear: true } : {};
    await post("/api/slack/close_view", { user: store.me, view_id: view.id, ...how });
  } catch {
    load(); // it was not open any more, or the playground is away: show what is true
  }
}

// ---------------------------------------------------------------- submitting

async function submit(event) {
  event.preventDefault();
  const view = topmost();
  if (!view || submitting) {
    return;
  }
  clear(frame.trouble);
  const wrong = complaints(view);
  tell(wrong);
  if (Object.keys(wrong).length) {
    return;
  }
  submitting = view.id;
  busy(true);
  let done = null;
  try {
    const values = valuesOf({ view });
    done = await post("/api/slack/submit_view", { user: store.me, view_id: view.id, values });
  } catch (refused) {
    say([refused.message]);
  }
  submitting = null;
  busy(false);
  if (done) {
    answered(view, done);
  }
}

function complaints(view) {
  const wrong = {};
  for (const { block, element } of fieldsOf(view.blocks)) {
    const words = block.type === "input" ? wrongWith({ context: { view }, block, element }) : null;
    if (words) {
      wrong[block.block_id] = words;
    }
  }
  return wrong;
}

function answered(view, result) {
  if (result.status === "failed") {
    say(SILENT.has(result.error) ? [TROUBLE] : failure(result).split("\n"));
  } else if (result.errors) {
    tell(result.errors);
  } else if (result.view) {
    take([{ ...result.view, user: store.me, open: true }]);
  } else if (result.closed) {
    const all = result.answer?.response_action === "clear";
    [...views.values()]
      .filter((it) => it.id === view.id || (all && it.root_view_id === view.root_view_id))
      .forEach(({ id }) => gone(id));
    show();
  }
}

function busy(is) {
  const submitter = frame?.foot.querySelector(".bk-submit");
  if (submitter) {
    submitter.ariaBusy = is ? "true" : null;
    submitter.ariaDisabled = is ? "true" : null; // not disabled: that would take the focus out of the dialog
  }
}

/** Say above the buttons that something did not work. */
function say(lines) {
  const nodes = lines.map((line) => el("div", { dataset: { testid: "refusal" } }, line));
  frame && clear(frame.trouble).append(icon("warn"), el("div", null, nodes));
}

/** Say under each field what is wrong with it, and go to the first. */
function tell(wrong) {
  errors = wrong;
  const nodes = [...(frame?.body.querySelectorAll(".bk-block-input") ?? [])];
  nodes.forEach((block) => mark(block, errors[block.dataset.blockId]));
  const first = nodes.find((block) => errors[block.dataset.blockId]);
  if (first) {
    focusable(first.querySelector(".bk-element"))?.focus();
  }
}

/** What was entered anew is not called wrong any more. */
function mended(block) {
  if (block && errors[block.dataset.blockId]) {
    delete errors[block.dataset.blockId];
    mark(block, null);
  }
}

function mark(block, words) {
  const node = block.querySelector("[id][aria-labelledby], [id][aria-label]");
  const id = `${node?.id}-error`;
  block.querySelectorAll(":scope > .bk-field-error").forEach((old) => old.remove());
  block.classList.toggle("is-wrong", Boolean(words));
  const others = (node?.getAttribute("aria-describedby") ?? "").split(" ").filter((it) => it && it !== id);
  describe(node, words ? [...others, id] : others);
  if (words) {
    node?.setAttribute("aria-invalid", "true");
    block.append(el("div", { class: "bk-field-error", id, dataset: { testid: "field-error" } }, words));
  } else {
    node?.removeAttribute("aria-invalid");
  }
}

function describe(node, ids) {
  ids.length
    ? node?.setAttribute("aria-describedby", ids.join(" "))
    : node?.removeAttribute("aria-describedby");
}
