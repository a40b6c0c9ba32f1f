"""A process that starts sessions, many at once, each as a worker admits it: what is printed is what each may use."""

import asyncio
import json
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import DBAPIError

from bot.features.budgets.check import BudgetCheck
from bot.kernel.gates import Asker, Work
from bot.kernel.services import Services
from bot.store import tables
from bot.store.database.connection import Database
from bot.views.message import Message
from tests.flows.conftest import TEAM, Bills, Store, tools

NOON: Final = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
PEOPLE: Final = 50
AT_ONCE: Final = 4  # as many of a process wait at once for the same budgets


async def admitted(services: Services, store: Store, number: int, acu: int | None) -> int | None:
    """What a session may use that somebody starts with this option; None if a budget has no room for it."""
    (workspace,) = services.workspaces
    user = f"U{number % PEOPLE}"
    who = Asker(workspace, user, f"C{number % 3}", user)
    async with store.db.write() as tx:
        limit = await BudgetCheck(services).limit(tx, who, Work(f"s{number}", acu, acu))
        if isinstance(limit, Message):
            return None
        assert limit.acus is not None
        facts = {"requester": who.user, "channel": who.channel, "prompt": "fix it", "options": {}, "pull_requests": []}
        begun = {"lifecycle": "creating", "created_at": NOON, "acu_limit": limit.acus}
        owner = {"id": f"s{number}", "team": TEAM, "org_id": workspace.organisation.id}
        await tx.execute(tables.sessions.insert().values(owner | facts | begun))
    return limit.acus


async def start_all(services: Services, store: Store, numbers: range, acu: int | None = 7) -> list[int]:
    """What those sessions may use that are admitted of so many."""
    at_once = asyncio.Semaphore(AT_ONCE)

    async def start(number: int) -> int | None:
        async with at_once:
            while True:
                with suppress(DBAPIError):  # the lock was not had in time: the row goes back, and is tried again
                    return await admitted(services, store, number, acu)

    return [acus or 0 for acus in await asyncio.gather(*map(start, numbers))]


async def _main(url: str, first: int, count: int) -> None:
    async with tools(Bills()) as make:
        store = Store(Database(url))
        services = make(store, lambda: NOON)
        _tell("ready")
        await asyncio.to_thread(sys.stdin.readline)
        _tell(json.dumps(await start_all(services, store, range(first, count, 2))))
        await store.db.close()


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
