"""What Devin runs on a schedule."""

from typing import Final

from bot.devin.paging import read_first
from bot.features.schedules import sentences as schedules
from bot.features.schedules.flow import ScheduleForm, Schedules
from bot.features.schedules.specs import COMMANDS, SCHEDULE_ADD
from bot.kernel.feature import Feature, Permission

FEATURE: Final = Feature(
    "schedules",
    commands=COMMANDS,
    handlers=lambda kernel: Schedules(kernel.services, kernel.access).handlers(),
    plain_questions={schedules.QUESTION: schedules.KEPT},
    forms=lambda kernel: {SCHEDULE_ADD.name: ScheduleForm(kernel.services, kernel.access)},
    permissions=(
        Permission("schedule", "ManageOrgSchedules", lambda devin: read_first(devin.schedule_pages()), "schedules"),
    ),
)
