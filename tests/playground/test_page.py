"""The page server as a browser meets it: real HTTP over real simulators, with a small bench of its own."""

import asyncio
import base64
import json
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from bot.playground.devin import BOT_PERMISSIONS, LIBRARY_PERMISSIONS, DevinSimulator
from bot.playground.news import Change, News
from bot.playground.page import BenchError, PageServer, PortError, feed
from bot.playground.page.server import HOME, TYPES
from bot.playground.slack import SlackSimulator

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
OURS = {"X-Playground": "page"}
ELSEWHERE = (
    "This request came from another page, and only the server's own page may ask. "
    "Type its address into the browser instead of following a link."
)
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

    def speed(self):
        return 2.0

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


@pytest.fixture
async def house():
    """The page on a free port."""
    async with opened() as made:
        yield made


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


# ---------------------------------------------------------------- the page itself


async def test_the_page_and_its_parts_come_with_headers_that_let_nothing_else_in(house):
    answer = await house.browser.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<script type="module" src="/static/page.js"></script>' in answer.text
    for path in ("/", "/static/page.js", "/static/nothing.js", "/api/workspace", "/api/messages", "/favicon.ico"):
        headers = (await house.browser.get(path)).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    assert (await house.browser.get("/favicon.ico")).status_code == 204


async def test_the_template_is_told_the_names_and_escapes_them(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/page.html").write_text("<title>{{ app }} in {{ team }} {{ '<b>' }}</title>")
    async with opened(home=tmp_path) as house:
        assert (await house.browser.get("/")).text == "<title>Devin Bridge in Play &lt;b&gt;</title>"


async def test_static_files_have_their_type_and_nothing_else_of_the_disk_is_served(tmp_path):
    static = tmp_path / "static"
    static.mkdir()
    (tmp_path / "secret.js").write_text("1")
    for name in ("a.js", "a.css", "a.svg", "a.png", "a.py"):
        (static / name).write_text("x")
    async with opened(home=tmp_path) as house:
        types = {
            name: (await house.browser.get(f"/static/{name}")).headers["content-type"]
            for name in ("a.js", "a.css", "a.svg", "a.png")
        }
        assert types == {
            "a.js": "text/javascript; charset=utf-8",
            "a.css": "text/css; charset=utf-8",
            "a.svg": "image/svg+xml",
            "a.png": "image/png",
        }
        for path in ("/static/a.py", "/static/..%2fsecret.js", "/static/%2e%2e/secret.js", "/static/", "/secret.js"):
            assert (await house.browser.get(path)).status_code == 404
        assert await house.refused("/static/b.js") == (404, "There is nothing at /static/b.js.")


def test_every_static_file_of_the_page_is_of_a_known_type():
    assert {path.suffix for path in (HOME / "static").iterdir() if path.is_file()} <= set(TYPES)


async def test_a_broken_server_says_so_in_a_sentence(house, caplog):
    house.bench.broken = True
    answer = await house.browser.get("/api/workspace")
    assert answer.status_code == 500
    assert answer.json() == {"error": "The playground failed at this. The terminal it was started in says why."}
    assert answer.headers["content-security-policy"] == POLICY
    assert "the bench broke" in caplog.text


# ---------------------------------------------------------------- reading


async def test_the_workspace_tells_people_channels_and_what_can_be_typed(house):
    ts = await house.say("hello")
    told = await house.get("/api/workspace")
    assert told["team"] == "Play"
    assert told["app"] == {"name": "Devin Bridge", "user": "U0BOT", "home_tab": True}
    assert {person["real_name"]: person["role"] for person in told["people"]} == {
        "Devin Bridge": "bot",
        "Ann Lee": "member",
        "Ben Ortiz": "member",
        "Ada Weiss": "admin",
        "Gus Guest": "guest",
        "Eve Other": "external",
    }
    assert {"id": "U0ANN", "name": "ann", "real_name": "Ann Lee", "role": "member"} in told["people"]
    web, direct = (next(item for item in told["channels"] if item["id"] == key) for key in ("C0WEB", "D0ANN"))
    assert web == {
        "id": "C0WEB",
        "name": "web",
        "kind": "channel",
        "members": ["U0ADA", "U0ANN", "U0BEN", "U0BOT", "U0GUEST"],
        "is_archived": False,
        "is_ext_shared": False,
        "has_bot": True,
        "latest": ts,
    }
    assert (direct["kind"], direct["latest"]) == ("im", None)
    assert told["commands"] == [
        {"command": "/devin", "description": "Start a Devin session", "usage_hint": "<what to do> | list"}
    ]
    assert told["shortcuts"] == [
        {"type": "message", "name": "Ask Devin", "callback_id": "ask", "description": "Starts a session"},
        {"type": "global", "name": "New session", "callback_id": "new", "description": "Asks what to do"},
    ]
    assert (told["me"], told["reads"], told["speed"], told["counters"]) == ("U0ANN", {}, 2.0, {"saved": 0})
    assert (told["bot"], told["clock"]) == (house.bench.bot(), house.bench.clock())
    assert isinstance(told["position"], int)


async def test_a_guest_by_either_name_is_a_guest(house):
    await house.do("person", id="U0ONE", is_ultra_restricted=True)
    people = (await house.get("/api/workspace"))["people"]
    assert {person["id"]: person["role"] for person in people}["U0ONE"] == "guest"


async def test_messages_come_page_by_page_each_with_what_only_this_person_sees(house):
    stamps, private = [], []
    for number in range(5):
        stamps.append(await house.say(f"number {number}"))
        whisper = await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text=f"psst {number}")
        private.append(whisper["message_ts"])
    await house.say("a reply", thread_ts=stamps[4])
    also = await house.say("a reply for all", thread_ts=stamps[4], broadcast=True)

    newest = await house.get("/api/messages", channel="C0WEB", user="U0ANN", limit=3)
    assert [message["ts"] for message in newest["messages"]] == [*stamps[3:], also]
    assert newest["messages"][1]["reply_count"] == 2
    assert [item["ts"] for item in newest["ephemerals"]] == private[3:]
    assert newest["more"]

    rest = await house.get("/api/messages", channel="C0WEB", user="U0ANN", before=stamps[3])
    assert [message["text"] for message in rest["messages"]] == ["number 0", "number 1", "number 2"]
    assert [item["text"] for item in rest["ephemerals"]] == ["psst 0", "psst 1", "psst 2"]
    assert not rest["more"]

    others = await house.get("/api/messages", channel="C0WEB", user="U0BEN")
    assert len(others["messages"]) == 6
    assert others["ephemerals"] == []


