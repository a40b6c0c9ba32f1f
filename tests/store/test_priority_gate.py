"""While Slack waits for an answer the rest of the work begins one by one, and none of it is forgotten."""

import asyncio
import math
import socket
from contextlib import suppress
from dataclasses import replace

from bot.store.database.priority_gate import PriorityGate
from bot.timing import PRODUCTION

PATIENCE = 10.0


class Crowd:
    """Work that nobody watches, and the order in which it began."""

    def __init__(self, **waits: float) -> None:
        self.gate = PriorityGate(replace(PRODUCTION, **waits))
        self.began: list[str] = []

    async def begin(self, name: str) -> None:
        await self.gate.admit()
        self.began.append(name)

    async def line_up(self, *names: str) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.begin(name)) for name in names]
        await asyncio.sleep(0)
        return tasks


async def test_while_slack_waits_for_nothing_nobody_waits() -> None:
    crowd = Crowd(gate_check=3600.0)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*await crowd.line_up("a", "b", "c"))
    assert crowd.began == ["a", "b", "c"]


async def test_what_waits_unread_in_a_socket_goes_first() -> None:
    crowd = Crowd(gate_gapless=math.inf)
    ours, slacks = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)

    async def answer() -> None:
        await reader.readexactly(1)
        for _ in range(2):  # from the connection to Bolt's listener
            await asyncio.sleep(0)
        with crowd.gate:
            crowd.began.append("answer")
            await asyncio.sleep(0)
            assert crowd.began == ["answer"]

    answering = asyncio.create_task(answer())
    await asyncio.sleep(0)
    slacks.send(b"!")
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(answering, *await crowd.line_up("other"))
    assert crowd.began == ["answer", "other"]
    writer.close()
    slacks.close()


async def test_while_slack_waits_the_others_begin_one_by_one_in_order() -> None:
    crowd, loop = Crowd(), asyncio.get_running_loop()
    with crowd.gate:
        started = loop.time()
        tasks = await crowd.line_up("a", "b", "c")
        assert len(crowd.began) <= 1
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*tasks)
        took = loop.time() - started
    assert crowd.began == ["a", "b", "c"]
    assert took >= 2 * PRODUCTION.gate_gapless * 0.9  # the loop's clock is coarse


async def test_others_begin_in_a_gap_where_there_is_one() -> None:
    crowd = Crowd(gate_share=0.001, gate_calm=3600.0, gate_gapless=3600.0)
    await crowd.begin("first")
    with crowd.gate:
        tasks = await crowd.line_up("a", "b")
        await asyncio.sleep(0.01)
        assert crowd.began == ["first"]
    async with asyncio.timeout(PATIENCE):
        await tasks[0]
        with crowd.gate:
            await asyncio.sleep(0.01)
        await tasks[1]
    assert crowd.began == ["first", "a", "b"]


async def test_once_slack_has_its_answer_all_who_wait_begin() -> None:
    crowd = Crowd()
    with crowd.gate, crowd.gate:
        tasks = await crowd.line_up(*"abcdef")
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*tasks)
    assert crowd.began == list("abcdef")


async def test_who_stops_waiting_is_passed_over() -> None:
    crowd = Crowd()
    with crowd.gate:
        tasks = await crowd.line_up("a", "gone", "c")
        tasks[1].cancel()
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait(tasks)
    assert crowd.began == ["a", "c"]
    async with asyncio.timeout(PATIENCE):
        await crowd.begin("after")


async def test_a_failure_to_answer_gives_the_way_back() -> None:
    crowd = Crowd()
    with suppress(KeyError), crowd.gate:
        raise KeyError
    async with asyncio.timeout(PATIENCE):
        for name in "abc":
            await crowd.begin(name)
    assert crowd.began == list("abc")
