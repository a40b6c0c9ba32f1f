"""Writes causes as JSON objects and reads them, which is the form in which rows of the inbox store them.

The form has a version, stored as `v`; so far there is only version 1. A change of the form needs a new version with new
readers. The readers of earlier versions stay as long as rows of these versions may be stored. A field that an older
release can do without needs no new version.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from bot.domain.causes import (
    ActionCause,
    Cause,
    ChannelGoneCause,
    ChannelSharedCause,
    CommandCause,
    Confirmation,
    FanOutCause,
    FanOutSessionCause,
    Hold,
    LongJobCause,
    MessageCause,
    SearchStart,
    StartCause,
    UnreadableCause,
    ViewCause,
)
from bot.domain.file import SlackFile
from bot.domain.form import Form

Json = Mapping[str, Any]

VERSION: Final = 1
BLANK: Final[Json] = {"v": VERSION}  # replaces the JSON object of a cause whose work is done


def encode(cause: Cause) -> dict[str, Any]:
    """Write `cause` as a JSON object; an unreadable one is written unchanged."""
    if isinstance(cause, UnreadableCause):
        return dict(cause.payload)
    return {"v": VERSION, **_WRITERS[type(cause)](cause)}


def decode(kind: str, payload: Json) -> Cause:
    """Read the cause of this `kind` from the JSON object `payload`; an UnreadableCause if its form is unknown."""
    version = payload.get("v")
    reader = _READERS.get((kind, version)) if isinstance(version, int) else None
    if reader is None:
        return UnreadableCause(kind, f"unreadable: {kind} of version {version}", payload)
    try:
        return reader(payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # Not the error's text, which may quote what people wrote.
        return UnreadableCause(kind, f"unreadable: {type(error).__name__}", payload)


def encode_files(files: tuple[SlackFile, ...]) -> list[dict[str, Any]]:
    """Write `files` as JSON objects with the names of Slack's API."""
    return [
        {
            "id": file.id,
            "name": file.name,
            "mimetype": file.mimetype,
            "size": file.size,
            "url_private": file.url,
            "file_access": file.access,
        }
        for file in files
    ]


def decode_files(files: list[Json] | None) -> tuple[SlackFile, ...]:
    """Read files from JSON objects of `encode_files`, or of earlier releases, which stored what Slack had sent."""
    return tuple(
        SlackFile(
            id=file["id"],
            name=file.get("name") or "file",
            mimetype=file.get("mimetype") or "",
            size=int(file.get("size") or 0),
            url=file.get("url_private_download") or file.get("url_private") or "",
            access=file.get("file_access"),
        )
        for file in files or ()
    )


# ---------------------------------------------------------------- version 1: writers


def _message(cause: MessageCause) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "user": cause.user,
        "text": cause.text,
        "channel": cause.channel,
        "ts": cause.ts,
        "thread_ts": cause.thread_ts,
        "im": cause.direct,
        "mention": cause.mention,
        "under_us": cause.under_us,
        "shared": cause.shared,
        "files": encode_files(cause.files),
    }
    if cause.search_start is not None:
        payload["cursor"] = cause.search_start.cursor
    if cause.response_url is not None:
        payload["response_url"] = cause.response_url
    if cause.quoted:
        payload["quoted"] = cause.quoted
    if cause.hold is not None:
        payload["hold"] = asdict(cause.hold)
    if cause.was_held:
        payload["was_held"] = True
    noted = _left_out(cause.left_out) | _unsent(cause.unsent) | _before(cause.before)
    return payload | noted | _confirmation(cause.confirmation)


def _command(cause: CommandCause) -> dict[str, Any]:
    return {
        "user_id": cause.user,
        "channel_id": cause.channel,
        "text": cause.text,
        "response_url": cause.response_url,
        **_confirmation(cause.confirmation),
    }


def _action(cause: ActionCause) -> dict[str, Any]:
    return {
        "verb": cause.verb,
        "session_id": cause.target,
        "value": cause.target,
        "user": cause.user,
        "channel" if cause.pressed else "channel_id": cause.channel,
        "response_url": cause.response_url,
        **_unsent(cause.unsent),
        **_before(cause.before),
    }


def _start(cause: StartCause) -> dict[str, Any]:
    return {"session_id": cause.session_id, "files": encode_files(cause.files), **_left_out(cause.left_out)}


def _channel_gone(cause: ChannelGoneCause) -> dict[str, Any]:
    return {"channel": cause.channel, "type": cause.event}


def _channel_shared(cause: ChannelSharedCause) -> dict[str, Any]:
    return {"channel": cause.channel}


def _long_job(cause: LongJobCause) -> dict[str, Any]:
    return {"job_id": cause.job_id}


def _view(cause: ViewCause) -> dict[str, Any]:
    return {
        "form": asdict(cause.form),
        "user": cause.user,
        "fields": dict(cause.fields),
        **_before(cause.before),
    }


def _before(before: Json | None) -> dict[str, Any]:
    return {} if before is None else {"before": dict(before)}


def _fan_out(cause: FanOutCause) -> dict[str, Any]:
    return {"fan_out_id": cause.fan_out_id}


