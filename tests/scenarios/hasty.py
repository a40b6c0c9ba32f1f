"""The bot with seconds where it waits for half a minute, and its rows once they are there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.crash.victim import shorten
from tests.scenarios.ahead import rows
from tests.scenarios.stage import Stage, stage

WITHIN = 30.0
AWAY = {"times": -1}


@asynccontextmanager
async def hasty(
    folder: Path, monkeypatch: pytest.MonkeyPatch, transport: str, clock: Callable[[], float] | None = None
) -> AsyncIterator[Stage]:
    """The stage with short waits, and a clock of one's own if given."""
    shorten(monkeypatch.setattr)
    async with stage(folder, transport, **({"clock": clock} if clock else {})) as on:
        yield on


async def waited(on: Stage, table: str, **values: Any) -> dict[str, Any]:
    """The row of the store with these values, once there is one."""
    async with asyncio.timeout(WITHIN):
        while not (found := await rows(on, table, **values)):
            await asyncio.sleep(0.05)
    return found[0]
