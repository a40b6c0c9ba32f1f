"""What became of the sessions and pull requests of some days, in a sentence each."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from bot.domain.outcomes import Outcome
from bot.views.dates import weekday_date
from bot.views.text import counted

NO_ACTIVE_SESSIONS: Final = "No active sessions."
OUTCOME_WORDS: Final[Mapping[Outcome, str]] = {
    Outcome.DONE: "done",
    Outcome.WAITING: "waiting",
    Outcome.LIMITED: "at a limit",
    Outcome.FAILED: "failed",
    Outcome.STOPPED: "stopped",
    Outcome.RUNNING: "running",
}


_MAY_CHANGE: Final = frozenset({Outcome.WAITING, Outcome.LIMITED, Outcome.RUNNING})


def sessions_by_outcome(outcomes: Mapping[Outcome, int], as_of: date | None = None) -> str:
    """Say how many sessions there were and what became of them, from their number by outcome.

    With `as_of`, the last day of a period that is over, it is said that those still open were so by then.
    """
    counts = [(number, outcome) for outcome in Outcome if (number := outcomes.get(outcome, 0))]
    if not counts:
        return NO_ACTIVE_SESSIONS
    total = sum(number for number, _ in counts)
    by_then = as_of is not None and any(outcome in _MAY_CHANGE for _, outcome in counts)
    head = f"{counted(total, 'session')}{f', as of {weekday_date(as_of)}' if as_of and by_then else ''}"
    if len(counts) == 1:
        everyone = {1: "", 2: "both "}.get(total, "all ")
        return f"{head}: {everyone}{OUTCOME_WORDS[counts[0][1]]}."
    return f"{head}: {', '.join(f'{number:,} {OUTCOME_WORDS[outcome]}' for number, outcome in counts)}."


def waiting_now(number: int) -> str:
    """Say how many sessions wait for somebody right now, whatever day a report is about; nothing for none."""
    if not number:
        return ""
    return f"{counted(number, 'session')} {'is' if number == 1 else 'are'} waiting for someone now."


def pull_requests_moved(opened: int, merged: int) -> str:
    """Say how many pull requests were opened and merged; nothing if there were none."""
    if opened and merged:
        return f"{counted(opened, 'pull request')} opened, {merged:,} merged."
    if opened or merged:
        return f"{counted(opened or merged, 'pull request')} {'opened' if opened else 'merged'}."
    return ""
