"""Files that people attach to messages: their details and their content.

Slack serves a file to whoever has the token, so the token is sent to Slack's file host and nowhere else. Without the
scope `files:read` Slack answers 200 with a login page (https://docs.slack.dev/reference/objects/file-object).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any, Final

import aiohttp
from yarl import URL

from bot.domain.file import SlackFile
from bot.slack.block_text import objects, string
from bot.slack.errors import SlackError, error_from
from bot.slack.rendering import forwarded
from bot.timing import PRODUCTION, Timing

FILES_HOST: Final = "files.slack.com"
DOWNLOAD_LIMIT_BYTES: Final = 20_000_000
METHOD: Final = "files.download"  # not a method of Slack's, but a name for errors and metrics
GONE_FILES: Final = frozenset({"file_not_found", "file_deleted"})
_CHUNK_BYTES: Final = 65_536
_HTML: Final = "text/html"


class Reason(StrEnum):
    """Why the content of a file cannot be had."""

    HOST = "host"  # it is on another host, to which the token is not sent
    SIZE = "size"  # it is larger than the limit
    LOGIN = "login"  # the bot may not read it: it lacks the scope files:read, or is not in the channel
    GONE = "gone"  # deleted, expired, or hidden
    UNREACHABLE = "unreachable"  # no answer, or only a part of it; another try may work


class FileNotReadable(SlackError):  # noqa: N818 - named by what the caller can do
    """The content of a file cannot be had, for a `reason` that people can be shown."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(METHOD, f"file_{reason}", f"not readable ({reason})")
        self.reason = reason


def file_from(file: Mapping[str, Any]) -> SlackFile:
    """Make a SlackFile from a file object of an event, a message or files.info."""
    size = file.get("size")
    return SlackFile(
        id=file["id"],
        name=string(file.get("name")) or string(file.get("title")) or "file",
        mimetype=string(file.get("mimetype")),
        size=size if isinstance(size, int) else 0,
        url=string(file.get("url_private_download")) or string(file.get("url_private")),
        access=string(file.get("file_access")) or None,
    )


def files_of(message: Mapping[str, Any]) -> tuple[SlackFile, ...]:
    """Return the files of an event or message, its own ones first, then those of the messages that it forwards."""
    holders = (message, *forwarded(message))
    found = (file for holder in holders for file in objects(holder.get("files")) if string(file.get("id")))
    return tuple({file["id"]: file_from(file) for file in found}.values())


def is_slacks(url: str, host: str, base_url: str) -> bool:
    """Whether `url` is on Slack's `host`, or on the server of `base_url` if that is not Slack's own API.

    The parser of aiohttp decides, so it is certain that a request would go to that server.
    """
    try:
        asked, base = URL(url), URL(base_url)
    except ValueError:
        return False
    if asked.user is not None or asked.password is not None:
        return False
    own = base.host in {None, "slack.com"} or str(base.host).endswith(".slack.com")
    return _server(asked) == ("https", host, 443) or (not own and _server(asked) == _server(base))


def _server(url: URL) -> tuple[str, str | None, int | None]:
    return url.scheme, url.host, url.port


@dataclass(frozen=True, slots=True)
class Downloads:
    """Reads the content of files, over a session that the caller closes."""

    session: aiohttp.ClientSession
    token: str = field(repr=False)
    base_url: str
    proxy: str | None = None
    timing: Timing = PRODUCTION

    async def save(self, file: SlackFile, into: IO[bytes], limit: int) -> None:
        """Write the content of a file, of at most `limit` bytes, into `into`, or raise FileNotReadable."""
        self._check(file, limit)
        with suppress(aiohttp.ClientError, TimeoutError):
            await self._fetch(file, into, limit)
            return
        raise FileNotReadable(Reason.UNREACHABLE)  # without a cause, which would print the address

    def _check(self, file: SlackFile, limit: int) -> None:
        if not file.url:
            raise FileNotReadable(Reason.GONE)
        if not is_slacks(file.url, FILES_HOST, self.base_url):
            raise FileNotReadable(Reason.HOST)
        if file.size > limit:
            raise FileNotReadable(Reason.SIZE)

    async def _fetch(self, file: SlackFile, into: IO[bytes], limit: int) -> None:
        timeout = aiohttp.ClientTimeout(
            total=self.timing.download, connect=self.timing.download_connect, sock_read=self.timing.download_silence
        )
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.get(
            file.url, headers=headers, allow_redirects=False, proxy=self.proxy, timeout=timeout
        ) as answer:
            _check_answer(answer, file, self.timing)
            size = await _save(answer, into, limit)
        if answer.content_type == _HTML and size != file.size:
            raise FileNotReadable(Reason.LOGIN)  # the file is HTML too, but of another length than this page


def _check_answer(answer: aiohttp.ClientResponse, file: SlackFile, timing: Timing) -> None:
    if answer.status == 429:
        raise error_from(METHOD, answer.status, answer.headers, None, timing)
    if answer.status in {404, 410}:
        raise FileNotReadable(Reason.GONE)
    if answer.status in {401, 403} or 300 <= answer.status < 400:
        raise FileNotReadable(Reason.LOGIN)  # a redirect leads to the login page
    if answer.status != 200:
        raise FileNotReadable(Reason.UNREACHABLE)
    if answer.content_type == _HTML and file.mimetype != _HTML:
        raise FileNotReadable(Reason.LOGIN)


async def _save(answer: aiohttp.ClientResponse, into: IO[bytes], limit: int) -> int:
    """Write the body of `answer` into `into` in chunks, and return its size."""
    if (answer.content_length or 0) > limit:
        raise FileNotReadable(Reason.SIZE)
    size = 0
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        size += len(chunk)
        if size > limit:
            raise FileNotReadable(Reason.SIZE)
        into.write(chunk)
    return size