async def test_questions_that_cannot_be_answered_get_a_sentence(house):
    assert await house.refused("/api/messages", user="U0ANN") == (400, "The question lacks channel.")
    place = {"channel": "C0WEB", "user": "U0ANN"}
    assert await house.refused("/api/messages", **place, limit=0) == (400, "limit is a whole number from 1 to 500.")
    assert await house.refused("/api/messages", **place, limit="many") == (
        400,
        "limit is a whole number from 1 to 500.",
    )
    assert await house.refused("/api/messages", channel="C0WEB", user="U0NOBODY") == (
        404,
        "There is nobody called U0NOBODY.",
    )
    assert await house.refused("/api/messages", channel="C1", user="U0ANN") == (404, "There is no channel C1.")
    assert await house.refused("/api/messages", channel="C0PRIVATE", user="U0GUEST") == (
        403,
        "Gus Guest does not see #private.",
    )
    assert await house.refused("/api/messages", channel="C0OPS", user="U0EXT") == (403, "Eve Other does not see #ops.")
    assert await house.refused("/api/messages", channel="D0BEN", user="U0ANN") == (
        403,
        "Ann Lee does not see these direct messages.",
    )
    assert await house.refused("/api/thread", **place, ts="1700000000.000001") == (
        404,
        "This thread is gone: its first message was deleted.",
    )
    assert await house.refused("/api/sessions/abc") == (404, "There is no session abc.")
    assert await house.refused("/api/nothing") == (404, "There is nothing at /api/nothing.")
    assert await house.refused("/api/slack/say") == (405, "/api/slack/say is not asked with GET.")


async def test_a_member_may_look_into_a_public_channel_before_joining(house):
    await house.do("channel", id="C0NEW", name="new", members=["U0BEN"])
    await house.say("hello", user="U0BEN", channel="C0NEW")
    seen = await house.get("/api/messages", channel="C0NEW", user="U0ANN")
    assert [message["text"] for message in seen["messages"]] == ["hello"]


async def test_a_thread_has_its_private_answers_and_its_agent_session(house):
    parent = await house.say("a task")
    reply = await house.say("a reply", user="U0BEN", thread_ts=parent)
    await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text="psst", thread_ts=parent)
    await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text="outside")
    status = {"channel_id": "C0WEB", "thread_ts": parent, "status": "processing", "title": "A task"}
    await house.by_bot("agents.sessions.setStatus", **status)

    for ts in (parent, reply):
        told = await house.get("/api/thread", channel="C0WEB", ts=ts, user="U0ANN")
        assert [message["text"] for message in told["messages"]] == ["a task", "a reply"]
        assert [item["text"] for item in told["ephemerals"]] == ["psst"]
        assert told["agent"] == {"status": "processing", "title": "A task"}

    await house.do("delete", user="U0ANN", channel="C0WEB", ts=parent)
    left = await house.get("/api/thread", channel="C0WEB", ts=parent, user="U0BEN")
    assert [message.get("subtype") for message in left["messages"]] == ["tombstone", None]
    assert left["ephemerals"] == []
    other = await house.get("/api/thread", channel="C0WEB", ts=await house.say("alone"), user="U0BEN")
    assert other["agent"] is None


async def test_views_are_the_open_modals_bottom_to_top_and_the_home_tab(house):
    assert await house.get("/api/views", user="U0ANN") == {"modals": [], "home": None}
    first = (await house.by_bot("views.open", trigger_id=await house.trigger(), view=view()))["view"]
    await house.by_bot("views.push", trigger_id=await house.trigger(), view=view(title="More"))
    home = {"type": "home", "blocks": [section("At home")]}
    await house.by_bot("views.publish", user_id="U0ANN", view=home)
    told = await house.get("/api/views", user="U0ANN")
    assert [modal["title"]["text"] for modal in told["modals"]] == ["Start Devin", "More"]
    assert told["modals"][1]["previous_view_id"] == first["id"]
    assert told["home"]["blocks"][0]["text"]["text"] == "At home"
    await house.do("close_view", user="U0ANN", view_id=told["modals"][1]["id"])
    assert len((await house.get("/api/views", user="U0ANN"))["modals"]) == 1
    assert (await house.get("/api/views", user="U0BEN"))["modals"] == []
    assert await house.refused("/api/views", user="U0NOBODY") == (404, "There is nobody called U0NOBODY.")


