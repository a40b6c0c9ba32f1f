"""`/devin cost`: what a person's own sessions used."""

from typing import Final

from bot.features.cost.flow import OwnCost
from bot.kernel.feature import Feature

FEATURE: Final = Feature("cost", handlers=lambda kernel: OwnCost(kernel.services, kernel.access).handlers())
