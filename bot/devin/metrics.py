"""Metrics: how much one organisation uses Devin, in counts.

https://docs.devin.ai/api-reference/v3/metrics/metrics-sessions
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from bot.devin.answers import Acus, Answer, Count
from bot.devin.api import Api, given


def _counts(value: object) -> object:
    """Leave out what is no count: it costs the answer only that one."""
    if not isinstance(value, dict):
        return value
    return {name: count for name, count in value.items() if type(count) is int and count >= 0}


class UsageMetrics(Answer):
    """How many sessions, searches and pull requests there were."""

    sessions_count: Count
    searches_count: Count = 0
    prs_created_count: Count = 0
    prs_merged_count: Count = 0


class SessionMetrics(Answer):
    """The sessions that were created: how many, from where, of which size, and how much one took."""

    sessions_created_count: Count
    sessions_created_by_origin: Annotated[Mapping[str, int], BeforeValidator(_counts)] = {}
    sessions_created_by_size: Annotated[Mapping[str, int], BeforeValidator(_counts)] = {}
    sessions_with_merged_prs_count: Count = 0
    avg_acus_per_session: Acus = 0.0


class PullRequestMetrics(Answer):
    """The pull requests that were created, and what became of them."""

    prs_created_count: Count
    prs_opened_count: Count = 0
    prs_closed_count: Count = 0
    prs_merged_count: Count = 0


class ActiveUsers(Answer):
    """How many people used Devin."""

    active_users: Count


class MetricsApi(Api):
    """The metrics of one organisation, each between two instants."""

    async def usage_metrics(self, after: int, before: int) -> UsageMetrics:
        """Read how many sessions, searches and pull requests there were."""
        return await self._request("GET", self._org("metrics", "usage"), UsageMetrics, params=_between(after, before))

    async def session_metrics(self, after: int, before: int, service_user: str | None = None) -> SessionMetrics:
        """Read which sessions were created: all, or those of one service user."""
        asked = _between(after, before, service_user)
        return await self._request("GET", self._org("metrics", "sessions"), SessionMetrics, params=asked)

    async def pull_request_metrics(
        self, after: int, before: int, service_user: str | None = None
    ) -> PullRequestMetrics:
        """Read what became of the pull requests: of all, or of those of one service user."""
        asked = _between(after, before, service_user)
        return await self._request("GET", self._org("metrics", "prs"), PullRequestMetrics, params=asked)

    async def active_users(self, after: int, before: int) -> ActiveUsers:
        """Read how many people used Devin."""
        path = self._org("metrics", "active-users")
        return await self._request("GET", path, ActiveUsers, params=_between(after, before))


def _between(after: int, before: int, service_user: str | None = None) -> dict[str, Any]:
    ids = None if service_user is None else (service_user,)
    return given({"time_after": after, "time_before": before, "service_user_ids": ids})
