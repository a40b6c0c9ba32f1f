"""What two polls hide between them is announced all the same: once, and not to people who know it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.conversation.follow import announce
from bot.store import due
from bot.timing import PRODUCTION, Timing
from bot.views.announcements import APPROVAL, QUESTION, WAITS
from bot.views.answers import replies as reply_sentences
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ANN, GENERAL, WEB, Harness, harness
from tests.scenarios.observations import card_of, hanging, polled, settled

pytestmark = pytest.mark.edge

PULL = "https://github.com/acme/web/pull/7"
ASKED = QUESTION.format(who="<@U0ANN>")


def asked(words: str) -> str:
    """The post of a question: one post that calls the asker, with what Devin asks."""
    return f"{ASKED}\n{words}"


DOCS_DONE = ":white_check_mark: <@U0ANN>, done. Reply here for changes.\nThe docs are done too.\nno pull request"


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """The bot with a clock of its own, and a session for which it looks on."""
    async with harness(tmp_path, transport, clock=clock, timing=timing, **database) as everything:
        await everything.started("fix another one", channel=WEB)
        yield everything


async def between_polls(on: Harness) -> int:
    """Hold each poll before it begins; answers the fault, which lets one poll after another go."""
    polls = await on.devin.fault("list_sessions", "hang", times=-1, commit="late")
    await hanging(on, polls)
    return polls


async def watermark(on: Harness) -> int:
    """Up to which of Devin's seconds the poller has looked."""
    (poll,) = await rows(on, "due", name=due.poll(on.environment["DEVIN_ORG_ID"]))
    return int(poll["state"]["poll"]["watermark"])


async def backs_off(on: Harness, failures: int = 1) -> bool:
    """Whether so many looks in a row have failed because of Devin, and the poller waits longer each time."""
    (poll,) = await rows(on, "due", name=due.poll(on.environment["DEVIN_ORG_ID"]))
    return bool(poll["state"]["poll"]["failures"] >= failures)


async def all_answered(on: Harness) -> None:
    """Wait until the bot has written down what became of every message."""

    async def done() -> bool:
        return not await rows(on, "inbox", state="open")

    await until(done)


async def in_the_end(on: Harness, ts: str) -> list[str]:
    """What stands in the thread when nothing more comes."""
    await polled(on, 4)
    await settled(on)
    return await on.thread(GENERAL, ts)


# ------------------------------------------------------------ questions

WAYS = ["in Devin", "in Slack, with a lost answer"]


async def answer_unseen(on: Harness, ts: str, session: str, where: str) -> None:
    """Somebody answers a question in a way that leaves no trace in our own rows yet."""
    if where == "in Devin":
        await on.devin.write(session, "main")
    else:
        await on.devin.fault("send_message", "commit_then_drop")
        await on.slack.say(ANN, GENERAL, "main", thread_ts=ts)
        await on.devin.wait_for_messages("main")


