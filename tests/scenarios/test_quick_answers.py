"""Quick answers: buttons carry the options that Devin offers, and a press sends one as a reply, once."""

import asyncio
from typing import Any

import pytest

from bot.views.questions import STALE
from bot.views.turn_ends import ANSWERED_BEFORE, CHOSEN, CHOSEN_BEFORE
from tests.for_devin import author
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import ANN, BEN, EXTERNAL, GENERAL, GUEST, OPS, Harness
from tests.scenarios.observations import buttons, forge, press, private_answers, sent_to_devin, settled

ASKED = (
    "There are two ways to fix it:\n"
    "1. **Freeze the clock** in `test_login`\n"
    "2. **Pass a clock in**, so that no test has to wait\n\n"
    "Which one do you want?"
)
FREEZE, PASS = "Freeze the clock in test_login", "Pass a clock in, so that no test has to wait"


async def asking(on: Harness, words: str = ASKED, **more: Any) -> tuple[str, str, dict[str, Any]]:
    """A session in which Devin asks; answers the thread's ts, Devin's session id and the post of the question."""
    ts, session = await on.started()
    await on.devin.say(session, words, status_detail="waiting_for_user", **more)
    post = await on.wait_for_post(GENERAL, ts, "has a question")
    await settled(on)  # nobody reacts to a post before its answer has come
    return ts, session, post


async def choose(on: Harness, post: dict[str, Any], number: int, user: str = ANN) -> None:
    """Press the button of an option."""
    await on.slack.click(user, GENERAL, post["ts"], f"quick_answer#{number}")


async def shown(on: Harness, post: dict[str, Any]) -> dict[str, Any]:
    """The post as it is now."""
    return await on.slack.message(GENERAL, post["ts"])


async def without_buttons(on: Harness, post: dict[str, Any]) -> dict[str, Any]:
    """The post once its buttons are gone."""

    async def gone() -> bool:
        return buttons(await shown(on, post)) == []

    await until(gone)
    return await shown(on, post)


def said(message: str) -> str:
    """What a person says in a message to Devin, without its mark."""
    return message.partition("] ")[2]


# ---------------------------------------------------------------- one press


@pytest.mark.both_transports
async def test_a_press_sends_the_option_in_the_persons_name_and_the_post_says_who_chose(on: Harness) -> None:
    ts, session, post = await asking(on)
    assert buttons(post) == [FREEZE, PASS]
    await choose(on, post, 2, BEN)
    chosen = CHOSEN.format(who="ben", option=PASS)
    assert (await without_buttons(on, post))["rendered"].splitlines()[-1] == chosen
    await settled(on)
    [sent] = await sent_to_devin(on, session)
    assert said(sent) == f"{author('ben')}:\n> {PASS}"
    assert await private_answers(on, BEN) == []
    assert [text for text in await on.thread(GENERAL, ts) if "went wrong" in text] == []
    assert await rows(on, "posts", drawer="say") == []
    [end] = await rows(on, "turn_ends")
    assert (end["message"], end["answered_by"], end["answer"]) == (None, BEN, PASS)


async def test_a_question_of_yes_or_no_has_two_buttons(on: Harness) -> None:
    _, session, post = await asking(on, "The plan:\n1. Drop it\n2. Add it again\n\nShould I go ahead?")
    assert buttons(post) == ["Yes", "No"]
    await choose(on, post, 1)
    await without_buttons(on, post)
    await settled(on)
    assert [said(sent) for sent in await sent_to_devin(on, session)] == [f"{author('ann')}:\n> Yes"]


async def test_words_that_came_before_devin_waited_have_their_buttons_too(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, ASKED)
    await on.wait_for_post(GENERAL, ts, "Which one do you want?")
    await on.devin.set(session, status_detail="waiting_for_user")
    assert buttons(await on.wait_for_post(GENERAL, ts, "has a question")) == [FREEZE, PASS]


