"""The poller: what changes at Devin is announced in the thread and on the card, once, and nothing else is."""

import itertools
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import billing_day
from bot.domain.session import DisplayState
from bot.timing import PRODUCTION
from bot.views.announcements import CAUGHT_UP, CAUGHT_UP_LINK, DUPLICATE_ENDED, PULL_REQUEST, QUESTION, WAITS
from bot.views.sentences import (
    DETAIL_SENTENCES,
    ENDED_FOR_SOMETHING_NEW,
    NEEDS_SOMETHING_NEW,
    REPLY_FOR_CHANGES,
    STATE_SENTENCES,
    STATUS_SENTENCES,
)
from tests.said import ASKED_BY
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, OPS, WEB, Harness, harness
from tests.scenarios.observations import card_of, hanging, polled, settled

PULL = "https://github.com/acme/web/pull/7"
ASKED = QUESTION.format(who="<@U0ANN>")


def asked(words: str) -> str:
    """The post of a question: one post that calls the asker, with what Devin asks."""
    return f"{ASKED}\n{words}"


def devins(session: str) -> str:
    return f"https://app.devin.ai/sessions/{session}"


# ------------------------------------------------------------ the card's sentence

NEW_DETAILS = ("contract_expired", "trial_ended", "stopped_by_guardrail")
STATES = [
    ("claimed", None, f":hourglass_flowing_sand: {STATE_SENTENCES[DisplayState.QUEUED]}"),
    ("running", "waiting_for_approval", f":raised_hand: {STATE_SENTENCES[DisplayState.APPROVAL].format(asker='ann')}"),
    ("running", "waiting_for_user", f":speech_balloon: {STATE_SENTENCES[DisplayState.WAITING].format(asker='ann')}"),
    ("suspended", "inactivity", f":zzz: {STATE_SENTENCES[DisplayState.ASLEEP]}"),
    ("resuming", None, f":hourglass_flowing_sand: {STATUS_SENTENCES['resuming']}"),
    ("suspended", "user_request", f":black_square_for_stop: {STATE_SENTENCES[DisplayState.STOPPED].format(by='')}"),
    (
        "suspended",
        "usage_limit_exceeded",
        f":no_entry: {DETAIL_SENTENCES['usage_limit_exceeded']}",
    ),
    ("suspended", "out_of_credits", f":no_entry: {DETAIL_SENTENCES['out_of_credits']}"),
    ("suspended", "out_of_quota", f":no_entry: {DETAIL_SENTENCES['out_of_quota']}"),
    ("suspended", "no_quota_allocation", f":no_entry: {DETAIL_SENTENCES['no_quota_allocation']}"),
    ("suspended", "payment_declined", f":no_entry: {DETAIL_SENTENCES['payment_declined']}"),
    ("suspended", "org_usage_limit_exceeded", f":no_entry: {DETAIL_SENTENCES['org_usage_limit_exceeded']}"),
    ("suspended", "user_usage_limit_exceeded", f":no_entry: {DETAIL_SENTENCES['user_usage_limit_exceeded']}"),
    ("suspended", "total_session_limit_exceeded", f":no_entry: {DETAIL_SENTENCES['total_session_limit_exceeded']}"),
    ("suspended", "error", f":x: {DETAIL_SENTENCES['error']}"),
    (
        "suspended",
        "team_budget_exceeded",
        f":no_entry: {STATE_SENTENCES[DisplayState.LIMIT].format(detail='“team_budget_exceeded”')}",
    ),
    *(
        ("suspended", detail, f":no_entry: {STATE_SENTENCES[DisplayState.LIMIT].format(detail=f'“{detail}”')}")
        for detail in NEW_DETAILS
    ),
    ("creating", None, f":hourglass_flowing_sand: {STATE_SENTENCES[DisplayState.QUEUED]}"),
    ("paused", None, f":grey_question: {STATE_SENTENCES[DisplayState.UNKNOWN].format(status='“paused”')}"),
    ("error", None, f":x: {STATE_SENTENCES[DisplayState.FAILED]}"),
]
SPOKEN_OF = {"usage_limit_exceeded", "out_of_credits", "out_of_quota", "no_quota_allocation", "payment_declined"} | {
    "org_usage_limit_exceeded",
    "user_usage_limit_exceeded",
    "total_session_limit_exceeded",
    "error",
    "team_budget_exceeded",
    *NEW_DETAILS,
}


