"""The commands for which Devin is asked: about reviews, schedules, metrics, members and secrets.

Everybody may see the schedules and ask for a review; the others are for admins. They stand in the registry with all
other commands.
"""

from typing import Final

from bot.domain.commands.arguments import LISTED
from bot.domain.commands.devin_words import METRICS_PERIOD, NAME, PULL_REQUEST, SCHEDULE
from bot.domain.commands.spec import CommandSpec, Help, Role, button, typed

REVIEW: Final = CommandSpec(
    "review",
    forms=typed("review", PULL_REQUEST),
    ordinary=True,
    slash_help=Help(f"`/devin review {PULL_REQUEST.shown}` has Devin review a pull request"),
)
SCHEDULE_LIST: Final = CommandSpec(
    "schedule_list",
    forms=typed("schedule list", LISTED),
    ordinary=True,
    slash_help=Help("`/devin schedule list` shows what Devin runs on a schedule"),
)
SCHEDULE_ADD: Final = CommandSpec(
    "schedule_add",
    forms=typed("schedule add"),
    role=Role.ADMIN,
    subject="changes of schedules",
    opens_form=True,
    slash_help=Help("`/devin schedule add` opens a form for a new schedule"),
)
SCHEDULE_PAUSE: Final = CommandSpec(
    "schedule_pause",
    forms=typed("schedule pause", SCHEDULE),
    role=Role.ADMIN,
    subject="changes of schedules",
    slash_help=Help("`/devin schedule pause N`", same_line=True),
)
SCHEDULE_RESUME: Final = CommandSpec(
    "schedule_resume",
    forms=typed("schedule resume", SCHEDULE),
    role=Role.ADMIN,
    subject="changes of schedules",
    slash_help=Help("`/devin schedule resume N`", same_line=True),
)
SCHEDULE_DELETE: Final = CommandSpec(
    "schedule_delete",
    forms=typed("schedule delete", SCHEDULE),
    role=Role.ADMIN,
    subject="changes of schedules",
    asks_first=True,
    slash_help=Help("`/devin schedule delete N`, with a number from the list", same_line=True),
)
# These two answer the question whether a schedule is to be deleted; their value is that command, whose role is checked.
SCHEDULE_DELETE_CONFIRMED: Final = CommandSpec(
    "schedule_delete_confirmed", forms=(button("schedule_delete_confirmed"),), urgent=True, replaces=True
)
SCHEDULE_KEPT: Final = CommandSpec("schedule_kept", forms=(button("schedule_kept"),), urgent=True, replaces=True)
METRICS: Final = CommandSpec(
    "metrics",
    forms=typed("metrics", METRICS_PERIOD),
    role=Role.ADMIN,
    subject="metrics",
    ordinary=True,
    slash_help=Help(f"`/devin metrics {METRICS_PERIOD.shown}` shows how much Devin is used"),
)
MEMBERS: Final = CommandSpec(
    "members",
    forms=typed("members", NAME),
    role=Role.ADMIN,
    subject="Devin's members",
    ordinary=True,
    slash_help=Help(f"`/devin members {NAME.shown}` shows who may use Devin, with their roles"),
)
SECRET_LIST: Final = CommandSpec(
    "secret_list",
    forms=typed("secret list"),
    role=Role.ADMIN,
    subject="names of secrets",
    ordinary=True,
    slash_help=Help("`/devin secret list` shows the names of Devin's secrets"),
)
SECRET_ADD: Final = CommandSpec(
    "secret_add",
    forms=typed("secret add"),
    role=Role.ADMIN,
    subject="changes of secrets",
    slash_help=Help("`/devin secret add` says where to add one", same_line=True),
)
SPECS: Final = (
    REVIEW,
    SCHEDULE_LIST,
    SCHEDULE_ADD,
    SCHEDULE_PAUSE,
    SCHEDULE_RESUME,
    SCHEDULE_DELETE,
    SCHEDULE_DELETE_CONFIRMED,
    SCHEDULE_KEPT,
    METRICS,
    MEMBERS,
    SECRET_LIST,
    SECRET_ADD,
)
