"""Guardrail violations: what people wrote to Devin and a guardrail of the enterprise took action on. In beta.

https://docs.devin.ai/api-reference/v3/guardrail-violations/organizations-guardrail-violations
"""

from collections.abc import AsyncIterator

from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.api import Api, quoted
from bot.devin.models import GuardrailViolation


class GuardrailsApi(Api):
    """The guardrails of one organisation."""

    def guardrail_violations(self, after: int) -> AsyncIterator[GuardrailViolation]:
        """List the violations in the organisation since an instant, oldest first; at most 100 days back."""
        path = f"/v3beta1/enterprise/organizations/{quoted(self.org_id)}/guardrail-violations"
        return paging.items(self._pages(path, Page[GuardrailViolation], {"order": "asc", "time_after": after}))
