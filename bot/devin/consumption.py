"""Consumption: the ACUs that were spent, by billing day, the billing cycles, and how many may be spent in one.

https://docs.devin.ai/api-reference/v3/consumption/consumption-daily
https://docs.devin.ai/api-reference/v3/consumption/organizations-consumption-daily-sessions
https://docs.devin.ai/api-reference/v3/acu-limits/get-devin-acu-limits
https://docs.devin.ai/admin/billing/org-acu-limits
"""

from collections.abc import AsyncIterator

from bot.devin.answers import Page
from bot.devin.api import Api, given, quoted
from bot.devin.errors import DevinUnexpectedAnswer
from bot.devin.models import AcuLimit, AgentLimits, Consumption, Cycle


class ConsumptionApi(Api):
    """What one organisation and its enterprise have spent."""

    async def daily_consumption(self, after: int | None = None, before: int | None = None) -> Consumption:
        """Read the organisation's ACUs by billing day (from 08:00 UTC) between two instants."""
        return await self._consumption(self._org("consumption", "daily"), after, before)

    async def enterprise_daily_consumption(self, after: int | None = None, before: int | None = None) -> Consumption:
        """Read the whole enterprise's ACUs by billing day between two instants."""
        return await self._consumption("/v3/enterprise/consumption/daily", after, before)

    async def organization_daily_consumption(self, org_id: str, after: int, before: int) -> Consumption:
        """Read the ACUs of one organisation of the enterprise by billing day between two instants."""
        return await self._consumption(
            f"/v3/enterprise/consumption/daily/organizations/{quoted(org_id)}", after, before
        )

    async def session_daily_consumption(self, devin_id: str, after: int, before: int) -> Consumption:
        """Read the ACUs of one session by billing day between two instants."""
        prefixed, plain = self._session(devin_id, under=("consumption", "daily", "sessions"))
        return await self._consumption(prefixed, after, before, instead=plain)

    def consumption_cycles(self) -> AsyncIterator[Cycle]:
        """List the enterprise's billing cycles."""
        return self._listed("/v3/enterprise/consumption/cycles", Page[Cycle])

    def acu_limits(self) -> AsyncIterator[AcuLimit]:
        """List how many ACUs the enterprise, its organisations and its people may use in a billing cycle."""
        return self._listed("/v3/enterprise/consumption/acu-limits/devin", Page[AcuLimit])

    async def agent_limits(self) -> AgentLimits:
        """Read how many ACUs each kind of agent may use in a billing cycle in the organisation. In beta."""
        path = f"/v3beta1/enterprise/organizations/{quoted(self.org_id)}/consumption/acu-limits"
        return await self._request("GET", path, AgentLimits)

    async def _consumption(
        self, path: str, after: int | None, before: int | None, instead: str | None = None
    ) -> Consumption:
        asked = given({"time_after": after, "time_before": before})
        answer = await self._request("GET", path, Consumption, params=asked, instead=instead)
        if "consumption_by_date" in answer.odd_fields:
            # A bill without one of its days would say that the day had cost nothing.
            raise DevinUnexpectedAnswer("A day of the bill cannot be read.", method="GET", path=path, status=200)
        return answer
