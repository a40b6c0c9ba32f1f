"""Checks everything at Devin, in the order of the report."""

from dataclasses import replace
from typing import Final

import httpx

from bot.config import Settings, on_this_machine
from bot.devin.client import Devin
from bot.devin.errors import DevinError
from bot.devin.retry import PATIENCE
from bot.doctor.clock import Clocks
from bot.doctor.devin_errors import devin_problem, not_devin
from bot.doctor.devin_key import MALFORMED_KEY, key_expiry, key_owner
from bot.doctor.findings import Finding
from bot.doctor.permissions import check_organisation, check_permissions
from bot.doctor.settings import file_defaults

ONE_ATTEMPT: Final = replace(PATIENCE, attempts=1)


async def check_devin(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> list[Finding]:
    """Check the key, the organisation and the permissions. Without a `transport` the network is used."""
    # As in the bot, the environment's proxy is used for Devin itself, but not for a simulated Devin on this machine.
    trust_env = not on_this_machine(settings.devin_api_url)
    clocks = Clocks()

    async def dated(response: httpx.Response) -> None:
        clocks.dated("Devin", response.headers.get("Date"))

    hooks = {"response": [dated]}
    async with httpx.AsyncClient(trust_env=trust_env, transport=transport, event_hooks=hooks) as http:
        key = settings.devin_api_key.get_secret_value()
        try:
            devin = Devin(http, key, settings.devin_org_id, settings.devin_api_url, patience=ONE_ATTEMPT)
        except ValueError:
            return [MALFORMED_KEY]
        found = await _examine(devin, figures_are_read=_are_figures_read(settings))
        return [*found, *await file_defaults(devin, settings), *clocks.findings()]


def _are_figures_read(settings: Settings) -> bool:
    """Whether the settings let somebody read figures."""
    return bool(settings.bot_admin_channel or settings.bot_admin_users or settings.bot_admin_group)


async def _examine(devin: Devin, *, figures_are_read: bool) -> list[Finding]:
    try:
        principal = await devin.self_()
    except DevinError as error:
        return [devin_problem(error)]
    if not principal.principal_type:  # it answers, but not as Devin does
        return [not_devin(200)]
    if unknown := await check_organisation(devin, principal.org_id):
        return [key_owner(principal), unknown]
    permissions = await check_permissions(devin, figures_are_read=figures_are_read)
    return [key_owner(principal), *await key_expiry(devin, principal), *permissions]
