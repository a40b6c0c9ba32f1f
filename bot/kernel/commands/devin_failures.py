"""Why Devin gave no answer to a command or form, as a sentence for the person who waits for it."""

from typing import Final

from bot.devin.errors import (
    DevinConflict,
    DevinError,
    DevinForbidden,
    DevinInvalid,
    DevinNotFound,
    DevinQuotaExceeded,
    DevinUnauthorized,
    DevinUnexpectedAnswer,
)
from bot.views import devin_answers as views
from bot.views import operations
from bot.views.message import Message

_FIXED: Final[tuple[tuple[type[DevinError], Message], ...]] = (
    (DevinUnauthorized, views.UNAUTHORISED),
    (DevinNotFound, views.NOT_THERE),
    (DevinUnexpectedAnswer, views.UNREADABLE),
)


def failure_sentence(error: DevinError) -> Message:
    """Return the sentence that says why Devin gave no answer; a missing permission is named, with who can grant it."""
    if isinstance(error, DevinForbidden):
        return Message(operations.devin_refused(error.needed))
    if isinstance(error, DevinQuotaExceeded):
        return views.limited(error.message)
    if isinstance(error, DevinInvalid | DevinConflict):
        return views.not_accepted(_words_of(error))
    return next((message for kind, message in _FIXED if isinstance(error, kind)), views.UNREACHABLE)


def _words_of(error: DevinError) -> str:
    """Devin's own words, with the names of the fields that are at fault."""
    problems = (": ".join(filter(None, (problem.field, problem.message))) for problem in error.problems)
    return "; ".join(problems) or error.message
