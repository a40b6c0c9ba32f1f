"""`SIGKILL` at the steps of what happens seldom: a second yes, the digest, a channel gone, pictures, a duplicate."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.domain.billing import bounds, newest_finished
from bot.domain.notify_choice import NotifyChoice
from bot.domain.session import DisplayState
from bot.features.digest import digest_root
from bot.kernel.upkeep.retention import Retention
from bot.store import sessions
from bot.store.tables import spend as spend_rows
from bot.timing import HOUR
from bot.views import shared_card
from bot.views.announcements import PULL_REQUEST, QUESTION
from bot.views.answers import access as access_sentences
from bot.views.answers import notifications as notification_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.crash.scene import PATIENCE, STATES_OF_DIGESTS, Nursery, Scene, scene
from tests.crash.stage import Stage, killed_in
from tests.crash.steps import AFTER, BEFORE, Moment
from tests.crash.story import TITLE, Story, asked, nothing, one_session, press, running, stopped, titled, typed
from tests.crash.test_kill import archive as archived_by_hand
from tests.scenarios.ahead import running as running_before
from tests.scenarios.ahead import write
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, OPS, WEB

pytestmark = pytest.mark.edge

DM = "D0ANN"
CLOSING = Retention._close.__qualname__
PULL = "https://github.com/acme/web/pull/7"


async def ordered_once(one: Scene) -> None:
    """A session by a command, with all its work done."""
    await typed(one, "fix the login test")
    await one.slack.wait_for_message(GENERAL, "Queued", within=PATIENCE)
    await one.quiet()


async def order_again(one: Scene, _: None) -> None:
    await typed(one, "fix the login test", 2, WEB)  # in a channel of which the ack knows nothing
    for _ in range(10):
        question = await one.slack.wait_for_ephemeral(ANN, "a second time?", within=PATIENCE)
        if (await one.slack.click(ANN, WEB, question["ts"], "answer:start_again:again"))["status"] == "acked":
            break
        await one.reachable()
    made = await one.devin.wait_for_sessions("fix the login test", 2, seconds=PATIENCE)
    await one.slack.wait_for_message(WEB, "Queued", within=PATIENCE)
    await titled(one, made[1]["session_id"], WEB)


async def ordered_twice(one: Scene, _: None) -> None:
    made = await one.devin.sessions()
    cards = [(channel, card) for channel in (GENERAL, WEB) for card in await one.slack.messages(channel, user="U0BOT")]
    assert len(made) == len(cards) == 2
    assert {row["tags"][1] for row in made} == {f"slack-T0PLAY-{channel}-{card['ts']}" for channel, card in cards}


async def mistyped(
    one: Scene, text: str, button: str, *, asked: str = "Nothing was started.", once: bool = False
) -> None:
    """Type a command that is doubted, and press a button under the question until that is acknowledged.

    Where it has to be pressed `once`, a press that was stored is enough: its outcome takes the place of the question.
    """
    for _ in range(10):
        if (await one.slack.slash(ANN, GENERAL, text))["status"] == "acked":
            break
        await one.reachable()
    question = await one.slack.wait_for_ephemeral(ANN, asked, within=PATIENCE)
    for _ in range(10):
        if (await one.slack.click(ANN, GENERAL, question["ts"], button))["status"] == "acked":
            return
        await one.reachable()
        if once and await one.rows("SELECT key FROM inbox WHERE key LIKE 'act:%'"):
            return
    raise AssertionError(f"{button} was never acknowledged")


async def start_as_a_task(one: Scene, _: None) -> None:
    await mistyped(one, "stop flaking", "choose:start", once=True)  # a second press is the same command again
    (made, *_) = await one.devin.wait_for_sessions("stop flaking", seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Queued", within=PATIENCE)
    await titled(one, made["session_id"])


async def started_as_a_task(one: Scene, _: None) -> None:
    await one_session(one, "stop flaking")


async def start_as_corrected(one: Scene, _: None) -> None:
    """Mention the bot with an option that is not valid, and press until that is acknowledged."""
    await one.on.mention("fix it auc=10")
    question = await one.slack.wait_for_ephemeral(ANN, "Nothing was started.", within=PATIENCE)
    for _ in range(10):
        if (await one.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected"))["status"] == "acked":
            break
        await one.reachable()
    (made, *_) = await one.devin.wait_for_sessions("fix it", seconds=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Queued", within=PATIENCE)
    await titled(one, made["session_id"])


async def started_as_corrected(one: Scene, _: None) -> None:
    made = await one_session(one, "fix it")
    assert made["request"]["max_acu_limit"] == 10
    shown = [row["rendered"] for row in await one.slack.ephemerals(user=ANN)]
    assert shown.count(start_sentences.received_in_thread("fix it").text) == 1, (
        "a death may show the question twice, not the outcome"
    )


async def send_what_resembles_a_command(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """Mention the bot in a session's thread with what begins like a command, and press until that is acknowledged."""
    await one.on.mention("report the result", thread_ts=begun[0])
    question = await one.slack.wait_for_ephemeral(ANN, start_sentences.NOT_SENT, within=PATIENCE)
    for _ in range(10):
        if (await one.slack.click(ANN, GENERAL, question["ts"], "answer:command:as_reply"))["status"] == "acked":
            break
        await one.reachable()
    await one.devin.wait_for_messages("report the result", seconds=PATIENCE)
    await titled(one, begun[1])
    return begun