async def test_each_state_has_its_sentence_and_a_limit_or_a_failure_is_said_too(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    for status, detail, sentence in STATES:
        clock.put(30)  # the budget of edits is full again
        await on.devin.set(session, status=status, status_detail=detail)
        assert (await card_of(on, ts, sentence)).splitlines()[1] == sentence
    limits = [announced(sentence) for _, detail, sentence in STATES if detail in SPOKEN_OF]
    failed = announced(STATES[-1][2]).replace("\n", "\nTry again\n")
    await until(lambda: _announced(on, ts, failed))
    posts = await on.thread(GENERAL, ts)
    # What Devin asks without a word is announced when it still stands at the next poll: here it may be over by then.
    unsaid = ("Devin has a question", "needs your approval")
    assert [text for text in posts if not any(words in text for words in unsaid)] == [*limits, failed]


@pytest.mark.parametrize("status", ["exit", "error"])
async def test_an_end_for_a_new_reason_is_told_in_devins_word_and_is_no_failure(on: Harness, status: str) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status=status, status_detail="terminated_by_guardrail")
    sentence = ENDED_FOR_SOMETHING_NEW.format(detail="“terminated_by_guardrail”")
    await card_of(on, ts, f":checkered_flag: {sentence}")
    await until(lambda: _announced(on, ts, announced(f":checkered_flag: {sentence}", "Start a follow-up\n")))
    assert len(await on.thread(GENERAL, ts)) == 1
    assert [row["outcome"] for row in await rows(on, "spend")] == ["stopped"]


async def test_a_new_word_for_work_stands_on_the_card_and_is_not_announced(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status_detail="planning")
    shown = await card_of(on, ts, "Working: planning")
    assert shown.splitlines()[1].startswith(":gear: Working: planning · started ")
    await polled(on)
    assert await on.thread(GENERAL, ts) == []


def announced(sentence: str, way_on: str = "") -> str:
    """The post of a limit or a failure that is over: the card's sentence, behind a mention, and the button `way_on`."""
    sign, words = sentence.split(": ", 1)
    return f"{sign}: <@U0ANN> · {words}\n{way_on}Open in Devin"


async def _announced(on: Harness, ts: str, text: str) -> bool:
    return text in await on.thread(GENERAL, ts)


# ------------------------------------------------------------ questions


