/** The page: loads everything, draws its parts, and follows what changes. */

import { startComposer } from "./composer.js";
import { clear } from "./dom.js";
import { startDrawer } from "./drawer.js";
import { follow } from "./feed.js";
import { startHead } from "./head.js";
import { kept } from "./kept.js";
import { startMessages } from "./messages.js";
import { startModals } from "./modal.js";
import { get, inTurn } from "./net.js";
import { startNotes } from "./notes.js";
import { openChannel, openFirst, openThread, reload, startRooms } from "./rooms.js";
import { startSidebar } from "./sidebar.js";
import { apply, channels, forget, people, publish, store, subscribe, take } from "./state.js";
import { startThread } from "./thread.js";
import { startTopbar } from "./topbar.js";
import { startTour } from "./tour.js";
import { baseline, startUnread } from "./unread.js";

const AWAY = "The playground isn't answering. Trying again.";
const AGAIN_AFTER = 1000; // milliseconds
const THREAD_LINK =
  /^https:\/\/[\w.-]+\.slack\.com\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?.*thread_ts=([\d.]+))?/;

// People or channels changed. One that fails is made good by the reset that comes with the next answer.
const refresh = inTurn(() => get("/api/workspace").then(showWorkspace, () => {}));

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
  follow(answer.position, apply, connection);
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
  const last = kept("playground.me", null, "sessionStorage");
  return people(last) && people(last).role !== "bot" ? last : answer.me;
}

function takeWorkspace(answer) {
  const { team, app, people: everybody, channels: all, commands, shortcuts } = answer;
  store.run = answer.run;
  store.workspace = { team, app, people: everybody, channels: all, commands, shortcuts };
}

function showWorkspace(answer) {
  takeWorkspace(answer);
  publish("workspace", store.workspace);
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
  }
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
