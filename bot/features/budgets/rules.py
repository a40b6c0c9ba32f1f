"""Budgets: how many ACUs somebody may use in a period, how much of it is used, and which levels were crossed.

A budget is a rule of ours. It keeps sessions from being started and woken, and never stops one that runs.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Final

from bot.domain.amounts import session_limit
from bot.domain.billing import ONE_DAY, billing_day, bounds
from bot.domain.cycle import Cycle, calendar_month

USED_UP: Final = 100  # percent: the level from which on nothing is started or woken
# What nine of ten sessions stay within, in ACUs, until enough of them are over to say.
USUAL: Final = 10
USUAL_WARNINGS: Final = (80,)  # percent
REARMED_BELOW: Final = 5  # points; a level is announced again once the spending has fallen so far below it


class ScopeKind(StrEnum):
    """Whom a budget is for: one subject, or each of a kind. The values are what people type."""

    ORG = "org"
    CHANNEL = "channel"
    PERSON = "person"
    TEAM = "team"
    REPO = "repo"
    EACH_SESSION = "each-session"
    EACH_PERSON = "each-person"
    EACH_CHANNEL = "each-channel"


# Kinds for what a session was started with and by whom: in which team it counts, and its repository.
DIVIDED: Final = frozenset({ScopeKind.TEAM, ScopeKind.REPO})
NAMED: Final = DIVIDED | {ScopeKind.CHANNEL, ScopeKind.PERSON}  # kinds that need their subject


class Span(StrEnum):
    """How long a period of a budget is. The values are what people type."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"  # of the calendar
    CYCLE = "cycle"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a budget is for; `subject` is the id of the channel or person, and empty for a kind without a name.

    A team has its name, and a repository its owner and name in lower case.
    """

    kind: ScopeKind
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value} {self.subject}".strip()


@dataclass(frozen=True, slots=True)
class Period:
    """The billing days in which the spending of a budget is added up."""

    span: Span
    first: date
    last: date

    @property
    def name(self) -> str:
        """What rows call it: another length, or another first day, is another period."""
        return f"{self.span.value}:{self.first.isoformat()}"

    @property
    def resets_at(self) -> int:
        """The instant at which the next period begins, and nothing is spent of it."""
        return bounds(self.last)[1]


@dataclass(frozen=True, slots=True)
class Budget:
    """So many ACUs in each period, for the subjects of `scope`, with a warning at each of the percentages `warn`.

    `number` is what people call it by.
    """

    number: int
    scope: Scope
    acus: Decimal
    span: Span = Span.CYCLE
    warn: tuple[int, ...] = USUAL_WARNINGS

    @property
    def levels(self) -> tuple[int, ...]:
        """The percentages that are announced, lowest first."""
        return tuple(sorted({*self.warn, USED_UP}))


@dataclass(frozen=True, slots=True)
class Standing:
    """How one subject of a budget stands in a period: what it `spent` of the `acus` that it may use, grants included.

    `subject` is the id of a channel or a person, our id of a session, or empty for the organisation. `reserved` is what
    its sessions that go on may still use; it is 0 where nothing is decided by it. Those without a limit are `uncapped`:
    for each the usual use is reserved, which it may pass.
    """

    budget: Budget
    subject: str
    period: Period
    spent: Decimal
    acus: Decimal
    reserved: Decimal = Decimal(0)
    uncapped: tuple[str, ...] = ()  # our ids of sessions

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left, so that nothing is started or woken."""
        return self.spent >= self.acus

    @property
    def free(self) -> Decimal:
        """The ACUs that are neither used nor reserved."""
        return max(self.acus - self.spent - self.reserved, Decimal(0))

    def missing_for(self, needs: Decimal | int) -> int:
        """How many whole ACUs more would make room for what `needs` so many."""
        return max(1, math.ceil(self.spent + self.reserved + needs - self.acus))

    def has_room_for(self, needs: Decimal) -> bool:
        """Whether what may use so many ACUs may begin or go on: it then has them reserved."""
        return self.has_room and self.free >= needs

    @property
    def has_room(self) -> bool:
        """Whether another session may begin, for which Devin takes whole ACUs, or the budget's own may go on."""
        return not self.is_used_up if self.budget.scope.kind is ScopeKind.EACH_SESSION else self.free >= 1

    @property
    def percent(self) -> int:
        """How much of it is used, rounded down, so that 100 means all of it."""
        return int(self.spent * 100 / self.acus)

    def crossed(self) -> tuple[int, ...]:
        """Return the levels that are reached, lowest first."""
        return tuple(level for level in self.budget.levels if self.spent >= self.threshold(level))

    def has_fallen_below(self, level: int) -> bool:
        """Whether so little is used that reaching `level` again is worth an announcement."""
        return self.spent <= self.threshold(level - REARMED_BELOW)

    def threshold(self, level: int) -> Decimal:
        """Return the ACUs at which `level` is reached."""
        return self.acus * level / 100


