"""What is certain after an odd answer: what was created stays created, and a row that is missing is known to be."""

import asyncio
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import structlog.testing

from bot.devin import errors
from bot.devin.client import Devin
from bot.devin.models import CreatedSession, DevinSession
from bot.devin.retry import Patience
from bot.domain.session import Snapshot

KEY = "cog_test_0123456789abcdef"
ORG = "org-abc123def456"
BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
ADDRESS = f"https://app.devin.ai/sessions/{BARE}"
SESSIONS = f"/v3/organizations/{ORG}/sessions"
# Long enough for the beginning of an answer on a busy machine.
SHORT = Patience(write=1, read=1, attempts=1, first_pause=0, longest_pause=0, jitter=0)


def row(name=BARE, **odd):
    whole = {"session_id": name, "url": f"https://app.devin.ai/sessions/{name}", "status": "new", "updated_at": 1}
    return {key: value for key, value in (whole | odd).items() if value != "left out"}


def message(name, **odd):
    return {"event_id": name, "source": "devin", "message": "…", "created_at": 1} | odd


def listed(*rows, **more):
    return httpx.Response(200, json={"items": list(rows), **more})


# ------------------------------------------------------------ what was created


async def test_a_created_session_is_known_as_a_whole(devin, devin_api):
    devin_api.on_org("POST", "/sessions", "session_new")

    made = await devin.create_session("Fix the flaky login test")

    assert (made.session_id, made.url) == (BARE, ADDRESS)
    assert isinstance(made.session, DevinSession)
    assert made.snapshot() == made.session.snapshot()
    assert made == CreatedSession.of(made.session)


@pytest.mark.parametrize(
    "odd",
    [
        {"updated_at": None},
        {"status": "left out"},
        {"status": {"name": "new"}},
        {"url": "left out"},
        {"url": 7},
        {"acus_consumed": "none yet"},
        {"pull_requests": [{}]},
        {"tags": "devin-bridge"},
    ],
    ids=str,
)
async def test_an_odd_field_hides_neither_the_id_nor_the_address_of_what_was_created(devin, devin_api, odd):
    devin_api.on_org("POST", "/sessions", httpx.Response(200, json=row(**odd)))

    made = await devin.create_session("Fix the flaky login test")

    assert made == CreatedSession(BARE, ADDRESS, None)
    assert made.snapshot() == Snapshot()
    assert len(devin_api.requests) == 1


async def test_an_id_is_kept_as_given_and_its_address_has_no_prefix(devin, devin_api):
    odd = row(f"devin-{BARE}", url=None)
    devin_api.on_org("POST", "/sessions", httpx.Response(201, json=odd))

    assert await devin.create_session("Fix the flaky login test") == CreatedSession(f"devin-{BARE}", ADDRESS, None)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, text=""),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, text="[" * 100_000),
        httpx.Response(202),
        httpx.Response(204),
        httpx.Response(200, json=[row()]),
        httpx.Response(200, json=None),
        httpx.Response(200, json=row(session_id="left out")),
        httpx.Response(200, json=row(session_id=None)),
        httpx.Response(200, json=row(session_id=7)),
        httpx.Response(200, json=row(session_id=" ")),
    ],
    ids=["html", "empty", "bytes", "deep", "202", "204", "list", "null", "no id", "null id", "a number", "a blank"],
)
async def test_a_2xx_without_a_readable_id_says_that_something_was_created(devin, devin_api, answer):
    devin_api.on_org("POST", "/sessions", answer)

    with pytest.raises(errors.DevinCreatedUnreadable) as caught:
        await devin.create_session("Fix the flaky login test")

    assert (caught.value.message, caught.value.status) == ("No readable session_id.", answer.status_code)
    assert (caught.value.method, caught.value.path) == ("POST", SESSIONS)
    assert len(devin_api.requests) == 1


async def test_a_redirect_does_not_say_that_something_was_created(devin, devin_api):
    away = httpx.Response(302, headers={"Location": "https://login.example.com"}, json=row())
    devin_api.on_org("POST", "/sessions", away)
    devin_api.on_session("POST", "/messages", away)

    for ask in (devin.create_session("Fix the flaky login test"), devin.send_message(BARE, "yes")):
        with pytest.raises(errors.DevinUncertain) as caught:
            await ask
        assert (type(caught.value), caught.value.status) == (errors.DevinUnexpectedAnswer, 302)


# ------------------------------------------------------------ what was delivered


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(200, json=row(updated_at=None)), httpx.Response(200, text="<html>"), httpx.Response(204)],
    ids=["an odd field", "html", "204"],
)
async def test_a_message_is_delivered_however_odd_the_answer(devin, devin_api, answer):
    devin_api.on_session("POST", "/messages", answer)

    assert await devin.send_message(BARE, "yes") is None
    assert len(devin_api.requests) == 1


# ------------------------------------------------------------ answers that break off