async def test_sessions_are_listed_newest_first_and_one_is_told_with_its_calls(house):
    prompt = "Fix the login page. " * 20
    made = await house.to_devin("POST", "/sessions", prompt=prompt, title="Login")
    await house.to_devin("POST", f"/sessions/{made['session_id']}/messages", message="And the logout page.")
    await house.to_devin("POST", "/sessions", prompt="Another")
    rows = (await house.get("/api/sessions"))["sessions"]
    assert [row["prompt"] for row in rows] == ["Another", prompt[:200]]
    assert rows[1].keys() == {
        "session_id", "bare_id", "title", "status", "status_detail", "acus_consumed", "tags", "pull_requests",
        "is_archived", "created_at", "updated_at", "steps_left", "message_count", "prompt",
    }  # fmt: skip
    assert (rows[1]["title"], rows[1]["message_count"]) == ("Login", 2)

    told = await house.get(f"/api/sessions/devin-{made['session_id']}")
    assert told["session"]["prompt"] == prompt
    assert [message["message"] for message in told["session"]["messages"]] == [prompt, "And the logout page."]
    assert [(call["route"], call["session_id"]) for call in told["calls"]] == [
        ("create_session", made["session_id"]),
        ("send_message", made["session_id"]),
    ]


async def test_the_last_calls_are_told_with_the_beginning_of_long_answers(house):
    for _ in range(200):
        await house.by_bot("auth.test", include=list(range(30)))
    await house.to_devin("GET", "/sessions")
    told = await house.get("/api/calls")
    assert len(told["slack"]) == 200
    newest = told["slack"][-1]
    assert (newest["method"], newest["ok"], newest["done"]) == ("auth.test", True, True)
    assert newest["args"]["include"] == [*range(20), "… and 10 more"]
    assert [call["n"] for call in told["slack"]] == sorted(call["n"] for call in told["slack"])
    assert [(call["route"], call["session_id"]) for call in told["devin"]] == [("list_sessions", None)]
    assert told["devin"][0]["status"] == 200


async def test_a_long_text_in_a_call_is_cut(house):
    await house.by_bot("chat.postMessage", channel="C0WEB", text="x" * 4_100)
    assert (await house.get("/api/calls"))["slack"][-1]["args"]["text"] == "x" * 4_000 + " … and 100 more characters"


# ---------------------------------------------------------------- files


async def attached(house, **spec):
    return (await house.do("say", user="U0ANN", channel="C0WEB", files=[spec]))["message"]["files"][0]["id"]


async def test_a_picture_is_shown_and_everything_else_is_saved_and_nothing_can_run(house):
    content = base64.b64encode(b"\x89PNG").decode()
    picture = await attached(house, name="a b.png", mimetype="image/png", content_base64=content)
    shown = await house.browser.get(f"/api/files/{picture}")
    assert shown.content == b"\x89PNG"
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''a%20b.png"
    for mimetype in ("text/html", "image/svg+xml", "text/plain", "application/pdf"):
        other = await attached(house, name='x"\r\n.html', mimetype=mimetype, content=EVIL)
        saved = await house.browser.get(f"/api/files/{other}")
        assert saved.text == EVIL
        assert saved.headers["content-type"] == "application/octet-stream"
        assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''x%22%0D%0A.html"
        assert saved.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert saved.headers["x-content-type-options"] == "nosniff"


async def test_a_file_of_some_size_is_zeros_and_one_that_is_elsewhere_is_not_fetched(house):
    large = await house.browser.get(f"/api/files/{await attached(house, name='a.bin', size=200_000)}")
    assert large.content == bytes(200_000)
    linked = await attached(house, name="plan.doc", redirect="http://127.0.0.1:1/")
    assert await house.refused(f"/api/files/{linked}") == (
        404,
        "plan.doc is not kept in Slack: it only links to another place.",
    )
    assert await house.refused("/api/files/F1") == (404, "There is no such file.")


# ---------------------------------------------------------------- transcript


def without_times(text):
    text = re.sub(r"(?<=· )\d\d:\d\d", "12:34", text)
    return re.sub(r"^## .*$", "## Today", text, flags=re.MULTILINE)


