"""A schedule that somebody wants to have added: what stands in the fields of its form, and when that is in UTC."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain.zones import zone_named
from bot.features.schedules.cron import DAY, HOUR, WEEK, parse_cron

NAME, PROMPT, REPEAT, TIME, ZONE, CRON = "name", "prompt", "repeat", "time", "zone", "cron"  # the fields of the form
LONGEST: Final[Mapping[str, int]] = {NAME: 100, PROMPT: 20_000, TIME: 5, ZONE: 60, CRON: 100}  # characters
_TIME: Final = re.compile(r"(?P<hour>[01]?[0-9]|2[0-3])[:.](?P<minute>[0-5][0-9])")


class Repeat(StrEnum):
    """How often a schedule runs."""

    WEEKDAYS = "weekdays"
    DAILY = "daily"
    MONDAYS = "0"  # the days of a week, as `date.weekday` counts them
    TUESDAYS = "1"
    WEDNESDAYS = "2"
    THURSDAYS = "3"
    FRIDAYS = "4"
    SATURDAYS = "5"
    SUNDAYS = "6"
    HOURLY = "hourly"
    CRON = "cron"  # by a cron expression

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The days of the week on which it runs."""
        if self.value.isdecimal():
            return (int(self.value),)
        return tuple(range(5)) if self is Repeat.WEEKDAYS else tuple(range(WEEK))


class FieldMistake(StrEnum):
    """What is wrong with a field."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    NO_TIME = "no time"
    NO_ZONE = "no zone"
    NO_CRON = "no cron"


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """The fields of the form, as they were filled in."""

    name: str
    prompt: str
    repeat: Repeat
    time: str = ""
    zone: str = ""
    cron: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The values of the fields of text."""
        return {NAME: self.name, PROMPT: self.prompt, TIME: self.time, ZONE: self.zone, CRON: self.cron}

    def frequency(self, now: float) -> str:
        """The cron expression in UTC, as the clocks of the zone are at `now`. The fields have no mistake."""
        if self.repeat is Repeat.CRON:
            return " ".join(self.cron.split())
        found, zone = _TIME.fullmatch(self.time), zone_named(self.zone)
        assert found is not None
        assert zone is not None
        offset = datetime.fromtimestamp(now, ZoneInfo(zone)).utcoffset()
        shift = int(offset.total_seconds() // 60) if offset else 0
        minutes = int(found["hour"]) * HOUR + int(found["minute"]) - shift
        hour, minute = minutes % DAY // HOUR, minutes % HOUR
        if self.repeat is Repeat.HOURLY:
            return f"{minute} * * * *"
        return f"{minute} {hour} * * {_weekdays(self.repeat, minutes // DAY)}"

    def values(self, now: float) -> dict[str, Any]:
        """The fields of Devin's request."""
        return {"name": self.name, "prompt": self.prompt, "frequency": self.frequency(now)}


def entered(fields: Mapping[str, str]) -> NewSchedule:
    """Read the fields of the form; what nobody can have picked counts as the first choice."""
    picked = fields.get(REPEAT, "")
    repeat = Repeat(picked) if picked in set(Repeat) else Repeat.WEEKDAYS
    text = {name: fields.get(name, "").strip() for name in LONGEST}
    return NewSchedule(repeat=repeat, **text)


def mistakes(new: NewSchedule) -> dict[str, FieldMistake]:
    """Return what is wrong with each field that cannot be taken."""
    values = new.fields
    found = {name: FieldMistake.EMPTY for name in (NAME, PROMPT) if not values[name]}
    found |= {name: FieldMistake.TOO_LONG for name, most in LONGEST.items() if len(values[name]) > most}
    if new.repeat is Repeat.CRON:
        wrong = {CRON: FieldMistake.NO_CRON} if parse_cron(new.cron) is None else {}
    else:
        wrong = {} if _TIME.fullmatch(new.time) else {TIME: FieldMistake.NO_TIME}
        wrong |= {} if zone_named(new.zone) else {ZONE: FieldMistake.NO_ZONE}
    return wrong | found


def _weekdays(repeat: Repeat, later: int) -> str:
    """The weekdays of a cron expression, `later` days after those in the zone."""
    if len(repeat.weekdays) == WEEK:
        return "*"
    # In a cron expression Sunday is 0.
    return ",".join(map(str, sorted((day + later + 1) % WEEK for day in repeat.weekdays)))
