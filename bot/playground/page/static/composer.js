/** Where people write: in the channel and in the open thread. */

import { completion } from "./completion.js";
import { button, clear, el, iconButton } from "./dom.js";
import { firstName, placeName } from "./faces.js";
import { act, edit, use } from "./message_acts.js";
import { emojiPicker, menu } from "./menus.js";
import { refusal, refusedIn, whisper } from "./notes.js";
import { here, inOrder, there } from "./rooms.js";
import { apply, channels, isMember, people, publish, store, subscribe, toastError } from "./state.js";
import { shelf } from "./uploads.js";
import { markRead } from "./unread.js";
import { stored } from "./writing.js";

const FAILED = {
  operation_timeout: "The app didn't answer within three seconds.",
  dispatch_failed: "The app couldn't be reached.",
  not_a_command: "The app doesn't have that command.",
};
const drafts = new Map(); // "person:channel:thread" → what was begun there

/** Draw both composers. */
export function startComposer() {
  make("composer", { inThread: false, input: "composer-input", send: "send", drop: "main" });
  make("thread-composer", {
    inThread: true,
    input: "thread-composer-input",
    send: "thread-send",
    drop: "thread",
  });
}

function make(id, names) {
  const root = document.getElementById(id);
  const it = { id, root, names, key: "", sending: Promise.resolve() };
  it.field = el("textarea", {
    class: "composer-field",
    rows: "1",
    dataset: { testid: names.input },
    "aria-label": "Message",
  });
  buildIn(it);
  it.completion = completion(it.field, it.box, names);
  listen(it);
  ["workspace", "me", "channel", "thread"].forEach((kind) => subscribe(kind, () => place(it)));
  subscribe("focus-composer", (what) => what.inThread === names.inThread && it.field.focus());
  if (names.inThread) {
    subscribe("focus-thread", () => it.field.focus());
  }
  subscribe("type-and-send", (what) => {
    if (what.inThread === names.inThread) {
      type(it, what.text);
      it.completion.close();
      send(it);
    }
  });
  place(it);
}

function buildIn(it) {
  it.chips = el("div", { class: "chips", hidden: true });
  it.shelf = shelf(it.chips, () => it.buttons && ready(it));
  it.box = el("div", { class: "completion", id: `${it.id}-list`, hidden: true });
  it.chooser = el("input", {
    type: "file",
    multiple: true,
    hidden: true,
    "aria-hidden": "true",
    tabindex: "-1",
  });
  it.also = el("input", { type: "checkbox" });
  it.alsoLabel = el("label", { class: "also" }, it.also, el("span", null, "Also send to the channel"));
  it.send = iconButton("Send", "send", { class: "send", dataset: { testid: it.names.send } }, () => {
    send(it);
    it.field.focus();
  });
  it.buttons = el("div", { class: "composer-buttons" }, tools(it), it.send);
  it.frame = el("div", { class: "composer-frame" }, it.box, it.chips, it.field, it.buttons, it.chooser);
  it.closed = el("div", { class: "composer-closed", role: "note", hidden: true });
  clear(it.root).append(it.frame, it.closed);
}

function tools(it) {
  const props = { class: "tool" };
  const opens = { ...props, "aria-haspopup": "menu" };
  const somebody = "Mention someone";
  const hint = { class: "composer-hint", "aria-hidden": "true" };
  return [
    !it.names.inThread &&
      iconButton("Shortcuts and more", "plus", opens, (event) => plus(event.currentTarget, it)),
    iconButton("Attach files", "clip", props, () => it.chooser.click()),
    iconButton("Emoji", "smile", props, (event) =>
      emojiPicker(event.currentTarget, (name) => insert(it, `:${name}: `)),
    ),
    button("@", { ...props, "aria-label": somebody, title: somebody }, () => insert(it, "@")),
    it.names.inThread && it.alsoLabel,
    el("span", hint, "Enter to send · Shift+Enter for a new line"),
  ];
}

