"""Who and where Devin is not for: everybody is told why, and nothing is started or sent."""

from typing import Any

import pytest

from bot.views.answers import access as access_sentences
from bot.views.answers import failures as failure_sentences
from tests.said import a_session, stopping
from tests.scenarios.harness import ANN, BEN, BOT, EXTERNAL, GENERAL, GUEST, WEB, Harness
from tests.scenarios.observations import (
    card,
    creations,
    forge,
    polled,
    press,
    private_answers,
    sent_to_devin,
    settled,
    started_by_command,
    thread_address,
)

SHARED, ARCHIVED, NO_BOT = "C0SHARED", "C0ARCHIVED", "C0NOBOT"
NOT_MEMBER = (
    "Devin Bridge isn't in this channel. Nothing was started. Type `/invite @Devin Bridge` here, then try again."
)


async def refused(on: Harness, user: str, sentence: str, **where: Any) -> None:
    """Wait for the private sentence, see that it is all that was said, and that nothing reached Devin."""
    said = await on.slack.wait_for_ephemeral(user, **where)
    await settled(on)
    assert said["rendered"] == sentence
    assert await private_answers(on, user) == [sentence]
    assert await creations(on) == 0


# ------------------------------------------------------------ people


@pytest.mark.parametrize("text", ["fix it please", "stauts", "fix WEB-123"])
async def test_a_guest_whom_nobody_knows_yet_gets_no_button_that_would_refuse(on: Harness, text: str) -> None:
    answer = (await on.slack.slash(GUEST, GENERAL, text))["shown"]
    assert (answer["rendered"], answer["blocks"]) == (access_sentences.GUEST_REFUSED.text, [])


async def test_a_guests_mention_is_refused(on: Harness) -> None:
    await on.mention("fix the login test", GUEST)
    await refused(on, GUEST, access_sentences.GUEST_REFUSED.text)


@pytest.mark.both_transports
async def test_a_guests_slash_command_is_refused(on: Harness) -> None:
    answer = await on.slack.slash(GUEST, GENERAL, "fix the login test")
    assert answer["shown"] is None
    await on.slack.wait_for_ephemeral(GUEST, access_sentences.GUEST_REFUSED.text)
    await settled(on)
    assert await private_answers(on, GUEST) == [access_sentences.GUEST_REFUSED.text], "it stands in place of the ack"
    await on.stop()
    await on.start()  # who they are is known from the store
    answer = await on.slack.slash(GUEST, GENERAL, "fix the login test auc=10")
    assert answer["shown"]["rendered"] == access_sentences.GUEST_REFUSED.text, "known by now, so the ack itself refuses"
    answer = await on.slack.slash(GUEST, GENERAL, "fix it")
    assert answer["shown"]["rendered"] == access_sentences.GUEST_REFUSED.text, "and asks nothing first"
    await settled(on)
    assert await creations(on) == 0
    assert not [one for one in await on.slack.messages(GENERAL) if one["user"] == "U0BOT"]


async def test_a_guests_direct_message_is_refused(on: Harness) -> None:
    await on.slack.say(GUEST, "im", "fix the login test")
    said = await on.slack.wait_for_message("D0GUEST")
    assert said["rendered"] == access_sentences.GUEST_REFUSED.text
    await settled(on)
    assert await creations(on) == 0


@pytest.mark.both_transports
async def test_a_guests_replies_verbs_and_buttons_are_refused_and_said_once(on: Harness) -> None:
    ts, session = await on.started()
    for text in ("use pytest", "and hurry", "!stop"):
        await on.slack.say(GUEST, GENERAL, text, thread_ts=ts)
    await on.slack.wait_for_ephemeral(GUEST, thread_ts=ts)
    await settled(on)
    assert await private_answers(on, GUEST) == [access_sentences.GUEST_REFUSED.text]
    await on.slack.click(GUEST, GENERAL, (await card(on, ts))["ts"], "stop")
    await on.slack.wait("ephemerals", 2, user=GUEST)
    await settled(on)
    assert await private_answers(on, GUEST) == [
        access_sentences.GUEST_REFUSED.text,
        access_sentences.GUEST_REFUSED.text,
    ]
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is False


