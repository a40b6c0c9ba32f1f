"""The commands about teams, which figures are divided by."""

from typing import Final

from bot.domain.commands.arguments import AROUND_LISTS, LISTED
from bot.domain.commands.spec import Argument, CommandSpec, Help, Role, Source, typed
from bot.features.teams.rules import read_team

TEAM: Final = Argument("NAME @person|#channel|tag:… …", read_team)
TEAM_OR_MEMBERS: Final = Argument("NAME [@person|#channel|tag:… …]", read_team, around=AROUND_LISTS)
SAME: Final = Argument("…", read_team, around=AROUND_LISTS)  # behind other words for the same
TEAM_LIST: Final = CommandSpec(
    "team_list",
    source=Source.NOTHING,
    ways=typed("team list", LISTED),
    role=Role.ADMIN,
    admins_can="manage teams",
    ordinary=True,
    slash_help=Help("`/devin team list` shows the teams of `usage by team`"),
)
TEAM_ADD: Final = CommandSpec(
    "team_add",
    source=Source.NOTHING,
    ways=typed("team add", TEAM),
    role=Role.ADMIN,
    admins_can="manage teams",
    ordinary=True,
    slash_help=Help(f"`/devin team add {TEAM.shown}` adds people, channels, or tags to a team"),
)
TEAM_REMOVE: Final = CommandSpec(
    "team_remove",
    source=Source.NOTHING,
    ways=(
        *typed("team remove", TEAM_OR_MEMBERS),
        *typed("team rm", SAME),
        *typed("team delete", SAME),
    ),
    role=Role.ADMIN,
    admins_can="manage teams",
    ordinary=True,
    slash_help=Help(
        f"`/devin team remove {TEAM_OR_MEMBERS.shown}` removes a team, or members of it "
        f"(so do `/devin team rm {SAME.shown}` and `/devin team delete {SAME.shown}`)"
    ),
)
COMMANDS: Final = (TEAM_LIST, TEAM_ADD, TEAM_REMOVE)