function listen(it) {
  it.field.addEventListener("keydown", (event) => key(it, event));
  it.field.addEventListener("input", () => ready(it));
  it.field.addEventListener("paste", (event) => takeFiles(it, event, event.clipboardData));
  it.chooser.addEventListener("change", () => {
    it.shelf.take(it.chooser.files);
    it.chooser.value = "";
    it.field.focus();
  });
  const zone = document.getElementById(it.names.drop);
  zone.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files") && !it.frame.hidden) {
      event.preventDefault();
      zone.classList.add("is-drop");
    }
  });
  zone.addEventListener(
    "dragleave",
    (event) => !zone.contains(event.relatedTarget) && zone.classList.remove("is-drop"),
  );
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("is-drop");
    takeFiles(it, event, event.dataTransfer);
  });
}

function takeFiles(it, event, from) {
  if (from?.files?.length && !it.frame.hidden) {
    event.preventDefault();
    it.shelf.take(from.files);
    it.field.focus();
  }
}

/** Show the composer of the open place with what was begun there, or why one cannot write there. */
function place(it) {
  const channel = channels(store.channel);
  const thread = it.names.inThread ? store.thread : null;
  // Without an open thread there is nothing to keep: the drafts of the channel are the other composer's.
  const key = it.names.inThread && !thread ? "" : `${store.me}:${store.channel}:${thread}`;
  if (key !== it.key) {
    it.field.value ? drafts.set(it.key, it.field.value) : drafts.delete(it.key);
    it.key = key;
    it.field.value = drafts.get(key) ?? "";
    it.shelf.empty();
    it.also.checked = false;
    it.completion?.close();
  }
  const why = channel ? closedBecause(channel) : null;
  it.frame.hidden = Boolean(why) || !channel;
  it.closed.hidden = !why;
  clear(it.closed).append(...(why ?? []));
  if (channel) {
    const words = it.names.inThread ? "Reply…" : `Message ${placeName(channel)}`;
    it.field.placeholder = words;
    it.field.setAttribute("aria-label", it.names.inThread ? "Reply in thread" : words);
    const where = channel.kind === "im" ? "the conversation" : placeName(channel);
    it.alsoLabel.lastChild.textContent = `Also send to ${where}`;
  }
  ready(it);
}

function closedBecause(channel) {
  if (channel.is_archived) {
    const open = button("Unarchive", { class: "button is-small" }, () =>
      act("unarchive", { channel: channel.id }),
    );
    return [el("span", null, `#${channel.name} is archived: no one can write here.`), open];
  }
  if (isMember(channel)) {
    return null;
  }
  const who = firstName(store.me);
  const words = `${who} isn't in ${placeName(channel)}. Choose one of their channels, or act as someone else.`;
  const join = button(`Add ${who}`, { class: "button is-small" }, () =>
    act("invite", { channel: channel.id, who: store.me }),
  );
  return [el("span", null, words), people(store.me)?.role !== "external" && join].filter(Boolean);
}

function ready(it) {
  it.send.disabled = it.field.value.trim() === "" && it.shelf.count() === 0;
  it.send.classList.toggle("is-ready", !it.send.disabled);
}

function key(it, event) {
  if (it.completion.takes(event)) {
    return;
  }
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send(it);
  } else if (event.key === "ArrowUp" && it.field.value === "" && editLast(it)) {
    event.preventDefault();
  }
}

function editLast(it) {
  const messages = [...(it.names.inThread ? there : here).messages.values()];
  const own = messages.filter((message) => message.user === store.me && message.subtype !== "tombstone");
  const last = inOrder(own).at(-1);
  if (last) {
    edit(last);
  }
  return Boolean(last);
}

function insert(it, text) {
  const at = it.field.selectionStart;
  const before = it.field.value[at - 1];
  const gap = before && !/\s/.test(before) ? " " : "";
  it.field.setRangeText(gap + text, at, it.field.selectionEnd, "end");
  it.field.focus();
  it.field.dispatchEvent(new Event("input", { bubbles: true }));
}

