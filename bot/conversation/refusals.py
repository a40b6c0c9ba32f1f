"""What people read when Devin refuses what a start needs."""

from bot.devin.errors import (
    DevinDenied,
    DevinForbidden,
    DevinQuotaExceeded,
    DevinRefused,
    DevinTooLarge,
)
from bot.views.answers import starts as start_sentences
from bot.views.message import Message


def refusal_sentence(refused: DevinRefused) -> Message:
    """Return the sentence that says why nothing was started."""
    if isinstance(refused, DevinForbidden):
        return start_sentences.start_forbidden(refused.needed)
    if isinstance(refused, DevinQuotaExceeded):
        return start_sentences.start_limited(refused.words)
    if isinstance(refused, DevinDenied):
        return start_sentences.start_denied(refused.words)
    if isinstance(refused, DevinTooLarge):
        return start_sentences.start_too_large(refused.words)
    return start_sentences.start_refused(refused.words)
