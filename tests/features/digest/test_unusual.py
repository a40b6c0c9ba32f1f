"""What made a day unusual, as the digest of that day says it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.billing import bounds
from bot.features.digest import unusual
from bot.features.digest.due import schedule_of
from bot.features.digest.post import DigestPost
from bot.features.digest.rules import Edition, Subscription
from bot.features.usage.usage_ledger import UsageLedger
from bot.store import own_names, sessions
from tests.flows.conftest import ADMINS, CHANNEL, ORG
from tests.markup import written

DAY = date(2026, 5, 19)
BEFORE = [DAY - timedelta(days=ago) for ago in range(1, 40)]
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
UNUSUAL = ":warning: Unusually high for a Tuesday: up to 15 ACUs would be normal."


@pytest.fixture
async def digest(make, either_store, clock, bills):
    """Say what the digest of a day says of it as unusual, after ten ACUs on each day before."""
    clock.now = NOW
    await either_store.person("U0ADA", "Ada <!here>", NOW)
    await either_store.person("U0BEN", "Ben", NOW)
    await either_store.session("adas", bounds(BEFORE[-1])[0])
    await either_store.session("bens", bounds(BEFORE[-1])[0] + 1, requester="U0BEN")
    bills.days = dict.fromkeys(BEFORE, 10.0)
    for day in BEFORE:
        await either_store.spent(day, adas=3.0, bens=1.0)

    async def say(billed, channel=ADMINS, **policy):
        bills.days[DAY] = billed
        services = make(either_store, clock, **policy)
        (workspace,) = services.workspaces
        ledger = UsageLedger(services)
        await ledger.refresh(workspace.organisation)
        post = DigestPost(services, workspace, ledger)
        subscription = Subscription(channel, Edition.DAILY, schedule_of(workspace.policy))
        shown = await post.preview(subscription, NOW)
        return [line for line in written(shown.posts.root.blocks).splitlines() if "Unusually" in line]

    return say


async def test_a_person_who_took_most_of_the_excess_is_named(digest, either_store):
    await either_store.spent(DAY, adas=3.0, bens=16.0)
    assert await digest(25.0) == [f"{UNUSUAL} Most of it: Ben, 15 ACUs more than usual."]


async def test_a_channel_is_named_where_nobody_alone_did_it(digest, either_store):
    await either_store.spent(DAY, adas=9.0, bens=7.5)
    assert await digest(24.5) == [f"{UNUSUAL} Most of it: <#{CHANNEL}>, 12.5 ACUs more than usual."]


async def test_a_person_elsewhere_is_named_where_the_key_may_ask(digest, either_store, bills):
    await either_store.spent(DAY, adas=3.0, bens=1.0)
    bills.members = {"Cat": dict.fromkeys(BEFORE, 5.0) | {DAY: 15.0}, "Dan": dict.fromkeys(BEFORE, 1.0) | {DAY: 4.0}}
    assert await digest(20.0) == [f"{UNUSUAL} Most of it: Cat, outside Slack, 10 ACUs more than usual."]
    assert bills.asked_people == ["user-Cat", "user-Dan"]


async def test_what_somebody_used_from_slack_in_their_own_name_is_not_from_elsewhere(digest, either_store, bills):
    await either_store.spent(DAY, adas=3.0, bens=1.0)
    async with either_store.db.write() as tx:
        await sessions.change(tx, "adas", devin_user="user-Dan")
        assert await own_names.created_between(tx, ORG, 0.0, NOW) == 1
    bills.members = {"Cat": dict.fromkeys(BEFORE, 5.0) | {DAY: 15.0}, "Dan": dict.fromkeys(BEFORE, 1.0) | {DAY: 12.5}}
    assert await digest(20.0) == [f"{UNUSUAL} Most of it: Cat, outside Slack, 10 ACUs more than usual."]


async def test_what_came_from_elsewhere_is_said_without_a_name_where_it_has_none(digest, either_store, bills):
    await either_store.spent(DAY, adas=3.0, bens=1.0)
    elsewhere = f"{UNUSUAL} Most of it: outside Slack, 10 ACUs more than usual."
    assert await digest(20.0) == [elsewhere]  # the key may not list people
    bills.members = {name: {DAY: 3.0} for name in ("Cat", "Dan", "Eve")}
    assert await digest(20.0) == [elsewhere]  # none of them took most of it
    bills.asked_people.clear()
    bills.members = {f"user {number}": {DAY: 30.0} for number in range(unusual.MOST_ASKED + 1)}
    assert await digest(20.0) == [elsewhere]
    bills.members = {"Cat": {DAY: 30.0}}
    assert await digest(20.0, shows_names=False) == [elsewhere]
    assert bills.asked_people == []


async def test_nothing_is_said_where_no_single_cause_took_most_of_it(digest, either_store):
    await either_store.spent(DAY, adas=4.0, bens=2.0)
    await either_store.session("direct", NOW - 90_000, channel="D0ADA", requester="U0CAT")
    await either_store.spent(DAY, direct=3.0)
    assert await digest(18.5) == [UNUSUAL]
    await either_store.spent(DAY, bens=30.0)
    assert await digest(50.0, shows_names=False) == [UNUSUAL]


async def test_nobody_is_asked_about_a_usual_day(digest, either_store, bills):
    bills.members = {"Cat": {DAY: 1.0}}
    await either_store.spent(DAY, adas=3.0, bens=1.0)
    assert await digest(12.0) == []
    assert bills.asked_people == []
