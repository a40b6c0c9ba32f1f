"""Organisations: those of the enterprise that the key belongs to, and the limits of each.

https://docs.devin.ai/api-reference/v3/organizations/post-organizations
"""

from collections.abc import AsyncIterator

from bot.devin.answers import Page
from bot.devin.api import Api, quoted
from bot.devin.models import Organization


class OrganisationsApi(Api):
    """The organisations of the enterprise."""

    def organizations(self) -> AsyncIterator[Organization]:
        """List all organisations."""
        return self._listed("/v3/enterprise/organizations", Page[Organization])

    async def organization(self) -> Organization:
        """Read the client's own organisation."""
        return await self._request("GET", f"/v3/enterprise/organizations/{quoted(self.org_id)}", Organization)
