"""Who may see and do what, and what people do with messages."""

import re

import pytest
from playwright.async_api import expect

from bot.views.answers import access as access_sentences
from bot.views.answers import stops as stop_sentences
from tests.page.conftest import Visit
from tests.page.playground import Playground
from tests.page.visitor import AT_THE_PAGE, DRAWN_WIDTH, QUESTION, TASK, Visitor

pytestmark = [*AT_THE_PAGE, pytest.mark.edge]

WIDE = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}


async def test_a_guest_is_refused_and_nobody_else_sees_it(ann: Visitor) -> None:
    await ann.acts_as("Gus")
    await ann.opens("general")
    await ann.writes("@Devin Bridge delete the staging database")
    private = await ann.is_answered(access_sentences.GUEST_REFUSED.text)
    await expect(private).to_contain_text("Only visible to you")
    await ann.acts_as("Ben")
    await ann.opens("general")
    await ann.sees("delete the staging database")
    await expect(ann.page.get_by_test_id("ephemeral")).to_have_count(0)
    await ann.acts_as("Gus")
    await ann.opens("general")
    await ann.is_answered(access_sentences.GUEST_REFUSED.text)


async def test_somebody_from_another_company_is_refused(ann: Visitor) -> None:
    await ann.acts_as("Eve")
    await ann.opens("shared")
    await ann.writes("@Devin Bridge read our contract")
    await ann.is_answered(access_sentences.SHARED_CHANNEL_REFUSED.text)
    await expect(ann.link("web")).to_have_count(0)


async def test_an_admin_asks_what_was_spent_and_a_member_may_not(ann: Visitor) -> None:
    await ann.opens("ops")
    await ann.writes("/devin usage today")
    await ann.is_answered("Only admins can see usage figures. Ask @Ada Weiss.")
    await ann.acts_as("Ada")
    await ann.opens("ops")
    await ann.writes("/devin usage today")
    await ann.is_answered("Devin today, so far")
    await expect(ann.private_answer("Only admins can see usage figures")).to_have_count(0)


async def test_everybody_sees_who_stopped_it(ann: Visitor) -> None:
    await ann.opens("web")
    card = await ann.asks_devin()
    await ann.acts_as("Ben")
    await card.get_by_role("button", name="Stop").click()
    await ann.private_answer("Stop it?").get_by_role("button", name="Stop it").click()
    await expect(card).to_contain_text("Stopped by Ben Ortiz. Reply in the thread to resume")
    await expect(ann.private_answer(stop_sentences.STOP_DONE.text)).to_be_visible()
    await ann.writes("/devin list")
    await ann.is_answered("You have no open sessions.")
    await ann.acts_as("Ann")
    await expect(ann.private_answer("You have no open sessions.")).to_have_count(0)
    await ann.writes("/devin list")
    await ann.is_answered("You have 1 session:")


@pytest.mark.parametrize(
    "screen", [{"width": 1280, "height": 720}, {"width": 390, "height": 844}], ids=["wide", "phone"]
)
async def test_a_group_message_is_begun_and_the_bot_works_in_it(
    visit: Visit, play: Playground, screen: dict[str, int]
) -> None:
    ann = await visit(play.url, viewport=screen)
    await ann.opens_a_group("Ben Ortiz", "Devin Bridge")
    await expect(ann.channel).to_contain_text("If Devin Bridge is here, mention it with a task.")
    await expect(ann.composer).to_have_accessible_name("Message Ben Ortiz, Devin Bridge")
    await expect(ann.page.get_by_test_id("bot-membership")).to_have_count(0)
    await ann.writes(f"@Devin Bridge {TASK}")
    await ann.opens_thread(TASK)
    await ann.reads(QUESTION)
    await ann.replies("The first one, please.")
    await ann.reads(", done")
    await ann.opens_a_group("Ben Ortiz", "Devin Bridge")  # once more, and it is the same
    await ann.sees(TASK)
    await ann.acts_as("Ben")
    await ann.sees(TASK)
    await expect(ann.page.locator("#channel-head h2")).to_have_text("Ann Lee, Devin Bridge")
    await ann.acts_as("Ada")
    await expect(ann.message(TASK)).to_have_count(0)


