"""Erases a person or a workspace from the store, while no process of the bot runs on it.

A process at work would write down again what is erased beside it: it has read the person's message already. On SQLite
the caller holds the lock of the file. On PostgreSQL each transaction keeps processes from beginning until it ends.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from bot.domain.erasure import Erased
from bot.store import erasure, lanes, outbox, posts
from bot.store.database.connection import Database, Transaction
from bot.store.inbox import BATCH
from bot.store.table_spec import RowsToErase, TableSpec

Followed = Callable[[Transaction, str], Awaitable[list[str]]]


class Erasure:
    """Erases what a store holds; a worker without a heartbeat within `lease` seconds counts as dead."""

    def __init__(self, db: Database, specs: Sequence[TableSpec], lease: float) -> None:
        self._db = db
        self._specs = specs
        self._lease = lease

    async def person(self, user: str) -> Erased:
        """Erase the person with the id `user`; raises WorkerAliveError if the bot runs on the store."""
        return await self._erase(user, erasure.of_person(self._specs, user), erasure.followed_by_person)

    async def workspace(self, team: str) -> Erased:
        """Erase the workspace with the id `team`; raises WorkerAliveError if the bot runs on the store."""
        return await self._erase(team, erasure.of_workspace(self._specs, team), erasure.followed_in_workspace)

    async def _erase(self, named: str, found: Sequence[RowsToErase], followed: Followed) -> Erased:
        await self._free_claims()
        async with self._db.scan() as tx:
            unfollowed = await followed(tx, named)
        counts = {rows.nouns: 0 for rows in found}  # in the order of the tables
        for rows in sorted(found, key=lambda rows: (not rows.first, rows.last)):
            counts[rows.nouns] += await self._erase_rows(rows)
        await self._db.compact()
        return Erased({nouns: count for nouns, count in counts.items() if count}, tuple(unfollowed))

    async def _free_claims(self) -> None:
        """Take their claims from workers that are dead or frozen, which then write nothing if they come back."""
        async with self._alone() as tx:
            await lanes.free_all(tx)
            await outbox.free_all(tx)
            await posts.free_all(tx)

    async def _erase_rows(self, rows: RowsToErase) -> int:
        async with self._db.scan() as tx:
            keys = await rows.find(tx)
        for start in range(0, len(keys), BATCH):
            # A crash between two batches leaves the other rows, which the same command finds again.
            async with self._alone() as tx:
                await rows.erase(tx, keys[start : start + BATCH], self._db.clock())
        return len(keys)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Transaction]:
        async with self._db.write() as tx:
            if not self._db.is_sqlite:
                await lanes.lock_out_workers(tx, self._lease)
            yield tx
