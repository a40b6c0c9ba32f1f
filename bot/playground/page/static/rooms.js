/** Which channel, thread or page is open, and the messages loaded of them. */

import { nameOf } from "./faces.js";
import { get } from "./net.js";
import { channels, directOf, isMember, people, publish, store, subscribe, toast } from "./state.js";
import { note } from "./unread.js";

const PAGE = 60; // messages loaded at a time
const MOST_AT_BOTTOM = 160; // beyond that the oldest are let go while one reads the newest

/** The loaded messages of the open channel and thread by ts; if there are older ones; why they are hidden. */
export const here = { messages: new Map(), more: false, loading: false, hidden: "" };
export const there = { messages: new Map() };

let loads = 0;
let threadLoads = 0;
let serial = 0;
const touched = new Map(); // "channel:ts" → when an event changed it: an older answer must not undo that

/** Begin to keep the open channel and thread up to date. */
export function startRooms() {
  subscribe("messages", take);
  subscribe("workspace", changed);
  window.addEventListener("hashchange", followHash);
}

/** Whether a message stands in the channel itself. */
export function inChannel(message) {
  return !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast";
}

/** The channels a person may see: their own, and all public ones unless they are a guest or a stranger. */
export function visibleChannels(person = store.me) {
  const everywhere = ["member", "admin"].includes(people(person)?.role);
  const sees = (it) => it.members.includes(person) || (everywhere && it.kind === "channel");
  return store.workspace.channels.filter(sees);
}

/** Open a channel; with `ts` go to that message. */
export async function openChannel(id, { ts = null } = {}) {
  const changed = store.channel !== id || store.home;
  store.home = false;
  store.channel = id;
  if (changed) {
    closeThread();
    empty(here);
    publish("channel", id);
  }
  remember();
  await loadChannel(ts);
}

/** Open the app's home. */
export function openHome() {
  store.home = true;
  store.channel = null;
  closeThread();
  empty(here);
  remember();
  publish("channel", null);
}

/** Open the thread under a message. */
export async function openThread(channel, ts, { focus = true } = {}) {
  if (store.channel !== channel) {
    await openChannel(channel);
  }
  if (store.thread !== ts) {
    store.thread = ts;
    empty(there);
  }
  remember();
  publish("thread", ts);
  await loadThread();
  if (focus) {
    publish("focus-thread");
  }
}

/** Close the thread. */
export function closeThread() {
  if (store.thread !== null) {
    store.thread = null;
    empty(there);
    remember();
    publish("thread", null);
  }
}

/** Act as somebody else in the same place; messages with the bot are each person's own. */
export async function actAs(id) {
  store.me = id;
  sessionStorage.setItem("playground.me", id);
  store.ephemerals.clear();
  publish("me", id);
  if (store.home) {
    return;
  }
  if (channels(store.channel)?.kind === "im") {
    await openChannel(directOf(id) ?? firstChannel());
    return;
  }
  await reload();
}

/** Open what the address names, else where one was last, else a channel with the bot. */
export async function openFirst() {
  if (!(await followHash())) {
    const last = sessionStorage.getItem("playground.channel");
    await openChannel(sees(last) ? last : firstChannel());
  }
}

/** Load everything of the open channel and thread again. */
export async function reload() {
  empty(here);
  empty(there);
  if (store.home) {
    publish("channel", null);
    return;
  }
  if (!channels(store.channel)) {
    await openChannel(firstChannel());
    return;
  }
  publish("channel", store.channel);
  await loadChannel();
  if (store.thread) {
    await loadThread();
  }
}

/** Load the messages before the oldest that is there. */
export async function loadOlder() {
  if (!here.more || here.loading) {
    return;
  }
  const token = loads;
  here.loading = true;
  const before = [...here.messages.keys()].sort()[0];
  try {
    const answer = await ask(before);
    if (token === loads) {
      put(here, answer.messages, serial);
      here.more = answer.more;
    }
  } catch (error) {
    toast(error.message, { kind: "error" });
  } finally {
    here.loading = token === loads ? false : here.loading;
    publish("room");
  }
}

/** Let go of the oldest messages; they are loaded again when somebody scrolls up. */
export function trim() {
  if (here.messages.size > MOST_AT_BOTTOM) {
    const gone = [...here.messages.keys()].sort().slice(0, -PAGE);
    gone.forEach((ts) => here.messages.delete(ts));
    here.more = true;
  }
}

/** The address that leads to a message of this page. */
export function addressOf(message) {
  const inThread = !inChannel(message);
  const place = inThread
    ? `${message.channel}/${message.ts}/${message.thread_ts}`
    : `${message.channel}/${message.ts}`;
  return `${location.origin}/#/${place}`;
}

