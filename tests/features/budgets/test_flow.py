"""Levels of budgets are announced once, whatever else happens, and grants count once, on both databases."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from bot.domain.causes import MessageCause
from bot.domain.lane import thread_lane
from bot.domain.questions import By
from bot.domain.session import TERMINAL_STATUSES, DisplayState, Lifecycle, Options, is_asleep
from bot.domain.waking import WakeLimits
from bot.features.budgets import grant_rows as grants
from bot.features.budgets import rows as budgets
from bot.features.budgets.check import BudgetCheck, own_budgets
from bot.features.budgets.flow import BudgetCommands
from bot.features.budgets.grant_rows import Grant, GrantState
from bot.features.budgets.rules import Scope, ScopeKind, Span
from bot.features.budgets.standings import reports_no_acus, standings
from bot.features.budgets.watch import BudgetWatch
from bot.features.consumption.reader import ConsumptionReader
from bot.features.teams import rows as cost_centre_rows
from bot.features.teams.rows import cost_centre_members
from bot.features.teams.rules import Member, MemberKind
from bot.features.usage import spend_group_rows
from bot.features.usage.spend_group_rows import Spending
from bot.kernel.access import Access
from bot.kernel.gates import Asker, Gates, Limit, Work
from bot.kernel.services import Services
from bot.store import due, inbox, sessions, spend, tables
from bot.store.database.connection import Database
from bot.store.inbox import InboxRow
from tests.features.budgets import starts_at_once
from tests.features.budgets.starts_at_once import admitted, start_all
from tests.flows.conftest import ADMINS, CHANNEL, ORG, TEAM, Make, SetClock, Store

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
TODAY, YESTERDAY, MONDAY = date(2026, 5, 20), date(2026, 5, 19), date(2026, 5, 18)
APRIL = date(2026, 4, 30)
PERSON, EACH_PERSON = Scope(ScopeKind.PERSON, "U0ADA"), Scope(ScopeKind.EACH_PERSON)
PERIOD = "day:2026-05-20"
PASSES = "1 session without a limit might go over it"

Watch = Callable[[], Awaitable[list[str]]]


def asker(services: Services, user: str, channel: str = CHANNEL, *, reader: str | None = None) -> Asker:
    """Somebody who has work done in a channel, and reads about it unless another `reader` does."""
    (workspace,) = services.workspaces
    return Asker(workspace, user, channel, reader or user)


@pytest.fixture
def services(make: Make, either_store: Store, clock: SetClock) -> Services:
    clock.now = NOON
    return make(either_store, clock)


def watch_of(services: Services) -> BudgetWatch:
    (workspace,) = services.workspaces
    return BudgetWatch(services, workspace)


@pytest.fixture
def announced(services: Services, either_store: Store) -> Watch:
    """What a tick has the admins read, which is then sent; a new watch each time is a restart."""

    async def announced() -> list[str]:
        await watch_of(services).tick()
        rows = [row for row in await either_store.rows(tables.outbox, tables.outbox.c.seq) if row["state"] == "open"]
        async with either_store.db.write() as tx:
            await tx.execute(tables.outbox.update().values(state="sent"))
        return [row["payload"]["text"] for row in rows if row["channel"] == ADMINS]

    return announced


async def set_budget(store: Store, scope: Scope, acus: str, *warn: int, span: Span = Span.DAY) -> int:
    async with store.db.write() as tx:
        return (await budgets.put(tx, TEAM, scope, Decimal(acus), span, warn or (80,), NOON)).number


async def grant(store: Store, number: int, acus: str, subject: str = "U0ADA", key: str = "g") -> None:
    state = GrantState.GRANTED
    async with store.db.write() as tx:
        await grants.add(tx, Grant(key, TEAM, number, subject, PERIOD, Decimal(acus), "U0BEN", state, NOON))


async def spent(store: Store, acus: float, day: date = TODAY, name: str = "one") -> None:
    if name not in await store.all(tables.sessions.c.id):
        await store.session(name, NOON)
    await store.spent(day, **{name: acus})


async def test_only_the_highest_of_several_levels_is_announced_and_that_once(
    either_store: Store, announced: Watch
) -> None:
    await set_budget(either_store, PERSON, "10", 50, 80)
    await spent(either_store, 4.9)
    assert await announced() == []
    await spent(either_store, 3.2)
    assert await announced() == ["81% of someone's budget is used: 8.1 of 10 ACUs today."]
    assert await announced() == []
    rows = await either_store.rows(budgets.crossings, budgets.crossings.c.level)
    assert [(row["level"], row["times"]) for row in rows] == [(50, 1), (80, 1)]


async def test_where_figures_name_nobody_only_the_person_reads_whose_budget_it_is(
    make: Make, either_store: Store, clock: SetClock
) -> None:
    clock.now = NOON
    services = make(either_store, clock, shows_names=False)
    await set_budget(either_store, EACH_PERSON, "10")
    await spent(either_store, 8)
    await watch_of(services).tick()
    rows = await either_store.rows(tables.outbox, tables.outbox.c.seq)
    assert [(row["channel"], row["payload"]["text"].split(" is used")[0]) for row in rows] == [
        (ADMINS, "80% of one person's budget"),
        ("U0ADA", "80% of your budget"),
    ]


async def test_two_workers_announce_a_level_once(services: Services, either_store: Store) -> None:
    one = await set_budget(either_store, EACH_PERSON, "10")
    await spent(either_store, 10)
    await asyncio.gather(*(watch_of(services).tick() for _ in range(4)))
    key = f"budget:{one}:U0ADA:{PERIOD}:100:1"
    assert await either_store.all(tables.outbox.c.key) == [f"admins:{key}:{ADMINS}", key]


async def test_a_higher_level_replaces_a_lower_one_that_was_not_posted(services: Services, either_store: Store) -> None:
    await set_budget(either_store, PERSON, "10")
    await spent(either_store, 8)
    await watch_of(services).tick()
    await spent(either_store, 2)
    await watch_of(services).tick()
    rows = await either_store.rows(tables.outbox, tables.outbox.c.seq)
    assert [(row["state"], row["reason"], ":80:" in row["key"]) for row in rows] == [
        *[("dead", budgets.REPLACED, True)] * 2,
        *[("open", None, False)] * 2,
    ]


async def test_a_level_is_announced_again_only_if_it_was_raised(either_store: Store, announced: Watch) -> None:
    one = await set_budget(either_store, PERSON, "10")
    await spent(either_store, 8)
    assert len(await announced()) == 1
    assert await set_budget(either_store, PERSON, "9") == one
    assert await announced() == []
    await grant(either_store, one, "1.5")
    assert await announced() == []
    await spent(either_store, 0.5)
    assert await announced() == ["80% of someone's budget is used: 8.5 of 10.5 ACUs today."]


async def test_a_level_is_announced_again_once_the_bill_has_fallen_five_points(
    either_store: Store, announced: Watch
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "10", span=Span.CYCLE)
    for acus, lines in ((8.0, 1), (7.6, 0), (8.0, 0), (7.5, 0), (8.0, 1)):
        async with either_store.db.write() as tx:
            await spend.put_consumption(tx, ORG, {TODAY: {"devin": Decimal(str(acus))}}, NOON)
        assert len(await announced()) == lines, acus


@pytest.mark.edge
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bills=st.lists(st.integers(0, 130), min_size=1, max_size=12))
async def test_whatever_the_bill_does_each_level_is_announced_once_until_it_was_five_points_below(
    make: Make, store: Store, clock: SetClock, bills: list[int]
) -> None:
    """Of a budget of 100 ACUs, so that a point is an ACU; compared with a second way to count."""
    clock.now = NOON
    watch = watch_of(make(store, clock))
    async with store.db.write() as tx:
        for table in (budgets.budgets, budgets.crossings, tables.outbox, tables.consumption):
            await tx.execute(table.delete())
    await set_budget(store, Scope(ScopeKind.ORG), "100", 50, 80, span=Span.CYCLE)
    announced: set[int] = set()
    posts = 0
    for acus in bills:
        async with store.db.write() as tx:
            await spend.put_consumption(tx, ORG, {TODAY: {"devin": Decimal(acus)}}, NOON)
        announced -= {level for level in announced if acus <= level - 5}
        reached = {level for level in (50, 80, 100) if acus >= level}
        posts += bool(reached - announced)
        announced |= reached
        await watch.tick()
        await watch.tick()
        assert len(await store.rows(tables.outbox)) == posts, bills


async def test_admins_fall_under_budgets_too(make: Make, store: Store, clock: SetClock) -> None:
    clock.now = NOON
    services = make(store, clock, admin_users=frozenset({"U0ADA"}))
    await set_budget(store, EACH_PERSON, "10")
    await spent(store, 10)
    assert await BudgetCheck(services).start_refusal(asker(services, "U0ADA")) is not None
    assert await BudgetCheck(services).start_refusal(asker(services, "U0BEN")) is None


async def test_the_next_period_begins_anew(either_store: Store, announced: Watch, clock: SetClock) -> None:
    await set_budget(either_store, PERSON, "10")
    await spent(either_store, 10)
    assert len(await announced()) == 1
    clock.now += 24 * 3600
    assert await announced() == []
    await spent(either_store, 10, date(2026, 5, 21))
    assert len(await announced()) == 1


async def test_what_the_organisation_spends_is_its_bill_and_what_runs_ahead_of_it(
    services: Services, either_store: Store
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "100", span=Span.WEEK)
    async with either_store.db.write() as tx:
        await spend.put_consumption(tx, ORG, {MONDAY: {"devin": Decimal("0.3")}, APRIL: {"devin": Decimal(9)}}, NOON)
        await spend.put_consumption(tx, ORG, {TODAY: {"devin": Decimal("0.1")}}, NOON)
    await spent(either_store, 0.2)
    await spent(either_store, 5, MONDAY)
    await spent(either_store, 0.4, YESTERDAY, "other")
    async with either_store.db.write() as tx:
        await spend.put_consumption(tx, ORG, {YESTERDAY: {"devin": Decimal("0.3")}}, NOON)  # may still change
    assert await standing(services) == [(Decimal("0.9"), Decimal(100))]


async def test_a_day_that_devin_does_not_list_took_what_our_sessions_used(
    services: Services, either_store: Store, bills: Any
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "10", span=Span.WEEK)
    await spent(either_store, 9, YESTERDAY)
    bills.days = {TODAY: 0.5}
    (organisation,) = services.organisations
    await ConsumptionReader(services).refresh(organisation)
    assert await standing(services) == [(Decimal("9.5"), Decimal(10))]


async def test_other_products_on_the_bill_use_up_no_budget_of_the_organisation(
    services: Services, either_store: Store, announced: Watch
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "500", span=Span.CYCLE)
    bill = {"devin": Decimal(24), "cascade": Decimal(600), "terminal": Decimal("25.1"), "review": Decimal("1.9")}
    async with either_store.db.write() as tx:
        await spend.put_consumption(tx, ORG, {YESTERDAY: bill}, NOON)
    assert await standing(services) == [(Decimal(24), Decimal(500))]
    assert await BudgetCheck(services).start_refusal(asker(services, "U0ADA")) is None
    assert await announced() == []
    assert await listed(services, "U0ADA") == (
        "1 budget: the organization 24 of 500 ACUs this cycle, not counting 627 of other products"
    )


async def test_beside_other_products_a_day_that_devin_does_not_list_took_what_our_sessions_used(
    services: Services, either_store: Store
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "100", span=Span.WEEK)
    await spent(either_store, 9, YESTERDAY)
    async with either_store.db.write() as tx:
        await spend.put_consumption(tx, ORG, {YESTERDAY: {}}, NOON)
        await spend.put_consumption(tx, ORG, {TODAY: {"devin": Decimal("0.5"), "cascade": Decimal(600)}}, NOON)
    assert await standing(services) == [(Decimal("9.5"), Decimal(100))]
    assert await listed(services, "U0ADA") == (
        f"1 budget: the organization 9.5 of 100 ACUs this week, not counting 600 of other products, {PASSES}"
    )


async def standing(services: Services, user: str = "U0ADA", channel: str = CHANNEL) -> list[Any]:
    (workspace,) = services.workspaces
    async with services.db.read() as tx:
        found = await own_budgets(tx, workspace, user, channel, services.clock())
    return [(one.standing.spent, one.standing.acus) for one in found]


async def test_people_and_channels_spend_what_their_sessions_spend(services: Services, either_store: Store) -> None:
    await set_budget(either_store, EACH_PERSON, "10")
    await set_budget(either_store, Scope(ScopeKind.CHANNEL, CHANNEL), "20")
    await spent(either_store, 0.1)
    await spent(either_store, 0.2, name="two")
    await spent(either_store, 5, YESTERDAY)
    assert await standing(services) == [(Decimal("0.3"), Decimal(10)), (Decimal("0.3"), Decimal(20))]
    assert await standing(services, "U0BEN", "D0BEN") == [(Decimal(0), Decimal(10))]


@pytest.mark.parametrize(
    ("acu", "setting", "left", "limit"),
    [
        (None, None, "", None),
        (None, 2.5, "", 3),
        (9, 2.5, "", 9),  # its own option counts and not the setting
        (None, 5.0, "7.5", 5),
        (None, 5.0, "3.2", 3),  # whole ACUs, so that budgets are never passed
        (9, 5.0, "7.5", 7),
        (None, None, "1.2", 1),
    ],
)
async def test_a_new_session_gets_its_ceiling_unless_a_budget_leaves_less(
    make: Make, store: Store, acu: int | None, setting: float | None, left: str, limit: int | None
) -> None:
    limits = WakeLimits(session_acus=setting)
    services = make(store, lambda: NOON, wake_limits=limits)
    if left:
        await set_budget(store, Scope(ScopeKind.EACH_SESSION), "8")
        await set_budget(store, EACH_PERSON, left)
    await store.session("new", NOON, options=asdict(Options(acu=acu)))
    session = await services.session("new")
    assert session is not None
    gates, ceiling = Gates([BudgetCheck(services)]), limits.own_ceiling(session)
    async with store.db.write() as tx:
        found = await gates.limit(tx, asker(services, session.requester), Work(session.id, ceiling, acu))
    assert isinstance(found, Limit)
    assert found.acus == limit
    assert ceiling == (acu or setting)  # whatever is left now


async def test_what_sessions_may_still_use_is_reserved_until_they_rest(services: Services, either_store: Store) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "20")
    assert [await admitted(services, either_store, number, 8) for number in range(4)] == [8, 8, 4, None]
    refused = await BudgetCheck(services).start_refusal(asker(services, "U9"))
    assert refused is not None
    assert refused.text.split(" It resets")[0] == (
        "Nothing was started: the organization's budget has less than 1 ACU left (0 of 20 ACUs used "
        "today, 20 more reserved by running sessions)."
    )
    rests = {"s0": {"detail": "finished"}, "s1": {"status": "suspended"}, "s2": {"lifecycle": "ended"}}
    async with either_store.db.write() as tx:
        for name, values in rests.items():
            await tx.execute(tables.sessions.update().where(tables.sessions.c.id == name).values(values))
    assert await admitted(services, either_store, 5, 8) == 8


async def test_what_has_something_reserved_is_what_goes_on_as_people_see_it(
    services: Services, either_store: Store
) -> None:
    details = (None, "working", "waiting_for_user", "waiting_for_approval", "finished", "something_new")
    statuses = ("new", "resuming", "running", "suspended", "exit", "error")
    every = list(product(statuses, details, (None, True, False), (True, False)))
    owner = {"requester": "U0ADA", "channel": CHANNEL, "prompt": "fix it", "options": {"tags": []}, "pull_requests": []}
    begun = {"team": TEAM, "org_id": ORG, "created_at": NOON, "acu_limit": 1, "lifecycle": "open"}
    async with either_store.db.write() as tx:
        for number, (status, detail, asks, has_result) in enumerate(every):
            facts = {"id": f"s{number}", "status": status, "detail": detail, "asks": asks, "has_result": has_result}
            await tx.execute(tables.sessions.insert().values(owner | begun | facts))
    async with either_store.db.read() as tx:
        goes_on = set(await tx.scalars(select(tables.sessions.c.id).where(text(tables.SESSION_GOES_ON))))
        stored = {f"s{number}": await sessions.get(tx, f"s{number}") for number in range(len(every))}
    seen = {
        name
        for name, session in stored.items()
        if session is not None
        and not is_asleep(session)
        and session.snapshot.status not in TERMINAL_STATUSES
        and session.display_state not in {DisplayState.DONE, DisplayState.ANSWERED}
    }
    assert goes_on == seen


async def test_a_session_that_was_refused_holds_nothing_while_another_is_begun_in_its_thread(
    services: Services, either_store: Store
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "20")
    await either_store.session("s1", NOON, lifecycle=Lifecycle.REFUSED, acu_limit=None)
    thread = f"{NOON:.6f}"
    cause = MessageCause("U0ADA", "fix the login test", CHANNEL, f"{NOON + 1:.6f}", thread, mention=True)
    lane = thread_lane(TEAM, CHANNEL, thread)
    async with either_store.db.write() as tx:
        await inbox.add(tx, [InboxRow("m1", TEAM, lane, cause.ts, "ref", cause, NOON, NOON)])
        await inbox.intend(tx, "m1", NOON)
    assert await BudgetCheck(services).start_refusal(asker(services, "U0BEN", "C0OTHER")) is None


async def test_a_session_without_a_limit_holds_the_usual_use_and_is_counted_where_there_is_no_room(
    services: Services, either_store: Store
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "12")
    await either_store.session("his", NOON, requester="U0BEN", acu_limit=None, acus=4.0)
    assert await admitted(services, either_store, 1, None) == 6  # beside 10 - 4 that are held
    refused = await BudgetCheck(services).start_refusal(asker(services, "U0ADA", "C0OTHER"))
    assert refused is not None
    assert refused.text.split(" It resets")[0] == (
        "Nothing was started: the organization's budget has less than 1 ACU left (0 of 12 ACUs used today, "
        "12 more reserved by running sessions, 1 session without a limit might go over it)."
    )
    async with either_store.db.write() as tx:
        await sessions.change(tx, "his", acus=500.0)  # it holds 1 now
    assert await admitted(services, either_store, 2, None) == 5


async def test_a_start_without_a_limit_gets_what_nine_of_ten_sessions_stay_within(
    services: Services, either_store: Store
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "100")
    assert await admitted(services, either_store, 0, None) == 10  # until 20 are over
    for number in range(1, 21):
        await either_store.session(f"over{number}", NOON - 86_400, lifecycle=Lifecycle.ENDED)
    await either_store.spent(YESTERDAY, **{f"over{number}": number / 2 for number in range(1, 21)})
    await either_store.session("runs", NOON)
    await either_store.spent(YESTERDAY, runs=80.0)  # counts for nothing until it is over
    assert await admitted(services, either_store, 1, None) == 9
    assert await admitted(services, either_store, 2, 50) == 50  # who wants more says so


async def test_an_organizations_budget_of_5000_admits_hundreds_with_nothing_configured(
    services: Services, either_store: Store
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "5000")
    for number in range(20):
        await either_store.session(f"over{number}", NOON - 86_400, lifecycle=Lifecycle.ENDED)
    await either_store.spent(YESTERDAY, **{f"over{number}": 12.0 for number in range(20)})
    for number in range(3):
        await either_store.session(f"adopted{number}", NOON, acu_limit=None)
    found = await start_all(services, either_store, range(420), None)
    assert found.count(12) == (5_000 - 3 * 12) // 12
    assert sum(found) == 5_000 - 3 * 12


ANN_HERSELF = Member(MemberKind.PERSON, "U0ANN")
PAYMENTS, OF_WEB = Scope(ScopeKind.TEAM, "Payments"), Scope(ScopeKind.REPO, "acme/web")


async def divided(store: Store) -> None:
    """Ann is in Payments since yesterday, where the tag counts too; Ben is in Web."""
    since = YESTERDAY.isoformat()
    rows = [("person", "U0ANN", "Payments"), ("tag", "pay", "Payments"), ("person", "U0BEN", "Web")]
    members = [{"team": TEAM, "kind": kind, "subject": who, "since": since, "name": name} for kind, who, name in rows]
    await store.put(cost_centre_members, *members)


async def used_by(store: Store, name: str, user: str, acus: float, day: date = TODAY, **options: Any) -> None:
    """A session that somebody started with these options, is at work with a limit of 20, and has used so much."""
    facts = {"requester": user, "acu_limit": 20, "acus": acus, "options": asdict(Options(**options))}
    await store.session(name, NOON, **facts)
    await store.spent(day, **{name: acus})


async def begins(services: Services, store: Store, user: str, **options: Any) -> int | str | None:
    """What somebody's start with these options may use, or why it may not begin."""
    work = Work("new", 90, options=Options(**options))
    async with store.db.write() as tx:
        limit = await BudgetCheck(services).limit(tx, asker(services, user), work)
    return limit.acus if isinstance(limit, Limit) else limit.text.split(" It resets")[0]


