"""Admins by a user group of Slack's: who is in it may ask for figures, and end the sessions of others for good."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.admins import Admins
from bot.timing import Timing
from bot.views.answers import access as access_sentences
from tests.scenarios.ahead import until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, Harness, harness
from tests.scenarios.walk import OWN_COST

GROUP = "S0ADMINS"
REFUSED = access_sentences.admins_only(
    "see usage figures", Admins(frozenset({"U0ADA"}), ("S0ADMINS",), frozenset({"U0BEN"})), OWN_COST
).text


@pytest.fixture
async def on(tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing) -> AsyncIterator[Harness]:
    """A bot whose settings name Ada and a group in which Ben is."""
    settings = {"BOT_ADMIN_GROUP": GROUP} | database
    async with harness(tmp_path, transport, timing=timing, start=False, **settings) as everything:
        await everything.slack.put_group(GROUP, handle="devin-admins", users=[BEN])
        await everything.start()
        yield everything


async def figures(on: Harness, user: str) -> str:
    """What somebody reads who asks for figures: a refusal, or the first line of them."""
    return (await on.slack.slash(user, GENERAL, "usage"))["shown"]["rendered"].splitlines()[0]


async def wait_for_figures(on: Harness, user: str, line: str) -> None:
    async def is_shown() -> bool:
        return await figures(on, user) == line

    await until(is_shown)


@pytest.mark.timing(admins_interval=0.3)
async def test_members_of_the_group_are_admins_until_they_leave_it_or_become_guests(on: Harness) -> None:
    await wait_for_figures(on, BEN, "Devin today, so far")
    assert [await figures(on, user) for user in (ADA, ANN)] == ["Devin today, so far", REFUSED]
    await on.slack.put_group(GROUP, users=[ANN])
    await wait_for_figures(on, ANN, "Devin today, so far")
    assert await figures(on, BEN) == REFUSED
    await on.slack.put_person(ANN, is_restricted=True)
    await on.slack.wait_for_delivery(type="user_change", status="acked")
    # Nobody is left in the group who is an admin by it, so it is not named any more.
    assert (
        await figures(on, ANN)
        == access_sentences.admins_only("see usage figures", Admins(frozenset({"U0ADA"})), OWN_COST).text
    )


async def test_a_member_of_the_group_may_end_the_session_of_somebody_else(on: Harness) -> None:
    await wait_for_figures(on, BEN, "Devin today, so far")
    ts, _ = await on.started(user=ANN)
    await on.slack.say(BEN, GENERAL, "EXIT", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(BEN, "permanently?")
    await on.slack.click(BEN, GENERAL, question["ts"], "choose:exit_confirmed")
    await on.slack.wait_for_message(GENERAL, "Ended permanently by ben", thread_ts=ts)
