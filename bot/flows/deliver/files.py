"""The files of a message of Devin's: copied to Slack one by one, then shared in one post.

1. Each file is copied, in chunks and when it has its turn. One that cannot be had is named instead of shown.
2. The ids of the copies are stored with the row, and what is said about the files that are named.
3. The copies are shared in one message, which is what people see.
4. It is waited for, because Slack makes it a moment later, and what follows in the thread has to stand below it.

A share carries no key: the ids of its files are what it is found by after a crash or a lost answer. Copies that were
never shared stay unseen, and Slack deletes them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bot.devin.attachments import AttachmentsApi
from bot.devin.errors import DevinError, DevinRefused, DevinUnexpectedAnswer
from bot.domain.session import Session
from bot.flows.deliver.failures import SendFailures, seconds_until_retry
from bot.flows.deliver.made_files import MadeFiles
from bot.flows.file_transfers import FileTransfers
from bot.flows.services import Services
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRateLimited, SlackRefused, TokenRefused
from bot.slack.uploads import UploadedFile, Uploading
from bot.store import outbox
from bot.store.outbox import OutboxRow
from bot.views.attachments import file_lines, files_named

log = get_logger(__name__)

FILE_LIMIT_BYTES: Final = 50_000_000  # what is larger stays at Devin
TRIES: Final = 3  # how often the files of a message are copied before those that fail are named: its thread waits
AT_ONCE: Final = 3  # fewer than posts at once in a channel, so that a channel full of files lets other posts through
_CHECKS: Final = 10  # how often it is checked whether the shared files are there


class FilePosts:
    """Sends the outbox rows that have files."""

    def __init__(self, services: Services, failure: SendFailures, transfers: FileTransfers) -> None:
        self._services = services
        self._failure = failure
        self._transfers = transfers
        self._made_files = MadeFiles(services, failure, transfers)
        self._under_way = 0

    async def prepare(self, row: OutboxRow) -> OutboxRow | None:
        """Copy the files of the row to Slack. Returns the row as it is to be posted, or None if it is not now.

        The returned row has the files to share as `uploaded`, or it has no files and names those of the message.
        """
        if row.payload.get("made"):
            return await self._made_files.prepare(row)
        session = await self._services.session(row.session_id or "")
        if session is None:
            await self._failure.mark_dead(row, "no session")
        elif self._under_way >= AT_ONCE:
            await self._failure.reschedule(row, self._services.timing.files_turn, "waits for other files")
        else:
            self._under_way += 1
            try:
                return await self._prepare(row, session)
            finally:
                self._under_way -= 1
        return None

    async def _prepare(self, row: OutboxRow, session: Session) -> OutboxRow | None:
        devin, slack = self._services.organisations.of(session).devin, self._services.workspaces[row.team].slack
        last_try = row.payload.get("tries", 0) + 1 >= TRIES
        try:
            # A crash right here repeats the copies. Nobody sees those that were made before.
            copies = [await self._copy(devin, slack, file, last_try=last_try) for file in row.payload["files"]]
        except SlackRateLimited as limited:
            await self._failure.reschedule(row, limited.retry_after, "rate limited")
        except TokenRefused:
            raise
        except (DevinError, SlackError) as error:
            await self._try_again(row, error)
        else:
            return await self._store(row, session, copies)
        return None

    async def _copy(
        self, devin: AttachmentsApi, slack: Uploading, file: dict[str, Any], *, last_try: bool
    ) -> UploadedFile | str:
        """Copy a file from Devin to Slack. Returns its name if it cannot be had; raises what may work another time."""
        name: str = file["name"]
        try:
            async with self._transfers.turn() as content:
                await devin.save_attachment(file["uuid"], name, content, FILE_LIMIT_BYTES)
                return await slack.upload(name, content)
        except (SlackRateLimited, TokenRefused):
            raise
        except (DevinError, SlackError) as error:
            if not last_try and not _lasts(error):
                raise
            log.warning("file is named and not shown", error=str(error))
            return name

    async def share(self, row: OutboxRow) -> str | None:
        """Share the copied files of the row. Returns the `ts` of the message, or None if Slack does not show it yet."""
        slack = self._services.workspaces[row.team].slack
        # A crash or a lost answer from here on leaves the row marked: the message is searched for before a second one.
        await slack.share(row.channel, _copies_of(row), row.payload["text"], row.thread_ts)
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
        """Return the `ts` of the message that shares the copied files of the row, or None if it is not there."""
        slack, ids = self._services.workspaces[row.team].slack, [copy.id for copy in _copies_of(row)]
        return await slack.find_files(row.channel, row.thread_ts, ids, row.created_at)

    async def _try_again(self, row: OutboxRow, error: SlackError | DevinError) -> None:
        log.warning("files not copied", key=row.key, error=str(error))
        tries = row.payload.get("tries", 0)
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.replace_payload(uow.tx, row, row.payload | {"tries": tries + 1})
            at = uow.now + seconds_until_retry(self._services.timing, tries)
            await outbox.reschedule(uow.tx, row, at, "files not copied")

    async def _store(self, row: OutboxRow, session: Session, copies: Sequence[UploadedFile | str]) -> OutboxRow:
        uploaded = [{"id": copy.id, "name": copy.name} for copy in copies if isinstance(copy, UploadedFile)]
        named = [copy for copy in copies if isinstance(copy, str)]
        if uploaded:
            payload = row.payload | {"uploaded": uploaded, "text": "\n".join(file_lines(named, session))}
        else:
            message = files_named(named, session)
            payload = {"text": message.text, "blocks": message.blocks}
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.replace_payload(uow.tx, row, payload)
            # The time after which a search can tell is counted from now, and not from the begin of the copying.
            await outbox.start(uow.tx, row, uow.now)
        return replace(row, payload=payload)


def has_files(row: OutboxRow) -> bool:
    """Whether the row is to be posted with files, of Devin's or made here."""
    return bool(row.payload.get("files") or row.payload.get("made"))


def _lasts(error: DevinError | SlackError) -> bool:
    if isinstance(error, SlackRefused):
        return error.permanent
    return isinstance(error, DevinRefused | DevinUnexpectedAnswer)


def _copies_of(row: OutboxRow) -> list[UploadedFile]:
    return [UploadedFile(copy["id"], copy["name"]) for copy in row.payload["uploaded"]]
