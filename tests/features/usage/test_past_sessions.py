"""What figures say of sessions that are purged: the same as before, but for their titles and links."""

import pytest

from bot.domain.questions import By
from bot.store import sessions
from bot.store.tables import past_sessions, people, spend
from bot.store.tables import sessions as session_rows
from tests.features.report.test_outcomes import asked as report
from tests.features.usage.test_files import URL, Files
from tests.features.usage.test_usage import NOW, YESTERDAY, Asked, filled, may, rows
from tests.said import titled

__all__ = ["report"]
SESSION = "session of May 18, 2026, no longer stored"
MONTH = 30 * 86_400


async def purge(store):
    """Let all sessions be over, and purge them; what was known of people is gone by then too."""
    async with store.db.write() as tx:
        await tx.execute(session_rows.update().values(lifecycle="ended", ended_at=NOW))
        hers = session_rows.c.requester == "U0ADA"
        await tx.execute(session_rows.update().where(hers).values(requester_name="ada"))
        await tx.execute(people.delete())
        assert await sessions.purge(tx, NOW + 1)


@pytest.fixture
async def services(make, either_store, clock, bills):
    clock.now = NOW
    await filled(either_store)
    bills.days = {may(18): 10.0, YESTERDAY: 10.0}
    made = make(either_store, clock)
    await Asked(made).refresh()
    return made


@pytest.mark.parametrize("by", [by for by in By if by is not By.SESSION])
async def test_usage_divides_purged_sessions_as_it_did(services, either_store, by):
    asked = Asked(services)
    before = await asked(f"week by {by}")
    await purge(either_store)
    assert await asked(f"week by {by}") == before.replace("Ada", "ada")


@pytest.mark.parametrize("by", [by for by in By if by is not By.SESSION])
async def test_a_file_divides_purged_sessions_as_it_did(services, either_store, by):
    files = Files(services, either_store)
    before = await files(f"usage week by {by} csv")
    await purge(either_store)
    assert await files(f"usage week by {by} csv") == [line.replace("Ada", "ada") for line in before]


async def test_each_purged_session_has_a_row_without_its_title(services, either_store):
    asked, files = Asked(services), Files(services, either_store)
    await purge(either_store)
    assert rows(await asked("week by session")) == [
        "another workspace: 4 ACUs · 1 session",
        f"{SESSION} · ada: 2.5 ACUs",
        f"{SESSION} · ben: 2.3 ACUs",
        "sessions that are no longer stored: 0.5 ACUs · 1 session",
        f"{SESSION}: 0.2 ACUs",
        "outside Slack: 10.5 ACUs",
    ]
    assert await files("usage week by session csv") == [
        "session,url,thread,person,acus,pull_requests",
        "another workspace,,,,4.0,0",
        f"{SESSION},,,ada,2.5,0",
        f"{SESSION},,,ben,2.25,1",
        "sessions that are no longer stored,,,,0.5,0",
        f"{SESSION},,,,0.25,0",
        "outside Slack,,,,10.50,",
        "total,,,,20.00,",
    ]
    assert URL not in str(await either_store.rows(past_sessions))
    assert {"title", "prompt"}.isdisjoint(past_sessions.columns.keys())


async def test_the_answer_in_sum_still_names_who_used_most(services, either_store):
    await purge(either_store)
    lines = (await Asked(services)("week")).splitlines()
    assert lines[lines.index("*Most ACUs used*") + 1 :][:2] == [
        f"1. {SESSION}: 2.5 ACUs · ada",
        f"2. {SESSION}: 2.3 ACUs · ben",
    ]


async def test_where_devin_reports_no_acus_work_is_still_told(services, either_store, bills):
    bills.days = dict.fromkeys(bills.days, 0.0)
    asked = Asked(services)
    await asked.refresh()
    async with either_store.db.write() as tx:
        await tx.execute(spend.update().values(acus=0.0))
        await tx.execute(session_rows.update().values(acus=0.0, done_at=NOW - 86_400, worked=7200.0))
    before = await asked("week")
    assert "6 h" in before
    await purge(either_store)
    assert await asked("week") == before


async def test_a_report_divides_purged_sessions_as_it_did(report, either_store):
    before = {by: await report(f"week{by}") for by in ("", " by person", " by channel", " by repo", " by playbook")}
    await purge(either_store)
    thread = "https://acme.slack.com/archives/C0WORK"
    for by, answer in before.items():
        unnamed = answer.replace("Ada", "ada")
        for name, ts in (("a", "1779105600000000"), ("c", "1779105602000000")):
            unnamed = unnamed.replace(titled(f"Do {name}", f"{thread}/p{ts}", name), SESSION)
        assert await report(f"week{by}") == unnamed


async def test_sessions_that_were_never_active_leave_nothing(either_store):
    await either_store.session("a", NOW - MONTH)
    async with either_store.db.write() as tx:
        await tx.execute(spend.delete())
    await purge(either_store)
    assert await either_store.rows(past_sessions) == []
