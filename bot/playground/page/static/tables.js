/** Tables: the plain one, and the one with pages that can be put in order. */

import { button, el } from "./dom.js";
import { framed } from "./markdown.js";
import { richText, richWords } from "./rich_text.js";

const PAGE = 20; // rows, when the block does not say how many

/** The `table` block; its first row is its head. */
export function table(block) {
  const [head = [], ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const cell = (tag, it, place) =>
    el(tag, { class: lookOf(settings[place]), scope: tag === "th" ? "col" : null }, shown(it));
  const line = (tag, row) => el("tr", null, row.map((it, place) => cell(tag, it, place)));
  const body = el("tbody", null, rows.map((row) => line("td", row)));
  return framed(el("table", { class: "bk-table" }, el("thead", null, line("th", head)), body));
}

function lookOf(setting) {
  return `bk-align-${setting?.align ?? "left"}${setting?.is_wrapped ? "" : " is-cut"}`;
}

function shown(cell) {
  return cell?.type === "rich_text" ? richText(cell) : String(cell?.text ?? "");
}

/** The `data_table` block: a page at a time, in the order of a column when its head is pressed. */
export function dataTable(block) {
  const [head = [], ...rows] = block.rows ?? [];
  const size = block.page_size ?? PAGE;
  const state = { page: 0, column: null, down: false };
  const body = el("tbody");
  const says = el("span", { class: "is-soft", role: "status" });
  const heads = head.map((it, place) => columnHead(it, () => order(place)));
  const back = pager("‹", "Earlier rows", () => turn(-1));
  const forth = pager("›", "Later rows", () => turn(1));
  const caption = el("caption", { class: "bk-caption" }, block.caption);
  const top = el("thead", null, el("tr", null, heads));
  draw();
  return [
    framed(el("table", { class: "bk-table" }, caption, top, body), block.caption),
    rows.length > size && el("div", { class: "bk-pager" }, back, says, forth),
  ];

  function draw() {
    const start = state.page * size;
    const shownRows = sorted(rows, state).slice(start, start + size);
    body.replaceChildren(...shownRows.map((row) => rowNode(row, block.row_header_column_index)));
    says.textContent = `${start + 1}–${Math.min(start + size, rows.length)} of ${rows.length}`;
    back.disabled = start === 0;
    forth.disabled = start + size >= rows.length;
    const way = state.down ? "descending" : "ascending";
    heads.forEach((node, place) => node.setAttribute("aria-sort", state.column === place ? way : "none"));
  }

  function order(place) {
    state.down = state.column === place && !state.down;
    state.column = place;
    state.page = 0;
    draw();
  }

  function turn(way) {
    state.page += way;
    draw();
  }
}

function columnHead(cell, onPress) {
  return el("th", { scope: "col" }, button(shown(cell), { class: "bk-sort" }, onPress));
}

function pager(sign, label, onPress) {
  return button(sign, { class: "bk-carousel-move", "aria-label": label }, onPress);
}

function rowNode(row, headed) {
  return el(
    "tr",
    null,
    row.map((cell, place) => {
      const tag = place === headed ? "th" : "td";
      return el(
        tag,
        { scope: tag === "th" ? "row" : null, class: cell?.type === "raw_number" ? "bk-align-right" : null },
        shown(cell),
      );
    }),
  );
}

function sorted(rows, { column, down }) {
  if (column === null) {
    return rows;
  }
  const way = down ? -1 : 1;
  return [...rows].sort((one, other) => way * compared(one[column], other[column]));
}

function compared(one, other) {
  if (one?.type === "raw_number" && other?.type === "raw_number") {
    return one.value - other.value;
  }
  const words = (cell) => (cell?.type === "rich_text" ? richWords(cell) : String(cell?.text ?? ""));
  return words(one).localeCompare(words(other), "en", { numeric: true });
}
