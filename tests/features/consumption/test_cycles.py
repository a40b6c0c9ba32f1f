"""Billing cycles and their limits: read from Devin once in a billing day, reported from rows."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.devin.client import Devin
from bot.domain.amounts import Price
from bot.domain.billing import Period, bounds
from bot.domain.cycle import Cycle, CycleLimit, CycleLimits, LimitSource, calendar_month
from bot.domain.questions import Question
from bot.features.consumption.cycles import CycleReader, cycle_of, key_expiry_of, limits_of
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.workspace import Policy
from bot.playground.devin import DevinControl, DevinSimulator
from bot.store import spend
from bot.timing import HOUR, PRODUCTION
from bot.views import outcomes
from tests.flows.conftest import ONCE, ORG
from tests.markup import written

TOP = "/v3/enterprise"
CYCLES, LIMITS, OWN = f"{TOP}/consumption/cycles", f"{TOP}/consumption/acu-limits/devin", f"{TOP}/organizations/{ORG}"
BY_AGENT = f"/v3beta1/enterprise/organizations/{ORG}/consumption/acu-limits"
SELF, USERS = "/v3/self", f"{TOP}/members/service-users"
ALL = [CYCLES, LIMITS, BY_AGENT, OWN, SELF, USERS]
DAILY = f"/v3/organizations/{ORG}/consumption/daily"
FROM_THE_5TH = Cycle(date(2026, 5, 5), date(2026, 6, 3))
BEFORE_THAT = Cycle(date(2026, 4, 5), date(2026, 5, 4))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


NOW = utc(2026, 5, 20, 12)


def instants(*cycles):
    return [{"after": bounds(cycle.first)[0], "before": bounds(cycle.last)[1]} for cycle in cycles]


@dataclass
class Account:
    """What Devin says about the enterprise: its cycles and limits, and what it refuses with which status."""

    cycles: list[dict[str, int]] = field(default_factory=lambda: instants(FROM_THE_5TH, BEFORE_THAT))
    limits: list[dict[str, Any]] = field(default_factory=list)
    own_limit: int | None = None
    by_agent: dict[str, Any] = field(default_factory=dict)
    key_expires_at: int | None = None
    refused: dict[str, int] = field(default_factory=dict)
    days: dict[date, float] = field(default_factory=dict)
    products: dict[date, dict[str, float]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        if path in self.refused:
            return httpx.Response(self.refused[path], json={"detail": "Missing permission"})
        rows = [
            {"date": bounds(day)[0], "acus": acus, "acus_by_product": self.products.get(day, {})}
            for day, acus in self.days.items()
        ]
        organisation = {"org_id": ORG, "name": "Acme", "max_cycle_acu_limit": self.own_limit}
        answers = {
            CYCLES: {"items": self.cycles},
            LIMITS: {"items": self.limits},
            BY_AGENT: self.by_agent,
            OWN: organisation,
            DAILY: {"consumption_by_date": rows},
            SELF: {"principal_type": "service_user", "service_user_id": "su-1"},
            USERS: {"items": [{"service_user_id": "su-1", "name": "Bridge", "expires_at": self.key_expires_at}]},
        }
        return httpx.Response(200, json=answers[path])


@pytest.fixture
def account():
    return Account()


@pytest.fixture
async def devin(account):
    async with httpx.AsyncClient(transport=httpx.MockTransport(account)) as http:
        yield Devin(http, "cog_test", ORG, patience=ONCE)


@pytest.fixture
def start(make, store, clock, devin):
    """Begin, as after a start of the process; a second call is a restart, or a replica."""
    clock.now = NOW

    def begun(**policy):
        services = make(store, clock, devin=devin, **policy)
        reader, (organisation,) = CycleReader(services), services.organisations
        return lambda: reader.tick(organisation)

    return begun


async def known(store, now=NOW, setting=None):
    """The cycle of an instant, and its limit of Devin itself."""
    async with store.db.read() as tx:
        return await cycle_of(tx, ORG, now), (await limits_of(tx, ORG, Policy(cycle_acus=setting))).devin


# ---------------------------------------------------------------- reading


async def test_cycles_and_limits_are_read_once_in_a_billing_day(start, store, account, clock):
    tick = start()
    assert await known(store) == (calendar_month(date(2026, 5, 20)), None)
    assert await tick() == HOUR
    assert account.asked == ALL
    assert await known(store) == (FROM_THE_5TH, None)
    assert (await known(store, utc(2026, 5, 5, 7, 59)))[0] == BEFORE_THAT
    clock.now = utc(2026, 5, 21, 8, 9, 59)
    assert await tick() == 1
    assert await start()() == 1  # a restart, or a replica
    assert account.asked == ALL
    clock.now = utc(2026, 5, 21, 8, 10)
    assert await tick() == HOUR
    assert account.asked == ALL + ALL


@pytest.mark.parametrize("policy", [{"admin_channel": None}, {"admin_channel": None, "admin_users": frozenset()}])
async def test_without_admins_devin_is_not_asked(start, account, policy):
    assert await start(**policy)() == PRODUCTION.idle_tick
    assert account.asked == []


@pytest.mark.parametrize("status", [403, 404])
async def test_what_the_key_may_not_read_is_not_asked_for_again_on_that_day(start, store, account, clock, status):
    account.refused = dict.fromkeys((CYCLES, LIMITS, BY_AGENT, OWN, USERS), status)
    with capture_logs() as logs:
        await start()()
        clock.now = utc(2026, 5, 21, 8)
        await start()()
        assert account.asked == ALL
        clock.now = utc(2026, 5, 21, 8, 10)
        await start()()
    permissions = [*["ViewAccountConsumption"] * 3, "ManageOrganizations", "ViewAccountMembership"]
    assert [line["permission"] for line in logs] == (permissions if status == 403 else ["not found"] * 5)
    assert {line["log_level"] for line in logs} == {"info"}  # once each, and no warning
    assert await known(store, setting=1200.0) == (
        calendar_month(date(2026, 5, 20)),
        CycleLimit(1200.0, LimitSource.SETTING),
    )
    account.refused.clear()
    clock.now = utc(2026, 5, 22, 8, 10)
    await start()()
    assert (await known(store))[0] == FROM_THE_5TH


async def test_what_may_not_be_read_any_more_is_deleted_and_the_rest_stays(start, store, account, clock):
    account.own_limit, account.limits = 900, [{"scope": "org", "org_id": ORG, "cycle_acu_limit": 500}]
    await start()()
    account.refused = dict.fromkeys((CYCLES, LIMITS), 403)
    clock.now += 86_400
    await start()()
    assert await known(store) == (calendar_month(date(2026, 5, 20)), CycleLimit(900.0, LimitSource.ORGANISATION))


@pytest.mark.parametrize("status", [500, 429, 402])
async def test_what_fails_changes_nothing_and_alone_is_asked_for_again_in_an_hour(start, store, account, clock, status):
    account.own_limit = 900
    await start()()
    account.refused, account.own_limit = {CYCLES: status}, 800
    clock.now += 86_400
    await start()()
    assert await known(store) == (FROM_THE_5TH, CycleLimit(800.0, LimitSource.ORGANISATION))
    account.refused.clear()
    account.asked.clear()
    clock.now += HOUR - 1
    await start()()
    assert account.asked == []
    clock.now += 1
    await start()()
    assert account.asked == [CYCLES]


async def expires(store):
    async with store.db.read() as tx:
        return await key_expiry_of(tx, ORG)


async def test_when_the_key_expires_is_known_until_devin_says_otherwise(start, store, account, clock):
    account.key_expires_at = int(NOW + HOUR)
    await start()()
    assert await expires(store) == NOW + HOUR
    account.key_expires_at = None
    clock.now += 86_400
    await start()()
    assert await expires(store) is None


async def test_a_cycle_whose_end_moves_has_moved(start, store, account, clock):
    await start()()
    moved = Cycle(FROM_THE_5TH.first, date(2026, 6, 10))
    account.cycles = instants(moved)
    clock.now += 86_400
    await start()()
    assert (await known(store))[0] == moved
    assert (await known(store, utc(2026, 5, 4, 12)))[0] == calendar_month(date(2026, 5, 4))


OF_OTHERS = [
    {"scope": "enterprise", "cycle_acu_limit": 1},
    {"scope": "org", "org_id": "org-other", "cycle_acu_limit": 2},
    {"scope": "user", "org_id": ORG, "user_id": "email|1", "cycle_acu_limit": 3},
]
LISTED = {"scope": "org", "org_id": ORG, "user_id": None, "cycle_acu_limit": 500}


@pytest.mark.parametrize(
    ("own", "limits", "limit"),
    [
        (900, [*OF_OTHERS, LISTED], CycleLimit(500, LimitSource.ACU_LIMITS)),
        (400, [LISTED], CycleLimit(400, LimitSource.ORGANISATION)),
        (None, [LISTED | {"cycle_acu_limit": 0}], CycleLimit(0, LimitSource.ACU_LIMITS)),
        (900, OF_OTHERS, CycleLimit(900, LimitSource.ORGANISATION)),
        (None, OF_OTHERS, CycleLimit(1200, LimitSource.SETTING)),
    ],
)
async def test_the_smaller_of_devins_limits_counts_and_else_the_setting(start, store, account, own, limits, limit):
    account.own_limit, account.limits = own, limits
    await start()()
    assert (await known(store, setting=1200.0))[1] == limit


async def test_the_simulated_devin_over_http(make, store, clock):
    """The same against the simulator: other code on both sides of the wire."""
    clock.now = NOW
    async with (
        DevinSimulator(org_id=ORG, now=clock) as simulator,
        DevinControl(simulator.control_url) as control,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        await control.cycles(instants(FROM_THE_5TH))
        await control.limit_organization(ORG, max_cycle_acu_limit=900)
        await control.acu_limits([{"scope": "org", "org_id": ORG, "cycle_acu_limit": 500}])
        await control.limit_agents(ORG, cloud_agent=450, local_agent=70)
        services = make(store, clock, devin=Devin(http, "cog_play", ORG, simulator.base_url))
        reader, (organisation,) = CycleReader(services), services.organisations
        await reader.tick(organisation)
        assert await known(store) == (calendar_month(date(2026, 5, 20)), None)
        await control.permissions(grant=["ViewAccountConsumption", "ManageOrganizations"])
        clock.now += 86_400
        await reader.tick(organisation)
        assert await known(store) == (FROM_THE_5TH, CycleLimit(450.0, LimitSource.CLOUD_AGENT))
        async with store.db.read() as tx:
            limits = await limits_of(tx, ORG, Policy())
        assert limits.local_agents == CycleLimit(70.0, LimitSource.LOCAL_AGENTS)


# ---------------------------------------------------------------- the line


async def used(make, store, clock, devin, **policy):
    """What `/devin usage yesterday` says about the cycle."""
    clock.now = NOW
    services = make(store, clock, devin=devin, **policy)
    (organisation,), (workspace,) = services.organisations, services.workspaces
    usage_ledger = UsageLedger(services)
    await CycleReader(services).tick(organisation)
    await usage_ledger.refresh(organisation)
    answer = await UsageAnswers(services, usage_ledger).usage(workspace, Question(Period.YESTERDAY))
    lines = written(answer.blocks).splitlines()
    sessions = {outcomes.NO_ACTIVE_SESSIONS, "1 session, as of Tue, May 19: running."}
    return lines[lines.index(next(line for line in lines if line in sessions)) + 1]


def office(first, last):
    """Forty ACUs on each weekday, and none at weekends."""
    days = [first + timedelta(days=after) for after in range((last - first).days + 1)]
    return {day: 40.0 for day in days if day.weekday() < 5}


async def test_usage_has_a_line_about_the_cycle(make, either_store, clock, devin, account):
    account.days, account.own_limit = office(date(2026, 4, 1), date(2026, 5, 19)), 1200
    spent = "440 of 1,200 ACUs (36%, 990.00 USD)"  # eleven weekdays since the 5th, of twenty-two
    line = await used(make, either_store, clock, devin, acu_price=Price(Decimal("2.25"), "USD"))
    assert line == f"May 5 \N{EN DASH} Jun 3, through May 19: {spent} · forecast about 880"


async def test_where_two_cycles_are_known_the_forecast_is_a_range(make, either_store, clock, devin, account):
    account.days = office(date(2026, 4, 1), date(2026, 5, 19))
    bills = {day: {"devin": Decimal(40 + day.day % 5)} for day in office(date(2026, 1, 1), date(2026, 4, 30))}
    nothing = {date(2026, 1, 1) + timedelta(after): {"devin": Decimal(0)} for after in range(120)}
    async with either_store.db.write() as tx:
        await spend.put_consumption(tx, ORG, nothing | bills, NOW)
    line = await used(make, either_store, clock, devin)
    assert line == "May 5 \N{EN DASH} Jun 3, through May 19: 440 ACUs · forecast 874\N{EN DASH}897"


async def test_each_day_of_the_cycle_has_the_price_that_was_valid_on_it(make, store, clock, devin, account):
    account.days = office(date(2026, 4, 1), date(2026, 5, 19))
    rises = Price(Decimal("2.00"), "USD", ((date(2026, 5, 18), Decimal("2.25")),))
    line = await used(make, store, clock, devin, acu_price=rises)
    assert "440 ACUs (900.00 USD)" in line  # nine weekdays at 2.00 and two at 2.25


async def test_without_permissions_the_month_and_the_setting_count(make, store, clock, devin, account):
    account.days = office(date(2026, 4, 1), date(2026, 5, 19))
    account.refused = dict.fromkeys((CYCLES, LIMITS, OWN), 403)
    line = await used(make, store, clock, devin, cycle_acus=1000.0)
    assert line == "May, through May 19: 520 of 1,000 ACUs (52%) · forecast about 840"


@pytest.mark.parametrize(
    ("own", "shown"), [(None, "4 of 1,000 ACUs (0%)"), (900, "4 ACUs")], ids=["of the settings", "of Devin"]
)
async def test_our_own_count_is_compared_with_no_limit_of_devins(make, store, clock, devin, account, own, shown):
    account.refused, account.own_limit = {DAILY: 403}, own
    await store.session("a", NOW - 86_400)
    await store.spent(date(2026, 5, 19), a=4.0)
    line = await used(make, store, clock, devin, cycle_acus=1000.0)
    assert line == f"May 5 \N{EN DASH} Jun 3, through May 19: {shown} · forecast: too early to say"


async def test_a_cycle_that_is_over_is_not_forecast(make, store, clock, devin, account):
    account.days, account.cycles = {date(2026, 5, 19): 4.0}, instants(Cycle(date(2026, 5, 18), date(2026, 5, 19)))
    assert await used(make, store, clock, devin) == "May 18 \N{EN DASH} May 19: 4 ACUs"


async def test_of_a_cycle_that_began_before_all_that_was_read_the_month_counts(make, store, clock, devin, account):
    account.days, account.own_limit = office(date(2026, 4, 1), date(2026, 5, 19)), 9000
    account.cycles = instants(Cycle(date(2025, 6, 1), date(2026, 5, 31)))
    assert await used(make, store, clock, devin) == "May, through May 19: 520 ACUs · forecast about 840"


def divided(first, last, **products):
    """The same ACUs of each product on each day."""
    days = [first + timedelta(days=after) for after in range((last - first).days + 1)]
    return dict.fromkeys(days, sum(products.values())), dict.fromkeys(days, products)


async def test_a_limit_of_devins_is_compared_with_what_devin_used_alone(make, either_store, clock, devin, account):
    first, last = date(2026, 5, 5), date(2026, 5, 19)
    account.days, account.products = divided(first, last, devin=1.6, cascade=30.0, terminal=10.0, review=1.8)
    account.own_limit = 500
    line = await used(make, either_store, clock, devin, acu_price=Price(Decimal("2.25"), "USD"))
    assert line == (
        "May 5 \N{EN DASH} Jun 3, through May 19: Devin 24 of 500 ACUs (4%), forecast about 48"
        " · local agents 600 ACUs · review 27 ACUs · 651 ACUs in all (1,464.75 USD)"
    )


async def test_local_agents_have_a_limit_and_a_forecast_of_their_own(make, store, clock, devin, account):
    account.days, account.products = divided(
        date(2026, 5, 5), date(2026, 5, 19), devin=1.6, cascade=30.0, terminal=11.8
    )
    account.by_agent = {"cloud_agent": {"cycle_acu_limit": 600}, "local_agent": {"cycle_acu_limit": 800}}
    account.own_limit = 900
    assert await used(make, store, clock, devin) == (
        "May 5 \N{EN DASH} Jun 3, through May 19: Devin 24 of 600 ACUs (4%), forecast about 48"
        " · local agents 627 of 800 ACUs (78%), forecast about 1,250 · 651 ACUs in all"
    )


async def test_of_a_day_that_is_not_in_yet_no_part_is_counted(make, either_store, clock, devin, account):
    account.days, account.products = divided(date(2026, 5, 5), date(2026, 5, 18), devin=2.0, cascade=40.0)
    account.by_agent = {"cloud_agent": {"cycle_acu_limit": 500}, "local_agent": {"cycle_acu_limit": 800}}
    await either_store.session("a", NOW - 86_400)
    await either_store.spent(date(2026, 5, 19), a=4.0)
    assert await used(make, either_store, clock, devin) == (
        "May 5 \N{EN DASH} Jun 3, through May 18: Devin 28 of 500 ACUs (5%), forecast about 60"
        " · local agents 560 of 800 ACUs (70%), forecast about 1,200 · 588 ACUs in all"
    )


async def test_the_setting_is_compared_with_what_devin_used_alone(make, store, clock, devin, account):
    account.days, account.products = divided(date(2026, 5, 5), date(2026, 5, 19), devin=1.6, cascade=40.0)
    assert await used(make, store, clock, devin, cycle_acus=1000.0) == (
        "May 5 \N{EN DASH} Jun 3, through May 19: Devin 24 of 1,000 ACUs (2%), forecast about 48"
        " · local agents 600 ACUs · 624 ACUs in all"
    )


async def test_an_empty_answer_about_kinds_of_agents_takes_their_limits_away(start, store, account, clock):
    account.by_agent = {"cloud_agent": {"cycle_acu_limit": 600}, "local_agent": {"cycle_acu_limit": 800}}
    await start()()
    assert (await known(store))[1] == CycleLimit(600.0, LimitSource.CLOUD_AGENT)
    account.by_agent = {"cloud_agent": None}
    clock.now += 86_400
    await start()()
    async with store.db.read() as tx:
        assert await limits_of(tx, ORG, Policy()) == CycleLimits()
