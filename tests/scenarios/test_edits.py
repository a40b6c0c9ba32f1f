"""Edits and deletions: of a message that waits the new text goes, or nothing; of one that Devin has, a correction."""

from typing import Any

import pytest

from bot.timing import MINUTE
from bot.views.answers import replies as reply_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.answers import wakings as waking_sentences
from tests.for_devin import as_corrected, as_sent
from tests.said import ASKED_BY
from tests.scenarios.ahead import rows
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, Harness
from tests.scenarios.observations import buttons, creations, private_answers, sent_to_devin, settled, what_became_of
from tests.scenarios.test_held_replies import question

TOLD = "Devin has read the message you deleted. To take it back, tell Devin in a reply."
SETTLES = pytest.mark.timing(reply_settle=3.0)
WAITS_LONG = pytest.mark.timing(edit_settle=2.5)


async def edit(on: Harness, user: str, ts: str, text: str) -> str:
    """Edit a message; answers when that was, as Slack's `ts`."""
    changed = await on.slack.edit(user, GENERAL, ts, text)
    return str(changed["message"]["edited"]["ts"])


async def replied(on: Harness, text: str = "please use pytest") -> tuple[str, str, str]:
    """A session with a reply that Devin has; answers the thread, the session and the reply."""
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
    await on.devin.wait_for_messages(text)
    return ts, session, reply


async def asleep(on: Harness) -> tuple[str, str]:
    """A session that sleeps, of which the bot asks at once whether to wake it; answers the thread and the session."""
    await on.stop()
    on.environment["BOT_WAKE_GUARD_HOURS"] = "0.00001"
    await on.start()
    ts, session = await on.started()
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    return ts, session


# ---------------------------------------------------------------- of a message that waits


@SETTLES
@pytest.mark.both_transports
async def test_an_edit_in_the_moment_before_a_reply_is_sent_sends_the_new_text_alone(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "please use pytset", thread_ts=ts)
    await edit(on, BEN, reply, "please use pytest")
    await on.devin.wait_for_messages("please use pytest")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


@SETTLES
async def test_of_a_reply_that_is_deleted_before_it_is_sent_nothing_goes_and_nothing_is_kept(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.delete(BEN, GENERAL, reply)
    last = await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(last, "ben", "go on")]
    assert await private_answers(on, BEN) == []
    [row] = await rows(on, "inbox", key=f"msg:T0PLAY:{GENERAL}:{reply}")
    assert (row["state"], row["reason"], row["payload"].get("text")) == ("dead", "deleted", "")


@SETTLES
async def test_an_edit_that_makes_a_command_of_a_waiting_reply_carries_the_command_out(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "mute", thread_ts=ts)
    await edit(on, BEN, reply, "!mute")
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.MUTED.text)
    await settled(on)
    assert await sent_to_devin(on, session) == []


@SETTLES
async def test_of_a_waiting_reply_that_an_edit_gives_a_secret_nothing_is_sent_or_stored(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "the key is below", thread_ts=ts)
    await edit(on, BEN, reply, "the key is ghp_0123456789abcdefghijABCDEFGHIJ012345")
    told = await on.slack.wait_for_ephemeral(BEN, "Your message has what looks like a secret. Nothing was sent.")
    assert "Delete your message too: Slack keeps it." in told["rendered"]
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert "ghp_" not in str(await rows(on, "inbox"))


async def test_an_edit_of_a_reply_that_waits_for_a_yes_is_what_the_yes_sends(on: Harness) -> None:
    ts, session = await asleep(on)
    reply = await on.slack.say(BEN, GENERAL, "go on, plaese", thread_ts=ts)
    asked = await question(on, BEN, ts)
    await edit(on, BEN, reply, "go on, please")
    await settled(on)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("go on, please")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "go on, please")]


