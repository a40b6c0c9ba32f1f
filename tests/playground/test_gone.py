"""A client that goes away in the middle of a request leaves no traceback in the terminal."""

import asyncio
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit

import httpx
import pytest

from bot.playground.devin import DevinSimulator
from bot.playground.slack import SlackSimulator

HALF = "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"


@pytest.mark.parametrize(
    ("simulator", "act"), [(SlackSimulator, "control/reset"), (DevinSimulator, "/reset")], ids=["slack", "devin"]
)
async def test_a_request_whose_client_is_gone_ends_quietly(
    simulator: type[AbstractAsyncContextManager], act: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with simulator() as service:
        address = urlsplit(service.control_url + act.removeprefix("control/"))
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(HALF.format(path=address.path, host=address.netloc).encode())
        await writer.drain()
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://{address.netloc}/")  # by now the other request is being read
            writer.transport.abort()
            await client.get(f"http://{address.netloc}/")  # and by now its end was seen
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
