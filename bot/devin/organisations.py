"""Organisations: those of the enterprise that the key belongs to, the limits of each, and the queue of all.

https://docs.devin.ai/api-reference/v3/organizations/post-organizations
"""

from collections.abc import AsyncIterator

from bot.devin.answers import Page
from bot.devin.api import Api, quoted
from bot.devin.models import Organization, Queue


class OrganisationsApi(Api):
    """The organisations of the enterprise."""

    def organizations(self) -> AsyncIterator[Organization]:
        """List all organisations."""
        return self._listed("/v3/enterprise/organizations", Page[Organization])

    async def organization(self) -> Organization:
        """Read the client's own organisation."""
        return await self._request("GET", f"/v3/enterprise/organizations/{quoted(self.org_id)}", Organization)

    async def organizations_page(self, cursor: str | None) -> Page[Organization]:
        """Read the page of organisations behind `cursor`."""
        return await self._page("/v3/enterprise/organizations", Page[Organization], {}, cursor)

    async def queue(self) -> Queue:
        """Read how many sessions of the enterprise wait for a machine."""
        return await self._request("GET", "/v3/enterprise/queue", Queue)
