"""A second task in a direct message: it is a reply to the last session, which its author reads and can undo."""

from typing import Any

import pytest

from bot.views.answers import replies as reply_sentences
from tests.for_devin import as_sent
from tests.markup import written
from tests.said import a_session, titled
from tests.scenarios.ahead import until
from tests.scenarios.harness import ANN, BEN, Harness
from tests.scenarios.observations import (
    buttons,
    card_of,
    creations,
    forge,
    polled,
    press,
    sent_to_devin,
    settled,
    thread_address,
)

DM = "D0ANN"
PRESS = "answer:added:own"
WAITS = pytest.mark.timing(dm_follow_up=3_600.0, dm_earlier_line=0.0)  # lines do not wait for one that starts
pytestmark = pytest.mark.timing(dm_follow_up=3_600.0)


async def running(on: Harness) -> str:
    """A session that a direct message has started; answers its id at Devin."""
    await on.slack.say(ANN, "im", "build the signup form")
    session = (await on.session("build the signup form"))["session_id"]
    await settled(on)
    return session


async def added(on: Harness, line: str) -> tuple[str, dict[str, Any]]:
    """A line that is added to the session; answers its ts and what its author reads."""
    ts = await on.slack.say(ANN, "im", line)
    return ts, await on.slack.wait_for_message(DM, "Added to “build the signup form”.")


@pytest.mark.both_transports
async def test_it_is_a_reply_and_says_so(on: Harness) -> None:
    session = await running(on)
    ts, said = await added(on, "update the docs of the api")
    await on.devin.wait_for_messages("update the docs of the api")
    first = (await on.slack.messages(DM))[0]["ts"]
    title = titled("build the signup form", thread_address(DM, first), session, "“{}”")
    assert (said["text"], written(said["blocks"])) == ("Added to “build the signup form”.", f"Added to {title}.")
    assert buttons(said) == ["Start separate session"]
    assert said.get("thread_ts") is None
    assert await sent_to_devin(on, session) == [as_sent(ts, "ann", "update the docs of the api")]
    assert await creations(on) == 1


async def test_what_devin_has_had_starts_a_session_too_and_it_is_said(on: Harness) -> None:
    session = await running(on)
    _, said = await added(on, "update the docs of the api")
    await on.devin.wait_for_messages("update the docs of the api")
    await settled(on)
    await on.slack.click(ANN, DM, said["ts"], PRESS)
    first = (await on.slack.messages(DM))[0]["ts"]
    known = a_session(prompt="build the signup form", url=f"https://app.devin.ai/sessions/{session}")
    await on.slack.wait_for_ephemeral(ANN, reply_sentences.had_by(known, thread_address(DM, first)).text)

    async def started() -> bool:
        return await creations(on) == 2

    await until(started)
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1
    assert await creations(on) == 2


@WAITS
async def test_what_devin_has_not_had_yet_is_taken_back_once(on: Harness) -> None:
    await on.devin.fault("create_session", "slow", seconds=4.0)
    await on.slack.say(ANN, "im", "build the signup form")
    await on.devin.wait_for_calls("create_session")
    line, said = await added(on, "update the docs of the api")
    for _ in range(2):
        await on.slack.click(ANN, DM, said["ts"], PRESS)
    made = await on.session("update the docs of the api")
    first = await on.session("build the signup form")
    await settled(on)
    assert f"-{line}" in " ".join(made["tags"]), "in the thread of the line"
    assert await sent_to_devin(on, first["session_id"]) == []
    assert await creations(on) == 2


async def pressed(on: Harness, said: dict[str, Any]) -> str:
    """Press the button; answers what its author then reads in its place."""
    await on.slack.click(ANN, DM, said["ts"], PRESS)
    await settled(on)
    return str((await on.slack.message(DM, said["ts"]))["rendered"])


async def test_a_line_that_was_deleted_after_devin_had_it_starts_nothing(on: Harness) -> None:
    await running(on)
    line, said = await added(on, "update the docs of the api")
    await on.devin.wait_for_messages("update the docs of the api")
    await on.slack.delete(ANN, "im", line)
    await settled(on)
    assert await pressed(on, said) == reply_sentences.CHANGED_SINCE.text
    assert await creations(on) == 1


