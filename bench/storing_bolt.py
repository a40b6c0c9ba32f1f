"""The least that stores: a Bolt app that commits each command before its ack, and does nothing else with it.

`python -m bench.storing_bolt http PORT` or `... socket`; SLACK_API_URL says where Slack is, STORE is its file. Commands
that wait together share one commit, on SQLite with synchronous=FULL as the product has it.
"""

import asyncio
import json
import os
import sqlite3
import sys
from collections import deque
from contextlib import closing

import uvloop
from slack_bolt.async_app import AsyncAck

from bench.bare_bolt import bolt, serve_http, serve_socket

Row = tuple[str, str, asyncio.Future[None]]


class Store:
    """One table, one connection, one thread for the commit."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS inbox (key TEXT PRIMARY KEY, payload TEXT)")
        self._waiting: deque[Row] = deque()
        self._filled = asyncio.Event()

    async def put(self, key: str, payload: str) -> None:
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((key, payload, stored))
        self._filled.set()
        await stored

    async def run(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            batch = list(self._waiting)
            self._waiting.clear()
            await asyncio.to_thread(self._write, batch)
            for _, _, stored in batch:
                stored.set_result(None)

    def _write(self, batch: list[Row]) -> None:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany("INSERT OR IGNORE INTO inbox VALUES (?, ?)", [row[:2] for row in batch])
            cursor.execute("COMMIT")


async def main(transport: str, port: int) -> None:
    store = Store(os.environ["STORE"])
    app = bolt(at_once=True)

    @app.command("/devin")
    async def devin(ack: AsyncAck, body: dict[str, str]) -> None:
        await store.put(body["trigger_id"], json.dumps(body))
        await ack("On it.")

    writing = asyncio.create_task(store.run())
    await (serve_socket(app) if transport == "socket" else serve_http(app, port))
    writing.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
