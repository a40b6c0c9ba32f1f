"""Sessions as Slack shows those of an agent: a status and a title in the thread, and Slack's own Stop."""

from typing import Any

import pytest

from bot.playground.slack.client import SlackControl
from bot.store import due, posts
from bot.store.posts import post_key
from bot.timing import DAY, MINUTE
from bot.views.agent_status import OVER, READY, WAITING, WORKING
from bot.views.answers import stops as stop_sentences
from tests.said import a_session
from tests.scenarios.ahead import TEAM, Ahead, rows, until
from tests.scenarios.harness import ANN, BEN, GENERAL, GUEST, MANIFEST, WEB, Harness, harness
from tests.scenarios.observations import private_answers, settled, started_by_command


async def shown(slack: SlackControl, ts: str, channel: str = GENERAL) -> dict[str, Any]:
    """What Slack shows of the agent in a thread."""
    found = [one for one in await slack.agent_sessions() if (one["channel"], one["thread_ts"]) == (channel, ts)]
    return found[0] if found else {}


async def state(on: Harness, ts: str, channel: str = GENERAL) -> str:
    """The status that Slack shows in a thread once all is done."""
    await settled(on)
    return str((await shown(on.slack, ts, channel)).get("status"))


async def test_the_status_follows_the_session(on: Harness) -> None:
    ts, session = await on.started()
    assert await state(on, ts) == WORKING
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.wait_for_post(GENERAL, ts, "Which branch?")
    assert await state(on, ts) == WAITING
    await on.slack.say(ANN, GENERAL, "the main one", thread_ts=ts)
    await on.devin.wait_for_messages("the main one")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts)
    assert await state(on, ts) == WORKING
    await on.devin.set(session, status="exit", status_detail=None)
    await on.wait_for_post(GENERAL, ts, ", done")
    assert await state(on, ts) == READY
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Archived", thread_ts=ts)
    assert await state(on, ts) == OVER


async def test_the_title_is_that_of_the_session(on: Harness) -> None:
    ts, session = await on.started("fix the login test")
    await settled(on)
    assert (await shown(on.slack, ts))["title"] == "fix the login test"
    await on.devin.set(session, title="Login: a flaky test")
    await on.slack.wait_for_message(GENERAL, "Login: a flaky test", thread_ts=ts)
    await settled(on)
    assert (await shown(on.slack, ts))["title"] == "Login: a flaky test"


@pytest.mark.both_transports
async def test_a_thread_that_a_person_renames_gives_its_session_that_title(on: Harness) -> None:
    ts, session = await on.started("fix the login test")
    await settled(on)
    await on.slack.rename_agent(BEN, GENERAL, ts, "Login: *first* try")
    await on.slack.wait_for_message(GENERAL, "Login: first try", thread_ts=ts)
    await on.devin.set(session, title="Devin's own title")
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    await on.wait_for_post(GENERAL, ts, "Which branch?")
    await settled(on)
    assert (await shown(on.slack, ts))["title"] == "Login: first try"
    assert "Login: first try" in (await on.slack.slash(ANN, GENERAL, "list"))["shown"]["rendered"]
    await on.slack.rename_agent(GUEST, GENERAL, ts, "Mine")
    await settled(on)
    assert [row["renamed"] for row in await rows(on, "sessions")] == ["Login: first try"]


async def test_it_stands_in_the_list_of_who_asked_unless_slack_does_not_find_them_there(on: Harness) -> None:
    ts, _ = await on.started(user=BEN)
    await settled(on)
    assert (await shown(on.slack, ts))["initiator"] == BEN
    await on.slack.fault("agents.sessions.setStatus", "error", error="user_not_found")
    ts, _ = await on.started("fix the docs", user=ANN, channel=WEB)
    assert await state(on, ts, WEB) == WORKING
    assert (await shown(on.slack, ts, WEB))["initiator"] == ""


async def test_a_session_of_a_command_has_a_status_too(on: Harness) -> None:
    ts, _ = await started_by_command(on, "fix the login test", ANN, WEB)
    assert await state(on, ts, WEB) == WORKING


