"""A start for which a budget has no room is kept: an admin who is asked lets it begin, once, or its text comes back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.features.budgets import sentences as budgets
from bot.timing import PRODUCTION, Timing
from bot.views.answers import starts as start_sentences
from tests.scenarios.ahead import Ahead
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, OPS, Harness, harness
from tests.scenarios.observations import buttons, card_of, creations, private_answers, set_budget, settled
from tests.scenarios.short_waits import waited

pytestmark = pytest.mark.timing(budgets=0.2)

ASK = "Ask an admin, start when approved"
DM_OF_ANN = "D0ANN"
TASK = "write the changelog\nin full sentences"


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """A bot with an admin channel."""
    settings = {"BOT_ADMIN_CHANNEL": OPS} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as everything:
        yield everything


async def used_up(on: Harness) -> None:
    """Ann has used 2.1 ACUs of the two that each person may use in a day."""
    await set_budget(on.slack, "each-person 2 a day")
    _, session = await on.started()
    await on.devin.set(session, acus_consumed=2.1)
    await on.slack.wait_for_message(OPS, "used up")


async def refused(on: Harness, text: str = f"{TASK} acu=3") -> dict[str, Any]:
    """What Ann reads whose mention finds no room."""
    await on.mention(text)
    return await on.slack.wait_for_ephemeral(ANN, "Nothing was started")


async def asked(on: Harness, question: dict[str, Any]) -> dict[str, Any]:
    """The request that admins get when Ann presses the button under the refusal."""
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:ask_for_more")
    await on.slack.wait_for_ephemeral(ANN, "The admins were asked", ts=question["ts"])
    return await on.slack.wait_for_message(OPS, "asks for")


@pytest.mark.both_transports
async def test_a_start_without_room_begins_by_itself_once_an_admin_approves(on: Harness) -> None:
    await used_up(on)
    question = await refused(on)
    assert buttons(question) == [ASK, "Cancel"]
    request = await asked(on, question)
    # 2.1 used and three wanted, of two: 3.1 more are needed.
    assert request["rendered"].startswith("ann asks for more ACUs to start “write the changelog”: ")
    assert buttons(request) == ["Grant 4 ACUs", "Refuse"]
    assert await creations(on) == 1
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    made = await on.session("in full sentences")
    assert made["request"]["max_acu_limit"] == 3
    await on.slack.wait_for_message(DM_OF_ANN, "Your task starts now.")
    await settled(on)
    assert await creations(on) == 2


async def test_of_two_admins_who_approve_at_once_one_starts_it(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.slack.click(ADA, OPS, request["ts"], "grant_more", value=_value(request, "grant_more"))
    await on.session("in full sentences")
    await settled(on)
    assert await creations(on) == 2


async def test_who_cancels_gets_the_text_back_and_nothing_is_raised(on: Harness) -> None:
    await used_up(on)
    question = await refused(on)
    request = await asked(on, question)
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.APPROVAL}:no")
    said = await on.slack.wait_for_ephemeral(ANN, "in full sentences")
    assert said["rendered"].startswith(start_sentences.START_CANCELLED.text)
    await on.slack.click(ADA, OPS, request["ts"], "grant_more")
    await on.slack.wait_for_message(OPS, budgets.taken_back("ann").text, ts=request["ts"])
    await settled(on)
    assert await creations(on) == 1


async def test_who_cancels_at_once_gets_the_text_back_too(on: Harness) -> None:
    await used_up(on)
    question = await refused(on)
    await on.slack.click(ANN, GENERAL, question["ts"], f"answer:{start_sentences.ROOM}:no")
    await on.slack.wait_for_ephemeral(ANN, "in full sentences")
    await settled(on)
    assert await creations(on) == 1


async def test_a_refusal_gives_the_text_back(on: Harness) -> None:
    await used_up(on)
    request = await asked(on, await refused(on))
    await on.slack.click(ADA, OPS, request["ts"], "refuse_more")
    said = await on.slack.wait_for_message(DM_OF_ANN, "in full sentences")
    assert said["rendered"].startswith(budgets.start_not_approved("ada").text)
    await settled(on)
    assert await creations(on) == 1


async def test_what_nobody_approves_within_a_week_is_given_back(on: Harness, clock: Ahead) -> None:
    await used_up(on)
    await asked(on, await refused(on))
    await settled(on)
    clock.put(PRODUCTION.start_approval + 60)
    said = await on.slack.wait_for_message(DM_OF_ANN, "in full sentences")
    assert said["rendered"].startswith(start_sentences.NOT_APPROVED.text)
    assert await creations(on) == 1


async def test_each_start_that_waits_has_a_request_of_its_own(on: Harness) -> None:
    await used_up(on)
    first = await asked(on, await refused(on))
    await on.slack.slash(ANN, GENERAL, "write the manual")
    question = await on.slack.wait_for_ephemeral(ANN, "Ask an admin", visible=True)
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:ask_for_more")
    second = await on.slack.wait_for_message(OPS, "write the manual")
    # Ten are asked for where the task says nothing.
    assert buttons(second) == ["Grant 11 ACUs", "Refuse"]
    await on.slack.click(ADA, OPS, second["ts"], "grant_more")
    await on.session("write the manual")
    await settled(on)
    assert await creations(on) == 2
    await on.slack.click(ADA, OPS, first["ts"], "grant_more")
    await on.session("in full sentences")


async def test_somebody_else_asks_for_nothing_and_cancels_nothing(on: Harness) -> None:
    await used_up(on)
    question = await refused(on)
    value = _value(question, "choose:ask_for_more")
    await on.slack.act(
        "click", user=ANN, channel=GENERAL, ts=question["ts"], action_id="choose:ask_for_more", value=value
    )
    await on.slack.wait_for_message(OPS, "asks for")
    await settled(on)
    assert await private_answers(on, BEN) == []


def _value(message: dict[str, Any], action: str) -> str:
    elements = [part for block in message["blocks"] for part in block.get("elements", [])]
    return next(str(part["value"]) for part in elements if part.get("action_id") == action)


async def test_a_budget_that_is_used_up_before_devin_takes_the_start_refuses_it(on: Harness) -> None:
    _, session = await on.started()
    await on.devin.set(session, acus_consumed=2.1)
    await waited(on, "spend", acus=2.1)
    await on.devin.fault("create_session", 503, times=-1)
    ts = await on.mention("write the changelog")
    await on.devin.wait_for_calls("create_session", 2)
    await set_budget(on.slack, "each-person 2 a day")
    post = await on.wait_for_post(GENERAL, ts, start_sentences.NO_ROOM.text)
    assert buttons(post) == ["Try again"]
    assert ":no_entry: Not started. The thread says why." in await card_of(on, ts, "Not started")
    await on.devin.clear_faults()
    await on.slack.click(ANN, GENERAL, post["ts"], "try_again")
    await settled(on)
    assert await private_answers(on, ANN)
    assert len(await on.devin.sessions()) == 1
