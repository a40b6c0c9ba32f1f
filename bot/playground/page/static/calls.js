/** The API calls as they come in: one live list for Devin's API, one for Slack's Web API. */

import { add, button, clear, el } from "./dom.js";
import { bareId, when } from "./words.js";

const MOST_ROWS = 200;
const FAULTS = {
  hang: "no answer",
  commit_then_hang: "answer lost",
  commit_then_drop: "answer lost",
};

/** How a call of Devin's API is shown. */
export const DEVIN_CALLS = {
  number: (call) => call.number,
  time: (call) => call.time,
  what: (call) => [call.method, shortPath(call.path)],
  outcome: devinOutcome,
  session: (call) => bareId(call.session_id),
  parts: (call) => [
    ["Address", call.path],
    ["Query", call.query?.length ? queryOf(call.query) : null],
    ["Body", call.body],
  ],
  folds: (call) => call.method === "GET" && call.status === 200 && !call.fault,
  route: (call) => call.route,
};

/** How a call of Slack's Web API is shown. */
export const SLACK_CALLS = {
  number: (call) => call.n,
  time: (call) => call.at,
  what: (call) => ["", call.method],
  outcome: slackOutcome,
  session: (call, place) => place && concerns(call, place),
  parts: (call) => [
    ["Arguments", opened(call.args)],
    ["Answer", call.answer],
  ],
  folds: () => false,
  route: (call) => call.method,
};

/** A live list: `node`, `add(calls)`, `fill(calls)`, `only(fits)` to filter, `shown()` to count. */
export function callList(kind, label) {
  const node = el("ol", { class: "calls", "aria-label": label });
  const list = { kind, node, rows: [], byNumber: new Map(), fits: () => true };
  return {
    node,
    add: (calls) => calls.forEach((call) => take(list, call)),
    fill: (calls) => fill(list, calls),
    only: (fits) => filter(list, fits),
    shown: () => list.rows.filter((row) => !row.node.hidden).length,
  };
}

function fill(list, calls) {
  clear(list.node);
  list.rows = [];
  list.byNumber.clear();
  calls.forEach((call) => take(list, call));
}

function filter(list, fits) {
  list.fits = fits;
  for (const row of list.rows) row.node.hidden = !fits(row.call);
}

/** A call is new, or it is one of the list that was answered meanwhile. */
function take(list, call) {
  const held = list.byNumber.get(list.kind.number(call));
  const row = held ?? open(list, call);
  if (list.kind.number(call) >= list.kind.number(row.call)) row.call = call;
  draw(list, row);
  fold(list, row);
}

function open(list, call) {
  const row = { call, count: 1, numbers: [list.kind.number(call)], node: el("li", { class: "call" }) };
  const props = { class: "call-row", "aria-expanded": "false", dataset: { testid: "call-row" } };
  row.handle = button(null, props, () => toggle(list, row));
  row.node.append(row.handle);
  list.rows.push(row);
  list.byNumber.set(row.numbers[0], row);
  list.node.prepend(row.node);
  if (list.rows.length > MOST_ROWS) drop(list, list.rows[0]);
  return row;
}

function drop(list, row) {
  list.rows.splice(list.rows.indexOf(row), 1);
  row.numbers.forEach((number) => list.byNumber.delete(number));
  row.node.remove();
}

/** The bot looks several times a second: looks at one thing share a line until something else happens. */
function fold(list, row) {
  const older = list.kind.folds(row.call) && alike(list, row);
  if (!older) return;
  const focused = row.node.contains(document.activeElement);
  drop(list, row);
  older.call = row.call;
  older.count += row.count;
  older.numbers = row.numbers.slice(-1);
  older.numbers.forEach((number) => list.byNumber.set(number, older));
  draw(list, older);
  if (focused) older.handle.focus();
}

