"""Repositories that Devin can work on. The list is in beta, so not every host has it: it answers 403 or 404 then."""

from collections.abc import AsyncIterator

from bot.devin.answers import Answer, Id, Page
from bot.devin.api import Api, quoted


class Repository(Answer):
    """A repository, by its path at its host, such as `github.com/acme/web`."""

    repo_path: Id
    language: str | None = None

    @property
    def name(self) -> str:
        """Its owner and name, as a session is asked for with them."""
        host, _, path = self.repo_path.partition("/")
        return path if "." in host and "/" in path else self.repo_path


class RepositoriesApi(Api):
    """The repositories of one organisation."""

    def repositories(self) -> AsyncIterator[Repository]:
        """List all repositories."""
        return self._listed(f"/v3beta1/organizations/{quoted(self.org_id)}/repositories", Page[Repository])
