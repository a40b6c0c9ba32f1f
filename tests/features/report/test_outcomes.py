"""The answers to `/devin report`, made of rows."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.domain.amounts import Price
from bot.domain.cycle import Cycle
from bot.domain.periods import RangeFault, RefusedRange
from bot.domain.questions import REPORT_QUESTIONS
from bot.domain.readers import Readers
from bot.features.consumption import rows as cycles
from bot.features.report import sentences as outcome_report
from bot.features.report.flow import OutcomeAnswers
from bot.features.usage import sentences as usage
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger
from bot.store import past_sessions, spend
from bot.store import sessions as session_rows
from bot.store import waiting_times as waits
from bot.store.tables import channels, people, sessions, waiting_times
from bot.store.tables import spend as spent_days
from bot.views.doubts import ABOUT
from bot.views.sentences import IN_DIRECT_MESSAGE
from tests.markup import written


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


NOW = utc(2026, 5, 20, 12)
NOON = utc(2026, 5, 18, 12)
API, WEB = "https://github.com/acme/api/pull/", "https://github.com/acme/web/pull/"


async def filled(store):
    """Ada's session with three pull requests, one of them opened earlier, Ben's with one of these, and two without."""
    await store.person("U0ADA", "Ada", NOW, "Europe/Berlin")
    await store.put(channels, {"team": "T0ACME", "channel": "C0WORK", "is_private": False})
    await store.session("a", NOON, options={"repo": "acme/web", "playbook": "Fix bugs", "tags": []})
    await store.session("b", NOON + 1, requester="U0BEN", requester_name="ben", channel="D0BEN")
    await store.session("c", NOON + 2, options={"playbook": "Fix bugs", "tags": []})
    for url, session, at in (
        (WEB + "0", "a", utc(2026, 5, 2, 12)),
        (WEB + "1", "a", NOON),
        (WEB + "2", "a", NOON),
        (WEB + "2", "b", NOON + 60),
        (API + "3", "b", NOON),
        (API + "4", "b", utc(2026, 5, 20, 9)),  # on the running day
        (API + "5", "purged", NOON),
    ):
        await store.pull_request(session, url, at)
    await store.pull_request("a", WEB + "1", NOON + 7200, "merged")
    await store.pull_request("b", API + "3", NOON + 60, "closed")
    for since, ended_at in ((NOON, NOON + 5400), (utc(2026, 5, 20, 7), None), (utc(2026, 5, 20, 8), None)):
        waited = {"session_id": "a", "since": since, "ended_at": ended_at, "team": "T0ACME", "org_id": "org-acme"}
        await store.put(waiting_times, waited | {"tz": "Europe/Berlin"})
    await store.spent(date(2026, 5, 3), a=5.0)
    await store.spent(date(2026, 5, 18), a=1.0, b=2.0, c=0.5, purged=4.0)
    await over(store)


async def over(store, *but):
    """Let all sessions be over, except some."""
    async with store.db.write() as tx:
        await tx.execute(spent_days.update().values(outcome="stopped").where(spent_days.c.session_id.not_in(but)))


@pytest.fixture
async def asked(make, either_store, clock):
    clock.now = NOW
    services = make(either_store, clock)
    answers = OutcomeAnswers(services, UsageAnswers(services, UsageLedger(services)))
    (workspace,) = services.workspaces

    async def ask(text):
        answer = await answers.report(workspace, REPORT_QUESTIONS.of(text))
        return written(answer.blocks) or answer.text

    await filled(either_store)
    return ask


async def test_what_may_be_of_days_before_the_period_makes_it_about_right(asked, either_store):
    why = ABOUT.format(days="Wed, May 13")
    async with either_store.db.write() as tx:
        await spend.add(tx, "org-acme", date(2026, 5, 18), {"c": 1.0}, {"c": date(2026, 5, 16)})
    assert "• Without a pull request: 1.5 ACUs in 1 session\n" in await asked("week")
    async with either_store.db.write() as tx:
        await spend.add(tx, "org-acme", date(2026, 5, 13), {"c": 2.0}, {"c": date(2026, 5, 12)})
    report = await asked("week")
    assert "• Without a pull request: about 3.5 ACUs in 1 session\n" in report
    assert report.endswith(f"{outcome_report.EXPLAINED}\n{why}")
    assert why not in await asked("month")


async def test_a_merged_pull_request_costs_what_the_days_of_its_sessions_did(make, store, clock):
    clock.now = NOW
    rises = Price(Decimal(1), "USD", ((date(2026, 5, 18), Decimal(2)),))
    services = make(store, clock, acu_price=rises)
    await store.session("a", NOON)
    for number in range(5):
        await store.pull_request("a", f"{WEB}{number}", NOON)
        await store.pull_request("a", f"{WEB}{number}", NOON + 7200, "merged")
    await store.spent(date(2026, 5, 3), a=5.0)
    await store.spent(date(2026, 5, 18), a=1.0)
    answers = OutcomeAnswers(services, UsageAnswers(services, UsageLedger(services)))
    (workspace,) = services.workspaces
    report = written((await answers.report(workspace, REPORT_QUESTIONS.of("week"))).blocks)
    assert "ACUs per merged pull request: 1.2 (6 ÷ 5, 1.40 USD each)" in report  # 5 x 1 + 1 x 2


async def test_what_came_of_it(asked):
    assert await asked("week") == (
        "Devin in the last seven days: results\nSeven billing days up to Tuesday, May 19, 2026, "
        "each 8:00 AM to 8:00 AM UTC.\n*4 pull requests opened: 1 merged, 1 closed unmerged, 2 "
        "open.*\nMerge rate: not enough data (1 of 2; needs at least 5)\nACUs per merged pull request: "
        "not enough data (12 ÷ 1; needs at least 5)\nCounting sessions that opened none: not enough data (12.5 ÷ "
        "1; needs at least 5)\nTime to merge: 2 h (median of 1)\n4 sessions: 3 with "
        "a pull request, 1 without.\nWaiting on people: 2.5 working hours across 2 waits, median 1 h 15 "
        "min. Longest: <https://acme.slack.com/archives/C0WORK/p1779105600000000|Do a> "
        "(<https://app.devin.ai/sessions/a|Open in Devin>), 2 h 30 "
        "min.\n*ACUs with nothing merged*\n• Without a pull request: 0.5 ACUs in 1 session\n1. "
        "<https://acme.slack.com/archives/C0WORK/p1779105602000000|Do c> "
        "(<https://app.devin.ai/sessions/c|Open in Devin>): 0.5 ACUs · Ada\n*Open, the oldest first*\n• "
        f"{outcome_report.HIDDEN_PULL_REQUEST}: 2 d\n• <{WEB}2|acme/web#2>: 2 d\n*Most used playbooks*\n• "
        f"Fix bugs: 2 sessions\n{outcome_report.EXPLAINED}"
    )


async def test_blocked_are_the_working_hours_of_who_asked_and_titles_are_not_for_everybody(make, store, clock):
    clock.now = NOW
    services = make(store, clock, zone=ZoneInfo("America/New_York"))
    await store.person("U0ADA", "Ada", NOW, "Asia/Tokyo")
    await store.session("a", NOON)
    await store.session("b", NOON, requester="U0BEN", channel="D0BEN")
    await store.spent(date(2026, 5, 18), a=1.0, b=1.0)
    (workspace,) = services.workspaces
    waited = {"since": utc(2026, 5, 18, 12), "ended_at": utc(2026, 5, 19, 1), "team": "T0ACME", "org_id": "org-acme"}
    for session in (
        "a",
        "b",
    ):  # an hour of Tuesday in Tokyo; Monday in New York, as Ben's zone is not known
        await store.put(waiting_times, waited | {"session_id": session})
    answers = OutcomeAnswers(services, UsageAnswers(services, UsageLedger(services)))

    async def line():
        report = written((await answers.report(workspace, REPORT_QUESTIONS.of("week"))).blocks)
        return next(line for line in report.splitlines() if line.startswith("Waiting on"))

    nine = "Waiting on people: 9 working hours across 2 waits, median 4 h 30 min."
    assert await line() == f"{nine} Longest: {IN_DIRECT_MESSAGE}, 8 h."
    async with store.db.write() as tx:
        await tx.execute(sessions.delete().where(sessions.c.id == "b"))
    assert await line() == f"{nine} Longest: {outcome_report.NOT_STORED}, 8 h."


async def test_a_wait_stays_in_the_zone_of_who_asked_when_their_profile_is_gone(asked, either_store):
    await either_store.person("U0ADA", "Ada", NOW, "Asia/Tokyo")
    async with either_store.db.write() as tx:
        await tx.execute(waiting_times.delete())
        session = (await session_rows.tracked(tx, ["a"]))["a"].session
        await waits.begin(tx, session, utc(2026, 5, 18, 12))
        await waits.end(tx, "a", utc(2026, 5, 19, 1))
    assert "1 working hour across 1 wait" in await asked("week")
    async with either_store.db.write() as tx:
        await tx.execute(people.delete())
    assert "1 working hour across 1 wait" in await asked("week")


async def test_groups_of_a_report(asked):
    by = {
        division: [line.split(" · ")[0] for line in (await asked(f"week by {division}")).splitlines()[9:13]]
        for division in ("person", "channel", "repo", "playbook")
    }
    two, one = "2 pull requests opened, 1 merged", "1 pull request opened, 0 merged"
    gone = f"• sessions that are no longer stored: {one}"
    assert by == {
        "person": [f"• Ada: {two}", f"• ben: {one}", gone, "*Open, the oldest first*"],
        "channel": [f"• <#C0WORK>: {two}", f"• DMs: {one}", gone, "*Open, the oldest first*"],
        "repo": [
            f"• acme/web: {two}",
            f"• private channels and DMs: {one}",
            gone,
            "• no repository known: no pull requests",
        ],
        "playbook": [f"• Fix bugs: {two}", f"• no playbook: {one}", gone, "*Open, the oldest first*"],
    }


async def test_a_cycle_is_devins_and_what_was_opened_before_it_is_left_out(asked, either_store):
    await either_store.pull_request("a", WEB + "6", utc(2026, 5, 4, 12))
    month = "*5 pull requests opened: 1 merged, 1 closed unmerged, 3 open.*"
    assert (await asked("cycle")).splitlines()[2] == month  # of the calendar, while Devin's cycle is not known
    async with either_store.db.write() as tx:
        await cycles.put_cycles(tx, "org-acme", [Cycle(date(2026, 5, 6), date(2026, 6, 5))], NOW)
    assert (await asked("cycle")).splitlines()[:3] == [
        "Devin in this billing cycle, so far: results",
        "14 finished billing days, May 6\N{EN DASH}19, 2026, each 8:00 AM to 8:00 AM UTC.",
        "*4 pull requests opened: 1 merged, 1 closed unmerged, 2 open.*",
    ]


async def test_the_first_of_a_month_has_no_finished_day(asked, clock):
    clock.now = utc(2026, 6, 1, 12)
    assert await asked("month") == f"Devin in June, so far: results\n{usage.NOTHING_FINISHED}"


async def test_what_was_used_and_nothing_merged_is_named_by_its_biggest_sessions(make, either_store, clock):
    """Each session that is over counts by the best that has become of its pull requests by now.

    A plain question counts nowhere, and titles follow the rule for titles.
    """
    clock.now = utc(2026, 6, 2, 12)
    store, now = either_store, clock.now
    states = {
        "merged": ["closed", "merged"],
        "fresh": ["closed", "open"],
        "stale": ["closed", "open"],
        "closed": ["closed"],
    }
    others = {"none": [], "direct": [], "later": ["merged"], "working": [], "asked": [], "answered": []}
    facts = {"direct": {"channel": "D0ADA"}, "asked": {"prompt": "How does the login work? "}}
    for number, (name, found) in enumerate((states | others).items()):
        await store.session(name, NOON + number, **facts.get(name, {}))
        at = {"fresh": now - 13 * 86_400, "stale": now - 15 * 86_400, "later": now}.get(name, NOON)
        for count, state in enumerate(found):
            await store.pull_request(name, f"{WEB}{name}{count}", at, state)
    used = {"merged": 50.0, "fresh": 40.0, "stale": 1.0, "closed": 2.0, "none": 3.0, "direct": 4.0}
    await store.spent(date(2026, 5, 20), **used, later=0.5, working=5.0, asked=6.0, answered=7.0)
    async with store.db.write() as tx:
        await tx.execute(sessions.update().values(announced="answered").where(sessions.c.id == "answered"))
    await over(store, "working")
    services = make(store, clock)
    answers = OutcomeAnswers(services, UsageAnswers(services, UsageLedger(services)))
    (workspace,) = services.workspaces
    async with store.db.write() as tx:
        await cycles.put_cycles(tx, "org-acme", [Cycle(date(2026, 5, 6), date(2026, 6, 5))], now)
    message = await answers.report(workspace, REPORT_QUESTIONS.of("cycle"), Readers("C0ADMINS"))
    section = written(message.blocks).split("*ACUs with nothing merged*\n")[1].split("\n*Open")[0]
    lines = section.splitlines()
    assert lines[:3] == [
        "• Without a pull request: 7 ACUs in 2 sessions",
        "• Closed unmerged: 2 ACUs in 1 session",
        "• Open for more than 14 days: 1 ACU in 1 session",
    ]
    assert lines[3] == f"1. {IN_DIRECT_MESSAGE}: 4 ACUs"
    found = [re.sub(r" \(<.*?>\)", "", line.split("|Do ")[1].split(" · ")[0]) for line in lines[4:]]
    assert found == ["none>: 3 ACUs", "closed>: 2 ACUs"]
    async with store.db.write() as tx:
        await tx.execute(sessions.update().values(ended_at=now))
        await past_sessions.keep(tx, gone := ["none", "asked", "answered"])
        await tx.execute(sessions.delete().where(sessions.c.id.in_([*gone, "direct"])))
    purged = written((await answers.report(workspace, REPORT_QUESTIONS.of("cycle"), Readers("C0ADMINS"))).blocks)
    assert "1 ACU in 1 session\n1. session of May 18, 2026, no longer stored: 3 ACUs\n2. <" in purged


async def test_a_whole_month_stands_beside_the_one_before(asked, either_store, clock):
    clock.now = utc(2026, 6, 3, 12)
    await either_store.spent(date(2026, 4, 1), b=1.0)
    await either_store.pull_request("b", API + "9", utc(2026, 4, 3, 12))
    await either_store.pull_request("b", API + "9", utc(2026, 4, 4, 12), "merged")
    for typed in ("last month", "2026-05", "2026-05-01 to 2026-05-31"):
        lines = (await asked(typed)).splitlines()
        assert lines[:3] == [
            "Devin in May 2026: results",
            "31 finished billing days, May 1\N{EN DASH}31, 2026, each 8:00 AM to 8:00 AM UTC.",
            "*6 pull requests opened: 1 merged, 1 closed unmerged, 4 open.*",
        ]
        begin = lines.index("*The month before, April 2026*")
        assert lines[begin + 1 : begin + 7] == [
            "1 pull request opened: 1 merged.",
            "Merge rate: not enough data (1 of 1; needs at least 5)",
            "ACUs per merged pull request: not enough data (3 ÷ 1; needs at least 5)",
            "Counting sessions that opened none: not enough data (3 ÷ 1; needs at least 5)",
            "Time to merge: 1 d (median of 1)",
            "1 session: 1 with a pull request, 0 without.",
        ]
    assert "*The month before, April 2026*" in await asked("last month by person")
    for typed in ("month", "2026-05-01..2026-05-30", "2026-04"):
        assert "The month before" not in await asked(typed)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("2026-13", RangeFault.MALFORMED),
        ("2026-06", RangeFault.FUTURE),
        ("last month", RangeFault.NOT_KEPT),
        ("2026-05-18..2026-05-04", RangeFault.REVERSED),
    ],
)
async def test_days_without_figures_are_refused_with_what_to_write(asked, typed, fault):
    refused = RefusedRange(fault, typed, date(2026, 5, 20), date(2026, 5, 3))
    assert await asked(typed) == usage.refused_range(refused).text
