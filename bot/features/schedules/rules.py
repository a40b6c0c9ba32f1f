"""A schedule that somebody wants to have added: the fields of its form, and when that is in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain.clock import read_clock
from bot.domain.commands.options import Request, parse_request
from bot.domain.launch import PLAYBOOK, REPOS, TASK, Launch, mistakes_of, read_launch, with_options
from bot.domain.session import Options
from bot.domain.zones import zone_named
from bot.features.schedules.cron import DAY, HOUR, WEEK, parse_cron
from bot.views.modals.fields import OPTION_FIELDS, TASK_FIELD, Field
from bot.views.modals.launch import sentences_of

NO_TIME: Final = "Write a time, such as 9:00 AM."
NO_DATE: Final = "Pick the date."
OVER: Final = "That time has passed. Pick a later one."
NO_ZONE: Final = "Write the name of a zone, such as Europe/Berlin or UTC."
NO_CRON: Final = "Write five fields such as 0 9 * * 1-5: minute, hour, day, month, weekday."
NOT_BY_CRON: Final = "To use this, pick “At other times, written below” under “Runs”. Or leave it empty."
NO_LIMIT: Final = "Devin can't limit the ACUs of a schedule. A Devin admin can limit all sessions in Devin."
_NOT_HERE: Final = "A schedule can't have {what}. Remove it from the task."
_PICK_PLAYBOOK: Final = "Pick the playbook in its own field, not in the task."


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
    ONCE = "once"  # on a date
    CRON = "cron"  # by a cron expression

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The days of the week on which it runs."""
        if self.value.isdecimal():
            return (int(self.value),)
        return tuple(range(5)) if self is Repeat.WEEKDAYS else tuple(range(WEEK))


