"""What is said about the list of organisations."""

from collections.abc import Mapping
from typing import Final

from bot.domain.cycle import Cycle
from bot.features.usage.division_sentences import NOT_IN_YET
from bot.views.dates import short_date
from bot.views.operations import OperationSentences
from bot.views.text import counted, fitted

TITLE: Final = "Devin's organizations"


def cycle_shown(cycle: Cycle) -> str:
    """Say of which cycle the ACUs are."""
    since = f"ACUs since {short_date(cycle.first)}"
    return f"{since}." if cycle.assumed else f"{since}, the first day of this cycle."


def queue(size: int, status: str) -> str:
    """Say how long Devin's queue is, and which word Devin has for that."""
    waiting = f"{counted(size, 'session')} {'is' if size == 1 else 'are'} waiting for a machine"
    return f"Queue: {fitted(status, 30) or 'unknown'}, {waiting}."


def no_queue(why: str) -> str:
    """Say that the queue cannot be shown, and `why`."""
    return f"The queue isn't shown: {why}"


def no_acus(why: str) -> str:
    """Say that the ACUs cannot be shown, and `why`."""
    return f"The ACUs aren't shown: {why}"


def own_alone(why: str) -> str:
    """Say that only the bot's own organisation can be shown, without its limits, and `why`."""
    return f"Only Devin Bridge's own organization is shown, without its limits: {why}"


def cut(count: int) -> str:
    """Say that no more than so many organisations are read."""
    return f":warning: Only the first {counted(count, 'organization')} were read."


class OrganisationSentences(OperationSentences):
    """What the message says; where an organisation has no value, its table says why. In the file it has none."""

    absent: Mapping[str, str] = {
        "max_session_acu_limit": "none",
        "max_cycle_acu_limit": "none",
        "devin_acus": "not shown",
        "other_acus": "not shown",
        "acus": NOT_IN_YET,
    }
