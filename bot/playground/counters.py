"""What the bot's calls came to: made, failed, repeated, spared; and that nothing was lost or done twice.

Each call is judged once, when its outcome is known; nothing is counted again by walking over a log.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from bot.playground.devin.journal import Entry
from bot.playground.slack.state import Call

Json = dict[str, Any]

MOST_KEPT: Final = 10_000  # failed calls that were not repeated, and what was said: the oldest are forgotten
HELD: Final = frozenset({"hang", "commit_then_hang"})  # the bot gives such a call up before it ends
LOSES: Final = frozenset({"commit_then_drop", "commit_then_hang", "commit_then_500"})
POSTS: Final = frozenset({"chat.postMessage", "chat.postEphemeral"})
MARK: Final = re.compile(r"\[Slack \d+\.\d+(?:, edited \d+\.\d+)?\]")  # how the bot begins each message to Devin
REFERENCE: Final = re.compile(r"slack-[\w-]+-\d+\.\d+")  # the tag by which it finds a session again

SAVED_SAYS: Final = "Calls saved: the bot reads all running sessions in one list instead of one call for each."


@dataclass(slots=True)
class Side:
    """The calls to one of the two."""

    made: int = 0
    failed: int = 0
    retried: int = 0
    _newest: int = 0
    _open: set[int] = field(default_factory=set)
    _unanswered: dict[str, None] = field(default_factory=dict)

    def read(self) -> Json:
        """As the page shows it."""
        return {"made": self.made, "failed": self.failed, "retried": self.retried}

    def arrived(self, number: int) -> bool:
        """Note a call; whether its outcome is still to be judged."""
        if number > self._newest:
            self._newest = number
            self._open.add(number)
            self.made += 1
        return number in self._open

    def ended(self, number: int, key: str, *, well: bool) -> None:
        """Judge a call: a repetition of one that failed, and itself done or failed."""
        self._open.discard(number)
        if key in self._unanswered:
            self.retried += 1
            del self._unanswered[key]
        if not well:
            self.failed += 1
            _remember(self._unanswered, key)


class Counters:
    """All that the page counts."""

    def __init__(self, lost: Callable[[], int], in_work: Callable[[], int]) -> None:
        self._lost = lost
        self._in_work = in_work
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._slack, self._devin = Side(), Side()
        self._said: dict[str, None] = {}
        self._saved = self._doubled = 0

    def read(self) -> Json:
        """As the page shows it."""
        return {
            "slack": self._slack.read(),
            "devin": self._devin.read(),
            "saved": self._saved,
            "lost": self._lost(),
            "doubled": self._doubled,
            "saved_says": SAVED_SAYS,
        }

    def slack_call(self, call: Call) -> None:
        """A call to Slack came, or went on."""
        if self._slack.arrived(call.n) and (call.done or call.fault in HELD):
            answer = call.answer or {}
            done = bool(answer.get("ok"))
            well = done and call.status == 200 and call.fault not in HELD | LOSES
            self._slack.ended(call.n, _slack_key(call), well=well)
            if done and call.method == "chat.postMessage" and (key := _outbox_key(call.args)):
                self._say(f"post {key}")

    def devin_call(self, entry: Entry) -> None:
        """A call to Devin came, or went on."""
        if self._devin.arrived(entry.number) and entry.state != "arrived":
            well = entry.state == "answered" and entry.status is not None and entry.status < 400
            # The bot asks whether its key has a right; that it lacks one is an answer.
            lacks_a_right = entry.status == 403 and entry.fault is None
            self._devin.ended(entry.number, _devin_key(entry), well=well or lacks_a_right)
            if well or entry.fault in LOSES:
                self._had_effect(entry)
            if well and entry.route == "list_sessions":
                self._saved += max(self._in_work() - 1, 0)

    def _had_effect(self, entry: Entry) -> None:
        body = entry.body if isinstance(entry.body, dict) else {}
        if entry.route == "send_message" and (mark := MARK.match(str(body.get("message")))):
            self._say(f"{entry.path} {mark[0]}")
        if entry.route == "create_session":
            for tag in filter(REFERENCE.fullmatch, body.get("tags") or []):
                self._say(f"session {tag}")

    def _say(self, what: str) -> None:
        """Count what was there already."""
        self._doubled += what in self._said
        _remember(self._said, what)


def _remember(kept: dict[str, None], key: str) -> None:
    kept[key] = None
    if len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]


def _slack_key(call: Call) -> str:
    """What makes a later call a repetition of this one."""
    args = call.args
    if call.method in POSTS and (key := _outbox_key(args)):
        return f"{call.method} {key}"
    if call.method == "chat.update":  # a card is drawn anew each time it is sent
        return f"{call.method} {args.get('channel')} {args.get('ts')}"
    return f"{call.method} {json.dumps(args, sort_keys=True, default=str)}"


def _devin_key(entry: Entry) -> str:
    return f"{entry.route} {entry.path} {json.dumps([entry.query, entry.body], sort_keys=True, default=str)}"


def _outbox_key(args: Json) -> str | None:
    """The key that a post carries in its metadata."""
    metadata = args.get("metadata")
    if isinstance(metadata, str):
        with suppress(ValueError):
            metadata = json.loads(metadata)
    match metadata:
        case {"event_payload": {"key": key}}:
            return str(key)
    return None
