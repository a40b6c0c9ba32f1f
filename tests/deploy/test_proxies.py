"""Behind a company's proxy, with certificates of a CA of its own, the bot reaches Slack and Devin through it alone."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.relay import relay
from tests.scenarios.harness import ANN, GENERAL, Harness, harness
from tests.scenarios.test_operate import process

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl, to make a CA")

SLACK, DEVIN = "slack.example", "devin.example"  # names that no machine has: only the proxy leads there


def make_ca(folder: Path) -> None:
    """Make a CA, and a certificate of its for both names."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    new = ["-newkey", "rsa:2048", "-nodes"]
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Our CA")
    openssl("req", *new, "-keyout", "key.pem", "-out", "request", "-subj", "/CN=proxy")
    (folder / "names").write_text(f"subjectAltName=DNS:{SLACK},DNS:{DEVIN}")
    ours = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"]
    openssl("x509", "-req", "-in", "request", *ours, "-out", "certificate.pem")


@dataclass
class Proxy:
    """Takes `CONNECT`, and speaks TLS itself in the name of whoever was asked for."""

    ports: dict[str, int]
    tls: ssl.SSLContext
    url: str = ""
    asked: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.decode().split(" ", 2)
        self.asked.add(f"{method} {target}")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        try:
            await writer.start_tls(self.tls)
        except OSError:
            writer.close()
            return
        name = target.partition(":")[0]

        def renamed(data: bytes) -> bytes:
            # The simulators answer only under names of this machine.
            return data.replace(f"Host: {name}".encode(), b"Host: 127.0.0.1")

        await relay((reader, writer), await asyncio.open_connection("127.0.0.1", self.ports[name]), renamed)


@asynccontextmanager
async def proxy(on: Harness, folder: Path) -> AsyncIterator[Proxy]:
    """A proxy before the simulators."""
    await asyncio.to_thread(make_ca, folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    devin = int(on.environment["DEVIN_API_URL"].rsplit(":", 1)[1])
    one = Proxy({SLACK: on.simulated_slack.port, DEVIN: devin}, tls)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield one
    finally:
        server.close()


def behind(on: Harness, through: Proxy, ca: Path) -> dict[str, str]:
    """The settings of a bot that knows Slack and Devin by names that lead nowhere without the proxy."""
    at = {"SLACK_API_URL": f"https://{SLACK}/api/", "DEVIN_API_URL": f"https://{DEVIN}", "PORT": "0"}
    return on.environment | at | {"HTTPS_PROXY": through.url, "SSL_CERT_FILE": str(ca)}


async def test_a_session_is_started_and_followed_through_the_proxy_alone(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(harness(tmp_path, start=False))
        through = await stack.enter_async_context(proxy(on, tmp_path))
        on.simulated_slack._slack.root = f"https://{SLACK}"  # where the socket is, as Slack says
        bot = await stack.enter_async_context(process(behind(on, through, tmp_path / "ca.pem")))
        await bot.running()
        await on.slack.wait_for_sockets()
        ts, session = await on.started()
        await on.devin.say(session, "All is well.")
        await on.wait_for_post(GENERAL, ts, "All is well.")
        await on.slack.say(ANN, GENERAL, "use pytest", thread_ts=ts)
        await on.devin.wait_for_messages("use pytest")
        assert await bot.end() == 0
    assert through.asked == {f"CONNECT {SLACK}:443", f"CONNECT {DEVIN}:443"}


@pytest.mark.edge
async def test_a_certificate_of_a_ca_that_is_not_known_is_not_taken(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(harness(tmp_path, start=False))
        through = await stack.enter_async_context(proxy(on, tmp_path))
        environment = behind(on, through, tmp_path / "ca.pem")
        del environment["SSL_CERT_FILE"]
        bot = await stack.enter_async_context(process(environment))
        await bot.line("Slack didn't answer at startup")
        assert bot.facts[-1]["error"] == "unreachable"
        await bot.end()


@pytest.mark.edge
async def test_what_is_on_this_machine_is_reached_without_the_proxy(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(harness(tmp_path, start=False))
        nobody = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "PORT": "0"}
        bot = await stack.enter_async_context(process(on.environment | nobody))
        await bot.running()
        await on.started()
        assert await bot.end() == 0
