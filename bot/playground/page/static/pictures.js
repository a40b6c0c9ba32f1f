/** Pictures. The page is offline: what is not its own is named and linked instead of shown. */

import { el, icon, link } from "./dom.js";

const DRAWN = /^data:image\/(?:png|jpeg|gif|webp);/i;
const SHARED = /\/files\/(F[A-Z0-9]+)\b/;

/** Where the picture can be read on this page, or null. */
function sourceOf({ image_url: url = "", slack_file: file = null } = {}) {
  const address = String(file?.url ?? url);
  const id = file?.id ?? (local(address) ? SHARED.exec(address)?.[1] : null);
  if (id) {
    return `/api/files/${encodeURIComponent(id)}`;
  }
  const own = /^\/(?!\/)/.test(address) || address.startsWith(`${location.origin}/`);
  return own || DRAWN.test(address) ? address : null;
}

/** A picture with its words; a box with a link where it cannot be shown. */
export function picture(image, { small = false } = {}) {
  const source = sourceOf(image);
  const stand = () => (small ? smallBox(image) : box(image));
  if (source === null) {
    return stand();
  }
  const node = el("img", {
    class: small ? "bk-thumb" : "bk-picture",
    alt: image.alt_text ?? "",
    decoding: "async",
  });
  node.addEventListener("error", () => node.replaceWith(stand()), { once: true });
  node.src = source;
  return node;
}

function smallBox(image) {
  const label = image.alt_text || "A picture";
  return el(
    "span",
    { class: "bk-thumb bk-no-picture", role: "img", "aria-label": label, title: label },
    icon("file"),
  );
}

function box(image) {
  const address = image.slack_file?.url ?? image.image_url;
  return el(
    "div",
    { class: "bk-picture bk-no-picture" },
    icon("file"),
    el("span", { class: "bk-picture-words" }, image.alt_text || "A picture"),
    el(
      "span",
      { class: "is-soft" },
      "Not shown: the playground is offline. ",
      address && link(address, "Open it"),
    ),
  );
}

function local(address) {
  try {
    return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(address).hostname);
  } catch {
    return false;
  }
}
