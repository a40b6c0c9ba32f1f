/** Building the page's nodes. Text only ever becomes text: nothing here reads markup. */

const SCHEMES = new Set(["http:", "https:", "mailto:", "slack:"]);
const FORBIDDEN = new Set(["innerhtml", "outerhtml", "srcdoc", "style"]);
const AS_PROPERTY = new Set(["value", "checked", "selected", "indeterminate", "disabled", "open", "hidden"]);
const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `class`, `dataset`, `on: {event: fn}`, else attributes; null is left out. */
export function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    set(node, name, value);
  }
  return add(node, ...children);
}

/** Append nodes, strings, numbers and lists of them; null, undefined and false are left out. */
export function add(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false && child !== true) {
      node.append(child instanceof Node ? child : String(child));
    }
  }
  return node;
}

/** Remove all that is inside, and give the node back. */
export function clear(node) {
  node.replaceChildren();
  return node;
}

/** A link that opens beside the page, or plain text where a link may not have the scheme of the address. */
export function link(url, ...children) {
  const words = children.length ? children : [url];
  const href = safe(url);
  if (href === null) {
    return el("span", null, ...words);
  }
  return el("a", { href, target: "_blank", rel: "noreferrer noopener" }, ...words);
}

/** A link to a file that the playground itself serves. */
export function fileLink(id, props, ...children) {
  const href = `/api/files/${encodeURIComponent(id)}`;
  return el("a", { target: "_blank", rel: "noreferrer noopener", ...props, href }, ...children);
}

/** The address itself when a link may have it, else null. */
export function safe(url) {
  try {
    return SCHEMES.has(new URL(String(url)).protocol) ? String(url) : null;
  } catch {
    return null;
  }
}

/** A small drawing, silent for screen readers; an unknown name gives an empty one. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("focusable", "false");
  for (const line of ICONS[name] ?? []) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  const span = el("span", { class: `icon icon-${name}`, "aria-hidden": "true" });
  span.append(svg);
  return span;
}

/** Words for those who do not see the page. */
export function forReaders(words) {
  return el("span", { class: "for-readers" }, words);
}

/** A state in words and colour. */
export function stateChip({ word, tone }) {
  return el("span", { class: "chip", dataset: { tone } }, word);
}

/** A button with words, or whatever stands for them. */
export function button(words, props, onClick) {
  return el("button", { type: "button", ...props, on: { click: onClick } }, words);
}

/** A button that is a drawing, with its name for those who do not see it. */
export function iconButton(label, sign, props, onClick) {
  return button(icon(sign), { "aria-label": label, title: label, ...props }, onClick);
}

/**
 * Make the children be `items` ({key, sig, draw}) in this order; what has the same `sig` stays untouched.
 * So does what holds an open menu: the container hears "let-go" when that has closed.
 */
export function reconcile(container, items) {
  const known = container.known ?? new Map();
  const kept = new Map();
  forget(known, new Set(items.map((item) => item.key)));
  let next = container.firstChild;
  for (const item of items) {
    const old = known.get(item.key);
    const there = old?.node.parentNode === container;
    const stays = there && (old.sig === item.sig || holdsMenu(container, old.node));
    const node = stays ? old.node : item.draw();
    if (old && old.node !== node) {
      next = next === old.node ? node : next;
      swap(old.node, node);
    }
    next = node === next ? node.nextSibling : container.insertBefore(node, next).nextSibling;
    kept.set(item.key, { sig: stays ? old.sig : item.sig, node });
  }
  container.known = kept;
}

function holdsMenu(container, node) {
  const menu = node.querySelector(":popover-open");
  menu?.addEventListener("toggle", () => container.dispatchEvent(new Event("let-go")), { once: true });
  return menu !== null;
}

function forget(known, wanted) {
  for (const [key, { node }] of known) {
    if (!wanted.has(key)) {
      node.remove();
    }
  }
}

/** Put `node` in the place of `old`; what had the focus inside has it again if it is still there. */
function swap(old, node) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && path(old, focused);
  old.replaceWith(node);
  if (place) {
    node.focus({ preventScroll: true }); // only with the focus a message gets the buttons that it had
    follow(node, place, focused)?.focus({ preventScroll: true });
  }
}

function path(root, node) {
  const steps = [];
  for (let at = node; at !== root; at = at.parentNode) {
    steps.unshift([...at.parentNode.children].indexOf(at));
  }
  return steps;
}

function follow(root, steps, like) {
  let at = root;
  for (const step of steps) {
    at = at?.children[step];
  }
  return at && at.tagName === like.tagName ? at : root;
}

function set(node, name, value) {
  if (value === null || value === undefined) {
    return;
  }
  if (FORBIDDEN.has(name.toLowerCase()) || (name.startsWith("on") && name !== "on")) {
    throw new Error(`${name} isn't set here`);
  }
  if (name === "on") {
    Object.entries(value).forEach(([event, heard]) => node.addEventListener(event, heard));
  } else if (name === "dataset") {
    Object.entries(value).forEach(([key, told]) => told != null && (node.dataset[key] = told));
  } else if (name === "class") {
    node.setAttribute("class", value);
  } else if (AS_PROPERTY.has(name)) {
    node[name] = value;
  } else {
    attribute(node, name, value);
  }
}

