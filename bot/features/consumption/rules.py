"""What Devin billed, as pure functions: the products of a day, the days to be read, and the days that it corrected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import inf
from typing import Final

from bot.domain.amounts import exact, exact_sum
from bot.domain.billing import BILL_LATEST, ONE_DAY, Billed, billing_day, bounds, finished_at, is_bill_in
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
