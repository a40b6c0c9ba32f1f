/** The drawer's tab "Faults": the clock, the bot's process, faults, the speed of stories, counters. */

import { el, stateChip } from "./dom.js";
import { faultsPart } from "./faults.js";
import { allow, order, orderButton, refusalPlace } from "./orders.js";
import { now as simulated, store, subscribe } from "./state.js";
import { botState, counted, lasting, when } from "./words.js";

const SECOND = 1000;
const DAY = 86_400; // seconds
const SOON = 60; // seconds within which the clock counts as the real one
const SPEEDS = [0.25, 1, 2, 5, 20];

/** The panel: `node`, and `show(whether)` to be told when it is seen. */
export function benchPanel() {
  const parts = [clockPart(), botPart(), faultsPart(), speedPart(), countersPart()];
  const node = el(
    "div",
    { class: "bench-panel", dataset: { testid: "bench" } },
    parts.map((part) => part.node),
  );
  let ticking = null;
  const tick = () => parts.forEach((part) => part.tick?.());
  return {
    node,
    show: (shown) => {
      clearInterval(ticking);
      ticking = shown ? setInterval(tick, SECOND) : null;
      if (shown) tick();
    },
  };
}

/** A part of the bench with its heading and a place for refusals. */
function benchPart(title, place, ...children) {
  return el(
    "section",
    { class: "drawer-part", "aria-label": title },
    el("h3", {}, title),
    ...children,
    place,
  );
}

// ------------------------------------------------------------ the clock

function clockPart() {
  const place = refusalPlace();
  const time = el("p", { class: "bench-time", dataset: { testid: "bench-time" } });
  const words = el("p", { class: "drawer-hint" });
  const due = el("dl", { class: "chosen-facts" });
  const jump = (to) => () => order("/api/bench/jump", { to }, place);
  const buttons = el(
    "div",
    { class: "act-buttons" },
    orderButton("Jump to digest time", jump("digest"), { dataset: { testid: "bench-jump-digest" } }),
    orderButton("End the billing day", jump("billing_day"), { dataset: { testid: "bench-end-day" } }),
  );
  const hint = el("p", { class: "drawer-hint" }, "Both restart the bot so that it picks up the new time.");
  const tick = () => store.clock && showClock(store.clock, { time, words, due });
  subscribe("clock", tick);
  return { node: benchPart("Clock", place, time, words, due, buttons, hint), tick };
}

function showClock(clock, { time, words, due }) {
  const { timezone: zone } = clock;
  const now = simulated();
  time.replaceChildren(el("b", {}, when(now, "second", zone)), ` ${zone}, ${when(now, "day", zone)}`);
  words.textContent =
    clock.ahead > SOON ? `${lasting(clock.ahead)} ahead of the real clock.` : "This is the real time.";
  due.replaceChildren(
    moment("Next digest", clock.digest_at, now, zone),
    moment("Billing day ends", clock.billing_day_ends, now, zone),
  );
}

function moment(name, at, now, zone) {
  const named = { [when(now, "day", zone)]: "today", [when(now + DAY, "day", zone)]: "tomorrow" };
  const day = named[when(at, "day", zone)] ?? when(at, "day", zone);
  return el(
    "div",
    { class: "fact" },
    el("dt", {}, name),
    el("dd", {}, `${day} at ${when(at, "clock", zone)}, in ${lasting(at - now)}`),
  );
}

// ------------------------------------------------------------ the bot's process

const ALIVE = new Set(["starting", "running"]);
const PROCESS_ACTS = [
  {
    act: "kill",
    label: "Kill the bot",
    hint: "SIGKILL",
    title: "Right away, without cleaning up",
    look: "is-danger",
    fits: (state) => ALIVE.has(state) || state === "stopping",
  },
  {
    act: "stop",
    label: "Stop the bot",
    hint: "SIGTERM",
    title: "It finishes its work, then exits",
    fits: (state) => ALIVE.has(state),
  },
  { act: "start", label: "Start the bot", fits: (state) => state === "stopped" || state === "killed" },
  { act: "restart", label: "Restart the bot", fits: () => true },
];

function botPart() {
  const place = refusalPlace();
  const state = el("p", { class: "bench-bot", role: "status", dataset: { testid: "bench-bot" } });
  const said = el("p", { class: "drawer-hint" });
  const buttons = PROCESS_ACTS.map((process) => ({ ...process, button: processButton(process, place) }));
  const show = (bot) => {
    if (!bot) return;
    showBot(bot, state, said);
    for (const { button, fits } of buttons) allow(button, fits(bot.state));
  };
  subscribe("bot", show);
  const grid = el(
    "div",
    { class: "act-buttons in-pairs" },
    buttons.map(({ button }) => button),
  );
  return { node: benchPart("Bot", place, state, said, grid) };
}

