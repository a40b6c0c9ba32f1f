"""What was spent: read from Devin by billing day, reported from rows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from bot.devin.client import Devin
from bot.devin.errors import DevinUnreachable
from bot.domain.amounts import Money, Price
from bot.domain.billing import Billed, Period, Withheld, WithheldBecause, bounds
from bot.domain.cycle import calendar_month
from bot.domain.outcomes import Outcome
from bot.domain.products import OTHER
from bot.domain.questions import Question
from bot.features.consumption.sentences import CycleFigures, ProductUse
from bot.features.usage import figure_sentences as digest
from bot.features.usage.acus_by_day import AcusByDay
from bot.features.usage.figure_sentences import Figures
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger
from bot.playground.devin import DevinControl, DevinSimulator
from bot.store import due, spend
from bot.store.tables import consumption
from bot.timing import DAY, PRODUCTION
from tests.flows.conftest import ORG
from tests.markup import written


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


NOW = utc(2026, 5, 20, 12)
TODAY = date(2026, 5, 20)
YESTERDAY = date(2026, 5, 19)


class UsageLedgerOfOne:
    """The ledger, asked about the only workspace and the only organisation."""

    def __init__(self, services):
        self._services, self._usage_ledger = services, UsageLedger(services)
        (self.workspace,) = services.workspaces

    async def tick(self):
        return await self._usage_ledger.tick(self.workspace.organisation)

    async def refresh(self):
        await self._usage_ledger.refresh(self.workspace.organisation)

    async def figures(self, *days):
        return await self._usage_ledger.figures(self.workspace, *days)

    async def usage(self, period):
        answers = UsageAnswers(self._services, self._usage_ledger)
        return await answers.usage(self.workspace, Question(period))


@pytest.fixture
def usage_ledger(make, store, clock):
    clock.now = NOW
    return UsageLedgerOfOne(make(store, clock))


def may(day):
    return date(2026, 5, day)


def days(first, last):
    return tuple(first + timedelta(days=after) for after in range((last - first).days + 1))


async def billed(store, first=date(2026, 1, 1), last=date(2026, 12, 31)):
    async with store.db.read() as tx:
        return {day: figure.acus for day, figure in (await spend.billed(tx, ORG, first, last)).items()}


async def backfill(usage_ledger, clock):
    """Read until no earlier day is missing any more."""
    while await usage_ledger.tick() == PRODUCTION.consumption_backfill:
        clock.now += PRODUCTION.consumption_backfill


async def missing(store):
    async with store.db.read() as tx:
        return (await due.read(tx, due.consumption(ORG))).state["missing"]


PERMISSION_MISSING = Withheld(WithheldBecause.PERMISSION, "ViewOrgConsumption")


# ---------------------------------------------------------------- reading


async def test_nobody_asks_again_within_the_quarter_hour(usage_ledger, bills, clock, make, store):
    await backfill(usage_ledger, clock)
    bills.asked.clear()
    clock.now += 600
    replica_or_restart = UsageLedgerOfOne(make(store, clock))
    assert await replica_or_restart.tick() == 300
    assert len(bills.asked) == 0
    clock.now += 300
    await replica_or_restart.tick()
    assert len(bills.asked) == 1


async def test_without_admins_devin_is_not_asked(make, store, clock, bills):
    assert await UsageLedgerOfOne(make(store, clock, admin_channel=None)).tick() == PRODUCTION.consumption_interval
    assert bills.asked == []


@pytest.mark.parametrize("admins", [{"admin_users": frozenset({"U0ADA"})}, {"admin_group": "S0ADMINS"}])
async def test_admins_without_a_channel_have_figures_too(make, store, clock, bills, admins):
    clock.now = NOW
    await UsageLedgerOfOne(make(store, clock, admin_channel=None, **admins)).tick()
    assert len(bills.asked) == 1


@pytest.mark.parametrize(
    "stamp",
    [
        lambda day: bounds(day)[0],
        lambda day: bounds(day)[1] - 1,
        lambda day: bounds(day)[0] - 8 * 3600,  # midnight UTC of the day's date
        lambda day: bounds(day)[0] + 4 * 3600,
        lambda day: bounds(day)[0] - 3600,  # midnight in California in summer
    ],
)
async def test_any_instant_of_a_day_names_it(usage_ledger, bills, store, stamp):
    bills.stamp = stamp
    bills.days = {may(1): 4.0, YESTERDAY: 2.5, TODAY: 0.5}
    await usage_ledger.tick()
    found = await billed(store)
    assert {day: acus for day, acus in found.items() if acus} == {may(1): 4.0, YESTERDAY: 2.5, TODAY: 0.5}


async def test_a_figure_that_is_left_out_later_stays(usage_ledger, bills, store):
    bills.days = {YESTERDAY: 2.5}
    await usage_ledger.refresh()
    bills.days = {}
    await usage_ledger.refresh()
    assert (await billed(store))[YESTERDAY] == 2.5


async def test_an_outage_changes_nothing_and_is_tried_again(usage_ledger, bills, store):
    bills.days = {YESTERDAY: 2.5}
    await usage_ledger.refresh()
    async with store.db.write() as tx:
        await due.write(tx, due.consumption(ORG), 0.0, {"v": 1, "missing": None})
    bills.down = True
    assert await usage_ledger.tick() == PRODUCTION.consumption_retry
    assert await usage_ledger.tick() == PRODUCTION.consumption_retry
    with pytest.raises(DevinUnreachable):
        await usage_ledger.refresh()
    assert (await billed(store))[YESTERDAY] == 2.5


@pytest.mark.parametrize(
    ("refusal", "named"),
    [
        ({"detail": "Missing permission: ManageBilling"}, "ManageBilling"),
        ({"detail": "Forbidden"}, "ViewOrgConsumption"),
    ],
)
async def test_a_missing_permission_is_remembered_by_its_name(usage_ledger, bills, store, clock, refusal, named):
    bills.refusal = refusal
    assert await usage_ledger.tick() == PRODUCTION.consumption_interval
    assert await missing(store) == named
    bills.refusal = None
    clock.now += PRODUCTION.consumption_interval
    await usage_ledger.tick()
    assert await missing(store) is None


@pytest.mark.parametrize(
    ("status", "refusal", "withheld", "sentence"),
    [
        (
            404,
            {"detail": "Not Found"},
            Withheld(WithheldBecause.NOT_FOUND, "ViewOrgConsumption"),
            digest.WITHHELD[WithheldBecause.NOT_FOUND].format(named="ViewOrgConsumption"),
        ),
        (
            403,
            {"detail": "out_of_quota"},
            Withheld(WithheldBecause.QUOTA, "out_of_quota"),
            digest.WITHHELD[WithheldBecause.QUOTA].format(named="out_of_quota"),
        ),
        (
            403,
            {"detail": "contract_expired"},
            Withheld(WithheldBecause.DENIED, "contract_expired"),
            digest.WITHHELD[WithheldBecause.DENIED].format(named="contract_expired"),
        ),
    ],
)
async def test_a_bill_that_is_not_there_is_as_one_that_may_not_be_read(
    usage_ledger, bills, store, clock, status, refusal, withheld, sentence
):
    await store.session("a", NOW - 86_400)
    await store.spent(YESTERDAY, a=4.0)
    bills.status, bills.refusal = status, refusal
    assert await usage_ledger.tick() == PRODUCTION.consumption_interval
    figures = await usage_ledger.figures(YESTERDAY)
    assert (figures.total, figures.through_slack, figures.withheld) == (None, 4.0, withheld)
    lines = written((await usage_ledger.usage(Period.YESTERDAY)).blocks).splitlines()
    assert lines[2] == f"*4 ACUs* through Slack · {digest.NOTHING_BEFORE}"
    assert lines[-1] == sentence
    bills.refusal = None
    clock.now += PRODUCTION.consumption_interval
    await usage_ledger.tick()
    assert (await usage_ledger.figures(YESTERDAY)).withheld is None


async def test_the_simulated_devin_over_http(make, store, clock):
    """The same against the simulator: other code on both sides of the wire."""
    clock.now = NOW
    async with (
        DevinSimulator(org_id=ORG, now=clock) as devin,
        DevinControl(devin.control_url) as session_commands,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        await session_commands.consumption("2026-05-19", 2.5)
        usage_ledger = UsageLedgerOfOne(make(store, clock, devin=Devin(http, "cog_play", ORG, devin.base_url)))
        await usage_ledger.refresh()
        assert (await usage_ledger.figures(YESTERDAY)).total == 2.5
        await session_commands.permissions(revoke=["ViewOrgConsumption"])
        await usage_ledger.refresh()
        assert await missing(store) == "ViewOrgConsumption"


# ---------------------------------------------------------------- figures


async def test_the_figures_of_a_day(usage_ledger, bills, store):
    bills.days = {may(day): 1.0 for day in range(1, 19)} | {YESTERDAY: 9.0}
    await usage_ledger.refresh()
    noon = utc(2026, 5, 19, 12)
    await store.person("U0ADA", "Ada", noon)
    await store.session("costly", noon, title="Fix the login test", detail="finished")
    await store.session("cheap", noon + 1, requester="U0BOB", title="Upgrade")
    await store.session("asks", noon - 86_400, detail="waiting_for_user")
    await store.session("later", utc(2026, 5, 20, 8), detail="finished")
    for url, at in {
        "https://git/1": noon,
        "https://git/2": noon - 86_400,
        "https://git/3": utc(2026, 5, 20, 8),
    }.items():
        await store.pull_request("costly", url, at)
    await store.spent(YESTERDAY, costly=6.5, cheap=0.25)
    await store.spent(TODAY, later=50.0)

    figures = await usage_ledger.figures(YESTERDAY)

    assert (figures.total, figures.usual, figures.cycle.used, figures.withheld) == (9.0, 1.0, 27.0, None)
    assert (figures.anomaly_limit, figures.through_slack) == (6.0, 6.75)
    assert (await usage_ledger.figures(YESTERDAY - timedelta(days=1))).anomaly_limit is None
    assert figures.outcomes == {Outcome.DONE: 1, Outcome.RUNNING: 1}
    assert (figures.pull_requests_opened, figures.pull_requests_merged, figures.waiting) == (1, 0, 1)
    costly, cheap = figures.most_expensive
    assert (costly.title, costly.acus, costly.requester) == ("Fix the login test", 6.5, "Ada")
    assert costly.permalink == f"https://acme.slack.com/archives/C0WORK/p{int(noon)}000000"
    assert costly.url == "https://app.devin.ai/sessions/costly"
    assert (cheap.title, cheap.acus, cheap.requester) == ("Upgrade", 0.25, None)


async def test_each_day_has_its_price_in_the_bill_and_in_our_own_count(make, store, clock, bills):
    clock.now = NOW
    rises = Price(Decimal(2), "USD", ((YESTERDAY, Decimal(3)),))
    usage_ledger = UsageLedgerOfOne(make(store, clock, acu_price=rises))
    await store.session("a", NOW - 86_400)
    await store.spent(may(18), a=1.0)
    await store.spent(YESTERDAY, a=2.0)
    bills.days = {may(day): 10.0 for day in range(1, 20)}
    await usage_ledger.refresh()
    figures = await usage_ledger.figures(YESTERDAY, may(18))
    assert (figures.total, figures.cost) == (20.0, Money(Decimal(50), "USD"))
    assert figures.cycle.cost == Money(Decimal(18 * 20 + 30), "USD")
    bills.refusal = {"detail": "Forbidden"}
    async with store.db.write() as tx:
        await tx.execute(consumption.delete())
    await usage_ledger.refresh()
    figures = await usage_ledger.figures(YESTERDAY, may(18))
    assert (figures.total, figures.through_slack, figures.cost) == (None, 3.0, Money(Decimal(8), "USD"))


async def test_without_names_nobody_is_named(make, store, clock):
    clock.now = NOW
    await store.person("U0ADA", "Ada", NOW)
    await store.session("a", NOW - 86_400)
    await store.spent(YESTERDAY, a=4.0)
    figures = await UsageLedgerOfOne(make(store, clock, shows_names=False)).figures(YESTERDAY)
    assert [(entry.title, entry.requester) for entry in figures.most_expensive] == [("Do a", None)]


async def test_the_five_most_expensive_of_many(usage_ledger, store):
    for number in range(7):
        await store.session(f"s{number}", NOW - 86_400 + number, requester="U0ADA")
    await store.spent(YESTERDAY, **{f"s{number}": float(number) for number in range(7)})
    figures = await usage_ledger.figures(YESTERDAY)
    assert [entry.acus for entry in figures.most_expensive] == [6.0, 5.0, 4.0, 3.0, 2.0]


async def test_without_permission_our_own_rows_count_and_say_so(usage_ledger, bills, store):
    bills.refusal = {"detail": "Forbidden"}
    await usage_ledger.refresh()
    await store.session("a", NOW - 86_400)
    await store.spent(YESTERDAY, a=4.0)
    await store.spent(may(18), a=7.0)
    await store.spent(may(2), a=1.0)
    figures = await usage_ledger.figures(YESTERDAY)
    assert (figures.total, figures.through_slack) == (None, 4.0)
    assert (figures.usual, figures.cycle.used) == (1.0, 12.0)
    assert figures.withheld == PERMISSION_MISSING


async def test_what_devin_billed_before_it_took_the_permission_away_still_counts(usage_ledger, bills):
    bills.days = {YESTERDAY: 2.5}
    await usage_ledger.refresh()
    bills.refusal = {"detail": "Forbidden"}
    await usage_ledger.refresh()
    figures = await usage_ledger.figures(YESTERDAY)
    assert (figures.total, figures.withheld) == (2.5, None)


async def test_before_the_first_reading_nothing_is_made_up(usage_ledger, store):
    await store.session("a", NOW - 86_400)
    await store.spent(YESTERDAY, a=4.0)
    figures = await usage_ledger.figures(YESTERDAY)
    assert (figures.total, figures.usual, figures.cycle, figures.withheld) == (None, None, None, None)
    assert (figures.through_slack, figures.not_in_yet) == (4.0, None)


async def test_a_figure_read_in_the_middle_of_its_day_is_not_shown_as_the_whole(usage_ledger, bills, clock):
    bills.days = {TODAY: 2.5}
    await usage_ledger.refresh()
    clock.now += 3600
    assert (await usage_ledger.figures(TODAY)).total == 2.5
    clock.now += 1
    assert (await usage_ledger.figures(TODAY)).total is None


async def test_a_settled_figure_stands_for_ever(usage_ledger, bills, clock):
    bills.days = {may(18): 2.5}
    await usage_ledger.refresh()
    clock.now += 90 * 86_400
    assert (await usage_ledger.figures(may(18))).total == 2.5


async def test_a_bill_below_our_own_count_is_not_in_yet(usage_ledger, bills, store, clock):
    await store.session("a", NOW - 86_400)
    await store.spent(YESTERDAY, a=4.0)
    bills.days = {may(2): 0.25, YESTERDAY: 0.5}
    await usage_ledger.refresh()
    early = await usage_ledger.figures(YESTERDAY)
    assert (early.total, early.through_slack, early.not_in_yet) == (None, 4.0, YESTERDAY)
    assert (early.cycle.used, early.cycle.until) == (0.25, may(18))
    week = await usage_ledger.figures(YESTERDAY, may(13))
    assert (week.total, week.not_in_yet) == (None, YESTERDAY)
    bills.days = {may(2): 0.25, YESTERDAY: 6.5}
    await usage_ledger.refresh()
    late = await usage_ledger.figures(YESTERDAY)
    assert (late.total, late.through_slack, late.not_in_yet) == (6.5, 4.0, None)
    assert (late.cycle.used, late.cycle.until) == (6.75, YESTERDAY)


async def test_a_running_day_without_a_bill_is_not_called_free(usage_ledger, bills):
    bills.days = {may(18): 1.0, YESTERDAY: 0.0}
    await usage_ledger.refresh()
    today, yesterday = await usage_ledger.figures(TODAY), await usage_ledger.figures(YESTERDAY)
    assert (today.total, today.not_in_yet) == (None, TODAY)
    assert (yesterday.total, yesterday.not_in_yet) == (0.0, None)


# ---------------------------------------------------------------- days that Devin does not list


async def test_a_day_that_is_not_listed_is_not_in_yet_until_a_bill_would_be_in(usage_ledger, bills, clock):
    bills.days = {may(day): 4.0 for day in range(1, 19)}
    while clock.now < bounds(YESTERDAY)[1] + DAY:
        await usage_ledger.refresh()
        figures = await usage_ledger.figures(YESTERDAY)
        assert (figures.total, figures.not_in_yet, figures.usual) == (None, YESTERDAY, 4.0)
        assert (figures.cycle.used, figures.cycle.until) == (72.0, may(18))
        clock.now += 12 * 3600
    await usage_ledger.refresh()
    figures = await usage_ledger.figures(YESTERDAY)
    assert (figures.total, figures.not_in_yet) == (0.0, None)
    assert (figures.cycle.used, figures.cycle.until) == (72.0, YESTERDAY)


async def test_a_day_that_is_not_listed_cost_nothing_once_a_later_one_is_that_has_settled(usage_ledger, bills, clock):
    bills.days = {may(18): 4.0, TODAY: 1.0}
    await usage_ledger.refresh()
    assert (await usage_ledger.figures(YESTERDAY)).not_in_yet == YESTERDAY
    clock.now = bounds(TODAY)[1] + 3600
    await usage_ledger.refresh()
    figures = await usage_ledger.figures(YESTERDAY)
    assert (figures.total, figures.not_in_yet) == (0.0, None)


async def test_what_our_sessions_used_keeps_a_day_that_is_not_listed_open_longer(usage_ledger, bills, store, clock):
    await store.session("a", NOW - 86_400)
    await store.spent(YESTERDAY, a=4.0)
    bills.days = {may(day): 2.0 for day in range(1, 22)} | {TODAY: 1.0}
    del bills.days[YESTERDAY]
    clock.now = bounds(TODAY)[1] + 3600
    await usage_ledger.refresh()
    figures = await usage_ledger.figures(TODAY)
    assert (figures.total, figures.cycle.used, figures.cycle.until) == (1.0, 36.0, may(18))
    assert (await usage_ledger.figures(YESTERDAY)).not_in_yet == YESTERDAY
    clock.now = bounds(YESTERDAY)[1] + 3 * DAY
    await usage_ledger.refresh()
    assert (await usage_ledger.figures(YESTERDAY)).total == 0.0


async def test_an_answer_about_a_day_that_is_not_listed_says_so(usage_ledger, bills):
    bills.days = {may(day): 4.0 for day in range(1, 19)}
    await usage_ledger.refresh()
    text = written((await usage_ledger.usage(Period.YESTERDAY)).blocks)
    assert text.splitlines()[2:6] == [
        "*0 ACUs* through Slack",
        "Devin's bill for Tuesday, May 19, 2026 isn't in yet, so usage outside Slack isn't known.",
        "No active sessions.",
        "May, through May 18: 72 ACUs · forecast about 124",
    ]
    week = written((await usage_ledger.usage(Period.WEEK)).blocks)
    assert "*24 ACUs* through Mon, May 18" in week
    assert "Devin's bill for Tuesday, May 19, 2026 isn't in yet" in week


async def test_what_is_not_listed_does_not_come_where_devin_withholds_its_bill(usage_ledger, bills):
    bills.days = {may(18): 4.0}
    await usage_ledger.refresh()
    bills.refusal = {"detail": "Forbidden"}
    await usage_ledger.refresh()
    figures = await usage_ledger.figures(YESTERDAY)
    assert (figures.total, figures.not_in_yet, figures.withheld) == (None, None, PERMISSION_MISSING)


async def test_a_credit_is_a_day_of_the_bill(usage_ledger, bills, store):
    await store.session("a", NOW - 86_400)
    await store.spent(may(18), a=2.0)
    bills.days = {may(17): 10.0, may(18): -3.25, YESTERDAY: -1.0}
    bills.products = {may(18): {"devin": 2.0, "review": -5.25}}
    await usage_ledger.refresh()
    assert await billed(store, may(17), YESTERDAY) == {may(17): 10.0, may(18): -3.25, YESTERDAY: -1.0}
    figures = await usage_ledger.figures(may(18))
    assert figures.total == -3.25
    assert (figures.cycle.used, figures.cycle.others) == (12.0, (ProductUse("review", -5.25),))
    text = written((await usage_ledger.usage(Period.YESTERDAY)).blocks)
    assert "*-1 ACUs*" in text
    assert "0 through Slack, -1 outside Slack" in text
    assert text.endswith("Devin's bill has a credit that's larger than the usage in this period.")


async def test_a_plan_without_acus_is_recognised_by_sessions_that_are_done(usage_ledger, store, clock):
    noon = utc(2026, 5, 19, 12)
    await usage_ledger.refresh()
    await store.session("works", noon)
    assert (await usage_ledger.figures(YESTERDAY)).no_acus_reported is False
    await store.session("done", noon, done_at=NOW - 60)
    assert (await usage_ledger.figures(TODAY)).no_acus_reported is False  # its ACUs may still follow
    clock.now += 3600
    assert (await usage_ledger.figures(TODAY)).no_acus_reported is True
    await store.session("paid", noon, done_at=noon, acus=0.5)
    assert (await usage_ledger.figures(TODAY)).no_acus_reported is False


async def test_figures_ask_devin_nothing(usage_ledger, bills):
    await usage_ledger.figures(YESTERDAY)
    await usage_ledger.usage(Period.WEEK)
    assert bills.asked == []


# ---------------------------------------------------------------- both databases


async def test_the_same_on_both_databases(make, either_store, clock, bills):
    clock.now = NOW
    usage_ledger = UsageLedgerOfOne(make(either_store, clock))
    bills.days = {YESTERDAY: 2.5}
    await usage_ledger.refresh()
    await either_store.session("a", NOW - 86_400)
    await either_store.spent(YESTERDAY, a=2.0)
    figures = await usage_ledger.figures(YESTERDAY)
    may_so_far = CycleFigures(calendar_month(YESTERDAY), used=2.5, until=YESTERDAY)
    assert (figures.amounts.billed[YESTERDAY], sum(figures.amounts.billed.values())) == (2.5, 2.5)
    assert figures.amounts.own == {YESTERDAY: 2.0}
    assert replace(figures, most_expensive=(), amounts=AcusByDay()) == Figures(
        YESTERDAY,
        total=2.5,
        through_slack=2.0,
        usual=0.0,
        outcomes={Outcome.RUNNING: 1},
        has_used=True,
        cycle=may_so_far,
        read_at=NOW,
    )
    async with either_store.db.read() as tx:
        found = await spend.billed(tx, ORG, YESTERDAY, YESTERDAY)
    assert found == {YESTERDAY: Billed(2.5, NOW, {OTHER: Decimal("2.5")})}
    assert len(await either_store.all(consumption.c.day)) == 30  # one for each day, also those that Devin leaves out
