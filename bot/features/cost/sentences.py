"""The answer to a person who asks what their own sessions used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.amounts import Money, half_up
from bot.domain.cycle import Cycle
from bot.domain.outcomes import Outcome
from bot.domain.shares import largest
from bot.features.consumption.sentences import counted_through, cycle_name
from bot.views import blocks
from bot.views.doubts import roughly
from bot.views.message import Message
from bot.views.outcomes import OUTCOME_WORDS, sessions_by_outcome
from bot.views.text import duration, linked_title, share_of, tenths_of_acus, total_acus, with_unit

MOST_EXPENSIVE_LISTED: Final = 5
TITLE: Final = "Your sessions in {cycle}"
THIS_CYCLE: Final = "this billing cycle"
NONE_ACTIVE: Final = "None of your sessions was active in {cycle}."
NO_ACUS: Final = "Devin reports no ACUs for them yet; on some plans it never does."
SOURCE: Final = "Counted from Devin's figures, which can be a few minutes old."


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of a person's sessions: what it used in a cycle, what became of it, and its links."""

    title: str
    acus: float
    outcome: Outcome
    thread: str | None = None
    url: str | None = None  # of its page at Devin


@dataclass(frozen=True, slots=True)
class OwnCosts:
    """What a person's sessions used in a `cycle` so far, and what became of them."""

    cycle: Cycle
    today: date  # the running billing day, which is included
    acus: float
    outcomes: Mapping[Outcome, int]
    most_expensive: Sequence[OwnSession] = ()
    worked: float = 0.0  # seconds
    cost: Money | None = None
    about: Sequence[date] = ()  # the days for which that is only about right
    in_others: float = 0.0  # ACUs of it that are of other organisations
    no_acus: bool = False  # Devin reports none for the organisation although sessions were done

    @property
    def is_shown(self) -> bool:
        """Whether the ACUs are shown: none at the begin of a cycle is no sign that Devin reports none."""
        return self.acus > 0 or not self.no_acus


def own_cost(costs: OwnCosts, more: Sequence[str] = (), notes: Sequence[str] = ()) -> Message:
    """Show a person what their sessions used, `more` lines about what they may use, and `notes` at the end.

    Both are `mrkdwn`.
    """
    cycle, through = cycle_name(costs.cycle), counted_through(costs.today)
    title = TITLE.format(cycle=cycle if costs.cycle.assumed else THIS_CYCLE)
    if not costs.outcomes:
        none = NONE_ACTIVE.format(cycle=cycle if costs.cycle.assumed else f"{THIS_CYCLE} ({cycle})")
        return Message(none, [blocks.section("\n".join([none, *more])), *blocks.context([through, *notes])])
    used = _used(costs)
    counts = [sessions_by_outcome(costs.outcomes), *from_others(costs.in_others)]
    return Message(
        f"{title}: {' '.join([*used, *counts])}",
        [
            blocks.header(title),
            blocks.section("\n".join([*_marked(costs, used), *counts, *more])),
            *blocks.sections(_most_expensive(costs)),
            *blocks.context(["\n".join([f"{cycle}. {through}", SOURCE, *notes])]),
        ],
    )


def from_others(acus: float) -> list[str]:
    """Say how many of the ACUs were used in other organisations, if any: no figure of this one has them."""
    return [f"From other organizations: {tenths_of_acus(acus)}."] if acus > 0 else []


def _used(costs: OwnCosts) -> list[str]:
    if costs.is_shown:
        return [f"{_total(costs)}."]
    return [NO_ACUS, *([f"Devin worked for {duration(costs.worked)} on them."] if costs.worked else [])]


def _marked(costs: OwnCosts, used: Sequence[str]) -> list[str]:
    return [f"*{_total(costs)}*"] if costs.is_shown else list(used)


def _total(costs: OwnCosts) -> str:
    return f"{roughly(costs.about)}{total_acus(costs.acus, costs.cost)}"


def _most_expensive(costs: OwnCosts) -> list[str]:
    shown = largest([session.acus for session in costs.most_expensive], costs.acus, half_up(costs.acus, 1))
    rows = [
        f"{rank}. {linked_title(session.title, session.thread, session.url)}: "
        f"{with_unit(share_of(acus))} · {OUTCOME_WORDS[session.outcome]}"
        for rank, (session, acus) in enumerate(zip(costs.most_expensive, shown, strict=True), start=1)
    ]
    return ["*Most ACUs used*", *rows] if rows else []
