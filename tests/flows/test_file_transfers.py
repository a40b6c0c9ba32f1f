"""Files pass through two at a time, first come first served, and take up no more memory than is theirs."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from bot.devin.client import Devin
from bot.kernel.sending.file_transfers import AT_ONCE, MEMORY_BYTES, FileTransfers
from tests.flows.conftest import ONCE, ORG

MIB = 1024 * 1024


async def test_two_files_have_their_turn_and_the_others_wait_in_order() -> None:
    transfers, begun, go_on = FileTransfers(), list[int](), [asyncio.Event() for _ in range(5)]

    async def copy(number: int) -> None:
        async with transfers.turn():
            begun.append(number)
            await go_on[number].wait()

    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(copy(number))
        for number in range(5):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert begun == list(range(min(number + AT_ONCE, 5)))
            go_on[number].set()
            while number + AT_ONCE < 5 and len(begun) < number + AT_ONCE + 1:
                await asyncio.sleep(0)


async def test_a_file_that_fails_ends_its_turn() -> None:
    transfers = FileTransfers()
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ValueError, match="broken"):
            async with transfers.turn():
                raise ValueError("broken")


async def test_all_files_together_take_64_mib_of_memory_at_most() -> None:
    transfers = FileTransfers()
    assert MEMORY_BYTES == 64 * MIB
    async with AsyncExitStack() as stack:
        contents = [await stack.enter_async_context(transfers.turn()) for _ in range(AT_ONCE)]
        for content in contents:
            content.write(bytes(20 * MIB))  # as large as a file of Slack's may be
        assert not any(content._rolled for content in contents)
        for content in contents:
            content.write(bytes(13 * MIB))
        assert all(content._rolled for content in contents)


class Taking(httpx.AsyncBaseTransport):
    """Takes a request as it comes, and remembers how large its chunks were."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        self.sizes += [len(chunk) async for chunk in request.stream]
        return httpx.Response(200, json={"url": "https://api.devin.ai/attachments/1/a"})


async def test_a_file_is_uploaded_in_chunks_and_without_a_detour_over_the_disk() -> None:
    taking = Taking()
    async with httpx.AsyncClient(transport=taking) as http, FileTransfers().turn() as content:
        content.write(bytes(MIB))
        await Devin(http, "cog_test", ORG, patience=ONCE).upload_attachment("a", content, "image/png")
        assert not content._rolled
    assert MIB < sum(taking.sizes) < MIB + 1024
    assert max(taking.sizes) <= 65_536
