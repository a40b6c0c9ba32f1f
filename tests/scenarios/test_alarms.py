"""A running session that spends without a sign of progress is an alarm: one post, which shows how it stands."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.features.alarms.sentences import GO_ON, OVER, SETTLED, SNOOZED
from bot.timing import HOUR, Timing
from bot.views.answers import stops as stop_sentences
from tests.markup import written
from tests.said import stopping, titled, up_to_reference
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, OPS, Harness, harness
from tests.scenarios.observations import (
    buttons,
    forge,
    opened_home,
    polled,
    press,
    settled,
    thread_address,
)

pytestmark = pytest.mark.timing(alarm_watch=0.2, figures_interval=0.0)

PRIVATE = "C0PRIVATE"
SPENT = "has spent 6.2 ACUs since its last message or pull request."


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """The bot with a channel for its admins."""
    async with harness(
        tmp_path, transport, clock=clock, timing=timing, BOT_ADMIN_CHANNEL=OPS, **database
    ) as everything:
        yield everything


async def alarm(on: Harness, text: str = "6.2 ACUs") -> dict[str, Any]:
    """The post of the alarm in the admins' channel, once it contains a text."""
    return await on.slack.wait_for_message(OPS, text)


async def spending(on: Harness, acus: float = 6.2) -> tuple[str, str]:
    ts, session = await on.started()
    await on.devin.set(session, acus_consumed=acus)
    return ts, session


async def alarms(on: Harness) -> list[str]:
    return [one["rendered"] for one in await on.slack.messages(OPS)]


@pytest.mark.both_transports
async def test_an_alarm_is_one_post_that_shows_what_was_decided_and_that_it_is_over(on: Harness) -> None:
    _, session = await spending(on)
    post = await alarm(on)
    assert buttons(post) == ["Stop", "Keep running", "Snooze 4 h"]
    assert written(post["blocks"][:1]).endswith(SPENT)
    await on.slack.click(BEN, OPS, post["ts"], "alarm_fine")
    refused = await on.slack.wait_for_ephemeral(BEN)
    assert refused["rendered"].startswith("Only <@U0ANN>, who started this session, or an admin")
    await on.slack.click(ADA, OPS, post["ts"], "alarm_fine")
    shown = await alarm(on, "ada says this is fine.")
    assert (shown["ts"], buttons(shown)) == (post["ts"], ["Stop"])
    await on.slack.wait_for_ephemeral(ADA, GO_ON.text)
    late = press(ADA, OPS, "alarm_snooze", post["blocks"][-1]["elements"][0]["value"])
    assert await forge(on, "interactive", late) == "acked"
    await on.slack.wait_for_ephemeral(ADA, SETTLED.text)
    await on.stop()
    await on.start()
    await on.devin.set(session, acus_consumed=7.5)
    await alarm(on, "has spent 7.5 ACUs since its last message or pull request.")
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    shown = await alarm(on, "Resolved: session asleep.")
    assert (shown["ts"], buttons(shown)) == (post["ts"], [])
    too_late = press(ADA, OPS, "alarm_fine", post["blocks"][-1]["elements"][0]["value"])
    assert await forge(on, "interactive", too_late) == "acked"
    await on.slack.wait_for_ephemeral(ADA, OVER.text)
    assert len(await alarms(on)) == 1


async def test_an_open_alarm_is_in_the_home_of_admins_until_it_is_over(on: Harness) -> None:
    ts, session = await spending(on)
    post = await alarm(on)
    home = written((await opened_home(on, ADA, "*Open alarms*"))["blocks"])
    title = titled("fix the login test", thread_address(GENERAL, ts), session, "*{}*")
    opens = f"<{thread_address(OPS, post['ts'])}|Open alarm>"
    assert f"*Open alarms*\n:rotating_light: {title} {SPENT} {opens}" in home
    assert "Open alarms" not in written((await opened_home(on, ANN, "fix the login test"))["blocks"])
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await alarm(on, "Resolved: session asleep.")
    assert "Open alarms" not in written((await opened_home(on, ADA, "*Running now: 0 sessions*"))["blocks"])


async def test_an_alarm_names_who_started_the_session_and_where(on: Harness) -> None:
    await spending(on)
    assert f"\n6.2 ACUs in all · started by ann · <#{GENERAL}>" in written((await alarm(on))["blocks"])
    _, session = await on.started("tidy up the tests", channel=PRIVATE)
    await on.devin.set(session, acus_consumed=7.1)
    private = (await alarm(on, "7.1 ACUs"))["blocks"]
    assert "started by ann" in written(private)
    assert PRIVATE not in written(private), "whoever reads the admins' channel may not be in it"


async def test_stop_stops_the_session_in_its_thread(on: Harness) -> None:
    ts, session = await spending(on)
    post = await alarm(on)
    await on.slack.click(ADA, OPS, post["ts"], "alarm_stop")
    await on.wait_for_post(GENERAL, ts, stop_sentences.stopped("ada").text)
    await alarm(on, "Resolved: session stopped.")
    assert [one["rendered"] for one in await on.slack.ephemerals(user=ADA)] == [
        stopping("fix the login test", thread_address(GENERAL, ts), session)
    ]


