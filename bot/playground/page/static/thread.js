/** The right: the open thread, its agent's state with Slack's own Stop button, and its composer. */

import { button, clear, el } from "./dom.js";
import { counted, nameOf } from "./faces.js";
import { log } from "./log.js";
import { act, attachTools } from "./message_acts.js";
import { asides } from "./asides.js";
import { inOrder, rows, said } from "./messages.js";
import { closeThread, there } from "./rooms.js";
import { channels, isMember, publish, store, subscribe } from "./state.js";
import { copyTranscript } from "./transcript.js";
import { markRead } from "./unread.js";

const AGENT_WORDS = {
  processing: "Devin is working",
  suspended: "Devin is paused and waits for somebody",
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
  const channel = channels(store.channel);
  const where = channel?.kind === "im" ? nameOf(store.workspace.app.user) : `#${channel?.name}`;
  const [channelId, ts] = [store.channel, store.thread];
  clear(document.getElementById("thread-head")).append(
    el("h2", { class: "head-name" }, "Thread", el("span", { class: "is-soft" }, where)),
    el(
      "div",
      { class: "head-right" },
      button("Copy this thread as Markdown", { sign: "copy", class: "icon-button" }, () =>
        copyTranscript(channelId, ts),
      ),
      button(
        "Close thread",
        { sign: "close", class: "icon-button", dataset: { testid: "close-thread" } },
        close,
      ),
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
  return {
    key: "count",
    sig: words,
    order: "",
    draw: () =>
      el(
        "div",
        { class: "divider replies", role: "separator", "aria-label": words },
        el("span", null, words),
      ),
  };
}

function drawAgent() {
  const line = document.getElementById("thread-agent");
  const known = store.thread ? store.agents.get(`${store.channel}:${store.thread}`) : null;
  const agent = known?.status ? known : null;
  const inside = isMember(channels(store.channel));
  const sig = JSON.stringify([agent ?? null, inside, store.thread]);
  if (line.dataset.sig === sig) {
    return;
  }
  line.dataset.sig = sig;
  line.className = `agent is-${agent?.status ?? "none"}`;
  clear(line);
  if (agent) {
    const works = agent.status === "processing";
    const stop =
      works &&
      inside &&
      button(
        "",
        { words: "Stop", sign: "stop", class: "button is-small", dataset: { testid: "stop-agent" } },
        stopAgent,
      );
    line.append(
      el("span", { class: "agent-dot", "aria-hidden": "true" }),
      el(
        "span",
        { class: "agent-words" },
        el("b", null, AGENT_WORDS[agent.status] ?? agent.status),
        agent.title && el("span", { class: "is-soft" }, agent.title),
      ),
      stop || "",
    );
  }
}

function stopAgent() {
  return act("stop_agent", { channel: store.channel, thread_ts: store.thread });
}

function seenAll() {
  const last = [...there.messages.keys()].sort().at(-1);
  if (store.thread && !document.hidden && last) {
    markRead(`${store.channel}:${store.thread}`, last);
  }
}

function close() {
  closeThread();
  const back = opener?.isConnected ? opener : null;
  opener = null;
  if (back && back !== document.body) {
    back.focus({ preventScroll: true });
  } else {
    publish("focus-composer", { inThread: false });
  }
}

/** Esc closes the thread from inside it, and from where nothing has the focus. */
function closeOnEscape(event) {
  const from = document.activeElement;
  const inside = from === document.body || document.getElementById("thread").contains(from);
  if (event.key === "Escape" && !event.defaultPrevented && store.thread && inside) {
    event.preventDefault();
    close();
  }
}
