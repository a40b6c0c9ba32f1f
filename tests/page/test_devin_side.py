"""Devin's own side: the calls as they come in, what one can let happen there, and what a session is told to be."""

import re
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.domain.session import DisplayState
from bot.playground.devin import DevinControl
from bot.views import announcements
from bot.views.sentences import DETAIL_SENTENCES, STATE_SENTENCES
from tests.page.conftest import Visit
from tests.page.playground import Playground
from tests.page.visitor import AT_THE_PAGE, QUESTION, TASK, Visitor
from tests.said import ASKED_BY

pytestmark = AT_THE_PAGE

NONE_YET: Final = "No sessions yet. Write /devin and a task in a channel, and its session appears here."
WITH_ROOM: Final = {"viewport": {"width": 1700, "height": 900}, "timezone_id": "UTC"}
APPROVAL: Final = f"✋ {announcements.APPROVAL.format(who='@Ann Lee').partition(' ')[2]}"
SPENT_ITS_LIMIT: Final = f"⛔ {DETAIL_SENTENCES['usage_limit_exceeded']}"
ASLEEP: Final = f"💤 {STATE_SENTENCES[DisplayState.ASLEEP]}"
FAILED: Final = STATE_SENTENCES[DisplayState.FAILED]


@pytest_asyncio.fixture(loop_scope="session")
async def ann(visit: Visit, play: Playground) -> Visitor:
    """Ann at a screen with room for the channel, a thread and the drawer beside each other."""
    ann = await visit(play.url, **WITH_ROOM)
    await ann.opens("web")
    await ann.drawer.opens("Devin")
    return ann


async def made(play: Playground, prompt: str, **facts: Any) -> str:
    """A session that nobody here has asked for, without a story; answers its id."""
    async with DevinControl(play.devin_url) as devin:
        (session,) = await devin.create_sessions(prompt=prompt, **facts)
    return session


# ---------------------------------------------------------------- the calls


@pytest.mark.long
async def test_calls_appear_as_they_come_in(ann: Visitor) -> None:
    await expect(ann.drawer.node).to_contain_text(NONE_YET)
    await ann.asks_devin()
    created = ann.drawer.devin_call("create_session")
    await expect(created).to_have_text(re.compile(r"^\d\d:\d\d:\d\dPOST/sessions200$"))
    await created.click()
    calls = ann.drawer.devin_calls
    await expect(calls).to_contain_text('Address/v3/organizations/org-play/sessionsBody{\n  "prompt": "fix the flaky')
    await created.click()
    await expect(calls).not_to_contain_text("Address")
    posted = ann.drawer.slack_call("chat.postMessage").last
    await expect(posted).to_have_text(re.compile(r"^\d\d:\d\d:\d\dchat\.postMessage\d+ msok$"))
    await posted.click()
    await expect(ann.drawer.slack_calls).to_contain_text('Arguments{\n  "channel": "C0WEB"')


@pytest.mark.long
async def test_calls_of_other_sessions_can_be_hidden(ann: Visitor, play: Playground) -> None:
    await ann.asks_devin()
    await ann.opens_thread(ASKED_BY)
    await ann.reads(QUESTION)
    (ours,) = (await play.get("/api/sessions"))["sessions"]
    posts = [call for call in (await play.get("/api/calls"))["slack"] if call["method"] == "chat.postMessage"]
    await ann.opens("general")
    await ann.writes("/devin write a changelog")
    await expect(ann.card).to_contain_text("Done")
    await ann.drawer.chooses("Fix the flaky login test")
    await expect(ann.drawer.devin_call("create_session")).to_have_count(2)
    await ann.page.get_by_role("radio", name="This session").check(force=True)
    await expect(ann.drawer.devin_call("create_session")).to_have_count(1)
    await expect(ann.drawer.devin_call("list_sessions")).to_have_count(0)
    await expect(ann.drawer.devin_call("list_messages").last).to_contain_text(ours["bare_id"][:6])
    await expect(ann.drawer.slack_call("auth.test")).to_have_count(0)
    await expect(ann.drawer.slack_call("chat.postMessage")).to_have_count(len(posts))
    await ann.page.get_by_role("radio", name="All calls").check(force=True)
    await expect(ann.drawer.devin_call("create_session")).to_have_count(2)
    await expect(ann.drawer.slack_call("auth.test")).not_to_have_count(0)


