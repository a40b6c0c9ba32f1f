"""Starts that go wrong: what is announced is true, and what shows up later finds its thread or its end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.conversation.steer.session_commands import SessionCommands
from bot.domain.commands import options
from bot.playground.devin import DevinControl
from bot.timing import PRODUCTION
from bot.views.announcements import QUESTION
from bot.views.answers import access as access_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from tests.for_devin import as_sent
from tests.said import up_to_reference
from tests.scenarios.ahead import Ahead, rows
from tests.scenarios.harness import ANN, BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import card, creations, posted, private_answers, reactions, sent_to_devin, settled
from tests.scenarios.short_waits import AWAY, WITHIN, waited
from tests.waits import SHORT

pytestmark = [pytest.mark.edge, pytest.mark.timing(**SHORT)]

DEAD_SOON = pytest.mark.timing(row_outage=1.0)
CANCELLED = stop_sentences.cancelled("ann").text
MOST_AT_DEVIN = 50
TOO_MANY = ",".join(f"t{number}" for number in range(MOST_AT_DEVIN + 1))
LOG = {"name": "login.log", "content": "login failed"}


# ---------------------------------------------------------------- Devin says no

NO_PERMISSION = start_sentences.start_forbidden("ManageOrgSessions").text
NO_QUOTA = start_sentences.start_limited("out_of_quota").text


@pytest.mark.parametrize(
    ("refusing", "sentence"),
    [
        (lambda devin: devin.permissions(revoke=["ManageOrgSessions"]), NO_PERMISSION),
        (lambda devin: devin.switch(out_of_quota=True), NO_QUOTA),
    ],
    ids=["permission", "quota"],
)
async def test_a_start_that_devin_refuses_is_not_made_and_its_thread_says_why(
    on: Harness, refusing: Callable[[DevinControl], Awaitable[Any]], sentence: str
) -> None:
    await refusing(on.devin)
    mentioned = await on.mention("fix the login test")
    await on.slack.slash(BEN, WEB, "fix the logout test")
    by_command = (await posted(on, WEB, "fix the logout test"))["ts"]
    for channel, ts in ((GENERAL, mentioned), (WEB, by_command)):
        await on.slack.wait_for_message(channel, "Not started", thread_ts=ts, within=WITHIN)
        await on.slack.wait_for_message(channel, sentence, thread_ts=ts, within=WITHIN)
    await settled(on)
    assert await reactions(on, mentioned) == []
    # The card of a command is read in its channel, and that of a mention beside the post that says why.
    shows = ("Not started. See the thread for the reason.", "Not started: “")
    for (channel, ts), said in zip(((GENERAL, mentioned), (WEB, by_command)), shows, strict=True):
        assert await on.thread(channel, ts) == [f"{sentence}\nTry again"]
        shown = (await card(on, ts, channel))["rendered"]
        assert f":no_entry: {said}" in shown
    assert await on.devin.sessions() == []
    assert await creations(on) == 2  # neither is asked for again


IP = "IP 203.0.113.7 is not on the <access> list"
CROWDED = "Session limit reached: 20 concurrent sessions"
NO_REPOSITORY = "You don't have permission to access repository acme/web"
TOO_LONG = "Prompt must be at most 50000 characters"


@pytest.mark.parametrize(
    ("status", "detail", "sentence"),
    [
        (403, IP, start_sentences.start_denied(IP).text),
        (403, CROWDED, start_sentences.start_denied(CROWDED).text),
        (403, "contract_expired", start_sentences.start_denied("contract_expired").text),
        (403, NO_REPOSITORY, start_sentences.start_denied(NO_REPOSITORY).text),
        (403, "UseCase not enabled", start_sentences.start_denied("UseCase not enabled").text),
        (403, "", NO_PERMISSION),
        (400, TOO_LONG, start_sentences.start_refused(TOO_LONG).text),
        (413, TOO_LONG, start_sentences.start_too_large(TOO_LONG).text),
    ],
)
async def test_what_devin_says_against_a_start_is_told_as_it_is(
    on: Harness, status: int, detail: str, sentence: str
) -> None:
    await on.devin.fault("create_session", status, detail=detail)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "othing was started", thread_ts=ts, within=WITHIN)
    await settled(on)
    assert await on.thread(GENERAL, ts) == [f"{sentence}\nTry again"]
    assert await on.devin.sessions() == []
    assert await creations(on) == 1


# ---------------------------------------------------------------- nobody can say whether it was started


@pytest.mark.both_transports
async def test_a_session_that_is_there_before_a_much_too_late_answer_is_found_by_its_card(on: Harness) -> None:
    await on.devin.switch(slow_create=3 * SHORT["devin_write"])
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Checking whether your session started", thread_ts=ts, within=WITHIN)
    made = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(made, status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)
    await settled(on)
    await polled(on)
    assert f"https://app.devin.ai/sessions/{made}" in str((await card(on, ts))["blocks"])
    assert [one["session_id"] for one in await on.devin.sessions()] == [made]
    assert await creations(on) == 1
    assert await on.thread(GENERAL, ts) == []


async def test_a_session_is_followed_although_its_row_does_not_say_when_it_changed(on: Harness) -> None:
    await on.devin.switch(new_without_time=True)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=WITHIN)
    await polled(on)
    made = (await on.session("fix the login test"))["session_id"]
    assert f"https://app.devin.ai/sessions/{made}" in str((await card(on, ts))["blocks"])
    await on.devin.set(made, status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)
    await settled(on)
    assert await creations(on) == 1
    assert await on.thread(GENERAL, ts) == []


async def test_a_start_whose_answer_is_lost_is_not_made_again_while_its_row_cannot_be_read(on: Harness) -> None:
    await on.devin.fault("list_sessions", "odd", fields={"session_id": " "}, **AWAY)
    await on.devin.fault("create_session", "commit_then_drop")
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Checking whether your session started", thread_ts=ts, within=WITHIN)
    reference = f"slack-T0PLAY-{GENERAL}-{ts}"
    # By the sixth the time is over after which what is not found counts as not made.
    await on.devin.wait_for_calls("list_sessions", 6, contains=reference, seconds=WITHIN)
    await on.devin.clear_faults()
    made = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(made, status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)
    await settled(on)
    assert await creations(on) == 1
    assert await on.thread(GENERAL, ts) == []


async def marked_dead(on: Harness) -> str:
    """A start whose answer is lost and that cannot be looked up until it is given up; answers its thread's ts."""
    await on.devin.fault("create_session", "commit_then_drop")
    await on.devin.fault("list_sessions", "503", **AWAY)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "it's unclear whether", thread_ts=ts, within=WITHIN)
    return ts


