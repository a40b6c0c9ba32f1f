"""Each field of each answer, odd in each way: the answer is read all the same, or is known not to be."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

import httpx
import pytest

from bot.devin.client import Devin
from bot.devin.errors import DevinCreatedUnreadable, DevinUnexpectedAnswer
from bot.devin.models import DevinMessage, DevinSession
from tests.devin.conftest import AT_ONCE, KEY, ORG, sample
from tests.odd_fields import mutations

BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
MORE_WITHOUT_A_CURSOR = ("has_next_page", "yes")  # there is more, and no way to it


async def answered(body: Any, ask: Callable[[Devin], Awaitable[Any]]) -> Any:
    """What a client makes of this body; it must not ask twice."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        try:
            return await ask(Devin(http, KEY, ORG, patience=AT_ONCE))
        except DevinUnexpectedAnswer as error:
            return error
        finally:
            assert len(asked) == 1 or asked[0].method == "GET"


async def listed(of: AsyncIterator[Any]) -> list[Any]:
    return [one async for one in of]


def whole(session: Any) -> bool:
    """Whether all that the bot uses of a session has its type, and the session its address."""
    shown = session.snapshot()
    return (
        isinstance(session, DevinSession)
        and session.url.startswith("https://app.devin.ai/sessions/")
        and all(isinstance(word, str) for word in (session.status, *session.tags))
        and all(isinstance(word, str | None) for word in (session.title, session.status_detail))
        and all(type(time) is int and 0 <= time < 5e9 for time in (session.created_at, session.updated_at))
        and type(shown.acus) is float
        and shown.acus >= 0
        and isinstance(shown.archived, bool)
        and all(isinstance(request.url, str) and request.url.strip() for request in shown.pull_requests)
    )


async def test_create() -> None:
    for path, what, body in mutations(sample("session_new")):
        made = await answered(body, lambda devin: devin.create_session("Fix it"))
        if path != "session_id":
            assert made.session_id == BARE, (path, what)
            assert whole(made), (path, what)
        elif what != "an unknown word":
            assert type(made) is DevinCreatedUnreadable, (path, what)


@pytest.mark.parametrize(
    "ask",
    [
        lambda devin: devin.get_session(BARE),
        lambda devin: devin.archive(BARE),
        lambda devin: devin.unarchive(BARE),
        lambda devin: devin.terminate(BARE),
        lambda devin: devin.send_message(BARE, "Yes"),
    ],
    ids=["get", "archive", "unarchive", "terminate", "send a message"],
)
async def test_calls_that_are_answered_with_the_session(ask: Callable[[Devin], Awaitable[Any]]) -> None:
    for path, what, body in mutations(sample("session_finished")):
        session = await answered(body, ask)
        assert path == "session_id" or whole(session), (path, what)


async def test_lists_of_sessions() -> None:
    page = sample("sessions_last_page")
    (row,) = page["items"]
    for path, what, body in mutations({**page, "items": [row, {**row, "session_id": "another"}]}):
        sessions = await answered(body, lambda devin: listed(devin.sessions()))
        if (path, what) == MORE_WITHOUT_A_CURSOR:
            assert isinstance(sessions, DevinUnexpectedAnswer)
        elif path not in {"items", "items.0", "items.0.session_id", "items.1", "items.1.session_id"}:
            assert [one.session_id for one in sessions] == [row["session_id"], "another"], (path, what)
            assert all(map(whole, sessions)), (path, what)
        elif path != "items":
            assert len(sessions) in {1, 2}, (path, what)
        elif what != "a list":
            assert isinstance(sessions, DevinUnexpectedAnswer), (path, what)


async def test_insights() -> None:
    for path, what, body in mutations(sample("insights")["items"][0]):
        rows = await answered({"items": [body]}, lambda devin: listed(devin.session_insights()))
        if path != "session_id":
            (row,) = rows
            assert whole(row), (path, what)
            assert row.num_devin_messages is None or row.num_devin_messages >= 0, (path, what)


async def test_messages() -> None:
    rows = [*sample("messages_first_page")["items"], *sample("messages_last_page")["items"]]
    for at in range(len(rows)):
        for path, what, body in mutations(rows[at]):
            answer = {"items": [*rows[:at], body, *rows[at + 1 :]]}
            messages: list[DevinMessage] = await answered(answer, lambda devin: listed(devin.messages(BARE)))
            assert len(messages) == len(rows), (path, what)
            assert len({message.event_id for message in messages}) == len(rows), (path, what)
            assert path == "message" or [one.message for one in messages] == [row["message"] for row in rows]
            assert path != "message" or messages[at].has("message") == isinstance(body.get("message"), str), what


@pytest.mark.parametrize(
    ("name", "ask", "needed"),
    [
        ("self_service_user", lambda devin: devin.self_(), r"service_user_id"),
        ("members", lambda devin: devin.members_by_email("ada@example.com"), r"items(\.\d(\.(user_id|email))?)?"),
        ("playbooks", lambda devin: listed(devin.playbooks()), r"items(\.\d(\.playbook_id)?)?"),
        ("notes", lambda devin: listed(devin.notes()), r"items(\.\d(\.note_id)?)?"),
        ("attachment", lambda devin: devin.upload_attachment("a", BytesIO(), "text/plain"), r"url"),
        ("session_attachments", lambda devin: devin.session_attachments(BARE), r"\d(\.url)?"),
        ("tags", lambda devin: devin.tags(BARE), r"tags(\.\d)?"),
    ],
)
async def test_of_what_else_is_read_only_what_is_needed_makes_it_unreadable(
    name: str, ask: Callable[[Devin], Awaitable[Any]], needed: str
) -> None:
    whole_answer = await answered(sample(name), ask)
    for path, what, body in mutations(sample(name)):
        found = await answered(body, ask)
        if not re.fullmatch(needed, path) and (path, what) != MORE_WITHOUT_A_CURSOR:
            assert known(found) == known(whole_answer), (path, what)


def known(found: Any) -> Any:
    """How many there are, or the id of the one that there is."""
    return len(found) if isinstance(found, list | tuple) else getattr(found, "id", None) or found.url


async def test_a_bill() -> None:
    bill = sample("consumption_daily")
    known = [
        (day.date, day.acus)
        for day in (await answered(bill, lambda devin: devin.daily_consumption())).consumption_by_date
    ]
    for path, what, body in mutations(bill):
        read = await answered(body, lambda devin: devin.daily_consumption())
        if isinstance(read, DevinUnexpectedAnswer):
            assert path.startswith("consumption_by_date"), (path, what)
        elif not path.endswith((".acus", ".date")) and path != "consumption_by_date":
            assert [(day.date, day.acus) for day in read.consumption_by_date] == known, (path, what)
