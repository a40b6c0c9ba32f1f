"""Files pass through the bot two at a time, so that large ones fill no memory and leave the line to others.

A turn is for one file, not for all files of a message, so that the files of several messages take turns.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Final, NoReturn

AT_ONCE: Final = 2
MEMORY_BYTES: Final = 64 * 1024 * 1024  # for all of them together; what does not fit is on the disk


class FileTransfers:
    """Gives turns to files that are copied from Slack to Devin, or from Devin to Slack."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[IO[bytes]]:
        """Wait for a turn, first come first served; yields an empty file for the content, which is gone after it."""
        async with self._turns:
            with _Content(MEMORY_BYTES // AT_ONCE) as content:
                yield content


class _Content(SpooledTemporaryFile[bytes]):
    def fileno(self) -> NoReturn:
        """Have no number: to give one, the file would move to the disk, and an HTTP library asks for it."""
        raise io.UnsupportedOperation
