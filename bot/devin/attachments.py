"""Files: those that go to Devin with a prompt or a message, and those of a session's conversation.

https://docs.devin.ai/api-reference/common-flows
"""

import re
from typing import IO, Final

from bot.devin.api import Api
from bot.devin.errors import DevinUnexpectedAnswer
from bot.devin.models import Attachment, SessionAttachment, SessionAttachments

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")  # not allowed in the header that names a file


class AttachmentsApi(Api):
    """The files of one organisation."""

    async def upload_attachment(self, name: str, content: IO[bytes], content_type: str) -> Attachment:
        """Upload all of `content`, in chunks, for a prompt or a message.

        Repeating it is harmless: a file nobody refers to is never read.
        """
        file, limit = (_CONTROLS.sub("_", name), content, content_type), self._transport.patience.upload
        return await self._request("POST", self._org("attachments"), Attachment, files={"file": file}, limit=limit)

    async def session_attachments(self, devin_id: str) -> tuple[SessionAttachment, ...]:
        """List the files of a session's conversation."""
        return (await self._of_session("GET", devin_id, "/attachments", SessionAttachments)).items

    async def save_attachment(self, uuid: str, name: str, into: IO[bytes], most: int) -> None:
        """Write a file of at most `most` bytes into `into`, in chunks; not tried again here if it fails."""
        if {uuid, name} & {"", ".", ".."}:
            raise DevinUnexpectedAnswer("The address of the file has no name in it.")
        await self._transport.save(self._org("attachments", uuid, name), into, most)
