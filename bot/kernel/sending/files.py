"""Posts with files: each file is read from its source and uploaded, then all are shared in one message.

1. Each file is read and uploaded, when it has its turn. One that cannot be had is left out.
2. The ids of the uploads are stored with the row.
3. They are shared in one message, which is what people see. Where nothing could be uploaded, the post is another one:
   its plainer form, or its own words.
4. The message is waited for, because Slack makes it a moment later, and what follows in the thread has to stand below.

A share carries no key: the ids of its files are what it is found by after a crash or a lost answer. Uploads that were
never shared stay unseen, and Slack deletes them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.devin.errors import DevinError, DevinRefused, DevinUnexpectedAnswer
from bot.kernel.sending.failures import SendFailures, seconds_until_retry
from bot.kernel.sending.file_sources import FileSources, FileUnavailableError
from bot.kernel.sending.file_transfers import FileTransfers
from bot.kernel.sending.forms import OF_FILES
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRateLimited, SlackRefused, TokenRefused
from bot.slack.files import GONE_FILES
from bot.slack.uploads import UploadedFile
from bot.store import outbox
from bot.store.outbox import OutboxRow
from bot.views.attachments import file_lines

log = get_logger(__name__)

AT_ONCE: Final = 3  # fewer than posts at once in a channel, so that a channel full of files lets other posts through
_CHECKS: Final = 10  # how often it is checked whether the shared files are there
_MOST_UPLOADS: Final = 5  # of one file, if Slack has deleted it each time before it was shared
_Missing = DevinError | SlackError | FileUnavailableError


class FilePosts:
    """Sends the outbox rows that have files."""

    def __init__(
        self, services: Services, failure: SendFailures, transfers: FileTransfers, sources: FileSources
    ) -> None:
        self._services = services
        self._failure = failure
        self._transfers = transfers
        self._sources = sources
        self._under_way = 0

    async def prepare(self, row: OutboxRow) -> OutboxRow | None:
        """Upload the files of the row. Returns the row as it is to be posted, or None if it is not now.

        The returned row has the files to share as `uploaded`, or it has no files. Raises SlackError for what the sender
        handles as it does with any post.
        """
        if row.payload.get("uploaded"):
            return row
        if self._under_way >= AT_ONCE:
            await self._failure.reschedule(row, self._services.timing.files_turn, "waits for other files")
            return None
        self._under_way += 1
        try:
            return await self._prepare(row)
        finally:
            self._under_way -= 1

    async def _prepare(self, row: OutboxRow) -> OutboxRow | None:
        try:
            # A crash right here repeats the uploads. Nobody sees those that were made before.
            results = [await self._upload(row, file) for file in row.payload["files"]]
        except SlackRateLimited as limited:
            await self._failure.reschedule(row, limited.retry_after, "rate limited")
        except DevinError as error:
            await self._try_again(row, error)
        except SlackError as error:
            if isinstance(error, TokenRefused) or not any(map(self._most_tries, row.payload["files"])):
                raise
            await self._try_again(row, error)
        else:
            uploaded = [result for result in results if isinstance(result, UploadedFile)]
            missing = [result for result in results if not isinstance(result, UploadedFile)]
            return await (self._store(row, uploaded, results) if uploaded else self._without_files(row, missing[0]))
        return None

    async def _upload(self, row: OutboxRow, file: Mapping[str, Any]) -> UploadedFile | _Missing:
        """Upload a file of the row. Returns why it cannot be had for good; raises what may work another time."""
        slack = self._services.workspaces[row.team].slack
        try:
            async with self._transfers.turn() as content:
                await self._sources.of(file).write(row, file, content)
                return await slack.upload(file["name"], content, file.get("alt", ""))
        except (SlackRateLimited, TokenRefused):
            raise
        except (DevinError, SlackError, FileUnavailableError) as error:
            most = self._most_tries(file)
            if not _lasts(error) and (most is None or row.payload.get("tries", 0) + 1 < most):
                raise
            log.warning("file skipped", key=row.key, error=str(error))
            return error

    def _most_tries(self, file: Mapping[str, Any]) -> int | None:
        return self._sources.of(file).most_tries

    async def share(self, row: OutboxRow) -> str | None:
        """Share the uploaded files of the row. Returns the `ts` of the message, None if Slack does not show it yet."""
        slack = self._services.workspaces[row.team].slack
        comment = row.payload.get("comment", row.payload["text"])
        # A crash or a lost answer from here on leaves the row marked: the message is searched for before a second one.
        await slack.share(row.channel, _uploads_of(row), comment, row.thread_ts)
        for _ in range(_CHECKS):
            try:
                ts = await self.find(row)
            except SlackError as error:
                log.warning("shared files not found", key=row.key, error=str(error))
                return None
            if ts is not None:
                return ts
            await asyncio.sleep(self._services.timing.share_check)
        return None

    async def find(self, row: OutboxRow) -> str | None:
        """Return the `ts` of the message that shares the uploaded files of the row, or None if it is not there."""
        slack, since = self._services.workspaces[row.team].slack, self._services.restoration.earliest(row.created_at)
        since -= self._services.setup.ahead_of("Slack")
        if row.payload.get("uploaded"):
            ids = [file.id for file in _uploads_of(row)]
            return await slack.find_files(row.channel, row.thread_ts, ids, since)
        # Shared by a process of which a restored store knows nothing: the files' names are all that there is.
        async with self._services.db.read() as tx:
            others = await outbox.posted_after(tx, row.channel, since)
        names = [file["name"] for file in row.payload["files"]]
        return await slack.find_named(row.channel, row.thread_ts, names, since, others)

    async def upload_anew(self, row: OutboxRow, refused: SlackRefused) -> bool:
        """Have the files uploaded again if Slack has deleted them before they were shared. Returns whether it has."""
        if refused.error not in GONE_FILES or row.attempts >= _MOST_UPLOADS:
            return False
        payload = {name: value for name, value in row.payload.items() if name != "uploaded"}
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.replace_payload(uow.tx, row, payload)
            await outbox.reschedule(uow.tx, row, uow.now + uow.timing.send_first_retry, "the uploaded file is gone")
        return True

    async def _try_again(self, row: OutboxRow, error: SlackError | DevinError) -> None:
        log.warning("files not uploaded", key=row.key, error=str(error))
        tries = row.payload.get("tries", 0)
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.replace_payload(uow.tx, row, row.payload | {"tries": tries + 1})
            at = uow.now + seconds_until_retry(self._services.timing, tries)
            await outbox.reschedule(uow.tx, row, at, "files not uploaded")

    async def _store(
        self, row: OutboxRow, uploaded: Sequence[UploadedFile], results: Sequence[UploadedFile | _Missing]
    ) -> OutboxRow:
        payload = row.payload | {"uploaded": [{"id": file.id, "name": file.name} for file in uploaded]}
        pairs = zip(row.payload["files"], results, strict=True)
        named = [file["name"] for file, result in pairs if not isinstance(result, UploadedFile)]
        if named and (session := await self._services.session(row.session_id or "")) is not None:
            payload["comment"] = "\n".join(file_lines(named, session))
        return await self._replace(row, payload)

    async def _without_files(self, row: OutboxRow, error: _Missing) -> OutboxRow | None:
        """Return the row with words of its own; None if it is sent in its plainer form, or is dead."""
        if row.payload.get("plainer"):
            await self._failure.send_in_plainer_form(row)
        elif "comment" in row.payload:
            return await self._replace(row, {k: value for k, value in row.payload.items() if k not in OF_FILES})
        else:
            refused = error if isinstance(error, SlackError) else SlackError("send", "no_file", str(error))
            await self._failure.die(row, refused)
        return None

    async def _replace(self, row: OutboxRow, payload: dict[str, Any]) -> OutboxRow:
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.replace_payload(uow.tx, row, payload)
            # The time after which a search can tell is counted from now, and not from the begin of the uploads.
            await outbox.start(uow.tx, row, uow.now)
        return replace(row, payload=payload)


def has_files(row: OutboxRow) -> bool:
    """Whether the row is to be posted with files."""
    return bool(row.payload.get("files"))


def _lasts(error: _Missing) -> bool:
    if isinstance(error, SlackRefused):
        return error.permanent
    return isinstance(error, DevinRefused | DevinUnexpectedAnswer | FileUnavailableError)


def _uploads_of(row: OutboxRow) -> list[UploadedFile]:
    return [UploadedFile(file["id"], file["name"]) for file in row.payload["uploaded"]]
