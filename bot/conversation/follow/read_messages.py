"""Read what was written in a session since it was last read."""

from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Final

from bot.conversation.lookup import is_from_slack
from bot.devin.errors import DevinNotFound, DevinRefused
from bot.devin.messages import by_time, oldest_first
from bot.devin.models import DevinMessage
from bot.domain.announcements import Spoken
from bot.domain.session import Session
from bot.kernel.organisation import Organisation
from bot.store.sessions import RelayPosition
from bot.views.announcements import unreadable_message

DEVIN: Final = "devin"  # the source of Devin's messages
PERSON: Final = "user"  # the source of a person's, who wrote in Slack or in Devin's web app


@dataclass(frozen=True, slots=True)
class NewMessages:
    """The new messages of a session, and how far it was read. `count` is of all that Devin ever wrote in it."""

    fresh: tuple[DevinMessage, ...]
    last_event_id: str | None
    page_cursor: str | None
    count: int
    last: DevinMessage | None = None  # the last one, new or not, if it is Devin's and was read

    @property
    def messages(self) -> tuple[DevinMessage, ...]:
        """The new messages that Devin wrote."""
        return tuple(message for message in self.fresh if message.source == DEVIN)

    @property
    def devin_spoke_last(self) -> bool:
        """Whether Devin wrote the last new message."""
        return self._turns[-1:] == [True]

    def spoken(self, just_after: float) -> Spoken:
        """Who wrote the new messages; what Devin wrote after `just_after`, by its own clock, it wrote just now."""
        turns = self._turns
        just_now = any(message.created_at > just_after for message in self.messages)
        return Spoken(True in turns, just_now, False in turns, turns[-1:] == [False])

    @property
    def _turns(self) -> list[bool]:
        return [by_devin for by_devin, _ in groupby(message.source == DEVIN for message in self.fresh)]


def no_new_messages(position: RelayPosition) -> NewMessages:
    """Return what `read_messages` returns where nothing is new, or nothing can be read."""
    return NewMessages((), position.last_event_id, position.page_cursor, position.devin_messages)


async def read_messages(organisation: Organisation, session: Session, position: RelayPosition) -> NewMessages:
    """Read the messages of `session` from `position` on. Only those after the last known message are new."""
    assert session.devin_id is not None
    start = position.page_cursor
    try:
        messages, cursor = await _read(organisation, session.devin_id, start)
    except DevinNotFound:
        return no_new_messages(position)
    except DevinRefused:
        if start is None:
            raise
        start = None  # the stored cursor is no longer taken
        messages, cursor = await _read(organisation, session.devin_id, start)
    fresh = _following(messages, position, whole=start is None)
    if fresh is None:
        # The last known message is gone: read all again, and skip as many of Devin's as were relayed.
        start = None
        messages, cursor = await _read(organisation, session.devin_id, start)
        fresh = _following(messages, position, whole=True) or _beyond(messages, position.devin_messages)
    last = messages[-1].event_id if messages else position.last_event_id
    count = _written(messages) if start is None else position.devin_messages + _written(fresh)
    new = tuple(_completed(message, session) for message in by_time(fresh))
    newest = _completed(messages[-1], session) if messages else None
    by_devin = newest if newest is not None and newest.source == DEVIN else None
    return NewMessages(new, last, cursor, count, by_devin)


async def _read(organisation: Organisation, devin_id: str, after: str | None) -> tuple[list[DevinMessage], str | None]:
    """Return the messages from the cursor `after` on, oldest first, and the cursor from which the next read begins."""
    messages: list[DevinMessage] = []
    cursor = after
    async for page in organisation.devin.message_pages(devin_id, after):
        messages += page.items
        # The last page may still grow, with a cursor or without, so the next read begins at the cursor before it.
        cursor = (page.end_cursor if page.has_next_page else None) or cursor
    ordered = oldest_first(messages)
    # Where the newest come first, new ones stand before any cursor.
    return ordered, cursor if ordered == messages else None


def _completed(message: DevinMessage, session: Session) -> DevinMessage:
    """Return `message` with one of the two known sources, and with words.

    One of an unknown source counts as Devin's unless this bot wrote it, so that nothing of what Devin says is lost.
    """
    by_devin = not is_from_slack(message.message) if message.by_devin is None else message.by_devin
    words = message.message if message.has("message") else unreadable_message(session)
    return message.model_copy(update={"source": DEVIN if by_devin else PERSON, "message": words})


def _written(messages: list[DevinMessage]) -> int:
    return sum(message.by_devin is True for message in messages)


def _following(messages: list[DevinMessage], position: RelayPosition, *, whole: bool) -> list[DevinMessage] | None:
    """Return the messages that are new after those up to `position`, or None if the last one of those is gone.

    `whole` is whether `messages` are the whole conversation. If more of Devin's stand before the last known one than
    were relayed, one came to stand there late, as with the clock of another machine: then all of Devin's count as new,
    and those that have a post get no second one.
    """
    if position.last_event_id is None:
        return messages
    ids = [message.event_id for message in messages]
    if position.last_event_id not in ids:
        return None
    end = ids.index(position.last_event_id) + 1
    if whole and _written(messages[:end]) > position.devin_messages:
        return [message for message in messages if message.by_devin]
    return messages[end:]


def _beyond(messages: list[DevinMessage], count: int) -> list[DevinMessage]:
    """Return what follows the first `count` of Devin's messages, without those of people."""
    written = accumulate((message.by_devin is True for message in messages), initial=0)
    return [
        message
        for message, before in zip(messages, written, strict=False)
        if message.by_devin is not False and before >= count
    ]
