"""What libraries import only once the bot runs: imported with this, before a fork, it serves all forks."""

import encodings.idna  # noqa: F401

import aiosqlite  # noqa: F401
import alembic.command  # noqa: F401
import anyio._backends._asyncio  # noqa: F401
import h11  # noqa: F401
import httpcore  # noqa: F401
import slack_bolt.listener_matcher.async_builtins  # noqa: F401
import sqlalchemy.dialects.sqlite.aiosqlite  # noqa: F401
import uvicorn.lifespan.off
import uvicorn.protocols.http.httptools_impl
import uvicorn.protocols.websockets.auto  # noqa: F401
import uvloop  # noqa: F401
