"""The sources of files that stand in the thread of a session or a digest: files of Devin's, tables and charts."""

import asyncio
from collections.abc import Mapping
from typing import IO, Any, ClassVar, Final

from bot.domain.file import CHART, DEVINS, TABLE
from bot.kernel.sending.file_sources import FileSource, FileUnavailableError
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store.outbox import OutboxRow
from bot.views import chart_pictures
from bot.views.line_chart import LineChart

log = get_logger(__name__)

FILE_LIMIT_BYTES: Final = 50_000_000  # what is larger stays at Devin


class DevinFiles(FileSource):
    """Files of Devin's messages; the subject is the id of the attachment. One that cannot be had is named instead."""

    name: ClassVar[str] = DEVINS
    most_tries: ClassVar[int | None] = 3  # its thread waits
    is_devins: ClassVar[bool] = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def write(self, row: OutboxRow, file: Mapping[str, Any], content: IO[bytes]) -> None:
        """Copy the attachment from the organisation of the row's session."""
        session = await self._services.session(row.session_id or "")
        if session is None:
            raise FileUnavailableError("no session")
        devin = self._services.organisations.of(session).devin
        await devin.save_attachment(file["subject"], file["name"], content, FILE_LIMIT_BYTES)


class Tables(FileSource):
    """Tables as CSV; the subject is their text."""

    name: ClassVar[str] = TABLE
    is_devins: ClassVar[bool] = True

    async def write(self, row: OutboxRow, file: Mapping[str, Any], content: IO[bytes]) -> None:  # noqa: ARG002
        """Write the text of the table."""
        content.write(file["subject"].encode(errors="replace"))


class Charts(FileSource):
    """Pictures of charts; the subject is what is drawn."""

    name: ClassVar[str] = CHART

    @property
    def is_available(self) -> bool:
        """Whether pictures can be drawn here."""
        return chart_pictures.can_draw()

    async def write(self, row: OutboxRow, file: Mapping[str, Any], content: IO[bytes]) -> None:
        """Draw the picture."""
        try:
            content.write(await asyncio.to_thread(chart_pictures.draw, LineChart.read(file["subject"])))
        except Exception as error:
            log.exception("chart not drawn", key=row.key)
            raise FileUnavailableError("not drawn") from error