function alike(list, row) {
  const [, what] = list.kind.what(row.call);
  for (let at = list.rows.indexOf(row) - 1; at >= 0 && list.kind.folds(list.rows[at].call); at -= 1) {
    if (list.kind.what(list.rows[at].call)[1] === what) return list.rows[at];
  }
  return null;
}

function draw(list, row) {
  const { call, handle } = row;
  const [method, path] = list.kind.what(call);
  const { word, tone } = list.kind.outcome(call);
  row.node.hidden = !list.fits(call);
  handle.dataset.route = list.kind.route(call);
  add(
    clear(handle),
    el("time", { class: "call-time" }, when(list.kind.time(call), "second")),
    el("span", { class: "call-what" }, method ? el("b", { class: "call-method" }, method) : null, path),
    row.count > 1 ? el("span", { class: "call-count" }, `×${row.count}`) : null,
    call.fault
      ? el("span", { class: "call-fault", title: `An armed fault: ${call.fault}` }, "fault")
      : null,
    call.ms ? el("span", { class: "call-ms" }, `${Math.max(1, Math.round(call.ms))} ms`) : null,
    el("span", { class: "call-status", dataset: { tone } }, word),
  );
  if (row.more) row.more.replaceChildren(...parts(list, call));
}

function toggle(list, row) {
  const shown = !row.more;
  row.handle.setAttribute("aria-expanded", String(shown));
  if (!shown) {
    row.more.remove();
    row.more = null;
    return;
  }
  row.more = el("div", { class: "call-more" }, ...parts(list, row.call));
  row.node.append(row.more);
}

function parts(list, call) {
  const told = list.kind.parts(call).filter(([, value]) => value !== null && value !== undefined);
  return told.flatMap(([name, value]) => [el("p", { class: "call-part" }, name), json(value)]);
}

function json(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return el("pre", { tabindex: "0" }, text);
}

function devinOutcome(call) {
  if (call.status) return { word: String(call.status), tone: toneOf(call.status) };
  if (call.state === "dropped") return { word: FAULTS[call.fault] ?? "cut off", tone: "bad" };
  return { word: FAULTS[call.fault] ?? "waits", tone: "waiting" };
}

function slackOutcome(call) {
  if (call.done && call.status === 0) return { word: FAULTS[call.fault] ?? "cut off", tone: "bad" };
  if (!call.done) return { word: FAULTS[call.fault] ?? "waits", tone: "waiting" };
  if (call.ok && call.status < 400) return { word: "ok", tone: "good" };
  // Slack answers 200 to most of what it refuses.
  return { word: call.error ?? String(call.status), tone: call.status === 429 ? "waiting" : "bad" };
}

function toneOf(status) {
  if (status === 429) return "waiting";
  return status < 400 ? "good" : "bad";
}

/** "/v3/organizations/org-play/sessions/devin-0123…/messages" without what is the same in every call. */
function shortPath(path) {
  return path
    .replace(/^\/v3(beta1)?\//, "/")
    .replace(/^\/organizations\/[^/]+(?=\/)/, "")
    .replace(/(devin-)?([0-9a-f]{6})[0-9a-f-]{10,}/g, "$2…");
}

function queryOf(pairs) {
  const query = {};
  for (const [name, value] of pairs) query[name] = name in query ? [query[name], value].flat() : value;
  return query;
}

/** Slack takes lists as JSON in a form field; they are told as what they mean. */
function opened(args) {
  return Object.fromEntries(Object.entries(args ?? {}).map(([name, value]) => [name, openedValue(value)]));
}

function openedValue(value) {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Whether a call is about a thread: it names or made one of its messages; what it posted belongs to it from then on. */
function concerns({ args, answer }, { channel, stamps }) {
  if (args?.channel !== channel) return false;
  const named = [args.thread_ts, args.ts, args.timestamp, args.message_ts, answer?.ts];
  const about = named.some((ts) => ts && stamps.has(ts));
  if (about && answer?.ts) stamps.add(answer.ts);
  return about;
}
