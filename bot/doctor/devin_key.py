"""Checks DEVIN_API_KEY: whether it can be sent, whom it belongs to, and when it expires."""

import time
from datetime import UTC, datetime
from typing import Final

from bot.devin.client import Devin
from bot.devin.errors import DevinError, DevinForbidden
from bot.devin.models import Principal
from bot.doctor.devin_errors import NEW_KEY, grant
from bot.doctor.findings import Finding, note, ok, problem, quoted
from bot.domain.key_expiry import is_near
from bot.views.dates import full_date

MALFORMED_KEY: Final = problem("DEVIN_API_KEY contains a space or an invalid character.", NEW_KEY)
NEW_SERVICE_USER: Final = (
    "In Devin under Settings → Service users, create a service user. Copy its key (cog_…) into DEVIN_API_KEY."
)
NEW_KEY_SOON: Final = (
    "Before then, create a new one in Devin under Settings → Service users. Copy its key (cog_…) into DEVIN_API_KEY"
    " and restart the bot."
)
NOT_WARNED: Final = "no one is warned before the service user expires (optional)"
A_PERSON: Final = frozenset({"pat_user", "windsurf_session"})


def key_owner(principal: Principal) -> Finding:
    """Report whom the key belongs to, and what it means if that is not a service user."""
    name = quoted(principal.name, "without a name")
    if principal.is_service_user:
        return ok(f"DEVIN_API_KEY belongs to the service user {name}.")
    if principal.principal_type in A_PERSON:
        return note(
            f"DEVIN_API_KEY belongs to a person, {name}: sessions count as theirs and end with their account.",
            NEW_SERVICE_USER,
        )
    kind = quoted(principal.principal_type, "unnamed")
    return note(f"DEVIN_API_KEY belongs to an account of another kind, {kind}.", NEW_SERVICE_USER)


async def key_expiry(devin: Devin, principal: Principal) -> list[Finding]:
    """Report when the key expires, or which permission it lacks to know; nothing where Devin says nothing else."""
    try:
        at = await devin.key_expires_at(principal)
    except DevinForbidden as error:
        permission = error.permission or "ViewAccountMembership"
        return [note(f"Devin doesn't grant {permission}: {NOT_WARNED}.", grant(permission))]
    except DevinError:
        return []
    if at is None:
        return []
    day = full_date(datetime.fromtimestamp(at, UTC).date())
    if not is_near(at, time.time()):
        return [ok(f"The service user of DEVIN_API_KEY expires on {day}.")]
    return [note(f"The service user of DEVIN_API_KEY expires on {day}. Then Devin rejects its key.", NEW_KEY_SOON)]
