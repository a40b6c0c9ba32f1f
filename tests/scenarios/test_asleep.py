"""Sessions that sleep: a reply wakes them, and when it does so no longer, their card says it."""

import pytest

from bot.domain.session import DisplayState
from bot.timing import DAY, PRODUCTION
from bot.views.answers import replies as reply_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.for_devin import as_sent
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import BEN, BOT, GENERAL, Harness
from tests.scenarios.observations import card, card_of, polled, private_answers, sent_to_devin, settled
from tests.scenarios.short_waits import AWAY, WITHIN
from tests.waits import SHORT

pytestmark = [pytest.mark.edge, pytest.mark.timing(**SHORT, first_purge=0.0)]

RETENTION = PRODUCTION.retention + DAY


async def later(on: Harness, clock: Ahead, seconds: float = RETENTION) -> None:
    """Let so much time pass for the bot, which then is started anew: it purges what is old at once."""
    await settled(on)
    await on.stop()
    clock.put(seconds)
    await on.start()


async def asleep(on: Harness) -> tuple[str, str]:
    ts, session = await on.started()
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await card_of(on, ts, STATE_SENTENCES[DisplayState.ASLEEP])
    return ts, session


async def test_a_reply_wakes_a_session_that_has_slept_for_longer_than_rows_are_kept(on: Harness, clock: Ahead) -> None:
    ts, session = await asleep(on)
    await later(on, clock)
    await until(lambda: _is_unwatched(on))
    assert STATE_SENTENCES[DisplayState.ASLEEP] in (await card(on, ts))["rendered"]
    said = await on.slack.say(BEN, GENERAL, "please go on", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(BEN, "Wake it anyway?", within=WITHIN)
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("please go on", seconds=WITHIN)
    await card_of(on, ts, "Working")
    await on.devin.say(session, "Good morning.")
    await on.wait_for_post(GENERAL, ts, "Good morning.", within=WITHIN)
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "please go on")]
    assert await on.thread(GENERAL, ts) == ["Good morning."]


async def _is_unwatched(on: Harness) -> bool:
    return bool(await rows(on, "sessions", lifecycle="open")) and not await rows(on, "sessions", ended_at=None)


@pytest.mark.long
async def test_before_a_session_is_purged_its_card_says_that_replies_no_longer_reach_devin(
    on: Harness, clock: Ahead
) -> None:
    ts, session = await asleep(on)
    await later(on, clock)
    await until(lambda: _is_unwatched(on))
    await later(on, clock)
    await card_of(on, ts, STATE_SENTENCES[DisplayState.ENDED])
    await on.slack.say(BEN, GENERAL, "please go on", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.SESSION_ENDED.text, within=WITHIN)
    await later(on, clock, DAY)
    await until(lambda: _is_purged(on))
    second = await on.slack.say(BEN, GENERAL, f"{BOT} fix the logout test", thread_ts=ts)
    made = await on.session("fix the logout test")
    assert f"slack-T0PLAY-{GENERAL}-{second}" in made["tags"]
    assert await sent_to_devin(on, session) == []
    assert await private_answers(on, BEN) == [reply_sentences.SESSION_ENDED.text]


async def _is_purged(on: Harness) -> bool:
    return not await rows(on, "sessions")


@pytest.mark.parametrize(("status", "detail"), [("running", "working"), ("running", "waiting_for_user")])
async def test_what_is_archived_sleeps_whatever_its_status_says(on: Harness, status: str, detail: str) -> None:
    ts, session = await on.started()
    await on.devin.set(session, is_archived=True, status=status, status_detail=detail)
    shown = await card_of(on, ts, STATE_SENTENCES[DisplayState.STOPPED].format(by=""))
    assert "Working." not in shown
    await polled(on)
    assert await on.thread(GENERAL, ts) == []
    await on.slack.say(BEN, GENERAL, "please go on", thread_ts=ts)
    await on.devin.wait_for_sessions("fix the login test", seconds=WITHIN, is_archived=False)
    await on.devin.wait_for_messages("please go on", seconds=WITHIN)
    await card_of(on, ts, "Working")


async def test_a_session_that_was_archived_elsewhere_is_awake_after_a_reply_that_devin_took(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_sessions", "503", **AWAY)  # nobody has seen that it sleeps
    await on.devin.archive(session)
    await on.slack.say(BEN, GENERAL, "please go on", thread_ts=ts)
    await on.devin.wait_for_sessions("fix the login test", seconds=WITHIN, is_archived=False)
    await on.devin.clear_faults()
    await on.devin.say(session, "I go on.", status="running", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, STATE_SENTENCES[DisplayState.ANSWERED], thread_ts=ts, within=WITHIN)
