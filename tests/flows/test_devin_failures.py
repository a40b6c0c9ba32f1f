"""Why Devin gave no answer, as people read it."""

import pytest

from bot.devin.errors import (
    DevinConflict,
    DevinInvalid,
    DevinNotFound,
    DevinQuotaExceeded,
    DevinServerError,
    DevinUnauthorized,
    DevinUnexpectedAnswer,
    Problem,
)
from bot.kernel.commands.devin_failures import failure_sentence
from bot.views import devin_answers

NOT_ACCEPTED = "Devin did not accept this, so nothing was changed: "


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            DevinInvalid("Taken", problems=[Problem("macro", "taken"), Problem("", "no")]),
            f"{NOT_ACCEPTED}macro: taken; no",
        ),
        (DevinConflict("It runs."), f"{NOT_ACCEPTED}It runs."),
        (
            DevinQuotaExceeded("out_of_quota"),
            "A limit or quota of your Devin organisation is used up, so nothing was changed: out_of_quota",
        ),
        (DevinUnauthorized("no"), devin_answers.UNAUTHORISED.text),
        (DevinNotFound("no"), devin_answers.NOT_THERE.text),
        (DevinUnexpectedAnswer("no"), devin_answers.UNREADABLE.text),
        (DevinServerError("no"), devin_answers.UNREACHABLE.text),
    ],
)
def test_each_failure_has_a_sentence(error, sentence):
    assert failure_sentence(error).text == sentence
