"""Everybody can use it: with a screen reader, a keyboard alone, a dark screen, or a tablet."""

import re
from typing import Final

import pytest
from playwright.async_api import Locator, expect

from bot.manifest import read_manifest
from tests.page.conftest import Visit
from tests.page.gallery_stage import MESSAGES, Gallery
from tests.page.playground import PEOPLE, Playground
from tests.page.visitor import AT_THE_PAGE, FOCUSED, TASK, WAITING, Visitor
from tests.said import ASKED_BY

pytestmark = AT_THE_PAGE

BRIGHT: Final = 200
DIM: Final = 100
SIZES: Final = ((1280, 720), (1180, 820), (820, 1180), (768, 1024), (390, 844))
PHONE: Final = {"width": 390, "height": 844}
# What hangs out of the screen at a side, or is to be scrolled sideways, although it is neither code, a table nor a row
# of cards, which scroll inside of themselves; what is cut off with an ellipsis, or only read out, is meant so.
ACROSS: Final = """() => {
  const named = (it) => `${it.tagName.toLowerCase()}#${it.id}.${it.className.baseVal ?? it.className}`;
  const seen = (it) => it.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const style = (it) => getComputedStyle(it);
  const scrolls = (it) => ["auto", "scroll"].includes(style(it).overflowX);
  const own = (it) => it.matches("pre, .bk-table-frame, .bk-carousel-row");
  const around = (it) => it.parentElement ? [it.parentElement, ...around(it.parentElement)] : [];
  const isUnseen = (it) => style(it).clipPath !== "none" || style(it).textOverflow === "ellipsis";
  const isCut = (it) => isUnseen(it) || (own(it) && scrolls(it));
  const all = [...document.querySelectorAll("body *")].filter(seen);
  const out = all.filter((it) => {
    const {left, right, width} = it.getBoundingClientRect();
    return width > 0 && (left < -1 || right > innerWidth + 1) && ![it, ...around(it)].some(isCut);
  });
  const wide = all.filter((it) => scrolls(it) && it.scrollWidth > it.clientWidth + 1 && !own(it));
  return [...out.map((it) => `hangs out: ${named(it)}`), ...wide.map((it) => `scrolls: ${named(it)}`)];
}"""
BRIGHTNESS: Final = """() => {
  const {backgroundColor, color} = getComputedStyle(document.body);
  const mean = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, it) => sum + Number(it), 0) / 3;
  return {ground: mean(backgroundColor), text: mean(color)};
}"""


async def test_axe_finds_nothing_serious(ann: Visitor, axe: str) -> None:
    await ann.opens("web")
    await ann.asks_devin()
    assert await ann.faults(axe) == []
    await ann.opens_thread(ASKED_BY)
    await ann.reads("Devin has a question")
    assert await ann.faults(axe) == []
    await ann.drawer.chooses_the_session()
    assert await ann.faults(axe) == []
    await ann.drawer.opens("Faults")
    assert await ann.faults(axe) == []
    await ann.drawer.closes()
    await ann.page.get_by_role("button", name="New group message").click()
    await expect(ann.page.get_by_role("dialog", name="New group message")).to_be_visible()
    assert await ann.faults(axe) == []
    await ann.page.keyboard.press("Escape")
    await ann.page.locator("#tour-start").click()
    await ann.tour.is_at(1)
    assert await ann.faults(axe) == []


@pytest.mark.long
async def test_axe_finds_nothing_serious_in_what_opens_above(visit: Visit, gallery: Gallery, axe: str) -> None:
    ann = await visit(gallery.url)
    await ann.opens("general")
    await ann.writes("/gallery menus")
    menus = await ann.sees("Colour")
    await menus.get_by_role("combobox", name="Colour").click()
    await expect(ann.page.get_by_role("listbox")).to_be_visible()
    assert await ann.faults(axe) == []
    await ann.page.keyboard.press("Escape")
    await ann.opens_the_menu_of(menus)
    assert await ann.faults(axe) == []
    await ann.page.get_by_role("menuitem", name="Copy link").click()
    await expect(ann.toast).to_be_visible()
    assert await ann.faults(axe) == []
    await ann.page.locator("#reset").click()
    await expect(ann.page.get_by_role("dialog")).to_be_visible()
    assert await ann.faults(axe) == []


