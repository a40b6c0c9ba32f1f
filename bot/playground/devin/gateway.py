"""The way of a call: noted, met by faults, authorised, answered. Handlers are plain functions behind it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.playground import orders
from bot.playground.crosssite import refusal
from bot.playground.devin.api import ROUTES
from bot.playground.devin.faults import STATUSES, Fault, Faults
from bot.playground.devin.filters import bare
from bot.playground.devin.journal import Entry
from bot.playground.devin.life import fall_asleep
from bot.playground.devin.permissions import allows
from bot.playground.devin.problems import ProblemError, forbidden
from bot.playground.devin.route import Body, Call, Route, Upload
from bot.playground.devin.state import World
from bot.playground.gone import end_with_client

MAX_BODY: Final = 256 * 1024 * 1024
HIDDEN: Final = "…"
_Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _DropError(Exception):
    """The connection goes away without an answer."""


class Gateway:
    """All routes of the API over one world and its faults."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self.date_ahead = 0.0  # how far the clock of its servers is ahead, as their answers say

    def application(self) -> web.Application:
        """The aiohttp application, for the control API to be added to."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[end_with_client, own_requests_only, self._unknown])
        app.on_response_prepare.append(self._date)
        app.add_routes([web.route(route.method, route.path, self._endpoint(route)) for route in ROUTES])
        return app

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(self._world.wall() + self.date_ahead, usegmt=True)

    def _endpoint(self, route: Route) -> _Endpoint:
        async def endpoint(request: web.Request) -> web.StreamResponse:
            return await self._serve(route, request)

        return endpoint

    @web.middleware
    async def _unknown(self, request: web.Request, handler: _Endpoint) -> web.StreamResponse:
        try:
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
            entry = self._world.journal.arrive(_entry(self._world, "unknown", request, None))
            self._finish(entry, "answered", error.status)
            return self._refusal(request, ProblemError(error.status, str(error.reason)))

    async def _serve(self, route: Route, request: web.Request) -> web.StreamResponse:
        body = await _read(request)
        entry = self._world.journal.arrive(_entry(self._world, route.name, request, _told(route, body)))
        call = Call(self._world, dict(request.match_info), request.query, body)
        try:
            response = await self._through_faults(route, request, call, entry)
        except _DropError:
            self._finish(entry, "dropped", None)
            return _abort(request)
        self._finish(entry, "answered", response.status)
        return response

    def _finish(self, entry: Entry, state: str, status: int | None) -> None:
        entry.state, entry.status = state, status
        self._world.journal.changed(entry.change)

    async def _through_faults(self, route: Route, request: web.Request, call: Call, entry: Entry) -> web.StreamResponse:
        fault = self._faults.take(route.name, entry)
        if fault is None:
            return await self._answer(route, request, call, entry)
        entry.fault = fault.kind
        response = await self._answer(route, request, call, entry) if fault.commit == "before" else None
        await self._suffer(fault, entry)
        if fault.commit == "after":
            response = await self._answer(route, request, call, entry)
        return self._outcome(fault, request, response)

    async def _suffer(self, fault: Fault, entry: Entry) -> None:
        if fault.kind in {"hang", "slow"}:
            entry.state = "held"
            self._world.journal.changed(entry.change)
        if fault.kind == "hang":
            await fault.hold()
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds or 0)

    def _outcome(self, fault: Fault, request: web.Request, response: web.StreamResponse | None) -> web.StreamResponse:
        if fault.kind in STATUSES:
            refusal = self._refusal(request, ProblemError(int(fault.kind), fault.detail or STATUSES[fault.kind]))
            if fault.retry_after is not None:
                refusal.headers["Retry-After"] = str(fault.retry_after)
            return refusal
        if response is None or fault.kind == "commit_then_drop":
            raise _DropError
        if fault.kind == "odd" and isinstance(response, web.Response) and response.status == 200:
            assert isinstance(response.body, bytes)  # as it is given by the handlers
            response.body = fault.odd(response.body)
        return response

    async def _answer(self, route: Route, request: web.Request, call: Call, entry: Entry) -> web.StreamResponse:
        try:
            self._authorise(route, request, call)
            _check_form(call)
            fall_asleep(self._world)
            answer = route.handler(call)
        except ProblemError as problem:
            return self._refusal(request, problem)
        if route.name == "create_session" and isinstance(answer, bytes):
            entry.session_id = bare(json.loads(answer)["session_id"])
        if route.name == "create_session" and self._world.switches.slow_create:
            await asyncio.sleep(self._world.switches.slow_create)
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.Response(body=answer, content_type="application/json")

    def _authorise(self, route: Route, request: web.Request, call: Call) -> None:
        world = self._world
        kind, _, key = request.headers.get("Authorization", "").partition(" ")
        good = kind.lower() == "bearer" and key.startswith("cog_") and key == world.api_key
        if not good or world.switches.key_revoked:
            raise ProblemError(401, "Invalid or expired API key")
        if "org_id" in call.path:
            world.organization(call.org_id)
        if not allows(world.permissions, route.permission):
            raise forbidden(route.permission)

    def _refusal(self, request: web.Request, problem: ProblemError) -> web.Response:
        legacy = self._world.switches.legacy_errors
        return web.Response(
            status=problem.status,
            body=problem.body(request.path, legacy=legacy),
            content_type="application/json" if legacy else "application/problem+json",
        )


@web.middleware
async def own_requests_only(request: web.Request, handler: _Endpoint) -> web.StreamResponse:
    """No page of another site may act here with the browser of whoever tries the bot."""
    sentence = refusal(request.headers)
    return await handler(request) if sentence is None else web.json_response({"detail": sentence}, status=403)


async def _read(request: web.Request) -> Body:
    if request.content_type != "multipart/form-data":
        return Body(await request.read())
    try:
        form = await request.post()
    except (ValueError, RuntimeError, HttpProcessingError):  # how aiohttp says that it cannot read a form
        return Body(malformed=True)
    file = form.get("file")
    if not isinstance(file, web.FileField):
        return Body()
    # aiohttp keeps bytes that are no UTF-8 as half signs, which no answer could tell again.
    name = file.filename.encode(errors="replace").decode()
    return Body(upload=Upload(name, file.file.read(), file.content_type))


def _check_form(call: Call) -> None:
    if call.sent.malformed:
        raise ProblemError(400, "There was an error parsing the body")


def _told(route: Route, body: Body) -> Any:
    if body.upload is not None:
        return {"file": body.upload.name, "bytes": len(body.upload.content)}
    if not body.raw:
        return None
    try:
        told = orders.parsed(body.raw)
        # The log is shown on the page: a secret of somebody who tries the playground has no place there.
        return told | {"value": HIDDEN} if route.name == "create_secret" and isinstance(told, dict) else told
    except orders.OrderError:
        return body.raw.decode(errors="replace")


def _entry(world: World, route: str, request: web.Request, body: Any) -> Entry:
    query = [[name, value] for name, value in request.query.items()]
    session_id = request.match_info.get("devin_id")
    entry = Entry(0, world.now(), route, request.method, request.path, query, body)
    entry.session_id = bare(session_id) if session_id else None
    return entry


def _abort(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
