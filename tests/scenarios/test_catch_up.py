"""What Slack stopped re-sending is fetched, once and in order: at the start, after a gap, and after a creation."""

import pytest

from tests.for_devin import forwarded
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, WEB, Harness
from tests.scenarios.observations import creations, settled


async def said(on: Harness, session: str) -> list[str]:
    """What people have said to a session, without the marks in the first lines."""
    messages = (await on.devin.session(session))["messages"]
    return [message["message"].split("\n> ", 1)[1] for message in messages[1:] if message["source"] == "user"]


@pytest.mark.both_transports
async def test_replies_written_while_the_bot_was_down_reach_devin_once_and_in_order(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "fix the header", thread_ts=ts)
    await on.devin.wait_for_messages("fix the header")
    elsewhere = await on.slack.say(BEN, WEB, "it races with the clock")
    await on.stop()
    await on.slack.pause("lose")
    for number in range(2):
        await on.slack.say((ANN, BEN)[number % 2], GENERAL, f"add test {number}", thread_ts=ts)
    await on.slack.forward(ANN, WEB, elsewhere, GENERAL, "add test 2", thread_ts=ts)
    await on.slack.resume()
    await on.start()
    await on.devin.wait_for_messages("add test 2", seconds=15)
    await on.slack.say(ANN, GENERAL, "then fix the footer", thread_ts=ts)
    await on.devin.wait_for_messages("then fix the footer", seconds=15)
    address = f"https://play.slack.com/archives/{WEB}/p{elsewhere.replace('.', '')}"
    quotation = f"{forwarded('ben', 'web', address)}\n> it races with the clock"
    assert await said(on, session) == [
        *("fix the header", "add test 0", "add test 1"),
        *(f"add test 2\n\n{quotation}", "then fix the footer"),
    ]


async def test_what_arrived_before_is_not_forwarded_again_at_the_next_start(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "only once", thread_ts=ts)
    await on.devin.wait_for_messages("only once")
    for _ in range(2):
        await on.stop()
        await on.start()
    await on.slack.say(ANN, GENERAL, "also fix the footer", thread_ts=ts)
    await on.devin.wait_for_messages("also fix the footer", seconds=15)
    assert await said(on, session) == ["only once", "also fix the footer"]


@pytest.mark.both_transports
async def test_what_slack_sends_again_after_it_was_fetched_is_known(on: Harness) -> None:
    ts, session = await on.started()
    await on.stop()
    await on.slack.pause("hold")
    await on.slack.say(ANN, GENERAL, "fetched first", thread_ts=ts)
    await on.start()
    await on.devin.wait_for_messages("fetched first", seconds=15)
    await on.slack.resume()
    await on.slack.wait_for_delivery(type="message", status="acked")
    await on.slack.say(ANN, GENERAL, "also fix the footer", thread_ts=ts)
    await on.devin.wait_for_messages("also fix the footer", seconds=15)
    assert await said(on, session) == ["fetched first", "also fix the footer"]


async def test_each_open_thread_is_read_at_the_start(on: Harness) -> None:
    places = {channel: await on.started(f"fix tests of {channel}", channel=channel) for channel in (GENERAL, WEB)}
    await on.stop()
    await on.slack.pause("lose")
    for channel, (ts, _) in places.items():
        await on.slack.say(BEN, channel, f"missed in {channel}", thread_ts=ts)
    await on.slack.resume()
    await on.start()
    for channel, (_, session) in places.items():
        await on.devin.wait_for_messages(f"missed in {channel}", seconds=15)
        assert await said(on, session) == [f"missed in {channel}"]


