"""How what Devin says of a session's days replaces what was booked from polls, as pure functions.

What a session uses is seen, and booked, a moment later or, after an outage, days later: never earlier. So up to the end
of any day Devin's figures of a session add up to what is booked, or to more. If they do not, they are not in yet. What
they still lack when they are taken stays where it was booked, so that nothing that was used is ever lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from bot.domain.amounts import exact_sum, half_up
from bot.domain.billing import BILL_LATEST, ONE_DAY, TOLERANCE, Booked, bounds
from bot.features.consumption.rules import LATE_DATA

_DECIMALS: Final = 6
_NOTHING: Final = Decimal(0)
_SHARE: Final = 1 - Decimal(str(TOLERANCE))


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be booked of a session on the days that change, and whether Devin has to be asked `again`."""

    days: Mapping[date, Booked]
    again: bool


def settle(
    booked: Mapping[date, Booked], billed: Mapping[date, Decimal], first: date, last: date, now: float
) -> Settled:
    """Book what Devin has `billed` of a session on the finished days from `first` to `last` as far as it is in.

    What was `booked` later than it was used is taken off there. To book the same answer again changes nothing.
    """
    open_days = _open(booked, billed, first, last)
    days = _reopened(open_days, booked, billed, first, last) or _in(open_days, booked, billed, now)
    new = _new(days, booked, billed)
    later = {day: booked[day] for day in sorted(booked) if booked[day].asked and (not days or day > days[-1])}
    if days:
        new |= _without(later, _sum(one.acus for one in new.values()) - _own(days, booked), days[-1])
    return Settled({**later, **new}, again=not set(days) >= set(open_days))


def unanswered(booked: Mapping[date, Booked], last: date, now: float) -> dict[date, Booked]:
    """Return the days that Devin still has to be asked about, after it did not know the session.

    Once their figures would be final it is not asked any more about those up to `last`, and they stay as they are.
    """
    asked = {day: one for day, one in booked.items() if one.asked}
    return {
        day: replace(one, asked=day > last or now < _end(day, LATE_DATA.total_seconds())) for day, one in asked.items()
    }


def _open(booked: Mapping[date, Booked], billed: Mapping[date, Decimal], first: date, last: date) -> list[date]:
    """The days of which Devin's figure is not booked yet, oldest first; also those that only it or a doubt names."""
    doubtful = {day for until, one in booked.items() if one.since for day in _days(max(one.since, first), until)}
    known = {day for day, one in booked.items() if not one.asked}
    return sorted(day for day in {*booked, *billed, *doubtful} - known if first <= day <= last)


def _reopened(
    open_days: Sequence[date], booked: Mapping[date, Booked], billed: Mapping[date, Decimal], first: date, last: date
) -> Sequence[date]:
    """All days, if Devin's figures of an earlier one have changed, and those of all agree.

    It has grown if those of the open ones do not agree. It has shrunk if more is booked of it: what Devin lowered was
    taken off the newest days.
    """
    days = sorted(day for day in {*booked, *billed} if first <= day <= last)
    if not open_days or not days or days[-1] not in billed:
        return ()
    if _agrees(open_days, booked, billed):
        has_shrunk = any(_own([day], booked) > billed.get(day, _NOTHING) for day in days if day not in open_days)
        return days if has_shrunk and _own(days, booked) <= exact_sum(billed.get(day, _NOTHING) for day in days) else ()
    return days if _agrees(days, booked, billed) else ()


def _new(days: Sequence[date], booked: Mapping[date, Booked], billed: Mapping[date, Decimal]) -> dict[date, Booked]:
    """What is to be booked on `days`: what Devin says, and what that lacks of polls.

    What is lacking stays on the days that Devin does not list, and the rest of it on the last day of polls.
    """
    new = {day: Booked(_acus(billed.get(day)), asked=False) for day in days if day in booked or billed.get(day)}
    lacking = _own(days, booked) - _sum(of.acus for of in new.values())
    if lacking > 0:
        last = max(day for day in days if day in booked)
        for day in [*_unlisted(days, booked, billed), last]:
            more = lacking if day == last else min(lacking, half_up(booked[day].acus, _DECIMALS))
            new[day] = Booked(float(half_up(new[day].acus, _DECIMALS) + more), asked=False)
            lacking -= more
    return new


def _unlisted(days: Sequence[date], booked: Mapping[date, Booked], billed: Mapping[date, Decimal]) -> list[date]:
    """Those of `days` on which polls found something and that Devin does not list, though it lists the last one."""
    if not days or days[-1] not in billed:
        return []
    return [day for day in days if day not in billed and day in booked and booked[day].acus]


def _in(
    days: Sequence[date], booked: Mapping[date, Booked], billed: Mapping[date, Decimal], now: float
) -> Sequence[date]:
    """Those of `days`, from the oldest on, of which Devin's figures are in."""
    counts = range(len(days), 0, -1)
    return next((days[:count] for count in counts if _is_in(days[:count], booked, billed, now)), ())


def _is_in(days: Sequence[date], booked: Mapping[date, Booked], billed: Mapping[date, Decimal], now: float) -> bool:
    """Whether Devin's figures of all `days` can be the last word; one that it does not list is not one without use."""
    is_listed, agrees = days[-1] in billed, _agrees(days, booked, billed)
    if is_listed and agrees:
        return True
    late = not (is_listed or agrees) or (not agrees and _unlisted(days, booked, billed))
    wait = LATE_DATA if late else BILL_LATEST
    return now >= _end(days[-1], wait.total_seconds())


def _agrees(days: Sequence[date], booked: Mapping[date, Booked], billed: Mapping[date, Decimal]) -> bool:
    # What a day lacks that is not listed yet may be less than a tenth of them all.
    share = 1 if _unlisted(days, booked, billed) else _SHARE
    return exact_sum(billed.get(day, _NOTHING) for day in days) >= _own(days, booked) * share


def _without(later: Mapping[date, Booked], excess: Decimal, last: date) -> dict[date, Booked]:
    """Take the `excess` of what Devin says up to the day `last` off the days after it, the oldest first."""
    left, found = max(excess, _NOTHING), dict[date, Booked]()
    for day, one in later.items():
        taken = min(left, half_up(one.acus, _DECIMALS))
        left -= taken
        since = max(one.since, last + ONE_DAY) if one.since else None
        found[day] = Booked(float(half_up(one.acus, _DECIMALS) - taken), since if since and since < day else None)
    return found


def _own(days: Iterable[date], booked: Mapping[date, Booked]) -> Decimal:
    return _sum(booked[day].acus for day in days if day in booked)


def _sum(amounts: Iterable[float]) -> Decimal:
    return exact_sum(half_up(acus, _DECIMALS) for acus in amounts)


def _acus(billed: Decimal | None) -> float:
    return float(half_up(billed or _NOTHING, _DECIMALS))


def _days(first: date, end: date) -> list[date]:
    return [first + ONE_DAY * after for after in range((end - first).days)]


def _end(day: date, wait: float) -> float:
    return bounds(day)[1] + wait