async def test_light_and_dark_are_two_looks(visit: Visit, gallery: Gallery) -> None:
    ann = await visit(gallery.url, color_scheme="light")
    light = await ann.page.evaluate(BRIGHTNESS)
    await ann.page.emulate_media(color_scheme="dark")
    dark = await ann.page.evaluate(BRIGHTNESS)
    assert light["ground"] > BRIGHT > DIM > light["text"], light
    assert dark["text"] > BRIGHT > DIM > dark["ground"], dark


@pytest.mark.edge
async def test_it_fits_on_the_screen(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, reduced_motion="reduce")
    await ann.opens("web")
    await ann.asks_devin()
    await fits(ann, ann.composer)
    await ann.opens_thread(ASKED_BY)
    await fits(ann, ann.thread_composer)
    await ann.drawer.opens("Devin")
    await fits(ann)
    await ann.drawer.opens("Faults")
    await fits(ann, ann.page.get_by_test_id("drawer-close"))
    await ann.drawer.closes()
    await ann.opens_home()
    await fits(ann, ann.home)
    await ann.page.locator("#reset").click()
    dialog = ann.page.get_by_role("dialog", name="Reset the playground?")
    await fits(ann, dialog, *await dialog.get_by_role("button").all())


@pytest.mark.edge
async def test_on_a_phone_nothing_is_scrolled_sideways_but_code_tables_and_rows_of_cards(
    visit: Visit, gallery: Gallery
) -> None:
    ann = await visit(gallery.url, viewport=PHONE, reduced_motion="reduce")
    await ann.opens("shared")
    assert await ann.page.evaluate(ACROSS) == []
    await ann.opens_a_group("Ada Weiss", "Ben Ortiz", "Devin Bridge", "Gus Guest")
    assert await ann.page.evaluate(ACROSS) == []
    await ann.opens("general")
    assert await ann.page.evaluate(ACROSS) == []
    for kind, message in MESSAGES.items():
        ts = await gallery.post(message["blocks"], kind)
        await expect(ann.channel.locator(f'[data-testid="message"][data-ts="{ts}"]')).to_be_visible()
        assert await ann.page.evaluate(ACROSS) == [], kind
    await ann.writes(f"```\n{'a = 1; ' * 40}\n```\n{'x' * 300}")
    await ann.sees("a = 1;")
    assert await ann.page.evaluate(ACROSS) == []
    await ann.composer.press_sequentially("/gal")
    await expect(ann.page.get_by_role("option", name="/gallery")).to_be_visible()
    assert await ann.page.evaluate(ACROSS) == []
    await ann.composer.fill("")
    await ann.writes("/gallery form")
    await expect(ann.modal).to_be_visible()
    assert await ann.page.evaluate(ACROSS) == []


async def fits(ann: Visitor, *needed: Locator) -> None:
    """On no screen anything hangs out at the side, and what is needed is on it."""
    wide = "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    for width, height in SIZES:
        await ann.page.set_viewport_size({"width": width, "height": height})
        across, down = await ann.page.evaluate(wide)
        assert (across <= 0, down <= 0) == (True, True), (width, height, across, down)
        assert await ann.page.evaluate(ACROSS) == [], (width, height)
        for place in needed:
            await expect(place).to_be_in_viewport(ratio=1)
    await ann.page.set_viewport_size({"width": 1280, "height": 720})


