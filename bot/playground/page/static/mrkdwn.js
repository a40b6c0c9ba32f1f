/** Slack's own markup, as in message texts and `mrkdwn` objects. Text stays text: only nodes are made. */

import { el } from "./dom.js";
import { bareLink, emojiNode, entity, unescaped } from "./inline.js";
import { sign } from "./emoji.js";

const HELD = "\uE000"; // stands in a text for something that is drawn already
const TAGS = { "*": "strong", _: "em", "~": "s" };
const BULLET = /^\s{0,12}(?:[•◦▪‣–-]|\d{1,3}[.)])\s/;
const QUOTE = /^(?:&gt;|>) ?/;
const REST_QUOTED = /^(?:&gt;|>){3} ?/;
const WORD = /[\p{L}\p{N}]/u;
// Each part is bounded and stops at the sign it begins with, so a long text without an end is read once.
const TOKEN = new RegExp(
  [
    "<([^<>\\n]{1,3000})>",
    "`([^`\\n]{1,3000})`",
    ":([a-z0-9_+'-]{1,60}):(?::skin-tone-[2-6]:)?",
    "(https?:\\/\\/[^\\s<>|]{1,2000})",
    "&(?:amp|lt|gt);",
  ].join("|"),
  "g",
);

/** Draw a text in Slack's markup; `verbatim` leaves bare addresses as they are. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const fragment = document.createDocumentFragment();
  for (const part of fenced(String(text ?? ""))) {
    fragment.append(...(part.code === undefined ? paragraphs(part.text, verbatim) : [pre(part.code)]));
  }
  return fragment;
}

/** Draw a text without markup: emoji where they are wanted, lines as they are. */
export function plain(text, { emoji = true } = {}) {
  const fragment = document.createDocumentFragment();
  const words = unescaped(text ?? "");
  words.split("\n").forEach((line, place) => {
    fragment.append(...(place ? [el("br")] : []), ...(emoji ? withEmoji(line) : [line]));
  });
  return fragment;
}

/** A text object of Block Kit: `mrkdwn` or `plain_text`. */
export function textObject(object, options) {
  if (typeof object === "string") {
    return plain(object);
  }
  return object?.type === "mrkdwn"
    ? mrkdwn(object.text, { verbatim: object.verbatim, ...options })
    : plain(object?.text, { emoji: object?.emoji !== false });
}

/** Text between ``` and text outside; one that is not closed is only three signs. */
function fenced(text) {
  const pieces = text.split("```");
  const parts = [];
  let open = "";
  pieces.forEach((piece, place) => {
    const closed = place % 2 === 1 && place < pieces.length - 1;
    if (closed && piece.trim()) {
      parts.push({ text: open.replace(/\n$/, "") }, { code: piece.replace(/^\n/, "").replace(/\n$/, "") });
      open = "";
    } else {
      const after = !open && parts.length ? piece.replace(/^\n/, "") : piece;
      open += place % 2 === 1 ? `\`\`\`${piece}${closed ? "```" : ""}` : after;
    }
  });
  return [...parts, { text: open }].filter((part) => part.code !== undefined || part.text);
}

function pre(code) {
  return el("pre", { class: "bk-pre", tabindex: "0" }, el("code", null, inCode(code)));
}

/** In code only what stands in angle brackets is more than text. */
function inCode(text) {
  return text
    .split(/(<[^<>\n]{1,3000}>)/)
    .map((part, place) => (place % 2 ? entity(part.slice(1, -1)) : unescaped(part)));
}

function paragraphs(text, verbatim) {
  const nodes = [];
  let group = { quote: false, lines: [] };
  let quoted = false; // from here to the end
  const close = () => {
    if (group.lines.length) {
      const drawn = lines(group.lines, verbatim);
      nodes.push(...(group.quote ? [el("blockquote", { class: "bk-quote" }, drawn)] : drawn));
    }
  };
  for (const line of text.split("\n")) {
    const all = !quoted && REST_QUOTED.test(line);
    quoted ||= all;
    const quote = quoted || QUOTE.test(line);
    if (quote !== group.quote) {
      close();
      group = { quote, lines: [] };
    }
    group.lines.push(all ? line.replace(REST_QUOTED, "") : quote ? line.replace(QUOTE, "") : line);
  }
  close();
  return nodes;
}

function lines(all, verbatim) {
  const nodes = [];
  let before = null; // the line before, when it was one of plain text
  for (const line of all) {
    if (BULLET.test(line)) {
      nodes.push(
        ...(before === "" ? [el("br")] : []),
        el("div", { class: "bk-hang" }, inline(line, verbatim)),
      );
      before = null;
    } else {
      nodes.push(...(before === null ? [] : [el("br")]), ...inline(line, verbatim));
      before = line;
    }
  }
  return nodes;
}

function inline(text, verbatim) {
  const held = [];
  const flat = text.replaceAll(HELD, "\uFFFD").replace(TOKEN, (all, inside, code, name, url) => {
    if (name !== undefined && sign(name) === null) {
      return all;
    }
    if (url !== undefined && verbatim) {
      return unescaped(all);
    }
    return (inside ?? code ?? name ?? url) ? hold(held, { inside, code, name, url }) : unescaped(all);
  });
  return styled(flat, held, "");
}

function hold(held, { inside, code, name, url }) {
  if (url !== undefined) {
    const { node, rest } = bareLink(unescaped(url));
    held.push(node);
    return HELD + rest;
  }
  if (code !== undefined) {
    held.push(el("code", { class: "bk-code" }, inCode(code)));
  } else {
    held.push(inside === undefined ? emojiNode(name) : entity(inside));
  }
  return HELD;
}

/** Bold, italic and struck text; `active` are the marks that are open already. */
function styled(flat, held, active) {
  const nodes = [];
  const endless = new Set(); // marks that nothing closes any more
  let from = 0;
  for (let at = 0; at < flat.length; at += 1) {
    const mark = flat[at];
    if (!TAGS[mark] || active.includes(mark) || endless.has(mark) || !opens(flat, at)) {
      continue;
    }
    const end = closing(flat, at, mark);
    if (end < 0) {
      endless.add(mark);
      continue;
    }
    nodes.push(...unheld(flat.slice(from, at), held));
    nodes.push(el(TAGS[mark], null, styled(flat.slice(at + 1, end), held, active + mark)));
    from = end + 1;
    at = end;
  }
  return [...nodes, ...unheld(flat.slice(from), held)];
}

function opens(flat, at) {
  const before = flat[at - 1] ?? " ";
  const after = flat[at + 1] ?? " ";
  return !WORD.test(before) && before !== flat[at] && !/\s/.test(after) && after !== flat[at];
}

function closing(flat, at, mark) {
  for (let end = flat.indexOf(mark, at + 2); end > 0; end = flat.indexOf(mark, end + 1)) {
    const after = flat[end + 1] ?? " ";
    if (!/\s/.test(flat[end - 1]) && !WORD.test(after) && after !== mark) {
      return end;
    }
  }
  return -1;
}

function unheld(text, held) {
  return text
    .split(HELD)
    .flatMap((part, place) => [...(place ? [held.shift()] : []), ...(part ? [part] : [])]);
}

function withEmoji(line) {
  const parts = line.split(/:([a-z0-9_+'-]{1,60}):(?::skin-tone-[2-6]:)?/);
  return parts.map((part, place) => (place % 2 ? emojiNode(part) : part)).filter((part) => part !== "");
}
