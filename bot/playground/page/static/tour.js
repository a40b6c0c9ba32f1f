/** The corner: the example and the visitor's turn after it, and a guided tour of five steps that never stand in the way. */

import { button, clear, el } from "./dom.js";
import { keep, kept } from "./kept.js";
import { hasTitle } from "./messages.js";
import { post } from "./net.js";
import { here, openChannel, openThread, there } from "./rooms.js";
import { isDirect, now, publish, store, subscribe, toast, toastError } from "./state.js";

const KEPT = "playground.tour"; // step, card and begin of the tour, for reloads and other tabs
// Not the example's task: the same by the same person within a minute is asked about first.
const TASK = "/devin fix the flaky checkout test";
const AGAIN = "answer:start_again:again"; // the button of that question
const STUCK = "That didn't work. Try again in a moment, or press Next.";
const PATIENCE = 25_000; // milliseconds to wait for Devin's question
const ACK = 2; // seconds: the card may be there before the command's answer
const MAIN = { class: "button is-small is-primary" };
const LOOK = 200; // milliseconds between two looks at what to point at
const SCROLLED = ".log, .drawer-panel, #sidebar"; // what is in one of them is at most a scroll away
// What may lie over everything else: where it is closed or, for the channels on narrow screens, folded.
const WAYS_OUT = ["[data-testid=drawer-close]", "[data-testid=close-thread]", "#open-sidebar"];

const DONE = -1; // and not begun

let step = DONE;
let shown = null; // EXAMPLE or TURN, before the tour
let begun = null; // ts of the visitor's own first command: the card that comes after it is the tour's
let card = null; // ts of the card that the task of this tour got
let busy = false;
let looking = null;
let pointed = null; // the place, as the selector that found it
const past = new Set(); // what the person did in this step

const STEPS = [
  {
    title: "Give Devin a task",
    text: () => [`In #${web()?.name ?? "web"}, type `, el("code", null, TASK), " and press Enter."],
    places: taskPlaces,
    isDone: () => Boolean(findCard()),
    run: giveTask,
  },
  {
    title: "Look at the card",
    text: () => [
      "The card shows the session's status and updates as Devin works. ",
      "Open its thread to see Devin's messages.",
    ],
    places: cardPlaces,
    isDone: () => card !== null && store.thread === card,
    run: async () => openThread(web().id, await givenCard()),
  },
  {
    title: "Answer Devin",
    text: () => [
      "Devin will ask a question in the thread. Reply there, or press an option, and Devin continues.",
    ],
    places: replyPlaces,
    isDone: () => card !== null && [...there.messages.values()].some(isReply),
    run: async () => {
      await openThread(web().id, await givenCard());
      await until(() => question() !== undefined, PATIENCE);
      publish("type-and-send", { inThread: true, text: answerTo(question()) });
    },
  },
  {
    title: "Stop it, or see the result",
    text: () => [
      "Press Stop on the card; reply to resume. ",
      "Or wait for the pull request and open it from the card.",
    ],
    places: cardPlaces,
    isDone: () => past.has("stop") || past.has("link") || isStopped(),
    run: stopOrShow,
  },
  {
    title: "Break it on purpose",
    text: () => [
      "Open Faults, kill the bot, write to Devin, and start the bot again: nothing is lost.",
    ],
    places: trialPlaces,
    isDone: () => past.has("killed") && past.has("written") && past.has("back"),
    run: killAndWrite,
  },
];

// Beside the steps: what the corner shows before the tour.
const EXAMPLE = {
  label: "Example",
  title: "An example is playing",
  text: () => ["Ben, Ada, and Gus show how it works, in #web and #general. Your turn is next."],
  buttons: () => [button("Skip to the tour", MAIN, () => begin())],
};
const TURN = {
  label: "Example",
  title: "Your turn",
  text: () => ["Devin has a question in this thread. Reply here, or press a button, and Devin continues."],
  buttons: () => [
    button("Start the tour", MAIN, () => begin()),
    button("Close", { class: "button is-small" }, end),
  ],
};

