"""The commands of fan-outs, for the table in `bot.domain.commands.registry`."""

from typing import Final

from bot.domain.commands.arguments import FAN_OUT
from bot.domain.commands.spec import CommandSpec, Help, Role, button, typed

FANOUT: Final = CommandSpec(
    "fanout",
    marker="orgs=",
    split="fan out",
    starts=True,
    forms=typed("fanout", FAN_OUT),
    role=Role.ADMIN,
    subject="fan-outs",
    private=True,
    slash_help=Help(f"`/devin fanout {FAN_OUT.shown}` starts one session in each organisation, after a preview"),
)
# A choice under the preview. The others stand under the table, which everybody in the channel sees.
START_FAN_OUT: Final = CommandSpec(
    "start_fan_out", forms=(), role=Role.ADMIN, subject="fan-outs", urgent=True, starts=True
)
STOP_FAN_OUT: Final = CommandSpec(
    "stop_fan_out", forms=(button("stop_fan_out"),), role=Role.ADMIN, subject="fan-outs", urgent=True
)
RETRY_FAN_OUT: Final = CommandSpec(
    "retry_fan_out",
    forms=(button("retry_fan_out"),),
    role=Role.ADMIN,
    subject="fan-outs",
    urgent=True,
    starts=True,
)
COMMANDS: Final = (FANOUT, START_FAN_OUT, STOP_FAN_OUT, RETRY_FAN_OUT)
