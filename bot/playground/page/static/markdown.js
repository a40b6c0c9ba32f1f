/** Standard Markdown as Slack's `markdown` block draws it; what stands in a line is in markdown_inline.js. */

import { el } from "./dom.js";
import { spans } from "./markdown_inline.js";

const DEEPEST = 10; // lists and quotes inside each other
const FENCE = /^( {0,12})(`{3,}|~{3,})([^\n]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const ITEM = /^([ \t]*)([-*+]|\d{1,9}[.)])(?:([ \t]+)(.*))?$/;
const TASK = /^\[([ xX])\][ \t]+/;
const QUOTE = /^ {0,3}> ?/;

/** Draw Markdown. Its HTML is shown as text. */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  const all = String(text ?? "")
    .replaceAll("\r", "")
    .replaceAll("\t", "    ")
    .split("\n");
  fragment.append(...blocksOf(all, 0));
  return fragment;
}

// Each reads what begins at a line, if it is of its kind: the node and how many lines it took.
const READERS = [fence, heading, rule, quote, table, list, indented];

function blocksOf(lines, depth) {
  const nodes = [];
  let words = [];
  const close = () => {
    if (words.length) {
      nodes.push(el("p", { class: "bk-p" }, broken(words)));
      words = [];
    }
  };
  for (let at = 0; at < lines.length;) {
    const level = words.length && underline(lines[at]);
    const read = level ? null : reading(lines, at, depth, words.length > 0);
    if (level) {
      nodes.push(title(level, words.join(" ")));
      words = [];
    } else if (read) {
      close();
      nodes.push(read.node);
    } else if (lines[at].trim()) {
      words.push(lines[at]);
    } else {
      close();
    }
    at += read?.took ?? 1;
  }
  close();
  return nodes;
}

function reading(lines, at, depth, inWords) {
  if (!lines[at].trim()) {
    return null;
  }
  for (const reader of READERS) {
    const read = reader(lines, at, depth, inWords);
    if (read) {
      return read;
    }
  }
  return null;
}

/** Lines of one paragraph: Slack keeps their ends. */
function broken(words) {
  return words.flatMap((line, place) => [place ? el("br") : null, ...spans(line.trim().replace(/\\$/, ""))]);
}

function fence(lines, at) {
  const open = FENCE.exec(lines[at]);
  if (!open || (open[2][0] === "`" && open[3].includes("`"))) {
    return null;
  }
  const [, indent, marks, told] = open;
  const inside = [];
  let end = at + 1;
  while (end < lines.length && !closes(lines[end], marks)) {
    inside.push(lines[end].slice(Math.min(indent.length, lines[end].search(/\S|$/))));
    end += 1;
  }
  return { node: code(inside.join("\n"), told.trim().split(/\s/)[0]), took: end - at + 1 };
}

function closes(line, marks) {
  const told = line.trim();
  return told.length >= marks.length && [...told].every((sign) => sign === marks[0]);
}

/** A block of code, with its language where it is told. */
function code(text, language) {
  const label =
    language && language.length < 30 ? el("figcaption", { class: "bk-language" }, language) : null;
  const pre = el("pre", { class: "bk-pre", tabindex: "0" }, el("code", { dataset: { language } }, text));
  return el("figure", { class: "bk-figure" }, label, pre);
}

function heading(lines, at) {
  const found = HEADING.exec(lines[at]);
  return found && { node: title(found[1].length, withoutEnd(found[2] ?? "")), took: 1 };
}

/** A heading may end with the signs it begins with. */
function withoutEnd(words) {
  const told = words.trim();
  let end = told.length;
  while (told[end - 1] === "#") {
    end -= 1;
  }
  return end === 0 || told[end - 1] === " " ? told.slice(0, end) : told;
}

function title(level, words) {
  const props = { class: `bk-h bk-h${level}`, role: "heading", "aria-level": String(Math.min(6, level + 2)) };
  return el("div", props, spans(words.trim()));
}

/** A line under a paragraph that makes it a heading: the level. */
function underline(line) {
  const told = line.trim();
  return /^ {0,3}\S/.test(line) && only(told, "=", 1) ? 1 : only(told, "-", 2) ? 2 : 0;
}

function rule(lines, at) {
  const told = lines[at].replaceAll(" ", "");
  return ["-", "*", "_"].some((sign) => only(told, sign, 3))
    ? { node: el("hr", { class: "bk-rule" }), took: 1 }
    : null;
}

function only(text, sign, least) {
  return text.length >= least && [...text].every((char) => char === sign);
}

function quote(lines, at, depth) {
  if (depth >= DEEPEST || !QUOTE.test(lines[at])) {
    return null;
  }
  const inside = [];
  let end = at;
  while (end < lines.length && (QUOTE.test(lines[end]) || goesOn(lines[end], inside))) {
    inside.push(lines[end].replace(QUOTE, ""));
    end += 1;
  }
  return { node: el("blockquote", { class: "bk-quote" }, blocksOf(inside, depth + 1)), took: end - at };
}

/** A line that belongs to the paragraph before it although it lacks its mark. */
function goesOn(line, before) {
  return Boolean(before.length && before.at(-1).trim() && line.trim()) && !begins(line);
}

function begins(line) {
  return (
    FENCE.test(line) || HEADING.test(line) || ITEM.test(line) || QUOTE.test(line) || rule([line], 0) !== null
  );
}

function list(lines, at, depth, inWords) {
  const first = ITEM.exec(lines[at]);
  if (!first || depth >= DEEPEST || (inWords && !mayInterrupt(first))) {
    return null;
  }
  const items = [];
  let end = at;
  for (let item = first; item && kindOf(item) === kindOf(first) && item[1].length <= first[1].length + 1;) {
    const { inside, next } = itemLines(lines, end, item);
    items.push(itemNode(inside, depth));
    end = next;
    item = end < lines.length ? ITEM.exec(lines[end]) : null;
  }
  const number = Number.parseInt(first[2], 10);
  const tag = Number.isNaN(number) ? "ul" : "ol";
  return { node: el(tag, { class: "bk-list", start: number > 1 ? number : null }, items), took: end - at };
}

/** A number in the middle of a sentence begins no list, unless it is the first. */
function mayInterrupt(item) {
  const number = Number.parseInt(item[2], 10);
  return Boolean(item[4]) && (Number.isNaN(number) || number === 1);
}

function kindOf(item) {
  return item[2].at(-1);
}

/** The lines of one item without their indentation, and where the next thing begins. */
function itemLines(lines, at, item) {
  const indent = item[1].length;
  const content = indent + item[2].length + Math.min((item[3] ?? " ").length, 4);
  const inside = [item[4] ?? ""];
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const line = lines[next];
    const depth = line.search(/\S/);
    if (depth < 0 ? !belongs(lines, next, indent) : depth < indent + 2 && !goesOn(line, inside)) {
      break;
    }
    inside.push(depth < 0 ? "" : line.slice(Math.min(depth, content)));
  }
  while (next < lines.length && !lines[next].trim()) {
    next += 1;
  }
  return { inside, next };
}

/** Whether the next line with words after an empty one is still inside the item. */
function belongs(lines, at, indent) {
  const next = lines.slice(at, at + 3).find((line) => line.trim());
  return next !== undefined && next.search(/\S/) >= indent + 2;
}

function itemNode(inside, depth) {
  const task = TASK.exec(inside[0]);
  const rest = task ? [inside[0].slice(task[0].length), ...inside.slice(1)] : inside;
  const [first, ...others] = blocksOf(rest, depth + 1);
  const words = first?.tagName === "P" ? [...first.childNodes] : [first];
  return el("li", { class: task ? "bk-task-item" : null }, task && taskBox(task[1] !== " "), words, others);
}

function taskBox(done) {
  const label = done ? "Done:" : "To do:";
  return el("span", { class: `bk-task${done ? " is-done" : ""}`, role: "img", "aria-label": label });
}

function indented(lines, at, depth, inWords) {
  if (inWords || !lines[at].startsWith("    ")) {
    return null;
  }
  let end = at;
  while (end < lines.length && (lines[end].startsWith("    ") || !lines[end].trim())) {
    end += 1;
  }
  const inside = lines.slice(at, end).map((line) => line.slice(4));
  return { node: code(inside.join("\n").trimEnd(), ""), took: end - at };
}

function table(lines, at) {
  const head = cells(lines[at]);
  const marks = head && at + 1 < lines.length ? cells(lines[at + 1]) : null;
  if (!marks || marks.length !== head.length || !marks.every((mark) => /^:?-+:?$/.test(mark))) {
    return null;
  }
  let end = at + 2;
  const rows = [];
  while (end < lines.length && lines[end].includes("|") && lines[end].trim()) {
    rows.push(cells(lines[end]));
    end += 1;
  }
  const aligned = marks.map(alignment);
  const cell = (tag, words, place) =>
    el(tag, { class: `bk-align-${aligned[place]}`, scope: tag === "th" ? "col" : null }, spans(words ?? ""));
  const row = (tag, words) =>
    el(
      "tr",
      null,
      head.map((_, place) => cell(tag, words[place], place)),
    );
  const body = el(
    "tbody",
    null,
    rows.map((words) => row("td", words)),
  );
  return {
    node: framed(el("table", { class: "bk-table" }, el("thead", null, row("th", head)), body)),
    took: end - at,
  };
}

function alignment(mark) {
  return mark.endsWith(":") ? (mark.startsWith(":") ? "center" : "right") : "left";
}

/** A table that may be wider than its message. */
export function framed(table, label = "Table") {
  return el("div", { class: "bk-table-frame", role: "group", "aria-label": label, tabindex: "0" }, table);
}

/** The cells of a row, or null. A stroke behind a backslash or in code belongs to its cell. */
function cells(line) {
  if (!line.includes("|")) {
    return null;
  }
  const found = [""];
  let inCode = false;
  for (let at = 0; at < line.length; at += 1) {
    const escaped = line[at] === "\\" && line[at + 1] === "|";
    inCode = line[at] === "`" ? !inCode : inCode;
    if (line[at] === "|" && !inCode) {
      found.push("");
    } else {
      found[found.length - 1] += escaped ? "|" : line[at];
      at += escaped ? 1 : 0;
    }
  }
  const trimmed = found.map((cell) => cell.trim());
  const first = trimmed[0] === "" ? 1 : 0;
  return trimmed.slice(first, trimmed.length > 1 && trimmed.at(-1) === "" ? -1 : undefined);
}