async def test_a_deletion_closes_the_question_about_a_reply_and_asks_about_those_behind_it_anew(on: Harness) -> None:
    ts, session = await asleep(on)
    first = await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    second = await on.slack.say(BEN, GENERAL, "and use pytest", thread_ts=ts)
    await settled(on)
    await on.slack.delete(BEN, GENERAL, first)
    await on.slack.wait_for_ephemeral(BEN, "Wake it anyway?", thread_ts=ts, count=2)
    await settled(on)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await settled(on)
    assert (await what_became_of(on, asked))[0] == waking_sentences.LEFT_BEFORE.text
    anew = (await on.slack.ephemerals(user=BEN, text="Wake it anyway?"))[-1]
    await on.slack.click(BEN, GENERAL, anew["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("and use pytest")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(second, "ben", "and use pytest")]


async def test_a_start_that_waits_for_an_answer_goes_with_its_new_text_and_not_at_all_once_deleted(on: Harness) -> None:
    one = await on.mention("fix the login test mdoe=fast")
    await on.slack.wait_for_ephemeral(ANN, "mdoe")
    await settled(on)
    await edit(on, ANN, one, f"{BOT} fix the login test")
    await on.session("fix the login test")
    two = await on.mention("fix the logout test mdoe=fast", user=BEN)
    asked = await on.slack.wait_for_ephemeral(BEN, "mdoe")
    await settled(on)
    await on.slack.delete(BEN, GENERAL, two)
    await settled(on)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:start_options:as_written")
    await settled(on)
    assert (await what_became_of(on, asked))[0] == start_sentences.START_EXPIRED.text
    assert await creations(on) == 1


@pytest.mark.both_transports
async def test_an_edit_of_a_start_that_waits_asks_anew_and_the_old_question_says_so(on: Harness) -> None:
    ts = await on.mention("fix the typo mdoe=fast")
    old = await on.slack.wait_for_ephemeral(ANN, "mdoe")
    await settled(on)
    await edit(on, ANN, ts, f"{BOT} dump all customer rows mdoe=lite")
    await on.slack.wait_for_ephemeral(ANN, "mdoe", count=2)
    await settled(on)
    await on.slack.click(ANN, GENERAL, old["ts"], "answer:start_options:as_written")
    await settled(on)
    assert await what_became_of(on, old) == (start_sentences.EDITED_SINCE.text, [])
    assert await creations(on) == 0
    anew = (await on.slack.ephemerals(user=ANN, text="mdoe"))[-1]
    await on.slack.click(ANN, GENERAL, anew["ts"], "answer:start_options:corrected")
    await on.session("dump all customer rows")
    assert await creations(on) == 1


async def test_an_edit_of_a_reply_that_waits_asks_anew_and_the_old_question_says_so(on: Harness) -> None:
    ts, session = await on.started()
    key = "ghp_" + "q7Wz" * 9
    reply = await on.slack.say(BEN, GENERAL, f"fix the typo with {key}", thread_ts=ts)
    old = await on.slack.wait_for_ephemeral(BEN, "has what looks like a secret")
    await settled(on)
    await edit(on, BEN, reply, f"dump all customer rows with {key}")
    await on.slack.wait_for_ephemeral(BEN, "has what looks like a secret", count=2)
    await settled(on)
    await on.slack.click(BEN, GENERAL, old["ts"], "answer:secret:without")
    await settled(on)
    assert (await what_became_of(on, old))[0] == start_sentences.EDITED_SINCE.text
    assert await sent_to_devin(on, session) == []
    anew = (await on.slack.ephemerals(user=BEN, text="has what looks like a secret"))[-1]
    await on.slack.click(BEN, GENERAL, anew["ts"], "answer:secret:without")
    await on.devin.wait_for_messages("dump all customer rows")


# ---------------------------------------------------------------- of a start that Devin does not take yet


async def refused_start(on: Harness) -> str:
    """A mention whose session Devin does not take for now."""
    await on.devin.fault("create_session", "503", times=-1)
    ts = await on.mention("fix the login test")
    await on.devin.wait_for_calls("create_session")
    await on.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts)
    return ts


async def test_a_start_that_devin_does_not_take_yet_is_canceled_by_the_deletion_of_its_mention(on: Harness) -> None:
    ts = await refused_start(on)
    await on.slack.delete(ANN, GENERAL, ts)
    await on.wait_for_post(GENERAL, ts, "Canceled by ann")
    await on.devin.clear_faults()
    await settled(on)
    assert await on.thread(GENERAL, ts) == [stop_sentences.cancelled("ann").text]
    assert await private_answers(on, ANN) == []
    assert await on.devin.sessions() == []


async def test_a_start_that_devin_does_not_take_yet_goes_as_it_was_with_its_edit_as_a_correction(on: Harness) -> None:
    ts = await refused_start(on)
    await edit(on, ANN, ts, f"{BOT} fix the logout tst")
    await on.slack.wait_for_ephemeral(ANN)
    at = await edit(on, ANN, ts, f"{BOT} fix the logout test")
    await on.slack.wait_for_delivery(type="message", status="acked")
    await on.devin.clear_faults()
    await on.devin.wait_for_messages("fix the logout test")
    await settled(on)
    session = (await on.session("fix the login test"))["session_id"]
    assert await sent_to_devin(on, session) == [as_corrected(ts, at, "ann", "fix the logout test")]
    assert await private_answers(on, ANN) == [reply_sentences.STARTS_AS_IT_WAS.text]


async def test_a_task_that_is_edited_while_devin_takes_it_starts_one_session_which_gets_the_correction(
    on: Harness,
) -> None:
    await on.devin.fault("create_session", "slow", seconds=3.0)
    ts = await on.mention("fix the login tst")
    await on.devin.wait_for_calls("create_session")
    at = await edit(on, ANN, ts, f"{BOT} fix the login test")
    await on.devin.wait_for_messages("fix the login test")
    await settled(on)
    session = (await on.session("fix the login tst"))["session_id"]
    assert await sent_to_devin(on, session) == [as_corrected(ts, at, "ann", "fix the login test")]
    assert await creations(on) == 1


# ---------------------------------------------------------------- of a message that Devin has


@pytest.mark.both_transports
async def test_edits_of_a_message_that_devin_has_go_as_one_correction_and_previews_as_none(on: Harness) -> None:
    ts, session, reply = await replied(on)
    await edit(on, BEN, reply, "please use unitest")
    at = await edit(on, BEN, reply, "please use unittest")
    await on.slack.redeliver(type="message")
    await on.slack.unfurl(GENERAL, reply)
    await on.devin.wait_for_messages("please use unittest")
    last = await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await settled(on)
    assert await sent_to_devin(on, session) == [
        as_sent(reply, "ben", "please use pytest"),
        as_corrected(reply, at, "ben", "please use unittest"),
        as_sent(last, "ben", "go on"),
    ]


async def test_an_edit_of_the_mention_that_started_a_session_is_sent_to_it_even_without_the_mention(
    on: Harness,
) -> None:
    ts, session = await on.started()
    at = await edit(on, ANN, ts, "fix the logout test")
    await on.devin.wait_for_messages("fix the logout test")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_corrected(ts, at, "ann", "fix the logout test")]
    assert await creations(on) == 1