@pytest.mark.long
async def test_a_call_that_a_fault_struck_says_so(ann: Visitor, play: Playground) -> None:
    await play.post("/api/bench/fault", side="devin", kind="500", times=1, where="create_session")
    await play.post("/api/bench/fault", side="slack", kind="429", times=1, where="chat.postMessage")
    await ann.asks_devin()
    struck = ann.drawer.devin_call("create_session").last
    await expect(struck).to_have_text(re.compile(r"^\d\d:\d\d:\d\dPOST/sessionsfault500$"))
    await expect(struck.get_by_text("fault")).to_have_attribute("title", "An armed fault: 500")
    struck = ann.drawer.slack_call("chat.postMessage").last
    await expect(struck).to_have_text(re.compile(r"^\d\d:\d\d:\d\dchat\.postMessagefault\d+ ms429$"))
    await expect(ann.drawer.devin_call("create_session").first).to_contain_text(re.compile("sessions200$"))


# ---------------------------------------------------------------- letting something happen


@pytest.mark.long
async def test_devin_asks_for_an_approval_and_asks_a_question(ann: Visitor) -> None:
    card, drawer = await ann.asks_devin(), ann.drawer
    await ann.opens_thread(ASKED_BY)
    await ann.reads(QUESTION)
    await drawer.lets(
        "Need approval", "Devin is waiting for approval.", "Needs approval running / waiting_for_approval"
    )
    await ann.reads("I would like to run a database migration. Please approve it in the Devin app.")
    await ann.reads(APPROVAL)
    await expect(card).to_contain_text(f"✋ {STATE_SENTENCES[DisplayState.APPROVAL].format(asker='Ann Lee')}")

    await drawer.lets("Ask a question", "Devin asked a question.", "Waiting for an answer running / waiting_for_user")
    await ann.reads("There are two ways to do this: a small fix in one place, or a cleaner rewrite of the module.")
    await expect(ann.thread.get_by_text(QUESTION)).to_have_count(2)
    await expect(card).to_contain_text(f"💬 {STATE_SENTENCES[DisplayState.WAITING].format(asker='Ann Lee')}")


async def test_devin_opens_a_pull_request_merges_it_and_finishes(ann: Visitor) -> None:
    card, drawer = await ann.asks_devin(), ann.drawer
    await ann.opens_thread(ASKED_BY)
    await expect(drawer.act("Merge it")).to_be_disabled()
    await drawer.lets(
        "Need approval", "Devin is waiting for approval.", "Needs approval running / waiting_for_approval"
    )

    await drawer.act("Open a pull request").click()
    await expect(drawer.beside).to_have_text(re.compile(r"^Devin opened acme/web#\d+\.$"))
    pull = re.findall(r"acme/web#\d+", await drawer.beside.inner_text())[0]
    await expect(drawer.fact("Pull requests")).to_have_text(f"{pull} open")
    await ann.reads(f"{pull} (open)")
    await expect(card).to_contain_text(f"{pull} (open)")

    await drawer.lets("Merge it", f"{pull} is merged.", "Needs approval running / waiting_for_approval")
    await expect(drawer.fact("Pull requests")).to_have_text(f"{pull} merged")
    await expect(drawer.act("Merge it")).to_be_disabled()
    await expect(card).to_contain_text(f"{pull} (merged)")

    await drawer.lets("Finish", "Devin finished.", "Finished running / finished")
    await ann.reads("Done. The tests pass, and the change you asked for is in place.")
    await ann.reads(", done")
    await expect(card).to_contain_text("✅ Done")
    await expect(drawer.act("Next step")).to_be_disabled()


@pytest.mark.long
async def test_a_session_is_put_to_rest_in_each_way(ann: Visitor) -> None:
    card, drawer = await ann.asks_devin(), ann.drawer
    await ann.opens_thread(ASKED_BY)
    limit = "At its ACU limit suspended / usage_limit_exceeded"
    await drawer.lets("Hit the ACU limit", "The session is at its ACU limit.", limit)
    await ann.reads(SPENT_ITS_LIMIT)
    await expect(card).to_contain_text(SPENT_ITS_LIMIT)

    await drawer.lets("Fall asleep", "The session fell asleep.", "Asleep suspended / inactivity")
    await ann.reads("I have what I need for now. Write to me when I should continue.")
    await expect(card).to_contain_text(ASLEEP)

    await expect(drawer.act("Unarchive")).to_be_disabled()
    await drawer.lets("Archive", "The session is archived.", "Asleep suspended / inactivity Archived")
    await expect(card).to_contain_text("⏹️ Stopped. Reply in the thread to resume")
    await expect(drawer.act("Archive")).to_be_disabled()
    await drawer.lets("Unarchive", "The session is no longer archived.", "Asleep suspended / inactivity")
    await expect(card).to_contain_text(ASLEEP)
    await drawer.lets("Fail", "The session failed.", "Failed error")
    why = "The machine doesn't start with this repository."
    await expect(await ann.reads(why)).to_contain_text(f"❌ @Ann Lee · {FAILED}")
    await expect(card).to_contain_text(f"❌ Failed: “{why}”")


