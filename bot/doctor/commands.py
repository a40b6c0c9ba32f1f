"""Checks the permissions that only some commands need, each with a read of the first page: one line for all of them."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from bot.devin.client import Devin
from bot.devin.errors import DevinError, DevinForbidden, DevinNotFound
from bot.doctor.devin_errors import devin_problem, grant
from bot.doctor.findings import Finding, note, ok
from bot.timing import DAY

Read = Callable[[Devin], Awaitable[object]]


async def _first(items: AsyncIterator[object]) -> None:
    async for _ in items:
        return


async def _metrics(devin: Devin) -> None:
    now = int(time.time())
    await devin.usage_metrics(now - int(DAY), now)


async def _audit_log(devin: Devin) -> None:
    now = int(time.time())
    await _first(devin.audit_logs(now - 60, now))


# What each command needs, and the read that shows whether it is granted.
OPTIONAL: Final[tuple[tuple[str, str, Read], ...]] = (
    ("note", "ManageAccountKnowledge", lambda devin: _first(devin.note_pages())),
    ("schedule", "ManageOrgSchedules", lambda devin: _first(devin.schedule_pages())),
    ("secret", "ManageOrgSecrets", lambda devin: _first(devin.secrets())),
    ("members", "ViewOrgMembership", lambda devin: _first(devin.members())),
    ("metrics", "ViewAccountMetrics", _metrics),
    ("audit", "ManageEnterpriseSettings", _audit_log),
)


async def check_commands(devin: Devin) -> Finding:
    """Report which commands do not work because of a missing permission; each of them is optional."""
    missing: list[tuple[str, str]] = []
    try:
        for command, permission, read in OPTIONAL:
            if (needed := await _lacking(devin, permission, read)) is not None:
                missing.append((command, needed))
    except DevinError as error:
        return devin_problem(error)
    if not missing:
        return ok(f"Devin grants what these commands need: /devin {_listed([command for command, *_ in OPTIONAL])}.")
    lacking = ", ".join(f"{permission} (/devin {command})" for command, permission in missing)
    return note(
        f"Devin does not grant {lacking}: these commands only say what is missing (optional).",
        grant(_listed([permission for _, permission in missing])),
    )


async def _lacking(devin: Devin, permission: str, read: Read) -> str | None:
    """The permission that is missing for a read; None where Devin answers, or has no such thing."""
    try:
        await read(devin)
    except DevinForbidden as error:
        return error.permission or permission
    except DevinNotFound:
        return None
    return None


def _listed(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
