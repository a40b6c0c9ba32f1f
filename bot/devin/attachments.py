"""Files: those that go to Devin with a prompt or a message, and those of a session's conversation.

https://docs.devin.ai/api-reference/common-flows
"""

import re

import httpx

from bot.devin.api import Api
from bot.devin.errors import DevinUnexpectedAnswer
from bot.devin.models import Attachment, SessionAttachment, SessionAttachments


class AttachmentsApi(Api):
    """The files of one organisation."""

    async def upload_attachment(self, name: str, content: bytes, content_type: str) -> Attachment:
        """Upload a file for a prompt or a message. Repeating it is harmless: a file nobody refers to is never read."""
        file, limit = (name, content, content_type), self._transport.patience.upload
        return await self._request("POST", self._org("attachments"), Attachment, files={"file": file}, limit=limit)

    async def session_attachments(self, devin_id: str) -> tuple[SessionAttachment, ...]:
        """List the files of a session's conversation."""
        return (await self._of_session("GET", devin_id, "/attachments", SessionAttachments)).items

    async def download_attachment(self, url: str) -> bytes:
        """Read a file by the `url` of an attachment, or by `uuid/name`. The host that is asked is always our own."""
        path = self._org("attachments", *_file_address(url))
        answer = await self._answer("GET", path, limit=self._transport.patience.upload)
        if not answer.is_redirect:
            return answer.content
        link = answer.url.join(answer.headers["Location"])
        if link.scheme not in {"https", answer.url.scheme}:
            raise DevinUnexpectedAnswer("The link to the file is not a safe one.", method="GET", path=path)
        return await self._transport.fetch(link)


def _file_address(url: str) -> tuple[str, str]:
    found = re.search(r"([^/]+)/([^/]+)$", httpx.URL(url).path)
    if found is None:
        raise DevinUnexpectedAnswer("The address of the file has no name in it.")
    return found.group(1), found.group(2)
