/** What a person can do with a message: react, reply, edit, delete, copy its link, use a shortcut. */

import { button, el, iconButton } from "./dom.js";
import { firstName } from "./faces.js";
import { ask, emojiPicker, menu } from "./menus.js";
import { post } from "./net.js";
import { refusal, refusedIn } from "./notes.js";
import { addressOf, openThread } from "./rooms.js";
import { apply, channels, isMember, publish, store, threadOf, toast, toastError } from "./state.js";
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
      await act("edit", { ...spot(message), text });
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
      button("Cancel", { class: "button is-small" }, () => stop(message)),
      button("Save changes", { class: "button is-small is-primary" }, save),
    ),
  );
}

/** Choose an emoji and react with it. */
export function pickEmoji(anchor, message) {
  emojiPicker(anchor, (name) => isOwn(message, name) || act("react", { ...spot(message), name }));
}

function isOwn(message, name) {
  return message.reactions?.some((it) => it.name === name && it.users.includes(store.me));
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
  const put = (node) => {
    shown = node.dataset.ts;
    tools.replaceChildren(...buttons(node.message));
    node.append(tools);
  };
  const show = (event) => {
    const node = event.target.closest?.(".message");
    if (node && node !== tools.parentNode) {
      put(node);
    }
  };
  list.addEventListener("pointerover", show);
  list.addEventListener("focusin", show);
  // The pointer may rest on a message that is drawn anew.
  new MutationObserver(() => {
    const node = shown && !tools.isConnected && list.querySelector(`.message[data-ts="${shown}"]`);
    if (node) {
      put(node);
    }
  }).observe(list, { childList: true, subtree: true });
}

function buttons(message) {
  const gone = message.subtype === "tombstone";
  const mayReact = isMember(channels(message.channel)) && !gone;
  const props = { class: "tool" };
  const opens = { ...props, "aria-haspopup": "menu" };
  return [
    mayReact && quick(message, "eyes", "👀"),
    mayReact &&
      iconButton("Add reaction", "smile", props, (event) => pickEmoji(event.currentTarget, message)),
    iconButton("Reply in thread", "reply", props, () => reply(message)),
    !gone && iconButton("More actions", "more", opens, (event) => messageMenu(event.currentTarget, message)),
  ].filter(Boolean);
}

function quick(message, name, sign) {
  const words = el("span", { "aria-hidden": "true" }, sign);
  const label = `React with ${name}`;
  return button(words, { class: "tool", "aria-label": label, title: label }, () =>
    act(isOwn(message, name) ? "unreact" : "react", { ...spot(message), name }),
  );
}

/** Which message, in the words of the simulated Slack. */
function spot({ channel, ts }) {
  return { channel, ts };
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
    { label: "Copy link", sign: "copy", run: () => copy(addressOf(message), "Link copied.") },
    own && null,
    own && { label: "Edit message", sign: "pencil", run: () => edit(message) },
    own && { label: "Delete message", sign: "trash", danger: true, run: () => remove(message) },
    shortcuts.length > 0 && null,
    ...shortcuts.map((it) => shortcutEntry(it, message)),
  ].filter((it) => it !== false);
  menu(anchor, entries, "Message actions");
}

function shortcutEntry(it, message) {
  return { label: it.name, note: it.description, sign: "diamond", run: () => use(it, message) };
}

/** Use a shortcut, of a message or a global one. */
export async function use(shortcut, message = null) {
  const of = message ? spot(message) : {};
  const result = await act("shortcut", { callback_id: shortcut.callback_id, ...of });
  const place = message ? { channel: message.channel, thread_ts: threadOf(message) } : {};
  refusedIn(result, `the shortcut “${shortcut.name}”`, place);
}

/** Put text on the clipboard and say so. */
export async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    toast("The browser didn't allow copying. Click in the page and try again.", { kind: "error" });
  }
}

async function remove(message) {
  const sure = await ask({
    title: "Delete this message?",
    text: "It will be gone for everyone. This can't be undone.",
    yes: "Delete",
    danger: true,
  });
  if (sure) {
    await act("delete", spot(message));
  }
}

function stop(message) {
  if (editing(message)) {
    edited = null;
    publish("editing");
    publish("focus-composer", { inThread: Boolean(store.thread && threadOf(message)) });
  }
}

/** What Slack itself refuses, with its code, stands in red where it happened; the rest is a toast. */
function told(error, name, args) {
  const { code, messages } = error.body;
  if (code || messages?.length) {
    const place = { channel: args.channel ?? store.channel, thread_ts: args.thread_ts ?? null };
    const words = `Slack rejected what ${firstName(store.me)} did (${name}).`;
    refusal(words, code ?? "failed", messages ?? [error.message], place);
  } else {
    toastError(error);
  }
}
