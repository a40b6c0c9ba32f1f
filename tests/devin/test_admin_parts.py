"""Members, metrics, secrets, schedules and reviews: how they are asked for, and what odd answers cost."""

import json

import httpx
import pytest

from bot.devin.client import Devin
from bot.devin.errors import DevinCreatedUnreadable, DevinNotFound, DevinUnexpectedAnswer
from tests.devin.conftest import AT_ONCE, KEY, ORG

HERE = f"/v3/organizations/{ORG}"


def client(answer):
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="https://api.test")
    return Devin(http, KEY, ORG, "https://api.test", patience=AT_ONCE)


def ok(body):
    return httpx.Response(200, json=body)


async def listed(of):
    return [one async for one in of]


async def test_members_are_read_page_after_page_and_each_once():
    async def answer(request):
        kind = request.url.path.rsplit("/", 1)[-1]
        if request.url.path.startswith("/v3beta1/") and kind == "idp-users":
            return httpx.Response(404, json={"title": "Not Found"})
        if kind == "idp-users":
            return ok({"items": [{"user_id": "email|1"}, {"user_id": "idp|2", "name": "Cyd"}]})
        if "after" in request.url.params:
            return ok({"items": [{"user_id": "email|3"}], "has_next_page": False})
        role = {"role": {"role_id": "r", "role_name": "Admin"}, "org_id": ORG}
        rows = [{"user_id": "email|1", "email": "a@x", "role_assignments": [role, {"role": 7}]}, {"name": "no id"}]
        return ok({"items": rows, "end_cursor": "c=", "has_next_page": True})

    found, has_more = await client(answer).members()
    assert not has_more
    assert [one.user_id for one in found] == ["email|1", "email|3", "idp|2"]
    assert [assigned.role.role_name for assigned in found[0].role_assignments] == ["Admin"]


async def test_a_host_without_the_second_list_of_members_has_the_first():
    async def answer(request):
        users = request.url.path.endswith("/members/users")
        return ok({"items": [{"user_id": "1"}]}) if users else httpx.Response(404, json={})

    assert len((await client(answer).members())[0]) == 1
    with pytest.raises(DevinNotFound):
        await client(lambda _: httpx.Response(404, json={})).members()


async def test_metrics_are_asked_between_two_instants_and_for_one_service_user():
    asked = []

    async def answer(request):
        asked.append(str(request.url.copy_with(host="h")).removeprefix("https://h"))
        return ok({"sessions_created_count": 3, "sessions_created_by_origin": {"api": 2, "odd": "x", "minus": -1}})

    found = await client(answer).session_metrics(1, 2, "service-user-1")
    assert asked == [f"{HERE}/metrics/sessions?time_after=1&time_before=2&service_user_ids=service-user-1"]
    assert (found.sessions_created_count, dict(found.sessions_created_by_origin)) == (3, {"api": 2})
    with pytest.raises(DevinUnexpectedAnswer):
        await client(lambda _: ok({"sessions_count": "many"})).usage_metrics(1, 2)


@pytest.mark.parametrize("ignores_offset", [False, True])
async def test_schedules_are_read_by_limit_and_offset(ignores_offset):
    rows = [
        {"scheduled_session_id": f"sched-{number}", "scheduled_at": "2026-11-26T12:00:00Z"} for number in range(130)
    ]

    async def answer(request):
        start = 0 if ignores_offset else int(request.url.params["offset"])
        part = rows[start : start + int(request.url.params["limit"])]
        return ok({"items": part, "end_cursor": None, "has_next_page": ignores_offset})

    found = await listed(client(answer).schedules())
    assert len(found) == (100 if ignores_offset else 130)
    assert found[0].scheduled_at == 1_795_694_400


async def test_pages_of_schedules_without_any_do_not_hide_those_behind_them():
    pages = iter([([], True), ([], True), ([{"scheduled_session_id": "sched-1"}], False)])

    def answer(_):
        rows, more = next(pages)
        return ok({"items": rows, "has_next_page": more})

    found = await listed(client(answer).schedules())
    assert [schedule.scheduled_session_id for schedule in found] == ["sched-1"]


async def test_a_list_of_schedules_that_never_ends_is_an_error():
    count = iter(range(10**6))
    endless = client(lambda _: ok({"items": [{"scheduled_session_id": str(next(count))}], "has_next_page": True}))
    with pytest.raises(DevinUnexpectedAnswer, match="too many schedules"):
        await listed(endless.schedules())


async def test_what_is_created_stays_created_however_odd_the_answer():
    for body in (b"", b"{}", b'{"commit_sha": null}', b"[]", b"not json"):
        devin = client(lambda _, body=body: httpx.Response(200, content=body))
        with pytest.raises(DevinCreatedUnreadable):
            await devin.create_review("https://github.com/a/b/pull/1")
        with pytest.raises(DevinCreatedUnreadable):
            await devin.create_schedule({"name": "a", "prompt": "b"})
        await devin.enable_schedule("sched-1", enabled=False)
        await devin.delete_schedule("sched-1")


async def test_a_change_of_a_schedule_says_only_what_it_changes():
    asked = []

    async def answer(request):
        asked.append((request.method, request.url.path, request.content and json.loads(request.content)))
        return ok({"scheduled_session_id": "sched-1"})

    devin = client(answer)
    await devin.enable_schedule("sched/1", enabled=False)
    await devin.delete_schedule("sched-1")
    assert asked[0] == ("PATCH", f"{HERE}/schedules/sched/1", {"enabled": False})
    assert asked[1] == ("DELETE", f"{HERE}/schedules/sched-1", b"")


async def test_an_automation_needs_no_more_than_an_id():
    rows = [{"automation_id": "a1", "name": "On push", "enabled": False}, {"id": "a2"}, {"name": "no id"}]
    found = await listed(client(lambda _: ok({"items": rows})).automations())
    assert [(one.automation_id, one.name, one.enabled) for one in found] == [("a1", "On push", False), ("a2", "", None)]


async def test_a_review_is_read_by_its_pull_request_and_commit():
    async def answer(request):
        assert dict(request.url.params) == {"pr_url": "https://x/pull/1", "commit_sha": "abc"}
        return ok({"commit_sha": "abc", "status": "running", "created_at": "2026-11-26T12:00:00Z", "pr_number": "one"})

    found = await client(answer).review("https://x/pull/1", "abc")
    assert (found.status, found.created_at, found.pr_number) == ("running", 1_795_694_400, None)