def _fan_out_session(cause: FanOutSessionCause) -> dict[str, Any]:
    return {"fan_out_id": cause.fan_out_id, "org_id": cause.org_id, "attempt": cause.attempt}


def _left_out(sentences: tuple[str, ...]) -> dict[str, Any]:
    return {"left_out": [{"text": sentence, "blocks": []} for sentence in sentences]} if sentences else {}


def _confirmation(confirmation: Confirmation) -> dict[str, Any]:
    if confirmation == Confirmation():
        return {}
    return {
        "asked": confirmation.asked or confirmation.again,  # earlier releases leave it when the answer is there
        "confirmed": confirmation.again,
        "waits": confirmation.asked,
        "suggestion": confirmation.suggestion,
        "corrected": confirmation.corrected,
        "as_written": confirmation.as_written,
    }


def _unsent(count: int) -> dict[str, Any]:
    return {"unsent": count} if count else {}


_WRITERS: Final[dict[type[Cause], Callable[[Any], dict[str, Any]]]] = {
    MessageCause: _message,
    CommandCause: _command,
    ActionCause: _action,
    StartCause: _start,
    ChannelGoneCause: _channel_gone,
    ChannelSharedCause: _channel_shared,
    LongJobCause: _long_job,
    ViewCause: _view,
    FanOutCause: _fan_out,
    FanOutSessionCause: _fan_out_session,
}


# ---------------------------------------------------------------- version 1: readers


def _read_message(payload: Json) -> MessageCause:
    return MessageCause(
        user=payload["user"],
        text=payload["text"],
        channel=payload["channel"],
        ts=payload["ts"],
        thread_ts=payload["thread_ts"],
        direct=payload["im"],
        mention=payload["mention"],
        under_us=payload["under_us"],
        shared=payload["shared"],
        files=decode_files(payload["files"]),
        quoted=payload.get("quoted") or "",
        left_out=_read_left_out(payload),
        search_start=SearchStart(payload["cursor"]) if "cursor" in payload else None,
        unsent=int(payload.get("unsent", 0)),
        confirmation=_read_confirmation(payload),
        hold=Hold(**payload["hold"]) if payload.get("hold") else None,
        was_held=bool(payload.get("was_held")),
        response_url=payload.get("response_url"),
        before=payload.get("before"),
    )


def _read_command(payload: Json) -> CommandCause:
    return CommandCause(
        user=payload["user_id"],
        channel=payload["channel_id"],
        text=payload["text"] or "",
        response_url=payload.get("response_url"),
        confirmation=_read_confirmation(payload),
    )


def _read_confirmation(payload: Json) -> Confirmation:
    again = bool(payload.get("confirmed"))
    return Confirmation(
        asked=bool(payload.get("waits", payload.get("asked") and not again)),
        suggestion=payload.get("suggestion"),
        corrected=bool(payload.get("corrected")),
        as_written=bool(payload.get("as_written")),
        again=again,
    )


def _read_action(payload: Json) -> ActionCause:
    # A button has the keys `user` and `channel`; earlier releases gave a slash command `user_id` instead of `user`.
    return ActionCause(
        verb=payload["verb"],
        target=payload["session_id"],
        user=payload.get("user") or payload.get("user_id"),
        channel=payload.get("channel") or payload.get("channel_id"),
        pressed="channel" in payload,
        response_url=payload.get("response_url"),
        unsent=int(payload.get("unsent", 0)),
        before=payload.get("before"),
    )


def _read_start(payload: Json) -> StartCause:
    return StartCause(payload["session_id"], decode_files(payload.get("files")), _read_left_out(payload))


def _read_channel_gone(payload: Json) -> ChannelGoneCause:
    return ChannelGoneCause(payload["channel"], payload["type"])


def _read_channel_shared(payload: Json) -> ChannelSharedCause:
    return ChannelSharedCause(payload["channel"])


def _read_long_job(payload: Json) -> LongJobCause:
    return LongJobCause(payload["job_id"])


def _read_view(payload: Json) -> ViewCause:
    form = payload["form"]
    return ViewCause(
        Form(form["command"], form["target"], form["channel"], form["digest"]),
        payload["user"],
        dict(payload["fields"]),
        payload.get("before"),
    )


def _read_fan_out(payload: Json) -> FanOutCause:
    return FanOutCause(payload["fan_out_id"])


def _read_fan_out_session(payload: Json) -> FanOutSessionCause:
    return FanOutSessionCause(payload["fan_out_id"], payload["org_id"], payload["attempt"])


def _read_left_out(payload: Json) -> tuple[str, ...]:
    return tuple(kept["text"] for kept in payload.get("left_out") or ())


_READERS: Final[dict[tuple[str, int], Callable[[Json], Cause]]] = {
    (MessageCause.kind, 1): _read_message,
    (CommandCause.kind, 1): _read_command,
    (ActionCause.kind, 1): _read_action,
    (StartCause.kind, 1): _read_start,
    (ChannelGoneCause.kind, 1): _read_channel_gone,
    (ChannelSharedCause.kind, 1): _read_channel_shared,
    (LongJobCause.kind, 1): _read_long_job,
    (ViewCause.kind, 1): _read_view,
    (FanOutCause.kind, 1): _read_fan_out,
    (FanOutSessionCause.kind, 1): _read_fan_out_session,
}
