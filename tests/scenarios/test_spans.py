"""One trace leads from what Slack sent to Devin's call to the post, in one process and in several."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.process import ProcessKind
from bot.timing import Timing
from tests import postgres
from tests.collector import Collected, Collector, collecting
from tests.scenarios.harness import ANN, BEN, GENERAL, Harness, harness
from tests.scenarios.observations import sent_to_devin

CREATED = "POST /v3/organizations/{id}/sessions"
WROTE = "POST /v3/organizations/{id}/sessions/{id}/messages"
SERVER, CLIENT, CONSUMER = 2, 3, 5
MEMBERS = "GET /v3beta1/organizations/{id}/members/users"
PRIVATE = "fix the heron page"


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    """A collector that the environment names."""
    async with collecting(monkeypatch) as one:
        yield one


@pytest.fixture
async def on(collector: Collector, tmp_path: Path, transport: str, timing: Timing) -> AsyncIterator[Harness]:
    """The bot, started with that environment."""
    async with harness(tmp_path, transport, timing=timing) as everything:
        yield everything


def is_beneath(span: Collected, other: Collected) -> bool:
    return (span.trace, span.parent) == (other.trace, other.id)


@pytest.mark.both_transports
async def test_one_trace_leads_from_a_message_to_devin_and_to_the_posts(on: Harness, collector: Collector) -> None:
    ts, session = await on.started(PRIVATE)
    await on.devin.say(session, "It has flown.")
    await on.wait_for_post(GENERAL, ts, "It has flown.")
    created = await collector.one(CREATED)
    root, flow = await collector.one("message", created.trace), await collector.one("flow message", created.trace)
    received, *_ = collector.named("receive message", created.trace)  # one for each of the two events of a mention
    card = await collector.one("send card", created.trace)
    post = await collector.one("send post", created.trace)  # of what a poll found
    await collector.until(lambda: len(collector.named("chat.postMessage", created.trace)) == 2)
    first, second = sorted(collector.named("chat.postMessage", created.trace), key=lambda call: call.began)
    assert (root.parent, received.kind, flow.kind, created.kind) == ("", SERVER, CONSUMER, CLIENT)
    assert all(is_beneath(span, root) for span in (received, flow, card, post))
    assert is_beneath(created, flow)
    assert is_beneath(first, card)
    assert is_beneath(second, post)
    assert received.began < flow.began < created.began < created.ended < flow.ended < post.began
    assert root.began < flow.began < flow.ended < root.ended
    assert flow.facts["devin_bridge.waited"] >= 0
    assert flow.facts["devin_bridge.ref"] == post.facts["devin_bridge.ref"]
    assert created.facts == {"peer.service": "devin", "devin_bridge.outcome": "200"}
    assert received.resource["service.name"] == "devin-bridge"
    assert received.resource["devin_bridge.process"] == "run"


async def test_a_reply_has_a_trace_of_its_own_and_no_span_has_a_word_or_an_id(
    on: Harness, collector: Collector
) -> None:
    ts, session = await on.started(PRIVATE)
    await on.slack.say(BEN, GENERAL, f"and {PRIVATE} again", thread_ts=ts)
    wrote = await collector.one(WROTE)
    flow = await collector.one("flow message", wrote.trace)
    assert wrote.trace != (await collector.one(CREATED)).trace
    assert flow.facts["devin_bridge.ref"] != (await collector.one("send card")).facts["devin_bridge.ref"]
    assert await sent_to_devin(on, session)
    everything = b"".join(collector.bodies)
    private = (PRIVATE, "heron", ANN, BEN, GENERAL, ts, session, *on.settings.secrets)
    assert [word for word in private if word.encode() in everything] == []


async def test_a_call_at_which_devin_fails_is_marked_and_so_is_the_flow_that_made_it(
    on: Harness, collector: Collector
) -> None:
    await on.devin.fault("list_users", "drop_before", times=1)
    await on.devin.fault("create_session", 503, times=1)
    await on.started()
    refused, created = sorted(await _both(collector), key=lambda call: call.began)
    assert (refused.failure, created.failure) == ("503", None)
    assert sorted(call.failure or "" for call in collector.named(MEMBERS, created.trace)) == ["", "unknown"]
    tries = sorted(collector.named("flow message", created.trace), key=lambda flow: flow.began)
    assert [flow.facts["devin_bridge.attempts"] for flow in tries] == sorted({*range(len(tries))})
    assert is_beneath(refused, tries[0])
    assert is_beneath(created, tries[-1])


async def _both(collector: Collector) -> list[Collected]:
    await collector.until(lambda: len(collector.named(CREATED)) == 2)
    return collector.named(CREATED)


async def test_what_is_polled_by_the_clock_has_no_spans(on: Harness, collector: Collector) -> None:
    await on.started()
    await on.devin.wait_for_calls("list_sessions", 3)
    await on.mention("look at the docs")
    await collector.until(lambda: len(collector.named(CREATED)) == 2)
    assert collector.named("GET /v3/organizations/{id}/sessions") == []
    assert len({span.trace for span in collector.spans}) == 2


async def test_with_the_collector_away_the_bot_works_says_so_once_and_stops_in_time(
    on: Harness, collector: Collector
) -> None:
    with structlog.testing.capture_logs() as lines:
        collector.status = 400
        await on.started()
        await collector.until(lambda: of(lines, "spans not sent, and dropped"))
        await on.mention("look at the docs")
        await on.session("look at the docs")
        collector.status = 200
        await on.mention("look at the tests")
        await collector.until(lambda: of(lines, "spans are sent again"))
        assert len(of(lines, "spans not sent, and dropped")) == 1
        collector.status = 503  # which the library tries again, for ten seconds
        await on.mention("look at the build")
        await on.session("look at the build")
        began = time.monotonic()
        await on.stop()
        assert time.monotonic() - began < 10


def of(lines: Sequence[Mapping[str, Any]], event: str) -> list[Mapping[str, Any]]:
    return [line for line in lines if line["event"] == event]


async def test_what_is_left_is_sent_at_the_stop(
    tmp_path: Path, timing: Timing, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
    async with harness(tmp_path, timing=timing) as on:
        await on.started()
    assert collector.named(CREATED)


@pytest.mark.edge
async def test_several_processes_make_one_trace(
    tmp_path: Path, timing: Timing, collector: Collector, postgres_server: str
) -> None:
    beside = (ProcessKind.WORKER, ProcessKind.WORKER)
    async with (
        postgres.created(postgres_server) as url,
        harness(tmp_path, "http", timing=timing, process=ProcessKind.WEB, beside=beside, DATABASE_URL=url) as on,
    ):
        ts, session = await on.started(PRIVATE)
        await on.devin.say(session, "It has flown.")
        await on.wait_for_post(GENERAL, ts, "It has flown.")
        created = await collector.one(CREATED)
        root, post = await collector.one("message", created.trace), await collector.one("send post", created.trace)
        received = collector.named("receive message", created.trace)
    assert {span.resource["devin_bridge.process"] for span in received} == {"web"}
    assert {span.resource["devin_bridge.process"] for span in (root, created, post)} == {"worker"}
    assert all(is_beneath(span, root) for span in (*received, post))
