/** The left: channels, messages with the bot, the app's home; what is unread; and who acts. */

import { button, clear, el, icon, reconcile } from "./dom.js";
import { avatar, firstName, nameOf, roleOf } from "./faces.js";
import { actAs, openChannel, openHome, visibleChannels } from "./rooms.js";
import { channels, isMember, people, store, subscribe } from "./state.js";
import { unread } from "./unread.js";

const SIGNS = { channel: "hash", group: "lock", mpim: "people" };
const lists = {};
let waiting = 0;

/** Draw the sidebar and the switch of persons, and keep both up to date. */
export function startSidebar() {
  const nav = clear(document.getElementById("sidebar"));
  nav.append(
    el("p", { class: "team" }, store.workspace.team || "Playground"),
    section("channels", "Channels"),
    section("direct", "Direct messages"),
    section("apps", "Apps"),
  );
  nav.addEventListener("keydown", walk);
  for (const kind of ["workspace", "me", "channel", "unread", "bot"]) {
    subscribe(kind, later);
  }
  startActing();
  startFolding(nav);
}

function section(name, words) {
  lists[name] = el("ul", { class: "channel-list" });
  return el("section", { class: "sidebar-section" }, el("h2", null, words), lists[name]);
}

function later() {
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    draw();
  });
}

function draw() {
  const own = visibleChannels();
  const seen = store.workspace.channels.filter(
    (it) => own.includes(it) || (it.id === store.channel && it.kind !== "im"),
  );
  document.querySelector("#sidebar .team").textContent = store.workspace.team || "Playground";
  reconcile(
    lists.channels,
    seen
      .filter((it) => it.kind !== "im")
      .sort(byName)
      .map(channelItem),
  );
  reconcile(lists.direct, seen.filter((it) => it.kind === "im").map(directItem));
  reconcile(lists.apps, [appItem()]);
  title();
}

function byName(one, other) {
  return one.is_archived - other.is_archived || one.name.localeCompare(other.name);
}

function title() {
  const many = visibleChannels().reduce((sum, it) => sum + (isMember(it) ? unread(it.id) : 0), 0);
  const open = channels(store.channel);
  const place = store.home
    ? "Home"
    : open?.kind === "im"
      ? nameOf(store.workspace.app.user)
      : `#${open?.name ?? ""}`;
  document.title = `${many ? `(${many}) ` : ""}${place} · Devin Bridge playground`;
}

function channelItem(channel) {
  const many = isMember(channel) ? unread(channel.id) : 0;
  const open = store.channel === channel.id;
  const marks = [
    channel.is_archived && mark("Archived", "archive"),
    channel.is_ext_shared && mark("Shared with another company", "shared"),
  ];
  const away = !isMember(channel);
  const sig = JSON.stringify([
    channel.name,
    channel.kind,
    channel.is_archived,
    channel.is_ext_shared,
    many,
    open,
    away,
  ]);
  const hint = away ? `${firstName(store.me)} is not in it` : null;
  const facts = { many, open, marks, away, hint, sign: icon(SIGNS[channel.kind]), words: channel.name };
  return {
    key: channel.id,
    sig,
    draw: () => entry(facts, { channel: channel.id }, () => openChannel(channel.id)),
  };
}

function directItem(channel) {
  const many = unread(channel.id);
  const open = store.channel === channel.id;
  const bot = store.workspace.app.user;
  const state = store.bot?.state ?? "running";
  const facts = { many, open, sign: [avatar(bot, "tiny"), presence(state)], words: nameOf(bot) };
  const sig = JSON.stringify([many, open, state, nameOf(bot)]);
  return {
    key: channel.id,
    sig,
    draw: () => entry(facts, { channel: channel.id }, () => openChannel(channel.id)),
  };
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
    words: [
      el("span", { class: "channel-sign" }, sign),
      el("span", { class: "channel-name" }, words),
      hint && el("span", { class: "for-readers" }, `, ${hint}`),
      marks,
      many > 0 &&
        el(
          "span",
          { class: "count" },
          many > 99 ? "99+" : String(many),
          el("span", { class: "for-readers" }, " new"),
        ),
    ],
  };
  return el(
    "li",
    null,
    button("", props, () => {
      fold(true);
      run();
    }),
  );
}

function mark(words, sign) {
  return el(
    "span",
    { class: "channel-mark", title: words },
    icon(sign),
    el("span", { class: "for-readers" }, `, ${words}`),
  );
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

function startActing() {
  const select = document.getElementById("acting-as");
  select.addEventListener("change", () => actAs(select.value));
  subscribe("workspace", () => offerPeople(select));
  subscribe("me", () => offerPeople(select));
}

function offerPeople(select) {
  const actors = store.workspace.people.filter((it) => it.role !== "bot");
  const words = (it) => `${it.real_name} · ${roleOf(it)}`;
  const wanted = actors.map((it) => `${it.id}:${words(it)}`).join();
  if (select.dataset.drawn !== wanted) {
    select.dataset.drawn = wanted;
    clear(select).append(...actors.map((it) => el("option", { value: it.id }, words(it))));
  }
  select.value = store.me;
  select.title = people(store.me) ? words(people(store.me)) : "";
  clear(document.getElementById("acting-avatar")).append(avatar(store.me, "small"));
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
    if (event.key === "Escape" && document.body.classList.contains("sidebar-open")) {
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
