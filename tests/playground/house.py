"""The page server as a browser meets it: real HTTP over real simulators, with a small bench of its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from bot.playground.devin import BOT_PERMISSIONS, LIBRARY_PERMISSIONS, DevinSimulator
from bot.playground.news import News
from bot.playground.page import BenchError, PageServer
from bot.playground.slack import SlackSimulator

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
OURS = {"X-Playground": "page"}
MANIFEST = {
    "display_information": {"name": "Devin Bridge"},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "agent_view": {"agent_description": "Works."},
        "slash_commands": [
            {
                "command": "/devin",
                "description": "Start a Devin session",
                "usage_hint": "<what to do> | list",
                "should_escape": True,
            }
        ],
        "shortcuts": [
            {"name": "Ask Devin", "type": "message", "callback_id": "ask", "description": "Starts a session"},
            {"name": "New session", "type": "global", "callback_id": "new", "description": "Asks what to do"},
        ],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "reactions:write", "users:read", "files:write"]}},
    "settings": {"interactivity": {"is_enabled": True}, "event_subscriptions": {"bot_events": []}},
}
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) <javascript:alert(1)|x>"


class FakeBench:
    """A bench that remembers what it was asked to do."""

    def __init__(self) -> None:
        self.done = []
        self.news = News()
        self.broken = False
        self.pages = 0

    async def do(self, act, order):
        if act == "kill" and "kill" in self.done:
            raise BenchError("The bot is not running.")
        self.done.append(act)
        return f"Done: {act} {order}."

    def bot(self):
        if self.broken:
            raise RuntimeError("the bench broke")
        return {"state": "running", "pid": 7, "port": 1, "starts": 1, "said": None}

    def clock(self):
        return {"now": 1.0, "ahead": 0, "digest_at": 2.0, "billing_day_ends": 3.0, "timezone": "UTC"}

    def counters(self):
        return {"saved": len(self.done)}

    def example(self):
        return {"state": "none"}

    def speed(self):
        return 2.0

    def opened(self):
        self.pages += 1

    def changes(self):
        return self.news


@dataclass
class House:
    """Everything that runs, and a browser that is on the page."""

    slack: SlackSimulator
    devin: DevinSimulator
    bench: FakeBench
    server: PageServer
    browser: httpx.AsyncClient
    outside: httpx.AsyncClient = field(repr=False)

    async def get(self, path, **query):
        response = await self.browser.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def refused(self, path, **query):
        response = await self.browser.get(path, params=query)
        return response.status_code, response.json()["error"]

    async def post(self, path, /, **order):
        response = await self.browser.post(path, json=order, headers=OURS)
        return response.status_code, response.json()

    async def do(self, act, /, **order):
        status, answer = await self.post(f"/api/slack/{act}", **order)
        assert status == 200, answer
        return answer

    async def say(self, text, user="U0ANN", channel="C0WEB", **more):
        return (await self.do("say", user=user, channel=channel, text=text, **more))["ts"]

    async def by_bot(self, method, /, **arguments):
        """A call of the bot to the simulated Slack."""
        headers = {"Authorization": f"Bearer {self.slack.bot_token}"}
        response = await self.outside.post(self.slack.base_url + method, json=arguments, headers=headers)
        answer = response.json()
        assert answer["ok"], answer
        return answer

    async def to_devin(self, method, path, **body):
        """A call of the bot to the simulated Devin."""
        url = f"{self.devin.base_url}/v3/organizations/org-play{path}"
        headers = {"Authorization": "Bearer cog_play"}
        response = await self.outside.request(method, url, json=body or None, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    async def trigger(self, user="U0ANN"):
        """What a person's command gives the bot to open a modal with, although no bot is there to hear it."""
        return (await self.do("slash", user=user, channel="C0WEB", text="x"))["trigger_id"]

    @asynccontextmanager
    async def listening(self, after=None, **headers):
        position = (await self.get("/api/workspace"))["position"] if after is None else after
        async with self.browser.stream("GET", "/events", params={"after": position}, headers=headers) as response:
            assert response.status_code == 200
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            yield Listener(response.aiter_lines())


class Listener:
    """An EventSource."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def line(self):
        async with asyncio.timeout(10):
            return await anext(self._lines)

    async def event(self):
        """The next event, whose id is its position."""
        got = {}
        while line := await self.line():
            name, _, value = line.partition(": ")
            got[name] = value
        if "data" not in got:
            return await self.event()
        data = json.loads(got["data"])
        assert got["event"] == "changes"
        assert got["id"] == str(data["position"])
        return data

    async def until(self, name):
        """The first event that has something."""
        while name not in (event := await self.event()):
            pass
        return event


@asynccontextmanager
async def opened(**arguments):
    permissions = BOT_PERMISSIONS | LIBRARY_PERMISSIONS
    bench = FakeBench()
    async with (
        SlackSimulator(manifest=MANIFEST, limits=False) as slack,
        DevinSimulator(permissions=permissions) as devin,
        PageServer(slack, devin, bench, **{"port": 0, **arguments}) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as browser,
        httpx.AsyncClient(trust_env=False, timeout=20) as outside,
    ):
        yield House(slack, devin, bench, server, browser, outside)


def section(text, **more):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(label, action_id, **more):
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": label}, **more}


def view(kind="modal", title="Start Devin"):
    return {"type": kind, "title": {"type": "plain_text", "text": title}, "blocks": [section(title)]}
