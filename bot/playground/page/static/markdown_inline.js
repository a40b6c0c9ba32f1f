/** What stands in a line of Markdown: emphasis, code, links, emoji. */

import { el, link } from "./dom.js";
import { sign } from "./emoji.js";
import { bareLink, emojiNode, entity } from "./inline.js";

const HELD = "\uE000"; // stands in a text for something that is drawn already
const LONGEST = 1200; // characters of an address
const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/;
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00A0", "#39": "'" };
const TAGS = {
  "*": ["em"],
  "**": ["strong"],
  "***": ["strong", "em"],
  _: ["em"],
  __: ["strong"],
  ___: ["strong", "em"],
  "~": ["s"],
  "~~": ["s"],
};

/** Draw one line. Links do not hold links. */
export function spans(text, { links = true } = {}) {
  const held = [];
  const flat = flattened(text.replaceAll(HELD, "\uFFFD"), held, links);
  return styled(flat, held, "");
}

/** Draw what is more than emphasis, and leave a sign in its place. */
function flattened(text, held, links) {
  const closers = links ? brackets(text) : new Map();
  const found = { text, held, links, closers, endless: new Set() };
  const out = [];
  let at = 0;
  while (at < text.length) {
    const read = READERS[text[at]]?.(found, at);
    if (!read) {
      out.push(text[at]);
      at += 1;
      continue;
    }
    if (read.node) {
      held.push(read.node);
    }
    out.push(read.node ? HELD : "", read.rest ?? "");
    at += read.took;
  }
  return out.join("");
}

// By the sign they begin with: what stands there, and how many characters it took. Null: just a character.
const READERS = {
  "\\": escape,
  "`": code,
  "<": angle,
  "[": anchor,
  "!": picture,
  ":": named,
  h: bare,
  "&": character,
};

function escape({ text }, at) {
  const next = text[at + 1] ?? "";
  return PUNCTUATION.test(next) ? { node: document.createTextNode(next), took: 2 } : null;
}

function code({ text, endless }, at) {
  const run = /`+/y;
  run.lastIndex = at;
  const marks = run.exec(text)[0];
  const end = endless.has(marks) ? -1 : closingRun(text, at + marks.length, marks);
  if (end < 0) {
    endless.add(marks);
    return { rest: marks, took: marks.length };
  }
  const inside = text.slice(at + marks.length, end);
  const padded = inside.startsWith(" ") && inside.endsWith(" ") && inside.trim();
  const words = padded ? inside.slice(1, -1) : inside;
  return { node: el("code", { class: "bk-code" }, words), took: end + marks.length - at };
}

function closingRun(text, from, marks) {
  for (let at = text.indexOf(marks, from); at >= 0;) {
    let end = at;
    while (text[end] === "`") {
      end += 1;
    }
    if (end - at === marks.length) {
      return at;
    }
    at = text.indexOf(marks, end);
  }
  return -1;
}

