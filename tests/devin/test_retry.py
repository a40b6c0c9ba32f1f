"""Reads are tried again, writes never; and a missing answer is called by its name."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import httpx
import pytest
import stamina.instrumentation

from bot.devin import errors
from bot.devin.client import Devin
from bot.devin.retry import PATIENCE

KEY = "cog_test_0123456789abcdef"
ORG = "org-abc123def456"
BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
SHORT = replace(PATIENCE, write=0.15, read=0.15, upload=0.15, attempts=2, first_pause=0, longest_pause=0, jitter=0)

NEVER_SENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("full"),
    httpx.ProxyError("no tunnel"),
]
CUT_OFF = [
    httpx.ReadTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.WriteTimeout("slow"),
    httpx.RemoteProtocolError("closed"),
    httpx.DecodingError("bad zip"),
]


def named(error):
    return type(error).__name__


@pytest.mark.parametrize("failure", [*NEVER_SENT, *CUT_OFF], ids=named)
async def test_a_read_is_tried_again_after_a_lost_connection(devin, devin_api, failure):
    devin_api.on_session("GET", "", failure, "session_working")

    assert (await devin.get_session(BARE)).status == "running"
    assert len(devin_api.requests) == 2


@pytest.mark.parametrize("name", ["error_429", "error_500"])
async def test_a_read_is_tried_again_after_429_and_5xx(devin, devin_api, name):
    devin_api.on_session("GET", "", name, name, "session_working")

    assert (await devin.get_session(BARE)).status == "running"
    assert len(devin_api.requests) == 3


@pytest.mark.parametrize("name", ["error_401", "error_403", "error_409", "error_422"])
async def test_a_read_that_was_refused_is_not(devin, devin_api, name):
    devin_api.on_session("GET", "", name)

    with pytest.raises((errors.DevinRefused, errors.DevinUnauthorized)):
        await devin.get_session(BARE)

    assert len(devin_api.requests) == 1


BLOCKED = httpx.Response(403, json={"detail": "IP 203.0.113.7 is not on the access list"})


@pytest.mark.parametrize("refused", ["error_403", BLOCKED], ids=["a right", "an address"])
@pytest.mark.parametrize(
    ("of_list", "kind"),
    [
        ("sessions_last_page", errors.DevinRefused),
        ("error_403", errors.DevinUnauthorized),
        (BLOCKED, errors.DevinUnauthorized),
        ("error_401", errors.DevinUnauthorized),
        ("error_500", errors.DevinUnauthorized),
    ],
)
async def test_a_403_is_about_the_key_if_not_even_the_sessions_can_be_listed(http, devin_api, refused, of_list, kind):
    devin = Devin(http, KEY, ORG, patience=SHORT, doubts_403=True).within("org-other")
    devin_api.on("POST", "/v3/organizations/org-other/sessions", refused)
    devin_api.on_org("GET", "/sessions", of_list)

    with pytest.raises(kind) as caught:
        await devin.create_session("Fix the flaky login test")

    assert (caught.value.status, caught.value.method) == (403, "POST")
    assert len(devin_api.requests) == 2


async def test_a_read_ends_after_its_attempts(devin, devin_api):
    devin_api.on_session("GET", "", "error_500")

    with pytest.raises(errors.DevinServerError):
        await devin.get_session(BARE)

    assert len(devin_api.requests) == 3


@pytest.mark.parametrize("failure", NEVER_SENT, ids=named)
async def test_a_write_that_never_left_is_unreachable(devin, devin_api, failure):
    devin_api.on_org("POST", "/sessions", failure)

    with pytest.raises(errors.DevinUnreachable) as caught:
        await devin.create_session("Fix the flaky login test")

    assert caught.value.message == f"No answer ({named(failure)})."
    assert len(devin_api.requests) == 1


@pytest.mark.parametrize("failure", CUT_OFF, ids=named)
async def test_a_write_without_an_answer_has_an_unknown_outcome(devin, devin_api, failure):
    devin_api.on_session("POST", "/messages", failure)

    with pytest.raises(errors.DevinOutcomeUnknown) as caught:
        await devin.send_message(BARE, "yes")

    assert caught.value.status is None
    assert caught.value.path == f"/v3/organizations/{ORG}/sessions/devin-{BARE}/messages"
    assert len(devin_api.requests) == 1


@pytest.mark.parametrize("name", ["error_429", "error_500"])
@pytest.mark.parametrize(
    ("method", "tail", "write"),
    [
        ("POST", "/messages", lambda devin: devin.send_message(BARE, "yes")),
        ("POST", "/archive", lambda devin: devin.archive(BARE)),
        ("POST", "/tags", lambda devin: devin.append_tags(BARE, ["csv"])),
        ("PUT", "/tags", lambda devin: devin.replace_tags(BARE, ["csv"])),
        ("DELETE", "", lambda devin: devin.terminate(BARE)),
    ],
    ids=["message", "archive", "append", "replace", "terminate"],
)
async def test_no_write_is_ever_repeated(devin, devin_api, name, method, tail, write):
    devin_api.on_session(method, tail, name)

    with pytest.raises((errors.DevinRateLimited, errors.DevinServerError)):
        await write(devin)

    assert len(devin_api.requests) == 1


async def test_the_wait_of_a_refused_write_is_handed_to_the_caller(devin, devin_api):
    devin_api.on_org("POST", "/sessions", httpx.Response(429, headers={"Retry-After": "30"}, json={}))

    with pytest.raises(errors.DevinRateLimited) as caught:
        await devin.create_session("Fix the flaky login test")

    assert caught.value.retry_after == 30


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (errors.DevinUnreachable(), True),
        (errors.DevinServerError(), True),
        (errors.DevinServerError(retry_after=2), 2),
        (errors.DevinRateLimited(), True),
        (errors.DevinRateLimited(retry_after=0), 0),
        (errors.DevinRateLimited(retry_after=10), 10),
        (errors.DevinRateLimited(retry_after=10.1), False),
        (errors.DevinNotFound(), False),
        (errors.DevinUnexpectedAnswer(), False),
        (errors.DevinOutcomeUnknown(), False),
        (ValueError(), False),
    ],
    ids=repr,
)
def test_the_verdict_on_a_failed_read(error, verdict):
    got = PATIENCE.verdict(error)

    assert got == verdict
    assert isinstance(got, bool) == isinstance(verdict, bool)  # 0 is "at once", False is "never"


async def test_the_pause_is_the_one_devin_asked_for(devin, devin_api):
    pauses = []
    stamina.instrumentation.set_on_retry_hooks([lambda details: pauses.append(details.wait_for)])
    busy = httpx.Response(429, headers={"Retry-After": "0.01"}, json={})
    devin_api.on_session("GET", "", busy, "error_500", "session_working")

    await devin.get_session(BARE)

    assert pauses == [0.01, 0.0]


async def test_a_longer_wait_is_left_to_the_caller_at_once(devin, devin_api):
    devin_api.on_session("GET", "", httpx.Response(429, headers={"Retry-After": "60"}, json={}))

    with pytest.raises(errors.DevinRateLimited) as caught:
        await devin.get_session(BARE)

    assert caught.value.retry_after == 60
    assert len(devin_api.requests) == 1


def test_the_limits_others_rely_on():
    assert PATIENCE.write == 20
    assert (PATIENCE.write, PATIENCE.read) == (20, 10)


# ------------------------------------------------------------ over real sockets


@asynccontextmanager
async def listening(serve, patience=SHORT):
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, httpx.AsyncClient() as http:
        port = server.sockets[0].getsockname()[1]
        yield Devin(http, KEY, ORG, f"http://127.0.0.1:{port}", patience=patience)


async def closing(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def dripping(reader, writer, head=b"HTTP/1.1 200 OK"):
    """Never quiet long enough for a read timeout, never done."""
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + b"\r\nContent-Length: 100000\r\n\r\n")
        while not reader.at_eof():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)
    except ConnectionError:
        pass  # the caller has left, which is how these tests end
    finally:
        writer.close()


async def test_a_closed_connection_is_an_unknown_outcome():
    async with listening(closing) as devin:
        with pytest.raises(errors.DevinOutcomeUnknown):
            await devin.create_session("Fix the flaky login test")


async def test_a_dripping_answer_ends_at_the_limit():
    # Long enough for the status to arrive on a busy machine.
    async with listening(dripping, replace(SHORT, write=1)) as devin:
        began = asyncio.get_running_loop().time()
        with pytest.raises(errors.DevinCreatedUnreadable):
            await devin.create_session("Fix the flaky login test")
        took = asyncio.get_running_loop().time() - began

    assert took < 3


async def test_a_dripping_failure_ends_at_the_limit():
    async with listening(partial(dripping, head=b"HTTP/1.1 500 Internal Server Error")) as devin:
        began = asyncio.get_running_loop().time()
        with pytest.raises(errors.DevinOutcomeUnknown) as caught:
            await devin.create_session("Fix the flaky login test")
        took = asyncio.get_running_loop().time() - began

    assert caught.value.message == "No answer (TimeoutError)."
    assert took < 2


async def test_a_read_without_an_answer_is_unreachable():
    async with listening(dripping) as devin:
        with pytest.raises(errors.DevinUnreachable):
            await devin.self_()


async def test_a_refused_connection_is_unreachable():
    async with listening(closing) as devin:
        pass  # nobody listens there any more
    async with httpx.AsyncClient() as http:
        gone = Devin(http, KEY, ORG, devin._transport._base_url, patience=SHORT)
        with pytest.raises(errors.DevinUnreachable):
            await gone.create_session("Fix the flaky login test")


async def test_a_cancelled_caller_is_cancelled(devin, devin_api):
    arrived = asyncio.Event()

    async def noted(reader, writer):
        arrived.set()
        await dripping(reader, writer)

    async with listening(noted) as slow:
        task = asyncio.create_task(slow.create_session("Fix the flaky login test"))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