function processButton({ act, label, hint, title, look }, place) {
  const words = [label, hint ? el("small", {}, hint) : null];
  const run = () => order(`/api/bench/${act}`, {}, place);
  return orderButton(words, run, { class: look, title, dataset: { testid: `bench-${act}` } });
}

/** A live region speaks when it changes, so it is only touched when something did. */
function showBot(bot, state, said) {
  const facts = [bot.pid ? `process ${bot.pid}` : "no process", counted(bot.starts, "start")];
  const sentence = `${bot.state} ${facts.join(" ")}`;
  if (state.dataset.told === sentence) return;
  state.dataset.told = sentence;
  state.replaceChildren(stateChip(botState(bot.state)), " ", facts.join(" · "));
  said.textContent = bot.said ?? "";
  said.hidden = !bot.said;
}

// ------------------------------------------------------------ the speed of Devin's stories

function speedPart() {
  const place = refusalPlace();
  const words = el("output", { class: "speed-words", for: "bench-speed" });
  const slider = el("input", {
    type: "range",
    id: "bench-speed",
    min: "0.25",
    max: "20",
    step: "0.25",
    value: "1",
    "aria-label": "Devin's speed",
    dataset: { testid: "bench-speed" },
  });
  const tell = () => {
    words.textContent = speedWords(Number(slider.value));
    slider.setAttribute("aria-valuetext", words.textContent);
  };
  const show = (value) => {
    if (slider.matches(":active")) return; // somebody is dragging it
    slider.value = String(value);
    tell();
  };
  const set = (value) => order("/api/bench/speed", { value }, place);
  slider.addEventListener("input", tell);
  slider.addEventListener("change", () => set(Number(slider.value)));
  subscribe("speed", show);
  show(store.speed);
  const usual = SPEEDS.map((value) =>
    orderButton(speedName(value), () => set(value), { "aria-label": speedWords(value) }),
  );
  const node = benchPart(
    "Devin’s speed",
    place,
    words,
    slider,
    el("div", { class: "act-buttons" }, usual),
  );
  return { node };
}

function speedName(value) {
  return `${{ 0.25: "¼", 0.5: "½" }[value] ?? value}×`;
}

function speedWords(value) {
  if (value === 1) return "As scripted";
  if (value > 1) return `${value} times as fast as scripted`;
  return value === 0.25 ? "Four times slower than scripted" : `Slower: ${value} of the scripted speed`;
}

// ------------------------------------------------------------ the counters

const CALLS = ["made", "failed", "retried"];
const WORK = ["saved", "lost", "doubled"];

function countersPart() {
  const cells = new Map();
  const cell = (name) => {
    cells.set(name, el("td", { dataset: { testid: `counter-${name}` } }, "0"));
    return cells.get(name);
  };
  const service = (label, name) => [
    el("th", { scope: "row" }, label),
    CALLS.map((what) => cell(`${name}-${what}`)),
  ];
  const calls = table(
    "Calls made by the bot",
    ["Calls", ...CALLS],
    [service("Slack", "slack"), service("Devin", "devin")],
  );
  const work = table("Results", ["saved", "lost", "done twice"], [WORK.map(cell)]);
  work.classList.add("of-work");
  const sentence = el("p", { class: "drawer-hint" });
  const show = (counters) => counters && showCounters(counters, cells, sentence);
  subscribe("counters", show);
  return { node: benchPart("Counters", null, calls, work, sentence) };
}

function table(caption, heads, rows) {
  const head = heads.map((name) => el("th", { scope: "col" }, name));
  const body = rows.map((cells) => el("tr", {}, cells));
  const parts = [el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)];
  return el("table", { class: "counters" }, el("caption", { class: "for-readers" }, caption), parts);
}

function showCounters(counters, cells, sentence) {
  for (const service of ["slack", "devin"]) {
    for (const what of CALLS) cells.get(`${service}-${what}`).textContent = counters[service][what];
  }
  for (const what of WORK) cells.get(what).textContent = counters[what];
  for (const what of ["lost", "doubled"]) cells.get(what).dataset.tone = counters[what] ? "bad" : "good";
  sentence.textContent = counters.saved_says ?? "";
}
