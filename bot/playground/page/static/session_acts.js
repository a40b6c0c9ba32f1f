/** What one can do to a session from Devin's side: play its story, act and write as Devin, force a state. */

import { el } from "./dom.js";
import { allow, order, orderButton, refusalPlace } from "./orders.js";
import { DETAILS, STATUSES, isWaiting, pullName } from "./words.js";

const SPEEDS = [0.5, 1, 2, 5, 10, 20];
const OTHER = "(other)";
const RUNNING = (detail) => ({ status: "running", status_detail: detail });
const ASLEEP = (detail) => ({ status: "suspended", status_detail: detail });

const QUESTION =
  "There are two ways to do this: **a small fix** in one place, or **a cleaner rewrite** of the module. " +
  "Which one do you want?";
const APPROVAL = "I would like to run a database migration. Please approve it in the Devin app.";
const FAREWELL = "Done. The tests pass, and the change you asked for is in place.";
const NO_MACHINE = "The machine doesn't start with this repository.";
const DOZING = "I have what I need for now. Write to me when I should continue.";

const DEVIN_DOES = [
  {
    label: "Ask a question",
    verb: "say",
    body: () => ({ text: QUESTION, fields: RUNNING("waiting_for_user") }),
    said: "Devin asked a question.",
  },
  { label: "Open a pull request", run: openPull },
  { label: "Merge it", run: mergePull, fits: (session) => Boolean(openPullOf(session)) },
  {
    label: "Need approval",
    verb: "say",
    body: () => ({ text: APPROVAL, fields: RUNNING("waiting_for_approval") }),
    said: "Devin is waiting for approval.",
  },
  {
    label: "Finish",
    verb: "say",
    body: () => ({ text: FAREWELL, fields: RUNNING("finished") }),
    said: "Devin finished.",
  },
  {
    label: "Hit the ACU limit",
    verb: "set",
    body: () => ({ fields: ASLEEP("usage_limit_exceeded") }),
    said: "The session is at its ACU limit.",
  },
  {
    label: "Fall asleep",
    verb: "say",
    body: () => ({ text: DOZING, fields: ASLEEP("inactivity") }),
    said: "The session fell asleep.",
  },
  {
    label: "Fail",
    verb: "say",
    body: () => ({ text: NO_MACHINE, fields: { status: "error", status_detail: null } }),
    said: "The session failed.",
  },
];

/** The quick actions: `node`, `show(session)`; `done(snapshot)` is called with what became of the session. */
export function quickActions(done) {
  const desk = { ...newDesk(done), buttons: [] };
  const node = el(
    "div",
    { class: "acts" },
    actGroup("Script", storyActs(desk)),
    actGroup(
      "Devin",
      DEVIN_DOES.map((act) => actButton(desk, act)),
    ),
    actGroup("Session", sessionActs(desk)),
    desk.place,
    desk.told,
  );
  return { node, show: (session) => refresh(desk, session) };
}

function actGroup(name, buttons) {
  return el(
    "div",
    { class: "act-group", role: "group", "aria-label": name },
    el("span", { class: "act-name", "aria-hidden": "true" }, name),
    el("div", { class: "act-buttons" }, buttons),
  );
}

function storyActs(desk) {
  const speed = el(
    "select",
    { class: "drawer-field", "aria-label": "Script speed" },
    SPEEDS.map(speedOption),
  );
  const going = (session) => session.steps_left > 0;
  const play = (at) => send(at, "play", { speed: Number(speed.value) }, playing(at.session));
  speed.addEventListener("change", () => desk.session && !desk.session.paused && play(desk));
  return [
    actButton(desk, { label: "Next step", verb: "step", fits: going, said: "The script moved one step forward." }),
    actButton(desk, { label: "Play", run: play, fits: going }),
    actButton(desk, {
      label: "Pause",
      verb: "play",
      body: () => ({ speed: 0 }),
      fits: (session) => going(session) && !session.paused,
      said: "The script is paused.",
    }),
    speed,
  ];
}

function speedOption(value) {
  return el("option", { value: String(value), selected: value === 1 }, `${value}×`);
}

function playing(session) {
  return isWaiting(session) ? "The script continues when someone writes." : "The script is playing.";
}

function sessionActs(desk) {
  return [
    actButton(desk, {
      label: "Use 1 ACU",
      verb: "spend",
      body: () => ({ acus: 1 }),
      said: "1 ACU was used.",
    }),
    actButton(desk, {
      label: "Archive",
      verb: "archive",
      fits: (session) => !session.is_archived,
      said: "The session is archived.",
    }),
    actButton(desk, {
      label: "Unarchive",
      verb: "unarchive",
      fits: (session) => session.is_archived,
      said: "The session is no longer archived.",
    }),
    actButton(desk, {
      label: "Terminate",
      verb: "terminate",
      fits: (session) => !session.terminated,
      look: "is-danger",
      said: "The session was terminated. It can't be resumed.",
    }),
  ];
}

function actButton(desk, act) {
  const run = act.run ?? ((at) => send(at, act.verb, act.body?.() ?? {}, act.said));
  const name = act.label.toLowerCase().replaceAll(" ", "-");
  const button = orderButton(act.label, () => run(desk), {
    class: act.look,
    dataset: { testid: `devin-act-${name}` },
  });
  desk.buttons.push({ button, fits: act.fits ?? (() => true) });
  return button;
}

function refresh(desk, session) {
  meet(desk, session);
  for (const { button, fits } of desk.buttons) allow(button, fits(session));
}

