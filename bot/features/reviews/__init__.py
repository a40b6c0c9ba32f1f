"""`/devin review`: Devin reviews a pull request."""

from typing import Final

from bot.features.reviews.flow import KIND, Reviews
from bot.features.reviews.follow import ReviewFollow
from bot.features.reviews.sentences import ReviewSentences
from bot.features.reviews.specs import COMMANDS
from bot.kernel.feature import Feature
from bot.kernel.operations.row_sources import OperationKind

FEATURE: Final = Feature(
    "reviews",
    commands=COMMANDS,
    handlers=lambda kernel: Reviews(kernel.services, kernel.gates).handlers(),
    operations=lambda kernel: [OperationKind(KIND, ReviewFollow(kernel.services), ReviewSentences())],
)
