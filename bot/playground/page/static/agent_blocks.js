/** Blocks made for agents: plans, tasks, alerts. */

import { el, icon, link } from "./dom.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./rich_text.js";

const TASKS = {
  pending: "To do",
  in_progress: "In progress",
  complete: "Done",
  error: "Failed",
};
const LEVELS = {
  default: "Note",
  info: "For information",
  warning: "Warning",
  error: "Error",
  success: "Success",
};

/** How to draw them, by type. */
export const agentBlocks = {
  plan,
  task_card: (block) => task(block),
  alert,
};

function plan(block) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((it) => it.status === "complete").length;
  const counted = tasks.length ? el("span", { class: "is-soft" }, ` ${done} of ${tasks.length} done`) : null;
  return el(
    "details",
    { class: "bk-plan-frame", open: true },
    el("summary", { class: "bk-plan-title" }, el("strong", null, block.title), counted),
    el(
      "ol",
      { class: "bk-tasks" },
      tasks.map((it) => el("li", null, task(it))),
    ),
  );
}

function task(block) {
  const status = Object.hasOwn(TASKS, block.status) ? block.status : "pending";
  const sign = el("span", { class: `bk-state bk-state-${status}`, role: "img", "aria-label": TASKS[status] });
  const more = [
    block.details && el("div", { class: "bk-task-details" }, richText(block.details)),
    block.output && el("div", { class: "bk-task-output" }, richText(block.output)),
    block.sources?.length &&
      el("ul", { class: "bk-sources", "aria-label": "Sources" }, block.sources.map(source)),
  ].filter(Boolean);
  return el(
    "div",
    { class: `bk-task-frame is-${status}`, dataset: { status } },
    sign,
    el("div", { class: "bk-task-words" }, el("div", { class: "bk-task-title" }, block.title ?? ""), more),
  );
}

function source({ url, text }) {
  return el("li", null, link(url, icon("share"), text || url));
}

function alert(block) {
  const level = Object.hasOwn(LEVELS, block.level) ? block.level : "default";
  const sign = el("span", { class: "bk-alert-sign", role: "img", "aria-label": LEVELS[level] });
  return el(
    "div",
    { class: `bk-alert-frame is-${level}`, role: "note" },
    sign,
    el("div", { class: "mrkdwn" }, textObject(block.text)),
  );
}
