"""Whom the end of a turn mentions: as each person chose, in the thread or everywhere."""

import pytest

from tests import sentences
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, OPS, Harness
from tests.scenarios.observations import creations, private_answers, sent_to_devin, settled, what_became_of

EVERYWHERE, HERE = sentences.MENTIONED_EVERYWHERE, sentences.MENTIONED_HERE


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
    assert said == sentences.will_be(HERE, sentences.WHEN_OVER, sentences.ALL_BACK_HERE)
    assert await ask(on, ts, session, "Which branch?") == f"{sentences.question('ann')}\nWhich branch?"
    reply = await on.slack.say(BEN, GENERAL, "main", thread_ts=ts)
    await on.devin.wait_for_messages("main")
    assert await ask(on, ts, session, "Which test?") == f"{sentences.question('<@U0BEN>')}\nWhich test?"
    await on.devin.set(session, status="exit", status_detail=None)
    done = await on.wait_for_post(GENERAL, ts, sentences.IS_FINISHED)
    assert str(done["rendered"]).splitlines()[0] == sentences.done("<@U0ANN>", end="")
    assert await sent_to_devin(on, session) == [sentences.as_sent(reply, "ben", "main")]


async def test_the_thread_goes_before_what_is_set_for_all_sessions(on: Harness) -> None:
    answer = await on.slack.slash(ANN, OPS, "notify off")
    assert answer["shown"]["rendered"] == sentences.will_not_be(EVERYWHERE, sentences.ALL_BACK, sentences.THREADS_KEEP)
    ts, session = await on.started()
    assert await chosen(on, ts, "") == sentences.are(f"not {HERE}, as you set for all sessions")
    assert await ask(on, ts, session, "Which branch?") == f"{sentences.question('ann')}\nWhich branch?"
    said = await chosen(on, ts, "questions")
    assert said == sentences.will_be(HERE, sentences.WHEN_NEEDED, sentences.ALL_BACK_HERE)
    await on.slack.say(ANN, GENERAL, "main", thread_ts=ts)
    await on.devin.wait_for_messages("main")
    assert await ask(on, ts, session, "Which test?") == f"{sentences.question('<@U0ANN>')}\nWhich test?"
    answer = await on.slack.slash(ANN, OPS, "notify")
    assert answer["shown"]["rendered"] == sentences.are(f"not {EVERYWHERE}", "/devin notify", here="")


@pytest.mark.both_transports
async def test_it_may_be_said_behind_a_mention_and_in_a_direct_message(on: Harness) -> None:
    ts, session = await on.started()
    await on.mention("notify off")
    off = sentences.will_not_be(EVERYWHERE, sentences.ALL_BACK, sentences.THREADS_KEEP)
    await on.slack.wait_for_ephemeral(ANN, off)
    await on.slack.say(ANN, GENERAL, f"{BOT} notify done", thread_ts=ts)
    in_its_thread = sentences.will_be(HERE, sentences.WHEN_OVER, sentences.ALL_BACK_HERE)
    await on.slack.wait_for_ephemeral(ANN, in_its_thread)
    await on.slack.say(ANN, "im", "notify")
    shown = sentences.are(f"not {EVERYWHERE}", "/devin notify", here="")
    await on.slack.wait_for_message("D0ANN", shown)
    await settled(on)
    assert await private_answers(on, ANN) == [off, in_its_thread]
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


async def test_a_word_that_cannot_be_set_changes_nothing_and_is_answered_with_those_that_can(on: Harness) -> None:
    ts, session = await on.started()
    assert await chosen(on, ts, "of") == sentences.takes_only("!notify", sentences.NOTIFY_WORDS)
    answer = await on.slack.slash(ANN, GENERAL, "notify of")
    assert answer["shown"]["text"] == sentences.works_only_with("notify", "of", sentences.NOTIFY_WORDS)
    assert await ask(on, ts, session, "Which branch?") == f"{sentences.question('<@U0ANN>')}\nWhich branch?"
    question = (await on.slack.slash(ANN, GENERAL, "notfy off"))["shown"]
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:notify")
    await settled(on)
    off = sentences.will_not_be(EVERYWHERE, sentences.ALL_BACK, sentences.THREADS_KEEP)
    assert await what_became_of(on, question) == (off, [])
    assert await creations(on) == 1
    assert await sent_to_devin(on, session) == []
