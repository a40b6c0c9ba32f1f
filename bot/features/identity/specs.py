"""The commands about who people are at Devin."""

from typing import Final

from bot.domain.commands.spec import Argument, CommandSpec, Help, Role, Source, typed
from bot.features.identity.rules import read_link, read_person

LINK: Final = Argument("@person email|user-id", read_link)
PERSON: Final = Argument("@person", read_person)
IDENTITY: Final = CommandSpec(
    "identity",
    source=Source.NOTHING,
    ways=typed("identity"),
    ordinary=True,
    slash_help=Help("`/devin identity` shows your Devin user", same_line=True),
)
IDENTITY_SET: Final = CommandSpec(
    "identity_set",
    source=Source.NOTHING,
    ways=typed("identity set", LINK),
    role=Role.ADMIN,
    admins_can="set who people are in Devin",
    slash_help=Help(f"`/devin identity set {LINK.shown}` sets the Devin user that a person's sessions run as"),
)
IDENTITY_UNSET: Final = CommandSpec(
    "identity_unset",
    source=Source.NOTHING,
    ways=typed("identity unset", PERSON),
    role=Role.ADMIN,
    admins_can="set who people are in Devin",
    slash_help=Help(f"`/devin identity unset {PERSON.shown}` runs them as Devin Bridge again", same_line=True),
)
COMMANDS: Final = (IDENTITY, IDENTITY_SET, IDENTITY_UNSET)
