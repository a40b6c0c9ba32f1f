"""What is typed behind `team add` and `team remove`."""

from datetime import date

import pytest

from bot.domain.commands.registry import START
from bot.features import COMMANDS
from bot.features.teams.rules import Member, MemberKind, Problem, WantedTeam, parse_add, parse_remove
from bot.features.teams.specs import TEAM_ADD, TEAM_LIST, TEAM_REMOVE

ANN, WEB, PAY = (
    Member(MemberKind.PERSON, "U0ANN1"),
    Member(MemberKind.CHANNEL, "C0WEB1"),
    Member(MemberKind.TAG, "pay"),
)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("Payments @U0ANN1 #C0WEB1 tag:pay", WantedTeam("Payments", (ANN, WEB, PAY))),
        ("Payments and Billing @U0ANN1, @U0ANN1", WantedTeam("Payments and Billing", (ANN,))),
        ("“Payments” Tags=Pay,urgent", WantedTeam("Payments", (PAY, Member(MemberKind.TAG, "urgent")))),
        ("@U0ANN1 Payments", WantedTeam("Payments", (ANN,))),
        ("@U0ANN1, #C0WEB1 tag:pay Payments and Billing", WantedTeam("Payments and Billing", (ANN, WEB, PAY))),
        ("@U0ANN1 to Payments", WantedTeam("Payments", (ANN,))),
        ("Ops @U0ANN1 from 2026-12-01", WantedTeam("Ops", (ANN,), date(2026, 12, 1))),
        ("@U0ANN1 to Ops since 2026-12-01", WantedTeam("Ops", (ANN,), date(2026, 12, 1))),
        ("Ops @U0ANN1 from 2026-11-31", Problem.DAY),
        ("@ann Payments", Problem.PICKED),
        ("@U0ANN1 and @U0BEN1", Problem.NAME),
        ("@U0ANN1", Problem.NAME),
        ("", Problem.NAME),
        (f"{'P' * 41} @U0ANN1", Problem.LONG),
        ("Outside Slack @U0ANN1", Problem.RESERVED),
        ("Payments", Problem.NOBODY),
        ("Payments @ann", Problem.PICKED),
        ("Payments #payments", Problem.PICKED),
        ("Payments @S0ADMINS", Problem.GROUP),
        ("@S0ADM1NS Payments", Problem.GROUP),
        ("Payments @U0ANN1 pay", Problem.MEMBER),
        ("Payments tag:", Problem.MEMBER),
    ],
)
def test_a_team_is_named_first_and_then_who_and_what_belongs_to_it(typed: str, wanted: WantedTeam | Problem) -> None:
    assert parse_add(typed) == wanted


def test_a_team_is_removed_by_its_name_alone() -> None:
    assert parse_remove("no longer wanted") == WantedTeam("no longer wanted", ())
    assert parse_remove("Payments @U0ANN1") == WantedTeam("Payments", (ANN,))
    assert parse_remove("@U0ANN1 from Payments") == WantedTeam("Payments", (ANN,))


@pytest.mark.parametrize(
    ("typed", "spec"),
    [
        ("team list", TEAM_LIST),
        ("team add Payments @U0ANN1 and also @U0BEN1 please", TEAM_ADD),
        ("Team Add Payments", TEAM_ADD),
        ("team remove Payments", TEAM_REMOVE),
        ("team rm Payments", TEAM_REMOVE),
        ("team delete Payments", TEAM_REMOVE),
        ("team add a field for the time zone to the profile page", START),
        ("teach the parser to read dates", START),
    ],
)
def test_what_is_meant_for_teams_starts_nothing(typed: str, spec: object) -> None:
    assert COMMANDS.parser.slash(typed).spec is spec


@pytest.mark.parametrize("typed", ["teams", "team", "team lst", "list teams"])
def test_what_nearly_is_a_command_about_teams_asks(typed: str) -> None:
    doubt = COMMANDS.parser.doubt(typed)
    assert doubt is not None
    assert doubt.meant == "team list"


def test_add_may_be_forgotten() -> None:
    doubt = COMMANDS.parser.doubt("team payments @U0ANN1")
    assert doubt is not None
    assert doubt.meant == "team add payments @U0ANN1"