async def test_a_question_without_words_is_asked_when_it_still_stands_at_the_next_poll(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    await polled(on)
    assert await on.thread(GENERAL, ts) == [ASKED]


async def test_a_state_that_flips_back_before_the_next_poll_asks_nothing(on: Harness) -> None:
    ts, session = await on.started()
    polls = await on.devin.fault("list_sessions", "hang", times=-1, commit="late")
    await hanging(on, polls)
    await on.devin.set(session, status_detail="waiting_for_user")
    await on.devin.release(polls)
    await hanging(on, polls)
    await on.devin.set(session, status_detail="working")
    await on.devin.clear_faults()
    await on.devin.say(session, "I found it myself.")
    await on.wait_for_post(GENERAL, ts, "found it myself")
    assert await on.thread(GENERAL, ts) == ["I found it myself."]


async def test_where_devin_waits_for_something_new_its_person_is_called(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "I need a login for the shop.", status_detail="waiting_for_credentials")
    needed = NEEDS_SOMETHING_NEW.format(asker="<@U0ANN>", detail="“waiting_for_credentials”")
    called = f":speech_balloon: {needed}\nI need a login for the shop.\nOpen in Devin"
    post = await on.wait_for_post(GENERAL, ts, called)
    words = "(“waiting_for_credentials”): I need a login for the shop."
    assert post["text"] == f"fix the login test: Devin needs your input {words}"
    assert await on.thread(GENERAL, ts) == [called]
    await card_of(on, ts, NEEDS_SOMETHING_NEW.format(asker="ann", detail="“waiting_for_credentials”"))


@pytest.mark.both_transports
async def test_every_new_question_calls_who_asked_and_who_replied_last(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    for number, (user, reply, question) in enumerate(
        [(BEN, "main", "And which test?"), (ANN, "the slow one", "All of it?")], start=2
    ):
        await on.slack.say(user, GENERAL, reply, thread_ts=ts)
        await on.devin.wait_for_messages(reply)
        await on.devin.say(session, question, status_detail="waiting_for_user")
        await on.slack.wait_for_messages(GENERAL, number, thread_ts=ts, text="Devin has a question")
    both = QUESTION.format(who="<@U0ANN> <@U0BEN>")
    assert await on.thread(GENERAL, ts) == [asked("Which branch?"), f"{both}\nAnd which test?", asked("All of it?")]


# ------------------------------------------------------------ pull requests and the end


@pytest.mark.timing(pull_request_settle=30.0)
async def test_a_pull_request_right_before_the_end_is_part_of_its_post(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.pr(session, PULL)
    await card_of(on, ts, "acme/web#7")
    await on.devin.say(session, "The suite runs now.")
    await on.wait_for_post(GENERAL, ts, "The suite runs now.")  # the held post holds up no other
    await on.devin.say(session, "All tests pass.", status_detail="finished")
    await on.wait_for_post(GENERAL, ts, ", done")
    await polled(on)
    assert [row["key"] for row in await rows(on, "outbox") if ":pull_request:" in row["key"]] == []
    done = ":white_check_mark: <@U0ANN>, done. Reply here for changes."
    pull = f":twisted_rightwards_arrows: <{PULL}|acme/web#7> (open)"
    assert await on.thread(GENERAL, ts) == ["The suite runs now.", f"{done}\nAll tests pass.\n{pull}"]


@pytest.mark.parametrize("afterwards", ["words", "state"])
async def test_a_session_that_finishes_after_its_pull_request_is_done_once(on: Harness, afterwards: str) -> None:
    ts, session = await on.started()
    await on.devin.pr(session, PULL)
    await on.wait_for_post(GENERAL, ts, "New pull request")
    await on.devin.say(session, "All tests pass.", status_detail="finished", structured_output={"passed": True})
    await on.wait_for_post(GENERAL, ts, ", done")
    if afterwards == "words":
        await on.devin.say(session, "The pull request is ready for review.")
        await on.wait_for_post(GENERAL, ts, "ready for review.")
    await on.devin.pr(session, PULL, "merged")
    await card_of(on, ts, "(merged)")
    await polled(on)
    assert len([text for text in await on.thread(GENERAL, ts) if ", done" in text]) == 1


async def test_a_pull_request_is_announced_when_it_appears_and_its_state_on_the_card_only(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.pr(session, PULL)
    await on.slack.wait_for_message(GENERAL, "New pull request", thread_ts=ts)
    await on.devin.pr(session, PULL, "merged")
    shown = await card_of(on, ts, "(merged)")
    assert f" · <{PULL}|acme/web#7> (merged) · " in shown
    await on.devin.say(session, "It is merged.")
    await on.wait_for_post(GENERAL, ts, "It is merged.")
    assert await on.thread(GENERAL, ts) == [
        PULL_REQUEST.format(pull_request=f"<{PULL}|acme/web#7> (open)"),
        "It is merged.",
    ]


async def test_what_devin_needs_after_a_pull_request_is_not_announced_as_done(on: Harness) -> None:
    ts, session = await on.started()
    pull = [{"pr_url": PULL, "pr_state": "open"}]
    words = "I'm blocked: the AWS key is missing."
    await on.devin.say(session, words, status_detail="waiting_for_user", pull_requests=pull)
    post = await on.wait_for_post(GENERAL, ts, "Devin is waiting")
    assert post["text"] == f"fix the login test: Devin is waiting for you (see acme/web#7): {words}"
    assert await on.thread(GENERAL, ts) == [
        f"{WAITS.format(who='<@U0ANN>', outcome=f'see <{PULL}|acme/web#7>')}\n{words}"
    ]


async def marked(on: Harness, ts: str, name: str) -> bool:
    """Whether the message that started the session carries this mark of the bot's and no other."""
    (message,) = await on.slack.wait("messages", channel=GENERAL, ts=ts)
    return [mark["name"] for mark in message["reactions"]] == [name]


@pytest.mark.parametrize(
    ("facts", "result"),
    [
        ({"status_detail": "finished"}, "no pull request · 1.5 ACUs"),
        ({"status": "exit", "status_detail": None}, "no pull request · 1.5 ACUs"),
        (
            {"status_detail": "finished", "pull_requests": [{"pr_url": PULL, "pr_state": "open"}]},
            f":twisted_rightwards_arrows: <{PULL}|acme/web#7> (open)\n1.5 ACUs",
        ),
        (
            {"status": "suspended", "status_detail": "inactivity", "structured_output": {"fixed": True}},
            "1.5 ACUs",
        ),
    ],
    ids=["finished", "exit", "finished with a pull request", "asleep with a result"],
)
async def test_the_end_is_announced_once_in_all_its_forms(on: Harness, facts: dict[str, Any], result: str) -> None:
    ts, session = await on.started()
    await on.devin.spend(session, 1.5)
    await polled(on)
    await on.devin.set(session, **facts)
    end = await on.wait_for_post(GENERAL, ts, ", done")
    changes = "" if facts.get("status") == "exit" else f" {REPLY_FOR_CHANGES}"
    assert end["rendered"] == f":white_check_mark: <@U0ANN>, done.{changes}\n{result}"
    assert ":white_check_mark: Done · 1.5 ACUs · " in await card_of(on, ts, "Done")
    await until(lambda: marked(on, ts, "white_check_mark"))
    if facts.get("status") != "exit":  # after which nobody looks any more
        # Falling asleep after the end is not announced.
        await on.devin.set(session, status="suspended", status_detail="inactivity", structured_output={"fixed": True})
        await polled(on)
    announced = await on.thread(GENERAL, ts)
    assert len([text for text in announced if ", done" in text]) == 1
    assert not [text for text in announced if "Devin has a question" in text]


@pytest.mark.both_transports
async def test_ending_a_session_for_good_is_announced_once_and_not_as_done(on: Harness) -> None:
    ts, session = await on.started()
    other, second = await on.started("fix another one", channel=WEB)
    await on.slack.say(ANN, GENERAL, "EXIT", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "permanently?")
    value = next(
        part["value"] for part in asked["blocks"][-1]["elements"] if part["action_id"] == "choose:exit_confirmed"
    )
    await on.slack.act(
        "click", user=ANN, channel=GENERAL, ts=asked["ts"], action_id="choose:exit_confirmed", value=value
    )
    await on.slack.wait_for_message(GENERAL, "Ended permanently", thread_ts=ts)
    await on.devin.spend(session, 2.0)
    await polled(on)
    await on.devin.say(second, "Still at work.")
    await on.wait_for_post(WEB, other, "Still at work.")
    assert not [text for text in await on.thread(GENERAL, ts) if ", done" in text]


# ------------------------------------------------------------ what the list does not say


@pytest.mark.edge
async def test_a_row_older_than_the_last_one_changes_nothing(on: Harness) -> None:
    ts, session = await on.started()
    at = (await on.devin.session(session))["updated_at"]
    await on.devin.set(session, status_detail="finished", updated_at=at - 30)
    await polled(on)
    await on.devin.set(session, status_detail="working", updated_at=at - 30)
    await on.devin.say(session, "Not done at all.")
    await on.wait_for_post(GENERAL, ts, "Not done at all.")
    assert await on.thread(GENERAL, ts) == ["Not done at all."]


@pytest.mark.edge
async def test_an_answer_that_moves_no_updated_at_is_found_after_a_person_spoke(on: Harness) -> None:
    await on.devin.switch(messages_leave_updated_at=True)
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "also fix the logout test", thread_ts=ts)
    await on.devin.wait_for_messages("also fix the logout test")
    await on.devin.say(session, "Quite well.")
    await on.wait_for_post(GENERAL, ts, "Quite well.")
    assert await on.thread(GENERAL, ts) == ["Quite well."]


@pytest.mark.edge
async def test_a_late_message_that_moves_no_updated_at_is_found_by_the_sweep(on: Harness, clock: Ahead) -> None:
    await on.devin.switch(messages_leave_updated_at=True)
    ts, session = await on.started()
    clock.put(200)  # nobody has just spoken
    await polled(on)
    await on.devin.say(session, "By the way: the test is fine.")
    await polled(on)
    assert await on.thread(GENERAL, ts) == []
    clock.put(200)
    await on.wait_for_post(GENERAL, ts, "By the way")
    assert await on.thread(GENERAL, ts) == ["By the way: the test is fine."]


@pytest.mark.edge
@pytest.mark.timing(same_second=30.0)  # as long as this test needs
async def test_a_message_in_the_second_of_the_last_change_is_found_however_many_polls_it_takes(
    on: Harness, clock: Ahead
) -> None:
    """`updated_at` counts whole seconds, so the row looks the same before the message and after it."""
    await on.devin.switch(messages_leave_updated_at=True, insights_status=404)
    ts, session = await on.started()
    clock.put(200)  # nobody has just spoken
    await on.devin.set(session, title="Fix login")
    await on.slack.wait_for_message(GENERAL, "Fix login", thread_ts=ts)
    await polled(on, 3)
    await on.devin.say(session, "In the same second.")
    await on.wait_for_post(GENERAL, ts, "In the same second.")
    assert await on.thread(GENERAL, ts) == ["In the same second."]


@pytest.mark.edge
@pytest.mark.parametrize("status", [403, 404])
async def test_without_insights_messages_are_read_without_counts(on: Harness, clock: Ahead, status: int) -> None:
    await on.devin.switch(insights_status=status)
    ts, session = await on.started()
    clock.put(400)  # a sweep is due
    await on.devin.clock(advance=400)  # time passes at Devin too
    await on.devin.say(session, "One.")
    await on.wait_for_post(GENERAL, ts, "One.")
    await on.devin.say(session, "Two.")
    await on.wait_for_post(GENERAL, ts, "Two.")
    assert await on.thread(GENERAL, ts) == ["One.", "Two."]


@pytest.mark.edge
async def test_a_session_that_is_missing_from_the_list_has_not_changed(on: Harness) -> None:
    await on.devin.switch(archived_hidden=True)
    ts, session = await on.started()
    await on.devin.set(session, is_archived=True)
    await polled(on)
    assert ":gear: Working · started " in await card_of(on, ts, ASKED_BY)
    await on.devin.set(session, is_archived=False)
    await on.devin.say(session, "Back again.")
    await on.wait_for_post(GENERAL, ts, "Back again.")
    assert await on.thread(GENERAL, ts) == ["Back again."]


@pytest.mark.edge
async def test_ids_with_their_prefix_are_the_same_ids(on: Harness) -> None:
    await on.devin.switch(prefixed_ids=True)
    ts, session = await on.started()
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "main", thread_ts=ts)
    await on.devin.wait_for_messages("main")
    await settled(on)  # else Devin's word may be read before the answer to the reply is, and wait for a person again
    await on.devin.switch(prefixed_ids=False)
    await on.devin.say(session, "Thank you.")
    await on.wait_for_post(GENERAL, ts, "Thank you.")
    assert await on.thread(GENERAL, ts) == [asked("Which branch?"), "Thank you."]
    assert len(await on.devin.sessions()) == 1


@pytest.mark.long
@pytest.mark.parametrize("legacy", [False, True])
async def test_where_tags_are_refused_sessions_are_found_by_service_user_and_prompt(on: Harness, legacy: bool) -> None:
    await on.devin.switch(tags_refused=True, legacy_errors=legacy)
    ts, session = await on.started()
    assert (await on.devin.session(session))["request"].get("tags") is None
    assert f"Reference: slack-T0PLAY-{GENERAL}-{ts}" in (await on.devin.session(session))["prompt"]
    await on.devin.say(session, "Found without a tag.")
    await on.wait_for_post(GENERAL, ts, "Found without a tag.")
    await on.stop()
    before = len(await on.devin.log("create_session"))
    await on.start()
    await on.devin.say(session, "Also after a restart.")
    await on.wait_for_post(GENERAL, ts, "Also after a restart.")
    await on.started("fix a second test", channel=WEB)
    assert len(await on.devin.log("create_session")) == before + 1  # tags were not tried again
    polls = await on.devin.log("list_sessions", contains="service_user_ids")
    assert polls
    assert all(["service_user_ids", "service-user-play"] in poll["query"] for poll in polls)


# ------------------------------------------------------------ Devin fails


@pytest.mark.edge
async def test_a_rate_limit_is_waited_out_and_nothing_is_missed(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_sessions", "429", retry_after=2)
    refused = await _answered(on, 429)
    await on.devin.say(session, "While you waited.")
    await on.wait_for_post(GENERAL, ts, "While you waited.")
    later = await on.devin.log("list_sessions", since=refused["number"])
    assert later[0]["time"] - refused["time"] >= 2.0
    assert await on.thread(GENERAL, ts) == ["While you waited."]


async def _answered(on: Harness, status: int) -> dict[str, Any]:
    seen = 0
    while True:
        calls = await on.devin.wait_for_calls("list_sessions", since=seen)
        found = next((call for call in calls if call["status"] == status), None)
        if found is not None:
            return found
        seen = calls[-1]["number"]


@pytest.mark.edge
@pytest.mark.parametrize("route", ["list_sessions", "list_messages"])
async def test_an_outage_makes_the_whole_organisation_wait_and_is_caught_up_with(on: Harness, route: str) -> None:
    ts, session = await on.started()
    # A read is tried four times before the look fails; the next look succeeds with its second try.
    fault = await on.devin.fault(route, "503", times=5)
    await on.devin.say(session, "During the outage.")
    await on.wait_for_post(GENERAL, ts, "During the outage.", within=40)
    await on.devin.say(session, "And after it.")
    await on.wait_for_post(GENERAL, ts, "And after it.")
    assert await on.thread(GENERAL, ts) == ["During the outage.", "And after it."]
    hits = {row["number"]: row["hits"] for row in await on.devin.faults()}
    assert hits[fault] == 5


@pytest.mark.long
async def test_a_session_that_cannot_be_read_keeps_nothing_else_unannounced(on: Harness) -> None:
    poisoned_ts, poisoned = await on.started()
    ts, session = await on.started("fix another one", channel=WEB)
    await on.devin.fault("list_messages", "500", times=-1, contains=poisoned)
    await on.devin.say(poisoned, "Nobody can read this.")
    await on.devin.say(session, "But this.")
    await on.wait_for_post(WEB, ts, "But this.")
    await on.devin.say(session, "And this.")
    await on.wait_for_post(WEB, ts, "And this.")
    await on.devin.clear_faults()
    await on.wait_for_post(GENERAL, poisoned_ts, "Nobody can read this.")
    await polled(on)
    assert await on.thread(WEB, ts) == ["But this.", "And this."]
    assert await on.thread(GENERAL, poisoned_ts) == ["Nobody can read this."]


@pytest.mark.edge
async def test_a_duplicate_that_may_not_be_ended_keeps_nothing_unannounced(on: Harness) -> None:
    ts, session = await on.started()
    tags = (await on.devin.session(session))["tags"]
    await on.devin.fault("terminate", "500", times=-1)
    await on.devin.create_sessions(prompt="A duplicate", tags=tags, status="running")
    await on.devin.wait_for_calls("terminate")
    await on.devin.say(session, "I go on.")
    await on.wait_for_post(GENERAL, ts, "I go on.")
    assert await on.thread(GENERAL, ts) == ["I go on."]


# ------------------------------------------------------------ after an outage of our own


async def test_after_a_long_absence_one_summary_stands_for_many_messages(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await polled(on)
    await on.stop()
    for number in range(1, 6):
        await on.devin.say(session, f"Step {number} is done.")
    clock.put(20 * 60)
    await on.start()
    await on.wait_for_post(GENERAL, ts, "Step 5 is done.")
    await on.devin.say(session, "Step 6 is done.")
    await on.wait_for_post(GENERAL, ts, "Step 6 is done.")
    assert await on.thread(GENERAL, ts) == [
        (
            f":information_source: {CAUGHT_UP.format(minutes='20 minutes', count='5 messages')} <"
            f"{devins(session)}|{CAUGHT_UP_LINK}>\nStep 5 is done."
        ),
        "Step 6 is done.",
    ]


@pytest.mark.parametrize(("minutes", "count"), [(20, 3), (10, 5)])
async def test_a_few_messages_or_a_short_absence_are_replayed_in_full(
    on: Harness, clock: Ahead, minutes: int, count: int
) -> None:
    ts, session = await on.started()
    await polled(on)
    await on.stop()
    said = [f"Step {number} is done." for number in range(1, count + 1)]
    for text in said:
        await on.devin.say(session, text)
    clock.put(minutes * 60)
    await on.start()
    await on.wait_for_post(GENERAL, ts, said[-1])
    assert await on.thread(GENERAL, ts) == said


async def test_an_answer_after_hours_without_any_open_session_is_no_outage(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="exit", status_detail=None)
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts)
    clock.put(5 * 3600)
    await on.slack.say(ANN, GENERAL, "rename the flag", thread_ts=ts)
    await on.devin.wait_for_messages("rename the flag")
    said = [f"Thing {number}." for number in range(1, 6)]
    await on.devin.set(session, status="running", status_detail="working")
    for text in said:
        await on.devin.say(session, text)
    await on.wait_for_post(GENERAL, ts, said[-1])
    assert (await on.thread(GENERAL, ts))[1:] == said


@pytest.mark.long
@pytest.mark.parametrize(("count", "last_page_cursor"), [(199, False), (230, True), (399, True)])
async def test_a_conversation_of_many_pages_is_relayed_once(
    on: Harness, clock: Ahead, count: int, last_page_cursor: bool
) -> None:
    await on.devin.switch(last_page_cursor=last_page_cursor)
    ts, session = await on.started()
    await polled(on)
    await on.stop()
    await on.devin.script(session, [{"say": f"Line {number}."} for number in range(1, count + 1)])
    await on.devin.step(session, count)
    clock.put(20 * 60)
    await on.start()
    await on.slack.wait_for_message(GENERAL, f"Line {count}.", thread_ts=ts)
    await on.devin.say(session, "The first one after.")
    await on.wait_for_post(GENERAL, ts, "The first one after.")
    await on.stop()
    await on.start()
    await on.devin.say(session, "And the second.")
    await on.wait_for_post(GENERAL, ts, "And the second.")
    announced = await on.thread(GENERAL, ts)
    assert f"Here's the latest of {count} messages" in announced[0]
    assert announced[1:] == ["The first one after.", "And the second."]


# ------------------------------------------------------------ figures


async def test_figures_alone_are_drawn_at_most_every_five_minutes(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    edits = (await on.slack.messages(GENERAL, thread_ts=ts))[1]["edits"]
    await on.devin.spend(session, 1.0)
    await polled(on)
    quiet = (await on.slack.messages(GENERAL, thread_ts=ts))[1]
    assert quiet["edits"] == edits
    assert "ACU" not in quiet["rendered"]
    clock.put(301)
    await on.devin.spend(session, 0.5)
    shown = await on.slack.wait_for_message(GENERAL, "1.5 ACUs", thread_ts=ts)
    assert shown["edits"] == edits + 1


async def test_where_acus_are_always_zero_the_card_leaves_them_out(on: Harness) -> None:
    await on.devin.switch(acus_zero=True)
    ts, session = await on.started()
    await on.devin.spend(session, 3.0)
    await on.devin.set(session, status_detail="finished")
    end = await on.wait_for_post(GENERAL, ts, ", done")
    assert end["rendered"] == ":white_check_mark: <@U0ANN>, done. Reply here for changes.\nno pull request"
    assert "ACU" not in await card_of(on, ts, "Done")


async def test_what_was_spent_is_kept_by_billing_day_from_the_differences(on: Harness, clock: Ahead) -> None:
    await on.devin.permissions(revoke=["ViewOrgConsumption"])  # with it, Devin says which days these are
    _, session = await on.started()
    today = billing_day(clock())
    await on.devin.spend(session, 1.0)
    await polled(on)
    await on.devin.spend(session, 0.25)
    await polled(on)
    clock.put(86_400)
    await on.devin.spend(session, 0.5)
    await polled(on)
    spent = {row["day"]: row["acus"] for row in await rows(on, "spend")}
    assert spent == {today.isoformat(): 1.25, (today + timedelta(days=1)).isoformat(): 0.5}


async def test_a_reply_takes_no_announcements_and_no_figures_from_the_poller(on: Harness) -> None:
    """Devin answers a reply with the session: what is new in it is still announced by the next poll."""
    ts, session = await on.started()
    await hanging(on, await on.devin.fault("list_sessions", "hang", times=-1, commit="late"))
    await on.devin.pr(session, PULL)
    await on.devin.spend(session, 2.0)
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    await until(lambda: _answered_to(on))
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, "New pull request", thread_ts=ts)
    await polled(on)
    assert [row["acus"] for row in await rows(on, "spend")] == [2.0]


async def _answered_to(on: Harness) -> bool:
    """Whether the bot has written down what became of every message."""
    return not await rows(on, "inbox", state="open")


async def test_a_stop_takes_no_figures_from_the_poller(on: Harness) -> None:
    ts, session = await on.started()
    await hanging(on, await on.devin.fault("list_sessions", "hang", times=-1, commit="late"))
    await on.devin.spend(session, 2.0)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by", thread_ts=ts)
    await on.devin.clear_faults()
    await polled(on)
    assert [row["acus"] for row in await rows(on, "spend")] == [2.0]


# ------------------------------------------------------------ how often


@pytest.mark.long
async def test_the_poller_is_fast_while_something_runs_and_slow_while_all_sleeps(tmp_path: Path, clock: Ahead) -> None:
    async with harness(tmp_path, clock=clock, BOT_POLL_SECONDS="0.2", BOT_SLOW_POLL_SECONDS="2") as on:
        ts, session = await on.started()
        busy = await _gaps(on, 5)
        await on.devin.set(session, status="suspended", status_detail="inactivity")
        await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
        clock.put(130)  # nobody has just spoken
        await polled(on, 1)
        asleep = await _gaps(on, 2)
    # Each wait is at least as long as it is set to be, and only one of them has to show that it is no slow one: on a
    # busy machine any may last longer.
    assert 0.2 <= min(busy) < 2
    assert min(asleep) >= 2


async def _gaps(on: Harness, count: int) -> list[float]:
    """The times between the next looks."""
    so_far = len(await on.devin.log("list_sessions"))
    calls = await on.devin.wait_for_calls("list_sessions", so_far + count + 1)
    times = [call["time"] for call in calls[so_far:]]
    return [after - before for before, after in itertools.pairwise(times)]


async def test_without_an_open_session_nothing_is_asked_until_one_starts(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="exit", status_detail=None)
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts)
    polls = len(await on.devin.log("list_sessions"))
    made = await on.slack.say(ANN, WEB, f"{BOT} fix a second test")  # by now ten looks would have been made
    await on.slack.wait_for_message(WEB, "fix a second test", thread_ts=made)
    calls = await on.devin.wait_for_calls("list_sessions", polls + 2)
    created = (await on.devin.log("create_session"))[-1]["time"]
    assert len([call for call in calls[polls:] if call["time"] < created]) <= 1


async def _has_posts(on: Harness, ts: str) -> bool:
    return bool(await on.thread(GENERAL, ts))


@pytest.mark.parametrize("status", ["error", "exit"])
async def test_a_session_that_a_reply_brings_back_is_watched_however_late_it_wakes(on: Harness, status: str) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status=status, status_detail=None)
    await until(lambda: _has_posts(on, ts))
    await on.slack.say(ANN, GENERAL, "rename the flag", thread_ts=ts)
    await on.devin.wait_for_messages("rename the flag")
    await until(lambda: _answered_to(on))
    await polled(on, 4)
    await on.devin.say(session, "Which thing?", status="running", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    assert (await on.thread(GENERAL, ts))[1:] == [asked("Which thing?")]


@pytest.mark.long
async def test_a_session_that_a_reply_has_not_woken_in_ten_minutes_is_watched_no_more(
    on: Harness, clock: Ahead
) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="exit", status_detail=None)
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "rename the flag", thread_ts=ts)
    await on.devin.wait_for_messages("rename the flag")
    await until(lambda: _answered_to(on))
    await polled(on, 4)
    (kept,) = await rows(on, "sessions", thread_ts=ts)
    assert kept["ended_at"] is None
    await hanging(on, await on.devin.fault("list_sessions", "hang", commit="late"))  # between two looks
    clock.put(PRODUCTION.waking)
    await on.devin.clear_faults()
    await until(lambda: _is_ended(on, ts))
    assert len(await on.thread(GENERAL, ts)) == 1


