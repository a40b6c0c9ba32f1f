"""A problem with the set-up begins and ends with what Slack and Devin answer, and never with one accident."""

from email.utils import formatdate
from time import time

import pytest

from bot.metrics import Metrics
from bot.setup_problems import UNSIGNED, Kind, SetupProblem, SetupProblems
from bot.slack.errors import TokenRefused, error_from
from bot.timing import PRODUCTION
from bot.views.setup_problems import notice, sentence

PATH = "/v3/organizations/org-1/sessions"
LIST = "GET /v3/organizations/{id}/sessions"
ONE = "GET /v3/organizations/{id}/sessions/{id}"


def noted() -> SetupProblems:
    return SetupProblems(Metrics())


def test_a_signing_secret_is_wrong_once_many_requests_fit_no_signature_and_none_fits() -> None:
    setup = noted()
    for _ in range(UNSIGNED - 1):
        setup.signed(fits=False)
    setup.signed(fits=True)
    for _ in range(UNSIGNED - 1):
        setup.signed(fits=False)
    assert setup.found == []
    setup.signed(fits=False)
    assert setup.found == [SetupProblem(Kind.SIGNATURES)]
    setup.signed(fits=True)
    assert setup.found == []


@pytest.mark.parametrize("outcome", ["invalid_auth", "account_inactive", "token_revoked", "token_expired"])
def test_a_token_is_refused_when_slack_says_so_twice_in_a_row(outcome: str) -> None:
    assert isinstance(error_from("auth.test", 200, {}, {"ok": False, "error": outcome}, PRODUCTION), TokenRefused)
    setup = noted()
    for answers in ([outcome, "ok", outcome], [outcome]):
        for answer in answers:
            setup.slack_called("T1", "chat.postMessage", answer, 0.1)
        assert bool(setup.found) == (answers == [outcome])
    assert setup.found == [SetupProblem(Kind.SLACK_ACCESS, "T1")]
    setup.slack_called("T2", "chat.postMessage", "ok", 0.1)
    assert setup.found
    setup.slack_called("T1", "chat.postMessage", "ok", 0.1)
    assert setup.found == []


def test_a_key_is_refused_by_401_and_an_organisation_unknown_by_404_of_its_sessions() -> None:
    setup = noted()
    for _ in range(3):
        setup.devin_called("org-1", f"{PATH}/1", ONE, 404, 0.1)
        setup.devin_called("org-1", PATH, LIST.replace("GET", "POST"), 403, 0.1)
        setup.devin_called("org-1", PATH.replace("org-1", "org-2"), LIST, 403, 0.1)
        setup.devin_called("org-1", PATH, LIST, 500, 0.1)
    assert setup.found == []
    for status in (404, 404, 401, 401, 403, 403):
        setup.devin_called("org-1", PATH, LIST, status, 0.1)
    kinds = (Kind.ORGANISATION, Kind.DEVIN_ACCESS, Kind.DEVIN_RIGHTS)
    assert setup.found == [SetupProblem(kind, "org-1") for kind in kinds]
    setup.devin_called("org-1", PATH, LIST, 200, 0.1)
    assert setup.found == []


@pytest.mark.parametrize(("ahead", "wrong"), [(0, False), (25, False), (-25, False), (300, True), (-300, True)])
def test_a_clock_is_wrong_by_more_than_half_a_minute(ahead: float, wrong: bool) -> None:
    setup = noted()
    for _ in range(2):
        setup.dated("Slack", formatdate(time() - ahead, usegmt=True))
    assert [problem.kind for problem in setup.found] == [Kind.CLOCK] * wrong
    assert setup.ahead_of("Slack") == pytest.approx(max(ahead, 0), abs=1.5)
    assert setup.ahead_of("Devin") == 0
    for odd in (None, "", "yesterday", "Tue, 99 Foo 2026 00:00:00 GMT"):
        setup.dated("Slack", odd)
    assert bool(setup.found) == wrong


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            SetupProblem(Kind.SIGNATURES),
            "Slack's requests don't match the signing secret. Check SLACK_SIGNING_SECRET.",
        ),
        (
            SetupProblem(Kind.SLACK_ACCESS, "T1"),
            "Slack rejects the bot's token. Set a new one in SLACK_BOT_TOKEN.",
        ),
        (
            SetupProblem(Kind.DEVIN_ACCESS, "org-1"),
            "Devin rejects the bot's key. Set a new one in DEVIN_API_KEY.",
        ),
        (
            SetupProblem(Kind.ORGANISATION, "org-1"),
            "Devin doesn't recognize the organization org-1. Check DEVIN_ORG_ID.",
        ),
        (
            SetupProblem(Kind.CLOCK, "Slack", 240),
            "The bot's clock is 4 minutes ahead of Slack's. Sync the machine's clock.",
        ),
        (
            SetupProblem(Kind.CLOCK, "Devin", -40),
            "The bot's clock is 1 minute behind Devin's. Sync the machine's clock.",
        ),
    ],
)
def test_each_problem_is_what_happened_and_what_to_do(problem: SetupProblem, said: str) -> None:
    assert sentence(problem) == said
    assert notice(problem).text == f":warning: {said}"
