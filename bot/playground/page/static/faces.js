/** People as the page shows them: picture, name, role in words; and when something was said. */

import { el, icon } from "./dom.js";
import { now, people, store } from "./state.js";

const TONES = 8;
const ROLES = {
  member: "member",
  admin: "workspace admin",
  guest: "guest",
  external: "from another company",
  bot: "app",
};
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });

/** The name a person goes by. */
export function nameOf(id) {
  const person = people(id);
  return person?.real_name || person?.name || (id === "USLACKBOT" ? "Slack" : (id ?? "Someone"));
}

/** What a channel is called: "#web", or in direct messages the names of the others. */
export function placeName(channel) {
  if (channel?.kind === "mpim") {
    return channel.members.filter((it) => it !== store.me).map(nameOf).join(", ");
  }
  return channel?.kind === "im" ? nameOf(store.workspace.app.user) : `#${channel?.name ?? ""}`;
}

/** The same for where a sign stands before it. */
export function nameBesideSign(channel) {
  return placeName(channel).replace(/^#/, "");
}

/** The sign of a kind of channel. */
export function channelIcon(kind) {
  return icon({ channel: "hash", group: "lock", mpim: "people" }[kind]);
}

/** The first name alone, for short sentences. */
export function firstName(id) {
  return nameOf(id).split(" ")[0];
}

/** What somebody is in this workspace, in words. */
export function roleOf(person) {
  return ROLES[person?.role] ?? "member";
}

/** A picture: initials on a colour that belongs to the id; the app has its own. */
export function avatar(id, size = "") {
  if (people(id)?.role === "bot") {
    return el("span", { class: `avatar avatar-app ${size}`, "aria-hidden": "true" }, icon("bridge"));
  }
  const initials = nameOf(id)
    .split(/\s+/)
    .map((word) => word[0])
    .slice(0, 2)
    .join("")
    .toUpperCase();
  return el("span", { class: `avatar tone-${tone(id)} ${size}`, "aria-hidden": "true" }, initials);
}

/** The hour of a message, with the whole date for those who ask. */
export function time(ts, props = {}) {
  const at = new Date(Number(ts) * 1000);
  return el("time", { datetime: at.toISOString(), title: FULL.format(at), ...props }, TIME.format(at));
}

/** Only the hour and minute, as text. */
export function hour(ts) {
  return TIME.format(new Date(Number(ts) * 1000));
}

/** The day of a message, as a person says it. */
export function day(ts) {
  const at = new Date(Number(ts) * 1000);
  const days = Math.round((midnight(new Date(now() * 1000)) - midnight(at)) / 86_400_000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : DAY.format(at);
}

/** When something was, said shortly: the hour for today, else the day too. */
export function saidWhen(ts) {
  const words = day(ts);
  return words === "Today"
    ? `today at ${hour(ts)}`
    : `${words === "Yesterday" ? "yesterday" : words} at ${hour(ts)}`;
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** People of the workspace have different colours; anybody else one that belongs to the id. */
function tone(id) {
  const place = store.workspace.people.findIndex((it) => it.id === id);
  const sum = [...String(id)].reduce((all, letter) => (all * 31 + letter.charCodeAt(0)) % 997, 0);
  return (place < 0 ? sum : place) % TONES;
}
