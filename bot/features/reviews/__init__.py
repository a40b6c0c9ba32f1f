"""`/devin review`: Devin reviews a pull request."""

from typing import Final

from bot.domain.commands.review_commands import COMMANDS
from bot.domain.long_job import LongJobKind
from bot.flows.feature import Feature
from bot.flows.manage.long_jobs.review_follow import ReviewFollow
from bot.flows.manage.long_jobs.reviews import Reviews

FEATURE: Final = Feature(
    "reviews",
    commands=COMMANDS,
    handlers=lambda kernel: Reviews(kernel.services).handlers(),
    long_jobs=lambda kernel: {LongJobKind.REVIEW: ReviewFollow(kernel.services)},
)
