"""What Devin runs on a schedule."""

from typing import Final

from bot.domain.commands.schedule_commands import COMMANDS, SCHEDULE_ADD
from bot.flows.feature import Feature
from bot.flows.manage.devin.schedules import Schedules
from bot.flows.manage.forms.schedule import ScheduleForm
from bot.views import schedules

FEATURE: Final = Feature(
    "schedules",
    commands=COMMANDS,
    handlers=lambda kernel: Schedules(kernel.services, kernel.access).handlers(),
    plain_questions={schedules.QUESTION: schedules.KEPT},
    forms=lambda kernel: {SCHEDULE_ADD.name: ScheduleForm(kernel.services, kernel.access)},
)
