/** Fields to type in, dates and files; and what is wrong with what was entered. */

import { button, el } from "./dom.js";
import { holdsSeveral, remember, valueOf } from "./entered.js";
import { richWords } from "./rich_text.js";
import { spec } from "./uploads.js";

const TYPES = {
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
  plain_text_input: "text",
};
const DATES = {
  datepicker: ["date", "Choose a date"],
  timepicker: ["time", "Choose a time"],
  datetimepicker: ["datetime-local", "Choose a date and time"],
};
const PAUSE = 400; // milliseconds after the last key until the app is told of it
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The words and states that every field has. */
function named({ field, element }, fallback) {
  return {
    id: field.id,
    "aria-labelledby": field.labelledby,
    "aria-label": field.labelledby ? null : (field.label ?? element.placeholder?.text ?? fallback),
    "aria-describedby": field.describedby,
    "aria-required": field.required ? "true" : null,
  };
}

/** A line or some lines of text, an address, a number. */
export function textField(it) {
  const { element: one } = it;
  const tag = one.multiline ? "textarea" : "input";
  const number = one.type === "number_input";
  const props = {
    ...named(it, "Text"),
    class: `bk-input${one.multiline ? " bk-area" : ""}`,
    type: one.multiline ? null : TYPES[one.type],
    rows: one.multiline ? 4 : null,
    maxlength: one.max_length,
    min: number ? one.min_value : null,
    max: number ? one.max_value : null,
    step: number ? (one.is_decimal_allowed ? "any" : "1") : null,
    placeholder: one.placeholder?.text,
    autocomplete: "off",
    value: valueOf(it) ?? "",
  };
  return typing(it, el(tag, props), (text) => text);
}

/** Text with marks: the page offers a plain field, and sends what is typed as one rich text. */
export function richField(it) {
  const { element: one } = it;
  const props = {
    ...named(it, "Text"),
    class: "bk-input bk-area",
    rows: one.min_lines ?? 4,
    placeholder: one.placeholder?.text,
    value: richWords(valueOf(it)),
  };
  return typing(it, el("textarea", props), richValue);
}

function richValue(text) {
  const section = { type: "rich_text_section", elements: [{ type: "text", text }] };
  return text ? { type: "rich_text", elements: [section] } : "";
}

/** Keep each key; tell the app when its `dispatch_action_config` says so. */
function typing(it, node, read) {
  const config = it.element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const sends = it.block.type !== "input" || it.block.dispatch_action;
  let timer = null;
  node.addEventListener("input", () => {
    it.change(read(node.value), node, { send: false });
    clearTimeout(timer);
    if (sends && config.includes("on_character_entered")) {
      timer = setTimeout(() => it.change(read(node.value), node), PAUSE);
    }
  });
  node.addEventListener("keydown", (event) => {
    const enter =
      event.key === "Enter" &&
      !event.isComposing &&
      (node.tagName === "INPUT" || event.ctrlKey || event.metaKey);
    if (enter && sends && config.includes("on_enter_pressed")) {
      event.preventDefault();
      it.change(read(node.value), node);
    }
  });
  return node;
}

/** A day, a time or both, with the browser's own picker. */
export function dateField(it) {
  const [type, fallback] = DATES[it.element.type];
  const instant = type === "datetime-local";
  const node = el("input", {
    ...named(it, fallback),
    type,
    class: "bk-input bk-date",
    value: written(valueOf(it), instant),
  });
  node.title = it.element.placeholder?.text ?? "";
  node.addEventListener("change", async () => {
    const before = valueOf(it);
    const seconds = Math.floor(new Date(node.value).getTime() / 1000);
    const value = instant ? (node.value ? seconds : "") : node.value;
    if (value !== before && !(await it.change(value, node))) {
      node.value = written(valueOf(it), instant);
    }
  });
  return node;
}

function written(value, instant) {
  if (!instant || !value) {
    return value ?? "";
  }
  const date = new Date(Number(value) * 1000);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Files, which are read at once and sent with the form. */
export function fileField(it) {
  const { element: one } = it;
  const most = one.max_files ?? 10;
  const accept = one.filetypes?.map((ending) => `.${ending.replace(/^\./, "")}`).join(",");
  const input = el("input", {
    ...named(it, "Files"),
    type: "file",
    class: "bk-file-input",
    accept,
    multiple: most > 1,
    on: { change: add },
  });
  const names = el("ul", { class: "bk-chips" });
  const node = el("div", { class: "bk-files" }, input, names);
  draw();
  return node;

  async function add() {
    const more = await Promise.all([...input.files].map(spec));
    keep([...(valueOf(it) ?? []), ...more].slice(-most));
    input.value = "";
  }

  function keep(files) {
    remember(it, files);
    it.change(files, node, { send: Boolean(it.block.dispatch_action) });
    draw();
  }

  function draw() {
    const all = valueOf(it) ?? [];
    names.replaceChildren(
      ...all.map((file, place) => chip(file.name, () => keep(all.filter((_, other) => other !== place)))),
    );
  }
}

/** Something chosen, with a button that takes it away. */
export function chip(words, onRemove) {
  const label = typeof words === "string" ? words : words.textContent;
  const away = button("×", { class: "bk-chip-away", "aria-label": `Remove ${label}` }, onRemove);
  return el("li", { class: "bk-chip" }, el("span", null, words), away);
}

/** What Slack says about what was entered, before it goes to the app; null when nothing is wrong. */
export function wrongWith({ context, block, element }) {
  const value = valueOf({ context, block, element });
  const empty = holdsSeveral(element)
    ? !value?.length
    : value === null || value === undefined || value === "";
  if (empty) {
    return block.optional ? null : "Please complete this required field.";
  }
  const check = CHECKS[element.type];
  return check ? check(String(value), element) : null;
}

const CHECKS = {
  plain_text_input: (text, { min_length: least = 0, max_length: most = Infinity }) => {
    if (text.length < least) {
      return `Please enter at least ${least} characters.`;
    }
    return text.length > most ? `Please enter at most ${most} characters.` : null;
  },
  email_text_input: (text) => (EMAIL.test(text) ? null : "Please enter a valid email address."),
  url_text_input: (text) =>
    URL.canParse(text) && /^https?:/i.test(text)
      ? null
      : "Please enter a valid URL, such as https://example.com.",
  number_input: (text, { min_value: least, max_value: most, is_decimal_allowed: parts }) => {
    const number = Number(text);
    if (Number.isNaN(number) || (!parts && !Number.isInteger(number))) {
      return parts ? "Please enter a number." : "Please enter a whole number.";
    }
    const low = least !== undefined && number < Number(least);
    const high = most !== undefined && number > Number(most);
    return low ? `Please enter ${least} or more.` : high ? `Please enter ${most} or less.` : null;
  },
};
