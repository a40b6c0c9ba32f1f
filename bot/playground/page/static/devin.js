/** The drawer's tab "Devin": the sessions, the chosen one from Devin's side, the API calls. */

import { DEVIN_CALLS, SLACK_CALLS, callList } from "./calls.js";
import { button, el, icon } from "./dom.js";
import { keep, kept } from "./kept.js";
import { get, inTurn } from "./net.js";
import { openThread, there, visibleChannels } from "./rooms.js";
import { quickActions, sayForm, stateForm } from "./session_acts.js";
import { conversation, facts } from "./session_detail.js";
import { sessionList } from "./session_list.js";
import { store, subscribe, toast } from "./state.js";
import { bareId, placeOf, titleOf } from "./words.js";

const CLOSED = "playground.drawer.closed";
const NONE_YET = "No calls yet. They appear here as they come in.";
const NONE_OF_SESSION = "No recent calls for this session.";
const SETTLING = 300; // milliseconds after a reset
const NOTHING_CHOSEN = { id: null, session: null, followed: null, place: null };

/**
 * The panel: `node`, and `show(whether)` to be told when it is seen; unseen it is not kept up to date.
 * `makeRoom` is called before a thread opens that the drawer may cover.
 */
export function devinPanel(makeRoom) {
  const desk = { makeRoom, shown: false, pinned: false, onlyThis: false, ...NOTHING_CHOSEN };
  const taken = (snapshot) => showSession(desk, snapshot);
  Object.assign(desk, {
    list: sessionList((id) => choose(desk, id)),
    acts: quickActions(taken),
    say: sayForm(taken),
    state: stateForm(taken),
    talk: conversation(),
    load: inTurn(() => load(desk)),
    devinCalls: callList(DEVIN_CALLS, "Devin API calls, newest first"),
    slackCalls: callList(SLACK_CALLS, "Slack Web API calls, newest first"),
  });
  desk.chosen = chosenPart(desk);
  listen(desk);
  const node = el("div", { class: "devin-panel" }, desk.list.node, desk.chosen, callsPart(desk));
  return { node, show: (shown) => appear(desk, shown) };
}

// ------------------------------------------------------------ what it is made of

function chosenPart(desk) {
  desk.title = el("h3", { class: "chosen-title" });
  desk.facts = el("div", { class: "chosen-told" });
  const stay = "Stay on this session when another thread is opened";
  const look = { class: "button is-small" };
  const opening = { ...look, hidden: true, dataset: { testid: "devin-open-thread" } };
  desk.pin = button("Pin", { ...look, "aria-pressed": "false", title: stay }, () => pin(desk));
  desk.open = button([icon("reply"), "Open the thread in Slack"], opening, () => showThread(desk));
  const props = { class: "drawer-part chosen", hidden: true, dataset: { testid: "devin-session" } };
  return el(
    "section",
    { ...props, "aria-label": "Chosen session" },
    el("div", { class: "drawer-line" }, desk.title, desk.pin),
    desk.facts,
    desk.open,
    foldable("acts", "Make something happen", desk.acts.node),
    foldable("talk", "Conversation", desk.talk.node, desk.say.node),
    foldable("state", "Set state", desk.state.node),
  );
}

function callsPart(desk) {
  const all = choice("All calls", true, () => filterCalls(desk, false));
  const own = choice("This session", false, () => filterCalls(desk, true));
  desk.noDevin = el("p", { class: "drawer-hint" });
  desk.noSlack = el("p", { class: "drawer-hint" });
  return el(
    "section",
    { class: "drawer-part", "aria-label": "API calls" },
    el(
      "div",
      { class: "drawer-line" },
      el("h3", {}, "API calls"),
      el("div", { class: "choices", role: "radiogroup", "aria-label": "Which calls" }, all, own),
    ),
    foldable("devin-calls", "Devin’s API", desk.devinCalls.node, desk.noDevin),
    foldable("slack-calls", "Slack’s Web API", desk.slackCalls.node, desk.noSlack),
  );
}

function choice(label, checked, choose) {
  return el(
    "label",
    { class: "choice" },
    el("input", { type: "radio", name: "drawer-calls", checked, on: { change: choose } }),
    el("span", {}, label),
  );
}

/** A part that can be closed and stays so. */
function foldable(name, title, ...children) {
  const open = !kept(CLOSED, []).includes(name);
  const part = el("details", { class: "foldable", open }, el("summary", {}, title), ...children);
  part.addEventListener("toggle", () => {
    const others = kept(CLOSED, []).filter((each) => each !== name);
    keep(CLOSED, part.open ? others : [...others, name]);
  });
  return part;
}

// ------------------------------------------------------------ what is heard

function listen(desk) {
  const heard = {
    sessions: (changed) => hearSessions(desk, changed),
    devin_calls: (calls) => addCalls(desk, "devinCalls", calls),
    slack_calls: (calls) => addCalls(desk, "slackCalls", calls),
    thread: () => follow(desk),
    "thread-room": () => follow(desk),
  };
  for (const [kind, hear] of Object.entries(heard)) {
    subscribe(kind, (value) => desk.shown && hear(value));
  }
  subscribe("reset", () => startAgain(desk));
}

