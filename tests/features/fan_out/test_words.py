"""What people type behind `/devin fanout`, and which organisations that names."""

import pytest

from bot.domain.commands.options import NOT_ACUS, Mistyped
from bot.domain.commands.parser import Command, Doubt
from bot.domain.commands.registry import START
from bot.domain.session import Options
from bot.features import COMMANDS
from bot.features.fan_out.rules import (
    FanOutMistake,
    FanOutQuery,
    NotChosen,
    OrganisationName,
    WrongFanOut,
    chosen,
    parse_fan_out,
    with_organisation,
)
from bot.features.fan_out.specs import FANOUT

ACME, DATA, LIKE = (
    OrganisationName("org-1", "Acme"),
    OrganisationName("org-2", "Data Team"),
    OrganisationName("o3", "x"),
)
ALIKE, COMMA = OrganisationName("o4", "X"), OrganisationName("org-5", "Acme, Inc.")
KNOWN = [ACME, DATA, LIKE, ALIKE, COMMA]


@pytest.mark.parametrize(
    ("typed", "prompt", "names"),
    [
        ("upgrade deps orgs=all", "upgrade deps", ()),
        ("upgrade deps orgs=ALL", "upgrade deps", ()),
        ("orgs=Acme,org-2 upgrade deps in {org}", "upgrade deps in {org}", ("Acme", "org-2")),
        ('upgrade orgs="Data Team",Acme deps', "upgrade deps", ("Data Team", "Acme")),
        ("upgrade orgs=“Data Team, Acme” deps", "upgrade deps", ("Data Team", "Acme")),
        ("upgrade orgs=„Data Team“,\u00a0Acme deps", "upgrade deps", ("Data Team", "Acme")),
        ("upgrade deps (orgs=Acme)", "upgrade deps", ("Acme",)),
        ("upgrade deps org=Acme", "upgrade deps", ("Acme",)),
        ("upgrade deps organizations=Acme,Acme,", "upgrade deps", ("Acme",)),
        ("explain `orgs=all` orgs=Acme", "explain `orgs=all`", ("Acme",)),
        ("one\ntwo orgs=all", "one\ntwo", ()),
    ],
)
def test_the_prompt_and_the_organisations(typed, prompt, names):
    assert parse_fan_out(typed) == FanOutQuery(prompt, names, Options())


def test_the_options_of_each_session():
    query = parse_fan_out('fix it orgs=all acu=5 tags=a,b title="Fix {org}" mode=fast playbook=playbook-1')
    options = Options(playbook="playbook-1", mode="fast", acu=5, tags=("a", "b"), title="Fix {org}")
    assert query == FanOutQuery("fix it", (), options)


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ("upgrade deps", FanOutMistake.NO_ORGANISATIONS),
        ("upgrade deps orgs=", FanOutMistake.NO_ORGANISATIONS),
        ("upgrade deps `orgs=all`", FanOutMistake.NO_ORGANISATIONS),
        ("upgrade deps repos=acme/web,b", FanOutMistake.NO_ORGANISATIONS),
        ("upgrade orgs=all orgs=Acme", FanOutMistake.TWICE),
        ("", FanOutMistake.NO_TASK),
        ("orgs=all acu=5", FanOutMistake.NO_TASK),
        ("upgrade orgs=all playbook=deps", FanOutMistake.PLAYBOOK),
    ],
)
def test_what_cannot_be_started_as_it_was_typed(typed, mistake):
    assert parse_fan_out(typed) == WrongFanOut(mistake)


def test_an_option_that_is_wrong():
    mistyped = Mistyped("acu=lots", "acu=", NOT_ACUS, choices=("acu=5", "acu=10", "acu=20"))
    assert parse_fan_out("upgrade orgs=all acu=lots") == WrongFanOut(FanOutMistake.OPTION, mistyped)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), KNOWN),
        (("acme",), [ACME]),
        (("org-2", "data team"), [DATA]),
        (("org-5", "Acme"), [COMMA, ACME]),
        (("o4",), [ALIKE]),
        (("Acme", "Nobody"), NotChosen(("Nobody",), ())),
        (("x", "Nobody"), NotChosen(("Nobody",), ("x",))),
    ],
)
def test_which_organisations_are_meant(names, expected):
    assert chosen(names, KNOWN) == expected


def test_the_name_takes_the_place_of_the_mark():
    assert with_organisation("{org}: fix {org} and {it}", "Acme") == "Acme: fix Acme and {it}"


def test_whatever_is_behind_the_word_is_for_this_command():
    assert COMMANDS.parser.slash("fanout upgrade deps orgs=all.") == Command(FANOUT, "upgrade deps orgs=all.")
    assert COMMANDS.parser.slash("FANOUT") == Command(FANOUT)
    assert COMMANDS.parser.addressed("fanout upgrade deps orgs=all") == Command(FANOUT, "upgrade deps orgs=all")
    assert COMMANDS.parser.slash("fan out the requests of the login page").spec is START
    assert COMMANDS.parser.doubt("fan out the requests of the login page") is None


@pytest.mark.parametrize("word", ["fan-out", "fanouts", "fanuot"])
def test_a_word_that_is_nearly_it_asks_first(word):
    typed = f"{word} upgrade all of the dependencies in {{org}} orgs=all"
    assert COMMANDS.parser.doubt(typed) == Doubt(
        typed, word, FANOUT, "fanout upgrade all of the dependencies in {org} orgs=all"
    )
