"""The details of files, by their ids, and their content."""

from typing import IO

from bot.domain.file import SlackFile
from bot.slack.connection import Connection
from bot.slack.errors import ScopeMissing, SlackOutcomeUnknown, SlackRefused, SlackUnreachable, TokenRefused
from bot.slack.files import DOWNLOAD_LIMIT_BYTES, Downloads, FileNotReadable, Reason, file_from


class Downloading(Connection):
    """The files of a workspace."""

    async def file(self, file_id: str) -> SlackFile:
        """Read the details of a file, also of one that came with its id alone."""
        return file_from((await self._read("files.info", file=file_id))["file"])

    async def download(self, file: SlackFile, into: IO[bytes], limit: int = DOWNLOAD_LIMIT_BYTES) -> None:
        """Write the content of a file into the empty `into`, in chunks.

        Raises FileNotReadable, with its reason, also for more than `limit` bytes; a part of it may be written by then.
        """
        with self._measured("files.download"):
            whole = await self._unstubbed(file)
            downloads = Downloads(self._http(), str(self._web.token), self._web.base_url, self._web.proxy, self._timing)
            await downloads.save(whole, into, limit)

    async def _unstubbed(self, file: SlackFile) -> SlackFile:
        if not file.is_stub:
            return file
        try:
            return await self.file(file.id)
        except (ScopeMissing, TokenRefused):
            reason = Reason.LOGIN
        except SlackRefused as refused:
            reason = Reason.GONE if refused.permanent else Reason.UNREACHABLE
        except (SlackUnreachable, SlackOutcomeUnknown):
            reason = Reason.UNREACHABLE
        raise FileNotReadable(reason)
