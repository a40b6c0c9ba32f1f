"""A browser that refuses storage shows the page all the same."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.page.playground import PEOPLE, Playground
from tests.page.visitor import AT_THE_PAGE, WATCH, Visitor

pytestmark = [*AT_THE_PAGE, pytest.mark.edge]

# What a browser does that blocks the data of sites: to name the storage is an error already, and there are no locks.
REFUSES: Final = """
LockManager.prototype.request = () => Promise.reject(new DOMException("The request was denied.", "SecurityError"));
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, {
    get() {
      throw new DOMException("The user denied permission to access storage", "SecurityError");
    },
  });
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def ann(browser: Browser, play: Playground) -> AsyncIterator[Visitor]:
    """Ann, whose browser keeps nothing."""
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    await context.add_init_script(WATCH)
    await context.add_init_script(REFUSES)
    visitor = Visitor(await context.new_page())
    await visitor.page.goto(play.url)
    yield visitor
    await visitor.leaves()
    visitor.untroubled()


@pytest.mark.long
async def test_the_page_is_used_without_storage(ann: Visitor, play: Playground) -> None:
    await ann.is_ready()
    await ann.tour.is_at(1)
    await ann.tour.presses("Skip tour")
    await ann.opens("nobot")
    await play.say("Ben", "nobot", "Seen at once")
    await ann.sees("Seen at once")
    await ann.writes("Nothing is kept here")
    await ann.acts_as("Ben")
    await ann.sees("Nothing is kept here")
    await ann.page.reload()
    await ann.is_ready()
    await expect(ann.page.get_by_test_id("acting-as")).to_have_value(PEOPLE["Ann"])
    await ann.tour.is_at(1)  # it begins anew on each visit
    await ann.sees("Nothing is kept here")  # the address says where one was
