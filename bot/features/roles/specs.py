"""The commands about roles."""

from typing import Final

from bot.domain.commands.arguments import AROUND_LISTS, LISTED
from bot.domain.commands.spec import Argument, CommandSpec, Help, Role, Source, typed
from bot.features.roles.words import read_role

GIVEN: Final = Argument("ROLE [#channel] @person|@group|everyone …", read_role)
TAKEN: Final = Argument("ROLE [#channel] [@person|@group …]", read_role, around=AROUND_LISTS)
ROLE_LIST: Final = CommandSpec(
    "role_list",
    source=Source.NOTHING,
    ways=typed("role list", LISTED),
    ordinary=True,
    slash_help=Help("`/devin role list` shows who can `start`, `steer`, `stop`, see `cost`, and `administer`"),
)
# Who wants a role or more budget has to know whom to ask.
ADMINS: Final = CommandSpec(
    "admins",
    source=Source.NOTHING,
    ways=typed("admins", LISTED),
    ordinary=True,
    slash_help=Help("`/devin admins` shows who the admins are", same_line=True),
)
ROLE_ADD: Final = CommandSpec(
    "role_add",
    source=Source.NOTHING,
    ways=typed("role add", GIVEN),
    role=Role.ADMIN,
    admins_can="give roles",
    ordinary=True,
    slash_help=Help(f"`/devin role add {GIVEN.shown}` limits a role to these people, in one channel or everywhere"),
)
ROLE_REMOVE: Final = CommandSpec(
    "role_remove",
    source=Source.NOTHING,
    ways=typed("role remove", TAKEN),
    role=Role.ADMIN,
    admins_can="give roles",
    ordinary=True,
    slash_help=Help(
        f"`/devin role remove {TAKEN.shown}` takes a role from these people, or from everyone who has it there"
    ),
)
# The choice under the question whether to shut people out, and *Undo* below what came of it.
ROLE_ADD_CONFIRMED: Final = CommandSpec(
    "role_add_confirmed", source=Source.NOTHING, ways=(), role=Role.ADMIN, admins_can="give roles", urgent=True
)
ROLE_UNDO: Final = CommandSpec(
    "role_undo", source=Source.NOTHING, ways=(), role=Role.ADMIN, admins_can="give roles", urgent=True
)
COMMANDS: Final = (ROLE_LIST, ADMINS, ROLE_ADD, ROLE_ADD_CONFIRMED, ROLE_UNDO, ROLE_REMOVE)
