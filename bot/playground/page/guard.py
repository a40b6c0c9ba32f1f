"""What stands before every answer of the page server: who may ask, how a POST must look, what a browser may do."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.playground.crosssite import refusal
from bot.playground.page.answers import refused

LARGEST_BODY: Final = 16 * 1024 * 1024
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

NOT_OURS: Final = "A POST from the page needs the header X-Playground: page."
NOT_JSON: Final = "A POST from the page needs JSON (Content-Type: application/json)."
NO_LENGTH: Final = "A POST from the page needs its length (Content-Length)."
STOPPING: Final = "The playground is stopping."
TOO_LARGE: Final = "This is larger than 16 MB, the most the playground accepts at once."


class Guard:
    """Refuses what did not come from the page itself, and gives every answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http", "neither sockets nor a lifespan are served"
        guarded = _Guarded(send)
        no = _unfit(scope["method"], scope["path"], Headers(scope=scope))
        if no is not None:
            await refused(*no)(scope, receive, guarded)
            return
        if scope["method"] != "POST":
            await self._app(scope, receive, guarded)
            return
        await self._act(scope, receive, guarded)

    def end(self) -> None:
        """Give up every act that is still under way."""
        for task in self._under_way:
            task.cancel()

    async def _act(self, scope: Scope, receive: Receive, guarded: "_Guarded") -> None:
        task = asyncio.current_task()
        assert task is not None, "uvicorn answers each request in a task"
        self._under_way.add(task)
        try:
            await self._app(scope, receive, guarded)
        except asyncio.CancelledError:
            # uvicorn, which would cancel it a second later, prints a traceback of that.
            await refused(STOPPING, 503)(scope, receive, guarded)
        except ClientDisconnect:
            pass  # nobody is there to be answered
        finally:
            self._under_way.discard(task)


class _Guarded:
    """Sends an answer with the headers it lacks."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _unfit(method: str, path: str, headers: Headers) -> tuple[str, int] | None:
    """Sentence and status of a refusal; None when the request may be answered."""
    visit = method == "GET" and path == "/" and headers.get("sec-fetch-dest") == "document"  # not in a frame
    elsewhere = refusal(headers, visit=visit)
    if elsewhere is not None:
        return elsewhere, 403
    if method in {"GET", "HEAD"}:
        return None
    # Another site's page can send neither without asking first, and that is not allowed to it.
    if headers.get("x-playground") != "page":
        return NOT_OURS, 403
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return NOT_JSON, 415
    length = headers.get("content-length", "")
    if not length.isdigit():
        return NO_LENGTH, 411
    return (TOO_LARGE, 413) if int(length) > LARGEST_BODY else None
