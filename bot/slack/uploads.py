"""Files that the bot shares, in three steps: an address to upload to, the content, and the message with the files.

slack_sdk's own way reads whole files into memory and answers with no `ts`
(https://docs.slack.dev/messaging/working-with-files).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

import aiohttp

from bot.slack.connection import Connection, answered
from bot.slack.errors import SlackOutcomeUnknown, SlackRefused, error_from
from bot.slack.files import FILES_HOST, is_slacks
from bot.views.text import fitted, one_line

METHOD: Final = "files.upload"  # not a method of Slack's, but a name for errors and metrics
LONGEST_NAME: Final = 250  # of a file, as its title shows it
_CHUNK_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that is at Slack and that nobody sees until it is shared."""

    id: str
    name: str


class Uploading(Connection):
    """The files of the bot's own."""

    async def upload(self, name: str, content: IO[bytes], alt: str = "") -> UploadedFile:
        """Upload all of `content`, from its beginning. To repeat the call does no harm: an unshared file is deleted.

        `alt` describes a picture, in at most 1,000 characters.
        """
        size = content.seek(0, 2)
        described = {"alt_txt": alt} if alt else {}
        # Others may have named it: without signs by which its end is read as another one.
        shown = one_line(name) or "file"
        place = await self._read("files.getUploadURLExternal", filename=shown, length=size, **described)
        url, file_id = place.get("upload_url"), place.get("file_id")
        if not isinstance(url, str) or not isinstance(file_id, str):
            raise SlackOutcomeUnknown(METHOD, "no address in the answer")
        if not is_slacks(url, FILES_HOST, self._web.base_url):
            raise SlackRefused("foreign_upload_url", METHOD)
        with self._measured(METHOD):
            await answered(METHOD, self._send(url, content, size), self._timing)
        return UploadedFile(file_id, shown)

    async def delete_file(self, file_id: str) -> None:
        """Delete a file of our own. The message that shares it stays."""
        await self._write("files.delete", file=file_id)

    async def _send(self, url: str, content: IO[bytes], size: int) -> None:
        limit = aiohttp.ClientTimeout(total=self._timing.upload, connect=self._timing.slack_connect)
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        # Without the token: the address is a secret of its own.
        async with self._http().post(
            url, data=_chunks(content), headers=headers, allow_redirects=False, proxy=self._web.proxy, timeout=limit
        ) as response:
            if response.status != 200:
                raise error_from(
                    METHOD, response.status, response.headers, {"error": f"http_{response.status}"}, self._timing
                )

    async def share(
        self, channel: str, files: Sequence[UploadedFile], comment: str = "", thread_ts: str | None = None
    ) -> None:
        """Post one message with `files`, under a `comment` as mrkdwn. `find_files` finds it by the ids of the files."""
        await self._write(
            "files.completeUploadExternal",
            channel_id=channel,
            files=[{"id": file.id, "title": fitted(file.name, LONGEST_NAME)} for file in files],
            initial_comment=comment or None,
            thread_ts=thread_ts,
        )


async def _chunks(content: IO[bytes]) -> AsyncIterator[bytes]:
    content.seek(0)
    while chunk := content.read(_CHUNK_BYTES):
        yield chunk
