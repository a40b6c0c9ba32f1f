"""Reviews: Devin reads the newest commit of a pull request.

https://docs.devin.ai/api-reference/v3/pr-reviews/get-enterprise-pr-reviews
"""

from bot.devin.answers import Answer, Id, Time
from bot.devin.api import Api, given


class Review(Answer):
    """The review of one commit; `status` is pending, running, completed, errored, or newer."""

    commit_sha: Id
    status: str = ""
    repo_path: str = ""
    pr_number: int | None = None
    created_at: Time = 0


class ReviewsApi(Api):
    """The reviews of pull requests by one organisation."""

    async def create_review(self, pr_url: str) -> Review:
        """Ask for a review of the newest commit. Raises DevinCreatedUnreadable if the answer does not say which."""
        return await self._create(self._org("pr-reviews"), Review, {"pr_url": pr_url}, "commit_sha")

    async def review(self, pr_url: str, commit_sha: str | None = None) -> Review:
        """Read the newest review of a commit, without `commit_sha` of the newest one.

        Raises DevinNotFound if there is none.
        """
        asked = given({"pr_url": pr_url, "commit_sha": commit_sha})
        return await self._request("GET", self._org("pr-reviews"), Review, params=asked)
