"""What Slack sends and answers, as far as a measurement needs it: signed slash commands, envelopes, a Web API.

`python wire.py PORT SOCKET_PORT` serves the Web API alone; `apps.connections.open` then names the socket's port.
"""

import hmac
import itertools
import json
import sys
import time
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

HOST: Final = "127.0.0.1"
PATH: Final = "/slack/events"
SIGNING_SECRET: Final = "bench-signing-secret"
BOT_TOKEN, APP_TOKEN = "xoxb-bench", "xapp-bench"
TEAM, APP, BOT_USER, BOT_ID = "T0BENCH", "A0BENCH", "U0BOT", "B0BOT"
ORG = "org-play"
PEOPLE: Final = 500
CHANNELS: Final = 200  # the card of each command is a post, and a channel takes one a second

_numbers = itertools.count(1)


def command(slack_url: str) -> dict[str, str]:
    """One slash command: its own trigger and text, the next person, the next channel."""
    n = next(_numbers)
    return {
        "team_id": TEAM,
        "team_domain": "bench",
        "channel_id": f"C0{n % CHANNELS:04d}",
        "channel_name": "general",
        "user_id": f"U0{n % PEOPLE:04d}",
        "user_name": "ann",
        "command": "/devin",
        "text": f"fix the flaky login test {n}",
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": f"{slack_url}/commands/{TEAM}/{n}/answer",
        "trigger_id": f"{n}.{time.time_ns()}.bench",
    }


def signed(body: bytes) -> dict[str, str]:
    """The headers that Slack signs a body with."""
    now = str(int(time.time()))
    signature = hmac.digest(SIGNING_SECRET.encode(), b"v0:" + now.encode() + b":" + body, "sha256").hex()
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={signature}"}


def request(slack_url: str, port: int) -> bytes:
    """The command as a signed HTTP request."""
    body = urlencode(command(slack_url)).encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed(body).items())
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n{headers}"
        "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\nAccept: */*\r\n\r\n"
    )
    return head.encode() + body


def message(channel: str, thread_ts: str) -> dict[str, Any]:
    """What somebody has just written in a thread, as the Events API sends it."""
    n = next(_numbers)
    ts = f"{time.time():.6f}"
    event = {
        "type": "message",
        "channel": channel,
        "channel_type": "channel",
        "user": f"U0{n % PEOPLE:04d}",
        "text": f"reply {n}",
        "ts": ts,
        "event_ts": ts,
        "thread_ts": thread_ts,
        "team": TEAM,
    }
    return {
        "type": "event_callback",
        "team_id": TEAM,
        "api_app_id": APP,
        "event_id": f"Ev{n}",
        "event": event,
        "event_time": int(float(ts)),
        "is_ext_shared_channel": False,
    }


def envelope(slack_url: str) -> tuple[str, str]:
    """The command as a Socket Mode envelope: its id and its text."""
    n = next(_numbers)
    name = f"{n:08x}-0000-4000-8000-{n:012x}"
    whole = {
        "envelope_id": name,
        "payload": command(slack_url),
        "type": "slash_commands",
        "accepts_response_payload": True,
    }
    return name, json.dumps(whole, separators=(",", ":"))


class WebApi:
    """Answers the calls a bot makes, with plausible bodies and no state."""

    def __init__(self, url: str, socket_url: str) -> None:
        self._url = url
        self._socket_url = socket_url

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.route("*", "/api/{method}", self._api), web.post("/commands/{rest:.*}", self._answered)])
        return app

    async def _api(self, asked: web.Request) -> web.Response:
        told = dict(asked.query)
        if asked.content_type == "application/json":
            told |= await asked.json()
        body = {"ok": True} | self._body(asked.match_info["method"], told)
        return web.json_response(body, headers={"x-oauth-scopes": "commands"})

    async def _answered(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    def _body(self, method: str, told: dict[str, Any]) -> dict[str, Any]:
        channel, user = told.get("channel", ""), told.get("user", "")
        ts = told.get("ts") or f"{int(time.time())}.{next(_numbers) % 1_000_000:06d}"
        bodies: dict[str, dict[str, Any]] = {
            "auth.test": {"url": f"{self._url}/", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT_ID},
            "apps.connections.open": {"url": self._socket_url},
            "users.info": {"user": {"id": user, "name": "ann", "team_id": TEAM, "profile": {"real_name": "Ann"}}},
            "conversations.info": {"channel": {"id": channel, "name": "general", "is_member": True}},
            "conversations.replies": {"messages": [], "has_more": False},
            "chat.postMessage": {"channel": channel, "ts": ts, "message": {"ts": ts}},
            "chat.update": {"channel": channel, "ts": ts},
        }
        return bodies.get(method, {})


if __name__ == "__main__":
    port, socket_port = int(sys.argv[1]), int(sys.argv[2])
    slack = WebApi(f"http://{HOST}:{port}", f"ws://{HOST}:{socket_port}/link")
    web.run_app(slack.application(), host=HOST, port=port, access_log=None, print=None)
