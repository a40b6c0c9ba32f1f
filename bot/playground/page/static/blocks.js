/** Block Kit, drawn as Slack draws it. What is not known is shown as what it is. */

import { agentBlocks } from "./agent_blocks.js";
import { dataVisualization } from "./charts.js";
import { button, el, icon, link } from "./dom.js";
import { element } from "./elements.js";
import { markdown } from "./markdown.js";
import { textObject } from "./mrkdwn.js";
import { picture } from "./pictures.js";
import { richText } from "./rich_text.js";
import { dataTable, table } from "./tables.js";

let count = 0;

const DRAW = {
  header,
  section,
  context,
  context_actions: actions,
  actions,
  divider: () => el("hr", { class: "bk-divider" }),
  image,
  rich_text: (block) => richText(block),
  markdown: (block) => markdown(block.text),
  table,
  data_table: dataTable,
  data_visualization: dataVisualization,
  input,
  file,
  video,
  card,
  carousel,
  container,
  ...agentBlocks,
};

/**
 * Draw the blocks of a message, private answer or view.
 * `context` is {message | ephemeral | view, channel, ts, act}; without `act` a click goes straight to Slack.
 */
export function blocks(list, context = {}) {
  const fragment = document.createDocumentFragment();
  fragment.append(...(Array.isArray(list) ? list : []).map((block) => one(block, context)));
  return fragment;
}

/** Draw one block. */
function one(block, context) {
  const kind = typeof block?.type === "string" ? block.type : "";
  const known = Object.hasOwn(DRAW, kind);
  const props = {
    class: `bk-block bk-block-${known ? kind : "unknown"}`,
    dataset: { block: kind, blockId: block?.block_id },
  };
  try {
    return el("div", props, (known ? DRAW[kind] : unknown)(block, context));
  } catch (error) {
    console.warn(`The block ${kind} couldn't be drawn`, error);
    return el("div", { ...props, class: "bk-block bk-block-unknown" }, unknown(block));
  }
}

function unknown(block) {
  const kind = typeof block?.type === "string" ? `the type “${block.type}”` : "no type";
  return [
    el("strong", null, `The page can't draw this block: ${kind}`),
    el("pre", { class: "bk-pre", tabindex: "0" }, JSON.stringify(block, null, 2) ?? String(block)),
  ];
}

function header(block, { view }) {
  const level = view?.type === "home" ? 2 : 3;
  return el("div", { class: "bk-header", role: "heading", "aria-level": level }, textObject(block.text));
}

function section(block, context) {
  const fields = block.fields?.length
    ? el(
        "div",
        { class: "bk-fields" },
        block.fields.map((it) => el("div", { class: "mrkdwn" }, textObject(it))),
      )
    : null;
  const words = el(
    "div",
    { class: "bk-section-words" },
    block.text && el("div", { class: "mrkdwn" }, textObject(block.text)),
    fields,
  );
  const label = shortLabel(block.text?.text);
  const accessory = block.accessory && element(block.accessory, block, context, label ? { label } : {});
  return [words, accessory && el("div", { class: "bk-accessory" }, accessory)];
}

