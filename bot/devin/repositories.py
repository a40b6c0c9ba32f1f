"""Repositories that Devin can work on. The list is in beta, so not every host has it: it answers 403 or 404 then.

https://docs.devin.ai/api-reference/v3/repositories/list-organizations-repositories
"""

from typing import Final

from bot.devin import paging
from bot.devin.answers import Answer, Id, Page
from bot.devin.api import Api, quoted

MOST_PAGES: Final = 20  # two thousand repositories: whoever has more names one


class Repository(Answer):
    """A repository, by its path at its host, such as `github.com/acme/web`."""

    repo_path: Id

    @property
    def name(self) -> str:
        """Its owner and name, as a session is asked for with them."""
        host, _, path = self.repo_path.partition("/")
        return path if "." in host and "/" in path else self.repo_path


class RepositoriesApi(Api):
    """The repositories of one organisation."""

    async def repositories(self, like: str = "", most_pages: int = MOST_PAGES) -> tuple[list[Repository], bool]:
        """List the repositories whose names contain `like`, and whether Devin has more than are listed."""
        path = f"/v3beta1/organizations/{quoted(self.org_id)}/repositories"
        asked = {"first": paging.SMALL_PAGE, "load_indexing_status": False, "filter_name": like or None}
        return await paging.cut(self._pages(path, Page[Repository], asked), most_pages)
