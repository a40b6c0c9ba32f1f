"""How far a review at Devin is: Devin is asked again and again until the review is over, for two hours at most."""

from typing import Final

from bot.devin.errors import DevinError, DevinNotFound, DevinRefused
from bot.domain.operation import Operation
from bot.features.reviews import sentences as views
from bot.kernel.commands.devin_failures import failure_sentence
from bot.kernel.operations.row_sources import Batch, CannotGoOn
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace

_BEGUN: Final = {"status": "pending"}


class ReviewFollow:
    """The source of how far a review is. It has no rows: each batch says in its cursor how Devin calls the state."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def read(self, workspace: Workspace, operation: Operation) -> Batch:
        """Ask Devin how far the review is. What ends it without a result is a sentence of CannotGoOn."""
        timing, asked = self._services.timing, operation.new.asked
        age = self._services.clock() - operation.created_at
        too_late = age > timing.review_followed
        try:
            review = await workspace.organisation.devin.review(asked["pr_url"], asked["commit_sha"])
        except DevinError as error:
            # Right after the request a machine of Devin's may not know the review yet.
            may_pass = isinstance(error, DevinNotFound) and age <= timing.not_found_lasts
            if too_late or (isinstance(error, DevinRefused) and not may_pass):
                raise CannotGoOn(_failure(error)) from None
            wait = max(timing.review_poll, min(error.retry_after or 0.0, timing.row_longest_asked))
            return Batch((), 0, operation.cursor or _BEGUN, wait=wait)
        if review.status == "completed":
            return Batch((), 0)
        if review.status == "errored":
            raise CannotGoOn(views.ERRORED)
        if too_late:
            raise CannotGoOn(views.still_going(review.status))
        return Batch((), 0, {"status": review.status}, wait=timing.review_poll)


def _failure(error: DevinError) -> str:
    if isinstance(error, DevinNotFound):
        return views.NO_COMMIT
    return failure_sentence(error).text if isinstance(error, DevinRefused) else views.LOST
