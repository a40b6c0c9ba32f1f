"""What is said about the list of organisations."""

from collections.abc import Mapping
from typing import Final

from bot.domain.cycle import Cycle
from bot.features.usage.division_sentences import NOT_IN_YET
from bot.views.dates import short_date
from bot.views.operations import OperationSentences, granted_by
from bot.views.text import counted, fitted

TITLE: Final = "Devin's organisations"


def cycle_shown(cycle: Cycle) -> str:
    """Say of which cycle the ACUs are."""
    since = f"ACUs since {short_date(cycle.first)}"
    return f"{since}." if cycle.assumed else f"{since}, the first day of this cycle."


def queue(size: int, status: str) -> str:
    """Say how long Devin's queue is, and which word Devin has for that."""
    waiting = f"{counted(size, 'session')} {'waits' if size == 1 else 'wait'} for a machine"
    return f"Queue: {fitted(status, 30) or 'unknown'}, {waiting}."


def no_queue(permission: str | None) -> str:
    """Say that the queue cannot be shown, and which permission is missing."""
    return _missing("The queue is not shown", permission or "ViewAccountMetrics")


def queue_denied(words: str) -> str:
    """Say that Devin does not show the queue, in its own `words`."""
    return f"The queue is not shown. Devin says: “{fitted(words, 150)}”."


def no_acus(permission: str) -> str:
    """Say that the ACUs cannot be shown, and which permission is missing."""
    return _missing("The ACUs are not shown", permission)


def own_alone(permission: str | None) -> str:
    """Say that only the bot's own organisation can be shown, without its limits, and which permission is missing."""
    what = "Only the organisation of Devin Bridge is shown, without its limits"
    return _missing(what, permission or "ManageOrganizations")


def _missing(what: str, permission: str) -> str:
    return f"{what}: the key lacks the permission `{fitted(permission, 60)}`. {granted_by(permission)}"


class OrganisationSentences(OperationSentences):
    """What the message says; where an organisation has no value, its table says why. In the file it has none."""

    absent: Mapping[str, str] = {
        "max_session_acu_limit": "none",
        "max_cycle_acu_limit": "none",
        "devin_acus": "not shown",
        "other_acus": "not shown",
        "acus": NOT_IN_YET,
    }
