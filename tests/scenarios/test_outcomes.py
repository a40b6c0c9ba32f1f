"""What is kept of sessions for reports: what became of them on each day, and their pull requests."""

from datetime import timedelta

import pytest

from bot.conversation.titles import past_session
from bot.domain.billing import billing_day, bounds
from bot.domain.session import DisplayState
from bot.features import TABLES
from bot.kernel.upkeep.erase import Erasure
from bot.playground.devin.permissions import ALL_PERMISSIONS
from bot.timing import DAY, HOUR, PRODUCTION
from bot.views.sentences import STATE_SENTENCES
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ADA, ANN, GENERAL, Harness
from tests.scenarios.observations import card_of, polled, settled

PULL = "https://github.com/acme/web/pull/7"
QUESTION = "How does the login work?"
WASTED = "• Without a pull request: 4 ACUs in 1 session"


async def days(on: Harness) -> dict[str, str]:
    """The outcomes of the only session by day."""
    found = await rows(on, "spend")
    assert len({row["session_id"] for row in found}) == 1
    return {row["day"]: row["outcome"] for row in sorted(found, key=lambda row: str(row["day"]))}


async def pull_request(on: Harness) -> tuple[str, bool, bool]:
    """The state of the only pull request, and whether it was seen merged and closed."""
    (row,) = await rows(on, "pull_requests", url=PULL)
    return row["state"], row["merged_at"] is not None, row["closed_at"] is not None


async def ended_for_good(on: Harness, ts: str) -> None:
    await on.slack.say(ANN, GENERAL, "EXIT", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "permanently?")
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended permanently", thread_ts=ts)


