"""What tests read: calls, messages, private messages, deliveries, filtered the same way everywhere.

Filters compare fields as text (`ok=false`); `text` looks for a part of what a person reads (for calls: of the
arguments), `since` leaves out lines numbered lower, `after` what is not younger than a timestamp.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from bot.playground.slack.errors import ImpossibleError
from bot.playground.slack.socket_mode import SocketMode
from bot.playground.slack.views import read as read_view
from bot.playground.slack.workspace import Workspace

Json = dict[str, Any]

PAUSE: Final = 0.005  # a burst of changes is looked at once


def kinds() -> list[str]:
    """What can be read."""
    return sorted(_READERS)


def read(workspace: Workspace, what: str, wanted: Json) -> list[Json]:
    """All of one kind that fit."""
    if what not in _READERS:
        raise ImpossibleError(f"there's no {what}; there are {', '.join(kinds())}")
    filters = {name: value for name, value in wanted.items() if value is not None}
    return [item for item in _READERS[what](workspace, filters) if _fits(item, filters)]


async def wait(workspace: Workspace, what: str, wanted: Json, count: int, seconds: float) -> tuple[bool, list[Json]]:
    """Until at least `count` fit, or the time is up; and what fits then."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        found = read(workspace, what, wanted)
        left = deadline - loop.time()
        if len(found) >= count or left <= 0:
            return len(found) >= count, found
        if await workspace.slack.news.wait(left):
            await asyncio.sleep(PAUSE)


def _fits(item: Json, filters: Json) -> bool:
    return all(_has(item, name, value) for name, value in filters.items())


def _has(item: Json, name: str, value: Any) -> bool:
    if name == "text":
        return str(value) in item.get("rendered", "") or str(value) in item.get("text", "")
    if name == "since":
        return float(item.get("n", 0)) >= float(value)
    if name == "after":
        return float(item.get("ts") or 0) > float(value)
    return str(item.get(name)).lower() == str(value).lower()


def _messages(workspace: Workspace, filters: Json) -> Iterable[Json]:
    """Of a channel, or with `thread_ts` of a thread, its parent first."""
    channel, thread_ts = filters.pop("channel", None), filters.pop("thread_ts", None)
    if channel not in workspace.slack.world.channels:
        raise ImpossibleError("messages are read channel by channel: name one")
    timeline = workspace.slack.timeline(channel)
    found = timeline.thread(thread_ts) if thread_ts else list(timeline)
    return (message.read() for message in found)


def _calls(workspace: Workspace, filters: Json) -> Iterable[Json]:
    text = filters.pop("text", None)
    for call in list(workspace.slack.calls):
        if filters.get("method") not in {None, call.method}:
            continue
        if text is None or str(text) in json.dumps(call.args, ensure_ascii=False):
            yield call.read()


def _ephemerals(workspace: Workspace, filters: Json) -> Iterable[Json]:
    filters.setdefault("deleted", False)
    return (item.read() for item in workspace.slack.ephemerals)


def _deliveries(workspace: Workspace, _: Json) -> Iterable[Json]:
    return (delivery.read() for delivery in workspace.courier.deliveries)


def _responses(workspace: Workspace, _: Json) -> Iterable[Json]:
    return (
        {**entry, "rendered": json.dumps(entry["payload"], ensure_ascii=False)} for entry in workspace.slack.responses
    )


def _views(workspace: Workspace, _: Json) -> Iterable[Json]:
    return (read_view(view) for view in workspace.slack.views.values())


def _sockets(workspace: Workspace, _: Json) -> Iterable[Json]:
    sockets = workspace.courier.transports["socket"]
    assert isinstance(sockets, SocketMode)
    return ({"n": connection.number} for connection in sockets.connections if not connection.retiring)


def _agent_sessions(workspace: Workspace, _: Json) -> Iterable[Json]:
    for channel, thread_ts in workspace.slack.agent_sessions:
        yield {"channel": channel, "thread_ts": thread_ts, **(workspace.slack.agent_session(channel, thread_ts) or {})}


_READERS: Final[dict[str, Callable[[Workspace, Json], Iterable[Json]]]] = {
    "messages": _messages,
    "log": _calls,
    "ephemerals": _ephemerals,
    "deliveries": _deliveries,
    "responses": _responses,
    "views": _views,
    "sockets": _sockets,
    "agent_sessions": _agent_sessions,
}
