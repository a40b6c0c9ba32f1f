/** Faults of the bench: put one on calls of Slack or Devin, see which are armed and how often they struck. */

import { el } from "./dom.js";
import { order, orderButton, refusalPlace } from "./orders.js";
import { subscribe } from "./state.js";
import { counted } from "./words.js";

const SIDES = { slack: "Slack", devin: "Devin" };
const KINDS = {
  429: "429: too many requests",
  500: "500: server error",
  hang: "No answer: the call hangs",
  drop: "The answer is lost after the work was done",
};
const SHORT = { 429: "429", 500: "500", hang: "no answer", drop: "answer lost" };
const WHERE = {
  slack: [
    "chat.postMessage",
    "chat.update",
    "chat.postEphemeral",
    "reactions.add",
    "reactions.remove",
    "conversations.replies",
    "conversations.info",
    "conversations.open",
    "users.info",
    "users.lookupByEmail",
    "files.info",
    "views.open",
    "views.update",
    "views.publish",
    "auth.test",
    "response_url",
  ],
  devin: [
    "create_session",
    "send_message",
    "list_sessions",
    "list_messages",
    "list_insights",
    "get_session",
    "terminate",
    "archive",
    "unarchive",
    "append_tags",
    "upload_attachment",
    "list_attachments",
    "download_attachment",
    "list_users",
    "list_playbooks",
    "org_daily",
    "enterprise_org_daily",
    "cycles",
    "self",
  ],
};
const SPARED = "“Any call” skips apps.connections.open and auth.test: the bot can't start without them.";
const NONE_HERE =
  "No known faults. Faults armed in another tab or before a reload aren't listed; " +
  "“Clear faults” removes them too.";
const PRESETS = [
  {
    name: "429 burst in Slack",
    testid: "bench-preset-burst",
    fault: { side: "slack", kind: "429", times: 5, where: "*" },
  },
  {
    name: "Devin is down (500)",
    testid: "bench-preset-down",
    fault: { side: "devin", kind: "500", times: 10, where: "*" },
  },
  {
    name: "Devin hangs",
    testid: "bench-preset-hang",
    fault: { side: "devin", kind: "hang", times: 2, where: "*" },
  },
  {
    name: "Slack loses the answer to a post",
    testid: "bench-preset-lost",
    fault: { side: "slack", kind: "drop", times: 1, where: "chat.postMessage" },
  },
];
// The words in which the simulators tell of each kind, in the journal of their calls.
const TOLD = {
  slack: {
    ratelimited: "429",
    http_500: "500",
    hang: "hang",
    commit_then_hang: "drop",
    commit_then_drop: "drop",
  },
  devin: { 429: "429", 500: "500", hang: "hang", commit_then_drop: "drop" },
};

/** The part of the bench with presets, the form, and the armed faults. */
export function faultsPart() {
  const desk = { place: refusalPlace(), armed: [], struck: new Set(), list: el("ul", { class: "armed" }) };
  desk.none = el("p", { class: "drawer-hint" });
  const add = (fault) => arm(desk, fault);
  const presets = PRESETS.map(({ name, testid, fault }) =>
    orderButton(name, () => add(fault), { dataset: { testid } }),
  );
  subscribe("slack_calls", (calls) => count(desk, "slack", calls));
  subscribe("devin_calls", (calls) => count(desk, "devin", calls));
  subscribe("reset", () => forget(desk));
  tell(desk);
  const clear = orderButton("Clear faults", () => clearFaults(desk), {
    dataset: { testid: "bench-fault-clear" },
  });
  const node = el(
    "section",
    { class: "drawer-part", "aria-label": "Faults" },
    el("h3", {}, "Faults"),
    el("div", { class: "act-buttons", role: "group", "aria-label": "Usual faults" }, presets),
    form(add),
    el("div", { class: "drawer-line" }, el("h4", {}, "Armed"), clear),
    desk.list,
    desk.none,
    desk.place,
  );
  return { node };
}

// ------------------------------------------------------------ the form

function form(add) {
  const side = field("bench-fault-side", Object.entries(SIDES));
  const kind = field("bench-fault-kind", Object.entries(KINDS));
  const where = field("bench-fault-where", []);
  const times = el("input", {
    type: "number",
    class: "drawer-field",
    min: "1",
    max: "20",
    value: "3",
    required: true,
    dataset: { testid: "bench-fault-times" },
  });
  const spared = el("p", { class: "drawer-hint" }, SPARED);
  const hint = () => (spared.hidden = side.value !== "slack" || where.value !== "*");
  const offer = () => {
    where.replaceChildren(...options([["*", "any call"], ...WHERE[side.value].map((it) => [it, it])]));
    hint();
  };
  side.addEventListener("change", offer);
  where.addEventListener("change", hint);
  offer();
  const read = () => ({ side: side.value, kind: kind.value, times: Number(times.value), where: where.value });
  const button = orderButton("Arm this fault", () => times.reportValidity() && add(read()), {
    class: "is-primary",
    dataset: { testid: "bench-fault-add" },
  });
  return el(
    "div",
    { class: "fault-form", role: "group", "aria-label": "Custom fault" },
    labelled("Side", side),
    labelled("What happens", kind),
    labelled("Which calls", where),
    labelled("How often", times),
    spared,
    button,
  );
}

function field(testid, choices) {
  return el("select", { class: "drawer-field", dataset: { testid } }, options(choices));
}

function options(choices) {
  return choices.map(([value, name]) => el("option", { value }, name));
}

function labelled(name, control) {
  return el("label", { class: "labelled" }, el("span", {}, name), control);
}

// ------------------------------------------------------------ what is armed

/** It may strike before its own answer is here, so it is listed first and taken away when it was refused. */
async function arm(desk, fault) {
  const armed = { ...fault, hits: 0 };
  desk.armed.push(armed);
  if (!(await order("/api/bench/fault", fault, desk.place))) {
    desk.armed = desk.armed.filter((each) => each !== armed);
  }
  tell(desk);
}

async function clearFaults(desk) {
  if (await order("/api/bench/clear_faults", {}, desk.place)) forget(desk);
}

function forget(desk) {
  desk.armed = [];
  desk.struck.clear();
  tell(desk);
}

/** A call that a fault struck is told of when it begins and again when it ends: it counts once. */
function count(desk, side, calls) {
  for (const call of calls.filter((each) => each.fault)) {
    const key = `${side} ${call.number ?? call.n}`;
    if (desk.struck.has(key)) continue;
    const fault = desk.armed.find((each) => struckBy(each, side, call));
    if (!fault) continue;
    desk.struck.add(key);
    fault.hits += 1;
    tell(desk);
  }
}

function struckBy(fault, side, call) {
  const named = fault.where === "*" || fault.where === (call.route ?? call.method);
  return fault.side === side && fault.hits < fault.times && named && TOLD[side][call.fault] === fault.kind;
}

function tell(desk) {
  desk.list.replaceChildren(...desk.armed.map(row));
  desk.list.hidden = desk.armed.length === 0;
  desk.none.hidden = desk.armed.length > 0;
  desk.none.textContent = desk.armed.length > 0 ? "" : NONE_HERE;
}

function row({ side, kind, where, times, hits }) {
  const over = hits >= times;
  return el(
    "li",
    { dataset: { testid: "bench-fault", over: String(over) } },
    el(
      "span",
      { class: "armed-what" },
      `${SIDES[side]} · ${where === "*" ? "any call" : where} · ${SHORT[kind]}`,
    ),
    el(
      "span",
      { class: "armed-hits" },
      over ? `used up (${counted(hits, "hit")})` : `${hits} of ${times} so far`,
    ),
  );
}