async def test_a_question_that_is_seen_before_the_reply_to_the_last_one_is_stored_is_asked(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    polls = await between_polls(on)
    replies = await on.devin.fault("send_message", "hang", commit=True)
    await on.slack.say(ANN, GENERAL, "main", thread_ts=ts)
    await hanging(on, replies)
    await on.devin.say(session, "And which test?", status_detail="waiting_for_user")
    reads = await on.devin.fault("list_messages", "hang", commit="late", contains=session)
    await on.devin.release(polls)
    await hanging(on, reads)  # this look knows the question, and of our own rows only what was before the reply
    await on.devin.release(replies)
    await card_of(on, ts, "Working")
    await on.devin.clear_faults()
    await on.slack.wait_for_messages(GENERAL, 2, thread_ts=ts, text="Devin has a question")
    assert await on.thread(GENERAL, ts) == [asked("Which branch?"), asked("And which test?")]


@pytest.mark.parametrize("where", WAYS)
async def test_a_question_after_an_answer_that_no_poll_found_is_asked(on: Harness, where: str) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    await between_polls(on)
    await answer_unseen(on, ts, session, where)
    await on.devin.say(session, "And which test?", status_detail="waiting_for_user")
    await on.devin.clear_faults()
    await on.slack.wait_for_messages(GENERAL, 2, thread_ts=ts, text="Devin has a question")
    await polled(on)
    assert await on.thread(GENERAL, ts) == [asked("Which branch?"), asked("And which test?")]


@pytest.mark.long
@pytest.mark.parametrize("where", WAYS)
async def test_an_answer_that_is_read_with_the_state_from_before_it_hides_no_question(on: Harness, where: str) -> None:
    ts, session = await on.started()
    polls = await between_polls(on)
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.devin.release(polls)
    await hanging(on, polls)
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    reads = await on.devin.fault("list_messages", "hang", commit="late", contains=session)
    await on.devin.release(polls)
    await hanging(on, reads)
    await answer_unseen(on, ts, session, where)
    await on.devin.release(reads)
    await hanging(on, polls)
    await on.devin.say(session, "And which test?", status_detail="waiting_for_user")
    await on.devin.clear_faults()
    await on.wait_for_post(GENERAL, ts, "And which test?")
    assert await in_the_end(on, ts) == [asked("Which branch?"), asked("And which test?")]


@pytest.mark.long
async def test_a_question_without_words_after_an_answer_that_no_poll_found_is_asked(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    await between_polls(on)
    await on.devin.write(session, "main")
    await on.devin.set(session, status_detail="waiting_for_user")
    await on.devin.clear_faults()
    await on.slack.wait_for_messages(GENERAL, 2, thread_ts=ts, text="Devin has a question")
    assert await in_the_end(on, ts) == [asked("Which branch?"), ASKED]


@pytest.mark.long
async def test_a_question_after_a_long_gap_is_asked_though_the_others_went_on(on: Harness) -> None:
    ts, session = await on.started()
    _, other = await on.started("fix a third test", channel=WEB)
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    await between_polls(on)
    await on.devin.write(session, "main")
    await on.devin.say(session, "And which test?", status_detail="waiting_for_user")
    await on.devin.clock(advance=PRODUCTION.poll_overlap + 60)
    await on.devin.say(other, "Hello.")
    await on.devin.clear_faults()
    await on.slack.wait_for_messages(GENERAL, 2, thread_ts=ts, text="Devin has a question")
    assert await in_the_end(on, ts) == [asked("Which branch?"), asked("And which test?")]


async def test_what_was_answered_before_a_poll_found_it_is_not_asked(on: Harness) -> None:
    ts, session = await on.started()
    polls = await between_polls(on)
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    reads = await on.devin.fault("list_messages", "hang", commit="late", contains=session)
    await on.devin.release(polls)
    await hanging(on, reads)
    await on.devin.write(session, "main")
    await on.devin.clear_faults()
    await on.wait_for_post(GENERAL, ts, "Which branch?")
    assert await in_the_end(on, ts) == ["Which branch?"]


@pytest.mark.long
async def test_a_session_that_is_ended_for_good_during_a_poll_asks_nothing_more(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "EXIT", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "permanently?")
    polls = await between_polls(on)
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    reads = await on.devin.fault("list_messages", "hang", commit="late", contains=session)
    await on.devin.release(polls)
    await hanging(on, reads)
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:exit_confirmed")
    ended = await on.wait_for_post(GENERAL, ts, "Ended permanently")
    await on.devin.clear_faults()
    assert await in_the_end(on, ts) == [ended["rendered"]]


# ------------------------------------------------------------ limits, approvals, failures, the end


@pytest.mark.parametrize(("status", "detail"), [("running", "waiting_for_approval"), ("suspended", "out_of_credits")])
async def test_what_a_reply_does_not_change_is_not_announced_again(on: Harness, status: str, detail: str) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status=status, status_detail=detail)
    await on.slack.wait_for_message(GENERAL, " in Devin", thread_ts=ts)
    before = await in_the_end(on, ts)
    for text in ("also fix the logout test", "and use pytest too"):
        await on.slack.say(ANN, GENERAL, text, thread_ts=ts)
        await on.devin.wait_for_messages(text)
        await all_answered(on)
        await polled(on)
    assert len(before) == 1
    assert await in_the_end(on, ts) == before


@pytest.mark.long
async def test_a_stop_of_a_session_that_stands_still_does_not_announce_why_again(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="suspended", status_detail="out_of_credits")
    await on.slack.wait_for_message(GENERAL, "Open in Devin", thread_ts=ts)
    before = await in_the_end(on, ts)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    stopped = await on.wait_for_post(GENERAL, ts, "Stopped by")
    assert await in_the_end(on, ts) == [*before, stopped["rendered"]]


@pytest.mark.parametrize(("status", "text"), [("error", "Failed: Devin"), ("exit", ", done")])
async def test_an_end_that_a_reply_comes_upon_first_is_announced(on: Harness, status: str, text: str) -> None:
    ts, session = await on.started()
    await between_polls(on)
    await on.devin.set(session, status=status, status_detail=None)
    await on.slack.say(ANN, GENERAL, "also fix the logout test", thread_ts=ts)
    await on.devin.wait_for_messages("also fix the logout test")
    await all_answered(on)
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, text, thread_ts=ts)
    assert len(await in_the_end(on, ts)) == 1


