"""Slash commands and verbs, as people type them."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.billing import Period
from bot.domain.commands.arguments import SESSION, TEXT, number_of, parse_which
from bot.domain.commands.parser import MOST_WORDS_OF_ADMINS, Command, Doubt, Parser, UnknownVerb, parse_task
from bot.domain.commands.registry import (
    ARCHIVE,
    ASIDE,
    COST,
    EXIT,
    GIVE,
    HELP,
    LAUNCH,
    LIST,
    MUTE,
    NEW,
    NOTIFY,
    REMIND,
    START,
    STATUS,
    STOP,
    STOP_ALL,
    UNMUTE,
)
from bot.domain.commands.said import _SENTENCES
from bot.domain.commands.spec import CommandSpec, Role, Source, slash, written
from bot.domain.notify_choice import NotifyChoice
from bot.domain.questions import REPORT_QUESTIONS, USAGE_QUESTIONS
from bot.features import COMMANDS
from bot.features.audit.specs import AUDIT, AUDIT_BOT
from bot.features.budgets.specs import BUDGET_GRANT, BUDGET_LIST, BUDGET_SET
from bot.features.digest.specs import DIGEST
from bot.features.library.specs import (
    NOTE_ADD,
    NOTE_DELETE,
    NOTE_EDIT,
    NOTE_LIST,
    NOTE_SHOW,
    PLAYBOOK_ADD,
    PLAYBOOK_EDIT,
    PLAYBOOK_LIST,
    PLAYBOOK_SHOW,
)
from bot.features.organisations.specs import ORGS
from bot.features.pauses.specs import PAUSE, RESUME
from bot.features.report.specs import REPORT
from bot.features.reviews.specs import REVIEW
from bot.features.schedules.specs import SCHEDULE_DELETE
from bot.features.settings.specs import SETTINGS
from bot.features.teams.specs import TEAM_LIST
from bot.features.usage.specs import USAGE
from tests.mistyped import AS_TYPED, OF_ADMINS, derived


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Command(LAUNCH)),
        ("  ", Command(LAUNCH)),
        ("help", Command(HELP)),
        ("help admin", Command(HELP, "admin")),
        ("Help Admins.", Command(HELP, "admin")),
        ("list", Command(LIST)),
        ("list waiting", Command(LIST, "waiting")),
        ("list All", Command(LIST, "all")),
        ("List ", Command(LIST)),
        ("status", Command(STATUS)),
        ("cost", Command(COST)),
        ("status 2", Command(STATUS, "2")),
        ("stop", Command(STOP)),
        ("Stop!", Command(STOP)),
        ("stop #2", Command(STOP, "2")),
        ("stop devin-0a1b2c3d", Command(STOP, "0a1b2c3d")),
        ("stop 0123456789abcdef0123456789abcdef", Command(STOP, "0123456789abcdef0123456789abcdef")),
        ("stop https://app.devin.ai/sessions/abc123", Command(STOP, "abc123")),
        ("stop 3F9A2C1B", Command(STOP, "3f9a2c1b")),
        ("status 123456", Command(STATUS, "123456")),
        ("archive 1", Command(ARCHIVE, "1")),
        ("notify", Command(NOTIFY)),
        ("notify Questions.", Command(NOTIFY, "questions")),
        ("usage", Command(USAGE, "today")),
        ("usage today", Command(USAGE, "today")),
        ("usage yesterday", Command(USAGE, "yesterday")),
        ("usage Week", Command(USAGE, "week")),
        ("usage month.", Command(USAGE, "month")),
        ("usage by person", Command(USAGE, "today by person")),
        ("usage by Repo cycle!", Command(USAGE, "cycle by repo")),
        ("usage week by day", Command(USAGE, "week by day")),
        ("usage 2026-11-01", Command(USAGE, "2026-11-01")),
        ("usage 2026-11-01..2026-11-15 by org", Command(USAGE, "2026-11-01..2026-11-15 by org")),
        ("usage by org 2026-11-01 … 2026-11-15", Command(USAGE, "2026-11-01..2026-11-15 by org")),
        ("usage 2026-11-01 to 2026-11-15", Command(USAGE, "2026-11-01..2026-11-15")),
        ("usage 2026-11-01 - 2026-11-15", Command(USAGE, "2026-11-01..2026-11-15")),
        ("usage 2026-13-45", Command(USAGE, "2026-13-45")),  # these get a sentence
        ("usage 2026-11-01..", Command(USAGE, "2026-11-01..")),
        ("usage 26-11..2", Command(USAGE, "26-11..2")),
        ("usage csv", Command(USAGE, "today csv")),  # this too
        ("usage CSV by person week", Command(USAGE, "week by person csv")),
        ("usage by person csv 2026-11-01 to 2026-11-15.", Command(USAGE, "2026-11-01..2026-11-15 by person csv")),
        ("usage org=all", Command(USAGE, "today org=all")),
        ("usage csv Org=ALL by day week", Command(USAGE, "week by day org=all csv")),
        ("report org=all", Command(REPORT, "week org=all")),  # this gets a sentence
        ("report cycle csv by repo", Command(REPORT, "cycle by repo csv")),
        ("report", Command(REPORT, "week")),
        ("usage last month", Command(USAGE, "last month")),
        ("usage this month by person", Command(USAGE, "month by person")),
        ("usage by person this cycle", Command(USAGE, "cycle by person")),
        ("Report last month csv by repo.", Command(REPORT, "last month by repo csv")),
        ("report 2026-10", Command(REPORT, "2026-10")),
        ("report 2026-10-01 to 2026-10-31", Command(REPORT, "2026-10-01..2026-10-31")),
        ("report 2026-11-01", Command(REPORT, "2026-11-01")),
        ("Report by repo month.", Command(REPORT, "month by repo")),
        ("orgs", Command(ORGS)),
        ("audit", Command(AUDIT)),
        ("audit action=login since=2026-11-01", Command(AUDIT, "action=login since=2026-11-01")),
        ("audit repo=acme/web", Command(AUDIT, "repo=acme/web")),
        ("audit bot", Command(AUDIT_BOT)),
        ("audit bot CSV", Command(AUDIT_BOT, "csv")),
        ("note list", Command(NOTE_LIST)),
        ("Note list.", Command(NOTE_LIST)),
        ("note list login test", Command(NOTE_LIST, "login test")),
        ('note list "how we release it"', Command(NOTE_LIST, '"how we release it"')),
        ("note show 3", Command(NOTE_SHOW, "3")),
        ("note show #3.", Command(NOTE_SHOW, "#3")),
        ("note show", Command(NOTE_SHOW)),  # these get a sentence
        ("note show login", Command(NOTE_SHOW, "login")),
        ("note edit number 3", Command(NOTE_EDIT, "number 3")),
        ("note add", Command(NOTE_ADD)),
        ("note add the tests sleep.", Command(NOTE_ADD, "the tests sleep.")),
        ("note delete note-0a1b", Command(NOTE_DELETE, "note-0a1b")),
        ("playbook list", Command(PLAYBOOK_LIST)),
        ("Playbook show playbook-7", Command(PLAYBOOK_SHOW, "playbook-7")),
        ("playbook add", Command(PLAYBOOK_ADD)),
        ("playbook edit 1", Command(PLAYBOOK_EDIT, "1")),
        ("start", Command(START)),
        ("start fix it repo=a/b", Command(START, "fix it repo=a/b")),
        ("start list", Command(START, "list")),
    ],
)
def test_slash_commands(text, command):
    assert COMMANDS.parser.slash(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "fix the flaky login test",
        "stop the flaky test from failing",
        "stop 2 of the workers",
        "status page is down",
        "status devin-bridge",
        "status 3f9a2",
        "status 1234",
        "list all open files",
        "report the bug in login",
        "report today",
        "report week by session",
        "usage week by",
        "usage by squad",
        "usage by csv person",
        "usage csv csv",
        "usage org=all org=all",
        "usage org=acme",
        "report csv of the bugs",
        "usage by person by day",
        "usage week month",
        "usage 11",
        "usage of memory grows",
        "audit the login code",
        "audit repo=acme/web for secrets",
        "audit bot accounts",
        "note that the login is broken",
        "note the bug",
        "note list of steps in the readme",
        "note edit the readme",
        "playbook for the release",
        "playbook delete 3",
        "help me with the build",
        "archive old logs",
        "starting the server fails",
    ],
)
def test_what_does_not_fit_a_verbs_form_is_a_prompt(text):
    assert COMMANDS.parser.slash(text) == Command(START, text)


def test_which_session():
    assert parse_which("007") == "7"
    assert parse_which("http://127.0.0.1:9/sessions/ab-c?x=1") == "ab-c"
    assert parse_which("b7c3a7a2-0b7e-4c7e-9d0f-0123456789ab") == "b7c3a7a2-0b7e-4c7e-9d0f-0123456789ab"
    assert parse_which("3f9a2c1b") == "3f9a2c1b"
    assert parse_which("everything") is None


def test_a_number_of_the_list_is_no_id():
    assert number_of("12") == 12
    assert number_of("123456") is None
    assert number_of("3f9a2c1b") is None


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("!status", Command(STATUS)),
        (" !Stop ", Command(STOP)),
        ("!stop!", Command(STOP)),
        ("!mute", Command(MUTE)),
        ("!unmute", Command(UNMUTE)),
        ("!archive", Command(ARCHIVE)),
        ("!cost", Command(COST)),
        ("!help", Command(HELP)),
        ("!aside not for Devin", Command(ASIDE, "not for Devin")),
        ("!aside", Command(ASIDE)),
        ("!new fix\nthat too", Command(NEW, "fix\nthat too")),
        ("!new", Command(NEW)),
        ("!notify", Command(NOTIFY)),
        ("!Notify OFF.", Command(NOTIFY, "off")),
        ("!remind off", Command(REMIND, "off")),
        ("!Remind", Command(REMIND)),
        ("!remind me tomorrow", UnknownVerb("!remind", "!remind", ("on", "off"))),
        ("!notify the team", UnknownVerb("!notify", "!notify", tuple(NotifyChoice))),
        ("!notfy off", UnknownVerb("!notfy", "!notify")),
        ("notify off", None),
        ("mute", Command(MUTE)),
        ("Unmute", Command(UNMUTE)),
        ("sleep", Command(STOP)),
        ("archive", Command(ARCHIVE)),
        ("EXIT", Command(EXIT)),
        ("(aside) lunch?", Command(ASIDE, "lunch?")),
        ("(aside)", Command(ASIDE)),
        ("!stpo", UnknownVerb("!stpo", "!stop")),
        ("!stpo now", UnknownVerb("!stpo", "!stop")),
        ("!stop the server", UnknownVerb("!stop", "!stop")),
        ("!exit", UnknownVerb("!exit", "EXIT")),
        ("!sleep", UnknownVerb("!sleep", "!stop")),
        ("!important please", UnknownVerb("!important")),
    ],
)
def test_verbs_in_a_thread(text, verb):
    assert COMMANDS.parser.verb(text) == verb


@pytest.mark.parametrize(
    "text",
    ["please don't stop", "stop", "exit", "Exit", "mute the alarm", "sleep 5 fails", "!!!", "! stop", "", "a !stop"],
)
def test_everything_else_is_for_devin(text):
    assert COMMANDS.parser.verb(text) is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("stop", Command(STOP)),
        ("Stop!", Command(STOP)),
        (" please, stop. ", Command(STOP)),
        ("stop please", Command(STOP)),
        ("STOP IT", Command(STOP)),
        ("cancel", Command(STOP)),
        ("status?", Command(STATUS)),
        ("list", Command(LIST)),
        ("help", Command(HELP)),
        ("cost", Command(COST)),
        ("settings", Command(SETTINGS)),
        ("stop that test", None),
        ("please don't stop", None),
        ("list them", None),
        ("usage", None),
        ("", None),
    ],
)
def test_words_alone_in_a_thread(text, command):
    assert COMMANDS.parser.alone(text) == command


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("stattus 1", Doubt("stattus 1", "stattus", STATUS, "status 1")),
        ("Stauts!", Doubt("Stauts!", "Stauts", STATUS, "status")),
        ("stop foo", Doubt("stop foo", "stop", STOP, "stop")),
        ("pause 2", Doubt("pause 2", "pause 2", STOP, "stop 2", instead=PAUSE.instead)),
        (
            "pause all my sessions",
            Doubt(
                *("pause all my sessions", "pause all my sessions", STOP_ALL, "stop all my sessions"),
                instead=PAUSE.instead,
            ),
        ),
        ("puase", Doubt("puase", "puase", PAUSE, "pause")),
        ("unpause", Doubt("unpause", "unpause", RESUME, "resume")),
        ("unpause 2", None),
        ("pause #C0WEB please now", Doubt("pause #C0WEB please now", "pause", PAUSE, "pause #C0WEB")),
        ("stop everything", Doubt("stop everything", "stop", STOP_ALL, "stop all")),
        ("stop them all", Doubt("stop them all", "stop", STOP_ALL, "stop all")),
        ("stop every session", Doubt("stop every session", "stop", STOP_ALL, "stop all")),
        ("stop them all from failing", None),
        ("hand 2 over to @U0BEN", Doubt("hand 2 over to @U0BEN", "hand 2 over to @U0BEN", GIVE, "give 2 @U0BEN")),
        ("list everything", Doubt("list everything", "list", LIST, "list")),
        ("notify me", Doubt("notify me", "notify", NOTIFY, "notify")),
        ("notfy off", Doubt("notfy off", "notfy", NOTIFY, "notify off")),
        ("note", Doubt("note", "note", NOTE_LIST, "note list")),
        ("notes", Doubt("notes", "notes", NOTE_LIST, "note list")),
        ("note lits", Doubt("note lits", "note", NOTE_LIST, "note list")),
        ("note shwo 3", Doubt("note shwo 3", "note", NOTE_SHOW, "note show 3")),
        ("schedule delte 2", Doubt("schedule delte 2", "schedule", SCHEDULE_DELETE, "schedule delete 2")),
        ("notes show 3", Doubt("notes show 3", "notes", NOTE_SHOW, "note show 3")),
        ("playbooks", Doubt("playbooks", "playbooks", PLAYBOOK_LIST, "playbook list")),
        ("playbook delete 3", Doubt("playbook delete 3", "playbook", PLAYBOOK_LIST, "playbook list")),
        ("note remove 3", Doubt("note remove 3", "note", NOTE_DELETE, "note delete 3")),
        ("schedule remove 2", Doubt("schedule remove 2", "schedule", SCHEDULE_DELETE, "schedule delete 2")),
        ("budget drop 2", Doubt("budget drop 2", "budget", BUDGET_LIST, "budget list")),
        ("budget add @U0ADA1 10", Doubt("budget add @U0ADA1 10", "budget", BUDGET_LIST, "budget list")),
        ("budget #C0WEB1 10", Doubt("budget #C0WEB1 10", "budget", BUDGET_SET, "budget set #C0WEB1 10")),
        ("budgt org 100", Doubt("budgt org 100", "budgt", BUDGET_SET, "budget set org 100")),
        ("bill", Doubt("bill", "bill", USAGE, "usage")),
        ("bill of Nov 2026", Doubt("bill of Nov 2026", "bill", USAGE, "usage of nov 2026")),
        ("spend by person", Doubt("spend by person", "spend", USAGE, "usage by person")),
        ("alarm off", Doubt("alarm off", "alarm", HELP, "help")),
        ("last week usage", Doubt("last week usage", "last week usage", USAGE, "usage last week")),
        ("by person report", Doubt("by person report", "by person report", REPORT, "report by person")),
        ("digest delete 2", Doubt("digest delete 2", "digest", DIGEST, "digest")),
        ("usage last months", Doubt("usage last months", "usage", USAGE, "usage")),
        ("stop 1 2 3 4 5", Doubt("stop 1 2 3 4 5", "stop", STOP, "stop")),
        ("note edit the readme", Doubt("note edit the readme", "note", NOTE_EDIT, "note edit")),
        ("list notes", Doubt("list notes", "list", NOTE_LIST, "note list")),
        ("delete the note 2 please", Doubt("delete the note 2 please", "delete", NOTE_DELETE, "note delete 2")),
        ("Add a note!", Doubt("Add a note!", "Add", NOTE_ADD, "note add")),
        ("new playbook", Doubt("new playbook", "new", PLAYBOOK_ADD, "playbook add")),
        ("show usage", Doubt("show usage", "show", USAGE, "usage")),
        ("list all orgs", Doubt("list all orgs", "list", ORGS, "orgs")),
        ("organizations", Doubt("organizations", "organizations", ORGS, "orgs")),
        ("usage lastmonth", Doubt("usage lastmonth", "usage", USAGE, "usage")),
        ("ussage week", Doubt("ussage week", "ussage", USAGE, "usage week")),
        ("report bug", Doubt("report bug", "report", REPORT, "report")),
        ("report by team", Doubt("report by team", "report", REPORT, "report")),
        ("reprot cycle", Doubt("reprot cycle", "reprot", REPORT, "report cycle")),
        ("stop 1 please", Doubt("stop 1 please", "stop", STOP, "stop 1")),
        ("stop session 1", Doubt("stop session 1", "stop", STOP, "stop 1")),
        ("stop 1 2", Doubt("stop 1 2", "stop", STOP, "stop")),
        ("stop 1, 2 and 3", Doubt("stop 1, 2 and 3", "stop", STOP, "stop")),
        ("Stop it now, please!", Doubt("Stop it now, please!", "Stop", STOP, "stop")),
        ("stopp session #2 now", Doubt("stopp session #2 now", "stopp", STOP, "stop #2")),
        ("stattus of session 3", Doubt("stattus of session 3", "stattus", STATUS, "status 3")),
        ("list my sessions", Doubt("list my sessions", "list", LIST, "list")),
        ("list all running sessions", Doubt("list all running sessions", "list", LIST, "list running")),
        ("archive session abc123 please", Doubt("archive session abc123 please", "archive", ARCHIVE, "archive abc123")),
        ("usage week by hour", Doubt("usage week by hour", "usage", USAGE, "usage week")),
        ("usage per hour", Doubt("usage per hour", "usage", USAGE, "usage")),
        ("ussage cycle by person", Doubt("ussage cycle by person", "ussage", USAGE, "usage cycle by person")),
        ("audit since last week", Doubt("audit since last week", "audit", AUDIT, "audit")),
        ("notify me off please", Doubt("notify me off please", "notify", NOTIFY, "notify off")),
        ("help me please", Doubt("help me please", "help", HELP, "help")),
        ("mute", Doubt("mute", "mute", MUTE, "!mute")),
        ("Mute this thread!", Doubt("Mute this thread!", "Mute", MUTE, "!mute")),
        ("!unmute", Doubt("!unmute", "!unmute", UNMUTE, "!unmute")),
        ("cost 1", Doubt("cost 1", "cost", COST, "cost")),
        ("cost of session 1", Doubt("cost of session 1", "cost", COST, "cost")),
        ("costs", Doubt("costs", "costs", COST, "cost")),
        ("cost estimate", Doubt("cost estimate", "cost", COST, "cost")),
        ("exit", Doubt("exit", "exit", EXIT, "EXIT")),
        ("sleep", Doubt("sleep", "sleep", STOP, "stop")),
        ("sleep now please", Doubt("sleep now please", "sleep", STOP, "stop")),
        ("cancel 1", Doubt("cancel 1", "cancel", STOP, "stop 1")),
        ("cancel everything", Doubt("cancel everything", "cancel", STOP, "stop")),
        ("kill 1", Doubt("kill 1", "kill", STOP, "stop 1")),
        ("kill it", Doubt("kill it", "kill", STOP, "stop")),
        ("cost of ann", Doubt("cost of ann", "cost", COST, "cost")),
        ("cost centre list", Doubt("cost centre list", "cost", COST, "cost")),
        ("cost calculation is wrong", Doubt("cost calculation is wrong", "cost", COST, "cost")),
        ("grant @ann 10", Doubt("grant @ann 10", "grant", BUDGET_GRANT, "budget grant @ann 10")),
        ("raise budget", Doubt("raise budget", "raise", BUDGET_SET, "budget set")),
        ("team list 1", Doubt("team list 1", "team", TEAM_LIST, "team list")),
        ("orgs 1", Doubt("orgs 1", "orgs", ORGS, "orgs")),
        ("everyone 20", Doubt("everyone 20", "everyone 20", BUDGET_SET, "budget set each-person 20")),
        ("limit org 100", Doubt("limit org 100", "limit org 100", BUDGET_SET, "budget set org 100")),
        ("ann budget 10", Doubt("ann budget 10", "ann budget 10", BUDGET_SET, "budget set ann 10")),
        (
            "add budget each-person 10",
            Doubt("add budget each-person 10", "add budget each-person 10", BUDGET_LIST, "budget list"),
        ),
        ("usage-by-person", Doubt("usage-by-person", "usage-by-person", USAGE, "usage by person")),
        ("audit-log", Doubt("audit-log", "audit-log", AUDIT, "audit")),
        ("budget/list", Doubt("budget/list", "budget/list", BUDGET_LIST, "budget list")),
        ("export usage november", Doubt("export usage november", "export usage november", USAGE, "usage november")),
        ("csv", Doubt("csv", "csv", USAGE, "usage")),
        ("mute alarms", Doubt("mute alarms", "alarms", HELP, "help")),
    ],
)
def test_a_short_text_that_is_nearly_a_command_is_doubted(text, doubt):
    assert COMMANDS.parser.slash(text).spec is START
    assert COMMANDS.parser.doubt(text) == doubt


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("role give start @ben", "role add start @ben"),
        ("role grant cost #web @ben @ann @cam @eve", "role add cost #web @ben @ann @cam @eve"),
        ("role take start @ben", "role remove start @ben"),
        (
            "fan out upgrade the dependencies of {org} now please orgs=all",
            "fanout upgrade the dependencies of {org} now please orgs=all",
        ),
    ],
)
def test_a_long_text_that_no_task_begins_like_is_doubted_too(text, meant):
    doubt = COMMANDS.parser.doubt(text)
    assert doubt is not None
    assert doubt.meant == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "add a note to the readme",
        "delete notes older than 30 days",
        "show usage hints in the form",
        "list orgs without a plan",
        "create playbook docs",
        "fan out the work to five queues and wait",
        "stop the flaky test from failing",
        "list open bugs",
        "list users endpoint is slow",
        "list all open bugs",
        "stop all tests from running",
        "stop the running build",
        "stop retrying 1 time",
        "stop logging this please",
        "status page is down",
        "status of the build",
        "status 500 on login",
        "archive old logs",
        "archive all the logs",
        "help me fix this",
        "help the team with it",
        "kill the zombie process",
        "kill switch",
        "cancel button",
        "cancel the subscription",
        "sleep 5 seconds in the retry loop",
        "mute notifications",
        "mute the alarm",
        "cost calculation is wrong in the cart of the shop",
        "raise the timeout to 30 seconds",
        "limit the retries to 3",
        "grant access to the ci user",
        "add budget fields to the invoice",
        "fix budget page now",
        "csv parser is broken",
        "fix-login-test again please",
        "please use pytest",
        "host files",
        "export users",
        "exit code is wrong",
        "exit 1 on failure",
        "new",
        "aside",
        "sleeping beauty",
        "schedule a meeting reminder job in the cron module",
        "digest add daily emails to the settings page",
        "fix it",
        "refactor",
        "start stop foo",
        "test login",
        "notify me when it fails",
        "modify it",
        "note edit the readme and the changelog",
        "node version bump",
        "notice the failing build",
        "x" * 600,
    ],
)
def test_what_reads_like_a_task_is_not_doubted(text):
    assert COMMANDS.parser.doubt(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("usage docs are outdated", "usage"),
        ("usage month as csv", "usage month csv"),
        ("usage by weekday", "usage"),
        ("report by author", "report"),
        ("report the bug in login", "report"),
        ("reprot by merge rate", "report"),
        ("reports of the last quarter", "report"),
        ("budget org 100", "budget set org 100"),
        ("budgets org 100", "budget set org 100"),
        ("budget page shows wrong totals", "budget list"),
        ("schedule create daily report", "schedule add"),
        ("note the bug", "note list"),
        ("notes for the release", "note list"),
        ("audit bots in the repo", "audit"),
        ("playbook for the release", "playbook list"),
        ("secret rotate NPM_TOKEN", "secret list"),
        ("member of the data team", "members"),
        ("metrics for the whole last quarter", "metrics"),
    ],
)
def test_up_to_six_words_with_the_word_of_a_command_for_admins_ask(text, meant):
    assert COMMANDS.parser.slash(text).spec is START
    doubt = COMMANDS.parser.doubt(text)
    assert doubt is not None
    assert doubt.meant == meant


# ------------------------------------------------------------ mistyped forms, made of the commands themselves


@pytest.mark.parametrize("text", sorted({*derived(), *AS_TYPED}))
def test_each_mistyped_form_of_a_command_for_admins_asks(text):
    if COMMANDS.parser.slash(text).spec is START:  # the others are answered how they are written
        assert COMMANDS.parser.doubt(text) is not None


def test_there_are_many_such_forms():
    assert len(derived()) >= 100
    assert len(AS_TYPED) >= 214


@pytest.mark.parametrize("word", sorted({phrase.split()[0] for phrase in OF_ADMINS}))
@pytest.mark.parametrize(
    "task",
    [
        "{} the flaky test in login to the team as an issue please and then fix it",
        "{} page shows the wrong totals after a refund",
        "{}s are not sorted by date in the settings",
        "add a test for the {} of the web team",
    ],
)
def test_a_longer_sentence_with_such_a_word_is_a_task(word, task):
    text = task.format(word)
    assert COMMANDS.parser.slash(text).spec is START
    assert COMMANDS.parser.doubt(text) is None


@pytest.mark.parametrize(
    ("text", "word", "meant"),
    [
        ("`usage by weekday`", "usage", "usage"),
        ("“budget org 100”.", "budget", "budget set org 100"),
        ("*report* by author", "report", "report"),
        ("/devin usage month as csv", "usage", "usage month csv"),
        ('fan-out use "x" orgs=all tags="a"', "fan-out", 'fanout use "x" orgs=all tags="a"'),
    ],
)
def test_marks_around_a_command_are_no_part_of_it_and_stay_in_the_task(text, word, meant):
    doubt = COMMANDS.parser.doubt(text)
    assert doubt is not None
    assert (doubt.text, doubt.word, doubt.meant) == (text, word, meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("hlep", "help"), ("Stpo!", "stop"), ("cancle", "stop"), ("statsu?", "status"), ("setings", "settings")],
)
def test_a_reply_of_one_word_is_doubted_where_it_is_a_slip(text, meant):
    doubt = COMMANDS.parser.nearly_alone(text)
    assert doubt is not None
    assert doubt.meant == meant


@pytest.mark.parametrize(
    "text", ["stop", "step", "lint", "post", "last", "start", "usage", "kill", "top it", "yes", ""]
)
def test_a_reply_of_another_word_is_not_doubted(text):
    assert COMMANDS.parser.nearly_alone(text) is None


def test_what_is_doubted_is_what_was_typed_and_a_task_is_what_people_read():
    pull = "https://github.com/acme/web/pull/7"
    readable = f"reviw Fix login #7 ({pull})"
    assert COMMANDS.parser.doubt_as_read(f"reviw {pull}", readable) == Doubt(
        readable, "reviw", REVIEW, f"review {pull}"
    )
    assert COMMANDS.parser.doubt_as_read("ask #C0WEB", "stop all") is None
    assert COMMANDS.parser.doubt_as_read("stop all", f"stop {'all' * 200}") is None, "a button carries no more"


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("fix it", "fix it"),
        (" Start fix it. ", "fix it."),
        ("start", ""),
        ("", ""),
        ("start start it", "start it"),
        ("start\nfix it\nall", "fix it\nall"),
        ("starting the server fails", "starting the server fails"),
        ("stop 1", "stop 1"),
    ],
)
def test_the_task_of_a_start(text, task):
    assert parse_task(text) == task


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("help", Command(HELP)),
        ("Help?", Command(HELP)),
        ("list.", Command(LIST)),
        ("STATUS 2", Command(STATUS, "2")),
        ("stop!", Command(STOP)),
        ("cost?", Command(COST)),
        ("report", Command(REPORT, "week")),
        ("report cycle by person", Command(REPORT, "cycle by person")),
        ("report the bug in login", None),
        ("cost of it", None),
        ("usage", Command(USAGE, "today")),
        ("usage week", Command(USAGE, "week")),
        ("usage by repo week.", Command(USAGE, "week by repo")),
        ("usage 2026-11-01..2026-11-15", Command(USAGE, "2026-11-01..2026-11-15")),
        ("orgs?", Command(ORGS)),
        ("note list login", Command(NOTE_LIST, "login")),
        ("playbook edit 2", Command(PLAYBOOK_EDIT, "2")),
        ("audit", Command(AUDIT)),
        ("audit bot csv", Command(AUDIT_BOT, "csv")),
        ("notify", Command(NOTIFY)),
        ("Notify off!", Command(NOTIFY, "off")),
        ("notify me", None),
        ("stop it", None),
        ("helpful", None),
        ("archive", None),
        ("please help", None),
    ],
)
def test_what_is_a_command_where_the_bot_itself_is_written_to(text, command):
    assert COMMANDS.parser.addressed(text) == command


@given(st.text(alphabet="!stopEXIT(aside)#12 .\n/"))
def test_no_text_breaks_it(text):
    assert isinstance(COMMANDS.parser.slash(text), Command)
    assert COMMANDS.parser.verb(text) is None or isinstance(COMMANDS.parser.verb(text), Command | UnknownVerb)
    assert COMMANDS.parser.doubt(text) is None or isinstance(COMMANDS.parser.doubt(text), Doubt)
    assert COMMANDS.parser.addressed(text) is None or isinstance(COMMANDS.parser.addressed(text), Command)
    assert isinstance(parse_task(text), str)


# ---------------------------------------------------------------- a command that is yet to come

MEMO = CommandSpec("memo", source=Source.NOTHING, ways=(slash("memo", SESSION), written("memo", TEXT)))
ADD = CommandSpec(
    "add",
    source=Source.NOTHING,
    ways=(slash("memo add", TEXT), written("!memo", TEXT)),
    role=Role.ADMIN,
    meant_by=("remember",),
)
MORE = (*COMMANDS.specs, MEMO, ADD)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("memo", Command(MEMO)),
        ("Memo 2.", Command(MEMO, "2")),
        ("memo  add the tests sleep.", Command(ADD, "the tests sleep.")),
        ("memo add", Command(ADD)),
        ("memo additions", Command(START, "memo additions")),
        ("memobook", Command(START, "memobook")),
    ],
)
def test_a_command_is_added_by_its_spec_alone(text, command):
    assert Parser(MORE).slash(text) == command


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("memo: the tests sleep", Command(MEMO, ": the tests sleep")),
        ("memobook is broken", None),
        ("!memo the tests sleep.", Command(ADD, "the tests sleep.")),
        ("!mmo", UnknownVerb("!mmo", "!memo")),
        ("!remember", UnknownVerb("!remember", "!memo")),
    ],
)
def test_so_is_a_verb(text, verb):
    assert Parser(MORE).verb(text) == verb


# ---------------------------------------------------------------- the period that a choice keeps

PERIODS = {
    **{period.value: period.value for period in Period},
    "this month": "month",
    "this cycle": "cycle",
    "previous month": "last month",
    "Last Month": "last month",
    **dict.fromkeys(["2026-10", "2026-10-07", "2026-10-01..2026-10-15", "2026-09..2026-10"]),
    "2026-10-01 to 2026-10-15": "2026-10-01..2026-10-15",
    "from 2026-10-01 to 2026-10-15": "2026-10-01..2026-10-15",
    "2026-10-01 until 2026-10-15": "2026-10-01..2026-10-15",
    "2026-10-01 - 2026-10-15": "2026-10-01..2026-10-15",
}


@pytest.mark.parametrize(
    ("form", "more"),
    [
        ("usage {} by teams", " by team"),
        ("usage {} by teams csv", " by team csv"),
        ("usage by sessions {}", " by session"),
        ("usage {} by author", ""),
        ("usage for {} per person", " by person"),
        ("usage {} as csv", " csv"),
        ("usage {} by products org=all", " by product org=all"),
        ("ussage {} csv", " csv"),
        ("spend {} by channels", " by channel"),
        ("show usage {}", ""),
        ("{} usage by teams", " by team"),
        ("report {} by team", ""),
        ("report {} by teams csv", " csv"),
        ("report {} by repos", " by repo"),
        ("report of {}", ""),
        ("report by author {}", ""),
        ("show report {}", ""),
    ],
)
@pytest.mark.parametrize("typed", PERIODS)
def test_a_choice_keeps_the_period_that_was_typed_or_names_none(form, more, typed):
    spec, reader = (REPORT, REPORT_QUESTIONS) if "report" in form else (USAGE, USAGE_QUESTIONS)
    text = form.format(typed)
    doubt = COMMANDS.parser.doubt(text)
    if doubt is None:
        is_read_at_once = COMMANDS.parser.slash(text).spec is spec
        assert is_read_at_once or len(text.split()) > MOST_WORDS_OF_ADMINS
        return
    period = PERIODS[typed] or typed
    has_it = reader.read(period) is not None
    assert doubt.spec is spec
    assert doubt.argument == (f"{period}{more}" if has_it else str(reader.of(more)))


@pytest.mark.parametrize(
    "changed",
    ["last cycle", "previous cycle", "until 2026-10", "before 2026-10-01", "to 2026-10-15"],
)
def test_another_period_than_the_one_that_was_typed_is_not_offered(changed):
    doubt = COMMANDS.parser.doubt(f"usage {changed} by teams")
    assert doubt is not None
    assert doubt.meant == "usage by team"


@pytest.mark.parametrize("span", ["a day", "a week", "a cycle"])
@pytest.mark.parametrize(
    ("form", "meant"), [("budget org 10 {}", "org 10 {}"), ("budgt set @U0ADA1 10 {}", "@U0ADA1 10 {}")]
)
def test_a_choice_keeps_the_span_of_a_budget(form, meant, span):
    doubt = COMMANDS.parser.doubt(form.format(span))
    assert doubt is not None
    assert (doubt.spec, doubt.argument) == (BUDGET_SET, meant.format(span))


@pytest.mark.parametrize("spec", [ORGS, BUDGET_LIST])
@pytest.mark.parametrize("typed", ["today", "last month", "cycle", "2026-10", "2026-10-01..2026-10-15"])
def test_what_takes_no_period_is_offered_as_what_it_is(spec, typed):
    doubt = COMMANDS.parser.doubt(f"{spec.ways[0].phrase} {typed}")
    assert doubt is not None
    assert (doubt.spec, doubt.argument) == (spec, "")


def test_each_sentence_names_the_parts_that_its_command_takes() -> None:
    for sentence, said in _SENTENCES:
        assert set(sentence.groupindex) == {name for _, name, _, _ in Formatter().parse(said.command) if name}, said
