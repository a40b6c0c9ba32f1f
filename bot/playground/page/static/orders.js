/** One order to the playground: its answer becomes a toast, its refusal stands where it was given. */

import { el } from "./dom.js";
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
    if (answer.said) toast(answer.said, { kind: "info" });
    return answer;
  } catch (refused) {
    place.textContent = refused.message || "That did not work. Look whether the playground still runs.";
    return null;
  }
}

/** A button that can be off without losing the focus, and that takes one press at a time. */
export function orderButton(label, run, { class: look = "", ...props } = {}) {
  const button = el("button", { type: "button", class: `drawer-button ${look}`.trim(), ...props }, label);
  button.addEventListener("click", () => press(button, run));
  return button;
}

/** Turn such a button on or off. */
export function allow(button, allowed) {
  button.setAttribute("aria-disabled", String(!allowed));
}

async function press(button, run) {
  if (button.getAttribute("aria-disabled") === "true" || button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await run(button);
  } finally {
    button.removeAttribute("aria-busy");
  }
}
