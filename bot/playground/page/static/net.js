/** Talking to the page server: read, do, and hear what changes. */

/** The playground said no: `message` is the sentence for people, `body` the whole answer. */
class Refused extends Error {
  constructor(message, body = {}) {
    super(message);
    this.name = "Refused";
    this.body = body;
  }
}

const SILENT = "The playground does not answer. Is `make playground` still running?";
const AGAIN_AFTER = 1000; // milliseconds
const ASLEEP_AFTER = 2_000; // milliseconds out of sight: a browser has six connections for all its tabs

/** Read something; `query` without the values that are null. Answers JSON, or text where it is not JSON. */
export async function get(path, query = {}) {
  const asked = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(asked).toString();
  return answered(await reach(text ? `${path}?${text}` : path));
}

/** Do something; throws `Refused` with the sentence of the server when that is not possible. */
export async function post(path, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Playground": "page" };
  return answered(await reach(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/**
 * Hear all changes after a position, for as long as the page lives.
 * `onState` is told "open" and "away". A hidden tab stops listening after a while and catches up later.
 */
export function events(after, onChanges, onState) {
  const feed = { position: after, source: null, timer: null, onChanges, onState };
  document.addEventListener("visibilitychange", () => sleepOrWake(feed));
  listen(feed);
}

/** A way to read something again, never twice at once: who asks while it is read gets one more reading. */
export function inTurn(read) {
  let [isReading, again] = [false, false];
  return async () => {
    again = true;
    if (isReading) {
      return;
    }
    isReading = true;
    try {
      while (again) {
        again = false;
        await read();
      }
    } finally {
      isReading = false;
    }
  };
}

async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch {
    throw new Refused(SILENT);
  }
}

async function answered(response) {
  const json = (response.headers.get("content-type") ?? "").includes("json");
  const body = await (json ? response.json() : response.text()).catch(() => ({}));
  if (!response.ok) {
    throw new Refused(body?.error || `The playground answered ${response.status}.`, body);
  }
  return body;
}

function listen(feed) {
  hush(feed);
  const source = new EventSource(`/events?after=${feed.position}`);
  feed.source = source;
  source.addEventListener("open", () => feed.onState("open"));
  source.addEventListener("changes", (event) => {
    const changes = JSON.parse(event.data);
    feed.position = changes.position;
    feed.onChanges(changes);
  });
  source.addEventListener("error", () => {
    hush(feed);
    feed.onState("away");
    feed.timer = setTimeout(() => listen(feed), AGAIN_AFTER);
  });
}

function hush(feed) {
  clearTimeout(feed.timer);
  feed.source?.close();
  feed.source = null;
}

function sleepOrWake(feed) {
  clearTimeout(feed.dozing);
  if (document.hidden) {
    feed.dozing = setTimeout(() => hush(feed), ASLEEP_AFTER);
  } else if (feed.source === null) {
    listen(feed);
  }
}
