/** Menus for one or several choices: a list with a search field that opens above everything. */

import { failure, placeOf } from "./click.js";
import { button, clear, el } from "./dom.js";
import { entered, holdsSeveral, optionText, remember, rememberOption, valueOf } from "./entered.js";
import { nameOf, placeName } from "./faces.js";
import { chip } from "./fields.js";
import { place } from "./menus.js";
import { textObject } from "./mrkdwn.js";
import { post } from "./net.js";
import { channels, store } from "./state.js";

const PAUSE = 250; // milliseconds after the last key until the app is asked
const LEAST_TYPED = 3; // characters, when the app does not say how many
const INCLUDED = { channel: "public", group: "private", im: "im", mpim: "mpim" };

let count = 0;

/** A select of any kind. */
export function select(it) {
  beginHere(it);
  return holdsSeveral(it.element) ? several(it) : single(it);
}

/** A menu of conversations may begin with the one that is open. */
function beginHere(it) {
  const begun = entered(it) || valueOf(it)?.length;
  if (it.element.default_to_current_conversation && !begun && store.channel) {
    remember(it, holdsSeveral(it.element) ? [store.channel] : store.channel);
  }
}

function single(it) {
  const { element: one, block } = it;
  const words = el("span", { class: "bk-select-words" });
  const opener = opening(it, words, () => [valueOf(it)], pick);
  const clearing = { class: "bk-select-away", "aria-label": "Clear the choice" };
  const away = block.optional && button("×", clearing, () => pick(null));
  const node = el("span", { class: "bk-select-frame" }, opener, away);
  draw();
  return node;

  function draw() {
    const value = valueOf(it);
    clear(words).append(value ? labelOf(one, value) : placeholder(it));
    opener.classList.toggle("is-empty", !value);
    if (away) {
      away.hidden = !value;
    }
  }

  async function pick(option) {
    keepWords(one, option);
    opener.focus({ preventScroll: true });
    if (option?.value !== valueOf(it)) {
      const sent = it.change(option?.value ?? "", opener);
      draw();
      await sent;
      draw();
    }
  }
}

function several(it) {
  const { element: one } = it;
  const most = one.max_selected_items ?? Infinity;
  const words = el("span", { class: "bk-select-words is-soft" }, placeholder(it));
  const chips = el("ul", { class: "bk-chips" });
  const opener = opening(it, words, () => valueOf(it), toggle, true);
  const node = el("span", { class: "bk-select-frame bk-multi" }, chips, opener);
  draw();
  return node;

  function draw() {
    chips.replaceChildren(...valueOf(it).map((value) => chip(labelOf(one, value), () => toggle({ value }))));
    chips.hidden = !valueOf(it).length;
  }

  async function toggle(option) {
    const before = valueOf(it);
    const rest = before.filter((value) => value !== option.value);
    if (rest.length === before.length && before.length >= most) {
      return;
    }
    keepWords(one, option);
    const sent = it.change(rest.length === before.length ? [...before, option.value] : rest, opener);
    draw();
    await sent;
    draw();
  }
}

/** The button that opens the list. */
function opening(it, words, chosen, onPick, stays = false) {
  const { field } = it;
  const label = field.label ?? it.element.placeholder?.text ?? "Choose";
  const props = {
    class: "bk-select",
    id: field.id,
    role: "combobox",
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    "aria-labelledby": field.labelledby,
    "aria-label": field.labelledby ? null : label,
    "aria-describedby": field.describedby,
    "aria-required": field.required ? "true" : null,
  };
  const asks = it.element.type.endsWith("external_select");
  const settings = { label, onPick, chosen, stays, ask: asking(it) };
  const node = button(words, props, () => openList(node, asks ? null : groupsOf(it), settings));
  node.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      node.click();
    }
  });
  return node;
}

function placeholder({ element: one }) {
  const usual = {
    users: "Choose a person",
    channels: "Choose a channel",
    conversations: "Choose a conversation",
  };
  const kind = Object.keys(usual).find((name) => one.type.includes(name));
  return one.placeholder?.text ?? usual[kind] ?? (holdsSeveral(one) ? "Choose some" : "Choose one");
}

function keepWords(element, option) {
  if (option?.text && element.type.endsWith("external_select")) {
    rememberOption(element, option);
  }
}

