"""Read what was written in a session since it was last read."""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from bot.devin.errors import DevinNotFound, DevinRefused
from bot.devin.models import DevinMessage
from bot.domain.announcements import Spoken
from bot.domain.session import Session
from bot.flows.organisation import Organisation
from bot.store.sessions import RelayPosition

DEVIN: Final = "devin"  # the source of Devin's messages; any other is a person, in Slack or in Devin's web app


@dataclass(frozen=True, slots=True)
class NewMessages:
    """The new messages of a session, and how far it was read. `count` is of all that Devin ever wrote in it."""

    fresh: tuple[DevinMessage, ...]
    last_event_id: str | None
    page_cursor: str | None
    count: int

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
    try:
        messages, cursor = await _read(organisation, session.devin_id, position.page_cursor)
    except DevinNotFound:
        return no_new_messages(position)
    except DevinRefused:
        if position.page_cursor is None:
            raise
        messages, cursor = await _read(organisation, session.devin_id, None)  # the stored cursor is no longer taken
    fresh = _following(messages, position.last_event_id)
    if fresh is None:
        # The last known message is gone: read all again, and skip as many of Devin's as were relayed.
        messages, cursor = await _read(organisation, session.devin_id, None)
        fresh = _following(messages, position.last_event_id) or _beyond(messages, position.devin_messages)
    last = messages[-1].event_id if messages else position.last_event_id
    count = position.devin_messages + sum(message.source == DEVIN for message in fresh)
    return NewMessages(tuple(fresh), last, cursor or position.page_cursor, count)


async def _read(organisation: Organisation, devin_id: str, after: str | None) -> tuple[list[DevinMessage], str | None]:
    messages: list[DevinMessage] = []
    cursor = after
    async for page in organisation.devin.message_pages(devin_id, after):
        messages += page.items
        # The last page may still grow, with a cursor or without, so the next read begins at the cursor before it.
        cursor = (page.end_cursor if page.has_next_page else None) or cursor
    return messages, cursor


def _following(messages: list[DevinMessage], last_event_id: str | None) -> list[DevinMessage] | None:
    if last_event_id is None:
        return messages
    ids = [message.event_id for message in messages]
    return messages[ids.index(last_event_id) + 1 :] if last_event_id in ids else None


def _beyond(messages: list[DevinMessage], count: int) -> list[DevinMessage]:
    return [message for message in messages if message.source == DEVIN][count:]