@DEAD_SOON
async def test_a_start_marked_dead_without_knowing_its_outcome_says_so(on: Harness) -> None:
    ts = await marked_dead(on)
    made = await on.session("fix the login test")
    (said,) = await on.thread(GENERAL, ts)
    assert said.startswith(up_to_reference(start_sentences.start_uncertain("", f"slack-T0PLAY-{GENERAL}-{ts}")))
    assert f"slack-T0PLAY-{GENERAL}-{ts}" in made["tags"]
    shown = await on.slack.wait_for_message(
        GENERAL, "Devin didn't answer. If your session", thread_ts=ts, within=WITHIN
    )
    assert ("Devin didn't answer. If your session started, it appears here.") in shown["rendered"]


@DEAD_SOON
async def test_a_session_that_shows_up_after_its_start_was_marked_dead_goes_on_in_its_thread(on: Harness) -> None:
    ts = await marked_dead(on)
    await on.devin.clear_faults()
    made = await on.session("fix the login test")
    await on.devin.say(made["session_id"], "I look at it.", status="running", status_detail="working")
    await on.wait_for_post(GENERAL, ts, "I look at it.", within=WITHIN)
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest", seconds=WITHIN)
    assert await sent_to_devin(on, made["session_id"]) == [as_sent(reply, "ben", "please use pytest")]
    assert await creations(on) == 1


async def test_what_a_session_came_to_before_it_was_found_is_announced_all_the_same(on: Harness) -> None:
    await on.devin.fault("create_session", "commit_then_drop")
    await on.devin.fault("list_sessions", "503", **AWAY)
    ts = await on.mention("fix the login test")
    made = (await on.session("fix the login test"))["session_id"]
    await on.devin.spend(made, 0.4)
    await on.devin.say(made, "Which one?", status="running", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Checking whether your session started", thread_ts=ts, within=WITHIN)
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts, within=WITHIN)
    assert await on.thread(GENERAL, ts) == [f"{QUESTION.format(who=f'<@{ANN}>')}\nWhich one?"]
    assert [row["acus"] for row in await rows(on, "spend")] == [0.4]


