/** Dates as Slack writes them: in the reader's time zone, and true for as long as the page is open. */

import { el } from "./dom.js";
import { now, subscribe } from "./state.js";

const TOKEN = /\{[a-z_]{1,30}\}/g;
const JUST_NOW = 90; // seconds
const LATEST = 8_640_000_000_000; // seconds; beyond that there are no dates
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const REFRESH = 15_000; // milliseconds

const relative = new Intl.RelativeTimeFormat("en");
const WRITTEN = {
  full: new Intl.DateTimeFormat("en-US", { dateStyle: "full", timeStyle: "short" }),
  time: new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit" }),
  seconds: new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  short: new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", year: "numeric" }),
  month: new Intl.DateTimeFormat("en-US", { month: "long" }),
  weekday: new Intl.DateTimeFormat("en-US", { weekday: "long" }),
};
let refreshing = false;

const TOKENS = {
  "{date_num}": numbers,
  "{date}": (date) => long(date, false),
  "{date_long}": (date) => long(date, true),
  "{date_short}": (date) => short(date),
  "{date_pretty}": (date) => near(date) ?? long(date, false),
  "{date_long_pretty}": (date) => near(date) ?? long(date, true),
  "{date_short_pretty}": (date) => near(date) ?? short(date),
  "{day_divider_pretty}": (date) => near(date) ?? long(date, true),
  "{time}": (date) => WRITTEN.time.format(date),
  "{time_secs}": (date) => WRITTEN.seconds.format(date),
  "{ago}": (date) => ago(date),
};

/** An instant in a format such as "{date_short_pretty} at {time}", or the fallback. */
export function dateNode(seconds, format, fallback) {
  const date = new Date(Number(seconds) * 1000);
  const text = written(date, format);
  if (text === null) {
    return document.createTextNode(fallback ?? format);
  }
  keepTrue();
  const full = WRITTEN.full.format(date);
  return el("time", { datetime: date.toISOString(), title: full, dataset: { format } }, text);
}

/** What a date says in a format, or null where Slack would show the fallback. */
function written(date, format) {
  const seconds = date.getTime() / 1000;
  const tokens = String(format).match(TOKEN) ?? [];
  if (
    !(Math.abs(seconds) < LATEST) ||
    !tokens.length ||
    !tokens.every((token) => Object.hasOwn(TOKENS, token))
  ) {
    return null;
  }
  return format.replace(TOKEN, (token) => TOKENS[token](date));
}

function keepTrue() {
  if (!refreshing) {
    refreshing = true;
    setInterval(refresh, REFRESH);
    subscribe("clock", refresh);
  }
}

function refresh() {
  for (const node of document.querySelectorAll("time[data-format]")) {
    const text = written(new Date(node.dateTime), node.dataset.format);
    if (text !== null && text !== node.textContent) {
      node.textContent = text;
    }
  }
}

function ago(date) {
  const seconds = Math.round(date.getTime() / 1000 - now());
  if (Math.abs(seconds) < JUST_NOW) {
    return "just now";
  }
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length);
  return relative.format(Math.trunc(seconds / size), unit);
}

function near(date) {
  const day = (instant) =>
    Math.floor((instant - new Date(instant).getTimezoneOffset() * 60_000) / 86_400_000);
  const apart = day(date.getTime()) - day(now() * 1000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[apart] ?? null;
}

function short(date) {
  return WRITTEN.short.format(date);
}

function long(date, named) {
  const month = WRITTEN.month.format(date);
  const weekday = named ? `${WRITTEN.weekday.format(date)}, ` : "";
  return `${weekday}${month} ${ordinal(date.getDate())}, ${date.getFullYear()}`;
}

function ordinal(day) {
  const ending = day > 10 && day < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th");
  return `${day}${ending}`;
}

function numbers(date) {
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}