async def test_a_line_whose_edit_devin_has_does_not_start_with_its_old_text(on: Harness) -> None:
    await running(on)
    line, said = await added(on, "update the docs of the api")
    await on.devin.wait_for_messages("update the docs of the api")
    await on.slack.edit(ANN, "im", line, "update the docs of the client")
    await on.devin.wait_for_messages("update the docs of the client")
    await settled(on)
    assert await pressed(on, said) == reply_sentences.CHANGED_SINCE.text
    assert await creations(on) == 1


@WAITS
async def test_a_line_that_was_deleted_before_it_was_sent_starts_nothing(on: Harness) -> None:
    await on.devin.fault("create_session", "503", times=-1)
    await on.slack.say(ANN, "im", "build the signup form")
    await on.devin.wait_for_calls("create_session")
    line, said = await added(on, "update the docs of the api")
    await on.slack.delete(ANN, "im", line)
    await on.slack.wait_for_delivery(type="message", status="acked", count=3)
    await on.devin.clear_faults()
    await on.session("build the signup form")
    await settled(on)
    assert await pressed(on, said) == reply_sentences.CHANGED_SINCE.text
    assert len(await on.devin.sessions()) == 1


@WAITS
async def test_a_line_that_was_stopped_before_it_was_sent_starts_a_session_and_is_not_called_read(on: Harness) -> None:
    await on.devin.fault("create_session", "503", times=-1)
    await on.slack.say(ANN, "im", "build the signup form")
    await on.devin.wait_for_calls("create_session")
    _, said = await added(on, "update the docs of the api")
    await on.slack.say(ANN, "im", "!stop")
    await on.slack.wait_for_message(DM, "Canceled by ann")
    await on.devin.clear_faults()
    await settled(on)
    await pressed(on, said)
    await on.session("update the docs of the api")
    assert [one for one in await on.slack.ephemerals(user=ANN) if "has already read it" in one["rendered"]] == []
    assert len(await on.devin.sessions()) == 1


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"status": "running", "status_detail": "finished"}, "Done"),
        ({"status": "suspended", "status_detail": "inactivity"}, "Asleep"),
        ({"status": "error", "status_detail": None}, "Failed"),
    ],
)
async def test_a_task_after_the_session_is_over_starts_one_and_what_reads_like_a_reply_goes_to_it(
    on: Harness, fields: dict[str, Any], shown: str
) -> None:
    session = await running(on)
    await on.devin.set(session, **fields)
    await card_of(on, (await on.slack.messages(DM))[0]["ts"], shown, DM)
    if shown != "Failed":
        await on.slack.say(ANN, "im", "and update the readme too")
        await on.devin.wait_for_messages("and update the readme too")
        await on.devin.set(session, **fields)
        await polled(on)  # the bot knows that it is over again
        await settled(on)
    line = await on.slack.say(ANN, "im", "update the docs of the api")
    made = await on.session("update the docs of the api")
    await settled(on)
    assert made["session_id"] != session
    assert f"-{line}" in " ".join(made["tags"])
    assert "update the docs" not in str(await sent_to_devin(on, session))
    assert await creations(on) == 2


@pytest.mark.parametrize("line", ["and update the docs too", "use tailwind for the styles", "does it work on phones?"])
async def test_what_reads_like_a_reply_says_nothing(on: Harness, line: str) -> None:
    session = await running(on)
    await on.slack.say(ANN, "im", line)

    async def sent() -> bool:
        return len(await sent_to_devin(on, session)) == 1

    await until(sent)
    await settled(on)
    top = [one["rendered"] for one in await on.slack.messages(DM) if one["user"] == "U0BOT" and "thread_ts" not in one]
    assert top == []


async def test_the_button_is_only_for_who_wrote_the_line(on: Harness) -> None:
    session = await running(on)
    _, said = await added(on, "update the docs of the api")
    await on.devin.wait_for_messages("update the docs of the api")
    (button,) = said["blocks"][-1]["elements"]
    await forge(on, "interactive", press(BEN, DM, PRESS, button["value"]))
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1
    assert await creations(on) == 1
