"""`/devin review`: Devin reviews a pull request."""

from typing import Final

from bot.domain.commands.review_commands import COMMANDS
from bot.flows.feature import Feature
from bot.flows.manage.long_jobs.review_follow import ReviewFollow
from bot.flows.manage.long_jobs.reviews import KIND, Reviews
from bot.flows.manage.long_jobs.row_sources import LongJobKind
from bot.views.reviews import ReviewSentences

FEATURE: Final = Feature(
    "reviews",
    commands=COMMANDS,
    handlers=lambda kernel: Reviews(kernel.services).handlers(),
    long_jobs=lambda kernel: [LongJobKind(KIND, ReviewFollow(kernel.services), ReviewSentences())],
)
