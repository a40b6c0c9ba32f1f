"""Pauses: admins keep everybody from starting and waking sessions, in a channel or in the whole workspace."""

from typing import Final

from bot.features.pauses.flow import Pauses
from bot.features.pauses.sentences import NOT_PAUSED, QUESTION
from bot.features.pauses.specs import COMMANDS
from bot.kernel.feature import Feature

FEATURE: Final = Feature(
    "pauses",
    commands=COMMANDS,
    handlers=lambda kernel: Pauses(kernel.services, kernel.access).handlers(),
    plain_questions={QUESTION: NOT_PAUSED},
)
