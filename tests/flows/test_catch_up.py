"""How far catch-up reads back after a gap, by how long the gap was."""

import pytest

from bot.conversation.receive.catch_up import CatchUp
from bot.conversation.receive.intake import Intake
from bot.conversation.receive.reactions import Reactions
from bot.slack.client import Slack
from bot.slack.errors import ChannelGone, SlackUnreachable
from bot.store import channels, sessions, threads
from bot.store.threads import Thread
from tests.store.rows import CHANNEL, NOW, TEAM, THREAD, session

LONG_AGO = NOW - 7_200
RETRIES = 360.0


class Pages(Slack):
    """A Slack that writes down what is read, and has nothing to say or fails."""

    def __init__(self):
        super().__init__("xoxb-test")
        self.reads = []
        self.fails = []

    async def replies_after(self, channel, thread_ts, oldest):
        self.reads.append(("thread", channel, oldest))
        return [], False

    async def history_after(self, channel, oldest):
        self.reads.append(("channel", channel, oldest))
        if self.fails:
            raise self.fails.pop()
        return []


@pytest.fixture
async def pages():
    async with Pages() as opened:
        yield opened


@pytest.fixture
async def catch_up(make, either_store, clock, pages):
    """Of a workspace with one thread, in which nobody spoke lately."""
    clock.now, db = NOW, either_store.db
    async with db.write() as tx:
        await sessions.add(tx, session("s", spoken_at=LONG_AGO))
        await threads.put(tx, Thread(TEAM, CHANNEL, THREAD, "s", False, THREAD), LONG_AGO)
        await threads.advance_unread(tx, Thread(TEAM, CHANNEL, THREAD, "s", False, THREAD, THREAD), None)
    services = make(either_store, clock, team=TEAM, slack=pages)
    return CatchUp(services, next(iter(services.workspaces)), Intake(services, {}, Reactions(())))


WHOLE = [("thread", CHANNEL, THREAD), ("channel", CHANNEL, f"{NOW + RETRIES + 1 - 3_600:.6f}")]


async def reads(catch_up, pages, ticks=3):
    await catch_up.mark_gap()
    for _ in range(ticks):
        await catch_up.tick()
    return pages.reads


async def test_after_a_short_gap_a_thread_in_which_nobody_spoke_lately_is_not_read(catch_up, pages):
    catch_up.gap()
    assert await reads(catch_up, pages) == []


async def test_when_nothing_could_be_stored_for_longer_than_slack_sends_again_all_is_read(
    catch_up, pages, clock, monkeypatch
):
    async def fails(*_, **__):
        raise ConnectionError

    catch_up.gap()
    with monkeypatch.context() as patched:
        patched.setattr(CatchUp, "begin", fails)
        with pytest.raises(ConnectionError):
            await catch_up.mark_gap()
    clock.now = NOW + RETRIES + 1
    catch_up.gap()
    assert await reads(catch_up, pages) == WHOLE


async def test_after_a_gap_of_the_socket_all_is_read(catch_up, pages, clock):
    clock.now = NOW + RETRIES + 1
    catch_up.gap(long=True)
    assert await reads(catch_up, pages) == WHOLE


async def test_what_came_in_during_a_short_absence_slack_sends_again(catch_up, pages):
    await catch_up.start(NOW - RETRIES / 2 + 1, resends=True)
    assert await reads(catch_up, pages) == [("channel", CHANNEL, f"{NOW - 3_600:.6f}")]


@pytest.mark.parametrize(
    ("since", "resends"), [(NOW + RETRIES / 2, True), (NOW + RETRIES + 1, True), (None, True), (NOW + RETRIES, False)]
)
async def test_after_a_long_absence_or_one_of_unknown_length_all_is_read(catch_up, pages, clock, since, resends):
    clock.now = NOW + RETRIES
    await catch_up.start(since, resends=resends)
    assert await reads(catch_up, pages) == [WHOLE[0], ("channel", CHANNEL, f"{NOW + RETRIES - 3_600:.6f}")]


async def test_after_a_long_absence_threads_come_first_in_which_people_wrote_last(
    catch_up, pages, clock, either_store, monkeypatch
):
    clock.now = NOW + RETRIES
    monkeypatch.setattr(threads, "MARKED_AT_ONCE", 2)
    seen = [f"17500000{number:02}.000000" for number in (3, 5, 1, 4, 2)]
    async with either_store.db.write() as tx:
        for number, last_seen in enumerate(seen):
            ts = f"17400000{number:02}.000000"
            await sessions.add(tx, session(f"s{number}", thread_ts=ts, spoken_at=LONG_AGO))
            thread = Thread(TEAM, CHANNEL, ts, f"s{number}", False, last_seen, last_seen)
            await threads.put(tx, thread, LONG_AGO)
            await threads.advance_unread(tx, thread, None)
    await catch_up.start(None, resends=True)
    while await catch_up._mark_batch():
        pass
    found = [oldest for kind, _, oldest in await reads(catch_up, pages, 5) if kind == "thread"]
    assert found == sorted(seen, reverse=True)[:4]


async def test_a_crash_before_all_threads_are_marked_leaves_the_others_to_the_next_start(
    catch_up, pages, clock, either_store, monkeypatch
):
    clock.now = NOW + RETRIES
    monkeypatch.setattr(threads, "MARKED_AT_ONCE", 1)
    async with either_store.db.write() as tx:
        await sessions.add(tx, session("s2", thread_ts="1760000000.000000", spoken_at=LONG_AGO))
        other = Thread(TEAM, CHANNEL, "1760000000.000000", "s2", False, "1740000000.000000", "1740000000.000000")
        await threads.put(tx, other, LONG_AGO)
        await threads.advance_unread(tx, other, None)
    await catch_up.start(None, resends=True)
    again = CatchUp(catch_up._services, catch_up._workspace, catch_up._intake)
    await again.start(clock.now, resends=True)
    found = {oldest for kind, _, oldest in await reads(again, pages, 5) if kind == "thread"}
    assert found == {THREAD, "1740000000.000000"}


async def test_a_channel_is_read_again_after_a_failure_and_never_again_once_it_is_gone(
    catch_up, pages, clock, either_store
):
    clock.now = NOW + RETRIES + 1
    pages.fails = [ChannelGone("not_in_channel", "conversations.history"), SlackUnreachable("x", "refused")]
    catch_up.gap(long=True)
    assert await reads(catch_up, pages, 5) == [WHOLE[0], WHOLE[1], WHOLE[1]]
    async with either_store.db.read() as tx:
        assert await channels.unread(tx, TEAM) == []
