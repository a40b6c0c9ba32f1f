/** Talking to the page server: read and do. */

/** The playground said no: `message` is the sentence for people, `body` the whole answer. */
class Refused extends Error {
  constructor(message, body = {}) {
    super(message);
    this.name = "Refused";
    this.body = body;
  }
}

const SILENT = "The playground isn't answering. Is `make playground` still running?";

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
