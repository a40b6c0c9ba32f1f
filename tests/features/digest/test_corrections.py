"""A bill that Devin corrects is named by the next digest of each destination, once, whatever becomes of a digest."""

import asyncio
import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.domain.cycle import Cycle
from bot.features.consumption import rows as cycles
from bot.features.digest import rows as subscriptions
from bot.features.digest.due import DueDigests
from bot.features.digest.rules import Edition, Schedule, Share, Subscription
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.shared_channels import SharedChannels
from bot.store import channels
from bot.store import outbox as outbox_rows
from bot.store.tables import outbox
from tests.features.digest.test_digest_editions import Channels
from tests.flows.conftest import ADMINS
from tests.markup import written
from tests.store.rows import held

pytestmark = pytest.mark.edge

BOARD = "C0BOARD"


def may(day):
    return date(2026, 5, day)


def at(day, hour, minute=0):
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC).timestamp()


class Digests:
    """The digests of one channel, at ten o'clock UTC about the day before; a second one on a store is a restart."""

    def __init__(self, make, store, clock, channel=ADMINS):
        policy = {"zone": ZoneInfo("UTC"), "digest_time": time(10), "posts_quiet_days": True}
        services = make(store, clock, admin_channel=channel, **policy)
        (self._workspace,) = services.workspaces
        self._store, self._clock, self._channel = store, clock, channel
        self._usage_ledger = UsageLedger(services)
        self._digest = DueDigests(services, self._workspace, SharedChannels(services))

    async def read(self, day, hour, minute=0):
        """Devin's bill is read at this time."""
        self._clock.now = at(day, hour, minute)
        await self._usage_ledger.refresh(self._workspace.organisation)

    async def tick(self, day, hour=10):
        self._clock.now = at(day, hour)
        await self._digest.tick()

    async def corrections(self, day):
        """What the digest that is posted on this day says about corrected bills."""
        await self.tick(day)
        rows = await self._store.rows(outbox, outbox.c.seq)
        (post,) = [row for row in rows if row["key"] == f"digest:T0ACME:{self._channel}:2026-05-{day - 1}"]
        return named(post)


def named(post):
    """The sentences of a post about corrected bills."""
    return re.findall(
        r"\w{3}, \w{3} \d+ corrected: \S+ → \S+ ACUs?\.|Devin's bill for \w{3}, \w{3} \d+ is in now: \S+ ACUs?\.",
        written(post["payload"]["blocks"]),
    )


@pytest.fixture
async def digests(make, store, clock, bills):
    """Has run since the 17th, and was told 43.1 ACUs for that day."""
    digests = Digests(make, store, clock)
    bills.days = {may(17): 43.1, may(18): 5.0}
    await digests.tick(17, 9)
    assert [await digests.corrections(17), await digests.corrections(18)] == [[], []]
    return digests


SUNDAY = ["Sun, May 17 corrected: 43.1 → 43.4 ACUs."]


async def test_the_next_digest_of_each_channel_names_it_and_no_later_one_also_after_a_restart(
    digests, make, store, clock, bills
):
    board = Digests(make, store, clock, BOARD)
    assert await board.corrections(18) == []
    bills.days[may(17)] = 43.4
    assert await digests.corrections(19) == SUNDAY
    bills.days[may(18)] = 6.0
    restarted = Digests(make, store, clock)
    assert await restarted.corrections(20) == ["Mon, May 18 corrected: 5 → 6 ACUs."]
    assert await restarted.corrections(21) == []
    assert await board.corrections(21) == ["Mon, May 18 corrected: 5 → 6 ACUs.", *SUNDAY]


async def test_changes_that_were_seen_between_two_digests_are_one_and_one_that_came_back_is_none(digests, bills):
    assert await digests.corrections(19) == []
    for hour, sunday, monday in ((11, 43.3, 7.0), (15, 43.4, 5.0)):
        bills.days |= {may(17): sunday, may(18): monday}
        await digests.read(19, hour)
    assert await digests.corrections(20) == SUNDAY
    assert await digests.corrections(21) == []


async def test_a_bill_that_was_not_in_is_told_by_the_next_digest_and_is_no_correction(digests, bills):
    assert await digests.corrections(19) == []  # and that the bill for Monday is 5 ACUs
    assert await digests.corrections(20) == []  # and that the one for Tuesday is not in yet
    bills.days |= {may(19): 43.1, may(20): 1.0}
    assert await digests.corrections(21) == ["Devin's bill for Tue, May 19 is in now: 43.1 ACUs."]
    bills.days |= {may(19): 43.4, may(21): 1.0}
    assert await digests.corrections(22) == ["Tue, May 19 corrected: 43.1 → 43.4 ACUs."]


