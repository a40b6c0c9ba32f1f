"""`SIGKILL` while something is written: to a session that sleeps, with a file, for another session, or lost."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Final

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.domain.session import DisplayState
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.sentences import STATE_SENTENCES
from bot.views.turn_ends import CHOSEN, REMINDERS
from tests.crash.scene import PATIENCE, UNSENT, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import (
    STOPPED,
    Story,
    asked,
    nothing,
    one_session,
    running,
    sessions_with_cards,
    stop,
    titled,
    typed,
)
from tests.said import ASKED_BY, stopping
from tests.scenarios.harness import ANN, BEN, GENERAL
from tests.scenarios.observations import thread_address

pytestmark = pytest.mark.edge

LOG: Final = {"name": "login.log", "content": "login failed"}
EARLIER_LOG: Final = {**LOG, "name": "earlier.log"}
READ: Final = "Read 1 message and 1 file of this thread."
DM: Final = "D0ANN"
UNCERTAIN: Final = ":warning: Devin didn't respond, so it's unclear whether the reply “please use pytest” arrived."


async def asleep(one: Scene) -> tuple[str, str]:
    """A session that was stopped, with all of that announced."""
    begun = await stop(one, await running(one))
    await one.quiet()
    return begun


async def wake(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(BEN, GENERAL, "go on", thread_ts=begun[0])
    await one.devin.wait_for_messages("] ben (U0BEN):\n> go on", seconds=PATIENCE)
    await titled(one, begun[1])
    return begun


async def awake(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert not made["is_archived"]
    assert await asked(made) == ["go on"]
    assert await one.on.thread(GENERAL, begun[0]) == [STOPPED]


async def reply_while_not_found(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    for route in ("send_message", "get_session"):
        await one.devin.fault(route, 404, times=2)  # once, since each is asked for in both forms of its path
    await one.slack.say(BEN, GENERAL, "go on", thread_ts=begun[0])
    await one.devin.wait_for_messages("] ben (U0BEN):\n> go on", seconds=PATIENCE)
    await titled(one, begun[1])
    return begun


async def still_running(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert await asked(made) == ["go on"]
    assert await one.on.thread(GENERAL, begun[0]) == []
    assert await one.rows("SELECT lifecycle, not_found_since FROM sessions") == [("open", None)]


async def bare_mention_with_files(one: Scene, _: None) -> str:
    """One file comes with the mention, the other one stands in its thread."""
    root = await one.slack.say(BEN, GENERAL, "fix the login test", files=[EARLIER_LOG])
    await one.on.mention("", thread_ts=root, files=[LOG])
    (made, *_) = await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=root, within=PATIENCE)
    await one.slack.wait_for_message(GENERAL, READ, thread_ts=root, within=PATIENCE)
    await titled(one, made["session_id"])
    return root


async def begun_with_files(one: Scene, ts: str) -> None:
    """A death may repeat the uploads; each creation names two files all the same, and what was read is posted once."""
    assert (await one_session(one))["attachments"] == [LOG["name"], EARLIER_LOG["name"]]
    created = await one.devin.log("create_session")
    assert {len(call["body"]["attachment_urls"]) for call in created} == {2}
    assert await one.on.thread(GENERAL, ts) == [READ]


async def reply_with_a_file(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(BEN, GENERAL, "see here", thread_ts=begun[0], files=[LOG])
    await one.devin.wait_for_messages("] ben (U0BEN):\n> see here", seconds=PATIENCE)
    await titled(one, begun[1])
    return begun


async def replied_with_a_file(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    (said,) = await asked(made)
    assert said.startswith('see here\nATTACHMENT:"')
    assert said.count("ATTACHMENT") == 1
    assert made["attachments"] == [LOG["name"]]
    assert await one.on.thread(GENERAL, begun[0]) == []


async def caught_up(one: Scene) -> tuple[str, str]:
    """A session whose thread was read since it was created."""
    begun = await running(one)
    await one.slack.wait_for_call("conversations.replies", within=PATIENCE)
    await one.quiet()
    return begun


async def lose_replies(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.pause("lose")
    for text in ("missed 1", "missed 2"):
        await one.slack.say(BEN, GENERAL, text, thread_ts=begun[0])
    await one.slack.resume()
    await one.slack.disconnect()
    await one.devin.wait_for_messages("] ben (U0BEN):\n> missed", 2, seconds=PATIENCE)
    await titled(one, begun[1])
    return begun


async def nothing_lost(one: Scene, begun: tuple[str, str]) -> None:
    assert await asked(await one_session(one)) == ["missed 1", "missed 2"]
    assert await one.on.thread(GENERAL, begun[0]) == []


async def ask_for_another(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(BEN, GENERAL, "!new update the docs", thread_ts=begun[0])
    (made, *_) = await one.devin.wait_for_sessions("update the docs", seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Queued", within=PATIENCE)
    await one.slack.wait_for_ephemeral(BEN, "Your new session has its own thread", within=PATIENCE)
    await titled(one, made["session_id"])
    return begun


async def another_one(one: Scene, begun: tuple[str, str]) -> None:
    first, second = await sessions_with_cards(one, 2, "")
    assert first["session_id"] == begun[1]
    assert await asked(first) == await asked(second) == []
    assert await one.on.thread(GENERAL, begun[0]) == []


async def running_in_a_direct_message(one: Scene) -> tuple[str, str]:
    ts = await one.slack.say(ANN, "im", "fix the login test")
    (made, *_) = await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE)
    await one.slack.wait_for_message(DM, "Queued", thread_ts=ts, within=PATIENCE)
    await one.quiet()
    return ts, made["session_id"]


async def next_line(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(ANN, "im", "and use pytest")
    await one.devin.wait_for_messages("] ann (U0ANN):\n> and use pytest", seconds=PATIENCE)
    await titled(one, begun[1], DM)
    return begun


async def line_handed_over(one: Scene, begun: tuple[str, str]) -> None:
    assert len(await one.devin.sessions()) == 1
    assert await asked(await one_session(one, channel=DM)) == ["and use pytest"]
    assert await one.on.thread(DM, begun[0]) == []


async def stop_here(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(ANN, "im", "stop")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(DM, "Stopped by ann. Reply to resume", thread_ts=begun[0], within=PATIENCE)
    return begun


async def stopped_here(one: Scene, begun: tuple[str, str]) -> None:
    """A private answer that may have been given is given again."""
    await one_session(one, channel=DM)
    assert await one.on.thread(DM, begun[0]) == [STOPPED]
    assert await answers_in_the_direct_message(one) == {
        stopping("fix the login test", thread_address(DM, begun[0]), begun[1])
    }


async def answers_in_the_direct_message(one: Scene) -> set[str]:
    said = await one.slack.messages(DM)
    return {message["rendered"] for message in said if message["user"] == "U0BOT" and "thread_ts" not in message}


async def greet(one: Scene, _: None) -> None:
    await one.slack.say(ANN, "im", "hello!")
    await one.slack.wait_for_message(DM, start_sentences.GREETED.text, within=PATIENCE)


async def greeted(one: Scene, _: None) -> None:
    assert await answers_in_the_direct_message(one) == {start_sentences.GREETED.text}
    assert await one.devin.sessions() == []


async def thank(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    thanks = await one.slack.say(BEN, GENERAL, "thanks a lot!", thread_ts=begun[0])
    await one.slack.wait_for_call("reactions.add", within=PATIENCE)
    await titled(one, begun[1])
    return thanks, begun[0]


async def not_woken(one: Scene, written: tuple[str, str]) -> None:
    thanks, ts = written
    made = await one_session(one)
    assert made["is_archived"]
    assert await asked(made) == []
    reactions = (await one.slack.message(GENERAL, thanks))["reactions"]
    assert [reaction["name"] for reaction in reactions] == ["pray"]
    assert await one.on.thread(GENERAL, ts) == [STOPPED]


async def past_the_usual_limit(one: Scene) -> tuple[str, str]:
    """A session that sleeps and has spent the usual limit, but not what Devin allows, with all of that announced."""
    ts, devin_id = await running(one)
    await one.devin.set(devin_id, status="suspended", status_detail="inactivity", acus_consumed=1.6)
    await one.slack.wait_for_message(GENERAL, STATE_SENTENCES[DisplayState.ASLEEP], thread_ts=ts, within=PATIENCE)
    await one.quiet()
    return ts, devin_id


async def wake_after_a_question(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """Write twice to such a session, and press until that is acknowledged."""
    for text in ("go on", "and use pytest"):
        await one.slack.say(BEN, GENERAL, text, thread_ts=begun[0])
    question = await one.slack.wait_for_ephemeral(BEN, "Wake it anyway?", within=PATIENCE)
    held = "SELECT key FROM inbox WHERE kind = 'message' AND state = 'open' AND CAST(payload AS TEXT) LIKE '%\"hold\"%'"
    async with asyncio.timeout(PATIENCE):
        while len(await one.rows(held)) < 2:
            await asyncio.sleep(0.02)  # the store has no event for it
    for _ in range(10):
        if (await one.slack.click(BEN, GENERAL, question["ts"], "answer:wake:wake"))["status"] == "acked":
            break
        await one.reachable()
    await one.devin.wait_for_messages("] ben (U0BEN):\n> ", 2, seconds=PATIENCE)
    await titled(one, begun[1])
    return begun


async def woken_once(one: Scene, begun: tuple[str, str]) -> None:
    """What waited is sent once and in order. A death may show the question twice."""
    assert await asked(await one_session(one)) == ["go on", "and use pytest"]
    assert await one.on.thread(GENERAL, begun[0]) == []


async def reply_under_a_lost_card(one: Scene, _: None) -> None:
    """Slack posts the card of a command, but its answer gets lost; somebody replies before the card is found."""
    await one.slack.fault("chat.postMessage", "commit_then_drop")
    await typed(one, "fix the login test")
    card = await one.slack.wait_for_message(GENERAL, ASKED_BY, within=PATIENCE)
    await one.slack.say(BEN, GENERAL, "please use pytest", thread_ts=card["ts"])
    (sent, *_) = await one.devin.wait_for_messages("] ben (U0BEN):\n> please use pytest", seconds=PATIENCE)
    await titled(one, sent["session_id"])


async def replied_once(one: Scene, _: None) -> None:
    assert await asked(await one_session(one)) == ["please use pytest"]


async def waiting_reply(one: Scene) -> tuple[str, str]:
    """A reply was put back because Devin takes none, and has its reaction."""
    begun = await running(one)
    await one.devin.fault("send_message", "503", times=-1)
    await one.slack.say(BEN, GENERAL, "please use pytest", thread_ts=begun[0])
    async with asyncio.timeout(PATIENCE):
        while not await one.rows("SELECT key FROM inbox WHERE state = 'open' AND reason IS NOT NULL"):
            await asyncio.sleep(0.02)  # the store has no event for it
        while await one.rows(UNSENT):
            await asyncio.sleep(0.02)  # the same
    await one.wait_for_polls()
    return begun


async def stop_after_another_try(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """The reply is tried again in vain, from its beginning to its end; then somebody stops the session."""
    await one.tried_in_vain()
    return await stop(one, begun)


async def stopped_first(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert made["is_archived"]
    assert await asked(made) == []
    said = await one.on.thread(GENERAL, begun[0])
    if len(said) == 1:
        assert said == [stop_sentences.stopped("ann", 1).text]
    else:  # it died in the middle of the reply's call
        assert said[0].startswith(UNCERTAIN)
        assert said[1:] == [STOPPED]


async def asking(one: Scene) -> tuple[str, str]:
    """A session that asks for yes or no, with all of that announced."""
    begun = await running(one)
    await one.devin.say(begun[1], "Shall I go on?", status_detail="waiting_for_user")
    await one.slack.wait_for_message(GENERAL, "has a question", thread_ts=begun[0], within=PATIENCE)
    await one.quiet()
    return begun


async def choose(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """Press the button until it is acknowledged, as a person does."""
    for _ in range(10):
        post = await one.slack.wait_for_message(GENERAL, "has a question", thread_ts=begun[0], within=PATIENCE)
        if (await one.slack.click(BEN, GENERAL, post["ts"], "quick_answer#1"))["status"] == "acked":
            break
        await one.reachable()
    await one.devin.wait_for_messages("] ben (U0BEN):\n> Yes", seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "ben chose", thread_ts=begun[0], within=PATIENCE)
    await titled(one, begun[1])
    return begun


async def chosen_once(one: Scene, begun: tuple[str, str]) -> None:
    """The answer reaches Devin once, and the post of the question says so, whoever has drawn it."""
    assert await asked(await one_session(one)) == ["Yes"]
    [post] = await one.on.thread(GENERAL, begun[0])
    assert post.endswith(CHOSEN.format(who="ben", option="Yes"))
    assert await one.rows("SELECT answered_by, answer, message FROM turn_ends") == [(BEN, "Yes", None)]


async def remind(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """The reminder is due: of both, which are over by now."""
    due = "UPDATE turn_ends SET remind_at = 1 WHERE settled_at IS NULL RETURNING key"
    if one.on.environment["DATABASE_URL"].startswith("sqlite"):
        with closing(sqlite3.connect(one.folder / "bot.db", timeout=5)) as store, store:
            store.execute(due)
    else:
        await one.rows(due)
    await one.slack.wait_for_message(GENERAL, ":alarm_clock:", thread_ts=begun[0], within=PATIENCE)
    await titled(one, begun[1])
    return begun


async def reminded_once(one: Scene, begun: tuple[str, str]) -> None:
    await one_session(one)
    _, *reminders = await one.on.thread(GENERAL, begun[0])
    assert [text.splitlines()[0] for text in reminders] == [
        f":alarm_clock: <@{ANN}>, {REMINDERS[AnnouncementKind.QUESTION]}"
    ]
    assert await one.rows("SELECT remind_at, reminders FROM turn_ends") == [(None, 1)]


STORIES = [
    Story("a reminder", asking, remind, reminded_once, settings=lambda: {"REMINDER_CHECK": "0.2"}),
    Story("an option is chosen", asking, choose, chosen_once),
    Story("stop in a direct message", running_in_a_direct_message, stop_here, stopped_here),
    Story("a greeting", nothing, greet, greeted),
    Story("thanks to a session that sleeps", asleep, thank, not_woken),
    Story("a reply wakes a session that sleeps", asleep, wake, awake),
    Story(
        "replies to a session at its ceiling wait for a yes",
        past_the_usual_limit,
        wake_after_a_question,
        woken_once,
        settings=lambda: {"BOT_SESSION_ACUS": "1.5"},
    ),
    Story("a reply to a session that Devin does not find for a moment", running, reply_while_not_found, still_running),
    Story("a bare mention with a file in a thread with a file", nothing, bare_mention_with_files, begun_with_files),
    Story("a reply with a file", running, reply_with_a_file, replied_with_a_file),
    Story("replies that were lost are fetched", caught_up, lose_replies, nothing_lost, transports=("socket",)),
    Story("!new in a thread", running, ask_for_another, another_one),
    Story("a line is handed over", running_in_a_direct_message, next_line, line_handed_over),
    Story(
        "a reply under a card that is found late",
        nothing,
        reply_under_a_lost_card,
        replied_once,
        settings=lambda: {"POST_LOOK_UP": "2.5"},
    ),
    Story("the stop button while a reply waits", waiting_reply, stop_after_another_try, stopped_first),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
