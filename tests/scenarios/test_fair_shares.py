"""A channel or a person with a thousand rows delays nobody's first row, with several workers on one store."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.causes import MessageCause
from bot.domain.lane import thread_lane
from bot.kernel.settings import Settings
from bot.kernel.unit_of_work import UnitOfWork
from bot.process import ProcessKind
from bot.store import inbox
from bot.store.inbox import InboxRow
from bot.timing import Timing
from bot.views.message import Message
from tests import postgres
from tests.scenarios.ahead import TEAM, rows, until
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, WEB, Harness, harness
from tests.scenarios.short_waits import waited

pytestmark = pytest.mark.edge

MANY = 1_000
AT_WORK = 5  # rows of the many are done before somebody else comes
FEW = 100
A_SECOND = 20  # posts in a channel: the scenario's Slack takes one in 0.05 s, where the real one takes one a second


@pytest.fixture
async def on(tmp_path: Path, timing: Timing, postgres_server: str) -> AsyncIterator[Harness]:
    """A receiver and two workers that are not started yet."""
    settings: dict[str, Any] = {"process": ProcessKind.WEB, "beside": (ProcessKind.WORKER, ProcessKind.WORKER)}
    async with (
        postgres.created(postgres_server) as database,
        harness(tmp_path, "http", timing=timing, start=False, DATABASE_URL=database, **settings) as everything,
    ):
        yield everything


async def test_a_channel_with_a_thousand_posts_does_not_delay_the_first_one_in_another(on: Harness) -> None:
    async with on.store.write() as tx:
        uow = UnitOfWork(tx, time.time(), "-", on.timing, Settings())
        posts = (uow.post_row(f"many:{number}", TEAM, GENERAL, None, Message(f"{number}")) for number in range(MANY))
        await uow.add_to_outbox(*posts)
    await on.start()
    await until(lambda: _are(on, "outbox", "sent", AT_WORK))
    await on.mention("fix the login test", BEN, WEB)
    first = await waited(on, "outbox", channel=WEB, state="sent")
    sent = [row["sent_at"] for row in await rows(on, "outbox", channel=GENERAL, state="sent")]
    meanwhile = [at for at in sent if first["created_at"] <= at <= first["sent_at"]]
    assert len(meanwhile) <= A_SECOND


async def test_a_person_with_a_thousand_tasks_does_not_delay_the_first_one_of_another(on: Harness) -> None:
    now = time.time()
    async with on.store.write() as tx:
        await inbox.add(tx, [_task(number, now) for number in range(MANY)])
    await on.start()
    await until(lambda: _are(on, "inbox", "done", AT_WORK), 60)
    ts = await on.mention("fix the login test", BEN, WEB)
    await on.session("fix the login test")
    first = await waited(on, "inbox", ts=ts)
    done = [row["done_at"] for row in await rows(on, "inbox", state="done") if row["ts"] != ts]
    meanwhile = [at for at in done if first["created_at"] <= at <= first["intent_at"]]
    assert len(meanwhile) <= FEW, "those that were being worked on, and not those that waited"


def _task(number: int, now: float) -> InboxRow[MessageCause]:
    """A task of Ann's, which begins a thread of its own."""
    ts = f"{now - 60 + number / 100:.6f}"
    cause = MessageCause(ANN, f"{BOT} task {number}", GENERAL, ts, mention=True)
    return InboxRow(f"many:{number}", TEAM, thread_lane(TEAM, GENERAL, ts), ts, "-", cause, now, now)


async def _are(on: Harness, table: str, state: str, count: int) -> bool:
    return len(await rows(on, table, state=state)) >= count