async def test_a_long_option_is_cut_on_its_button_and_sent_whole(on: Harness) -> None:
    long = " ".join(["rename everything"] * 12)
    _, session, post = await asking(on, f"Which one?\n1. {long}\n2. Nothing & <nobody>")
    assert [len(label) <= 75 for label in buttons(post)] == [True, True]
    assert buttons(post)[0].endswith("…")
    await choose(on, post, 1)
    await without_buttons(on, post)
    await settled(on)
    assert [said(sent) for sent in await sent_to_devin(on, session)] == [f"{author('ann')}:\n> {long}"]


async def test_signs_of_markup_in_an_option_reach_devin_as_they_are(on: Harness) -> None:
    _, session, post = await asking(on, "Which one?\n1. Nothing & <nobody>\n2. Something")
    await choose(on, post, 1)
    await without_buttons(on, post)
    await settled(on)
    assert [said(sent) for sent in await sent_to_devin(on, session)] == [f"{author('ann')}:\n> Nothing & <nobody>"]


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("My plan:\n1. Read\n2. Fix", {"status_detail": "finished"}),
        ("What is the name of the table?", {}),
        ("Which one?\n" + "\n".join(f"{n}. number {n}" for n in range(1, 7)), {}),
    ],
    ids=["done", "no options", "six"],
)
async def test_there_are_no_buttons_where_nothing_is_to_choose(on: Harness, words: str, more: dict[str, Any]) -> None:
    ts, session = await on.started()
    await on.devin.say(session, words, **{"status_detail": "waiting_for_user"} | more)
    post = await on.wait_for_post(GENERAL, ts, words.split("\n", maxsplit=1)[0][:10])
    assert [one for one in buttons(post) if one not in {"Open in Devin", "Review PR"}] == []


# ---------------------------------------------------------------- who is first


async def test_of_two_who_press_the_first_counts_and_the_second_reads_who_chose_what(on: Harness) -> None:
    _, session, post = await asking(on)
    await choose(on, post, 1, BEN)
    await without_buttons(on, post)
    await forge(on, "interactive", press(ANN, GENERAL, "quick_answer#2", await value(on, 2)))
    await settled(on)
    assert await private_answers(on, ANN) == [CHOSEN_BEFORE.format(who="ben", option=FREEZE)]
    await forge(on, "interactive", press(BEN, GENERAL, "quick_answer#2", await value(on, 2)))
    await settled(on)
    assert await private_answers(on, BEN) == [CHOSEN_BEFORE.format(who="You", option=FREEZE)]
    assert len(await sent_to_devin(on, session)) == 1


async def test_two_who_press_at_once_send_one_answer(on: Harness) -> None:
    _, session, post = await asking(on)
    await asyncio.gather(choose(on, post, 1, BEN), choose(on, post, 2, ANN))
    await without_buttons(on, post)
    await settled(on)
    assert len(await sent_to_devin(on, session)) == 1
    private = [*await private_answers(on, ANN), *await private_answers(on, BEN)]
    assert len(private) == 1
    assert "already chose" in private[0]


async def test_a_typed_reply_takes_the_buttons_away_and_a_press_after_it_sends_nothing(on: Harness) -> None:
    ts, session, post = await asking(on)
    await on.slack.say(BEN, GENERAL, "neither, please", thread_ts=ts)
    assert "chose" not in (await without_buttons(on, post))["rendered"]
    await forge(on, "interactive", press(ANN, GENERAL, "quick_answer#2", await value(on, 2)))
    await settled(on)
    assert await private_answers(on, ANN) == [ANSWERED_BEFORE.format(who="ben")]
    assert len(await sent_to_devin(on, session)) == 1


async def test_a_press_after_the_session_went_on_is_too_late(on: Harness) -> None:
    _, session, post = await asking(on)
    await on.devin.set(session, status_detail="working")
    await without_buttons(on, post)
    await forge(on, "interactive", press(ANN, GENERAL, "quick_answer#2", await value(on, 2)))
    await settled(on)
    assert await private_answers(on, ANN) == [STALE.text]
    assert await sent_to_devin(on, session) == []


