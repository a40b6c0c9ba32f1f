"""The causes of work: what a row of the inbox contains, with what a flow has noted in it so far.

A cause is frozen. A flow that has something to note stores a changed copy, made with `dataclasses.replace`.
`bot.store.cause_codec` writes causes into rows and reads them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from bot.domain.file import SlackFile
from bot.domain.form import Form
from bot.domain.pick import Pick, PickedBy, ThreadRef
from bot.domain.redaction import redact
from bot.domain.session import NO_OPTIONS, Options


@dataclass(frozen=True, slots=True)
class SearchStart:
    """Where the search for a message in a session begins: behind the page of `cursor`, or at the first with None."""

    cursor: str | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the person who asks for a start, or writes to a session, has answered about it."""

    corrected: bool = False  # the text with its options corrected has taken the place of the text
    as_written: bool = False  # options that are not valid are part of the task
    again: bool = False  # the command is meant, although the same one came a moment before
    beyond: bool = False  # the start is meant, although its person has started very many in an hour
    as_task: bool = False  # the text is a task, although it resembles a command
    as_reply: bool = False  # the text is for the session of its thread, although it resembles a command

    @property
    def answered(self) -> bool:
        """Whether the person has been asked, and wants the start."""
        return self.corrected or self.as_written or self.again or self.beyond or self.as_task


@dataclass(frozen=True, slots=True)
class Hold:
    """A row waits for an answer to the `question` with this name about `subject`, until the instant `until` at most.

    `asked_at` is when its person was asked about this row, None if they had been asked about an earlier one.
    `suggestions` are its text with the options corrected, in each way that the question offers; escaped like the text
    that one may take the place of.
    """

    question: str
    subject: str
    until: float
    asked_at: float | None = None
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """An edit or the deletion of a message, which Slack reports `at` a time of its own.

    `of` is the key of the row that the message has as it is now. Where it is `of_files`, the text is as it was.
    """

    at: str
    of: str
    deleted: bool = False
    of_files: bool = False


@dataclass(frozen=True, slots=True)
class MessageCause:
    """Somebody wrote a message: a mention, a reply or a direct message. Its text is still escaped."""

    kind: ClassVar[str] = "message"

    user: str
    text: str
    channel: str
    ts: str
    thread_ts: str | None = None
    direct: bool = False
    mention: bool = False
    under_us: bool = False  # the message is a reply to one of the bot's
    shared: bool | None = None  # whether its channel is shared with another company; None if Slack did not report it
    files: tuple[SlackFile, ...] = ()  # also those of messages that it forwards
    quoted: str = ""  # the messages that it forwards, still escaped
    left_out: tuple[str, ...] = ()  # noted before the call: a sentence for each file that is not passed on
    search_start: SearchStart | None = None  # noted before the call
    unsent: int = 0  # noted by a stop: how many replies it kept from being sent
    confirmation: Confirmation = Confirmation()  # noted
    hold: Hold | None = None  # noted: the row waits for an answer
    was_held: bool = False  # noted: it waited to wake its session, and is to be sent now
    response_url: str | None = field(default=None, repr=False)  # noted: of the answer to a question about the message
    with_secret: bool = False  # it looks like a secret: that is not kept, and without it nothing is sent unasked
    as_it_is: bool = False  # noted: it is to be sent with what looks like a secret, which is read from Slack again
    picked: str | None = None  # the key of the end of a turn of which it is an option: nobody has typed it
    revision: Revision | None = None  # the message was stored before, and this is what has become of it
    pick: Pick | None = None  # another message was picked, and `ts` is when; `thread_ts` is that of its thread
    options: Options = NO_OPTIONS  # set in a form, beside those in the text
    answer_in: str = ""  # as in a `CommandCause`
    opened_in: str = ""  # as in a `CommandCause`
    line: bool = False  # noted: it was written in a direct message, outside of the thread whose session it went to

    @property
    def root_ts(self) -> str:
        """The `ts` of the thread in which the message was written, or else of the thread that begins with it."""
        return self.thread_ts or self.ts

    def without_content(self) -> "MessageCause":
        """A copy without anything of what the message says and brings, because it looks like a secret."""
        return replace(self, text="", files=(), quoted="", with_secret=True)

    def without_secret(self) -> "MessageCause":
        """A copy without what looks like a secret in the text, in what it quotes, and in the names of its files."""
        files = tuple(replace(file, name=redact(file.name)) for file in self.files)
        return replace(self, text=redact(self.text), files=files, quoted=redact(self.quoted))

    @property
    def addressed(self) -> bool:
        """Whether the message is written to the bot itself: it mentions the bot, or begins in a direct message."""
        return self.mention or (self.direct and self.thread_ts is None)

    @property
    def fetched(self) -> bool:
        """Whether catch-up has read the message. Only Slack's events report whether the channel is shared."""
        return self.shared is None

    @property
    def only_text(self) -> bool:
        """Whether the message is nothing but its text: it brings no file and forwards no message."""
        return not self.files and not self.quoted

    @property
    def in_thread(self) -> bool:
        """Whether the message is a reply, so that other messages precede it in its thread."""
        return self.thread_ts is not None

    @property
    def is_literal(self) -> bool:
        """Whether nobody wrote the message as a task for Devin, so that no word of it is an option."""
        return self.pick is not None and self.pick.by is not PickedBy.FORM

    @property
    def is_alert(self) -> bool:
        """Whether a trusted bot wrote the message, and nobody picked it."""
        return self.pick is not None and self.pick.by is PickedBy.BOT

    @property
    def is_plain_reply(self) -> bool:
        """Whether the message is a reply that is nothing but text, and was not said to be for Devin."""
        return self.in_thread and self.only_text and not self.confirmation.as_reply