async def test_a_team_s_budget_counts_what_figures_count_for_it(services: Services, either_store: Store) -> None:
    await divided(either_store)
    number = await set_budget(either_store, PAYMENTS, "100", span=Span.CYCLE)
    await used_by(either_store, "hers", "U0ANN", 5)
    await used_by(either_store, "tagged", "U0BEN", 7, tags=("PAY", "ui"))
    await used_by(either_store, "his", "U0BEN", 11)
    await used_by(either_store, "before", "U0ANN", 13, MONDAY)  # she joined later
    async with either_store.db.read() as tx:
        budget = await budgets.get(tx, TEAM, number)
        assert budget is not None
        (workspace,) = services.workspaces
        standing = await (await standings(tx, workspace, NOON)).with_reserved(budget, "Payments")
        spending = Spending(TEAM, ORG, standing.period.first, standing.period.last)
        figures = {one.key: one.acus for one in await spend_group_rows.grouped(tx, spending, By.TEAM)}
    assert figures == {"Payments": 12.0, "Web": 11.0, None: 13.0}
    assert (standing.spent, standing.reserved) == (Decimal(12), Decimal(15 + 13 + 7))  # "before" is hers by now
    assert await begins(services, either_store, "U0ANN") == 100 - 12 - 35
    assert await begins(services, either_store, "U0BEN", tags=("Pay",)) == 53
    assert await begins(services, either_store, "U0BEN") == 90


