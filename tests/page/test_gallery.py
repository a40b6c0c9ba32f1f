"""What Devin Bridge does not use yet, driven with a small Bolt app: forms, shortcuts, Home, menus, native Stop."""

import os
import re
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.page.conftest import Visit
from tests.page.gallery_app import IN_THE_PAST, IS_FINAL, TOO_SHORT
from tests.page.gallery_stage import MESSAGES, Gallery
from tests.page.visitor import AT_THE_PAGE, SCHEMES, Visitor

pytestmark = [*AT_THE_PAGE, pytest.mark.edge]


@pytest_asyncio.fixture(loop_scope="session")
async def ann(visit: Visit, gallery: Gallery) -> Visitor:
    visitor = await visit(gallery.url)
    await visitor.opens("general")
    return visitor


def field(ann: Visitor, label: str) -> Locator:
    """A field of the open form."""
    return ann.modal.last.get_by_label(re.compile(rf"^{re.escape(label)}( \(optional\))?$")).first


# ---------------------------------------------------------------- forms


async def test_a_form_tells_what_is_wrong_beside_the_field(ann: Visitor) -> None:
    await ann.writes("/gallery form")
    await expect(ann.modal).to_be_visible()
    await expect(ann.modal.get_by_role("heading", name="New task")).to_be_visible()
    await field(ann, "What is to be done?").fill("tidy up")
    await field(ann, "Until when?").fill("2019-12-31")
    await ann.modal.get_by_role("button", name="Create").click()
    await expect(ann.modal.get_by_test_id("field-error")).to_have_text([TOO_SHORT, IN_THE_PAST])
    await expect(field(ann, "What is to be done?")).to_have_attribute("aria-invalid", "true")
    await field(ann, "What is to be done?").fill("tidy up the imports")
    await field(ann, "Until when?").fill("2031-12-31")
    await ann.modal.get_by_role("button", name="Create").click()
    await expect(ann.modal).to_have_count(0)
    task = await ann.sees("A task of @Ann Lee")
    await expect(task).to_contain_text("plain_text_input: tidy up the imports")
    await expect(task).to_contain_text("datepicker: 2031-12-31")


async def test_a_field_that_must_be_filled_is_told_before_anything_is_sent(ann: Visitor, gallery: Gallery) -> None:
    await ann.writes("/gallery form")
    await ann.modal.get_by_role("button", name="Create").click()
    await expect(ann.modal.get_by_test_id("field-error")).to_have_count(1)
    assert await gallery.slack.deliveries(kind="interactive") == []


@pytest.mark.long
async def test_every_field_reaches_the_app(ann: Visitor) -> None:
    await ann.writes("/gallery form")
    await field(ann, "What is to be done?").fill("tidy up the imports")
    await field(ann, "At what time?").fill("14:30")
    await ann.modal.get_by_role("radio", name="This week").check()
    await ann.modal.get_by_role("checkbox", name="Papers").check()
    await ann.picks(field(ann, "Colour"), "Green")
    await ann.picks(field(ann, "More colours"), "Red", "Blue")
    await ann.searches(field(ann, "City"), "ber", "Bern")
    await ann.picks(field(ann, "Who?"), "Ben Ortiz")
    await ann.picks(field(ann, "Who else?"), "Ada Weiss")
    await ann.picks(field(ann, "Channel"), "web")
    await ann.picks(field(ann, "Conversation"), "ops")
    await field(ann, "Address").fill("ann@example.com")
    await field(ann, "Page").fill("https://example.com/a")
    await field(ann, "How many?").fill("3")
    await field(ann, "Words with marks").fill("bold words")
    await field(ann, "Instant").fill("2031-12-31T10:00")
    await field(ann, "Files").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"A"})
    await expect(ann.modal.get_by_role("button", name="Remove a.txt")).to_be_visible()
    await ann.modal.get_by_role("button", name="Create").click()
    await expect(ann.modal).to_have_count(0)
    task = await ann.sees("A task of @Ann Lee")
    for line in (
        "channels_select: C0WEB",
        "checkboxes: papers",
        "conversations_select: C0OPS",
        "email_text_input: ann@example.com",
        "external_select: bern",
        "file_input: a.txt",
        "multi_static_select: red, blue",
        "multi_users_select: U0ADA",
        "number_input: 3",
        "plain_text_input: tidy up the imports",
        "radio_buttons: this week",
        "rich_text_input: bold words",
        "static_select: green",
        "timepicker: 14:30",
        "url_text_input: https://example.com/a",
        "users_select: U0BEN",
    ):
        await expect(task).to_contain_text(line)
    await expect(task).to_contain_text(re.compile(r"datetimepicker: \d{10}"))


