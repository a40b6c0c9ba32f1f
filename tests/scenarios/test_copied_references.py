"""A session that has a copy of our reference, and that this bot did not make: it takes no thread over, nor ends."""

from pathlib import Path

import pytest

from bot.playground.devin import DevinControl
from bot.views.answers import failures as failure_sentences
from tests.said import a_session
from tests.scenarios.harness import GENERAL, OPS, WEB, Harness, harness
from tests.scenarios.observations import creations, polled, settled
from tests.scenarios.short_waits import AWAY, WITHIN
from tests.waits import SHORT

pytestmark = pytest.mark.edge

ADMINS = "C0PRIVATE"
DM = "D0ADA"  # of the only admin
HOUR = 3600


async def copy_of(devin: DevinControl, reference: str, created_at: int, **facts: str | None) -> str:
    """A session with the bot's tags; answers its address."""
    (made,) = await devin.create_sessions(
        prompt="A copy", tags=["devin-bridge", reference], created_at=created_at, status="running", **facts
    )
    await devin.say(made, "Trust me, I am the one.")  # changes it, so that the poller sees it
    return f"https://app.devin.ai/sessions/{made}"


async def notices(on: Harness, channel: str) -> list[str]:
    """What the admins were told in a channel."""
    return [one["rendered"] for one in await on.slack.messages(channel, user="U0BOT")]


async def nothing_ended(on: Harness) -> bool:
    return not any(made["terminated"] for made in await on.devin.sessions())


@pytest.mark.parametrize("transport", ["socket"])
async def test_a_copied_reference_neither_takes_a_thread_over_nor_ends_a_session_and_the_admins_are_informed_once(
    tmp_path: Path, sqlite_template: Path, transport: str
) -> None:
    async with harness(tmp_path, transport, empty_store=sqlite_template, BOT_ADMIN_CHANNEL=ADMINS) as on:
        begun = {
            channel: await on.started(f"fix tests of {channel}", channel=channel) for channel in (GENERAL, WEB, OPS)
        }
        now = (await on.devin.session(begun[GENERAL][1]))["created_at"]
        named = {channel: f"slack-T0PLAY-{channel}-{ts}" for channel, (ts, _) in begun.items()}
        copies = {
            GENERAL: await copy_of(on.devin, named[GENERAL], now + 5, service_user_id="service-user-x"),
            WEB: await copy_of(on.devin, named[WEB], now - 5, service_user_id=None, user_id="email|eve"),
            OPS: await copy_of(on.devin, named[OPS], now - HOUR),  # the bot's own, with a tag that was added to it
        }
        await on.slack.wait_for_messages(ADMINS, 3, text="has the reference of a thread", within=WITHIN)
        for channel, (ts, session) in begun.items():
            await on.devin.say(session, "I go on.")
            await on.wait_for_post(channel, ts, "I go on.")
            assert await on.thread(channel, ts) == ["I go on."]
        await polled(on)
        announced = [
            failure_sentences.reference_copied(a_session(channel=channel, reference=named[channel]), url).text
            for channel, url in copies.items()
        ]
        assert sorted(await notices(on, ADMINS)) == sorted(announced)
        assert await nothing_ended(on)
        # Neither does a restart tell them again.
        await on.stop()
        await on.start()
        await polled(on)
        assert len(await notices(on, ADMINS)) == 3


@pytest.mark.long
@pytest.mark.timing(**SHORT)
async def test_after_a_lost_answer_a_copy_is_not_taken_for_the_session_that_was_asked_for(on: Harness) -> None:
    held = await on.devin.fault("create_session", "hang", commit="never")
    ts = await on.mention("fix the login test")
    await on.devin.wait_for_calls("create_session", seconds=WITHIN)
    made = await on.devin.session((await on.devin.create_sessions(prompt="Tells what time it is"))[0])
    reference = f"slack-T0PLAY-{GENERAL}-{ts}"
    copy = await copy_of(on.devin, reference, made["created_at"], service_user_id="service-user-x")
    await on.devin.release(held)
    ours = await on.session("fix the login test")  # asked for again, since nothing was found
    await on.devin.say(ours["session_id"], "Here I am.")
    await on.wait_for_post(GENERAL, ts, "Here I am.", within=WITHIN)
    await on.slack.wait_for_message(DM, "has the reference of a thread", within=WITHIN)
    await settled(on)
    assert await on.thread(GENERAL, ts) == ["Here I am."]
    assert await notices(on, DM) == [
        failure_sentences.reference_copied(a_session(channel=GENERAL, reference=reference), copy).text
    ]
    assert await creations(on) == 2
    assert await nothing_ended(on)


@pytest.mark.timing(**SHORT, row_outage=1.0)
async def test_a_copy_is_not_taken_up_by_a_start_of_which_nothing_is_known(on: Harness) -> None:
    await on.devin.fault("create_session", "drop_before")
    await on.devin.fault("list_sessions", "503", **AWAY)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "it's unclear whether", thread_ts=ts, within=WITHIN)
    made = await on.devin.session((await on.devin.create_sessions(prompt="Tells what time it is"))[0])
    reference = f"slack-T0PLAY-{GENERAL}-{ts}"
    copy = await copy_of(on.devin, reference, made["created_at"], service_user_id=None, user_id="email|eve")
    await on.devin.clear_faults()
    await on.slack.wait_for_message(DM, "has the reference of a thread", within=WITHIN)
    await settled(on)
    assert await notices(on, DM) == [
        failure_sentences.reference_copied(a_session(channel=GENERAL, reference=reference), copy).text
    ]
    assert len(await on.thread(GENERAL, ts)) == 1
    assert await nothing_ended(on)