@pytest.mark.long
async def test_each_stop_of_the_tab_key_shows_that_it_has_the_focus(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, viewport={"width": 1600, "height": 900})  # room for the drawer beside the thread
    await ann.opens("web")
    await ann.asks_devin()
    await ann.opens_thread(ASKED_BY)
    await ann.drawer.chooses_the_session()
    stops = await ann.tabs_through()
    assert [name for name, is_seen in stops.items() if not is_seen] == []
    needed = ["Skip to the message field", "Acting as", "web", "Messages", "Message #web", "Replies", "Reply in thread"]
    needed += ["Width of the drawer", "Devin", "Filter the sessions", "Write as Devin", "Close the drawer"]
    assert [name for name in needed if name not in stops] == []


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
    await ann.reads("Devin has a question")
    await ann.tabs_to(ann.thread_composer)
    await write("The second one, please.")
    await press("Enter")
    await ann.reads("The second one, please.")
    await ann.reads(", done")
    await press("Escape")
    await expect(ann.page.locator("#thread")).to_be_hidden()
    await ann.tabs_to(ann.page.locator("#open-bench"))
    await press("Enter")
    await expect(ann.drawer.bench).to_be_visible()
    await press("Escape")
    await expect(ann.drawer.node).to_be_hidden()
    await expect(ann.page.locator("#open-bench")).to_be_focused()


@pytest.mark.long
async def test_commands_and_people_are_completed(ann: Visitor) -> None:
    press, write = ann.page.keyboard.press, ann.page.keyboard.type
    (command,) = read_manifest()["features"]["slash_commands"]
    await ann.opens("web")
    await ann.composer.focus()
    await write("/")
    await expect(ann.page.get_by_role("option", name="/devin")).to_contain_text(command["usage_hint"])
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
    await expect(page.get_by_role("navigation", name="Channels and messages")).to_be_visible()
    await expect(page.get_by_role("main")).to_be_visible()
    await expect(page.get_by_role("banner")).to_be_visible()
    await expect(page.get_by_role("combobox", name="Acting as")).to_be_visible()
    await expect(ann.composer).to_have_accessible_name("Message #web")


@pytest.mark.long
async def test_lists_are_walked_with_the_arrow_keys(ann: Visitor, play: Playground) -> None:
    press = ann.page.keyboard.press
    await ann.opens("general")
    names = await ann.page.get_by_test_id("channel-link").all_inner_texts()
    assert names[:2] == ["general", "nobot"]
    await ann.link("general").focus()
    await press("ArrowDown")
    await expect(ann.link("nobot")).to_be_focused()
    await press("ArrowUp")
    await expect(ann.link("general")).to_be_focused()
    await press("End")
    await expect(ann.page.get_by_test_id("home-link")).to_be_focused()
    await press("Home")
    await press("ArrowDown")
    await press("Enter")
    await expect(ann.link("nobot")).to_have_attribute("aria-current", "page")
    await expect(ann.link("nobot")).to_be_focused()
    for text in ("The first", "The second", "The third"):
        await play.say("Ben", "nobot", text)
        await ann.sees(text)
    await ann.channel.focus()
    await press("ArrowUp")
    await expect(ann.message("The third")).to_be_focused()
    await press("ArrowUp")
    await expect(ann.message("The second")).to_be_focused()
    await press("ArrowDown")
    await expect(ann.message("The third")).to_be_focused()
    await ann.page.get_by_test_id("acting-as").focus()
    await press("ArrowDown")
    await expect(ann.page.get_by_test_id("acting-as")).to_have_value(PEOPLE["Ben"])
    await expect(ann.page.get_by_test_id("acting-as")).to_be_focused()
    await ann.opens_the_menu_of(ann.message("The third"))
    await expect(ann.page.get_by_role("menuitem", name="Delete message")).to_be_visible()


async def more_of_a_message(ann: Visitor) -> Locator:
    """Write something and go to the button that opens its menu, without a mouse."""
    await ann.opens("nobot")
    await ann.writes("My own words")
    message = await ann.sees("My own words")
    await message.focus()
    more = message.get_by_role("button", name="More actions")
    await ann.tabs_to(more)
    return more


