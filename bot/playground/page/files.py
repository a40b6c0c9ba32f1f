"""The files that people and the bot share, so that a browser shows pictures and runs nothing."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from bot.playground.page.answers import not_there
from bot.playground.slack.state import SharedFile, Slack

PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
POLICY: Final = "sandbox; default-src 'none'"
PIECE: Final = 65_536


def download(slack: Slack, file_id: str) -> Response:
    """A picture to be shown, anything else to be saved."""
    file = slack.files.get(file_id)
    if file is None:
        raise not_there("There's no such file.")
    if file.redirect:
        raise not_there(f"{file.name} isn't stored in Slack: it only links to another site.")
    headers = _headers(file)
    if file.content is not None:
        return Response(file.content, headers=headers)
    return StreamingResponse(_zeros(file.size), headers=headers | {"Content-Length": str(file.size)})


def _headers(file: SharedFile) -> dict[str, str]:
    kind = file.mimetype.partition(";")[0].strip().lower()
    place, kind = ("inline", kind) if kind in PICTURES else ("attachment", "application/octet-stream")
    return {
        "Content-Type": kind,
        "Content-Disposition": f"{place}; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Security-Policy": POLICY,
    }


def _zeros(size: int) -> Iterator[bytes]:
    for start in range(0, size, PIECE):
        yield bytes(min(PIECE, size - start))
