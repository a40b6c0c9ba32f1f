/**
 * What the page knows, and who wants to hear of what.
 *
 * Kinds and what their subscribers are given:
 *   "messages"   changed messages; one that is gone without a trace is {channel, ts, gone: true}
 *   "ephemerals" "views" "agents" "sessions" "slack_calls" "devin_calls"   what is new or changed, as a list
 *   "workspace" "bot" "clock" "counters" "speed" "example"   the whole new value
 *   "me" "channel" "thread"   the new id; a channel is null while the app's home is shown
 *   "room" "thread-room"   what is loaded of them changed: {opened, ts} after all of it was loaded
 *   "notes" "editing" "unread" "workspace-stale"   nothing: look again
 *   "said" "acted"   what the person wrote or did here
 *   "focus-composer" "focus-thread" "type-and-send"   what a composer is asked to do
 *   "reset"   nothing: forget everything, all of it is loaded again
 */

import { button, el } from "./dom.js";

const MOST_EPHEMERALS = 200; // of a page that stays open for a day; opening a channel loads its own again
const MOST_TOASTS = 4;
const TOAST_STAYS = 6000; // milliseconds

/** Everything the page knows. */
export const store = {
  workspace: { team: "", app: {}, people: [], channels: [], commands: [], shortcuts: [] },
  me: null,
  channel: null,
  thread: null,
  home: false,
  ephemerals: new Map(), // by n
  agents: new Map(), // by "channel:thread_ts", those with a status
  bot: null,
  clock: null,
  counters: null,
  run: null, // of the playground: what was kept of another run is void
  speed: 1,
  example: { state: "none" },
};

const subscribers = new Map();
const LISTS = ["messages", "ephemerals", "views", "agents", "sessions", "slack_calls", "devin_calls"];
const VALUES = ["bot", "clock", "counters", "speed", "example"];

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
      console.error(`“${kind}” couldn't be shown`, error);
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

/** Whether it is messages of one or a few people, which go by their names. */
export function isDirect(channel) {
  return ["im", "mpim"].includes(channel?.kind);
}

/** Whether the acting person may write in a channel. */
export function isMember(channel, person = store.me) {
  return Boolean(channel?.members.includes(person));
}

/** The ts of the thread that a reply stands in; null for a message of the channel. */
export function threadOf(message) {
  return message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : null;
}

/** Whether a message stands in the channel itself. */
export function inChannel(message) {
  return threadOf(message) === null || message.subtype === "thread_broadcast";
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
  const gone = (changes.gone ?? []).map((it) => ({ ...it, gone: true }));
  const lists = { ...changes, messages: [...(changes.messages ?? []), ...gone] };
  keepEphemerals(changes.ephemerals ?? []);
  (changes.agents ?? []).forEach(keepAgent);
  for (const kind of LISTS) {
    if (lists[kind]?.length) {
      publish(kind, lists[kind]);
    }
  }
  take(changes);
  if (changes.workspace) {
    publish("workspace-stale");
  }
}

/** Take the single values of an answer or event: bot, clock, counters, speed, example. */
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
  store.ephemerals.clear();
  store.agents.clear();
}

/** Take in private messages; the oldest make room. */
export function keepEphemerals(list) {
  list.forEach((it) => store.ephemerals.set(it.n, it));
  [...store.ephemerals.keys()].slice(0, -MOST_EPHEMERALS).forEach((n) => store.ephemerals.delete(n));
}

/** Take in the state of an agent in a thread; one without a status has left. */
export function keepAgent(agent) {
  const key = `${agent.channel}:${agent.thread_ts}`;
  agent.status ? store.agents.set(key, agent) : store.agents.delete(key);
}

/** The state of the agent in a thread, or undefined. */
export function agentOf(channel, thread) {
  return store.agents.get(`${channel}:${thread}`);
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

/** Say something in a corner for a few seconds; an error stays twice as long. */
export function toast(text, { kind = "info" } = {}) {
  const place = document.getElementById("toasts");
  const close = () => node.remove();
  const props = {
    class: `toast toast-${kind}`,
    dataset: { testid: "toast" },
    role: kind === "error" ? "alert" : null,
  };
  const away = button("×", { class: "toast-close", "aria-label": "Close" }, close);
  const node = el("div", props, el("span", null, text), away);
  place.append(node);
  while (place.children.length > MOST_TOASTS) {
    place.firstElementChild.remove();
  }
  setTimeout(close, kind === "error" ? 2 * TOAST_STAYS : TOAST_STAYS);
}

/** Say why something did not work. */
export function toastError(error) {
  toast(error.message, { kind: "error" });
}
