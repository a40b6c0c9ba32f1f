"""The plainest Bolt app: it acknowledges `/devin` and stores nothing. What every Bolt bot costs at least.

`python -m bench.bare_bolt http PORT` or `python -m bench.bare_bolt socket`; SLACK_API_URL says where Slack is.
BARE_AT_ONCE=1 sets `process_before_response`: without it Bolt looks every ten milliseconds whether it may answer.
"""

import asyncio
import os
import sys

import uvicorn
import uvloop
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from bench.wire import APP_TOKEN, BOT_TOKEN, HOST, PATH, SIGNING_SECRET


def _client(token: str) -> AsyncWebClient:
    client = AsyncWebClient(token, os.environ["SLACK_API_URL"])
    client.proxy = None
    return client


def bolt(*, at_once: bool) -> AsyncApp:
    """An app without any listener; `at_once` sets `process_before_response`."""
    return AsyncApp(client=_client(BOT_TOKEN), signing_secret=SIGNING_SECRET, process_before_response=at_once)


async def serve_http(app: AsyncApp, port: int) -> None:
    """Take signed requests until stopped."""
    routes = [Route(PATH, AsyncSlackRequestHandler(app).handle, methods=["POST"])]
    config = uvicorn.Config(Starlette(routes=routes), host=HOST, port=port, access_log=False, log_level="warning")
    await uvicorn.Server(config).serve()


async def serve_socket(app: AsyncApp) -> None:
    """Take envelopes until stopped."""
    handler = AsyncSocketModeHandler(app, APP_TOKEN, web_client=_client(APP_TOKEN))
    await handler.connect_async()  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped
    await asyncio.Event().wait()


async def main(transport: str, port: int) -> None:
    app = bolt(at_once=os.environ.get("BARE_AT_ONCE") == "1")

    @app.command("/devin")
    async def devin(ack: AsyncAck) -> None:
        await ack()

    await (serve_socket(app) if transport == "socket" else serve_http(app, port))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
