"""Every scenario runs on both transports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.stage import Stage, stage


@pytest.fixture(params=["socket", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def on(tmp_path: Path, transport: str) -> AsyncIterator[Stage]:
    """The bot, Slack and Devin, up and running."""
    async with stage(tmp_path, transport) as everything:
        yield everything
