"""Checks the permissions that only some commands need, each with a read of the first page: one line for all of them."""

from collections.abc import Mapping

from bot.devin.client import Devin
from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinNotFound
from bot.doctor.devin_errors import devin_problem, grant
from bot.doctor.findings import Finding, note, ok
from bot.features import FEATURES
from bot.kernel.feature import Permission


async def check_commands(devin: Devin) -> Finding:
    """Report which commands do not work because of a missing permission; each of them is optional."""
    permissions = [permission for feature in FEATURES for permission in feature.permissions]
    missing = dict[str, str]()
    try:
        for permission in permissions:
            if (needed := await _lacking(devin, permission)) is not None:
                missing[permission.command] = needed
    except DevinError as error:
        return devin_problem(error)
    granted = {permission.command: permission.name for permission in permissions if permission.command not in missing}
    if not missing:
        return ok(f"Devin grants {_with_commands(granted)}.")
    there = f" It grants {_with_commands(granted)}." if granted else ""
    return note(
        f"Devin does not grant {_with_commands(missing)}: these commands only say what is missing (optional).{there}",
        grant(_listed([*missing.values()])),
    )


async def _lacking(devin: Devin, permission: Permission) -> str | None:
    """The permission that is missing; None where Devin answers, or has no such thing."""
    try:
        await permission.read(devin)
    except DevinForbidden as error:
        return error.permission or permission.name
    except (DevinDenied, DevinNotFound):
        return None
    return None


def _with_commands(permissions: Mapping[str, str]) -> str:
    return ", ".join(f"{permission} (/devin {command})" for command, permission in permissions.items())


def _listed(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
