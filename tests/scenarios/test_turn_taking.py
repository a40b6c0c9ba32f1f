"""Which replies reach Devin where people also talk to each other: as the channel's turn-taking says."""

import time

import pytest

from bot.domain.settings_values import Scope, Setting, TurnTaking
from bot.domain.turn_taking import NotForDevin
from bot.store import settings
from bot.views.announcements import QUESTION
from bot.views.answers.replies import NOT_FOR_DEVIN
from bot.views.sentences import STEER
from bot.views.turn_taking import REACHES, STEERS, in_turns
from tests.for_devin import as_sent
from tests.scenarios.ahead import TEAM
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, OPS, Harness
from tests.scenarios.observations import card, private_answers, reactions, sent_to_devin, settled

ADDRESSED = NOT_FOR_DEVIN[NotForDevin.ADDRESSED].text
NO_MENTION = NOT_FOR_DEVIN[NotForDevin.NO_MENTION].text
TALK = NOT_FOR_DEVIN[NotForDevin.TALK].text


async def take_turns(on: Harness, turns: TurnTaking) -> None:
    """Set the turn-taking of the channel, as its form does."""
    async with on.store.write() as tx:
        await settings.put(tx, TEAM, Scope.CHANNEL, GENERAL, Setting.TURNS, turns, ADA, time.time())


async def say(on: Harness, ts: str, user: str, text: str) -> str:
    """Write a reply in a thread, and wait until what comes of it is done."""
    written = await on.slack.say(user, GENERAL, text, thread_ts=ts)
    await settled(on)
    return written


@pytest.mark.both_transports
async def test_who_addresses_somebody_else_is_not_heard_and_reads_so_once(on: Harness) -> None:
    ts, session = await on.started()
    said = await say(on, ts, ANN, f"<@{BEN}> what do you think?")
    await say(on, ts, ANN, f"hey <@{BEN}>?")
    answer = await say(on, ts, BEN, f"<@{ANN}> use pytest")
    assert await sent_to_devin(on, session) == []
    assert await reactions(on, said) == await reactions(on, answer) == []
    assert await private_answers(on, ANN, thread_ts=ts) == await private_answers(on, BEN, thread_ts=ts) == [ADDRESSED]
    for_it = await say(on, ts, BEN, f"{BOT} use pytest, as <@{ANN}> said")
    assert await sent_to_devin(on, session) == [as_sent(for_it, "ben", "use pytest, as @ann said")]


async def test_another_bot_is_addressed_too(on: Harness) -> None:
    ts, session = await on.started()
    await say(on, ts, ANN, "<@U0DEPLOY> ship it")
    assert await sent_to_devin(on, session) == []
    assert await private_answers(on, ANN, thread_ts=ts) == [ADDRESSED]


async def test_where_only_mentions_are_sent_others_read_so_once(on: Harness) -> None:
    await take_turns(on, TurnTaking.MENTIONS)
    ts, session = await on.started()
    said = await say(on, ts, ANN, "use pytest")
    await say(on, ts, ANN, "and fix the footer too")
    sent = await say(on, ts, ANN, f"{BOT} fix the footer too")
    assert await sent_to_devin(on, session) == [as_sent(sent, "ann", "fix the footer too")]
    assert (await reactions(on, said), await reactions(on, sent)) == ([], ["eyes"])
    assert await private_answers(on, ANN, thread_ts=ts) == [NO_MENTION]


async def test_where_only_mentions_are_sent_commands_still_work(on: Harness) -> None:
    await take_turns(on, TurnTaking.MENTIONS)
    ts, session = await on.started()
    await say(on, ts, ANN, "stop")
    assert (await on.devin.session(session))["is_archived"] is True
    assert await private_answers(on, ANN, thread_ts=ts) == []