async def test_each_day_of_a_session_keeps_what_became_of_it_on_that_day(on: Harness, clock: Ahead) -> None:
    today = billing_day(clock())
    one, two, three, four = ((today + timedelta(days=count)).isoformat() for count in range(4))
    ts, session = await on.started()
    assert await days(on) == {one: "running"}
    clock.put(DAY)  # it goes on without a change
    await polled(on)
    assert await days(on) == {one: "running", two: "running"}
    await on.devin.say(session, "Which one?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    clock.put(DAY)  # it waits without a change
    await polled(on)
    assert await days(on) == {one: "running", two: "waiting"}
    clock.put(DAY)
    await on.slack.say(ANN, GENERAL, "the first one", thread_ts=ts)
    await on.devin.wait_for_messages("the first one")
    await until(lambda: _is(on, four, "running"))
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by", thread_ts=ts)
    await polled(on)
    assert await days(on) == {one: "running", two: "waiting", four: "stopped"}
    assert three not in await days(on)


async def _is(on: Harness, day: str, outcome: str) -> bool:
    return (await days(on)).get(day) == outcome


async def test_a_session_that_was_done_stays_done_when_it_is_put_away(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.devin.pr(session, PULL)
    await on.slack.wait_for_message(GENERAL, "New pull request", thread_ts=ts)
    assert await pull_request(on) == ("open", False, False)
    await on.devin.say(session, "Done.", status_detail="finished")
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Archived by", thread_ts=ts)
    await on.started("fix the other test")  # so that the poller goes on
    await on.devin.pr(session, PULL, "merged")
    await until(lambda: _merged(on))
    today = billing_day(clock()).isoformat()
    found = {row["outcome"] for row in await rows(on, "spend", day=today)}
    assert found == {"done", "running"}
    answer = str((await on.slack.slash(ADA, GENERAL, "usage"))["answer"])
    assert "2 sessions: 1 done, 1 running." in answer
    assert "1 pull request opened, 1 merged." in answer


async def _merged(on: Harness) -> bool:
    return await pull_request(on) == ("merged", True, False)


async def test_a_session_that_a_person_ends_for_good_is_stopped_and_not_done(on: Harness, clock: Ahead) -> None:
    ts, _ = await on.started()
    await ended_for_good(on, ts)
    assert await days(on) == {billing_day(clock()).isoformat(): "stopped"}


async def test_a_merge_is_found_although_the_session_is_over_and_nothing_is_polled(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.devin.pr(session, PULL)
    await on.slack.wait_for_message(GENERAL, "New pull request", thread_ts=ts)
    await ended_for_good(on, ts)
    await on.stop()
    await on.devin.pr(session, PULL, "merged")
    clock.put(2 * HOUR)
    await on.start()
    await until(lambda: _merged(on))


async def waited(on: Harness) -> list[float | None]:
    """For how many hours the only session waited each time; None while it does."""
    found = sorted(await rows(on, "waiting_times"), key=lambda row: float(row["since"]))
    return [row["ended_at"] and round((row["ended_at"] - row["since"]) / HOUR) for row in found]


async def test_each_time_for_which_a_person_was_waited_for_is_kept_once(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Which one?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    assert await waited(on) == [None]
    clock.put(2 * HOUR)
    await polled(on)
    assert await waited(on) == [None]
    await on.slack.say(ANN, GENERAL, "the first one", thread_ts=ts)
    await on.devin.wait_for_messages("the first one")
    await until(lambda: _waited(on, [2]))
    await on.devin.say(session, "May I?", status_detail="waiting_for_approval")
    await until(lambda: _waited(on, [2, None]))
    await on.devin.say(session, "On it.", status_detail="working")  # approved in Devin's own web app
    await until(lambda: _waited(on, [2, 0]))


async def test_a_question_that_nobody_answers_counts_until_the_session_sleeps(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Which one?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await card_of(on, ts, STATE_SENTENCES[DisplayState.ASLEEP])
    await until(lambda: _waited(on, [0]))
    clock.put(15 * HOUR)
    await on.slack.say(ANN, GENERAL, "the first one", thread_ts=ts)
    await on.devin.wait_for_messages("the first one")
    await polled(on)
    assert await waited(on) == [0]


async def test_a_question_that_is_put_away_unanswered_counts_until_then(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Which one?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    clock.put(3 * HOUR)
    await polled(on)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await until(lambda: _waited(on, [3]))


async def _waited(on: Harness, expected: list[float | None]) -> bool:
    return await waited(on) == expected


async def test_a_report_names_what_was_used_and_nothing_merged(on: Harness, clock: Ahead) -> None:
    """One that is at work, a plain question, and a pull request that is merged a day later are in none of the figures.

    The report, its file and the digest count alike.
    """
    ts, session = await on.started()
    others = [(await on.started(prompt))[1] for prompt in ("fix the other test", QUESTION, "fix the third test")]
    await _one_of_four_is_wasted(on, clock, session, *others)
    found = await nothing_merged(on)
    assert found[0] == WASTED
    assert "|fix the login test> (<" in found[1]
    assert found[1].endswith("|Open in Devin>): 4 ACUs · ann")
    await on.slack.say(ANN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await until(lambda: _is_running_again(on, session))
    assert WASTED not in await nothing_merged(on)


async def test_the_sessions_of_fan_outs_count_among_what_was_used_and_nothing_merged(on: Harness, clock: Ahead) -> None:
    await on.devin.permissions(only=[*ALL_PERMISSIONS])
    prompts = ("fix the login test", "fix the other test", QUESTION, "fix the third test")
    await _one_of_four_is_wasted(on, clock, *[await _fanned_out(on, prompt) for prompt in prompts])
    found = await nothing_merged(on)
    assert found[0] == WASTED
    assert "fix the login test (Play)" in found[1]
    assert found[1].endswith(": 4 ACUs · ada")


async def test_what_was_used_and_nothing_merged_stays_once_a_person_was_forgotten(on: Harness, clock: Ahead) -> None:
    """A pull request that is open then is never said to be open for too long: Devin is not asked about it any more."""
    wasted, asked, opened = [
        (await on.started(prompt))[1] for prompt in ("fix the login test", QUESTION, "fix the other test")
    ]
    await on.devin.pr(opened, PULL)
    for one, acus in ((wasted, 4.0), (asked, 6.0), (opened, 7.0)):
        await on.devin.set(one, acus_consumed=acus)
        await on.devin.say(one, "Done.", status_detail="finished")
    await until(lambda: _has_spent(on, 17.0))
    await until(lambda: _all_are(on, "done"))
    day = billing_day(clock())
    await settled(on)
    await on.stop()
    await Erasure(on.store, TABLES, lease=30.0).person(ANN)
    clock.put(20 * DAY)
    await on.start()
    await polled(on)
    report = str((await on.slack.slash(ADA, GENERAL, f"report {day}..{day}"))["shown"]["rendered"])
    assert "*1 pull request opened: 1 open.*\nMerge rate: not enough data (0 of 0; needs at least 5)" in report
    assert "*Open, the oldest first*" not in report
    first, session, *_ = await nothing_merged(on, f"{day}..{day}")
    assert (first, session.endswith("|Open in Devin>): 4 ACUs"), "ann" in session) == (WASTED, True, False)
    assert "Open for more than 14 days" not in report


async def nothing_merged(on: Harness, period: str = "") -> list[str]:
    """What a report says of what was used and nothing merged."""
    report = str((await on.slack.slash(ADA, GENERAL, f"report {period}"))["shown"]["rendered"])
    return report.partition("*ACUs with nothing merged*\n")[2].partition("\n*")[0].splitlines()


async def _fanned_out(on: Harness, prompt: str) -> str:
    """The id of the one session that a fan-out of Ada's has begun."""
    await on.slack.slash(ADA, GENERAL, f"fanout {prompt} orgs=Play")
    preview = await on.slack.wait_for_ephemeral(ADA, prompt)
    await on.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    return str((await on.session(prompt))["session_id"])


async def _one_of_four_is_wasted(on: Harness, clock: Ahead, session: str, working: str, asked: str, late: str) -> None:
    """Only the first one is over a day later without a pull request that it could have had."""
    for number, one in enumerate((session, working, asked, late)):
        await on.devin.set(one, status="running", status_detail="working", acus_consumed=4.0 + number)
    await on.devin.pr(late, PULL)
    for one in (session, asked, late):
        await on.devin.say(one, "Done.", status_detail="finished")

    async def is_seen() -> bool:
        found = {(row["acus"], row["outcome"]) for row in await rows(on, "spend")}
        return found == {(4.0, "done"), (5.0, "running"), (6.0, "done"), (7.0, "done")}

    await until(is_seen)
    await on.stop()
    clock.put(DAY)
    await on.devin.pr(late, PULL, "merged")
    await on.start()
    await until(lambda: _merged(on))
    await on.slack.slash(ADA, GENERAL, "digest now")
    wasted = "With nothing merged: 4 ACUs of the 22 through Slack, in 1 session that is over."
    await on.slack.wait_for_ephemeral(ADA, wasted)


async def test_what_devin_lowers_is_lowered_here_too_and_named(on: Harness) -> None:
    ts, session = await on.started()
    for acus in (3.0, 1.0):
        await on.devin.set(session, acus_consumed=acus)
        await until(lambda acus=acus: _has_spent(on, acus))
    await on.slack.say(ANN, GENERAL, "!cost", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, "This session has used 1 ACU (corrected from 3) so far.")
    await on.devin.set(session, acus_consumed=2.0)
    await until(lambda: _has_spent(on, 2.0))
    assert [row["acus"] for row in await rows(on, "spend")] == [2.0]


async def _all_are(on: Harness, outcome: str) -> bool:
    return {row["outcome"] for row in await rows(on, "spend")} == {outcome}


async def _is_running_again(on: Harness, session: str) -> bool:
    (stored,) = await rows(on, "sessions", devin_id=session)
    return str(stored["outcome"]) == "running"


@pytest.mark.timing(first_purge=0.0)
async def test_figures_of_sessions_stay_after_these_are_deleted_but_for_what_was_written(
    on: Harness, clock: Ahead
) -> None:
    ts = await on.mention("repo=acme/web fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(session, status="running", status_detail="working", acus_consumed=2.5)
    await until(lambda: _has_spent(on, 2.5))
    await ended_for_good(on, ts)
    day = billing_day(clock())
    await settled(on)
    await on.stop()
    clock.put(PRODUCTION.retention + DAY)
    await on.start()
    await until(lambda: _nothing_is_left(on))

    async def answer(asked: str, command: str = f"usage {day}") -> str:
        return str((await on.slack.slash(ADA, GENERAL, f"{command} {asked}"))["answer"])

    of_month = await answer("by repo", f"report {day:%Y-%m}")
    assert "1 session: 0 with a pull request, 1 without." in of_month
    assert "• acme/web: no pull requests" in of_month
    assert "There are no figures from before" in await answer("2020-01", "report")
    assert "1. session of" in await answer("")
    assert "• ann: 2.5 ACUs · 1 session" in await answer("by person")
    assert "• acme/web: 2.5 ACUs · 1 session" in await answer("by repo")
    assert f"• {past_session(bounds(day)[0])} · ann: 2.5 ACUs" in await answer("by session")
    assert "login test" not in str(await rows(on, "past_sessions"))


async def _has_spent(on: Harness, acus: float) -> bool:
    return sum(float(row["acus"]) for row in await rows(on, "spend")) == acus


async def _nothing_is_left(on: Harness) -> bool:
    return not await rows(on, "sessions")
