"""A Devin that knows its document alone: it refuses what that does not allow, and answers as a test tells it."""

import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import web

from tests.devin.api_document import Operation, Request, operation_at

HOST: Final = "127.0.0.1"
LINK: Final = "/a-link-that-lives-a-minute"


class DocumentPeer:
    """Answers over HTTP on loopback. `faults` has what was asked that the document does not allow."""

    def __init__(self) -> None:
        self.address = ""
        self.faults: list[str] = []
        self._lines: dict[Operation, deque[Any]] = {}
        self._cursors: dict[Operation, str | None] = {}
        self._refusal: tuple[Operation, int, Any] | None = None

    def answer_with(self, answers: Mapping[Operation, Sequence[Any]]) -> None:
        """Answer each operation with these bodies, in turn, and forget what was before."""
        self._lines = {operation: deque(bodies) for operation, bodies in answers.items()}
        self._cursors, self._refusal, self.faults = {}, None, []

    def refuse(self, operation: Operation, status: int, problem: Any) -> None:
        """Refuse an operation from now on."""
        self._refusal = (operation, status, problem)

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        if request.path == LINK:
            return web.Response(body=b"what is in the file")
        operation = operation_at(request.method, request.raw_path)
        if operation is None:
            return self._fault(404, f"{request.method} {request.path} is not documented")
        faults = [*operation.faults(await _read(request)), *self._faults_of_cursor(operation, request)]
        if faults:
            return self._fault(422, f"{operation.method} {operation.path}: {'; '.join(faults)}")
        if self._refusal and self._refusal[0] == operation:
            return _json(*self._refusal[1:])
        return self._next(operation)

    def _next(self, operation: Operation) -> web.Response:
        if operation.statuses[0] == 307:
            return web.Response(status=307, headers={"Location": LINK})
        line = self._lines.get(operation)
        if not line:
            return self._fault(422, f"{operation.method} {operation.path} is asked too often")
        body = line.popleft()
        self._cursors[operation] = body.get("end_cursor") if isinstance(body, dict) else None
        return _json(200, body)

    def _faults_of_cursor(self, operation: Operation, request: web.BaseRequest) -> list[str]:
        """The second page is asked for with the cursor of the first, where there are cursors."""
        if operation not in self._cursors or "after" not in operation.parameters:
            return []
        expected, given = self._cursors[operation], request.query.get("after")
        return [] if given == expected else [f"after is {given!r} instead of {expected!r}"]

    def _fault(self, status: int, fault: str) -> web.Response:
        self.faults.append(fault)
        return _json(status, {"title": "Not as documented", "status": status, "detail": fault})


async def _read(request: web.BaseRequest) -> Request:
    if request.content_type == "multipart/form-data":
        body: Any = dict.fromkeys(await request.post(), "")
    else:
        text = await request.read()
        body = json.loads(text) if text else None
    return Request(request.method, request.raw_path, request.content_type, body)


def _json(status: int, body: Any) -> web.Response:
    return web.Response(status=status, text=json.dumps(body), content_type="application/json")


@asynccontextmanager
async def listening() -> AsyncIterator[DocumentPeer]:
    """Have a peer listen on any free port."""
    peer = DocumentPeer()
    runner = web.ServerRunner(web.Server(peer.handle), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    peer.address = f"http://{HOST}:{runner.addresses[0][1]}"
    try:
        yield peer
    finally:
        await runner.cleanup()