async def sent_once_as_a_reply(one: Scene, _: tuple[str, str]) -> None:
    assert await asked(await one_session(one)) == ["report the result"]
    shown = [row["rendered"] for row in await one.slack.ephemerals(user=ANN)]
    assert shown.count(start_sentences.SENT_ON.text) == 1, "a death may show the question twice, not the outcome"


async def stop_as_meant(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await mistyped(one, "stopp", "choose:stop", asked="Nothing was stopped.")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=begun[0], within=PATIENCE)
    return begun


async def stop_by_command(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await typed(one, "stop")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=begun[0], within=PATIENCE)
    return begun


async def stopped_by_a_press_in(one: Scene, begun: tuple[str, str], text: str, choice: str) -> tuple[str, str]:
    """Type `text` until there is its answer, and press in it until that is acknowledged: the session is stopped."""
    for _ in range(20):
        answer = await one.slack.slash(ANN, OPS, text)
        shown = answer["status"] == "acked" and answer["shown"]
        if shown and (await one.slack.click(ANN, OPS, shown["ts"], choice))["status"] == "acked":
            break
        await one.reachable()
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=begun[0], within=PATIENCE)
    return begun


async def stop_all(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    return await stopped_by_a_press_in(one, begun, "stop all", "choose:stop_all_confirmed")


async def stop_in_a_list(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    return await stopped_by_a_press_in(one, begun, "list", "choose:stop_listed")


async def pause(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """An admin pauses the workspace, until the store has it: the answer may be lost with the process."""
    for _ in range(20):
        if (await one.slack.slash(ANN, OPS, "pause all"))["status"] == "acked":
            break
        await one.reachable()
    await titled(one, begun[1])
    return begun


async def paused_once(one: Scene, _: tuple[str, str]) -> None:
    assert await one.rows("SELECT channel, paused_by FROM pauses") == [("", ANN)]
    assert await one.rows("SELECT action FROM audit WHERE action NOT IN ('start_session', 'reply')") == [("pause",)]
    await one.slack.slash(BEN, WEB, "fix the search test")
    await one.slack.wait_for_ephemeral(BEN, "ann paused Devin Bridge", within=PATIENCE)
    assert len(await one.devin.sessions()) == 1


async def give(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.slack.say(ANN, GENERAL, f"!give <@{BEN}>", thread_ts=begun[0])
    await one.slack.wait_for_message(GENERAL, "gave you this session", thread_ts=begun[0], within=PATIENCE)
    return begun


async def given_once(one: Scene, begun: tuple[str, str]) -> None:
    assert await one.rows("SELECT requester FROM sessions") == [(BEN,)]
    assert await one.rows("SELECT action FROM audit WHERE action NOT IN ('start_session', 'reply')") == [("give",)]
    given = f":handshake: <@{BEN}>, ann gave you this session. Devin's questions come to you now."
    assert await one.on.thread(GENERAL, begun[0]) == [given]


async def choose(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """Choose for all sessions until that is acknowledged, then for the thread; after that Devin asks."""
    ts, devin_id = begun
    for _ in range(20):
        if (await one.slack.slash(ANN, GENERAL, "notify done"))["status"] == "acked":
            break
        await one.reachable()
    await one.slack.say(ANN, GENERAL, "!notify off", thread_ts=ts)
    confirmed = notification_sentences.notify_set(NotifyChoice.OFF, in_thread=True).text
    await one.slack.wait_for_ephemeral(ANN, confirmed, within=PATIENCE)
    await one.devin.say(devin_id, "Which branch?", status_detail="waiting_for_user")
    await one.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts, within=PATIENCE)
    return begun


async def chosen(one: Scene, begun: tuple[str, str]) -> None:
    assert await one.on.thread(GENERAL, begun[0]) == [f"{QUESTION.format(who='ann')}\nWhich branch?"]
    assert await one.rows("SELECT channel, thread, choice FROM notifications") == [(GENERAL, begun[0], "off")]
    assert await one.rows("SELECT scope, subject, key FROM settings") == [("person", ANN, "notify")]


async def subscribe(one: Scene, _: None) -> None:
    """Ask for a digest until that is acknowledged, and wait for the answer."""
    for _ in range(20):
        if (await one.slack.slash(ADA, GENERAL, "digest add weekly"))["status"] == "acked":
            break
        await one.reachable()
    await one.slack.wait_for_ephemeral(ADA, f"<#{GENERAL}> gets the weekly digest", within=PATIENCE)
    await digests_begin(one)


async def subscribed(one: Scene) -> None:
    """A channel that gets a digest, with all of that announced."""
    await subscribe(one, None)
    await one.quiet()


async def subscribed_once(one: Scene, _: None) -> None:
    """One subscription, and one audit row for each command that was stored."""
    assert await one.rows("SELECT channel, edition FROM subscriptions") == [(GENERAL, "weekly")]
    (commands,) = await one.rows("SELECT count(*) FROM inbox WHERE key LIKE 'cmd:%'")
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'digest'") == [commands]


async def unsubscribe(one: Scene, _: None) -> None:
    """Remove the first digest of a list, until it is not there any more."""
    for text, words in (("digest list", "1. "), ("digest remove 1", "emoved")):
        for _ in range(20):
            answer = await one.slack.slash(ADA, GENERAL, text)
            if answer["status"] == "acked":
                assert words in answer["shown"]["rendered"]
                break
            await one.reachable()


async def unsubscribed_once(one: Scene, _: None) -> None:
    """No subscription, and one audit row for each change: an answer that got lost has it removed no second time."""
    assert await one.rows("SELECT channel, edition FROM subscriptions") == []
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'digest'") == [(2,)]


def digest_half_an_hour_ago() -> dict[str, str]:
    """Settings: the bot's first start was an hour ago by its clock, and the digest's time has come since then."""
    at = datetime.fromtimestamp(time.time(), UTC) - timedelta(minutes=30)
    when = {"BOT_DIGEST_TIME": f"{at:%H:%M}", "BOT_TIMEZONE": "UTC", "BEHIND": "3600"}
    return {"BOT_ADMIN_CHANNEL": OPS, "BOT_DIGEST_QUIET": "post"} | when


async def first_start_noted(one: Scene) -> tuple[str, str]:
    """A session with all its work done, bills to draw a chart of, and the note from when on digests are wanted."""
    today = datetime.fromtimestamp(time.time(), UTC).date()
    for back in range(1, 5):
        await one.devin.consumption((today - timedelta(days=back)).isoformat(), 2.5)
    begun = await running(one)
    await digests_begin(one)
    return begun


async def digests_begin(one: Scene) -> None:
    """Wait until it is noted from when on digests are wanted."""
    async with asyncio.timeout(PATIENCE):
        while not await one.rows("SELECT name FROM due WHERE name LIKE 'digest:%'"):
            await asyncio.sleep(0.05)  # the store has no event for it


async def time_comes(one: Scene, begun: tuple[str, str]) -> None:
    root = await one.slack.wait_for_message(OPS, digest_root.DAY, within=PATIENCE)
    await one.slack.wait_for_message(OPS, "ACUs a day, ", thread_ts=root["ts"], within=PATIENCE)
    await one.slack.wait_for_message(OPS, "as CSV.", thread_ts=root["ts"], within=PATIENCE)
    await titled(one, begun[1])


async def one_digest(one: Scene, _: None) -> None:
    """The root, and the chart and the file in its thread, once each."""
    said = [message["rendered"] for message in await one.slack.messages(OPS, user="U0BOT")]
    assert ["ACUs a day, " in text for text in said] == [False, True, False], said
    assert ["as CSV." in text for text in said] == [False, False, True], said
    assert await one.rows(STATES_OF_DIGESTS) == [("sent",)] * 3


async def watched(one: Scene) -> tuple[str, str]:
    """A running session that the poller has seen since its last change."""
    begun = await running(one)
    await one.polled()
    await one.quiet()
    return begun


async def duplicate(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """A second session with the reference of the first, as a worker makes it that was frozen in its call."""
    ours = await one.devin.session(begun[1])
    facts: dict[str, Any] = {"prompt": ours["prompt"], "tags": ours["tags"], "created_at": ours["created_at"] + 5}
    await one.devin.create_sessions(**facts, status="running")
    await one.slack.wait_for_message(GENERAL, "started this task twice", thread_ts=begun[0], within=PATIENCE)
    await titled(one, begun[1])
    return begun


async def younger_ended(one: Scene, begun: tuple[str, str]) -> None:
    older, younger = await one.devin.sessions()
    assert (older["session_id"], older["terminated"], younger["terminated"]) == (begun[1], False, True)
    (said,) = await one.on.thread(GENERAL, begun[0])
    assert said.startswith(":information_source: Devin started this task twice after a network error. ")


async def copied(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """A session of somebody else's with the reference of the first."""
    ours = await one.devin.session(begun[1])
    facts: dict[str, Any] = {"tags": ours["tags"], "created_at": ours["created_at"] + 5, "service_user_id": "another"}
    await one.devin.create_sessions(prompt="A copy", **facts, status="running")
    await one.slack.wait_for_message(OPS, "has the reference of a thread", within=PATIENCE)
    await titled(one, begun[1])
    return begun


async def left_alone(one: Scene, begun: tuple[str, str]) -> None:
    assert not any(made["terminated"] for made in await one.devin.sessions())
    assert await one.on.thread(GENERAL, begun[0]) == []
    (_,) = await one.slack.messages(OPS, user="U0BOT", text="has the reference of a thread")


def admins_in_a_channel() -> dict[str, str]:
    return {"BOT_ADMIN_CHANNEL": OPS}


async def archive(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """A channel is archived, and then Devin gives the session a title, which its card cannot show any more."""
    await one.slack.archive(GENERAL)
    await one.slack.wait_for_message(DM, "can no longer post in", within=PATIENCE)
    await one.devin.set(begun[1], title=TITLE)
    async with asyncio.timeout(PATIENCE):
        while await one.rows("SELECT title FROM sessions") != [(TITLE,)]:
            await asyncio.sleep(0.05)  # the store has no event for it
    return begun


async def announced_once(one: Scene, begun: tuple[str, str]) -> None:
    """The requester knows that the thread has fallen silent; the session goes on."""
    (said,) = await one.slack.messages(DM, user="U0BOT")
    assert said["rendered"].startswith(f":warning: Devin Bridge can no longer post in <#{GENERAL}>")
    (made,) = await one.devin.sessions()
    assert (made["session_id"], made["is_archived"]) == (begun[1], False)


async def hand_over(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    cart = {"name": "cart.png", "content": "PNG of the cart"}
    await one.devin.attach(begun[1], "login.png", "PNG of the login", say="Look.", more=[cart])
    await one.devin.say(begun[1], "That is all.")
    await one.on.wait_for_post(GENERAL, begun[0], "That is all.", within=PATIENCE)
    await titled(one, begun[1])
    return begun


async def shown_once_in_order(one: Scene, begun: tuple[str, str]) -> None:
    said = (await one.slack.messages(GENERAL, thread_ts=begun[0], user="U0BOT"))[1:]
    assert [(message["text"] and message["rendered"], len(message.get("files", []))) for message in said] == [
        ("Look.", 0),
        ("", 2),
        ("That is all.", 0),
    ]


async def share(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """A channel becomes shared, and Devin goes on speaking."""
    await one.slack.share(GENERAL)
    await one.slack.wait_for_message(DM, "is now shared with another company", within=PATIENCE)
    await one.slack.wait_for_message(GENERAL, shared_card.WITHHELD, thread_ts=begun[0], within=PATIENCE)
    await one.devin.say(begun[1], "The secret plan is ready.")
    async with asyncio.timeout(PATIENCE):
        while not await one.rows("SELECT key FROM outbox WHERE key LIKE 'say:%' AND state = 'dead'"):
            await asyncio.sleep(0.05)  # the store has no event for it
    return begun


async def silent_and_announced_once(one: Scene, begun: tuple[str, str]) -> None:
    """The asker knows why the thread is silent; the session goes on."""
    assert len(await one.slack.messages(DM, user="U0BOT")) == 1
    assert await one.on.thread(GENERAL, begun[0]) == []
    (made,) = await one.devin.sessions()
    assert (made["session_id"], made["is_archived"]) == (begun[1], False)


async def become_a_guest(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """The asker becomes a guest, and asks for more once the bot knows it."""
    await one.slack.put_person(ANN, is_restricted=True)
    async with asyncio.timeout(PATIENCE):
        while await one.rows("SELECT is_guest FROM people WHERE \"user\" = 'U0ANN'") != [(1,)]:
            await asyncio.sleep(0.05)  # the store has no event for it
    await one.on.mention("fix the logout test")
    await one.slack.wait_for_ephemeral(ANN, access_sentences.GUEST_REFUSED.text, within=PATIENCE)
    await titled(one, begun[1])
    return begun


async def nothing_more_started(one: Scene, _: tuple[str, str]) -> None:
    await one_session(one)
    shown = [row["rendered"] for row in await one.slack.ephemerals(user=ANN)]
    assert set(shown) == {access_sentences.GUEST_REFUSED.text}


async def tags_refused(one: Scene) -> None:
    """A Devin that takes no tags, which the bot does not know yet."""
    await one.devin.switch(tags_refused=True)


async def mention(one: Scene, _: None) -> str:
    ts = await one.on.mention("fix the login test")
    await one.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=PATIENCE)
    (made, *_) = await one.devin.sessions(text="fix the login test")
    await titled(one, made["session_id"])
    return ts


async def begun_without_tags(one: Scene, ts: str) -> None:
    made = await one_session(one)
    assert made["tags"] == []
    assert f"Reference: slack-T0PLAY-{GENERAL}-{ts}" in made["prompt"]
    assert await one.on.thread(GENERAL, ts) == []


async def one_ended_one_running(one: Scene) -> tuple[str, str]:
    """Two sessions of Devin, one of which was archived for good."""
    ts, ended = await running(one)
    await archived_by_hand(one, (ts, ended))
    _, goes_on = await one.on.started("fix another test")
    await one.quiet()
    await one.polled()
    return ended, goes_on


async def spend(one: Scene, both: tuple[str, str]) -> tuple[str, str]:
    """First the session that has ended changes without a cost, then each of them costs more."""
    await one.devin.set(both[0], title="Ended")
    await one.wait_for_polls()
    for devin_id in both:
        await one.devin.set(devin_id, acus_consumed=2.5)
    async with asyncio.timeout(PATIENCE):
        while len(await spent(one)) < len(both):
            await asyncio.sleep(0.05)  # the store has no event for it
    await titled(one, both[1])
    return both


async def spent(one: Scene) -> list[Any]:
    """What each session has cost, as the store has it."""
    return await one.rows("SELECT SUM(acus) FROM spend GROUP BY session_id HAVING SUM(acus) > 0")


async def counted_once(one: Scene, both: tuple[str, str]) -> None:
    assert await spent(one) == [(2.5,), (2.5,)]


async def merged_after_the_end(one: Scene) -> tuple[str, str]:
    """A session that was archived for good two hours ago by the bot's clock, and its pull request is merged since.

    It is merged before the clock goes on: the first sweep is then, and the next one a day later.
    """
    begun = await running(one)
    await one.devin.pr(begun[1], PULL)
    await one.slack.wait_for_message(GENERAL, "New pull request", thread_ts=begun[0], within=PATIENCE)
    await archived_by_hand(one, begun)
    await one.quiet()
    await one.devin.pr(begun[1], PULL, "merged")
    return begun


async def sweep(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    async with asyncio.timeout(PATIENCE):
        while await one.rows("SELECT state FROM pull_requests") != [("merged",)]:
            await asyncio.sleep(0.05)  # the store has no event for it
    return begun


async def merged_silently(one: Scene, begun: tuple[str, str]) -> None:
    """It counts for reports. Nothing more is said in the thread of a session that is over."""
    assert await one.rows("SELECT url, merged_at IS NOT NULL FROM pull_requests") == [(PULL, True)]
    opened = PULL_REQUEST.format(pull_request=f"<{PULL}|acme/web#7> (open)")
    assert await one.on.thread(GENERAL, begun[0]) == [opened, stop_sentences.archived("ann").text]


async def used_before(one: Scene) -> tuple[str, str]:
    """A session of which ACUs of an earlier day are booked on the running one."""
    begun = await running(one)
    earlier = bounds(newest_finished(time.time()))[0] + HOUR
    await one.devin.clock(offset=earlier - time.time())
    await one.devin.spend(begun[1], 1.5)
    await one.devin.clock(offset=0)
    await one.devin.spend(begun[1], 0.5)
    async with asyncio.timeout(PATIENCE):
        while await one.rows("SELECT sum(acus) FROM spend") != [(2.0,)]:
            await asyncio.sleep(0.05)  # the store has no event for it
    await one.quiet()
    return begun


async def seen_late(one: Scene, _: None) -> None:
    """It is in doubt on which days they were used, as after an outage."""
    since = newest_finished(time.time()).isoformat()
    await write(one.on, lambda tx: tx.execute(update(spend_rows).values(used_since=since)))
    async with asyncio.timeout(PATIENCE):
        while await one.rows("SELECT 1 FROM spend WHERE used_since IS NOT NULL"):
            await asyncio.sleep(0.05)  # the store has no event for it


async def divided_once(one: Scene, _: None) -> None:
    found = await one.rows("SELECT acus, ask_at IS NULL FROM spend WHERE acus > 0 ORDER BY day")
    assert [tuple(row) for row in found] == [(1.5, True), (0.5, False)]


async def ticks(one: Scene, _: None) -> None:
    """Nobody does anything until the bot has done all that it does by the clock."""
    async with asyncio.timeout(PATIENCE):
        while len(await one.rows("SELECT 1 FROM due WHERE name LIKE 'consumption:%' OR name LIKE 'cycles:%'")) < 2:
            await asyncio.sleep(0.05)  # the store has no event for it
        while not await one.rows("SELECT 1 FROM user_group_members"):
            await asyncio.sleep(0.05)  # the same


async def works(one: Scene, _: None) -> None:
    ts = await mention(one, None)
    assert (await one_session(one))["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{ts}"]


async def stop_somebody_elses(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await press(one, begun[0], "stop", BEN)
    for _ in range(10):
        question = await one.slack.wait_for_ephemeral(BEN, "Stop it?", within=PATIENCE)
        if (await one.slack.click(BEN, GENERAL, question["ts"], "choose:stop_confirmed"))["status"] == "acked":
            break
        await one.reachable()
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.on.wait_for_post(GENERAL, begun[0], stop_sentences.stopped("ben").text, within=PATIENCE)
    return begun


async def stopped_once(one: Scene, begun: tuple[str, str]) -> None:
    assert (await one_session(one))["is_archived"]
    assert await one.on.thread(GENERAL, begun[0]) == [f"<@{ANN}> {stop_sentences.stopped('ben').text}"]


STORIES = [
    Story("somebody else stops", running, stop_somebody_elses, stopped_once),
    Story("a command again and yes", ordered_once, order_again, ordered_twice),
    Story("a doubtful text is a task", nothing, start_as_a_task, started_as_a_task),
    Story("a malformed option is corrected", nothing, start_as_corrected, started_as_corrected),
    Story("a doubtful mention is a reply", running, send_what_resembles_a_command, sent_once_as_a_reply),
    Story("a doubtful text is a stop", running, stop_as_meant, stopped),
    Story("a stop by command", running, stop_by_command, stopped),
    Story("a stop in a list", running, stop_in_a_list, stopped),
    Story("a stop of all", running, stop_all, stopped),
    Story("a pause", running, pause, paused_once, settings=lambda: {"BOT_ADMIN_USERS": ANN}),
    Story("a session is handed over", running, give, given_once),
    Story("a choice of who is mentioned", running, choose, chosen),
    Story("a channel subscribes to a digest", nothing, subscribe, subscribed_once),
    Story("a channel gets a digest no longer", subscribed, unsubscribe, unsubscribed_once),
    Story("the digest", first_start_noted, time_comes, one_digest, settings=digest_half_an_hour_ago),
    Story("a channel is archived", running, archive, announced_once),
    Story("Devin hands pictures over", running, hand_over, shown_once_in_order),
    Story("a channel becomes shared", running, share, silent_and_announced_once),
    Story("somebody becomes a guest", running, become_a_guest, nothing_more_started),
    Story("a start without tags", tags_refused, mention, begun_without_tags),
    Story("a duplicate is ended", watched, duplicate, younger_ended),
    Story("a reference is copied", watched, copied, left_alone, settings=admins_in_a_channel),
    Story("Devin says on which days a session used what", used_before, seen_late, divided_once),
    Story("sessions cost more, one after its end", one_ended_one_running, spend, counted_once),
    Story(
        "a pull request is merged after the end of its session",
        merged_after_the_end,
        sweep,
        merged_silently,
        settings=lambda: {"PULL_REQUESTS": "0.3", "BEHIND": "7200"},
    ),
    Story(
        "the first start",
        nothing,
        ticks,
        works,
        settings=lambda: {"BOT_ADMIN_CHANNEL": OPS, "BOT_ADMIN_GROUP": "S0BACKEND", "FIRST_PURGE": "0"},
        from_the_start=True,
    ),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
async def test_a_kill_while_a_session_is_closed_for_its_age_leaves_no_card_that_promises_more(
    when: str, tmp_path: Path, nursery: Nursery
) -> None:
    async with scene(tmp_path, nursery, Moment(CLOSING, when), FIRST_PURGE="0") as one:
        (known,) = await running_before(one.on, 1, [GENERAL])
        await write(
            one.on, lambda tx: sessions.change(tx, known.id, status="suspended", detail="inactivity", ended_at=1.0)
        )
        one.arm()
        await one.keep()
        await one.guarded(
            one.slack.wait_for_message(GENERAL, STATE_SENTENCES[DisplayState.ENDED], ts=known.card_ts, within=PATIENCE)
        )
        assert one.deaths == 1
