/**
 * What changes, read from the server once for all tabs of a browser.
 *
 * A browser opens six connections to one server for all its tabs together, and a stream of events keeps one of them:
 * with a stream for each tab the seventh tab could not even load. So one tab leads: it reads the stream and broadcasts
 * it. The tab that holds a lock leads, because the browser itself gives the lock to the next tab when a tab is closed,
 * crashes or goes elsewhere. A SharedWorker could read the stream too, but a browser may end it, with the process of
 * the tab that started it, without a word to the other tabs.
 *
 * A broadcast says after which position it begins. A tab that is not there yet, because it came late or was frozen,
 * asks the server for what it has missed: the journal is the server's alone.
 */

import { get, inTurn } from "./net.js";

const NAME = "playground.feed"; // of the lock, and of the channel between the tabs
const AGAIN_AFTER = 1000; // milliseconds

/**
 * Follow all changes after a position, for as long as the page lives, in sight or not.
 * `onState` is given "open" and "away", when the connection to the server changes.
 */
export function follow(position, onChanges, onState) {
  const feed = { position, source: null, timer: null, onChanges, onState };
  feed.tabs = new BroadcastChannel(NAME);
  feed.tabs.addEventListener("message", ({ data }) => receive(feed, data));
  feed.catchUp = inTurn(() => catchUp(feed));
  window.addEventListener("pageshow", ({ persisted }) => persisted && join(feed));
  join(feed);
}

function join(feed) {
  waitToLead(feed);
  feed.catchUp();
}

/** Lead as soon as no other tab does. A page that the browser keeps for the way back stands still, so it gives up. */
function waitToLead(feed) {
  const stay = new AbortController();
  const { signal } = stay;
  const lead = () =>
    new Promise((resign) => {
      signal.addEventListener("abort", resign);
      connect(feed);
    });
  const leave = () => {
    disconnect(feed);
    stay.abort();
  };
  window.addEventListener("pagehide", leave, { once: true });
  // A browser that blocks the data of sites refuses locks too: then each tab has a stream of its own.
  navigator.locks.request(NAME, { signal }, lead).catch(() => signal.aborted || connect(feed));
}

function connect(feed) {
  disconnect(feed);
  const source = new EventSource(`/events?after=${feed.position}`);
  feed.source = source;
  source.addEventListener("open", () => share(feed, { state: "open" }));
  source.addEventListener("changes", ({ data }) => share(feed, { changes: JSON.parse(data) }));
  source.addEventListener("error", () => {
    disconnect(feed);
    share(feed, { state: "away" });
    feed.timer = setTimeout(() => connect(feed), AGAIN_AFTER);
  });
}

function disconnect(feed) {
  clearTimeout(feed.timer);
  feed.source?.close();
  feed.source = null;
}

/** Give something to all tabs, this one included. */
function share(feed, what) {
  const broadcast = { ...what, after: feed.position };
  feed.tabs.postMessage(broadcast);
  receive(feed, broadcast);
}

function receive(feed, { after, state, changes }) {
  if (state) {
    feed.onState(state);
  }
  if (changes) {
    take(feed, after, changes);
  }
  if (after > feed.position) {
    feed.catchUp();
  }
}

/** Pass changes on, unless this tab has them already or lacks some before them. A reset counts from anywhere. */
function take(feed, after, changes) {
  if (changes.reset || (after <= feed.position && feed.position < changes.position)) {
    feed.position = changes.position;
    feed.onChanges(changes);
  }
}

async function catchUp(feed) {
  const after = feed.position;
  try {
    take(feed, after, await get("/api/changes", { after }));
  } catch {
    // The server is away: the leader says where it goes on when it is there again.
  }
}
