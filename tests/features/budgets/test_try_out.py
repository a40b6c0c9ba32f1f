"""What is read for the trial of a budget: starts, fan-outs, the bill and the cycles, on both databases."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from bot.domain.billing import billing_day, bounds
from bot.domain.cycle import Cycle
from bot.domain.periods import days_between
from bot.domain.session import Options
from bot.features.budgets import rows as budgets
from bot.features.budgets import sentences as views
from bot.features.budgets.check import BudgetCheck
from bot.features.budgets.rules import Scope, ScopeKind, Span
from bot.features.budgets.try_out import BudgetTrials
from bot.features.budgets.words import WantedBudget, parse_set
from bot.features.consumption import rows as cycle_rows
from bot.kernel.gates import Asker, Limit, Work
from bot.kernel.services import Services
from bot.store import due, sessions, spend, tables
from bot.timing import DAY, HOUR
from tests.flows.conftest import CHANNEL, ORG, TEAM, Make, SetClock, Store

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
TODAY, YESTERDAY = date(2026, 5, 20), date(2026, 5, 19)


@pytest.fixture
def services(make: Make, either_store: Store, clock: SetClock) -> Services:
    clock.now = NOON
    return make(either_store, clock)


async def found(services: Services, wanted: str) -> str:
    """What an admin reads about what was refused."""
    (workspace,) = services.workspaces
    parsed = parse_set(wanted)
    assert isinstance(parsed, WantedBudget)
    message = views.shown(await BudgetTrials(services).tried(workspace, "U0BEN", parsed))
    return message.text.split("In the last 30 days, ")[1].removesuffix(f" {views.SAME_WORDS}")


async def started(store: Store, name: str, at: float, acus: float, day: date = TODAY, **values: Any) -> None:
    """A session that is over half an hour later."""
    await store.session(name, at, detail="finished", ended_at=at + HOUR / 2, **values)
    await store.spent(day, **{name: acus})


@dataclass
class Going:
    """A session of a history: who starts it and when, with which `acu=`, when it is over, what it then has used."""

    name: str
    at: float
    user: str
    acu: int | None
    until: float
    used: dict[date, float]

    @classmethod
    def random(cls, some: Random, number: int) -> "Going":
        at = NOON - some.randint(1, 5 * 24 * 60) * 60
        until = at + some.choice([HOUR, 9 * HOUR, 40 * HOUR])
        days = days_between(billing_day(at), min(billing_day(until), TODAY))
        used = {day: some.randint(1, 300) / 100 for day in days}
        return cls(f"s{number}", at, some.choice(["U0ADA", "U0BEN"]), some.choice([None, 1, 3]), until, used)

    async def begin(self, services: Services, store: Store) -> int | None:
        """Start it as the bot does; answers its limit, None if the brake refuses it."""
        (workspace,) = services.workspaces
        who = Asker(workspace, self.user, CHANNEL, self.user)
        async with store.db.write() as tx:
            limit = await BudgetCheck(services).limit(tx, who, Work(self.name, self.acu, self.acu))
        if not isinstance(limit, Limit):
            return None
        await store.session(self.name, self.at, requester=self.user, acu_limit=limit.acus)
        return limit.acus

    async def spend(self, store: Store, day: date, acus: float) -> None:
        await store.spent(day, **{self.name: acus})
        async with store.db.write() as tx:
            spent = sum(self.used[known] for known in self.used if known < day)
            await sessions.change(tx, self.name, acus=spent + acus)


async def refused_as_it_goes(services: Services, store: Store, clock: SetClock, history: list[Going]) -> Counter[str]:
    """Live through a history under the budget that is set: who was refused how often."""
    refused: Counter[str] = Counter()
    left: dict[str, float] = {}
    spends = [(max(one.at, bounds(day)[0]), 1, one, day) for one in history for day in one.used]
    starts, ends = [(one.at, 0, one, TODAY) for one in history], [(one.until, 2, one, TODAY) for one in history]
    for at, what, one, day in sorted([*starts, *spends, *ends], key=lambda event: event[:2]):
        clock.now = at
        if what == 0 and (limit := await one.begin(services, store)):
            left[one.name] = limit
        elif what == 0:
            refused[one.user] += 1
        elif what == 1 and one.name in left:
            acus = min(left[one.name], one.used[day])
            left[one.name] -= acus
            await one.spend(store, day, round(acus, 6))
        elif what == 2 and one.name in left and at < NOON:
            async with store.db.write() as tx:
                await sessions.change(tx, one.name, detail="finished", done_at=at)
    clock.now = NOON
    return refused


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("order", ["each-person 4 a day", "org 12 a week"])
async def test_it_blocks_what_the_brake_refuses_as_time_goes_on(
    services: Services, either_store: Store, clock: SetClock, order: str, seed: int
) -> None:
    some, wanted = Random(seed), parse_set(order)
    assert isinstance(wanted, WantedBudget)
    history = [Going.random(some, number) for number in range(20)]
    async with either_store.db.write() as tx:
        number = (await budgets.put(tx, TEAM, wanted.scope, wanted.acus, wanted.span, wanted.warn, NOON)).number
        await due.write(tx, due.usual_use(TEAM), NOON + DAY, {"acus": 4})
    refused = await refused_as_it_goes(services, either_store, clock, history)
    async with either_store.db.write() as tx:  # and now as if there had been no budget
        await budgets.remove(tx, TEAM, number)
        await tx.execute(tables.spend.delete())
        await tx.execute(tables.sessions.delete())
    for one in history:
        over = {"detail": "finished", "done_at": one.until} if one.until < NOON else {}
        options = {"options": asdict(Options(acu=one.acu))}
        await either_store.session(one.name, one.at, requester=one.user, **over, **options)
        for day, acus in one.used.items():
            await one.spend(either_store, day, acus)
    (workspace,) = services.workspaces
    tried = await BudgetTrials(services).tried(workspace, "U0BEN", wanted)
    assert refused
    assert tried.trial.refused == refused


async def fan_out(store: Store, at: float, acus: float, *orgs: str) -> None:
    """A fan-out of Ada's with one session in each organisation."""
    asked = {"id": f"f{at}", "team": TEAM, "user": "U0ADA", "channel": CHANNEL, "prompt": "Do"}
    await store.put(tables.fan_outs, {**asked, "options": asdict(Options()), "state": "over", "created_at": at})
    session = {"fan_out_id": f"f{at}", "team": TEAM, "user": "U0ADA", "lifecycle": "open", "display": "done"}
    more = {"attempt": 1, "polled_at": at, "read_at": at + HOUR / 2, "position": 1}
    for org in orgs:
        key = f"f{at}:{org}"
        named = {"org_id": org, "name": org, "devin_id": f"devin-{org}", "session_id": key, "acus": acus}
        await store.put(tables.fan_out_sessions, {**session, **more, **named})
        async with store.db.write() as tx:
            await spend.add(tx, org, billing_day(at), {key: acus})


