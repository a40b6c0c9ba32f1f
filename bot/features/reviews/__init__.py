"""`/devin review`: Devin reviews a pull request."""

from contextlib import suppress
from typing import Final

from bot.devin.client import Devin
from bot.devin.errors import DevinNotFound
from bot.domain.operation import REVIEW
from bot.features.reviews.flow import Reviews
from bot.features.reviews.follow import ReviewFollow
from bot.features.reviews.sentences import ReviewSentences
from bot.features.reviews.specs import COMMANDS
from bot.kernel.feature import Feature, Permission
from bot.kernel.operations.row_sources import OperationKind

ANY_PULL_REQUEST: Final = "https://github.com/octocat/Hello-World/pull/1"


async def _any_review(devin: Devin) -> None:
    with suppress(DevinNotFound):  # it has no review, which Devin says only to those who may know
        await devin.review(ANY_PULL_REQUEST)


FEATURE: Final = Feature(
    "reviews",
    commands=COMMANDS,
    handlers=lambda kernel: Reviews(kernel.services, kernel.gates).handlers(),
    operations=lambda kernel: [OperationKind(REVIEW, ReviewFollow(kernel.services), ReviewSentences())],
    permissions=(Permission("review", "UseReviewManual", _any_review, "reviews"),),
)
