"""Begins the bot as a fork of a process that has imported it, because the imports take most of its start.

It runs what `python -m bot` runs, with the waits of `tests.waits`. Nothing of the bot runs before the fork.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from bot.playground.launch import PROJECT

_CONTEXT: Final = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.imported_bot"])


class ForkedBot:
    """A `bot.playground.launch.BotProcess`."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self._code = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(process.sentinel, self._end)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._code.result() if self._code.done() else None

    def send_signal(self, number: int) -> None:
        if self.returncode is not None:
            raise ProcessLookupError
        os.kill(self.pid, number)

    async def wait(self) -> int:
        return await asyncio.shield(self._code)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._code.set_result(self._process.exitcode)
        self._process.close()


async def fork(ahead: float, environment: Mapping[str, str], log: Path, command: str = "run") -> ForkedBot:
    """Begin the bot as `bot.playground.launch.launch` does, only sooner; or another command of `python -m bot`."""
    process = _CONTEXT.Process(target=_live, args=(ahead, dict(environment), log, command), daemon=True)
    process.start()
    return ForkedBot(process)


def _live(ahead: float, environment: dict[str, str], log: Path, command: str) -> None:
    """Become the bot."""
    _become_a_process_of_its_own(environment, log)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    from bot.__main__ import main  # noqa: PLC0415  of the fork alone
    from tests.imported_bot import clock  # noqa: PLC0415

    clock.ahead = ahead
    sys.exit(main([command]))


def _become_a_process_of_its_own(environment: dict[str, str], log: Path) -> None:
    os.setsid()
    os.chdir(PROJECT)
    os.environ.clear()
    os.environ.update(environment)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(source, target)


def _end_with_parent() -> None:
    """Be killed when the process is gone that asked for the fork: the fork server outlives it."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    with suppress(ProcessLookupError):
        os.kill(os.getpid(), signal.SIGKILL)