async def test_sessions_that_are_purged_were_started_too(services: Services, either_store: Store) -> None:
    for number, user in enumerate(("U0ADA", "U0ADA", "U0BEN")):
        await started(either_store, f"s{number}", NOON - (4 - number) * HOUR, 2, requester=user)
    every = ["org 1 a day", "each-person 2 a day", f"#{CHANNEL} 5 a day", "each-session 1.5 a day"]
    before = [await found(services, wanted) for wanted in every]
    assert before[0].startswith("it would have blocked about 2 of the 3 starts")
    async with either_store.db.write() as tx:
        await tx.execute(tables.sessions.update().values(lifecycle="ended"))
        assert await sessions.purge(tx, NOON) == 3
    assert [await found(services, wanted) for wanted in every] == before


async def test_of_people_and_channels_it_counts_sessions_and_fan_outs(services: Services, either_store: Store) -> None:
    await started(either_store, "one", NOON - 3 * HOUR, 2)
    await started(either_store, "bens", NOON - 2 * HOUR, 1, requester="U0BEN")
    await started(either_store, "direct", NOON - 2 * HOUR, 5, channel="D0ADA")
    await fan_out(either_store, NOON - HOUR, 1.5, "org-web", "org-api")
    assert await found(services, "each-person 7.9 a day") == (
        "it would have blocked about 2 of the 5 starts (by <@U0ADA>). 1 person has used that much already."
    )
    assert await found(services, f"#{CHANNEL} 4.5 a day") == (
        "it would have blocked about 2 of the 4 starts (by <@U0ADA>). "
        "It would be used up right away: 6 of 4.5 ACUs today."
    )
    assert await found(services, "@U0BEN 2 a day") == "it wouldn't have blocked the one start."
    assert await found(services, "@U0NEW1 2") == "no sessions would have counted toward this budget."


