"""The commands of fan-outs, for the table in `bot.domain.commands.registry`."""

from typing import Final

from bot.domain.commands.spec import Argument, CommandSpec, Help, Role, Source, button, typed

# Whatever stands behind it is for this command, so what does not fit is answered and starts nothing else.
FAN_OUT: Final = Argument("… orgs=all|name,id,… [acu=5] [tags=…]", str, verbatim=True)
FANOUT: Final = CommandSpec(
    "fanout",
    source=Source.NOTHING,
    marker="orgs=",
    split="fan out",
    starts=True,
    ways=typed("fanout", FAN_OUT),
    role=Role.ADMIN,
    admins_can="run fan-outs",
    private=True,
    slash_help=Help(f"`/devin fanout {FAN_OUT.shown}` starts one session in each organization, after a preview"),
)
# A choice under the preview. The others stand under the table, which everybody in the channel sees.
START_FAN_OUT: Final = CommandSpec(
    "start_fan_out", source=Source.STORED, ways=(), role=Role.ADMIN, admins_can="run fan-outs", urgent=True, starts=True
)
STOP_FAN_OUT: Final = CommandSpec(
    "stop_fan_out",
    source=Source.STORED,
    ways=(button("stop_fan_out"),),
    role=Role.ADMIN,
    admins_can="run fan-outs",
    urgent=True,
)
RETRY_FAN_OUT: Final = CommandSpec(
    "retry_fan_out",
    source=Source.STORED,
    ways=(button("retry_fan_out"),),
    role=Role.ADMIN,
    admins_can="run fan-outs",
    urgent=True,
    starts=True,
)
COMMANDS: Final = (FANOUT, START_FAN_OUT, STOP_FAN_OUT, RETRY_FAN_OUT)
