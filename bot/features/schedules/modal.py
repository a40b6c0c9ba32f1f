"""The form of a new schedule."""

from datetime import datetime
from typing import Final

from bot.domain.commands.timed_tasks import TimedTask, read_timed
from bot.domain.form import Form
from bot.domain.launch import CHANNEL, TASK
from bot.features.schedules.rules import DATE, FIELDS, NO_LIMIT, REPEAT, TIME, ZONE, Repeat
from bot.views import blocks
from bot.views.modals.parts import View, channel_field, date_field, form_view

TITLE: Final = "New schedule"
_CHANNEL_HINT: Final = "Devin's own Slack app posts updates there, so invite it. Leave empty for none."


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
