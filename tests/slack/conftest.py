"""A small Slack on loopback that keeps what it was asked and answers as a test tells it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from bot.slack.client import Slack

TOKEN = "xoxb-very-secret"
Answer = dict[str, Any] | web.StreamResponse
Script = Callable[[dict[str, Any], web.Request], Awaitable[Answer]]

WHO = {"ok": True, "team_id": "T1", "user_id": "UBOT", "bot_id": "BBOT", "url": "https://acme.slack.com/"}


@dataclass
class FakeSlack:
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    scripts: dict[str, Script] = field(default_factory=dict)
    forever: asyncio.Event = field(default_factory=asyncio.Event)
    base_url: str = ""

    @property
    def origin(self) -> str:
        return self.base_url.removesuffix("/api/")

    def asked(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == method]

    def answers(self, method: str, *bodies: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """The bodies in turn, the last one for good."""
        left = list(bodies)

        async def script(arguments, request):
            body = left.pop(0) if len(left) > 1 else left[0]
            return web.json_response(body, headers=headers)

        self.scripts[method] = script

    def sends(self, method: str, **response: Any) -> None:
        """One response of any kind, again and again."""

        async def script(arguments, request):
            return web.Response(**response)

        self.scripts[method] = script

    def hangs(self, method: str) -> None:
        async def script(arguments, request):
            await self.forever.wait()
            return {"ok": True}

        self.scripts[method] = script

    def drops(self, method: str) -> None:
        """Take the request, then cut the connection instead of answering."""

        async def script(arguments, request):
            request.transport.abort()
            return {"ok": True}

        self.scripts[method] = script

    def cuts(self, method: str, content_type: str) -> None:
        """Begin an answer of a hundred bytes, then cut the connection."""

        async def script(arguments, request):
            headers = {"Content-Length": "100", "Content-Type": content_type}
            response = web.StreamResponse(headers=headers)
            await response.prepare(request)
            await response.write(b'{"ok": true, ')
            request.transport.close()
            return response

        self.scripts[method] = script

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await request.read()
        is_file = request.content_type == "application/octet-stream"
        sent = (
            {"content": body, "length": request.headers.get("Content-Length")} if is_file else json.loads(body or "{}")
        )
        arguments = {**request.query, **sent}
        self.calls.append((method, arguments))
        self.tokens.append(request.headers.get("Authorization"))
        script = self.scripts.get(method)
        answer = {"ok": True, "ts": "1700000001.000100"} if script is None else await script(arguments, request)
        return web.json_response(answer) if isinstance(answer, dict) else answer


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    slack = FakeSlack()
    slack.answers("auth.test", WHO, headers={"x-oauth-scopes": "chat:write, files:read,users:read"})
    app = web.Application()
    app.router.add_route("*", "/{area:api|hooks|files}/{method:.+}", slack.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    yield slack
    slack.forever.set()
    await runner.cleanup()


@pytest.fixture
async def slack(fake: FakeSlack) -> AsyncIterator[Slack]:
    async with Slack(TOKEN, base_url=fake.base_url) as client:
        yield client
