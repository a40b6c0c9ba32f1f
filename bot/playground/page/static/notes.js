/** What only this page shows: Slack's own private words to the acting person, and what Slack refused. */

import { here, there } from "./rooms.js";
import { now, publish, store, subscribe, threadOf } from "./state.js";

/** Notes of this visit, oldest first. */
export const notes = [];

const WRITES = /^(chat|files|reactions|views|assistant|agents|response_url)\b/;
const HARMLESS = new Set(["ratelimited", "already_reacted", "no_reaction"]);
const MOST = 50;
let count = 0;
const told = new Set();

/** Begin to watch for calls of the bot that Slack refuses. */
export function startNotes() {
  subscribe("slack_calls", (calls) => calls.filter(isRefused).forEach(ofCall));
  subscribe("reset", () => {
    notes.length = 0;
    told.clear();
  });
}

/** Say something as Slack does, only to the acting person. */
export function whisper(text, { channel = store.channel, thread_ts = null } = {}) {
  keep({ kind: "whisper", text, channel, thread_ts, user: store.me });
}

/** Show in red what Slack refused: a sentence, its error code, and its messages where it has some. */
export function refusal(words, error, messages, { channel = store.channel, thread_ts = store.thread } = {}) {
  keep({ kind: "refusal", words, error, messages: messages ?? [], channel, thread_ts });
}

/** Put a note away. */
export function dismiss(note) {
  notes.splice(notes.indexOf(note), 1);
  publish("notes");
}

/** Show in red when an act's answer says that Slack refused `what`, such as “the answer to /devin”. */
export function refusedIn(result, what, place) {
  if (!result || (!result.error && !result.messages?.length)) {
    return false;
  }
  refusal(`Slack rejected ${what}.`, result.error ?? "failed", result.messages, place);
  return true;
}

function keep(note) {
  count += 1;
  notes.push({ ...note, key: `note:${count}`, ts: now().toFixed(6) });
  notes.splice(0, notes.length - MOST);
  publish("notes");
}

function isRefused(call) {
  return (
    call.ok === false && call.done && !call.fault && WRITES.test(call.method) && !HARMLESS.has(call.error)
  );
}

function ofCall(call) {
  if (told.has(call.n)) {
    return;
  }
  told.add(call.n);
  const args = call.args ?? {};
  const channel = call.channel ?? args.channel_id ?? store.channel;
  const messages = call.answer?.response_metadata?.messages;
  const place = { channel, thread_ts: threadOfCall(call, args) };
  refusal(`Slack rejected the bot's ${call.method}.`, call.error, messages, place);
}

function threadOfCall(call, args) {
  const ts = args.ts ?? args.timestamp;
  const known = here.messages.get(ts) ?? there.messages.get(ts);
  const around = known ? threadOf(known) : null;
  return args.thread_ts ?? around ?? (call.method.startsWith("views.") ? store.thread : null);
}
