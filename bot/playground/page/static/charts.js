/** The `data_visualization` block: lines, areas, bars or a pie, with the same in words for those who hear it. */

import { el } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 380;
const HEIGHT = 190;
const LEFT = 40;
const RIGHT = 16;
const TOP = 24;
const BOTTOM = 28;
const MOST_LABELS = 4; // below a chart; more would run into each other

/** Draw the block. */
export function dataVisualization(block) {
  const chart = block.chart ?? {};
  const parts = chart.type === "pie" ? (chart.segments ?? []) : (chart.series ?? []);
  const names = parts.map((part) => part.label ?? part.name ?? "");
  const svg = node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "bk-chart", role: "img" });
  svg.setAttribute("aria-label", `${block.title}. ${inWords(chart)}`);
  svg.append(...(chart.type === "pie" ? pie(chart.segments ?? []) : axes(chart)));
  return el(
    "figure",
    { class: "bk-figure bk-chart-frame" },
    el("figcaption", { class: "bk-chart-title" }, block.title),
    svg,
    el(
      "ul",
      { class: "bk-legend" },
      names.map((name, place) =>
        el("li", null, el("span", { class: `bk-key bk-series-${place}`, "aria-hidden": "true" }), name),
      ),
    ),
  );
}

function inWords(chart) {
  if (chart.type === "pie") {
    return (chart.segments ?? []).map((it) => `${it.label}: ${it.value}`).join(", ");
  }
  return (chart.series ?? [])
    .map((one) => `${one.name}: ${one.data.map((it) => `${it.label} ${it.value}`).join(", ")}`)
    .join(". ");
}

function node(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

function axes({ type, series = [], axis_config: config = {} }) {
  const labels = config.categories ?? [];
  const values = series.flatMap((one) => one.data.map((it) => it.value));
  const top = roundedUp(Math.max(...values, 0));
  const low = Math.min(...values, 0);
  const slot = (WIDTH - LEFT - RIGHT) / Math.max(labels.length, 1);
  const x = (place) => LEFT + slot * (place + 0.5);
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (top - low || 1));
  const draw = { line, area, bar }[type] ?? line;
  const scale = { x, y, slot, zero: y(0), count: series.length };
  const unit = config.y_label ? [node("text", { x: 0, y: 12, class: "bk-scale is-left" }, config.y_label)] : [];
  const drawn = series.flatMap((one, place) => draw(one, place, scale));
  return [...unit, ...grid(low, top, y), ...below(labels, x), ...drawn];
}

/** The next number above a value that is easy to read. */
function roundedUp(value) {
  if (value <= 0) {
    return 1;
  }
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * size).find((step) => step >= value);
}

function grid(low, top, y) {
  return [low, (low + top) / 2, top].flatMap((value) => [
    node("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), class: "bk-grid" }),
    node("text", { x: LEFT - 6, y: y(value) + 4, class: "bk-scale is-right" }, shortNumber(value)),
  ]);
}

function shortNumber(value) {
  return value.toLocaleString("en", { maximumFractionDigits: 2 });
}

function below(labels, x) {
  const step = Math.ceil(labels.length / MOST_LABELS);
  const last = labels.length - 1;
  return labels
    .map((label, place) => [label, place])
    .filter(([, place]) => (last - place) % step === 0)
    .map(([label, place]) => {
      const look = place === last && last > 0 ? { x: WIDTH, class: "bk-scale is-right" } : { x: x(place), class: "bk-scale" };
      return node("text", { ...look, y: HEIGHT - 8 }, label);
    });
}

function line(one, place, { x, y }) {
  const points = one.data.map((it, at) => `${x(at)},${y(it.value)}`).join(" ");
  return [node("polyline", { points, class: `bk-line bk-series-${place}` }), ...dots(one, place, x, y)];
}

function area(one, place, { x, y, zero }) {
  const points = one.data.map((it, at) => `${x(at)},${y(it.value)}`);
  const closed = [`${x(0)},${zero}`, ...points, `${x(one.data.length - 1)},${zero}`].join(" ");
  return [
    node("polygon", { points: closed, class: `bk-area bk-series-${place}` }),
    ...line(one, place, { x, y }),
  ];
}

function dots(one, place, x, y) {
  return one.data.map((it, at) =>
    node(
      "circle",
      { cx: x(at), cy: y(it.value), r: 3, class: `bk-dot bk-series-${place}` },
      node("title", {}, `${one.name}, ${it.label}: ${it.value}`),
    ),
  );
}

function bar(one, place, { x, y, slot, zero, count }) {
  const width = (slot * 0.7) / count;
  return one.data.map((it, at) =>
    node(
      "rect",
      {
        x: x(at) - (width * count) / 2 + width * place,
        y: Math.min(y(it.value), zero),
        width,
        height: Math.abs(y(it.value) - zero),
        class: `bk-bar bk-series-${place}`,
      },
      node("title", {}, `${one.name}, ${it.label}: ${it.value}`),
    ),
  );
}

function pie(segments) {
  const whole = segments.reduce((sum, it) => sum + it.value, 0);
  const middle = [WIDTH / 2, HEIGHT / 2];
  const reach = HEIGHT / 2 - TOP;
  let turned = 0;
  return segments.map((it, place) => {
    const words = node("title", {}, `${it.label}: ${it.value}`);
    const look = { class: `bk-bar bk-series-${place}` };
    const [from, to] = [turned, (turned += it.value / whole)];
    if (segments.length === 1) {
      return node("circle", { cx: middle[0], cy: middle[1], r: reach, ...look }, words);
    }
    const [x1, y1] = onCircle(middle, reach, from);
    const [x2, y2] = onCircle(middle, reach, to);
    const large = to - from > 0.5 ? 1 : 0;
    const d = `M ${middle.join(" ")} L ${x1} ${y1} A ${reach} ${reach} 0 ${large} 1 ${x2} ${y2} Z`;
    return node("path", { d, ...look }, words);
  });
}

function onCircle([x, y], reach, share) {
  const angle = 2 * Math.PI * (share - 0.25);
  return [x + reach * Math.cos(angle), y + reach * Math.sin(angle)];
}
