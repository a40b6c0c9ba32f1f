/** Devin's sessions, newest first, to choose one from: a listbox that stays fluid with hundreds of them. */

import { el, stateChip } from "./dom.js";
import { now, subscribe } from "./state.js";
import { acus, bareId, counted, devinsWords, stateOf, titleOf, when } from "./words.js";

const DAY = 86_400;
const NONE_YET = "No sessions yet. Write /devin and a task in a channel, and its session appears here.";
const NONE_FITS = "No session matches the filter.";

/** The list: `node`, `take(summaries)`, `replace(summaries)`, `mark(id)`, `all()`; choices call `choose`. */
export function sessionList(choose) {
  const rows = el("ul", { class: "sessions", role: "listbox", "aria-label": "Sessions, newest first" });
  const count = el("span", { class: "drawer-count" });
  const filter = filterField();
  const empty = el("p", { class: "drawer-hint" });
  const list = {
    rows,
    count,
    filter,
    empty,
    choose,
    held: new Map(),
    serial: 0,
    chosen: null,
  };
  filter.addEventListener("input", () => sift(list));
  filter.addEventListener("keydown", (event) => fromFilter(list, event));
  rows.addEventListener("click", (event) => pick(list, event.target.closest("[role=option]")));
  rows.addEventListener("keydown", (event) => walk(list, event));
  subscribe("clock", () => list.held.forEach((row) => draw(list, row))); // after a jump today's are yesterday's
  sift(list);
  return {
    node: el(
      "section",
      { class: "drawer-part session-list", "aria-label": "Sessions" },
      el("div", { class: "drawer-line" }, el("h3", {}, "Sessions"), " ", count, " ", filter),
      rows,
      empty,
    ),
    take: (summaries) => take(list, summaries),
    replace: (summaries) => replace(list, summaries),
    mark: (id) => mark(list, id),
    all: () => [...rows.children].map((node) => list.held.get(node.dataset.session).summary),
  };
}

function filterField() {
  return el("input", {
    type: "search",
    class: "drawer-field",
    placeholder: "Filter by title, state, or tag",
    "aria-label": "Filter the sessions",
    autocomplete: "off",
    dataset: { testid: "session-filter" },
  });
}

function replace(list, summaries) {
  list.held.clear();
  list.rows.replaceChildren();
  take(list, [...summaries].reverse());
}

function take(list, summaries) {
  for (const summary of summaries) {
    const id = bareId(summary.session_id);
    const row = list.held.get(id) ?? keep(list, id, summary);
    row.summary = summary;
    draw(list, row);
  }
  sift(list);
}

/** New sessions usually come at the top; what was made earlier is put where it belongs. */
function keep(list, id, summary) {
  const node = el("li", {
    role: "option",
    class: "session-row",
    tabindex: "-1",
    "aria-selected": "false",
    dataset: { testid: "session-row", session: id },
  });
  const row = { id, node, summary, serial: (list.serial += 1) };
  const before = [...list.rows.children].find((other) => newer(row, list.held.get(other.dataset.session)));
  list.rows.insertBefore(node, before ?? null);
  list.held.set(id, row);
  return row;
}

function newer(row, other) {
  const apart = row.summary.created_at - other.summary.created_at;
  return apart > 0 || (apart === 0 && row.serial > other.serial);
}

function draw(list, row) {
  const { summary, node } = row;
  node.setAttribute("aria-selected", String(row.id === list.chosen));
  node.replaceChildren(
    el("span", { class: "session-title" }, titleOf(summary)),
    " ",
    stateChip(stateOf(summary)),
    " ",
    el("span", { class: "session-facts" }, facts(summary)),
  );
}

function facts(summary) {
  const form = Math.abs(now() - summary.created_at) < DAY ? "second" : "short";
  const words = [devinsWords(summary), acus(summary.acus_consumed), when(summary.created_at, form)];
  if (summary.pull_requests?.length) words.push(counted(summary.pull_requests.length, "PR"));
  if (summary.is_archived) words.push("archived");
  return words.join(" · ");
}

function mark(list, id) {
  list.chosen = id;
  for (const row of list.held.values()) {
    row.node.setAttribute("aria-selected", String(row.id === id));
  }
  const node = list.held.get(id)?.node;
  if (node) reveal(list.rows, node);
  setStop(list, node);
}

/** Scrolls the list alone: `scrollIntoView` would move the whole drawer under somebody's hands. */
function reveal(rows, node) {
  const above = node.offsetTop - rows.offsetTop;
  const below = above + node.offsetHeight - rows.clientHeight;
  rows.scrollTop = Math.max(Math.min(rows.scrollTop, above), below);
}

/** One row takes part in the order of Tab: the chosen one, else the first. */
function setStop(list, wanted) {
  const shown = visible(list);
  const stop = shown.includes(wanted) ? wanted : shown[0];
  for (const node of list.rows.children) node.tabIndex = node === stop ? 0 : -1;
}

function visible(list) {
  return [...list.rows.children].filter((node) => !node.hidden);
}

function sift(list) {
  const wanted = list.filter.value.trim().toLowerCase();
  for (const row of list.held.values()) row.node.hidden = !says(row.summary, wanted);
  const shown = visible(list).length;
  list.count.textContent = wanted ? `${shown} of ${list.held.size}` : String(list.held.size);
  list.rows.hidden = shown === 0;
  list.empty.hidden = shown > 0;
  list.empty.textContent = shown > 0 ? "" : list.held.size > 0 ? NONE_FITS : NONE_YET;
  setStop(list, list.held.get(list.chosen)?.node);
}

function says(summary, wanted) {
  if (!wanted) return true;
  const { title, prompt, session_id: id, status, status_detail: detail, tags = [] } = summary;
  const text = [title, prompt, id, status, detail, stateOf(summary).word, ...tags].join(" ");
  return text.toLowerCase().includes(wanted);
}

function pick(list, node) {
  if (node) list.choose(node.dataset.session);
}

function fromFilter(list, event) {
  if (event.key !== "ArrowDown") return;
  event.preventDefault();
  visible(list)[0]?.focus();
}

function walk(list, event) {
  const shown = visible(list);
  const at = shown.indexOf(document.activeElement);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 };
  if (event.key === "Enter" || event.key === " ") pick(list, shown[at]);
  else if (event.key in steps) shown[Math.max(0, Math.min(shown.length - 1, steps[event.key]))]?.focus();
  else return;
  event.preventDefault();
}
