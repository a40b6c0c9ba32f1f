"""Every scenario whose outcome can depend on how Slack's messages come in runs over both transports.

The rest runs over one of them: what is about a transport itself, about a start that fails, or about the way out alone
(cards, pace, limits, errors of sending, what the poller finds at Devin).
"""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from bot import logs
from tests.scenarios.ahead import Ahead
from tests.scenarios.stage import TRANSPORTS, Stage, stage


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


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def clock() -> Ahead:
    """The bot's clock where a test puts it ahead."""
    return Ahead()


@pytest.fixture
async def on(tmp_path: Path, transport: str) -> AsyncIterator[Stage]:
    """The bot, Slack and Devin, up and running."""
    async with stage(tmp_path, transport) as everything:
        yield everything
