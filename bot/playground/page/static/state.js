/**
 * What the page knows, and who wants to hear of what.
 *
 * Kinds and what their subscribers are given:
 *   "messages"   changed messages; one that is gone without a trace is {channel, ts, gone: true}
 *   "ephemerals" "views" "agents" "sessions" "slack_calls" "devin_calls"   what is new or changed, as a list
 *   "workspace" "bot" "clock" "counters" "speed"   the whole new value
 *   "me" "channel" "thread"   the new id; a channel is null while the app's home is shown
 *   "unread" "connection"   nothing, "open" or "away"
 *   "reset"   nothing: forget everything, all of it is loaded again
 */

import { el } from "./dom.js";

const MOST_CALLS = 200;
const TOAST_STAYS = 6000; // milliseconds

/** Everything the page knows. */
export const store = {
  workspace: { team: "", app: {}, people: [], channels: [], commands: [], shortcuts: [] },
  me: null,
  channel: null,
  thread: null,
  home: false,
  ephemerals: new Map(), // by n
  agents: new Map(), // by "channel:thread_ts"
  sessions: new Map(), // by session_id
  slack_calls: [],
  devin_calls: [],
  bot: null,
  clock: null,
  counters: null,
  speed: 1,
};

const subscribers = new Map();
const VALUES = ["bot", "clock", "counters", "speed"];

/** Hear of one kind of change; answers the function that ends it. */
export function subscribe(kind, heard) {
  const all = subscribers.get(kind) ?? new Set();
  subscribers.set(kind, all.add(heard));
  return () => all.delete(heard);
}

/** Tell everybody who subscribed; one that fails does not keep it from the others. */
export function publish(kind, value) {
  for (const heard of [...(subscribers.get(kind) ?? [])]) {
    try {
      heard(value);
    } catch (error) {
      console.error(`“${kind}” could not be shown`, error);
    }
  }
}

/** A person (or the bot) by id, or undefined. */
export function people(id) {
  return store.workspace.people.find((person) => person.id === id);
}

/** A channel by id, or undefined. */
export function channels(id) {
  return store.workspace.channels.find((channel) => channel.id === id);
}

/** Whether the acting person may write in a channel. */
export function isMember(channel, person = store.me) {
  return Boolean(channel?.members.includes(person));
}

/** The id of the acting person's messages with the bot, or undefined. */
export function directOf(person) {
  return store.workspace.channels.find((it) => it.kind === "im" && it.members.includes(person))?.id;
}

/** The playground's time in unix seconds; its messages are stamped with it. */
export function now() {
  return store.clock ? store.clock.now + (Date.now() - store.clock.heard) / 1000 : Date.now() / 1000;
}

/** Take in what the server sent: keep it, then tell who wants to know. */
export function apply(changes) {
  if (changes.reset) {
    publish("reset");
    return;
  }
  const messages = [
    ...(changes.messages ?? []),
    ...(changes.gone ?? []).map((it) => ({ ...it, gone: true })),
  ];
  keep(changes);
  const lists = { ...changes, messages };
  for (const kind of [
    "messages",
    "ephemerals",
    "views",
    "agents",
    "sessions",
    "slack_calls",
    "devin_calls",
  ]) {
    if (lists[kind]?.length) {
      publish(kind, lists[kind]);
    }
  }
  take(changes);
  if (changes.workspace) {
    publish("workspace-stale");
  }
}

/** Take the single values of an answer or event: bot, clock, counters, speed. */
export function take(values) {
  for (const kind of VALUES) {
    if (values[kind] !== null && values[kind] !== undefined) {
      store[kind] = kind === "clock" ? { ...values.clock, heard: Date.now() } : values[kind];
      publish(kind, store[kind]);
    }
  }
}

/** Forget what belongs to a workspace that is no more. */
export function forget() {
  [store.ephemerals, store.agents, store.sessions].forEach((map) => map.clear());
  store.slack_calls = [];
  store.devin_calls = [];
}

function keep(changes) {
  (changes.ephemerals ?? []).forEach((it) => store.ephemerals.set(it.n, it));
  (changes.agents ?? []).forEach((it) => store.agents.set(`${it.channel}:${it.thread_ts}`, it));
  (changes.sessions ?? []).forEach((it) => store.sessions.set(it.session_id, it));
  store.slack_calls = merged(store.slack_calls, changes.slack_calls, "n");
  store.devin_calls = merged(store.devin_calls, changes.devin_calls, "number");
}

/** A call is told of when it begins and again when it ends: the later one takes the place. */
function merged(old, more, key) {
  if (!more?.length) {
    return old;
  }
  const all = new Map(old.map((it) => [it[key], it]));
  more.forEach((it) => all.set(it[key], it));
  return [...all.values()].slice(-MOST_CALLS);
}

const identities = new WeakMap();
let identity = 0;

/** A number that stays with an object: what is a new object is drawn anew. */
export function identityOf(thing) {
  if (!identities.has(thing)) {
    identity += 1;
    identities.set(thing, identity);
  }
  return identities.get(thing);
}

/** Say something in a corner for a few seconds; errors stay until they are read away. */
export function toast(text, { kind = "info" } = {}) {
  const place = document.getElementById("toasts");
  const away = el(
    "button",
    { type: "button", class: "toast-close", "aria-label": "Close", on: { click: close } },
    "×",
  );
  const props = {
    class: `toast toast-${kind}`,
    dataset: { testid: "toast" },
    role: kind === "error" ? "alert" : null,
  };
  const node = el("div", props, el("span", null, text), away);
  function close() {
    node.remove();
  }
  place.append(node);
  while (place.children.length > 4) {
    place.firstElementChild.remove();
  }
  setTimeout(close, kind === "error" ? 2 * TOAST_STAYS : TOAST_STAYS);
  return node;
}
