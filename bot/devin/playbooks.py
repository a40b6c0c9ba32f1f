"""Playbooks: the instructions that an organisation keeps for tasks of one kind.

https://docs.devin.ai/api-reference/v3/playbooks/post-enterprise-playbooks
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.api import Api
from bot.devin.models import Playbook


class PlaybooksApi(Api):
    """The playbooks that one organisation can use."""

    def playbook_pages(self) -> AsyncIterator[Page[Playbook]]:
        """List all playbooks in pages; each page has the rows that could not be read."""
        return self._pages(self._org("playbooks"), Page[Playbook], {}, paging.LISTED_PAGES)

    def playbooks(self) -> AsyncIterator[Playbook]:
        """List all playbooks."""
        return self._listed(self._org("playbooks"), Page[Playbook])

    async def get_playbook(self, playbook_id: str) -> Playbook:
        """Read one playbook."""
        return await self._request("GET", self._org("playbooks", playbook_id), Playbook)

    async def create_playbook(self, title: str, body: str, macro: str | None = None) -> Playbook:
        """Create a playbook. A `macro` begins with an exclamation mark.

        After any 2xx the playbook exists. Raises DevinCreatedUnreadable if not even its id can be read.
        """
        playbook = {"title": title, "body": body, "macro": macro}
        return await self._create(self._org("playbooks"), Playbook, playbook, "playbook_id")

    async def replace_playbook(
        self,
        playbook_id: str,
        title: str,
        body: str,
        macro: str | None = None,
        *,
        structured_output_schema: Mapping[str, Any] | None = None,
    ) -> None:
        """Replace all of a playbook. What is left out may be lost. The call may be repeated."""
        playbook: dict[str, Any] = {"title": title, "body": body, "macro": macro}
        if structured_output_schema is not None:  # not every host knows it
            playbook["structured_output_schema"] = structured_output_schema
        response = await self._answer("PUT", self._org("playbooks", playbook_id), json=playbook)
        self._read_if_possible(response, Playbook)
