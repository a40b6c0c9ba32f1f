"""Whatever people or Devin write is only ever text, and no other site reaches the playground."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from tests.page.harm import PWN, harmless
from tests.page.playground import CHANNELS, PEOPLE, Playground
from tests.page.visitor import AT_THE_PAGE, TASK, Visitor
from tests.said import ASKED_BY

pytestmark = [*AT_THE_PAGE, pytest.mark.edge]

ATTACKS: Final = (
    f"<script>{PWN}</script>",
    f"<img src=x onerror={PWN}>",
    f'"><svg onload={PWN}>',
    f"<a href=javascript:{PWN}>click</a>",
    f"<javascript:{PWN}|click me>",
    f"[click me](javascript:{PWN})",
    f"[click me](java\tscript:{PWN})",
    f"[click me](  javascript:{PWN})",
    f"[click me](data:text/html,<script>{PWN}</script>)",
    f"![x](javascript:{PWN})",
    f"<vbscript:{PWN}|click me>",
    "<data:text/html;base64,PHNjcmlwdD4=|click me>",
    f'<https://example.com/"onmouseover={PWN}//|click me>',
    f"`</code><script>{PWN}</script>`",
    f"```\n</pre><script>{PWN}</script>\n```",
    "*_~`<unclosed ```*_ [x](( <@U0ANN <!date^nothing^{date}|x> <!here <#C0WEB|",
    f"| a | b |\n|---|---|\n| <script>{PWN}</script> | [x](javascript:{PWN}) |",
    f"<@U0ANN|<script>{PWN}</script>>",
    f"<!date^1700000000^{{date}}^javascript:{PWN}|then>",
)


async def test_what_people_write_never_runs(ann: Visitor, play: Playground) -> None:
    for attack in ATTACKS:
        await play.say("Ben", "nobot", attack)
    await play.say("Ben", "nobot", "That was all")
    await ann.opens("nobot")
    await ann.sees("That was all")
    await expect(ann.channel.get_by_test_id("message")).to_have_count(len(ATTACKS) + 1)
    await expect(ann.message(ATTACKS[1])).to_be_visible()
    await harmless(ann.page)


async def test_what_devin_says_never_runs(ann: Visitor, play: Playground) -> None:
    await ann.opens("web")
    await ann.asks_devin(f"{TASK} <script>{PWN}</script>")
    (session,) = (await play.get("/api/sessions"))["sessions"]
    for several in range(0, len(ATTACKS), 5):  # together: the bot writes one message a second in a channel
        text = "\n\n".join(ATTACKS[several : several + 5])
        await play.post(f"/api/devin/{session['session_id']}/say", text=text)
    await play.post(f"/api/devin/{session['session_id']}/set", fields={"title": f"<img src=x onerror={PWN}>"})
    await play.post(f"/api/devin/{session['session_id']}/pr", url=f'https://e.example/{PWN}"><script>', state="<b>")
    await play.post(f"/api/devin/{session['session_id']}/say", text="That was all")
    await ann.opens_thread(ASKED_BY)
    await ann.reads("That was all")
    await ann.drawer.chooses_the_session()
    await expect(ann.drawer.chosen).to_contain_text("That was all")
    await harmless(ann.page)
    await ann.drawer.opens("Faults")
    await harmless(ann.page)


async def test_names_of_files_people_and_channels_never_run(ann: Visitor, play: Playground) -> None:
    name = f"<img src=x onerror={PWN}>"
    content = f"<script>{PWN}</script>"
    files = [{"name": f"{name}.html", "mimetype": "text/html", "content": content}]
    await play.say("Ben", "nobot", "A file", files=files)
    await play.post("/api/slack/channel", id=CHANNELS["nobot"], name=name)
    await play.post("/api/slack/person", id=PEOPLE["Ben"], real_name=name)
    await ann.link("nobot").click()
    await ann.sees("A file")
    await harmless(ann.page)
    (message,) = (await play.get("/api/messages", channel=CHANNELS["nobot"], user=PEOPLE["Ann"]))["messages"]
    async with httpx.AsyncClient(base_url=play.url, trust_env=False) as client:
        answer = await client.get(f"/api/files/{message['files'][0]['id']}")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]


# ---------------------------------------------------------------- other sites


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(browser: Browser) -> AsyncIterator[Page]:
    """A page of another origin on this machine."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Elsewhere</title>", content_type="text/html")

    server = web.Application()
    server.router.add_get("/", page)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    context = await browser.new_context()
    there = await context.new_page()
    await there.goto(f"http://localhost:{runner.addresses[0][1]}/")
    yield there
    await context.close()
    await runner.cleanup()


