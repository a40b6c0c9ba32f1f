"""The guided tour: by hand, done for one, passed over, left, and begun again."""

from typing import Any, Final

import pytest
from playwright.async_api import Locator, expect

from tests.page.conftest import Visit
from tests.page.playground import Playground
from tests.page.tour import TOUR_TASK
from tests.page.visitor import AT_THE_PAGE, QUESTION, WAITING, Visitor
from tests.said import ASKED_BY

pytestmark = AT_THE_PAGE

SLOWEST: Final = 0.25  # Devin is to be found at work, not done
FASTEST: Final = 20
PHONE: Final = {"width": 390, "height": 844}
SMALL_TABLET: Final = {"width": 768, "height": 1024}
TABLET: Final = {"width": 820, "height": 1180}
REPLIED_FOR_ONE: Final = "Option 1, please."
WRITTEN_FOR_ONE: Final = "And please add a test for it."


async def test_each_step_is_done_by_hand(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, toured=False)
    await ann.opens("general")
    await ann.tour.is_at(1)
    await ann.tour.points_at(ann.link("web"))
    await ann.opens("web")
    await ann.tour.points_at(frame(ann, "composer"))
    await ann.composer.press_sequentially(TOUR_TASK)
    await ann.composer.press("Enter")
    await ann.tour.is_at(2)
    await expect(ann.composer).to_be_focused()
    await ann.tour.points_at(ann.card)
    await ann.opens_thread(ASKED_BY)
    await ann.tour.is_at(3)
    await ann.tour.points_at(frame(ann, "thread-composer"))
    await ann.reads(QUESTION)
    await play.post("/api/bench/speed", value=SLOWEST)
    await ann.replies("The first one, please.")
    await is_with_devin(ann, "The first one, please.")
    await ann.tour.is_at(4)
    await expect(ann.thread_composer).to_be_focused()
    await ann.tour.points_at(ann.card)
    await ann.card.get_by_role("button", name="Stop").click()
    await ann.tour.is_at(5)
    await expect(ann.card).to_contain_text("Stopped by Ann Lee. Reply in the thread to resume")
    assert await state(play) == ("suspended", "user_request")
    await ann.tour.points_at(ann.page.locator("#open-bench"))
    await ann.page.locator("#open-bench").click()
    await ann.tour.points_at(ann.page.get_by_test_id("bench-kill"))
    await ann.page.get_by_test_id("bench-kill").click()
    await ann.tour.points_at(ann.page.get_by_test_id("drawer-close"))
    await ann.drawer.closes()
    await ann.tour.points_at(frame(ann, "thread-composer"))
    await ann.replies("And add a test for it.")
    await ann.tour.points_at(ann.page.locator("#open-bench"))
    await ann.drawer.opens("Faults")
    await ann.tour.points_at(ann.page.get_by_test_id("bench-start"))
    await ann.page.get_by_test_id("bench-start").click()
    await ann.tour.is_over()
    await ann.drawer.closes()
    await goes_on(ann, play, "The first one, please.", "And add a test for it.", until="Done")
    assert await state(play) == ("running", "finished")


@pytest.mark.edge
@pytest.mark.parametrize("screen", [PHONE, SMALL_TABLET], ids=["phone", "tablet"])
async def test_where_the_thread_covers_the_channel_each_step_points_at_what_is_seen(
    visit: Visit, play: Playground, screen: dict[str, int]
) -> None:
    ann = await visit(play.url, toured=False, viewport=screen)
    await ann.opens("general")
    await ann.tour.is_at(1)
    await ann.tour.points_at(ann.page.locator("#open-sidebar"))
    await ann.page.locator("#open-sidebar").click()
    await ann.tour.points_at(ann.link("web"))
    await ann.link("web").click()
    await ann.tour.points_at(frame(ann, "composer"))
    await ann.writes(TOUR_TASK)
    await ann.tour.is_at(2)
    await ann.tour.points_at(ann.card)
    card = await ann.opens_thread(ASKED_BY)
    await ann.tour.is_at(3)
    await ann.tour.points_at(frame(ann, "thread-composer"))
    await ann.reads(QUESTION)
    await play.post("/api/bench/speed", value=SLOWEST)
    await ann.replies("The first one, please.")
    await ann.tour.is_at(4)
    await ann.tour.points_at(card)
    await card.get_by_role("button", name="Stop").click()
    await ann.tour.is_at(5)
    await ann.tour.points_at(ann.page.locator("#open-bench"))
    await ann.drawer.opens("Devin")
    await ann.tour.points_at(ann.page.locator("#open-bench"))
    await ann.drawer.opens("Faults")
    await ann.tour.points_at(ann.page.get_by_test_id("bench-kill"))
    await ann.page.get_by_test_id("bench-kill").click()
    await ann.tour.points_at(ann.page.get_by_test_id("drawer-close"))
    await ann.drawer.closes()
    await ann.tour.points_at(frame(ann, "thread-composer"))
    await ann.replies("And add a test for it.")
    await ann.drawer.opens("Faults")
    await ann.tour.points_at(ann.page.get_by_test_id("bench-start"))
    await ann.page.get_by_test_id("bench-start").click()
    await ann.tour.is_over()


