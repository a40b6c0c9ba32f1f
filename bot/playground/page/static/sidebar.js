/** The left: channels, messages with the bot, the app's home; and what is unread there. */

import { button, clear, el, forReaders, icon, reconcile } from "./dom.js";
import { avatar, channelIcon, firstName, nameOf, placeName } from "./faces.js";
import { groupButton } from "./group_message.js";
import { isEscape } from "./menus.js";
import { openChannel, openHome, visibleChannels } from "./rooms.js";
import { channels, isDirect, isMember, store, subscribe } from "./state.js";
import { unread } from "./unread.js";

const lists = {};
let waiting = 0;
let pressed = false;

/** Draw the sidebar, and keep it up to date. */
export function startSidebar() {
  const nav = clear(document.getElementById("sidebar"));
  nav.append(
    el("p", { class: "team" }),
    section("channels", "Channels"),
    section("direct", "Direct messages", groupButton(() => fold(true))),
    section("apps", "Apps"),
  );
  nav.addEventListener("keydown", walk);
  nav.addEventListener("pointerdown", () => hold(true));
  for (const kind of ["pointerup", "pointercancel"]) {
    window.addEventListener(kind, () => hold(false));
  }
  for (const kind of ["workspace", "me", "channel", "unread", "bot"]) {
    subscribe(kind, later);
  }
  startFolding(nav);
}

function section(name, words, beside = null) {
  lists[name] = el("ul", { class: "channel-list" });
  const head = el("div", { class: "sidebar-head" }, el("h2", null, words), beside);
  return el("section", { class: "sidebar-section" }, head, lists[name]);
}

function later() {
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    if (!pressed) {
      draw();
    }
  });
}

/** While a link is pressed nothing is drawn: a click that ends on another node than it began on is none. */
function hold(on) {
  if (pressed !== on) {
    pressed = on;
    later();
  }
}

function draw() {
  const own = visibleChannels();
  const named = store.workspace.channels.filter(
    (it) => !isDirect(it) && (own.includes(it) || it.id === store.channel),
  );
  document.querySelector("#sidebar .team").textContent = store.workspace.team || "Playground";
  reconcile(lists.channels, named.sort(byName).map(channelItem));
  reconcile(lists.direct, own.filter(isDirect).map(directItem));
  reconcile(lists.apps, [appItem()]);
  title();
}

function byName(one, other) {
  return one.is_archived - other.is_archived || one.name.localeCompare(other.name);
}

function title() {
  const many = visibleChannels().reduce((sum, it) => sum + (isMember(it) ? unread(it.id) : 0), 0);
  const place = store.home ? "Home" : placeName(channels(store.channel));
  document.title = `${many ? `(${many}) ` : ""}${place} · Devin Bridge playground`;
}

function channelItem(channel) {
  const { id, name, kind, is_archived: archived, is_ext_shared: shared } = channel;
  const away = !isMember(channel);
  const many = away ? 0 : unread(id);
  const open = store.channel === id;
  const marks = [
    archived && mark("Archived", "archive"),
    shared && mark("Shared with another company", "shared"),
  ];
  const hint = away ? `${firstName(store.me)} isn't in it` : null;
  const facts = { many, open, marks, away, hint, sign: channelIcon(kind), words: name };
  const sig = JSON.stringify([name, kind, archived, shared, many, open, hint]);
  return { key: id, sig, draw: () => entry(facts, { channel: id }, () => openChannel(id)) };
}

function directItem(channel) {
  return channel.kind === "mpim" ? groupItem(channel) : aloneItem(channel);
}

function groupItem(channel) {
  const { id, kind, is_ext_shared: shared } = channel;
  const many = unread(id);
  const open = store.channel === id;
  const words = placeName(channel);
  const marks = [shared && mark("Shared with another company", "shared")];
  const facts = { many, open, marks, sign: channelIcon(kind), words };
  const sig = JSON.stringify([many, open, shared, words]);
  return { key: id, sig, draw: () => entry(facts, { channel: id }, () => openChannel(id)) };
}

function aloneItem(channel) {
  const { id } = channel;
  const many = unread(id);
  const open = store.channel === id;
  const bot = store.workspace.app.user;
  const state = store.bot?.state ?? "running";
  const facts = { many, open, sign: [avatar(bot, "tiny"), presence(state)], words: nameOf(bot) };
  const sig = JSON.stringify([many, open, state, nameOf(bot)]);
  return { key: id, sig, draw: () => entry(facts, { channel: id }, () => openChannel(id)) };
}

function appItem() {
  const bot = store.workspace.app.user;
  const facts = { many: 0, open: store.home, sign: icon("home"), words: `${nameOf(bot)} Home` };
  return {
    key: "home",
    sig: `${store.home}:${nameOf(bot)}`,
    draw: () => entry(facts, { home: "" }, openHome, "home-link"),
  };
}

function presence(state) {
  return el("span", { class: `presence is-${state}`, title: `The bot is ${state}` });
}

function entry({ many, open, marks = [], away, hint, sign, words }, dataset, run, testid = "channel-link") {
  const classes = ["channel-link", many && "is-unread", open && "is-open", away && "is-away"].filter(Boolean);
  const props = {
    class: classes.join(" "),
    dataset: { testid, ...dataset },
    "aria-current": open ? "page" : null,
    title: hint,
  };
  const parts = [
    el("span", { class: "channel-sign" }, sign),
    el("span", { class: "channel-name" }, words),
    hint && forReaders(`, ${hint}`),
    marks,
    many > 0 && el("span", { class: "count" }, many > 99 ? "99+" : many, forReaders(" new")),
  ];
  const choose = () => {
    fold(true);
    run();
  };
  return el("li", null, button(parts, props, choose));
}

function mark(words, sign) {
  return el("span", { class: "channel-mark", title: words }, icon(sign), forReaders(`, ${words}`));
}

function walk(event) {
  const links = [...document.querySelectorAll("#sidebar .channel-link")];
  const at = links.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (at >= 0 && links[next]) {
    event.preventDefault();
    links[next].focus();
  }
}

/** On narrow windows the sidebar opens with a button and closes after a choice. */
function startFolding(nav) {
  const opener = document.getElementById("open-sidebar");
  opener.append(icon("menu"));
  opener.addEventListener("click", () => {
    fold(document.body.classList.contains("sidebar-open"));
    if (document.body.classList.contains("sidebar-open")) {
      (nav.querySelector(".is-open") ?? nav.querySelector(".channel-link"))?.focus();
    }
  });
  nav.addEventListener("keydown", (event) => {
    if (isEscape(event) && document.body.classList.contains("sidebar-open")) {
      event.preventDefault();
      fold(true);
      opener.focus();
    }
  });
  document.getElementById("main").addEventListener("pointerdown", () => fold(true));
}

function fold(closed) {
  document.body.classList.toggle("sidebar-open", !closed);
  document.getElementById("open-sidebar").setAttribute("aria-expanded", String(!closed));
}
