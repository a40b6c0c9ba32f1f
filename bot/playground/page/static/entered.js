/** What a person has entered in the fields of messages and views, kept while these are drawn anew. */

import { store, subscribe } from "./state.js";

// Where a field keeps what it starts with. Buttons and overflow menus hold nothing.
const STARTS = {
  static_select: "initial_option",
  external_select: "initial_option",
  radio_buttons: "initial_option",
  multi_static_select: "initial_options",
  multi_external_select: "initial_options",
  checkboxes: "initial_options",
  users_select: "initial_user",
  multi_users_select: "initial_users",
  channels_select: "initial_channel",
  multi_channels_select: "initial_channels",
  conversations_select: "initial_conversation",
  multi_conversations_select: "initial_conversations",
  datepicker: "initial_date",
  timepicker: "initial_time",
  datetimepicker: "initial_date_time",
  plain_text_input: "initial_value",
  email_text_input: "initial_value",
  url_text_input: "initial_value",
  number_input: "initial_value",
  rich_text_input: "initial_value",
  file_input: "", // it starts empty
};

const held = new Map(); // by person and message or view: block id and action id → value
const labels = new Map(); // by action id and value: the words of an option that the app gave

subscribe("reset", () => {
  held.clear();
  labels.clear();
});

/** Whether an element holds a value. */
function isField(element) {
  return Object.hasOwn(STARTS, element?.type);
}

/** Whether it holds several values. */
export function holdsSeveral(element) {
  return element.type.startsWith("multi_") || ["checkboxes", "file_input"].includes(element.type);
}

/** What a field holds: what was entered, else what it starts with; an option is told by its value. */
export function valueOf({ context, block, element }) {
  const known = held.get(holder(context))?.get(place(block, element));
  return known === undefined ? start(element) : known.value;
}

/** Whether somebody has entered something. */
export function entered({ context, block, element }) {
  return held.get(holder(context))?.has(place(block, element)) ?? false;
}

/** Keep what was entered. An empty value takes away what the field started with. */
export function remember({ context, block, element }, value) {
  const fields = held.get(holder(context)) ?? new Map();
  held.set(holder(context), fields.set(place(block, element), { kind: element.type, value }));
}

/** Forget what was entered in a view that is closed. */
export function forgetView(id) {
  held.delete(`${store.me} ${id}`);
}

/** Keep the words of an option that only the app knows. */
export function rememberOption(element, { value, text }) {
  labels.set(`${element.action_id} ${value}`, text);
}

/** The text object of an option by its value. */
export function optionText(element, value) {
  const groups = (element.option_groups ?? []).flatMap((group) => group.options ?? []);
  const started = [element.initial_option ?? [], element.initial_options ?? []].flat();
  const found = [...(element.options ?? []), ...groups, ...started].find((option) => option.value === value);
  return (
    found?.text ?? labels.get(`${element.action_id} ${value}`) ?? { type: "plain_text", text: String(value) }
  );
}

/** What is entered in all fields that are still there: block id → action id → value. */
export function valuesOf(context) {
  const fields = held.get(holder(context)) ?? new Map();
  const values = {};
  for (const { block, element } of fieldsOf(shown(context).blocks)) {
    const known = fields.get(place(block, element));
    if (known && known.kind === element.type) {
      values[block.block_id] = { ...values[block.block_id], [element.action_id]: known.value ?? "" };
    }
  }
  return values;
}

/** Every field of some blocks, with the innermost block around it. */
export function fieldsOf(value, block = null) {
  if (Array.isArray(value)) {
    return value.flatMap((item) => fieldsOf(item, block));
  }
  if (value === null || typeof value !== "object") {
    return [];
  }
  const around = value.block_id ? value : block;
  const own = value.action_id && isField(value) ? [{ block: around, element: value }] : [];
  return [...own, ...Object.values(value).flatMap((inner) => fieldsOf(inner, around))];
}

/** The message, private answer or view that is drawn. */
export function shown(context) {
  return context.view ?? context.message ?? context.ephemeral ?? { blocks: [] };
}

function holder(context) {
  return `${store.me} ${context.view?.id ?? context.ts ?? shown(context).ts}`;
}

function place(block, element) {
  return `${block.block_id}\n${element.action_id}`;
}

function start(element) {
  const value = element[STARTS[element.type]];
  if (Array.isArray(value)) {
    return value.map((item) => item?.value ?? item);
  }
  if (value === undefined) {
    return holdsSeveral(element) ? [] : null;
  }
  return STARTS[element.type] === "initial_option" ? value.value : value;
}
