"""The page server itself: what it serves with which headers, and how it starts and stops."""

import socket
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from bot.playground.page import PageServer
from bot.playground.page.server import HOME, TYPES
from bot.playground.ports import TRIES
from bot.playground.trouble import TroubleError
from tests.playground.house import POLICY, opened
from tests.playground.sentences import no_free_port

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


async def test_the_template_is_told_the_apps_name_and_escapes(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/page.html").write_text("<title>{{ app }} {{ '<b>' }}</title>")
    async with opened(home=tmp_path) as house:
        assert (await house.browser.get("/")).text == "<title>Devin Bridge &lt;b&gt;</title>"


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
        for name in ("b.js", f"{'b' * 300}.js", "b%00.js"):
            assert (await house.browser.get(f"/static/{name}")).status_code == 404
        assert await house.refused("/static/b.js") == (404, "There's nothing at /static/b.js.")


def test_every_static_file_of_the_page_is_of_a_known_type():
    assert {path.suffix for path in (HOME / "static").iterdir() if path.is_file()} <= set(TYPES)


async def test_a_broken_server_says_so_in_a_sentence(house, caplog):
    house.bench.broken = True
    answer = await house.browser.get("/api/workspace")
    assert answer.status_code == 500
    assert answer.json() == {"error": "The playground failed. See its terminal for the reason."}
    assert answer.headers["content-security-policy"] == POLICY
    assert "the bench broke" in caplog.text


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


async def test_when_so_many_ports_are_in_use_a_sentence_says_so(house):
    with taken(TRIES) as first:
        server = PageServer(house.slack, house.devin, house.bench, port=first)
        with pytest.raises(TroubleError) as caught:
            await server.start()
    assert str(caught.value) == no_free_port(first)


async def test_a_port_that_was_free_is_the_one_that_was_asked_for(house):
    with taken(1) as free:
        pass
    async with PageServer(house.slack, house.devin, house.bench, port=free) as server:
        assert server.port == free
    async with PageServer(house.slack, house.devin, house.bench, port=free) as again:
        assert again.port == free


@pytest.mark.parametrize(
    ("error", "reason"), [(OSError("no more sockets"), "no more sockets"), (None, "no reason given")]
)
async def test_a_server_that_ends_while_it_starts_says_so(house, monkeypatch, error, reason):
    async def startup(self, sockets):
        self.should_exit = True
        if error:
            raise error

    server = PageServer(house.slack, house.devin, house.bench, port=0)
    with monkeypatch.context() as patch:
        patch.setattr("uvicorn.Server.startup", startup)
        with pytest.raises(TroubleError) as caught:
            await server.start()
    assert str(caught.value) == f"The page's server failed to start on port {server.port} ({reason})."
    assert caught.value.__cause__ is error
    await server.stop()
    assert len(house.bench.news._followers) == 1  # of the house's own page
    async with PageServer(house.slack, house.devin, house.bench, port=server.port) as again:
        assert again.port == server.port


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