FETCH: Final = """async ([url, init]) => {
  try {
    const answer = await fetch(url, init);
    return answer.type === "opaque" ? "sent, unread" : answer.status;
  } catch (error) {
    return error.name;
  }
}"""
SUBMIT: Final = """([url, kind, fields]) => {
  const form = document.createElement("form");
  Object.assign(form, {method: "POST", action: url, enctype: kind});
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("input");
    Object.assign(field, {name, value, type: "hidden"});
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""


def spoken(text: str) -> dict[str, str]:
    """What another site would like to say as Ann."""
    return {"user": PEOPLE["Ann"], "channel": CHANNELS["nobot"], "text": text}


async def nothing_was_said(play: Playground) -> None:
    """No message came through."""
    assert (await play.get("/api/messages", channel=CHANNELS["nobot"], user=PEOPLE["Ann"]))["messages"] == []


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
async def test_another_site_cannot_fetch(elsewhere: Page, play: Playground, kind: str) -> None:
    body = json.dumps(spoken("forged"))
    init: dict[str, Any] = {"method": "POST", "body": body, "headers": {"Content-Type": kind}}
    for url in (f"{play.url}/api/slack/say", f"{play.slack_url}say"):
        assert await elsewhere.evaluate(FETCH, [url, init]) == "TypeError"
        assert await elsewhere.evaluate(FETCH, [url, init | {"mode": "no-cors"}]) in {"sent, unread", "TypeError"}
    assert await elsewhere.evaluate(FETCH, [f"{play.url}/api/workspace", {}]) == "TypeError"
    await nothing_was_said(play)


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
async def test_another_site_cannot_send_a_form(elsewhere: Page, play: Playground, kind: str) -> None:
    for url in (f"{play.url}/api/slack/say", f"{play.slack_url}say"):
        async with elsewhere.expect_navigation() as went:
            await elsewhere.evaluate(SUBMIT, [url, kind, spoken("forged")])
        answer = await went.value
        assert answer is not None
        assert answer.status == 403
        await elsewhere.go_back()
    await nothing_was_said(play)


async def test_another_site_cannot_frame_the_page(elsewhere: Page, play: Playground) -> None:
    frame = "(url) => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame); }"
    async with elsewhere.expect_event("console", lambda line: "frame" in line.text.lower()) as refused:
        await elsewhere.evaluate(frame, f"{play.url}/")
    assert "frame-ancestors" in (await refused.value).text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::1].evil.example"])
async def test_a_name_that_was_bent_to_this_machine_gets_nothing(play: Playground, host: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for url in (
            f"{play.url}/",
            f"{play.url}/api/workspace",
            f"{play.slack_url}state",
            f"{play.devin_url}/sessions",
        ):
            assert (await client.get(url, headers={"Host": host})).status_code == 403, url


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Playground": "page", "Origin": "http://evil.example"},
        {"X-Playground": "page", "Origin": "null"},
        {"X-Playground": "page", "Sec-Fetch-Site": "cross-site"},
        {"X-Playground": "page", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_only_the_page_itself_may_act(play: Playground, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=play.url, trust_env=False) as client:
        answer = await client.post("/api/slack/say", json=spoken("forged"), headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"].endswith(".")
    await nothing_was_said(play)