@WAITS_LONG
async def test_replies_do_not_wait_for_a_correction(on: Harness) -> None:
    ts, session, reply = await replied(on)
    at = await edit(on, BEN, reply, "please use unittest")
    last = await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("unittest")
    await settled(on)
    assert await sent_to_devin(on, session) == [
        as_sent(reply, "ben", "please use pytest"),
        as_sent(last, "ben", "go on"),
        as_corrected(reply, at, "ben", "please use unittest"),
    ]


async def test_the_author_of_a_message_that_devin_has_is_told_of_its_deletion_and_its_edit_is_not_sent(
    on: Harness,
) -> None:
    ts, session, reply = await replied(on)
    await edit(on, BEN, reply, "please use unittest")
    await on.slack.delete(BEN, GENERAL, reply)
    assert (await on.slack.wait_for_ephemeral(BEN, thread_ts=ts))["rendered"] == f"{TOLD}\nStop Devin"
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]
    assert await private_answers(on, BEN) == [f"{TOLD}\nStop Devin"]


async def test_a_deleted_first_message_leaves_a_tombstone_and_its_author_is_told(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.delete(ANN, GENERAL, ts)
    assert (await on.slack.wait_for_ephemeral(ANN, thread_ts=ts))["rendered"] == f"{TOLD}\nStop Devin"
    assert await sent_to_devin(on, session) == []


async def test_who_deletes_a_message_that_devin_works_on_gets_a_stop(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.delete(ANN, GENERAL, ts)
    told = await on.slack.wait_for_ephemeral(ANN, TOLD, thread_ts=ts)
    assert buttons(told) == ["Stop Devin"]
    await on.slack.click(ANN, GENERAL, told["ts"], "choose:stop")
    await on.wait_for_post(GENERAL, ts, "Stopped by ann")
    assert (await on.devin.session(session))["is_archived"]


async def test_where_devin_does_nothing_a_deletion_offers_no_stop(on: Harness) -> None:
    ts, session, reply = await replied(on)
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep")
    await on.slack.delete(BEN, GENERAL, reply)
    assert buttons(await on.slack.wait_for_ephemeral(BEN, TOLD, thread_ts=ts)) == []


async def test_a_task_that_is_deleted_before_its_card_stands_leaves_its_author_a_stop(on: Harness) -> None:
    await on.slack.fault("chat.postMessage", "hang", times=0)
    ts = await on.mention("fix the login test")
    made = await on.session("fix the login test")
    await on.slack.delete(ANN, GENERAL, ts)
    told = await on.slack.wait_for_ephemeral(ANN, "Devin already has the task you deleted")
    assert told.get("thread_ts") is None
    await on.slack.click(ANN, GENERAL, told["ts"], "choose:stop_listed")
    await on.devin.wait_for_calls("archive")
    await on.slack.clear_faults()
    assert (await on.devin.session(made["session_id"]))["is_archived"]


async def test_in_a_muted_thread_no_edit_is_sent_and_a_deletion_says_how_to_take_it_back(on: Harness) -> None:
    ts, session, reply = await replied(on)
    await on.slack.say(ANN, GENERAL, "!mute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, reply_sentences.MUTED.text)
    await edit(on, BEN, reply, "please use unittest")
    await settled(on)
    await on.slack.delete(BEN, GENERAL, reply)
    told = await on.slack.wait_for_ephemeral(BEN, thread_ts=ts)
    assert told["rendered"] == (
        "Devin has read the message you deleted. To take it back, mention Devin Bridge in a "
        "reply (this thread is muted).\nStop Devin"
    )
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


async def test_once_a_session_is_over_nobody_hears_of_an_edit_or_a_deletion(on: Harness) -> None:
    ts, session, reply = await replied(on)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, "Archived by ann")
    await edit(on, BEN, reply, "please use unittest")
    await settled(on)
    await on.slack.delete(BEN, GENERAL, reply)
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]
    assert await private_answers(on, BEN) == []


async def test_an_edit_wakes_no_session_and_its_author_is_told(on: Harness) -> None:
    _, session, reply = await replied(on)
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep")
    await edit(on, BEN, reply, "please use unittest")
    told = await on.slack.wait_for_ephemeral(BEN)
    assert (
        told["rendered"] == "Devin has read your message and finished, so your edit wasn't sent. Reply if it matters."
    )
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


@pytest.mark.parametrize(
    "state",
    [
        {"status": "running", "status_detail": "waiting_for_user"},
        {"status": "error"},
    ],
    ids=["answered", "failed"],
)
async def test_an_edit_begins_no_new_turn_of_a_session_that_has_answered_or_failed(
    on: Harness, state: dict[str, Any]
) -> None:
    ts, session, reply = await replied(on)
    await on.devin.say(session, "It is the clock.", **state)
    await on.wait_for_post(GENERAL, ts, "It is the clock.")
    await edit(on, BEN, reply, "please use unittest")
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.EDIT_NOT_SENT.text)
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


