"""What Slack shows of a session as of an agent's."""

from dataclasses import replace

import pytest

from bot.domain.session import DisplayState
from bot.views.agent_status import LONGEST_TITLE, OVER, READY, STATUS_OF, WAITING, WORKING, AgentShown, agent_status
from tests.said import a_session


def test_each_state_has_a_status() -> None:
    assert set(STATUS_OF) == set(DisplayState)
    assert set(STATUS_OF.values()) == {WORKING, WAITING, READY, OVER}


def test_it_has_the_title_in_one_line_of_the_length_that_slack_takes() -> None:
    session = a_session()
    long = replace(session, snapshot=replace(session.snapshot, title="Fix\nthe login test " * 40))
    shown = AgentShown.read(agent_status(long, 0, shared=False))
    assert len(shown.title) <= LONGEST_TITLE
    assert shown.title.startswith("Fix the login test Fix the")


@pytest.mark.parametrize("shared", [True, False])
def test_in_a_shared_channel_there_is_no_title(shared: bool) -> None:
    assert bool(AgentShown.read(agent_status(a_session(), 0, shared=shared)).title) is not shared
