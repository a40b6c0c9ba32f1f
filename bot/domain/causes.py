"""The causes of work: what stands in a row of the inbox, with what a flow noted there while it worked on it.

A cause never changes. A flow that has something to note stores the cause anew, with `dataclasses.replace`. How causes
are written into rows, and read, is in `bot.domain.cause_codec`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from bot.domain.file import SlackFile


@dataclass(frozen=True, slots=True)
class SearchStart:
    """Where the search for a message in a session begins: behind a page's cursor, or with None at the first one."""

    cursor: str | None


@dataclass(frozen=True, slots=True)
class MessageCause:
    """Somebody wrote a message: a mention, a reply or a direct message. Its text is still escaped."""

    kind: ClassVar[str] = "message"
    response_url: ClassVar[None] = None

    user: str
    text: str
    channel: str
    ts: str
    thread_ts: str | None = None
    direct: bool = False
    mention: bool = False
    under_us: bool = False  # it is a reply to a message of the bot's
    shared: bool | None = None  # whether its channel is shared with another company, where Slack said so
    files: tuple[SlackFile, ...] = ()
    left_out: tuple[str, ...] = ()  # noted before the call: a sentence for each file that is not handed on
    search_start: SearchStart | None = None  # noted before the call
    unsent: int = 0  # noted by a stop: how many replies it ended

    @property
    def root_ts(self) -> str:
        """The `ts` of its thread: of the one it was written in, else of the one that begins with it."""
        return self.thread_ts or self.ts

    @property
    def in_thread(self) -> bool:
        """Whether it is a reply, so that messages stand before it."""
        return self.thread_ts is not None


@dataclass(frozen=True, slots=True)
class CommandCause:
    """Somebody typed a slash command that starts a session."""

    kind: ClassVar[str] = "command"
    thread_ts: ClassVar[None] = None
    files: ClassVar[tuple[SlackFile, ...]] = ()

    user: str
    channel: str
    text: str
    response_url: str | None = field(default=None, repr=False)
    asked: bool = False  # noted: the person was asked whether the same command is really meant once more
    confirmed: bool = False  # noted: and said yes


@dataclass(frozen=True, slots=True)
class ActionCause:
    """Somebody pressed a button, or typed a slash command that names a session; `verb` is the command it gives."""

    kind: ClassVar[str] = "control"
    thread_ts: ClassVar[None] = None

    verb: str
    target: str  # the session's id; with a button about a repeated command, the key of that command's row
    user: str | None  # None in the note of a stop whose person is not known
    channel: str | None = None
    pressed: bool = False  # it was a button
    response_url: str | None = field(default=None, repr=False)
    unsent: int = 0  # noted by a stop: how many replies it ended


@dataclass(frozen=True, slots=True)
class StartCause:
    """The card of a slash command was posted, so its session can be created."""

    kind: ClassVar[str] = "start"
    in_thread: ClassVar[bool] = False  # nothing stands before the card

    session_id: str
    files: tuple[SlackFile, ...] = ()
    left_out: tuple[str, ...] = ()  # as in a message


@dataclass(frozen=True, slots=True)
class ChannelGoneCause:
    """The bot cannot be in a channel any more."""

    kind: ClassVar[str] = "channel_gone"

    channel: str
    event: str  # Slack's name of what happened

    @property
    def archived(self) -> bool:
        """Whether the channel was archived; else the bot was removed from it."""
        return "archive" in self.event


@dataclass(frozen=True, slots=True)
class UnreadableCause:
    """What stands in a row cannot be read, for example because a later version wrote it."""

    kind: str
    reason: str
    payload: Mapping[str, Any] = field(repr=False)  # as it stands there


ReadableCause = MessageCause | CommandCause | ActionCause | StartCause | ChannelGoneCause
Cause = ReadableCause | UnreadableCause
PersonsCause = MessageCause | CommandCause | ActionCause  # a person did it, who may be answered
SessionCause = MessageCause | StartCause  # a session is created for it


def without_response_url(cause: Cause) -> Cause:
    """The same cause without its `response_url`, which is a secret."""
    if isinstance(cause, CommandCause | ActionCause):
        return replace(cause, response_url=None)
    if isinstance(cause, UnreadableCause) and "response_url" in cause.payload:
        return replace(cause, payload={**cause.payload, "response_url": None})
    return cause