@dataclass(frozen=True, slots=True)
class Admission:
    """What budgets decide about a start: how many `acus` each session may use, None for any, unless one is `full`."""

    acus: int | None = None
    full: Standing | None = None


def admission(
    holding: Sequence[Standing], ceiling: float | None = None, sessions: int = 1, usual: int = USUAL
) -> Admission:
    """Decide about so many `sessions` that start at once, from how the budgets stand that hold for them.

    Each gets its `ceiling`, or without one the `usual` use. They share the room of each budget that is not for each
    session; one without an ACU for each of them is full.
    """
    shared = [standing for standing in holding if standing.budget.scope.kind is not ScopeKind.EACH_SESSION]
    if full := tightest([standing for standing in shared if standing.free < sessions]):
        return Admission(full=full)
    limit = session_limit([ceiling, *(standing.free for standing in holding if standing not in shared)])
    if limit is None and shared:
        limit = usual
    rooms = [int(standing.free / sessions) for standing in shared]
    return Admission(min(filter(None, (limit, *rooms)), default=None))


def held(limit: int | None, used: int, usual: int, acu: int = 1) -> int:
    """Return what a session that goes on holds beside what it has `used`, in parts of so many to an `acu`.

    That is what is left of its `limit`; without one, of the `usual` use, and at least 1 ACU.
    """
    return max(usual - used, acu) if limit is None else max(limit - used, 0)


def period_of(span: Span, now: float, cycle: Cycle) -> Period:
    """Return the period that the instant `now` is in; `cycle` is the billing cycle of that instant."""
    today = billing_day(now)
    if span is Span.DAY:
        return Period(span, today, today)
    if span is Span.WEEK:
        monday = today - ONE_DAY * today.weekday()
        return Period(span, monday, monday + ONE_DAY * 6)
    if span is Span.MONTH:
        cycle = calendar_month(today)
    return Period(span, cycle.first, cycle.last)


def in_force(budgets: Iterable[Budget], each: ScopeKind, named: ScopeKind, subject: str) -> Budget | None:
    """Return the budget that holds for a subject: its own, or else the one that each of its kind has."""
    known = {budget.scope: budget for budget in budgets}
    return known.get(Scope(named, subject)) or known.get(Scope(each))


def half_more(acus: Decimal) -> Decimal:
    """Return half as many ACUs again, in whole ones: what others can use, too, once it's granted."""
    return (acus * 3 / 2).to_integral_value(ROUND_CEILING)


def tightest(used_up: Sequence[Standing]) -> Standing | None:
    """Return the one of some standings that keeps people waiting longest; None if there are none."""
    return max(used_up, key=lambda standing: standing.period.resets_at, default=None)


def day_spent(billed: float | None, own: float, *, running: bool) -> float:
    """Return what an organisation spent on a day: what Devin billed, or `own`, what our sessions used, without a bill.

    On a running day the bill is late, so that our own count may be ahead of it.
    """
    if billed is None:
        return own
    return max(billed, own) if running else billed
