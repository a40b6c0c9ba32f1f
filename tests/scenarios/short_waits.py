"""For scenarios with the marker `timing(**SHORT)`: what they have in common."""

import asyncio
from typing import Any

from tests.scenarios.ahead import rows
from tests.scenarios.harness import Harness

WITHIN = 30.0
AWAY = {"times": -1}


async def waited(on: Harness, table: str, **values: Any) -> dict[str, Any]:
    """The row of the store with these values, once there is one."""
    async with asyncio.timeout(WITHIN):
        while not (found := await rows(on, table, **values)):
            await asyncio.sleep(0.05)
    return found[0]
