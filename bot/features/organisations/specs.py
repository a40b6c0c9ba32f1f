"""The command that lists Devin's organizations."""

from typing import Final

from bot.domain.commands.spec import CommandSpec, Help, Role, Source, typed

ORGS: Final = CommandSpec(
    "orgs",
    source=Source.NOTHING,
    ways=typed("orgs"),
    role=Role.ADMIN,
    admins_can="see Devin's organizations",
    slash_help=Help("`/devin orgs` shows your Devin organizations with their limits and ACUs"),
    meant_by=("organisations", "organizations"),
)
COMMANDS: Final = (ORGS,)