@pytest.mark.long
async def test_a_message_is_changed_and_deleted(ann: Visitor) -> None:
    await ann.opens("nobot")
    await ann.writes("Lunch at noon?")
    message = await ann.sees("Lunch at noon?")
    await ann.chooses(message, "Edit message")
    await ann.page.get_by_role("textbox", name="Edit message").fill("Lunch at one?")
    await ann.page.get_by_role("button", name="Save changes").click()
    changed = await ann.sees("Lunch at one?")
    await expect(changed).to_contain_text("(edited)")
    await ann.chooses(changed, "Delete message")
    await expect(ann.page.get_by_role("dialog")).to_contain_text("It will be gone for everyone. This can't be undone.")
    await ann.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(ann.message("Lunch at")).to_have_count(0)


async def test_a_message_that_comes_while_its_channel_is_pressed_takes_no_click_away(
    ann: Visitor, play: Playground
) -> None:
    await ann.opens("web")
    await ann.link("nobot").hover()
    await ann.page.mouse.down()
    await play.say("Ben", "nobot", "In the middle of a click")
    await play.say("Ben", "web", "After it")
    await ann.sees("After it")
    await ann.page.mouse.up()
    await expect(ann.link("nobot")).to_have_attribute("aria-current", "page")
    await ann.sees("In the middle of a click")


async def test_nobody_changes_what_others_wrote(ann: Visitor, play: Playground) -> None:
    await play.say("Ben", "nobot", "My own words")
    await ann.opens("nobot")
    message = await ann.sees("My own words")
    await message.hover()
    await message.get_by_role("button", name="More actions").click()
    await expect(ann.page.get_by_role("menuitem", name="Edit message")).to_have_count(0)
    await ann.page.keyboard.press("Escape")


@pytest.mark.long
async def test_reactions_are_added_and_taken_back(ann: Visitor, play: Playground) -> None:
    await play.say("Ben", "nobot", "The release is out")
    await ann.opens("nobot")
    message = await ann.sees("The release is out")
    await message.hover()
    await message.get_by_role("button", name="Add reaction").click()
    await ann.page.get_by_role("button", name="tada", exact=True).click()
    pill = message.get_by_role("button", name=re.compile("^tada: "))
    await expect(pill).to_have_accessible_name("tada: 1 reaction by you")
    await expect(pill).to_have_attribute("aria-pressed", "true")
    await ann.acts_as("Ada")
    await expect(pill).to_have_accessible_name("tada: 1 reaction by Ann Lee")
    await pill.click()
    await expect(pill).to_have_accessible_name("tada: 2 reactions by Ann Lee, you")
    await pill.click()
    await expect(pill).to_have_accessible_name("tada: 1 reaction by Ann Lee")
    await expect(pill).to_have_attribute("aria-pressed", "false")


@pytest.mark.long
async def test_a_file_is_uploaded_and_shown(ann: Visitor) -> None:
    await ann.opens("nobot")
    picture = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c4944415408d763f8cfc0000000030001bf9ef3160000000049454e44ae426082"
    )
    await ann.attaches(
        {"name": "dot.png", "mimeType": "image/png", "buffer": picture},
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Remember the milk."},
    )
    await ann.writes("Two files")
    message = await ann.sees("Two files")
    await expect(message.get_by_role("link", name="Download notes.txt")).to_be_visible()
    image = message.get_by_role("img", name="dot.png")
    await expect(image).to_be_visible()
    assert await image.evaluate(DRAWN_WIDTH) == 1


async def test_what_came_while_one_was_elsewhere_is_marked(ann: Visitor, play: Playground) -> None:
    await ann.opens("web")
    await play.say("Ben", "nobot", "Are you there?")
    await expect(ann.link("nobot")).to_have_accessible_name("nobot 1 new")
    await ann.opens("nobot")
    await ann.sees("Are you there?")
    await expect(ann.link("nobot")).to_have_accessible_name("nobot")


async def test_direct_messages_are_a_session_too(ann: Visitor) -> None:
    await ann.opens("D0ANN")
    await ann.writes("write the release notes")
    await ann.sees("write the release notes")
    await ann.opens_thread("write the release notes")
    await ann.reads("Started by Ann Lee")