async def _is_ended(on: Harness, ts: str) -> bool:
    (kept,) = await rows(on, "sessions", thread_ts=ts)
    return kept["ended_at"] is not None


# ------------------------------------------------------------ duplicates

DUPLICATE = DUPLICATE_ENDED.format(link="<{url}|The first session>")


@pytest.mark.edge
async def test_of_two_sessions_with_one_reference_the_younger_is_ended_and_announced(on: Harness) -> None:
    ts, session = await on.started()
    ours = await on.devin.session(session)
    (duplicate,) = await on.devin.create_sessions(
        prompt="A duplicate", tags=ours["tags"], created_at=ours["created_at"] + 5, status="running"
    )
    await on.slack.wait_for_message(GENERAL, "started this task twice", thread_ts=ts)
    await on.devin.say(session, "I am the elder.")
    await on.wait_for_post(GENERAL, ts, "the elder")
    assert await on.thread(GENERAL, ts) == [DUPLICATE.format(url=devins(session)), "I am the elder."]
    assert (await on.devin.session(duplicate))["terminated"]
    assert not (await on.devin.session(session))["terminated"]
    assert len(await on.devin.log("terminate")) == 1


@pytest.mark.long
async def test_where_tags_are_refused_a_duplicate_is_known_by_its_prompt_and_one_that_quotes_it_is_none(
    on: Harness,
) -> None:
    await on.devin.switch(tags_refused=True)
    ts, session = await on.started()
    ours = await on.devin.session(session)
    (duplicate,) = await on.devin.create_sessions(prompt=ours["prompt"], created_at=ours["created_at"] + 5)
    quotes = f"What became of this?\n{ours['prompt']}\n\nAsked in Slack by ben. Reference: slack-T0PLAY-C0WEB-1.2"
    others = await on.devin.create_sessions(prompt=quotes)
    others += await on.devin.create_sessions(prompt="Of another tool with the same key")
    others += await on.devin.create_sessions(prompt=ours["prompt"], parent_session_id=session)
    await on.slack.wait_for_message(GENERAL, "started this task twice", thread_ts=ts)
    await polled(on)
    reads = len(await on.devin.log("list_messages"))
    await polled(on)
    assert await on.thread(GENERAL, ts) == [DUPLICATE.format(url=devins(session))]
    ended = [made["session_id"] for made in await on.devin.sessions() if made["terminated"]]
    assert ended == [duplicate]
    read = [call["path"] for call in (await on.devin.log("list_messages"))[reads:]]
    assert not [path for path in read for other in others if other in path], "a prompt is read once"


