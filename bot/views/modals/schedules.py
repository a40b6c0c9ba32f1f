"""The form of a new schedule."""

from collections.abc import Mapping
from typing import Final

from bot.domain.form import Form
from bot.domain.new_schedule import CRON, LONGEST, NAME, PROMPT, REPEAT, TIME, ZONE, FieldMistake, Repeat
from bot.views.modals.parts import View, choice_field, form_view, text_field

TITLE: Final = "New schedule"
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
_EMPTY: Final[Mapping[str, str]] = {NAME: "Give it a name.", PROMPT: "Write down what Devin should do."}


def schedule_form(form: Form, zone: str) -> View:
    """The form, with the `zone` of the person who opens it."""
    hint = "Devin keeps times in UTC: when your clocks change, a run moves by an hour."
    fields = [
        text_field(NAME, "Name", most=LONGEST[NAME]),
        text_field(PROMPT, "Task", hint="Each run starts a session with it.", multiline=True),
        choice_field(REPEAT, "Runs", {str(key): words for key, words in _REPEATS.items()}, str(Repeat.WEEKDAYS)),
        text_field(
            TIME, "Time", "09:00", most=LONGEST[TIME], optional=True, hint="For every hour, only the minutes count."
        ),
        text_field(ZONE, "Time zone", zone, most=LONGEST[ZONE], optional=True, hint=hint),
        text_field(CRON, "Cron expression", most=LONGEST[CRON], optional=True, hint="Five fields in UTC."),
    ]
    return form_view(form, TITLE, "Add", fields)


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
