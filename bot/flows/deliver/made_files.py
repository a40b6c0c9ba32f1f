"""Files that are made here, a table as CSV or a picture of a chart: made when their post is sent, and uploaded.

Their ids are stored before they are shared, and they are shared and found again like those of Devin's (`files`). What
cannot be drawn, or what Slack does not take, is posted in its plainer form.
"""

import asyncio
from dataclasses import replace

from bot.flows.deliver.failures import SendFailures
from bot.flows.file_transfers import FileTransfers
from bot.flows.services import Services
from bot.logs import get_logger
from bot.slack.errors import ScopeMissing, SlackRateLimited
from bot.slack.uploads import UploadedFile
from bot.store import outbox
from bot.store.outbox import OutboxRow
from bot.views import chart_pictures
from bot.views.message import MadeFile

log = get_logger(__name__)


class MadeFiles:
    """Makes the files of outbox rows."""

    def __init__(self, services: Services, failure: SendFailures, transfers: FileTransfers) -> None:
        self._services = services
        self._failure = failure
        self._transfers = transfers

    async def prepare(self, row: OutboxRow) -> OutboxRow | None:
        """Make and upload the file of the row. Returns the row with it as `uploaded`, or None if it is not posted now.

        Raises SlackError for what the sender handles as it does with any post.
        """
        made = MadeFile.read(row.payload["made"])
        content = await self._content(row, made)
        if content is None:
            await self._failure.send_in_plainer_form(row)
            return None
        try:
            # A crash right here repeats the upload. Nobody sees the file that was uploaded before.
            file = await self._upload(row, made, content)
        except SlackRateLimited as limited:
            await self._failure.reschedule(row, limited.retry_after, "rate limited")
        except ScopeMissing as missing:
            log.warning("file is not shared", key=row.key, error=str(missing))
            await self._failure.send_in_plainer_form(row)
        else:
            return await self._store(row, file)
        return None

    async def _content(self, row: OutboxRow, made: MadeFile) -> bytes | None:
        """The content of the file of the row; None if a picture cannot be drawn."""
        if made.chart is None:
            return made.text.encode(errors="replace")
        try:
            return await asyncio.to_thread(chart_pictures.draw, made.chart)
        except Exception:
            log.exception("chart not drawn", key=row.key)
            return None

    async def _upload(self, row: OutboxRow, made: MadeFile, content: bytes) -> UploadedFile:
        slack = self._services.workspaces[row.team].slack
        async with self._transfers.turn() as file:
            file.write(content)
            return await slack.upload(made.name, file, made.alt)

    async def _store(self, row: OutboxRow, file: UploadedFile) -> OutboxRow:
        payload = row.payload | {"uploaded": [{"id": file.id, "name": file.name}]}
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.replace_payload(uow.tx, row, payload)
            # The time after which a search can tell is counted from now, and not from the begin of the upload.
            await outbox.start(uow.tx, row, uow.now)
        return replace(row, payload=payload)
