/** The middle: the open channel's messages. */

import { asideRow, asides } from "./asides.js";
import { el, icon } from "./dom.js";
import { avatar, channelIcon, day, nameBesideSign, nameOf } from "./faces.js";
import { log } from "./log.js";
import { messageNode } from "./message.js";
import { attachTools, editing } from "./message_acts.js";
import { here, inOrder, loadOlder, newest, oldest, trim } from "./rooms.js";
import { agentOf, channels, identityOf, store, subscribe } from "./state.js";
import { hasNews, markRead, readUpTo } from "./unread.js";

const TOGETHER = 300; // seconds within which messages of one person stand under one name
const BEGIN = "This is where the channel begins. Type /devin and a task, or mention @Devin Bridge.";
const BEGIN_ALONE = "Write a task here, and Devin Bridge starts a session that only you see.";
const BEGIN_GROUP = "This is where your messages begin. If Devin Bridge is here, mention it with a task.";
const BEGIN_WITHOUT = "Devin Bridge isn't in this channel yet. Invite it with the button above.";

let list = null;
let read = "0"; // up to where the acting person had read the channel when it was opened
let lineAt = null; // ts of the first message below the "new" line
let settled = false; // whether that was looked for after the channel was opened

/** Draw the open channel, and keep it drawn. */
export function startMessages() {
  const node = document.getElementById("messages");
  const jump = document.getElementById("to-bottom");
  list = log(node, jump, { items: channelItems, older: loadOlder, atBottom: seenAll });
  attachTools(node);
  subscribe("channel", opened);
  subscribe("room", drawRoom);
  ["ephemerals", "notes", "editing", "agents", "thread", "unread", "workspace", "clock"].forEach((kind) =>
    subscribe(kind, () => list.draw()),
  );
  subscribe("said", (message) => message.inChannel && ownWord());
  document.addEventListener("visibilitychange", () => !document.hidden && list.draw());
}

/** The rows of a list of entries for `reconcile`: days, messages, private words, what was refused. */
export function rows(entries, { inThread = false, newFrom = null } = {}) {
  const out = [];
  let before = null;
  for (const entry of entries) {
    if (!inThread && (!before || day(before.ts) !== day(entry.ts))) {
      out.push(dayRow(entry.ts));
      before = null;
    }
    if (newFrom === entry.ts) {
      out.push({ key: "new", sig: "new", order: "", draw: () => divider("new", "New", "New messages") });
      before = null;
    }
    out.push(row(entry, before, inThread));
    before = entry;
  }
  return out;
}

/** The messages of a map as entries. */
export function said(messages) {
  return [...messages.values()].map((it) => ({ kind: "message", ts: it.ts, it, key: `m:${it.ts}` }));
}

function opened(channel) {
  read = channel ? readUpTo(channel) : "9";
  lineAt = null;
  settled = false;
  list.open();
}

/** Who writes has read everything. */
function ownWord() {
  lineAt = null;
  list.toBottom();
}

function drawRoom(what) {
  if (what?.opened) {
    list.open();
  }
  list.draw();
  if (what?.ts) {
    requestAnimationFrame(() => list.reveal(`m:${what.ts}`));
  }
}

function channelItems() {
  if (!store.channel) {
    return [];
  }
  if (list.isAtBottom()) {
    trim();
  }
  const from = here.more ? oldest(here) : "";
  const aside = asides(store.channel, null).filter((it) => it.ts >= from);
  const entries = inOrder([...said(here.messages), ...aside]);
  settleLine(entries);
  return [beginning(), ...rows(entries, { newFrom: lineAt })];
}

/** The "new" line stands where one has read to; what comes while one looks at the newest is not behind it. */
function settleLine(entries) {
  const others = entries.filter((it) => it.kind === "message" && it.it.user !== store.me);
  if (!settled && !here.loading) {
    settled = true;
    lineAt = others.find((it) => it.ts > read)?.ts ?? null;
  } else if (settled && lineAt === null && (document.hidden || !list.isAtBottom())) {
    lineAt = others.find((it) => it.ts > readUpTo(store.channel))?.ts ?? null;
  }
}

function beginning() {
  const kind = kindOfBeginning();
  const sig = [kind, store.channel, identityOf(store.workspace)].join();
  return { key: "start", sig, order: "", draw: () => beginningNode(kind, channels(store.channel)) };
}

function kindOfBeginning() {
  if (here.hidden) {
    return "hidden";
  }
  if (here.more) {
    return "more";
  }
  return here.loading && here.messages.size === 0 ? "loading" : "start";
}

function beginningNode(kind, channel) {
  if (kind === "hidden") {
    return startNode(icon("lock"), here.hidden);
  }
  if (kind !== "start" || !channel) {
    const words = kind === "more" ? "Older messages load as you scroll up." : "";
    return el("div", { class: "log-start is-loading" }, words);
  }
  const app = store.workspace.app.user;
  if (channel.kind === "im") {
    return startNode(avatar(app, "large"), nameOf(app), BEGIN_ALONE);
  }
  const words = channel.kind === "mpim" ? BEGIN_GROUP : channel.has_bot ? BEGIN : BEGIN_WITHOUT;
  return startNode(channelIcon(channel.kind), nameBesideSign(channel), words);
}

function startNode(sign, title, words) {
  return el(
    "div",
    { class: "log-start" },
    el("span", { class: "log-start-sign" }, sign),
    el("h3", null, title),
    words && el("p", null, words),
  );
}

function seenAll() {
  if (store.channel && !document.hidden) {
    markRead(store.channel, newest(here));
  }
}

function row(entry, before, inThread) {
  return entry.kind === "message" ? messageRow(entry, before, inThread) : asideRow(entry);
}

function messageRow({ it, key, ts }, before, inThread) {
  const compact = isSameBreath(before, it);
  const marks = [identityOf(it), identityOf(store.workspace), compact, editing(it), store.me];
  marks.push(agentOf(it.channel, it.ts)?.status, !inThread && hasNews(it), store.thread === it.ts);
  marks.push([it.latest_reply, it.edited?.ts].map((ts) => ts && day(ts))); // the clock may jump
  const draw = () => messageNode(it, { inThread, compact });
  return { key, sig: marks.join(), order: ts, fresh: it.user !== store.me, draw };
}

function isSameBreath(before, message) {
  const other = before?.kind === "message" ? before.it : null;
  return (
    Boolean(other) &&
    other.user === message.user &&
    message.ts - other.ts < TOGETHER &&
    !other.reply_count &&
    message.subtype !== "tombstone" &&
    other.subtype !== "tombstone" &&
    message.subtype !== "thread_broadcast" &&
    !hasTitle(message)
  );
}

/** A card begins with a name of its own: a header, or a bold line above others. */
export function hasTitle(message) {
  const first = message.blocks?.[0];
  return first?.type === "header" || /^\*.+\*\n/.test(first?.text?.text ?? "");
}

function dayRow(ts) {
  const words = day(ts);
  return { key: `day:${words}`, sig: words, order: "", draw: () => divider("day", words) };
}

/** A line between messages with a word in it. */
export function divider(kind, words, label = words) {
  const props = { class: `divider ${kind}`, role: "separator", "aria-label": label };
  return el("div", props, el("span", null, words));
}
