"""How people write: files, completion, drafts, commands that fail, and places where one cannot write."""

import re
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from bot.manifest import read_manifest
from tests.page.conftest import Visit
from tests.page.gallery_stage import Gallery
from tests.page.playground import Playground
from tests.page.visitor import AT_THE_PAGE, CLIPBOARD, Visitor

pytestmark = AT_THE_PAGE

UNKNOWN: Final = (
    '/nothing is not a valid command. In Slack, all messages that start with the "/" character are interpreted as '
    "commands. If you are trying to send a message and not run a command, "
    'try preceding the "/" with an empty space.'
)
UNREACHED: Final = "Slack couldn't reach the app (dispatch_failed). Try again in a moment."
MB: Final = 1_000_000


@pytest_asyncio.fixture(loop_scope="session")
async def ann(visit: Visit, gallery: Gallery) -> Visitor:
    visitor = await visit(gallery.url, permissions=CLIPBOARD)
    await visitor.opens("general")
    return visitor


def chips(ann: Visitor) -> Locator:
    """The files beside what is being written."""
    return ann.page.locator("#composer").get_by_test_id("file-chip")


def offered(ann: Visitor) -> Locator:
    """What may be completed."""
    return ann.page.get_by_role("listbox", name="Suggestions").get_by_role("option")


async def sends(ann: Visitor, text: str) -> None:
    """Try to send something that may come back."""
    await ann.composer.fill(text)
    await ann.composer.press("Enter")


# ---------------------------------------------------------------- files


@pytest.mark.long
async def test_files_are_pasted_dropped_and_taken_away_again(ann: Visitor) -> None:
    await ann.pastes("pasted.txt", 12)
    await expect(chips(ann)).to_have_text(["pasted.txt12 bytes"])
    await ann.drops(("dropped.txt", 1500), ("third.txt", 20))
    await expect(chips(ann)).to_have_text(["pasted.txt12 bytes", "dropped.txt1.5 kB", "third.txt20 bytes"])
    await ann.page.get_by_role("button", name="Remove pasted.txt").click()
    await expect(chips(ann)).to_have_text(["dropped.txt1.5 kB", "third.txt20 bytes"])
    await ann.page.get_by_test_id("send").click()
    files = ann.channel.get_by_role("link", name=re.compile("^Download "))
    await expect(files).to_have_text(["dropped.txtTXT · 1.5 kB", "third.txtTXT · 20 bytes"])
    await expect(chips(ann)).to_have_count(0)


async def test_too_large_and_too_many_files_are_left_out_with_a_sentence(ann: Visitor) -> None:
    said = ann.page.get_by_role("alert").get_by_text("“")
    await ann.drops(("big.bin", 10 * MB + 1))
    await expect(said).to_have_text(
        ["“big.bin” is larger than 10 MB, the most the playground accepts. Choose a smaller file."]
    )
    await expect(chips(ann)).to_have_count(0)
    await ann.drops(("half.bin", 6 * MB), ("other.bin", 6 * MB))
    await expect(said.last).to_have_text("“other.bin” was left out: the files of a message are at most 10 MB together.")
    await expect(chips(ann)).to_have_text(["half.bin6.0 MB"])
    await ann.drops(*((f"{number}.txt", 10) for number in range(2, 12)))
    await expect(said.last).to_have_text("“11.txt” was left out: a message has at most 10 files.")
    await expect(chips(ann)).to_have_count(10)


# ---------------------------------------------------------------- completion


@pytest.mark.long
async def test_channels_and_emoji_are_completed(ann: Visitor) -> None:
    press, write = ann.page.keyboard.press, ann.page.keyboard.type
    await ann.composer.focus()
    await write("See #")
    names = ["general", "web", "private", "shared", "archived", "nobot", "ops"]
    await expect(offered(ann)).to_have_text(names)
    await press("ArrowDown")
    await expect(offered(ann).nth(1)).to_have_attribute("aria-selected", "true")
    await press("ArrowUp")
    await press("ArrowUp")
    await expect(offered(ann).last).to_have_attribute("aria-selected", "true")
    await expect(ann.composer).to_have_attribute("aria-activedescendant", "composer-list-6")
    await press("Enter")
    await expect(ann.composer).to_have_value("See #ops ")
    await write("and #w")
    await offered(ann).get_by_text("web").click()
    await expect(ann.composer).to_have_value("See #ops and #web ")
    await expect(ann.composer).to_be_focused()
    await write(":rock")
    await expect(offered(ann)).to_have_text(["🚀:rocket:"])
    await press("Tab")
    await expect(ann.composer).to_have_value("See #ops and #web :rocket: ")
    await press("Enter")
    await ann.sees("See #ops and #web 🚀")