function angle({ text }, at) {
  const inside =
    /<((?:[@#!][^<>\s|][^<>|]{0,200}(?:\|[^<>]{0,200})?)|(?:[a-z][a-z0-9+.-]{1,30}:[^<>\s]{1,2000}))>/iy;
  inside.lastIndex = at;
  const found = inside.exec(text);
  if (!found) {
    return null;
  }
  const node = /^[@#!]/.test(found[1]) ? entity(found[1]) : link(found[1], found[1].replace(/^mailto:/i, ""));
  return { node, took: found[0].length };
}

function anchor(found, at) {
  const target = found.links ? targetOf(found, at) : null;
  if (!target) {
    return null;
  }
  const words = found.text.slice(at + 1, target.middle);
  return { node: link(target.url, spans(words, { links: false })), took: target.end - at };
}

/** A picture in a text is only named: the page shows nothing from elsewhere. */
function picture(found, at) {
  const target = found.text[at + 1] === "[" && found.links ? targetOf(found, at + 1) : null;
  if (!target) {
    return null;
  }
  const words = found.text.slice(at + 2, target.middle) || target.url;
  return { node: link(target.url, words), took: target.end - at };
}

/** Of `[words](address "title")`: the address, where the words end and where all ends. */
function targetOf({ text, closers }, at) {
  const middle = closers.get(at);
  if (middle === undefined || text[middle + 1] !== "(") {
    return null;
  }
  const rest = text.slice(middle + 2, middle + 2 + LONGEST);
  const end = addressEnd(rest);
  if (end < 0) {
    return null;
  }
  const [address] = rest
    .slice(0, end)
    .trim()
    .split(/\s+(?=["'(])/);
  return { url: address.replace(/^<(.*)>$/, "$1"), middle, end: middle + 3 + end };
}

function addressEnd(rest) {
  let open = 0;
  for (let at = 0; at < rest.length; at += 1) {
    if (rest[at] === "\\") {
      at += 1;
    } else if (rest[at] === "(") {
      open += 1;
    } else if (rest[at] === ")" && open === 0) {
      return at;
    } else if (rest[at] === ")") {
      open -= 1;
    }
  }
  return -1;
}

/** Which bracket closes which, found in one go. */
function brackets(text) {
  const pairs = new Map();
  const open = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\") {
      at += 1;
    } else if (text[at] === "[") {
      open.push(at);
    } else if (text[at] === "]" && open.length) {
      pairs.set(open.pop(), at);
    }
  }
  return pairs;
}

function named({ text }, at) {
  const name = /:([a-z0-9_+'-]{1,60}):(?::skin-tone-[2-6]:)?/y;
  name.lastIndex = at;
  const found = name.exec(text);
  return found && sign(found[1]) !== null ? { node: emojiNode(found[1]), took: found[0].length } : null;
}

function bare({ text, links }, at) {
  const address = /https?:\/\/[^\s<>`|\]]{1,2000}/y;
  address.lastIndex = at;
  const found = links && !WORD.test(text[at - 1] ?? " ") ? address.exec(text) : null;
  if (!found) {
    return null;
  }
  const { node, rest } = bareLink(found[0]);
  return { node, took: found[0].length - rest.length };
}

function character({ text }, at) {
  const name = /&(amp|lt|gt|quot|apos|nbsp|#39);/y;
  name.lastIndex = at;
  const found = name.exec(text);
  return found ? { node: document.createTextNode(ENTITIES[found[1]]), took: found[0].length } : null;
}

/** Emphasis; `active` are the marks that are open already, so that nothing is deeper than there are marks. */
function styled(flat, held, active) {
  const nodes = [];
  const endless = new Set();
  let from = 0;
  for (let at = 0; at < flat.length;) {
    const marks = runAt(flat, at);
    const free =
      TAGS[marks] && !active.includes(`|${marks}|`) && !endless.has(marks) && opens(flat, at, marks);
    const end = free ? closing(flat, at, marks) : -1;
    if (end < 0) {
      if (free) {
        endless.add(marks);
      }
      at += marks.length || 1;
      continue;
    }
    nodes.push(...unheld(flat.slice(from, at), held));
    const inside = styled(flat.slice(at + marks.length, end), held, `${active}|${marks}|`);
    nodes.push(TAGS[marks].reduceRight((inner, tag) => el(tag, null, inner), inside));
    from = end + marks.length;
    at = from;
  }
  return [...nodes, ...unheld(flat.slice(from), held)];
}

function runAt(flat, at) {
  const mark = flat[at];
  let end = at;
  while ((mark === "*" || mark === "_" || mark === "~") && flat[end] === mark) {
    end += 1;
  }
  return flat.slice(at, end);
}

function opens(flat, at, marks) {
  const after = flat[at + marks.length] ?? " ";
  return !SPACE.test(after) && !(marks[0] === "_" && WORD.test(flat[at - 1] ?? " "));
}

/** Where the marks are closed: at a run of the same length, or at the end of one that closes two things. */
function closing(flat, at, marks) {
  const mark = marks[0];
  for (let start = flat.indexOf(mark, at + marks.length); start >= 0;) {
    const run = runAt(flat, start);
    const fits = run.length === marks.length || (run.length === 3 && marks.length < 3);
    const after = flat[start + run.length] ?? " ";
    if (fits && !SPACE.test(flat[start - 1]) && !(mark === "_" && WORD.test(after))) {
      return start + run.length - marks.length;
    }
    start = flat.indexOf(mark, start + run.length);
  }
  return -1;
}

function unheld(text, held) {
  return text
    .split(HELD)
    .flatMap((part, place) => [...(place ? [held.shift()] : []), ...(part ? [part] : [])]);
}
