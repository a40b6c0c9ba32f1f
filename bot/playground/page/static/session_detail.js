/** The chosen session as Devin has it: its facts, its pull requests, its conversation. */

import { el, link, reconcile, stateChip } from "./dom.js";
import { markdown } from "./markdown.js";
import { acus, counted, cut, devinsWords, isWaiting, pullName, stateOf, when } from "./words.js";

const PROMPT_LENGTH = 160;
const NEAR = 40; // pixels from the end within which a conversation follows what is written

/** What stands above everything else: title, state and facts of a session, as a list of nodes. */
export function facts(session) {
  return [
    el(
      "p",
      { class: "chosen-state" },
      stateChip(stateOf(session)),
      el("code", {}, devinsWords(session)),
      session.is_archived ? stateChip({ word: "Archived", tone: "still" }) : null,
    ),
    el(
      "dl",
      { class: "chosen-facts" },
      fact("Spent", acus(session.acus_consumed)),
      fact("Script", story(session)),
      fact("Created", when(session.created_at, "short")),
      fact("Pull requests", pulls(session)),
      fact("Tags", tags(session)),
      fact("ID", el("code", {}, session.session_id)),
      fact("Prompt", prompt(session)),
    ),
  ];
}

function fact(name, value) {
  return el("div", { class: "fact" }, el("dt", {}, name), el("dd", {}, value));
}

function story(session) {
  if (session.terminated) return "over: the session was terminated";
  if (!session.steps_left) return "script finished";
  const left = `${counted(session.steps_left, "step")} left`;
  if (session.paused) return `${left}, paused`;
  return isWaiting(session) ? `${left}, waiting for someone to write` : left;
}

function pulls({ pull_requests: requests }) {
  if (!requests.length) return "none";
  return el(
    "ul",
    { class: "pulls" },
    requests.map(({ pr_url: url, pr_state: state }) =>
      el("li", {}, link(url, pullName(url)), " ", pullState(state)),
    ),
  );
}

function pullState(state) {
  const tone = { open: "good", merged: "busy", closed: "bad", draft: "still" }[state] ?? "unknown";
  return stateChip({ word: state ?? "state unknown", tone });
}

function tags({ tags: names }) {
  if (!names.length) return "none";
  return el(
    "ul",
    { class: "tags" },
    names.map((name) => el("li", {}, el("code", {}, name))),
  );
}

function prompt({ prompt: text }) {
  if (text.length <= PROMPT_LENGTH) return el("span", { class: "prompt" }, text);
  return el(
    "details",
    { class: "prompt" },
    el("summary", {}, cut(text.replace(/\s+/g, " "), PROMPT_LENGTH)),
    el("p", {}, text),
  );
}

/** The conversation: `node`, `show(session)`. */
export function conversation() {
  const node = el("div", {
    class: "conversation",
    role: "log",
    tabindex: "0",
    "aria-label": "The session's conversation",
  });
  const held = { node, id: null };
  return { node, show: (session) => converse(held, session) };
}

function converse(held, session) {
  const { node } = held;
  const another = held.id !== session.bare_id;
  const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR;
  held.id = session.bare_id;
  reconcile(
    node,
    session.messages.map((message) => ({
      key: message.event_id,
      sig: message.event_id,
      draw: () => line(message),
    })),
  );
  if (another || atEnd) node.scrollTop = node.scrollHeight;
}

function line({ source, message, created_at: at }) {
  const name = source === "devin" ? "Devin" : "User";
  return el(
    "article",
    { class: "line", dataset: { source, testid: "devin-message" } },
    el("p", { class: "line-head" }, el("b", {}, name), el("time", {}, when(at, "second"))),
    el("div", { class: "line-text" }, markdown(message)),
  );
}