async def test_the_words_of_a_command_are_those_of_the_manifest(visit: Visit, running: Playground) -> None:
    (command,) = read_manifest()["features"]["slash_commands"]
    ann = await visit(running.url)
    await ann.composer.focus()
    await ann.page.keyboard.type("/")
    await expect(offered(ann)).to_have_text("/devin" + command["usage_hint"] + command["description"])
    await ann.page.keyboard.press("Enter")
    await expect(ann.page.locator(".completion-heading")).to_have_text(f"/devin {command['usage_hint']}")
    words = command["usage_hint"].split(" | ")[1:]
    assert words
    await expect(offered(ann)).to_have_text([f"/devin {word}" for word in words])
    await ann.page.keyboard.press("ArrowDown")
    await ann.page.keyboard.press("ArrowDown")
    await ann.page.keyboard.press("Enter")
    await expect(ann.composer).to_have_value(f"/devin {words[1]}")
    await ann.composer.fill("/devin ")
    await offered(ann).get_by_text("/devin help").click()
    await expect(ann.composer).to_have_value("/devin help")


# ---------------------------------------------------------------- second thoughts


async def test_arrow_up_edits_what_one_said_last(ann: Visitor) -> None:
    edited = ann.page.get_by_role("textbox", name="Edit message")
    await ann.writes("Lunch at noon?")
    await ann.sees("Lunch at noon?")
    await ann.composer.press("ArrowUp")
    await expect(edited).to_be_focused()
    await edited.fill("Lunch at five?")
    await edited.press("Escape")
    await expect(edited).to_have_count(0)
    await expect(ann.composer).to_be_focused()
    await expect(ann.message("Lunch at noon?")).not_to_contain_text("(edited)")
    await ann.composer.press("ArrowUp")
    await edited.fill("Lunch at one?")
    await edited.press("Enter")
    await expect(await ann.sees("Lunch at one?")).to_contain_text("(edited)")
    await expect(ann.message("Lunch at")).to_have_count(1)


@pytest.mark.long
async def test_what_was_begun_waits_where_and_for_whom_it_was_begun(ann: Visitor) -> None:
    await ann.writes("A thread")
    await ann.opens_thread("A thread")
    await ann.thread_composer.fill("half a reply")
    await ann.composer.fill("half a thought")
    await ann.opens("web")
    await expect(ann.composer).to_have_value("")
    await ann.composer.fill("something for web")
    await ann.acts_as("Ben")
    await expect(ann.composer).to_have_value("")
    await ann.acts_as("Ann")
    await expect(ann.composer).to_have_value("something for web")
    await ann.opens("general")
    await expect(ann.composer).to_have_value("half a thought")
    await ann.opens_thread("A thread")
    await expect(ann.thread_composer).to_have_value("half a reply")


# ---------------------------------------------------------------- commands that fail


async def test_slack_knows_no_such_command_and_none_in_a_thread(ann: Visitor, gallery: Gallery) -> None:
    await sends(ann, "/nothing at all")
    told = await ann.is_answered(UNKNOWN)
    await expect(told.locator(".byline b")).to_have_text("Slack")
    await expect(ann.composer).to_have_value("/nothing at all")
    await ann.writes(" /nothing is only a word now")
    await ann.opens_thread("/nothing is only a word now")
    await ann.thread_composer.fill("/gallery form")
    await ann.thread_composer.press("Enter")
    sorry = ann.thread.get_by_test_id("ephemeral")
    await expect(sorry).to_contain_text("/gallery is not supported in threads. Sorry!")
    await expect(ann.thread_composer).to_have_value("/gallery form")
    assert await gallery.slack.deliveries(kind="slash_commands") == []


@pytest.mark.long
async def test_a_command_comes_back_when_nobody_hears_it(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url)
    await ann.opens("web")
    await ann.drawer.presses("kill")
    await ann.drawer.sees_the_bot("killed")
    await ann.drawer.closes()
    await sends(ann, "/devin list")
    refusal = ann.channel.get_by_role("alert")
    await expect(refusal.locator("p")).to_have_text("/devin failed. The app couldn't be reached. dispatch_failed")
    await expect(ann.composer).to_have_value("/devin list")
    await ann.drawer.presses("start")
    await ann.drawer.sees_the_bot("running")
    await ann.drawer.closes()
    await ann.composer.press("Enter")
    await ann.is_answered("You have no open sessions.")
    await expect(ann.composer).to_have_value("")


# ---------------------------------------------------------------- where one may write


def closed(ann: Visitor) -> Locator:
    """What stands in the place of the field where one cannot write."""
    return ann.page.locator("#composer").get_by_role("note")