async def test_a_transcript_is_what_the_person_sees_as_markdown(house):
    text = "<@U0BOT> *fix* ~that~ in <#C0OPS|ops>, see <https://example.com/a|the page> &lt;b&gt; `a*b*c` :eyes:"
    parent = await house.say(text)
    await house.say("ok", user="U0BEN", thread_ts=parent, files=[{"name": "log.txt", "content": "1234"}])
    await house.do("react", user="U0BEN", channel="C0WEB", ts=parent, name="eyes")
    await house.do("react", user="U0ADA", channel="C0WEB", ts=parent, name="eyes")
    cell = {"type": "raw_text", "text": "a|b"}
    card = [
        {"type": "header", "text": {"type": "plain_text", "text": "Fix <it>"}},
        section("*Working*", fields=[{"type": "mrkdwn", "text": "*Asked by* <@U0ANN>"}]),
        {"type": "markdown", "text": "- one\n- **two**"},
        {"type": "table", "rows": [[cell, cell], [cell, cell]]},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "just now"}]},
        {"type": "actions", "elements": [button("Stop", "stop"), button("For Ben", "b", value="1")]},
    ]
    await house.by_bot("chat.postMessage", channel="C0WEB", text="Fix it", blocks=card, thread_ts=parent)
    await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text="Nobody else", thread_ts=parent)
    await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0BEN", text="Only Ben")
    gone = await house.say("oops")
    await house.say("late", user="U0BEN", thread_ts=gone)
    await house.do("delete", user="U0ANN", channel="C0WEB", ts=gone)
    later = await house.say("first")
    await house.do("edit", user="U0ANN", channel="C0WEB", ts=later, text="second")

    answer = await house.browser.get("/api/transcript", params={"channel": "C0WEB", "user": "U0ANN"})
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    told = without_times(answer.text)
    assert (
        told
        == """\
# #web in Play

As Ann Lee sees it; times are UTC.

## Today

**Ann Lee** · 12:34

@Devin Bridge **fix** ~~that~~ in #ops, see [the page](https://example.com/a) &lt;b&gt; `a*b*c` 👀

*👀 Ben Ortiz, Ada Weiss*

> **Ben Ortiz** · 12:34
>
> ok
>
> 📎 log.txt (text/plain, 4 bytes)

> **Devin Bridge** · 12:34
>
> ### Fix &lt;it&gt;
>
> **Working**
> **Asked by** @Ann Lee
>
> - one
> - **two**
>
> | a\\|b | a\\|b |
> | --- | --- |
> | a\\|b | a\\|b |
>
> ---
>
> just now
>
> `[ Stop ]`  `[ For Ben ]`

> **Devin Bridge** · 12:34 · 🔒 *only visible to Ann Lee*
>
> Nobody else

*A message was deleted here.*

> **Ben Ortiz** · 12:34
>
> late

**Ann Lee** · 12:34 · *edited*

second
"""
    )
    query = {"channel": "C0WEB", "user": "U0BEN", "ts": gone}
    thread = (await house.browser.get("/api/transcript", params=query)).text
    assert (
        without_times(thread)
        == """\
# A thread in #web in Play

As Ben Ortiz sees it; times are UTC.

## Today

*A message was deleted here.*

**Ben Ortiz** · 12:34

late
"""
    )


async def test_rich_text_and_other_blocks_are_written_down_too(house):
    def leaf(kind, **more):
        return {"type": kind, **more}

    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    leaf("text", text="<bold>", style={"bold": True}),
                    leaf("text", text=" by "),
                    leaf("user", user_id="U0BEN"),
                    leaf("text", text=" in "),
                    leaf("channel", channel_id="C0OPS"),
                    leaf("text", text=" "),
                    leaf("emoji", name="eyes"),
                    leaf("text", text=" "),
                    leaf("link", url="https://example.com/", text="page"),
                ],
            },
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [{"type": "rich_text_section", "elements": [leaf("text", text="one")]}],
            },
            {"type": "rich_text_quote", "elements": [leaf("text", text="said")]},
            {"type": "rich_text_preformatted", "elements": [leaf("text", text="a < b")]},
        ],
    }
    picture = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A chart"}
    await house.by_bot("chat.postMessage", channel="C0WEB", text="x", blocks=[rich, picture])
    text = (await house.browser.get("/api/transcript", params={"channel": "C0WEB", "user": "U0ANN"})).text
    assert (
        without_times(text).partition("12:34\n\n")[2]
        == """\
**&lt;bold&gt;** by @Ben Ortiz in #ops 👀 [page](https://example.com/)
1. one
> said
```
a < b
```

🖼 A chart
"""
    )


async def test_an_empty_transcript_says_so_and_a_strange_one_is_refused(house):
    query = {"channel": "D0ANN", "user": "U0ANN"}
    assert (await house.browser.get("/api/transcript", params=query)).text == (
        "# Direct messages in Play\n\nAs Ann Lee sees it; times are UTC.\n\n*Nothing was written here yet.*\n"
    )
    assert await house.refused("/api/transcript", channel="C0PRIVATE", user="U0GUEST") == (
        403,
        "Gus Guest does not see #private.",
    )


async def test_a_link_that_could_run_something_is_only_its_label_in_a_transcript(house):
    await house.say(EVIL)
    text = (await house.browser.get("/api/transcript", params={"channel": "C0WEB", "user": "U0ANN"})).text
    assert "](javascript:" not in text.replace("[x](javascript:alert(1))", "")  # what a person typed stays text
    assert "<javascript:" not in text


# ---------------------------------------------------------------- events


async def test_changes_of_a_moment_are_one_event_in_which_each_thing_stands_once(house):
    async with house.listening() as page:
        assert await page.line() == "retry: 1000"
        parent = await house.slack.perform("say", {"user": "U0ANN", "channel": "C0WEB", "text": "a task"})
        place = {"user": "U0BEN", "channel": "C0WEB", "ts": parent["ts"]}
        await house.slack.perform("react", place | {"name": "eyes"})
        await house.slack.perform("say", {**place, "thread_ts": parent["ts"], "text": "a reply"})
        event = await page.event()
    assert event.keys() == {"position", "reset", "messages"}
    assert not event["reset"]
    told = {message["text"]: message for message in event["messages"]}
    assert list(told) == ["a task", "a reply"]
    assert told["a task"]["reply_count"] == 1
    assert told["a task"]["reactions"] == [{"name": "eyes", "users": ["U0BEN"], "count": 1}]


