/** Completion in a composer: commands after /, people after @, channels after #, emoji after a colon. */

import { clear, el, icon } from "./dom.js";
import { EMOJI, emoji } from "./emoji.js";
import { avatar, channelIcon, roleOf } from "./faces.js";
import { visibleChannels } from "./rooms.js";
import { isDirect, people, store } from "./state.js";
import { mentionable } from "./writing.js";

const MOST = 8;

/**
 * Complete what is typed in `field`, with the list in `box`. `takes(event)`: whether a key was for the list.
 * With `inThread` no commands are offered.
 */
export function completion(field, box, { inThread }) {
  const list = { field, box, options: [], at: -1, from: 0, inThread };
  const again = () => look(list);
  field.addEventListener("input", again);
  field.addEventListener("click", again);
  field.addEventListener("blur", () => shut(list));
  field.setAttribute("aria-autocomplete", "list");
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", "Suggestions");
  shut(list);
  return { takes: (event) => takes(list, event), close: () => shut(list) };
}

/** The words a command understands, from its usage hint: the parts that are no placeholder. */
function subCommands(hint) {
  const parts = (hint ?? "").split("|").map((part) => part.trim());
  return parts.filter((part) => /^[a-z]/i.test(part)).map((part) => part.split(/\s/)[0]);
}

function look(list) {
  const before = list.field.value.slice(0, list.field.selectionStart);
  const found =
    commandsFor(before, list.inThread) ?? peopleFor(before) ?? channelsFor(before) ?? emojiFor(before);
  if (!found || !found.options.length || isAlready(found, before)) {
    shut(list);
    return;
  }
  Object.assign(list, found, { at: found.free ? -1 : 0 });
  draw(list);
}

/** Nothing to choose where the only thing offered is typed already: Enter sends then. */
function isAlready({ options, from }, before) {
  const word = before.slice(from).toLowerCase();
  return options.some((it) => it.insert.trim().toLowerCase() === word || it.also?.toLowerCase() === word);
}

function commandsFor(before, inThread) {
  if (inThread || !before.startsWith("/") || before.includes("\n")) {
    return null;
  }
  const space = before.indexOf(" ");
  if (space < 0) {
    const options = store.workspace.commands.filter((it) => it.command.startsWith(before.toLowerCase()));
    return { from: 0, options: options.map(commandOption), heading: "Commands of Devin Bridge" };
  }
  const command = store.workspace.commands.find((it) => it.command === before.slice(0, space));
  const word = before.slice(space + 1);
  if (!command || word.includes(" ")) {
    return null;
  }
  const words = subCommands(command.usage_hint).filter((it) => it.startsWith(word.toLowerCase()));
  const options = words.map((it) => ({ insert: it, label: `${command.command} ${it}` }));
  return { from: space + 1, options, free: true, heading: `${command.command} ${command.usage_hint}` };
}

function commandOption(it) {
  return { insert: `${it.command} `, label: it.command, hint: it.usage_hint, note: it.description };
}

function peopleFor(before) {
  const [, word] = before.match(/(?:^|[\s(])@([^\n@]{0,30})$/) ?? [];
  if (word === undefined) {
    return null;
  }
  const asked = word.toLowerCase();
  const fits = (it) =>
    [it.name, it.words, ...it.name.split(" ")].some((name) => name.toLowerCase().startsWith(asked));
  const all = mentionable().sort((one, other) => (other.role === "bot") - (one.role === "bot"));
  return offered(before, word, all.filter(fits).map(personOption), "People");
}

/** What can take the place of a word and the sign before it. */
function offered(before, word, options, heading) {
  return { from: before.length - word.length - 1, options: options.slice(0, MOST), heading };
}

function personOption(it) {
  const person = people(it.id);
  const sign = person ? avatar(it.id, "tiny") : icon("people");
  const also = person ? `@${person.name}` : null;
  return { insert: `@${it.name} `, also, label: it.name, note: person ? roleOf(person) : it.words, sign };
}

function channelsFor(before) {
  const [, word] = before.match(/(?:^|[\s(])#([\w-]*)$/) ?? [];
  if (word === undefined) {
    return null;
  }
  const fits = visibleChannels().filter((it) => !isDirect(it) && it.name.startsWith(word.toLowerCase()));
  const option = ({ name, kind }) => ({ insert: `#${name} `, label: name, sign: channelIcon(kind) });
  return offered(before, word, fits.map(option), "Channels");
}

function emojiFor(before) {
  const [, word] = before.match(/(?:^|\s):([a-z0-9_+-]{2,})$/) ?? [];
  if (word === undefined) {
    return null;
  }
  const found = EMOJI.filter((name) => name.includes(word));
  found.sort((one, other) => one.indexOf(word) - other.indexOf(word));
  const option = (name) => ({ insert: `:${name}: `, label: `:${name}:`, sign: emoji(name) });
  return offered(before, word, found.map(option), "Emoji");
}

function draw(list) {
  const id = list.box.id;
  clear(list.box).append(el("div", { class: "completion-heading", role: "presentation" }, list.heading));
  list.options.forEach((option, place) => list.box.append(optionNode(list, option, `${id}-${place}`, place)));
  list.box.hidden = false;
  list.field.setAttribute("role", "combobox");
  list.field.setAttribute("aria-expanded", "true");
  list.field.setAttribute("aria-controls", id);
  point(list);
}

function optionNode(list, option, id, place) {
  const words = el(
    "span",
    { class: "completion-words" },
    el("b", null, option.label),
    option.hint && el("span", { class: "completion-hint" }, option.hint),
    option.note && el("span", { class: "is-soft" }, option.note),
  );
  const hold = (event) => event.preventDefault(); // the field keeps the focus
  const on = { pointerdown: hold, mousedown: hold, click: () => pick(list, place) };
  return el(
    "div",
    { id, class: "completion-option", role: "option", on },
    option.sign && el("span", { class: "completion-sign" }, option.sign),
    words,
  );
}

function point(list) {
  const nodes = [...list.box.querySelectorAll("[role=option]")];
  nodes.forEach((node, place) => node.setAttribute("aria-selected", String(place === list.at)));
  if (nodes[list.at]) {
    list.field.setAttribute("aria-activedescendant", nodes[list.at].id);
    nodes[list.at].scrollIntoView({ block: "nearest" });
  } else {
    list.field.removeAttribute("aria-activedescendant");
  }
}

function shut(list) {
  list.options = [];
  list.at = -1;
  list.box.hidden = true;
  clear(list.box);
  ["role", "aria-expanded", "aria-controls", "aria-activedescendant"].forEach((name) =>
    list.field.removeAttribute(name),
  );
}

function pick(list, place) {
  const { field, from, options } = list;
  const end = field.selectionStart;
  field.setRangeText(options[place].insert, from, end, "end");
  shut(list);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function takes(list, event) {
  if (list.box.hidden || event.isComposing) {
    return false;
  }
  const many = list.options.length;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    list.at = (list.at + (event.key === "ArrowDown" ? 1 : list.at < 0 ? 0 : -1) + many) % many;
    point(list);
  } else if (event.key === "Tab" && !event.shiftKey) {
    pick(list, Math.max(0, list.at));
  } else if (event.key === "Enter" && !event.shiftKey && list.at >= 0) {
    pick(list, list.at);
  } else if (event.key === "Escape") {
    shut(list);
  } else {
    return false;
  }
  event.preventDefault();
  event.stopPropagation();
  return true;
}
