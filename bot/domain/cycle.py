"""Billing cycles: from which billing day to which one Devin adds up what an organisation uses, and how much it may use.

Where Devin does not say when a cycle begins and ends, the month of the calendar counts as one.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.domain.billing import ONE_DAY, day_of_row


@dataclass(frozen=True, slots=True)
class Cycle:
    """A billing cycle, by its first and its last billing day; `assumed` is a month of which Devin has not said so."""

    first: date
    last: date
    assumed: bool = field(default=False, compare=False)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def is_month(self) -> bool:
        """Whether it is a month of the calendar."""
        return self == calendar_month(self.first)

    def days_after(self, day: date) -> tuple[date, ...]:
        """Return its days that come after `day`, oldest first."""
        start = max(self.first, day + ONE_DAY)
        return tuple(start + ONE_DAY * ahead for ahead in range((self.last - start).days + 1))


class LimitSource(StrEnum):
    """Who sets a limit of a cycle. All but the last one are about Devin itself, the cloud agent."""

    ORGANISATION = "organisation"  # `max_cycle_acu_limit` of the organisation at Devin
    ACU_LIMITS = "acu limits"  # its entry in Devin's list of ACU limits
    CLOUD_AGENT = "cloud agent"  # its limits by kind of agent
    SETTING = "setting"  # BOT_CYCLE_ACUS
    LOCAL_AGENTS = "local agents"  # its limits by kind of agent, too


@dataclass(frozen=True, slots=True)
class CycleLimit:
    """How many ACUs an organisation may use in a cycle, and who says so."""

    acus: float
    source: LimitSource


@dataclass(frozen=True, slots=True)
class CycleLimits:
    """What an organisation may use in a cycle of Devin itself, and what of the local agents; None without a limit."""

    devin: CycleLimit | None = None
    local_agents: CycleLimit | None = None


def calendar_month(day: date) -> Cycle:
    """Return the month of the calendar that `day` is in, which is a cycle only as long as Devin names none."""
    return Cycle(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]), assumed=True)


def month_before(month: Cycle) -> Cycle:
    """Return the month of the calendar before a `month`."""
    return calendar_month(month.first - ONE_DAY)


def cycle_between(after: int, before: int) -> Cycle | None:
    """Return the cycle from the instant `after` to the instant `before`, as Devin gives them; None if it has no day."""
    cycle = Cycle(_first_day(after), _first_day(before) - ONE_DAY)
    return cycle if cycle.first <= cycle.last else None


def cycle_with(day: date, known: Iterable[Cycle]) -> Cycle:
    """Return the newest of the `known` cycles that contains `day`, or the month of the calendar if none does."""
    found = [cycle for cycle in known if day in cycle]
    return max(found, key=lambda cycle: cycle.first, default=calendar_month(day))


def limits_among(known: Iterable[CycleLimit], setting: float | None) -> CycleLimits:
    """Return the limits that hold. Devin's is the smallest that it knows, or the one of the `setting` without any."""
    by_source = {limit.source: limit for limit in known}
    local_agents = by_source.pop(LimitSource.LOCAL_AGENTS, None)
    otherwise = None if setting is None else CycleLimit(setting, LimitSource.SETTING)
    return CycleLimits(min(by_source.values(), key=lambda limit: limit.acus, default=otherwise), local_agents)


def _first_day(instant: int) -> date:
    # The last second of an hour is the end of one cycle, and what is meant is the second after it.
    return day_of_row(instant + 1 if instant % 3600 == 3599 else instant)
