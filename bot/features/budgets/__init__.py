"""Budgets: how much may be used, who is told, and who may raise it."""

from typing import Final

from bot.domain.commands.budget_commands import COMMANDS
from bot.domain.commands.spec import CommandSpec
from bot.flows.commands.handler import Handler
from bot.flows.feature import Feature, Per, Tick
from bot.flows.kernel import Kernel
from bot.flows.money.budgets.check import BudgetCheck
from bot.flows.money.budgets.commands import BudgetCommands
from bot.flows.money.budgets.requests import BudgetRequests
from bot.flows.money.budgets.watch import BudgetWatch


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
)
