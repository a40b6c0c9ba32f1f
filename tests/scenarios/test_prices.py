"""Money beside ACUs, where the price of an ACU changes on a day."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import newest_finished
from bot.timing import Timing
from tests.scenarios.ahead import until
from tests.scenarios.harness import ANN, BEN, GENERAL, Harness, harness
from tests.scenarios.test_operations import asked, result, spent_in_two_organisations

pytestmark = pytest.mark.timing(consumption_interval=0.5, consumption_backfill=0.5, operation_message=0.05)


@pytest.fixture
async def on(tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing) -> AsyncIterator[Harness]:
    """A bot with a price that has changed with the newest finished day."""
    since = newest_finished(time.time())
    settings = {"BOT_ACU_PRICE": f"2.00 USD, 2.25 USD from {since}"} | database
    async with harness(tmp_path, transport, timing=timing, **settings) as everything:
        yield everything


async def test_a_total_over_a_change_adds_up_both_prices(on: Harness) -> None:
    newest = newest_finished(time.time())
    await spent_in_two_organisations(on)
    for back in (1, 2):
        await on.devin.consumption((newest - timedelta(back)).isoformat(), 1.0)

    async def is_read() -> bool:
        return "3.3 ACUs (6.81 USD)" in await asked(on, "usage week")  # 1.25 at 2.25, and two at 2.00

    await until(is_read)
    assert "1.3 ACUs (2.81 USD)" in await asked(on, "usage yesterday")
    await asked(on, "usage week org=all by product")
    # 1.375 ACUs at 2.25, and 4.5 at 2.00.
    assert "5.9 ACUs (12.09 USD) in all." in await result(on, "in all")


async def test_what_a_session_has_cost_so_far(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.spend(session, 2.5)
    await on.slack.say(ANN, GENERAL, "!status", thread_ts=ts)
    await on.devin.set(session, title="Fix the login test")
    await on.slack.wait_for_message(GENERAL, "2.5 ACUs", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "!cost", thread_ts=ts)
    assert "2.5 ACUs (5.63 USD)" in (await on.slack.wait_for_ephemeral(BEN))["rendered"]
