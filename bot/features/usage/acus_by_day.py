"""What was spent, by billing day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import takewhile

from bot.domain.amounts import exact
from bot.domain.billing import Withheld, days_before
from bot.domain.periods import in_doubt
from bot.domain.products import DEVIN, OTHER, Products, by_limit
from bot.features.usage import usual


@dataclass(frozen=True, slots=True)
class AcusByDay:
    """ACUs by billing day: as Devin `billed` them to the organisation, and by the `own` count of our sessions.

    A day whose bill is not in yet is in `late` and not in `billed`. Where Devin's bill is `withheld`, no day is billed.
    A billed day is divided into `products` where Devin did that.
    """

    billed: Mapping[date, float] = field(default_factory=dict)
    own: Mapping[date, float] = field(default_factory=dict)
    late: frozenset[date] = frozenset()
    withheld: Withheld | None = None
    asked: bool = True  # whether Devin was ever asked for a bill
    read_at: Mapping[date, float] = field(default_factory=dict)  # when the bill of a day was read
    products: Mapping[date, Products] = field(default_factory=dict)
    doubts: tuple[tuple[date, date], ...] = ()  # spans of days between which some of `own` divides nobody knows how

    def by_limit(self) -> dict[str, "AcusByDay"]:
        """Return what each part of the bill used that Devin limits by itself, Devin's own among them.

        Our own sessions are Devin's.
        """
        parts = {day: by_limit(self.products.get(day, {OTHER: exact(acus)})) for day, acus in self.billed.items()}
        names = {DEVIN, *(name for products in parts.values() for name in products)}
        return {name: self._part(name, parts) for name in names}

    def of_devin(self) -> "AcusByDay":
        """Return what Devin itself used, the cloud agent."""
        return self.by_limit()[DEVIN]

    def _part(self, name: str, parts: Mapping[date, Products]) -> "AcusByDay":
        billed = {day: float(products.get(name, 0)) for day, products in parts.items()}
        return replace(self, billed=billed, own=self.own if name == DEVIN else {}, products={})

    def total(self, days: Sequence[date]) -> float | None:
        """Return what Devin billed for the days, or None if one of them is not known."""
        known = [self.billed[day] for day in days if day in self.billed]
        return sum(known) if len(known) == len(days) else None

    def through_slack(self, days: Sequence[date]) -> float:
        """Return what our own sessions used on the days."""
        return sum(self.own.get(day, 0.0) for day in days)

    def about(self, days: Sequence[date]) -> tuple[date, ...]:
        """Return those of the days for which `through_slack` of all of them is only about right."""
        return in_doubt(self.doubts, days)

    def about_each(self, days: Sequence[date]) -> tuple[date, ...]:
        """Return those of the days for which `through_slack` of the day by itself is only about right."""
        return tuple(day for day in days if self.about((day,)))

    def best(self, days: Sequence[date]) -> float | None:
        """Return what Devin billed for the days or, where it withholds that, what our own sessions used on them.

        None if that is not known, or if there are no days.
        """
        if not days:
            return None
        return self.through_slack(days) if self.withheld else self.total(days)

    def shown(self, days: Sequence[date]) -> dict[date, float]:
        """Return what figures of the days show of each: what Devin billed if all of it is known, else our own count."""
        source = self.own if self.total(days) is None else self.billed
        return {day: source.get(day, 0.0) for day in days}

    def best_known(self, days: Sequence[date]) -> dict[date, float]:
        """Return what `best` says of each of the days of which it is known."""
        known = {day: self.best((day,)) for day in days}
        return {day: acus for day, acus in known.items() if acus is not None}

    def usual(self, day: date) -> float | None:
        """Return what a day like `day` usually takes, or None if too little is known to say."""
        return usual.usual(self.best_known(days_before(day, usual.HISTORY_DAYS)), day)

    def anomaly_limit(self, day: date) -> float | None:
        """Return the limit in ACUs that `day` exceeds; None if it is no anomaly, or too little is known to say."""
        limit, acus = usual.anomaly_limit(self.best_known(days_before(day, usual.HISTORY_DAYS)), day), self.best((day,))
        return limit if limit is not None and acus is not None and acus > limit else None

    def up_to_known(self, days: Sequence[date]) -> tuple[date, ...]:
        """Return those of the days, oldest first, that are before the first one of which `best` is not known."""
        return tuple(takewhile(lambda day: self.withheld is not None or day in self.billed, days))

    def first_late(self, days: Sequence[date]) -> date | None:
        """Return the first of the days whose bill is not in yet, or None if one of them could not even be read."""
        unread = any(day not in self.billed and day not in self.late for day in days)
        return None if unread else next((day for day in days if day in self.late), None)