REPEATS: Final[Mapping[str, str]] = {
    Repeat.WEEKDAYS: "Monday to Friday",
    Repeat.DAILY: "Every day",
    Repeat.MONDAYS: "On Mondays",
    Repeat.TUESDAYS: "On Tuesdays",
    Repeat.WEDNESDAYS: "On Wednesdays",
    Repeat.THURSDAYS: "On Thursdays",
    Repeat.FRIDAYS: "On Fridays",
    Repeat.SATURDAYS: "On Saturdays",
    Repeat.SUNDAYS: "On Sundays",
    Repeat.HOURLY: "Every hour",
    Repeat.ONCE: "Once, on the date below",
    Repeat.CRON: "At other times, written below",
}
_UTC_HINT: Final = "Devin keeps times in UTC: when your clocks change, a run moves by an hour."
_CRON_HINT: Final = "Minute, hour, day, month, and weekday in UTC (cron), such as 0 9 * * 1-5."
NAME: Final = Field("name", "Name", most=100, empty="Give it a name.")
PROMPT: Final = replace(TASK_FIELD, hint="Each run starts a session with it.", most=20_000)
REPEAT: Final = Field("repeat", "Runs", choices=REPEATS)
DATE: Final = "date"
TIME: Final = Field("time", "Time", hint="To run every hour at 15 past, write 9:15 AM.", most=12)
ZONE: Final = Field("zone", "Time zone", hint=_UTC_HINT, most=60)
CRON: Final = Field("cron", "Other times", hint=_CRON_HINT, most=100)
# Those that it has in common with the form of a start are read as there.
FIELDS: Final = (NAME, PROMPT, OPTION_FIELDS[REPOS], OPTION_FIELDS[PLAYBOOK], REPEAT, TIME, ZONE, CRON)


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """The form as it was filled in: what each run does is the start `launch`, and updates are posted in its channel."""

    name: str
    launch: Launch
    repeat: Repeat
    time: str = ""
    zone: str = ""
    cron: str = ""
    date: str = ""

    @property
    def options(self) -> Options:
        """The options of the task and of the fields."""
        return with_options(parse_request(self.launch.task).options, self.launch.options)

    @property
    def prompt(self) -> str:
        """What Devin is to do; a schedule has no field for repositories."""
        task, repos = parse_request(self.launch.task).prompt, self.options.repos
        what = "Repository" if len(repos) == 1 else "Repositories"
        return f"{task}\n\n{what}: {', '.join(repos)}" if repos else task

    @property
    def once_at(self) -> datetime | None:
        """When it runs that is to run once; None where a field of that has a mistake, or it runs again."""
        at, zone = read_clock(self.time), zone_named(self.zone)
        if self.repeat is not Repeat.ONCE or at is None or zone is None or not self.date:
            return None
        return datetime.combine(date.fromisoformat(self.date), at, ZoneInfo(zone)).astimezone(UTC)

    def timing(self, now: float) -> dict[str, str]:
        """The fields of Devin's request that say when it runs."""
        if (at := self.once_at) is not None:
            return {"schedule_type": "one_time", "scheduled_at": at.isoformat()}
        return {"frequency": self.frequency(now)}

    def frequency(self, now: float) -> str:
        """The cron expression in UTC, as the clocks of the zone are at `now`. The fields have no mistake."""
        if self.repeat is Repeat.CRON:
            return " ".join(self.cron.split())
        at, zone = read_clock(self.time), zone_named(self.zone)
        assert at is not None
        assert zone is not None
        offset = datetime.fromtimestamp(now, ZoneInfo(zone)).utcoffset()
        shift = int(offset.total_seconds() // 60) if offset else 0
        minutes = at.hour * HOUR + at.minute - shift
        hour, minute = minutes % DAY // HOUR, minutes % HOUR
        if self.repeat is Repeat.HOURLY:
            return f"{minute} * * * *"
        return f"{minute} {hour} * * {_weekdays(self.repeat, minutes // DAY)}"

    def values(self, now: float, team: str) -> dict[str, Any]:
        """The fields of Devin's request; updates go to a channel of the workspace `team`, if one is picked."""
        options, channel = self.options, self.launch.channel
        chosen = {
            "playbook_id": options.playbook,
            "tags": list(options.tags),
            "slack_team_id": channel and team,
            "slack_channel_id": channel,
        }
        needed = {"name": self.name, "prompt": self.prompt}
        return needed | self.timing(now) | {name: value for name, value in chosen.items() if value}


def entered(fields: Mapping[str, str]) -> NewSchedule:
    """Read the fields of the form; what nobody can have picked counts as the first choice."""
    picked = fields.get(REPEAT.name, "")
    repeat = Repeat(picked) if picked in set(Repeat) else Repeat.WEEKDAYS
    texts = {field.name: fields.get(field.name, "").strip() for field in (NAME, TIME, ZONE, CRON)}
    return NewSchedule(launch=read_launch(fields), repeat=repeat, **texts, date=fields.get(DATE, ""))


def mistakes(fields: Mapping[str, str], now: float) -> dict[str, str]:
    """Return a sentence for each field that cannot be taken `now`."""
    new = entered(fields)
    if new.repeat is Repeat.CRON:
        found = {} if parse_cron(new.cron) else {CRON.name: NO_CRON}
    else:
        found = {CRON.name: NOT_BY_CRON} if new.cron else {}
        found |= {} if read_clock(new.time) is not None else {TIME.name: NO_TIME}
        found |= {} if zone_named(new.zone) else {ZONE.name: NO_ZONE}
    if new.repeat is Repeat.ONCE and not new.date:
        found[DATE] = NO_DATE
    elif (once := new.once_at) is not None and once.timestamp() <= now:
        found[DATE] = OVER
    if refused := _not_here(parse_request(new.launch.task)):
        found[TASK] = refused
    found |= sentences_of(mistakes_of(fields))
    said = {field.name: field.mistake(fields.get(field.name, "").strip()) for field in FIELDS if field.most}
    return found | {name: sentence for name, sentence in said.items() if sentence}


def _not_here(request: Request) -> str:
    """What is said of options in the task that a schedule cannot have; of a limit also if it may be meant for none.

    Nobody reads the task before each run, so none may be passed on as if Devin obeyed it.
    """
    typed = request.options
    if typed.acu or any(one.nearest == "acu=" for one in request.mistyped):
        return _NOT_HERE.format(what="an ACU limit")
    if typed.mode or typed.title:
        return _NOT_HERE.format(what="a mode" if typed.mode else "a title")
    return _PICK_PLAYBOOK if typed.playbook else ""


def _weekdays(repeat: Repeat, later: int) -> str:
    """The weekdays of a cron expression, `later` days after those in the zone."""
    if len(repeat.weekdays) == WEEK:
        return "*"
    # In a cron expression Sunday is 0.
    return ",".join(map(str, sorted((day + later + 1) % WEEK for day in repeat.weekdays)))
