/** What each acting person has read, kept in the browser; and how much is new for them. */

import { keep, kept } from "./kept.js";
import { get } from "./net.js";
import { inChannel, publish, store, subscribe } from "./state.js";

const READS = "playground.reads"; // person → channel or "channel:thread" → ts of what they saw last
const START = "playground.start"; // channel → ts of its last message when this browser first looked
const MOST = 200; // of a channel: more are not counted, and the page may stay open for a day
const seen = new Map(); // channel → Map(ts → who wrote it)

const reads = kept(READS, {});
let start = kept(START, {});

/** Begin to count. */
export function startUnread() {
  subscribe("messages", (changed) => note(changed));
  subscribe("me", () => count());
}

/** After the workspace was loaded: what is there at the first look, or after a reset, counts as read. */
export function baseline() {
  const first = Object.keys(start).length === 0;
  if (!first && !store.workspace.channels.some(wasEmptied)) {
    return;
  }
  Object.keys(reads).forEach((person) => delete reads[person]);
  seen.clear();
  start = Object.fromEntries(store.workspace.channels.map((it) => [it.id, it.latest ?? "0"]));
  keep(READS, reads);
  keep(START, start);
}

function wasEmptied(channel) {
  const newest = [start[channel.id] ?? "0", ...(seen.get(channel.id)?.keys() ?? [])].sort().at(-1);
  return (channel.latest ?? "0") < newest;
}

/** Up to where the acting person has read a channel, or a thread (`channel:ts`). */
export function readUpTo(place) {
  return reads[store.me]?.[place] ?? start[place.split(":")[0]] ?? "0";
}

/** The acting person has seen everything up to `ts` there. */
export function markRead(place, ts) {
  if (!ts || ts <= readUpTo(place)) {
    return;
  }
  reads[store.me] = { ...reads[store.me], [place]: ts };
  keep(READS, reads);
  publish("unread");
}

/** How many messages of others are new in a channel. */
export function unread(channel) {
  const from = readUpTo(channel);
  let many = 0;
  for (const [ts, user] of seen.get(channel) ?? []) {
    many += ts > from && user !== store.me ? 1 : 0;
  }
  return many;
}

/** Whether a thread has replies of others that the acting person has not seen. */
export function hasNews(message) {
  if (!message.latest_reply || message.latest_reply <= readUpTo(`${message.channel}:${message.ts}`)) {
    return false;
  }
  return message.reply_users?.some((user) => user !== store.me) ?? false;
}

/** Remember who wrote what where, for the counts. */
export function note(messages) {
  for (const message of messages) {
    const known = seen.get(message.channel) ?? new Map();
    seen.set(message.channel, known);
    if (message.gone || message.subtype === "tombstone") {
      known.delete(message.ts);
    } else if (inChannel(message)) {
      known.set(message.ts, message.user);
    }
    if (known.size > MOST) {
      known.delete([...known.keys()].sort()[0]);
    }
  }
  publish("unread");
}

/** Fetch what came in channels while nobody looked. */
async function count() {
  const me = store.me;
  const behind = store.workspace.channels.filter(
    (it) => it.members.includes(me) && it.latest > readUpTo(it.id),
  );
  for (const channel of behind) {
    if (store.me === me) {
      await get("/api/messages", { channel: channel.id, user: me, limit: 60 }).then(
        (it) => note(it.messages),
        () => {},
      );
    }
  }
}
