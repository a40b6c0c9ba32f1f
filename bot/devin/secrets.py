"""Secrets: their names alone, because no answer of Devin's has a value.

https://docs.devin.ai/api-reference/v3/secrets/post-organizations-secrets
"""

from collections.abc import AsyncIterator
from typing import Final

from bot.devin.answers import Answer, Id, Page, Words
from bot.devin.api import Api

SECRETS_PAGE: Final = "https://app.devin.ai/secrets"  # where people add one: docs.devin.ai/product-guides/secrets


class Secret(Answer):
    """A secret without its value; `access_type` is `org` or `personal`."""

    secret_id: Id
    key: Words | None = None
    access_type: str = ""


class SecretsApi(Api):
    """The secrets of one organisation."""

    def secrets(self) -> AsyncIterator[Secret]:
        """List all secrets."""
        return self._listed(self._org("secrets"), Page[Secret])
