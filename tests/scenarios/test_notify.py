"""Whom the end of a turn mentions: as each person chose, in the thread or everywhere."""

import pytest

from bot.domain.commands.parser import UnknownVerb
from bot.domain.notify_choice import NotifyChoice
from bot.views.announcements import QUESTION
from bot.views.answers import notifications as notification_sentences
from bot.views.answers import replies as reply_sentences
from tests.for_devin import as_sent
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, OPS, Harness
from tests.scenarios.observations import creations, private_answers, sent_to_devin, settled, what_became_of


async def chosen(on: Harness, ts: str, word: str, user: str = ANN) -> str:
    """What a person is answered who types `!notify` with a word in a thread."""
    before = len(await on.slack.ephemerals(user=user))
    await on.slack.say(user, GENERAL, f"!notify {word}".strip(), thread_ts=ts)
    await on.slack.wait("ephemerals", before + 1, user=user)
    return (await private_answers(on, user, thread_ts=ts))[-1]


async def ask(on: Harness, ts: str, session: str, words: str) -> str:
    """The post in which Devin asks something."""
    await on.devin.say(session, words, status_detail="waiting_for_user")
    return str((await on.wait_for_post(GENERAL, ts, words))["rendered"])


@pytest.mark.both_transports
async def test_in_a_thread_each_person_chooses_for_themselves(on: Harness) -> None:
    ts, session = await on.started()
    said = await chosen(on, ts, "done")
    assert said == notification_sentences.notify_set(NotifyChoice.DONE, in_thread=True).text
    assert await ask(on, ts, session, "Which branch?") == f"{QUESTION.format(who='ann')}\nWhich branch?"
    reply = await on.slack.say(BEN, GENERAL, "main", thread_ts=ts)
    await on.devin.wait_for_messages("main")
    assert await ask(on, ts, session, "Which test?") == f"{QUESTION.format(who='<@U0BEN>')}\nWhich test?"
    await on.devin.set(session, status="exit", status_detail=None)
    done = await on.wait_for_post(GENERAL, ts, ", done")
    assert str(done["rendered"]).splitlines()[0] == ":white_check_mark: <@U0ANN>, done."
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "main")]


async def test_the_thread_goes_before_what_is_set_for_all_sessions(on: Harness) -> None:
    answer = await on.slack.slash(ANN, OPS, "notify off")
    assert answer["shown"]["rendered"] == notification_sentences.notify_set(NotifyChoice.OFF, in_thread=False).text
    ts, session = await on.started()
    assert (
        await chosen(on, ts, "")
        == notification_sentences.notify_shown(NotifyChoice.OFF, in_thread=True, inherited=True).text
    )
    assert await ask(on, ts, session, "Which branch?") == f"{QUESTION.format(who='ann')}\nWhich branch?"
    said = await chosen(on, ts, "questions")
    assert said == notification_sentences.notify_set(NotifyChoice.QUESTIONS, in_thread=True).text
    await on.slack.say(ANN, GENERAL, "main", thread_ts=ts)
    await on.devin.wait_for_messages("main")
    assert await ask(on, ts, session, "Which test?") == f"{QUESTION.format(who='<@U0ANN>')}\nWhich test?"
    answer = await on.slack.slash(ANN, OPS, "notify")
    assert answer["shown"]["rendered"] == notification_sentences.notify_shown(NotifyChoice.OFF, in_thread=False).text


@pytest.mark.both_transports
async def test_it_may_be_said_behind_a_mention_and_in_a_direct_message(on: Harness) -> None:
    ts, session = await on.started()
    await on.mention("notify off")
    off = notification_sentences.notify_set(NotifyChoice.OFF, in_thread=False).text
    await on.slack.wait_for_ephemeral(ANN, off)
    await on.slack.say(ANN, GENERAL, f"{BOT} notify done", thread_ts=ts)
    in_its_thread = notification_sentences.notify_set(NotifyChoice.DONE, in_thread=True).text
    await on.slack.wait_for_ephemeral(ANN, in_its_thread)
    await on.slack.say(ANN, "im", "notify")
    shown = notification_sentences.notify_shown(NotifyChoice.OFF, in_thread=False).text
    await on.slack.wait_for_message("D0ANN", shown)
    await settled(on)
    assert await private_answers(on, ANN) == [off, in_its_thread]
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


async def test_a_word_that_cannot_be_set_changes_nothing_and_is_answered_with_those_that_can(on: Harness) -> None:
    ts, session = await on.started()
    assert (
        await chosen(on, ts, "of")
        == reply_sentences.unknown_verb(UnknownVerb("!notify", "!notify", tuple(NotifyChoice))).text
    )
    answer = await on.slack.slash(ANN, GENERAL, "notify of")
    assert (
        answer["shown"]["text"]
        == "`notify` doesn't take `of`. Try `all`, `questions`, `done`, or `off`. Nothing was started."
    )
    assert await ask(on, ts, session, "Which branch?") == f"{QUESTION.format(who='<@U0ANN>')}\nWhich branch?"
    question = (await on.slack.slash(ANN, GENERAL, "notfy off"))["shown"]
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:notify")
    await settled(on)
    off = notification_sentences.notify_set(NotifyChoice.OFF, in_thread=False).text
    assert await what_became_of(on, question) == (off, [])
    assert await creations(on) == 1
    assert await sent_to_devin(on, session) == []
