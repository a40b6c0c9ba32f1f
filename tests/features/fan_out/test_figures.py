"""What the sessions of fan-outs used counts under who asked for them, wherever figures are shown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.conversation.session_card import SessionCard
from bot.devin.models import DevinSession
from bot.domain.billing import Booked, billing_day
from bot.domain.outcomes import Outcome
from bot.domain.questions import REPORT_QUESTIONS, By
from bot.domain.session import Lifecycle, Options
from bot.features import TABLES
from bot.features.consumption import rows as session_bill_rows
from bot.features.consumption.rows import AskedSession
from bot.features.cost.flow import OwnCost
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out.rules import FanOut, FanOutSession, FanOutState, session_id_of
from bot.features.fan_out.run import facts_of, record
from bot.features.report.flow import OutcomeAnswers
from bot.features.usage.usage import UsageAnswers
from bot.kernel.access import Access
from bot.kernel.upkeep.retention import Retention
from bot.store import session_days, spend
from bot.store.tables import fan_out_sessions, past_sessions
from bot.timing import DAY, PRODUCTION
from tests.features.usage.test_files import Files
from tests.features.usage.test_usage import NOW, YESTERDAY, Asked, rows, utc
from tests.flows.conftest import ORG
from tests.markup import written

OPTIONS = Options(title="Upgrade", repo="acme/web", playbook="Bump")
FAN_OUT = FanOut("f1", "T0ACME", "U0ADA", "C0WORK", "bump all of {org}", FanOutState.OVER, NOW, options=OPTIONS)
TITLE = "Upgrade (Acme)"


@pytest.fixture
async def services(make, either_store, clock, bills):
    """A fan-out of Ada's, whose sessions used 3 ACUs in the bot's own organisation and 9 in another one."""
    clock.now, bills.days = NOW, {YESTERDAY: 10.0}
    store, made = either_store, make(either_store, clock)
    await store.person("U0ADA", "Ada", NOW)
    await store.session("a", utc(2026, 5, 19, 12), requester="U0BEN", requester_name="ben", title="Fix login")
    await store.spent(YESTERDAY, a=1.0)
    async with store.db.write() as tx:
        await fan_outs.add(tx, FAN_OUT, [FanOutSession(ORG, "Acme"), FanOutSession("org-2", "Data")])
        await fan_outs.change(tx, "f1", ts="1779192000.000100")
        for org_id, acus in ((ORG, 2.0), (ORG, 1.0), ("org-2", 9.0)):
            key = session_id_of("f1", org_id)
            await session_days.record_of_fan_out(tx, key, org_id, Outcome.DONE, NOW - DAY)
            await spend.add(tx, org_id, YESTERDAY, {key: acus})
            await fan_outs.change_session(tx, "f1", org_id, read_at=NOW)
    await Asked(made).refresh()
    return made


async def test_usage_divides_them_by_all_that_is_known_of_them(services):
    asked = Asked(services)
    thread = "<https://acme.slack.com/archives/C0WORK/p1779192000000100|Upgrade (Acme)>"
    assert f"1. {thread}: 3 ACUs · Ada" in await asked("yesterday")
    assert "4 through Slack, 6 outside Slack\n2 sessions, as of Tue, May 19: 1 done, 1 running." in await asked(
        "yesterday"
    )
    found = {
        by: rows(await asked(f"yesterday by {by}"))[0] for by in ("person", "session", "channel", "repo", "playbook")
    }
    assert found == {
        "person": "Ada: 3 ACUs · 1 session",
        "session": f"{thread} · Ada: 3 ACUs",
        "channel": "<#C0WORK>: 4 ACUs · 2 sessions",
        "repo": "acme/web: 3 ACUs · 1 session",
        "playbook": "Bump: 3 ACUs · 1 session",
    }


async def test_report_and_the_file_have_them(services, either_store):
    assert "• Ada: no pull requests · 1 session, 1 without a pull request" in await report(services, By.PERSON)
    lines = await Files(services, either_store)("usage yesterday by session csv")
    assert f"{TITLE},,https://acme.slack.com/archives/C0WORK/p1779192000000100,Ada,3.0,0" in lines


async def test_cost_counts_them_in_all_organisations(services):
    own_cost = OwnCost(services, Access(services))
    (workspace,) = services.workspaces
    lines = written((await own_cost.answer(workspace, "U0ADA")).blocks).splitlines()
    assert lines[1:4] == ["*12 ACUs*", "2 sessions: both done.", "From other organizations: 9 ACUs."]
    assert lines[5].endswith("|Upgrade (Data)>: 9 ACUs · done")


@pytest.mark.parametrize("by", [By.PERSON, By.CHANNEL, By.REPO, By.PLAYBOOK])
async def test_after_the_fan_out_is_purged_usage_and_report_divide_them_as_they_did(services, either_store, clock, by):
    before = [await answer(services, by) for answer in (usage, report)]
    await purge(services, either_store, clock)
    assert [await answer(services, by) for answer in (usage, report)] == before


async def test_after_the_fan_out_is_purged_they_are_named_without_their_title(services, either_store, clock):
    await purge(services, either_store, clock)
    named = "session of May 20, 2026, no longer stored"
    assert rows(await Asked(services)("yesterday by session"))[0] == f"{named} · Ada: 3 ACUs"
    kept = await either_store.rows(past_sessions)
    assert {(row["org_id"], row["acus"], row["repo"], row["playbook"]) for row in kept} == {
        (ORG, 0.0, "acme/web", "Bump"),
        ("org-2", 0.0, "acme/web", "Bump"),
    }
    assert "bump all" not in str(kept)


async def usage(services, by):
    return await Asked(services)(f"yesterday by {by}")


async def report(services, by):
    answers = OutcomeAnswers(services, UsageAnswers(services, Asked(services).usage_ledger))
    (workspace,) = services.workspaces
    return written((await answers.report(workspace, REPORT_QUESTIONS.of(f"week by {by}"))).blocks)


async def purge(services, store, clock):
    """Let so much time pass that the fan-out is purged, and look at the figures of before."""
    clock.now = NOW + max(PRODUCTION.retention, PRODUCTION.fan_outs_kept) + DAY
    await Retention(services, TABLES, SessionCard).purge()
    clock.now = NOW
    await store.person("U0ADA", "Ada", NOW)
    assert await store.rows(fan_out_sessions) == []


@pytest.mark.parametrize("answers", [(5.0, None, 5.0), (5.0, 4.0, 5.0)])
async def test_what_devin_forgets_for_a_moment_is_not_booked_twice(make, either_store, clock, answers):
    clock.now = NOW
    tools = make(either_store, clock)
    async with tools.db.write() as tx:
        running = replace(FAN_OUT, state=FanOutState.RUNNING)
        await fan_outs.add(tx, running, [FanOutSession(ORG, "Acme", lifecycle=Lifecycle.OPEN, devin_id="devin-1")])
    for acus in answers:
        told = {} if acus is None else {"acus_consumed": acus}
        made = DevinSession.model_validate({"session_id": "devin-1", "status": "running", **told})
        async with tools.unit_of_work() as uow:
            session = await fan_outs.session(uow.tx, "f1", ORG)
            await fan_outs.change_session(uow.tx, "f1", ORG, **facts_of(session, made))
            await record(uow, FAN_OUT, session, made)
    async with tools.db.read() as tx:
        assert sum((await spend.of_session(tx, session_id_of("f1", ORG))).values()) == 5.0


@pytest.mark.parametrize(("failed_before", "asked"), [(0, AskedSession("f1:org-acme", "devin-1")), (1, None)])
async def test_what_nobody_read_when_a_day_ended_is_in_doubt_and_devin_is_asked_unless_it_counts_two_sessions(
    make, either_store, clock, failed_before, asked
):
    clock.now = NOW
    tools, key = make(either_store, clock), session_id_of("f1", ORG)
    seen = {"lifecycle": Lifecycle.OPEN, "devin_id": "devin-1", "polled_at": NOW - 1, "read_at": NOW - DAY}
    session = FanOutSession(ORG, "Acme", failed_before=failed_before, **seen)
    made = DevinSession.model_validate({"session_id": "devin-1", "status": "running", "acus_consumed": 5.0})
    fan_out = replace(FAN_OUT, created_at=NOW - 2 * DAY)
    async with tools.unit_of_work() as uow:
        await fan_outs.add(uow.tx, fan_out, [session])
        await record(uow, fan_out, session, made)
    today = billing_day(NOW)
    async with tools.db.read() as tx:
        assert await spend.booked(tx, key, YESTERDAY) == {today: Booked(5.0, since=YESTERDAY)}
        window = (YESTERDAY - timedelta(days=1), YESTERDAY)
        assert await session_bill_rows.next_session(tx, ORG, *window, NOW, polled=False) == asked
