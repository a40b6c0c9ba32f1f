/** The head of the middle: the channel's name, who is in it, and whether the bot is. */

import { button, clear, el, forReaders, iconButton } from "./dom.js";
import { avatar, channelIcon, firstName, nameBesideSign, nameOf, roleOf } from "./faces.js";
import { home } from "./home.js";
import { act, copy } from "./message_acts.js";
import { ask, menu, panel } from "./menus.js";
import { openChannel, openHome } from "./rooms.js";
import { channels, directOf, isDirect, store, subscribe } from "./state.js";
import { counted } from "./words.js";

let drawn = "";

/** Draw the head and, in place of the messages, the app's home; keep both up to date. */
export function startHead() {
  for (const kind of ["workspace", "channel", "me", "bot"]) {
    subscribe(kind, draw);
  }
  subscribe("channel", showPage);
  subscribe("reset", () => (drawn = ""));
}

function showPage() {
  const page = document.getElementById("home");
  document.getElementById("main").classList.toggle("is-home", store.home);
  page.hidden = !store.home;
  clear(page);
  if (store.home) {
    const container = el("div", { class: "home-inner" });
    page.append(container);
    home(container);
  }
}

function draw() {
  const head = document.getElementById("channel-head");
  const channel = channels(store.channel);
  const state = JSON.stringify([channel, store.home, store.me, store.workspace.people, store.workspace.app]);
  if (state === drawn) {
    return;
  }
  drawn = state;
  const focused = head.contains(document.activeElement) ? document.activeElement.dataset.name : null;
  const isApp = store.home || channel?.kind === "im";
  clear(head).append(...(isApp ? appHead() : channel ? channelHead(channel) : []));
  head.querySelector(`[data-name="${focused}"]`)?.focus();
}

function appHead() {
  const bot = store.workspace.app.user;
  const direct = directOf(store.me);
  const tab = (words, open, run) =>
    button(words, { class: `tab${open ? " is-open" : ""}`, "aria-current": open ? "page" : null }, run);
  return [
    el(
      "h2",
      { class: "head-name" },
      avatar(bot, "small"),
      nameOf(bot),
      el("span", { class: "badge" }, "APP"),
    ),
    el(
      "div",
      { class: "tabs" },
      tab("Home", store.home, openHome),
      direct && tab("Messages", !store.home, () => openChannel(direct)),
    ),
  ];
}

function channelHead(channel) {
  const marks = [
    channel.is_archived && "Archived",
    channel.is_ext_shared && "Shared with another company",
  ].filter(Boolean);
  return [
    el("h2", { class: "head-name" }, channelIcon(channel.kind), el("span", null, nameBesideSign(channel))),
    ...marks.map((words) => el("span", { class: "badge badge-role" }, words)),
    el(
      "div",
      { class: "head-right" },
      !isDirect(channel) && botIn(channel),
      membersButton(channel),
      channelButton(channel),
    ),
  ];
}

function botIn(channel) {
  const bot = nameOf(store.workspace.app.user);
  const change = channel.has_bot ? () => removeBot(channel) : () => act("invite", { channel: channel.id });
  const words = channel.has_bot ? "Remove" : "Invite";
  const props = {
    class: `button is-small${channel.has_bot ? "" : " is-primary"}`,
    "aria-label": `${words} ${bot}`,
    dataset: { testid: "bot-membership", name: "bot" },
  };
  return el(
    "div",
    { class: "bot-in" },
    el(
      "span",
      { class: `bot-words${channel.has_bot ? " is-in" : ""}` },
      channel.has_bot ? `${bot} is in` : `${bot} isn't in`,
    ),
    button(words, props, change),
  );
}

async function removeBot(channel) {
  const text = "It will no longer see messages here. Its threads stay, and you can invite it again.";
  const sure = await ask({
    title: `Remove the bot from #${channel.name}?`,
    text,
    yes: "Remove",
    danger: true,
  });
  if (sure) {
    await act("remove", { channel: channel.id });
  }
}

function membersButton(channel) {
  const faces = channel.members.slice(0, 3).map((id) => avatar(id, "small"));
  const all = `${counted(channel.members.length, "member")}: ${channel.members.map(nameOf).join(", ")}`;
  const readers = forReaders(all.slice(String(channel.members.length).length));
  const words = [
    el("span", { class: "footer-faces" }, faces),
    el("span", null, channel.members.length, readers),
  ];
  const props = {
    class: "members",
    title: all,
    "aria-haspopup": "dialog",
    dataset: { name: "members" },
  };
  return button(words, props, (event) => membersPanel(event.currentTarget, channel));
}

function membersPanel(anchor, channel) {
  const isIn = (it) => channel.members.includes(it.id);
  const everybody = store.workspace.people.filter((it) => (isDirect(channel) ? isIn(it) : it.role !== "bot"));
  const label = isDirect(channel) ? "Members" : `Members of #${channel.name}`;
  const rows = everybody.map((person) => memberRow(channel, person, () => pop.hidePopover()));
  const pop = panel(anchor, label, el("h3", null, label), el("ul", { class: "people" }, rows));
}

function memberRow(channel, person, close) {
  const inside = channel.members.includes(person.id);
  const change = async () => {
    close();
    await act(inside ? "remove" : "invite", { channel: channel.id, who: person.id });
  };
  const words = inside ? "Remove" : "Add";
  return el(
    "li",
    null,
    avatar(person.id, "small"),
    el(
      "span",
      { class: "people-words" },
      el("b", null, person.real_name),
      el("span", { class: "is-soft" }, roleOf(person)),
    ),
    !isDirect(channel) &&
      button(words, { class: "button is-small", "aria-label": `${words} ${person.real_name}` }, change),
  );
}

function channelButton(channel) {
  const props = { class: "icon-button", "aria-haspopup": "menu", dataset: { name: "channel" } };
  return iconButton("Channel actions", "more", props, (event) => {
    const archive = channel.is_archived
      ? { label: "Unarchive channel", sign: "archive", run: () => act("unarchive", { channel: channel.id }) }
      : { label: "Archive channel", sign: "archive", danger: true, run: () => archiveOf(channel) };
    const link = `${location.origin}/#/${channel.id}`;
    const copied = { label: "Copy link", sign: "copy", run: () => copy(link, "Link copied.") };
    menu(event.currentTarget, isDirect(channel) ? [copied] : [copied, null, archive], "Channel actions");
  });
}

async function archiveOf(channel) {
  const who = firstName(store.me);
  const text = `No one can write in it until someone unarchives it. This is done as ${who}, and the bot is notified.`;
  if (await ask({ title: `Archive #${channel.name}?`, text, yes: "Archive", danger: true })) {
    await act("archive", { channel: channel.id });
  }
}
