"""The Devin API, version 3, in the words of its pages: https://docs.devin.ai/api-reference/v3/overview.

Each part of the API is a class in a file of its own, and all parts share one transport. `Devin` is all parts together.
Code that needs one part can ask for that part alone: `notes: KnowledgeApi`.

Lists are async iterators that read page after page. A request that changes something is never repeated here, because
Devin has no idempotency key. The caller has to look up first what was done (`bot.devin.errors` says when).
"""

from copy import copy
from typing import Final

import httpx

from bot.devin.api import quoted
from bot.devin.attachments import AttachmentsApi
from bot.devin.audit import AuditApi
from bot.devin.consumption import ConsumptionApi
from bot.devin.guardrails import GuardrailsApi
from bot.devin.knowledge import KnowledgeApi
from bot.devin.links import Resolve, resolve
from bot.devin.members import MembersApi
from bot.devin.messages import MessagesApi
from bot.devin.metrics import MetricsApi
from bot.devin.models import Principal
from bot.devin.organisations import OrganisationsApi
from bot.devin.playbooks import PlaybooksApi
from bot.devin.repositories import RepositoriesApi
from bot.devin.retry import PATIENCE, Patience
from bot.devin.reviews import ReviewsApi
from bot.devin.schedules import SchedulesApi
from bot.devin.secrets import SecretsApi
from bot.devin.sessions import SessionsApi
from bot.devin.transport import Transport

DEVIN_API_URL: Final = "https://api.devin.ai"


class Devin(
    SessionsApi,
    MessagesApi,
    AttachmentsApi,
    MembersApi,
    PlaybooksApi,
    KnowledgeApi,
    ConsumptionApi,
    OrganisationsApi,
    AuditApi,
    MetricsApi,
    SecretsApi,
    SchedulesApi,
    ReviewsApi,
    GuardrailsApi,
    RepositoriesApi,
):
    """One organisation at Devin, asked with one API key over an HTTP client that the caller opened and closes."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        api_key: str,
        org_id: str,
        base_url: str = DEVIN_API_URL,
        *,
        patience: Patience = PATIENCE,
        resolve: Resolve = resolve,
        doubts_403: bool = False,
    ) -> None:
        """Use `http` with `api_key`. With `doubts_403` a 403 for everything becomes a DevinUnauthorized."""
        vital = f"/v3/organizations/{quoted(org_id)}/sessions" if doubts_403 else None
        super().__init__(Transport(http, api_key, base_url, patience, resolve, vital), org_id)

    def __repr__(self) -> str:
        return f"Devin(org_id={self.org_id!r})"

    def within(self, org_id: str) -> "Devin":
        """Return a client for another organisation of the enterprise, with the same key and connections."""
        other = copy(self)
        other.org_id = org_id
        return other

    async def self_(self) -> Principal:
        """Read whom the key belongs to."""
        return await self._request("GET", "/v3/self", Principal)

    async def key_expires_at(self, principal: Principal) -> int | None:
        """Read when the key of `principal` expires; None if it does not, or if Devin does not say that of a person."""
        if not principal.is_service_user or principal.service_user_id is None:
            return None
        found = await self.service_user(principal.service_user_id)
        return (found.expires_at or None) if found else None
