"""Why Devin gave no answer, as people read it."""

import pytest

from bot.devin.errors import (
    DevinConflict,
    DevinDenied,
    DevinForbidden,
    DevinInvalid,
    DevinNotFound,
    DevinQuotaExceeded,
    DevinRateLimited,
    DevinServerError,
    DevinTooLarge,
    DevinUnauthorized,
    DevinUnexpectedAnswer,
    Problem,
)
from bot.kernel.commands.devin_failures import failure_sentence
from bot.views import devin_answers

NOT_ACCEPTED = "Devin rejected this, so nothing was changed."
IN_THE_WAY = "Devin can't do this right now because of a conflict. Nothing was changed."
TOO_LARGE = "This is too long for Devin, so nothing was changed."
BUSY = "Devin is getting too many requests right now, so nothing was changed."


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            DevinInvalid("Taken", problems=[Problem("macro", "taken"), Problem("", "no")]),
            f"{NOT_ACCEPTED} It says: “macro: taken; no”.",
        ),
        (DevinInvalid("Bad Request", status=400), NOT_ACCEPTED),
        (DevinConflict("It runs"), f"{IN_THE_WAY} It says: “It runs”. Try again in a minute."),
        (DevinConflict("Conflict", status=409), f"{IN_THE_WAY} Try again in a minute."),
        (DevinTooLarge("At most 1 MB", status=413), f"{TOO_LARGE} It says: “At most 1 MB”. Send less of it."),
        (DevinRateLimited("Slow down", status=429), f"{BUSY} Try again in a minute."),
        (DevinRateLimited("Slow down", status=429, retry_after=150), f"{BUSY} Try again in 2 minutes."),
        (DevinRateLimited("Slow down", status=429, retry_after=0), f"{BUSY} Try again in 1 second."),
        (
            DevinDenied("IP not on the <access> list", status=403),
            "Devin doesn't allow this, so nothing was changed. It says: “IP not on the &lt;access&gt; list”.",
        ),
        (
            DevinForbidden("Missing permission: ViewOrgSessions", status=403),
            (
                "Devin Bridge's key lacks the permission `ViewOrgSessions`. An admin of your Devin "
                "organization can grant it to the service user."
            ),
        ),
        (
            DevinQuotaExceeded("out_of_quota"),
            "Nothing changed: your Devin organization has used up a limit or quota. It says: “out_of_quota”.",
        ),
        (DevinUnauthorized("no"), devin_answers.UNAUTHORISED.text),
        (DevinNotFound("no"), devin_answers.NOT_THERE.text),
        (DevinUnexpectedAnswer("no"), devin_answers.UNREADABLE.text),
        (DevinServerError("no"), devin_answers.UNREACHABLE.text),
    ],
)
def test_each_failure_has_a_sentence(error, sentence):
    assert failure_sentence(error).text == sentence
