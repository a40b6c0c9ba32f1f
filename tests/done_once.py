"""What each bot would do anew, done once for all bots of a process: together it takes longer than most stories.

Importing this module changes three libraries. What the bot itself does stays as it is.
"""

import asyncio
import functools
from typing import Any, Final

import httpx._transports.default as httpx_transports
import uvicorn.server
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

STATEMENTS: Final = 2000  # more than the bot has
UVICORN_WAITS: Final = 0.02  # seconds; uvicorn's own are tenths, of which a stop takes two


def _share_compiled_statements() -> None:
    """Let all engines have one cache, and take the dialects of two engines of one kind for one, which it asks for."""
    compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    Engine._compiled_cache = property(lambda _: compiled, lambda *_: None)
    for dialect in (SQLiteDialect, PGDialect):
        dialect.__eq__ = lambda self, other: type(self) is type(other)
        dialect.__hash__ = lambda self: hash(type(self))


class _SoonerAsyncio:
    """The module `asyncio` for uvicorn, which asks every now and then whether it has to stop."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, UVICORN_WAITS))


_share_compiled_statements()
uvicorn.server.asyncio = _SoonerAsyncio()
# The certificates of all authorities, of which none is needed to reach this machine.
httpx_transports.create_ssl_context = functools.cache(httpx_transports.create_ssl_context)
