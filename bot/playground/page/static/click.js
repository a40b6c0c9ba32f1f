/** Using an element: the app's question, the way to the app, and Slack's words when it does not work. */

import { el, icon } from "./dom.js";
import { shown, valuesOf } from "./entered.js";
import { textObject } from "./mrkdwn.js";
import { post } from "./net.js";
import { store } from "./state.js";

const SAID = {
  operation_timeout: "The app did not respond in time. Try it again.",
  dispatch_failed: "Slack could not reach the app (dispatch_failed). Try it again in a moment.",
  interactivity_not_enabled: "The app takes no clicks: interactivity is off (interactivity_not_enabled).",
};

/** What to tell when Slack answered "failed": words for people, else its code and what it complains about. */
export function failure(result) {
  const words = SAID[result.error] ?? `Slack says ${result.error ?? "that this failed"}.`;
  return [words, ...(result.messages ?? [])].join("\n");
}

/**
 * Use an element: `it` is {context, block, element}, `node` what the person used, busy until the app has it.
 * Answers whether the app has it.
 */
export async function use(it, value, node) {
  if (node.ariaBusy === "true" || !(await confirmed(it.element.confirm))) {
    return false;
  }
  quiet(node);
  node.ariaBusy = "true";
  try {
    const result = await perform(it, value);
    if (result?.status === "failed") {
      complain(node, failure(result));
    }
    return Boolean(result) && result.status !== "failed";
  } catch (refused) {
    complain(node, refused.message);
    return false;
  } finally {
    node.ariaBusy = null;
  }
}

/** Ask what the app wants asked before; without a question it is a yes. */
export function confirmed(question) {
  return question ? ask(question) : Promise.resolve(true);
}

/** Say under the block that something did not work. */
export function complain(node, words) {
  const block = node.closest(".bk-block") ?? node.parentElement;
  quiet(node);
  block?.append(
    el(
      "div",
      { class: "bk-failure", role: "alert", dataset: { testid: "refusal" } },
      icon("warn"),
      el("span", null, words),
    ),
  );
}

function quiet(node) {
  (node.closest(".bk-block") ?? node.parentElement)
    ?.querySelectorAll(":scope > .bk-failure")
    .forEach((old) => old.remove());
}

function perform({ context, block, element }, value) {
  const more = { block_id: block.block_id, values: valuesOf(context) };
  if (context.act) {
    return context.act(element.action_id, value, element, block, more);
  }
  return post("/api/slack/click", {
    user: store.me,
    ...placeOf(context),
    action_id: element.action_id,
    value,
    ...more,
  });
}

/** Where something stands, in the words of the simulated Slack. */
export function placeOf(context) {
  if (context.view) {
    return { view_id: context.view.id };
  }
  const thing = shown(context);
  return { channel: context.channel ?? thing.channel, ts: context.ts ?? thing.ts };
}

function ask({ title, text, confirm, deny, style }) {
  const kind = style === "danger" ? "bk-danger" : "bk-primary";
  const no = el(
    "button",
    { type: "button", class: "bk-button", on: { click: () => dialog.close("") } },
    deny?.text ?? "Cancel",
  );
  const yes = el(
    "button",
    { type: "button", class: `bk-button ${kind}`, on: { click: () => dialog.close("yes") } },
    confirm?.text ?? "Yes",
  );
  const dialog = el(
    "dialog",
    {
      class: "bk-dialog bk-confirm",
      "aria-label": title?.text ?? "Are you sure?",
      dataset: { testid: "confirm" },
    },
    el("h2", { class: "bk-dialog-title" }, title ? textObject(title) : "Are you sure?"),
    el("div", { class: "bk-confirm-text" }, textObject(text)),
    el("div", { class: "bk-dialog-buttons" }, no, yes),
  );
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
