/** What a person can do with a message: react, reply, edit, delete, copy its link, use a shortcut. */

import { button, el } from "./dom.js";
import { firstName } from "./faces.js";
import { ask, emojiPicker, menu } from "./menus.js";
import { post } from "./net.js";
import { refusal, refusedIn } from "./notes.js";
import { addressOf, openThread } from "./rooms.js";
import { apply, channels, isMember, publish, store, toast } from "./state.js";
import { stored, typed } from "./writing.js";

let edited = null; // "channel:ts" of the message that is being edited

/** Do something in Slack as the acting person; what is not possible there is said, and answers null. */
export async function act(name, args = {}) {
  try {
    const result = await post(`/api/slack/${name}`, { user: store.me, ...args });
    takeIn(result.message);
    publish("acted", { name, args });
    return result;
  } catch (error) {
    told(error, name, args);
    return null;
  }
}

/** What was done is to be seen at once; the event that tells of it too changes nothing then. */
function takeIn(message) {
  if (message?.ts) {
    apply(message.deleted && !message.reply_count ? { gone: [message] } : { messages: [message] });
  }
}

/** Whether this message is being edited. */
export function editing(message) {
  return edited === `${message.channel}:${message.ts}`;
}

/** Begin to edit one's own message. */
export function edit(message) {
  edited = `${message.channel}:${message.ts}`;
  publish("editing");
}

/** The field in which a message is edited: Enter saves, Esc leaves it as it was. */
export function editor(message) {
  const field = el("textarea", {
    class: "edit-field",
    rows: "1",
    "aria-label": "Edit message",
    value: typed(message.text),
  });
  const save = async () => {
    const text = stored(field.value.trim());
    if (text && text !== message.text) {
      await act("edit", { channel: message.channel, ts: message.ts, text });
    }
    stop(message);
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      save();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      stop(message);
    }
  });
  requestAnimationFrame(() => {
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
  return el(
    "div",
    { class: "edit" },
    field,
    el(
      "div",
      { class: "edit-buttons" },
      button("", { words: "Cancel", class: "button is-small" }, () => stop(message)),
      button("", { words: "Save changes", class: "button is-small is-primary" }, save),
    ),
  );
}

/** Choose an emoji and react with it. */
export function pickEmoji(anchor, message) {
  const own = (name) => message.reactions?.some((it) => it.name === name && it.users.includes(store.me));
  emojiPicker(
    anchor,
    (name) => own(name) || act("react", { channel: message.channel, ts: message.ts, name }),
  );
}

/** Show the row of buttons at the message that the pointer or the focus is on. */
export function attachTools(list) {
  const tools = el("div", {
    class: "tools",
    role: "toolbar",
    "aria-label": "Message actions",
    "aria-live": "off",
  });
  let shown = null; // ts of the message the buttons are at
  const show = (event) => {
    const node = event.target.closest?.(".message");
    if (node?.message && (node !== tools.parentNode || node.dataset.ts !== shown)) {
      shown = node.dataset.ts;
      tools.replaceChildren(...buttons(node.message));
      node.append(tools);
    }
  };
  list.addEventListener("pointerover", show);
  list.addEventListener("focusin", show);
  new MutationObserver(() => {
    const node = shown && !tools.isConnected && list.querySelector(`.message[data-ts="${shown}"]`);
    if (node?.message) {
      tools.replaceChildren(...buttons(node.message));
      node.append(tools);
    }
  }).observe(list, { childList: true, subtree: true });
}

function buttons(message) {
  const gone = message.subtype === "tombstone";
  const inside = isMember(channels(message.channel));
  return [
    inside && !gone && quick(message, "eyes", "👀"),
    inside &&
      !gone &&
      button("Add reaction", { sign: "smile", class: "tool" }, (event) =>
        pickEmoji(event.currentTarget, message),
      ),
    button("Reply in thread", { sign: "reply", class: "tool" }, () => reply(message)),
    !gone &&
      button("More actions", { sign: "more", class: "tool", "aria-haspopup": "menu" }, (event) =>
        messageMenu(event.currentTarget, message),
      ),
  ].filter(Boolean);
}

function quick(message, name, sign) {
  const place = { channel: message.channel, ts: message.ts, name };
  const words = el("span", { "aria-hidden": "true" }, sign);
  const label = `React with ${name}`;
  return button("", { words, class: "tool", "aria-label": label, title: label }, () =>
    toggle(message, place),
  );
}

function toggle(message, place) {
  const own = message.reactions?.find((it) => it.name === place.name)?.users.includes(store.me);
  return act(own ? "unreact" : "react", place);
}

function reply(message) {
  return openThread(message.channel, message.thread_ts ?? message.ts);
}

/** The ⋯ menu of a message. */
function messageMenu(anchor, message) {
  const own = message.user === store.me;
  const inside = isMember(channels(message.channel));
  const shortcuts = store.workspace.shortcuts.filter((it) => it.type === "message");
  const entries = [
    { label: "Reply in thread", sign: "reply", run: () => reply(message) },
    inside && { label: "Add reaction", sign: "smile", run: () => pickEmoji(anchor, message) },
    { label: "Copy link", sign: "copy", run: () => copy(addressOf(message), "The link is copied.") },
    own && null,
    own && { label: "Edit message", sign: "pencil", run: () => edit(message) },
    own && { label: "Delete message", sign: "trash", danger: true, run: () => remove(message) },
    shortcuts.length > 0 && null,
    ...shortcuts.map((it) => ({
      label: it.name,
      note: it.description,
      sign: "diamond",
      run: () => use(it, message),
    })),
  ];
  menu(
    anchor,
    entries.filter((it) => it !== false),
    { label: "Message actions" },
  );
}

/** Use a shortcut, of a message or a global one. */
export async function use(shortcut, message = null) {
  const place = message ? { channel: message.channel, ts: message.ts } : {};
  const result = await act("shortcut", { callback_id: shortcut.callback_id, ...place });
  refusedIn(result, `the shortcut “${shortcut.name}”`, message && placeOf(message));
}

/** Put text on the clipboard and say so. */
export async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    toast("The browser did not allow copying. Click into the page and try again.", { kind: "error" });
  }
}

async function remove(message) {
  const sure = await ask({
    title: "Delete this message?",
    text: "It is gone for everybody. This cannot be undone.",
    yes: "Delete",
    danger: true,
  });
  if (sure) {
    await act("delete", { channel: message.channel, ts: message.ts });
  }
}

function stop(message) {
  if (editing(message)) {
    edited = null;
    publish("editing");
    publish("focus-composer", {
      inThread: Boolean(store.thread && message.thread_ts && message.thread_ts !== message.ts),
    });
  }
}

function placeOf(message) {
  return {
    channel: message.channel,
    thread_ts: message.thread_ts !== message.ts ? (message.thread_ts ?? null) : null,
  };
}

/** What Slack itself refuses, with its code, stands in red where it happened; the rest is a toast. */
function told(error, name, args) {
  const { code, messages } = error.body;
  if (code || messages?.length) {
    const place = { channel: args.channel ?? store.channel, thread_ts: args.thread_ts ?? null };
    refusal(
      `Slack refused what ${firstName(store.me)} did (${name}).`,
      code ?? "failed",
      messages ?? [error.message],
      place,
    );
  } else {
    toast(error.message, { kind: "error" });
  }
}