@pytest.mark.edge
async def test_whoever_passes_the_task_over_is_led_to_it(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, toured=False, viewport=PHONE)
    for step in range(1, 4):
        await ann.tour.is_at(step)
        await ann.tour.points_at(frame(ann, "composer"))
        await ann.tour.presses("Next")


@pytest.mark.long
async def test_each_step_is_done_for_one_on_a_tablet(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, toured=False, viewport=TABLET)
    await ann.tour.is_at(1)
    await ann.tour.presses("Do it for me")
    await ann.tour.is_at(2)
    await expect(ann.card).to_contain_text(WAITING)
    await ann.tour.presses("Do it for me")
    await ann.tour.is_at(3)
    await play.post("/api/bench/speed", value=SLOWEST)
    await ann.tour.presses("Do it for me")
    await is_with_devin(ann, REPLIED_FOR_ONE)
    await ann.tour.is_at(4)
    await ann.tour.presses("Do it for me")
    await ann.tour.is_at(5)
    await expect(ann.card).to_contain_text("Stopped by Ann Lee. Reply in the thread to resume")
    await ann.tour.presses("Do it for me")
    await ann.tour.is_over()
    await ann.tour.presses("Done")
    await ann.tour.has_gone()
    await ann.drawer.closes()
    await goes_on(ann, play, REPLIED_FOR_ONE, WRITTEN_FOR_ONE, until="Done")
    assert await state(play) == ("running", "finished")


@pytest.mark.long
async def test_next_passes_one_step_and_what_was_done_before_counts_for_none(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, toured=False)
    await ann.drawer.presses("kill")
    await ann.drawer.sees_the_bot("killed")
    await ann.drawer.closes()
    await ann.opens("nobot")
    await ann.writes("Is it away?")
    await ann.drawer.presses("start")
    await ann.drawer.sees_the_bot("running")
    await ann.drawer.closes()
    for step in range(1, 6):
        for channel in ("general", "web"):  # the tour looks again each time
            await ann.opens(channel)
            await ann.tour.is_at(step)
        await ann.tour.presses("Next")
        await expect(ann.tour.title).to_be_focused()
    await ann.tour.is_over()
    assert (await play.get("/api/sessions"))["sessions"] == []


@pytest.mark.edge
async def test_who_passed_steps_over_gets_what_they_need_and_nothing_twice(visit: Visit, play: Playground) -> None:
    await play.post("/api/bench/speed", value=SLOWEST)
    ann = await visit(play.url, toured=False)
    for _ in range(3):
        await ann.tour.presses("Next")
    await ann.tour.presses("Do it for me")
    await ann.tour.is_at(5)
    await expect(ann.card).to_contain_text("Stopped by Ann Lee. Reply in the thread to resume")
    await ann.drawer.presses("kill")
    await ann.drawer.sees_the_bot("killed")
    await ann.tour.presses("Do it for me")
    await ann.tour.is_over()
    await expect(ann.drawer.bench).to_be_visible()
    await goes_on(ann, play, WRITTEN_FOR_ONE, until=WAITING)
    assert await state(play) == ("running", "waiting_for_user")


@pytest.mark.edge
async def test_the_task_is_given_for_one_though_the_bot_was_down_and_again_within_the_minute(
    visit: Visit, play: Playground
) -> None:
    ann = await visit(play.url, toured=False)
    await ann.drawer.presses("kill")
    await ann.drawer.sees_the_bot("killed")
    await ann.drawer.closes()
    await ann.tour.presses("Do it for me")
    await ann.tour.is_at(2)
    await expect(ann.card).to_contain_text(WAITING)
    for _ in range(4):
        await ann.tour.presses("Next")
    await ann.tour.presses("Start again")
    await ann.tour.presses("Do it for me")
    await ann.tour.is_at(2)
    await expect(ann.channel.get_by_text("Started by Ann Lee")).to_have_count(2)


