"""The bot as a process that dies at a chosen step.

`python -m tests.crash.victim` is a nursery: it imports the real bot once and forks a process for each line it reads,
because the imports take seconds and hundreds of processes are needed. Each process then runs `bot.server.serve` as
`python -m bot run` does; nothing of the bot runs before the fork.

Two kinds of boundaries are wrapped, before and after: every commit, and every outside call that changes something.
Each is a step, named as `tests.crash.steps` says.

The waits are those of `tests.waits`.
"""

import asyncio
import gc
import json
import os
import re
import selectors
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import uvloop
from httpcore._backends.anyio import AnyIOStream
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import logs
from bot.config import load_settings
from bot.devin.transport import Transport
from bot.engine.local import LocalEngine
from bot.process import ProcessKind
from bot.server import serve
from bot.slack.client import Slack
from bot.store.database.connection import Database
from bot.store.database.schema import known_revisions
from bot.timing import PRODUCTION
from tests import imported_late, moment  # noqa: F401  the first before any fork
from tests.crash.steps import AFTER, BEFORE, CLOCK, COMMIT, ON_THE_WIRE, RECEIPT, Moment, is_plumbing, name_of
from tests.rehearsal import rehearse
from tests.waits import SHORT

if TYPE_CHECKING:
    from types import FrameType

WRITES: Final = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)

# What a scene may set -> the waits that become as many seconds.
OWN_WAITS: Final = {
    "UNKNOWN_AFTER": ("unknown_after",),
    "POST_LOOK_UP": ("post_look_up",),
    "REMINDER_CHECK": ("reminder_check",),
    "ALARM_WATCH": ("alarm_watch",),
    "FIRST_PURGE": ("first_purge",),
    "PULL_REQUEST_SETTLE": ("pull_request_settle",),
    "GUARDRAILS": ("guardrails", "guardrails_refused"),
    "PREVIEWS": ("privacy_tick", "preview_tick", "preview_checked"),
    "PULL_REQUESTS": ("idle_tick", "pull_request_retry"),
}

Patch = Callable[[Any, str, Any], None]


# ---------------------------------------------------------------- boundaries


where: ContextVar[str] = ContextVar("where", default="")  # the kind of lane that is worked on, or the clock


@dataclass(slots=True)
class Boundaries:
    """Counts the moments of each step once it is armed, writes them down, and strikes at the one asked for."""

    strike_at: str
    strike_with: signal.Signals
    trace: Path
    armed: Path
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def reach(self, step: str, when: str) -> None:
        """Be at a moment of a step, unless it began before steps count."""
        if not self.armed.exists() or (when != BEFORE and self.seen[step, when] >= self.seen[step, BEFORE]):
            return
        self.seen[step, when] += 1
        moment = Moment(step, when, self.seen[step, when])
        with self.trace.open("a") as trace:
            trace.write(f"{moment}\n")
        if self.strike_at in {str(replace(moment, step=name)) for name in moment.names}:
            self.strike_at = ""
            os.kill(os.getpid(), self.strike_with)

    @asynccontextmanager
    async def around(self, step: str) -> AsyncIterator[None]:
        """Be before a step, and after it if it succeeds."""
        self.reach(step, BEFORE)
        yield
        self.reach(step, AFTER)


def _step(what: str) -> str:
    """The name of what is about to be done."""
    lane = where.get()
    return f"{_function()} [{lane}]: {what}" if lane else f"{_function()}: {what}"


def _function() -> str:
    """The name of the function of the bot that runs; one of the plumbing only where nothing else runs."""
    frame: FrameType | None = sys._getframe(1)
    innermost = ""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.split(".")[0] in {"bot", "handlers"}:
            name = name_of(module, frame.f_code)
            if not is_plumbing(module):
                return name
            innermost = innermost or name
        frame = frame.f_back
    return innermost


