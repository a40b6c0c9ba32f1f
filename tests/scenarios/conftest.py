"""A story is told over Socket Mode; those with the marker `both_transports` over signed requests as well.

These are the stories about how messages come in, and one or more of each file as a sample. In the long run all of them
are told over both, except those about one transport alone, which name it.
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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tell each story that does not name its transport over one, and over the other too or in the long run only."""
    named = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "transport" not in metafunc.fixturenames or "transport" in named:
        return
    usual, other = TRANSPORTS
    both = metafunc.definition.get_closest_marker("both_transports") is not None
    metafunc.parametrize("transport", [usual, other if both else pytest.param(other, marks=pytest.mark.long)])


@pytest.fixture
def clock() -> Ahead:
    """The bot's clock where a test puts it ahead."""
    return Ahead()


@pytest.fixture
async def on(tmp_path: Path, transport: str) -> AsyncIterator[Stage]:
    """The bot, Slack and Devin, up and running."""
    async with stage(tmp_path, transport) as everything:
        yield everything
