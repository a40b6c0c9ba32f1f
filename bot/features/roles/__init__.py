"""Roles: who may start, steer and stop sessions, see what they cost, and administer the bot."""

from typing import Final

from bot.features.roles.flow import RoleCommands
from bot.features.roles.sentences import QUESTION, UNCHANGED
from bot.features.roles.specs import COMMANDS
from bot.kernel.feature import Feature

FEATURE: Final = Feature(
    "roles",
    commands=COMMANDS,
    handlers=lambda kernel: RoleCommands(kernel.services, kernel.access).handlers(),
    plain_questions={QUESTION: UNCHANGED},
)
