/** The right: the open thread, its agent's state with Slack's own Stop button, and its composer. */

import { asides } from "./asides.js";
import { add, button, clear, el, icon, iconButton } from "./dom.js";
import { placeName } from "./faces.js";
import { log } from "./log.js";
import { isEscape } from "./menus.js";
import { act, attachTools } from "./message_acts.js";
import { divider, rows, said } from "./messages.js";
import { closeThread, inOrder, newest, there } from "./rooms.js";
import { agentOf, channels, isMember, publish, store, subscribe } from "./state.js";
import { copyTranscript } from "./transcript.js";
import { markRead } from "./unread.js";
import { counted } from "./words.js";

const AGENT_WORDS = {
  processing: "Devin is working",
  suspended: "Devin is waiting for someone to respond",
  active: "Devin is ready for the next message",
  closed: "This agent session is closed",
};

let list = null;
let opener = null;

/** Draw the open thread, and keep it drawn. */
export function startThread() {
  const node = document.getElementById("thread-messages");
  const jump = document.getElementById("thread-to-bottom");
  list = log(node, jump, { items, atBottom: seenAll });
  attachTools(node);
  subscribe("thread", show);
  subscribe("thread-room", (what) => {
    if (what?.opened) {
      list.open();
    }
    list.draw();
  });
  ["ephemerals", "notes", "editing", "workspace", "me"].forEach((kind) => subscribe(kind, () => list.draw()));
  ["agents", "me", "workspace", "thread-room"].forEach((kind) => subscribe(kind, drawAgent));
  subscribe("said", (message) => !message.inChannel && list.toBottom());
  document.addEventListener("keydown", closeOnEscape);
  document.addEventListener("visibilitychange", () => !document.hidden && list.draw());
}

function show(ts) {
  const pane = document.getElementById("thread");
  const changed = pane.dataset.ts !== (ts ?? "");
  if (ts && pane.hidden) {
    opener = document.activeElement;
  }
  pane.hidden = !ts;
  pane.dataset.ts = ts ?? "";
  document.body.classList.toggle("thread-open", Boolean(ts));
  if (changed && ts) {
    drawHead();
    list.open();
  }
  drawAgent();
}

function drawHead() {
  const [channel, ts] = [store.channel, store.thread];
  const where = el("span", { class: "is-soft" }, placeName(channels(channel)));
  const props = { class: "icon-button" };
  const closing = { ...props, dataset: { testid: "close-thread" } };
  clear(document.getElementById("thread-head")).append(
    el("h2", { class: "head-name" }, "Thread", where),
    el(
      "div",
      { class: "head-right" },
      iconButton("Copy this thread as Markdown", "copy", props, () => copyTranscript(channel, ts)),
      iconButton("Close thread", "close", closing, close),
    ),
  );
}

function items() {
  if (!store.thread) {
    return [];
  }
  const entries = inOrder([...said(there.messages), ...asides(store.channel, store.thread)]);
  const drawn = rows(entries, { inThread: true });
  const replies = Math.max(0, there.messages.size - 1);
  const at = drawn.findIndex((it) => it.key === `m:${store.thread}`);
  if (at >= 0 && drawn.length > at + 1) {
    drawn.splice(at + 1, 0, countLine(replies));
  }
  return drawn;
}

function countLine(replies) {
  const words = replies ? counted(replies, "reply") : "No replies yet";
  return { key: "count", sig: words, order: "", draw: () => divider("replies", words) };
}

function drawAgent() {
  const line = document.getElementById("thread-agent");
  const agent = agentOf(store.channel, store.thread) ?? null;
  const inside = isMember(channels(store.channel));
  const sig = JSON.stringify([agent, inside, store.thread]);
  if (line.dataset.sig !== sig) {
    line.dataset.sig = sig;
    line.className = `agent is-${agent?.status ?? "none"}`;
    clear(line).append(...(agent ? agentNodes(agent, inside) : []));
  }
}

function agentNodes({ status, title }, inside) {
  const props = { class: "button is-small", dataset: { testid: "stop-agent" } };
  const words = el("span", { class: "agent-words" }, el("b", null, AGENT_WORDS[status] ?? status));
  const mayStop = status === "processing" && inside;
  return [
    el("span", { class: "agent-dot", "aria-hidden": "true" }),
    add(words, title && el("span", { class: "is-soft" }, title)),
    ...(mayStop ? [button([icon("stop"), "Stop"], props, stopAgent)] : []),
  ];
}

function stopAgent() {
  return act("stop_agent", { channel: store.channel, thread_ts: store.thread });
}

function seenAll() {
  if (store.thread && !document.hidden) {
    markRead(`${store.channel}:${store.thread}`, newest(there));
  }
}

function close() {
  // What opened it may have been drawn again since.
  const footer = `#messages .message[data-ts="${store.thread}"] .thread-footer`;
  closeThread();
  const back = opener?.isConnected ? opener : document.querySelector(footer);
  opener = null;
  if (back && back !== document.body) {
    back.focus({ preventScroll: true });
  } else {
    publish("focus-composer", { inThread: false });
  }
}

/** Esc closes the thread from inside it, and from where nothing has the focus: after the drawer above it. */
function closeOnEscape(event) {
  const from = document.activeElement;
  const isNext = from === document.body && document.getElementById("drawer").hidden;
  if (isEscape(event) && store.thread && (isNext || document.getElementById("thread").contains(from))) {
    event.preventDefault();
    close();
  }
}
