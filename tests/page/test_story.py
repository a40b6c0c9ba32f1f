"""What a team lead sees who reads the README: a task from the command to the digest, in the browser."""

import re

import pytest
from playwright.async_api import Locator, expect

from bot.domain.session import DisplayState
from bot.features.digest import digest_root
from bot.views.answers import stops as stop_sentences
from bot.views.modals.launch import FORM_TITLE
from bot.views.sentences import DETAIL_SENTENCES, STATE_SENTENCES
from tests.page.visitor import AT_THE_PAGE, QUESTION, TASK, WAITING, Visitor
from tests.said import ASKED_BY

pytestmark = AT_THE_PAGE

# Pixels of a card with a large title, the state, a pull request, two lines of facts and a row of buttons, together with
# its author and the number of replies. A card that is done takes half of that.
WITH_ALL_LINES = 281


async def height(message: Locator) -> float:
    """How much of the channel a message takes, in pixels."""
    return float(await message.evaluate("(node) => node.getBoundingClientRect().height"))


async def test_a_task_from_the_command_to_the_digest(ann: Visitor) -> None:
    await ann.opens("web")
    await ann.writes(f"/devin {TASK} repo=acme/web")
    await ann.opens_thread(ASKED_BY)
    await expect(ann.page.get_by_text("Got it")).to_have_count(0)
    await ann.reads(QUESTION)
    await expect(ann.card).to_contain_text(WAITING)
    await expect(ann.card).to_contain_text("Started by Ann Lee · acme/web")
    await ann.replies("The second one, please.")
    await expect(await ann.reads("The second one, please.")).to_contain_text("👀")
    await ann.reads(
        "“The second one, please”: the second, then. I'll pass a clock in; without one, the code uses the real clock."
    )
    # At this speed the pull request may come with the end, which names it in any case.
    done = await ann.reads(", done")
    await expect(done).to_contain_text(re.compile(r"🔀 acme/web#\d+ \(open\).*\d+(\.\d+)? ACUs", re.DOTALL))
    await expect(ann.card).to_contain_text("Done")
    await expect(ann.card.get_by_role("link", name="acme/web#")).to_have_attribute(
        "href", re.compile("^https://github")
    )
    await ann.page.get_by_role("button", name="Close thread").click()
    assert await height(ann.card) <= WITH_ALL_LINES / 2
    await ann.drawer.presses("jump-digest")
    await expect(ann.toast).to_contain_text("The bot is restarting and will post the digest in #ops.")
    await ann.drawer.closes()
    await ann.acts_as("Ada")
    await ann.opens("ops")
    digest = await ann.sees(digest_root.DAY)
    await expect(digest).to_contain_text(
        re.compile(r"\d+(\.\d+)? ACUs on \w{3}, \w{3} \d+\s+[▲▼] \d+% \(usual \d+(\.\d+)?\)")
    )


async def test_home_shows_each_person_their_own_sessions_and_starts_one(ann: Visitor) -> None:
    await ann.opens_home()
    await expect(ann.home).to_contain_text("You have no open sessions.")
    await ann.home.get_by_role("button", name="New session").click()
    form = ann.page.get_by_role("dialog", name=FORM_TITLE)
    await form.get_by_role("textbox", name="Task").fill(TASK)
    await form.get_by_role("button", name="Start").click()
    await expect(ann.home).to_contain_text(TASK)
    await expect(ann.home.get_by_text("Open in Devin")).to_have_count(1)
    await ann.acts_as("Ada")
    await ann.opens_home()
    await expect(ann.home).to_contain_text("You have no open sessions.")


async def test_the_stop_button_puts_devin_to_sleep(ann: Visitor) -> None:
    await ann.opens("web")
    card = await ann.asks_devin()
    await card.get_by_role("button", name="Stop").click()
    await expect(card).to_contain_text(STATE_SENTENCES[DisplayState.STOPPED].format(by=" by Ann Lee"))
    await expect(card.get_by_role("button", name="Stop")).to_have_count(0)
    await ann.opens_thread(ASKED_BY)
    await ann.reads(stop_sentences.stopped("Ann Lee").text.partition(" ")[2])


async def test_a_mention_becomes_a_session_in_its_own_thread(ann: Visitor) -> None:
    await ann.opens("general")
    await ann.writes("The import takes an hour.")
    await ann.opens_thread("The import takes an hour.")
    await ann.replies("@Devin Bridge find out why")
    await ann.reads("Started by Ann Lee")
    await expect(ann.message("The import takes an hour.")).to_contain_text(re.compile(r"\d+ replies"))


@pytest.mark.long
async def test_the_drawer_is_devins_own_side(ann: Visitor) -> None:
    await ann.opens("web")
    await ann.asks_devin()
    await ann.drawer.chooses_the_session()
    await expect(ann.drawer.sessions).to_contain_text(["running / waiting_for_user"])
    await ann.drawer.says_as_devin("There is **one** more test like it.")
    await ann.drawer.closes()
    await ann.opens_thread(ASKED_BY)
    await ann.reads("There is one more test like it.")


@pytest.mark.long
async def test_a_state_that_is_forced_shows_on_the_card(ann: Visitor) -> None:
    await ann.opens("web")
    card = await ann.asks_devin()
    await ann.drawer.chooses_the_session()
    await ann.drawer.forces("suspended", "out_of_credits")
    await expect(card).to_contain_text(DETAIL_SENTENCES["out_of_credits"])
