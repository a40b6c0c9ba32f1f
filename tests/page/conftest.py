"""One browser and one playground for all tests of the page; each test gets a fresh tab and a fresh workspace."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.page.browser import AXE, CHROMIUM, chromium, missing
from tests.page.gallery_stage import Gallery, gallery_stage
from tests.page.playground import FORKING, Playground, playground
from tests.page.visitor import Visitor

Visit = Callable[..., Awaitable[Visitor]]


def needed(path: Path) -> None:
    """Skip without it; where changes are checked, a missing one is a failure."""
    if sentence := missing(path):
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(sentence)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    needed(CHROMIUM)
    async with chromium() as one:
        yield one


@pytest.fixture(scope="session")
def axe() -> str:
    """The checker of accessibility, as source."""
    needed(AXE)
    return AXE.read_text(encoding="utf-8")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playground]:
    """The real thing, once for all tests of this process; its bot starts anew for each of them, so that is a fork."""
    folder, options = tmp_path_factory.mktemp("playground"), ("--no-example", "--port", "0", "--quiet", "--speed", "20")
    async with playground(folder, *options, command=FORKING) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def play(running: Playground) -> Playground:
    """The playground as after its start."""
    await running.reset()
    return running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def opened() -> AsyncIterator[Gallery]:
    """The Bolt app's own playground, once for all tests of this process."""
    async with gallery_stage() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def gallery(opened: Gallery) -> Gallery:
    """The Bolt app's own playground, with a fresh workspace."""
    await opened.slack.reset()
    return opened


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser) -> AsyncIterator[Visit]:
    """Open the page in a tab of its own; in the end nothing may have gone wrong in any of them."""
    visitors: list[Visitor] = []

    async def come(url: str, **how: Any) -> Visitor:
        visitors.append(await Visitor.at(browser, url, **how))
        return visitors[-1]

    yield come
    for visitor in visitors:
        await visitor.leaves()
    for visitor in visitors:
        visitor.untroubled()


@pytest_asyncio.fixture(loop_scope="session")
async def ann(visit: Visit, play: Playground) -> Visitor:
    """Ann, a member, at the page of the playground."""
    return await visit(play.url)
