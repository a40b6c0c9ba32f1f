"""Sends unsigned requests to a bot, as anybody can who has found its address: `python -m bench.unsigned PORT RATE`."""

import asyncio
import sys
import time
from typing import Final

from bench.wire import HOST

CONNECTIONS: Final = 4
BODY: Final = b"token=guessed&command=%2Fdevin&text=" + b"x" * 2_000
REQUEST: Final = (
    b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"X-Slack-Request-Timestamp: %%d\r\nX-Slack-Signature: v0=%s\r\nContent-Length: %d\r\n\r\n%s"
    % (b"0" * 64, len(BODY), BODY)
)


async def send(port: int, rate: float) -> None:
    """Send `rate` requests a second over one connection, each after the answer to the one before."""
    reader, writer = await asyncio.open_connection(HOST, port)
    due = time.perf_counter()
    while True:
        writer.write(REQUEST % int(time.time()))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 401"), head
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        due += 1 / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0.0))


async def main(port: int, rate: float) -> None:
    async with asyncio.TaskGroup() as connections:
        for _ in range(CONNECTIONS):
            connections.create_task(send(port, rate / CONNECTIONS))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
