/** One order to the playground: its answer becomes a toast, its refusal stands where it was given. */

import { button, el } from "./dom.js";
import { post } from "./net.js";
import { toast } from "./state.js";

/** A place for refusals, next to the controls that may meet one. */
export function refusalPlace() {
  return el("p", { class: "drawer-refusal", role: "alert", dataset: { testid: "drawer-refusal" } });
}

/** Post an order; null when it was refused. A sentence of the answer becomes a toast. */
export async function order(path, body, place) {
  place.textContent = "";
  try {
    const answer = await post(path, body);
    if (answer.said) toast(answer.said);
    return answer;
  } catch (refused) {
    place.textContent = refused.message;
    return null;
  }
}

/** A button that can be off without losing the focus, and that takes one press at a time. */
export function orderButton(words, run, { class: look = "", ...props } = {}) {
  const node = button(words, { class: `button is-small ${look}`.trim(), ...props }, () => press(node, run));
  return node;
}

/** Turn such a button on or off. */
export function allow(node, allowed) {
  node.ariaDisabled = String(!allowed);
}

async function press(node, run) {
  if (node.ariaDisabled === "true" || node.ariaBusy === "true") return;
  node.ariaBusy = "true";
  try {
    await run();
  } finally {
    node.ariaBusy = null;
  }
}