def wrap(boundaries: Boundaries, patch: Patch) -> None:
    """Put the boundaries around the store and around what is called outside."""
    _wrap_engine(patch)
    _wrap_commits(boundaries, patch)
    _wrap_migrations(boundaries, patch)
    _wrap_devin(boundaries, patch)
    _wrap_slack(boundaries, patch)


def _wrap_engine(patch: Patch) -> None:
    work_on, tick = LocalEngine._work_on, LocalEngine._tick

    async def worked_on(self: LocalEngine, lane: str) -> float | None:
        where.set(lane.split(":", maxsplit=1)[0])
        return await work_on(self, lane)

    async def ticked(self: LocalEngine, name: str, act: Any) -> None:
        where.set(CLOCK)
        await tick(self, name, act)

    patch(LocalEngine, work_on.__name__, worked_on)
    patch(LocalEngine, tick.__name__, ticked)


def _wrap_commits(boundaries: Boundaries, patch: Patch) -> None:
    write, run_in_thread = Database.write, Database.run_in_writer_thread

    @event.listens_for(Engine, "after_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if (match := WRITES.match(statement)) is not None and cursor.rowcount != 0:
            connection.info.setdefault("written", set()).add(match[1])

    @asynccontextmanager
    async def bounded(self: Database, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        step = ""
        async with write(self, urgent=urgent) as tx:
            tx.info.pop("written", None)
            yield tx
            if written := tx.info.pop("written", None):
                step = _step(f"{COMMIT} {', '.join(sorted(written))}")
                boundaries.reach(step, BEFORE)
        if step:
            boundaries.reach(step, AFTER)

    async def ran_in_thread(self: Database, work: Callable[[Any], Any]) -> Any:
        step = _step(RECEIPT)

        def done(connection: Any) -> Any:
            answer = work(connection)
            boundaries.reach(step, BEFORE)
            return answer

        answer = await run_in_thread(self, done)
        boundaries.reach(step, AFTER)
        return answer

    patch(Database, write.__name__, bounded)
    patch(Database, run_in_thread.__name__, ran_in_thread)


def _wrap_migrations(boundaries: Boundaries, patch: Patch) -> None:
    run_sync = Database.run_sync

    async def ran(self: Database, work: Callable[[Any], None]) -> None:
        if self.is_sqlite:  # it writes as everything else does
            await run_sync(self, work)
            return
        step = _step(COMMIT)

        def done(connection: Any) -> None:
            work(connection)
            boundaries.reach(step, BEFORE)

        await run_sync(self, done)
        boundaries.reach(step, AFTER)

    patch(Database, run_sync.__name__, ran)


def _wrap_devin(boundaries: Boundaries, patch: Patch) -> None:
    ask, write = Transport._send, AnyIOStream.write
    under_way: ContextVar[str] = ContextVar("under_way", default="")

    async def bounded(self: Transport, call: Any, path: str) -> Any:
        if call.method == "GET":
            return await ask(self, call, path)
        step = _step(f"Devin {call.method} {_words(path)}")
        under_way.set(step)
        async with boundaries.around(step):
            return await ask(self, call, path)

    async def written(self: AnyIOStream, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        # Past every limit of ours: a process that freezes here and goes on sends what it was about to send.
        if buffer.startswith(b"{"):
            boundaries.reach(under_way.get(), ON_THE_WIRE)
        await write(self, buffer, timeout)

    patch(Transport, ask.__name__, bounded)
    patch(AnyIOStream, write.__name__, written)


def _words(path: str) -> str:
    """A path without its ids."""
    return "/".join(
        part for part in path.split("/")[4:] if part.isalpha() or part.startswith("v3") or part == "pr-reviews"
    )


def _wrap_slack(boundaries: Boundaries, patch: Patch) -> None:
    post, hook = Slack._write, Slack._hook

    async def posted(self: Slack, method: str, **arguments: Any) -> Any:
        async with boundaries.around(_step(f"Slack {method}")):
            return await post(self, method, **arguments)

    async def hooked(self: Slack, url: str, answer: Any) -> None:
        async with boundaries.around(_step("Slack response_url")):
            await hook(self, url, answer)

    patch(Slack, post.__name__, posted)
    patch(Slack, hook.__name__, hooked)


# ---------------------------------------------------------------- one process


def live(environment: dict[str, str]) -> None:
    """Run the bot until it is told to stop, or until its step comes."""
    moment.clock.ahead = float(environment["AHEAD"])
    folder = Path(environment["VICTIM_FOLDER"])
    strike_with = signal.Signals[environment.get("STRIKE_WITH", "SIGKILL")]
    boundaries = Boundaries(environment.get("STRIKE_AT", ""), strike_with, folder / "steps", folder / "armed")
    own = {wait: float(environment[name]) for name, waits in OWN_WAITS.items() if name in environment for wait in waits}
    timing = replace(PRODUCTION, **(SHORT | own))
    wrap(boundaries, setattr)
    settings = load_settings(environment)
    logs.configure("INFO", "json", secrets=settings.secrets)

    def announce(port: int) -> None:
        (folder / f"port.{os.getpid()}").write_text(str(port))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        clock = partial(_now, folder / "armed", float(environment.get("BEHIND", 0)))
        process = ProcessKind(environment.get("PROCESS", ProcessKind.RUN))
        runner.run(serve(settings, announce=announce, clock=clock, timing=timing, steady=clock, process=process))


def _now(armed: Path, behind: float) -> float:
    """The time; until steps count it is behind, so that something can be due from then on."""
    return time.time() - (behind if behind and not armed.exists() else 0.0)


# ---------------------------------------------------------------- the nursery


class Nursery:
    """Forks a process for each order on stdin and says on stdout what becomes of it."""

    def __init__(self) -> None:
        self._names: dict[int, int] = {}
        self._unread = b""
        self._alarm, self._bell = os.pipe()
        for end in (self._alarm, self._bell):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._bell)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        known_revisions()
        gc.freeze()  # what was imported stays shared between all processes

    def run(self) -> None:
        """Until stdin is closed; what still lives then is killed. A first line on stdout says that all is imported."""
        os.write(sys.stdout.fileno(), b"ready\n")
        with selectors.DefaultSelector() as selector:
            selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
            selector.register(self._alarm, selectors.EVENT_READ)
            open_ = True
            while open_:
                ready = {key.fd for key, _ in selector.select()}
                if self._alarm in ready:
                    os.read(self._alarm, 4096)
                    self._collect()
                if sys.stdin.fileno() in ready:
                    open_ = self._read_orders()
        for pid in self._names:
            os.kill(pid, signal.SIGKILL)

    def _read_orders(self) -> bool:
        received = os.read(sys.stdin.fileno(), 65536)
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            self._fork(json.loads(line))
        return bool(received)

    def _fork(self, order: dict[str, Any]) -> None:
        pid = os.fork()
        if pid:
            self._names[pid] = order["name"]
            self._say(order["name"], "born", pid)
            return
        code = 1
        try:
            self._become(order)
            code = 0
        except BaseException:  # noqa: BLE001 - a child never goes on as the nursery
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _become(self, order: dict[str, Any]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        environment = order["environment"]
        log = os.open(Path(environment["VICTIM_FOLDER"]) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        live(environment)

    def _collect(self) -> None:
        while self._names:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            if not pid:
                return
            if os.WIFSTOPPED(status):
                self._say(self._names[pid], "stopped", 0)
            else:
                self._say(self._names.pop(pid), "ended", os.waitstatus_to_exitcode(status))

    def _say(self, name: int, what: str, value: int) -> None:
        os.write(sys.stdout.fileno(), f"{json.dumps([name, what, value])}\n".encode())


if __name__ == "__main__":
    rehearse(Path(sys.argv[1]), postgres_server=sys.argv[2])
    Nursery().run()
