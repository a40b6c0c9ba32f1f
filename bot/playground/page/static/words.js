/** How the page says things: states of a session, states of the bot, times, amounts, sizes. */

/** Every status that Devin documents, with what it means. */
export const STATUSES = [
  ["new", "created, not picked up"],
  ["claimed", "a worker has taken it"],
  ["resuming", "coming back from sleep"],
  ["running", "the machine is up"],
  ["suspended", "asleep"],
  ["exit", "ended normally"],
  ["error", "failed"],
];

/** Every status_detail that Devin documents, by the status it comes with. */
export const DETAILS = {
  running: ["working", "waiting_for_user", "waiting_for_approval", "finished"],
  suspended: [
    "inactivity",
    "user_request",
    "usage_limit_exceeded",
    "out_of_credits",
    "out_of_quota",
    "no_quota_allocation",
    "payment_declined",
    "org_usage_limit_exceeded",
    "user_usage_limit_exceeded",
    "total_session_limit_exceeded",
    "error",
  ],
};

const STATES = {
  new: ["New", "queued"],
  claimed: ["Claimed", "queued"],
  resuming: ["Waking up", "queued"],
  running: ["Working", "busy"],
  "running/working": ["Working", "busy"],
  "running/waiting_for_user": ["Waiting for an answer", "waiting"],
  "running/waiting_for_approval": ["Needs approval", "waiting"],
  "running/finished": ["Finished", "good"],
  suspended: ["Asleep", "still"],
  "suspended/inactivity": ["Asleep", "still"],
  "suspended/user_request": ["Stopped", "still"],
  "suspended/usage_limit_exceeded": ["At its ACU limit", "waiting"],
  "suspended/out_of_credits": ["Out of credits", "waiting"],
  "suspended/out_of_quota": ["Out of quota", "waiting"],
  "suspended/no_quota_allocation": ["No quota", "waiting"],
  "suspended/payment_declined": ["Payment declined", "waiting"],
  "suspended/org_usage_limit_exceeded": ["Organization's limit", "waiting"],
  "suspended/user_usage_limit_exceeded": ["Person's limit", "waiting"],
  "suspended/total_session_limit_exceeded": ["Too many sessions", "waiting"],
  "suspended/error": ["Failed", "bad"],
  exit: ["Ended", "still"],
  error: ["Failed", "bad"],
};

const BOT_STATES = {
  starting: ["starting", "queued"],
  running: ["running", "good"],
  stopping: ["stopping", "waiting"],
  stopped: ["stopped", "still"],
  killed: ["killed", "bad"],
};

/** A session's state as `{word, tone}`; one that is not known is told in Devin's own words. */
export function stateOf({ status, status_detail: detail }) {
  const own = detail ? `${status}/${detail}` : status;
  const known = STATES[own] ?? (status === "exit" || status === "error" ? STATES[status] : null);
  const [word, tone] = known ?? [own, "unknown"];
  return { word, tone };
}

/** Status and detail as Devin's API names them. */
export function devinsWords({ status, status_detail: detail }) {
  return detail ? `${status} / ${detail}` : status;
}

/** Whether a session rests until somebody writes to it. */
export function isWaiting({ status, status_detail: detail }) {
  return status === "suspended" || ["waiting_for_user", "waiting_for_approval", "finished"].includes(detail);
}

/** The bot's state as `{word, tone}`. */
export function botState(state) {
  const [word, tone] = BOT_STATES[state] ?? [state ?? "unknown", "unknown"];
  return { word, tone };
}

/** ACUs with at most two decimals. */
export function acus(amount) {
  const rounded = Math.round((amount ?? 0) * 100) / 100;
  return `${rounded} ${rounded === 1 ? "ACU" : "ACUs"}`;
}

/** A number with its noun. */
export function counted(many, noun) {
  return many === 1 ? `1 ${noun}` : `${many} ${noun.endsWith("y") ? `${noun.slice(0, -1)}ie` : noun}s`;
}

/** A size as people say it. */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let value = bytes ?? 0;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A length of time in its two largest units: "3 h 12 min". */
export function lasting(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

const FORMS = {
  clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  second: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  day: { weekday: "long", day: "numeric", month: "long" },
  short: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
};
const formats = new Map();

/** Unix seconds as "clock", "second", "day" or "short", in a zone (none: the browser's own). */
export function when(seconds, form, timeZone) {
  const key = `${form} ${timeZone ?? ""}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { ...FORMS[form], timeZone }));
  return formats.get(key).format(new Date(seconds * 1000));
}

/** A text of at most so many characters, cut with an ellipsis. */
export function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** What a session is called: its title, else the beginning of its prompt. */
export function titleOf({ title, prompt }) {
  return title || cut((prompt ?? "").trim().split("\n")[0], 80) || "Session without a title";
}

/** A pull request's address as its host says it: owner/name#number. */
export function pullName(url) {
  const match = /^https?:\/\/[^/]+\/(.+?)(?:\/-)?\/(pulls?|merge_requests|pull-requests)\/(\d+)\/?$/.exec(
    url,
  );
  if (!match) return url.replace(/^https?:\/\//, "");
  return `${match[1]}${match[2] === "merge_requests" ? "!" : "#"}${match[3]}`;
}

/** A session's id without its prefix, however it is written. */
export function bareId(id) {
  return (id ?? "").replace(/^devin-/, "");
}

/** Where in Slack a session was asked for, as its reference says; null where it carries none. */
export function placeOf({ tags = [], prompt = "" }) {
  const form = /slack-[A-Z0-9]+-([A-Z0-9]+)-(\d+\.\d+)/;
  const [tag] = tags.filter((each) => form.test(each));
  const match = form.exec(tag ?? prompt ?? "");
  return match && { channel: match[1], ts: match[2] };
}
