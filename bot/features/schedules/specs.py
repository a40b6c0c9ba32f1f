"""The commands about what Devin runs on a schedule."""

from typing import Final

from bot.domain.commands.arguments import LISTED, in_form
from bot.domain.commands.devin_words import SCHEDULE
from bot.domain.commands.spec import CommandSpec, Help, Role, Source, typed

_TASK: Final = in_form("[task]")
SCHEDULE_LIST: Final = CommandSpec(
    "schedule_list",
    source=Source.NOTHING,
    ways=typed("schedule list", LISTED),
    ordinary=True,
    slash_help=Help("`/devin schedule list` shows what Devin runs on a schedule"),
)
SCHEDULE_ADD: Final = CommandSpec(
    "schedule_add",
    source=Source.NOTHING,
    ways=typed("schedule add", _TASK),
    role=Role.ADMIN,
    admins_can="change schedules",
    opens_form=True,
    slash_help=Help(f"`/devin schedule add {_TASK.shown}` opens a form for a new schedule"),
)
SCHEDULE_PAUSE: Final = CommandSpec(
    "schedule_pause",
    source=Source.NOTHING,
    ways=typed("schedule pause", SCHEDULE),
    role=Role.ADMIN,
    admins_can="change schedules",
    slash_help=Help("`/devin schedule pause N` pauses a schedule", same_line=True),
)
SCHEDULE_RESUME: Final = CommandSpec(
    "schedule_resume",
    source=Source.NOTHING,
    ways=typed("schedule resume", SCHEDULE),
    role=Role.ADMIN,
    admins_can="change schedules",
    slash_help=Help("`/devin schedule resume N` resumes a schedule", same_line=True),
)
SCHEDULE_DELETE: Final = CommandSpec(
    "schedule_delete",
    source=Source.NOTHING,
    ways=typed("schedule delete", SCHEDULE),
    role=Role.ADMIN,
    admins_can="change schedules",
    asks_first=True,
    slash_help=Help("`/devin schedule delete N` deletes a schedule (asks you to confirm)", same_line=True),
)
# The choice to delete a schedule.
SCHEDULE_DELETE_CONFIRMED: Final = CommandSpec(
    "schedule_delete_confirmed",
    source=Source.NOTHING,
    ways=(),
    role=Role.ADMIN,
    admins_can="change schedules",
    urgent=True,
)
COMMANDS: Final = (
    SCHEDULE_LIST,
    SCHEDULE_ADD,
    SCHEDULE_PAUSE,
    SCHEDULE_RESUME,
    SCHEDULE_DELETE,
    SCHEDULE_DELETE_CONFIRMED,
)
