"""All tabs of a browser share one stream, which is read by one of them, and none of them notices."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Error, Route, expect

from bot.playground.page.feed import Feed
from tests.page.conftest import Visit
from tests.page.gallery_stage import Gallery
from tests.page.visitor import AT_THE_PAGE, Visitor

pytestmark = [*AT_THE_PAGE, pytest.mark.edge]

Tabs = Callable[[int], Awaitable[list[Visitor]]]

MANY: Final = 8  # a browser opens six connections to one server
# A tab that is frozen, as a browser does with one that was out of sight for long: what others broadcast is lost.
MAY_FREEZE: Final = """
const listen = BroadcastChannel.prototype.addEventListener;
BroadcastChannel.prototype.addEventListener = function (kind, act) {
  listen.call(this, kind, (event) => window.isFrozen || act(event));
};
"""


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From which position each stream began that the server has open."""
    are_open: list[int] = []
    stream = Feed.stream

    async def counted(self: Feed, after: int) -> AsyncIterator[str]:
        are_open.append(after)
        try:
            async for line in stream(self, after):
                yield line
        finally:
            are_open.remove(after)

    monkeypatch.setattr(Feed, "stream", counted)
    return are_open


@pytest_asyncio.fixture(loop_scope="session")
async def tabs(visit: Visit, gallery: Gallery) -> AsyncIterator[Tabs]:
    """Open the page in several tabs of one browser."""
    opened: list[Visitor] = []

    async def open_them(count: int) -> list[Visitor]:
        opened.append(await visit(gallery.url, script=MAY_FREEZE))
        opened.extend([await opened[0].opens_a_tab() for _ in range(1, count)])
        return opened

    yield open_them
    for tab in opened:
        await tab.closes_the_tab()
        tab.untroubled()


async def say(gallery: Gallery, text: str) -> None:
    await gallery.slack.say("U0BEN", "C0WEB", text)


@pytest.mark.long
async def test_eight_tabs_in_sight_share_one_stream(tabs: Tabs, gallery: Gallery, streams: list[int]) -> None:
    eight = await tabs(MANY)
    assert {await tab.page.evaluate("document.visibilityState") for tab in eight} == {"visible"}
    await say(gallery, "To each of you")
    for number, tab in enumerate(eight):
        await tab.sees("To each of you")
        await tab.writes(f"From tab {number}")
    for tab in eight:
        await expect(tab.channel.get_by_test_id("message")).to_contain_text(
            ["To each of you", *(f"From tab {number}" for number in range(MANY))]
        )
    assert len(streams) == 1


@pytest.mark.long
async def test_the_next_tab_leads_when_one_is_closed_crashes_or_is_left(
    tabs: Tabs, gallery: Gallery, streams: list[int]
) -> None:
    first, second, third, fourth = await tabs(4)
    await first.closes_the_tab()
    await say(gallery, "One is closed")
    for tab in (second, third, fourth):
        await tab.sees("One is closed")
    with pytest.raises(Error):
        await second.page.goto("chrome://crash")
    await say(gallery, "One has crashed")
    for tab in (third, fourth):
        await tab.sees("One has crashed")
    await second.page.close()
    await third.page.goto(f"{gallery.url}api/workspace")
    await say(gallery, "One has gone elsewhere")
    await fourth.sees("One has gone elsewhere")
    await one_is_left(streams)


async def test_a_page_that_is_kept_for_the_way_back_gives_the_lead_away_and_catches_up(
    tabs: Tabs, gallery: Gallery, streams: list[int]
) -> None:
    first, second = await tabs(2)
    await first.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    await first.page.evaluate("window.isFrozen = true")
    await say(gallery, "While one is away")
    await second.sees("While one is away")
    await expect(first.message("While one is away")).to_have_count(0)
    await first.page.evaluate("window.isFrozen = false")
    await first.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    await first.sees("While one is away")
    await second.closes_the_tab()
    await say(gallery, "Led by the first again")
    await first.sees("Led by the first again")
    await one_is_left(streams)


async def test_a_tab_that_missed_a_broadcast_catches_up_with_the_next(tabs: Tabs, gallery: Gallery) -> None:
    first, second = await tabs(2)
    await second.page.evaluate("window.isFrozen = true")
    await say(gallery, "To those who are awake")
    await first.sees("To those who are awake")
    await second.page.evaluate("window.isFrozen = false")
    await expect(second.message("To those who are awake")).to_have_count(0)
    await say(gallery, "To all again")
    await second.sees("To all again")
    await second.sees("To those who are awake")


@pytest.mark.long
async def test_a_tab_that_comes_late_reads_what_was_broadcast_while_it_loaded(tabs: Tabs, gallery: Gallery) -> None:
    (first,) = await tabs(1)

    async def slowly(route: Route) -> None:
        answer = await route.fetch()
        await gallery.slack.act("channel", id="C0LATE", name="late")
        await expect(first.link("C0LATE")).to_be_visible()
        await route.fulfill(response=answer)

    await first.page.context.route("**/api/workspace", slowly, times=1)
    second = await first.opens_a_tab()
    await expect(second.link("C0LATE")).to_be_visible()
    await second.closes_the_tab()


async def one_is_left(streams: list[int]) -> None:
    """Wait until the server has noticed who is gone."""
    async with asyncio.timeout(10):
        while len(streams) > 1:
            await asyncio.sleep(0.01)
    assert len(streams) == 1