@DEAD_SOON
async def test_a_session_that_was_over_before_it_was_found_has_its_pull_request_and_its_end_announced(
    on: Harness,
) -> None:
    ts = await marked_dead(on)
    made = (await on.session("fix the login test"))["session_id"]
    await on.devin.pr(made, "https://github.com/acme/web/pull/7")
    await on.devin.say(made, "Done.", status="running", status_detail="finished")
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts, within=WITHIN)
    _lost, end = await on.thread(GENERAL, ts)
    line = ":twisted_rightwards_arrows: <https://github.com/acme/web/pull/7|acme/web#7> (open)"
    assert end == f":white_check_mark: <@{ANN}>, done. Reply here for changes.\nDone.\n{line}"


@DEAD_SOON
async def test_a_session_that_shows_up_after_a_long_outage_is_still_searched_for(on: Harness, clock: Ahead) -> None:
    ts = await marked_dead(on)
    clock.put(3 * 3600)
    await on.devin.clear_faults()
    made = await on.session("fix the login test")
    await on.devin.set(made["session_id"], status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)


@DEAD_SOON
async def test_a_reply_to_a_start_that_is_not_known_is_kept_back_and_one_after_it_showed_up_is_sent(
    on: Harness,
) -> None:
    ts = await marked_dead(on)
    await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.START_UNKNOWN.text, within=WITHIN)
    listed = (await on.slack.slash(ANN, GENERAL, "list"))["shown"]["text"]
    assert listed == "You have 1 session: 1. fix the login test: start not confirmed; check in Devin"
    await on.slack.slash(ANN, GENERAL, "stop 1")
    await on.slack.wait_for_ephemeral(ANN, stop_sentences.STOP_UNKNOWN.text, within=WITHIN)
    await on.devin.clear_faults()
    made = await on.session("fix the login test")
    await on.devin.set(made["session_id"], status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)
    await on.slack.say(BEN, GENERAL, "please use pytest now", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest now", seconds=WITHIN)
    assert await private_answers(on, BEN) == [reply_sentences.START_UNKNOWN.text]


@pytest.mark.long
async def test_a_stop_of_a_start_that_was_marked_dead_stops_the_session_that_shows_up(
    on: Harness, clock: Ahead
) -> None:
    await on.devin.fault("create_session", "commit_then_drop")
    await on.devin.fault("list_sessions", "503", **AWAY)
    ts = await on.mention("fix the login test")
    await waited(on, "inbox", kind="message", reason="DevinServerError")
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, "Checking whether your session", within=WITHIN)
    clock.put(PRODUCTION.row_outage + 60)
    await on.slack.wait_for_message(GENERAL, "it's unclear whether", thread_ts=ts, within=WITHIN)
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, stop_sentences.stopped("ann").text, thread_ts=ts, within=WITHIN)
    assert (await on.session("fix the login test"))["is_archived"] is True


# ---------------------------------------------------------------- it comes although nothing was to come


async def canceled_on_the_wire(on: Harness) -> tuple[str, int]:
    """A start that was canceled while Devin had its request; answers its thread and the call that is held."""
    held = await on.devin.fault("create_session", "hang", commit="late")
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Checking whether your session started", thread_ts=ts, within=WITHIN)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Canceled by ann before it started.", thread_ts=ts, within=WITHIN)
    return ts, held


async def test_a_session_that_appears_after_its_start_was_canceled_is_ended_and_announced(on: Harness) -> None:
    ts, held = await canceled_on_the_wire(on)
    assert await on.devin.sessions() == []
    await on.devin.release(held)
    await on.slack.wait_for_message(GENERAL, "after all", thread_ts=ts, within=WITHIN)
    (made,) = await on.devin.sessions()
    assert made["terminated"] is True
    await polled(on)
    after_all = start_sentences.started_after_all(f"https://app.devin.ai/sessions/{made['session_id']}").text
    assert await on.thread(GENERAL, ts) == [CANCELLED, after_all]
    assert len(await on.devin.log("terminate")) == 1


