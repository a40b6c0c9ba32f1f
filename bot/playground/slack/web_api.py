"""The Web API's front: arguments, token, scopes, limits, faults, and a log line for every call."""

import time
from typing import Any, Final

from aiohttp import web

from bot.playground.slack.arguments import Args, read_arguments
from bot.playground.slack.directory import api_test, auth_test_app
from bot.playground.slack.errors import SlackError
from bot.playground.slack.faults import strike
from bot.playground.slack.methods import METHODS
from bot.playground.slack.socket_mode import SocketMode
from bot.playground.slack.state import Call
from bot.playground.slack.workspace import Workspace

Json = dict[str, Any]

APP_SCOPES: Final = "connections:write"
APP_METHODS: Final = frozenset({"apps.connections.open", "auth.test"})


class WebApi:
    """Answers `/api/<method>`."""

    def __init__(self, workspace: Workspace, sockets: SocketMode, bot_token: str, app_token: str) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._bot_token = bot_token
        self._app_token = app_token

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call, logged whatever becomes of it."""
        slack, started = self._workspace.slack, time.perf_counter()
        call = Call(slack.number(), request.match_info["method"], slack.clock.wall())
        slack.calls.append(call)
        slack.news.tell(call.change)
        try:
            return await self._faulty(request, call)
        finally:
            call.ms, call.done = round((time.perf_counter() - started) * 1e3, 3), True
            slack.news.tell(call.change)

    async def _faulty(self, request: web.Request, call: Call) -> web.StreamResponse:
        try:
            values = await read_arguments(request)
        except SlackError as error:
            return _respond(call, error.answer(), error.status)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or values.get("token", "")
        call.args = {name: value for name, value in values.items() if name != "token"}
        fault = self._workspace.slack.faults.take(call.method, call.args)
        if fault is None:
            return self._answer(call, token)
        call.fault = fault.kind
        self._workspace.slack.news.tell(call.change)  # who waits for a call that hangs sees it arrive
        response = await strike(fault, request, lambda: self._answer(call, token))
        call.status = response.status if response else 0
        return response or web.Response()

    def _answer(self, call: Call, token: str) -> web.Response:
        headers = {"x-slack-req-id": str(call.n), **self._scope_headers(token)}
        try:
            return _respond(call, {"ok": True, **self._run(call, token)}, 200, headers)
        except SlackError as error:
            return _respond(call, error.answer(), error.status, headers | error.headers)

    def _scope_headers(self, token: str) -> dict[str, str]:
        provided = {self._bot_token: self._workspace.slack.app.provided, self._app_token: APP_SCOPES}.get(token)
        return {} if provided is None else {"x-oauth-scopes": provided}

    def _run(self, call: Call, token: str) -> Json:
        slack, args = self._workspace.slack, Args(call.args)
        if call.method == "api.test":
            return api_test(self._workspace, args)
        if call.method not in METHODS and call.method != "apps.connections.open":
            raise SlackError("unknown_method", req_method=call.method)
        if not token:
            raise SlackError("not_authed")
        if token == self._app_token:
            return self._run_for_app(call.method, args)
        if token != self._bot_token:
            raise SlackError("invalid_auth")
        if call.method == "apps.connections.open":
            raise SlackError("not_allowed_token_type")
        method = METHODS[call.method]
        slack.limits.call(call.method, method.tier)
        slack.app.need(*method.scopes)
        return method.run(self._workspace, args)

    def _run_for_app(self, method: str, args: Args) -> Json:
        if method not in APP_METHODS:
            raise SlackError("not_allowed_token_type")
        if method == "auth.test":
            return auth_test_app(self._workspace, args)
        return {"url": self._sockets.ticket()}


def _respond(call: Call, answer: Json, status: int, headers: dict[str, str] | None = None) -> web.Response:
    call.status, call.answer = status, answer
    return web.json_response(answer, status=status, headers=headers)
