"""The bot is killed, Slack and Devin refuse, hang or are gone: nothing is lost and nothing is doubled."""

import re
import socket
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.page.conftest import Visit
from tests.page.playground import Playground, playground
from tests.page.visitor import AT_THE_PAGE, CLIPBOARD, TASK, WAITING, Visitor
from tests.playground.sentences import next_free_port
from tests.said import ASKED_BY

pytestmark = [*AT_THE_PAGE, pytest.mark.edge]


async def test_what_is_written_while_the_bot_is_dead_is_answered_once(ann: Visitor, play: Playground) -> None:
    await ann.opens("web")
    await ann.asks_devin()
    await ann.opens_thread(ASKED_BY)
    await ann.drawer.presses("kill")
    await ann.drawer.sees_the_bot("killed")
    await ann.drawer.closes()
    await ann.replies("And sort them, please.")
    await ann.drawer.presses("start")
    await ann.drawer.sees_the_bot("running")
    await ann.drawer.closes()
    await expect(await ann.reads("And sort them, please.")).to_contain_text("👀")
    (session,) = (await play.get("/api/sessions"))["sessions"]
    told = (await play.get(f"/api/sessions/{session['session_id']}"))["session"]["messages"]
    assert len([one for one in told if "And sort them, please." in one["message"]]) == 1
    assert len(await ann.channel.get_by_test_id("message").filter(has_text=ASKED_BY).all()) == 1


@pytest.mark.long
async def test_a_burst_of_refusals_from_slack_loses_and_doubles_nothing(ann: Visitor, play: Playground) -> None:
    await ann.opens("web")
    await ann.drawer.breaks("slack", "429", times=5)
    for task in ("first", "second", "third"):
        await ann.writes(f"/devin tidy up the {task} module")
    for task in ("first", "second", "third"):
        await expect(ann.channel.get_by_test_id("message").filter(has_text=f"tidy up the {task} module")).to_have_count(
            1
        )
        await expect(ann.message(f"tidy up the {task} module")).to_contain_text("Done")
    await ann.drawer.opens("Faults")
    await expect(ann.drawer.counter("slack-failed")).to_have_text("5")
    await expect(ann.drawer.counter("slack-retried")).to_have_text("5")
    await expect(ann.drawer.counter("lost")).to_have_text("0")
    await expect(ann.drawer.counter("doubled")).to_have_text("0")
    assert len((await play.get("/api/sessions"))["sessions"]) == 3


@pytest.mark.parametrize(
    ("side", "kind", "where"),
    [
        ("devin", "drop", "create_session"),
        ("slack", "drop", "chat.postMessage"),
        pytest.param("devin", "500", "create_session", marks=pytest.mark.long),
        pytest.param("devin", "hang", "list_messages", marks=pytest.mark.long),
    ],
)
async def test_each_thing_is_done_once_whatever_answers(
    ann: Visitor, play: Playground, side: str, kind: str, where: str
) -> None:
    await ann.opens("web")
    await ann.drawer.breaks(side, kind, times=1, where=where)
    await ann.writes(f"/devin {TASK}")
    await ann.drawer.sees_a_fault_strike()
    await ann.drawer.presses("fault-clear")
    await ann.drawer.closes()
    await expect(ann.card).to_contain_text(WAITING)
    await expect(ann.channel.get_by_test_id("message").filter(has_text=ASKED_BY)).to_have_count(1)
    await ann.opens_thread(ASKED_BY)
    await ann.reads("Which one do you want?")
    said = await ann.thread.get_by_test_id("message").all_inner_texts()
    assert len(said) == len({text.split("\n", 1)[-1] for text in said})
    assert len((await play.get("/api/sessions"))["sessions"]) == 1


async def test_reset_forgets_everything(ann: Visitor, play: Playground) -> None:
    await ann.opens("nobot")
    await ann.writes("Soon forgotten")
    await ann.sees("Soon forgotten")
    await ann.page.locator("#reset").click()
    await ann.page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    await expect(ann.toast).to_contain_text("Everything is reset except the clock, because time never runs backward.")
    await expect(ann.message("Soon forgotten")).to_have_count(0)
    await ann.is_up()
    await ann.opens("web")
    await ann.asks_devin()


async def test_a_transcript_is_copied_as_markdown(visit: Visit, play: Playground) -> None:
    ann = await visit(play.url, permissions=CLIPBOARD)
    await ann.opens("nobot")
    await ann.writes("Shall we <ship> it?")
    await ann.sees("Shall we <ship> it?")
    await ann.page.locator("#copy-transcript").click()
    await expect(ann.toast).to_contain_text("Transcript copied as Markdown.")
    copied = await ann.page.evaluate("navigator.clipboard.readText()")
    head, _, seen, _, day, _, who, _, said = copied.splitlines()
    assert (head, seen) == ("# #nobot in Play", "As Ann Lee sees it; times are UTC.")
    assert re.fullmatch(r"## \w+, \d+ \w+ \d{4}", day)
    assert re.fullmatch(r"\*\*Ann Lee\*\* · \d\d:\d\d", who)
    assert said == "Shall we &lt;ship&gt; it?"


@pytest.mark.long
async def test_pages_that_lost_their_server_find_it_again(visit: Visit, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    async with playground(before, "--no-example", "--port", port, "--quiet") as one:
        ann = await visit(one.url)
        ann.expects("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY")
        await ann.opens("nobot")
        second = await ann.opens_a_tab()
        await ann.writes("Before the end")
        await ann.sees("Before the end")
        assert await one.end() == 0
    for tab in (ann, second):
        await expect(tab.page.locator("#alerts")).to_have_text("The playground isn't answering. Trying again.")
    async with playground(after, "--no-example", "--port", port, "--quiet") as two:
        assert two.url == one.url
        for tab in (ann, second):
            await expect(tab.page.locator("#alerts")).to_be_empty()
            await expect(tab.message("Before the end")).to_have_count(0)
        await ann.writes("After the beginning")
        for tab in (ann, second):
            await tab.sees("After the beginning")
        await ann.page.context.close()


@pytest.mark.long
async def test_a_port_in_use_gets_a_sentence_and_the_next_free_one(browser: Browser, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with playground(tmp_path, "--no-example", "--port", str(port)) as one:
            assert port < one.port <= port + 10
            assert one.text.startswith(f"{next_free_port('the page', port, one.port)}\n")
