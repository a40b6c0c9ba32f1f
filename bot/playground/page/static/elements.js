/** What people use in blocks: buttons, menus, choices. To type in: fields.js; lists: select.js. */

import { confirmed, use } from "./click.js";
import { button, el, icon, iconButton, safe } from "./dom.js";
import { holdsSeveral, remember, valueOf } from "./entered.js";
import { dateField, fileField, richField, textField } from "./fields.js";
import { menu } from "./menus.js";
import { plain, textObject } from "./mrkdwn.js";
import { picture } from "./pictures.js";
import { select } from "./select.js";
import { store, toast } from "./state.js";

let count = 0;

const DRAW = {
  button: appButton,
  workflow_button: workflowButton,
  icon_button: appIconButton,
  feedback_buttons: feedback,
  overflow,
  image: ({ element }) => picture(element, { small: true }),
  radio_buttons: choices,
  checkboxes: choices,
  static_select: select,
  external_select: select,
  users_select: select,
  channels_select: select,
  conversations_select: select,
  multi_static_select: select,
  multi_external_select: select,
  multi_users_select: select,
  multi_channels_select: select,
  multi_conversations_select: select,
  datepicker: dateField,
  timepicker: dateField,
  datetimepicker: dateField,
  plain_text_input: textField,
  email_text_input: textField,
  url_text_input: textField,
  number_input: textField,
  rich_text_input: richField,
  file_input: fileField,
};

/**
 * Draw one element. `field` is what the input block around it says: {id, label, labelledby, describedby,
 * required}.
 * Null when the acting person does not see it.
 */
export function element(one, block, context, field = {}) {
  if (one.visible_to_user_ids?.length && !one.visible_to_user_ids.includes(store.me)) {
    return null;
  }
  const draw = Object.hasOwn(DRAW, one.type) ? DRAW[one.type] : null;
  if (!draw) {
    return el("code", { class: "bk-code" }, JSON.stringify(one));
  }
  const it = { element: one, block, context, field: { id: `bk-${(count += 1)}`, ...field } };
  it.change = (value, node, { send = true } = {}) => change(it, value, node, send);
  const node = draw(it);
  node.dataset.action = one.action_id ?? "";
  node.classList.add("bk-element");
  return node;
}

/** Keep what was entered, and send it where Slack would. */
async function change(it, value, node, send) {
  const before = valueOf(it);
  const sends = send && (it.block.type !== "input" || it.block.dispatch_action);
  if (sends && it.element.confirm && !(await confirmed(it.element.confirm))) {
    return false;
  }
  remember(it, value);
  node.dispatchEvent(new CustomEvent("bk-entered", { bubbles: true }));
  if (!sends) {
    return true;
  }
  // One after the other: somebody may choose the next thing while the first is still on its way.
  it.sending = (it.sending ?? Promise.resolve()).then(() =>
    use({ ...it, element: { ...it.element, confirm: null } }, value, node),
  );
  const done = await it.sending;
  if (!done && it.block.type !== "input") {
    remember(it, before);
  }
  return done;
}

function appButton(it) {
  const { element: one } = it;
  const look = { primary: " bk-primary", danger: " bk-danger" }[one.style] ?? "";
  const props = {
    class: `bk-button${look}`,
    "aria-label": one.accessibility_label,
    title: one.url && safe(one.url) ? one.url : null,
    dataset: { value: one.value },
  };
  const words = [plain(one.text?.text, { emoji: one.text?.emoji !== false }), one.url && icon("share")];
  if (one.url && safe(one.url)) {
    return address(it, props, words);
  }
  const node = button(words, props, () => use(it, one.value ?? null, node));
  return node;
}

/** A button with an address is a link; the app hears of the click too. */
function address(it, props, words) {
  const { element: one } = it;
  const opens = { href: one.url, target: "_blank", rel: "noreferrer noopener", role: "button" };
  const node = el("a", { ...props, ...opens }, words);
  node.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      event.preventDefault();
      node.click();
    }
  });
  let open = !one.confirm;
  node.addEventListener("click", async (event) => {
    if (open) {
      use({ ...it, element: { ...one, confirm: null } }, one.value ?? null, node);
      return;
    }
    event.preventDefault();
    if (await confirmed(one.confirm)) {
      open = true;
      node.click();
      open = false;
    }
  });
  return node;
}