async def test_a_repository_s_budget_counts_what_was_started_with_it_however_it_is_written(
    services: Services, either_store: Store
) -> None:
    await set_budget(either_store, OF_WEB, "60", span=Span.CYCLE)
    await used_by(either_store, "one", "U0ANN", 5, repo="acme/web")
    await used_by(either_store, "two", "U0BEN", 20, repo="Acme/Web")
    await used_by(either_store, "api", "U0BEN", 11, repo="acme/api")
    assert await begins(services, either_store, "U0ANN", repo="ACME/web") == 60 - 25 - 15
    assert await begins(services, either_store, "U0ANN", repo="acme/api", also=("acme/www", "acme/Web")) == 20
    assert await begins(services, either_store, "U0ANN", repo="acme/api") == 90
    assert await begins(services, either_store, "U0ANN") == 90
    await used_by(either_store, "three", "U0BEN", 20, repo="acme/api", also=("acme/www", "acme/Web"))
    assert await begins(services, either_store, "U0ANN", repo="acme/web") == (
        "Nothing was started: the budget of the repository acme/web has less than 1 ACU left "
        "(45 of 60 ACUs used this cycle, 15 more reserved by running sessions)."
    )


async def test_a_team_that_is_removed_holds_nobody_back_and_its_budget_says_so(
    services: Services, either_store: Store
) -> None:
    await divided(either_store)
    await set_budget(either_store, PAYMENTS, "4", span=Span.CYCLE)
    await used_by(either_store, "hers", "U0ANN", 4)
    refused = "Nothing was started: the budget of team “Payments” is used up, 4 of 4 ACUs this cycle."
    assert await begins(services, either_store, "U0ANN") == refused
    async with either_store.db.write() as tx:
        await cost_centre_rows.put(tx, TEAM, "", [ANN_HERSELF, Member(MemberKind.TAG, "pay")], TODAY)
    assert await begins(services, either_store, "U0ANN") == 90
    commands = BudgetCommands(services, Access(services))
    (workspace,) = services.workspaces
    listed = await commands.listing(workspace, "U0ADA", CHANNEL, admin=True)
    assert "team “Payments” 0 of 4 ACUs this cycle, no one is in this team now" in listed.text
    async with either_store.db.write() as tx:  # as an admin makes it again, written otherwise
        await cost_centre_rows.put(tx, TEAM, "PAYMENTS", [ANN_HERSELF], YESTERDAY)
    assert await begins(services, either_store, "U0ANN") == refused


