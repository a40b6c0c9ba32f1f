"""Budgets: how much may be used, who is informed, and who may raise it."""

from typing import Final

from bot.domain.commands.spec import CommandSpec
from bot.features.budgets.check import BudgetCheck
from bot.features.budgets.flow import BudgetCommands
from bot.features.budgets.form import BudgetForm, GrantForm
from bot.features.budgets.requests import BudgetRequests, WithdrawnRequest, withdraw
from bot.features.budgets.rows import TABLES
from bot.features.budgets.sentences import NOT_SET, QUESTION
from bot.features.budgets.specs import BUDGET_SET, COMMANDS, GRANT_OTHER
from bot.features.budgets.try_out import BudgetTrials
from bot.features.budgets.watch import BudgetWatch
from bot.kernel.commands.handler import Handler
from bot.kernel.feature import Feature, Per, Tick
from bot.kernel.tasks import Kernel


def _handlers(kernel: Kernel) -> dict[CommandSpec, Handler]:
    services = kernel.services
    changes = BudgetCommands(services, kernel.access).handlers() | BudgetRequests(services).handlers()
    return changes | BudgetTrials(services).handlers()


FEATURE: Final = Feature(
    "budgets",
    commands=COMMANDS,
    handlers=_handlers,
    forms=lambda kernel: {
        BUDGET_SET.name: BudgetForm(kernel.services),
        GRANT_OTHER.name: GrantForm(kernel.services),
    },
    plain_questions={QUESTION: NOT_SET},
    ticks=lambda kernel: [
        Tick("budgets", Per.WORKSPACE, lambda workspace: BudgetWatch(kernel.services, workspace).tick())
    ],
    drawers=lambda kernel: [WithdrawnRequest(kernel.services)],
    gates=(BudgetCheck,),
    revised=withdraw,
    tables=TABLES,
)
