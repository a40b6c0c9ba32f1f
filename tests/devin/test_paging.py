"""Lists are read to their end, and never in circles."""

from itertools import pairwise

import httpx
import pytest

from bot.devin.errors import DevinUnexpectedAnswer
from bot.devin.paging import AUDIT_WINDOW, behind, portions, windows

BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
DAY = 86400


def page(*ids, cursor=None, more=False):
    items = [{"event_id": name, "source": "devin", "message": "…", "created_at": 1} for name in ids]
    return httpx.Response(200, json={"items": items, "end_cursor": cursor, "has_next_page": more})


async def test_a_conversation_is_read_page_by_page(devin, devin_api):
    devin_api.on_session("GET", "/messages", "messages_first_page", "messages_last_page")

    pages = [page async for page in devin.message_pages(BARE)]

    assert [page.end_cursor for page in pages] == ["ZXZlbnQtMDAwMg==", None]
    assert [message.event_id for page in pages for message in page.items] == [
        "event-0001",
        "event-0002",
        "event-0003",
        "event-0004",
    ]


async def test_a_conversation_goes_on_from_the_last_cursor_that_was_not_null(devin, devin_api):
    devin_api.on_session("GET", "/messages", "messages_first_page", "messages_last_page")
    cursor = None
    async for part in devin.message_pages(BARE):
        cursor = part.end_cursor or cursor

    again = [message.event_id async for message in devin.messages(BARE, after=cursor)]

    assert again == ["event-0003", "event-0004"]
    assert dict(devin_api.last.url.params) == {"first": "200", "after": "ZXZlbnQtMDAwMg=="}
    assert b"ZXZlbnQtMDAwMg%3D%3D" in devin_api.last.url.query


async def test_a_cursor_on_the_last_page_does_not_ask_for_more(devin, devin_api):
    devin_api.on_session("GET", "/messages", page("a", cursor="c1", more=False))

    assert [message.event_id async for message in devin.messages(BARE, after="c1")] == ["a"]
    assert len(devin_api.requests) == 1


@pytest.mark.parametrize(
    "answers",
    [
        [page("a", cursor="c1", more=True), page("a", cursor="c1", more=True)],
        [
            page("a", cursor="c1", more=True),
            page("b", cursor="c2", more=True),
            page("a", cursor="c1", more=True),
        ],
        [page("a", cursor=None, more=True)],
    ],
    ids=["same page again", "a circle of two", "more, but no cursor"],
)
async def test_a_circle_ends_with_an_error(devin, devin_api, answers):
    devin_api.on_session("GET", "/messages", *answers)

    with pytest.raises(DevinUnexpectedAnswer) as caught:
        async for _ in devin.messages(BARE):
            pass

    assert caught.value.message == "The cursor of the next page is missing or was used before."
    assert len(devin_api.requests) == len(answers)


async def test_a_resumed_reading_notices_its_own_cursor(devin, devin_api):
    devin_api.on_session("GET", "/messages", page("a", cursor="c1", more=True))

    with pytest.raises(DevinUnexpectedAnswer):
        await anext(devin.messages(BARE, after="c1"))


@pytest.mark.parametrize("filters", [{"session_ids": []}, {"tags": ()}])
async def test_an_empty_filter_finds_nothing_instead_of_everything(devin, devin_api, filters):
    devin_api.on_org("GET", "/sessions", "sessions_last_page")

    assert [session async for session in devin.sessions(**filters)] == []
    assert devin_api.requests == []


async def test_many_session_ids_are_asked_for_in_portions(devin, devin_api):
    devin_api.on_org("GET", "/sessions", "sessions_last_page", "sessions_empty")
    ids = tuple(f"{number:032x}" for number in range(150))

    found = [session async for session in devin.sessions(session_ids=ids, tags=["devin-bridge"])]

    assert len(found) == 1
    asked = [request.url.params.get_list("session_ids") for request in devin_api.requests]
    assert [len(part) for part in asked] == [100, 50]
    assert [name for part in asked for name in part] == list(ids)
    assert all(request.url.params["tags"] == "devin-bridge" for request in devin_api.requests)
    assert all(len(str(request.url)) < 8000 for request in devin_api.requests)


