"""`/devin fanout`: one prompt in many organisations."""

from typing import Final

from bot.domain.commands.spec import CommandSpec
from bot.features.fan_out.flow import FanOutPresses, FanOutPreview, FanOutTable
from bot.features.fan_out.rows import TABLES
from bot.features.fan_out.run import RunFanOut, StartFanOutSession
from bot.features.fan_out.specs import COMMANDS
from bot.kernel.commands.handler import Handler
from bot.kernel.feature import Feature
from bot.kernel.tasks import Kernel


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
    tables=TABLES,
)
