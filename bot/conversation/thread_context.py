"""What was written in a thread before the bot was mentioned in it: the context of a session's prompt.

The newest messages are kept. The post of an app that begins the thread, such as an alert, is kept too, because it is
what the thread is about. What guests and people of other companies wrote is left out: they may not use the bot.

Every line that somebody wrote is quoted, so that a line without the mark is the bot's own and says who wrote the next.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from bot.domain.commands.parser import Parser
from bot.domain.file import SlackFile
from bot.domain.pick import ThreadRef
from bot.domain.redaction import redact
from bot.domain.text import as_quotation, without_mention
from bot.kernel.readable import Readable
from bot.kernel.workspace import Workspace
from bot.slack.threads import ThreadMessage
from bot.views.text import shortened

MESSAGES: Final = 50
CHARACTERS: Final = 8_000
APPS_CHARACTERS: Final = 4_000  # of one post of an app, which says first what it is about
MESSAGES_READ: Final = 200  # at the end of the thread; of these, what the bot itself posted is no context
_OMITTED: Final = "…"
_QUOTED: Final = ">"  # how each line begins that somebody wrote


@dataclass(frozen=True, slots=True)
class ContextMessage:
    """An earlier message of a thread as Devin reads it. `begins` is set for an app's post that begins the thread."""

    author: str  # with the id of a person, which nobody can choose
    at: float
    text: str
    quotation: str = ""  # the messages that it forwards, as `bot.slack.rendering.quoted` writes them
    files: tuple[SlackFile, ...] = ()
    begins: bool = False
    masked: bool = False  # what looked like a secret was left out

    def block(self, passed_on: Collection[str]) -> str:
        """Write the message: author and time, and quoted its words and its files, of which Devin has `passed_on`."""
        sent = ", ".join(file.name for file in self.files if file.id in passed_on)
        unsent = ", ".join(file.name for file in self.files if file.id not in passed_on)
        parts = [f"files: {sent}" if sent else "", f"not passed on: {unsent}" if unsent else ""]
        files = "; ".join(part for part in parts if part)
        own = as_quotation(" ".join(part for part in (self.text, f"({files})" if files else "") if part))
        header = f"{self.author}, {datetime.fromtimestamp(self.at, UTC):%Y-%m-%d %H:%M} UTC:"
        return "\n".join(part for part in (header, own, self.quotation) if part)


@dataclass(frozen=True, slots=True)
class WrittenContext:
    """The context as it stands in a prompt, the number of messages in it, and what was left out.

    `older` is whether older messages were, and `outsiders` how many of guests and people of other companies.
    """

    text: str = ""
    messages: int = 0
    older: bool = False
    outsiders: int = 0


@dataclass(frozen=True, slots=True)
class ThreadContext:
    """The earlier messages of a thread that are context, oldest first; `older` is whether there are others before.

    `outsiders` is the number of those that guests and people of other companies wrote.
    """

    messages: tuple[ContextMessage, ...] = ()
    older: bool = False
    outsiders: int = 0

    def files(self, but: Collection[SlackFile]) -> list[SlackFile]:
        """Return the files of all messages, each once and the newest first, without those in `but`."""
        known = {file.id for file in but}
        newest = (file for message in reversed(self.messages) for file in message.files)
        return list({file.id: file for file in newest if file.id not in known}.values())

    def written(self, passed_on: Collection[str]) -> WrittenContext:
        """Write as many of the newest messages as there is room for; `passed_on` are the ids of files that Devin has.

        The oldest of them may be cut. A post of an app that begins the thread stays, whatever is left out behind it.
        """
        first, others = self._parted()
        head = [shortened(first.block(passed_on), APPS_CHARACTERS)] if first else []
        room = CHARACTERS - sum(map(len, head))
        blocks = [message.block(passed_on) for message in others]
        tail = _newest(blocks, room)
        older = self.older or tail != blocks
        gap = [_OMITTED] if head and older else []
        return WrittenContext("\n".join([*head, *gap, *tail]), len(head) + len(tail), older, self.outsiders)

    def _parted(self) -> tuple[ContextMessage | None, Sequence[ContextMessage]]:
        begins = bool(self.messages) and self.messages[0].begins
        return (self.messages[0], self.messages[1:]) if begins else (None, self.messages)