async def test_people_of_another_company_are_refused(on: Harness) -> None:
    await on.slack.put_channel(WEB, members=["U0BOT", ANN, BEN, EXTERNAL])
    ts, session = await on.started(channel=WEB)
    await on.slack.say(EXTERNAL, WEB, "use pytest", thread_ts=ts)
    await on.slack.wait_for_ephemeral(EXTERNAL, access_sentences.OTHER_COMPANY_REFUSED.text)
    await on.mention("fix the logout test", EXTERNAL, WEB)
    await on.slack.wait("ephemerals", 2, user=EXTERNAL, text=access_sentences.OTHER_COMPANY_REFUSED.text)
    # Slack offers the command to no stranger, so this one is forged.
    assert (await on.slack.slash(EXTERNAL, WEB, "fix the logout test"))["error"] == "not_a_command"
    typed = {"command": "/devin", "text": "fix the logout test", "user_id": EXTERNAL, "channel_id": WEB}
    forged = {**typed, "team_id": "T0PLAY", "trigger_id": "forged"}
    assert await forge(on, "slash_commands", forged) == "acked"
    (command,) = await on.slack.deliveries(kind="slash_commands")
    assert command["answer"]["text"] == access_sentences.OTHER_COMPANY_REFUSED.text
    await on.slack.click(EXTERNAL, WEB, (await card(on, ts, WEB))["ts"], "stop")
    await on.slack.wait("ephemerals", 3, user=EXTERNAL, text=access_sentences.OTHER_COMPANY_REFUSED.text)
    await settled(on)
    assert await creations(on) == 1
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is False


# ------------------------------------------------------------ shared channels


async def test_a_mention_in_a_shared_channel_is_refused(on: Harness) -> None:
    await on.mention("fix the login test", ANN, SHARED)
    await refused(on, ANN, access_sentences.SHARED_CHANNEL_REFUSED.text)
    await on.mention("fix the login test", EXTERNAL, SHARED)
    await refused(on, EXTERNAL, access_sentences.SHARED_CHANNEL_REFUSED.text)


async def test_a_slash_command_in_a_shared_channel_is_refused(on: Harness) -> None:
    await on.slack.slash(ANN, SHARED, "fix the login test")
    await refused(
        on, ANN, access_sentences.SHARED_CHANNEL_REFUSED.text, text=access_sentences.SHARED_CHANNEL_REFUSED.text
    )


async def test_when_a_channel_becomes_shared_replies_and_other_peoples_buttons_are_refused(on: Harness) -> None:
    """How members of the home workspace stop there is told in `test_shared_channel.py`."""
    ts, session = await on.started(channel=WEB)
    await on.slack.put_channel(WEB, is_ext_shared=True)
    await on.slack.say(BEN, WEB, "use pytest", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, access_sentences.SHARED_CHANNEL_REFUSED.text)
    await on.slack.say(ANN, WEB, "!mute", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, access_sentences.SHARED_CHANNEL_REFUSED.text)
    for user, sentence in (
        (GUEST, access_sentences.GUEST_REFUSED.text),
        (EXTERNAL, access_sentences.OTHER_COMPANY_REFUSED.text),
    ):
        await on.slack.put_channel(WEB, members=["U0BOT", ANN, BEN, GUEST, EXTERNAL])
        await on.slack.click(user, WEB, (await card(on, ts, WEB))["ts"], "stop")
        await on.slack.wait_for_ephemeral(user, sentence)
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert (await on.devin.session(session))["is_archived"] is False


# ------------------------------------------------------------ channels that cannot be posted to


