"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): what changed since a position.

One event costs what changed, not what there is: each change carries its thing, which is read when it is sent.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

from bot.playground.devin.state import World
from bot.playground.news import Change, News
from bot.playground.page import rows
from bot.playground.page.acts import Bench
from bot.playground.slack.state import Slack
from bot.playground.slack.views import read as read_view

Json = dict[str, Any]

TOGETHER: Final = 0.05  # seconds in which changes share one event
HEARTBEAT: Final = 15.0
LENGTH: Final = 10_000  # changes that are kept
MOST: Final = 1_000  # who has missed more things than this loads anew
COMPACT: Final = (",", ":")
RETRY: Final = "retry: 1000\n\n"

_log = logging.getLogger(__name__)


class Feed:
    """Tells any number of pages what changed, each from its own position."""

    def __init__(self, slack: Slack, devin: World, bench: Bench) -> None:
        self._slack = slack
        self._devin = devin
        self._bench = bench
        # Of another run every position is too old, so a page that outlived it loads anew.
        self.run = int(time.time() * 1000)
        self._news = News(first=self.run, length=LENGTH)
        self._sources = (slack.news, devin.journal.news, bench.changes())
        self._open = False
        self._readers: dict[str, Callable[[Json, Change], None]] = {
            "message": self._message,
            "ephemeral": lambda event, change: _add(event, "ephemerals", change.thing.read()),
            "view": lambda event, change: _add(event, "views", read_view(change.thing)),
            "agent": self._agent,
            "session": self._session,
            "slack_call": lambda event, change: _add(event, "slack_calls", rows.slack_call(change.thing)),
            "devin_call": lambda event, change: _add(event, "devin_calls", rows.devin_call(change.thing)),
            "workspace": lambda event, _: event.update(workspace=True),
            "bot": lambda event, _: event.update(bot=bench.bot()),
            "clock": lambda event, _: event.update(clock=bench.clock()),
            "counters": lambda event, _: event.update(counters=bench.counters()),
            "speed": lambda event, _: event.update(speed=bench.speed()),
            "example": lambda event, _: event.update(example=bench.example()),
        }

    @property
    def position(self) -> int:
        """The number of the newest change."""
        return self._news.position

    def open(self) -> None:
        """Begin to listen."""
        self._open = True
        for source in self._sources:
            source.follow(self._news.tell)

    def close(self) -> None:
        """End every stream, so that the server can stop at once."""
        self._open = False
        for source in self._sources:
            source.leave(self._news.tell)
        self._news.tell()

    async def stream(self, after: int) -> AsyncIterator[str]:
        """What is sent to one page, until it goes away."""
        yield RETRY
        while self._open:
            if self._news.position == after and not await self._news.wait(HEARTBEAT):
                yield ": nothing new\n\n"
                continue
            if not self._open:
                return
            if self._news.position != after:
                await asyncio.sleep(TOGETHER)
                after, data = self.changes(after)
                yield f"id: {after}\nevent: changes\ndata: {data}\n\n"

    def event(self, after: int) -> Json:
        """Everything that changed after a position, each thing once; `reset` when that cannot be told any more."""
        changes = self._news.since(after)
        things = list(dict.fromkeys(changes or ()))
        lost = changes is None or len(things) > MOST or any(change.kind == "reset" for change in things)
        event: Json = {"position": self._news.position, "reset": lost}
        return event if lost else self._told(event, things)

    def changes(self, after: int) -> tuple[int, str]:
        """The newest position, and the event that brings a page there, as JSON."""
        position = self._news.position
        try:
            return position, _written(self.event(after))
        except Exception as error:  # noqa: BLE001 - else a page would come back each second to fail at the same change
            # Its name only: a text or a traceback may quote what somebody wrote.
            _log.error("A change couldn't be read (%s). Pages will reload.", type(error).__name__)
            return position, _written({"position": position, "reset": True})

    def _told(self, event: Json, things: Sequence[Change]) -> Json:
        for change in things:
            reader = self._readers.get(change.kind)
            if reader is not None:
                reader(event, change)
        return event

    def _message(self, event: Json, change: Change) -> None:
        message = change.thing
        if message.gone:
            _add(event, "gone", rows.gone(message))
        else:
            _add(event, "messages", message.read())

    def _agent(self, event: Json, change: Change) -> None:
        status = rows.agent(self._slack, change.place, change.key) or {}
        _add(event, "agents", {"channel": change.place, "thread_ts": change.key} | status)

    def _session(self, event: Json, change: Change) -> None:
        _add(event, "sessions", rows.summary(change.thing, self._devin.switches))


def _written(event: Json) -> str:
    return json.dumps(event, allow_nan=False, separators=COMPACT)


def _add(event: Json, name: str, row: Json) -> None:
    event.setdefault(name, []).append(row)
