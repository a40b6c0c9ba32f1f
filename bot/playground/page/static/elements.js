/** What people use in blocks: buttons, menus, choices. To type in: fields.js; lists: select.js. */

import { confirmed, use } from "./click.js";
import { el, icon, safe } from "./dom.js";
import { holdsSeveral, remember, valueOf } from "./entered.js";
import { dateField, fileField, richField, textField } from "./fields.js";
import { plain, textObject } from "./mrkdwn.js";
import { picture } from "./pictures.js";
import { openList, select } from "./select.js";
import { store, toast } from "./state.js";

let count = 0;

const DRAW = {
  button,
  workflow_button: workflowButton,
  icon_button: iconButton,
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

function button(it) {
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
  const node = el(
    "button",
    { type: "button", ...props, on: { click: () => use(it, one.value ?? null, node) } },
    words,
  );
  return node;
}

/** A button with an address is a link; the app hears of the click too. */
function address(it, props, words) {
  const { element: one } = it;
  const node = el(
    "a",
    { ...props, href: one.url, target: "_blank", rel: "noreferrer noopener", role: "button" },
    words,
  );
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
  const node = button(it);
  node.addEventListener("click", () =>
    toast("In Slack this starts a workflow. The playground has none; the app is told of the click."),
  );
  return node;
}

function iconButton(it) {
  const { element: one } = it;
  const label = one.accessibility_label || one.text?.text || one.icon;
  const props = {
    type: "button",
    class: "bk-icon-button",
    "aria-label": label,
    title: one.text?.text,
    on: { click: () => use(it, one.value ?? null, node) },
  };
  const node = el("button", props, icon(one.icon), one.icon === "trash" ? null : plain(one.text?.text));
  return node;
}

function feedback(it) {
  const { element: one } = it;
  const two = [
    [one.positive_button, "👍"],
    [one.negative_button, "👎"],
  ].map(([told, sign]) => {
    const words = told?.text?.text ?? "";
    const label = told?.accessibility_label || words;
    const props = {
      type: "button",
      class: "bk-feedback",
      "aria-label": label,
      "aria-pressed": "false",
      title: words,
      dataset: { value: told?.value },
    };
    const node = el(
      "button",
      { ...props, on: { click: () => press(node, told?.value) } },
      el("span", { "aria-hidden": "true" }, sign),
    );
    return node;
  });
  return el("span", { class: "bk-feedback-pair", role: "group", "aria-label": "Feedback" }, two);

  async function press(node, value) {
    if (await use(it, value, node)) {
      two.forEach((other) => other.setAttribute("aria-pressed", String(other === node)));
    }
  }
}

function overflow(it) {
  const { element: one } = it;
  const props = {
    type: "button",
    class: "bk-overflow",
    "aria-label": "More",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
  };
  const node = el("button", { ...props, on: { click: open } }, icon("more"));
  return node;

  function open() {
    const options = (one.options ?? []).map((option) => ({
      value: option.value,
      text: option.text,
      note: option.description,
      url: option.url,
    }));
    openList(node, [{ options }], { role: "menu", label: "More", onPick: (option) => pick(option) });
  }

  function pick({ value, url }) {
    if (url && safe(url)) {
      window.open(url, "_blank", "noreferrer,noopener");
    }
    use(it, value, node);
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
  const set = el(
    "div",
    props,
    (one.options ?? []).map((option, place) => choice(option, place)),
  );
  return set;

  function choice(option, place) {
    const id = `${field.id}-${place}`;
    const note =
      option.description &&
      el("span", { class: "bk-note", id: `${id}-note` }, textObject(option.description));
    const input = el("input", {
      type: several ? "checkbox" : "radio",
      name: field.id,
      id,
      value: option.value,
      checked: [valueOf(it)].flat().includes(option.value),
      "aria-describedby": note ? `${id}-note` : null,
      on: { change: () => picked(input, option.value) },
    });
    return el(
      "div",
      { class: "bk-choice" },
      input,
      el("label", { htmlFor: id }, textObject(option.text)),
      note,
    );
  }

  async function picked(input, value) {
    const before = valueOf(it);
    const rest = several ? before.filter((other) => other !== value) : [];
    const after = several ? (input.checked ? [...rest, value] : rest) : value;
    if (!(await it.change(after, set)) && it.block.type !== "input") {
      set
        .querySelectorAll("input")
        .forEach((other) => (other.checked = [before].flat().includes(other.value)));
    }
  }
}
