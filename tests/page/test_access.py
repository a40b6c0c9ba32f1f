"""Everybody can use it: with a screen reader, a keyboard alone, a dark screen, or a tablet."""

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest
from playwright.async_api import Locator, expect

from tests.page.conftest import Visit
from tests.page.playground import Playground
from tests.page.visitor import AT_THE_PAGE, TASK, WAITING, Visitor

pytestmark = AT_THE_PAGE

SIZES: Final[Mapping[str, Any]] = {"laptop": {"width": 1280, "height": 720}, "tablet": {"width": 820, "height": 1180}}


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_axe_finds_nothing_serious(visit: Visit, play: Playground, axe: str, scheme: str) -> None:
    ann = await visit(play.url, color_scheme=scheme)
    await ann.opens("web")
    await ann.asks_devin()
    assert await ann.faults(axe) == []
    await ann.opens_thread("Asked by @Ann Lee")
    await ann.reads("Devin waits for your answer")
    assert await ann.faults(axe) == []
    await ann.drawer.chooses_the_session()
    assert await ann.faults(axe) == []
    await ann.drawer.opens("Fault bench")
    assert await ann.faults(axe) == []
    await ann.drawer.closes()
    await ann.page.locator("#tour-start").click()
    await expect(ann.tour).to_be_visible()
    assert await ann.faults(axe) == []


@pytest.mark.parametrize("size", SIZES)
async def test_it_fits_on_the_screen(visit: Visit, play: Playground, size: str) -> None:
    ann = await visit(play.url)
    await ann.page.set_viewport_size(SIZES[size])
    await ann.opens("web")
    await ann.asks_devin()
    await fits(ann, ann.composer)
    await ann.opens_thread("Asked by @Ann Lee")
    await fits(ann, ann.thread_composer)
    await ann.drawer.opens("Devin")
    await fits(ann)
    await ann.drawer.opens("Fault bench")
    await fits(ann)


async def fits(ann: Visitor, *needed: Locator) -> None:
    """Nothing hangs out at the side, and where one writes is on the screen."""
    wide = "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    across, down = await ann.page.evaluate(wide)
    assert (across <= 0, down <= 0) == (True, True), (across, down)
    for place in needed:
        await expect(place).to_be_in_viewport(ratio=1)


async def test_the_main_path_by_keyboard_alone(ann: Visitor) -> None:
    press, write = ann.page.keyboard.press, ann.page.keyboard.type
    await ann.tabs_to(ann.link("web"))
    await press("Enter")
    await expect(ann.page.locator("#channel-head")).to_contain_text("web")
    await ann.tabs_to(ann.composer)
    await write("/dev")
    await expect(ann.page.get_by_role("option", name="/devin")).to_be_visible()
    await press("Enter")
    await expect(ann.composer).to_have_value("/devin ")
    await write(TASK)
    await press("Enter")
    await expect(ann.card).to_contain_text(WAITING)
    await ann.tabs_to(ann.card.get_by_role("button", name=re.compile("repl(y|ies)")))
    await press("Enter")
    await ann.reads("Devin waits for your answer")
    await ann.tabs_to(ann.thread_composer)
    await write("The second one, please.")
    await press("Enter")
    await ann.reads("The second one, please.")
    await ann.reads("New pull request: ")
    await press("Escape")
    await expect(ann.page.locator("#thread")).to_be_hidden()
    await ann.tabs_to(ann.page.locator("#open-bench"))
    await press("Enter")
    await expect(ann.drawer.bench).to_be_visible()
    await press("Escape")
    await expect(ann.drawer.node).to_be_hidden()
    await expect(ann.page.locator("#open-bench")).to_be_focused()


async def test_commands_and_people_are_completed(ann: Visitor) -> None:
    press, write = ann.page.keyboard.press, ann.page.keyboard.type
    await ann.opens("web")
    await ann.composer.focus()
    await write("/")
    await expect(ann.page.get_by_role("option", name="/devin")).to_contain_text(
        "<what to do> | list | status | stop | archive | usage | help"
    )
    await press("Tab")
    await expect(ann.composer).to_have_value("/devin ")
    await ann.composer.fill("")
    await write("Ask @dev")
    people = ann.page.get_by_role("listbox", name="Suggestions")
    await expect(people.get_by_role("option")).to_have_text([re.compile("Devin Bridge")])
    await press("Escape")
    await expect(people).to_have_count(0)
    await write("in")
    await press("Enter")
    await expect(ann.composer).to_have_value("Ask @Devin Bridge ")
    await write("to look at it, line one")
    await press("Shift+Enter")
    await write("and line two")
    await press("Enter")
    message = await ann.sees("to look at it, line one")
    await expect(message).to_contain_text("and line two")


async def test_each_part_has_its_role_and_name(ann: Visitor) -> None:
    page = ann.page
    await ann.opens("web")
    await expect(page.get_by_role("log", name="Messages")).to_be_visible()
    await expect(page.get_by_role("navigation")).to_be_visible()
    await expect(page.get_by_role("main")).to_be_visible()
    await expect(page.get_by_role("banner")).to_be_visible()
    await expect(page.get_by_role("combobox", name="Acting as")).to_be_visible()
    await expect(ann.composer).to_have_accessible_name(re.compile("web"))


async def test_the_tour_has_five_steps_and_does_not_come_again(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, toured=False)
    for step in range(1, 6):
        await expect(ann.tour).to_contain_text(f"Step {step} of 5")
        await ann.tour.get_by_role("button", name="Next").click()
    await expect(ann.tour).to_contain_text("That is Devin Bridge")
    await ann.tour.get_by_role("button", name="Done").click()
    await expect(ann.tour).to_be_hidden()
    await ann.page.reload()
    await ann.is_ready()
    await expect(ann.tour).to_be_hidden()


async def test_the_tour_may_be_skipped_and_taken_later(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, toured=False)
    await expect(ann.tour).to_contain_text("Step 1 of 5")
    await ann.tour.get_by_role("button", name="Skip tour").click()
    await expect(ann.tour).to_be_hidden()
    await ann.page.reload()
    await ann.is_ready()
    await expect(ann.tour).to_be_hidden()
    await ann.page.locator("#tour-start").click()
    await expect(ann.tour).to_contain_text("Step 1 of 5")


async def test_the_tour_goes_on_by_itself_when_one_does_what_it_says(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, toured=False)
    for step in range(1, 6):
        await expect(ann.tour).to_contain_text(f"Step {step} of 5")
        await ann.tour.get_by_role("button", name="Do it for me").click()
    await expect(ann.tour).to_contain_text("That is Devin Bridge")
