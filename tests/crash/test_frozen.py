"""`SIGSTOP` past the claim, between the check of the epoch and the call: then the frozen process goes on."""

import asyncio
import signal
from pathlib import Path

import asyncpg
import pytest

from bot.views.announcements import DUPLICATE_ENDED
from tests import postgres
from tests.crash.scene import PATIENCE, Nursery, Scene, Victim, scene
from tests.crash.steps import BEFORE, ON_THE_WIRE, Moment
from tests.for_devin import as_sent
from tests.said import ASKED_BY
from tests.scenarios.harness import BEN, GENERAL

pytestmark = pytest.mark.edge

CREATE = Moment("Devin POST sessions", BEFORE)
WIRE = Moment("Devin POST sessions", ON_THE_WIRE)
REPLY = Moment("Devin POST sessions/messages", BEFORE)
EDIT = Moment("Slack chat.update", BEFORE)
POST = Moment("Slack chat.postMessage", BEFORE)
UNTIL_LEASE_IS_OVER = 2.0  # twice the lease: nothing tells a test that a lease is over, except the work of another


@pytest.fixture
async def shared_store(postgres_server: str) -> str:
    """The address of an empty store for two processes."""
    return await postgres.create(postgres_server)


async def open_rows(url: str) -> int:
    """How much is open in inbox and outbox, and how many posts wait for an edit."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(
            "SELECT (SELECT count(*) FROM inbox WHERE state = 'open')"
            " + (SELECT count(*) FROM outbox WHERE state IN ('open', 'sending'))"
            " + (SELECT count(*) FROM posts WHERE state = 'open')"
        )
    finally:
        await connection.close()


async def quiet(url: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while await open_rows(url):
            await asyncio.sleep(0.05)  # the store has no event for it


async def sessions_stored(url: str) -> list[tuple[str, str, str]]:
    """Devin's id, our lifecycle and the address of each session in the store."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch("SELECT devin_id, lifecycle, url FROM sessions")]
    finally:
        await connection.close()


async def frozen_and_replaced(one: Scene, step: Moment) -> tuple[str, str, Victim]:
    """A worker freezes in its create call and another makes the session; answers thread, session and the frozen one."""
    one.arm()
    frozen = one.begin(step, "SIGSTOP")
    await one.reachable()
    ts = await one.on.mention("fix the login test")
    await frozen.stands_still()
    one.begin()
    await one.slack.wait_for_sockets(2, within=PATIENCE)
    # First the claim of the frozen one has to run out, and its transaction, if it froze in one.
    await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=2 * PATIENCE)
    (kept,) = await one.devin.sessions()
    return ts, kept["session_id"], frozen


async def test_a_worker_frozen_on_the_wire_makes_a_duplicate_that_is_ended_and_announced(
    tmp_path: Path, nursery: Nursery, shared_store: str
) -> None:
    async with scene(tmp_path, nursery, DATABASE_URL=shared_store) as one:
        ts, kept, frozen = await frozen_and_replaced(one, WIRE)
        frozen.send(signal.SIGCONT)
        await one.slack.wait_for_message(GENERAL, "started this task twice", thread_ts=ts, within=PATIENCE)
        await quiet(shared_store)
        await one.wait_for_polls()
        ((devin_id, lifecycle, url),) = await sessions_stored(shared_store)
        assert (devin_id, lifecycle) == (kept, "open")
        older, younger = await one.devin.sessions()
        assert (older["session_id"], older["terminated"], younger["terminated"]) == (kept, False, True)
        assert await one.on.thread(GENERAL, ts) == [DUPLICATE_ENDED.format(link=f"<{url}|The first session>")]