async def test_stop_in_the_admins_channel_is_for_who_may_see_the_session(on: Harness) -> None:
    ts, session = await on.started(channel=PRIVATE)
    await on.devin.set(session, acus_consumed=6.2)
    post = await alarm(on)
    await on.slack.click(BEN, OPS, post["ts"], "alarm_stop")
    refused = await on.slack.wait_for_ephemeral(BEN)
    assert refused["rendered"].startswith("Only <@U0ANN>, who started this session, or an admin")
    assert buttons(await on.slack.message(OPS, post["ts"])) == ["Stop", "Keep running", "Snooze 4 h"]
    await on.slack.click(ADA, OPS, post["ts"], "alarm_stop")
    await on.wait_for_post(PRIVATE, ts, stop_sentences.stopped("ada").text)


async def test_whoever_reads_a_public_channel_may_stop_its_session_from_the_alarm(on: Harness) -> None:
    ts, _ = await spending(on)
    post = await alarm(on)
    await on.slack.click(BEN, OPS, post["ts"], "alarm_stop")
    await on.wait_for_post(GENERAL, ts, stop_sentences.stopped("ben").text)


async def open_again(on: Harness, post: dict[str, Any]) -> None:
    """Wait until the post of an alarm has all of its buttons."""

    async def holds() -> bool:
        return buttons(await on.slack.message(OPS, post["ts"])) == ["Stop", "Keep running", "Snooze 4 h"]

    await until(holds)


async def test_a_session_that_was_stopped_and_runs_away_again_is_open_again_in_the_same_post(on: Harness) -> None:
    ts, session = await spending(on)
    post = await alarm(on)
    await on.slack.click(ADA, OPS, post["ts"], "alarm_stop")
    await alarm(on, "Resolved: session stopped.")
    await on.slack.say(ANN, GENERAL, "go on, please", thread_ts=ts)
    await on.devin.wait_for_messages("go on, please")
    await on.devin.set(session, status="running", status_detail="working", acus_consumed=6.5)
    shown = await alarm(on, "has spent 6.5 ACUs in the last hour (usually up to 5).")
    assert shown["ts"] == post["ts"]
    await open_again(on, post)
    assert "stops it" not in (await on.slack.message(OPS, post["ts"]))["rendered"]
    assert len(await alarms(on)) == 1


async def test_after_a_stop_that_devin_refuses_the_alarm_is_open_again(on: Harness) -> None:
    ts, session = await spending(on)
    post = await alarm(on)
    await on.devin.permissions(revoke=["ManageOrgSessions"])
    await on.slack.click(ADA, OPS, post["ts"], "alarm_stop")
    await on.wait_for_post(
        GENERAL, ts, up_to_reference(stop_sentences.stop_failed(f"https://app.devin.ai/sessions/{session}", ""))
    )
    await open_again(on, post)
    assert "stops it" not in (await on.slack.message(OPS, post["ts"]))["rendered"]
    assert len(await alarms(on)) == 1


async def test_an_hour_that_costs_more_than_is_usual_is_an_alarm_although_devin_speaks(on: Harness) -> None:
    ts, session = await spending(on, 3.0)
    await on.devin.say(session, "Half of it is done.")
    await on.wait_for_post(GENERAL, ts, "Half of it is done.")
    await on.devin.set(session, acus_consumed=6.2)
    post = await alarm(on)
    assert written(post["blocks"][:1]).endswith("has spent 6.2 ACUs in the last hour (usually up to 5).")


async def test_after_a_snooze_the_thread_of_the_post_reminds(on: Harness, clock: Ahead) -> None:
    await spending(on)
    post = await alarm(on)
    await on.slack.click(ADA, OPS, post["ts"], "alarm_snooze")
    await on.slack.wait_for_ephemeral(ADA, SNOOZED.text)
    assert buttons(await alarm(on, "Snoozed by ada until")) == ["Stop", "Keep running"]
    clock.put(4 * HOUR + 1)
    said = await on.slack.wait_for_message(OPS, "The snooze is over", thread_ts=post["ts"])
    assert said["rendered"] == f"The snooze is over, and the session {SPENT}"
    await open_again(on, post)


async def test_a_session_that_says_something_or_opens_a_pull_request_is_none(on: Harness) -> None:
    _, session = await spending(on, 4.0)
    await polled(on)
    await on.devin.say(session, "Half of it is done.")
    await on.devin.set(session, acus_consumed=4.9)
    await polled(on, 4)
    await settled(on)
    assert await alarms(on) == []
    assert [row["progress_acus"] >= 4.0 for row in await rows(on, "sessions")] == [True]


async def test_spend_that_nobody_could_read_for_an_hour_is_said(on: Harness, clock: Ahead) -> None:
    await on.started()
    await polled(on)
    await on.devin.fault("list_sessions", "503", times=-1)
    clock.put(HOUR + 60)
    post = await on.slack.wait_for_message(OPS, "No usage data from Devin since")
    await on.devin.clear_faults()
    clock.put(600)
    shown = await on.slack.wait_for_message(OPS, "Usage data is back. It was missing from")
    assert shown["ts"] == post["ts"]
    assert len(await alarms(on)) == 1


async def test_without_a_channel_for_admins_the_post_is_in_the_sessions_thread(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    async with harness(tmp_path, transport, timing=timing, **database) as on:
        ts, _ = await spending(on)
        post = await on.wait_for_post(GENERAL, ts, SPENT)
        await on.slack.click(ANN, GENERAL, post["ts"], "alarm_fine")
        shown = await on.wait_for_post(GENERAL, ts, "ann says this is fine.")
        assert shown["ts"] == post["ts"]