function appear(desk, shown) {
  if (shown === desk.shown) return;
  desk.shown = shown;
  if (shown) loadAll(desk);
}

/** Slack's side is fresh a moment before Devin's: what is read in between would be of the past. */
function startAgain(desk) {
  Object.assign(desk, NOTHING_CHOSEN);
  desk.chosen.hidden = true;
  desk.list.replace([]);
  clearTimeout(desk.soon);
  desk.soon = setTimeout(() => desk.shown && loadAll(desk), SETTLING);
}

async function loadAll(desk) {
  const answers = await Promise.all([get("/api/sessions"), get("/api/calls")]).catch(() => null);
  if (!answers) return; // the page says that the playground does not answer, and tells of a reset later
  const [{ sessions }, calls] = answers;
  desk.list.replace(sessions);
  desk.devinCalls.fill(calls.devin);
  desk.slackCalls.fill(calls.slack);
  tellEmpty(desk);
  if (sessions.some((each) => bareId(each.session_id) === desk.id)) choose(desk, desk.id);
  follow(desk);
}

function hearSessions(desk, changed) {
  desk.list.take(changed);
  if (changed.some((each) => bareId(each.session_id) === desk.id)) desk.load();
  follow(desk);
}

function addCalls(desk, name, calls) {
  desk[name].add(calls);
  tellEmpty(desk);
}

// ------------------------------------------------------------ the chosen session

function choose(desk, id) {
  desk.id = id;
  desk.list.mark(id);
  desk.load();
}

async function load(desk) {
  if (!desk.id) return;
  try {
    showSession(desk, (await get(`/api/sessions/${desk.id}`)).session);
  } catch {
    desk.chosen.hidden = true; // it is gone: the list says what there is
  }
}

function showSession(desk, session) {
  if (bareId(session.session_id) !== desk.id) return;
  const another = desk.session?.bare_id !== session.bare_id;
  desk.session = session;
  desk.chosen.hidden = false;
  desk.title.textContent = titleOf(session);
  const unfolded = !another && desk.facts.querySelector("details")?.open;
  desk.facts.replaceChildren(...facts(session));
  if (unfolded) desk.facts.querySelector("details").open = true;
  for (const part of [desk.acts, desk.say, desk.state]) part.show(session);
  desk.talk.show(session);
  if (!another) return;
  desk.place = placeOf(session);
  desk.open.hidden = !visibleChannels().some(({ id }) => id === desk.place?.channel);
  if (desk.onlyThis) filterCalls(desk, true);
}

/** The reference names the message that asked, which may be a reply: what opens is the thread around it. */
async function showThread(desk) {
  const { channel, ts } = desk.place;
  try {
    const { messages } = await get("/api/thread", { channel, ts, user: store.me });
    desk.makeRoom();
    await openThread(channel, messages[0].thread_ts ?? messages[0].ts);
  } catch {
    toast("The thread is gone. The session is still running.", { kind: "error" });
  }
}

// ------------------------------------------------------------ following the open thread

function pin(desk) {
  desk.pinned = !desk.pinned;
  desk.pin.setAttribute("aria-pressed", String(desk.pinned));
  desk.pin.textContent = desk.pinned ? "Pinned" : "Pin";
  desk.followed = null;
  follow(desk);
}

function follow(desk) {
  const id = desk.pinned ? null : sessionOfThread(desk.list.all());
  if (id && id !== desk.followed) {
    desk.followed = id;
    choose(desk, id);
  }
  const [newest] = desk.list.all();
  if (!desk.id && newest) choose(desk, bareId(newest.session_id));
}

/** A session may have been asked for by the message that began the thread, or by a reply. */
function sessionOfThread(sessions) {
  if (!store.thread) return null;
  const asked = sessions.find((each) => isOpen(placeOf(each)));
  return asked ? bareId(asked.session_id) : null;
}

function isOpen(place) {
  return place?.channel === store.channel && (place.ts === store.thread || there.messages.has(place.ts));
}

// ------------------------------------------------------------ the calls

function filterCalls(desk, onlyThis) {
  desk.onlyThis = onlyThis;
  const place = desk.place && { ...desk.place, stamps: stampsOf(desk.place) };
  desk.devinCalls.only((call) => !onlyThis || DEVIN_CALLS.session(call) === desk.id);
  desk.slackCalls.only((call) => !onlyThis || Boolean(SLACK_CALLS.session(call, place)));
  tellEmpty(desk);
}

/** The messages known to belong to a session's thread; what the bot posts there is added call by call. */
function stampsOf({ channel, ts }) {
  const open = isOpen({ channel, ts }) ? [store.thread, ...there.messages.keys()] : [];
  return new Set([ts, ...open]);
}

function tellEmpty(desk) {
  tellNone(desk.noDevin, desk.devinCalls, desk.onlyThis);
  tellNone(desk.noSlack, desk.slackCalls, desk.onlyThis);
}

function tellNone(hint, calls, onlyThis) {
  const none = onlyThis ? NONE_OF_SESSION : NONE_YET;
  hint.textContent = calls.shown() > 0 ? "" : none;
  hint.hidden = calls.shown() > 0;
}
