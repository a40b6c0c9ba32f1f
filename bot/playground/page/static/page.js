/** The page: loads everything, draws its parts, and follows what changes. */

import { startComposer } from "./composer.js";
import { clear, el, icon } from "./dom.js";
import { startDrawer } from "./drawer.js";
import { startHead } from "./head.js";
import { ask } from "./menus.js";
import { startMessages } from "./messages.js";
import { startModals } from "./modal.js";
import { events, get, post } from "./net.js";
import { startNotes } from "./notes.js";
import { closeThread, openChannel, openFirst, openThread, reload, startRooms } from "./rooms.js";
import { startSidebar } from "./sidebar.js";
import { apply, channels, forget, now, people, publish, store, subscribe, take, toast } from "./state.js";
import { startThread } from "./thread.js";
import { startTour } from "./tour.js";
import { copyTranscript } from "./transcript.js";
import { baseline, startUnread } from "./unread.js";

const AWAY = "The playground does not answer; trying again.";
const AGAIN_AFTER = 1000; // milliseconds
const BOT_WORDS = {
  starting: "starts",
  running: "runs",
  stopping: "stops",
  stopped: "is stopped",
  killed: "is killed",
};
const HOUR = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const THREAD_LINK =
  /^https:\/\/[\w.-]+\.slack\.com\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?.*thread_ts=([\d.]+))?/;

let stale = null;

start();

async function start() {
  const answer = await first();
  parts();
  takeWorkspace(answer);
  baseline();
  store.me = actor(answer);
  publish("workspace", store.workspace);
  publish("me", store.me);
  take(answer);
  events(answer.position, apply, connection);
  await openFirst();
  startTour();
  document.documentElement.dataset.ready = "yes";
}

/** The workspace, as soon as the server answers. */
async function first() {
  for (;;) {
    try {
      const answer = await get("/api/workspace");
      connection("open");
      return answer;
    } catch {
      connection("away");
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
    }
  }
}

function parts() {
  startUnread();
  startRooms();
  startNotes();
  startSidebar();
  startHead();
  startMessages();
  startThread();
  startComposer();
  startModals();
  startDrawer();
  startTopbar();
  subscribe("workspace-stale", refresh);
  subscribe("reset", anew);
  document.addEventListener("click", followThreadLink);
}

function actor(answer) {
  const last = sessionStorage.getItem("playground.me");
  return people(last) && people(last).role !== "bot" ? last : answer.me;
}

function takeWorkspace(answer) {
  const { team, app, people: everybody, channels: all, commands, shortcuts } = answer;
  store.workspace = { team, app, people: everybody, channels: all, commands, shortcuts };
}

/** People or channels changed: read them again, once for all that came at the same time. */
function refresh() {
  stale ??= get("/api/workspace").then(
    (answer) => {
      stale = null;
      takeWorkspace(answer);
      publish("workspace", store.workspace);
    },
    () => (stale = null),
  );
}

/** Everything is new: a reset, or the page was away for too long. */
async function anew() {
  forget();
  const answer = await first();
  takeWorkspace(answer);
  baseline();
  store.me = people(store.me) ? store.me : answer.me;
  publish("workspace", store.workspace);
  publish("me", store.me);
  take(answer);
  await reload();
}

function connection(state) {
  const line = document.getElementById("alerts");
  const away = state === "away";
  if (away !== line.classList.contains("is-away")) {
    line.classList.toggle("is-away", away);
    clear(line).append(away ? AWAY : "");
    publish("connection", state);
  }
}

function startTopbar() {
  const signs = {
    "copy-transcript": "copy",
    "open-devin": "robot",
    "open-bench": "bench",
    "tour-start": "tour",
    reset: "reset",
  };
  for (const [id, sign] of Object.entries(signs)) {
    const node = document.getElementById(id);
    node.prepend(icon(sign));
    node.title = node.querySelector(".words").textContent;
  }
  document.getElementById("copy-transcript").addEventListener("click", () => copyTranscript());
  document.getElementById("reset").addEventListener("click", reset);
  subscribe("bot", drawBot);
  subscribe("clock", drawClock);
  setInterval(() => !document.hidden && drawClock(), 1000);
}

async function reset() {
  const text =
    "All messages and sessions go, and the bot starts anew, as after the first start of the playground.";
  if (!(await ask({ title: "Reset the playground?", text, yes: "Reset", danger: true }))) {
    return;
  }
  closeThread(); // it will be gone
  try {
    const answer = await post("/api/bench/reset");
    toast(answer.said ?? "The playground is fresh again.");
  } catch (error) {
    toast(error.message, { kind: "error" });
  }
}

function drawBot(bot) {
  const node = document.getElementById("bot-state");
  const words = `The bot ${BOT_WORDS[bot.state] ?? bot.state}`;
  node.className = `bot-state is-${bot.state}`;
  node.title = words;
  clear(node).append(el("span", { class: "for-readers" }, ` (${words.toLowerCase()})`));
}

function drawClock() {
  const clock = store.clock;
  if (!clock) {
    return;
  }
  const words = HOUR.format(new Date(now() * 1000));
  const node = document.getElementById("clock");
  const ahead = clock.ahead >= 60 ? ` · +${span(clock.ahead)}` : "";
  if (node.textContent !== words + ahead) {
    node.textContent = words + ahead;
    node.title = clockTitle(clock);
  }
}

function clockTitle(clock) {
  const zone = { timeZone: clock.timezone || "UTC", dateStyle: "medium", timeStyle: "short" };
  const at = (seconds) => new Intl.DateTimeFormat(undefined, zone).format(new Date(seconds * 1000));
  const parts = [
    clock.ahead >= 60 ? `The playground's clock, ${span(clock.ahead)} ahead.` : "The playground's clock.",
  ];
  if (clock.digest_at) {
    parts.push(`The next digest is due at ${at(clock.digest_at)} ${clock.timezone}.`);
  }
  if (clock.billing_day_ends) {
    parts.push(`The billing day ends at ${at(clock.billing_day_ends)} ${clock.timezone}.`);
  }
  return parts.join(" ");
}

function span(seconds) {
  const minutes = Math.round(seconds / 60);
  const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / 1440)];
  return days ? `${days} d ${hours % 24} h` : hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** A link to a message of this workspace opens here, not at Slack; so does a channel that is named. */
function followThreadLink(event) {
  const mentioned = event.target.closest?.(".row [data-channel].bk-mention")?.dataset.channel;
  if (mentioned && channels(mentioned)) {
    openChannel(mentioned);
    return;
  }
  const anchor = event.target.closest?.("a[href]");
  const [, channel, seconds, micros, thread] = anchor?.href.match(THREAD_LINK) ?? [];
  if (!channel || !channels(channel) || event.ctrlKey || event.metaKey) {
    return;
  }
  event.preventDefault();
  const ts = `${seconds}.${micros}`;
  if (thread && thread !== ts) {
    openThread(channel, thread);
  } else {
    openChannel(channel, { ts });
  }
}
