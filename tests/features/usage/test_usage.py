"""The answers to `/devin usage`, made of rows."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.billing import Period, WithheldBecause
from bot.domain.cycle import Cycle
from bot.domain.outcomes import Outcome
from bot.domain.periods import RangeFault, RefusedRange
from bot.domain.questions import USAGE_QUESTIONS, By
from bot.features.consumption import rows as cycles
from bot.features.usage import figure_sentences as digest
from bot.features.usage import sentences as usage
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger
from bot.store.tables import sessions as sessions_table
from bot.store.tables import spend as spend_table
from bot.views import outcomes
from bot.views.sentences import IN_DIRECT_MESSAGE
from tests.flows.conftest import ORG
from tests.markup import written


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


NOW = utc(2026, 5, 20, 12)
TODAY = date(2026, 5, 20)
YESTERDAY = date(2026, 5, 19)


def may(day):
    return date(2026, 5, day)


class Asked:
    """The answers to the admins of the only workspace."""

    def __init__(self, services):
        self.usage_ledger = UsageLedger(services)
        self._answers = UsageAnswers(services, self.usage_ledger)
        (self.workspace,) = services.workspaces

    async def __call__(self, text):
        return written((await self.message(text)).blocks)

    async def message(self, text):
        return await self._answers.usage(self.workspace, USAGE_QUESTIONS.of(text))

    async def refresh(self):
        await self.usage_ledger.refresh(self.workspace.organisation)


@pytest.fixture
def asked(make, store, clock):
    clock.now = NOW
    return Asked(make(store, clock))


# ---------------------------------------------------------------- periods


async def answers(asked, bills, store):
    bills.days = {may(day): 1.0 for day in range(1, 20)} | {TODAY: 0.5}
    await asked.refresh()
    await store.person("U0ADA", "Ada <!channel>", NOW)
    await store.session("a", NOW - 86_400, title="Fix & finish")
    await store.spent(YESTERDAY, a=0.75)
    return {period: written((await asked.message(period.value)).blocks) for period in Period}


async def test_usage_is_answered_from_rows(asked, bills, store):
    texts = await answers(asked, bills, store)
    assert texts[Period.TODAY] == (
        "Devin today, so far\nBilling day Wednesday, May 20, 2026, 8:00 AM to 8:00 AM UTC, still running.\n"
        f"*0.5 ACUs*\n0 through Slack, 0.5 outside Slack\n{outcomes.NO_ACTIVE_SESSIONS}\n"
        f"May, through May 20: 19.5 ACUs · forecast about 31"
    )
    assert texts[Period.YESTERDAY] == (
        "Devin yesterday\nBilling day Tuesday, May 19, 2026, 8:00 AM to 8:00 AM UTC.\n"
        f"*1 ACU* · {digest.UNCHANGED}\n0.8 through Slack, 0.2 outside Slack\n1 session, as of Tue, May 19: running.\n"
        "May, through May 19: 19 ACUs · forecast about 31\n*Most ACUs used*\n"
        "1. <https://acme.slack.com/archives/C0WORK/p1779192000000000|Fix &amp; finish> "
        "(<https://app.devin.ai/sessions/a|Open in Devin>): 0.8 ACUs · Ada &lt;\u200b!channel&gt;\n"
        "Rounded so that the amounts add up to the total."  # 0.25 is shown as 0.2
    )
    assert texts[Period.WEEK].startswith(
        "Devin in the last seven days\nSeven billing days up to Tuesday, May 19, 2026, each 8:00 AM to 8:00 AM UTC.\n"
    )


@pytest.mark.parametrize("typed", ["yesterday", "2026-05-19"])
async def test_a_day_counts_as_finished_from_an_hour_after_its_end(asked, bills, store, clock, typed):
    clock.now = utc(2026, 5, 20, 8, 30)
    bills.days = {may(day): 2.0 for day in range(1, 19)} | {YESTERDAY: 1.0}
    await asked.refresh()
    title = "Devin yesterday" if typed == "yesterday" else "Devin on May 19, 2026"
    assert await asked(typed) == (
        f"{title}\n{usage.NOTHING_FINISHED}\nTue, May 19 isn't finished and isn't in the total: 1 ACU so far."
    )
    clock.now = utc(2026, 5, 20, 9)
    await asked.refresh()
    assert (await asked(typed)).splitlines()[:3] == [
        title,
        "Billing day Tuesday, May 19, 2026, 8:00 AM to 8:00 AM UTC.",
        "*1 ACU* · ▼ 50% (usual 2)",
    ]


async def test_usage_without_permission_names_it(asked, bills, store):
    bills.refusal = {"detail": "Forbidden"}
    texts = await answers(asked, bills, store)
    assert texts[Period.YESTERDAY] == (
        "Devin yesterday\nBilling day Tuesday, May 19, 2026, 8:00 AM to 8:00 AM UTC.\n"
        f"*0.8 ACUs* through Slack · {digest.NOTHING_BEFORE}\n1 session, as of Tue, May 19: running.\n"
        "May, through May 19: 0.8 ACUs · forecast: too early to say\n*Most ACUs used*\n"
        "1. <https://acme.slack.com/archives/C0WORK/p1779192000000000|Fix &amp; finish> "
        "(<https://app.devin.ai/sessions/a|Open in Devin>): 0.8 ACUs · Ada &lt;\u200b!channel&gt;\n"
        f"{digest.WITHHELD[WithheldBecause.PERMISSION].format(named='ViewOrgConsumption')}"
    )


async def test_usage_when_devin_was_never_reached(asked, bills):
    assert await asked("today") == (
        "Devin today, so far\nBilling day Wednesday, May 20, 2026, 8:00 AM to 8:00 AM UTC, still running.\n"
        f"*0 ACUs* through Slack\n{digest.NOT_READ_YET}\n{outcomes.NO_ACTIVE_SESSIONS}"
    )
    assert digest.NOT_READ_YET == "Devin's bill hasn't been read yet. Ask again in a minute."
    assert (await asked.message("yesterday")).text.startswith(
        f"Devin yesterday: 0 ACUs through Slack. {digest.NOT_READ_YET} "
    )
    bills.down = True
    await asked.usage_ledger.tick(asked.workspace.organisation)
    assert f"*0 ACUs* through Slack\n{digest.NO_TOTAL}\n" in await asked("today")


async def test_a_month_counts_the_running_day_so_far_and_names_it(asked, bills, store):
    bills.days = {may(day): 1.0 for day in range(1, 20)} | {TODAY: 0.5}
    await asked.refresh()
    lines = (await asked("month")).splitlines()
    assert lines[:3] == [
        "Devin in May, so far",
        "20 billing days, May 1\N{EN DASH}20, 2026, each 8:00 AM to 8:00 AM UTC.",
        "*19.5 ACUs*",
    ]
    assert lines[-1] == "Wed, May 20 still runs and is in the total: 0.5 ACUs so far."


async def test_until_its_bill_is_in_the_running_day_stands_apart(asked, bills, store):
    bills.days = {may(day): 1.0 for day in range(1, 20)}
    await asked.refresh()
    await store.session("a", NOW)
    await store.spent(TODAY, a=0.75)
    lines = (await asked("2026-05-18..2026-05-25")).splitlines()
    assert lines[:3] == [
        "Devin, May 18\N{EN DASH}20, 2026",
        "2 finished billing days, May 18\N{EN DASH}19, 2026, each 8:00 AM to 8:00 AM UTC.",
        "*2 ACUs*",
    ]
    assert lines[-1] == "Wed, May 20 isn't finished and isn't in the total: 0.8 ACUs through Slack so far."


async def test_one_late_day_leaves_the_total_up_to_it(asked, bills, store):
    bills.days = {may(day): 2.0 for day in range(1, 20) if day != 18}
    await asked.refresh()
    await store.session("a", NOW - 2 * 86_400)
    await store.spent(may(18), a=3.0)
    lines = (await asked("week")).splitlines()
    assert lines[2:4] == [
        "*10 ACUs* through Sun, May 17",
        "Devin's bill for Monday, May 18, 2026 isn't in yet, so usage outside Slack isn't known. Through Slack, it's 3 "
        "ACUs in all.",
    ]
    for by, name in (("product", "other"), ("org", ORG)):
        assert (await asked(f"week by {by}")).splitlines()[4:] == [
            f"• {name}: 10 ACUs",
            "Wed, May 20 isn't finished and isn't in the total: 0 ACUs through Slack so far.",
        ]


async def test_a_session_at_a_limit_waits_for_somebody_too(asked, bills, store):
    bills.days = {may(day): 1.0 for day in range(1, 20)}
    await asked.refresh()
    await store.session("limited", NOW - 3 * 86_400, status="suspended", detail="out_of_credits")
    assert "1 session is waiting for someone now." in (await asked("yesterday")).splitlines()


async def test_a_cycle_is_devins(asked, bills, store):
    bills.days = {may(day): 1.0 for day in range(1, 20)}
    await asked.refresh()
    async with store.db.write() as tx:
        await cycles.put_cycles(tx, ORG, [Cycle(may(6), date(2026, 6, 5))], NOW)
    lines = (await asked("cycle")).splitlines()
    assert lines[:3] == [
        "Devin in this billing cycle, so far",
        "14 finished billing days, May 6\N{EN DASH}19, 2026, each 8:00 AM to 8:00 AM UTC.",
        "*14 ACUs*",
    ]


async def test_without_a_cycle_of_devins_the_month_is_not_called_one(asked, bills):
    bills.days = {may(day): 1.0 for day in range(1, 20)}
    await asked.refresh()
    assert (await asked("cycle")).splitlines()[:2] == [
        "Devin in May, so far",
        f"19 finished billing days, May 1\N{EN DASH}19, 2026, each 8:00 AM to 8:00 AM UTC. {usage.NO_CYCLE}",
    ]
    assert usage.NO_CYCLE == "Devin reports no billing cycle, so the calendar month is used."


async def test_after_a_purge_it_is_not_said_that_no_session_used_anything(asked, bills, store):
    bills.days = {may(day): 2.0 for day in range(1, 20)}
    await asked.refresh()
    await store.session("a", NOW - 86_400)
    await store.spent(YESTERDAY, a=0.75)
    async with store.db.write() as tx:
        await tx.execute(sessions_table.delete())
    text = await asked("yesterday")
    assert "0.8 through Slack, 1.2 outside Slack" in text
    assert digest.GONE in text.splitlines()
    assert digest.GONE == "The sessions that used it are no longer stored, so they aren't listed."


async def test_a_day_whose_bill_is_not_in_yet_is_said_to_be_so_beside_the_bills_of_the_others(asked, bills, store):
    bills.days = {may(day): 2.04 for day in range(1, 19)}
    await asked.refresh()
    await store.session("a", NOW - 86_400)
    await store.spent(YESTERDAY, a=0.75)
    assert rows(await asked("2026-05-17..2026-05-19 by day")) == [
        "Tue, May 19: not in yet · 1 session",
        "Mon, May 18: 2.1 ACUs",
        "Sun, May 17: 2 ACUs",
    ]


@pytest.mark.parametrize("by", ["person", "channel", "session", "repo", "playbook"])
async def test_while_a_day_is_not_in_yet_it_is_not_said_that_nothing_was_used(asked, bills, by):
    bills.days = {may(day): 0.0 for day in range(1, 19)}
    await asked.refresh()
    assert (await asked(f"2026-05-16..2026-05-19 by {by}")).splitlines()[2:] == [
        "*0 ACUs* through Mon, May 18",
        "Devin's bill for Tuesday, May 19, 2026 isn't in yet, so usage outside Slack isn't known. Through Slack, it's "
        "0 ACUs in all.",
        "No known usage so far.",
    ]


async def test_people_without_a_known_name_are_told_apart(asked, bills, store):
    for number in range(5):
        await store.session(f"s{number}", NOW - 86_400 + number, requester=f"U0{number}", requester_name="")
    await store.spent(YESTERDAY, s0=5.0, s1=4.0, s2=3.0, s3=2.0, s4=1.0)
    assert rows(await asked("yesterday by person")) == [
        f"<@U0{number}>: {5 - number} ACU{'s' * (number < 4)} · 1 session" for number in range(5)
    ]


@pytest.mark.parametrize("typed", ["last month", "2026-04", "2026-04-01 to 2026-04-30"])
async def test_a_whole_month_stands_beside_the_one_before(asked, store, bills, typed):
    for month, days in ((3, 31), (4, 30)):
        await store.billed({date(2026, month, day): month * 2.0 for day in range(1, days + 1)}, NOW)
    assert (await asked(typed)).splitlines()[:3] == [
        "Devin in April 2026",
        "30 finished billing days, April 1\N{EN DASH}30, 2026, each 8:00 AM to 8:00 AM UTC. "
        "Previous month: 186 ACUs (change: "
        "▲ 29%).",
        "*240 ACUs*",
    ]
    assert "Previous month: 186 ACUs (change: ▲ 29%)." in await asked(f"{typed} by day")
    assert "took" not in await asked("month")


async def test_a_month_stands_alone_where_there_are_no_figures_of_all_of_the_one_before(asked, store, bills):
    await store.billed({date(2026, 3, 31) + timedelta(days=ahead): 2.0 for ahead in range(31)}, NOW)
    assert (await asked("last month")).splitlines()[:2] == [
        "Devin in April 2026",
        "30 finished billing days, April 1\N{EN DASH}30, 2026, each 8:00 AM to 8:00 AM UTC.",
    ]
    assert (await asked("2026-03")).splitlines()[:2] == [
        "Devin in March 2026",
        "Billing day Tuesday, March 31, 2026, 8:00 AM to 8:00 AM UTC.",
    ]
    assert (await asked("2026-05")).startswith("Devin in May 2026, so far\n")


async def test_the_last_month_before_all_figures_is_refused(asked, store, bills):
    await store.billed({may(4): 2.0}, NOW)
    assert (
        await asked.message("last month")
    ).text == "There are no figures from before May 4, 2026. Start the range on that day or later."


async def test_a_range_of_the_past_says_nothing_about_now(asked, bills, store):
    bills.days = {may(day): 1.0 for day in range(1, 20)}
    await asked.refresh()
    await store.session("asks", utc(2026, 5, 3, 12), detail="waiting_for_user")
    assert await asked("2026-05-03..2026-05-05") == (
        "Devin, May 3\N{EN DASH}5, 2026\n"
        "3 finished billing days, May 3\N{EN DASH}5, 2026, each 8:00 AM to 8:00 AM UTC.\n*3 ACUs*\n"
        f"0 through Slack, 3 outside Slack\n1 session, as of Tue, May 5: waiting.\n{digest.QUIET}"
    )


@pytest.mark.parametrize("typed", ["last month", "2026-04", "2026-04-01..2026-04-30"])
async def test_a_session_that_ran_into_the_next_month_was_running_at_the_end_of_the_last_one(
    asked, store, bills, typed
):
    await store.billed({date(2026, 4, 1) + timedelta(days=ahead): 2.0 for ahead in range(49)}, NOW)
    await store.session("long", utc(2026, 4, 29, 12))
    for day in (date(2026, 4, 30), may(4)):
        await store.spent(day, long=3.0)
    async with store.db.write() as tx:
        await tx.execute(spend_table.update().where(spend_table.c.day == "2026-05-04").values(outcome=Outcome.DONE))
    assert "1 session, as of Thu, Apr 30: running." in (await asked(typed)).splitlines()
    assert "1 session: done." in (await asked("month")).splitlines()


async def test_ranges_without_figures(asked, bills, store):
    bills.days = {may(4): 1.0}
    await asked.refresh()  # the newest 31 days
    assert (await asked.message("2026-05-20")).text.startswith("Devin on May 20, 2026: ")
    for typed, fault in {
        "2026-05-21": RangeFault.FUTURE,
        "2026-04-20..2026-05-01": RangeFault.NOT_KEPT,
        "2026-04-31": RangeFault.MALFORMED,
        "2026-05-04..2026-05-01": RangeFault.REVERSED,
    }.items():
        refused = usage.refused_range(RefusedRange(fault, typed, may(20), date(2026, 4, 21)))
        assert (await asked.message(typed)).text == refused.text


async def test_the_first_of_a_month_has_no_finished_day(asked, store, clock):
    clock.now = utc(2026, 6, 1, 12)
    await store.session("a", clock.now)
    await store.spent(date(2026, 6, 1), a=2.5)
    assert await asked("month by person") == (
        f"Devin in June, so far\n{usage.NOTHING_FINISHED}\n"
        "Mon, Jun 1 isn't finished and isn't in the total: 2.5 ACUs through Slack so far."
    )


# ---------------------------------------------------------------- divisions


async def filled(store):
    """What four sessions of three people spent on two days, one of them in another workspace; Devin billed 20 ACUs."""
    noon = utc(2026, 5, 18, 12)
    await store.person("U0ADA", "Ada", NOW)
    await store.session("a", noon, title="Fix login", options={"repo": "acme/web", "playbook": "Fix bugs", "tags": []})
    await store.session("b", noon + 1, requester="U0BEN", requester_name="ben", title="Upgrade", channel="D0BEN")
    await store.session("c", noon + 2, requester="", channel="D0CAT", worked=60.0)
    await store.session("d", noon + 3, team="T0OTHER")
    await store.pull_request("b", "https://github.com/acme/api/pull/1", noon)
    await store.spent(may(18), a=1.5, b=2.25, gone=0.5)
    await store.spent(YESTERDAY, a=1.0, c=0.25, d=4.0)
    async with store.db.write() as tx:
        await tx.execute(spend_table.update().where(spend_table.c.session_id == "d").values(team="T0OTHER"))


@pytest.fixture
async def divided(asked, bills, store):
    await filled(store)
    products = {"devin": 6.05, "review": 3.0}
    bills.days = {may(18): 10.0, YESTERDAY: 10.0}
    bills.products = {YESTERDAY: products}
    await asked.refresh()
    return asked


def rows(text):
    return [line.removeprefix("• ") for line in text.splitlines() if line.startswith("• ")]


TITLES = {
    "a": "<https://acme.slack.com/archives/C0WORK/p1779105600000000|Fix login> "
    "(<https://app.devin.ai/sessions/a|Open in Devin>) · Ada",
    "b": f"{IN_DIRECT_MESSAGE} · ben",  # of whom there is no profile, but the name under which they asked
    "c": IN_DIRECT_MESSAGE,
}


@pytest.mark.parametrize(
    ("by", "found"),
    [
        (
            "person",
            [
                "another workspace: 4 ACUs · 1 session",
                "Ada: 2.5 ACUs · 1 session",
                "ben: 2.3 ACUs · 1 session",
                "sessions that are no longer stored: 0.5 ACUs · 1 session",
                "people whose data was erased: 0.2 ACUs · 1 session",
                "outside Slack: 10.5 ACUs",
            ],
        ),
        (
            "channel",
            [
                "another workspace: 4 ACUs · 1 session",
                "DMs: 2.5 ACUs · 2 sessions",
                "<#C0WORK>: 2.5 ACUs · 1 session",
                "sessions that are no longer stored: 0.5 ACUs · 1 session",
                "outside Slack: 10.5 ACUs",
            ],
        ),
        (
            "session",
            [
                "another workspace: 4 ACUs · 1 session",
                f"{TITLES['a']}: 2.5 ACUs",
                f"{TITLES['b']}: 2.3 ACUs",
                "sessions that are no longer stored: 0.5 ACUs · 1 session",
                f"{TITLES['c']}: 0.2 ACUs",
                "outside Slack: 10.5 ACUs",
            ],
        ),
        (
            "repo",
            [
                "another workspace: 4 ACUs · 1 session",
                "private channels and DMs: 2.5 ACUs · 2 sessions",
                "acme/web: 2.5 ACUs · 1 session",
                "sessions that are no longer stored: 0.5 ACUs · 1 session",
                "outside Slack: 10.5 ACUs",
            ],
        ),
        (
            "playbook",
            [
                "another workspace: 4 ACUs · 1 session",
                "no playbook: 2.5 ACUs · 2 sessions",
                "Fix bugs: 2.5 ACUs · 1 session",
                "sessions that are no longer stored: 0.5 ACUs · 1 session",
                "outside Slack: 10.5 ACUs",
            ],
        ),
        ("day", ["Tue, May 19: 10 ACUs · 2 sessions", "Mon, May 18: 10 ACUs · 4 sessions"]),
        ("product", ["other: 11 ACUs", "devin: 6 ACUs", "review: 3 ACUs"]),
        ("org", ["org-acme: 20 ACUs"]),
    ],
)
async def test_what_was_used_is_divided(divided, by, found):
    text = await divided(f"week by {by}")
    assert text.splitlines()[:3] == [
        f"Devin in the last seven days, by {by}",
        "Seven billing days up to Tuesday, May 19, 2026, each 8:00 AM to 8:00 AM UTC.",
        "*20 ACUs*",
    ]
    assert rows(text) == found


async def test_more_than_twenty_sessions_are_shown_in_sum(asked, store):
    for number in range(25):
        await store.session(f"s{number}", utc(2026, 5, 19, 12) + number, requester=f"U{number:02}")
    await store.spent(YESTERDAY, **{f"s{number}": 1.0 + number / 100 for number in range(24)})
    for by in ("session", "person"):
        found = rows(await asked(f"yesterday by {by}"))
        assert (len(found), found[-1]) == (21, "and 4 more: 4.1 ACUs")


async def test_without_a_bill_only_our_own_rows_are_divided(asked, bills, store):
    await filled(store)
    bills.refusal = {"detail": "Forbidden"}
    await asked.refresh()
    assert rows(await asked("week by day")) == [
        "Tue, May 19: 5.3 ACUs · 2 sessions",
        "Mon, May 18: 4.2 ACUs · 4 sessions",
    ]
    assert rows(await asked("week by channel"))[-1] == "sessions that are no longer stored: 0.5 ACUs · 1 session"
    for by in ("product", "org"):
        lines = (await asked(f"week by {by}")).splitlines()
        assert lines[2:5] == [
            "*9.5 ACUs* through Slack",
            usage.ONLY_THE_BILL,
            digest.WITHHELD[WithheldBecause.PERMISSION].format(named="ViewOrgConsumption"),
        ]


async def test_a_plan_without_acus_divides_sessions_time_and_pull_requests(asked, store):
    noon = utc(2026, 5, 19, 12)
    await store.person("U0ADA", "Ada", NOW)
    await store.session("a", noon, done_at=noon + 60, worked=600.0)
    await store.session("b", noon + 1)
    await store.pull_request("a", "https://github.com/acme/api/pull/1", noon)
    text = await asked("yesterday by person")
    assert text.splitlines()[2] == digest.NO_ACUS
    assert rows(text) == ["Ada: 2 sessions · 10 minutes · 1 pull request"]
    assert rows(await asked("week by day")) == ["Tue, May 19: 2 sessions"]


async def test_the_same_division_on_both_databases(make, either_store, clock, bills):
    clock.now = NOW
    await filled(either_store)
    bills.days = {may(18): 0.0, YESTERDAY: 20.0}
    asked = Asked(make(either_store, clock))
    await asked.refresh()
    for by in By:
        lines = (await asked(f"week by {by}")).splitlines()
        assert lines[2] == "*20 ACUs*"
        assert rows("\n".join(lines))


async def test_one_person_and_one_channel_have_figures_of_their_own(make, either_store, clock, bills):
    clock.now = NOW
    await filled(either_store)
    bills.days = {may(18): 10.0, YESTERDAY: 10.0}
    asked = Asked(make(either_store, clock))
    await asked.refresh()
    ada = (await asked("@U0ADA week")).splitlines()
    assert ada[:3] == [
        "Devin in the last seven days",
        "Seven billing days up to Tuesday, May 19, 2026, each 8:00 AM to 8:00 AM UTC. Only sessions started by Ada.",
        "*2.5 ACUs*",
    ]
    assert rows(await asked("week #C0WORK by person")) == ["Ada: 2.5 ACUs · 1 session"]
    assert rows(await asked("by session of @U0BEN since monday")) == [f"{TITLES['b']}: 2.3 ACUs"]
    assert rows(await asked("week by day @U0ADA")) == [
        "Tue, May 19: 1 ACU · 1 session",
        "Mon, May 18: 1.5 ACUs · 1 session",
    ]
    assert usage.ONLY_THE_BILL in await asked("week by product #C0WORK")
    assert "*0 ACUs*" in await asked("@U0NEW week")
    await either_store.session("idle", NOW - 86_400, requester="U0NEW")
    await either_store.spent(YESTERDAY, idle=0.0)
    assert (await asked("@U0NEW yesterday")).splitlines()[-1] == digest.QUIET_THERE
    assert digest.QUIET_THERE == "None of them used anything in this period."


async def test_without_names_nobody_can_be_asked_about(make, store, clock, bills):
    clock.now = NOW
    await filled(store)
    asked = Asked(make(store, clock, shows_names=False))
    assert (await asked.message("@U0ADA week")).text == usage.NOT_NAMED.text
    assert (await asked.message("#C0WORK week")).text == usage.TOO_FEW.text
    for session, user in {"e": "U0DAN", "f": "U0EVA"}.items():
        await store.session(session, NOW - 86_400, requester=user)
    await store.spent(YESTERDAY, e=0.5, f=0.5)
    assert "Only sessions in <#C0WORK>." in await asked("#C0WORK week")


async def test_without_names_people_are_counted_and_sessions_have_no_asker(make, store, clock, bills):
    clock.now = NOW
    await filled(store)
    bills.days = {may(18): 0.0, YESTERDAY: 20.0}
    asked = Asked(make(store, clock, shows_names=False))
    await asked.refresh()
    assert rows(await asked("week by person"))[0] == "3 people: 5 ACUs · 3 sessions"
    assert rows(await asked("yesterday by person"))[0] == "others: 1.3 ACUs · 2 sessions"
    by_session = await asked("week by session")
    assert "Fix login" in by_session
    assert "Ada" not in by_session
    small = ["another workspace: 4 ACUs · 1 session", "sessions that are no longer stored: 0.5 ACUs · 1 session"]
    for by in ("channel", "repo", "playbook"):  # each of them is of fewer than three people
        assert rows(await asked(f"week by {by}")) == [*small, "others: 5 ACUs · 3 sessions", "outside Slack: 10.5 ACUs"]
    await store.session("e", NOW - 86_400, requester="U0DAN")
    await store.session("f", NOW - 86_399, requester="U0EVA")
    await store.spent(YESTERDAY, e=0.5, f=0.5)
    assert "<#C0WORK>: 3.5 ACUs · 3 sessions" in rows(await asked("week by channel"))
