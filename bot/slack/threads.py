"""The messages of a thread or channel, and which of them are ours."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bot.domain.file import SlackFile
from bot.slack.files import files_of
from bot.slack.rendering import app_name, quoted, text_of

Json = dict[str, Any]

EVENT_TYPE: Final = "devin_bridge"


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """A message as Slack keeps it, with its text still escaped. `thread_ts` is None outside threads.

    `quoted` are the messages that it forwards, and `app_name` is None where Slack names no app that wrote it.
    """

    ts: str
    thread_ts: str | None
    user: str | None
    bot_id: str | None
    subtype: str | None
    text: str
    files: tuple[SlackFile, ...] = ()
    edited_ts: str | None = None  # when its author edited it last
    quoted: str = ""
    app_name: str | None = None
    key: str | None = None  # with which the app posted it that `bot_id` names, if this is ours


@dataclass(frozen=True, slots=True)
class Page:
    """A page of messages; `last` is whether none follow it."""

    messages: tuple[Json, ...]
    cursor: str | None
    last: bool


def page_from(body: Mapping[str, Any]) -> Page:
    """Make a Page from an answer of conversations.replies or conversations.history."""
    cursor = (body.get("response_metadata") or {}).get("next_cursor") or None
    return Page(tuple(body.get("messages") or ()), cursor, last=cursor is None and not body.get("has_more"))


def message_from(message: Mapping[str, Any]) -> ThreadMessage:
    """Make a ThreadMessage from a message of a page or of an event."""
    return ThreadMessage(
        ts=message["ts"],
        thread_ts=message.get("thread_ts"),
        user=message.get("user"),
        bot_id=message.get("bot_id"),
        subtype=message.get("subtype"),
        text=text_of(message),
        files=files_of(message),
        edited_ts=edited_ts(message),
        quoted=quoted(message),
        app_name=app_name(message),
        key=_key_of(message),
    )


def edited_ts(message: Mapping[str, Any]) -> str | None:
    """Return when the author of `message` edited it last, as Slack's `ts`; None if that never happened."""
    edited = message.get("edited")
    found = edited.get("ts") if isinstance(edited, Mapping) else None
    return found if isinstance(found, str) else None


def moment(ts: str) -> Decimal:
    """Return a Slack `ts` as an exact number, by which the messages of a channel are ordered."""
    return Decimal(ts)


def stamp(key: str) -> Json:
    """Return the metadata by which a post is found again. Every app in the workspace can read it: no secrets."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


def stamped(messages: Iterable[Mapping[str, Any]], key: str, bot_id: str | None) -> str | None:
    """Return the `ts` of the message that carries `key`, if one of `messages` does."""
    return next((message["ts"] for message in messages if _carries(message, key, bot_id)), None)


def sharing(messages: Iterable[Mapping[str, Any]], file_ids: Collection[str]) -> str | None:
    """Return the `ts` of the first of `messages` that shares one of the files, if one does."""
    return next((message["ts"] for message in messages if any(file.id in file_ids for file in files_of(message))), None)


def sharing_named(messages: Iterable[Mapping[str, Any]], names: Sequence[str], others: Collection[str]) -> str | None:
    """Return the `ts` of the first of `messages` that a bot wrote, shares these files, and is none of `others`."""
    found = (message for message in messages if message.get("bot_id") and message["ts"] not in others)
    return next((one["ts"] for one in found if sorted(file.name for file in files_of(one)) == sorted(names)), None)


def _key_of(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, Mapping) else None
    if not isinstance(metadata, Mapping) or not isinstance(payload, Mapping):
        return None
    key = payload.get("key")
    return key if metadata.get("event_type") == EVENT_TYPE and isinstance(key, str) else None


def _carries(message: Mapping[str, Any], key: str, bot_id: str | None) -> bool:
    if _key_of(message) != key:
        return False
    # Another app could put our key on a message of its own, and so keep our message from being posted.
    return bot_id is None or message.get("bot_id", bot_id) == bot_id
