"""The answers about what Devin does by the clock: schedules, and automations beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain.launch import REPOS
from bot.domain.zones import zone_named
from bot.features.schedules.cron import next_due, parse_cron
from bot.features.schedules.cron_sentences import cron_in_words
from bot.features.schedules.rules import CRON, NAME, PROMPT, REPEAT, REPEATS, NewSchedule, Repeat
from bot.features.schedules.specs import SCHEDULE_DELETE_CONFIRMED
from bot.views import blocks, questions
from bot.views.answers import failures as failure_sentences
from bot.views.answers.wording import code
from bot.views.given_back import given_back
from bot.views.message import Message
from bot.views.modals.fields import OPTION_FIELDS
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


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a schedule runs: by the cron expression `frequency` in UTC, at each of `every` times, or once, `at`."""

    frequency: str | None = None
    at: float = 0.0
    every: int = 1

    def in_words(self, zone: tzinfo, now: float) -> str:
        """Say when it runs, in `zone` where that can be said."""
        if self.frequency is None:
            return f"once, {when(self.at)}" if self.at else "at an unknown time"
        words = cron_in_words(self.frequency, zone, now)
        return f"{words}, each {_ordinal(self.every)} time" if self.every > 1 else words

    def next_run(self, now: float) -> float | None:
        """When it runs next; None where that cannot be said."""
        if self.frequency is None:
            return self.at if self.at > now else None
        cron = parse_cron(self.frequency)
        return next_due(cron, now) if cron and self.every == 1 else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A schedule as it is shown; `failures` are those in a row, of which the last was at `failed_at` for `reason`."""

    id: str
    name: str
    timetable: Timetable
    enabled: bool = True
    failures: int = 0
    failed_at: float = 0.0
    reason: str = ""

    @property
    def named(self) -> str:
        """Its name in bold, or its id where it has none."""
        return _named(self.name, self.id)

    @property
    def as_record(self) -> Mapping[str, Any]:
        """What the audit says about it."""
        return {"name": self.name, "enabled": self.enabled, "frequency": self.timetable.frequency}


def several(typed: str, names: Sequence[str]) -> Message:
    """Ask which schedule is meant, as what was `typed` is in these `names`."""
    shown = listed([f"“{fitted(name, _NAME_LENGTH)}”" for name in names[:MOST_NAMED]])
    return Message(f"{code(typed)} fits {len(names)} schedules: {shown}. Nothing was changed. {_LIST}")


def listing(
    schedules: Sequence[Shown], automations: Sequence[tuple[str, bool]], zone: tzinfo, now: float, page: str
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


def was_set(schedule: Shown, *, enabled: bool, zone: tzinfo, now: float) -> Message:
    """Confirm that a schedule was paused, or runs again."""
    if not enabled:
        return Message(f"Paused: {schedule.named} doesn't run until `/devin schedule resume`.")
    due = schedule.timetable.next_run(now)
    following = f" The next run is {when(due)}." if due is not None else ""
    return Message(f"Resumed: {schedule.named} runs {schedule.timetable.in_words(zone, now)}.{following}")


def was_added(schedule: Shown, new: NewSchedule, now: float, page: str) -> Message:
    """Confirm that a schedule was added, as the form asked for a `new` one."""
    named, channel = zone_named(new.zone), new.launch.channel
    words = schedule.timetable.in_words(ZoneInfo(named) if named else UTC, now)
    due = schedule.timetable.next_run(now)
    following = f" The first run is {when(due)}." if due is not None and new.repeat is not Repeat.ONCE else ""
    posts = f" Devin's own Slack app posts updates in <#{channel}>." if channel else ""
    return Message(f"The schedule {schedule.named} is added. It runs {words}.{following}{posts} <{page}|Open in Devin>")


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


def is_already(schedule: Shown, *, enabled: bool) -> Message:
    """Report that a schedule runs, or is paused, already."""
    return Message(f"{schedule.named} {'already runs' if enabled else 'is already paused'}. Nothing was changed.")


def ask_to_delete(schedule: Shown, zone: tzinfo, now: float) -> Message:
    """Ask whether a schedule is to be deleted."""
    question = (
        f"Delete {schedule.named}, which runs {schedule.timetable.in_words(zone, now)}? `/devin "
        "schedule pause` pauses it instead."
    )
    buttons = blocks.actions(
        questions.choice("Delete", SCHEDULE_DELETE_CONFIRMED, schedule.id, "danger"),
        questions.no("Keep schedule", QUESTION, schedule.id),
    )
    text = f"Delete {fitted(schedule.name, 80) or schedule.id}?"
    return Message(text, [blocks.section(question), *buttons])


def was_deleted(name: str, schedule_id: str) -> Message:
    """Confirm that a schedule was deleted."""
    return Message(f"Deleted: {_named(name, schedule_id)}.")


def _named(name: str, schedule_id: str) -> str:
    return f"*{fitted(name, 80)}*" if name.strip() else code(schedule_id)


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


def _line(schedule: Shown, zone: tzinfo, now: float) -> str:
    due = schedule.timetable.next_run(now) if schedule.enabled else None
    parts = [
        schedule.named,
        schedule.timetable.in_words(zone, now),
        "" if schedule.enabled else "*paused*",
        f"next {when(due)}" if due is not None else "",
        _failed(schedule),
        code(schedule.id),
    ]
    return " · ".join(part for part in parts if part)


def _failed(schedule: Shown) -> str:
    if not schedule.failures:
        return ""
    last = f", last {when(schedule.failed_at)}" if schedule.failed_at else ""
    reason = f": {fitted(schedule.reason, 150)}" if schedule.reason.strip() else ""
    times = "once" if schedule.failures == 1 else f"{schedule.failures:,} times in a row"
    return f":warning: failed {times}{last}{reason}"


def _automations(automations: Sequence[tuple[str, bool]]) -> str:
    named = [f"{fitted(name, 60)}{'' if on else ' (off)'}" for name, on in automations[:MOST_AUTOMATIONS]]
    more = len(automations) - MOST_AUTOMATIONS
    return ", ".join([*named, *([f"and {more:,} more"] if more > 0 else [])])


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
