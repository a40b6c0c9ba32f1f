"""Checks whether the key may start, steer and stop sessions, and do so in people's names, without doing any of it.

The API tells nobody which permissions a key has, and no read needs these. A message to a session that cannot exist, in
the name of nobody, is refused: for a missing permission, or for what is not there. It starts, wakes and costs nothing.
"""

from typing import Final

from bot.devin.client import Devin
from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinInvalid, DevinNotFound
from bot.doctor.devin_errors import devin_problem, grant
from bot.doctor.findings import Finding, note, ok, problem

NO_SESSION: Final = "devin-00000000000000000000000000000000"
NOBODY: Final = "user-of-nobody"
IMPERSONATE, MANAGE, USE = "ImpersonateOrgSessions", "ManageOrgSessions", "UseDevinSessions"

IN_OWN_NAMES: Final = ok(f"Devin grants {IMPERSONATE}: sessions can stand in people's own names.")
NOT_IN_OWN_NAMES: Final = note(
    f"Devin does not grant {IMPERSONATE}: sessions stand in the bot's own name (optional).", grant(IMPERSONATE)
)
OWN_NAMES_NOT_KNOWN: Final = note(
    f"Whether Devin grants {IMPERSONATE} shows with a first session; without it, sessions stand in the bot's own name"
    " (optional).",
    f"In Devin under Settings → Service users see that the service user's role has {IMPERSONATE}.",
)
CANNOT_ACT: Final = problem(
    f"Devin does not grant {MANAGE}: the bot can start, steer and stop no session.", grant(MANAGE)
)


async def check_names(devin: Devin) -> Finding:
    """Report whether sessions can be started and steered in people's own names, as far as a refusal shows it."""
    try:
        await devin.send_message(NO_SESSION, "ping", message_as_user_id=NOBODY)
    except DevinForbidden as refused:
        if refused.permission == USE:  # asked of the person, once the key may act for people
            return IN_OWN_NAMES
        return NOT_IN_OWN_NAMES if refused.needed == IMPERSONATE else CANNOT_ACT
    except (DevinDenied, DevinNotFound, DevinInvalid):
        return OWN_NAMES_NOT_KNOWN
    except DevinError as error:
        return devin_problem(error)
    return OWN_NAMES_NOT_KNOWN
