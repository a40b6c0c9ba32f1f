"""Every scenario runs on both transports."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from bot import logs
from tests.scenarios.stage import Stage, stage


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Log as in production: a traceback with all local variables would hold up the bot's own loop for seconds."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure("INFO", "console")
    yield
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture(params=["socket", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def on(tmp_path: Path, transport: str) -> AsyncIterator[Stage]:
    """The bot, Slack and Devin, up and running."""
    async with stage(tmp_path, transport) as everything:
        yield everything
