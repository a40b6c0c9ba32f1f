"""What people are told when Devin refuses what a start needs."""

from bot.devin.errors import DevinForbidden, DevinQuotaExceeded, DevinRefused, DevinUnauthorized
from bot.views import answers
from bot.views.message import Message


def refusal_sentence(refused: DevinRefused) -> Message:
    """Return the sentence that says why nothing was started."""
    if isinstance(refused, DevinUnauthorized):
        return answers.START_UNAUTHORISED
    if isinstance(refused, DevinForbidden):
        return answers.start_forbidden(refused.needed)
    if isinstance(refused, DevinQuotaExceeded):
        return answers.start_limited(refused.message)
    return answers.start_refused(refused.message)
