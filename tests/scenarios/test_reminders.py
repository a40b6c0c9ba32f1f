"""Reminders: whoever is asked and answers nothing is mentioned twice more in the thread, and then it is quiet."""

from typing import Any

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.store.tables import turn_ends as _turn_ends
from bot.views.answers import notifications as notification_sentences
from bot.views.turn_ends import REMINDERS, REMINDERS_OFF
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ANN, BEN, GENERAL, Harness
from tests.scenarios.observations import polled, private_answers, settled

pytestmark = pytest.mark.timing(reminder_check=0.1)

DAY = 86_400.0
OF_QUESTION = f":alarm_clock: <@{ANN}>, {REMINDERS[AnnouncementKind.QUESTION]}\n{REMINDERS_OFF}"
OF_APPROVAL = f":alarm_clock: <@{ANN}>, {REMINDERS[AnnouncementKind.APPROVAL]}\n{REMINDERS_OFF}"


async def asking(on: Harness, detail: str = "waiting_for_user") -> tuple[str, str]:
    """A session that asks; answers the thread's ts and Devin's session id."""
    ts, session = await on.started()
    await on.devin.say(session, "What is the name of the table?", status_detail=detail)
    await on.wait_for_post(GENERAL, ts, "the name of the table")
    return ts, session


async def end(on: Harness) -> dict[str, Any]:
    """The row of the newest end of a turn."""
    return max(await rows(on, "turn_ends"), key=lambda row: row["number"])


async def go_to_reminder(on: Harness, clock: Ahead) -> None:
    """Let the time pass up to the next reminder."""
    clock.put((await end(on))["remind_at"] - clock() + 1)


async def reminders(on: Harness, ts: str) -> list[str]:
    """The reminders in a thread."""
    return [text for text in await on.thread(GENERAL, ts) if ":alarm_clock:" in text]


async def given_up(on: Harness) -> None:
    """Wait until no reminder is due any more."""

    async def none() -> bool:
        return (await end(on))["remind_at"] is None

    await until(none)
    await settled(on)


async def test_whoever_is_asked_is_mentioned_twice_and_no_more(on: Harness, clock: Ahead) -> None:
    ts, _ = await asking(on)
    first = (await end(on))["remind_at"]
    clock.put(first - clock() - 60)
    await polled(on)
    assert await reminders(on, ts) == []
    await go_to_reminder(on, clock)
    await on.wait_for_post(GENERAL, ts, ":alarm_clock:")
    assert await reminders(on, ts) == [OF_QUESTION]
    await go_to_reminder(on, clock)
    await on.wait_for_post(GENERAL, ts, ":alarm_clock:", 2)
    await given_up(on)
    clock.put(7 * DAY)
    await polled(on)
    assert await reminders(on, ts) == [OF_QUESTION] * 2


async def test_an_approval_is_reminded_of_too(on: Harness, clock: Ahead) -> None:
    ts, _ = await asking(on, "waiting_for_approval")
    await go_to_reminder(on, clock)
    await on.wait_for_post(GENERAL, ts, ":alarm_clock:")
    assert await reminders(on, ts) == [OF_APPROVAL]


async def test_a_bot_that_slept_over_both_reminds_once(on: Harness, clock: Ahead) -> None:
    ts, _ = await asking(on)
    await settled(on)
    await on.stop()
    clock.put(9 * DAY)
    await on.start()
    await on.wait_for_post(GENERAL, ts, ":alarm_clock:")
    await given_up(on)
    await on.stop()
    await on.start()
    await polled(on)
    assert await reminders(on, ts) == [OF_QUESTION]


async def test_an_answer_ends_it_and_a_new_question_begins_anew(on: Harness, clock: Ahead) -> None:
    ts, session = await asking(on)
    await on.slack.say(BEN, GENERAL, "it is users", thread_ts=ts)
    await on.devin.wait_for_messages("it is users")
    await settled(on)
    await go_to_reminder(on, clock)
    await polled(on)
    assert await reminders(on, ts) == []
    await on.devin.say(session, "And the column?", status_detail="waiting_for_user")
    await on.wait_for_post(GENERAL, ts, "And the column?")
    assert (await end(on))["number"] == 2
    await go_to_reminder(on, clock)
    await on.wait_for_post(GENERAL, ts, ":alarm_clock:")


@pytest.mark.parametrize("order", ["!mute", "!remind off", "!notify off", "!stop"])
async def test_it_stays_quiet_where_nobody_wants_it(on: Harness, clock: Ahead, order: str) -> None:
    ts, _ = await asking(on)
    await on.slack.say(ANN, GENERAL, order, thread_ts=ts)
    await settled(on)
    await go_to_reminder(on, clock)
    await polled(on)
    await settled(on)
    assert await reminders(on, ts) == []


async def test_a_thread_says_whether_it_has_reminders_and_has_them_again(on: Harness, clock: Ahead) -> None:
    ts, _ = await asking(on)
    said = []
    for order in ("!remind off", "!remind", "!remind on", "!remind"):
        await on.slack.say(ANN, GENERAL, order, thread_ts=ts)
        await settled(on)
        said.append((await private_answers(on, ANN))[-1])
    assert said == [
        notification_sentences.REMINDERS_OFF,
        notification_sentences.REMINDERS_ARE_OFF,
        notification_sentences.REMINDERS_ON,
        notification_sentences.REMINDERS_ARE_ON,
    ]
    await go_to_reminder(on, clock)
    await on.wait_for_post(GENERAL, ts, ":alarm_clock:")


async def test_more_than_are_read_at_once_all_come(on: Harness, clock: Ahead) -> None:
    ts, _ = await asking(on)
    row = await end(on)
    async with on.store.write() as tx:
        for number in range(60):
            gone = {**row, "key": f"gone:{number:03}", "session_id": f"gone{number}", "remind_at": row["remind_at"] - 9}
            await tx.execute(_turn_ends.insert().values(gone))
    await go_to_reminder(on, clock)
    await on.wait_for_post(GENERAL, ts, ":alarm_clock:")
