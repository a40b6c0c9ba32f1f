"""What is typed behind `role add` and `role remove`."""

import pytest

from bot.domain.roles import EVERYONE, Right
from bot.features.roles.words import Problem, WantedRole, parse_add, parse_remove, read_role


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("stop @U0ANN1", WantedRole(Right.STOP, "", ("U0ANN1",))),
        ("stop #C0WEB1 @U0ANN1, @S0OPS1", WantedRole(Right.STOP, "C0WEB1", ("U0ANN1", "S0OPS1"))),
        ("@U0ANN1 to steer in #C0WEB1", WantedRole(Right.STEER, "C0WEB1", ("U0ANN1",))),
        ("see cost everybody", WantedRole(Right.COST, "", (EVERYONE,))),
        ("admin @S0OPS1", WantedRole(Right.ADMINISTER, "", ("S0OPS1",))),
        ("start everyone @U0ANN1 all", WantedRole(Right.START, "", (EVERYONE, "U0ANN1"))),
        ("", Problem.RIGHT),
        ("@U0ANN1", Problem.RIGHT),
        ("stop start @U0ANN1", Problem.RIGHT),
        ("stop", Problem.NOBODY),
        ("stop @ann", Problem.PICKED),
        ("stop #web @U0ANN1", Problem.PICKED),
        ("stop nobody", Problem.WORD),
        ("stpo #C0WEB1 @U0ANN1", Problem.RIGHT),
        ("stop #C0WEB1 #C0OPS1 @U0ANN1", Problem.CHANNELS),
        ("administer everyone", Problem.EVERYONE),
    ],
)
def test_what_is_read(typed, wanted):
    assert parse_add(typed) == wanted


def test_without_holders_all_are_meant():
    assert parse_remove("stop #C0WEB1") == WantedRole(Right.STOP, "C0WEB1")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("stop", True), ("nonsense", True), ("stop @ann and a few of the others", True), ("the old users " * 3, False)],
)
def test_a_longer_text_without_a_role_reads_like_a_task(typed, meant):
    assert (read_role(typed) is not None) is meant
