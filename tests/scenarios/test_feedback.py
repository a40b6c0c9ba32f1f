"""What people think of a result: two buttons under it, one vote each, counted in the report."""

from typing import Any

import pytest

from bot.views.questions import STALE
from bot.views.turn_ends import BAD, GOOD, THANKS
from tests.scenarios.ahead import Ahead, rows
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, GUEST, OPS, Harness
from tests.scenarios.observations import forge, press, private_answers, settled


async def done(on: Harness) -> dict[str, Any]:
    """The post of a result."""
    ts, session = await on.started()
    await on.devin.say(session, "All tests pass.", status_detail="finished")
    return await on.wait_for_post(GENERAL, ts, "All tests pass.")


async def vote(on: Harness, word: str, user: str, channel: str = GENERAL) -> None:
    """Press one of the two, wherever it stands."""
    [end] = await rows(on, "turn_ends")
    await forge(on, "interactive", press(user, channel, "rate", f"{word} {end['key']}"))
    await settled(on)


async def votes(on: Harness) -> dict[str, bool]:
    """The votes, by who gave them."""
    return {row["user"]: bool(row["good"]) for row in await rows(on, "votes")}


async def test_under_a_result_people_say_what_they_think_of_it_and_may_change_that(on: Harness) -> None:
    post = await done(on)
    [element] = post["blocks"][-1]["elements"]
    assert element["type"] == "feedback_buttons"
    assert [element[one]["text"]["text"] for one in ("positive_button", "negative_button")] == [GOOD, BAD]
    [end] = await rows(on, "turn_ends")
    await on.slack.click(ANN, GENERAL, post["ts"], "rate", value=f"good {end['key']}")
    await settled(on)
    [thanks] = await on.slack.ephemerals(user=ANN)
    assert (thanks["channel"], thanks["thread_ts"]) == (GENERAL, post["thread_ts"]), "where a reply reaches Devin"
    await vote(on, "bad", BEN)
    assert await votes(on) == {ANN: True, BEN: False}
    assert [await private_answers(on, ANN), await private_answers(on, BEN)] == [
        [THANKS[True].text],
        [THANKS[False].text],
    ]
    await vote(on, "bad", ANN)
    await vote(on, "bad", ANN)
    assert await votes(on) == {ANN: False, BEN: False}


async def test_the_report_counts_the_votes(on: Harness, clock: Ahead) -> None:
    await done(on)
    await vote(on, "good", ANN)
    await vote(on, "bad", BEN)
    clock.put(86_400)
    await on.slack.slash(ADA, OPS, "report week")
    [answer] = await private_answers(on, ADA)
    assert "Results rated: :+1: 1 · :-1: 1" in answer


async def test_where_slack_refuses_the_pair_two_plain_buttons_stand_in_its_place(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", "error", error="invalid_blocks", match="rate")
    await on.devin.say(session, "All tests pass.", status_detail="finished")
    post = await on.wait_for_post(GENERAL, ts, "All tests pass.")
    plain = [one["text"]["text"] for one in post["blocks"][-1]["elements"]]
    assert plain == [":+1:", ":-1:"]
    await on.slack.click(ANN, GENERAL, post["ts"], "rate#bad")
    await settled(on)
    assert await votes(on) == {ANN: False}


async def test_a_question_is_not_rated(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Which name?", status_detail="waiting_for_user")
    post = await on.wait_for_post(GENERAL, ts, "Which name?")
    assert "context_actions" not in {block["type"] for block in post["blocks"]}
    await vote(on, "good", ANN)
    assert await votes(on) == {}
    assert await private_answers(on, ANN) == [STALE.text]


@pytest.mark.parametrize(
    ("user", "word", "channel"), [(GUEST, "good", GENERAL), (ANN, "fine", GENERAL), (ANN, "good", OPS)]
)
async def test_who_may_not_and_what_is_no_vote_counts_nothing(on: Harness, user: str, word: str, channel: str) -> None:
    await done(on)
    await vote(on, word, user, channel)
    assert await votes(on) == {}