@pytest.mark.long
@pytest.mark.parametrize("seen", [False, True], ids=["before any poll", "in the middle of a poll"])
async def test_the_last_words_of_a_session_of_whose_end_a_reply_learns_first_are_announced(
    on: Harness, seen: bool
) -> None:
    ts, session = await on.started()
    await hanging(on, await on.devin.fault("list_sessions", "hang", commit=True if seen else "late"))
    await on.devin.pr(session, PULL)
    await on.devin.say(session, "All is in the pull request.")
    await on.devin.terminate(session)
    await on.slack.say(ANN, GENERAL, "and the docs too", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, reply_sentences.SESSION_ENDED.text, thread_ts=ts)
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts)
    line = f":twisted_rightwards_arrows: <{PULL}|acme/web#7> (open)"
    end = ":white_check_mark: <@U0ANN>, done."
    assert await in_the_end(on, ts) == [
        reply_sentences.SESSION_ENDED.text,
        f"{end}\nAll is in the pull request.\n{line}",
    ]
    (kept,) = await rows(on, "sessions", thread_ts=ts)
    assert kept["ended_at"]  # so that it is forgotten some day


@pytest.mark.long
async def test_the_same_end_after_more_work_that_no_poll_found_is_announced(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status_detail="finished")
    done = (await on.wait_for_post(GENERAL, ts, ", done"))["rendered"]
    await polled(on)
    await between_polls(on)
    await on.devin.write(session, "the docs too, please")
    await on.devin.say(session, "The docs are done too.", status_detail="finished")
    await on.devin.clear_faults()
    await on.slack.wait_for_messages(GENERAL, 2, thread_ts=ts, text=", done")
    assert await in_the_end(on, ts) == [done, DOCS_DONE]


async def test_an_end_that_a_word_comes_upon_is_announced_once_when_it_is_one(on: Harness) -> None:
    ts, session = await on.started()
    polls = await between_polls(on)
    await on.devin.set(session, status_detail="finished")
    reads = await on.devin.fault("list_messages", "hang", commit="late", contains=session)
    await on.devin.release(polls)
    await hanging(on, reads)
    await on.devin.write(session, "the docs too, please")
    await on.devin.clear_faults()
    await card_of(on, ts, "Working")
    await polled(on)
    await on.devin.say(session, "The docs are done too.", status_detail="finished")
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts)
    assert await in_the_end(on, ts) == [DOCS_DONE]


@pytest.mark.long
async def test_an_approval_after_one_that_was_given_between_two_polls_is_asked_for(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "May I install it?", status_detail="waiting_for_approval")
    await on.slack.wait_for_message(GENERAL, "Devin needs your approval", thread_ts=ts)
    await polled(on)
    await between_polls(on)
    await on.devin.clock(advance=5)
    await on.devin.set(session, status_detail="working")
    await on.devin.say(session, "May I run it?", status_detail="waiting_for_approval")
    await on.devin.clear_faults()
    await on.slack.wait_for_messages(GENERAL, 2, thread_ts=ts, text="Devin needs your approval")
    approval, button = APPROVAL.format(who="<@U0ANN>"), "Approve in Devin"
    posts = [f"{approval}\nMay I install it?\n{button}", f"{approval}\nMay I run it?\n{button}"]
    assert await in_the_end(on, ts) == posts


# ------------------------------------------------------------ a row that leaves something out