async def test_every_kind_of_change_reaches_the_page(house):
    async with house.listening() as page:
        await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text="psst")
        event = await page.until("ephemerals")
        assert [item["text"] for item in event["ephemerals"]] == ["psst"]
        call = (await house.get("/api/calls"))["slack"][-1]
        assert event["slack_calls"] == [call]

        opened_view = (await house.by_bot("views.open", trigger_id=await house.trigger(), view=view()))["view"]
        assert [item["open"] for item in (await page.until("views"))["views"]] == [True]
        await house.do("close_view", user="U0ANN", view_id=opened_view["id"])
        assert [item["open"] for item in (await page.until("views"))["views"]] == [False]

        ts = await house.say("a task")
        status = {"channel_id": "C0WEB", "thread_ts": ts, "status": "processing"}
        await house.by_bot("agents.sessions.setStatus", **status, title="One")
        agent = {"channel": "C0WEB", "thread_ts": ts, "status": "processing", "title": "One"}
        assert (await page.until("agents"))["agents"] == [agent]
        await house.by_bot("agents.sessions.rename", channel_id="C0WEB", thread_ts=ts, title="Two")
        assert (await page.until("agents"))["agents"] == [agent | {"title": "Two"}]

        made = await house.to_devin("POST", "/sessions", prompt="Fix it")
        event = await page.until("sessions")
        assert event["sessions"] == (await house.get("/api/sessions"))["sessions"]
        assert [row["session_id"] for row in event["devin_calls"]] == [made["session_id"]]


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ("invite", {"channel": "C0NOBOT"}),
        ("remove", {"channel": "C0WEB"}),
        ("archive", {"channel": "C0WEB"}),
        ("unarchive", {"channel": "C0ARCHIVED"}),
        ("channel", {"id": "C0NEW"}),
        ("person", {"id": "U0NEW"}),
    ],
)
async def test_a_change_of_people_or_channels_asks_for_the_workspace_again(house, act, order):
    async with house.listening() as page:
        await house.slack.perform(act, order)
        event = await page.event()
        assert event["workspace"] is True
        assert not event["reset"]


@pytest.mark.parametrize("kind", ["bot", "clock", "counters", "speed"])
async def test_the_bench_tells_of_itself(house, kind):
    async with house.listening() as page:
        house.bench.news.tell(Change(kind), Change(kind))
        event = await page.event()
        assert event.keys() == {"position", "reset", kind}
        assert event[kind] == getattr(house.bench, kind)()


async def test_a_deleted_message_is_gone_and_one_with_replies_stays_as_a_tombstone(house):
    alone = await house.say("alone")
    parent = await house.say("a parent")
    reply = await house.say("a reply", thread_ts=parent)
    async with house.listening() as page:
        await house.do("delete", user="U0ANN", channel="C0WEB", ts=alone)
        event = await page.event()
        assert event["gone"] == [{"channel": "C0WEB", "ts": alone}]
        assert "messages" not in event

        await house.do("delete", user="U0ANN", channel="C0WEB", ts=parent)
        event = await page.event()
        assert [(row["ts"], row["subtype"]) for row in event["messages"]] == [(parent, "tombstone")]

        await house.do("delete", user="U0ANN", channel="C0WEB", ts=reply)
        event = await page.event()
        assert event["gone"] == [{"channel": "C0WEB", "ts": reply}, {"channel": "C0WEB", "ts": parent}]


async def test_a_private_answer_that_is_taken_away_is_told_as_deleted(house):
    given = (await house.do("slash", user="U0ANN", channel="C0WEB", text="x"))["response_url"]
    await house.outside.post(given, json={"text": "psst"})
    async with house.listening() as page:
        await house.outside.post(given, json={"delete_original": True})
        [item] = (await page.until("ephemerals"))["ephemerals"]
        assert (item["text"], item["deleted"]) == ("psst", True)


async def test_two_pages_each_hear_everything_from_where_they_are(house):
    start = (await house.get("/api/workspace"))["position"]
    await house.say("one")
    async with house.listening(after=start) as behind, house.listening() as level:
        assert [row["text"] for row in (await behind.event())["messages"]] == ["one"]
        await house.say("two")
        first, second = await behind.event(), await level.event()
        assert first == second
        assert [row["text"] for row in first["messages"]] == ["two"]


async def test_a_page_that_lost_its_connection_goes_on_where_it_was(house):
    start = (await house.get("/api/workspace"))["position"]
    await house.say("one")
    reached = (await house.get("/api/workspace"))["position"]
    await house.say("two")
    async with house.listening(after=start, **{"Last-Event-ID": str(reached)}) as page:
        assert [row["text"] for row in (await page.event())["messages"]] == ["two"]


async def test_a_page_without_a_position_hears_what_comes(house):
    await house.say("one")
    async with house.listening(after="") as page:
        assert await page.line() == "retry: 1000"
        await house.say("two")
        assert [row["text"] for row in (await page.event())["messages"]] == ["two"]


async def test_a_position_that_is_none_is_refused(house):
    assert await house.refused("/events", after="now") == (
        400,
        "after is a whole number from 0 to 9007199254740991.",
    )


@pytest.mark.parametrize("after", [0, 12, 2**53 - 1])
async def test_a_position_of_another_run_makes_the_page_load_anew(house, after):
    async with house.listening(after=after) as page:
        event = await page.event()
        assert event == {"position": (await house.get("/api/workspace"))["position"], "reset": True}
        await house.say("one")
        assert [row["text"] for row in (await page.event())["messages"]] == ["one"]


