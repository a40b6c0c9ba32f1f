/** Files waiting in a composer until they are sent. */

import { clear, el, icon, iconButton } from "./dom.js";
import { toast } from "./state.js";
import { size } from "./words.js";

const MOST = 10_000_000; // bytes of all files of a message together
const MOST_FILES = 10; // as Slack allows in one message

/** A shelf of files, drawn in `node`; `changed` is called when one comes or goes. */
export function shelf(node, changed) {
  let files = [];
  const draw = () => {
    node.hidden = files.length === 0;
    clear(node).append(...files.map((file) => chip(file, () => drop(file))));
    changed();
  };
  const drop = (file) => {
    files = files.filter((it) => it !== file);
    draw();
  };
  const take = (more) => {
    files = [...files, ...fitting([...more], files)];
    draw();
  };
  const empty = () => {
    files = [];
    draw();
  };
  draw();
  return {
    take,
    empty,
    count: () => files.length,
    kept: () => files,
    specs: () => Promise.all(files.map(spec)),
  };
}

function fitting(more, files) {
  let sum = files.reduce((all, file) => all + file.size, 0);
  const kept = [];
  for (const file of more) {
    if (sum + file.size > MOST) {
      toast(tooLarge(file), { kind: "error" });
    } else if (files.length + kept.length >= MOST_FILES) {
      toast(`“${file.name}” was left out: a message has at most ${MOST_FILES} files.`, { kind: "error" });
    } else {
      sum += file.size;
      kept.push(file);
    }
  }
  return kept;
}

function tooLarge(file) {
  return file.size > MOST
    ? `“${file.name}” is larger than 10 MB, the most the playground accepts. Choose a smaller file.`
    : `“${file.name}” was left out: the files of a message are at most 10 MB together.`;
}

function chip(file, drop) {
  return el(
    "span",
    { class: "file-chip", dataset: { testid: "file-chip" } },
    icon("file"),
    el(
      "span",
      { class: "file-words" },
      el("b", null, file.name),
      el("span", { class: "is-soft" }, size(file.size)),
    ),
    iconButton(`Remove ${file.name}`, "close", { class: "icon-button" }, drop),
  );
}

/** A file as the simulated Slack takes it. */
export async function spec(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(new Error(`“${file.name}” couldn't be read.`)));
    reader.readAsDataURL(file);
  });
  const mimetype = file.type || "application/octet-stream";
  return { name: file.name, mimetype, content_base64: url.slice(url.indexOf(",") + 1) };
}
