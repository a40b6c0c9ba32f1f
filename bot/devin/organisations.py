"""Organisations: those of the enterprise that the key belongs to.

https://docs.devin.ai/api-reference/v3/organizations/post-organizations
"""

from collections.abc import AsyncIterator

from bot.devin.answers import Page
from bot.devin.api import Api
from bot.devin.models import Organization


class OrganisationsApi(Api):
    """The organisations of the enterprise."""

    def organizations(self) -> AsyncIterator[Organization]:
        """List all organisations."""
        return self._listed("/v3/enterprise/organizations", Page[Organization])