async def test_forms_lie_on_each_other_and_change(ann: Visitor) -> None:
    await ann.writes("/gallery form")
    await ann.modal.get_by_role("button", name="Redraw").click()
    await expect(ann.modal.get_by_role("heading", name="Redrawn")).to_be_visible()
    await ann.modal.get_by_role("button", name="Advice").click()
    top = ann.modal.last
    await expect(top.get_by_role("heading", name="Advice 1")).to_be_visible()
    await expect(top).to_contain_text("Piece of advice 1: write the test first.")
    await top.get_by_role("button", name="Next").click()
    await expect(top.get_by_role("heading", name="Advice 2")).to_be_visible()
    await ann.page.keyboard.press("Escape")
    await expect(ann.modal.last.get_by_role("heading", name="Redrawn")).to_be_visible()
    await ann.modal.last.get_by_role("button", name="Cancel").click()
    await expect(ann.modal).to_have_count(0)
    await expect(ann.composer).to_be_focused()


@pytest.mark.long
async def test_a_form_can_be_filled_in_without_a_mouse(ann: Visitor) -> None:
    await ann.composer.focus()
    await ann.page.keyboard.type("/gallery form")
    await ann.page.keyboard.press("Enter")
    await expect(field(ann, "What is to be done?")).to_be_focused()
    await ann.page.keyboard.type("tidy up the imports")
    await ann.tabs_to(field(ann, "Colour"))
    await ann.tabs_to(ann.modal.get_by_role("button", name="Create"))
    await ann.page.keyboard.press("Enter")
    await ann.sees("plain_text_input: tidy up the imports")


# ---------------------------------------------------------------- shortcuts, Home, menus


async def test_a_message_shortcut_brings_the_words_of_the_message(ann: Visitor) -> None:
    await ann.writes("The export is slow since Monday")
    await ann.chooses(await ann.sees("The export is slow since Monday"), "Make it a task")
    await expect(ann.modal.get_by_role("heading", name="From a message")).to_be_visible()
    await expect(field(ann, "What is to be done?")).to_have_value("The export is slow since Monday")


async def test_a_global_shortcut_opens_a_form(ann: Visitor) -> None:
    await ann.page.get_by_role("button", name="Shortcuts and more").click()
    await ann.page.get_by_role("menuitem", name="New task").click()
    await expect(ann.modal.get_by_role("heading", name="New task")).to_be_visible()


@pytest.mark.long
async def test_home_is_everybodys_own(ann: Visitor, axe: str) -> None:
    await ann.opens_home()
    home = ann.home
    await expect(home).to_contain_text("You have not chosen a colour yet.")
    await ann.picks(home.get_by_role("combobox"), "Blue")
    await expect(home).to_contain_text("Your colour is blue.")
    assert await ann.faults(axe) == []
    await home.get_by_role("button", name="New task").click()
    await expect(ann.modal.get_by_role("heading", name="New task")).to_be_visible()
    assert await ann.faults(axe) == []
    await ann.page.keyboard.press("Escape")
    await ann.acts_as("Ben")
    await ann.opens_home()
    await expect(home).to_contain_text("You have not chosen a colour yet.")


