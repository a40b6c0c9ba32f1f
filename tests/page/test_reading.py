"""What a person sees without doing much: days, what is new, threads, what is gone, what only they see."""

from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.page.conftest import Visit
from tests.page.gallery_app import section
from tests.page.gallery_stage import Gallery
from tests.page.playground import Playground
from tests.page.visitor import AT_THE_PAGE, CLIPBOARD, Visitor

pytestmark = AT_THE_PAGE

NOT_FILLED: Final = "The app hasn't filled its Home tab yet. Wait a moment."


@pytest_asyncio.fixture(loop_scope="session")
async def ann(visit: Visit, gallery: Gallery) -> Visitor:
    visitor = await visit(gallery.url, permissions=CLIPBOARD)
    await visitor.opens("general")
    return visitor


def replies(message: Locator) -> Locator:
    """What stands under a message with a thread."""
    return message.locator(".thread-footer")


def late_in_the_evening(now: float) -> str:
    """A time zone in which it is ten o'clock at night; the signs of these names are turned around."""
    ahead = 22 - int(now % 86_400 // 3_600)
    ahead -= 24 if ahead > 14 else 0
    return f"Etc/GMT{-ahead:+d}"


@pytest.mark.long
async def test_a_new_day_begins_with_a_line(visit: Visit, play: Playground) -> None:
    now = (await play.get("/api/workspace"))["clock"]["now"]
    ann = await visit(play.url, timezone_id=late_in_the_evening(now))
    await ann.opens("nobot")
    await ann.writes("Good night")
    days = ann.channel.get_by_role("separator")
    await expect(days).to_have_text(["Today"])
    await ann.drawer.presses("end-day")
    await expect(days).to_have_text(["Yesterday"])
    await ann.drawer.closes()
    await ann.writes("Good morning")
    await expect(days).to_have_text(["Yesterday", "Today"])
    await expect(days.last.locator("xpath=following-sibling::*[1]")).to_contain_text("Good morning")


async def test_what_is_new_is_counted_and_has_a_line_above_it(ann: Visitor, gallery: Gallery) -> None:
    await gallery.slack.say("U0BEN", "C0GENERAL", "Read before")
    await ann.sees("Read before")
    await ann.opens("web")
    await expect(ann.page).to_have_title("#web · Devin Bridge playground")
    await gallery.slack.say("U0BEN", "C0GENERAL", "First news")
    await gallery.slack.say("U0BEN", "C0GENERAL", "Second news")
    await expect(ann.link("general")).to_have_accessible_name("general 2 new")
    await expect(ann.page).to_have_title("(2) #web · Devin Bridge playground")
    await ann.opens("general")
    line = ann.channel.get_by_role("separator", name="New messages")
    await expect(line.locator("xpath=following-sibling::*[1]")).to_contain_text("First news")
    await expect(ann.page).to_have_title("#general · Devin Bridge playground")
    await ann.writes("I have read it")
    await expect(line).to_have_count(0)


async def test_a_thread_counts_its_replies_and_marks_new_ones(ann: Visitor, gallery: Gallery) -> None:
    await ann.writes("Who is on call?")
    question = await ann.sees("Who is on call?")
    (asked,) = await gallery.slack.messages("C0GENERAL")
    await gallery.slack.say("U0BEN", "C0GENERAL", "I am", thread_ts=asked["ts"])
    await expect(replies(question).locator("b")).to_have_text("1 reply")
    await expect(replies(question).locator(".news")).to_have_text("New")
    await replies(question).click()
    await ann.reads("I am")
    await expect(ann.thread.get_by_role("separator")).to_have_text("1 reply")
    await expect(replies(question).locator(".news")).to_have_count(0)
    await ann.replies("Thank you")
    await expect(replies(question).locator("b")).to_have_text("2 replies")
    await expect(ann.thread.get_by_role("separator")).to_have_text("2 replies")


async def test_who_reads_old_messages_is_led_to_the_new_ones(ann: Visitor, gallery: Gallery) -> None:
    for number in range(30):
        await gallery.slack.say("U0BEN", "C0GENERAL", f"Message {number}")
    await ann.sees("Message 29")
    await ann.channel.hover()
    await ann.page.mouse.wheel(0, -600)
    jump = ann.page.locator("#to-bottom")
    await expect(jump).to_have_text("To the newest")
    await gallery.slack.say("U0BEN", "C0GENERAL", "One more")
    await expect(jump).to_have_text("1 new message")
    await gallery.slack.say("U0BEN", "C0GENERAL", "And another")
    await expect(jump).to_have_text("2 new messages")
    await expect(ann.message("And another")).not_to_be_in_viewport()
    await jump.click()
    await expect(ann.message("And another")).to_be_in_viewport(ratio=1)
    await expect(jump).to_be_hidden()


async def test_who_is_at_the_end_stays_there_while_a_card_grows(ann: Visitor, gallery: Gallery) -> None:
    ts = await gallery.post([section("Line 0")], "card")
    for height in (10, 40):
        lines = [section(f"Line {number}") for number in range(height)]
        await gallery.client.chat_update(channel="C0GENERAL", ts=ts, text="card", blocks=lines)
        await expect(ann.channel.get_by_text(f"Line {height - 1}", exact=True)).to_be_in_viewport(ratio=1)
    await expect(ann.channel.get_by_text("Line 0", exact=True)).not_to_be_in_viewport()
    await expect(ann.page.locator("#to-bottom")).to_be_hidden()


@pytest.mark.long
async def test_a_deleted_message_leaves_its_thread(ann: Visitor, gallery: Gallery) -> None:
    await ann.writes("Wrong channel")
    (said,) = await gallery.slack.messages("C0GENERAL")
    await gallery.slack.say("U0BEN", "C0GENERAL", "Never mind", thread_ts=said["ts"])
    await expect(replies(await ann.sees("Wrong channel"))).to_be_visible()
    await ann.chooses(ann.message("Wrong channel"), "Delete message")
    await ann.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    stone = await ann.sees("This message was deleted.")
    await expect(ann.message("Wrong channel")).to_have_count(0)
    await expect(replies(stone).locator("b")).to_have_text("1 reply")
    await stone.hover()
    await expect(stone.get_by_role("button", name="Reply in thread")).to_be_visible()
    await expect(stone.get_by_role("button", name="More actions")).to_have_count(0)
    await replies(stone).click()
    await ann.reads("Never mind")


async def test_a_reply_for_everybody_stands_in_both_places(ann: Visitor) -> None:
    await ann.writes("Shall we ship?")
    await ann.opens_thread("Shall we ship?")
    await ann.page.get_by_role("checkbox", name="Also send to #general").check()
    await ann.replies("Yes, today")
    await expect((await ann.reads("Yes, today")).locator(".row-note")).to_have_text("Also sent to the channel")
    told = await ann.sees("Yes, today")
    await expect(told.locator(".row-note")).to_have_text("replied to a thread")
    await expect(ann.page.get_by_role("checkbox", name="Also send to #general")).not_to_be_checked()
    await ann.page.get_by_role("button", name="Close thread").click()
    await told.get_by_role("button", name="a thread").click()
    await ann.reads("Shall we ship?")


async def test_what_only_one_person_sees_can_be_put_away(ann: Visitor) -> None:
    await ann.writes("/gallery private")
    await (await ann.is_answered("Only you see this.")).get_by_role("button", name="Dismiss").click()
    await expect(ann.private_answer("Only you see this.")).to_have_count(0)
    await ann.composer.fill("/nothing")
    await ann.page.get_by_test_id("send").click()
    await (await ann.is_answered("/nothing is not a valid command.")).get_by_role("button", name="Dismiss").click()
    await expect(ann.page.get_by_test_id("ephemeral")).to_have_count(0)
    await ann.writes("/gallery broken")
    await ann.page.get_by_test_id("refusal").get_by_role("button", name="Dismiss").click()
    await expect(ann.page.get_by_test_id("refusal")).to_have_count(0)
    await ann.opens("web")
    await ann.opens("general")
    await expect(ann.channel.get_by_text("This is where the channel begins.")).to_be_visible()
    await expect(ann.page.get_by_test_id("ephemeral")).to_have_count(0)


async def test_a_download_has_the_bytes_that_were_sent(ann: Visitor) -> None:
    content = bytes(range(256)) * 40
    await ann.attaches({"name": "core.bin", "mimeType": "application/octet-stream", "buffer": content})
    await ann.writes("The dump")
    link = (await ann.sees("The dump")).get_by_role("link", name="Download core.bin")
    await expect(link.locator(".file-words")).to_have_text("core.binBIN · 10 kB")
    async with ann.page.expect_download() as coming:
        await link.click()
    file = await coming.value
    assert file.suggested_filename == "core.bin"
    assert Path(await file.path()).read_bytes() == content


async def test_a_thread_is_copied_as_markdown(ann: Visitor) -> None:
    await ann.writes("Not in the thread")
    await ann.writes("Is *this* it?")
    await ann.opens_thread("Is this it?")
    await ann.replies("It is")
    await ann.reads("It is")
    await ann.page.get_by_role("button", name="Copy this thread as Markdown").click()
    await expect(ann.toast).to_contain_text("Thread copied as Markdown.")
    copied = (await ann.page.evaluate("navigator.clipboard.readText()")).splitlines()
    assert copied[:3] == ["# A thread in #general in Play", "", "As Ann Lee sees it; times are UTC."]
    assert copied[4].startswith("## ")
    assert [line.split(" · ")[0] for line in copied[6:] if line] == [
        "**Ann Lee**",
        "Is **this** it?",
        "**Ann Lee**",
        "It is",
    ]


@pytest.mark.long
async def test_a_home_says_why_it_is_empty_until_its_app_fills_it(
    ann: Visitor, gallery: Gallery, visit: Visit, running: Playground
) -> None:
    await gallery.slack.pause()
    await ann.opens_home()
    await expect(ann.home).to_have_text(NOT_FILLED)
    await gallery.slack.resume()
    await expect(ann.home.get_by_role("heading")).to_have_text("Gallery at home")
    of_the_bot = await visit(running.url)
    await of_the_bot.opens_home()
    await expect(of_the_bot.home.get_by_role("heading").first).to_have_text("Your Devin sessions")
