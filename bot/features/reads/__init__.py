"""What Devin tells admins in one answer: metrics, members, names of secrets."""

from typing import Final

from bot.domain.commands.read_commands import COMMANDS
from bot.flows.feature import Feature
from bot.flows.manage.devin.reads import DevinReads

FEATURE: Final = Feature("reads", commands=COMMANDS, handlers=lambda kernel: DevinReads(kernel.services).handlers())
