"""What is typed about budgets: what is wanted, what is wrong with others, and what is no command but a task."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands.registry import START
from bot.domain.text import as_typed, plain
from bot.features import COMMANDS
from bot.features.budgets.rules import Scope, ScopeKind, Span
from bot.features.budgets.specs import BUDGET_GRANT, BUDGET_LIST, BUDGET_REMOVE, BUDGET_SET, BUDGET_TRY
from bot.features.budgets.words import Problem, WantedBudget, WantedGrant, parse_grant, parse_number, parse_set

ORG, WEB, ANN = Scope(ScopeKind.ORG), Scope(ScopeKind.CHANNEL, "C0WEB"), Scope(ScopeKind.PERSON, "U0ANN")
EACH = Scope(ScopeKind.EACH_PERSON)
PAYMENTS, OF_WEB = Scope(ScopeKind.TEAM, "Payments"), Scope(ScopeKind.REPO, "acme/web")


def team(name: str) -> Scope:
    return Scope(ScopeKind.TEAM, name)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("org 100", WantedBudget(ORG, Decimal(100))),
        ("org 1,000", WantedBudget(ORG, Decimal(1000))),
        ("org 1,234,567.8 ACUs", WantedBudget(ORG, Decimal("1234567.8"))),
        ("org 30,5", WantedBudget(ORG, Decimal("30.5"))),
        ("org `30` a day", WantedBudget(ORG, Decimal(30), Span.DAY)),
        ("`org 30 a day`", WantedBudget(ORG, Decimal(30), Span.DAY)),
        ("org 1,0000", Problem.ACUS),
        ("org 1,,5", Problem.ACUS),
        ("ORG 100 ACUs", WantedBudget(ORG, Decimal(100))),
        ("org 7.5acus a day", WantedBudget(ORG, Decimal("7.5"), Span.DAY)),
        ("#C0WEB 20 a week", WantedBudget(WEB, Decimal(20), Span.WEEK)),
        ("#C0WEB 20 per week", WantedBudget(WEB, Decimal(20), Span.WEEK)),
        ("@U0ANN 20 a cycle warn 80,50", WantedBudget(ANN, Decimal(20), Span.CYCLE, (50, 80))),
        ("@U0ANN 20 warn 50%, 80%, 80", WantedBudget(ANN, Decimal(20), Span.CYCLE, (50, 80))),
        ("each-session 5", WantedBudget(Scope(ScopeKind.EACH_SESSION), Decimal(5))),
        ("each-person 5", WantedBudget(Scope(ScopeKind.EACH_PERSON), Decimal(5))),
        ("each-channel 5", WantedBudget(Scope(ScopeKind.EACH_CHANNEL), Decimal(5))),
        ("", Problem.SCOPE),
        ("everybody 5", WantedBudget(EACH, Decimal(5))),
        ("everyone 20 daily", WantedBudget(EACH, Decimal(20), Span.DAY)),
        ("per user 20", WantedBudget(EACH, Decimal(20))),
        ("for the whole organization 500/month", WantedBudget(ORG, Decimal(500), Span.MONTH)),
        ("channel 5", Problem.SCOPE),
        ("#web 5", Problem.NAME),
        ("#WEB 5", Problem.NAME),
        ("@ann 5", Problem.NAME),
        ("org", Problem.ACUS),
        ("org ten", Problem.ACUS),
        ("org 0", Problem.LEAST),
        ("org 0.99 a day", Problem.LEAST),
        ("@U0ANN 0,5 ACUs a day warn 80", Problem.LEAST),
        ("each-session 0.5", Problem.LEAST),
        ("org 1", WantedBudget(ORG, Decimal(1))),
        ("org -5", Problem.ACUS),
        ("org 1.005", Problem.ACUS),
        ("org 1e3", Problem.ACUS),
        ("org 2000000000", Problem.ACUS),
        ("org 500 per month", WantedBudget(ORG, Decimal(500), Span.MONTH)),
        ("org 5 a year", Problem.SPAN),
        ("org 5 a day warn", Problem.WARN),
        ("org 5 warn 100", Problem.WARN),
        ("org 5 warn 0,50", Problem.WARN),
        ("org 5 warn half", Problem.WARN),
        ("org 5 warn 10,20,30,40,50,60", Problem.WARN),
        ("team:Payments 400 a cycle", WantedBudget(PAYMENTS, Decimal(400))),
        ("`team:Payments 400`", WantedBudget(PAYMENTS, Decimal(400))),
        ("for team Payments 400/month", WantedBudget(PAYMENTS, Decimal(400), Span.MONTH)),
        ("team:“Data Platform” 400 monthly", WantedBudget(team("Data Platform"), Decimal(400), Span.MONTH)),
        ("team Data Platform 400 ACUs a week", WantedBudget(team("Data Platform"), Decimal(400), Span.WEEK)),
        ("team:Team 7 400", WantedBudget(team("Team 7"), Decimal(400))),
        ("team:Ops weekly 400", WantedBudget(team("Ops weekly"), Decimal(400))),
        ("team:Payments", Problem.ACUS),
        ("team:Payments 400 a year", Problem.SPAN),
        ("team", Problem.SCOPE),
        ("repo:acme/web 200 a month", WantedBudget(OF_WEB, Decimal(200), Span.MONTH)),
        ("acme/web 200 a month", WantedBudget(OF_WEB, Decimal(200), Span.MONTH)),
        ("repo:https://github.com/Acme/Web.git 200", WantedBudget(OF_WEB, Decimal(200))),
        ("repository ACME/web 200 ACUs", WantedBudget(OF_WEB, Decimal(200))),
        ("repo:git@github.com:acme/web.git 200", WantedBudget(OF_WEB, Decimal(200))),
        ("repo:web 200", Problem.REPO),
    ],
)
def test_what_is_to_be_set(typed: str, wanted: WantedBudget | Problem) -> None:
    assert parse_set(typed) == wanted


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("@U0ANN 10", WantedGrant(ANN, Decimal(10))),
        ("each-person 2.5 ACUs", WantedGrant(Scope(ScopeKind.EACH_PERSON), Decimal("2.5"))),
        ("org", Problem.ACUS),
        ("org 0", Problem.ACUS),
        ("org 0.5", WantedGrant(ORG, Decimal("0.5"))),
        ("org 10 a week", Problem.BEHIND),
        ("@U0ADA 5 ACUs please", Problem.BEHIND),
        ("10", Problem.SCOPE),
    ],
)
def test_what_is_to_be_granted(typed: str, wanted: WantedGrant | Problem) -> None:
    assert parse_grant(typed) == wanted


@pytest.mark.parametrize(
    ("typed", "number"), [("2", 2), ("#2", 2), ("`2`", 2), ("", Problem.NUMBER), ("two", Problem.NUMBER)]
)
def test_which_is_to_be_removed(typed: str, number: int | Problem) -> None:
    assert parse_number(typed) == number


def test_channels_and_people_are_read_by_their_ids() -> None:
    assert COMMANDS.parser.slash(as_typed("budget set <#C0WEB|20> 10")).argument == "#C0WEB 10"
    assert COMMANDS.parser.slash(as_typed("budget grant <@U0ANN|ann 10> 5")).argument == "@U0ANN 5"


@pytest.mark.parametrize(
    ("typed", "scope"),
    [
        ("<#CHGFYJVAN|klog>", Scope(ScopeKind.CHANNEL, "CHGFYJVAN")),
        ("<#GHGFYJVAN|>", Scope(ScopeKind.CHANNEL, "GHGFYJVAN")),
        ("<@UHGFYJVAN|ada>", Scope(ScopeKind.PERSON, "UHGFYJVAN")),
        ("<@WHGFYJVAN>", Scope(ScopeKind.PERSON, "WHGFYJVAN")),
    ],
)
def test_an_id_need_not_have_a_digit(typed: str, scope: Scope) -> None:
    assert parse_set(COMMANDS.parser.slash(as_typed(f"budget set {typed} 20")).argument) == WantedBudget(
        scope, Decimal(20)
    )


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("<#C0WEB|web> 20 ACUs a week warn 80", WantedBudget(WEB, Decimal(20), Span.WEEK, (80,))),
        ("<@U0ANN|ann> 20 acus a week warn 50,80", WantedBudget(ANN, Decimal(20), Span.WEEK, (50, 80))),
        ("<#C0WEB|web> 20 a week warn 50, 80", WantedBudget(WEB, Decimal(20), Span.WEEK, (50, 80))),
        ("<#C0WEB|> 20 ACUs a week warn 50, 80", WantedBudget(WEB, Decimal(20), Span.WEEK, (50, 80))),
        ("#web 20 ACUs a week warn 80", Problem.NAME),
        ("@Ada Lovelace 20 ACUs a week warn 80", Problem.NAME),
        ("@Ada Lovelace 20 a week warn at 80 %", Problem.NAME),
        ("org 20 ACUs a week warn at 50", WantedBudget(ORG, Decimal(20), Span.WEEK, (50,))),
        ("org 20 ACUs a week warn 50, 101", Problem.WARN),
        ("each-person 20 acus per month warn 80 %", WantedBudget(EACH, Decimal(20), Span.MONTH)),
        ("each person 20 ACUs a week warn 80", WantedBudget(EACH, Decimal(20), Span.WEEK)),
        ("20 ACUs a week for #web warn 80", Problem.SCOPE),
        ("org to 20acus a week please, warn 80", Problem.ACUS),
        ("org budget: 20 a week and warn at 80", Problem.ACUS),
    ],
)
def test_a_command_is_one_however_long_it_is(typed: str, wanted: WantedBudget | Problem) -> None:
    command = COMMANDS.parser.slash(as_typed(f"budget set {typed}"))
    assert command == COMMANDS.parser.addressed(as_typed(f"budget set {typed}"))
    assert command.spec is BUDGET_SET
    assert parse_set(command.argument) == wanted


KINDS = st.sampled_from(["org", "each-session", "each-person", "each-channel"])
IDS = st.from_regex(r"[A-Z0-9]{8,10}", fullmatch=True)
LABELS = st.sampled_from(["", "|", "|web", "|ann 10", "|org", "|20 ACUs a week", "|set budget for the whole team"])
PICKED = st.builds("<{}{}{}>".format, st.sampled_from(["#C", "#G", "@U", "@W"]), IDS, LABELS)
ACUS = st.builds("{}{}".format, st.integers(1, 9_999), st.sampled_from(["", ".5", "acus", " ACUs", " acu"]))
SPANS = st.builds(
    " {} {}".format, st.sampled_from(["a", "per", "each"]), st.sampled_from(["day", "week", "cycle"])
) | st.just("")
LEVELS = st.lists(st.integers(1, 99), min_size=1, max_size=5)
WARNINGS = st.builds(
    lambda levels, between, sign: " warn " + between.join(f"{level}{sign}" for level in levels),
    LEVELS,
    st.sampled_from([",", ", ", " "]),
    st.sampled_from(["", "%"]),
) | st.just("")


@given(KINDS | PICKED, ACUS, SPANS, WARNINGS)
def test_no_order_starts_a_session(scope: str, acus: str, span: str, warn: str) -> None:
    command = COMMANDS.parser.slash(as_typed(f"budget set {scope} {acus}{span}{warn}"))
    assert command.spec is BUDGET_SET
    wanted = parse_set(command.argument)
    assert isinstance(wanted, WantedBudget)
    assert parse_set(str(wanted)) == wanted  # as the choice to set it carries it
    command = COMMANDS.parser.slash(as_typed(f"budget grant {scope} {acus}"))
    assert command.spec is BUDGET_GRANT
    assert isinstance(parse_grant(command.argument), WantedGrant)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("budget list", BUDGET_LIST),
        ("budget set org 10", BUDGET_SET),
        ("Budget set org ten.", BUDGET_SET),
        ("budget set", BUDGET_SET),
        ("budget set 10", BUDGET_SET),
        ("budget set #web 20 a month", BUDGET_SET),
        ("budget grant @ann 10", BUDGET_GRANT),
        ("budget grant", BUDGET_GRANT),
        ("budget remove 2", BUDGET_REMOVE),
        ("budget remove", BUDGET_REMOVE),
        ("budget rm 2", BUDGET_REMOVE),
        ("budget delete `2`", BUDGET_REMOVE),
        ("budget delete the old one of the billing page", START),
        ("budget try org 10", BUDGET_TRY),
        ("budget try a new layout of the billing page", START),
        ("budget remove it", BUDGET_REMOVE),
        ("budget the migration work", START),
        ("budget set up the dashboards of the new team", START),
        ("budget remove the dead code from the billing page", START),
        ("budget list all items that the finance page has", START),
        ("budget grant access to the new people in the team", START),
        ("budget set up an alarm for @ann when 20 ACUs are used", START),
        ("budget set #web up with a dashboard of its own", START),
    ],
)
def test_a_text_is_a_command_only_if_it_is_meant_as_one(text: str, spec: object) -> None:
    assert COMMANDS.parser.slash(text).spec is spec


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("budget", "budget list"),
        ("budget please", "budget list"),
        ("budgets", "budget list"),
        ("budget list please", "budget list"),
        ("bugdet set org 10", "budget set org 10"),
        ("bugdet set each-person 10 a week warn 50,80", "budget set each-person 10 a week warn 50,80"),
        ("budget the migration work", "budget list"),
        ("budget the migration work of the next three months", None),
    ],
)
def test_a_short_text_that_is_nearly_one_is_asked_about(text: str, meant: str | None) -> None:
    doubt = COMMANDS.parser.doubt(text)
    assert (doubt.meant if doubt else None) == meant


@pytest.mark.parametrize(
    ("typed", "meant", "shown"),
    [
        ("bugdet set <#C0WEB|web> 20", "budget set #C0WEB 20", "budget set #web 20"),
        ("set budget <@U0ANN|ann> 20", "budget set @U0ANN 20", "budget set @ann 20"),
        (
            "budget sett <#C0WEB|web> 20 ACUs a week warn 80",
            "budget set #C0WEB 20 ACUs a week warn 80",
            "budget set #web 20 ACUs a week warn 80",
        ),
        ("bugdet set <#C0WEB> 20", "budget set #C0WEB 20", "budget set #C0WEB 20"),
    ],
)
def test_the_command_that_was_meant_keeps_who_was_picked_and_shows_the_name(typed: str, meant: str, shown: str) -> None:
    doubt = COMMANDS.parser.doubt_as_read(as_typed(typed), plain(typed))
    assert doubt is not None
    assert (doubt.text, doubt.meant, doubt.shown) == (plain(typed), meant, shown)


@given(st.text(alphabet='aZé7 "“”:`', min_size=1, max_size=20))
def test_a_button_carries_a_team_whatever_it_is_called(name: str) -> None:
    called = " ".join(name.split())
    wanted = WantedBudget(Scope(ScopeKind.TEAM, called), Decimal(400), Span.MONTH, (50, 80))
    assert not called or parse_set(str(wanted)) == wanted
