"""The page server: Starlette over the two simulators, run by uvicorn in this process, on loopback."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn, Self

import uvicorn
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.playground.devin.server import DevinSimulator
from bot.playground.options import PAGE_PORT
from bot.playground.page import answers, files, transcript
from bot.playground.page.acts import Acts, Bench
from bot.playground.page.answers import Answer, needed, number
from bot.playground.page.feed import Feed
from bot.playground.page.guard import Guard
from bot.playground.page.reading import Reading
from bot.playground.ports import HOST, listen, port_of
from bot.playground.slack.server import SlackSimulator
from bot.playground.trouble import TroubleError

HOME: Final = Path(__file__).parent  # of templates/ and static/
PAGE: Final = 60  # messages
LARGEST_PAGE: Final = 500
LARGEST_POSITION: Final = 2**53 - 1
TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}

ENDED: Final = "The page's server failed to start on port {port} ({reason})."


class Pages:
    """The routes that read."""

    def __init__(self, reading: Reading, feed: Feed, bench: Bench, home: Path) -> None:
        self._reading = reading
        self._feed = feed
        self._bench = bench
        self._templates = Environment(loader=FileSystemLoader(home / "templates"), autoescape=True)
        self._static = home / "static"

    async def page(self, _: Request) -> Response:
        """GET /."""
        template = self._templates.get_template("page.html")
        return HTMLResponse(template.render(app=self._reading.slack.app.name))

    async def static(self, request: Request) -> Response:
        """GET /static/<file>: one of those in the folder, and nothing above or below it."""
        file = self._static / request.path_params["name"]
        if file.suffix not in TYPES:
            raise HTTPException(404)
        try:
            return Response(file.read_bytes(), media_type=TYPES[file.suffix])
        except (OSError, ValueError) as error:  # there is none, or there can be none of such a name
            raise HTTPException(404) from error

    async def icon(self, _: Request) -> Response:
        """GET /favicon.ico: none; an error would stand in the browser's console."""
        return Response(status_code=204)

    async def workspace(self, _: Request) -> Response:
        """GET /api/workspace."""
        bench = self._bench
        told = {"bot": bench.bot(), "clock": bench.clock(), "example": bench.example(), "speed": bench.speed()}
        now = {"run": self._feed.run, "position": self._feed.position, "counters": bench.counters()}
        return Answer(self._reading.workspace() | told | now)

    async def messages(self, request: Request) -> Response:
        """GET /api/messages."""
        query, limit = request.query_params, number(request.query_params, "limit", PAGE, 1, LARGEST_PAGE)
        found = self._reading.messages(needed(query, "channel"), needed(query, "user"), query.get("before", ""), limit)
        return Answer(found)

    async def thread(self, request: Request) -> Response:
        """GET /api/thread."""
        query = request.query_params
        return Answer(self._reading.thread(needed(query, "channel"), needed(query, "ts"), needed(query, "user")))

    async def views(self, request: Request) -> Response:
        """GET /api/views."""
        return Answer(self._reading.views(needed(request.query_params, "user")))

    async def sessions(self, _: Request) -> Response:
        """GET /api/sessions."""
        return Answer(self._reading.sessions())

    async def session(self, request: Request) -> Response:
        """GET /api/sessions/<id>."""
        return Answer(self._reading.session(request.path_params["id"]))

    async def calls(self, _: Request) -> Response:
        """GET /api/calls."""
        return Answer(self._reading.calls())

    async def file(self, request: Request) -> Response:
        """GET /api/files/<id>."""
        return files.download(self._reading.slack, request.path_params["id"])

    async def transcript(self, request: Request) -> Response:
        """GET /api/transcript."""
        query = request.query_params
        text = transcript.written(self._reading, needed(query, "channel"), needed(query, "user"), query.get("ts", ""))
        return Response(text, media_type="text/markdown")

    async def events(self, request: Request) -> Response:
        """GET /events: from where a lost connection was, from `after`, or from now."""
        self._bench.opened()
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        return StreamingResponse(self._feed.stream(self._position(last)), media_type="text/event-stream")

    async def changes(self, request: Request) -> Response:
        """GET /api/changes: at once what a tab has missed since `after`."""
        _, event = self._feed.changes(self._position(request.query_params.get("after", "")))
        return Response(event, media_type="application/json")

    def _position(self, after: str) -> int:
        return number({"after": after}, "after", self._feed.position, 0, LARGEST_POSITION)


def page(slack: SlackSimulator, devin: DevinSimulator, bench: Bench, feed: Feed, home: Path = HOME) -> Guard:
    """Everything the page asks for, behind its guard."""
    pages, acts = Pages(Reading(slack.state, devin.world), feed, bench, home), Acts(slack, devin, bench)
    routes = [
        Route("/", pages.page),
        Route("/favicon.ico", pages.icon),
        Route("/static/{name}", pages.static),
        Route("/api/workspace", pages.workspace),
        Route("/api/messages", pages.messages),
        Route("/api/thread", pages.thread),
        Route("/api/views", pages.views),
        Route("/api/sessions", pages.sessions),
        Route("/api/sessions/{id}", pages.session),
        Route("/api/calls", pages.calls),
        Route("/api/files/{id}", pages.file),
        Route("/api/transcript", pages.transcript),
        Route("/events", pages.events),
        Route("/api/changes", pages.changes),
        Route("/api/slack/{act}", acts.in_slack, methods=["POST"]),
        Route("/api/devin/{id}/{verb}", acts.behind_devin, methods=["POST"]),
        Route("/api/bench/{act}", acts.at_the_bench, methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes, exception_handlers={HTTPException: answers.told, Exception: answers.broken}))


class PageServer:
    """The page on loopback. A port that is in use makes way for the next free one; 0 is any."""

    def __init__(
        self, slack: SlackSimulator, devin: DevinSimulator, bench: Bench, port: int = PAGE_PORT, home: Path = HOME
    ) -> None:
        self.port = port
        self._feed = Feed(slack.state, devin.world, bench)
        self._app = page(slack, devin, bench, self._feed, home)
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.port}/"

    async def start(self) -> None:
        """Listen. Raises TroubleError with a sentence."""
        listening = listen(self.port)
        self.port = port_of(listening)
        self._feed.open()
        self._server = _Server(
            uvicorn.Config(
                self._app, log_config=None, access_log=False, server_header=False, lifespan="off",
                ws="none", proxy_headers=False, timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]), name="page")
        while not self._server.started and not self._task.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        if not self._server.started:
            listening.close()
            await self._give_up(self._task)

    async def _give_up(self, ended: "asyncio.Task[None]") -> NoReturn:
        self._feed.close()
        self._server = self._task = None
        try:
            await ended
        except Exception as error:
            raise TroubleError(ENDED.format(port=self.port, reason=error)) from error
        raise TroubleError(ENDED.format(port=self.port, reason="no reason given"))

    async def stop(self) -> None:
        """End the streams and the acts, then everything else; a second time there is nothing left to end."""
        if self._server is None or self._task is None:
            return
        self._feed.close()
        self._app.end()
        self._server.should_exit = True
        self._server = None
        await self._task

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the playground decides the order of a stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield
