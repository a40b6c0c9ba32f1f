"""Everything in blocks that can be used tells the app, and nothing that an app shows runs as code."""

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.page.conftest import Visit
from tests.page.gallery_app import EVIL, evil
from tests.page.gallery_stage import MESSAGES, Gallery
from tests.page.harm import harmless
from tests.page.visitor import AT_THE_PAGE, Visitor

pytestmark = [*AT_THE_PAGE, pytest.mark.edge]


@pytest_asyncio.fixture(loop_scope="session")
async def ann(visit: Visit, gallery: Gallery) -> Visitor:
    visitor = await visit(gallery.url)
    await visitor.opens("general")
    return visitor


async def posted(ann: Visitor, gallery: Gallery, kind: str) -> Locator:
    """A message of the gallery, with its thread open beside it."""
    ts = await gallery.post(MESSAGES[kind]["blocks"], kind)
    message = ann.channel.locator(f'[data-ts="{ts}"]')
    await message.hover()
    await message.get_by_role("button", name="Reply in thread").click()
    return message


async def test_buttons_tell_the_app(ann: Visitor, gallery: Gallery) -> None:
    message = await posted(ann, gallery, "actions")
    await message.get_by_role("button", name="Approve").click()
    await ann.reads("approve: yes")
    await message.get_by_role("button", name="Run the workflow").click()
    await ann.reads("flow: ")
    await expect(ann.toast).to_contain_text("In Slack this starts a workflow.")
    await ann.page.context.route("https://app.devin.ai/**", lambda route: route.fulfill(body="Devin"))
    link = message.get_by_role("button", name="Open in Devin")
    await expect(link).to_have_attribute("href", "https://app.devin.ai/sessions/1")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(link).to_have_attribute("rel", "noreferrer noopener")
    async with ann.page.context.expect_page() as other:
        await link.click()
    await (await other.value).close()
    await ann.reads("open: ")
    await message.get_by_role("button", name="Only for Ann").click()
    await ann.reads("own: ")
    await ann.acts_as("Ben")
    await expect(message.get_by_role("button", name="Approve")).to_be_visible()
    await expect(message.get_by_role("button", name="Only for Ann")).to_have_count(0)


@pytest.mark.long
async def test_a_thumb_and_a_drawing_tell_the_app(ann: Visitor, gallery: Gallery) -> None:
    message = await posted(ann, gallery, "context_actions")
    good = message.get_by_role("button", name="This answer was good")
    bad = message.get_by_role("button", name="This answer was bad")
    await good.click()
    await ann.reads("feedback: good")
    await expect(good).to_have_attribute("aria-pressed", "true")
    await bad.click()
    await ann.reads("feedback: bad")
    await expect(bad).to_have_attribute("aria-pressed", "true")
    await expect(good).to_have_attribute("aria-pressed", "false")
    await message.get_by_role("button", name="Remove").click()
    await ann.reads("trash: it")


@pytest.mark.long
async def test_menus_for_several_tell_the_app_all_of_them(ann: Visitor, gallery: Gallery) -> None:
    message = await posted(ann, gallery, "selects")
    menus = message.locator(".bk-multi")
    await ann.picks(menus.nth(2).get_by_role("combobox"), "#web", "#ops")
    await ann.reads("channels: C0WEB, C0OPS")
    await ann.picks(menus.nth(3).get_by_role("combobox"), "#private", "Devin Bridge")
    await ann.reads("talks: C0PRIVATE, D0ANN")
    await ann.picks(menus.nth(4).get_by_role("combobox"), "Bern", "Oslo")
    await ann.reads("cities: bern, oslo")
    await menus.nth(4).get_by_role("button", name="Remove Bern").click()
    await expect(ann.thread.get_by_text("cities: oslo", exact=True)).to_be_visible()
    await ann.picks(menus.nth(0).get_by_role("combobox"), "Red", "Green", "Blue")  # two are the most
    await ann.reads("colours: red, green")
    await expect(menus.nth(0).locator(".bk-chip")).to_have_text(["Red×", "Green×"])