// ---------------------------------------------------------------- what there is to choose

function labelOf(element, value) {
  if (element.type.includes("users")) {
    return document.createTextNode(nameOf(value));
  }
  if (element.type.includes("channels") || element.type.includes("conversations")) {
    return document.createTextNode(conversationName(value));
  }
  return textObject(optionText(element, value));
}

function groupsOf({ element: one }) {
  if (one.type.includes("users")) {
    return [{ options: store.workspace.people.map(({ id }) => words(id, nameOf(id))) }];
  }
  if (one.type.includes("channels")) {
    return conversations((it) => it.kind === "channel");
  }
  if (one.type.includes("conversations")) {
    return conversations((it) => fits(it, one.filter ?? {}));
  }
  const groups = one.option_groups ?? [{ options: one.options ?? [] }];
  return groups.map(({ label, options }) => ({ label, options: options.map(told) }));
}

function conversations(wanted) {
  const all = store.workspace.channels.filter(wanted);
  return [{ options: all.map(({ id }) => words(id, conversationName(id))) }];
}

function told({ value, text, description }) {
  return { value, text, note: description };
}

function words(value, text) {
  return { value, text: { type: "plain_text", text, emoji: false } };
}

function fits(channel, { include, exclude_external_shared_channels: own, exclude_bot_users: noBots }) {
  const mine = channel.kind === "channel" || channel.members.includes(store.me);
  const wanted = !include || include.includes(INCLUDED[channel.kind]);
  return (
    mine &&
    wanted &&
    !channel.is_archived &&
    !(own && channel.is_ext_shared) &&
    !(noBots && channel.kind === "im")
  );
}

function conversationName(id) {
  const channel = channels(id);
  if (channel?.kind === "im") {
    return nameOf(channel.members.find((member) => member !== store.me) ?? id);
  }
  return channel ? placeName(channel) : `#${id}`;
}

/** For a menu whose options the app gives: ask it, and answer groups; throws with the words for people. */
function asking({ element: one, block, context }) {
  const least = one.min_query_length ?? LEAST_TYPED;
  return async (typed) => {
    if (typed.length < least) {
      return { groups: [], says: `Type ${least} or more characters.` };
    }
    const what = { action_id: one.action_id, block_id: block.block_id, value: typed };
    const result = await post("/api/slack/suggest", { user: store.me, ...placeOf(context), ...what });
    if (result.status === "failed") {
      throw new Error(failure(result));
    }
    const groups = result.answer?.option_groups ?? [{ options: result.answer?.options ?? [] }];
    return { groups: groups.map(({ label, options }) => ({ label, options: (options ?? []).map(told) })) };
  };
}

// ---------------------------------------------------------------- the list

/**
 * Open a list at a button. `groups` are {label, options: [{value, text, note}]}; null: `ask` gives them.
 * `chosen` answers the values that are chosen; with `stays` several are chosen before it closes.
 */
function openList(anchor, groups, { label, onPick, chosen, stays, ask }) {
  const id = `bk-list-${(count += 1)}`;
  const several = stays ? "true" : null;
  const list = el("div", { role: "listbox", "aria-label": label, "aria-multiselectable": several, id });
  const input = searchField(id, label);
  const says = el("div", { class: "bk-list-says", role: "status" });
  const pop = el("div", { class: "bk-popover", popover: "auto" }, input, list, says);
  const state = { anchor, pop, list, input, says, chosen, stays, onPick, options: [], nodes: [], active: -1 };
  pop.addEventListener("keydown", (event) => key(state, event));
  pop.addEventListener("toggle", (event) => event.newState === "closed" && closed(state));
  input.addEventListener("input", () =>
    groups ? fill(state, found(groups, input.value)) : later(state, ask),
  );
  anchor.after(pop);
  anchor.setAttribute("aria-expanded", "true");
  anchor.setAttribute("aria-controls", id);
  pop.showPopover();
  groups ? fill(state, groups) : load(state, ask);
  input.focus();
}

function searchField(controls, label) {
  return el("input", {
    type: "text",
    class: "bk-input bk-search",
    role: "combobox",
    autocomplete: "off",
    placeholder: "Search",
    "aria-label": `Search: ${label}`,
    "aria-expanded": "true",
    "aria-autocomplete": "list",
    "aria-controls": controls,
  });
}