async def without_tags(on: Harness) -> None:
    """Devin refuses tags, and the bot has learnt it."""
    await on.devin.switch(tags_refused=True)
    await on.started("fix another test", channel=WEB)


@pytest.mark.long
async def test_where_devin_refuses_tags_a_session_that_appears_too_late_is_ended_too(on: Harness) -> None:
    await without_tags(on)
    ts, held = await canceled_on_the_wire(on)
    await on.devin.release(held)
    await on.slack.wait_for_message(GENERAL, "after all", thread_ts=ts, within=WITHIN)
    assert (await on.session("fix the login test"))["terminated"] is True
    assert (await on.session("fix another test"))["terminated"] is False


@pytest.mark.long
@DEAD_SOON
async def test_where_devin_refuses_tags_a_start_that_was_marked_dead_is_taken_up_when_it_shows_up(on: Harness) -> None:
    await without_tags(on)
    ts = await marked_dead(on)
    await on.devin.clear_faults()
    made = await on.session("fix the login test")
    await on.devin.set(made["session_id"], status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)
    await on.devin.say(made["session_id"], "Here I am.")
    await on.wait_for_post(GENERAL, ts, "Here I am.", within=WITHIN)


@pytest.mark.long
async def test_where_devin_refuses_tags_a_start_that_was_marked_dead_long_after_it_was_made_is_taken_up_too(
    on: Harness, clock: Ahead
) -> None:
    await without_tags(on)
    await on.devin.fault("create_session", "commit_then_drop")
    await on.devin.fault("list_sessions", "503", **AWAY)
    ts = await on.mention("fix the login test")
    await waited(on, "inbox", kind="message", reason="DevinServerError")
    clock.put(PRODUCTION.row_outage + 60)
    await on.slack.wait_for_message(GENERAL, "it's unclear whether", thread_ts=ts, within=WITHIN)
    clock.put(23.5 * 3600)
    await on.devin.clear_faults()
    made = await on.session("fix the login test")
    await on.devin.set(made["session_id"], status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)


@pytest.mark.long
async def test_where_devin_refuses_tags_a_prompt_that_cannot_be_read_holds_up_no_announcement(on: Harness) -> None:
    await on.devin.switch(tags_refused=True)
    ts, session = await on.started()
    ours = await on.devin.session(session)
    await on.devin.create_sessions(prompt="Of another tool", count=3)
    (duplicate,) = await on.devin.create_sessions(prompt=ours["prompt"], created_at=ours["created_at"] + 5)
    others = [made["session_id"] for made in await on.devin.sessions() if made["session_id"] != session]
    for other in others:
        await on.devin.fault("list_messages", "503", contains=other, **AWAY)
    await on.devin.say(session, "Nothing holds me up.")
    await on.wait_for_post(GENERAL, ts, "Nothing holds me up.", within=WITHIN)
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, "started this task twice", thread_ts=ts, within=WITHIN)
    assert (await on.devin.session(duplicate))["terminated"]


async def polled(on: Harness) -> None:
    """Wait for two more polls."""
    count = (await on.devin.counters()).get("list_sessions", 0)
    await on.devin.wait_for_calls("list_sessions", count + 2, seconds=WITHIN)


# ---------------------------------------------------------------- a stop beside a start