async def test_a_slash_command_where_the_bot_is_not_is_refused(on: Harness) -> None:
    await on.slack.slash(ANN, NO_BOT, "fix the login test")
    await refused(on, ANN, NOT_MEMBER, text=NOT_MEMBER)
    assert await on.slack.messages(NO_BOT) == []


async def test_a_slash_command_in_a_private_channel_without_the_bot_is_refused(on: Harness) -> None:
    await on.slack.put_channel("C0SECRET", kind="group", members=[ANN, BEN])
    await on.slack.slash(ANN, "C0SECRET", "fix the login test")
    await refused(on, ANN, NOT_MEMBER, text=NOT_MEMBER)


async def test_a_slash_command_between_two_people_is_refused(on: Harness) -> None:
    await on.slack.put_channel("D0ANNBEN", kind="im", members=[ANN, BEN])
    await on.slack.slash(ANN, "D0ANNBEN", "fix the login test")
    await refused(on, ANN, access_sentences.BETWEEN_PEOPLE.text, text=access_sentences.BETWEEN_PEOPLE.text)


async def test_a_slash_command_in_an_archived_channel_is_refused(on: Harness) -> None:
    await on.slack.slash(ANN, ARCHIVED, "fix the login test")
    await refused(on, ANN, access_sentences.CHANNEL_ARCHIVED.text, text=access_sentences.CHANNEL_ARCHIVED.text)


async def test_a_slash_command_works_once_the_channel_is_unarchived(on: Harness) -> None:
    await on.slack.slash(ANN, ARCHIVED, "fix the login test")
    await refused(on, ANN, access_sentences.CHANNEL_ARCHIVED.text, text=access_sentences.CHANNEL_ARCHIVED.text)
    await on.slack.unarchive(ARCHIVED)
    await on.slack.slash(ANN, ARCHIVED, "fix the logout test")
    await on.session("fix the logout test")


async def test_replies_that_are_fetched_from_a_shared_channel_are_refused(on: Harness) -> None:
    ts, session = await on.started(channel=WEB)
    await on.stop()
    await on.slack.put_channel(WEB, is_ext_shared=True)
    await on.slack.pause("lose")
    await on.slack.say(BEN, WEB, "use pytest", thread_ts=ts)
    await on.slack.resume()
    await on.start()
    await on.slack.wait_for_ephemeral(BEN, access_sentences.SHARED_CHANNEL_REFUSED.text)
    await settled(on)
    assert await sent_to_devin(on, session) == []


async def test_a_slash_command_works_after_the_invitation(on: Harness) -> None:
    await on.slack.slash(ANN, NO_BOT, "fix the login test")
    await refused(on, ANN, NOT_MEMBER, text=NOT_MEMBER)
    await on.slack.invite(NO_BOT)
    await on.slack.slash(ANN, NO_BOT, "fix the login test")
    await on.slack.wait_for_message(NO_BOT, "Started by ann")
    await on.session("fix the login test")


def lost(channel: str, session: str, title: str) -> str:
    """What the requester reads when a channel is gone."""
    known = a_session(prompt=title, url=f"https://app.devin.ai/sessions/{session}")
    return failure_sentences.posting_lost(channel, known).text


@pytest.mark.both_transports
async def test_a_removed_bot_informs_the_asker_once(on: Harness) -> None:
    ts, session = await on.started("fix the login test", ANN, WEB)
    await on.slack.remove(WEB)
    await on.slack.wait_for_message("D0ANN", "can no longer post in")
    await on.devin.say(session, "I am done.")
    await on.devin.set(session, status_detail="finished")
    await settled(on)
    assert [one["rendered"] for one in await on.slack.messages("D0ANN")] == [lost(WEB, session, "fix the login test")]
    await on.devin.set(session, status_detail="working")
    await polled(on)  # only what runs can be stopped
    stopped = await on.slack.slash(ANN, GENERAL, "stop")
    assert stopped["shown"]["rendered"] == stopping("fix the login test", thread_address(WEB, ts), session)
    await on.devin.wait_for_sessions("fix the login test", is_archived=True)
    await settled(on)
    assert len(await on.slack.messages("D0ANN")) == 1
    assert await on.thread(WEB, ts) == []


