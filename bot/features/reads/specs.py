"""The commands that show what Devin knows: metrics, members, names of secrets."""

from typing import Final

from bot.domain.commands.devin_words import METRICS_PERIOD, NAME
from bot.domain.commands.spec import CommandSpec, Help, Role, Source, typed

METRICS: Final = CommandSpec(
    "metrics",
    source=Source.NOTHING,
    ways=typed("metrics", METRICS_PERIOD),
    role=Role.ADMIN,
    admins_can="see metrics",
    ordinary=True,
    slash_help=Help(f"`/devin metrics {METRICS_PERIOD.shown}` shows sessions, pull requests, and active people"),
)
MEMBERS: Final = CommandSpec(
    "members",
    source=Source.NOTHING,
    ways=typed("members", NAME),
    role=Role.ADMIN,
    admins_can="see Devin's members",
    ordinary=True,
    slash_help=Help(f"`/devin members {NAME.shown}` shows who can use Devin, with their roles"),
)
SECRET_LIST: Final = CommandSpec(
    "secret_list",
    source=Source.NOTHING,
    ways=typed("secret list"),
    role=Role.ADMIN,
    admins_can="list secrets",
    ordinary=True,
    slash_help=Help("`/devin secret list` shows the names of Devin's secrets"),
)
SECRET_ADD: Final = CommandSpec(
    "secret_add",
    source=Source.NOTHING,
    ways=typed("secret add"),
    role=Role.ADMIN,
    admins_can="add secrets",
    slash_help=Help("`/devin secret add` shows where to add one", same_line=True),
)
COMMANDS: Final = (METRICS, MEMBERS, SECRET_LIST, SECRET_ADD)
