/** The drawer over the right side of the page: the tabs "Devin" and "Faults". */

import { benchPanel } from "./bench.js";
import { devinPanel } from "./devin.js";
import { button, el, iconButton } from "./dom.js";
import { keep, kept } from "./kept.js";
import { isEscape } from "./menus.js";

const KEPT = "playground.drawer";
const NARROWEST = 340; // pixels
const WIDEST = 900;
const USUAL = 460;
const STEP = 20;
const COVERS_THREAD = "(width < 1460px)"; // as in drawer.css

const drawer = { node: null, tabs: [], tab: "devin", width: USUAL, opener: null };

/** Build the drawer, closed, and let the buttons of the top bar open it. */
export function startDrawer() {
  drawer.node = document.getElementById("drawer");
  Object.assign(drawer, kept(KEPT, {}));
  drawer.tabs = [
    tab("devin", "Devin", "open-devin", devinPanel(makeRoom)),
    tab("bench", "Faults", "open-bench", benchPanel()),
  ];
  drawer.node.dataset.testid = "drawer";
  drawer.node.setAttribute("aria-label", "Devin and faults");
  drawer.node.append(edge(), head(), ...drawer.tabs.map(({ place }) => place));
  document.addEventListener("keydown", closeOnEscape);
  setWidth(drawer.width);
  select(drawer.tab);
}

/** Open the drawer at a tab: "devin" or "bench". */
function openDrawer(name, opener) {
  drawer.opener = opener;
  drawer.node.hidden = false;
  select(name);
  drawer.tabs.find((each) => each.name === name).handle.focus();
}

/** Close the drawer and give the focus back to what opened it. */
function closeDrawer() {
  drawer.node.hidden = true;
  select(drawer.tab);
  drawer.opener?.focus();
}

/** Whether the drawer is open where there is no room for a thread beside it. */
function drawerCoversThread() {
  return !drawer.node.hidden && window.matchMedia(COVERS_THREAD).matches;
}

function makeRoom() {
  if (drawerCoversThread()) closeDrawer();
}

// ------------------------------------------------------------ tabs

function tab(name, label, openerId, panel) {
  const id = `drawer-${name}`;
  const props = { role: "tab", id: `${id}-tab`, class: "tab", "aria-controls": id };
  const handle = button(label, props, () => select(name));
  const place = el(
    "div",
    { role: "tabpanel", id, class: "drawer-panel", tabindex: "0", "aria-labelledby": `${id}-tab` },
    panel.node,
  );
  const opener = document.getElementById(openerId);
  opener.setAttribute("aria-controls", "drawer");
  opener.addEventListener("click", () => toggle(name, opener));
  return { name, handle, place, opener, panel };
}

function toggle(name, opener) {
  if (!drawer.node.hidden && drawer.tab === name) {
    drawer.opener = opener;
    closeDrawer();
  } else openDrawer(name, opener);
}

function head() {
  const list = el(
    "div",
    { role: "tablist", class: "drawer-tabs", "aria-label": "Parts of the drawer", on: { keydown: walkTabs } },
    drawer.tabs.map(({ handle }) => handle),
  );
  const props = { class: "icon-button", title: "Close (Esc)", dataset: { testid: "drawer-close" } };
  const close = iconButton("Close the drawer", "close", props, closeDrawer);
  return el("div", { class: "drawer-head" }, list, close);
}

function select(name) {
  drawer.tab = drawer.tabs.some((each) => each.name === name) ? name : "devin";
  for (const each of drawer.tabs) {
    const chosen = each.name === drawer.tab;
    each.handle.setAttribute("aria-selected", String(chosen));
    each.handle.tabIndex = chosen ? 0 : -1;
    each.place.hidden = !chosen;
    each.opener.setAttribute("aria-expanded", String(chosen && !drawer.node.hidden));
    each.panel.show(chosen && !drawer.node.hidden);
  }
  remember();
}

function walkTabs(event) {
  const at = drawer.tabs.findIndex(({ name }) => name === drawer.tab);
  const last = drawer.tabs.length - 1;
  const steps = {
    ArrowRight: at === last ? 0 : at + 1,
    ArrowLeft: at === 0 ? last : at - 1,
    Home: 0,
    End: last,
  };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const next = drawer.tabs[steps[event.key]];
  select(next.name);
  next.handle.focus();
}

/** Esc closes the drawer from inside it, and from where nothing has the focus. */
function closeOnEscape(event) {
  const { target } = event;
  const inside = target === document.body || drawer.node.contains(target);
  const clearing = target.matches("input[type=search]") && target.value;
  if (drawer.node.hidden || !inside || clearing || !isEscape(event)) return;
  event.preventDefault();
  closeDrawer();
}

// ------------------------------------------------------------ width

function edge() {
  drawer.edge = el("div", {
    class: "drawer-edge",
    role: "separator",
    tabindex: "0",
    "aria-orientation": "vertical",
    "aria-label": "Width of the drawer",
    "aria-valuemin": NARROWEST,
    "aria-valuemax": WIDEST,
    on: { keydown: widen, pointerdown: grab },
  });
  return drawer.edge;
}

function setWidth(pixels) {
  drawer.width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, pixels)));
  document.documentElement.style.setProperty("--drawer-width", `${drawer.width}px`);
  drawer.edge.setAttribute("aria-valuenow", String(drawer.width));
}

function widen(event) {
  const steps = { ArrowLeft: STEP, ArrowRight: -STEP };
  if (!(event.key in steps)) return;
  event.preventDefault();
  setWidth(drawer.width + steps[event.key]);
  remember();
}

function grab(event) {
  event.preventDefault();
  drawer.edge.setPointerCapture(event.pointerId);
  const drag = ({ clientX }) => setWidth(window.innerWidth - clientX);
  drawer.edge.addEventListener("pointermove", drag);
  drawer.edge.addEventListener(
    "lostpointercapture",
    () => {
      drawer.edge.removeEventListener("pointermove", drag);
      remember();
    },
    { once: true },
  );
}

function remember() {
  keep(KEPT, { tab: drawer.tab, width: drawer.width });
}
