/** Where the focus is inside blocks, so that it is there again when they were drawn anew. */

const USABLE = "input, textarea, select, button, a[href]";

/** The element of a block, by their ids. */
export function find(root, blockId, actionId) {
  const block = [...root.querySelectorAll(".bk-block")].find((node) => node.dataset.blockId === blockId);
  const elements = [...(block?.querySelectorAll(".bk-element") ?? [])];
  return elements.find((node) => node.dataset.action === actionId) ?? block;
}

/** What can have the focus: the node itself, or the first inside it. */
export function focusable(node) {
  return node?.matches(USABLE) ? node : node?.querySelector(USABLE);
}

/** Where the focus is, or null when it is elsewhere. */
export function focusIn(root) {
  const focused = document.activeElement;
  const element = root.contains(focused) ? focused.closest(".bk-element") : null;
  const caret = "selectionStart" in (focused ?? {}) ? [focused.selectionStart, focused.selectionEnd] : null;
  return (
    element && { block: focused.closest(".bk-block")?.dataset.blockId, action: element.dataset.action, caret }
  );
}

/** Put the focus back; answers whether there is still such a place. */
export function focusAgain(root, place) {
  const node = place && focusable(find(root, place.block, place.action));
  node?.focus({ preventScroll: true });
  if (node && place.caret?.[0] != null && node.selectionStart != null) {
    node.setSelectionRange(...place.caret);
  }
  return Boolean(node);
}
