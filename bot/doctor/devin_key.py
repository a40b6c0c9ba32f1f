"""Checks DEVIN_API_KEY: whether it can be sent, and whom it belongs to."""

from typing import Final

from bot.devin.models import Principal
from bot.doctor.devin_errors import NEW_KEY
from bot.doctor.findings import Finding, note, ok, problem, quoted

MALFORMED_KEY: Final = problem("DEVIN_API_KEY has a blank or another odd character in it.", NEW_KEY)
NEW_SERVICE_USER: Final = (
    "In Devin under Settings → Service users create a service user and copy its key (cog_…) into DEVIN_API_KEY."
)
A_PERSON: Final = frozenset({"pat_user", "windsurf_session"})


def key_owner(principal: Principal) -> Finding:
    """Report whom the key belongs to, and what it means if that is not a service user."""
    name = quoted(principal.name, "without a name")
    if principal.is_service_user:
        return ok(f"DEVIN_API_KEY belongs to the service user {name}.")
    if principal.principal_type in A_PERSON:
        return note(
            f"DEVIN_API_KEY belongs to a person, {name}: sessions count as theirs, and end with their account.",
            NEW_SERVICE_USER,
        )
    kind = quoted(principal.principal_type, "unnamed")
    return note(f"DEVIN_API_KEY belongs to an account of another kind, {kind}.", NEW_SERVICE_USER)
