"""Findings from errors of Devin: what an error means for the person who sets the bot up."""

from typing import Final

from bot.devin.errors import (
    DevinDenied,
    DevinError,
    DevinForbidden,
    DevinLater,
    DevinNotFound,
    DevinRateLimited,
    DevinUnauthorized,
    DevinUncertain,
    DevinUnexpectedAnswer,
)
from bot.doctor.findings import Finding, problem, quoted

NEW_KEY: Final = (
    "In Devin under Settings → Service users, create a new key for the bot's service user. Copy it (cog_…) into"
    " DEVIN_API_KEY."
)
CHECK_DEVIN_URL: Final = (
    "Leave DEVIN_API_URL empty for https://api.devin.ai, or set it to your deployment's host without /v3."
)
REACH_DEVIN: Final = "Check this machine's network and proxy, and DEVIN_API_URL if it's set. Then run this again."
SETTLE: Final = "Fix the problem Devin reports, then run this again."
RUN_AGAIN: Final = "Run this again in a few minutes."


def devin_problem(error: DevinError) -> Finding:
    """Make a finding from an error of a call to Devin."""
    status = "" if error.status is None else f" ({error.status})"
    match error:
        case DevinUnauthorized():
            return problem("Devin rejected DEVIN_API_KEY: it's wrong, expired, or revoked.", NEW_KEY)
        case DevinForbidden():
            permission = error.needed or "the permission for this"
            return problem(f"Devin doesn't grant {permission}.", grant(permission))
        case DevinDenied():
            return problem(
                f"Devin rejected the bot's read requests{status}: {quoted(error.words, 'no reason given')}.", SETTLE
            )
        case DevinNotFound() | DevinUnexpectedAnswer():
            return not_devin(error.status)
        case DevinRateLimited() | DevinUncertain():
            return problem(f"Devin isn't answering properly right now{status}.", RUN_AGAIN)
        case DevinLater():
            return problem("Devin couldn't be reached, so nothing was checked there.", REACH_DEVIN)
        case _:
            return problem(f"Devin rejected the bot's read requests{status}.", RUN_AGAIN)


def not_devin(status: int | None) -> Finding:
    """Report that an answer with this `status` is not one of Devin's."""
    shown = "" if status is None else f" ({status})"
    return problem(f"The server at DEVIN_API_URL isn't Devin's API{shown}.", CHECK_DEVIN_URL)


def grant(permission: str) -> str:
    """Return the sentence that says how to give the bot's service user `permission`."""
    return f"In Devin under Settings → Service users, give the bot's service user a role with {permission}."