async def passes_nothing(store: Store, found: Sequence[int]) -> None:
    """Checks what a thousand starts of fifty people got of the budgets, at most and all of it."""
    assert (len(found), sum(found)) == (1_000, 500)
    rows = await store.rows(tables.sessions)
    assert sum(row["acu_limit"] for row in rows) == 500
    of_people = Counter[str]()
    for row in rows:
        of_people[row["requester"]] += row["acu_limit"]
    assert max(of_people.values()) <= 30


@pytest.mark.edge
async def test_a_thousand_starts_at_once_of_fifty_people_on_two_connections_never_pass_a_budget(
    make: Make, either_store: Store, either_url: str
) -> None:
    stores = [either_store, Store(Database(either_url))]  # each with connections of its own
    await set_budget(either_store, Scope(ScopeKind.ORG), "500")
    await set_budget(either_store, EACH_PERSON, "30")
    workers = [start_all(make(store, lambda: NOON), store, range(n, 1_000, 2)) for n, store in enumerate(stores)]
    found = await asyncio.gather(*workers)
    await stores[1].db.close()
    await passes_nothing(either_store, [*found[0], *found[1]])


@pytest.mark.edge
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_thousand_starts_at_once_of_fifty_people_in_two_processes_never_pass_a_budget(
    either_store: Store, either_url: str
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "500")
    await set_budget(either_store, EACH_PERSON, "30")
    run = partial(asyncio.create_subprocess_exec, sys.executable, "-m", starts_at_once.__name__, either_url)
    processes = [await run(str(first), "1000", stdin=PIPE, stdout=PIPE) for first in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    await passes_nothing(either_store, [acus for output, _ in outputs for acus in json.loads(output)])


async def test_a_grant_counts_for_its_subject_and_its_period(services: Services, either_store: Store) -> None:
    one = await set_budget(either_store, EACH_PERSON, "10")
    await grant(either_store, one, "2.5")
    await grant(either_store, one, "2.5")  # the same key
    await grant(either_store, one, "0.1", "", "all")
    await grant(either_store, one, "100", "U0BEN", "his")
    assert await standing(services) == [(Decimal(0), Decimal("12.6"))]


async def test_a_grant_is_gone_with_its_period(services: Services, either_store: Store, clock: SetClock) -> None:
    one = await set_budget(either_store, EACH_PERSON, "10")
    await grant(either_store, one, "2.5")
    assert await standing(services) == [(Decimal(0), Decimal("12.5"))]
    clock.now += 24 * 3600
    assert await standing(services) == [(Decimal(0), Decimal(10))]


def used_up(owner: str) -> str:
    return f"{owner} is used up, 10 of 10 ACUs today. It resets on May 21 at 8:00 AM UTC."


@pytest.mark.parametrize(
    ("scope", "owner", "elsewhere"),
    [
        (Scope(ScopeKind.ORG), "the organization's budget", True),
        (Scope(ScopeKind.CHANNEL, CHANNEL), f"the budget of <#{CHANNEL}>", False),
        (Scope(ScopeKind.EACH_CHANNEL), f"the budget of <#{CHANNEL}>", False),
    ],
)
async def test_a_start_is_refused_where_the_organisation_or_the_channel_has_used_up_its_budget(
    services: Services, either_store: Store, scope: Scope, owner: str, elsewhere: bool
) -> None:
    await set_budget(either_store, scope, "10")
    await spent(either_store, 10)
    refused = await BudgetCheck(services).start_refusal(asker(services, "U0BEN"))
    assert refused is not None
    assert refused.text == (f"Nothing was started: {used_up(owner)} Try again then, or request approval.")
    other = await BudgetCheck(services).start_refusal(asker(services, "U0BEN", "C0OTHER"))
    assert (other is not None) is elsewhere


@pytest.mark.parametrize(
    ("scope", "owner"),
    [
        (Scope(ScopeKind.ORG), "the organization's budget"),
        (Scope(ScopeKind.CHANNEL, CHANNEL), f"the budget of <#{CHANNEL}>"),
        (Scope(ScopeKind.EACH_SESSION), "this session's budget"),
    ],
)
async def test_waking_is_refused_by_the_budget_of_the_organisation_the_channel_and_the_session(
    services: Services, either_store: Store, scope: Scope, owner: str
) -> None:
    await set_budget(either_store, scope, "10")
    await spent(either_store, 10)
    session = await services.session("one")
    assert session is not None
    who = asker(services, session.requester, session.channel, reader="U0BEN")
    refused = await BudgetCheck(services).wake_refusal(who, session)
    assert refused is not None
    assert refused.text == (f"Your reply wasn't sent: {used_up(owner)} Send it again then, or request approval.")


async def listed(services: Services, user: str) -> str:
    (workspace,) = services.workspaces
    commands = BudgetCommands(services, Access(services))
    return (await commands.listing(workspace, user, CHANNEL, admin=user in workspace.policy.admin_users)).text


async def test_where_figures_name_nobody_an_admin_sees_whose_budgets_there_are_and_the_spending_of_their_own(
    make: Make, either_store: Store, clock: SetClock
) -> None:
    clock.now = NOON
    admins = frozenset({"U0ADA", "U0BEN"})
    await set_budget(either_store, PERSON, "20")
    await set_budget(either_store, EACH_PERSON, "10")
    await spent(either_store, 8)
    named = make(either_store, clock, admin_users=admins)
    assert await listed(named, "U0BEN") == (
        f"2 budgets: <@U0ADA> 8 of 20 ACUs today, {PASSES}; each person 0 of 10 ACUs today"
    )
    anonymous = make(either_store, clock, admin_users=admins, shows_names=False)
    assert await listed(anonymous, "U0BEN") == "2 budgets: <@U0ADA> 20 ACUs a day; each person 0 of 10 ACUs today"
    assert await listed(anonymous, "U0ADA") == (
        f"2 budgets: <@U0ADA> 8 of 20 ACUs today, {PASSES}; each person 10 ACUs a day"
    )


async def test_where_the_bill_cannot_be_read_the_organisations_budget_says_what_it_counts(
    services: Services, either_store: Store, announced: Watch
) -> None:
    await set_budget(either_store, Scope(ScopeKind.ORG), "10")
    async with either_store.db.write() as tx:
        await due.write(
            tx, due.consumption(ORG), NOON, {"v": 1, "missing": "ViewOrgConsumption", "because": "permission"}
        )
    await spent(either_store, 8)
    only = "8 of 10 ACUs today, counted from Slack sessions only"
    assert await announced() == [f"80% of the organization's budget is used: {only}."]
    assert await listed(services, "U0ADA") == f"1 budget: the organization {only}, {PASSES}"
    async with either_store.db.write() as tx:
        await spend.put_consumption(tx, ORG, {TODAY: {"devin": Decimal(9)}}, NOON)
    assert await listed(services, "U0ADA") == f"1 budget: the organization 9 of 10 ACUs today, {PASSES}"


async def test_of_two_admins_one_decides(either_store: Store) -> None:
    asked = Grant("k", TEAM, 1, "U0ADA", PERIOD, Decimal(10), "U0ADA", GrantState.ASKED, NOON)
    async with either_store.db.write() as tx:
        assert await grants.add(tx, asked)
        assert not await grants.add(tx, asked)

    async def decide(state: GrantState) -> bool:
        async with either_store.db.write() as tx:
            return await grants.decide(tx, asked, state, NOON)

    decided = await asyncio.gather(*(decide(state) for state in [GrantState.GRANTED, GrantState.REFUSED] * 3))
    assert sum(decided) == 1


async def test_a_budget_that_is_removed_takes_its_rows_along(either_store: Store, announced: Watch) -> None:
    one = await set_budget(either_store, PERSON, "10")
    await spent(either_store, 10)
    await grant(either_store, one, "1")
    await announced()
    async with either_store.db.write() as tx:
        assert await budgets.remove(tx, "T0OTHER", one) is None
        removed = await budgets.remove(tx, TEAM, one)
    assert removed is not None
    assert (removed.scope, removed.acus) == (PERSON, Decimal(10))
    assert await either_store.rows(budgets.crossings) == await either_store.rows(budgets.grants) == []
    assert await set_budget(either_store, PERSON, "10") != one  # its number means nothing else from now on


async def test_no_post_about_spending_goes_to_a_channel_that_another_company_shares(
    services: Services, either_store: Store
) -> None:
    await either_store.put(tables.channels, {"team": TEAM, "channel": CHANNEL, "is_shared": True, "changed_at": 0.0})
    await set_budget(either_store, Scope(ScopeKind.EACH_CHANNEL), "10")
    await spent(either_store, 10)
    await watch_of(services).tick()
    assert await either_store.all(tables.outbox.c.channel) == [ADMINS]


async def test_it_is_known_where_devin_reports_no_acus(services: Services, either_store: Store) -> None:
    async def none() -> bool:
        (workspace,) = services.workspaces
        async with services.db.read() as tx:
            return await reports_no_acus(tx, workspace, NOON)

    assert not await none()  # nothing was done yet
    await either_store.session("done", NOON - 8000, done_at=NOON - 7000)
    assert await none()
    async with either_store.db.write() as tx:
        await spend.put_consumption(tx, ORG, {TODAY: {"cascade": Decimal(1)}}, NOON)
    assert await none()
    async with either_store.db.write() as tx:
        await spend.put_consumption(tx, ORG, {TODAY: {"devin": Decimal(1)}}, NOON)
    assert not await none()