/** Where something can be done to a session: what became of it, or why not, stands beside the controls. */
function newDesk(done) {
  const told = el("p", { class: "drawer-told", role: "status" });
  return { done, session: null, place: refusalPlace(), told };
}

/** Whether it is another session than before; what was told of that one goes. */
function meet(desk, session) {
  const another = session.bare_id !== desk.session?.bare_id;
  if (another) desk.place.textContent = desk.told.textContent = "";
  desk.session = session;
  return another;
}

async function send(desk, verb, body, said) {
  desk.told.textContent = "";
  const snapshot = await order(`/api/devin/${desk.session.bare_id}/${verb}`, body, desk.place);
  if (!snapshot) return null;
  desk.told.textContent = said;
  desk.done(snapshot);
  return snapshot;
}

async function openPull(desk) {
  const url = nextPull(desk.session);
  const said = `Devin opened ${pullName(url)}.`;
  if (await send(desk, "pr", { url, state: "open" }, said)) {
    await send(desk, "say", { text: `I opened ${url}.` }, said);
  }
}

async function mergePull(desk) {
  const { pr_url: url } = openPullOf(desk.session);
  await send(desk, "pr", { url, state: "merged" }, `${pullName(url)} is merged.`);
}

function openPullOf(session) {
  return session.pull_requests.findLast(({ pr_state: state }) => state === "open" || state === "draft");
}

/** A number that no other session's pull request has, as far as one can tell from its id. */
function nextPull(session) {
  const [repo = "acme/web"] = session.request?.repos ?? [];
  const base = 200 + (Number.parseInt(session.bare_id.slice(0, 6), 16) % 700 || 0);
  return `https://github.com/${repo}/pull/${base + session.pull_requests.length}`;
}

/** Writing as Devin: `node`, `show(session)`. */
export function sayForm(done) {
  const desk = newDesk(done);
  const text = el("textarea", {
    class: "drawer-field",
    rows: "3",
    "aria-label": "Write as Devin",
    placeholder: "Write as Devin, in Markdown",
    dataset: { testid: "devin-say" },
  });
  const write = async () => {
    if (!text.value.trim()) return void text.focus();
    if (await send(desk, "say", { text: text.value }, "Sent as Devin.")) text.value = "";
  };
  const button = orderButton("Say it", write, {
    class: "is-primary",
    dataset: { testid: "devin-say-send" },
    "aria-keyshortcuts": "Control+Enter",
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    button.click();
  });
  const line = el(
    "div",
    { class: "drawer-line say-line" },
    el("span", { class: "drawer-hint" }, "Ctrl+Enter sends"),
    button,
  );
  return {
    node: el("div", { class: "say" }, text, line, desk.place, desk.told),
    show: (session) => meet(desk, session),
  };
}

/** Forcing any state: `node`, `show(session)`. What somebody has chosen stays until it is set. */
export function stateForm(done) {
  const desk = { ...newDesk(done), touched: false };
  const status = openSelect("status", "devin-status", statusOptions());
  const detail = openSelect("status_detail", "devin-detail", detailOptions());
  const touch = () => (desk.touched = true);
  const set = async () => {
    const fields = { status: status.read() ?? "", status_detail: detail.read() };
    const said = `Devin now says ${[fields.status, fields.status_detail].filter(Boolean).join(" / ")}.`;
    desk.touched = false;
    await send(desk, "set", { fields }, said);
  };
  const props = { class: "is-primary", dataset: { testid: "devin-set" } };
  const button = orderButton("Set state", set, props);
  const node = el(
    "div",
    { class: "state-form", on: { input: touch, change: touch } },
    status.node,
    detail.node,
    el("div", { class: "drawer-line state-line" }, button),
    desk.place,
    desk.told,
  );
  return { node, show: (session) => showState(desk, session, status, detail) };
}

function showState(desk, session, status, detail) {
  if (meet(desk, session)) desk.touched = false;
  if (desk.touched) return;
  status.write(session.status);
  detail.write(session.status_detail);
}

function statusOptions() {
  return STATUSES.map(([name, meaning]) => el("option", { value: name }, `${name} (${meaning})`));
}

function detailOptions() {
  const groups = Object.entries(DETAILS).map(([status, names]) =>
    el(
      "optgroup",
      { label: `with ${status}` },
      names.map((name) => el("option", { value: name }, name)),
    ),
  );
  return [el("option", { value: "" }, "none (null)"), ...groups];
}

/** A select of what is known, with a field for what is not: `read()` answers null for none. */
function openSelect(label, testid, options) {
  const other = el("option", { value: OTHER }, "another value …");
  const select = el("select", { class: "drawer-field", dataset: { testid } }, options, other);
  const free = el("input", {
    class: "drawer-field",
    type: "text",
    hidden: true,
    placeholder: "a value Devin might add later",
    "aria-label": `Another ${label}`,
    autocomplete: "off",
    spellcheck: "false",
    dataset: { testid: `${testid}-other` },
  });
  select.addEventListener("change", () => {
    free.hidden = select.value !== OTHER;
    if (!free.hidden) free.focus();
  });
  const known = () => [...select.options].some(({ value }) => value === select.value && value !== OTHER);
  return {
    node: el("div", { class: "labelled" }, el("label", {}, el("code", {}, label), select), free),
    read: () => (known() ? select.value : free.value.trim()) || null,
    write: (value) => writeSelect(select, free, value ?? ""),
  };
}

function writeSelect(select, free, value) {
  select.value = value;
  free.hidden = select.selectedIndex >= 0;
  if (free.hidden) return;
  select.value = OTHER;
  free.value = value;
}
