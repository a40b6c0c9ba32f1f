"""Checks what the kind of process to check for needs of the settings: a store, a way to PostgreSQL, a port."""

from typing import Final

import httpx

from bot.config import Settings
from bot.connect import StartError
from bot.doctor.findings import Finding, note, ok, problem
from bot.engines import BEHIND_A_POOLER, NO_PGQUEUER, queue_address
from bot.opening import bound_port, check_kind
from bot.process import ProcessKind

ALONE: Final = "Behind a pooler, only a single process works. For `web` and `worker`, set DATABASE_DIRECT_URL too."


async def check_process(settings: Settings, process: ProcessKind) -> list[Finding]:
    """Report what keeps a process of this kind from starting; nothing where nothing does."""
    try:
        check_kind(process, settings)
    except StartError as error:
        return [problem(str(error)), *await _port(settings)]
    return [*_queue(settings, process), *await _port(settings)]


def _queue(settings: Settings, process: ProcessKind) -> list[Finding]:
    if settings.uses_sqlite:
        return []
    alone = process is ProcessKind.RUN
    try:
        address = queue_address(settings)
    except ModuleNotFoundError:
        return [] if alone else [problem(NO_PGQUEUER)]
    if address is not None:
        return []
    return [note(ALONE) if alone else problem(BEHIND_A_POOLER)]


async def _port(settings: Settings) -> list[Finding]:
    """Report a port that cannot be opened, unless the bot itself has it: the doctor may run beside it."""
    try:
        with bound_port(settings) as port:
            port.listen()
    except OSError:
        return await _taken(settings, f"Port {settings.port} can't be opened.")
    except StartError as error:
        return await _taken(settings, str(error))
    return []


async def _taken(settings: Settings, why: str) -> list[Finding]:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared alone
    where = f"[{host}]" if ":" in host else host
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            said = (await http.get(f"http://{where}:{settings.port}/readyz")).json()
    except (httpx.HTTPError, ValueError):
        said = None
    is_ours = isinstance(said, dict) and {"ok", "problems", "warnings"} <= said.keys()
    return [ok(f"The bot is already running, on port {settings.port}.") if is_ours else problem(why)]