/** Where `#/channel/ts/thread` leads; whether it led somewhere. */
async function followHash() {
  const [, channel, ts, thread] = location.hash.match(/^#\/(\w+)(?:\/([\d.]+))?(?:\/([\d.]+))?$/) ?? [];
  if (channel === "home") {
    openHome();
    return true;
  }
  if (!sees(channel)) {
    return false;
  }
  await openChannel(channel, { ts: thread ? null : ts });
  if (thread) {
    await openThread(channel, thread);
  }
  return true;
}

async function loadChannel(ts = null) {
  const token = ++loads;
  here.hidden = sees(store.channel)
    ? ""
    : `${nameOf(store.me)} does not see #${channels(store.channel)?.name}.`;
  if (here.hidden) {
    here.loading = false;
    closeThread();
    publish("room", { opened: true });
    return;
  }
  const since = serial;
  here.loading = true;
  try {
    const answer = await ask();
    if (token !== loads) {
      return;
    }
    here.messages.clear();
    put(here, answer.messages, since);
    here.more = answer.more;
    answer.ephemerals.forEach((it) => store.ephemerals.set(it.n, it));
    note(answer.messages);
    await reach(ts, token);
  } catch (error) {
    toast(error.message, { kind: "error" });
  } finally {
    if (token === loads) {
      here.loading = false;
      publish("room", { opened: true, ts });
    }
  }
}

/** Load older pages until a message that somebody links to is there. */
async function reach(ts, token) {
  while (ts && here.more && !here.messages.has(ts) && token === loads) {
    const oldest = [...here.messages.keys()].sort()[0];
    if (oldest <= ts) {
      return;
    }
    const answer = await ask(oldest);
    put(here, answer.messages, serial);
    here.more = answer.more;
  }
}

function sees(channel) {
  return visibleChannels().some((it) => it.id === channel);
}

async function loadThread() {
  const token = ++threadLoads;
  const [channel, ts, since] = [store.channel, store.thread, serial];
  try {
    const answer = await get("/api/thread", { channel, ts, user: store.me });
    if (token !== threadLoads || store.thread !== ts) {
      return;
    }
    put(there, answer.messages, since);
    answer.ephemerals.forEach((it) => store.ephemerals.set(it.n, it));
    if (answer.agent) {
      store.agents.set(`${channel}:${ts}`, { channel, thread_ts: ts, ...answer.agent });
    }
    publish("thread-room", { opened: true });
  } catch (error) {
    toast(error.message, { kind: "error" });
    closeThread();
  }
}

/** The open channel may be gone, or be seen now by somebody who was not in it. */
function changed() {
  if (store.channel && !channels(store.channel)) {
    openFirst();
  } else if (here.hidden && isMember(channels(store.channel))) {
    reload();
  }
}

function ask(before = null) {
  return get("/api/messages", { channel: store.channel, user: store.me, before, limit: PAGE });
}

function put(room, messages, since) {
  for (const message of messages) {
    if ((touched.get(`${message.channel}:${message.ts}`) ?? -1) < since || !room.messages.has(message.ts)) {
      set(room, message);
    }
  }
}

/** Keep the old object where nothing differs: what is the same is not drawn again. */
function set(room, message) {
  const old = room.messages.get(message.ts);
  if (!old || JSON.stringify(old) !== JSON.stringify(message)) {
    room.messages.set(message.ts, message);
  }
}

function take(changed) {
  serial += 1;
  for (const message of changed) {
    if (message.channel === store.channel) {
      touched.set(`${message.channel}:${message.ts}`, serial);
      takeOne(message);
    }
  }
  publish("room", {});
  publish("thread-room", {});
}

function takeOne(message) {
  if (message.gone) {
    here.messages.delete(message.ts);
    there.messages.delete(message.ts);
    return;
  }
  if (inChannel(message) && !isTooOld(message)) {
    set(here, message);
  }
  if (store.thread && (message.thread_ts ?? message.ts) === store.thread) {
    set(there, message);
  }
}

function isTooOld(message) {
  if (!here.more || here.messages.has(message.ts)) {
    return false;
  }
  const [oldest] = [...here.messages.keys()].sort();
  return oldest !== undefined && message.ts < oldest;
}

function empty(room) {
  room.messages.clear();
  room.more = false;
  room.hidden = "";
  touched.clear();
}

function firstChannel() {
  const own = visibleChannels().filter((it) => isMember(it) && it.kind !== "im" && !it.is_archived);
  const named = own.find((it) => it.has_bot && it.name !== "general");
  return (named ?? own[0] ?? visibleChannels()[0])?.id ?? null;
}

/** Keep the place in the address, so that a reload comes back to it. */
function remember() {
  if (store.channel) {
    sessionStorage.setItem("playground.channel", store.channel);
  }
  const thread = store.thread ? `/${store.thread}/${store.thread}` : "";
  const place = store.home ? "#/home" : `#/${store.channel}${thread}`;
  if (people(store.me) && location.hash !== place) {
    history.replaceState(null, "", place);
  }
}