async def test_who_has_missed_too_much_loads_anew(house):
    start = (await house.get("/api/workspace"))["position"]
    for number in range(feed.MOST + 1):
        await house.slack.perform("say", {"user": "U0ANN", "channel": "C0WEB", "text": str(number)})
    async with house.listening(after=start) as page:
        assert (await page.event()).keys() == {"position", "reset"}
    place = {"user": "U0ANN", "channel": "C0WEB", "ts": await house.say("x")}
    start = (await house.get("/api/workspace"))["position"]
    for number in range(12_000):  # of one message, but more than are kept
        await house.slack.perform("edit", place | {"text": str(number)})
    async with house.listening(after=start) as page:
        assert (await page.event())["reset"]


@pytest.mark.parametrize("which", ["slack", "devin"])
async def test_a_fresh_start_of_either_side_makes_every_page_load_anew(house, which):
    async with house.listening() as page:
        await getattr(house, which).perform("reset", {})
        event = await page.event()
        assert event["reset"]
        await house.say("afterwards")
        assert [row["text"] for row in (await page.event())["messages"]] == ["afterwards"]


async def test_a_quiet_feed_shows_that_it_lives(house, monkeypatch):
    monkeypatch.setattr(feed, "HEARTBEAT", 0.01)
    async with house.listening() as page:
        assert [await page.line() for _ in range(4)] == ["retry: 1000", "", ": nothing new", ""]


async def test_a_change_costs_the_same_among_thousands_of_messages(house):
    for number in range(2_000):
        await house.slack.perform("say", {"user": "U0ANN", "channel": "C0WEB", "text": f"message {number}"})
    for number in range(300):
        await house.devin.perform("sessions", {"prompt": f"session {number}"})
    stream = feed.Feed(house.slack.state, house.devin.world, house.bench)
    stream.open()
    before = stream.position
    last = await house.slack.perform("say", {"user": "U0ANN", "channel": "C0WEB", "text": "the last"})
    started = time.perf_counter()
    for _ in range(100):
        event = stream.event(before)
    spent = (time.perf_counter() - started) / 100
    stream.close()
    assert [row["ts"] for row in event["messages"]] == [last["ts"]]
    assert spent < 0.005  # seconds; a walk over all would take some ten times that


# ---------------------------------------------------------------- acting


async def test_people_act_in_slack_and_what_is_impossible_is_told_with_names(house):
    status, said = await house.post("/api/slack/say", user="U0ANN", channel="C0WEB", text="hello")
    assert status == 200
    assert said["message"]["text"] == "hello"
    assert await house.post("/api/slack/say", user="U0GUEST", channel="C0PRIVATE", text="x") == (
        409,
        {"error": "Gus Guest is not in #private."},
    )
    assert await house.post("/api/slack/say", user="U0ANN", channel="D0BEN", text="x") == (
        409,
        {"error": "Ann Lee is not in these direct messages."},
    )
    assert await house.post("/api/slack/delete", user="U0BEN", channel="C0WEB", ts=said["ts"]) == (
        409,
        {"error": f"Ben Ortiz did not write {said['ts']}."},
    )
    status, answer = await house.post("/api/slack/dance")
    assert status == 409
    assert answer["error"].startswith("There is no act dance; there are archive, channel, ")
    assert await house.post("/api/slack/edit", user="U0ANN", channel="C0WEB") == (
        409,
        {
            "error": "Slack refuses this: invalid_arguments [ERROR] missing required field: ts.",
            "code": "invalid_arguments",
        },
    )
    assert await house.post("/api/slack/say", user="U0ANN", channel="C0WEB", files=[{"size": {}}]) == (
        400,
        {"error": "The simulated Slack cannot read this order (TypeError)."},
    )


async def test_a_command_that_reaches_nobody_is_an_answer_not_a_refusal(house):
    status, answer = await house.post("/api/slack/slash", user="U0ANN", channel="C0WEB", text="list")
    assert status == 200
    assert (answer["status"], answer["error"], answer["shown"]) == ("failed", "dispatch_failed", None)


async def test_devin_is_moved_from_behind(house):
    made = await house.to_devin("POST", "/sessions", prompt="Fix it")
    path = f"/api/devin/{made['session_id']}"
    status, told = await house.post(f"{path}/say", text="I am on it.")
    assert status == 200
    assert told["messages"][-1]["message"] == "I am on it."
    fields = {"status": "running", "status_detail": "waiting_for_user"}
    assert (await house.post(f"{path}/set", fields=fields))[1]["status_detail"] == "waiting_for_user"
    assert (await house.post(f"{path}/pr", url="https://github.com/acme/web/pull/1", state="open"))[1][
        "pull_requests"
    ] == [{"pr_url": "https://github.com/acme/web/pull/1", "pr_state": "open"}]
    assert (await house.post(f"{path}/spend", acus=1.5))[1]["acus_consumed"] == 1.5
    assert (await house.post(f"{path}/terminate"))[1]["status"] == "exit"
    assert (await house.post(f"{path}/archive"))[1]["is_archived"] is True
    assert (await house.post(f"{path}/unarchive"))[1]["is_archived"] is False
    assert await house.post("/api/devin/abc/say", text="x") == (404, {"error": "Session not found."})
    assert await house.post(f"{path}/dance") == (409, {"error": "There is no verb 'dance'."})
    assert await house.post(f"{path}/say") == (409, {"error": "The order lacks text."})
    assert await house.post(f"{path}/write", text="x") == (
        409,
        {"error": "Session was terminated and cannot receive messages."},
    )


