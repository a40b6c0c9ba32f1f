"""Where the content of a shared file comes from: it is read when the file is sent, not when its post is stored.

The `payload` of a row of the outbox names its `files`, each with its source, its name in Slack and the subject by which
the source knows it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import IO, Any, ClassVar

from bot.kernel.unit_of_work import UnitOfWork
from bot.slack.errors import SlackError
from bot.store.outbox import OutboxRow


class FileUnavailableError(Exception):
    """The content cannot be had, now or later."""


class FileSource(ABC):
    """Reads the files of one kind, and does what follows when they are shared."""

    name: ClassVar[str]  # stands in rows
    most_tries: ClassVar[int | None] = None  # after which the post goes without the file; None is never
    is_devins: ClassVar[bool] = False  # whether it shows what may not appear in shared channels

    @property
    def is_available(self) -> bool:
        """Whether this process can read such files at all."""
        return True

    @abstractmethod
    async def write(self, row: OutboxRow, file: Mapping[str, Any], content: IO[bytes]) -> None:
        """Write the content of a `file` of the row into `content`. Raises FileUnavailableError, or what may pass."""

    async def shared(self, uow: UnitOfWork, row: OutboxRow) -> None:  # noqa: B027 - few have anything to add
        """Add what follows when the files of the row are shared."""

    async def not_shared(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:  # noqa: B027
        """Add what follows when the files of the row will never be shared, because of `error` if Slack refused them."""


class FileSources:
    """The sources that there are."""

    def __init__(self, sources: Iterable[FileSource]) -> None:
        self._sources = {source.name: source for source in sources}

    def of(self, file: Mapping[str, Any]) -> FileSource:
        """Return the source of a file in a payload."""
        return self._sources[file["source"]]

    def of_payload(self, payload: Mapping[str, Any]) -> list[FileSource]:
        """Return the sources of the files in a payload, each once."""
        return list({file["source"]: self.of(file) for file in payload.get("files", ())}.values())
