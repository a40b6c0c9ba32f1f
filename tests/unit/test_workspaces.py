"""Which workspace a row or a request is of."""

from typing import Any

from bot.flows.workspace import Policy, Workspace, Workspaces


def workspace(team: str) -> Workspace:
    unused: Any = None
    return Workspace(team, "U0BOT", "B0BOT", slack=unused, policy=Policy(), organisation=unused)


def test_a_row_is_of_the_workspace_that_it_names_and_of_no_other():
    one, two = workspace("T1"), workspace("T2")
    both = Workspaces(one, two)
    assert (both.get("T1"), both.get("T2"), both.get("T3"), both.get(None)) == (one, two, None, None)
    assert Workspaces(one).get("T2") is None


def test_a_request_is_of_the_only_workspace_there_is_or_of_the_one_that_it_names():
    one, two = workspace("T1"), workspace("T2")
    assert [Workspaces(one).of_request(team) for team in ("T1", "T0EXT", None)] == [one, one, one]
    assert [Workspaces(one, two).of_request(team) for team in ("T1", "T2", "T0EXT", None)] == [one, two, None, None]
