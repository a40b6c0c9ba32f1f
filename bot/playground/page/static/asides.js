/** What stands between the messages for one person only: private messages, Slack's own words, refusals. */

import { button, el, icon } from "./dom.js";
import { avatar, nameOf, time } from "./faces.js";
import { content } from "./message.js";
import { dismiss, notes } from "./notes.js";
import { identityOf, publish, store } from "./state.js";

const hiddenOnes = new Set(); // private messages that were put away, by n
const ROWS = { ephemeral: ephemeralRow, whisper: whisperRow, refusal: refusalRow };

/** Private messages and notes that stand in a channel (`thread` null) or in a thread. */
export function asides(channel, thread) {
  const whispers = [...store.ephemerals.values()].filter(
    (it) =>
      it.channel === channel && it.user === store.me && it.visible && !it.deleted && !hiddenOnes.has(it.n),
  );
  const own = notes.filter((it) => it.channel === channel && (it.user ?? store.me) === store.me);
  return [
    ...whispers.map((it) => ({ kind: "ephemeral", ts: it.ts, it, key: `e:${it.n}` })),
    ...own.map((it) => ({ kind: it.kind, ts: it.ts, it, key: it.key })),
  ].filter((entry) => (entry.it.thread_ts ?? null) === thread);
}

/** The row of one of them for `reconcile`. */
export function asideRow(entry) {
  return ROWS[entry.kind](entry);
}

function ephemeralRow({ it, key, ts }) {
  const draw = () =>
    aside("ephemeral", {
      who: store.workspace.app.user,
      ts,
      drawn: content(it, { ephemeral: it, channel: it.channel, ts: it.ts }),
      close: () => {
        hiddenOnes.add(it.n);
        publish("notes");
      },
    });
  return { key, sig: `${identityOf(it)}:${identityOf(store.workspace)}`, order: ts, fresh: true, draw };
}

function whisperRow({ it, key, ts }) {
  const draw = () =>
    aside("ephemeral", {
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
  const close = button("Dismiss", { sign: "close", class: "icon-button" }, () => dismiss(note));
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

function onlyYou(more) {
  return el("div", { class: "only-you" }, icon("eye"), "Only visible to you", more);
}

function aside(testid, { who, ts, drawn, close }) {
  const put = button("", { words: "Dismiss", class: "text-button" }, close);
  const badge = el("span", { class: "badge" }, "APP");
  const props = {
    class: "row ephemeral",
    dataset: { testid, ts },
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
      onlyYou([" · ", put]),
      el("div", { class: "byline" }, el("b", { class: "name" }, nameOf(who)), badge, time(ts)),
      el("div", { class: "text" }, drawn),
    ),
  );
}