@pytest.mark.edge
async def test_an_option_is_an_answer_and_a_result_is_shown_at_once(visit: Visit, play: Playground) -> None:
    await play.post("/api/bench/speed", value=FASTEST)
    ann = await visit(play.url, toured=False)
    await gives_the_task(ann)
    await ann.opens_thread(ASKED_BY)
    await ann.tour.is_at(3)
    await ann.thread.get_by_role("button", name="Freeze the clock").click()
    await ann.tour.is_at(4)
    await expect(ann.message("started by Ann Lee")).to_contain_text("Done")
    await ann.tour.presses("Do it for me")
    await expect(ann.toast).to_contain_text("Devin has already finished.")
    await ann.tour.is_at(5)


@pytest.mark.long
async def test_it_is_left_begun_again_and_begins_again_after_a_reset(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, toured=False)
    await ann.tour.is_at(1)
    await ann.tour.presses("Skip tour")
    await ann.tour.has_gone()
    await ann.page.reload()
    await ann.is_ready()
    await expect(ann.tour.node).to_be_hidden()
    await ann.page.locator("#tour-start").click()
    await ann.tour.is_at(1)
    await expect(ann.tour.title).to_be_focused()
    await gives_the_task(ann)
    await ann.resets()
    await ann.tour.is_at(1)
    await gives_the_task(ann)
    for _ in range(4):
        await ann.tour.presses("Next")
    await ann.tour.is_over()
    await ann.tour.presses("Start again")
    await ann.tour.is_at(1)
    await expect(ann.tour.title).to_be_focused()
    for _ in range(5):
        await ann.tour.presses("Next")
    await ann.tour.presses("Done")
    await ann.tour.has_gone()
    await ann.page.reload()
    await ann.is_ready()
    await expect(ann.tour.node).to_be_hidden()


async def gives_the_task(ann: Visitor) -> None:
    """The first step, by hand."""
    await ann.opens("web")
    await ann.writes(TOUR_TASK)
    await ann.tour.is_at(2)


def frame(ann: Visitor, name: str) -> Locator:
    """Where one writes, with its border."""
    return ann.page.locator(f"#{name} .composer-frame")


async def state(play: Playground) -> tuple[str, str]:
    """Where the only session stands."""
    (session,) = (await play.get("/api/sessions"))["sessions"]
    return session["status"], session["status_detail"]


async def is_with_devin(ann: Visitor, text: str) -> None:
    """Wait until a reply has reached Devin."""
    await expect(await ann.reads(text)).to_contain_text("👀")


async def goes_on(ann: Visitor, play: Playground, *texts: str, until: str) -> None:
    """The bot runs, Devin got everything that was written once, and works on."""
    await is_with_devin(ann, texts[-1])
    await ann.is_up()
    await play.post("/api/bench/speed", value=FASTEST)
    await expect(ann.card).to_contain_text(until)
    told = await messages(play)
    assert [sum(text in one["message"] for one in told) for text in texts] == [1] * len(texts)


async def messages(play: Playground) -> list[dict[str, Any]]:
    """What was said in the only session."""
    (session,) = (await play.get("/api/sessions"))["sessions"]
    return list((await play.get(f"/api/sessions/{session['session_id']}"))["session"]["messages"])


async def test_its_step_and_card_are_kept_over_a_reload_and_in_other_tabs(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, toured=False)
    await gives_the_task(ann)
    await ann.tour.is_at(2)
    await ann.page.reload()
    await ann.is_ready()
    await ann.tour.is_at(2)
    await ann.tour.points_at(ann.card)
    beside = await ann.opens_a_tab()
    await beside.tour.is_at(2)
    await ann.opens_thread(ASKED_BY)
    await ann.tour.is_at(3)
    await beside.tour.is_at(3)
    await ann.tour.presses("Skip tour")
    await expect(beside.tour.node).to_be_hidden()
    await beside.closes_the_tab()


async def test_the_example_says_that_it_is_one_and_leaves_the_visitor_in_a_thread_with_a_question(
    visit: Visit, play: Playground
) -> None:
    assert (await play.post("/api/bench/example"))["said"] == "The example starts in #web."
    ann = await visit(play.url, toured=False)
    await expect(ann.tour.node).to_contain_text(
        "ExampleAn example is playingBen, Ada, and Gus show how it works, in #web and #general. Your turn is next."
    )
    before = (await play.get("/api/workspace"))["bot"]["starts"]
    await expect(ann.tour.title).to_have_text("Your turn", timeout=90_000)
    await expect(ann.thread).to_contain_text("your turn: which one should Devin do?")
    await expect(ann.composer).to_be_visible()
    await ann.tour.points_at(frame(ann, "thread-composer"))
    await ann.replies("Option 2, please.")
    await is_with_devin(ann, "Option 2, please.")
    assert (await play.get("/api/workspace"))["bot"]["starts"] == before, "the bot was never away"
    # Who has answered reads no longer that Devin has a question: the tour begins.
    await ann.tour.is_at(1)
