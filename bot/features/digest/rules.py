"""When digests are posted: the billing day that names each, and the instant at which it comes.

A digest is named by the last billing day that it is about, and not by a date of its zone. Billing days do not follow
the clocks of any zone, so each of them is in one daily digest, and each week in one weekly digest.

A daily digest comes as soon as it is the time of day and its day is finished. Where a change of the clocks moves that
time across the hour at which days finish, no digest comes on the date of one change, and two on that of the other.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from bot.domain.billing import ONE_DAY, billing_day, finished_at, newest_finished
from bot.domain.commands.picked import picked_channel
from bot.domain.cycle import Cycle
from bot.domain.questions import CSV_WORD
from bot.domain.zones import is_offset, nearest_zones, zone_named

LATEST: Final = timedelta(hours=6)  # a digest that is later than this is not posted
WARNED_BEFORE: Final = 3 * ONE_DAY  # the end of a cycle
_SATURDAY: Final = 5  # a week's last day, as it is the newest that is finished when Monday begins, in every zone
_MONDAY_AFTER: Final = 2 * ONE_DAY


class Edition(StrEnum):
    """What a channel subscribes to."""

    DAILY = "daily"
    WEEKLY = "weekly"
    CYCLE = "cycle"


class Share(StrEnum):
    """Whose sessions a digest counts: all of the organisation, or those of its channel."""

    ALL = "all"
    HERE = "here"


class Occasion(StrEnum):
    """What one post of an edition is about. Those of the cycle are its end and the warning before it."""

    DAILY = "daily"
    WEEKLY = "weekly"
    CYCLE = "cycle"
    WARNING = "warning"


OCCASIONS: Final[Mapping[Edition, tuple[Occasion, ...]]] = {
    Edition.DAILY: (Occasion.DAILY,),
    Edition.WEEKLY: (Occasion.WEEKLY,),
    Edition.CYCLE: (Occasion.CYCLE, Occasion.WARNING),
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """The time of day at which digests are posted, and the zone of that time."""

    at: time
    zone: tzinfo

    def instant(self, day: date) -> float:
        """Return when it is the time of day on a local date, in Unix seconds."""
        # fold=0: a time that occurs twice means its first occurrence; one that is left out means the instant at which
        # it would have been without the change of the clock.
        return datetime.combine(day, self.at.replace(fold=0), self.zone).timestamp()

    def first_from(self, now: float) -> float:
        """Return the first instant from `now` on at which it is the time of day."""
        today = datetime.fromtimestamp(now, self.zone).date()
        # From yesterday, whose time may be left out and so come after midnight. Two days ahead at least, because a
        # zone can leave a whole date out when it crosses the date line.
        around = (self.instant(today + ONE_DAY * ahead) for ahead in range(-1, 4))
        return min(instant for instant in around if instant >= now)


@dataclass(frozen=True, slots=True, order=True)
class PlannedDigest:
    """A digest that is posted at the instant `at`, named by the last billing day that it is about.

    The warning before the end of a cycle is named by the last day of that cycle.
    """

    at: float
    day: date

    def late(self, now: float) -> float:
        """Return how many seconds ago its time came."""
        return now - self.at

    def is_too_late(self, now: float) -> bool:
        """Whether it is not posted any more."""
        return self.late(now) > LATEST.total_seconds()


def planned_near(
    occasion: Occasion, now: float, schedule: Schedule, cycles: Collection[Cycle] = ()
) -> list[PlannedDigest]:
    """Return the digests of an occasion about now, some before and some after it; `cycles` are those about now."""
    return sorted(
        PlannedDigest(_instant(occasion, day, schedule), day) for day in _days(occasion, now, schedule, cycles)
    )


def come_by(now: float, planned: Iterable[PlannedDigest]) -> list[PlannedDigest]:
    """Return those of the `planned` whose time has come and that can still be posted, else the newest that cannot."""
    come = sorted(digest for digest in planned if digest.at <= now)
    return [digest for digest in come if not digest.is_too_late(now)] or come[-1:]


def newest_day(occasion: Occasion, now: float) -> date:
    """Return the newest billing day that can name a digest which is made at the instant `now`."""
    newest = newest_finished(now)
    return newest if occasion is not Occasion.WEEKLY else newest - ONE_DAY * ((newest.weekday() - _SATURDAY) % 7)


def days_between(occasion: Occasion, after: date, before: date) -> list[date]:
    """Return the days after one and before another that name digests; none for cycles, which may have moved."""
    if occasion not in {Occasion.DAILY, Occasion.WEEKLY}:
        return []
    return _named_of(occasion, after + ONE_DAY, (before - after).days - 1)


def _days(occasion: Occasion, now: float, schedule: Schedule, cycles: Iterable[Cycle]) -> list[date]:
    if occasion is Occasion.CYCLE:
        return [cycle.last for cycle in cycles]
    if occasion is Occasion.WARNING:
        # Of a cycle that is so short that none of its days is finished then, nothing can be said.
        instants = {cycle: _instant(occasion, cycle.last, schedule) for cycle in cycles}
        return [cycle.last for cycle, at in instants.items() if newest_finished(at) >= cycle.first]
    around = 5 if occasion is Occasion.DAILY else 12  # far enough for the newest that has come, and the next one
    return _named_of(occasion, billing_day(now) - around * ONE_DAY, 2 * around)


def _named_of(occasion: Occasion, first: date, number: int) -> list[date]:
    """Those of the `number` days from `first` on that name a daily or a weekly digest."""
    days = (first + ONE_DAY * ahead for ahead in range(number))
    return [day for day in days if occasion is Occasion.DAILY or day.weekday() == _SATURDAY]


def _instant(occasion: Occasion, day: date, schedule: Schedule) -> float:
    """When the digest that a day names is posted."""
    if occasion is Occasion.WEEKLY:
        return schedule.instant(day + _MONDAY_AFTER)
    if occasion is Occasion.WARNING:
        return schedule.instant(day + ONE_DAY - WARNED_BEFORE)
    return schedule.first_from(finished_at(day))


# ------------------------------------------------------------ subscription
# A subscription: which digest a channel gets, when, and whose sessions it counts.


FROM_SETTINGS: Final = "settings"  # who added the daily digest that BOT_ADMIN_CHANNEL asks for


@dataclass(frozen=True, slots=True)
class Subscription:
    """One edition of the digest in one channel, which has a CSV file in its thread if it is `with_file`.

    `added_by` is a user's id, empty where that was erased.
    """

    channel: str
    edition: Edition
    schedule: Schedule
    share: Share = Share.ALL
    added_by: str = ""
    added_at: float = 0.0
    with_file: bool = False

    @property
    def id(self) -> str:
        """What tells it from the others of its workspace."""
        return f"{self.channel}:{self.edition}"

    @property
    def is_from_settings(self) -> bool:
        """Whether it stands in the settings, so that no command changes it."""
        return self.added_by == FROM_SETTINGS

    @property
    def as_record(self) -> dict[str, str]:
        """What an audit row says of it."""
        file = {"file": CSV_WORD} if self.with_file else {}
        return file | {
            "edition": self.edition.value,
            "channel": self.channel,
            "time": f"{self.schedule.at:%H:%M}",
            "zone": str(self.schedule.zone),
            "share": self.share.value,
        }


def from_settings(channel: str, schedule: Schedule) -> Subscription:
    """Return the daily digest that the settings ask for."""
    return replace(Subscription(channel, Edition.DAILY, schedule), added_by=FROM_SETTINGS)


class MissedBecause(StrEnum):
    """Why a digest was not posted."""

    AWAY = "away"  # nothing of the bot ran from its time until it was too late
    LATE = "late"  # Slack did not take it in time
    UNKNOWN = "unknown"  # nobody knows whether Slack took it
    SHARED = "shared"  # another company shares the channel
    ARCHIVED = "archived"
    NOT_IN_CHANNEL = "not in channel"
    RESTRICTED = "restricted"  # only some may post in the channel
    REFUSED = "refused"  # by Slack, for another reason
    QUIET = "quiet"  # there was nothing to say


# Here the next digest will not be posted either, unless somebody acts.
LASTING: Final = frozenset(MissedBecause) - {
    *(MissedBecause.AWAY, MissedBecause.LATE, MissedBecause.UNKNOWN, MissedBecause.QUIET)
}


@dataclass(frozen=True, slots=True)
class Missed:
    """The digest that a billing day names, which was not posted."""

    day: date
    because: MissedBecause


# ------------------------------------------------------------ words
# The words behind `digest`: what is wanted, or what of it cannot be read.
#
# The words behind `add` come in any order. A text is a command when it has at most one word that is none of them: that
# one was meant for a time zone. Whoever types more has a task for Devin.


_CHANNEL_ID: Final = re.compile(r"#(?P<id>[CGD][A-Z0-9]{2,})")
_TIME: Final = re.compile(
    r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)|(?P<of_half>1[0-2]|0?[1-9])(?::(?P<past>[0-5]\d))?(?P<half>am|pm)"
)
_JOINING: Final = frozenset({"at", "in", "to", "for", "on", "every", "each"})  # say nothing of their own
_EDITIONS: Final = {
    **{edition.value: edition for edition in Edition},
    "day": Edition.DAILY,
    **dict.fromkeys(("week", "monday", "mondays"), Edition.WEEKLY),
}
_ADDING: Final = frozenset({"change", "set"})  # a new digest of a kind replaces the one in its channel
_NUMBER: Final = re.compile(r"#?(?P<number>\d{1,3})")


class DigestAction(StrEnum):
    """What somebody wants to do about digests."""

    SHOW_FORMS = ""
    LIST = "list"
    ADD = "add"
    REMOVE = "remove"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class DigestRequest:
    """What is wanted. Of a subscription to add, what is None was left out."""

    action: DigestAction
    number: int = 0
    edition: Edition = Edition.DAILY
    channel: str | None = None
    at: time | None = None
    zone: str | None = None
    share: Share = Share.ALL
    with_file: bool = False


class MistakeKind(StrEnum):
    """What is wrong with a word behind `digest`."""

    TWICE = "twice"
    CHANNEL = "channel"
    TIME = "time"
    OFFSET = "offset"
    ZONE = "zone"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class DigestMistake:
    """A word that cannot be used, as it was `typed`, and what may have been meant."""

    kind: MistakeKind
    typed: str = ""
    near: tuple[str, ...] = field(default=())


def read_digest(typed: str) -> str | None:
    """Return the words behind `digest` with one space between them, or None if they are no form of the command."""
    words = typed.split()
    if words and picked_channel(words[0]):  # `digest #web` means to add one there
        words = [DigestAction.ADD, *words]
    action, rest = (words[0].lower(), words[1:]) if words else ("", [])
    action = DigestAction.ADD if action in _ADDING and any(map(picked_channel, rest)) else action
    fits = {
        DigestAction.SHOW_FORMS: not rest,
        DigestAction.LIST: not rest,
        DigestAction.NOW: not rest,
        DigestAction.REMOVE: len(rest) <= 1,
        # No task names a channel here. What is wrong behind one is answered.
        DigestAction.ADD: any(map(picked_channel, rest)) or sum(not _is_known(word) for word in rest) <= 1,
    }
    return " ".join([action, *rest]).strip() if action in fits and fits[DigestAction(action)] else None


def parse_digest(argument: str) -> DigestRequest | DigestMistake:
    """Read what `read_digest` returned."""
    action, _, rest = argument.partition(" ")
    request = DigestRequest(DigestAction(action))
    if request.action is DigestAction.REMOVE:
        number = _NUMBER.fullmatch(rest)
        return replace(request, number=int(number["number"])) if number else DigestMistake(MistakeKind.NUMBER, rest)
    return _subscription(request, rest.split())


def _subscription(request: DigestRequest, words: Sequence[str]) -> DigestRequest | DigestMistake:
    given: dict[str, str] = {}
    for name, word in _sorted_out(words):
        value = _value(name, word)
        if isinstance(value, DigestMistake):
            return value
        same = name == "edition" and value == request.edition  # as in `weekly on mondays`
        if name in given and not same:
            return DigestMistake(MistakeKind.TWICE, f"{given[name]} {word}")
        given[name] = word
        request = replace(request, **{name: value})  # type: ignore[arg-type]  # names are DigestRequest's own
    return request


def _sorted_out(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each word with the name of the field that it is meant for."""
    for word in words:
        lowered = word.lower()
        if lowered in _JOINING:
            continue
        if lowered in _EDITIONS:
            yield "edition", word
        elif lowered in set(Share):
            yield "share", word
        elif lowered == CSV_WORD:
            yield "with_file", word
        elif word.startswith("#"):
            yield "channel", word
        elif word[0].isdecimal():
            yield "at", word
        else:
            yield "zone", word