@pytest.mark.long
async def test_a_session_is_terminated(ann: Visitor) -> None:
    card, drawer = await ann.asks_devin(), ann.drawer
    await drawer.lets("Terminate", "The session was terminated. It can't be resumed.", "Ended exit")
    await expect(drawer.fact("Script")).to_have_text("over: the session was terminated")
    for act in ("Terminate", "Next step", "Play", "Pause"):
        await expect(drawer.act(act)).to_be_disabled()
    await expect(card.get_by_role("button", name="Stop")).to_have_count(0)


@pytest.mark.long
async def test_a_story_goes_on_by_steps_and_by_the_clock(ann: Visitor) -> None:
    card, drawer = await ann.asks_devin(), ann.drawer
    await expect(drawer.fact("Script")).to_have_text("5 steps left, waiting for someone to write")
    await drawer.lets("Pause", "The script is paused.", "Waiting for an answer running / waiting_for_user")
    await expect(drawer.fact("Script")).to_have_text("5 steps left, paused")
    await expect(drawer.act("Pause")).to_be_disabled()
    await drawer.lets("Next step", "The script moved one step forward.", "Working running / working")
    await expect(drawer.fact("Script")).to_have_text("4 steps left, paused")
    await expect(card).to_contain_text("⚙️ Working")
    await drawer.lets("Play", "The script is playing.", "Finished running / finished")
    await expect(drawer.fact("Script")).to_have_text("script finished")
    await expect(card).to_contain_text("✅ Done · ")


# ---------------------------------------------------------------- what a session is told to be


@pytest.mark.long
async def test_a_session_is_told_as_devin_has_it(ann: Visitor, play: Playground) -> None:
    pull = "https://gitlab.example/acme/web/-/merge_requests/7"
    session = await made(
        play,
        "tidy up the fonts",
        title="Fonts",
        status="running",
        status_detail="waiting_for_approval",
        tags=["design", "small"],
        acus_consumed=2.254,
        pull_requests=[{"pr_url": pull, "pr_state": "draft"}],
        created_at=1_790_000_000,
    )
    drawer = ann.drawer
    await drawer.chooses("Fonts")
    await drawer.tells("Needs approval running / waiting_for_approval")
    told = {
        "Spent": "2.25 ACUs",
        "Script": "script finished",
        "Created": "21 Sept, 14:13",
        "Pull requests": "acme/web!7 draft",
        "Tags": "design small",
        "ID": session,
        "Prompt": "tidy up the fonts",
    }
    for name, value in told.items():
        await expect(drawer.fact(name)).to_have_text(value, use_inner_text=True)
    await expect(drawer.fact("Pull requests").get_by_role("link")).to_have_attribute("href", pull)

    await play.post(f"/api/devin/{session}/spend", acus=0.746)
    await play.post(f"/api/devin/{session}/pr", url=pull, state="closed")
    await play.post(f"/api/devin/{session}/pr", url="https://github.com/acme/fonts/pull/12", state="open")
    await expect(drawer.fact("Spent")).to_have_text("3 ACUs")
    await expect(drawer.fact("Pull requests")).to_have_text("acme/web!7 closed acme/fonts#12 open", use_inner_text=True)
    await expect(drawer.sessions).to_contain_text("running / waiting_for_approval · 3 ACUs")
    await expect(drawer.sessions).to_contain_text("2 PRs")


@pytest.mark.long
async def test_acus_are_spent_by_a_press(ann: Visitor, play: Playground) -> None:
    await made(play, "tidy up the fonts", status="running", status_detail="working", acus_consumed=0.5)
    await ann.drawer.chooses("tidy up the fonts")
    await ann.drawer.lets("Use 1 ACU", "1 ACU was used.", "Working running / working")
    await expect(ann.drawer.fact("Spent")).to_have_text("1.5 ACUs")


