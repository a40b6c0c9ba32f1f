/** Which channel, thread or page is open, and the messages loaded of them. */

import { nameOf, placeName } from "./faces.js";
import { keep, kept } from "./kept.js";
import { get } from "./net.js";
import { channels, directOf, inChannel, isDirect, isMember, people, publish, store, subscribe } from "./state.js";
import { keepAgent, keepEphemerals, toastError } from "./state.js";
import { note } from "./unread.js";

const PAGE = 60; // messages loaded at a time
const MOST_AT_BOTTOM = 160; // beyond that the oldest are let go while one reads the newest
const AGAIN_AFTER = 5000; // milliseconds until older messages that could not be loaded are asked for again

/** The loaded messages of the open channel and thread by ts; if there are older ones; why they are hidden. */
export const here = { messages: new Map(), more: false, loading: false, hidden: "" };
export const there = { messages: new Map() };

let loads = 0;
let threadLoads = 0;
const reading = new Set(); // answers on their way: for each the messages told of since it was asked for

/** Begin to keep the open channel and thread up to date. */
export function startRooms() {
  subscribe("messages", take);
  subscribe("workspace", changed);
  window.addEventListener("hashchange", followHash);
}

/** Messages or other entries, oldest first. */
export function inOrder(entries) {
  return entries.sort((one, other) => (one.ts < other.ts ? -1 : one.ts > other.ts ? 1 : 0));
}

/** The ts of the first loaded message of a room, or undefined. */
export function oldest({ messages }) {
  return [...messages.keys()].sort()[0];
}

/** The ts of the last one, or undefined. */
export function newest({ messages }) {
  return [...messages.keys()].sort().at(-1);
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
  keep("playground.me", id, "sessionStorage");
  store.ephemerals.clear();
  publish("me", id);
  if (channels(store.channel)?.kind === "im") {
    await openChannel(directOf(id) ?? firstChannel());
    return;
  }
  await reload();
}

/** Open what the address names, else where one was last, else a channel with the bot. */
export async function openFirst() {
  if (!(await followHash())) {
    const last = kept("playground.channel", null, "sessionStorage");
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
  try {
    await loadPage(oldest(here), token);
  } catch (error) {
    toastError(error);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
  } finally {
    here.loading = token === loads ? false : here.loading;
    publish("room");
  }
}

/** Load what is before a ts, or the newest in the place of all; null when nobody waits for it any more. */
async function loadPage(before, token) {
  const answer = await read("/api/messages", { channel: store.channel, before, limit: PAGE });
  if (token !== loads) {
    return null;
  }
  if (before === null) {
    here.messages.clear();
  }
  here.more = answer.more;
  put(here, answer);
  return answer;
}

/** Let go of the oldest messages; they are loaded again when somebody scrolls up. */
export function trim() {
  if (here.messages.size > MOST_AT_BOTTOM) {
    const old = [...here.messages.keys()].sort().slice(0, -PAGE);
    old.forEach((ts) => here.messages.delete(ts));
    here.more = true;
  }
}

/** The address that leads to a message of this page. */
export function addressOf(message) {
  const thread = inChannel(message) ? "" : `/${message.thread_ts}`;
  return `${location.origin}/#/${message.channel}/${message.ts}${thread}`;
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
  const place = placeName(channels(store.channel));
  here.hidden = sees(store.channel) ? "" : `${nameOf(store.me)} can't see ${place}.`;
  if (here.hidden) {
    here.loading = false;
    closeThread();
    publish("room", { opened: true });
    return;
  }
  here.loading = true;
  try {
    const answer = await loadPage(null, token);
    keepEphemerals(answer?.ephemerals ?? []);
    note(answer?.messages ?? []);
    await reach(ts, token);
  } catch (error) {
    toastError(error);
  } finally {
    if (token === loads) {
      here.loading = false;
      publish("room", { opened: true, ts });
    }
  }
}

/** Load older pages until a message that somebody links to is there. */
async function reach(ts, token) {
  while (ts && here.more && oldest(here) > ts && token === loads) {
    await loadPage(oldest(here), token);
  }
}

function sees(channel) {
  return visibleChannels().some((it) => it.id === channel);
}

async function loadThread() {
  const token = ++threadLoads;
  const [channel, ts] = [store.channel, store.thread];
  try {
    const answer = await read("/api/thread", { channel, ts });
    if (token !== threadLoads || store.thread !== ts) {
      return;
    }
    put(there, answer);
    keepEphemerals(answer.ephemerals);
    keepAgent({ channel, thread_ts: ts, ...answer.agent });
    publish("thread-room", { opened: true });
  } catch (error) {
    toastError(error);
    closeThread();
  }
}

/** The open channel may be gone, or the acting person sees it now, or no longer. */
function changed() {
  if (store.channel && !channels(store.channel)) {
    openFirst();
  } else if (store.channel && sees(store.channel) === Boolean(here.hidden)) {
    reload();
  }
}

async function read(path, query) {
  const meanwhile = [];
  reading.add(meanwhile);
  try {
    return { ...(await get(path, { ...query, user: store.me })), meanwhile };
  } finally {
    reading.delete(meanwhile);
  }
}

/** What was told of while an answer was on its way is newer than the answer. */
function put(room, { messages, meanwhile }) {
  messages.forEach((message) => set(room, message));
  meanwhile.forEach(takeOne);
}

/** Keep the old object where nothing differs: what is the same is not drawn again. */
function set(room, message) {
  const old = room.messages.get(message.ts);
  if (!old || JSON.stringify(old) !== JSON.stringify(message)) {
    room.messages.set(message.ts, message);
  }
}

function take(changed) {
  const open = changed.filter((message) => message.channel === store.channel);
  reading.forEach((meanwhile) => meanwhile.push(...open));
  open.forEach(takeOne);
  publish("room", {});
  publish("thread-room", {});
}

function takeOne(message) {
  if (message.channel !== store.channel) {
    return; // it was told of before another channel was opened
  }
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

function isTooOld({ ts }) {
  return here.more && !here.messages.has(ts) && ts < oldest(here);
}

function empty(room) {
  room.messages.clear();
  room.more = false;
  room.hidden = "";
}

function firstChannel() {
  const own = visibleChannels().filter((it) => isMember(it) && !isDirect(it) && !it.is_archived);
  const named = own.find((it) => it.has_bot && it.name !== "general");
  return (named ?? own[0] ?? visibleChannels()[0])?.id ?? null;
}

/** Keep the place in the address, so that a reload comes back to it. */
function remember() {
  if (store.channel) {
    keep("playground.channel", store.channel, "sessionStorage");
  }
  const thread = store.thread ? `/${store.thread}/${store.thread}` : "";
  const place = store.home ? "#/home" : `#/${store.channel}${thread}`;
  if (people(store.me) && location.hash !== place) {
    history.replaceState(null, "", place);
  }
}
