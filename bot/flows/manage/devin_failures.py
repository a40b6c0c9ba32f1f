"""What people are told when Devin does not answer what they have asked it through the bot."""

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
from bot.views import long_jobs
from bot.views.message import Message

_FIXED: Final[tuple[tuple[type[DevinError], Message], ...]] = (
    (DevinUnauthorized, views.UNAUTHORISED),
    (DevinNotFound, views.NOT_THERE),
    (DevinUnexpectedAnswer, views.UNREADABLE),
)


def failure_sentence(error: DevinError) -> Message:
    """Return the sentence that says why Devin gave no answer; a missing permission is named, with who can grant it."""
    if isinstance(error, DevinForbidden):
        return Message(long_jobs.devin_refused(error.needed))
    if isinstance(error, DevinQuotaExceeded):
        return views.limited(error.message)
    if isinstance(error, DevinInvalid | DevinConflict):
        return views.not_accepted(error.message)
    return next((message for kind, message in _FIXED if isinstance(error, kind)), views.UNREACHABLE)