/** The words of a section name the menu beside it, for those who hear them. */
function shortLabel(text) {
  const words = (text ?? "").replace(/[*_~`]/g, "").split("\n")[0];
  return words.length > 100 ? `${words.slice(0, 99)}…` : words;
}

function context(block) {
  return (block.elements ?? []).map((it) =>
    it.type === "image"
      ? picture(it, { small: true })
      : el("span", { class: "bk-context-words mrkdwn" }, textObject(it)),
  );
}

function actions(block, context) {
  return (block.elements ?? []).map((it) => element(it, block, context));
}

function image(block) {
  const words = block.title && el("summary", { class: "bk-image-title" }, textObject(block.title));
  return words ? el("details", { open: true }, words, picture(block)) : picture(block);
}

/** A field with its label; what is wrong with it is said under it. */
function input(block, context) {
  const id = `bk-field-${(count += 1)}`;
  const hint = block.hint && el("div", { class: "bk-hint", id: `${id}-hint` }, textObject(block.hint));
  const field = {
    id,
    label: block.label?.text,
    labelledby: `${id}-label`,
    describedby: hint ? `${id}-hint` : null,
    required: !block.optional,
  };
  const optional = block.optional && el("span", { class: "is-soft" }, " (optional)");
  const label = el(
    "label",
    { class: "bk-label", id: `${id}-label`, htmlFor: id },
    textObject(block.label),
    optional,
  );
  return [label, element(block.element ?? {}, block, context, field), hint];
}

function file(block) {
  return el(
    "div",
    { class: "bk-tile" },
    icon("file"),
    el(
      "div",
      null,
      el("strong", null, "A remote file"),
      el("div", { class: "is-soft" }, `${block.source ?? "remote"} · ${block.external_id ?? ""}`),
    ),
  );
}

function video(block) {
  const title = textObject(block.title);
  const by = [block.author_name, block.provider_name].filter(Boolean).join(" · ");
  return el(
    "div",
    { class: "bk-tile bk-video-tile" },
    by &&
      el(
        "div",
        { class: "is-soft" },
        block.provider_icon_url &&
          picture({ image_url: block.provider_icon_url, alt_text: "" }, { small: true }),
        by,
      ),
    el("strong", null, block.title_url ? link(block.title_url, title) : title),
    block.description && el("div", null, textObject(block.description)),
    el(
      "div",
      { class: "bk-video-frame" },
      picture({ image_url: block.thumbnail_url, alt_text: block.alt_text }),
      el("span", { class: "bk-play", "aria-hidden": "true" }, "▶"),
    ),
    el(
      "div",
      { class: "is-soft" },
      "Videos don't play here. ",
      block.video_url && link(block.video_url, "Open the video"),
    ),
  );
}

function card(block, context) {
  const words = [
    block.title && el("div", { class: "bk-card-title" }, textObject(block.title)),
    block.subtitle && el("div", { class: "bk-card-subtitle" }, textObject(block.subtitle)),
  ];
  return el(
    "div",
    { class: "bk-card-frame" },
    block.hero_image && el("div", { class: "bk-hero" }, picture(block.hero_image)),
    el(
      "div",
      { class: "bk-card-head" },
      block.icon && picture(block.icon, { small: true }),
      el("div", null, words),
    ),
    block.body && el("div", { class: "bk-card-body mrkdwn" }, textObject(block.body)),
    block.actions?.length &&
      el(
        "div",
        { class: "bk-card-actions" },
        block.actions.map((it) => element(it, block, context)),
      ),
  );
}

function carousel(block, context) {
  const row = el(
    "div",
    { class: "bk-carousel-row", tabindex: "0", role: "group", "aria-label": "Cards" },
    (block.elements ?? []).map((it) => one(it, context)),
  );
  const move = (label, sign, way) =>
    button(sign, { class: "bk-carousel-move", "aria-label": label }, () =>
      row.scrollBy({ left: way * row.clientWidth * 0.8, behavior: "smooth" }),
    );
  return [
    row,
    el("div", { class: "bk-carousel-moves" }, move("Earlier cards", "‹", -1), move("Later cards", "›", 1)),
  ];
}

function container(block, context) {
  const title = block.rich_text_title
    ? richText(block.rich_text_title)
    : block.title && textObject(block.title);
  const words = el(
    "span",
    { class: "bk-container-words" },
    el("span", { class: "bk-container-title" }, title),
    block.subtitle && el("span", { class: "bk-container-subtitle" }, textObject(block.subtitle)),
  );
  const head = [block.icon && picture(block.icon, { small: true }), words];
  const inside = el("div", { class: "bk-container-inside" }, blocks(block.child_blocks, context));
  const line = block.has_header_divider ? " has-line" : "";
  const look = `bk-container-frame bk-width-${block.width ?? "standard"}${line}`;
  if (block.is_collapsible) {
    return el(
      "details",
      { class: look, open: !block.default_collapsed },
      el("summary", { class: "bk-container-head" }, head),
      inside,
    );
  }
  return el(
    "div",
    { class: look },
    (title || block.icon) && el("div", { class: "bk-container-head" }, head),
    inside,
  );
}
