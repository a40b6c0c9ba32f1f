"""Each alert fires where a real bot comes into what it is about, and none where all is well.

What the bot says at `/metrics` is recorded before and meanwhile; promtool says which alerts Prometheus would raise.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.version import VERSION
from tests.promtool import RULES, Recorded, needs_promtool
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ANN, GENERAL, QUICK_TIMING, Harness, harness
from tests.scenarios.test_events import locked
from tests.scenarios.test_setup_problems import signed

pytestmark = needs_promtool

ALL = {rule["alert"] for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]}
WELL, LONG = 15, 12  # minutes for which all is well, and for which a state lasts
TIMING = replace(QUICK_TIMING, figures_kept=0.0)


@dataclass
class Watched:
    """A bot, and what Prometheus has read from it."""

    on: Harness
    clock: Ahead
    folder: Path
    recorded: Recorded = field(default_factory=Recorded)

    async def metrics(self) -> str:
        async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{self.on.port}") as http:
            return (await http.get("/metrics")).text

    async def read(self, minutes: int = 1) -> None:
        """Read the metrics; what they say stands for so many minutes."""
        self.recorded.keep(await self.metrics(), minutes)

    async def each_minute(self, act: Callable[[], Awaitable[object]], minutes: int = LONG) -> None:
        """Do something once in each minute, and read the metrics after it."""
        for _ in range(minutes):
            await act()
            await self.read()

    async def count(self, metric: str, **labels: str) -> float:
        """What a counter says, over all its labels but these."""
        samples = [one for family in text_string_to_metric_families(await self.metrics()) for one in family.samples]
        return sum(
            one.value
            for one in samples
            if one.name == f"devin_bridge_{metric}" and labels.items() <= one.labels.items()
        )

    async def until_more(self, metric: str, **labels: str) -> None:
        """Wait until a counter has counted one more."""
        before = await self.count(metric, **labels)

        async def more() -> bool:
            return await self.count(metric, **labels) > before

        await until(more)

    async def polled(self) -> None:
        """Wait until Devin has been polled since the clock was put ahead."""

        async def has_been() -> bool:
            return await self.count("poll_age_seconds") < 60

        await until(has_been)

    async def has(self, table: str, **values: str) -> bool:
        return bool(await rows(self.on, table, **values))

    async def fires(self, *expected: str) -> None:
        """Check that these alerts fire now, and no others."""
        assert await asyncio.to_thread(self.recorded.firing, self.folder) == set(expected)


@asynccontextmanager
async def watched(folder: Path, transport: str = "socket", **more: Any) -> AsyncIterator[Watched]:
    """A bot that has worked for a while, and during that time there was no alert."""
    clock = Ahead()
    async with harness(folder, transport, clock=clock, timing=more.pop("timing", TIMING), **more) as on:
        one = Watched(on, clock, folder)
        await on.started()
        await one.read(WELL)
        await one.fires()
        yield one


async def test_nothing_fires_while_people_work_with_devin(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        ts, session = await one.on.started("fix the logout test")

        async def talk() -> None:
            await one.on.slack.say(ANN, GENERAL, "and then?", thread_ts=ts)
            await one.on.devin.say(session, "Then this.")

        await one.each_minute(talk)
        await one.fires()


async def test_a_process_that_does_not_answer(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        await one.on.stop()
        one.recorded.keep(None, LONG)
        await one.fires("DevinBridgeNoProcess", "DevinBridgeProcessDown")


async def test_a_store_that_refuses_writes(tmp_path: Path) -> None:
    async with watched(tmp_path) as one, locked(one.on):
        assert (await one.on.slack.slash(ANN, GENERAL, "fix the logout test"))["status"] == "acked"  # with the refusal
        await one.read(2)
        await one.fires("DevinBridgeStoreRefuses")


async def test_requests_that_are_signed_with_another_secret(tmp_path: Path) -> None:
    async with watched(tmp_path, "http") as one:
        body, url = b'{"type":"event_callback"}', f"http://127.0.0.1:{one.on.port}/slack/events"

        async def send() -> None:
            async with httpx.AsyncClient(trust_env=False) as http:
                assert (await http.post(url, content=body, headers=signed(body, "regenerated"))).status_code == 401

        await one.each_minute(send)
        await one.fires("DevinBridgeNothingSigned")


@pytest.mark.edge
async def test_acks_that_take_longer_than_a_second(tmp_path: Path) -> None:
    async with watched(tmp_path, timing=replace(TIMING, stored=60.0)) as one:
        for _ in range(3):
            async with locked(one.on):
                typed = asyncio.create_task(one.on.slack.slash(ANN, GENERAL, "fix the logout test"))
                await asyncio.sleep(1.2)  # what Slack is kept waiting
            await typed
            await one.read(4)
        await one.fires("DevinBridgeAcksSlow")


async def test_what_people_wrote_that_is_not_worked_on(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        await one.on.devin.fault("create_session", "hang", commit="late")
        await one.on.mention("fix the logout test")
        await one.on.devin.wait_for_calls("create_session", 2)
        one.clock.put(400)
        await one.polled()
        await one.read(3)
        await one.fires("DevinBridgeInboxBehind")
        await one.on.devin.clear_faults()


async def test_a_post_that_does_not_reach_slack(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        await one.on.slack.fault("chat.postMessage", "hang", times=0, match="Unheard")
        (session,) = await one.on.devin.sessions()
        await one.on.devin.say(session["session_id"], "Unheard.")
        await until(lambda: one.has("outbox", state="sending"))
        one.clock.put(400)
        await one.polled()
        await one.read(3)
        await one.fires("DevinBridgeOutboxBehind")
        await one.on.slack.clear_faults()


async def test_a_reaction_that_does_not_reach_slack_wakes_nobody(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        await one.on.slack.fault("reactions.add", "hang", times=0)
        await one.on.started("fix the logout test")
        await until(lambda: one.has("outbox", kind="reaction", state="open"))
        one.clock.put(400)
        await one.polled()
        await one.read(3)
        await one.fires()
        await one.on.slack.clear_faults()


async def test_a_devin_that_answers_no_poll(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        await one.on.devin.fault("list_sessions", "hang", times=-1)
        await one.on.devin.wait_for_calls("list_sessions", 1, since=(await one.on.devin.log())[-1]["number"])
        one.clock.put(400)
        await one.read(3)
        await one.fires("DevinBridgeNoPoll")
        await one.on.devin.clear_faults()


async def test_a_post_that_is_given_up(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        await one.on.slack.fault("chat.postMessage", "error", error="some_new_error", times=0, match="unspeakable")
        (session,) = await one.on.devin.sessions()
        await one.on.devin.say(session["session_id"], "Something unspeakable.")
        await until(lambda: one.has("outbox", state="dead"))
        await one.read(2)
        await one.fires("DevinBridgeDeadLetters")


async def test_a_token_that_slack_refuses(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        await one.on.slack.fault("chat.postMessage", "error", error="token_revoked", times=0)
        (session,) = await one.on.devin.sessions()
        await one.on.devin.say(session["session_id"], "Patience, please.")
        await one.each_minute(lambda: one.until_more("slack_calls_total", outcome="token_revoked"), 2)
        await one.fires("DevinBridgeSlackTokenRefused")


async def test_a_slack_that_fails_for_three_minutes(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        await one.on.slack.fault("*", "http_500", times=0)
        (session,) = await one.on.devin.sessions()
        await one.on.devin.say(session["session_id"], "Patience, please.")
        await one.each_minute(lambda: one.until_more("slack_calls_total", outcome="unknown"), 3)
        await one.fires("DevinBridgeSlackFails")
        await one.on.slack.clear_faults()

        async def talk() -> None:
            await one.on.devin.say(session["session_id"], "Here again.")
            await one.until_more("slack_calls_total", outcome="ok")

        await one.each_minute(talk, 3)
        await one.fires()


@pytest.mark.parametrize("status", ["401", pytest.param("403", marks=pytest.mark.edge)])
async def test_a_key_that_devin_refuses(tmp_path: Path, status: str) -> None:
    async with watched(tmp_path) as one:
        if status == "401":
            one.on.simulated_devin.world.api_key = "cog_another"
        else:
            await one.on.devin.permissions(only=[])  # its service user has lost its role
        # The first refusal of each kind of call is where its series begins, and no increase.
        await one.each_minute(lambda: one.until_more("devin_calls_total", outcome=status), 6)
        await one.fires("DevinBridgeDevinKeyRefused")


@pytest.mark.parametrize(
    ("fault", "outcome"), [(503, "503"), pytest.param("drop_before", "unknown", marks=pytest.mark.edge)]
)
async def test_a_devin_that_fails_for_three_minutes(tmp_path: Path, fault: int | str, outcome: str) -> None:
    async with watched(tmp_path) as one:
        await one.on.devin.fault("list_sessions", fault, times=-1)
        await one.each_minute(lambda: one.until_more("devin_calls_total", outcome=outcome), 3)
        await one.fires("DevinBridgeDevinFails")
        await one.on.devin.clear_faults()
        await one.each_minute(lambda: one.until_more("devin_calls_total", outcome="200"), 3)
        await one.fires()


@pytest.mark.edge
async def test_a_devin_that_fails_for_long_while_it_is_hardly_called(tmp_path: Path) -> None:
    """Each poll waits longer than the one before it, up to five minutes."""
    async with watched(tmp_path) as one:
        await one.on.devin.fault("*", 503, times=-1)
        for _ in range(3):
            await one.until_more("devin_calls_total", outcome="503")
            await one.read(5)
        await one.fires("DevinBridgeDevinFails")
        await one.on.devin.clear_faults()
        await one.until_more("devin_calls_total", outcome="200")
        await one.read(3)
        await one.fires()


async def test_a_clock_that_is_set_wrong(tmp_path: Path) -> None:
    async with watched(tmp_path) as one:
        one.on.simulated_slack.date_ahead = -240.0
        await one.on.started("fix the logout test")
        await one.read(LONG)
        await one.fires("DevinBridgeClockWrong")


async def test_a_process_that_starts_again_and_again(tmp_path: Path) -> None:
    """What Prometheus reads of a process that begins anew each minute: only the time of its start differs."""
    async with watched(tmp_path) as one:
        text = await one.metrics()
        for start in range(5):
            one.recorded.keep(
                re.sub(r"(?m)^process_start_time_seconds .*", f"process_start_time_seconds {start}", text)
            )
        await one.fires("DevinBridgeRestarts")


async def test_two_releases_side_by_side(tmp_path: Path) -> None:
    """Of the second process only the release differs."""
    async with watched(tmp_path) as one:
        text = await one.metrics()
        one.recorded.keep(text, 35, text.replace(f'version="{VERSION}"', 'version="9.9.9"'))
        await one.fires("DevinBridgeVersionsDiffer")


def test_each_alert_is_rehearsed() -> None:
    assert set(re.findall(r'"(DevinBridge\w+)"', Path(__file__).read_text("utf-8"))) == ALL
