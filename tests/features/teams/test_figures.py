"""What was used, divided by teams: in answers, files and digests, on both databases."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.questions import USAGE_QUESTIONS, By
from bot.domain.readers import ANYBODY
from bot.features import TABLES
from bot.features.digest.posts import DigestSpenders
from bot.features.teams import rows as cost_centres
from bot.features.teams.rules import CostCentre, Member, MemberKind
from bot.features.usage.figure_files import usage_file
from bot.features.usage.file_parts import FileParts
from bot.features.usage.spend_group_rows import Spending
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.upkeep.erase import Erasure
from bot.store import sessions
from bot.store.tables import spend
from bot.views.csv import csv_text
from bot.views.sentences import IN_DIRECT_MESSAGE
from tests.flows.conftest import ORG, TEAM, Store
from tests.markup import written

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
DAY = date(2026, 5, 19)
PAY = Member(MemberKind.TAG, "pay")
WORK = Member(MemberKind.CHANNEL, "C0WORK")
BEN = Member(MemberKind.PERSON, "U0BEN")


async def put_teams(store: Store, **teams: Sequence[Member]) -> None:
    async with store.db.write() as tx:
        for name, members in teams.items():
            await cost_centres.put(tx, TEAM, name, members, date(2026, 1, 1))


async def put_sessions(store: Store) -> None:
    """One with the tag in the channel, one in the channel alone, one of Ben's elsewhere, one of nobody's."""
    await store.person("U0ADA", "Ada", NOW)
    await store.session("tagged", NOW - 86_400, options={"tags": ["Pay", "urgent"], "playbook": None, "repo": None})
    await store.session("here", NOW - 86_399)
    await store.session("bens", NOW - 86_398, requester="U0BEN", channel="C0WEB")
    await store.session("bens-direct", NOW - 86_397, requester="U0BEN", channel="D0BEN")
    await store.session("nobodys", NOW - 86_396, channel="C0WEB")
    await store.spent(DAY, **{"tagged": 4.0, "here": 2.0, "bens": 1.5, "bens-direct": 0.5, "nobodys": 1.0})


class Asked:
    def __init__(self, services: Any) -> None:
        self.services = services
        self.ledger = UsageLedger(services)
        self.answers = UsageAnswers(services, self.ledger)
        (self.workspace,) = services.workspaces

    async def lines(self, text: str) -> list[str]:
        message = await self.answers.usage(self.workspace, USAGE_QUESTIONS.of(text))
        return [line.removeprefix("• ") for line in written(message.blocks).splitlines() if line.startswith("• ")]

    async def file(self, text: str) -> list[str]:
        question = USAGE_QUESTIONS.of(text)
        async with self.services.db.scan() as tx:
            span = await self.answers.span(tx, self.workspace, question)
            figures = await self.answers.figures(tx, self.workspace, span.counted)
            found = await FileParts(tx, self.workspace, Spending(TEAM, ORG, DAY, DAY), figures).by(
                question.by or By.DAY
            )
        assert found is not None
        made = usage_file(question, span, figures, *found, shows_people=self.workspace.policy.shows_names)
        return csv_text(made.header, made.rows).splitlines()


@pytest.fixture
def asked(make: Any, either_store: Store, clock: Any, bills: Any) -> Asked:
    clock.now = NOW
    bills.days = {DAY: 12.0}
    return Asked(make(either_store, clock))


async def test_a_session_counts_by_its_tag_then_its_channel_then_who_asked(asked: Asked, either_store: Store) -> None:
    await put_sessions(either_store)
    await put_teams(either_store, Payments=[PAY], Work=[WORK], Bens=[BEN])
    await asked.ledger.refresh(asked.workspace.organisation)
    assert await asked.lines("yesterday by team") == [
        "Payments: 4 ACUs · 1 session",
        "Bens: 2 ACUs · 2 sessions",
        "Work: 2 ACUs · 1 session",
        "no team: 1 ACU · 1 session",
        "outside Slack: 3 ACUs",
    ]
    assert await asked.file("yesterday by team csv") == [
        "team,acus,sessions,pull_requests",
        "Payments,4.0,1,0",
        "Bens,2.0,2,0",
        "Work,2.0,1,0",
        "no team,1.0,1,0",
        "outside Slack,3.0,,",
        "total,12.0,,",
    ]
    by_session = await asked.file("yesterday by session csv")
    assert by_session[0] == "session,url,thread,person,team,acus,pull_requests"
    assert {line.split(",")[0]: line.split(",")[4] for line in by_session[1:]} == {
        "Do tagged": "Payments",
        "Do here": "Work",
        "Do bens": "Bens",
        IN_DIRECT_MESSAGE: "Bens",
        "Do nobodys": "no team",
        "outside Slack": "",
        "total": "",
    }


async def test_teams_are_known_of_sessions_that_are_no_longer_stored(asked: Asked, either_store: Store) -> None:
    await put_sessions(either_store)
    await put_teams(either_store, Payments=[PAY], Work=[WORK], Bens=[BEN])
    before = await asked.lines("yesterday by team")
    async with either_store.db.write() as tx:
        await tx.execute(sessions.sessions.delete())
    assert await asked.lines("yesterday by team") == before


async def test_without_teams_a_file_has_no_column_for_them(asked: Asked, either_store: Store) -> None:
    await put_sessions(either_store)
    assert (await asked.file("yesterday by session csv"))[0] == "session,url,thread,person,acus,pull_requests"


async def test_a_digest_has_a_table_of_teams_where_there_are_some(asked: Asked, either_store: Store) -> None:
    await put_sessions(either_store)
    figures = await asked.ledger.figures(asked.workspace, DAY)

    async def tables() -> dict[str, list[tuple[str, float, int]]]:
        async with either_store.db.scan() as tx:
            found, _ = await DigestSpenders(tx, asked.workspace, DAY, figures, ANYBODY).tables(NOW)
        return {table.caption: [(row.name, float(row.acus), row.sessions) for row in table.rows] for table in found}

    assert "Teams" not in await tables()
    await put_teams(either_store, Payments=[PAY], Bens=[BEN])
    assert (await tables())["Teams"] == [("Payments", 4.0, 1), ("no team", 3.0, 2), ("Bens", 2.0, 2)]


async def test_where_people_are_not_named_a_team_of_few_is_not_shown(
    make: Any, either_store: Store, clock: Any
) -> None:
    clock.now = NOW
    asked = Asked(make(either_store, clock, shows_names=False))
    await put_sessions(either_store)
    await put_teams(either_store, Bens=[BEN])
    assert await asked.lines("yesterday by team") == ["others: 9 ACUs · 5 sessions"]


async def test_a_member_belongs_to_one_team_on_a_day_and_closed_days_stay_as_they_are(
    make: Any, either_store: Store, clock: Any
) -> None:
    clock.now = NOW
    await put_sessions(either_store)
    await either_store.spent(date(2026, 5, 18), bens=3.0)
    await put_teams(either_store, payments=[PAY, BEN], Ops=[WORK])
    async with either_store.db.write() as tx:
        await tx.execute(spend.update().where(spend.c.tags.is_(None)).values(tags=","))
        await cost_centres.put(tx, TEAM, "Ops", [BEN], DAY)
    async with either_store.db.read() as tx:
        found = await cost_centres.on_day(tx, TEAM, DAY)
    assert found == [CostCentre("Ops", (WORK, BEN)), CostCentre("payments", (PAY,))]
    asked = Asked(make(either_store, clock))

    async def counted() -> dict[str, list[str]]:
        days = {day: await asked.lines(f"{day} by team") for day in ("2026-05-18", "2026-05-19")}
        return days | {"both": await asked.lines("2026-05-18..2026-05-19 by team")}

    expected = {
        "2026-05-18": ["payments: 3 ACUs · 1 session"],
        "2026-05-19": [
            "Ops: 4 ACUs · 3 sessions",
            "payments: 4 ACUs · 1 session",
            "no team: 1 ACU · 1 session",
        ],
        "both": ["payments: 7 ACUs · 2 sessions", "Ops: 4 ACUs · 3 sessions", "no team: 1 ACU · 1 session"],
    }
    assert await counted() == expected
    erased = await Erasure(either_store.db, TABLES, lease=30.0).person("U0BEN")
    assert erased.rows["team of a past figure", "teams of past figures"] == 3
    async with either_store.db.write() as tx:
        await cost_centres.put(tx, TEAM, "", [WORK, PAY], date(2026, 5, 20))
    assert await counted() == expected