function workflowButton(it) {
  const node = appButton(it);
  node.addEventListener("click", () =>
    toast("In Slack this starts a workflow. The playground has none, but the app gets the click."),
  );
  return node;
}

function appIconButton(it) {
  const { element: one } = it;
  const label = one.accessibility_label || one.text?.text || one.icon;
  const props = { class: "bk-icon-button", "aria-label": label, title: one.text?.text };
  const words = [icon(one.icon), one.icon === "trash" ? null : plain(one.text?.text)];
  const node = button(words, props, () => use(it, one.value ?? null, node));
  return node;
}

function feedback(it) {
  const { element: one } = it;
  const two = [
    [one.positive_button, "👍"],
    [one.negative_button, "👎"],
  ].map(([told, sign]) => {
    const words = told?.text?.text ?? "";
    const props = {
      class: "bk-feedback",
      "aria-label": told?.accessibility_label || words,
      "aria-pressed": String(valueOf(it) === told?.value),
      title: words,
      dataset: { value: told?.value },
    };
    const node = button(el("span", { "aria-hidden": "true" }, sign), props, () => press(node, told?.value));
    return node;
  });
  return el("span", { class: "bk-feedback-pair", role: "group", "aria-label": "Feedback" }, two);

  // Kept before the app is asked: its answer may draw the message anew.
  async function press(node, value) {
    const before = valueOf(it);
    remember(it, value);
    if (!(await use(it, value, node))) {
      remember(it, before);
    }
    two.forEach((other) => other.setAttribute("aria-pressed", String(valueOf(it) === other.dataset.value)));
  }
}

function overflow(it) {
  const props = { class: "bk-overflow", "aria-haspopup": "menu", "aria-expanded": "false" };
  const open = () => menu(node, (it.element.options ?? []).map(entry), "More");
  const node = iconButton("More", "more", props, open);
  return node;

  function entry({ text, description, value, url }) {
    const run = () => {
      if (url && safe(url)) {
        window.open(url, "_blank", "noreferrer,noopener");
      }
      use(it, value, node);
    };
    return { label: textObject(text), note: description && textObject(description), run };
  }
}

function choices(it) {
  const { element: one, field } = it;
  const several = holdsSeveral(one);
  const props = {
    class: "bk-choices",
    id: field.id,
    role: several ? "group" : "radiogroup",
    tabindex: "-1",
    "aria-labelledby": field.labelledby,
    "aria-label": field.labelledby ? null : (field.label ?? (several ? "Options" : "Choose one")),
    "aria-describedby": field.describedby,
  };
  const options = one.options ?? [];
  const set = el("div", props, options.map((option, place) => choice(it, option, place, picked)));
  return set;

  async function picked(input) {
    const before = valueOf(it);
    const rest = several ? before.filter((other) => other !== input.value) : [];
    const after = several ? [...rest, ...(input.checked ? [input.value] : [])] : input.value;
    if (!(await it.change(after, set)) && it.block.type !== "input") {
      set.querySelectorAll("input").forEach((each) => (each.checked = [before].flat().includes(each.value)));
    }
  }
}

function choice(it, { text, description, value }, place, picked) {
  const id = `${it.field.id}-${place}`;
  const note = description && el("span", { class: "bk-note", id: `${id}-note` }, textObject(description));
  const input = el("input", {
    type: holdsSeveral(it.element) ? "checkbox" : "radio",
    name: it.field.id,
    id,
    value,
    checked: [valueOf(it)].flat().includes(value),
    "aria-describedby": note ? `${id}-note` : null,
    on: { change: () => picked(input) },
  });
  return el("div", { class: "bk-choice" }, input, el("label", { htmlFor: id }, textObject(text)), note);
}
