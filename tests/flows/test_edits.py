"""Posts that are edited: what goes first, what waits for spare tokens, and what becomes of an edit that fails."""

import pytest

from bot.domain.lane import edit_lane
from bot.kernel.sending.failures import MOST_ATTEMPTS
from bot.slack.client import Channel, Slack
from bot.slack.errors import ContentRefused, SlackOutcomeUnknown, SlackRateLimited
from bot.slack.rate_limits import EDITS, KEPT
from bot.store import posts, sessions
from bot.store.tables import outbox
from bot.store.tables import posts as table
from bot.timing import PRODUCTION
from bot.views.answers import failures as failure_sentences
from tests.flows.sending import senders_of
from tests.store.rows import NOW, TEAM, card, session, standing

LANE = edit_lane(TEAM)


class Board(Slack):
    """A Slack on which every edit is written down, or fails as a test says."""

    def __init__(self):
        super().__init__("xoxb-test")
        self.edits = []
        self.fails = []

    async def channel(self, channel_id):
        return Channel(channel_id, "web", is_member=True)

    async def update(self, channel, ts, text, blocks, key):
        if self.fails:
            raise self.fails.pop()
        self.edits.append((channel, ts, key, bool(blocks)))

    @property
    def edited(self):
        return [key.removeprefix("card:") for _, _, key, _ in self.edits]


@pytest.fixture
async def board():
    async with Board() as opened:
        yield opened


@pytest.fixture
def editor(make, either_store, clock, board):
    clock.now = NOW
    either_store.db.clock = clock
    services = make(either_store, clock, team=TEAM, slack=board)
    return senders_of(services).editor


@pytest.fixture
def stand(either_store):
    async def some(*names):
        """Sessions whose cards stand in Slack."""
        async with either_store.db.write() as tx:
            for name in names:
                await sessions.add(tx, session(name, thread_ts=f"thread of {name}"))
                await standing(tx, name, f"ts of {name}")

    return some


@pytest.fixture
def redraw(either_store, clock):
    async def wanted(*names, gives_way=False):
        async with either_store.db.write() as tx:
            await posts.redraw(tx, [f"card:{name}" for name in names], clock(), gives_way=gives_way)

    return wanted


@pytest.fixture
def worked(editor, clock):
    async def until_it_waits():
        """Work until the lane has to wait; answers for how long."""
        while (wait := await editor.work(LANE)) == 0.0:
            clock.now += 0.001  # an edit takes its time, else the last token is lost in the rounding of an instant
        return wait

    return until_it_waits


async def row_of(store, name):
    return next(row for row in await store.rows(table) if row["subject"] == name)


async def test_a_card_is_edited_once_for_all_that_was_wanted(board, stand, redraw, either_store, worked):
    await stand("s")
    await redraw("s")
    await redraw("s")
    assert await worked() is None
    assert board.edits == [("C1", "ts of s", "card:s", True)]
    assert (await row_of(either_store, "s"))["state"] == "sent"


async def test_what_would_show_the_same_is_not_sent(board, stand, redraw, either_store, worked):
    await stand("s")
    await redraw("s")
    await worked()
    await redraw("s")
    await worked()
    row = await row_of(either_store, "s")
    assert (board.edited, row["sent_version"], row["state"]) == (["s"], 3, "sent")


async def test_new_states_use_all_tokens_and_the_rest_waits_for_the_next(board, stand, redraw, clock, worked):
    names = [f"s{number}" for number in range(EDITS.burst + 1)]
    await stand(*names)
    await redraw(*names)
    wait = await worked()
    assert board.edited == names[:-1]
    assert wait == pytest.approx(EDITS.interval, abs=0.01)
    clock.now += wait
    await worked()
    assert board.edited == names


async def test_new_figures_use_spare_tokens_only_and_hold_up_no_new_state(board, stand, redraw, clock, worked):
    names = [f"s{number}" for number in range(EDITS.burst)]
    await stand(*names, "state")
    await redraw(*names, gives_way=True)
    wait = await worked()
    assert board.edited == names[: EDITS.burst - KEPT]
    assert wait == pytest.approx(EDITS.interval, abs=0.01)
    await redraw("state")
    assert await worked() == pytest.approx(2 * EDITS.interval, abs=0.01), "the figures wait for one more"
    assert board.edited[-1] == "state"
    clock.now += 2 * EDITS.interval
    await worked()
    assert board.edited[-1] == names[EDITS.burst - KEPT]


async def test_while_figures_wait_for_a_token_a_new_state_that_is_due_earlier_is_not_missed(
    editor, board, stand, redraw, worked
):
    names = [f"s{number}" for number in range(EDITS.burst - KEPT)]
    await stand(*names, "figures", "state")
    await redraw(*names)
    await worked()
    await redraw("state")
    board.fails = [SlackRateLimited(1.0, "chat.postMessage")]  # of another method, so that its tokens stay
    assert await editor.work(LANE) == 0.0
    await redraw("figures", gives_way=True)
    assert await worked() == pytest.approx(1.0, abs=0.01)


async def test_a_429_makes_all_edits_of_the_workspace_wait(board, stand, redraw, clock, worked):
    await stand("s", "s2")
    await redraw("s", "s2")
    board.fails = [SlackRateLimited(9.0, "chat.update")]
    assert await worked() == pytest.approx(9.0, abs=0.01)
    assert board.edited == []
    clock.now += 9.0
    assert await worked() == pytest.approx(EDITS.interval, abs=0.01)
    assert board.edited == ["s2"]
    clock.now += EDITS.interval
    assert await worked() is None
    assert board.edited == ["s2", "s"]


async def test_an_edit_with_unknown_outcome_is_made_again(board, stand, redraw, clock, worked):
    await stand("s")
    await redraw("s")
    board.fails = [SlackOutcomeUnknown("chat.update", "timeout")]
    assert await worked() == pytest.approx(PRODUCTION.send_first_retry, abs=0.01)
    clock.now += PRODUCTION.send_first_retry
    assert await worked() is None
    assert board.edited == ["s"]


async def test_blocks_that_slack_refuses_are_left_out_until_the_next_version(board, stand, redraw, clock, worked):
    await stand("s")
    await redraw("s")
    board.fails = [ContentRefused("invalid_blocks", "chat.update")]
    await worked()
    await redraw("s")
    clock.now += 60
    await worked()
    assert [blocks for *_, blocks in board.edits] == [False, True]


async def test_a_card_that_cannot_be_edited_because_of_us_is_marked_dead_and_announced(
    board, stand, redraw, clock, either_store, worked
):
    await stand("s")
    await redraw("s")
    for _ in range(MOST_ATTEMPTS + 1):
        board.fails = [RuntimeError("ours")]
        await worked()
        clock.now += 600
    row = await row_of(either_store, "s")
    assert (row["state"], row["owner"]) == ("dead", None)
    (announced,) = await either_store.rows(outbox)
    assert (announced["key"], announced["payload"]["text"]) == ("lost:card:s", failure_sentences.CARD_LOST.text)
    await redraw("s")
    assert await worked() is None


async def test_a_card_without_its_session_is_marked_dead(board, redraw, either_store, worked):
    async with either_store.db.write() as tx:
        await standing(tx, "s")
        await posts.add(tx, card("unposted"))
    await redraw("s", "unposted")
    assert await worked() is None
    row = await row_of(either_store, "s")
    assert (row["state"], row["reason"], board.edits) == ("dead", "nothing to show", [])
