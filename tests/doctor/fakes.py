"""A Slack and a Devin in memory, which answer as a test sets them and repeat each secret in their refusals."""

from collections.abc import Callable
from typing import Any

import httpx

from bot.domain.person import Person
from bot.slack.client import Channel
from bot.slack.errors import SlackError, error_from
from bot.timing import PRODUCTION
from tests.doctor.sentences import BOT_TOKEN, KEY

ORG = "org-play"
OWNER = {
    "principal_type": "service_user",
    "service_user_id": "su-1",
    "service_user_name": "Devin Bridge",
    "org_id": ORG,
}


def refusal(method: str, error: str, **facts: Any) -> SlackError:
    """Slack's answer that it did not do what `method` asked."""
    about = {"messages": [f"{BOT_TOKEN} may not"]}
    return error_from(method, 200, {}, {"ok": False, "error": error, "response_metadata": about, **facts}, PRODUCTION)


class FakeSlack:
    """The calls that the checks make. What is not there is refused in Slack's own words."""

    def __init__(
        self,
        *known: Channel | Person,
        failing: SlackError | None = None,
        groups: dict[str, frozenset[str]] | None = None,
    ) -> None:
        self._known: dict[str, Any] = {thing.id: thing for thing in known} | (groups or {})
        self._failing = failing

    async def open_socket(self) -> None:
        self._fail()

    async def channel(self, channel_id: str) -> Channel:
        return self._get(channel_id, refusal("conversations.info", "channel_not_found"))

    async def person(self, user_id: str) -> Person:
        return self._get(user_id, refusal("users.info", "user_not_found"))

    async def group_members(self, group_id: str) -> frozenset[str]:
        return self._get(group_id, refusal("usergroups.users.list", "no_such_subteam"))

    def _get(self, thing_id: str, missing: SlackError) -> Any:
        self._fail()
        if thing_id not in self._known:
            raise missing
        return self._known[thing_id]

    def _fail(self) -> None:
        if self._failing is not None:
            raise self._failing


Answer = Callable[[httpx.Request], httpx.Response]

OF_COMMANDS = (
    "/v3/enterprise/audit-logs",
    *(f"/v3/organizations/{ORG}/{part}" for part in ("knowledge/notes", "schedules", "secrets", "metrics/usage")),
    f"/v3beta1/organizations/{ORG}/members/users",
)

NOTHING = {
    "items": [],
    **dict.fromkeys(("sessions_count", "searches_count", "prs_created_count", "prs_merged_count"), 0),
}


class FakeDevin(httpx.MockTransport):
    """The reads that the checks make, over httpx. Everything is granted until `answer` or `refuse` changes it."""

    def __init__(self) -> None:
        super().__init__(self._handle)
        self.requests: list[httpx.Request] = []
        self._answers: dict[str, Answer] = {
            "/v3/self": _json(OWNER),
            f"/v3/organizations/{ORG}/sessions": _json({"items": [], "has_next_page": False}),
            f"/v3/organizations/{ORG}/sessions/insights": _json({"items": [], "has_next_page": False}),
            f"/v3/organizations/{ORG}/consumption/daily": _json({"total_acus": 0, "consumption_by_date": []}),
            "/v3/enterprise/consumption/cycles": _json({"items": [], "has_next_page": False}),
            f"/v3/enterprise/organizations/{ORG}": _json({"org_id": ORG, "name": "Play"}),
            f"/v3/organizations/{ORG}/playbooks": _json({"items": [], "has_next_page": False}),
            f"/v3/organizations/{ORG}/automations": _json({"items": [], "has_next_page": False}),
            f"/v3beta1/organizations/{ORG}/repositories": _json({"items": [], "has_next_page": False}),
        }

    def offer(self, path: str, status: int = 200, **body: Any) -> None:
        """Answer a path that was not known before with this status and body."""
        self._answers[path] = _json(body, status)

    def answer(self, path: str, status: int = 200, **body: Any) -> None:
        """Answer a path, or each that begins with it, with this status and body."""
        for known in [known for known in self._answers if known.startswith(path)]:
            self._answers[known] = _json(body, status)

    def refuse(self, path: str, status: int, detail: str = "Not now") -> None:
        """Refuse a path, and repeat the key in it, as a careless service could."""
        self.answer(path, status, detail=f"{detail} [{KEY}]", key=KEY)

    def unplug(self) -> None:
        """Let no connection come about."""

        def fail(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError(f"{KEY} was not sent", request=request)

        self._answers = dict.fromkeys(self._answers, fail)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"].startswith("Bearer ")
        self.requests.append(request)
        return self._answers.get(request.url.path, self._for_commands(request.url.path))(request)

    def _for_commands(self, path: str) -> Answer:
        """What commands read, which only `offer` changes; of the pull request that is asked for there is no review."""
        there = path in OF_COMMANDS
        return _json(NOTHING) if there else _json({"detail": "Not found"}, 404)


def _json(body: Any, status: int = 200) -> Answer:
    return lambda request: httpx.Response(status, json=body)
