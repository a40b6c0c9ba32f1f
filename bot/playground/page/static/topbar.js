/** The top: who acts, the clock, whether the bot runs, and the buttons for the whole playground. */

import { clear, el, forReaders, icon } from "./dom.js";
import { avatar, roleOf } from "./faces.js";
import { ask } from "./menus.js";
import { post } from "./net.js";
import { actAs, closeThread } from "./rooms.js";
import { now, people, store, subscribe, toast, toastError } from "./state.js";
import { copyTranscript } from "./transcript.js";
import { lasting } from "./words.js";

const SIGNS = {
  "copy-transcript": "copy",
  "open-devin": "robot",
  "open-bench": "bench",
  "tour-start": "tour",
  reset: "reset",
};
const BOT_WORDS = {
  starting: "starts",
  running: "runs",
  stopping: "stops",
  stopped: "is stopped",
  killed: "is killed",
};
const HOUR = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });

/** Let the top bar work, and keep it up to date. */
export function startTopbar() {
  for (const [id, sign] of Object.entries(SIGNS)) {
    const node = document.getElementById(id);
    node.prepend(icon(sign));
    node.title = node.querySelector(".words").textContent;
  }
  document.getElementById("copy-transcript").addEventListener("click", () => copyTranscript());
  document.getElementById("reset").addEventListener("click", reset);
  startActing();
  subscribe("bot", drawBot);
  subscribe("clock", drawClock);
  setInterval(() => !document.hidden && drawClock(), 1000);
}

async function reset() {
  const text = "This deletes all messages and sessions and restarts the bot.";
  if (!(await ask({ title: "Reset the playground?", text, yes: "Reset", danger: true }))) {
    return;
  }
  closeThread(); // it will be gone
  try {
    const answer = await post("/api/bench/reset");
    toast(answer.said);
  } catch (error) {
    toastError(error);
  }
}

function drawBot(bot) {
  const node = document.getElementById("bot-state");
  const words = `The bot ${BOT_WORDS[bot.state] ?? bot.state}`;
  node.className = `bot-state is-${bot.state}`;
  node.title = words;
  clear(node).append(forReaders(` (${words.toLowerCase()})`));
}

function drawClock() {
  const clock = store.clock;
  if (!clock) {
    return;
  }
  const words = HOUR.format(new Date(now() * 1000));
  const node = document.getElementById("clock");
  const ahead = clock.ahead >= 60 ? ` · +${lasting(clock.ahead)}` : "";
  if (node.textContent !== words + ahead) {
    clear(node).append(words, el("span", { class: "ahead" }, ahead));
    node.title = clockTitle(clock);
  }
}

function clockTitle(clock) {
  const zone = { timeZone: clock.timezone || "UTC", dateStyle: "medium", timeStyle: "short" };
  const at = (seconds) => new Intl.DateTimeFormat(undefined, zone).format(new Date(seconds * 1000));
  const parts = [
    clock.ahead >= 60 ? `The playground's clock, ${lasting(clock.ahead)} ahead.` : "The playground's clock.",
  ];
  if (clock.digest_at) {
    parts.push(`The next digest is due at ${at(clock.digest_at)} ${clock.timezone}.`);
  }
  if (clock.billing_day_ends) {
    parts.push(`The billing day ends at ${at(clock.billing_day_ends)} ${clock.timezone}.`);
  }
  return parts.join(" ");
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