@pytest.mark.long
async def test_a_row_without_figures_and_pull_requests_takes_nothing_back(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.pr(session, PULL)
    await on.devin.spend(session, 3.0)
    await on.slack.wait_for_message(GENERAL, "New pull request", thread_ts=ts)
    await polled(on)
    row = await on.devin.session(session)
    await on.devin.set(session, acus_consumed=0, pull_requests=[])
    await polled(on)
    await on.devin.set(session, acus_consumed=3.0, pull_requests=row["pull_requests"])
    assert len(await in_the_end(on, ts)) == 1
    assert [spent["acus"] for spent in await rows(on, "spend") if spent["acus"]] == [3.0]


@pytest.mark.long
async def test_insights_which_leave_out_the_result_make_no_question_of_an_end(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status_detail="waiting_for_user", structured_output={"fixed": True})
    await on.slack.wait_for_message(GENERAL, "Devin is waiting", thread_ts=ts)
    sweeps = len(await on.devin.log("list_insights"))
    clock.put(PRODUCTION.count_sweep + 1)
    await on.devin.wait_for_calls("list_insights", sweeps + 1)
    assert await in_the_end(on, ts) == [WAITS.format(who="<@U0ANN>", outcome="see its answer")]


# ------------------------------------------------------------ sessions that cannot be announced


@pytest.mark.long
async def test_a_session_whose_messages_cannot_be_read_for_long_has_its_state_announced_and_holds_nobody_up(
    on: Harness, clock: Ahead
) -> None:
    ts, session = await on.started()
    other_ts, other = await on.started("fix a third test", channel=WEB)
    await on.devin.fault("list_messages", "500", times=-1, contains=session)
    await on.devin.say(session, "Nobody can read this yet.", status="error", status_detail=None)
    await on.devin.clock(advance=300)
    await on.devin.say(other, "Hello.")
    await on.wait_for_post(WEB, other_ts, "Hello.")
    await polled(on, 3)
    assert await on.thread(GENERAL, ts) == []  # Devin's words go first, and they may come
    assert await watermark(on) < (await on.devin.session(other))["updated_at"]
    clock.put(PRODUCTION.unreadable_session + 1)
    await on.devin.say(other, "Hello again.")
    await on.slack.wait_for_message(GENERAL, "Failed: Devin", thread_ts=ts)
    await polled(on, 3)
    assert await watermark(on) == (await on.devin.session(other))["updated_at"]
    await on.devin.clear_faults()
    await on.wait_for_post(GENERAL, ts, "Nobody can read this yet.")
    assert len(await in_the_end(on, ts)) == 2


@pytest.mark.long
async def test_an_outage_of_the_messages_alone_keeps_states_back_for_ten_minutes_and_no_longer(
    on: Harness, clock: Ahead
) -> None:
    ts, session = await on.started()
    other_ts, other = await on.started("fix a third test", channel=WEB)
    await on.devin.fault("list_messages", "500", times=-1)
    await on.devin.say(session, "It failed.", status="error", status_detail=None)
    await on.devin.say(other, "This too.", status="error", status_detail=None)
    await until(lambda: backs_off(on))
    assert await on.thread(GENERAL, ts) == await on.thread(WEB, other_ts) == []
    clock.put(PRODUCTION.unreadable_session + 1)
    await on.slack.wait_for_message(GENERAL, "Failed: Devin", thread_ts=ts)
    await on.slack.wait_for_message(WEB, "Failed: Devin", thread_ts=other_ts)
    await on.devin.clear_faults()
    await on.wait_for_post(GENERAL, ts, "It failed.")
    await on.wait_for_post(WEB, other_ts, "This too.")


@pytest.mark.long
async def test_a_limit_of_requests_that_lasts_is_waited_for(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_messages", "429", times=-1, retry_after=1)
    await on.devin.say(session, "Patience.")
    await until(lambda: backs_off(on))
    clock.put(PRODUCTION.unreadable_session + 1)
    await until(lambda: backs_off(on, 3))
    await on.devin.clear_faults()
    await on.wait_for_post(GENERAL, ts, "Patience.")
    assert await in_the_end(on, ts) == ["Patience."]


async def test_a_session_that_our_own_fault_kept_unannounced_is_announced_by_the_next_poll(
    on: Harness, clock: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    ts, session = await on.started()
    _, other = await on.started("fix a third test", channel=WEB)
    clock.put(PRODUCTION.answer_expected + 1)  # nobody has just spoken
    await polled(on, 3)
    polls = await between_polls(on)
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.devin.clock(advance=PRODUCTION.poll_overlap + 60)
    await on.devin.say(other, "Hello.")
    real, trips = announce.Announce.session, []

    async def trips_once(*given: object, **more: object) -> bool:
        if not trips and given[2].session.devin_id == session:  # type: ignore[attr-defined]  # a Change
            trips.append(given)
            raise OSError("the store is gone")
        return await real(*given, **more)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(announce.Announce, "session", trips_once)
    await on.devin.release(polls)
    await hanging(on, polls)
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    assert len(trips) == 1
    assert await in_the_end(on, ts) == [asked("Which branch?")]
