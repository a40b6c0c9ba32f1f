"""What Devin tells admins in one answer: metrics, members, names of secrets."""

from typing import Final

from bot.features.reads.flow import DevinReads
from bot.features.reads.specs import COMMANDS
from bot.kernel.feature import Feature

FEATURE: Final = Feature("reads", commands=COMMANDS, handlers=lambda kernel: DevinReads(kernel.services).handlers())
