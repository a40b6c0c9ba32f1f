"""The bot as a process that dies at a chosen step.

`python -m tests.crash.victim` is a nursery: it imports the real bot once and forks a process for each line it reads,
because the imports take seconds and hundreds of processes are needed. Each process then runs `bot.serve.serve` as
`python -m bot run` does; nothing of the bot runs before the fork.

Two kinds of boundaries are wrapped, before and after: every commit, and every outside call that changes something.
A boundary is named by the function of the flow that stands there, so a failure says which line was the last.

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
from bot.serve import serve
from bot.slack.client import Slack
from bot.store.database import Database
from bot.timing import PRODUCTION
from tests.waits import SHORT

if TYPE_CHECKING:
    from types import FrameType

# What runs beside the flows, by the clock: its steps come when they come.
BY_THE_CLOCK: Final = frozenset(f"tick {name}" for name in ("consumption", "retention"))
SELDOM_NEWS: Final = frozenset(f"bot.flows.{name}" for name in ("watch", "tell", "catch_up"))
WRITES: Final = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)

Patch = Callable[[Any, str, Any], None]


# ---------------------------------------------------------------- boundaries


@dataclass(slots=True)
class Boundaries:
    """Counts the steps by name once it is armed, writes them down, and strikes at the one asked for."""

    strike_at: str
    strike_with: signal.Signals
    trace: Path
    armed: Path
    seen: Counter[str] = field(default_factory=Counter)
    told: bool = False  # whether the poller wrote something down that its watermark does not know yet

    def reach(self, name: str) -> None:
        """Be at a step."""
        if not self.armed.exists():
            return
        self.seen[name] += 1
        numbered = f"{name} #{self.seen[name]}"
        with self.trace.open("a") as trace:
            trace.write(numbered + "\n")
        if numbered == self.strike_at:
            self.strike_at = ""
            os.kill(os.getpid(), self.strike_with)

    def commit(self, connection: AsyncConnection) -> str | None:
        """The name of the commit that is about to be made; None for one that is not of interest."""
        tables: set[str] = connection.info.pop("written", set())
        task, (module, function) = _task(), _place()
        if module in {"", "bot.flows.housekeeping"} or task in BY_THE_CLOCK:
            return None
        if module in SELDOM_NEWS and not self._tells(module, tables):
            return None
        return f"{function}: commit"

    def _tells(self, module: str, tables: set[str]) -> bool:
        """Whether a look brings news, or moves the watermark past them; most of the time there are none."""
        if module == "bot.flows.watch":
            news, self.told = self.told, False
            return news and "due" in tables
        news = bool(tables & {"inbox", "outbox"})
        self.told = self.told or (news and module == "bot.flows.tell")
        return news or (module == "bot.flows.catch_up" and "threads" in tables)


def _task() -> str:
    task = asyncio.current_task()
    return task.get_name() if task else ""


def _place() -> tuple[str, str]:
    """The module and function of the flow that runs, else of the part of the store."""
    name = _task()
    lane = f"{name.removeprefix('lane ').split(':')[0]} " if name.startswith("lane ") else ""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module == "bot.store.inbox" or (module.startswith("bot.flows.") and module != "bot.flows.tools"):
            return module, lane + frame.f_code.co_qualname
        frame = frame.f_back
    return "", "start"


def wrap(boundaries: Boundaries, patch: Patch) -> None:
    """Put the boundaries around the store and around what is called outside."""
    _wrap_commits(boundaries, patch)
    _wrap_devin(boundaries, patch)
    _wrap_slack(boundaries, patch)


def _wrap_commits(boundaries: Boundaries, patch: Patch) -> None:
    write, trip = Database.write, Database.in_one_trip

    @event.listens_for(Engine, "before_cursor_execute")
    def note(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (match := WRITES.match(statement)) is not None:
            connection.info.setdefault("written", set()).add(match[1])

    @asynccontextmanager
    async def bounded(self: Database, *, first: bool = False) -> AsyncIterator[AsyncConnection]:
        async with write(self, first=first) as tx:
            yield tx
            name = boundaries.commit(tx)
            if name is not None:
                boundaries.reach(f"{name}, before")
        if name is not None:
            boundaries.reach(f"{name}, after")

    async def tripped(self: Database, work: Callable[[Any], Any]) -> Any:
        def done(connection: Any) -> Any:
            answer = work(connection)
            boundaries.reach("Inbox: commit, before")
            return answer

        answer = await trip(self, done)
        boundaries.reach("Inbox: commit, after")
        return answer

    patch(Database, "write", bounded)
    patch(Database, "in_one_trip", tripped)


def _wrap_devin(boundaries: Boundaries, patch: Patch) -> None:
    ask = Transport._send

    async def bounded(self: Transport, call: Any, path: str) -> Any:
        if call.method == "GET":
            return await ask(self, call, path)
        name = f"{_place()[1]}: Devin {call.method} {_words(path)}"
        boundaries.reach(f"{name}, before")
        answer = await ask(self, call, path)
        boundaries.reach(f"{name}, after")
        return answer

    patch(Transport, "_send", bounded)
    write = AnyIOStream.write

    async def written(self: AnyIOStream, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        # Past every limit of ours: a process that freezes here and goes on sends what it was about to send.
        if buffer.startswith(b"{"):
            boundaries.reach(f"{_place()[1]}: Devin, on the wire")
        await write(self, buffer, timeout)

    patch(AnyIOStream, "write", written)


def _words(path: str) -> str:
    """A path without its ids."""
    return "/".join(part for part in path.split("/")[4:] if part.isalpha() or part.startswith("v3"))


def _wrap_slack(boundaries: Boundaries, patch: Patch) -> None:
    tell, hook = Slack._write, Slack._hook

    async def told(self: Slack, method: str, **arguments: Any) -> Any:
        name = f"{_place()[1]}: Slack {method}"
        if name.startswith("start"):
            return await tell(self, method, **arguments)
        boundaries.reach(f"{name}, before")
        answer = await tell(self, method, **arguments)
        boundaries.reach(f"{name}, after")
        return answer

    async def hooked(self: Slack, url: str, answer: Any) -> None:
        name = f"{_place()[1]}: Slack response_url"
        boundaries.reach(f"{name}, before")
        await hook(self, url, answer)
        boundaries.reach(f"{name}, after")

    patch(Slack, "_write", told)
    patch(Slack, "_hook", hooked)


# ---------------------------------------------------------------- one process


def live(environment: dict[str, str]) -> None:
    """Run the bot until it is told to stop, or until its step comes."""
    folder = Path(environment["VICTIM_FOLDER"])
    strike_with = signal.Signals[environment.get("STRIKE_WITH", "SIGKILL")]
    boundaries = Boundaries(environment.get("STRIKE_AT", ""), strike_with, folder / "steps", folder / "armed")
    timing = replace(PRODUCTION, **SHORT)
    if "UNKNOWN_AFTER" in environment:
        timing = replace(timing, unknown_after=float(environment["UNKNOWN_AFTER"]))
    wrap(boundaries, setattr)
    settings = load_settings(environment)
    logs.configure("INFO", "json", secrets=settings.secrets)

    def announce(port: int) -> None:
        (folder / f"port.{os.getpid()}").write_text(str(port))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        clock = partial(_now, folder / "armed", float(environment.get("BEHIND", 0)))
        runner.run(serve(settings, announce=announce, clock=clock, timing=timing))


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
        gc.freeze()  # what was imported stays shared between all processes

    def run(self) -> None:
        """Until stdin is closed; what still lives then is killed."""
        with selectors.DefaultSelector() as selector:
            selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
            selector.register(self._alarm, selectors.EVENT_READ)
            open_ = True
            while open_:
                ready = {key.fd for key, _ in selector.select()}
                if self._alarm in ready:
                    os.read(self._alarm, 4096)
                    self._look_after()
                if sys.stdin.fileno() in ready:
                    open_ = self._listen()
        for pid in self._names:
            os.kill(pid, signal.SIGKILL)

    def _listen(self) -> bool:
        told = os.read(sys.stdin.fileno(), 65536)
        *lines, self._unread = (self._unread + told).split(b"\n")
        for line in lines:
            self._fork(json.loads(line))
        return bool(told)

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

    def _look_after(self) -> None:
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
    Nursery().run()