/** Start with the example or the tour at the first visit, go on where it was left, and begin when somebody asks. */
export function startTour() {
  document.getElementById("tour-start").addEventListener("click", () => begin());
  ["room", "thread-room", "thread", "channel", "bot", "messages"].forEach((kind) => subscribe(kind, lookTwice));
  subscribe("bot", watchBot);
  subscribe("acted", watchActs);
  subscribe("reset", () => (step >= 0 || shown) && begin({ focus: false }));
  document.getElementById("main").addEventListener("click", watchLinks);
  document.getElementById("thread").addEventListener("click", watchLinks);
  subscribe("example", showExample);
  window.addEventListener("storage", ({ key }) => key === KEPT && resume());
  resume();
}

/** Take up the tour where this or another tab left it. */
function resume() {
  const left = kept(KEPT, null);
  if (left === null || (left.step !== DONE && left.run !== store.run)) {
    if (["waiting", "playing"].includes(store.example.state)) {
      corner(EXAMPLE);
    } else {
      begin({ focus: false });
    }
  } else if (left.step === DONE) {
    hide();
  } else if (left.step !== step) {
    ({ begun, card } = left);
    go(left.step, false);
  }
}

/** The visitor goes on in the thread where the example ends, unless they do something else already. */
async function showExample({ state, channel, thread_ts }) {
  if (shown !== EXAMPLE || state === "waiting" || state === "playing") {
    return;
  }
  if (state !== "over" || store.thread !== null) {
    begin({ focus: false });
    return;
  }
  await openThread(channel, thread_ts);
  corner(TURN);
  point("#thread-composer .composer-frame");
}

/** Show something else than a step in the corner. */
function corner(it) {
  shown = it;
  draw();
}

function begin({ focus = true } = {}) {
  shown = null;
  begun = null;
  card = null;
  busy = false;
  go(0, focus);
}

function go(next, focus = true) {
  step = next;
  past.clear();
  // A bot that is down already need not be killed again.
  if (store.bot) {
    watchBot(store.bot);
  }
  draw();
  point(null);
  clearInterval(looking);
  looking = step < STEPS.length ? setInterval(look, LOOK) : null;
  keepStep();
  look();
  if (focus) {
    document.querySelector("#tour .tour-title").focus();
  }
}

function end() {
  hide();
  keepStep();
  document.getElementById("tour-start").focus({ preventScroll: true });
}

function hide() {
  step = DONE;
  shown = null;
  clearInterval(looking);
  document.getElementById("tour").hidden = true;
  document.body.classList.remove("tour-open");
  point(null);
}

function keepStep() {
  keep(KEPT, { run: store.run, step, begun, card });
}

/** The focus stays in the tour if it is there, although the button that had it goes. */
function draw() {
  const panel = document.getElementById("tour");
  const focused = panel.contains(document.activeElement);
  panel.hidden = false;
  document.body.classList.add("tour-open");
  clear(panel).append(...(shown ? cornerNodes(shown) : step < STEPS.length ? stepNodes(STEPS[step]) : endNodes()));
  if (focused) {
    panel.querySelector(".tour-title").focus();
  }
}

function cornerNodes({ label, title, text, buttons }) {
  return [
    el("div", { class: "tour-top" }, el("span", null, label)),
    el("h2", { class: "tour-title", tabindex: "-1" }, title),
    el("p", null, text()),
    el("div", { class: "tour-buttons" }, ...buttons()),
  ];
}

function stepNodes({ title, text }) {
  return [
    el(
      "div",
      { class: "tour-top" },
      el("span", null, `Step ${step + 1} of ${STEPS.length}`),
      button("Skip tour", { class: "text-button" }, end),
    ),
    el("h2", { class: "tour-title", tabindex: "-1" }, title),
    el("p", null, text()),
    el(
      "div",
      { class: "tour-buttons" },
      button(busy ? "Doing it…" : "Do it for me", { ...MAIN, disabled: busy }, doIt),
      button("Next", { class: "button is-small" }, () => go(step + 1)),
    ),
  ];
}

