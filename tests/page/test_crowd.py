"""A busy workspace: 2,000 messages and 300 sessions, of which the page draws only what is looked at."""

import re
from typing import Final

import pytest
from playwright.async_api import expect

from tests.page.conftest import Visit
from tests.page.playground import Playground
from tests.page.visitor import AT_THE_PAGE

pytestmark = [*AT_THE_PAGE, pytest.mark.edge]

MESSAGES: Final = 2_000
SESSIONS: Final = 300
MOST_MESSAGES: Final = 200  # in the page at once
MOST_NODES: Final = 8_000
NODES: Final = "document.querySelectorAll('*').length"


@pytest.mark.long
async def test_two_thousand_messages_and_three_hundred_sessions(visit: Visit, play: Playground) -> None:
    await play.crowd("nobot", MESSAGES, SESSIONS)
    ann = await visit(play.url)
    await ann.opens("nobot")
    await ann.sees(f"Message number {MESSAGES}.")
    shown = ann.channel.get_by_test_id("message")
    assert await shown.count() <= MOST_MESSAGES
    before = await shown.first.get_attribute("data-ts")
    await ann.channel.evaluate("(node) => node.scrollTo(0, 0)")
    await expect(shown.first).not_to_have_attribute("data-ts", str(before))
    for _ in range(5):
        await ann.channel.evaluate("(node) => node.scrollTo(0, 0)")
        await expect(shown.first).to_be_visible()
    assert await ann.page.evaluate(NODES) <= MOST_NODES
    await ann.drawer.opens("Devin")
    await expect(ann.drawer.sessions.first).to_be_visible()
    await expect(ann.drawer.node).to_contain_text(re.compile(rf"\b{SESSIONS}\b"))
    assert await ann.page.evaluate(NODES) <= MOST_NODES
    await ann.drawer.closes()
    await ann.writes("Still here")
    await ann.sees("Still here")