@asynccontextmanager
async def answering(head, *, ends=True):
    """A Devin that begins its answer and then closes the connection, or never goes on."""

    serving = set()

    async def serve(reader, writer):
        serving.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            await writer.drain()
            if not ends:
                await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, httpx.AsyncClient() as http:
        port = server.sockets[0].getsockname()[1]
        yield Devin(http, KEY, ORG, f"http://127.0.0.1:{port}", patience=SHORT)
    await asyncio.gather(*serving)


DONE = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"session_id": '
FAILED = b'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 100\r\n\r\n{"detail": '
breaking_off = pytest.mark.parametrize("ends", [True, False], ids=["closed", "silent"])


@breaking_off
async def test_a_2xx_that_breaks_off_says_that_something_was_created(ends):
    async with answering(DONE, ends=ends) as devin:
        with pytest.raises(errors.DevinCreatedUnreadable) as caught:
            await devin.create_session("Fix the flaky login test")

    assert caught.value.status == 200


@breaking_off
async def test_a_2xx_that_breaks_off_has_delivered_a_message(ends):
    async with answering(DONE, ends=ends) as devin:
        assert await devin.send_message(BARE, "yes") is None


@breaking_off
@pytest.mark.parametrize("head", [FAILED, b"", b"HTTP/1.1 200 OK\r\n"], ids=["an error", "nothing", "half a head"])
async def test_what_breaks_off_without_a_2xx_is_an_unknown_outcome(head, ends):
    async with answering(head, ends=ends) as devin:
        with pytest.raises(errors.DevinOutcomeUnknown):
            await devin.create_session("Fix the flaky login test")


@breaking_off
async def test_a_read_that_breaks_off_is_unreachable(ends):
    async with answering(DONE, ends=ends) as devin:
        with pytest.raises(errors.DevinUnreachable):
            await devin.get_session(BARE)


# ------------------------------------------------------------ rows of lists


@pytest.fixture
def logged():
    with structlog.testing.capture_logs() as lines:
        yield lines


async def all_pages(pages):
    return [page async for page in pages]


async def test_a_page_says_which_rows_could_not_be_read(devin, devin_api):
    rows = [row("a1"), row("a2", updated_at=None, status=7), row("a3"), row(session_id=None), "a4"]
    devin_api.on_org("GET", "/sessions", listed(*rows, end_cursor="c1", has_next_page=True), listed(row("a5")))

    first, last = await all_pages(devin.session_pages())

    assert [session.session_id for session in (*first.items, *last.items)] == ["a1", "a3", "a5"]
    assert [(one.id, one.fields) for one in first.unreadable] == [
        ("a2", ("status", "updated_at")),
        (None, ("session_id",)),
        (None, ("",)),
    ]
    assert (first.end_cursor, last.unreadable) == ("c1", ())


async def test_a_page_of_which_no_row_can_be_read_is_not_an_empty_one(devin, devin_api):
    devin_api.on_org("GET", "/sessions", listed(row("a1", updated_at=None), row("a2", status=None)))

    (page,) = await all_pages(devin.session_pages())

    assert (page.items, [one.id for one in page.unreadable]) == ((), ["a1", "a2"])


@pytest.mark.parametrize(
    "answer",
    [
        listed({"id": "a1"}, {"id": "a2"}),
        listed("a1"),
        listed(row("a1", status=None), has_next_page="perhaps"),
        httpx.Response(200, json={"items": None}),
        httpx.Response(200, json={"items": {"a1": row("a1")}}),
        httpx.Response(200, json=[row("a1")]),
    ],
    ids=["other rows", "words", "an odd page", "no rows", "an object", "a bare list"],
)
async def test_another_form_of_answer_is_an_error(devin, devin_api, answer):
    devin_api.on_org("GET", "/sessions", answer)

    with pytest.raises(errors.DevinUnexpectedAnswer):
        await all_pages(devin.session_pages())


async def test_messages_and_insights_report_their_odd_rows_too(devin, devin_api):
    devin_api.on_session("GET", "/messages", listed(message("e1", message=None), message("e2")))
    devin_api.on_org("GET", "/sessions/insights", listed(row("a1", num_devin_messages=None), row("a2")))

    (messages,) = await all_pages(devin.message_pages(BARE))
    (insights,) = await all_pages(devin.session_insight_pages())

    assert [one.id for one in messages.unreadable] == ["e1"]
    assert [one.id for one in insights.unreadable] == ["a1"]
    assert [one.event_id async for one in devin.messages(BARE)] == ["e2"]


async def test_an_odd_row_is_logged_once_and_not_with_every_poll(devin, devin_api, logged):
    odd = listed(row("a1", updated_at=None), row("a2", status=7), row("a3"))
    more = listed(row("a1", updated_at=None), row("a4", updated_at=None))
    devin_api.on_org("GET", "/sessions", odd, odd, more)

    for _ in range(3):
        await all_pages(devin.session_pages())

    assert [(line["event"], line["rows"], line["fields"]) for line in logged] == [
        ("rows of Devin's not read", 2, ["status", "updated_at"]),
        ("rows of Devin's not read", 1, ["updated_at"]),
    ]
    assert {line["log_level"] for line in logged} == {"warning"}
