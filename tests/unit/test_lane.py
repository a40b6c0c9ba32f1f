"""Names of lanes, and what can be read from them."""

import pytest

from bot.domain.lane import (
    channel_lane,
    edit_lane,
    own_lane,
    person_lane,
    poll_lane,
    private_lane,
    reaction_lane,
    team_of,
    thread_lane,
    thread_of,
)


def test_a_threads_lane_says_which_thread_it_is():
    assert thread_of(thread_lane("T1", "C1", "1750000000.000100")) == ("T1", "C1", "1750000000.000100")


@pytest.mark.parametrize("lane", [poll_lane("org-1"), own_lane("cmd:1.2.x"), channel_lane("T1", "C1"), "out:T1:C1:1.0"])
def test_another_lane_is_no_threads(lane):
    assert thread_of(lane) is None


def test_a_persons_lane_names_no_thread_that_there_is():
    assert thread_of(person_lane("T1", "U1")) == ("T1", "person", "U1")


@pytest.mark.parametrize(
    "lane", [channel_lane("T1", "C1"), reaction_lane("T1"), private_lane("T1", "priv:cmd:1.2.x"), edit_lane("T1")]
)
def test_a_lane_of_what_is_said_names_its_workspace(lane):
    assert team_of(lane) == "T1"