async def test_a_script_that_is_replaced_is_told_too(house):
    made = await house.to_devin("POST", "/sessions", prompt="Fix it")
    async with house.listening() as page:
        await house.post(f"/api/devin/{made['session_id']}/script", steps=[])
        assert [row["steps_left"] for row in (await page.until("sessions"))["sessions"]] == [0]


async def test_the_bench_does_what_it_is_asked_and_says_so(house):
    assert await house.post("/api/bench/jump", to="digest") == (200, {"said": "Done: jump {'to': 'digest'}."})
    await house.post("/api/bench/kill")
    assert await house.post("/api/bench/kill") == (409, {"error": "The bot is not running."})
    assert house.bench.done == ["jump", "kill"]


async def test_a_body_must_be_an_object(house):
    for body in (b"[]", b"x", b"", b"\xff"):
        headers = {**OURS, "Content-Type": "application/json"}
        answer = await house.browser.post("/api/slack/say", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (
            400,
            {"error": "The body of this request is not a JSON object."},
        )


async def test_text_of_people_and_of_devin_arrives_as_data_only(house):
    await house.say(EVIL)
    made = await house.to_devin("POST", "/sessions", prompt=EVIL, title=EVIL)
    await house.post(f"/api/devin/{made['session_id']}/say", text=EVIL)
    for path in ("/api/messages?channel=C0WEB&user=U0ANN", "/api/sessions", "/api/workspace", "/api/calls"):
        answer = await house.browser.get(path)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await house.get("/api/messages", channel="C0WEB", user="U0ANN"))["messages"][0]["text"] == EVIL
    assert "alert(1)" not in (await house.browser.get("/")).text
    async with house.listening(after=(await house.get("/api/workspace"))["position"] - 1) as page:
        await house.say("line one\nid: 7\n\nevent: other\u2028")
        event = await page.until("messages")
        assert event["messages"][0]["text"] == "line one\nid: 7\n\nevent: other\u2028"


# ---------------------------------------------------------------- the guard


@pytest.mark.parametrize("host", ["evil.example:8700", "127.0.0.1.evil.example", "localhost@evil.example", "10.0.0.1"])
async def test_another_name_for_this_machine_is_refused(house, host):
    for path in ("/", "/api/workspace", "/events", "/static/page.js"):
        answer = await house.browser.get(path, headers={"Host": host})
        assert answer.status_code == 403
        assert answer.json() == {
            "error": "This server answers only under 127.0.0.1, localhost or [::1]; "
            f"the request was for {host}. Open it under one of these names."
        }
        assert answer.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "LOCALHOST:8700", "[::1]:8700"])
