"""The port is bounded: what takes too long, is too large or is one too many is cut; what Slack sends gets through."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.metrics import Metrics
from bot.server.connections import LARGEST_HEADERS, LARGEST_REQUEST, Connections, most_connections
from bot.server.http import HttpServer, bounded_server
from bot.timing import PRODUCTION

TIMING = replace(PRODUCTION, request_headers=0.3, request_body=0.3, answer_taken=0.5)
PATIENT = replace(PRODUCTION, request_headers=60.0, request_body=60.0, answer_taken=60.0)
GET = b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n"
HALF_HEADERS = b"POST / HTTP/1.1\r\nHost: bot\r\nX-Slow: "
HALF_BODY = b"POST / HTTP/1.1\r\nHost: bot\r\nContent-Length: 9\r\n\r\n{"
CHUNKED = b"POST / HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass
class Client:
    """One connection to the port."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> int:
        """The status of the next answer, which has a short body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await self.reader.readexactly(length)
        return int(head.split()[1])

    async def is_cut(self, within: float = 5.0) -> bool:
        """Wait until the server closes the connection."""
        try:
            async with asyncio.timeout(within):
                while await self.reader.read(65_536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


@dataclass
class Served:
    """A server with an application of its own, and its clients."""

    server: HttpServer
    connections: Connections
    metrics: Metrics
    clients: list[Client] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self, data: bytes = b"") -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.server.port))
        self.clients.append(client)
        await client.send(data)
        return client

    def refused(self) -> dict[str, float]:
        """How many were refused for which reason."""
        family = next(one for one in self.metrics.registry.collect() if one.name == "devin_bridge_requests_refused")
        return {sample.labels["reason"]: sample.value for sample in family.samples if sample.name.endswith("_total")}


@asynccontextmanager
async def served(timing: Any = TIMING, **bounds: Any) -> AsyncIterator[Served]:
    """A port with an application that answers at once, late on /slow, and with much on /large."""
    metrics = Metrics()
    connections = Connections(timing, metrics, **bounds)

    async def answer(request: Request) -> Response:
        try:
            await request.body()
        except ClientDisconnect:
            return Response()
        if request.url.path == "/slow":
            await one.release.wait()
        return PlainTextResponse("x" * (20_000_000 if request.url.path == "/large" else 2))

    routes = [Route(path, answer, methods=["GET", "POST"]) for path in ("/", "/slow", "/large")]
    server = bounded_server(Starlette(routes=routes), connections)
    one = Served(server, connections, metrics)
    with socket.socket(proto=socket.IPPROTO_TCP) as port:
        port.bind(("127.0.0.1", 0))
        running = asyncio.create_task(server.serve([port]))
        await server.wait_started([running])
        try:
            yield one
        finally:
            server.should_exit = True
            await running
            for client in one.clients:
                client.writer.close()


async def gone(one: Served) -> None:
    """Wait until nothing of any connection is left."""
    async with asyncio.timeout(5):
        while len(one.connections) or one.server.server_state.connections or one.server.server_state.tasks:
            await asyncio.sleep(0.02)


async def until_open(one: Served, count: int) -> None:
    async with asyncio.timeout(5):
        while len(one.connections) != count:
            await asyncio.sleep(0.01)


# ------------------------------------------------------------ how long


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "headers too late"),
        (b"P", "headers too late"),
        (HALF_HEADERS, "headers too late"),
        (HALF_BODY, "body too late"),
        (CHUNKED + b"1\r\n{\r\n", "body too late"),
        (GET + HALF_HEADERS, "headers too late"),
        (GET + HALF_BODY, "body too late"),
    ],
)
async def test_a_request_that_does_not_come_is_cut(sent: bytes, reason: str) -> None:
    async with served() as one:
        client = await one.connect(sent)
        assert await client.is_cut()
        await gone(one)
        assert one.refused() == {reason: 1}


@pytest.mark.parametrize("begun", [b"", HALF_HEADERS, CHUNKED, GET, GET + b"\r\n"])
@pytest.mark.parametrize("drop", [b"a", b"1\r\na\r\n", b"\r\n"])
async def test_a_request_that_comes_in_drops_is_cut_although_something_always_comes(begun: bytes, drop: bytes) -> None:
    async with served() as one:
        client = await one.connect(begun)
        cut = asyncio.create_task(client.is_cut())
        async with asyncio.timeout(3):
            while not cut.done():
                client.writer.write(drop)
                await asyncio.sleep(0.02)
        assert await cut
        await gone(one)


async def test_a_request_that_comes_in_parts_within_the_time_is_answered_and_so_is_the_next_one() -> None:
    async with served() as one:
        client = await one.connect()
        for request in (GET, HALF_BODY + b"12345678", CHUNKED + b"5\r\n{1234\r\n0\r\n\r\n") * 2:
            for at in range(0, len(request), 20):
                await client.send(request[at : at + 20])
                await asyncio.sleep(0.01)
            assert await client.status() == 200
        assert one.refused() == {}


async def test_who_does_not_take_an_answer_is_cut() -> None:
    async with served() as one:
        client = await one.connect(GET.replace(b" / ", b" /large ") * 3)
        await gone(one)
        assert one.refused() == {"answer not taken": 1}
        assert await client.is_cut()


async def test_an_answer_that_is_late_and_an_idle_connection_keep_the_connection_for_a_while() -> None:
    async with served(PATIENT) as one:
        client = await one.connect(GET.replace(b" / ", b" /slow "))
        await asyncio.sleep(0.5)
        one.release.set()
        assert await client.status() == 200
        await client.send(GET)
        assert await client.status() == 200


async def test_time_for_which_the_process_stood_still_does_not_count() -> None:
    async with served(replace(PATIENT, request_headers=2.0)) as one:
        client = await one.connect(HALF_HEADERS)
        await until_open(one, 1)
        now = asyncio.get_running_loop().time()
        one.connections.sweep(now)
        one.connections.sweep(now + 100.0)
        assert len(one.connections) == 1
        for seconds in (100.5, 101.0, 101.5, 102.0, 102.5, 103.0, 103.5):
            one.connections.sweep(now + seconds)
        assert len(one.connections) == 0
        assert await client.is_cut()


# ------------------------------------------------------------ how large

MUCH = b"x" * (2 * LARGEST_REQUEST)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + MUCH,
        b"GET / HTTP/1.1\r\nHost: bot\r\nX-Large: " + MUCH,
        b"GET / HTTP/1.1\r\nHost: bot\r\n" + b"X-Many: 1\r\n" * 500_000,
        b"GET / HTTP/1.1\r\nHost: bot\r\n" + b"X" * LARGEST_HEADERS + MUCH,
        CHUNKED + b"1\r\n{\r\n0\r\nX-Trailer: " + MUCH,
        CHUNKED + b"1;" + MUCH,
        CHUNKED + b"1\r\n{\r\n" * LARGEST_REQUEST,
    ],
    ids=["address", "header", "headers", "name", "trailer", "extension", "parts"],
)
async def test_what_is_too_large_is_cut_while_it_comes_in(sent: bytes) -> None:
    async with served(PATIENT) as one:
        client = await one.connect()
        client.writer.write(sent)
        assert await client.is_cut()
        await gone(one)
        assert set(one.refused()) <= {"too large", "not HTTP"}
        assert one.refused()


async def test_what_stands_behind_a_body_is_no_header() -> None:
    async with served() as one:
        client = await one.connect(CHUNKED + b"1\r\n{\r\n0\r\nX-Slack-Signature: v0=1\r\n\r\n")
        assert await client.status() == 200
        assert [list(each.headers) for each in one.server.server_state.connections] == [
            [(b"host", b"bot"), (b"transfer-encoding", b"chunked")]
        ]


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 99]
)
async def test_what_is_no_http_is_refused_without_a_line_of_its_own(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with served() as one:
        client = await one.connect(sent)
        assert (await client.reader.readuntil(b"\r\n")).split()[1] == b"400"
        assert await client.is_cut()
        assert one.refused() == {"not HTTP": 1}
    assert [line for line in caplog.records if line.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
async def test_a_request_for_another_protocol_is_answered_as_http(
    protocol: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with served() as one:
        upgrade = b"GET / HTTP/1.1\r\nHost: bot\r\nConnection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"
        assert await (await one.connect(upgrade)).status() == 200
    assert [line for line in caplog.records if line.levelno >= logging.WARNING] == []


# ------------------------------------------------------------ how many


@pytest.mark.parametrize("sent", [b"", HALF_HEADERS, HALF_BODY])
async def test_however_many_half_requests_there_are_whole_ones_are_answered(sent: bytes) -> None:
    async with served(PATIENT, most=5) as one:
        for number in range(60):
            await one.connect(sent)
            if number % 10 == 9:
                client = await one.connect(GET)
                assert await client.status() == 200
        await until_open(one, 5)
        assert set(one.refused()) == {"too many connections"}
        assert one.refused()["too many connections"] == 60 + 6 - 5


async def test_the_one_that_has_waited_longest_gives_way_and_none_whose_answer_is_made() -> None:
    async with served(PATIENT, most=3) as one:
        slow = await one.connect(GET.replace(b" / ", b" /slow "))
        used = await one.connect()
        await until_open(one, 2)
        first = await one.connect(HALF_BODY)
        await until_open(one, 3)
        await used.send(GET)
        assert await used.status() == 200
        await one.connect(HALF_BODY)
        assert await first.is_cut()
        await one.connect(HALF_BODY)
        assert await used.is_cut()
        one.release.set()
        assert await slow.status() == 200


async def test_where_all_are_being_answered_the_newcomer_is_cut() -> None:
    async with served(PATIENT, most=3) as one:
        slow = [await one.connect(GET.replace(b" / ", b" /slow ")) for _ in range(3)]
        async with asyncio.timeout(5):
            while any(each.waits for each in one.connections._open):
                await asyncio.sleep(0.01)
        assert await (await one.connect()).is_cut()
        one.release.set()
        assert [await client.status() for client in slow] == [200, 200, 200]


@dataclass
class Wire:
    """A transport of a connection from somewhere."""

    host: str
    aborted: bool = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self.host, 40_000) if name == "peername" else default

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
def arrive() -> Callable[[Connections, str], Wire]:
    """Have a connection from somewhere come in."""

    def come(connections: Connections, host: str) -> Wire:
        server = bounded_server(Starlette(), connections)
        server.config.load()
        wire = Wire(host)
        made = connections.protocol(config=server.config, server_state=server.server_state, app_state={})
        made.connection_made(wire)  # type: ignore[arg-type]  # has of a transport what the server uses
        return wire

    return come


async def test_one_public_address_has_so_many_connections_and_others_have_theirs(
    arrive: Callable[[Connections, str], Wire],
) -> None:
    connections = Connections(PATIENT, Metrics(), most=20, most_of_one=3)
    other = arrive(connections, "1.1.1.2")
    wires = [arrive(connections, "1.1.1.1") for _ in range(5)]
    assert [wire.aborted for wire in wires] == [True, True, False, False, False]
    assert not other.aborted
    assert len(connections) == 4
    for each in list(connections._open):
        connections.remove(each)
    assert connections._by_network == {}


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "fd00::1"])
async def test_a_proxy_which_everybody_comes_through_has_as_many_as_there_are(
    host: str, arrive: Callable[[Connections, str], Wire]
) -> None:
    connections = Connections(PATIENT, Metrics(), most=20, most_of_one=3)
    assert not any(wire.aborted for wire in [arrive(connections, host) for _ in range(20)])
    assert arrive(connections, host).aborted is False
    assert len(connections) == 20


@pytest.mark.parametrize(
    ("descriptors", "most"), [(64, 16), (256, 64), (400, 100), (640, 256), (1024, 512), (65_536, 512), (-1, 512)]
)
def test_descriptors_are_left_for_slack_devin_and_the_store(descriptors: int, most: int) -> None:
    assert most_connections(descriptors) == most


# ------------------------------------------------------------ a stop


@pytest.mark.parametrize("sent", [b"", HALF_HEADERS, HALF_BODY, GET])
async def test_a_stop_waits_for_no_half_request(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with served(PATIENT) as one:
        client = await one.connect(sent)
        await until_open(one, 1)
        await asyncio.sleep(0.05)
    assert await client.is_cut()
    assert [line for line in caplog.records if line.levelno >= logging.WARNING] == []
