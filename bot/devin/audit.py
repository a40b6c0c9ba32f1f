"""The audit log: who did what, in the enterprise or in one of its organisations.

https://docs.devin.ai/api-reference/v3/audit-logs/enterprise-audit-logs
"""

from collections.abc import AsyncIterator

from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.api import Api, quoted
from bot.devin.models import AuditEntry


class AuditApi(Api):
    """The audit log of the enterprise."""

    async def audit_logs(
        self, after: int, before: int, *, org_id: str | None = None, action: str | None = None
    ) -> AsyncIterator[AuditEntry]:
        """List the entries between two instants, oldest first: of the enterprise, or of one organisation in it."""
        seen: set[str] = set()  # neighbouring windows share a second
        for start, end in paging.windows(after, before):
            asked = {"order": "asc", "time_after": start, "time_before": end, "action": action}
            async for entry in self._listed(_path(org_id), Page[AuditEntry], asked):
                if entry.audit_log_id not in seen:
                    seen.add(entry.audit_log_id)
                    yield entry

    async def audit_page(
        self, after: int, before: int, cursor: str | None, *, org_id: str | None = None, action: str | None = None
    ) -> Page[AuditEntry]:
        """Read the page behind `cursor` of the entries between two instants of one window, newest first."""
        asked = {"order": "desc", "time_after": after, "time_before": before, "action": action}
        return await self._page(_path(org_id), Page[AuditEntry], asked, cursor)


def _path(org_id: str | None) -> str:
    place = f"/organizations/{quoted(org_id)}" if org_id else ""
    return f"/v3/enterprise{place}/audit-logs"