async def test_a_stop_takes_the_buttons_away(on: Harness) -> None:
    ts, _, post = await asking(on)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await without_buttons(on, post)


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("user", [GUEST, EXTERNAL])
async def test_who_may_not_reply_may_not_press_either(on: Harness, user: str) -> None:
    _, session, post = await asking(on)
    await forge(on, "interactive", press(user, GENERAL, "quick_answer#1", await value(on, 1)))
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert buttons(await shown(on, post)) == [FREEZE, PASS]


@pytest.mark.parametrize("number", ["0", "3", "x", ""])
async def test_an_option_that_is_not_offered_sends_nothing(on: Harness, number: str) -> None:
    _, session, _ = await asking(on)
    key = (await value(on, 1)).partition(" ")[2]
    await forge(on, "interactive", press(ANN, GENERAL, "quick_answer#1", f"{number} {key}"))
    await settled(on)
    assert await private_answers(on, ANN) == [STALE.text]
    assert await sent_to_devin(on, session) == []


async def test_a_press_in_another_channel_sends_nothing(on: Harness) -> None:
    _, session, _ = await asking(on)
    await forge(on, "interactive", press(ANN, OPS, "quick_answer#1", await value(on, 1)))
    await settled(on)
    assert await private_answers(on, ANN) == [STALE.text]
    assert await sent_to_devin(on, session) == []


async def test_an_answer_that_devin_refuses_leaves_the_buttons(on: Harness) -> None:
    ts, session, post = await asking(on)
    await on.devin.fault("send_message", 403, times=1)
    await choose(on, post, 1)
    await on.wait_for_post(GENERAL, ts, "*wasn't sent* to Devin")
    assert buttons(await shown(on, post)) == [FREEZE, PASS]
    await choose(on, post, 2)
    await without_buttons(on, post)
    await settled(on)
    assert [said(sent) for sent in await sent_to_devin(on, session)] == [f"{author('ann')}:\n> {PASS}"]


async def test_a_press_counts_in_a_muted_thread(on: Harness) -> None:
    ts, session, post = await asking(on)
    await on.slack.say(ANN, GENERAL, "!mute", thread_ts=ts)
    await settled(on)
    await choose(on, post, 1)
    await without_buttons(on, post)
    assert len(await sent_to_devin(on, session)) == 1


async def value(on: Harness, number: int) -> str:
    """The value of the button of an option."""
    [end] = [end for end in await rows(on, "turn_ends") if end["options"]]
    return f"{number} {end['key']}"


# ---------------------------------------------------------------- reactions


async def test_a_number_on_the_question_chooses_as_its_button_does(on: Harness) -> None:
    _, session, post = await asking(on)
    await on.slack.react(BEN, GENERAL, post["ts"], "two")
    chosen = CHOSEN.format(who="ben", option=PASS)
    assert (await without_buttons(on, post))["rendered"].splitlines()[-1] == chosen
    await on.slack.react(ANN, GENERAL, post["ts"], "one")
    await settled(on)
    assert [said(sent) for sent in await sent_to_devin(on, session)] == [f"{author('ben')}:\n> {PASS}"]
    assert await private_answers(on, ANN) == [CHOSEN_BEFORE.format(who="ben", option=PASS)]


async def test_of_more_options_than_buttons_a_number_chooses_one(on: Harness) -> None:
    words = "Which one?\n" + "\n".join(f"{n}. number {n}" for n in range(1, 8))
    ts, session, post = await asking(on, words)
    await on.slack.react(ANN, GENERAL, post["ts"], "seven")
    await on.wait_for_post(GENERAL, ts, "ann chose")
    assert [said(sent) for sent in await sent_to_devin(on, session)] == [f"{author('ann')}:\n> number 7"]


async def test_a_number_that_is_no_option_or_stands_elsewhere_means_nothing(on: Harness) -> None:
    ts, session, post = await asking(on)
    await on.slack.react(ANN, GENERAL, post["ts"], "three")
    await on.slack.react(ANN, GENERAL, ts, "one")
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert await private_answers(on, ANN) == []
