"""Receivers behind the proxy of Compose are replaced one by one while people type: each command is answered."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.process import ProcessKind
from tests import postgres
from tests.scenarios.ahead import until
from tests.scenarios.harness import ANN, GENERAL, Harness, harness

DEPLOY = Path(__file__).parents[2] / "deploy"


@dataclass(frozen=True)
class Proxy:
    """A proxy with its file, in which `here` is another on this machine: no TLS, and ports in place of names."""

    command: str
    file: str
    options: tuple[str, ...]
    here: Mapping[str, str]
    most: int = 50  # half-sent requests of one address that it keeps


HAPROXY = Proxy(
    "haproxy",
    "haproxy.cfg",
    ("-f", "{file}"),
    {r"bind :8443 ssl .*": "bind 127.0.0.1:{port}", r"server-template .*": "{servers}"},
)
NGINX = Proxy(
    "nginx",
    "nginx.conf",
    ("-e", "{folder}/errors", "-c", "{file}", "-g", "daemon off; pid {folder}/nginx.pid;"),
    {
        r"listen 8443 ssl;\n +ssl_certificate .*\n +ssl_certificate_key .*": "listen 127.0.0.1:{port};",
        r"http://web:3000": "http://127.0.0.1:{receiver}",
    },
)
CADDY = Proxy(
    "caddy",
    "Caddyfile",
    ("run", "--adapter", "caddyfile", "--config", "{file}"),
    {
        r"(?m)^\{$": "{{\n\tadmin off",
        r"bot\.example": "http://127.0.0.1:{port}, http://:{port}",
        r"web:3000": "127.0.0.1:{receiver}",
    },
    most=450,
)

pytestmark = pytest.mark.long


@asynccontextmanager
async def behind(proxy: Proxy, folder: Path, port: int, receivers: list[int]) -> AsyncIterator[str]:
    """A proxy with its file in `deploy` before receivers on this machine; answers its address."""
    if not shutil.which(proxy.command):
        pytest.skip(f"needs {proxy.command} (Debian: apt-get install {proxy.command})")
    text = (DEPLOY / proxy.file).read_text("utf-8")
    servers = "\n    ".join(f"server web{one} 127.0.0.1:{one}" for one in receivers)
    for pattern, here in proxy.here.items():
        text, changed = re.subn(pattern, here.format(port=port, servers=servers, receiver=receivers[0]), text)
        assert changed == 1
    (folder / proxy.file).write_text(text)
    options = [one.format(file=folder / proxy.file, folder=folder) for one in proxy.options]
    running = await asyncio.create_subprocess_exec(proxy.command, *options)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        await running.wait()


async def started(on: Harness, kind: ProcessKind, port: int) -> Harness:
    """One more process of the bot, on this port."""
    one = on.replica(kind)
    one.environment = on.environment | {"PORT": str(port)}
    await one.start()
    return one


async def answers(url: str, path: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            return (await http.get(url + path)).status_code
        except httpx.TransportError:
            return 0  # it has not begun yet


async def type_on(on: Harness, ended: asyncio.Event) -> list[str]:
    """Type one command after the other; answers what Slack made of each."""
    found = []
    while not ended.is_set():
        found.append((await on.slack.slash(ANN, GENERAL, "help"))["status"])
    return found


async def test_each_command_is_answered_while_the_receivers_are_replaced(
    tmp_path: Path, postgres_server: str, free_tcp_port_factory: Callable[[], int]
) -> None:
    front, *ports = (free_tcp_port_factory() for _ in range(3))
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(postgres.created(postgres_server))
        on = await stack.enter_async_context(harness(tmp_path, "http", start=False, DATABASE_URL=database))
        worker = await started(on, ProcessKind.WORKER, 0)
        stack.push_async_callback(worker.close)
        webs = [await started(on, ProcessKind.WEB, port) for port in ports]
        url = await stack.enter_async_context(behind(HAPROXY, tmp_path, front, ports))
        await until(lambda: _found(url))
        on.simulated_slack.request_url = f"{url}/slack/events"
        ended = asyncio.Event()
        typing = [asyncio.create_task(type_on(on, ended)) for _ in range(4)]
        for number, port in enumerate(ports):
            await webs[number].stop()
            webs[number] = await started(on, ProcessKind.WEB, port)
            on.simulated_slack.request_url = f"{url}/slack/events"
            await until(lambda port=port: _has_requests(port))
        ended.set()
        outcomes = {outcome for one in await asyncio.gather(*typing) for outcome in one}
        assert outcomes == {"acked"}
        assert [await answers(url, path) for path in ("/metrics", "/readyz", "/healthz", "/slack/events")] == [404] * 4
        await on.started()
        for web in webs:
            await web.close()


@pytest.mark.parametrize("proxy", [HAPROXY, NGINX, CADDY], ids=lambda proxy: proxy.command)
async def test_one_address_with_half_sent_requests_does_not_shut_others_out(
    tmp_path: Path, free_tcp_port_factory: Callable[[], int], proxy: Proxy
) -> None:
    front, port = free_tcp_port_factory(), free_tcp_port_factory()
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(harness(tmp_path, "http", start=False, PORT=str(port)))
        await on.start()
        url = await stack.enter_async_context(behind(proxy, tmp_path, front, [port]))
        await until(lambda: _found(url))
        held = [one for one in [await _half_sent(front) for _ in range(450)] if one is not None]
        try:
            # Slack comes from other addresses. That it isn't signed is the bot's answer, not the proxy's.
            assert [await _unsigned(url, "127.0.0.2") for _ in range(6)] == [401] * 6
            open_still = sum([await _is_open(reader) for reader, _ in held])
            assert 0 < open_still <= proxy.most
        finally:
            for _, writer in held:
                writer.close()
            await on.stop()


async def _half_sent(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """A connection on which half of a request was sent; None if it was turned away."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return None
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nContent-Length: 9000\r\n\r\n{")
    return reader, writer


async def _unsigned(url: str, source: str) -> int:
    transport = httpx.AsyncHTTPTransport(local_address=source)
    async with httpx.AsyncClient(transport=transport, timeout=3.0) as http:
        return (await http.post(f"{url}/slack/events", json={})).status_code


async def _is_open(reader: asyncio.StreamReader) -> bool:
    """Whether the proxy waits for the rest of the request."""
    try:
        async with asyncio.timeout(0.01):
            await reader.read(1)
    except TimeoutError:
        return True
    except ConnectionError:
        return False
    return False


async def _has_requests(port: int) -> bool:
    """Whether the proxy has found the receiver at `port`, which counts from its start."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return "devin_bridge_ack_seconds_count{" in (await http.get(f"http://127.0.0.1:{port}/metrics")).text


async def _found(url: str) -> bool:
    return await answers(url, "/") == 404