@pytest.mark.long
async def test_menus_in_a_message_tell_the_app_what_was_chosen(ann: Visitor) -> None:
    await ann.writes("/gallery menus")
    message = await ann.sees("Colour")
    await ann.picks(message.get_by_role("combobox").nth(0), "Green")
    await ann.searches(message.get_by_role("combobox").nth(1), "os", "Oslo")
    await ann.picks(message.get_by_role("combobox").nth(2), "Ben Ortiz")
    await message.locator("input[type=date]").fill("2031-12-31")
    await message.get_by_role("checkbox", name="Tests").check()
    await message.get_by_role("button", name="More", exact=True).click()
    await ann.page.get_by_role("menuitem", name="Mute").click()
    await ann.opens_thread("Colour")
    for line in (
        "pick_static: green",
        "pick_external: oslo",
        "pick_user: U0BEN",
        "pick_day: 2031-12-31",
        "pick_parts: tests",
        "pick_more: mute",
    ):
        await ann.reads(line)


# ---------------------------------------------------------------- answers


async def test_a_dangerous_button_asks_first(ann: Visitor) -> None:
    await ann.writes("/gallery careful")
    await (await ann.sees("Delete staging")).get_by_role("button", name="Delete staging").click()
    question = ann.page.get_by_role("dialog")
    await expect(question).to_contain_text(IS_FINAL)
    await question.get_by_role("button", name="Keep").click()
    await expect(question).to_have_count(0)
    await ann.message("Delete staging").get_by_role("button", name="Delete staging").click()
    await question.get_by_role("button", name="Delete").click()
    await ann.sees("@Ann Lee deleted staging.")


async def test_private_answers_are_replaced_removed_and_published(ann: Visitor) -> None:
    await ann.writes("/gallery private")
    await (await ann.is_answered("Only you see this.")).get_by_role("button", name="Tell everybody").click()
    await ann.sees("Now everybody sees it.")
    await ann.private_answer("Only you see this.").get_by_role("button", name="Replace").click()
    await ann.is_answered("Replaced, and still only for you.")
    await expect(ann.private_answer("Only you see this.")).to_have_count(0)
    await ann.writes("/gallery private")
    await (await ann.is_answered("Only you see this.")).get_by_role("button", name="Remove").click()
    await expect(ann.private_answer("Only you see this.")).to_have_count(0)


async def test_what_slack_refuses_is_shown_in_red(ann: Visitor) -> None:
    await ann.writes("/gallery broken")
    refusal = ann.page.get_by_test_id("refusal").last
    await expect(refusal).to_contain_text("invalid_blocks")
    await expect(refusal).to_contain_text("must be less than 151 characters")
    await ann.writes("/gallery refused")
    await ann.sees("Slack said invalid_blocks.")
    await expect(ann.page.get_by_test_id("refusal")).to_have_count(2)


async def test_an_agent_at_work_has_slacks_own_stop_button(ann: Visitor) -> None:
    await ann.writes("@Devin Bridge paint something")
    await ann.opens_thread("paint something")
    await ann.reads("I am at work until somebody stops me.")
    agent = ann.page.locator("#thread-agent")
    await expect(agent).to_contain_text("Painting")
    await expect(agent).to_contain_text("Devin is working")
    await agent.get_by_role("button", name="Stop").click()
    await ann.reads("Stopped by @Ann Lee.")
    await expect(agent).to_contain_text("This agent session is closed")
    await expect(agent.get_by_role("button", name="Stop")).to_have_count(0)


# ---------------------------------------------------------------- everything that can be drawn


async def test_axe_finds_nothing_serious_in_any_block(ann: Visitor, gallery: Gallery, axe: str) -> None:
    for kind, message in MESSAGES.items():
        await gallery.post(message["blocks"], kind)
    messages = ann.channel.get_by_test_id("message")
    await expect(messages).to_have_count(len(MESSAGES))
    assert await ann.faults(axe) == []
    await ann.writes("/gallery form")
    await expect(field(ann, "What is to be done?")).to_be_focused()
    assert await ann.faults(axe) == []
    await ann.page.keyboard.press("Escape")
    if folder := os.environ.get("SCREENSHOTS"):
        height = await ann.channel.evaluate("(node) => node.scrollHeight")
        await ann.page.set_viewport_size({"width": 1280, "height": height + 200})
        for scheme in SCHEMES:
            await ann.page.emulate_media(color_scheme=scheme)
            await ann.page.screenshot(path=Path(folder) / f"blocks-{scheme}.png")
