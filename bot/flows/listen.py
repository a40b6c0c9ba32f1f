"""Reading what Devin said in a session since it was last read."""

from dataclasses import dataclass

from bot.devin.errors import DevinNotFound, DevinRefused
from bot.devin.models import DevinMessage
from bot.domain.session import Session
from bot.flows.tools import Tools
from bot.store.sessions import Relay


@dataclass(frozen=True, slots=True)
class Heard:
    """New messages of Devin's, and how far the conversation was read.

    `count` is of all that Devin ever said; `answered` is whether a person wrote before the last of the new ones.
    """

    messages: tuple[DevinMessage, ...]
    last_event_id: str | None
    page_cursor: str | None
    count: int
    answered: bool = False


async def listen(tools: Tools, session: Session, relay: Relay) -> Heard:
    """Read on from where the relay stands; only what follows the last known message is new."""
    assert session.devin_id is not None
    try:
        messages, cursor = await _read(tools, session.devin_id, relay.page_cursor)
    except DevinNotFound:
        return Heard((), relay.last_event_id, relay.page_cursor, relay.devin_messages)
    except DevinRefused:
        if relay.page_cursor is None:
            raise
        messages, cursor = await _read(tools, session.devin_id, None)  # the stored cursor is no longer taken
    fresh = _following(messages, relay.last_event_id)
    if fresh is None:
        # The last known message is gone: read all of it, and what was counted has been told.
        messages, cursor = await _read(tools, session.devin_id, None)
        fresh = _following(messages, relay.last_event_id) or _beyond(messages, relay.devin_messages)
    said = tuple(message for message in fresh if message.source == "devin")
    last = messages[-1].event_id if messages else relay.last_event_id
    answered = bool(said) and any(message not in said for message in fresh[: fresh.index(said[-1])])
    return Heard(said, last, cursor or relay.page_cursor, relay.devin_messages + len(said), answered)


async def _read(tools: Tools, devin_id: str, after: str | None) -> tuple[list[DevinMessage], str | None]:
    messages: list[DevinMessage] = []
    cursor = after
    async for page in tools.devin.message_pages(devin_id, after):
        messages += page.items
        # The last page may have no cursor, and one that has it may still grow: the page before is read again.
        cursor = (page.end_cursor if page.has_next_page else None) or cursor
    return messages, cursor


def _following(messages: list[DevinMessage], last_event_id: str | None) -> list[DevinMessage] | None:
    if last_event_id is None:
        return messages
    ids = [message.event_id for message in messages]
    return messages[ids.index(last_event_id) + 1 :] if last_event_id in ids else None


def _beyond(messages: list[DevinMessage], told: int) -> list[DevinMessage]:
    return [message for message in messages if message.source == "devin"][told:]
