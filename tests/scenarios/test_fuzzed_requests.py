"""Thousands of odd requests of each kind come in: they leave nothing behind, and people get their answers meanwhile."""

import asyncio
import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from tests.scenarios.ahead import until
from tests.scenarios.harness import ANN, GENERAL, Harness
from tests.scenarios.observations import settled
from tests.server import fuzz
from tests.server.samples import COMMANDS

PATH = "/slack/events"
CONNECTIONS = 4
PARTS = 15
ASKED = 20  # how often a person asks something during each of them
REMEMBERED = 2  # objects by which a signature is remembered
UNSIGNED = ("no current timestamp", "not signed")  # why it was refused: the first two checks that there are
FEW = 15  # connections to Slack and Devin, for the little that some requests start


@contextmanager
def tracebacks() -> Iterator[list[Any]]:
    """The lines of the bot's log that have a traceback; the others are not kept."""
    found: list[Any] = []

    def keep(_logger: Any, _level: str, line: Any) -> Any:
        if line.get("exc_info"):
            found.append(dict(line))
        return line

    processors = structlog.get_config()["processors"]
    processors.insert(0, keep)
    try:
        yield found
    finally:
        processors.remove(keep)


async def answers(on: Harness, requests: Sequence[fuzz.Request]) -> list[int]:
    """The status of the answer to each request, all over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", on.port)
    statuses = []
    for one in requests:
        writer.write(one.wire(PATH, on.environment["SLACK_SIGNING_SECRET"]))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        statuses.append(int(head[9:12]))
    writer.close()
    await writer.wait_closed()
    return statuses


async def fuzzed(on: Harness, requests: Sequence[fuzz.Request]) -> Counter[tuple[bool, int]]:
    """How often what is signed, and what is not, gets which status; over several connections at the same time."""
    shares = [requests[number::CONNECTIONS] for number in range(CONNECTIONS)]
    found = await asyncio.gather(*(answers(on, share) for share in shares))
    counted: Counter[tuple[bool, int]] = Counter()
    for share, statuses in zip(shares, found, strict=True):
        counted.update(zip((one.signed for one in share), statuses, strict=True))
    return counted


def help_wanted(number: int) -> fuzz.Request:
    """A person's command for the help text."""
    body = urlencode(COMMANDS["help"] | {"trigger_id": f"1.{number}.{time.time_ns()}"}).encode()
    return fuzz.Request(body, fuzz.FORM, fuzz.SIGNED)


async def objects(on: Harness) -> int:
    """How many objects there are, once all has been done that came in."""
    await settled(on)
    gc.collect()
    return sys.getallocatedblocks()


async def unsigned(on: Harness) -> float:
    """How many requests the check of the signature has refused."""
    async with httpx.AsyncClient(trust_env=False) as http:
        metrics = (await http.get(f"http://127.0.0.1:{on.port}/metrics")).text
    samples = [one for family in text_string_to_metric_families(metrics) for one in family.samples]
    refused = [one for one in samples if one.name == "devin_bridge_requests_refused_total"]
    return sum(one.value for one in refused if one.labels["reason"] in UNSIGNED)


def files_and_tasks() -> tuple[int, int]:
    return len(list(Path("/proc/self/fd").iterdir())), len(asyncio.all_tasks())


async def given_back(files: int, tasks: int) -> None:
    """Wait until no more files and tasks are open than at first, but for a few."""

    async def as_at_first() -> bool:
        return all(now < then + FEW for now, then in zip(files_and_tasks(), (files, tasks), strict=True))

    await until(as_at_first)


async def leave_nothing_behind(on: Harness, kind: str, count: int, caplog: pytest.LogCaptureFixture) -> None:
    """Send so many odd requests, and see that none of them costs anything for good."""
    # In a thread, because to think them up takes a while, in which the bot has to go on.
    requests = await asyncio.to_thread(fuzz.requests, kind, count)
    assert len(requests) == count
    statuses: Counter[tuple[bool, int]] = Counter()
    grown = []
    refused = await unsigned(on)
    with tracebacks() as found:
        files, tasks = files_and_tasks()
        for part in range(PARTS):
            before = await objects(on)
            asked = [help_wanted(number) for number in range(ASKED)]
            counted, answered = await asyncio.gather(fuzzed(on, requests[part::PARTS]), answers(on, asked))
            assert answered == [200] * ASKED
            grown.append(await objects(on) - before - REMEMBERED * (counted[True, 200] + ASKED))
            statuses += counted

        await given_back(files, tasks)
    assert min(grown) < count // PARTS // 2, "what comes once comes in some part, but a leak in all of them"
    assert {status for signed, status in statuses if not signed} == {401}
    assert await unsigned(on) - refused == statuses[False, 401], "what is not signed gets no further and delays nothing"
    assert {status for signed, status in statuses if signed} == {200, 400}
    assert found == []
    assert [line for line in caplog.records if line.exc_info] == []


@pytest.mark.parametrize("transport", ["http"])
@pytest.mark.parametrize("count", [3_000, pytest.param(10_000, marks=pytest.mark.edge)])
@pytest.mark.parametrize("kind", fuzz.KINDS)
async def test_fuzzed_requests_are_refused_or_ignored_and_leave_nothing_behind(
    on: Harness, kind: str, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    await leave_nothing_behind(on, kind, count, caplog)


@pytest.mark.early
@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("transport", ["http"])
@pytest.mark.parametrize("store", ["sqlite"])
@pytest.mark.parametrize("kind", fuzz.KINDS)
async def test_however_many_they_are(on: Harness, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    await leave_nothing_behind(on, kind, 100_000, caplog)


# ---------------------------------------------------------------- over the socket


ENVELOPES = {"events": "events_api", "commands": "slash_commands", "interactions": "interactive"}


async def leave_the_socket_at_work(on: Harness, kind: str, count: int, caplog: pytest.LogCaptureFixture) -> None:
    """Send so many odd payloads through the bot's socket, and see that what people ask is answered all the same.

    They come in parts, each when the one before is dealt with: Slack sends an app 30,000 events an hour and no more
    (https://docs.slack.dev/apis/events-api#rate-limiting), and how many wait at once would be the machine's doing.
    """
    payloads = await asyncio.to_thread(fuzz.objects, kind, count)
    assert len(payloads) == count
    with tracebacks() as found:
        files, tasks = files_and_tasks()
        for number, payload in enumerate(payloads):
            await on.simulated_slack.send_envelope(ENVELOPES[kind], payload)
            if number % (count // ASKED) == 0:
                assert (await on.slack.slash(ANN, GENERAL, "help"))["status"] == "acked"
                await given_back(files, tasks)
        await settled(on)
    assert found == []
    assert [line for line in caplog.records if line.exc_info] == []


@pytest.mark.edge
@pytest.mark.parametrize("transport", ["socket"])
@pytest.mark.parametrize("kind", fuzz.KINDS)
async def test_odd_payloads_keep_nobody_else_on_the_socket_waiting(
    on: Harness, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    await leave_the_socket_at_work(on, kind, 1_000, caplog)


@pytest.mark.early
@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("transport", ["socket"])
@pytest.mark.parametrize("kind", fuzz.KINDS)
async def test_nor_do_many(on: Harness, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    await leave_the_socket_at_work(on, kind, 10_000, caplog)