@pytest.mark.long
async def test_more_replies_than_one_pass_reads_all_reach_devin_in_order(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.reading.PAGE_MESSAGES", 3)
    ts, session = await on.started()
    await on.stop()
    await on.slack.pause("lose")
    written = [f"missed {number}" for number in range(7)]
    for text in written:
        await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
    await on.slack.resume()
    await on.start()
    await on.devin.wait_for_messages("missed 6", seconds=30)
    assert await said(on, session) == written


async def test_a_reply_that_arrives_before_the_thread_was_read_hides_nothing(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.wait_for_call("conversations.replies")
    await on.stop()
    await on.slack.pause("lose")
    await on.slack.say(BEN, GENERAL, "rename the flag", thread_ts=ts)
    await on.slack.resume()
    await on.slack.fault("conversations.replies", "hang", times=0)
    await on.start()
    await on.slack.say(ANN, GENERAL, "fix the typo", thread_ts=ts)
    await on.devin.wait_for_messages("fix the typo", seconds=15)
    await on.stop()  # before the thread was read
    await on.slack.clear_faults()
    await on.start()
    await on.devin.wait_for_messages("rename the flag", seconds=15)
    assert await said(on, session) == ["fix the typo", "rename the flag"]


@pytest.mark.both_transports
async def test_verbs_written_while_the_bot_was_down_are_carried_out(on: Harness) -> None:
    ts, session = await on.started()
    await on.stop()
    await on.slack.pause("lose")
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.resume()
    await on.start()
    await on.slack.wait_for_message(GENERAL, "Stopped by ann", thread_ts=ts, within=15)
    assert (await on.devin.session(session))["is_archived"]


@pytest.mark.parametrize("transport", ["socket"])
async def test_what_was_lost_in_a_gap_of_the_socket_is_fetched(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.pause("lose")
    await on.slack.say(BEN, GENERAL, "lost in the gap", thread_ts=ts)
    await on.slack.resume()
    await on.slack.disconnect(hard=True)
    await on.devin.wait_for_messages("lost in the gap", seconds=30)
    await on.slack.say(ANN, GENERAL, "after the gap", thread_ts=ts)
    await on.devin.wait_for_messages("after the gap", seconds=15)
    assert await said(on, session) == ["lost in the gap", "after the gap"]


@pytest.mark.both_transports
async def test_what_was_written_during_the_creation_and_lost_is_fetched_after_it(on: Harness) -> None:
    await on.devin.fault("create_session", "hang", commit="late")
    ts = await on.mention("a slow start")
    await on.devin.wait_for_calls("create_session")
    await on.slack.pause("lose")
    await on.slack.say(BEN, GENERAL, "use pytest meanwhile", thread_ts=ts)
    await on.slack.resume()
    await on.devin.clear_faults()
    made = await on.session("a slow start")
    await on.devin.wait_for_messages("use pytest meanwhile", seconds=15)
    assert await said(on, made["session_id"]) == ["use pytest meanwhile"]


@pytest.mark.both_transports
async def test_mentions_and_direct_messages_written_while_the_bot_was_down_start_and_reply_once(on: Harness) -> None:
    await on.started(channel=WEB)
    direct = await on.slack.say(ANN, "im", "fix the other test")
    made = await on.session("fix the other test")
    await on.stop()
    await on.slack.pause("lose")
    await on.slack.say(BEN, WEB, "no mention")
    missed = await on.mention("fix the logout test", BEN, WEB)
    await on.slack.say(ANN, WEB, "me too", thread_ts=missed)
    await on.slack.say(ANN, "im", "and fix the footer")
    await on.slack.resume()
    for _ in range(2):
        await on.start()
        begun = await on.session("fix the logout test")
        await on.devin.wait_for_messages("and fix the footer", seconds=15)
        await on.stop()
    assert begun["tags"] == ["devin-bridge", f"slack-T0PLAY-{WEB}-{missed}"]
    assert await said(on, made["session_id"]) == ["and fix the footer"]
    assert f"slack-T0PLAY-D0ANN-{direct}" in made["tags"]
    assert await creations(on) == 3


@pytest.mark.parametrize("transport", ["socket"])
@pytest.mark.timing(spoken_lately=0.0)
async def test_a_refreshed_socket_reads_only_threads_in_which_somebody_spoke_lately(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.wait_for_call("conversations.replies")
    before = len(await on.slack.log("conversations.replies"))
    await on.slack.disconnect()
    await on.slack.say(ANN, GENERAL, "after the refresh", thread_ts=ts)
    await on.devin.wait_for_messages("after the refresh", seconds=15)
    await settled(on)
    assert len(await on.slack.log("conversations.replies")) == before
    assert await on.slack.log("conversations.history") == []
    assert await said(on, session) == ["after the refresh"]


# ---------------------------------------------------------------- bots that may start


async def lost(on: Harness, *alerts: tuple[str, str]) -> None:
    """Let a trusted bot write while the bot is down, so that Slack sends none of it again."""
    await on.stop()
    await on.slack.pause("lose")
    for channel, text in alerts:
        await on.slack.post_as_app(channel, "Alertmanager", text=text)
    await on.slack.resume()


async def trusting(on: Harness) -> None:
    """Start the bot with one that it trusts in a channel in which nobody has asked for anything."""
    await on.slack.post_as_app(OPS, "Alertmanager", text="Disk is full on web-0")
    bot = (await on.slack.messages(OPS))[-1]["bot_id"]
    await settled(on)
    await on.stop()
    on.environment["BOT_ALERT_BOTS"] = f"{OPS}:{bot}:{ANN}"
    await on.start()
    await settled(on)


@pytest.mark.both_transports
async def test_an_alert_posted_while_the_bot_was_down_starts_its_session_once(on: Harness) -> None:
    await trusting(on)
    await lost(on, (OPS, "Disk is full on web-1"), (GENERAL, "Disk is full on web-2"))
    for _ in range(2):
        await on.start()
        assert "for ann (U0ANN). Reference: " in (await on.session("Disk is full on web-1"))["request"]["prompt"]
        await settled(on)
        await on.stop()
    await on.start()
    await settled(on)
    assert await creations(on) == 1


async def test_what_a_bot_wrote_before_it_was_trusted_is_not_fetched(on: Harness) -> None:
    await trusting(on)
    await on.slack.wait_for_call("conversations.history", text=OPS)
    await settled(on)
    assert await creations(on) == 0


@pytest.mark.timing(catch_up_reach=0.01)
async def test_an_alert_that_is_too_old_is_left_alone(on: Harness) -> None:
    await trusting(on)
    await lost(on, (OPS, "Disk is full on web-1"))
    await on.start()
    await on.slack.wait_for_call("conversations.history", text=OPS)
    await settled(on)
    assert await creations(on) == 0