async def opens_the_emoji(ann: Visitor) -> None:
    """Choose the second entry of the menu whose button has the focus."""
    for key in ("Enter", "ArrowDown", "Enter"):
        await ann.page.keyboard.press(key)
    await expect(ann.page.get_by_role("searchbox", name="Search emoji")).to_be_focused()


@pytest.mark.edge
async def test_menu_of_a_message_by_keyboard(ann: Visitor) -> None:
    press, more = ann.page.keyboard.press, await more_of_a_message(ann)
    await press("Enter")
    items = ann.page.get_by_role("menu", name="Message actions").get_by_role("menuitem")
    await expect(items).to_have_text(
        [
            *("Reply in thread", "Add reaction", "Copy link", "Edit message", "Delete message"),
            *(re.compile("Send to Devin"), re.compile("Save as Devin")),
        ]
    )
    await expect(items.first).to_be_focused()
    await expect(more).to_have_attribute("aria-expanded", "true")
    await press("ArrowDown")
    await expect(items.nth(1)).to_be_focused()
    await press("ArrowUp")
    await press("ArrowUp")
    await expect(items.last).to_be_focused()
    await press("Home")
    await expect(items.first).to_be_focused()
    await press("End")
    await expect(items.last).to_be_focused()
    await press("Escape")
    await expect(items).to_have_count(0)
    await expect(more).to_be_focused()


@pytest.mark.edge
async def test_a_menu_gives_the_focus_back_to_a_message_that_was_drawn_anew(visit: Visit, gallery: Gallery) -> None:
    ann = await visit(gallery.url)
    more = await more_of_a_message(ann)
    await ann.page.keyboard.press("Enter")
    menu = ann.page.get_by_role("menu", name="Message actions")
    await expect(menu).to_be_visible()
    message = await ann.sees("My own words")
    place = [await message.get_attribute(name) or "" for name in ("data-channel", "data-ts")]
    await gallery.slack.react("U0ADA", *place, "tada")
    await expect(message.get_by_role("button", name="tada: 1 reaction by Ada Weiss")).to_be_visible()
    await ann.page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await expect(more).to_be_focused()


