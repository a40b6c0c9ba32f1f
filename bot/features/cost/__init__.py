"""`/devin cost`: what a person's own sessions used."""

from typing import Final

from bot.flows.feature import Feature
from bot.flows.money.budgets.own_cost import OwnCost

FEATURE: Final = Feature("cost", handlers=lambda kernel: OwnCost(kernel.services, kernel.access).handlers())
