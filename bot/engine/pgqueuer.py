"""The engine of several processes on one PostgreSQL: hints travel between them through PgQueuer.

A process that works on lanes follows up its own hints itself, as long as it has a slot free. Otherwise, and where a
process only receives, it enqueues a job for each lane, and PgQueuer gives it to a worker, which waits for a slot of its
own. What concerns all processes is sent with NOTIFY: that a tick is due, and that something they may keep in memory has
changed.

Nothing here is the truth. Whatever PgQueuer or NOTIFY loses is found by the sweep of the store's own rows, and a lane
is claimed in the store before anything is done about it. https://pgqueuer.readthedocs.io/
"""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

from bot.engine.local import LocalEngine
from bot.engine.port import Route, Tick
from bot.logs import get_logger
from bot.timing import PRODUCTION, Timing

log = get_logger(__name__)

DRAIN: Final = "drain"  # the one kind of job: work on a lane
BATCH_SIZE: Final = 10
MOST_TAKEN: Final = 2 * BATCH_SIZE  # jobs that wait here for a slot; another worker may have one sooner
MOST_HINTS: Final = 10_000  # while the database is away; the sweep finds what is beyond
MOST_BYTES: Final = 7_999  # PostgreSQL takes no longer message in a NOTIFY
_NOTIFY: Final = "SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message"  # all in one round trip


class NotInstalledError(Exception):
    """PgQueuer's tables are missing, or of another version: `python -m bot migrate` makes them."""


@dataclass(frozen=True, slots=True)
class QueueAddress:
    """Where PgQueuer's tables are: the address of PostgreSQL for asyncpg, and the schema of the bot's own tables."""

    dsn: str
    bots_schema: str | None = None

    @property
    def schema(self) -> str:
        """The schema in which PgQueuer's tables are, beside that of the bot."""
        return re.sub(r"\W", "_", f"{self.bots_schema or 'devin_bridge'}_pgqueuer").lower()

    def settings(self) -> DBSettings:
        """How PgQueuer names what it has in the database; its tables may be lost in a crash of the server."""
        return DBSettings(db_schema=self.schema, channel=Channel(f"{self.schema}_jobs"), durability=Durability.volatile)

    @property
    def channel(self) -> str:
        """The channel of NOTIFY for what concerns all processes."""
        return f"{self.schema}_all"


@asynccontextmanager
async def connected(address: QueueAddress, timing: Timing = PRODUCTION) -> AsyncIterator[Queries]:
    """Connect to PgQueuer at `address`, with a connection that can LISTEN."""
    connection = await asyncpg.connect(
        address.dsn, timeout=timing.store_connect, command_timeout=timing.store_statement
    )
    settings = address.settings()
    try:
        yield Queries(
            AsyncpgDriver(connection),
            qbe=QueryBuilderEnvironment(settings=settings),
            qbq=QueryQueueBuilder(settings=settings),
        )
    finally:
        try:
            await connection.close(timeout=timing.store_connect)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()


async def install(address: QueueAddress) -> None:
    """Create PgQueuer's tables in a schema of their own, or bring them up to its version; they may be there already.

    A crash right here leaves some of them, and the next call makes the rest.
    """
    async with connected(address) as queries, queries.schema_lock():
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            await queries.install()


async def check_installed(address: QueueAddress) -> None:
    """Raise NotInstalledError unless PgQueuer's tables are there as this version needs them."""
    async with connected(address) as queries:
        try:
            await QueueManager(queries).verify_structure()
        except RuntimeError:
            raise NotInstalledError(address.schema) from None


