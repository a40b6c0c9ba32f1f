/** Using an element: the app's question, the way to the app, and Slack's words when it does not work. */

import { el, icon } from "./dom.js";
import { shown, valuesOf } from "./entered.js";
import { ask } from "./menus.js";
import { textObject } from "./mrkdwn.js";
import { post } from "./net.js";
import { store } from "./state.js";

const SAID = {
  operation_timeout: "The app didn't respond in time. Try again.",
  dispatch_failed: "Slack couldn't reach the app (dispatch_failed). Try again in a moment.",
  interactivity_not_enabled: "The app doesn't handle clicks: interactivity is off (interactivity_not_enabled).",
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
export async function confirmed(question) {
  if (!question) {
    return true;
  }
  const { title, text, confirm, deny, style } = question;
  const words = { yes: confirm?.text ?? "Yes", no: deny?.text ?? "Cancel", danger: style === "danger" };
  return ask({ title: title ? textObject(title) : "Are you sure?", text: textObject(text), ...words });
}

/** Say under the block that something did not work. */
function complain(node, words) {
  const block = node.closest(".bk-block") ?? node.parentElement;
  quiet(node);
  const props = { class: "bk-failure", role: "alert", dataset: { testid: "refusal" } };
  block?.append(el("div", props, icon("warn"), el("span", null, words)));
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
  const what = { action_id: element.action_id, value, ...more };
  return post("/api/slack/click", { user: store.me, ...placeOf(context), ...what });
}

/** Where something stands, in the words of the simulated Slack. */
export function placeOf(context) {
  if (context.view) {
    return { view_id: context.view.id };
  }
  const thing = shown(context);
  return { channel: context.channel ?? thing.channel, ts: context.ts ?? thing.ts };
}