@pytest.mark.edge
async def test_when_ours_is_the_younger_the_thread_goes_on_with_the_elder(on: Harness) -> None:
    ts, session = await on.started()
    ours = await on.devin.session(session)
    (elder,) = await on.devin.create_sessions(
        prompt="A duplicate",
        tags=ours["tags"],
        created_at=ours["created_at"] - 5,
        status="running",
        status_detail="working",
        say="I was first.",
    )
    await on.devin.set(elder, updated_at=ours["created_at"] + 1)
    await on.wait_for_post(GENERAL, ts, "I was first.")
    assert await on.thread(GENERAL, ts) == [DUPLICATE.format(url=devins(elder)), "I was first."]
    assert (await on.devin.session(session))["terminated"]
    assert not (await on.devin.session(elder))["terminated"]
    await on.slack.say(ANN, GENERAL, "go on, elder", thread_ts=ts)
    reached = await on.devin.wait_for_messages("go on, elder")
    assert [message["session_id"] for message in reached] == [elder]


async def test_sessions_of_other_channels_are_announced_in_their_own_threads(on: Harness) -> None:
    places = {channel: await on.started(f"fix tests of {channel}", channel=channel) for channel in (GENERAL, WEB, OPS)}
    for channel, (_, session) in places.items():
        await on.devin.say(session, f"I work for {channel}.")
    for channel, (ts, _) in places.items():
        await on.slack.wait_for_message(channel, "I work for", thread_ts=ts)
        assert await on.thread(channel, ts) == [f"I work for {channel}."]