function plus(anchor, it) {
  const entry = (label, note, run) => ({ label, note, sign: "diamond", run });
  const commands = store.workspace.commands.map((one) =>
    entry(one.command, one.description, () => type(it, `${one.command} `)),
  );
  const global = store.workspace.shortcuts
    .filter((one) => one.type === "global")
    .map((one) => entry(one.name, one.description, () => use(one)));
  const upload = { label: "Attach files", note: "Up to 10 MB", sign: "clip", run: () => it.chooser.click() };
  const groups = [upload, null, ...commands, ...(global.length ? [null] : []), ...global];
  menu(anchor, groups, "Shortcuts and more");
}

function type(it, text) {
  it.field.value = text;
  it.field.focus();
  it.field.dispatchEvent(new Event("input", { bubbles: true }));
}

function send(it) {
  const text = it.field.value.trim();
  if (it.send.disabled || it.frame.hidden) {
    return;
  }
  if (it.field.value.startsWith("/") && !it.shelf.count()) {
    command(it, text);
  } else {
    say(it, text);
  }
}

/** A leading slash is a command, also where there is none of that name: Slack says so and keeps the text. */
async function command(it, text) {
  const [, name, rest] = text.match(/^(\/\S*)\s*([\s\S]*)$/);
  if (it.names.inThread) {
    whisper(`${name} is not supported in threads. Sorry!`, { thread_ts: store.thread });
    return;
  }
  if (!store.workspace.commands.some((one) => one.command === name)) {
    whisper(unknown(name));
    return;
  }
  const channel = store.channel;
  emptied(it);
  const result = await act("slash", { channel, command: name, text: stored(rest) });
  if (!result) {
    giveBack(it, text, channel, null);
  } else if (result.status === "failed") {
    const words = `${name} failed. ${FAILED[result.error] ?? ""}`.trim();
    refusal(words, result.error ?? "failed", result.messages, { channel, thread_ts: null });
    giveBack(it, text, channel, null);
  } else if (!refusedIn(result, `the answer to ${name}`, { channel, thread_ts: null }) && result.shown?.n) {
    apply({ ephemerals: [result.shown] });
  }
}

function unknown(name) {
  return [
    `${name} is not a valid command. In Slack, all messages that start with the "/" character are`,
    "interpreted as commands. If you are trying to send a message and not run a command,",
    'try preceding the "/" with an empty space.',
  ].join(" ");
}

function emptied(it) {
  it.field.value = "";
  it.completion.close();
  publish("said", { inChannel: !it.names.inThread });
  ready(it);
}

/** What could not be sent stands in the field again, unless something new does or one has gone elsewhere. */
function giveBack(it, text, channel, thread, files = []) {
  if (it.key === `${store.me}:${channel}:${thread}` && it.field.value === "") {
    it.field.value = text;
    it.shelf.take(files);
    ready(it);
  }
}

/** Messages leave in the order in which they were written, also when one has large files. */
function say(it, text) {
  const [channel, thread, files] = [store.channel, it.names.inThread ? store.thread : null, it.shelf.kept()];
  const specs = it.shelf.specs();
  const broadcast = it.names.inThread && it.also.checked && !files.length;
  const me = store.me;
  it.shelf.empty();
  it.also.checked = false;
  emptied(it);
  it.sending = it.sending.then(async () => {
    const body = { user: me, channel, text: stored(text), thread_ts: thread, broadcast: broadcast || null };
    const attached = await specs.catch((error) => (toastError(error), []));
    const result = await act("say", { ...given(body), ...(attached.length ? { files: attached } : {}) });
    if (result) {
      markRead(thread ? `${channel}:${thread}` : channel, result.ts);
    } else {
      giveBack(it, text, channel, thread, files);
    }
  });
}

function given(body) {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ""));
}
