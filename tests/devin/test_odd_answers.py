"""What is certain after an odd answer: what was created stays created, and a row that is missing is known to be."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import httpx
import pytest
import structlog.testing

from bot.devin import errors
from bot.devin.client import Devin
from bot.devin.messages import by_time, oldest_first
from bot.devin.models import DevinMessage
from bot.devin.retry import PATIENCE

KEY = "cog_test_0123456789abcdef"
ORG = "org-abc123def456"
BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
ADDRESS = f"https://app.devin.ai/sessions/{BARE}"
SESSIONS = f"/v3/organizations/{ORG}/sessions"
# Long enough for the beginning of an answer on a busy machine.
SHORT = replace(PATIENCE, write=1, read=1, attempts=1, first_pause=0, longest_pause=0, jitter=0)


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
    assert (made.status, made.tags, made.updated_at) == ("new", ("devin-bridge",), 1767225600)
    assert made.odd_fields == frozenset()


@pytest.mark.parametrize(
    "odd",
    [
        {"updated_at": None},
        {"status": "left out"},
        {"status": {"name": "new"}},
        {"url": "left out"},
        {"url": 7},
        {"url": "javascript:alert(1)"},
        {"acus_consumed": "none yet"},
        {"pull_requests": [{}]},
        {"tags": "devin-bridge"},
    ],
    ids=str,
)
async def test_an_odd_field_hides_neither_the_id_nor_the_address_of_what_was_created(devin, devin_api, odd):
    devin_api.on_org("POST", "/sessions", httpx.Response(200, json=row(**odd)))

    made = await devin.create_session("Fix the flaky login test")

    assert (made.session_id, made.url) == (BARE, ADDRESS)
    assert len(devin_api.requests) == 1


async def test_an_id_is_kept_as_given_and_its_address_has_no_prefix(devin, devin_api):
    odd = row(f"devin-{BARE}", url=None)
    devin_api.on_org("POST", "/sessions", httpx.Response(201, json=odd))

    made = await devin.create_session("Fix the flaky login test")

    assert (made.session_id, made.url) == (f"devin-{BARE}", ADDRESS)


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
    [httpx.Response(200, json=row(session_id=None)), httpx.Response(200, text="<html>"), httpx.Response(204)],
    ids=["no id", "html", "204"],
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
    rows = [row("a1"), row(session_id=7, status=7), row("a3"), row(session_id=None), "a4"]
    devin_api.on_org("GET", "/sessions", listed(*rows, end_cursor="c1", has_next_page=True), listed(row("a5")))

    first, last = await all_pages(devin.session_pages())

    assert [session.session_id for session in (*first.items, *last.items)] == ["a1", "a3", "a5"]
    assert [(one.id, one.fields) for one in first.unreadable] == [
        (None, ("session_id", "status")),
        (None, ("session_id",)),
        (None, ("",)),
    ]
    assert (first.end_cursor, last.unreadable) == ("c1", ())


async def test_a_page_of_which_no_row_can_be_read_is_not_an_empty_one(devin, devin_api):
    devin_api.on_org("GET", "/sessions", listed(row(" "), row("  ")))

    (page,) = await all_pages(devin.session_pages())

    assert (page.items, [one.id for one in page.unreadable]) == ((), [" ", "  "])


@pytest.mark.parametrize(
    "answer",
    [
        listed({"id": "a1"}, {"id": "a2"}),
        listed("a1"),
        httpx.Response(200, json={"items": None}),
        httpx.Response(200, json={"items": {"a1": row("a1")}}),
        httpx.Response(200, json=[row("a1")]),
    ],
    ids=["other rows", "words", "no rows", "an object", "a bare list"],
)
async def test_another_form_of_answer_is_an_error(devin, devin_api, answer):
    devin_api.on_org("GET", "/sessions", answer)

    with pytest.raises(errors.DevinUnexpectedAnswer):
        await all_pages(devin.session_pages())


@pytest.mark.parametrize("more", [None, "perhaps", "false", 1, 0, []])
async def test_where_it_is_odd_whether_there_is_more_a_cursor_says_so(devin, devin_api, more):
    odd = listed(row("a1"), end_cursor=7, has_next_page=more)
    devin_api.on_org("GET", "/sessions", odd, listed(row("a2"), end_cursor=None, has_next_page=more))

    assert [made.session_id async for made in devin.sessions()] == ["a1", "a2"]
    assert devin_api.last.url.params["after"] == "7"


async def test_messages_and_insights_report_their_odd_rows_too(devin, devin_api):
    devin_api.on_session("GET", "/messages", listed({"created_at": 1}, message("e2")))
    devin_api.on_org("GET", "/sessions/insights", listed(row(" ", num_devin_messages=None), row("a2")))

    (messages,) = await all_pages(devin.message_pages(BARE))
    (insights,) = await all_pages(devin.session_insight_pages())

    assert [one.fields for one in messages.unreadable] == [("event_id",)]
    assert [one.id for one in insights.unreadable] == [" "]
    assert [one.event_id async for one in devin.messages(BARE)] == ["e2"]


async def test_an_odd_row_is_logged_once_and_not_with_every_poll(devin, devin_api, logged):
    odd = listed(row(" ", url="left out", status=7), row("a3"))
    more = listed(row(" ", url="left out", status=7), row("  ", url="left out"), row("a3"))
    devin_api.on_org("GET", "/sessions", odd, odd, more)

    for _ in range(3):
        await all_pages(devin.session_pages())

    assert [(line["event"], line["rows"], line["fields"]) for line in logged] == [
        ("Devin's rows not read", 1, ["session_id", "status"]),
        ("Devin's rows not read", 1, ["session_id"]),
    ]
    assert {line["log_level"] for line in logged} == {"warning"}


# ------------------------------------------------------------ fields


async def test_an_odd_field_is_logged_once_and_not_for_every_row(devin, devin_api, logged):
    rows = [row(name, updated_at="soon", pull_requests=[7, {"pr_url": "https://example.com/pull/7"}]) for name in "abc"]
    devin_api.on_org("GET", "/sessions", listed(*rows), listed(*rows, row("d", tags={"a": "b"})))

    for _ in range(2):
        await all_pages(devin.session_pages())

    assert [(line["event"], line["model"], line["fields"]) for line in logged] == [
        ("Devin's fields not read", "DevinSession", ["pull_requests", "updated_at"]),
        ("Devin's fields not read", "DevinSession", ["tags"]),
    ]


async def test_a_null_is_the_same_as_a_missing_field_and_is_not_logged(devin, devin_api, logged):
    nothing = dict.fromkeys(["status", "tags", "created_at", "updated_at", "acus_consumed", "is_archived", "url"])
    devin_api.on_org("GET", "/sessions", listed(row("a1", **nothing)))

    (session,) = [made async for made in devin.sessions()]

    assert (session.status, session.updated_at, session.acus_consumed, session.is_archived) == ("", 0, 0.0, False)
    assert session.url == "https://app.devin.ai/sessions/a1"
    assert (session.tags, session.has("tags"), session.odd_fields) == ((), False, frozenset())
    assert logged == []


async def test_of_a_list_with_an_odd_item_the_others_stay_and_it_is_known_not_to_be_whole(devin, devin_api):
    devin_api.on_org("GET", "/sessions", listed(row("a1", tags=["devin-bridge", None]), row("a2", tags=["x"])))

    one, two = [made async for made in devin.sessions()]

    assert (one.tags, one.has("tags")) == (("devin-bridge",), False)
    assert (two.tags, two.has("tags")) == (("x",), True)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (1767225600, 1767225600),
        (1767225600.9, 1767225600),
        (1767225600123, 1767225600),
        ("1767225600", 1767225600),
        ("1767225600.5", 1767225600),
        ("2026-01-01T00:00:00Z", 1767225600),
        ("2026-01-01T00:00:00", 1767225600),
        (0, 0),
        (-1, 0),
        (True, 0),
        (10**18, 0),
        (10**400, 0),
        (50_000_000_000, 0),
        ("soon", 0),
        ([1767225600], 0),
    ],
    ids=str,
)
async def test_times_come_in_many_forms(devin, devin_api, given, read):
    devin_api.on_org("GET", "/sessions", httpx.Response(200, text=json.dumps({"items": [row("a1", updated_at=given)]})))

    (session,) = [made async for made in devin.sessions()]

    assert session.updated_at == read


@pytest.mark.parametrize(("given", "read"), [(1.25, 1.25), (2, 2.0), ("1.25", 1.25), (-1, 0), (True, 0), ("much", 0)])
async def test_acus_are_a_number_or_none(devin, devin_api, given, read):
    devin_api.on_org("GET", "/sessions", listed(row("a1", acus_consumed=given)))

    (session,) = [made async for made in devin.sessions()]

    assert session.acus_consumed == read


@pytest.mark.parametrize("given", ["NaN", "Infinity", "1e999"])
async def test_a_figure_that_is_no_number_is_none(devin, devin_api, given):
    text = json.dumps({"items": [row("a1", acus_consumed="figure")]}).replace('"figure"', given)
    devin_api.on_org("GET", "/sessions", httpx.Response(200, text=text))

    assert [made.acus_consumed async for made in devin.sessions()] == [0.0]


async def test_a_text_that_was_cut_in_the_middle_of_a_sign_hides_nothing(devin, devin_api):
    text = json.dumps({"items": [row("a1", title="Done cut"), row("a2")]}).replace(" cut", r" \ud83d")
    devin_api.on_org("GET", "/sessions", httpx.Response(200, text=text))

    assert [made.title async for made in devin.sessions()] == ["Done ?", None]


async def test_words_without_an_id_have_one_that_is_the_same_at_each_reading(devin, devin_api):
    rows = [message(None, message="One"), message([], message="Two"), message(3, message="Three")]
    devin_api.on_session("GET", "/messages", listed(*rows))

    once, again = [[one async for one in devin.messages(BARE)] for _ in range(2)]

    assert [one.message for one in once] == ["One", "Two", "Three"]
    assert [one.event_id for one in once] == [one.event_id for one in again]
    assert len({one.event_id for one in once}) == 3
    assert once[2].event_id == "3"


@pytest.mark.parametrize(
    ("source", "by_devin"), [("devin", True), ("user", False), ("system", None), (None, None), (7, None)]
)
async def test_who_wrote_a_message_is_known_or_is_known_not_to_be(devin, devin_api, source, by_devin):
    devin_api.on_session("GET", "/messages", listed(message("e1", source=source)))

    assert [one.by_devin async for one in devin.messages(BARE)] == [by_devin]


async def test_a_day_with_a_credit_is_a_day_of_the_bill(devin, devin_api):
    day = {"date": 1767225600, "acus": -2.5, "acus_by_product": {"devin": 1.0, "review": -3.5, "odd": "much"}}
    body = {"total_acus": -2.5, "consumption_by_date": [day]}
    devin_api.on_org("GET", "/consumption/daily", httpx.Response(200, json=body))

    bill = await devin.daily_consumption()

    assert (bill.total_acus, bill.consumption_by_date[0].acus) == (-2.5, -2.5)
    assert bill.consumption_by_date[0].acus_by_product == {"devin": 1.0, "review": -3.5}


@pytest.mark.parametrize("odd", [{"acus": "much"}, {"acus": None}, {"date": "soon"}, {"date": {}}], ids=str)
async def test_a_bill_with_a_day_that_cannot_be_read_is_no_bill(devin, devin_api, odd):
    days = [{"date": 1767225600, "acus": 1.0}, {"date": 1767312000, "acus": 2.0} | odd]
    devin_api.on_org("GET", "/consumption/daily", httpx.Response(200, json={"consumption_by_date": days}))

    with pytest.raises(errors.DevinUnexpectedAnswer) as caught:
        await devin.daily_consumption()

    assert caught.value.message == "A day of the bill cannot be read."


# ------------------------------------------------------------ the order of messages


def written(*times):
    return [
        DevinMessage(event_id=f"e{at}", source="devin", message="…", created_at=time) for at, time in enumerate(times)
    ]


@pytest.mark.parametrize(
    ("times", "order"),
    [
        ([], []),
        ([100, 200, 200, 300], [0, 1, 2, 3]),
        ([300, 200, 200, 100], [3, 2, 1, 0]),
        ([100, 103, 101, 200], [0, 1, 2, 3]),
        ([100, 0, 0, 200], [0, 1, 2, 3]),
        ([0, 200, 100, 0], [3, 2, 1, 0]),
        ([0, 0, 0], [0, 1, 2]),
        ([100, 100], [0, 1]),
    ],
    ids=str,
)
def test_times_say_in_which_order_messages_are_listed(times, order):
    assert [message.event_id for message in oldest_first(written(*times))] == [f"e{at}" for at in order]


@pytest.mark.parametrize(
    ("times", "order"),
    [([], []), ([300, 100, 200], [1, 2, 0]), ([100, 100], [0, 1]), ([200, 0, 100, 0], [2, 3, 0, 1]), ([0, 5], [0, 1])],
    ids=str,
)
def test_messages_by_their_times(times, order):
    assert [message.event_id for message in by_time(written(*times))] == [f"e{at}" for at in order]