async def test_an_archived_channel_informs_each_asker_once(on: Harness) -> None:
    _, one = await on.started("fix the login test", ANN, WEB)
    _, two = await started_by_command(on, "fix the logout test", BEN, WEB)
    await on.slack.archive(WEB)
    await on.slack.wait_for_message("D0ANN", "can no longer post in")
    await on.slack.wait_for_message("D0BEN", "can no longer post in")
    await on.devin.say(one, "I am done.")
    await on.devin.say(two, "I am done too.")
    await settled(on)
    assert [m["rendered"] for m in await on.slack.messages("D0ANN")] == [lost(WEB, one, "fix the login test")]
    assert [m["rendered"] for m in await on.slack.messages("D0BEN")] == [lost(WEB, two, "fix the logout test")]


async def test_without_the_event_the_first_failing_post_informs_the_asker(on: Harness) -> None:
    _, session = await on.started("fix the login test", ANN, WEB)
    await on.slack.pause("lose")
    await on.slack.remove(WEB)
    await on.slack.resume()
    await on.devin.say(session, "I looked at the test.")
    await on.slack.wait_for_message("D0ANN", "can no longer post in")
    await on.devin.say(session, "It races with the clock.")
    await settled(on)
    assert [m["rendered"] for m in await on.slack.messages("D0ANN")] == [lost(WEB, session, "fix the login test")]


async def test_after_a_new_invitation_the_thread_goes_on(on: Harness) -> None:
    ts, session = await on.started("fix the login test", ANN, WEB)
    await on.slack.remove(WEB)
    await on.slack.wait_for_message("D0ANN", "can no longer post in")
    await on.slack.invite(WEB)
    await on.slack.say(BEN, WEB, "use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("use pytest")
    await on.devin.say(session, "I do.")
    await on.wait_for_post(WEB, ts, "I do.")
    await on.devin.set(session, status_detail="finished")
    await on.slack.wait_for_message(WEB, "Done", thread_ts=ts)


async def test_a_second_removal_informs_the_asker_again(on: Harness) -> None:
    _, session = await on.started("fix the login test", ANN, WEB)
    await on.slack.remove(WEB)
    await on.slack.wait_for_message("D0ANN", "can no longer post in")
    await on.slack.invite(WEB)
    await on.slack.remove(WEB)
    await on.slack.wait_for_messages("D0ANN", 2, text="can no longer post in")
    await on.devin.say(session, "I looked at the test.")
    await on.slack.wait_for_call("chat.postMessage", text="I looked", ok=False)
    await settled(on)
    assert [m["rendered"] for m in await on.slack.messages("D0ANN")] == [lost(WEB, session, "fix the login test")] * 2


async def test_a_mention_by_another_bot_starts_nothing(on: Harness) -> None:
    await on.slack.put_person("U0CI", is_bot=True)
    event = {"type": "app_mention", "user": "U0CI", "text": f"{BOT} fix the login test", "channel": GENERAL}
    await on.slack.emit({**event, "ts": "1700000000.000200", "event_ts": "1700000000.000200"})
    await settled(on)
    assert await creations(on) == 0
    assert await private_answers(on, "U0CI") == []


async def test_a_forged_stop_by_somebody_slack_does_not_know_does_nothing(on: Harness) -> None:
    ts, session = await on.started()
    buttons = (await card(on, ts))["blocks"][-1]["elements"]
    value = next(button["value"] for button in buttons if button["action_id"] == "stop")
    assert await forge(on, "interactive", press("U0NOBODY", GENERAL, "stop", value)) == "acked"
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is False