function found(groups, typed) {
  const wanted = typed.trim().toLowerCase();
  const fits = ({ text, note }) => `${text?.text ?? ""} ${note?.text ?? ""}`.toLowerCase().includes(wanted);
  return groups.map((group) => ({ ...group, options: group.options.filter(fits) }));
}

function later(state, ask) {
  clearTimeout(state.timer);
  state.timer = setTimeout(() => load(state, ask), PAUSE);
}

async function load(state, ask) {
  const typed = state.input.value.trim();
  state.says.textContent = "Loading…";
  try {
    const { groups, says } = await ask(typed);
    if (typed === state.input.value.trim()) {
      fill(state, groups, says);
    }
  } catch (error) {
    fill(state, [], error.message);
    state.says.classList.add("is-danger");
  }
}

function fill(state, groups, says) {
  state.options = groups.flatMap((group) => group.options);
  state.nodes = [];
  const draw = (option) => {
    const node = optionNode(state, option, state.nodes.length);
    state.nodes.push(node);
    return node;
  };
  clear(state.list).append(
    ...groups.filter((group) => group.options.length).map((group) => groupNode(state, group, draw)),
  );
  state.list.hidden = !state.options.length;
  state.says.classList.remove("is-danger");
  state.says.textContent = says ?? (state.options.length ? "" : "Nothing found.");
  const first = state.options.findIndex((option) => state.chosen().includes(option.value));
  activate(state, state.options.length ? Math.max(0, first) : -1);
  place(state.pop, state.anchor);
}

function groupNode(state, { label, options }, draw) {
  if (!label) {
    const box = document.createDocumentFragment();
    box.append(...options.map(draw));
    return box;
  }
  const id = `${state.list.id}-g${state.nodes.length}`;
  const head = el("div", { class: "bk-list-group", id, role: "presentation" }, textObject(label));
  return el("div", { role: "group", "aria-labelledby": id }, head, options.map(draw));
}

function optionNode(state, option, at) {
  const props = {
    class: "bk-option",
    id: `${state.list.id}-${at}`,
    role: "option",
    "aria-selected": String(state.chosen().includes(option.value)),
    on: {
      mousedown: (event) => event.preventDefault(), // the keys stay with the list, Esc above all
      click: () => take(state, at),
      pointermove: () => activate(state, at, false),
    },
  };
  const note = option.note && el("span", { class: "bk-note" }, textObject(option.note));
  return el("div", props, el("span", null, textObject(option.text)), note);
}

function activate(state, at, scroll = true) {
  state.nodes[state.active]?.classList.remove("is-active");
  state.active = at;
  const node = state.nodes[at];
  node?.classList.add("is-active");
  node
    ? state.input.setAttribute("aria-activedescendant", node.id)
    : state.input.removeAttribute("aria-activedescendant");
  if (scroll) {
    node?.scrollIntoView({ block: "nearest" });
  }
}

function key(state, event) {
  const last = state.options.length - 1;
  const at = state.active;
  const moves = {
    ArrowDown: at >= last ? 0 : at + 1,
    ArrowUp: at <= 0 ? last : at - 1,
    PageDown: last,
    PageUp: 0,
  };
  if (event.key === "Escape") {
    event.stopPropagation();
    event.preventDefault();
    state.pop.hidePopover();
  } else if (event.key === "Tab") {
    state.pop.hidePopover();
  } else if (event.key === "Enter") {
    event.preventDefault();
    take(state, at);
  } else if (event.key in moves && last >= 0) {
    event.preventDefault();
    activate(state, moves[event.key]);
  }
}

function take(state, at) {
  const option = state.options[at];
  if (!option) {
    return;
  }
  if (!state.stays) {
    state.pop.hidePopover();
  }
  state.onPick(option);
  if (state.stays) {
    const chosen = state.chosen();
    state.nodes.forEach((node, other) =>
      node.setAttribute("aria-selected", String(chosen.includes(state.options[other].value))),
    );
  }
}

function closed(state) {
  const inside = state.pop.contains(document.activeElement) || document.activeElement === document.body;
  clearTimeout(state.timer);
  state.pop.remove();
  state.anchor.setAttribute("aria-expanded", "false");
  state.anchor.removeAttribute("aria-controls");
  if (inside) {
    state.anchor.focus({ preventScroll: true });
  }
}
