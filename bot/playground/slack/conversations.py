"""The `conversations.*` methods: facts, members, and reading messages page by page."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Final

from bot.playground.slack.arguments import Args, missing
from bot.playground.slack.chat import known
from bot.playground.slack.errors import SlackError
from bot.playground.slack.timeline import Message
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import BOT_USER, Channel

Json = dict[str, Any]

FAMILIES: Final = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def info(workspace: Workspace, args: Args) -> Json:
    """conversations.info."""
    channel = readable(workspace, args.need("channel"), "read")
    facts = channel.shown()
    if args.flag("include_num_members"):
        facts["num_members"] = len(channel.members)
    return {"channel": facts}


def members(workspace: Workspace, args: Args) -> Json:
    """conversations.members."""
    channel = readable(workspace, args.need("channel"), "read")
    everyone = sorted(channel.members)
    start, size = _cursor(args, "0"), args.count("limit", 100, 1000)
    page = [user for user in everyone if user > start][:size]
    return {"members": page} | _next(page[-1] if page and page[-1] != everyone[-1] else "")


def open_direct(workspace: Workspace, args: Args) -> Json:
    """conversations.open, for one person."""
    slack = workspace.slack
    if args.text("channel"):
        return {"channel": {"id": known(workspace, args.text("channel")).id}}
    users = [user for user in args.text("users").split(",") if user]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        slack.app.need("mpim:write")
        raise SlackError("method_not_supported_for_channel_type")
    person = slack.world.people.get(users[0])
    if person is None or person.deleted:
        raise SlackError("user_not_found")
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    channel = slack.world.direct(person.id)
    return {"channel": channel.shown() if args.flag("return_im") else {"id": channel.id}}


def history(workspace: Workspace, args: Args) -> Json:
    """conversations.history: newest first."""
    channel = readable(workspace, args.need("channel"), "history")
    _must_be_in(channel)
    size, start, between = args.count("limit", 100, 999), _cursor(args, ""), _between(args)
    found = [
        message
        for message in reversed(workspace.slack.timeline(channel.id).in_channel())
        if between(message.ts) and (not start or message.ts < start)
    ]
    return _page(found, size, args) | {"pin_count": 0}


def replies(workspace: Workspace, args: Args) -> Json:
    """conversations.replies: the parent, then the replies oldest first."""
    channel = readable(workspace, args.need("channel"), "history")
    _must_be_in(channel)
    thread = workspace.slack.timeline(channel.id).thread(_need_ts(args))
    if not thread:
        raise SlackError("thread_not_found")
    size, start, between = args.count("limit", 1000, 1000), _cursor(args, ""), _between(args)
    found = [message for message in thread[1:] if between(message.ts) and message.ts > start]
    # The parent comes along whatever the limits in time are, but only on the first page.
    return _page(found if start else [thread[0], *found], size, args)


def readable(workspace: Workspace, channel_id: str, verb: str) -> Channel:
    """A channel the scopes allow to read; each kind of conversation has its own scope."""
    app, channel = workspace.slack.app, workspace.slack.world.channels.get(channel_id)
    if channel is None:
        app.need(*(f"{family}:{verb}" for family in FAMILIES.values()))
        raise SlackError("channel_not_found")
    app.need(f"{FAMILIES[channel.kind]}:{verb}")
    return known(workspace, channel_id)


def _must_be_in(channel: Channel) -> None:
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")


def _need_ts(args: Args) -> str:
    ts = args.text("ts")
    if not ts:
        raise missing("ts")
    return ts


def _between(args: Args) -> Callable[[str], bool]:
    """Whether a timestamp lies between `oldest` and `latest`, themselves only when `inclusive`."""
    oldest = float(args.instant("oldest") or 0)
    latest = float(args.instant("latest") or "inf")
    if args.flag("inclusive"):
        return lambda ts: oldest <= float(ts) <= latest
    return lambda ts: oldest < float(ts) < latest


def _page(found: Sequence[Message], size: int, args: Args) -> Json:
    page, more = found[:size], len(found) > size
    metadata = args.flag("include_all_metadata")
    shown = [message.shown(metadata=metadata) for message in page]
    return {"messages": shown, "has_more": more} | _next(page[-1].ts if more else "")


def _next(place: str) -> Json:
    cursor = base64.b64encode(f"next:{place}".encode()).decode() if place else ""
    return {"response_metadata": {"next_cursor": cursor}}


def _cursor(args: Args, default: str) -> str:
    cursor = args.text("cursor")
    if not cursor:
        return default
    try:
        kind, _, place = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise SlackError("invalid_cursor") from None
    if kind != "next":
        raise SlackError("invalid_cursor")
    return place