@pytest.mark.long
async def test_a_state_of_ones_own_and_none_at_all(ann: Visitor, play: Playground) -> None:
    session = await made(play, "tidy up the fonts", status="running", status_detail="working")
    drawer = ann.drawer
    await drawer.chooses("tidy up the fonts")
    await drawer.forces("another value …", "another value …", ("on_holiday", "at_sea"))
    await expect(drawer.chosen).to_contain_text("Devin now says on_holiday / at_sea.")
    await drawer.tells("on_holiday/at_sea on_holiday / at_sea")
    await drawer.forces("running (the machine is up)", "none (null)")
    await expect(drawer.chosen).to_contain_text("Devin now says running.")
    await drawer.tells("Working running")
    told = (await play.get(f"/api/sessions/{session}"))["session"]
    assert (told["status"], told["status_detail"]) == ("running", None)


# ---------------------------------------------------------------- finding one's way


@pytest.mark.long
async def test_the_drawer_follows_the_open_thread_until_it_is_pinned(ann: Visitor) -> None:
    drawer = ann.drawer
    await ann.writes("/devin write a changelog")
    await ann.sees("Write a changelog")
    await ann.writes(f"/devin {TASK}")
    await ann.sees("Fix the flaky login test")
    await ann.opens_thread("Write a changelog")
    await expect(drawer.title).to_have_text("Write a changelog")
    await ann.opens_thread("Fix the flaky login test")
    await expect(drawer.title).to_have_text("Fix the flaky login test")
    await drawer.pin.click()
    await expect(drawer.pin).to_have_text("Pinned")
    await ann.opens_thread("Write a changelog")
    await expect(drawer.title).to_have_text("Fix the flaky login test")
    await drawer.pin.click()
    await expect(drawer.title).to_have_text("Write a changelog")
    await expect(drawer.pin).to_have_text("Pin")


@pytest.mark.long
async def test_from_a_session_to_its_thread(ann: Visitor) -> None:
    await ann.asks_devin()
    await ann.opens("general")
    await ann.drawer.chosen.get_by_role("button", name="Open the thread in Slack").click()
    await ann.reads(QUESTION)
    await expect(ann.link("web")).to_have_attribute("aria-current", "page")
    await expect(ann.thread.get_by_test_id("message").first).to_contain_text("Started by Ann Lee")


@pytest.mark.long
async def test_sessions_are_filtered_and_counted(ann: Visitor, play: Playground) -> None:
    await made(play, "tidy up the fonts", status="suspended", status_detail="inactivity")
    await made(play, "tidy up the colours", status="running", status_detail="working", tags=["design"])
    await made(play, "count the users", status="running", status_detail="waiting_for_user")
    drawer = ann.drawer
    await expect(drawer.count).to_have_text("3")
    for words, titles in {
        "tidy": ["tidy up the colours", "tidy up the fonts"],
        "DESIGN": ["tidy up the colours"],
        "waits for an answer": ["count the users"],
    }.items():
        await drawer.filter.fill(words)
        await expect(drawer.count).to_have_text(f"{len(titles)} of 3")
        await expect(drawer.sessions.filter(visible=True)).to_contain_text(titles)
    await drawer.filter.fill("nothing like it")
    await expect(drawer.count).to_have_text("0 of 3")
    await expect(drawer.node.get_by_text("No session matches the filter.")).to_be_visible()
    await ann.page.keyboard.press("Escape")
    await expect(drawer.filter).to_have_value("")
    await expect(drawer.count).to_have_text("3")


@pytest.mark.long
async def test_sessions_are_dated_by_the_clock_of_the_playground(ann: Visitor, play: Playground) -> None:
    now = (await play.get("/api/workspace"))["clock"]["now"]
    await made(play, "tidy up the fonts", status="suspended", created_at=int(now) - 23 * 3600 - 1800)
    await expect(ann.drawer.sessions).to_contain_text(re.compile(r" · \d\d:\d\d:\d\d$"))
    await play.post("/api/bench/jump", to="billing_day")  # an hour at least
    await expect(ann.drawer.sessions).to_contain_text(re.compile(r" · \d{1,2} [A-Z]\w+, \d\d:\d\d$"))


@pytest.mark.long
async def test_writing_as_devin_by_keyboard(ann: Visitor) -> None:
    await ann.asks_devin()
    await ann.opens_thread(ASKED_BY)
    text = ann.page.get_by_role("textbox", name="Write as Devin")
    await text.fill("There is **one** more.")
    await text.press("Enter")
    await ann.page.keyboard.type("I mend it, too.")
    await text.press("Control+Enter")
    await expect(ann.drawer.chosen).to_contain_text("Sent as Devin.")
    await expect(text).to_have_value("")
    await expect(text).to_be_focused()
    await expect(await ann.reads("There is one more.")).to_contain_text("I mend it, too.")
