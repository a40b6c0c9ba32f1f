"""Two processes on one database, both at the moment at which something is due: each of it is announced once."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from bot.features.digest import digest_root
from tests import postgres
from tests.crash.scene import PATIENCE, Nursery, scene
from tests.crash.test_frozen import quiet
from tests.crash.test_kill_seldom import digest_half_an_hour_ago
from tests.scenarios.harness import OPS
from tests.scenarios.observations import set_budget

pytestmark = pytest.mark.edge

DM = "D0ANN"
USED_UP, RAN_AWAY = "Ann's budget is used up", "since its last message or pull request"


@pytest.fixture
async def shared_store(postgres_server: str) -> str:
    """The address of an empty store for two processes."""
    return await postgres.create(postgres_server)


async def digests_are_awaited(url: str) -> None:
    """Wait until it is noted from when on digests are wanted."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(PATIENCE):
            while not await connection.fetchval("SELECT count(*) FROM due WHERE name LIKE 'digest:%'"):
                await asyncio.sleep(0.05)  # the store has no event for it
    finally:
        await connection.close()


async def test_a_digest_a_level_and_an_alarm_are_each_posted_once(
    tmp_path: Path, nursery: Nursery, shared_store: str
) -> None:
    settings = digest_half_an_hour_ago() | {"ALARM_WATCH": "0.3"}
    async with scene(tmp_path, nursery, DATABASE_URL=shared_store, **settings) as one:
        for _ in range(2):
            one.begin()
        await one.slack.wait_for_sockets(2, within=PATIENCE)
        await set_budget(one.slack, "each-person 2 a day")
        _, session = await one.on.started()
        await digests_are_awaited(shared_store)
        await one.devin.set(session, acus_consumed=6.2)
        one.arm()  # the digest's time comes for both
        for words in (digest_root.DAY, USED_UP, RAN_AWAY):
            await one.slack.wait_for_message(OPS, words, within=PATIENCE)
        await one.slack.wait_for_message(DM, "Your budget is used up", within=PATIENCE)
        await one.wait_for_polls(4)
        await quiet(shared_store)
        said = [message["rendered"] for message in await one.slack.messages(OPS, user="U0BOT")]
        for words in (digest_root.DAY, USED_UP, RAN_AWAY):
            assert len([text for text in said if words in text]) == 1, said
        assert len(await one.slack.messages(DM, user="U0BOT")) == 1
