/** From what a person types to what Slack stores, and back. */

import { isDirect, store } from "./state.js";

const CODE = /(```[\s\S]*?```|`[^`\n]+`)/;
const EVERYBODY = ["here", "channel", "everyone"];

/** As Slack stores it: & < > escaped, names as <@U…>, channels as <#C…>, addresses in brackets. */
export function stored(text) {
  const found = finder();
  return text
    .split(CODE)
    .map((part, place) => (place % 2 ? escape(part) : marked(part, found)))
    .join("");
}

/** As a person typed it, for editing. */
export function typed(text) {
  const shown = text.replace(
    /<([^<>|]+)(?:\|([^<>]*))?>/g,
    (whole, target, label) => written(target, label) ?? whole,
  );
  return shown.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Those one can write to with @, as {id, name, words}; the app too. */
export function mentionable() {
  const known = store.workspace.people.map((it) => ({
    id: it.id,
    name: it.real_name,
    words: it.name,
    role: it.role,
  }));
  return [
    ...known,
    ...EVERYBODY.map((it) => ({ id: `!${it}`, name: it, words: "everyone in this channel" })),
  ];
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function marked(text, { pattern, entities }) {
  let out = "";
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    out +=
      escape(text.slice(last, match.index)) +
      (entities.get(match[0].toLowerCase()) ?? `<${escape(match[0])}>`);
    last = match.index + match[0].length;
  }
  return out + escape(text.slice(last));
}

/** What to look for: addresses, and every name with its sign, the longest first. */
function finder() {
  const entities = new Map();
  for (const name of EVERYBODY) {
    entities.set(`@${name}`, `<!${name}>`);
  }
  for (const person of store.workspace.people) {
    entities.set(`@${person.name}`.toLowerCase(), `<@${person.id}>`);
    entities.set(`@${person.real_name}`.toLowerCase(), `<@${person.id}>`);
  }
  for (const channel of store.workspace.channels.filter((it) => !isDirect(it))) {
    entities.set(`#${channel.name}`.toLowerCase(), `<#${channel.id}>`);
  }
  const names = [...entities.keys()].sort((one, other) => other.length - one.length).map(literal);
  const address = "https?://[^\\s<>]*[^\\s<>.,;:!?'\")\\]]";
  return { entities, pattern: new RegExp(`${address}|(?<![\\w.&])(?:${names.join("|")})(?![\\w-])`, "gi") };
}

function literal(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function written(target, label) {
  const id = target.slice(1);
  if (target.startsWith("@")) {
    return `@${store.workspace.people.find((it) => it.id === id)?.real_name ?? label ?? id}`;
  }
  if (target.startsWith("#")) {
    return `#${store.workspace.channels.find((it) => it.id === id)?.name ?? label ?? id}`;
  }
  return EVERYBODY.includes(id) ? `@${id}` : target;
}