class ThreadReader:
    """Reads threads."""

    def __init__(self, readable: Readable, parser: Parser) -> None:
        self._readable = readable
        self._parser = parser

    async def read(self, workspace: Workspace, thread: ThreadRef, before: str | None) -> ThreadContext:
        """Return what was written in `thread` before the session was asked for there; all of it with None."""
        read = await workspace.slack.replies(thread.channel, thread.ts, MESSAGES_READ)
        earlier = [message for message in read if _is_context(workspace, before, message)]
        inside = await self._of_members(workspace, earlier)
        begins = [message for message in inside[:1] if message.bot_id and message.ts == thread.ts]
        others = inside[len(begins) :]
        written = await self._messages(workspace, [*begins, *others[-MESSAGES:]], begins)
        older = len(others) > MESSAGES or len(read) > MESSAGES_READ
        return ThreadContext(tuple(written), older, len(earlier) - len(inside))

    async def _of_members(self, workspace: Workspace, messages: Sequence[ThreadMessage]) -> list[ThreadMessage]:
        """Return those of `messages` that apps wrote, or members of the workspace.

        A message that an app posted with a guest's token has both a bot and a user, and is the guest's.
        """
        authors = {message.user for message in messages if message.user}
        outsiders = {author for author in authors if await self._readable.is_outsider(workspace, author)}
        return [message for message in messages if message.user not in outsiders]

    async def _messages(
        self, workspace: Workspace, messages: Sequence[ThreadMessage], begins: Collection[ThreadMessage]
    ) -> list[ContextMessage]:
        own = await self._readable.texts(
            workspace, [without_mention(message.text, workspace.bot_user) for message in messages]
        )
        quoted = await self._readable.quotations(workspace, [message.quoted for message in messages])
        found = []
        for message, text, quotation in zip(messages, own, quoted, strict=True):
            if not _is_for_devin(self._parser, message, text):
                continue
            author = await self._author(workspace, message)
            said, passed_on = redact(text), redact(quotation)
            shown = shortened(said, APPS_CHARACTERS) if message.bot_id else said
            files = tuple(replace(file, name=redact(file.name)) for file in message.files)
            masked = (said, passed_on, files) != (text, quotation, message.files)
            one = ContextMessage(author, float(message.ts), shown, passed_on, files, message in begins, masked)
            found.append(one)
        return found

    async def _author(self, workspace: Workspace, message: ThreadMessage) -> str:
        if message.user is None or message.bot_id:
            return f"{message.app_name} (an app)" if message.app_name else "An app"
        return await self._readable.author(workspace, message.user)


def _is_context(workspace: Workspace, before: str | None, message: ThreadMessage) -> bool:
    # What was written after the mention comes as a reply of its own.
    earlier = before is None or message.ts < before
    return earlier and message.user != workspace.bot_user and message.subtype != "tombstone"


def _is_for_devin(parser: Parser, message: ThreadMessage, text: str) -> bool:
    """Whether the message says something, and it is neither a verb for the bot nor an aside."""
    if message.bot_id is None and parser.verb(text) is not None:
        return False
    return bool(text or message.quoted or message.files)


def _newest(blocks: Sequence[str], room: int) -> list[str]:
    """Return the last of `blocks` that together have at most `room` characters, the oldest of them cut to fit."""
    kept: list[str] = []
    for block in reversed(blocks):
        if len(block) > room:
            cut = _end_of(block, room)
            return [*([cut] if cut else []), *reversed(kept)]
        kept.append(block)
        room -= len(block) + 1  # and the line break
    return kept[::-1]


def _end_of(block: str, room: int) -> str:
    """Cut `block` to its end and to the lines that say who wrote it; empty if `room` is too little for any of it."""
    lines = block.split("\n")
    room -= len(lines[0]) + len(_OMITTED) + 3  # the author's line, and around the sign the mark and the line breaks
    kept: list[str] = []
    while len(lines[-1]) <= room:
        room -= len(lines[-1]) + 1
        kept.append(lines.pop())
    *_, last = said_by = [line for line in lines if line and not line.startswith(_QUOTED)]
    cut = lines[-1].removeprefix(_QUOTED).lstrip()[-room:] if room > 0 and lines[-1] != last else ""
    if not cut and not kept:
        return ""
    # What is left may be the end of a message that the author forwarded, and so another one's words.
    return "\n".join([*dict.fromkeys([said_by[0], last]), f"{_QUOTED} {_OMITTED}{cut}", *reversed(kept)])