function endNodes() {
  return [
    el("h2", { class: "tour-title", tabindex: "-1" }, "That's Devin Bridge"),
    el("p", null, "Act as someone else, set a state in the Devin panel, or jump to the digest in Faults."),
    el(
      "div",
      { class: "tour-buttons" },
      button("Done", MAIN, end),
      button("Start again", { class: "button is-small" }, () => begin()),
    ),
  ];
}

async function doIt() {
  const mine = step;
  busy = true;
  draw();
  try {
    await STEPS[mine].run();
    await until(() => step !== mine || STEPS[mine].isDone(), PATIENCE);
    if (step === mine && !STEPS[mine].isDone()) {
      throw new Error(STUCK);
    }
  } catch (error) {
    toastError(error);
  } finally {
    busy = false;
    if (step >= 0) {
      draw();
      look();
    }
  }
}

/** Now, and once what changed is drawn: a card that is drawn anew has lost its mark. */
function lookTwice() {
  look();
  requestAnimationFrame(look);
}

/** Point at what the step is about; go on when it is done. */
function look() {
  if (step < 0 || step >= STEPS.length || document.hidden) {
    return;
  }
  if (card === null && (card = findCard()) !== null) {
    keepStep();
  }
  if (STEPS[step].isDone()) {
    go(step + 1, false);
    return;
  }
  point(reachable(STEPS[step].places()));
}

/** A place is brought into sight when it is a new one; after that, whoever scrolls goes where they like. */
function point(place) {
  const before = document.querySelector(".tour-target");
  const node = place && document.querySelector(place);
  if (before !== node) {
    before?.classList.remove("tour-target");
    node?.classList.add("tour-target");
  }
  if (pointed !== place) {
    pointed = place;
    node?.scrollIntoView({ block: "nearest" });
  }
}

/** The first of these places that one can get at on this screen, or else the way to what lies under something. */
function reachable(places) {
  const drawn = places.filter((it) => document.querySelector(it));
  const ways = drawn.length ? [...drawn, ...WAYS_OUT] : [];
  return ways.find((it) => canBeReached(document.querySelector(it))) ?? null;
}

function canBeReached(node) {
  if (!node?.checkVisibility({ visibilityProperty: true })) {
    return false;
  }
  const around = node.closest(SCROLLED) ?? node;
  const { left, top, width, height } = around.getBoundingClientRect();
  const above = document.elementsFromPoint(left + width / 2, top + height / 2);
  return around.contains(above.find((it) => !it.closest("#toasts")) ?? null);
}

/** What is in #web, or the way there. */
function inWeb(...places) {
  return store.channel === web()?.id ? places : [`[data-channel="${web()?.id}"].channel-link`, "#open-sidebar"];
}

function taskPlaces() {
  return inWeb("#composer .composer-frame");
}

/** The card in the channel, or at the top of its thread; who has none yet needs to give the task. */
function cardPlaces() {
  const there = `.message[data-ts="${card}"]`;
  return card === null ? taskPlaces() : inWeb(`#messages ${there}`, `#thread-messages ${there}`);
}

function replyPlaces() {
  return store.thread !== null && store.thread === card ? ["#thread-composer .composer-frame"] : cardPlaces();
}

/** Kill, write, start: where the next of them is done. */
function trialPlaces() {
  if (past.has("killed") && !past.has("written")) {
    return replyPlaces();
  }
  return [`[data-testid=bench-${past.has("killed") ? "start" : "kill"}]`, "#open-bench"];
}

/** Type the task. A bot that is down is started, and its question about the same task of a moment ago is answered. */
async function giveTask() {
  if (["killed", "stopped"].includes(store.bot?.state)) {
    await post("/api/bench/start");
  }
  await until(() => store.bot?.state === "running", PATIENCE);
  await openChannel(web().id);
  const since = (now() - ACK).toFixed(6);
  publish("type-and-send", { inThread: false, text: TASK });
  const asked = () => [...store.ephemerals.values()].find((it) => it.ts > since && elements(it, AGAIN).length > 0);
  await until(() => findCard() || asked(), PATIENCE);
  if (asked()) {
    await press(asked(), AGAIN);
  }
}

