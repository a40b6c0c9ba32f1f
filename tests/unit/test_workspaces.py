"""Which workspace a request or a row is of."""

from typing import Any

from bot.flows.workspace import Policy, Workspace, Workspaces


def workspace(team: str) -> Workspace:
    unused: Any = None
    return Workspace(team, "U0BOT", "B0BOT", slack=unused, policy=Policy(), organisation=unused)


def test_a_request_is_of_the_workspace_that_it_names_and_of_no_other():
    one, two = workspace("T1"), workspace("T2")
    both = Workspaces(one, two)
    assert (both.get("T1"), both.get("T2"), both.get("T3"), both.get(None)) == (one, two, None, None)


def test_a_request_that_names_none_is_of_the_only_one_there_is():
    one = workspace("T1")
    assert Workspaces(one).get(None) is one
    assert Workspaces(one).get("T2") is None