@pytest.mark.long
async def test_emoji_by_keyboard(ann: Visitor) -> None:
    press, more = ann.page.keyboard.press, await more_of_a_message(ann)
    picker = ann.page.get_by_role("dialog", name="Choose an emoji")
    signs = picker.get_by_role("button")
    await opens_the_emoji(ann)
    await press("ArrowDown")
    await expect(signs.nth(0)).to_be_focused()
    await press("ArrowRight")
    await expect(signs.nth(1)).to_be_focused()
    await press("ArrowDown")
    one, two = await signs.nth(1).bounding_box(), await picker.locator("button:focus").bounding_box()
    assert one
    assert two
    assert (one["x"], one["y"] < two["y"]) == (two["x"], True)
    await press("ArrowUp")
    await press("ArrowLeft")
    await press("ArrowLeft")
    await expect(picker.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    await press("Escape")
    await expect(picker).to_have_count(0)
    await expect(more).to_be_focused()
    await opens_the_emoji(ann)
    await ann.page.keyboard.type("rocket")
    await press("Enter")
    await expect(picker).to_have_count(0)
    message = ann.message("My own words")
    await expect(message.get_by_role("button", name="rocket: 1 reaction by you")).to_be_visible()
    await expect(more).to_be_focused()


@pytest.mark.long
async def test_tabs_of_the_drawer_by_keyboard(ann: Visitor) -> None:
    press, node = ann.page.keyboard.press, ann.drawer.node
    await ann.page.locator("#open-bench").press("Enter")
    tabs = node.get_by_role("tablist", name="Parts of the drawer").get_by_role("tab")
    await expect(tabs).to_have_text(["Devin", "Faults"])
    devin, bench = tabs.first, tabs.last
    await expect(bench).to_be_focused()
    for key, tab in (("ArrowLeft", devin), ("ArrowLeft", bench), ("ArrowRight", devin), ("End", bench)):
        await press(key)
        await expect(tab).to_be_focused()
        await expect(tab).to_have_attribute("aria-selected", "true")
    await expect(node.get_by_role("tabpanel", name="Faults")).to_be_visible()
    await expect(node.get_by_role("tabpanel", name="Devin")).to_be_hidden()
    await press("Home")
    await expect(devin).to_be_focused()
    await expect(node.get_by_role("tabpanel", name="Devin")).to_be_visible()
    await expect(node.get_by_role("tabpanel", name="Faults")).to_be_hidden()
    await press("Escape")
    await expect(node).to_be_hidden()
    await expect(ann.page.locator("#open-bench")).to_be_focused()


@pytest.mark.edge
async def test_sessions_of_the_drawer_by_keyboard(ann: Visitor, play: Playground) -> None:
    press = ann.page.keyboard.press
    await play.crowd("nobot", 0, 3)
    await ann.page.locator("#open-devin").press("Enter")
    await expect(ann.drawer.sessions).to_have_count(3)
    await ann.tabs_to(ann.page.get_by_test_id("session-filter"))
    await press("ArrowDown")
    await expect(ann.drawer.sessions.nth(0)).to_be_focused()
    await press("ArrowDown")
    await expect(ann.drawer.sessions.nth(1)).to_be_focused()
    await press("End")
    await expect(ann.drawer.sessions.nth(2)).to_be_focused()
    await press("Enter")
    await expect(ann.drawer.sessions.nth(2)).to_have_attribute("aria-selected", "true")
    await expect(ann.drawer.sessions.nth(0)).to_have_attribute("aria-selected", "false")
    await expect(ann.drawer.chosen).to_be_visible()
    await expect(ann.drawer.sessions.nth(2)).to_be_focused()
    await press("Home")
    await expect(ann.drawer.sessions.nth(0)).to_be_focused()
    await press("Escape")
    await expect(ann.drawer.node).to_be_hidden()
    await expect(ann.page.locator("#open-devin")).to_be_focused()


@pytest.mark.edge
async def test_what_asks_has_a_name_and_gives_the_focus_back(visit: Visit, gallery: Gallery) -> None:
    ann = await visit(gallery.url)
    page = ann.page
    await ann.opens("general")
    await ann.writes("Gone in a moment")
    asking = {
        "Reset the playground?": page.locator("#reset"),
        "Remove the bot from #general?": page.get_by_role("button", name="Remove Devin Bridge"),
        "Members of #general": page.locator("#channel-head .members"),
        "Choose an emoji": page.locator("#composer").get_by_role("button", name="Emoji"),
    }
    for name, opener in asking.items():
        await opener.focus()
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name=name, exact=True)
        await expect(dialog).to_be_visible()
        assert await dialog.evaluate(FOCUSED), name
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(opener).to_be_focused()
    await ann.chooses(ann.message("Gone in a moment"), "Delete message")
    await expect(page.get_by_role("dialog", name="Delete this message?", exact=True)).to_be_visible()
    await page.keyboard.press("Escape")
    await ann.sees("Gone in a moment")
    await ann.writes("/gallery form")
    await expect(page.get_by_role("dialog", name="New task", exact=True)).to_be_visible()


@pytest.mark.edge
async def test_what_went_wrong_is_an_alert(visit: Visit, gallery: Gallery) -> None:
    ann = await visit(gallery.url)
    ann.expects("409")
    alert = ann.page.get_by_role("alert")
    await ann.opens("general")
    await ann.writes("/gallery refused")
    await expect(alert.filter(has_text="Slack rejected the bot's chat.postMessage.")).to_be_visible()
    await ann.drawer.presses("kill")
    await expect(alert.filter(has_text="There's no bot here.")).to_be_visible()