@dataclass(frozen=True, slots=True)
class CommandCause:
    """Somebody typed a slash command that starts a session, or filled in the form for that."""

    kind: ClassVar[str] = "command"
    thread_ts: ClassVar[None] = None
    files: ClassVar[tuple[SlackFile, ...]] = ()

    user: str
    channel: str
    text: str
    response_url: str | None = field(default=None, repr=False)
    confirmation: Confirmation = Confirmation()  # noted
    hold: Hold | None = None  # noted: the row waits for an answer
    with_secret: bool = False  # as in a `MessageCause`
    options: Options = NO_OPTIONS  # set in a form, beside those in the text
    answer_in: str = ""  # the direct message in which answers stand, because a form leaves no place for them
    opened_in: str = ""  # the channel in which that form was opened, where they are told of in short
    about: ThreadRef | None = None  # the thread that is its context


@dataclass(frozen=True, slots=True)
class ActionCause:
    """Somebody gave the `command` with this name: behind `/devin`, in a message, or with a button.

    Its `argument` has the standard form of that command. A command about a session has the session's id.
    """

    kind: ClassVar[str] = "action"

    command: str
    argument: str
    user: str | None  # None in the note of a stop by an unknown person
    channel: str | None = None
    thread_ts: str | None = None  # of the thread in which it was written
    pressed: bool = False  # it was a button, under a post or under a question
    chosen: bool = False  # it was a choice of a question, whose place the answer takes
    pressed_in: str | None = None  # the thread of the button, unless that stands under its first message
    pressed_on: str | None = None  # the `ts` of the message with the button
    response_url: str | None = field(default=None, repr=False)
    unsent: int = 0  # noted by a stop: how many replies it kept from being sent
    before: Mapping[str, Any] | None = None  # noted, as in a `ChangeCause`
    written: bool = False  # in a message
    confirmation: Confirmation = Confirmation()  # noted
    hold: Hold | None = None  # noted, as in a `MessageCause`: a press that starts a session waits

    @property
    def direct(self) -> str | None:
        """The direct message with the bot in which it was written, if it was."""
        return self.channel if self.written and self.channel and self.channel.startswith("D") else None


