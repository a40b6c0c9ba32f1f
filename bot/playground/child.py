"""The bot as a process of its own: the product unchanged, with its settings pointing to the simulators."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
OURS: Final = ("SLACK_", "DEVIN_", "BOT_", "DATABASE_URL", "PORT")  # settings of a real bot stay out of the show
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 15.0  # a stop takes ten at most
LAST_LINES: Final = 15
LINE_ENDS: Final = 400  # characters


class TroubleError(Exception):
    """The playground cannot go on; the text is for the person who started it."""


@dataclass(frozen=True, slots=True)
class Child:
    """The bot's process and what it writes."""

    process: asyncio.subprocess.Process
    log: Path

    async def started(self) -> str:
        """Wait until the log tells that everything is up; answers where the bot tells that it is alive."""
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if (port := self.port()) is not None:
                return f"http://127.0.0.1:{port}/healthz"
            await asyncio.sleep(0.05)
        raise TroubleError(self.told(f"The bot did not start within {START_SECONDS:.0f} seconds."))

    async def died(self) -> None:
        """Wait for the bot to end by itself, which is trouble."""
        code = await self.process.wait()
        raise TroubleError(self.told(f"The bot ended by itself (exit code {code}), so the show is over."))

    async def end(self) -> int:
        """Stop it as a supervisor does; answers its exit code."""
        if self.process.returncode is None:
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            return await self.process.wait()

    def port(self) -> int | None:
        """Where it listens, once everything is up."""
        return next((port for line in self.lines() if (port := _port_in(line)) is not None), None)

    def told(self, sentence: str) -> str:
        """A sentence with the last lines of the log under it."""
        lines = [_shortened(line) for line in self.lines()[-LAST_LINES:]] or ["(nothing)"]
        return "\n".join([sentence, "The last lines of its log:", *(f"  {line}" for line in lines)])

    def lines(self) -> list[str]:
        """The whole log."""
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()


@asynccontextmanager
async def bot_in(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[Child]:
    """Run the bot; in the end see that it stops as it should."""
    log = folder / "bot.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run",
            cwd=PROJECT, env=_environment(settings), stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out,
            # Ctrl-C in the terminal is for the playground, which then ends the bot properly.
            start_new_session=True,
        )  # fmt: skip
    child = Child(process, log)
    try:
        yield child
    finally:
        code = await child.end()
    # Before it is up, a SIGTERM simply ends it.
    if code and (code != -signal.SIGTERM or child.port() is not None):
        raise TroubleError(child.told(f"The bot did not stop as it should (exit code {code})."))


def _shortened(line: str) -> str:
    """A traceback stands in one line of the log; its beginning says where, its end what."""
    return line if len(line) <= 2 * LINE_ENDS else f"{line[:LINE_ENDS]} … {line[-LINE_ENDS:]}"


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(OURS) and not name.upper().endswith("_PROXY")
    }
    return {**inherited, **settings}


def _port_in(line: str) -> int | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None  # a traceback, or a line that is still being written
    return int(told["port"]) if isinstance(told, dict) and told.get("event") == "running" else None
