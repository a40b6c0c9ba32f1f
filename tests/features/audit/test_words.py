"""What `/devin audit` asks for, and which days it means."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.commands.parser import Command
from bot.domain.text import as_typed
from bot.features import COMMANDS
from bot.features.audit.rules import AuditMistake, AuditQuery, Days, WrongQuery, days_of, parse_query, read_options
from bot.features.audit.specs import AUDIT

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC).timestamp()


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize("typed", ["", "action=login", 'action=login person="Ann Smith"', "ORG=“data team”", "who=me"])
def test_options_alone_are_a_query(typed: str) -> None:
    assert read_options(typed) == typed


@pytest.mark.parametrize(
    "typed", ["the login code", "since yesterday", "a = b", "bot", '="x"', "repo=acme/web for secrets", "persons=x y"]
)
def test_any_other_word_is_none(typed: str) -> None:
    assert read_options(typed) is None


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        ("org=Acme Web", "Web"),
        ("person=Devin Bridge since=2026-11-01", "Bridge since=2026-11-01"),
        ("since=2026-11-01 till 2026-11-05", "till 2026-11-05"),
        ("action=login please", "please"),
        ("org = Acme", "org = Acme"),
        ("Org=", "Org="),
        ('org=""', 'org=""'),
        ('org="Acme Web', 'org="Acme Web'),
        ("org=„Acme “Web“ Team“", "org=„Acme “Web“ Team“"),
    ],
)
def test_what_begins_with_an_option_is_never_a_task(typed: str, rest: str) -> None:
    command = COMMANDS.parser.slash(f"audit {typed}")
    assert command == COMMANDS.parser.addressed(f"audit {typed}") == Command(AUDIT, typed)
    assert parse_query(command.argument) == WrongQuery(AuditMistake.UNREADABLE, rest)


@pytest.mark.parametrize("typed", ["person=<@U0ADA1|ada>", "person=<@U0ADA1>", "person=@ada", 'person="@Ada Lovelace"'])
def test_a_person_by_their_name_in_slack_is_none_whom_devin_knows(typed: str) -> None:
    query = parse_query(COMMANDS.parser.slash(as_typed(f"audit {typed}")).argument)
    assert isinstance(query, WrongQuery)
    assert query.mistake is AuditMistake.MENTION


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("audti org=Acme Web", "audit org=Acme Web"),
        ("audits action=login person=Devin Bridge since=2026-11-01", None),
        ("audit log since=2026-11-01", "audit since=2026-11-01"),
        ("audit logs org=acme until=2026-11-01", "audit org=acme until=2026-11-01"),
    ],
)
def test_a_mistyped_audit_with_options_asks_first(typed: str, meant: str | None) -> None:
    doubt = COMMANDS.parser.doubt(typed)
    assert doubt is not None
    assert doubt.meant == (meant or typed.replace("audits", "audit"))


def test_a_query_is_read() -> None:
    typed = 'Action=login person=ann@example.com org="Data Team" since=2026-11-01 until=2026-11-02'
    assert parse_query(typed) == AuditQuery("login", "ann@example.com", "Data Team", "2026-11-01", "2026-11-02")


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("who=me", WrongQuery(AuditMistake.UNKNOWN, "who")),
        ("org=a org=b", WrongQuery(AuditMistake.TWICE, "org")),
    ],
)
def test_an_option_that_is_not_one_is_wrong(typed: str, wrong: WrongQuery) -> None:
    assert parse_query(typed) == wrong


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (None, None, Days(date(2026, 11, 20), date(2026, 11, 26), at("2026-11-20T00:00Z"), int(NOW) + 1)),
        ("2026-11-01", None, Days(date(2026, 11, 1), date(2026, 11, 26), at("2026-11-01T00:00Z"), int(NOW) + 1)),
        (
            None,
            "2026-11-10",
            Days(date(2026, 11, 4), date(2026, 11, 10), at("2026-11-04T00:00Z"), at("2026-11-11T00:00Z")),
        ),
        (
            "2026-11-10",
            "2026-11-10",
            Days(date(2026, 11, 10), date(2026, 11, 10), at("2026-11-10T00:00Z"), at("2026-11-11T00:00Z")),
        ),
        (
            "2026-11-26",
            "2999-01-01",
            Days(date(2026, 11, 26), date(2026, 11, 26), at("2026-11-26T00:00Z"), int(NOW) + 1),
        ),
    ],
)
def test_both_days_belong_to_the_range_and_the_future_does_not(since: str, until: str, days: Days) -> None:
    assert days_of(AuditQuery(since=since, until=until), NOW, UTC) == days


def test_days_are_those_of_the_zone_also_when_the_clocks_change() -> None:
    found = days_of(AuditQuery(since="2026-10-25", until="2026-10-25"), NOW, ZoneInfo("Europe/Berlin"))
    assert isinstance(found, Days)
    assert (found.after, found.before) == (at("2026-10-24T22:00Z"), at("2026-10-25T23:00Z"))


@pytest.mark.parametrize(
    ("since", "until", "wrong"),
    [
        ("yesterday", None, WrongQuery(AuditMistake.NO_DATE, "yesterday")),
        (None, "2026-02-30", WrongQuery(AuditMistake.NO_DATE, "2026-02-30")),
        ("20261126", None, WrongQuery(AuditMistake.NO_DATE, "20261126")),
        ("0001-01-01", None, WrongQuery(AuditMistake.NO_DATE, "0001-01-01")),
        ("2026-11-27", None, WrongQuery(AuditMistake.FUTURE, "2026-11-27")),
        ("2026-11-02", "2026-11-01", WrongQuery(AuditMistake.REVERSED, "2026-11-01")),
    ],
)
def test_dates_that_cannot_be_meant_are_wrong(since: str, until: str, wrong: WrongQuery) -> None:
    assert days_of(AuditQuery(since=since, until=until), NOW, UTC) == wrong
