"""How a process of the bot is begun: the product's own command, in a process of its own."""

import asyncio
import ctypes
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

PROJECT: Final = Path(__file__).resolve().parents[2]
_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2)


class BotProcess(Protocol):
    """What the keeper needs of a process; `asyncio.subprocess.Process` has it."""

    @property
    def pid(self) -> int:
        """Its number on this machine."""

    @property
    def returncode(self) -> int | None:
        """None until it has ended; the negative number of a signal that ended it."""

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal; ProcessLookupError when it has ended."""

    async def wait(self) -> int:
        """Wait until it has ended; answers the return code."""


# Begins the bot with its clock so many seconds ahead, with exactly these settings, and with its output added to a log.
Launch = Callable[[float, Mapping[str, str], Path], Awaitable[BotProcess]]


async def launch(ahead: float, environment: Mapping[str, str], log: Path) -> BotProcess:
    """Begin the product as anybody would, with its clock `ahead` seconds ahead and its output added to `log`."""
    with log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command(ahead),
            cwd=PROJECT, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out,
            # Ctrl-C in the terminal is for the playground, which then ends the bot properly.
            start_new_session=True,
            preexec_fn=_end_with_us(),
        )  # fmt: skip


def command(ahead: float) -> list[str]:
    """The product itself; once time has jumped, the product with its clock put ahead."""
    return ["bot.playground.ahead", str(ahead), "run"] if ahead else ["bot", "run"]


def _end_with_us() -> Callable[[], object] | None:
    """What has Linux stop the bot when this process is killed and cannot do it any more."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up here: between fork and exec as little as possible may happen
    return lambda: prctl(_DIE_WITH_PARENT, signal.SIGKILL)
