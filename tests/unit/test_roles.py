"""Roles: who holds what where, and how a file declares it."""

from itertools import product

import pytest

from bot.domain.roles import EVERYONE, Right, RoleError, Roles, holds, read_roles
from bot.domain.settings_file import parse_file
from bot.domain.settings_values import SettingError

HOLDERS = (None, ("U0ANN1",), ("S0OPS1",), (EVERYONE,))


@pytest.mark.parametrize(("everywhere", "here"), [*product(HOLDERS, HOLDERS)])
def test_what_a_channel_has_goes_before_what_holds_everywhere(everywhere, here):
    given = {(Right.STOP, ""): everywhere, (Right.STOP, "C0WEB1"): here}
    roles = Roles({key: holders for key, holders in given.items() if holders is not None})
    assert roles.holders(Right.STOP) == everywhere
    assert roles.holders(Right.STOP, "C0OTHER1") == everywhere
    assert roles.holders(Right.STOP, "C0WEB1") == (here or everywhere)
    assert roles.holders(Right.START, "C0WEB1") is None
    assert roles.restrict(Right.STOP) is not (everywhere is here is None)


@pytest.mark.parametrize(
    ("holders", "groups", "held"),
    [
        ((), (), False),
        ((EVERYONE,), (), True),
        (("U0ANN1",), (), True),
        (("U0BEN1",), ("S0OPS1",), False),
        (("S0OPS1",), ("S0OPS1",), True),
    ],
)
def test_who_holds_a_role(holders, groups, held):
    assert holds(holders, "U0ANN1", groups) is held


def test_a_file_declares_roles_everywhere_and_in_channels():
    text = """
        [roles]
        stop = ["S0OPS1", "U0ANN1"]
        [channel.C0WEB1]
        limit = 5
        [channel.C0WEB1.roles]
        stop = "everyone"
    """
    found = parse_file("bot.toml", text)
    assert found.roles == Roles(
        {(Right.STOP, ""): ("S0OPS1", "U0ANN1"), (Right.STOP, "C0WEB1"): (EVERYONE,)},
    )
    assert found.roles.groups == {"S0OPS1"}
    assert found.roles.over(Roles({(Right.STOP, ""): ("U9",), (Right.COST, ""): ("U9",)})).held == {
        **found.roles.held,
        (Right.COST, ""): ("U9",),
    }
    assert list(found.channels) == ["C0WEB1"]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ([], 'Roles must be a table, such as stop = ["S0123ABC"].'),
        ({"stopp": ["U0ANN1"]}, "There's no role “stopp”. Did you mean “stop”?"),
        ({"x": ["U0ANN1"]}, "There's no role “x”. Pick one of start, steer, stop, cost, administer."),
        ({"stop": []}, '“stop” needs IDs of people or user groups, or "everyone".'),
        ({"stop": ["@ann"]}, '“stop” needs IDs of people or user groups, or "everyone".'),
        ({"stop": 5}, '“stop” needs IDs of people or user groups, or "everyone".'),
        ({"stop": [5]}, '“stop” needs IDs of people or user groups, or "everyone".'),
        ({"administer": "everyone"}, "List the people or user groups who administer; “everyone” isn't allowed."),
    ],
)
def test_what_is_wrong_in_a_file(table, sentence):
    with pytest.raises(RoleError) as wrong:
        read_roles(table)
    assert str(wrong.value) == sentence


def test_a_file_says_where_it_is_wrong():
    with pytest.raises(SettingError) as wrong:
        parse_file("bot.toml", "[channel.C0WEB1.roles]\nstopp = 'everyone'\n")
    assert str(wrong.value) == "bot.toml [channel.C0WEB1.roles]: There's no role “stopp”. Did you mean “stop”?"
