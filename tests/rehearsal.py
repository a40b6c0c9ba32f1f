"""A bot lives a short life on each kind of store in this process, before others are forked from it.

What each bot would do anew when it needs it first is then done for all of them: statements of its store are compiled,
modules imported, patterns built. Nothing else of that life is left: its store, its sockets and its threads are gone.
"""

import asyncio
import tempfile
import threading
from pathlib import Path
from typing import Any

from bot import logs
from tests import (
    done_once,  # noqa: F401  works by its import
    postgres,
)
from tests.scenarios.harness import ANN, BEN, GENERAL, Harness, harness


def rehearse(empty_store: Path, postgres_server: str) -> None:
    """Let bots live and end; afterwards this process may be forked."""
    logs.configure("CRITICAL")
    asyncio.run(_on_each_store(empty_store, postgres_server))
    assert threading.active_count() == 1  # a fork has no other thread


async def _on_each_store(empty_store: Path, postgres_server: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await _live(Path(folder), empty_store=empty_store)
        async with postgres.created(postgres_server) as url:
            await _live(Path(folder), DATABASE_URL=url)


async def _live(folder: Path, **store: Any) -> None:
    async with harness(folder, BOT_POLL_SECONDS="0.1", **store) as on:
        ts, session = await on.started()
        await on.slack.say(BEN, GENERAL, "yes", thread_ts=ts)
        await on.devin.wait_for_messages("yes")
        await _ends(on, ts, session)
        await on.slack.slash(ANN, GENERAL, "fix the logout test")
        await on.session("fix the logout test")
        await on.slack.wait_for_message(GENERAL, "fix the logout test")


async def _ends(on: Harness, ts: str, session: str) -> None:
    await on.devin.say(session, "Which branch?", status="running", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    await on.devin.pr(session, "https://github.com/acme/web/pull/7")
    await on.slack.wait_for_message(GENERAL, "New pull request", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by ann. Reply in the thread to resume", thread_ts=ts)