async def chooses_for_the_channel(ann: Visitor, item: str) -> None:
    """Choose something from the ⋯ menu of the channel."""
    await ann.page.locator("#channel-head").get_by_role("button", name="Channel actions").click()
    await ann.page.get_by_role("menuitem", name=item, exact=True).click()


async def archives(ann: Visitor) -> None:
    """Archive the channel, and see that nobody can write in it."""
    await chooses_for_the_channel(ann, "Archive channel")
    await ann.page.get_by_role("dialog", name="Archive #general?").get_by_role("button", name="Archive").click()
    await expect(closed(ann)).to_have_text("#general is archived: no one can write here.Unarchive")
    await expect(ann.composer).to_be_hidden()
    await expect(ann.page.locator("#channel-head .badge")).to_have_text("Archived")
    await expect(ann.link("general")).to_have_accessible_name("general , Archived")


async def can_write_again(ann: Visitor) -> None:
    """Nothing is left of that the channel was archived."""
    await expect(ann.composer).to_be_visible()
    await expect(ann.page.locator("#channel-head .badge")).to_have_count(0)
    await expect(ann.link("general")).to_have_accessible_name("general")


async def test_who_is_not_in_a_channel_is_told_and_can_be_added(ann: Visitor, gallery: Gallery) -> None:
    await gallery.slack.remove("C0OPS", "U0ANN")
    await ann.opens("ops")
    await expect(closed(ann)).to_have_text(
        "Ann isn't in #ops. Choose one of their channels, or act as someone else.Add Ann"
    )
    await expect(ann.composer).to_be_hidden()
    await closed(ann).get_by_role("button", name="Add Ann").click()
    await expect(closed(ann)).to_be_hidden()
    await ann.writes("Hello ops")
    await ann.sees("Hello ops")


async def test_the_bot_is_removed_and_invited_again(ann: Visitor) -> None:
    head, question = ann.page.locator("#channel-head"), ann.page.get_by_role("dialog")
    await expect(head.locator(".bot-words")).to_have_text("Devin Bridge is in")
    await head.get_by_role("button", name="Remove Devin Bridge").click()
    await expect(question.get_by_role("heading")).to_have_text("Remove the bot from #general?")
    await question.get_by_role("button", name="Cancel").click()
    await expect(head.locator(".bot-words")).to_have_text("Devin Bridge is in")
    await head.get_by_role("button", name="Remove Devin Bridge").click()
    await question.get_by_role("button", name="Remove").click()
    await expect(head.locator(".bot-words")).to_have_text("Devin Bridge isn't in")
    await expect(ann.channel).to_contain_text(
        "Devin Bridge isn't in this channel yet. Invite it with the button above."
    )
    await head.get_by_role("button", name="Invite Devin Bridge").click()
    await expect(head.locator(".bot-words")).to_have_text("Devin Bridge is in")


@pytest.mark.long
async def test_nobody_writes_in_an_archived_channel(ann: Visitor) -> None:
    await archives(ann)
    await closed(ann).get_by_role("button", name="Unarchive").click()
    await can_write_again(ann)
    await archives(ann)
    await chooses_for_the_channel(ann, "Unarchive channel")
    await can_write_again(ann)


async def test_a_link_leads_back_to_its_channel_and_message(ann: Visitor, gallery: Gallery) -> None:
    copied = "navigator.clipboard.readText()"
    await chooses_for_the_channel(ann, "Copy link")
    await expect(ann.toast).to_contain_text("Link copied.")
    assert await ann.page.evaluate(copied) == f"{gallery.url}#/C0GENERAL"
    await ann.writes("Look here")
    await ann.chooses(await ann.sees("Look here"), "Copy link")
    await expect(ann.toast).to_have_count(2)
    (said,) = await gallery.slack.messages("C0GENERAL")
    address = await ann.page.evaluate(copied)
    assert address == f"{gallery.url}#/C0GENERAL/{said['ts']}"
    await ann.opens("web")
    await ann.page.goto(address)
    await expect(ann.message("Look here")).to_be_focused()


async def test_what_goes_wrong_is_said_aloud_where_it_happened(ann: Visitor, gallery: Gallery) -> None:
    await ann.writes("/gallery broken")
    aloud = ann.channel.get_by_role("alert")
    await expect(aloud.locator("p")).to_have_text("Slack rejected the answer to /gallery. invalid_blocks")
    await ann.writes("/gallery private")
    await gallery.slack.pause("lose")
    private = await ann.is_answered("Only you see this.")
    await private.get_by_role("button", name="Replace").click()
    await expect(private.get_by_role("alert")).to_have_text(UNREACHED)
    await gallery.slack.resume()
    await private.get_by_role("button", name="Replace").click()
    await ann.is_answered("Replaced, and still only for you.")
