"""`/devin fanout`: one prompt in many organisations."""

from typing import Final

from bot.domain.commands.fan_out_commands import COMMANDS
from bot.domain.commands.spec import CommandSpec
from bot.flows.commands.handler import Handler
from bot.flows.feature import Feature
from bot.flows.kernel import Kernel
from bot.flows.manage.fan_out.run import RunFanOut
from bot.flows.manage.fan_out.session import StartFanOutSession
from bot.flows.manage.fan_out.table import FanOutTable
from bot.flows.steer.fan_out_presses import FanOutPresses
from bot.flows.steer.fan_out_preview import FanOutPreview


def _handlers(kernel: Kernel) -> dict[CommandSpec, Handler]:
    preview = FanOutPreview(kernel.services, kernel.access, kernel.gates)
    return preview.handlers() | FanOutPresses(kernel.services, kernel.gates).handlers()


FEATURE: Final = Feature(
    "fan_out",
    commands=COMMANDS,
    handlers=_handlers,
    questions=lambda kernel: [FanOutPresses(kernel.services, kernel.gates)],
    drawers=lambda _: [FanOutTable()],
    tasks=(RunFanOut, StartFanOutSession),
)
