"""A channel or a thread as Markdown, as one person sees it: to be pasted into an issue or a chat."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bot.playground.page.inert import one_line
from bot.playground.page.markdown import Markdown
from bot.playground.page.reading import TEAM_NAME, Reading
from bot.playground.plain import emoji
from bot.playground.slack.state import Ephemeral
from bot.playground.slack.timeline import Message
from bot.playground.slack.world import BOT_USER, Person

Json = dict[str, Any]

HEAD: Final = "# {what} in {team}\n\nAs {name} sees it; times are UTC."
ONLY_YOU: Final = "🔒 *only visible to {name}*"
EDITED: Final = "*edited*"
DELETED: Final = "*A message was deleted here.*"
EMPTY: Final = "*No messages yet.*"
ELSEWHERE: Final = "a file from another workspace"


def written(reading: Reading, channel: str, user: str, ts: str = "") -> str:
    """The Markdown of a channel with all its threads, or of one thread."""
    person, place = reading.place(channel, user)
    name = "Direct messages" if place.is_direct else f"#{one_line(place.name)}"
    head = HEAD.format(what=f"A thread in {name}" if ts else name, team=TEAM_NAME, name=one_line(person.real_name))
    author = _Author(Markdown(reading.slack.world, person.id), person, list(reading.private(channel, user)))
    if ts:
        parts = author.thread(reading.whole_thread(channel, ts, user))
    else:
        parts = author.channel(reading.slack.timeline(channel).in_channel())
    return "\n\n".join([head, *(list(parts) or [EMPTY])]) + "\n"


class _Author:
    """Writes down messages and private answers for one reader."""

    def __init__(self, markdown: Markdown, reader: Person, private: Sequence[Ephemeral]) -> None:
        self._markdown = markdown
        self._reader = reader
        self._private = private
        self._day = ""

    def channel(self, messages: Sequence[Message]) -> Iterator[str]:
        """What stands in a channel; the replies of a thread are quoted under its parent."""
        for item in self._with_private(messages, None):
            yield from self._new_day(item)
            yield _lines(self._item(item), "")
            if isinstance(item, Message) and item.parent is None:
                for reply in self._with_private(item.live_replies, item.ts):
                    yield _lines(self._item(reply), "> ")

    def thread(self, messages: Sequence[Message]) -> Iterator[str]:
        """A parent and its replies."""
        for item in self._with_private(messages, messages[0].ts):
            yield from self._new_day(item)
            yield _lines(self._item(item), "")

    def _with_private(self, messages: Sequence[Message], thread_ts: str | None) -> list[Message | Ephemeral]:
        private = [item for item in self._private if item.thread_ts == thread_ts]
        return sorted([*messages, *private], key=lambda item: item.ts)

    def _new_day(self, item: Message | Ephemeral) -> Iterator[str]:
        at = _at(item.ts)
        day = f"{at:%A}, {at.day} {at:%B %Y}"
        if day != self._day:
            self._day = day
            yield f"## {day}"

    def _item(self, item: Message | Ephemeral) -> Iterator[str]:
        """Its paragraphs."""
        if isinstance(item, Ephemeral):
            yield self._headline(BOT_USER, item.ts, ONLY_YOU.format(name=one_line(self._reader.real_name)))
            yield from self._markdown.body(item.text, item.blocks)
        elif item.deleted:
            yield DELETED
        else:
            yield self._headline(item.user, item.ts, EDITED if item.edited else "")
            yield from self._markdown.body(item.text, item.blocks)
            yield from map(_file, item.files)
            yield from self._reactions(item)

    def _headline(self, user: str, ts: str, mark: str) -> str:
        return " · ".join(part for part in (f"**{self._markdown.name(user)}**", f"{_at(ts):%H:%M}", mark) if part)

    def _reactions(self, message: Message) -> Iterator[str]:
        told = [f"{emoji(sign)} {', '.join(map(self._markdown.name, who))}" for sign, who in message.reactions.items()]
        if told:
            yield f"*{' · '.join(told)}*"


def _lines(paragraphs: Iterable[str], quote: str) -> str:
    return "\n".join(f"{quote}{line}".rstrip() for line in "\n\n".join(paragraphs).split("\n"))


def _at(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)


def _file(file: Json) -> str:
    name, kind = str(file.get("name", file["id"])), file.get("mimetype", ELSEWHERE)
    size = f", {file['size']:,} {'byte' if file['size'] == 1 else 'bytes'}" if "size" in file else ""
    return f"📎 {one_line(name)} ({one_line(str(kind))}{size})"
