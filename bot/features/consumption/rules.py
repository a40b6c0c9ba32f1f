"""What Devin billed, as pure functions: the products of a day, the days to be read, and the days that it corrected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from math import inf
from typing import Final

from bot.domain.amounts import exact, exact_sum, half_up
from bot.domain.billing import (
    BILL_LATEST,
    ONE_DAY,
    TOLERANCE,
    Billed,
    Booked,
    billing_day,
    bounds,
    finished_at,
    is_bill_in,
)
from bot.domain.products import OTHER

HISTORY_DAYS: Final = 90  # that are read back, the running one included
WINDOW_DAYS: Final = 31  # that one call may ask about
LATE_DATA: Final = timedelta(days=3)  # Devin may change a day's bill for so long after its end
CORRECTION: Final = Decimal("0.05")  # ACUs; smaller changes of a day's bill are not worth a line


@dataclass(frozen=True, slots=True)
class Correction:
    """A settled billing day whose bill was `before` ACUs when it was read first, and is `after` ACUs now.

    `before` is None if Devin did not list the day then, so that its bill has only come in now.
    """

    day: date
    before: float | None
    after: float


def by_product(total: float, named: Mapping[str, float]) -> dict[str, Decimal]:
    """Divide the `total` of a day into the products that Devin `named` and, for the rest, `OTHER`.

    The amounts add up to the total to the last digit. So the rest is below zero where those named exceed the total.
    """
    amounts = {product: exact(acus) for product, acus in named.items() if acus}
    rest = exact_sum([exact(total), *(acus.copy_negate() for acus in amounts.values())])
    if rest or not amounts:
        amounts[OTHER] = exact_sum([rest, *([amounts[OTHER]] if OTHER in amounts else [])])
    return amounts


def days_to_read(read_at: Mapping[date, float], now: float, interval: float) -> list[date]:
    """The days of the last `HISTORY_DAYS` that have to be read, newest first; `read_at` says when each was read last.

    A day is read every `interval` seconds until Devin changes it no more, and once after that. One that was not read
    since then, because of an outage or because the bot is new, is missing.
    """
    today = billing_day(now)
    reach = [today - ONE_DAY * back for back in range(HISTORY_DAYS)]
    return [day for day in reach if _has_to_be_read(day, read_at.get(day, -inf), now, interval)]


def _has_to_be_read(day: date, read_at: float, now: float, interval: float) -> bool:
    final = _final_at(day)
    return read_at < final if now >= final else read_at <= now - interval


def is_missing(day: date, read_at: float, now: float) -> bool:
    """Whether `day` was not read from when it settled until Devin changes it no more."""
    return now >= _final_at(day) and read_at < finished_at(day)


def bill_of(day: date, known: Mapping[date, Billed], own: float, now: float) -> float | None:
    """The ACUs of the bill of `day`, one of the `known` days; None while it is not in yet.

    `own` is what our sessions used on it. Devin does not say how late it lists a day, and may never list one on which
    nothing was used. So one that it does not list is not in yet, until either
    1. our sessions used nothing on it, and a later day that has settled is listed, or it was asked about a day after
       its end, when nothing on the bill would be taken for the bill; or
    2. it was asked about when Devin changes it no more, three days after its end.
    From then on it has cost nothing, as nobody is to wait for ever. If it is listed after all, that is a correction.
    """
    figure = known[day]
    if figure.acus is not None:
        return figure.acus if is_bill_in(day, figure.of_devin or 0.0, own, now) else None
    if figure.read_at >= _final_at(day):
        return 0.0
    passed_over = any(later > day and _has_settled(later, known[later]) for later in known)
    is_quiet = passed_over or figure.read_at >= _latest_at(day)
    return 0.0 if is_quiet and own <= 0 else None


def not_in_yet(days: Sequence[date], newest_listed: date | None, now: float) -> tuple[date, ...]:
    """Those of `days` that `bill_of` would wait for, if `newest_listed` is the newest one that Devin lists.

    What our sessions used on them is not asked.
    """
    after = [day for day in days if newest_listed is None or day > newest_listed]
    return tuple(day for day in after if now < _latest_at(day))


def _has_settled(day: date, figure: Billed) -> bool:
    return figure.acus is not None and figure.read_at >= finished_at(day)


def _latest_at(day: date) -> float:
    return bounds(day)[1] + BILL_LATEST.total_seconds()


def _final_at(day: date) -> float:
    return bounds(day)[1] + LATE_DATA.total_seconds()


def window(days: Sequence[date]) -> tuple[date, ...]:
    """The days to ask about in one call, oldest first: the newest of `days`, which come newest first.

    The first of them only makes sure of the second one, whose row may be dated before its start.
    """
    newest = days[0]
    first = min(day for day in days if (newest - day).days < WINDOW_DAYS - 1) - ONE_DAY
    return tuple(first + ONE_DAY * after for after in range((newest - first).days + 1))


def joined(changes: Iterable[Correction]) -> tuple[Correction, ...]:
    """Join `changes`, oldest first, to one correction for each day, newest day first.

    A day whose bill came back to where it was, or nearly so, has none.
    """
    days: dict[date, Correction] = {}
    for change in changes:
        before = days[change.day].before if change.day in days else change.before
        days[change.day] = Correction(change.day, before, change.after)
    return tuple(days[day] for day in sorted(days, reverse=True) if _is_worth_a_line(days[day]))


def _is_worth_a_line(change: Correction) -> bool:
    return abs(exact(change.after) - exact(change.before or 0.0)) >= CORRECTION


# ------------------------------------------------------------ session bill rules
# How what Devin says of a session's days replaces what was booked from polls, as pure functions.
#
# What a session uses is seen, and booked, a moment later or, after an outage, days later: never earlier. So up to the
# end of any day Devin's figures of a session add up to what is booked, or to more. If they do not, they are not in yet.
# What they still lack when they are taken stays where it was booked, so that nothing that was used is ever lost.


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
