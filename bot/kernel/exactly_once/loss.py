"""What is known of a row that asked Devin for something, when it is marked dead or is late."""

from bot.domain.causes import Cause
from bot.store.inbox import InboxRow


def is_unknown(row: InboxRow[Cause]) -> bool:
    """Whether Devin may have done what `row` asks for, although we have no answer that says so."""
    return row.intent_at is not None


def is_late(row: InboxRow[Cause], now: float, after: float) -> bool:
    """Whether `row` was stored more than `after` seconds before `now`."""
    return now - row.created_at > after
