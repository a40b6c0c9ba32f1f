"""Files are read from Slack and uploaded to Devin: those of a message, and those of the thread it was written in.

A crash repeats the uploads; an attachment that nobody refers to does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.devin.errors import DevinError, DevinRefused
from bot.domain.causes import SessionCause
from bot.domain.file import SlackFile
from bot.kernel.job import Job
from bot.kernel.organisation import Organisation
from bot.kernel.sending.file_transfers import FileTransfers
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackRefused
from bot.slack.files import DOWNLOAD_LIMIT_BYTES, FileNotReadable, Reason
from bot.views.answers import files as file_sentences
from bot.views.message import Message

log = get_logger(__name__)

MOST_FILES: Final = 10  # with one prompt or one reply
FILE_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Files:
    """What became of a message's files: the URLs of those that Devin has, and a sentence for each that was left out."""

    urls: tuple[str, ...] = ()
    left_out: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadFiles:
    """What became of the files of a thread: the URLs and ids of those that Devin has, the names of the others."""

    urls: tuple[str, ...] = ()
    passed_on: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()


class Uploads:
    """Hands files on to Devin."""

    def __init__(self, transfers: FileTransfers) -> None:
        self._transfers = transfers

    async def of_message(self, job: Job[SessionCause], organisation: Organisation) -> Files:
        """Upload the files of the job's message to Devin, in their order, as far as there is room."""
        urls: list[str] = []
        left_out: list[Message] = []
        for file in [await _with_details(job.workspace, slack_file) for slack_file in job.cause.files]:
            if len(urls) >= MOST_FILES:
                left_out.append(file_sentences.one_file_too_many(file.name, MOST_FILES))
                continue
            outcome = await self._handed_on(job, organisation, file)
            if isinstance(outcome, Message):
                left_out.append(outcome)
            else:
                urls.append(outcome)
        return Files(tuple(urls), tuple(left_out))

    async def of_thread(
        self, job: Job[SessionCause], organisation: Organisation, files: Sequence[SlackFile], room: int
    ) -> ThreadFiles:
        """Upload the first `room` of `files`, which were shared in the thread before; the others are left out."""
        urls: dict[str, str] = {}
        names: list[str] = []
        for file in [await _with_details(job.workspace, slack_file) for slack_file in files[:room]]:
            outcome = await self._handed_on(job, organisation, file)
            if isinstance(outcome, Message):
                names.append(file.name)
            else:
                urls[file.id] = outcome
        names += [file.name for file in files[room:]]
        return ThreadFiles(tuple(urls.values()), frozenset(urls), tuple(names))

    async def _handed_on(self, job: Job[SessionCause], organisation: Organisation, file: SlackFile) -> str | Message:
        """Upload `file` and return its URL, or a sentence that says why it is left out.

        After FILE_TRIES attempts of the row a file that fails is left out: it must not hold up what was written.
        """
        try:
            return await self._upload(job.workspace, organisation, file)
        except FileNotReadable as error:
            return _left_out_sentence(file, error.reason)
        except SlackRefused as error:
            log.warning("file not passed on", reason=type(error).__name__)
            return file_sentences.file_unreadable(file.name)
        except DevinError as error:
            if job.row.attempts < FILE_TRIES and not isinstance(error, DevinRefused):
                raise
            log.warning("file not passed on", reason=type(error).__name__)
            return file_sentences.file_refused(file.name)

    async def _upload(self, workspace: Workspace, organisation: Organisation, file: SlackFile) -> str:
        kind = file.mimetype or "application/octet-stream"
        async with self._transfers.turn() as content:
            await workspace.slack.download(file, content)
            return (await organisation.devin.upload_attachment(file.name, content, kind)).url


async def _with_details(workspace: Workspace, file: SlackFile) -> SlackFile:
    """Return `file` with its details if Slack sent only its id; unchanged where Slack does not give them."""
    if not file.is_stub:
        return file
    try:
        return await workspace.slack.file(file.id)
    except SlackRefused:
        return file


def _left_out_sentence(file: SlackFile, reason: Reason) -> Message:
    if reason is Reason.SIZE:
        return file_sentences.file_too_large(file.name, file.size, DOWNLOAD_LIMIT_BYTES)
    return (
        file_sentences.file_not_allowed(file.name)
        if reason is Reason.HOST
        else file_sentences.file_unreadable(file.name)
    )
