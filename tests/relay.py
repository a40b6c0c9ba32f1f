"""Hands on what comes over one connection to another, and back: for what stands between two ends in a test."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def as_it_is(data: bytes) -> bytes:
    """Change nothing."""
    return data


async def relay(client: Connection, server: Connection, change: Callable[[bytes], bytes] = as_it_is) -> None:
    """Hand on what either end sends until both are closed; `change` is made to what the client sends."""
    await asyncio.gather(_hand_on(client[0], server[1], change), _hand_on(server[0], client[1], as_it_is))


async def _hand_on(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, change: Callable[[bytes], bytes]
) -> None:
    with suppress(OSError):  # the other end is gone
        while data := await source.read(65536):
            target.write(change(data))
            await target.drain()
    target.close()