@dataclass(frozen=True, slots=True)
class StartCause:
    """A session is stored and can be created: the card of its command was posted, or it goes on from another one."""

    kind: ClassVar[str] = "start"

    session_id: str
    files: tuple[SlackFile, ...] = ()
    left_out: tuple[str, ...] = ()  # as in a `MessageCause`
    in_thread: bool = False  # other messages precede it; the card of a command is the first message of its thread
    about: ThreadRef | None = None  # as in a `CommandCause`
    adopts: str | None = None  # the id of the session at Devin that is tied to the thread; none is created then
    before: Mapping[str, Any] | None = None  # noted, as in a `ChangeCause`


@dataclass(frozen=True, slots=True)
class ViewCause:
    """Somebody submitted a form; `fields` are what they filled in, by the names of the fields."""

    kind: ClassVar[str] = "view"
    thread_ts: ClassVar[None] = None
    response_url: ClassVar[None] = None

    form: Form
    user: str
    fields: Mapping[str, str]
    before: Mapping[str, Any] | None = None  # noted, as in a `ChangeCause`
    with_secret: bool = False  # as in a `MessageCause`

    @property
    def channel(self) -> str:
        """Where the person asked for the form."""
        return self.form.channel


@dataclass(frozen=True, slots=True)
class TaskCause:
    """Work that we have asked ourselves for is to begin or to go on: `task`, on the `subject` with this id."""

    kind: ClassVar[str] = "task"

    task: str  # the name of a `bot.kernel.tasks.Task`
    subject: str  # of a row of its own, in which all the rest stands
    org_id: str | None = None  # if it is about the subject in one organisation
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class EventCause:
    """Slack has reported an `event` of this type; `fields` are the texts that its task needs of it."""

    kind: ClassVar[str] = "event"

    event: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UnreadableCause:
    """A cause that cannot be read for `reason`, for example because a later version of the bot wrote it."""

    kind: str
    reason: str
    payload: Mapping[str, Any] = field(repr=False)  # unchanged, as it is stored


ReadableCause = MessageCause | CommandCause | ActionCause | StartCause | ViewCause | TaskCause | EventCause
Cause = ReadableCause | UnreadableCause
# Causes that come from a person, who may get an answer.
PersonsCause = MessageCause | CommandCause | ActionCause | ViewCause
SessionCause = MessageCause | StartCause  # causes for which a session is created
AskingCause = MessageCause | CommandCause  # causes by which a person asks for a session
HeldCause = AskingCause | ActionCause  # causes that may wait for an answer
# Causes by which a person changes something at Devin. `before` is what was there, noted before Devin is asked for it.
ChangeCause = ActionCause | ViewCause | StartCause


def digest(cause: HeldCause) -> str:
    """Return a fingerprint of what `cause` asks for: its words, its files, what it forwards, its options."""
    if isinstance(cause, ActionCause):
        asked: tuple[object, ...] = (cause.command, cause.argument)
    else:
        quoted = cause.quoted if isinstance(cause, MessageCause) else ""
        asked = (cause.text, quoted, [file.id for file in cause.files], cause.options)
    return hashlib.blake2b(repr(asked).encode(), digest_size=8).hexdigest()


def is_reply(cause: HeldCause) -> bool:
    """Whether `cause`, which waits, is a message that was said to be for the session of its thread."""
    return isinstance(cause, MessageCause) and cause.confirmation.as_reply


def flow_name(cause: Cause) -> str:
    """The name by which the flow that takes `cause` is found: that of its task or event, or else its kind."""
    if isinstance(cause, TaskCause):
        return cause.task
    return cause.event if isinstance(cause, EventCause) else cause.kind


def without_response_url(cause: Cause) -> Cause:
    """A copy of `cause` without its `response_url`, which is a secret."""
    if isinstance(cause, MessageCause | CommandCause | ActionCause) and cause.response_url is not None:
        return replace(cause, response_url=None)
    if isinstance(cause, UnreadableCause) and "response_url" in cause.payload:
        return replace(cause, payload={**cause.payload, "response_url": None})
    return cause
