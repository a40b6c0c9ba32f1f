"""Why Devin gave no answer to a command or form, as a sentence for the person who waits for it."""

from collections.abc import Callable
from typing import Final

from bot.devin.errors import (
    DevinConflict,
    DevinDenied,
    DevinError,
    DevinForbidden,
    DevinInvalid,
    DevinNotFound,
    DevinQuotaExceeded,
    DevinRateLimited,
    DevinTooLarge,
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
# The first kind that fits is used.
_IN_ITS_WORDS: Final[tuple[tuple[type[DevinError], Callable[[str], Message]], ...]] = (
    (DevinDenied, views.denied),
    (DevinConflict, views.in_the_way),
    (DevinTooLarge, views.too_large),
    (DevinInvalid, views.not_accepted),
)


def why_missing(refused: DevinForbidden | DevinDenied | DevinNotFound, permission: str) -> str:
    """Say behind a colon why a part of an answer is missing that a key of the enterprise with `permission` may read."""
    if isinstance(refused, DevinForbidden):
        return operations.lacks(refused.needed or permission)
    return operations.denied(refused.words) if isinstance(refused, DevinDenied) else operations.NO_ENTERPRISE


def failure_sentence(error: DevinError) -> Message:
    """Return the sentence that says why Devin gave no answer; a missing permission is named, with who can grant it."""
    if isinstance(error, DevinForbidden):
        return Message(operations.devin_refused(error.needed))
    if isinstance(error, DevinQuotaExceeded):
        return views.limited(error.words)
    if isinstance(error, DevinRateLimited):
        return views.busy(error.retry_after)
    said = next((say for kind, say in _IN_ITS_WORDS if isinstance(error, kind)), None)
    if said is not None:
        return said(error.words)
    return next((message for kind, message in _FIXED if isinstance(error, kind)), views.UNREACHABLE)
