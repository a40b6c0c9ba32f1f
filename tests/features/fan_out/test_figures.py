"""What the sessions of fan-outs used counts under who asked for them, wherever figures are shown."""

from dataclasses import replace

import pytest

from bot.devin.models import DevinSession
from bot.domain.outcomes import Outcome
from bot.domain.questions import REPORT_QUESTIONS
from bot.domain.session import Lifecycle, Options
from bot.features.cost.flow import OwnCost
from bot.features.fan_out import rows as fan_outs
from bot.features.fan_out.rules import FanOut, FanOutSession, FanOutState, session_id_of
from bot.features.fan_out.session import facts_of, record
from bot.features.report.outcomes import OutcomeAnswers
from bot.features.usage.usage import UsageAnswers
from bot.kernel.access import Access
from bot.store import spend
from bot.store.tables import fan_out_sessions
from bot.store.tables import fan_outs as fan_out_table
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
            owner = {"team": "T0ACME", "org_id": org_id, "requester": "U0ADA", "channel": "C0WORK"}
            key = session_id_of("f1", org_id)
            await spend.add_of_fan_out(tx, owner, key, YESTERDAY, acus, Outcome.DONE)
    await Asked(made).refresh()
    return made


async def test_usage_divides_them_by_all_that_is_known_of_them(services):
    asked = Asked(services)
    thread = "<https://acme.slack.com/archives/C0WORK/p1779192000000100|Upgrade (Acme)>"
    assert f"1. {thread}: 3 ACUs · Ada" in await asked("yesterday")
    assert "4 through Slack, 6 elsewhere\n2 sessions, as of Tue 19 May: 1 done, 1 running." in await asked("yesterday")
    found = {
        by: rows(await asked(f"yesterday by {by}"))[0] for by in ("person", "session", "channel", "repo", "playbook")
    }
    assert found == {
        "person": "Ada: 3 ACUs · 1 session",
        "session": f"{thread} (Ada): 3 ACUs",
        "channel": "<#C0WORK>: 4 ACUs · 2 sessions",
        "repo": "acme/web: 3 ACUs · 1 session",
        "playbook": "Bump: 3 ACUs · 1 session",
    }


async def test_report_and_the_file_have_them(services, either_store):
    answers = OutcomeAnswers(services, UsageAnswers(services, Asked(services).usage_ledger))
    (workspace,) = services.workspaces
    text = written((await answers.report(workspace, REPORT_QUESTIONS.of("week by person"))).blocks)
    assert "• Ada: no pull requests · 1 session, 1 without a pull request" in text
    lines = await Files(services, either_store)("usage yesterday by session csv")
    assert f"{TITLE},,https://acme.slack.com/archives/C0WORK/p1779192000000100,Ada,3.0,0" in lines


async def test_cost_counts_them_in_all_organisations(services):
    own_cost = OwnCost(services, Access(services))
    (workspace,) = services.workspaces
    lines = written((await own_cost.answer(workspace, "U0ADA")).blocks).splitlines()
    assert lines[1:3] == ["*12 ACUs*", "2 sessions: both done."]
    assert lines[4].endswith("|Upgrade (Data)>: 9 ACUs · done")


async def test_after_the_fan_out_is_purged_they_still_count_for_who_asked(services, either_store):
    async with either_store.db.write() as tx:
        await tx.execute(fan_out_sessions.delete())
        await tx.execute(fan_out_table.delete())
    asked = Asked(services)
    assert rows(await asked("yesterday by person"))[0] == "Ada: 3 ACUs · 1 session"
    assert rows(await asked("yesterday by session"))[0] == "sessions that are no longer stored: 3 ACUs · 1 session"


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