@pytest.mark.both_transports
async def test_slacks_own_stop_is_the_stop_of_the_card(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    await on.slack.stop_agent(ANN, GENERAL, ts)
    await on.wait_for_post(GENERAL, ts, stop_sentences.stopped("ann").text)
    assert await state(on, ts) == READY
    assert (await on.devin.session(session))["is_archived"] is True


async def test_slacks_own_stop_of_somebody_elses_session_asks_privately(on: Harness) -> None:
    ts, _ = await on.started()
    await settled(on)
    await on.slack.stop_agent(BEN, GENERAL, ts)
    question = await on.slack.wait_for_ephemeral(BEN)
    assert question["text"] == stop_sentences.stop_confirm(a_session(requester_name="ann")).text
    assert await state(on, ts) == WORKING


async def test_an_unchanged_status_is_not_sent_again(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    sent = len(await on.slack.log("agents.sessions.setStatus"))
    for words in ("I look at the tests.", "They fail.", "I mend them."):
        await on.devin.say(session, words)
        await on.wait_for_post(GENERAL, ts, words)
    await settled(on)
    assert len(await on.slack.log("agents.sessions.setStatus")) == sent


@pytest.mark.timing(lane_sweep=0.2)
async def test_a_session_that_works_for_hours_is_shown_as_working_and_can_be_stopped(on: Harness, clock: Ahead) -> None:
    ts, _ = await on.started()
    assert await state(on, ts) == WORKING
    for _ in range(3):
        sent = len(await on.slack.log("agents.sessions.setStatus"))
        await on.slack.advance(46 * MINUTE)
        clock.put(46 * MINUTE)
        await on.slack.wait("log", sent + 1, method="agents.sessions.setStatus")
        assert await state(on, ts) == WORKING
    await on.slack.stop_agent(ANN, GENERAL, ts)
    await on.wait_for_post(GENERAL, ts, stop_sentences.stopped("ann").text)
    assert await state(on, ts) == READY
    (row,) = await rows(on, "sessions")

    async def is_at_rest() -> bool:
        async with on.store.read() as tx:
            post = await posts.get(tx, post_key(posts.AGENT, row["id"]))
        return post is not None and post.is_up_to_date

    await until(is_at_rest)  # it isn't to be shown again


async def test_one_odd_thread_takes_its_status_from_no_other(on: Harness) -> None:
    for error in ("not_authorized", "thread_ts_not_allowed", "channel_not_found"):
        await on.slack.fault("agents.sessions.setStatus", "error", error=error)
        odd, _ = await on.started(f"one with {error}")
        await settled(on)
        assert await shown(on.slack, odd) == {}
        ts, _ = await on.started(f"one after {error}", channel=WEB)
        assert await state(on, ts, WEB) == WORKING


async def test_what_is_off_in_the_workspace_is_asked_for_once_a_day(on: Harness, clock: Ahead) -> None:
    for error in ("feature_disabled", "missing_scope", "not_agent_app"):
        await on.slack.fault("agents.sessions.setStatus", "error", error=error)
        for task in ("first", "second"):
            ts, _ = await on.started(f"fix the {task} {error}")
            await settled(on)
            assert await shown(on.slack, ts) == {}
        clock.put(DAY + 1)
        ts, _ = await on.started(f"fix {error} at last")
        assert await state(on, ts) == WORKING


NO_AGENT = {**MANIFEST, "features": {name: kept for name, kept in MANIFEST["features"].items() if name != "agent_view"}}


async def test_where_the_app_is_no_agent_slack_is_asked_once_and_all_else_works(tmp_path: Any) -> None:
    async with harness(tmp_path, workspace={"manifest": NO_AGENT}) as on:
        ts, session = await on.started()
        await settled(on)
        second, _ = await on.started("update the docs", channel=WEB)
        await on.devin.say(session, "I look at the tests.")
        await on.wait_for_post(GENERAL, ts, "I look at the tests.")
        await settled(on)
        assert len(await on.slack.log("agents.sessions.setStatus")) == 1
        assert await on.slack.agent_sessions() == []
        async with on.store.read() as tx:
            assert await due.read(tx, due.no_agent_surface(TEAM)) is not None
        assert await private_answers(on, ANN) == []
        assert second