async def test_who_has_a_budget_of_their_own_is_left_out_of_the_one_for_each(
    services: Services, either_store: Store
) -> None:
    await started(either_store, "one", NOON - 3 * HOUR, 2)
    await started(either_store, "two", NOON - 2 * HOUR, 2)
    assert (await found(services, "each-person 2 a day")).startswith("it would have blocked about 1 of the 2 starts")
    async with either_store.db.write() as tx:
        own = Scope(ScopeKind.PERSON, "U0ADA")
        await budgets.put(tx, TEAM, own, Decimal(100), Span.DAY, (80,), NOON)
    assert await found(services, "each-person 2 a day") == "no sessions would have counted toward this budget."


async def test_of_the_organisation_it_counts_the_bill(services: Services, either_store: Store) -> None:
    await started(either_store, "one", NOON - DAY - 2 * HOUR, 1, YESTERDAY)  # two hours into the billing day
    await started(either_store, "two", NOON - DAY + 10 * HOUR, 1, YESTERDAY)
    async with either_store.db.write() as tx:
        await spend.put_consumption(tx, ORG, {YESTERDAY: {"devin": Decimal(26), "cascade": Decimal(900)}}, NOON)
    await fan_out(either_store, NOON - HOUR, 9, ORG, "org-web")
    assert await found(services, "org 15 a day") == "it would have blocked about 1 of the 3 starts (by <@U0ADA>)."
    assert (await found(services, "org 15 a week")).startswith("it would have blocked about 2 of the 3 starts (by")


async def test_a_cycle_is_the_one_in_which_something_was_started(services: Services, either_store: Store) -> None:
    cycles = [Cycle(date(2026, 4, 11), date(2026, 5, 10)), Cycle(date(2026, 5, 11), date(2026, 6, 10))]
    async with either_store.db.write() as tx:
        await cycle_rows.put_cycles(tx, ORG, cycles, NOON)
    await started(either_store, "before", NOON - 35 * DAY, 5, date(2026, 4, 15))
    await started(either_store, "old", NOON - 12 * DAY, 1, date(2026, 5, 8))
    await started(either_store, "new", NOON - 2 * DAY, 1, date(2026, 5, 18))
    assert await found(services, "each-person 5") == "it would have blocked about 1 of the 2 starts (by <@U0ADA>)."


async def test_what_devin_never_had_was_no_start(services: Services, either_store: Store) -> None:
    await either_store.session("refused", NOON - HOUR, devin_id=None)
    assert await found(services, "each-person 1") == "no sessions would have counted toward this budget."


async def test_at_most_five_people_are_named(services: Services, either_store: Store) -> None:
    for number in range(7):
        await started(either_store, f"first{number}", NOON - 2 * HOUR, 0.5, requester=f"U0PERSON{number}")
        await started(either_store, f"second{number}", NOON - HOUR, 0, requester=f"U0PERSON{number}")
    assert await found(services, "each-person 1") == (
        "it would have blocked about 7 of the 14 starts (1 by <@U0PERSON0>, 1 by <@U0PERSON1>, 1 by <@U0PERSON2>, "
        "1 by <@U0PERSON3>, 1 by <@U0PERSON4>, 2 by 2 others)."
    )
