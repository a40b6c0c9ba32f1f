"""A reply that would wake a session which slept for long, or spent the usual limit, waits until somebody decides."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.session import DisplayState
from bot.store import sessions
from bot.timing import DAY, MINUTE, Timing
from bot.views.answers import failures as failure_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.answers import wakings as waking_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.for_devin import as_sent
from tests.markup import written
from tests.scenarios.ahead import Ahead, rows, until, write
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, GUEST, Harness, harness
from tests.scenarios.observations import (
    buttons,
    card_of,
    forge,
    press,
    private_answers,
    sent_to_devin,
    settled,
    what_became_of,
)

ASKED = "This session slept for 31 minutes (2.1 ACUs). Wake it anyway?"
WOKEN = "Waking Devin with your {}."
NOT_SENT = "Reply again if you want to wake it."
LEFT = ":zzz: ben kept Devin asleep, so {}. " + NOT_SENT


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """A bot that asks after half an hour of sleep."""
    settings = {"BOT_WAKE_GUARD_HOURS": "0.5"} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as everything:
        yield everything


async def asleep(on: Harness) -> tuple[str, str]:
    """A session that has slept for 31 minutes."""
    ts = await on.mention("fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(session, status="suspended", status_detail="inactivity", acus_consumed=2.1)
    await card_of(on, ts, STATE_SENTENCES[DisplayState.ASLEEP])
    _let_pass(on, 31 * MINUTE)
    return ts, session


def _let_pass(on: Harness, seconds: float) -> None:
    assert isinstance(on.clock, Ahead)
    on.clock.put(seconds)


async def question(on: Harness, user: str, ts: str) -> dict[str, Any]:
    found = await on.slack.wait_for_ephemeral(user, "Wake it anyway?", thread_ts=ts)
    await settled(on)
    return found


def key_of(asked: dict[str, Any]) -> str:
    return str(asked["blocks"][1]["elements"][0]["value"])


@pytest.mark.both_transports
async def test_a_yes_sends_all_that_waits_in_order(on: Harness) -> None:
    ts, session = await asleep(on)
    first = await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    assert (written(asked["blocks"]), buttons(asked)) == (ASKED, ["Wake it", "Keep asleep"])
    second = await on.slack.say(BEN, GENERAL, "and use pytest", thread_ts=ts)
    third = await on.slack.say(ADA, GENERAL, "with coverage", thread_ts=ts)
    await question(on, ADA, ts)
    said = await private_answers(on, BEN)
    assert len(said) == 2, "asked once"
    assert said[1] == "This reply waits too. Answer the question above: wake Devin, or keep it asleep."
    assert await sent_to_devin(on, session) == []
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("with coverage")
    await settled(on)
    assert await sent_to_devin(on, session) == [
        as_sent(first, "ben", "go on, please"),
        as_sent(second, "ben", "and use pytest"),
        as_sent(third, "ada", "with coverage"),
    ]
    assert await what_became_of(on, asked) == (WOKEN.format("3 replies"), [])
    assert await on.thread(GENERAL, ts) == []


async def test_past_the_usual_limit_a_session_that_devin_would_let_go_on_is_asked_about_in_each_sleep(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    async with harness(tmp_path, transport, timing=timing, BOT_SESSION_ACUS="7.25", **database) as on:
        ts = await on.mention("fix the login test")
        made = await on.session("fix the login test")
        assert made["request"]["max_acu_limit"] == 8
        for used, text in ((7.3, "go on, please"), (7.8, "and use pytest")):
            await on.devin.set(made["session_id"], status="suspended", status_detail="inactivity", acus_consumed=used)
            await card_of(on, ts, f"{used} of 8 ACUs")
            await settled(on)
            await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
            asked = await on.slack.wait_for_ephemeral(BEN, f"({used} ACUs). Wake it anyway?")
            assert (written(asked["blocks"]), buttons(asked)) == (
                f"This session used up its 7.25 ACUs ({used} ACUs). Wake it anyway?",
                ["Wake it", "Keep asleep"],
            )
            await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
            await on.devin.wait_for_messages(text)
            await card_of(on, ts, "Working")  # or it would fall asleep again before the bot has seen it awake
            await settled(on)
            assert await what_became_of(on, asked) == (WOKEN.format("reply"), [])
        assert await on.thread(GENERAL, ts) == []


@pytest.mark.timing(row_first_retry=0.1, row_longest_retry=0.2, row_outage=1.0, channel_known=0.0)
async def test_a_press_that_comes_to_nothing_says_so_and_can_be_repeated(on: Harness) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    await on.slack.fault("conversations.info", "error", error="internal_error", times=10_000)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    said = await on.slack.wait_for_ephemeral(BEN, "nothing changed")
    (press_row,) = [row for row in await rows(on, "inbox") if row["state"] == "dead"]
    assert said["rendered"] == failure_sentences.not_done(press_row["ref"]).text
    assert await sent_to_devin(on, session) == []
    await on.slack.clear_faults()
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("go on, please")
    await settled(on)
    assert await what_became_of(on, asked) == (WOKEN.format("reply"), [])


async def test_a_no_sends_nothing_and_says_so_once_and_later_presses_are_answered(on: Harness) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    await on.slack.say(ADA, GENERAL, "with coverage", thread_ts=ts)
    other = await question(on, ADA, ts)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:no")
    await on.wait_for_post(GENERAL, ts, "kept Devin asleep")
    await on.slack.click(ADA, GENERAL, other["ts"], "answer:wake:wake")
    await on.slack.wait_for_ephemeral(ADA, waking_sentences.LEFT_BEFORE.text)
    await settled(on)
    assert await what_became_of(on, asked) == (waking_sentences.KEPT_ASLEEP.text, [])
    assert await what_became_of(on, other) == (waking_sentences.LEFT_BEFORE.text, [])
    assert await on.thread(GENERAL, ts) == [LEFT.format("2 replies *weren't sent*")]
    assert await sent_to_devin(on, session) == []
    await on.slack.say(BEN, GENERAL, "go on after all", thread_ts=ts)
    again = await on.slack.wait_for_call("chat.postEphemeral", 3)
    assert again
    asked = (await on.slack.ephemerals(user=BEN))[-1]
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("go on after all")


async def test_a_no_does_not_say_that_devin_stays_asleep_if_it_was_woken_elsewhere(on: Harness) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    await on.devin.set(session, status="running", status_detail="working")
    await card_of(on, ts, "Working")
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:no")
    await on.devin.wait_for_messages("go on, please")
    await settled(on)
    assert await what_became_of(on, asked) == (waking_sentences.WOKEN_BEFORE.text, [])
    assert await on.thread(GENERAL, ts) == []


async def test_a_second_press_somebody_elses_and_a_guests(on: Harness) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    key = key_of(await question(on, BEN, ts))
    assert await forge(on, "interactive", press(GUEST, GENERAL, "answer:wake:wake", key)) == "acked"
    await on.slack.wait_for_ephemeral(GUEST)
    assert await forge(on, "interactive", press(ANN, "C0WEB", "answer:wake:wake", key)) == "acked"
    await on.slack.wait_for_ephemeral(ANN, session_sentences.NO_SESSION_HERE.text)
    assert await sent_to_devin(on, session) == []
    for _ in range(2):
        assert await forge(on, "interactive", press(ANN, GENERAL, "answer:wake:wake", key)) == "acked"
    await on.devin.wait_for_messages("go on, please")
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1
    assert set(await private_answers(on, ANN)) == {
        session_sentences.NO_SESSION_HERE.text,
        WOKEN.format("reply"),
        waking_sentences.WOKEN_BEFORE.text,
    }


async def test_nobody_chooses_for_a_day(on: Harness, clock: Ahead) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    await on.stop()
    clock.put(DAY + 1)
    await on.start()
    await on.wait_for_post(GENERAL, ts, "No one chose")
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.slack.wait_for_ephemeral(BEN, waking_sentences.LEFT_BEFORE.text)
    assert await on.thread(GENERAL, ts) == [f":zzz: No one chose within a day, so 1 reply *wasn't sent*. {NOT_SENT}"]
    assert await sent_to_devin(on, session) == []


async def test_a_stop_does_not_wait_behind_it_and_ends_it(on: Harness) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    await on.slack.say(BEN, GENERAL, "!mute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, "Muted")
    await on.slack.say(BEN, GENERAL, "!stop", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, LEFT.format("1 reply *wasn't sent*"))
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.slack.wait_for_ephemeral(BEN, waking_sentences.LEFT_BEFORE.text)
    assert await sent_to_devin(on, session) == []


async def test_if_the_session_is_woken_elsewhere_what_waits_is_sent_first(on: Harness) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    await on.devin.set(session, status="running", status_detail="working")
    await on.devin.wait_for_messages("go on, please")
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.slack.wait_for_ephemeral(BEN, waking_sentences.WOKEN_BEFORE.text)
    assert len(await sent_to_devin(on, session)) == 1


async def test_a_reply_that_need_not_wait_lets_those_go_first_that_do(on: Harness) -> None:
    ts, session = await asleep(on)
    first = await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    await question(on, BEN, ts)
    await on.devin.fault("list_sessions", "503", times=-1)  # so that no poll brings it back
    [row] = await rows(on, "sessions")
    await write(on, lambda tx: sessions.change(tx, row["id"], status="running", detail="working"))
    second = await on.slack.say(ADA, GENERAL, "with coverage", thread_ts=ts)
    await on.devin.wait_for_messages("with coverage")
    assert await sent_to_devin(on, session) == [
        as_sent(first, "ben", "go on, please"),
        as_sent(second, "ada", "with coverage"),
    ]


async def test_if_the_session_is_ended_a_press_says_so(on: Harness) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, "1 waiting reply wasn't sent to Devin.")
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.slack.wait_for_ephemeral(BEN, stop_sentences.ALREADY_ARCHIVED.text)
    assert await sent_to_devin(on, session) == []


async def test_a_reply_from_before_a_mute_is_sent_once_somebody_says_yes(on: Harness) -> None:
    ts, session = await asleep(on)
    first = await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    asked = await question(on, BEN, ts)
    await on.slack.say(ADA, GENERAL, "!mute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ADA, "Muted")
    await on.slack.say(ADA, GENERAL, "between us", thread_ts=ts)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("go on, please")
    await settled(on)
    assert await sent_to_devin(on, session) == [as_sent(first, "ben", "go on, please")]


async def test_thanks_to_such_a_session_ask_nothing(on: Harness) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "thanks a lot!", thread_ts=ts)
    await settled(on)
    assert await private_answers(on, BEN) == []
    assert await sent_to_devin(on, session) == []


async def test_who_writes_again_after_ten_minutes_is_asked_once_more(on: Harness, clock: Ahead) -> None:
    ts, session = await asleep(on)
    await on.slack.say(BEN, GENERAL, "go on, please", thread_ts=ts)
    await question(on, BEN, ts)
    clock.put(10 * MINUTE + 1)
    await on.slack.say(BEN, GENERAL, "use pytest too", thread_ts=ts)

    async def asked_again() -> bool:
        return len(await private_answers(on, BEN)) == 2

    await until(asked_again)
    again = (await on.slack.ephemerals(user=BEN))[-1]
    assert (written(again["blocks"]), buttons(again)) == (ASKED.replace("31", "41"), ["Wake it", "Keep asleep"])
    await on.slack.click(BEN, GENERAL, again["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("use pytest too")
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 2


async def test_in_a_direct_message_the_question_stands_in_the_sessions_thread(on: Harness) -> None:
    ts = await on.slack.say(ANN, "im", "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(session, status="suspended", status_detail="inactivity", acus_consumed=2.1)
    await card_of(on, ts, STATE_SENTENCES[DisplayState.ASLEEP], "D0ANN")
    _let_pass(on, 31 * MINUTE)
    await on.slack.say(ANN, "im", "go on, please", thread_ts=ts)
    asked = await on.slack.wait_for_message("D0ANN", "Wake it anyway?", thread_ts=ts)
    assert await sent_to_devin(on, session) == []
    await on.slack.click(ANN, "im", asked["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("go on, please")
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1
