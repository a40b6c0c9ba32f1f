"""The words behind the commands that ask Devin: what is a command, what gets a sentence, and what is a task."""

import pytest

from bot.domain.commands import registry
from bot.domain.commands.devin_words import pull_request_url
from bot.domain.commands.parser import Command
from bot.features import COMMANDS
from bot.features.reads.specs import MEMBERS, METRICS, SECRET_ADD, SECRET_LIST
from bot.features.reviews.specs import REVIEW
from bot.features.schedules.specs import SCHEDULE_ADD, SCHEDULE_DELETE, SCHEDULE_LIST, SCHEDULE_PAUSE, SCHEDULE_RESUME

PULL = "https://github.com/acme/web/pull/7"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("schedule list", Command(SCHEDULE_LIST)),
        ("Schedule List.", Command(SCHEDULE_LIST)),
        ("schedule add", Command(SCHEDULE_ADD)),
        ("schedule add run all the tests, please", Command(SCHEDULE_ADD, "run all the tests, please")),
        ("schedule pause 2", Command(SCHEDULE_PAUSE, "2")),
        ("schedule resume #2", Command(SCHEDULE_RESUME, "#2")),
        ("schedule delete sched-3f9a", Command(SCHEDULE_DELETE, "sched-3f9a")),
        ("schedule delete", Command(SCHEDULE_DELETE)),  # this gets a sentence
        ("review", Command(REVIEW)),
        (f"review {PULL}", Command(REVIEW, PULL)),
        (f"Review {PULL}/files?w=1#diff", Command(REVIEW, f"{PULL}/files?w=1#diff")),
        ("review https://acme.test/x", Command(REVIEW, "https://acme.test/x")),
        ("review acme/web#7", Command(REVIEW, "acme/web#7")),
        ("review github.com/acme/web/pull/7", Command(REVIEW, "github.com/acme/web/pull/7")),
        ("secret list", Command(SECRET_LIST)),
        ("secret add", Command(SECRET_ADD)),
        ("members", Command(MEMBERS)),
        ("members ada@acme.test", Command(MEMBERS, "ada@acme.test")),
        ("members Ada Lovelace", Command(MEMBERS, "Ada Lovelace")),
        ('members "ada lovelace of acme"', Command(MEMBERS, '"ada lovelace of acme"')),
        ("members @U0ADA1", Command(MEMBERS, "@U0ADA1")),
        ("metrics", Command(METRICS, "week")),
        ("metrics Month.", Command(METRICS, "month")),
    ],
)
def test_what_is_a_command(text, command):
    assert COMMANDS.parser.slash(text) == command
    assert COMMANDS.parser.addressed(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "review the login code",
        "review login",
        f"review {PULL} and fix what you find",
        "schedule a nightly build of the web app",
        "schedule list the failures every day",
        "schedule pause 2 of the workers",
        "secret list of the vault needs a test",
        "secret rotation is broken",
        "members of the team page cannot log in",
        "members: fix the table",
        "members page broken",
        "metrics dashboard shows nothing",
        "metrics cycle",
    ],
)
def test_what_is_a_task(text):
    assert COMMANDS.parser.slash(text) == Command(registry.START, text)
    assert COMMANDS.parser.addressed(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("schedule", "schedule list"),
        ("schedules", "schedule list"),
        ("schedule lst", "schedule list"),
        ("shedule pause 2", "schedule pause 2"),
        ("secret", "secret list"),
        ("secrets list", "secret list"),
        ("review login", "review"),
        ("review my PR https://github.com/Acme/Web/pull/7, please", "review https://github.com/Acme/Web/pull/7"),
        ("pause schedule 2", "schedule pause 2"),
        ("list schedules", "schedule list"),
        ("metric week", "metrics week"),
        ("metrics cycle", "metrics"),
    ],
)
def test_what_is_asked_about(text, meant):
    doubt = COMMANDS.parser.doubt(text)
    assert doubt is not None
    assert doubt.meant == meant


@pytest.mark.parametrize(
    "text", ["review the login code", "previews are broken", "reviewer assignment fails", "remember the cache"]
)
def test_what_is_not_asked_about(text):
    assert COMMANDS.parser.doubt(text) is None


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        (PULL, PULL),
        (f"{PULL}/", PULL),
        (f"{PULL}/files#diff-1", PULL),
        (f"<{PULL}>", PULL),
        ("github.com/acme/web/pull/7/files", PULL),
        ("http://git.acme.test:8080/a/b/pulls/12?x", "http://git.acme.test:8080/a/b/pulls/12"),
        ("https://gitlab.com/a/b/c/-/merge_requests/3", "https://gitlab.com/a/b/c/-/merge_requests/3"),
        ("https://dev.azure.com/a/b/_git/c/pullrequest/3", "https://dev.azure.com/a/b/_git/c/pullrequest/3"),
        ("https://github.com/acme/web/issues/7", None),
        ("https://github.com/acme/web/pull/x", None),
        ("https://user@github.com/acme/web/pull/7", None),
        ("ftp://github.com/acme/web/pull/7", None),
        ("https://[github.com/acme/web/pull/7", None),
        ("https://github.com:x/acme/web/pull/7", None),
        ("acme/web#7", None),
        ("", None),
    ],
)
def test_the_address_of_a_pull_request(typed, url):
    assert pull_request_url(typed) == url