class PgQueuerEngine:
    """An engine on asyncio tasks, like the local one, whose hints reach the other processes on the same database."""

    def __init__(self, address: QueueAddress, timing: Timing = PRODUCTION) -> None:
        self._address = address
        self._timing = timing
        self._local = LocalEngine(timing)
        self._subscribed: dict[str, list[Callable[[str], None]]] = {}
        self._hints: dict[str, tuple[float, str | None]] = {}  # by lane: when it is to be worked on, and for whom
        self._messages: dict[str, None] = {}  # for all other processes, each once
        self._name = uuid.uuid4().hex[:12]  # by which a message of its own is known
        self._something_to_send = asyncio.Event()
        self._stopping = asyncio.Event()
        self._connected = False

    def route(self, word: str, route: Route) -> None:
        """Have the lanes whose name begins with `word` and a colon worked on by `route`, in this process."""
        self._local.route(word, route)

    def wake(self, lane: str, after: float = 0.0, whose: str | None = None) -> None:
        """Have `lane` worked on, here if it can be at once, else by whichever worker has room first."""
        if self._local.works_on(lane) and (after > 0 or not self._connected or not self._local.has_to_wait(lane)):
            self._local.wake(lane, after, whose)
        elif len(self._hints) < MOST_HINTS:
            at = asyncio.get_running_loop().time() + after
            self._hints[lane] = min(self._hints.get(lane, (at, whose)), (at, whose), key=lambda hint: hint[0])
            self._something_to_send.set()

    def pass_on(self, lane: str, within: float) -> None:
        """Let a second call work on `lane` beside the one that runs here, `within` so many seconds."""
        self._local.pass_on(lane, within)

    def every(self, name: str, tick: Tick) -> None:
        """Call `tick` again and again under this `name`, as soon as the engine runs."""
        self._local.every(name, tick)

    def wake_by(self, name: str, within: float) -> None:
        """Call the tick `name` in at most `within` seconds, here and in the other processes: one of them has it."""
        self._local.wake_by(name, within)
        self._broadcast({"tick": name, "within": within})

    def subscribe(self, topic: str, receive: Callable[[str], None]) -> None:
        """Have `receive` called with each message that another process publishes under this `topic`."""
        self._subscribed.setdefault(topic, []).append(receive)

    def publish(self, topic: str, message: str) -> None:
        """Send `message` to the other processes; it may be lost, and is where it is too long."""
        self._broadcast({"topic": topic, "message": message})

    async def run(self) -> None:
        """Call the ticks, and carry hints to and from the other processes, until the engine is stopped."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._local.run(), name="ticks")
            group.create_task(self._stay_connected(), name="pgqueuer")

    async def stop(self, within: float) -> None:
        """Start nothing new, let what runs finish for `within` seconds, then cancel it."""
        self._stopping.set()
        await self._local.stop(within)

    # ------------------------------------------------------------ to and from the other processes

    async def _stay_connected(self) -> None:
        """Carry hints, and connect again whenever the connection is lost: meanwhile the sweep finds what there is."""
        failing = False
        while not self._stopping.is_set():
            try:
                async with connected(self._address, self._timing) as queries:
                    if failing:
                        log.info("hints delivered again")
                    failing = False
                    await self._carry(queries)
            except Exception as error:  # noqa: BLE001 - whatever PgQueuer or the driver raises, hints are not worth a stop
                if not failing:
                    log.warning("hints not delivered; sweeps replace them", error=type(error).__name__)
                failing = True
                self._connected = False
                await self._pause(self._timing.engine_retry)

    async def _carry(self, queries: Queries) -> None:
        """Carry hints over the connection of `queries` until the stop; raises if the connection is lost."""
        await queries.driver.add_listener(self._address.channel, self._receive)
        self._connected = True
        manager = self._manager(queries)
        parts: list[asyncio.Task[Any]] = [asyncio.create_task(self._send(queries), name="send hints")]
        if self._local.has_routes:
            parts.append(asyncio.create_task(self._take(manager), name="take hints"))
            parts.append(asyncio.create_task(self._purge(queries), name="purge log of jobs"))
        stop = asyncio.create_task(self._stopping.wait(), name="stop")
        try:
            await asyncio.wait([stop, *parts], return_when=asyncio.FIRST_COMPLETED)
            manager.shutdown.set()
            for part in parts:
                if part.done():
                    part.result()
            if not stop.done():
                raise ConnectionError
        finally:
            for part in (stop, *parts):
                part.cancel()
            await asyncio.gather(stop, *parts, return_exceptions=True)

    def _manager(self, queries: Queries) -> QueueManager:
        manager = QueueManager(queries, channel=self._address.settings().channel)
        table = queries.qbe.settings.qualified.queue_table

        @manager.entrypoint(DRAIN, accepts_context=False)
        async def drain(job: Job) -> None:
            hint = json.loads(job.payload or b"{}")
            await self._local.room_for(hint["lane"])
            # PgQueuer keeps the key for a moment after the job is done. A hint for a row that is stored in that moment
            # must not be taken for this one. A crash right here has the job taken again.
            await queries.driver.execute(f"UPDATE {table} SET dedupe_key = NULL WHERE id = $1", job.id)  # noqa: S608
            self._local.wake(hint["lane"], whose=hint.get("whose"))

        return manager

    async def _take(self, manager: QueueManager) -> None:
        """Take jobs as they come. PgQueuer looks by itself as often as a sweep would, in case a NOTIFY is lost."""
        await manager.run(
            timedelta(seconds=self._timing.lane_sweep),
            BATCH_SIZE,
            max_concurrent_tasks=MOST_TAKEN,
            shutdown_on_listener_failure=True,
            log_aggregation_interval=timedelta(0),  # its statistics are read by nobody
        )

    async def _purge(self, queries: Queries) -> None:
        """Delete PgQueuer's log of jobs again and again: nobody reads it, and PgQueuer keeps all of it."""
        while True:
            # A crash right here leaves rows of the log to the next time.
            await queries.clear_queue_log(DRAIN)
            await asyncio.sleep(self._timing.queue_purge)

    async def _send(self, queries: Queries) -> None:
        """Send hints and messages as they come, all that there are at a time."""
        while True:
            try:
                async with asyncio.timeout(self._timing.lane_sweep):
                    await self._something_to_send.wait()
            except TimeoutError:
                await queries.driver.execute("SELECT 1")  # raises if the connection is lost
            self._something_to_send.clear()
            # A crash, or a connection lost right here, loses hints: the sweep finds their rows.
            hints, self._hints = self._hints, {}
            messages, self._messages = self._messages, {}
            if hints:
                await _enqueue(queries, hints)
            if messages:
                await queries.driver.execute(_NOTIFY, self._address.channel, list(messages))

    def _broadcast(self, message: dict[str, Any]) -> None:
        written = json.dumps({**message, "from": self._name})
        if len(self._messages) < MOST_HINTS and len(written) <= MOST_BYTES:  # ASCII, as JSON escapes all else
            self._messages[written] = None
            self._something_to_send.set()

    def _receive(self, payload: str | bytes | bytearray) -> None:
        """Do what another process has sent to all."""
        message = json.loads(payload)
        if message["from"] == self._name:
            return
        if "tick" in message:
            self._local.wake_by(message["tick"], message["within"])
        else:
            for receive in self._subscribed.get(message["topic"], ()):
                receive(message["message"])

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


async def _enqueue(queries: Queries, hints: dict[str, tuple[float, str | None]]) -> None:
    """Enqueue a job for each lane, unless there is one already that nobody has taken."""
    now, lanes = asyncio.get_running_loop().time(), list(hints)
    await queries.enqueue(
        [DRAIN] * len(lanes),
        [json.dumps({"lane": lane, "whose": hints[lane][1]}).encode() for lane in lanes],
        [0] * len(lanes),
        [timedelta(seconds=max(hints[lane][0] - now, 0.0)) for lane in lanes],
        dedupe_key=list(lanes),
        on_conflict="skip",
    )