function attribute(node, name, value) {
  const local = /^(#|\/(?!\/))/;
  if (["href", "src", "action", "formaction"].includes(name) && !local.test(value) && !allowed(name, value)) {
    return;
  }
  if (name.startsWith("aria-")) {
    node.setAttribute(name, String(value));
  } else if (value !== false) {
    node.setAttribute(name === "htmlFor" ? "for" : name, value === true ? "" : String(value));
  }
}

function allowed(name, value) {
  return safe(value) !== null || (name === "src" && /^data:image\/(png|jpeg|gif|webp);/.test(value));
}

const ICONS = {
  bridge: [
    "M3 13.5h14",
    "M6 13.5V6",
    "M14 13.5V6",
    "M3 10c1.6 0 3-1.6 3-4 0 3 2 5 4 5s4-2 4-5c0 2.4 1.4 4 3 4",
  ],
  hash: ["M8 3 6.5 17", "M13.5 3 12 17", "M3.5 7.5h13.5", "M3 12.5h13.5"],
  lock: ["M5 9h10v8H5z", "M7 9V6.5a3 3 0 0 1 6 0V9"],
  home: ["M3 9.5 10 3.5l7 6", "M5 8.5V16.5h10V8.5", "M8.5 16.5v-4.5h3v4.5"],
  reply: ["M3.5 4.5h13v9h-7l-3.5 3v-3H3.5z"],
  smile: ["M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14z", "M7 11.5a3.4 3.4 0 0 0 6 0", "M7.6 8h.01", "M12.4 8h.01"],
  more: ["M4.5 10h.01", "M10 10h.01", "M15.5 10h.01"],
  close: ["M5 5l10 10", "M15 5 5 15"],
  plus: ["M10 4v12", "M4 10h12"],
  send: ["M3.5 10 3.5 4 17 10 3.5 16v-6z", "M3.5 10h6.5"],
  clip: [
    "M13.5 6.5 7.8 12.3a1.6 1.6 0 0 0 2.3 2.3l6-6.1a3.2 3.2 0 0 0-4.6-4.6l-6.2 6.3a4.9 4.9 0 0 0 6.9 6.9l4-4",
  ],
  eye: ["M2.5 10S5.5 5 10 5s7.5 5 7.5 5-3 5-7.5 5-7.5-5-7.5-5z", "M10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"],
  down: ["M10 4v12", "M5 11l5 5 5-5"],
  copy: ["M7 7h9.5v9.5H7z", "M4 13H3.5V3.5H13V4"],
  menu: ["M3.5 5.5h13", "M3.5 10h13", "M3.5 14.5h13"],
  tour: ["M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14z", "M8 8a2 2 0 1 1 2.8 1.9c-.6.3-.8.6-.8 1.3", "M10 13.8h.01"],
  reset: ["M4.5 10a5.5 5.5 0 1 1 1.8 4.1", "M4 16v-3h3"],
  bench: ["M11 2.5 5 11h4.5L9 17.5 15 9h-4.5z"],
  robot: ["M4.5 7.5h11v8h-11z", "M10 7.5V4", "M7.7 11h.01", "M12.3 11h.01", "M8 13.5h4"],
  file: ["M5 3h6.5L15 6.5V17H5z", "M11.5 3v3.5H15"],
  download: ["M10 3.5v9", "M6 9l4 4 4-4", "M4 16.5h12"],
  people: [
    "M7.5 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
    "M2.5 16.5c0-3 2-4.5 5-4.5s5 1.5 5 4.5",
    "M13 5a2.3 2.3 0 0 1 0 4.4",
    "M14.5 12.3c2 .5 3 2 3 4.2",
  ],
  archive: ["M3 4h14v3.5H3z", "M4.5 7.5V16.5h11V7.5", "M8 10.5h4"],
  shared: ["M7.5 6a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12.5 6a4 4 0 1 1 0 8 4 4 0 0 1 0-8z"],
  share: ["M11 4h5v5", "M16 4l-7 7", "M13.5 11.5V16H4V6.5h4.5"],
  diamond: ["M10 3.5l2 4.5 4.5 2-4.5 2-2 4.5-2-4.5-4.5-2 4.5-2z"],
  trash: ["M4 6h12", "M8 6V4h4v2", "M5.5 6l.7 11h7.6l.7-11"],
  pencil: ["M4 16l.8-3.2L13.5 4l2.5 2.5-8.8 8.7z"],
  stop: ["M6 6h8v8H6z"],
  warn: ["M10 3.5 17.5 16.5h-15z", "M10 8.5v3.5", "M10 14.2h.01"],
};