def _value(name: str, word: str) -> Edition | Share | str | time | bool | DigestMistake:
    if name == "with_file":
        return True
    if name == "edition":
        return _EDITIONS[word.lower()]
    if name == "share":
        return Share(word.lower())
    if name == "channel":
        named = _CHANNEL_ID.fullmatch(word)
        return named["id"] if named else DigestMistake(MistakeKind.CHANNEL, word)
    if name == "at":
        return _time_of_day(word) or DigestMistake(MistakeKind.TIME, word)
    if is_offset(word):
        return DigestMistake(MistakeKind.OFFSET, word)
    return zone_named(word) or DigestMistake(MistakeKind.ZONE, word, nearest_zones(word))


def _time_of_day(word: str) -> time | None:
    clock = _TIME.fullmatch(word.lower())
    if clock is None:
        return None
    if clock["half"] is None:
        return time(int(clock["hour"]), int(clock["minute"]))
    return time(int(clock["of_half"]) % 12 + (12 if clock["half"] == "pm" else 0), int(clock["past"] or 0))


def _is_known(word: str) -> bool:
    """Whether a word can only be meant for a subscription."""
    meant_for = next((name for name, _ in _sorted_out([word])), "")
    return meant_for != "zone" or "/" in word or is_offset(word) or zone_named(word) is not None