async def test_a_worker_frozen_longer_than_a_request_may_take_sends_it_no_more(
    tmp_path: Path, nursery: Nursery, shared_store: str
) -> None:
    async with scene(tmp_path, nursery, DATABASE_URL=shared_store) as one:
        ts, kept, frozen = await frozen_and_replaced(one, CREATE)
        frozen.send(signal.SIGCONT)
        reply = await one.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
        await one.devin.wait_for_messages(f"[Slack {reply}]", seconds=PATIENCE)
        await quiet(shared_store)
        await one.wait_for_polls()
        assert [made["session_id"] for made in await one.devin.sessions()] == [kept]
        assert await one.on.thread(GENERAL, ts) == []
        assert [row[:2] for row in await sessions_stored(shared_store)] == [(kept, "open")]


async def test_a_worker_frozen_in_a_reply_longer_than_a_request_may_take_sends_it_no_more(
    tmp_path: Path, nursery: Nursery, shared_store: str
) -> None:
    async with scene(tmp_path, nursery, DATABASE_URL=shared_store) as one:
        one.arm()
        frozen = one.begin(REPLY, "SIGSTOP")
        await one.reachable()
        ts = await one.on.mention("fix the login test")
        await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=PATIENCE)
        first = await one.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
        await frozen.stands_still()
        one.begin()
        await one.devin.wait_for_messages(f"[Slack {first}]", seconds=PATIENCE)
        await quiet(shared_store)
        frozen.send(signal.SIGCONT)
        second = await one.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
        await one.devin.wait_for_messages(f"[Slack {second}]", seconds=PATIENCE)
        await quiet(shared_store)
        await one.wait_for_polls()
        (made,) = await one.devin.sessions()
        said = [message["message"] for message in made["messages"] if message["source"] == "user"][1:]
        assert said == [as_sent(reply, "ben", "yes") for reply in (first, second)]
        assert await one.on.thread(GENERAL, ts) == []


async def test_a_worker_frozen_before_an_edit_draws_an_old_state_over_the_new_one_and_it_is_drawn_again(
    tmp_path: Path, nursery: Nursery, shared_store: str
) -> None:
    async with scene(tmp_path, nursery, DATABASE_URL=shared_store) as one:
        one.arm()
        frozen = one.begin(EDIT, "SIGSTOP")
        await one.reachable()
        ts = await one.on.mention("fix the login test")
        made = await one.on.session("fix the login test")
        await one.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts, within=PATIENCE)
        await one.devin.set(made["session_id"], title="An old title")
        await frozen.stands_still()
        one.begin()
        await one.devin.set(made["session_id"], status="running", status_detail="working")
        await one.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=PATIENCE)
        await quiet(shared_store)
        before = len(await one.slack.log("chat.update"))
        frozen.send(signal.SIGCONT)
        await one.slack.wait_for_call("chat.update", before + 2, within=PATIENCE)
        await quiet(shared_store)
        old, new = (await one.slack.log("chat.update"))[before:]
        assert "Working" not in str(old["args"])
        assert "Working" in str(new["args"])


@pytest.mark.parametrize("step", [CREATE, WIRE, POST, REPLY], ids=str)
async def test_a_single_process_that_froze_past_its_lease_goes_on(
    tmp_path: Path, nursery: Nursery, step: Moment
) -> None:
    async with scene(tmp_path, nursery) as one:
        one.arm()
        frozen = one.begin(step, "SIGSTOP")
        await one.reachable()
        ts = await one.on.mention("fix the login test")
        if step == REPLY:
            await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=PATIENCE)
            await one.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
        await frozen.stands_still()
        await asyncio.sleep(UNTIL_LEASE_IS_OVER)
        frozen.send(signal.SIGCONT)
        await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=PATIENCE)
        reply = await one.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
        await one.devin.wait_for_messages(f"[Slack {reply}]", seconds=PATIENCE)
        await one.quiet()
        await one.polled()
        (made,) = await one.devin.sessions()
        said = [message["message"] for message in made["messages"] if message["source"] == "user"][1:]
        assert [text.split("\n> ")[1] for text in said] == ["yes"] * (2 if step == REPLY else 1)
        assert len(await one.slack.messages(GENERAL, user="U0BOT", thread_ts=ts)) == 1