/** The card of the tour's task; who skipped the first step has it done now. */
async function givenCard() {
  if (card === null) {
    await giveTask();
    await until(() => (card ??= findCard()) !== null, PATIENCE);
    if (card === null) {
      throw new Error(STUCK);
    }
  }
  return card;
}

/** Written, or an option pressed under Devin's question. */
function isReply(message) {
  return message.ts > card && (message.user === store.me || /:point_right: .+ chose/.test(message.rendered ?? ""));
}

function findCard() {
  const found = [...here.messages.values()].find(
    (it) =>
      begun !== null &&
      it.ts > begun &&
      it.bot_id &&
      it.channel === web()?.id &&
      hasTitle(it),
  );
  return found?.ts ?? null;
}

function web() {
  const open = store.workspace.channels.filter((it) => it.has_bot && !it.is_archived && !isDirect(it));
  return open.find((it) => it.name === "web") ?? open[0];
}

function isStopped() {
  return /Stopp(ing|ed)/.test(here.messages.get(card)?.rendered ?? "");
}

/** The buttons under a message as it is now, or those whose action begins so. */
function elements(message, action = "") {
  const all = message?.blocks?.flatMap((block) => block.elements ?? block.accessory ?? []) ?? [];
  return all.filter((it) => (it.action_id ?? "").startsWith(action));
}

async function press(message, action) {
  const { channel, ts } = message;
  const [{ value }] = elements(message, action);
  await post("/api/slack/click", { user: store.me, channel, ts, action_id: action, value });
}

/** The last thing that Devin asks in the card's thread, whatever its task; undefined while it asks nothing. */
function question() {
  const asks = [...there.messages.values()].filter((it) => it.bot_id && it.ts > card && it.rendered?.includes("?"));
  return asks.sort((one, other) => (one.ts < other.ts ? -1 : 1)).at(-1);
}

/** What a person would reply: the first option, where there are some. */
function answerTo(asked) {
  return elements(asked, "quick_answer").length > 0 ? "Option 1, please." : "Yes, please continue.";
}

/** Stopped before it begins, a task is cancelled, and no reply wakes it: wait for the session that the card links. */
async function stopOrShow() {
  await openThread(web().id, await givenCard());
  const drawn = () => here.messages.get(card);
  await until(() => elements(drawn()).some((it) => it.url), PATIENCE);
  if (elements(drawn(), "stop").length > 0) {
    await press(drawn(), "stop");
    past.add("stop");
  } else {
    toast(
      "Devin has already finished. The card shows the result and links any pull request.",
    );
    past.add("link");
  }
}

/** What of it the person has done already is not done again. */
async function killAndWrite() {
  const place = { user: store.me, channel: web().id, thread_ts: await givenCard() };
  const opener = document.getElementById("open-bench");
  if (opener.getAttribute("aria-expanded") === "false") {
    opener.click();
  }
  if (!past.has("killed")) {
    await post("/api/bench/kill");
    await until(() => past.has("killed"), PATIENCE);
  }
  if (!past.has("written")) {
    await post("/api/slack/say", { ...place, text: "And please add a test for it." });
    past.add("written");
  }
  await post("/api/bench/start");
}

function watchBot(bot) {
  if (["killed", "stopped"].includes(bot.state)) {
    past.add("killed");
  } else if (bot.state === "running" && past.has("written")) {
    past.add("back");
  }
}

function watchActs({ name, args }) {
  const answers = ["say", "click"].includes(name) && [args.thread_ts, args.ts].some((ts) => there.messages.has(ts));
  if (shown === TURN && answers) {
    begin({ focus: false });
  } else if (name === "slash") {
    begun ??= (now() - ACK).toFixed(6);
  } else if (name === "stop_agent") {
    past.add("stop");
  } else if (name === "say" && past.has("killed")) {
    past.add("written");
  }
  look();
}

function watchLinks(event) {
  if (event.target.closest?.(".message a[target=_blank]")) {
    past.add("link");
  }
}

function until(isTrue, patience) {
  const end = Date.now() + patience;
  return new Promise((resolve) => {
    const check = () => (isTrue() || Date.now() > end ? resolve() : setTimeout(check, 150));
    check();
  });
}