async def test_a_stop_that_races_with_the_creation_stops_the_session(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, created, early = asyncio.Event(), asyncio.Event(), SessionCommands._stop_unless_open

    async def slow(*args: Any) -> None:
        entered.set()
        await created.wait()
        await early(*args)

    monkeypatch.setattr(SessionCommands, "_stop_unless_open", slow)
    await on.slack.fault("chat.postMessage", "slow", seconds=1.5)
    await on.slack.slash(ANN, WEB, "fix the login test")
    await waited(on, "sessions", lifecycle="queued")
    await on.slack.slash(ANN, WEB, "stop")
    await entered.wait()
    await waited(on, "sessions", lifecycle="open")
    created.set()
    ts = (await posted(on, WEB, "fix the login test"))["ts"]
    await on.slack.wait_for_message(WEB, stop_sentences.stopped("ann").text, thread_ts=ts, within=WITHIN)
    assert (await on.session("fix the login test"))["is_archived"] is True
    await settled(on)
    shown = await card(on, ts, WEB)
    assert "Stopped by ann. Reply in the thread to resume" in shown["rendered"]


@pytest.mark.long
async def test_replies_after_the_stop_of_an_unknown_start_are_sent_and_those_before_it_are_not(on: Harness) -> None:
    await on.devin.fault("create_session", "commit_then_drop")
    await on.devin.fault("list_sessions", "503", **AWAY)
    ts = await on.mention("fix the login test")
    await waited(on, "inbox", kind="message", reason="DevinServerError")
    await on.slack.say(ANN, GENERAL, "drop the table", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, "Checking whether your session", within=WITHIN)
    after = await on.slack.say(BEN, GENERAL, "now leave the table alone", thread_ts=ts)
    await waited(on, "inbox", ts=after)
    await on.devin.clear_faults()
    await on.devin.wait_for_messages("leave the table alone", seconds=WITHIN)
    await settled(on)
    made = await on.session("fix the login test")
    assert await sent_to_devin(on, made["session_id"]) == [as_sent(after, "ben", "now leave the table alone")]
    assert await on.thread(GENERAL, ts) == [stop_sentences.stopped("ann", 1).text]


# ---------------------------------------------------------------- what goes into the request


async def test_one_persons_refused_tags_are_left_out_and_the_bots_own_stay(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "MOST_TAGS", MOST_AT_DEVIN + 1)
    ts = await on.mention(f"fix the login test tags={TOO_MANY}")
    made = await on.session("fix the login test")
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{ts}"]
    other = await on.mention("fix the logout test tags=urgent", BEN)
    made = await on.session("fix the logout test")
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{other}", "urgent"]
    await settled(on)
    assert await on.thread(GENERAL, ts) == []
    assert await rows(on, "due", name="devin") == []


async def test_each_request_for_a_session_has_an_intent_of_its_own(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "MOST_TAGS", MOST_AT_DEVIN + 1)
    await on.devin.fault("create_session", "slow", seconds=1.0, contains=f"t{MOST_AT_DEVIN}")
    held = await on.devin.fault("create_session", "hang", commit="late")
    begin = time.time()
    ts = await on.mention(f"fix the login test tags={TOO_MANY}")
    await on.devin.wait_for_calls("create_session", 2)
    (start,) = await rows(on, "inbox", ts=ts)
    await on.devin.release(held)
    assert start["intent_at"] > begin + 1.0
    await on.session("fix the login test")


async def test_a_new_session_asked_for_in_a_thread_gets_the_file(on: Harness) -> None:
    ts, _ = await on.started()
    await on.slack.say(ANN, GENERAL, "!new fix the logout test", thread_ts=ts, files=[LOG])
    made = await on.session("fix the logout test")
    assert made["attachments"] == ["login.log"]


# ---------------------------------------------------------------- a channel or an answer that is gone


async def test_a_channel_that_is_archived_while_the_card_waits_starts_nothing_and_says_so(on: Harness) -> None:
    await on.slack.fault("chat.postMessage", "ratelimited", retry_after=3, match=WEB)
    await on.slack.slash(ANN, WEB, "fix the login test")
    await on.slack.wait_for_call("chat.postMessage")
    await on.slack.archive(WEB)
    await on.slack.wait_for_message("D0ANN", within=WITHIN)
    await settled(on)
    (said,) = await on.slack.messages("D0ANN")
    assert said["rendered"] == access_sentences.channel_archived(WEB).text
    kept = [*await rows(on, "outbox"), *await rows(on, "inbox")]
    assert [row["payload"].get("response_url") for row in kept] == [None] * len(kept)
    assert (await on.slack.slash(ANN, GENERAL, "list"))["shown"]["rendered"].startswith("You have no open sessions.")
    assert await creations(on) == 0


async def test_a_private_answer_survives_a_failure_of_its_response_url(on: Harness) -> None:
    await on.slack.fault("response_url", "http_500")
    await on.slack.slash(ANN, "C0NOBOT", "fix the login test")
    await on.slack.wait_for_ephemeral(ANN, "Devin Bridge isn't in this channel.", within=WITHIN)
    assert (await private_answers(on, ANN))[-1] == access_sentences.not_in_channel().text
