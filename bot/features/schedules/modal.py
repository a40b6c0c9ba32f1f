"""The form of a new schedule."""

from collections.abc import Mapping
from typing import Final

from bot.domain.commands.timed_tasks import TimedTask, read_timed
from bot.domain.form import Form
from bot.features.schedules.rules import (
    CRON,
    LONGEST,
    NAME,
    PROMPT,
    REPEAT,
    TIME,
    ZONE,
    FieldMistake,
    NewSchedule,
    Repeat,
)
from bot.views.message import Block
from bot.views.modals.parts import View, choice_field, form_view, text_field

TITLE: Final = "New schedule"
_LABELS: Final[Mapping[str, str]] = {
    NAME: "Name",
    PROMPT: "Task",
    REPEAT: "Runs",
    TIME: "Time",
    ZONE: "Time zone",
    CRON: "Cron expression",
}
_REPEATS: Final[Mapping[str, str]] = {
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
    Repeat.CRON: "By the cron expression below",
}
_EMPTY: Final[Mapping[str, str]] = {NAME: "Give it a name.", PROMPT: "Write what Devin should do."}


def schedule_form(form: Form, zone: str, task: str = "") -> View:
    """The form, with the `zone` of the person who opens it, and the `task` that they have typed, at its time."""
    timed = read_timed(task) or TimedTask(task)
    repeat = timed.repeat or Repeat.WEEKDAYS
    hint = "Devin keeps times in UTC: when your clocks change, a run moves by an hour."
    fields = [
        _field(NAME),
        text_field(PROMPT, _LABELS[PROMPT], timed.task, hint="Each run starts a session with it.", multiline=True),
        choice_field(REPEAT, _LABELS[REPEAT], {str(key): words for key, words in _REPEATS.items()}, repeat),
        _field(TIME, timed.at or "09:00", optional=True, hint="For every hour, only the minutes count."),
        _field(ZONE, zone, optional=True, hint=hint),
        _field(CRON, optional=True, hint="Five fields in UTC."),
    ]
    return form_view(form, TITLE, "Add", fields)


def written(new: NewSchedule) -> dict[str, str]:
    """What was written into the form, by the labels of its fields, but for the name; the longest one last.

    The time and its zone stand with how often it runs.
    """
    runs = "" if new.repeat is Repeat.CRON else f"{_REPEATS[new.repeat]}, {new.time}, {new.zone}"
    return {_LABELS[REPEAT]: runs, _LABELS[CRON]: new.cron, _LABELS[PROMPT]: new.prompt}


def sentence(name: str, mistake: FieldMistake, length: int) -> str:
    """The sentence under the field called `name`, which holds so many characters, for what is wrong with it."""
    if mistake is FieldMistake.EMPTY:
        return _EMPTY[name]
    return {
        FieldMistake.TOO_LONG: f"This has {length:,} characters, and the limit is {LONGEST[name]:,}. Make it shorter.",
        FieldMistake.NO_TIME: "Write a time as HH:MM, such as 09:00.",
        FieldMistake.NO_ZONE: "Write the name of a zone, such as Europe/Berlin or UTC.",
        FieldMistake.NO_CRON: "Write five fields such as 0 9 * * 1-5: minute, hour, day, month, weekday.",
    }[mistake]


def _field(name: str, value: str = "", *, hint: str = "", optional: bool = False) -> Block:
    return text_field(name, _LABELS[name], value, hint=hint, most=LONGEST[name], optional=optional)