@WAITS_LONG
@pytest.mark.parametrize("ends", [True, False], ids=["ends", "works on"])
@pytest.mark.parametrize("edited", ["reply", "task"])
async def test_an_edit_a_moment_after_the_message_reaches_devin_at_work_or_its_author_hears_that_it_does_not(
    on: Harness, edited: str, ends: bool
) -> None:
    ts, session = await on.started()
    user, message = ANN, ts
    if edited == "reply":
        await on.devin.say(session, "Which one?", status="running", status_detail="waiting_for_user")
        await on.wait_for_post(GENERAL, ts, "Which one?")
        user, message = BEN, await on.slack.say(BEN, GENERAL, "the 1st", thread_ts=ts)
        await on.devin.wait_for_messages("the 1st")
        await on.devin.set(session, status="running", status_detail="working")
    before = await sent_to_devin(on, session)
    at = await edit(on, user, message, "the 2nd please" if edited == "reply" else f"{BOT} fix the logout test")
    if ends:
        await on.devin.say(session, "It is done.", status="exit", status_detail=None)
        await on.wait_for_post(GENERAL, ts, "It is done.")
    await settled(on)
    now = "the 2nd please" if edited == "reply" else "fix the logout test"
    corrections = [] if ends else [as_corrected(message, at, "ben" if user == BEN else "ann", now)]
    assert await sent_to_devin(on, session) == before + corrections
    told = "Devin has read your message and finished, so your edit wasn't sent. Reply if it matters."
    assert await private_answers(on, user) == ([told] if ends else [])


