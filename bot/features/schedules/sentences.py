"""The answers about what Devin does by the clock, the form of a new schedule, and cron expressions in words.

Cron expressions are written in the time zone of the person who reads them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, tzinfo
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from bot.devin.schedules import Schedule
from bot.domain.clock import clock_time
from bot.domain.commands.timed_tasks import TimedTask, read_timed
from bot.domain.form import Form
from bot.domain.launch import CHANNEL, REPOS, TASK
from bot.domain.zones import zone_named
from bot.features.schedules.cron import DAY, HOUR, WEEK, Cron, dated_times, next_due, parse_cron, weekly_times
from bot.features.schedules.rules import (
    CRON,
    DATE,
    FIELDS,
    NAME,
    NO_LIMIT,
    PROMPT,
    REPEAT,
    REPEATS,
    TIME,
    ZONE,
    NewSchedule,
    Repeat,
)
from bot.features.schedules.specs import SCHEDULE_DELETE_CONFIRMED
from bot.views import blocks, questions
from bot.views.answers import failures as failure_sentences
from bot.views.answers.wording import code
from bot.views.given_back import given_back
from bot.views.message import Message
from bot.views.modals.fields import OPTION_FIELDS
from bot.views.modals.parts import View, channel_field, date_field, form_view
from bot.views.text import counted, escape, fitted, listed, when

QUESTION: Final = "schedule"  # the name of the question whether to delete one
MOST_LISTED: Final = 50
_NAME_LENGTH: Final = 80
MOST_AUTOMATIONS: Final = 20
MOST_NAMED: Final = 5
_LIST: Final = "`/devin schedule list` shows them with their numbers."
UNSEEN: Final = Message(f"Those numbers have expired. Nothing was changed. {_LIST}")
NO_NUMBER_TYPED: Final = Message(f"Which schedule? Add its number or name to the command. {_LIST}")
GONE: Final = Message(f"Devin has no such schedule. Nothing was changed. {_LIST}")
UNKNOWN: Final = Message(f"{failure_sentences.lost_answer('the schedule was changed')} See `/devin schedule list`.")
KEPT: Final = Message("OK, nothing was changed.")
TITLE: Final = "New schedule"
_CHANNEL_HINT: Final = "Devin's own Slack app posts updates there, so invite it. Leave empty for none."
MOST_TIMES: Final = 4  # that are listed; of more the number or the interval is given
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def schedule_form(form: Form, zone: str, now: datetime, task: str = "") -> View:
    """The form, with the `zone` of the person who opens it `now`, and the `task` that they have typed, at its time."""
    timed = read_timed(task) or TimedTask(task)
    repeat = Repeat.ONCE if timed.once else timed.repeat or Repeat.WEEKDAYS
    day = timed.day(now) if timed.once else None
    holds = {TASK: timed.task, REPEAT.name: repeat, TIME.name: timed.at or "9:00 AM", ZONE.name: zone}
    fields = [field.drawn(holds.get(field.name, "")) for field in FIELDS]
    fields.insert(
        FIELDS.index(TIME), date_field(DATE, "Date", day.isoformat() if day else "", hint="Only to run once.")
    )
    channel = channel_field(CHANNEL, "Channel", hint=_CHANNEL_HINT, current=False)
    return form_view(form, TITLE, "Add", [*fields, channel, *blocks.context([NO_LIMIT])])


def several(typed: str, names: Sequence[str]) -> Message:
    """Ask which schedule is meant, as what was `typed` is in these `names`."""
    shown = listed([f"“{fitted(name, _NAME_LENGTH)}”" for name in names[:MOST_NAMED]])
    return Message(f"{code(typed)} fits {len(names)} schedules: {shown}. Nothing was changed. {_LIST}")


def listing(
    schedules: Sequence[Schedule], automations: Sequence[tuple[str, bool]], zone: tzinfo, now: float, page: str
) -> Message:
    """List schedules with their numbers, and the names of `automations`, each with whether it is on."""
    if not schedules and not automations:
        return Message(
            f"Devin has no schedules. Admins can add one with `/devin schedule add` or on <{page}|Devin's page>."
        )
    lines = [f"*{counted(len(schedules), 'schedule')}*"]
    lines += [
        f"{number}. {_line(schedule, zone, now)}" for number, schedule in enumerate(schedules[:MOST_LISTED], start=1)
    ]
    if (more := len(schedules) - MOST_LISTED) > 0:
        lines.append(f"and {more:,} more on <{page}|Devin's page>")
    if automations:
        lines.append(f"*{counted(len(automations), 'automation')}*: {_automations(automations)}")
    if schedules:
        lines.append(
            "Admins can use `/devin schedule pause 1`, `resume 1`, or `delete 1` with a number from this list."
        )
    return Message("\n".join(lines))


def no_number(number: int) -> Message:
    """Report that the list that the person was shown last has no such number."""
    return Message(f"Your last list of schedules has no number {number}. Nothing was changed. {_LIST}")


def was_set(schedule: Schedule, *, enabled: bool, zone: tzinfo, now: float) -> Message:
    """Confirm that a schedule was paused, or runs again."""
    if not enabled:
        return Message(f"Paused: {_named(schedule)} doesn't run until `/devin schedule resume`.")
    due = _next_run(schedule, now)
    following = f" The next run is {when(due)}." if due is not None else ""
    return Message(f"Resumed: {_named(schedule)} runs {_runs(schedule, zone, now)}.{following}")


def was_added(schedule: Schedule, new: NewSchedule, now: float, page: str) -> Message:
    """Confirm that a schedule was added, as the form asked for a `new` one."""
    named, channel = zone_named(new.zone), new.launch.channel
    words = _runs(schedule, ZoneInfo(named) if named else UTC, now)
    due = _next_run(schedule, now)
    following = f" The first run is {when(due)}." if due is not None and new.repeat is not Repeat.ONCE else ""
    posts = f" Devin's own Slack app posts updates in <#{channel}>." if channel else ""
    return Message(
        f"The schedule {_named(schedule)} is added. It runs {words}.{following}{posts} <{page}|Open in Devin>"
    )


def not_added(new: NewSchedule, why: str) -> list[Message]:
    """Say `why` a schedule was not added, and give back what was written."""
    named = fitted(new.name, _NAME_LENGTH)
    head = f":warning: The schedule *{named}* wasn't added. {why}"
    text = f"The schedule {named} wasn't added. The reason and your text are below."
    return given_back(text, head, _written(new))


def unreachable(ref: str, page: str) -> str:
    """Why a schedule was not added, after many tries, and what to do; `page` is where Devin takes it as well."""
    return (
        f"Devin couldn't be reached for too long. Add it again, here or on <{page}|Devin's page>. Error ID {code(ref)}."
    )


def late(name: str) -> Message:
    """Say that a schedule is still to be added."""
    return Message(
        f"Devin can't be reached right now. The schedule *{fitted(name, 80)}* is kept and added "
        "later; no need to resend."
    )


def maybe_added(new: NewSchedule, ref: str) -> list[Message]:
    """Say that nobody knows whether a schedule was added, and give back what was written."""
    named = fitted(new.name, _NAME_LENGTH)
    advice = "`/devin schedule list` shows it if it was."
    head = failure_sentences.outcome_unknown(f"the schedule *{named}* was added", advice, ref).text
    text = f"It's unclear whether the schedule {named} was added. Your text is below."
    return given_back(text, head, _written(new))


def is_already(schedule: Schedule, *, enabled: bool) -> Message:
    """Report that a schedule runs, or is paused, already."""
    return Message(f"{_named(schedule)} {'already runs' if enabled else 'is already paused'}. Nothing was changed.")


def ask_to_delete(schedule: Schedule, zone: tzinfo, now: float) -> Message:
    """Ask whether a schedule is to be deleted."""
    question = (
        f"Delete {_named(schedule)}, which runs {_runs(schedule, zone, now)}? `/devin "
        "schedule pause` pauses it instead."
    )
    buttons = blocks.actions(
        questions.choice("Delete", SCHEDULE_DELETE_CONFIRMED, schedule.scheduled_session_id, "danger"),
        questions.no("Keep schedule", QUESTION, schedule.scheduled_session_id),
    )
    text = f"Delete {fitted(schedule.name, 80) or schedule.scheduled_session_id}?"
    return Message(text, [blocks.section(question), *buttons])


def was_deleted(name: str, schedule_id: str) -> Message:
    """Confirm that a schedule was deleted."""
    return Message(f"Deleted: {_name(name, schedule_id)}.")


def _named(schedule: Schedule) -> str:
    return _name(schedule.name, schedule.scheduled_session_id)


def _name(name: str, schedule_id: str) -> str:
    return f"*{fitted(name, 80)}*" if name.strip() else code(schedule_id)


def _runs(schedule: Schedule, zone: tzinfo, now: float) -> str:
    """Say when it runs, in `zone` where that can be said."""
    if schedule.cron is None:
        return f"once, {when(schedule.scheduled_at)}" if schedule.scheduled_at else "at an unknown time"
    words = cron_in_words(schedule.cron, zone, now)
    return f"{words}, each {_ordinal(schedule.interval_count)} time" if schedule.interval_count > 1 else words


def _next_run(schedule: Schedule, now: float) -> float | None:
    """When it runs next; None where that cannot be said."""
    if schedule.cron is None:
        return schedule.scheduled_at if schedule.scheduled_at > now else None
    cron = parse_cron(schedule.cron)
    return next_due(cron, now) if cron and schedule.interval_count <= 1 else None


def _written(new: NewSchedule) -> dict[str, str]:
    """What was written into the form, by the labels of its fields; the name only where the head has to cut it.

    The time and its zone stand with how often it runs, and the longest one comes last.
    """
    often = f"Once, on {new.date}" if new.repeat is Repeat.ONCE else REPEATS[new.repeat]
    runs = "" if new.repeat is Repeat.CRON else f"{often}, {new.time}, {new.zone}"
    return {
        NAME.label: "" if len(escape(new.name)) <= _NAME_LENGTH else new.name,
        REPEAT.label: runs,
        CRON.label: new.cron,
        OPTION_FIELDS[REPOS].label: ", ".join(new.launch.options.repos),
        PROMPT.label: new.launch.task,
    }


def _line(schedule: Schedule, zone: tzinfo, now: float) -> str:
    due = _next_run(schedule, now) if schedule.enabled else None
    parts = [
        _named(schedule),
        _runs(schedule, zone, now),
        "" if schedule.enabled else "*paused*",
        f"next {when(due)}" if due is not None else "",
        _failed(schedule),
        code(schedule.scheduled_session_id),
    ]
    return " · ".join(part for part in parts if part)


def _failed(schedule: Schedule) -> str:
    if not schedule.consecutive_failures:
        return ""
    last = f", last {when(schedule.last_error_at)}" if schedule.last_error_at else ""
    message = schedule.last_error_message or ""
    reason = f": {fitted(message, 150)}" if message.strip() else ""
    times = "once" if schedule.consecutive_failures == 1 else f"{schedule.consecutive_failures:,} times in a row"
    return f":warning: failed {times}{last}{reason}"


def _automations(automations: Sequence[tuple[str, bool]]) -> str:
    named = [f"{fitted(name, 60)}{'' if on else ' (off)'}" for name, on in automations[:MOST_AUTOMATIONS]]
    more = len(automations) - MOST_AUTOMATIONS
    return ", ".join([*named, *([f"and {more:,} more"] if more > 0 else [])])


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


# ------------------------------------------------------------ cron expressions in words


def cron_in_words(expression: str, zone: tzinfo, now: float) -> str:
    """Write a cron expression, which is in UTC, in words: in `zone`, with the clocks as they are at its next run.

    Dates that have no words in `zone` are written in UTC, and what has no words at all stands there as it is.
    """
    cron = parse_cron(expression)
    if cron is None:
        return f"{code(expression)} (cron, in UTC)"
    due = next_due(cron, now)
    at = now if due is None else due
    if not cron.is_weekly:
        return _dated(cron, dated_times(cron, zone, at), zone)
    times = weekly_times(cron, zone, at)
    groups: dict[tuple[int, ...], list[int]] = {}
    for weekday, minutes in times.items():
        groups.setdefault(minutes, []).append(weekday)
    words = "; ".join(_week(weekdays, minutes) for minutes, weekdays in groups.items())
    return words if _is_even(cron) else f"{words} ({zone})"


def _dated(cron: Cron, local: Cron | None, zone: tzinfo) -> str:
    if local is None:
        return f"{_on_dates(cron)} {_times(cron.minutes)} (UTC; the days differ in {zone})"
    return f"{_on_dates(local)} {_times(local.minutes)} ({zone})"


def _week(weekdays: Sequence[int], minutes: tuple[int, ...]) -> str:
    if len(weekdays) < WEEK:
        return f"{_on_weekdays(weekdays)} {_times(minutes)}"
    return _times(minutes) if _fills_day(minutes) else f"every day {_times(minutes)}"


def _is_even(cron: Cron) -> bool:
    """Whether it is due so evenly that no time of day needs a zone."""
    return cron.weekdays is None and _fills_day(cron.minutes)


def _fills_day(minutes: Sequence[int]) -> bool:
    """Whether `minutes` lie all over the day, each as far from the next one."""
    step = _step(minutes)
    return step is not None and len(minutes) * step == DAY


def _on_dates(cron: Cron) -> str:
    parts = []
    if cron.days is not None:
        parts.append(f"on day {listed([str(day) for day in sorted(cron.days)])} of the month")
    if cron.weekdays is not None:
        parts.append(f"{'and ' if parts else ''}{_on_weekdays(sorted(cron.weekdays))}")
    if not parts:
        parts.append("every day")
    if cron.months is not None:
        parts.append(f"in {listed([_MONTHS[month - 1] for month in sorted(cron.months)])}")
    return " ".join(parts)


def _on_weekdays(weekdays: Sequence[int]) -> str:
    if len(weekdays) == WEEK:
        return "every day"
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{_WEEKDAYS[weekdays[0]]} to {_WEEKDAYS[weekdays[-1]]}"
    return f"on {listed([f'{_WEEKDAYS[weekday]}s' for weekday in weekdays])}"


def _times(minutes: Sequence[int]) -> str:
    if len(minutes) <= MOST_TIMES:
        return f"at {listed([_time(minute) for minute in minutes])}"
    step = _step(minutes)
    if step is None:
        return f"{len(minutes)} times, first at {_time(minutes[0])}"
    if len(minutes) * step < DAY:
        return f"every {_distance(step)} from {_time(minutes[0])} to {_time(minutes[-1])}"
    past = minutes[0] % HOUR
    return f"every {_distance(step)}" + (f" at {past} past" if past and step % HOUR == 0 else "")


def _step(minutes: Sequence[int]) -> int | None:
    """How many minutes lie between each two of `minutes`; None if that differs."""
    steps = {after - before for before, after in pairwise(minutes)}
    return steps.pop() if len(steps) == 1 else None


def _distance(minutes: int) -> str:
    number, unit = (minutes // HOUR, "hour") if minutes % HOUR == 0 else (minutes, "minute")
    return unit if number == 1 else f"{number} {unit}s"


def _time(minute: int) -> str:
    return clock_time(time(minute // HOUR, minute % HOUR))
