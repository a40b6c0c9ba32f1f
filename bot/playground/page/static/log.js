/** A list of messages that grows at its end: stays at the bottom when one is there, draws once a frame. */

import { clear, el, icon, reconcile } from "./dom.js";

const NEAR = 48; // pixels from an end that still count as there
const PAUSE = 300; // milliseconds between two questions for older messages

/**
 * Make a list of `node`. `items()` are its rows for `reconcile`; `older()` is called near the top,
 * `atBottom()` when the newest is in sight; `jump` is the button that leads back down.
 */
export function log(node, jump, { items, older = () => {}, atBottom = () => {} }) {
  const inner = el("div", { class: "log-inner" });
  clear(node).append(inner);
  const place = { stuck: true, top: 0, waiting: 0, fresh: 0, newest: "" };
  const view = { node, inner, jump, items, older, atBottom, ...place };
  node.addEventListener("scroll", () => scrolled(view), { passive: true });
  node.addEventListener("keydown", (event) => walk(view, event));
  inner.addEventListener("let-go", () => schedule(view));
  jump.addEventListener("click", () => toBottom(view));
  const resized = new ResizeObserver(() => view.stuck && down(view));
  [inner, node].forEach((it) => resized.observe(it));
  return {
    draw: () => schedule(view),
    toBottom: () => toBottom(view),
    open: () => opened(view),
    reveal: (key) => reveal(view, key),
    isAtBottom: () => view.stuck,
  };
}

function schedule(view) {
  if (!view.waiting) {
    view.waiting = requestAnimationFrame(() => {
      view.waiting = 0;
      draw(view);
    });
  }
}

function draw(view) {
  const items = view.items();
  const before = anchor(view);
  reconcile(view.inner, items);
  if (view.stuck) {
    down(view);
    view.atBottom();
  } else {
    hold(view, before);
    view.fresh += items.filter((it) => it.fresh && it.order > view.newest).length;
    more(view);
  }
  view.newest = items.reduce((last, it) => (it.order > last ? it.order : last), view.newest);
  offer(view);
}

/** The row at the top edge, and where it is: it has to be there after drawing too. */
function anchor(view) {
  if (view.stuck) {
    return null;
  }
  const edge = view.node.getBoundingClientRect().top;
  const rows = view.inner.querySelectorAll(".row");
  let [from, to] = [0, rows.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    [from, to] = rows[middle].getBoundingClientRect().bottom > edge ? [from, middle] : [middle + 1, to];
  }
  return rows[from] && { row: rows[from], top: rows[from].getBoundingClientRect().top };
}

function hold(view, before) {
  if (before?.row.isConnected) {
    view.node.scrollTop += before.row.getBoundingClientRect().top - before.top;
  }
}

function opened(view) {
  view.stuck = true;
  view.fresh = 0;
  view.newest = "";
  schedule(view);
}

function toBottom(view) {
  view.stuck = true;
  down(view);
  scrolled(view);
}

/** Rows that are drawn a moment later make this way shorter than it will be: `top` tells it from a way up. */
function down(view) {
  view.node.scrollTop = view.node.scrollHeight;
  view.top = view.node.scrollTop;
}

function scrolled(view) {
  const { scrollTop, scrollHeight, clientHeight } = view.node;
  // Our own way down may be told of after the list has grown again: only who went up has left the end.
  const wentUp = scrollTop < view.top;
  view.stuck = scrollHeight - scrollTop - clientHeight < NEAR || (view.stuck && !wentUp);
  view.top = scrollTop;
  if (view.stuck) {
    view.fresh = 0;
    view.atBottom();
  }
  if (view.stuck && !wentUp) {
    down(view);
  }
  more(view);
  offer(view);
}

/** Asked again a moment later: a wheel that turns on at the very top makes no event. */
function more(view) {
  const isNear = () => !view.stuck && view.node.scrollTop < 4 * NEAR;
  if (isNear() && !view.asked) {
    view.older();
    view.asked = setTimeout(() => {
      view.asked = null;
      more(view);
    }, PAUSE);
  }
}

function offer(view) {
  const words =
    view.fresh === 0 ? "To the newest" : view.fresh === 1 ? "1 new message" : `${view.fresh} new messages`;
  if (view.jump.hidden !== view.stuck || view.jump.dataset.words !== words) {
    view.jump.hidden = view.stuck;
    view.jump.dataset.words = words;
    view.jump.classList.toggle("has-news", view.fresh > 0);
    view.jump.replaceChildren(icon("down"), words);
  }
}

function reveal(view, key) {
  requestAnimationFrame(() => {
    const row = view.inner.known?.get(key)?.node;
    if (row) {
      view.stuck = false;
      row.scrollIntoView({ block: "center" });
      row.classList.add("is-pointed-at");
      row.focus({ preventScroll: true });
      setTimeout(() => row.classList.remove("is-pointed-at"), 2500);
    }
  });
}

/** Arrow keys go from message to message while one of them, or the list itself, has the focus. */
function walk(view, event) {
  const row = document.activeElement?.closest?.(".row");
  const own = document.activeElement === view.node || document.activeElement === row;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!own || !step || event.altKey || event.ctrlKey || event.metaKey) {
    return;
  }
  const rows = [...view.inner.querySelectorAll(".row")];
  const at = row ? rows.indexOf(row) + step : step < 0 ? rows.length - 1 : -1;
  if (rows[at]) {
    event.preventDefault();
    rows[at].focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  }
}