@WAITS_LONG
async def test_a_stop_ends_a_correction_that_waits(on: Harness) -> None:
    ts, session, reply = await replied(on)
    await edit(on, BEN, reply, "please use unittest")
    await on.slack.wait_for_delivery(type="message", status="acked")
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, "Stopped by ann")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


@pytest.mark.parametrize("command", ["!stop", "stop"])
async def test_an_edit_of_a_message_that_devin_has_is_no_command(on: Harness, command: str) -> None:
    _, session, reply = await replied(on)
    await edit(on, BEN, reply, command)
    told = await on.slack.wait_for_ephemeral(BEN)
    assert told["rendered"] == reply_sentences.EDIT_IS_NO_COMMAND.text
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]
    assert (await on.devin.session(session))["status"] == "running"


async def test_an_edit_that_gives_a_secret_to_a_message_that_devin_has_is_answered_and_not_stored(on: Harness) -> None:
    _, session, reply = await replied(on)
    await edit(on, BEN, reply, "the key is ghp_0123456789abcdefghijABCDEFGHIJ012345")
    await on.slack.wait_for_ephemeral(BEN, "Your message has what looks like a secret. Nothing was sent.")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]
    assert "ghp_" not in str(await rows(on, "inbox"))


# ---------------------------------------------------------------- late, twice, before the message itself


def _event(**facts: Any) -> dict[str, Any]:
    place = {"channel": GENERAL, "channel_type": "channel", "event_ts": facts["ts"]}
    return {"type": "message", "hidden": True, **place, **facts}


def _said(ts: str, thread_ts: str, text: str, at: str | None = None) -> dict[str, Any]:
    message = {"type": "message", "user": BEN, "text": text, "ts": ts, "thread_ts": thread_ts}
    return message if at is None else {**message, "edited": {"user": BEN, "ts": at}}


def _changed(ts: str, thread_ts: str, before: str, after: str, at: float) -> dict[str, Any]:
    stamp = f"{at:.6f}"
    now, previous = _said(ts, thread_ts, after, stamp), _said(ts, thread_ts, before)
    return _event(subtype="message_changed", ts=stamp, message=now, previous_message=previous)


async def emit(on: Harness, event: dict[str, Any]) -> None:
    assert await on.slack.emit(event, subscription="message.channels")
    await settled(on)


async def test_edits_that_change_places_send_the_newest_text(on: Harness) -> None:
    ts, session, reply = await replied(on)
    first = float(reply) + 1
    await emit(on, _changed(reply, ts, "b", "newest", first + 1))
    await emit(on, _changed(reply, ts, "a", "older", first))
    await on.devin.wait_for_messages("newest")
    await emit(on, _changed(reply, ts, "a", "older", first))
    assert await sent_to_devin(on, session) == [
        as_sent(reply, "ben", "please use pytest"),
        as_corrected(reply, f"{first + 1:.6f}", "ben", "newest"),
    ]


async def test_an_edit_that_comes_before_its_message_sends_the_new_text_once(on: Harness) -> None:
    ts, session = await on.started()
    reply = f"{float(ts) + 1:.6f}"
    await emit(on, _changed(reply, ts, "please use pytset", "please use pytest", float(ts) + 2))
    await on.devin.wait_for_messages("please use pytest")
    late = _said(reply, ts, "please use pytset") | {"channel": GENERAL, "channel_type": "channel", "event_ts": reply}
    await emit(on, late)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


