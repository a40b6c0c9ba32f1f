"""Whom the page and the control APIs refuse: everything that another site's page could send."""

import asyncio
import base64
import re

import pytest

from tests.playground.house import OURS, POLICY

ELSEWHERE = (
    "This request came from another page, and only the server's own page can send it. Type its address into the"
    " browser instead of following a link."
)


# ---------------------------------------------------------------- the guard


@pytest.mark.parametrize("host", ["evil.example:8700", "127.0.0.1.evil.example", "localhost@evil.example", "10.0.0.1"])
async def test_another_name_for_this_machine_is_refused(house, host):
    for path in ("/", "/api/workspace", "/events", "/static/page.js"):
        answer = await house.browser.get(path, headers={"Host": host})
        assert answer.status_code == 403
        assert answer.json() == {
            "error": f"This server answers only at 127.0.0.1, localhost, or [::1]; the request was for {host}. Open"
            " it at one of these names."
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
    not_ours = (403, "A POST from the page needs the header X-Playground: page.")
    assert await post(json_type) == not_ours
    assert await post(json_type | {"X-Playground": "other"}) == not_ours
    not_json = (415, "A POST from the page needs JSON (Content-Type: application/json).")
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
        {"error": "A POST from the page needs its length (Content-Length)."},
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
    assert told.endswith('{"error":"This is larger than 16 MB, the most the playground accepts at once."}')
    assert house.bench.done == []


async def test_every_answer_keeps_the_page_apart_from_other_pages(house):
    for path in ("/", "/api/workspace", "/nothing"):
        assert (await house.browser.get(path)).headers["cross-origin-opener-policy"] == "same-origin"


async def test_a_file_of_devin_is_saved_and_never_opened_by_another_page(house):
    made = await house.to_devin("POST", "/sessions", prompt="Fix it")
    order = {"name": "a.html", "content": "<script>alert(1)</script>", "content_type": "text/html"}
    status, told = await house.post(f"/api/devin/{made['session_id']}/attach", **order)
    assert status == 200
    url = re.search(r'ATTACHMENT:"([^"]+)"', told["messages"][-1]["message"])[1]
    link = (await house.outside.get(url, headers={"Authorization": "Bearer cog_play"})).headers["location"]
    answer = await house.outside.get(link)
    assert answer.text == "<script>alert(1)</script>"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        answer = await house.outside.get(link, headers=headers)
        assert (answer.status_code, answer.json()) == (403, {"detail": ELSEWHERE})
    assert (await house.outside.get(link, headers={"Host": "evil.example"})).status_code == 403


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
            else "This server answers only at 127.0.0.1, localhost, or [::1]; the request was for evil.example. "
            "Open it at one of these names."
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
    with pytest.raises(ValueError, match=r"^There's no act 'dance'\.$"):
        await house.devin.perform("dance", {})


async def test_who_leaves_in_the_middle_of_an_order_leaves_no_error_behind(house, caplog):
    _, leaving = await asyncio.open_connection("127.0.0.1", house.server.port)
    head = {**OURS, "Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": "9"}
    lines = ["POST /api/bench/kill HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", "{"]
    leaving.write("\r\n".join(lines).encode())
    await leaving.drain()
    assert (await house.browser.get("/api/workspace")).status_code == 200
    leaving.close()
    await leaving.wait_closed()
    assert (await house.browser.get("/api/workspace")).status_code == 200
    await house.server.stop()
    assert [line for line in caplog.records if line.levelname == "ERROR"] == []
    assert house.bench.done == []
