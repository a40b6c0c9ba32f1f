"""What admins read about metrics: of which days Devin is asked, and how much of its answer is the bot's own."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.devin.client import Devin
from bot.domain.billing import Period
from bot.features.reads.flow import metrics
from tests.flows.conftest import ONCE, ORG

OWN = "service-user-1"
BY_PATH: dict[str, dict[str, Any]] = {
    "usage": {"sessions_count": 12, "searches_count": 1, "prs_created_count": 8, "prs_merged_count": 3},
    "sessions": {
        "sessions_created_count": 10,
        "sessions_created_by_origin": {"api": 4, "webapp": 6},
        "sessions_created_by_size": {"s": 10},
        "avg_acus_per_session": 1.25,
    },
    "prs": {"prs_created_count": 8, "prs_opened_count": 3, "prs_closed_count": 2, "prs_merged_count": 3},
    "active-users": {"active_users": 3},
}
OF_THE_BOT: dict[str, dict[str, Any]] = {
    "sessions": {"sessions_created_count": 4},
    "prs": {"prs_created_count": 6, "prs_opened_count": 3, "prs_closed_count": 0, "prs_merged_count": 3},
}


class Counts:
    """Devin's metrics: of the bot where it asks for its own, else of everybody."""

    def __init__(self, own: str | None = OWN) -> None:
        self.own = own
        self.asked: set[tuple[str, str]] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v3/self":
            return httpx.Response(200, json={"principal_type": "service_user", "service_user_id": self.own})
        params, name = request.url.params, request.url.path.rsplit("/", 1)[-1]
        self.asked.add((_day(params["time_after"]), _day(params["time_before"])))
        whose = params.get_list("service_user_ids")
        assert whose in ([], [OWN])
        return httpx.Response(200, json=OF_THE_BOT[name] if whose else BY_PATH[name])


def _day(at: str) -> str:
    return f"{datetime.fromtimestamp(int(at), UTC):%d %b %H:%M}"


@pytest.fixture
async def read(make, either_store, clock):
    """Ask for the metrics of a period at an instant."""

    async def asked(counts, period, at, in_own_names=0):
        async def theirs(*_span):
            return in_own_names

        async with httpx.AsyncClient(transport=httpx.MockTransport(counts)) as http:
            services = make(either_store, clock, devin=Devin(http, "cog_test", ORG, patience=ONCE))
            (workspace,) = services.workspaces
            return (
                await metrics(workspace, Period(period), datetime(2026, 11, *at, tzinfo=UTC).timestamp(), theirs)
            ).text

    return asked


async def test_the_share_of_the_bot_is_what_its_own_service_user_has_made(read):
    counts = Counts()
    assert (await read(counts, "week", (26, 12))).split("\n") == [
        "*Devin, November 19\N{EN DASH}25, 2026*",
        "• 12 sessions in use, 1 search",
        "• 10 sessions created (4 of 10 through Devin Bridge, 40%), 1.3 ACUs each on average",
        "• by origin: 6 web app, 4 API",
        "• by size: 10 S",
        "• 8 pull requests created (6 of 8 through Devin Bridge, 75%), 3 merged, 2 closed unmerged",
        "• 3 active people",
        "Sessions that Devin Bridge starts count as API.",
    ]
    assert counts.asked == {("19 Nov 08:00", "26 Nov 08:00")}


async def test_sessions_in_peoples_own_names_are_the_bots_too(read):
    shown = await read(Counts(), "week", (26, 12), 3)
    assert "• 10 sessions created (7 of 10 through Devin Bridge, 70%)" in shown
    assert "• 8 pull requests created, 3 merged" in shown, "Devin does not say whose they are"


async def test_without_its_own_id_nothing_is_the_bots(read):
    shown = await read(Counts(None), "week", (26, 12))
    assert "• 10 sessions created, 1.3 ACUs each on average\n" in shown
    assert "through Devin Bridge" not in shown


async def test_a_month_is_that_of_the_calendar_as_far_as_its_days_are_finished(read):
    counts = Counts()
    assert (await read(counts, "month", (26, 12))).startswith("*Devin, November 1\N{EN DASH}25, 2026*\n")
    assert counts.asked == {("01 Nov 08:00", "26 Nov 08:00")}


async def test_of_a_month_without_a_finished_day_devin_is_not_asked(read):
    counts = Counts()
    assert await read(counts, "month", (1, 12)) == (
        "No day of November is finished yet. `/devin metrics week` shows the last seven finished days."
    )
    assert counts.asked == set()