async def test_a_deletion_that_comes_before_its_message_keeps_it_from_being_sent(on: Harness) -> None:
    ts, session = await on.started()
    reply, at = f"{float(ts) + 1:.6f}", f"{float(ts) + 2:.6f}"
    facts = {"deleted_ts": reply, "previous_message": _said(reply, ts, "please use pytest")}
    await emit(on, _event(subtype="message_deleted", ts=at, **facts))
    late = _said(reply, ts, "please use pytest") | {"channel": GENERAL, "channel_type": "channel", "event_ts": reply}
    await emit(on, late)
    assert await sent_to_devin(on, session) == []
    assert await private_answers(on, BEN) == []


async def test_an_edit_that_is_older_than_what_slack_sends_again_does_nothing(on: Harness) -> None:
    ts, session, reply = await replied(on)
    await emit(on, _changed(reply, ts, "please use pytest", "too late", float(reply) - 7 * MINUTE))
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


async def test_edits_of_what_was_never_sent_and_of_talk_elsewhere_do_nothing(on: Harness) -> None:
    ts, session = await on.started()
    aside = await on.slack.say(BEN, GENERAL, "!aside Devin is slow today", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN)
    hello = await on.mention("hello")
    await on.slack.wait_for_ephemeral(ANN)
    talk = await on.slack.say(BEN, GENERAL, "lunch?")
    await settled(on)
    await edit(on, BEN, aside, "Devin is slow today")
    await edit(on, BEN, talk, "lunch at noon?")
    await on.slack.delete(BEN, GENERAL, talk)
    await on.slack.delete(ANN, GENERAL, hello)
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1
    assert await private_answers(on, ANN) == [start_sentences.GREETED.text]
    assert await private_answers(on, BEN) == [reply_sentences.ASIDE.text]


async def test_who_edits_what_was_asked_about_into_a_task_reads_once_to_write_it_anew(on: Harness) -> None:
    ts = await on.mention("let me think about it")
    await on.slack.wait_for_ephemeral(ANN, "a task for Devin")
    await settled(on)
    for text in ("fix the login tst of the web app", "fix the login test of the web app"):
        await edit(on, ANN, ts, f"{BOT} {text}")
        await on.slack.wait_for_ephemeral(ANN, reply_sentences.EDITED_LATE.text)
        await settled(on)
    assert (await private_answers(on, ANN))[1:] == [reply_sentences.EDITED_LATE.text]
    assert await creations(on) == 0


# ---------------------------------------------------------------- in other places, by other people


async def test_an_edit_of_a_line_of_a_direct_message_reaches_the_session_that_the_line_went_to(on: Harness) -> None:
    await on.slack.say(ANN, "im", "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(session, status="running", status_detail="working")
    await settled(on)
    line = await on.slack.say(ANN, "im", "please use pytest")
    await on.devin.wait_for_messages("please use pytest")
    changed = await on.slack.edit(ANN, "im", line, "please use unittest")
    await on.devin.wait_for_messages("please use unittest")
    await settled(on)
    assert await sent_to_devin(on, session) == [
        as_sent(line, "ann", "please use pytest"),
        as_corrected(line, changed["message"]["edited"]["ts"], "ann", "please use unittest"),
    ]
    assert await creations(on) == 1


async def test_of_a_message_that_was_edited_while_the_bot_heard_nothing_the_new_text_alone_is_fetched(
    on: Harness,
) -> None:
    ts, session = await on.started()
    await settled(on)
    await on.slack.pause("lose")
    reply = await on.slack.say(BEN, GENERAL, "please use pytset", thread_ts=ts)
    at = await edit(on, BEN, reply, "please use pytest")
    await on.slack.resume()
    await on.slack.disconnect()
    await on.devin.wait_for_messages("please use pytest")
    await emit(on, _changed(reply, ts, "please use pytset", "please use pytest", float(at)))
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]


async def test_an_edit_by_somebody_who_has_become_a_guest_is_not_sent(on: Harness) -> None:
    ts, session, reply = await replied(on)
    await on.slack.put_person(BEN, is_restricted=True)
    await settled(on)
    await edit(on, BEN, reply, "please use unittest")
    await on.slack.wait_for_ephemeral(BEN, thread_ts=ts)
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "please use pytest")]