def test_portions():
    assert list(portions("abcde", 2)) == ["ab", "cd", "e"]
    assert list(portions([], 2)) == []


@pytest.mark.parametrize("days", [0, 1, 100, 101, 250, 1000])
def test_windows_cover_everything_and_stay_short(days):
    start, end = 1735718400, 1735718400 + days * DAY

    spans = list(windows(start, end))

    assert (spans[0][0], spans[-1][1]) == (start, end)
    assert all(before - after <= AUDIT_WINDOW for after, before in spans)
    assert all(left[1] - right[0] == 1 for left, right in pairwise(spans))
    assert len(spans) == max(1, -(-days // 100) + (days == 1000))


@pytest.mark.parametrize("inclusive", [True, False], ids=["bounds belong", "bounds do not belong"])
async def test_a_long_audit_log_has_each_entry_once_whatever_the_bounds_mean(devin, devin_api, inclusive):
    start, end = 1735718400, 1735718400 + 250 * DAY
    bounds = {bound for span in windows(start, end) for bound in span}
    around = {bound + shift for bound in bounds for shift in (-1, 0, 1)}
    moments = sorted(at for at in around if start < at < end)

    def answer(request):
        after, before = (int(request.url.params[name]) for name in ("time_after", "time_before"))
        if before - after > 100 * DAY:
            return httpx.Response(422, json={"detail": "The span is too long"})
        low, high = (after - 1, before + 1) if inclusive else (after, before)
        return httpx.Response(200, json={"items": [entry(at) for at in moments if low < at < high]})

    devin_api.on("GET", "/v3/enterprise/organizations/org-2/audit-logs", answer)

    seen = [one.created_at async for one in devin.audit_logs(start, end, org_id="org-2")]

    assert seen == moments
    assert len(devin_api.requests) == 3


def entry(at):
    return {"audit_log_id": f"audit-{at}", "action": "login", "created_at": at, "data": {}}


async def test_a_page_of_the_audit_log_is_asked_for_by_its_cursor(devin, devin_api):
    items = [{"audit_log_id": "a1", "action": "login", "created_at": 5, "data": {}}]
    answer = httpx.Response(200, json={"items": items, "end_cursor": "c2", "has_next_page": True, "total": 7})
    devin_api.on("GET", "/v3/enterprise/organizations/org-2/audit-logs", answer)
    page = await devin.audit_page(1, 9, "c1", org_id="org-2", action="login")
    assert ([one.audit_log_id for one in page.items], page.end_cursor, page.total) == (["a1"], "c2", 7)
    assert dict(devin_api.last.url.params) == {
        "order": "desc",
        "time_after": "1",
        "time_before": "9",
        "action": "login",
        "first": "200",
        "after": "c1",
    }


@pytest.mark.parametrize("cursor", [None, "c1"])
async def test_a_page_that_leads_nowhere_is_not_taken_for_the_last(devin, devin_api, cursor):
    answer = httpx.Response(200, json={"items": [], "end_cursor": cursor, "has_next_page": True})
    devin_api.on("GET", "/v3/enterprise/organizations", answer)
    page = await devin.organizations_page("c1")
    with pytest.raises(DevinUnexpectedAnswer):
        behind(page, {"after": "c1"}, 9)


async def test_a_list_that_is_read_from_a_stored_place_ends_after_so_many_pages(devin, devin_api):
    answer = {"items": [], "end_cursor": "c2", "has_next_page": True}
    devin_api.on("GET", "/v3/enterprise/organizations", httpx.Response(200, json=answer))
    page = await devin.organizations_page("c1")
    assert behind(page, {"after": "c1", "skip": 7}, 2) == ({"after": "c2", "skip": 7, "pages": 1}, False)
    assert behind(page, {"after": "c1", "pages": 1}, 2) == (None, True)
