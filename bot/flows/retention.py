"""Retention: what nobody needs any more is forgotten, in pieces small enough for everybody else to get a turn.

A session is forgotten a retention time after its end, at least a week: until then its rows are the keys that keep old
messages from acting again. Its rows follow it; texts of dead rows go after the retention time in any case.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from bot.domain.billing import billing_day
from bot.flows.tools import Tools
from bot.logs import get_logger
from bot.store import inbox, leftovers, outbox, sessions, spend
from bot.store.database import Database, Transaction
from bot.store.inbox import BATCH

log = get_logger(__name__)

PIECES_A_TICK: Final = 50  # of each kind, so that a stop need not wait for a long history

Piece = Callable[[Database], Awaitable[int]]  # deletes at most a batch, answers how much


class Retention:
    """Works off what has grown old."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def tick(self) -> float:
        """Forget what is due; answers when there may be more."""
        gone = {name: await self._all(piece) for name, piece in self._pieces().items()}
        if any(gone.values()):
            log.info("forgotten", **{name: count for name, count in gone.items() if count})
        more = max(gone.values()) >= PIECES_A_TICK * BATCH
        return self._tools.timing.retention_soon if more else self._tools.timing.retention_interval

    def _pieces(self) -> Mapping[str, Piece]:
        """In this order: sessions first, since their rows stay as long as they do."""
        now, kept, timing = self._tools.clock(), self._tools.rules.retention_seconds, self._tools.timing
        old = now - kept
        last_spent = billing_day(now - timing.spend_kept)
        return {
            "sleepers": _written(partial(sessions.end_sleepers, before=int(old), now=now)),
            "sessions": _written(partial(sessions.forget, before=now - max(kept, timing.keys_kept))),
            "inbox": partial(inbox.forget, before=old),
            "inbox_texts": partial(inbox.forget_texts, before=old),
            "outbox": partial(outbox.forget, before=old, live_sessions=sessions.kept()),
            "outbox_texts": partial(outbox.forget_texts, before=old),
            "spend": _written(partial(spend.forget, before=last_spent)),
            "consumption": _written(partial(spend.forget_consumption, before=last_spent)),
            "lanes": _written(leftovers.forget_lanes),
            "paces": _written(partial(leftovers.forget_paces, before=now - timing.buckets_kept)),
            "people": _written(partial(leftovers.forget_people, before=old)),
        }

    async def _all(self, piece: Piece) -> int:
        gone = 0
        for _ in range(PIECES_A_TICK):
            count = await piece(self._tools.db)
            gone += count
            if count < BATCH:
                break
            await asyncio.sleep(0)  # whoever waits for the store is next
        return gone


def _written(forget: Callable[[Transaction], Awaitable[int]]) -> Piece:
    """A piece that is one writing transaction."""

    async def piece(db: Database) -> int:
        async with db.write() as tx:
            return await forget(tx)

    return piece