async def test_every_name_of_loopback_is_fine(house, host):
    assert (await house.browser.get("/api/workspace", headers={"Host": host})).status_code == 200
    own = {"Host": host, "Origin": f"http://{host}"}
    assert (await house.browser.get("/api/workspace", headers=own)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_request_of_another_page_is_refused(house, headers):
    for path in ("/", "/api/workspace", "/events"):
        answer = await house.browser.get(path, headers=headers)
        assert (answer.status_code, answer.json()) == (403, {"error": ELSEWHERE})
    answer = await house.browser.post("/api/bench/kill", json={}, headers={**OURS, **headers})
    assert (answer.status_code, answer.json()) == (403, {"error": ELSEWHERE})
    assert house.bench.done == []


async def test_the_pages_own_requests_are_fine(house):
    own = {"Origin": house.server.url.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert (await house.browser.post("/api/bench/kill", json={}, headers={**OURS, **own})).status_code == 200
    assert (await house.browser.get("/", headers={"Sec-Fetch-Site": "none"})).status_code == 200


async def test_a_link_of_another_site_opens_the_page_and_nothing_else(house):
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    answer = await house.browser.get("/", headers=followed)
    assert answer.status_code == 200
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    for path, headers in (
        ("/api/workspace", followed),
        ("/events", followed),
        ("/", followed | {"Sec-Fetch-Dest": "iframe"}),
        ("/", followed | {"Host": "evil.example"}),
    ):
        assert (await house.browser.get(path, headers=headers)).status_code == 403, (path, headers)


async def test_a_post_that_a_form_could_send_is_refused(house):
    async def post(headers, content=b"{}"):
        answer = await house.browser.post("/api/bench/kill", content=content, headers=headers)
        return answer.status_code, answer.json()["error"]

    json_type = {"Content-Type": "application/json"}
    not_ours = (403, "A POST of the page carries the header X-Playground: page.")
    assert await post(json_type) == not_ours
    assert await post(json_type | {"X-Playground": "other"}) == not_ours
    not_json = (415, "A POST of the page carries JSON (Content-Type: application/json).")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        assert await post(OURS | {"Content-Type": kind}) == not_json
    assert house.bench.done == []
    charset = OURS | {"Content-Type": "Application/JSON; charset=utf-8"}
    assert (await house.browser.post("/api/bench/kill", content=b"{}", headers=charset)).status_code == 200


async def test_a_post_says_how_long_it_is_and_16_mb_are_enough(house):
    async def pieces():
        yield b"{}"

    headers = {**OURS, "Content-Type": "application/json"}
    answer = await house.browser.post("/api/bench/kill", content=pieces(), headers=headers)
    assert (answer.status_code, answer.json()) == (
        411,
        {"error": "A POST of the page says how long it is (Content-Length)."},
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
    head = (
        f"POST /api/slack/say HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Playground: page\r\nContent-Type: application/json\r\n"
        f"Content-Length: {16 * 1024 * 1024 + 1}\r\n\r\n"
    )
    writer.write(head.encode())
    told = (await reader.readuntil(b"}")).decode()
    writer.close()
    assert told.startswith("HTTP/1.1 413 ")
    assert told.endswith('{"error": "This is more than the 16 MB that the playground takes at once."}')
    assert house.bench.done == []


async def test_a_large_file_can_be_attached(house):
    content = base64.b64encode(bytes(8 * 1024 * 1024)).decode()
    said = await house.do("say", user="U0ANN", channel="C0WEB", files=[{"name": "a", "content_base64": content}])
    assert said["message"]["files"][0]["size"] == 8 * 1024 * 1024


# ---------------------------------------------------------------- the control APIs behind the same guard


@pytest.mark.parametrize("side", ["slack", "devin"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8700"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
    ],
)
async def test_no_other_page_reaches_a_control_api(house, side, headers):
    base = getattr(house, side).control_url.rstrip("/")
    name = "error" if side == "slack" else "detail"
    await house.say("still there")
    for answer in (
        await house.outside.post(f"{base}/reset", data={"a": "b"}, headers=headers),
        await house.outside.post(f"{base}/reset", content=b"{}", headers=headers),
        await house.outside.get(f"{base}/", headers=headers),
    ):
        assert answer.status_code == 403
        assert answer.json()[name] == (
            ELSEWHERE
            if "Host" not in headers
            else "This server answers only under 127.0.0.1, localhost or [::1]; the request was for evil.example. "
            "Open it under one of these names."
        )
    assert len((await house.get("/api/messages", channel="C0WEB", user="U0ANN"))["messages"]) == 1


async def test_curl_goes_on_to_reach_the_control_apis(house):
    slack, devin = house.slack.control_url, house.devin.control_url
    said = await house.outside.post(f"{slack}say", data={"user": "U0ANN", "channel": "C0WEB", "text": "by curl"})
    assert said.status_code == 200
    assert (await house.outside.get(f"{slack}messages?channel=C0WEB")).json()["items"][0]["text"] == "by curl"
    assert (await house.outside.post(f"{devin}/sessions", content='{"prompt": "by curl"}')).status_code == 200
    assert len((await house.outside.get(f"{devin}/sessions?text=curl")).json()["sessions"]) == 1
    assert (await house.outside.get(devin)).status_code == 200


async def test_in_process_and_over_http_an_act_is_the_same(house):
    here = await house.devin.perform("sessions", {"prompt": "one"})
    there = (await house.outside.post(f"{house.devin.control_url}/sessions", json={"prompt": "two"})).json()
    assert here.keys() == there.keys()
    with pytest.raises(ValueError, match=r"^There is no act 'dance'\.$"):
        await house.devin.perform("dance", {})


# ---------------------------------------------------------------- ports, start and stop


@contextmanager
def taken(count):
    """The first of so many ports in a row that something else listens on."""
    with ExitStack() as stack:
        first = next(first for first in range(20_000, 60_000, 97) if hold(stack, range(first, first + count)))
        yield first


def hold(stack, ports):
    """Listen on all of them until the stack ends; False when one cannot be had."""
    try:
        for port in ports:
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
    except OSError:
        return False
    return True


async def test_a_port_in_use_makes_way_for_the_next_free_one(house):
    with taken(2) as first:
        other = PageServer(house.slack, house.devin, house.bench, port=first)
        async with other:
            assert other.port > first + 1
            assert other.url == f"http://127.0.0.1:{other.port}/"
            assert (await house.outside.get(other.url)).status_code == 200


async def test_when_twenty_ports_are_in_use_a_sentence_says_so(house):
    with taken(20) as first:
        server = PageServer(house.slack, house.devin, house.bench, port=first)
        with pytest.raises(PortError) as caught:
            await server.start()
    assert str(caught.value) == (
        f"The ports from {first} to {first + 19} are all in use. Choose another with --port, or end what runs there."
    )


async def test_a_port_that_was_free_is_the_one_that_was_asked_for(house):
    with taken(1) as free:
        pass
    async with PageServer(house.slack, house.devin, house.bench, port=free) as server:
        assert server.port == free
    async with PageServer(house.slack, house.devin, house.bench, port=free) as again:
        assert again.port == free


async def test_an_open_page_does_not_hold_up_the_stop(house):
    server = PageServer(house.slack, house.devin, house.bench, port=0)
    await server.start()
    async with house.outside.stream("GET", f"{server.url}events") as one:
        lines = one.aiter_lines()
        assert await anext(lines) == "retry: 1000"
        started = time.monotonic()
        await server.stop()
        assert time.monotonic() - started < 0.9
        assert [line async for line in lines] == [""]


async def test_a_server_that_was_stopped_listens_to_nothing(house):
    server = PageServer(house.slack, house.devin, house.bench, port=0)
    await server.start()
    await server.stop()
    followers = [len(news._followers) for news in (house.slack.state.news, house.bench.news)]
    assert followers == [1, 1]  # of the house's own page


def test_the_package_brings_its_templates_and_scripts():
    told = Path(HOME.parents[2] / "pyproject.toml").read_text()
    assert '"bot.playground.page" = ["templates/*", "static/*"]' in told
