"""`/devin insights`: what Devin says of one of the person's own sessions."""

import pytest

from bot.features.insights import sentences as views
from bot.views import devin_answers, operations
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers.access import GUEST_REFUSED
from tests.scenarios.harness import ANN, BEN, GENERAL, GUEST, Harness


async def typed(on: Harness, text: str, user: str = ANN) -> str:
    """What somebody reads at once who types a command."""
    shown = (await on.slack.slash(user, GENERAL, text))["shown"]
    return str(shown["rendered"]) if shown else ""


async def read(on: Harness, text: str, words: str, user: str = ANN) -> str:
    """What somebody reads in the end for whom Devin is asked."""
    assert not await typed(on, text, user)
    return str((await on.slack.wait_for_ephemeral(user, words))["rendered"])


async def listed(on: Harness) -> str:
    """A session of ann's that her list has as number 1; its id at Devin."""
    _, session = await on.started("fix the login test", ANN, GENERAL)
    assert "fix the login test" in await typed(on, "list")
    return session


@pytest.mark.both_transports
async def test_an_analysis_is_asked_for_once_and_shown_at_the_next_look(on: Harness) -> None:
    await listed(on)
    first = await read(on, "insights 1", "Devin is analyzing it now. That takes about a minute.")
    assert first.startswith(f"*<https://play.slack.com/archives/{GENERAL}/")
    question = (await on.slack.ephemerals(user=ANN, visible=True))[-1]
    await on.slack.click(ANN, GENERAL, question["ts"], "choose:insights")
    await on.slack.wait_for_ephemeral(ANN, "*How it went*: Started")
    assert (await on.devin.counters())["generate_insights"] == 1


async def test_only_ones_own_sessions_are_shown(on: Harness) -> None:
    session = await listed(on)
    assert await typed(on, f"insights {session}", BEN) == session_list_sentences.no_such_session(session).text
    assert await typed(on, "insights 1", GUEST) == GUEST_REFUSED.text
    assert "get_insights" not in await on.devin.counters()


async def test_without_a_number_the_list_is_shown(on: Harness) -> None:
    await listed(on)
    assert "1. :gear:" in await typed(on, "insights")


async def test_an_organisation_without_insights(on: Harness) -> None:
    await listed(on)
    await on.devin.switch(insights_status=404)
    await read(on, "insights 1", views.NOT_THERE.text)
    await on.devin.switch(insights_status=403)
    await read(on, "insights 1", operations.devin_refused("ViewOrgSessions"))


async def test_devin_is_down(on: Harness) -> None:
    await listed(on)
    await on.devin.fault("get_insights", 503, times=99)
    await read(on, "insights 1", devin_answers.UNREACHABLE.text)


async def test_it_is_asked_in_a_direct_message(on: Harness) -> None:
    await listed(on)
    await on.slack.say(ANN, "D0ANN", "insights 1")
    await on.slack.wait_for_message("D0ANN", "Devin is analyzing it now")
