/** The `rich_text` block: text whose parts say themselves what they are. */

import { dateNode } from "./dates.js";
import { el, link } from "./dom.js";
import { broadcast, channelMention, emojiNode, userMention } from "./inline.js";

const BULLETS = ["disc", "circle", "square"];
const ORDERED = ["decimal", "lower-alpha", "lower-roman"];
const COLOUR = /^#[0-9a-f]{3,8}$/i;

/** Draw the parts of a rich text. */
export function richText(block) {
  return parts(block?.elements ?? []);
}

/** A rich text as plain text, for a field that edits it. */
export function richWords(value) {
  if (!value || typeof value !== "object") {
    return "";
  }
  if (value.type === "rich_text") {
    return (value.elements ?? []).map(richWords).join("\n");
  }
  const inside = (value.elements ?? []).map(richWords).join(value.type === "rich_text_list" ? "\n" : "");
  return (
    inside ||
    value.text ||
    value.url ||
    (value.name ? `:${value.name}:` : (value.user_id ?? value.channel_id ?? ""))
  );
}

/** Lists that follow each other are one list, the deeper ones inside. */
function parts(elements) {
  const nodes = [];
  let open = []; // the lists that are open, from the outermost
  for (const element of elements) {
    if (element?.type !== "rich_text_list") {
      open = [];
      nodes.push(part(element));
      continue;
    }
    const indent = Math.max(0, Number(element.indent) || 0);
    open = open.filter((it) => it.indent < indent || (it.indent === indent && it.style === element.style));
    const same = open.at(-1)?.indent === indent ? open.at(-1) : null;
    const list = same?.node ?? listNode(element, indent);
    list.append(...items(element));
    if (!same) {
      const parent = open.at(-1)?.node.lastElementChild;
      parent ? parent.append(list) : nodes.push(list);
      open.push({ indent, style: element.style, node: list });
    }
  }
  return nodes;
}

function listNode(element, indent) {
  const ordered = element.style === "ordered";
  const look = (ordered ? ORDERED : BULLETS)[indent % 3];
  const start = ordered && element.offset ? Number(element.offset) + 1 : null;
  return el(ordered ? "ol" : "ul", { class: `bk-list bk-list-${look}${border(element)}`, start });
}

function items(element) {
  return (element.elements ?? []).map((section) => el("li", null, inlines(section.elements)));
}

function part(element) {
  const kind = element?.type;
  if (kind === "rich_text_preformatted") {
    const label = element.language && el("figcaption", { class: "bk-language" }, element.language);
    const pre = el("pre", { class: "bk-pre", tabindex: "0" }, el("code", null, inlines(element.elements)));
    return el("figure", { class: "bk-figure" }, label, pre);
  }
  if (kind === "rich_text_quote") {
    return el("blockquote", { class: `bk-quote${border(element)}` }, inlines(element.elements));
  }
  return el("div", { class: "bk-rich" }, inlines(element?.elements ?? []));
}

function border(element) {
  return element.border ? " has-border" : "";
}

function inlines(elements) {
  return (elements ?? []).map(inline);
}

const INLINES = {
  text: ({ text }) => lines(text),
  link: ({ url, text }) => [link(url, text || url)],
  user: ({ user_id }) => [userMention(user_id)],
  channel: ({ channel_id }) => [channelMention(channel_id)],
  usergroup: ({ usergroup_id }) => [broadcast(usergroup_id)],
  team: ({ team_id }) => [broadcast(team_id)],
  broadcast: ({ range }) => [broadcast(range)],
  emoji: ({ name, unicode }) => [emojiNode(name, unicode)],
  date: (it) => [dated(it)],
  color: ({ value }) => [swatch(value), value],
};

function inline(element) {
  const draw = Object.hasOwn(INLINES, element?.type) ? INLINES[element.type] : null;
  const nodes = draw ? draw(element) : [el("code", { class: "bk-code" }, JSON.stringify(element))];
  return styled(nodes, element?.style ?? {});
}

function styled(nodes, style) {
  const tags = { code: "code", underline: "u", strike: "s", italic: "em", bold: "strong" };
  return Object.entries(tags)
    .filter(([name]) => style[name])
    .reduce((inside, [name, tag]) => [el(tag, { class: name === "code" ? "bk-code" : null }, inside)], nodes);
}

function lines(text) {
  return String(text ?? "")
    .split("\n")
    .flatMap((line, place) => [place ? el("br") : null, line]);
}

function dated({ timestamp, format, fallback, url }) {
  const node = dateNode(timestamp, format, fallback);
  return url ? link(url, node) : node;
}

function swatch(value) {
  const node = el("span", { class: "bk-swatch", "aria-hidden": "true" });
  node.style.backgroundColor = COLOUR.test(value) ? value : "transparent";
  return node;
}
