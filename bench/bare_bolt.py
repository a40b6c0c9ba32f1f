"""The plainest Bolt app: it acknowledges `/devin` and stores nothing. What every Bolt bot costs at least.

`python bare_bolt.py http PORT` or `python bare_bolt.py socket`; SLACK_API_URL says where Slack is.
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
from wire import APP_TOKEN, BOT_TOKEN, HOST, PATH, SIGNING_SECRET


def _client(token: str) -> AsyncWebClient:
    client = AsyncWebClient(token, os.environ["SLACK_API_URL"])
    client.proxy = None
    return client


def _bolt() -> AsyncApp:
    at_once = os.environ.get("BARE_AT_ONCE") == "1"
    app = AsyncApp(client=_client(BOT_TOKEN), signing_secret=SIGNING_SECRET, process_before_response=at_once)

    @app.command("/devin")
    async def devin(ack: AsyncAck) -> None:
        await ack()

    return app


async def _http(port: int) -> None:
    routes = [Route(PATH, AsyncSlackRequestHandler(_bolt()).handle, methods=["POST"])]
    config = uvicorn.Config(Starlette(routes=routes), host=HOST, port=port, access_log=False, log_level="warning")
    await uvicorn.Server(config).serve()


async def _socket() -> None:
    handler = AsyncSocketModeHandler(_bolt(), APP_TOKEN, web_client=_client(APP_TOKEN))
    await handler.connect_async()
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_socket() if sys.argv[1] == "socket" else _http(int(sys.argv[2])))