async def test_who_says_no_has_not_chosen(ann: Visitor) -> None:
    await ann.writes("/gallery careful")
    message = await ann.sees("Colour of the door")
    menu, question = message.get_by_role("combobox"), ann.page.get_by_role("dialog")
    await ann.picks(menu, "Green")
    await expect(question).to_contain_text("Everybody sees the colour.")
    await question.get_by_role("button", name="Leave it").click()
    await expect(menu).to_have_text("No colour yet")
    await ann.picks(menu, "Blue")
    await question.get_by_role("button", name="Paint").click()
    await expect(menu).to_have_text("Blue")
    await ann.opens_thread("Colour of the door")
    await ann.reads("pick_paint: blue")
    await expect(ann.thread.get_by_text("pick_paint: ")).to_have_count(1)


async def test_modals_lie_on_each_other_until_all_are_done(ann: Visitor) -> None:
    await ann.writes("/gallery steps")
    name, step = ann.modal.get_by_role("textbox"), ann.modal.get_by_role("heading")
    await expect(step).to_have_text("Step 1")
    await expect(name).to_be_focused()
    await expect(name).to_have_accessible_description("As you like.")
    await ann.page.keyboard.type("Ann")
    await ann.modal.get_by_role("button", name="Next").click()
    await expect(step).to_have_text("Step 2")
    await expect(ann.modal.get_by_role("combobox")).to_be_focused()
    await ann.modal.get_by_role("button", name="Back").click()
    await expect(step).to_have_text("Step 1")
    await expect(name).to_have_value("Ann")
    await ann.sees("Step 2 was closed.")
    await ann.modal.get_by_role("button", name="Next").click()
    await ann.modal.get_by_role("button", name="Finish").click()
    await expect(ann.modal).to_have_count(0)
    await expect(ann.message("Step 1 was closed")).to_have_count(0)


async def test_the_cross_closes_all_modals(ann: Visitor) -> None:
    await ann.writes("/gallery steps")
    await ann.modal.get_by_role("button", name="Next").click()
    await expect(ann.modal.get_by_role("heading")).to_have_text("Step 2")
    await ann.modal.get_by_role("button", name="Close", exact=True).click()
    await expect(ann.modal).to_have_count(0)
    await ann.sees("Step 1 was closed with all others.")
    await ann.sees("Step 2 was closed with all others.")


async def test_an_app_hears_of_a_reaction(ann: Visitor) -> None:
    await ann.writes("Shall we ship it?")
    await ann.opens_thread("Shall we ship it?")
    await ann.message("Shall we ship it?").hover()
    await ann.message("Shall we ship it?").get_by_role("button", name="React with eyes").click()
    await expect(await ann.reads("@Ann Lee says")).to_contain_text("@Ann Lee says 👀")


@pytest.mark.long
async def test_what_an_app_shows_never_runs(ann: Visitor, gallery: Gallery) -> None:
    await gallery.post(evil(), "evil")
    message = await ann.sees(EVIL)
    await expect(message.get_by_role("heading")).to_have_text(EVIL)
    await expect(message.get_by_role("button", name=EVIL)).to_have_text(EVIL)
    await message.get_by_role("combobox").click()
    await ann.page.get_by_role("option", name=EVIL).click()
    await message.get_by_role("button", name="More", exact=True).click()
    await ann.page.get_by_role("menuitem", name=EVIL).click()
    await harmless(ann.page)
    await ann.writes("/gallery evil")
    await expect(ann.modal.get_by_role("heading").first).to_have_text(EVIL)
    await harmless(ann.page)
    await ann.page.keyboard.press("Escape")
    await ann.opens_home()
    await expect(ann.home).to_contain_text("You have not chosen a colour yet.")
    await gallery.client.views_publish(user_id="U0ANN", view={"type": "home", "blocks": evil()})
    await expect(ann.home.get_by_role("heading", level=2)).to_have_text(EVIL)
    await harmless(ann.page)
