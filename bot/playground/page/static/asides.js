/** The rows of what stands between the messages for one person only: private messages, Slack's own words, refusals. */

import { button, el, icon, iconButton } from "./dom.js";
import { avatar, nameOf, time } from "./faces.js";
import { content } from "./message.js";
import { dismiss, notes } from "./notes.js";
import { identityOf, publish, store, subscribe } from "./state.js";

const ROWS = { ephemeral: ephemeralRow, whisper: whisperRow, refusal: refusalRow };
const putAway = new Set(); // private messages by n, which begins again after a reset

subscribe("reset", () => putAway.clear());

/** Private messages and notes that stand in a channel (`thread` null) or in a thread. */
export function asides(channel, thread) {
  const isShown = (it) => it.user === store.me && it.visible && !it.deleted && !putAway.has(it.n);
  const given = [...store.ephemerals.values()].filter((it) => it.channel === channel && isShown(it));
  const own = notes.filter((it) => it.channel === channel && (it.user ?? store.me) === store.me);
  return [
    ...given.map((it) => ({ kind: "ephemeral", ts: it.ts, it, key: `e:${it.n}` })),
    ...own.map((it) => ({ kind: it.kind, ts: it.ts, it, key: it.key })),
  ].filter((entry) => (entry.it.thread_ts ?? null) === thread);
}

/** The row of one of them for `reconcile`. */
export function asideRow(entry) {
  return ROWS[entry.kind](entry);
}

function ephemeralRow({ it, key, ts }) {
  const draw = () =>
    aside({
      who: store.workspace.app.user,
      ts,
      drawn: content(it, { ephemeral: it, channel: it.channel, ts: it.ts }),
      close: () => {
        putAway.add(it.n);
        publish("notes");
      },
    });
  return { key, sig: `${identityOf(it)}:${identityOf(store.workspace)}`, order: ts, fresh: true, draw };
}

function whisperRow({ it, key, ts }) {
  const draw = () =>
    aside({
      who: "USLACKBOT",
      ts,
      drawn: el("div", { class: "mrkdwn" }, it.text),
      close: () => dismiss(it),
    });
  return { key, sig: key, order: ts, fresh: true, draw };
}

function refusalRow({ it, key, ts }) {
  return { key, sig: key, order: ts, fresh: true, draw: () => refusalNode(it) };
}

function refusalNode(note) {
  const lines = note.messages.map((line) =>
    el("li", null, el("code", null, typeof line === "string" ? line : JSON.stringify(line))),
  );
  const close = iconButton("Dismiss", "close", { class: "icon-button" }, () => dismiss(note));
  return el(
    "div",
    { class: "row refusal", dataset: { testid: "refusal" }, role: "alert", tabindex: "-1" },
    el("div", { class: "gutter" }, icon("warn")),
    el(
      "div",
      { class: "row-main" },
      el("p", null, el("b", null, note.words), " ", el("code", { class: "code" }, note.error)),
      lines.length > 0 && el("ul", null, lines),
    ),
    close,
  );
}

/** Both look like a private message; what is Slack's own is told apart by who says it. */
function aside({ who, ts, drawn, close }) {
  const put = button("Dismiss", { class: "text-button" }, close);
  const badge = el("span", { class: "badge" }, "APP");
  const props = {
    class: "row ephemeral",
    dataset: { testid: "ephemeral", ts },
    tabindex: "-1",
    "aria-label": "Only visible to you",
  };
  return el(
    "article",
    props,
    el("div", { class: "gutter" }, avatar(who)),
    el(
      "div",
      { class: "row-main" },
      el("div", { class: "only-you" }, icon("eye"), "Only visible to you", " · ", put),
      el("div", { class: "byline" }, el("b", { class: "name" }, nameOf(who)), badge, time(ts)),
      el("div", { class: "text" }, drawn),
    ),
  );
}
