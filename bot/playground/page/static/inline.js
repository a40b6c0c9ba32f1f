/** What stands inside a line of every kind of text: names, calls, emoji, links. */

import { dateNode } from "./dates.js";
import { el, link } from "./dom.js";
import { emoji, sign } from "./emoji.js";
import { nameOf } from "./faces.js";
import { channels, people } from "./state.js";

const CHARS = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const SCHEME = /^[a-z][a-z0-9+.-]{0,30}:/i;
const AT_THE_END = /[.,;:!?'"*_~)\]]$/;

/** The three characters that Slack has escaped, as themselves. */
export function unescaped(text) {
  return String(text).replace(/&(?:amp|lt|gt);/g, (code) => CHARS[code]);
}

/** A person's name, marked. */
export function userMention(id, label) {
  const name = people(id) ? nameOf(id) : label || id;
  return el("span", { class: "bk-mention", dataset: { user: id } }, `@${name}`);
}

/** A channel's name, marked. */
export function channelMention(id, label) {
  const name = channels(id)?.name || label || id;
  return el("span", { class: "bk-mention", dataset: { channel: id } }, `#${name}`);
}

/** A call to many: @here, @channel, @everyone or a group. */
export function broadcast(range) {
  return el("span", { class: "bk-mention bk-broadcast" }, `@${range}`);
}

/** An emoji with its name for those who do not see it; an unknown one as its name between colons. */
export function emojiNode(name, unicode) {
  const drawn = sign(name) ?? fromCodes(unicode);
  if (drawn === null) {
    return document.createTextNode(emoji(name));
  }
  const words = String(name).replaceAll("_", " ");
  return el("span", { class: "bk-emoji", role: "img", "aria-label": words, title: `:${name}:` }, drawn);
}

/** What stands between angle brackets in Slack's text: a name, a call, a date or a link. */
export function entity(inside) {
  const cut = inside.indexOf("|");
  const target = cut < 0 ? inside : inside.slice(0, cut);
  const label = cut < 0 ? "" : unescaped(inside.slice(cut + 1));
  if (target.startsWith("@")) {
    return userMention(target.slice(1), label);
  }
  if (target.startsWith("#")) {
    return channelMention(target.slice(1), label);
  }
  if (target.startsWith("!")) {
    return command(target.slice(1), label);
  }
  const url = unescaped(target);
  return SCHEME.test(url)
    ? link(url, label || url.replace(/^mailto:/i, ""))
    : document.createTextNode(unescaped(`<${inside}>`));
}

/** A bare address in a text: the link, and what only ended the sentence. */
export function bareLink(found) {
  let url = found;
  while (AT_THE_END.test(url) && !(url.endsWith(")") && url.includes("("))) {
    url = url.slice(0, -1);
  }
  return { node: link(url, url), rest: found.slice(url.length) };
}

function command(target, label) {
  if (target.startsWith("date^")) {
    const [, seconds, format = "", url] = target.split("^");
    const node = dateNode(seconds, unescaped(format), label || unescaped(format));
    return url ? link(unescaped(url), node) : node;
  }
  if (target.startsWith("subteam^")) {
    return broadcast((label || target.slice("subteam^".length)).replace(/^@/, ""));
  }
  const called = ["here", "channel", "everyone"].includes(target);
  return called ? broadcast(target) : document.createTextNode(label || `<!${target}>`);
}

function fromCodes(unicode) {
  const codes = String(unicode ?? "")
    .split("-")
    .map((code) => Number.parseInt(code, 16));
  return codes.every((code) => code > 0 && code <= 0x10ffff) ? String.fromCodePoint(...codes) : null;
}
