/** How one message looks, in the channel and in a thread. */

import { blocks } from "./blocks.js";
import { button, el, fileLink, icon, iconButton } from "./dom.js";
import { emoji } from "./emoji.js";
import { avatar, hour, nameOf, saidWhen, time } from "./faces.js";
import { act, editing, editor, pickEmoji } from "./message_acts.js";
import { mrkdwn } from "./mrkdwn.js";
import { openThread } from "./rooms.js";
import { agentOf, channels, inChannel, isMember, people, store } from "./state.js";
import { hasNews } from "./unread.js";
import { counted, size } from "./words.js";

const IMAGE = /^image\/(png|jpeg|gif|webp)$/;

/** Draw one message, in the channel or in a thread; `compact` without name and picture. */
export function messageNode(message, { inThread = false, compact = false } = {}) {
  const gone = message.subtype === "tombstone";
  const props = {
    class: `row message${compact ? " is-compact" : ""}${gone ? " is-gone" : ""}`,
    dataset: { testid: "message", ts: message.ts, channel: message.channel },
    tabindex: "-1",
    "aria-label": `${nameOf(message.user)} at ${hour(message.ts)}`,
  };
  const node = el(
    "article",
    props,
    gutter(message, compact, gone),
    el(
      "div",
      { class: "row-main" },
      !compact && !gone && byline(message),
      broadcastOf(message, inThread),
      editing(message) ? editor(message) : body(message, gone),
      !gone && files(message),
      !gone && reactions(message),
      !inThread && footer(message),
    ),
  );
  node.message = message;
  return node;
}

/** What a message or private message says: its blocks, or its text. */
export function content(thing, context) {
  if (thing.blocks?.length) {
    return blocks(thing.blocks, context);
  }
  const at = Number((thing.edited ?? thing).ts);
  return thing.text ? el("div", { class: "mrkdwn" }, mrkdwn(thing.text, { at })) : null;
}

function gutter(message, compact, gone) {
  if (gone) {
    return el("div", { class: "gutter" }, el("span", { class: "avatar avatar-gone" }, icon("trash")));
  }
  const shown = compact ? time(message.ts, { class: "gutter-time" }) : avatar(message.user);
  return el("div", { class: "gutter" }, shown);
}

function byline(message) {
  const person = people(message.user);
  const badge = message.bot_id || person?.role === "bot" ? el("span", { class: "badge" }, "APP") : null;
  const role = ["guest", "external"].includes(person?.role)
    ? el("span", { class: "badge badge-role" }, person.role === "guest" ? "Guest" : "External")
    : null;
  return el(
    "div",
    { class: "byline" },
    el("b", { class: "name" }, nameOf(message.user)),
    badge,
    role,
    time(message.ts),
  );
}

function broadcastOf(message, inThread) {
  if (message.subtype !== "thread_broadcast") {
    return null;
  }
  if (inThread) {
    return el("div", { class: "row-note" }, "Also sent to the channel");
  }
  const open = () => openThread(message.channel, message.thread_ts);
  return el(
    "div",
    { class: "row-note" },
    "replied to ",
    button("a thread", { class: "text-button" }, open),
  );
}

function body(message, gone) {
  if (gone) {
    return el("div", { class: "text is-soft" }, message.text);
  }
  const drawn = content(message, { message, channel: message.channel, ts: message.ts });
  const edited =
    message.edited && el("span", { class: "edited", title: `Edited ${saidWhen(message.edited.ts)}` }, "(edited)");
  if (edited) {
    // As Slack does: behind the last words, where words are the last.
    const words = drawn?.lastElementChild?.querySelector(":scope > .bk-section-words > .mrkdwn:last-child");
    if (words) {
      words.after(" ", edited);
    } else {
      drawn?.append(" ", edited);
    }
  }
  return drawn && el("div", { class: "text" }, drawn);
}

function files(message) {
  const all = message.files ?? [];
  return all.length ? el("div", { class: "files" }, all.map(file)) : null;
}

function file(it) {
  const name = it.name ?? "A file from another company";
  if (IMAGE.test(it.mimetype ?? "")) {
    const image = el("img", { src: `/api/files/${encodeURIComponent(it.id)}`, alt: name, loading: "lazy" });
    return fileLink(it.id, { class: "file-image", title: name }, image);
  }
  const facts = [it.filetype?.toUpperCase(), it.size === undefined ? null : size(it.size)]
    .filter(Boolean)
    .join(" · ");
  const words = el(
    "span",
    { class: "file-words" },
    el("b", null, name),
    el("span", { class: "is-soft" }, facts),
  );
  const label = `Download ${name}`;
  const props = { class: "file-row", download: name, "aria-label": label, title: label };
  return fileLink(it.id, props, icon("file"), words, icon("download"));
}

function reactions(message) {
  const all = message.reactions ?? [];
  if (!all.length) {
    return null;
  }
  const more = iconButton("Add reaction", "smile", { class: "reaction reaction-add" }, (event) =>
    pickEmoji(event.currentTarget, message),
  );
  return el(
    "div",
    { class: "reactions" },
    all.map((it) => reaction(message, it)),
    isMember(channels(message.channel)) && more,
  );
}

function reaction(message, { name, users, count }) {
  const own = users.includes(store.me);
  const who = users.map((id) => (id === store.me ? "you" : nameOf(id))).join(", ");
  const props = {
    class: `reaction${own ? " is-own" : ""}`,
    "aria-pressed": own,
    "aria-label": `${name.replaceAll("_", " ")}: ${counted(count, "reaction")} by ${who}`,
    title: `${who}: ${emoji(name)} :${name}:`,
  };
  const words = [emoji(name), count].map((it) => el("span", { "aria-hidden": "true" }, it));
  const place = { channel: message.channel, ts: message.ts, name };
  return button(words, props, () => act(own ? "unreact" : "react", place));
}

function footer(message) {
  if (!message.reply_count || !inChannel(message)) {
    return null;
  }
  const faces = (message.reply_users ?? []).slice(0, 4).map((id) => avatar(id, "small"));
  const news = hasNews(message) ? el("span", { class: "news" }, "New") : null;
  const works = agentOf(message.channel, message.ts)?.status === "processing";
  const words = [
    el("span", { class: "footer-faces" }, faces),
    el("b", null, counted(message.reply_count, "reply")),
    news,
    el("span", { class: "is-soft" }, works ? "Devin is working" : `Last reply ${saidWhen(message.latest_reply)}`),
  ];
  const props = { class: `thread-footer${store.thread === message.ts ? " is-open" : ""}` };
  return button(words, props, () => openThread(message.channel, message.ts));
}