async def test_a_bill_that_came_in_before_the_digest_of_its_day_is_that_digest_alone(digests, bills):
    await digests.read(19, 9)
    await digests.read(20, 9)
    bills.days[may(19)] = 43.1
    assert await digests.corrections(20) == []
    bills.days[may(20)] = 1.0
    assert await digests.corrections(21) == []


async def test_a_day_that_devin_lists_late_with_nothing_is_not_worth_a_line(digests, bills):
    assert await digests.corrections(20) == []
    bills.days |= {may(19): 0.0, may(20): 1.0}
    assert await digests.corrections(21) == []


async def test_a_digest_that_was_skipped_leaves_it_to_the_next_one(digests, bills):
    bills.days[may(17)] = 43.4
    await digests.read(19, 9)
    await digests.tick(19, 17)
    assert await digests.corrections(20) == SUNDAY


async def test_a_digest_that_died_leaves_it_to_the_next_one(digests, store, bills, clock):
    bills.days[may(17)] = 43.4
    for day in (19, 20):
        assert await digests.corrections(day) == SUNDAY
        async with store.db.write() as tx:
            row = await held(tx, store.db, f"digest:T0ACME:{ADMINS}:2026-05-{day - 1}", clock.now)
            await outbox_rows.mark_dead(tx, row, "expired", clock.now)
    assert await digests.corrections(21) == SUNDAY
    assert await digests.corrections(22) == []


async def test_the_day_that_a_digest_is_about_has_its_new_figure_and_no_correction(digests, bills):
    await digests.read(19, 9, 5)
    bills.days[may(18)] = 6.0
    assert await digests.corrections(19) == []
    assert await digests.corrections(20) == []


async def test_the_first_digest_of_a_channel_names_what_was_seen_within_a_day(digests, make, store, clock, bills):
    bills.days[may(17)] = 43.4
    await digests.read(19, 9)
    bills.days[may(18)] = 6.0
    await digests.read(20, 11)
    assert await Digests(make, store, clock, BOARD).corrections(21) == ["Mon, May 18 corrected: 5 → 6 ACUs."]


async def test_of_several_workers_one_names_it(make, either_store, clock, bills):
    bills.days = {may(17): 43.1}
    workers = [Digests(make, either_store, clock) for _ in range(4)]
    await workers[0].tick(17, 9)
    for day in (18, 19, 20):
        bills.days[may(17)] += 0.25 if day == 19 else 0.0
        await asyncio.gather(*(worker.tick(day) for worker in workers))
    named = [await workers[0].corrections(day) for day in (18, 19, 20)]
    assert named == [[], ["Sun, May 17 corrected: 43.1 → 43.4 ACUs."], []]


@pytest.mark.parametrize("share", Share)
@pytest.mark.parametrize(("edition", "last"), [(Edition.WEEKLY, 16), (Edition.CYCLE, 17)])
async def test_a_weekly_and_a_cycles_digest_name_what_changed_in_those_before(
    make, store, clock, bills, edition, last, share
):
    """The first ends with the day `last`, the next a week later. What changed in their own days has its new figure."""
    services = make(store, clock, slack=Channels("xoxb-test"), admin_channel=None, posts_quiet_days=True)
    (workspace,), usage_ledger = services.workspaces, UsageLedger(services)
    digest = DueDigests(services, workspace, SharedChannels(services))
    subscription = Subscription(BOARD, edition, Schedule(time(10), UTC), share, "U0ADA", at(16, 9))
    async with store.db.write() as tx:
        await subscriptions.put(tx, "T0ACME", subscription)
        await channels.set_private(tx, "T0ACME", BOARD, private=False)
        weeks = [Cycle(may(11), may(17)), Cycle(may(18), may(24)), Cycle(may(25), may(31))]
        await cycles.put_cycles(tx, workspace.organisation.id, weeks, at(16, 9))
    bills.days = {may(16): 43.1, may(20): 5.0}
    for day, changed in {17: {}, 18: {}, 19: {may(16): 43.4}, 21: {}, 22: {may(20): 6.0}, 25: {}}.items():
        bills.days |= changed
        clock.now = at(day, 10)
        await usage_ledger.refresh(workspace.organisation)
        await digest.tick()
    clock.now = datetime(2026, 6, 1, 10, tzinfo=UTC).timestamp()
    await digest.tick()
    rows = await store.rows(outbox, outbox.c.seq)
    dated = [(re.search(rf":{edition}:(\d{{4}}-\d\d-\d\d)$", row["key"]), row) for row in rows]
    posts = {found[1]: named(row) for found, row in dated if found}
    known = ["Sat, May 16 corrected: 43.1 → 43.4 ACUs."] if share is Share.ALL else []
    assert posts == {str(may(last)): [], str(may(last + 7)): known, str(may(last + 14)): []}
