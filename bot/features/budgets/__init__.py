"""Budgets: how much may be used, who is told, and who may raise it."""

from typing import Final

from bot.domain.commands.spec import CommandSpec
from bot.features.budgets.check import BudgetCheck
from bot.features.budgets.commands import BudgetCommands
from bot.features.budgets.requests import BudgetRequests
from bot.features.budgets.specs import COMMANDS
from bot.features.budgets.tables import TABLES
from bot.features.budgets.watch import BudgetWatch
from bot.kernel.commands.handler import Handler
from bot.kernel.feature import Feature, Per, Tick
from bot.kernel.tasks import Kernel


def _handlers(kernel: Kernel) -> dict[CommandSpec, Handler]:
    return BudgetCommands(kernel.services, kernel.access).handlers() | BudgetRequests(kernel.services).handlers()


FEATURE: Final = Feature(
    "budgets",
    commands=COMMANDS,
    handlers=_handlers,
    ticks=lambda kernel: [
        Tick("budgets", Per.WORKSPACE, lambda workspace: BudgetWatch(kernel.services, workspace).tick())
    ],
    gates=(BudgetCheck,),
    tables=TABLES,
)