async def test_two_people_who_talk_to_each_other_are_left_alone(on: Harness) -> None:
    await take_turns(on, TurnTaking.TWO_PEOPLE)
    ts, session = await on.started()
    first = await say(on, ts, ANN, "use pytest")
    await say(on, ts, BEN, "why not unittest?")
    await say(on, ts, ANN, "it is shorter")
    await say(on, ts, ANN, "and we have it")
    mention = await say(on, ts, BEN, f"{BOT} please run unittest")
    then = await say(on, ts, ANN, "then use tox")
    assert await sent_to_devin(on, session) == [
        as_sent(first, "ann", "use pytest"),
        as_sent(mention, "ben", "please run unittest"),
        as_sent(then, "ann", "then use tox"),
    ]
    assert await private_answers(on, ANN, thread_ts=ts) == await private_answers(on, BEN, thread_ts=ts) == [TALK]


async def test_what_devin_says_ends_the_talk(on: Harness) -> None:
    await take_turns(on, TurnTaking.TWO_PEOPLE)
    ts, session = await on.started()
    await say(on, ts, ANN, "use pytest")
    await say(on, ts, BEN, "why not unittest?")
    await on.devin.say(session, "Which one?", status_detail="waiting_for_user")
    await on.wait_for_post(GENERAL, ts, "Which one?")
    answer = await say(on, ts, ANN, "the one we have")
    assert (await sent_to_devin(on, session))[1:] == [as_sent(answer, "ann", "the one we have")]


@pytest.mark.timing(talk_lasts=0.2)
async def test_after_a_while_a_reply_is_no_answer_to_the_one_before(on: Harness) -> None:
    await take_turns(on, TurnTaking.TWO_PEOPLE)
    ts, session = await on.started()
    await say(on, ts, ANN, "use pytest")
    later = await say(on, ts, BEN, "and fix the footer too")
    assert (await sent_to_devin(on, session))[1:] == [as_sent(later, "ben", "and fix the footer too")]


@pytest.mark.parametrize("turns", list(TurnTaking))
async def test_catch_up_decides_as_if_the_bot_had_been_there(on: Harness, turns: TurnTaking) -> None:
    await take_turns(on, turns)
    ts, session = await on.started()
    await on.stop()
    first = await on.slack.say(ANN, GENERAL, "use pytest", thread_ts=ts)
    second = await on.slack.say(BEN, GENERAL, "why not unittest?", thread_ts=ts)
    await on.slack.say(ANN, GENERAL, f"<@{BEN}> it is shorter", thread_ts=ts)
    third = await on.slack.say(BEN, GENERAL, f"{BOT} please run pytest", thread_ts=ts)
    await on.start()
    await on.devin.wait_for_messages("please run pytest")
    await settled(on)
    sent = [
        as_sent(first, "ann", "use pytest"),
        as_sent(second, "ben", "why not unittest?"),
        as_sent(third, "ben", "please run pytest"),
    ]
    kept = {TurnTaking.ALL: sent, TurnTaking.TWO_PEOPLE: [sent[0], sent[2]], TurnTaking.MENTIONS: sent[2:]}
    assert await sent_to_devin(on, session) == kept[turns]


async def test_where_only_mentions_are_sent_help_card_and_question_say_so(on: Harness) -> None:
    await take_turns(on, TurnTaking.MENTIONS)
    helped = (await on.slack.slash(ANN, GENERAL, "help"))["shown"]["rendered"]
    assert f"• {STEERS[TurnTaking.MENTIONS]}; " in helped
    assert STEERS[TurnTaking.ALL] in (await on.slack.slash(ANN, OPS, "help"))["shown"]["rendered"]
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "!help", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, REACHES[TurnTaking.MENTIONS])
    assert in_turns(STEER, TurnTaking.MENTIONS) in (await card(on, ts))["rendered"]
    await on.devin.say(session, "Which name?", status_detail="waiting_for_user")
    asked = await on.wait_for_post(GENERAL, ts, "has a question")
    assert in_turns(QUESTION, TurnTaking.MENTIONS).format(who=f"<@{ANN}>") in asked["rendered"]
