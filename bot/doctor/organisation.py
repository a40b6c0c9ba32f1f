"""Checks DEVIN_ORG_ID, the organisation in which sessions are started."""

from typing import Final

from bot.devin.client import Devin
from bot.devin.errors import DevinError, DevinNotFound
from bot.doctor.devin_reads import read_sessions
from bot.doctor.findings import Finding, problem

COPY_ORG_ID: Final = "Copy the organisation's id (org-…) from Devin's page Settings → Service users into DEVIN_ORG_ID."


async def check_organisation(devin: Devin, own: str | None) -> Finding | None:
    """Return a problem if Devin does not show the key this organisation; `own` is the organisation of the key."""
    try:
        await read_sessions(devin)
    except DevinNotFound:
        named = own and own != devin.org_id
        fix = f"Set DEVIN_ORG_ID to {own}, the organisation of the key." if named else COPY_ORG_ID
        return problem(f"Devin does not show this key an organisation {devin.org_id} (DEVIN_ORG_ID).", fix)
    except DevinError:
        return None  # the check of the permissions makes the same call and reports it
    return None
