"""The simulated Devin over real HTTP: each rule of the API, each switch, each fault, each verb."""

import asyncio
import base64
import re
import time
from typing import Any

import httpx
import jsonschema
import pytest

from bot.playground.devin import (
    BOT_PERMISSIONS,
    ENTERPRISE_PERMISSIONS,
    LIBRARY_PERMISSIONS,
    DevinControl,
    DevinSimulator,
)
from bot.playground.devin.paging import encoded
from tests.playground.devin_peer import (
    DAY,
    HOUR,
    ORG,
    SESSIONS,
    START,
    Clock,
    create,
    field_errors,
    good,
    ids,
    refused,
    texts,
)
from tests.playground.sentences import MODE_REFUSED, STORY_BEGINS, permission_missing

pytestmark = pytest.mark.edge

BETA = "/v3beta1/organizations/org-play/members"

NULLABLE_STRING = {"type": ["string", "null"]}
SESSION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "session_id": {"type": "string", "pattern": "^(devin-)?[0-9a-f]{32}$"},
        "url": {"type": "string", "pattern": "^https://app.devin.ai/sessions/[0-9a-f]{32}$"},
        "status": {"enum": ["new", "claimed", "running", "exit", "error", "suspended", "resuming"]},
        "status_detail": NULLABLE_STRING,
        "title": NULLABLE_STRING,
        "tags": {"type": "array", "items": {"type": "string"}},
        "org_id": {"type": "string"},
        "created_at": {"type": "integer"},
        "updated_at": {"type": "integer"},
        "acus_consumed": {"type": "number"},
        "pull_requests": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pr_url": {"type": "string"}, "pr_state": NULLABLE_STRING},
                "required": ["pr_url", "pr_state"],
                "additionalProperties": False,
            },
        },
        "structured_output": {"type": ["object", "null"]},
        "is_archived": {"type": "boolean"},
        "origin": NULLABLE_STRING,
        "category": NULLABLE_STRING,
        "subcategory": NULLABLE_STRING,
        "user_id": NULLABLE_STRING,
        "service_user_id": NULLABLE_STRING,
        "playbook_id": NULLABLE_STRING,
        "automation_id": NULLABLE_STRING,
        "parent_session_id": NULLABLE_STRING,
        "child_session_ids": {"type": ["array", "null"]},
        "devin_mode": NULLABLE_STRING,
    },
    "required": [
        "session_id",
        "url",
        "status",
        "tags",
        "org_id",
        "created_at",
        "updated_at",
        "acus_consumed",
        "pull_requests",
    ],
    "additionalProperties": False,
}
INSIGHT_FIELDS = {
    "num_user_messages": {"type": "integer"},
    "num_devin_messages": {"type": "integer"},
    "session_size": {"enum": ["xs", "s", "m", "l", "xl"]},
    "analysis": {"type": ["object", "null"]},
}
INSIGHT_SCHEMA = SESSION_SCHEMA | {
    "properties": SESSION_SCHEMA["properties"] | INSIGHT_FIELDS,
    "required": [*SESSION_SCHEMA["required"], "num_user_messages", "num_devin_messages", "session_size"],
}
MESSAGE_SCHEMA = {
    "type": "object",
    "properties": {
        "event_id": {"type": "string"},
        "source": {"enum": ["devin", "user"]},
        "message": {"type": "string"},
        "created_at": {"type": "integer"},
    },
    "required": ["event_id", "source", "message", "created_at"],
    "additionalProperties": False,
}
CONSUMPTION_SCHEMA = {
    "type": "object",
    "properties": {
        "total_acus": {"type": "number"},
        "consumption_by_date": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "date": {"type": "integer"},
                    "acus": {"type": "number"},
                    "acus_by_product": {
                        "type": "object",
                        "properties": {name: {"type": "number"} for name in ("devin", "cascade", "terminal", "review")},
                        "required": ["devin", "cascade", "terminal"],
                        "additionalProperties": False,
                    },
                },
                "required": ["date", "acus", "acus_by_product"],
            },
        },
    },
    "required": ["total_acus", "consumption_by_date"],
}
NOTE_FIELDS = {
    "note_id",
    "name",
    "body",
    "trigger",
    "is_enabled",
    "access_type",
    "org_id",
    "folder_id",
    "folder_path",
    "pinned_repo",
    "macro",
    "created_at",
    "updated_at",
}


def page_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": schema},
            "end_cursor": NULLABLE_STRING,
            "has_next_page": {"type": "boolean"},
            "total": {"type": ["integer", "null"]},
        },
        "required": ["items", "end_cursor", "has_next_page", "total"],
        "additionalProperties": False,
    }


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize(
    "header", [None, "Bearer apk_user_old", "Bearer cog_other", "Basic cog_play", "cog_play", "Bearer"]
)
async def test_a_missing_wrong_or_legacy_key_is_a_401(devin: DevinSimulator, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with httpx.AsyncClient(base_url=devin.base_url, headers=headers, trust_env=False) as stranger:
        response = await stranger.get("/v3/self")
    assert refused(response, 401) == "Invalid or expired API key"
    assert response.json()["title"] == "Unauthorized"
    assert response.json()["instance"] == "/v3/self"


async def test_a_revoked_key_is_a_401(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.switch(key_revoked=True)
    assert refused(await api.get(SESSIONS), 401) == "Invalid or expired API key"


async def test_self_is_the_service_user(api: httpx.AsyncClient, control: DevinControl) -> None:
    expected = {
        "principal_type": "service_user",
        "service_user_id": "service-user-play",
        "service_user_name": "Devin Bridge",
        "org_id": "org-play",
    }
    assert good(await api.get("/v3/self")) == expected
    await control.switch(self_without_org=True)
    assert good(await api.get("/v3/self")) == expected | {"org_id": None}


NEEDED = [
    ("POST", SESSIONS, "ManageOrgSessions"),
    ("GET", SESSIONS, "ViewOrgSessions"),
    ("GET", SESSIONS + "/insights", "ViewOrgSessions"),
    ("GET", SESSIONS + "/x", "ViewOrgSessions"),
    ("DELETE", SESSIONS + "/x", "ManageOrgSessions"),
    ("POST", SESSIONS + "/x/archive", "ManageOrgSessions"),
    ("POST", SESSIONS + "/x/unarchive", "ManageOrgSessions"),
    ("GET", SESSIONS + "/x/messages", "ViewOrgSessions"),
    ("POST", SESSIONS + "/x/messages", "ManageOrgSessions"),
    ("GET", SESSIONS + "/x/tags", "ViewOrgSessions"),
    ("POST", SESSIONS + "/x/tags", "ManageOrgSessions"),
    ("PUT", SESSIONS + "/x/tags", "ManageOrgSessions"),
    ("GET", SESSIONS + "/x/insights", "ViewOrgSessions"),
    ("GET", SESSIONS + "/x/attachments", "ViewOrgSessions"),
    ("POST", ORG + "/attachments", "UseDevinSessions"),
    ("GET", ORG + "/attachments/x/y.txt", "ViewOrgSessions"),
    ("GET", BETA + "/users", "ViewOrgMembership"),
    ("GET", BETA + "/users/x", "ViewOrgMembership"),
    ("GET", BETA + "/idp-users", "ViewOrgMembership"),
    ("GET", ORG + "/playbooks", "ManageOrgPlaybooks"),
    ("GET", ORG + "/knowledge/notes", "ManageOrgKnowledge"),
    ("POST", ORG + "/knowledge/notes", "ManageOrgKnowledge"),
    ("GET", ORG + "/consumption/daily", "ViewOrgConsumption"),
    ("GET", "/v3/enterprise/consumption/daily", "ViewAccountConsumption"),
    ("GET", "/v3/enterprise/consumption/daily/organizations/org-play", "ViewAccountConsumption"),
    ("GET", "/v3/enterprise/consumption/cycles", "ViewAccountConsumption"),
    ("GET", "/v3/enterprise/consumption/acu-limits/devin", "ViewAccountConsumption"),
    ("GET", "/v3beta1/enterprise/organizations/org-play/consumption/acu-limits", "ViewAccountConsumption"),
    ("GET", "/v3/enterprise/organizations", "ManageOrganizations"),
    ("GET", "/v3/enterprise/organizations/org-play", "ManageOrganizations"),
    ("GET", "/v3/enterprise/audit-logs", "ManageEnterpriseSettings"),
    ("GET", "/v3/enterprise/organizations/org-play/audit-logs", "ManageEnterpriseSettings"),
]


@pytest.mark.parametrize(("method", "path", "permission"), NEEDED)
async def test_a_missing_permission_is_a_403_that_names_it(
    api: httpx.AsyncClient, control: DevinControl, method: str, path: str, permission: str
) -> None:
    await control.permissions(only=[])
    response = await api.request(method, path, json={"prompt": "p"} if method == "POST" else None)
    assert refused(response, 403) == permission_missing(permission)
    await control.permissions(grant=[permission])
    assert (await api.request(method, path)).status_code in {200, 404, 422}


async def test_self_needs_nothing_and_an_enterprise_right_holds_in_the_organisation(
    api: httpx.AsyncClient, control: DevinControl
) -> None:
    assert await control.permissions(only=["ViewAccountSessions"]) == ["ViewAccountSessions"]
    good(await api.get("/v3/self"))
    good(await api.get(SESSIONS))


async def test_the_default_permissions_are_those_of_a_bot_with_one_organisation(
    control: DevinControl,
) -> None:
    assert await control.permissions() == sorted(BOT_PERMISSIONS)
    assert "ManageOrgPlaybooks" not in BOT_PERMISSIONS


async def test_another_organisation_is_a_404_until_the_key_is_an_enterprise_one(
    api: httpx.AsyncClient, control: DevinControl
) -> None:
    await control.add_organization("org-two", "Two")
    (own,) = await control.create_sessions()
    (other,) = await control.create_sessions(org_id="org-two")
    assert refused(await api.get("/v3/organizations/org-two/sessions"), 404) == "Organization not found"
    assert refused(await api.get("/v3/organizations/org-none/sessions"), 404) == "Organization not found"
    assert refused(await api.get(f"{SESSIONS}/{other}"), 404) == "Session not found"
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    assert good(await api.get(f"/v3/organizations/org-two/sessions/{other}"))["org_id"] == "org-two"
    assert await ids(api) == [own]


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
async def test_an_unknown_session_is_a_404(api: httpx.AsyncClient, method: str) -> None:
    path = f"{SESSIONS}/{'0' * 32}" + ("/messages" if method == "POST" else "")
    body = {"message": "hello"} if method == "POST" else None
    assert refused(await api.request(method, path, json=body), 404) == "Session not found"


@pytest.mark.parametrize("path", [SESSIONS + "/x/terminate", SESSIONS + "/x/stop", SESSIONS + "/x/events", "/v4"])
async def test_paths_that_do_not_exist_are_404_with_a_problem_body(api: httpx.AsyncClient, path: str) -> None:
    assert refused(await api.get(path), 404) == "Not Found"


async def test_a_wrong_method_is_a_405(api: httpx.AsyncClient) -> None:
    assert refused(await api.put(SESSIONS), 405) == "Method Not Allowed"


async def test_legacy_error_bodies_by_a_switch(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.switch(legacy_errors=True)
    missing = await api.get(f"{SESSIONS}/nothing")
    assert missing.json() == {"detail": "Session not found"}
    assert missing.headers["content-type"].startswith("application/json")
    wrong = await api.post(SESSIONS, json={})
    assert wrong.json() == {"detail": [{"loc": ["body", "prompt"], "msg": "Field required", "type": "missing"}]}


# ---------------------------------------------------------------- create


async def test_create_answers_with_a_new_session_in_the_shape_of_the_contract(
    api: httpx.AsyncClient,
) -> None:
    session = await create(api, title="Login", tags=["bot", "bot", "ref-1"], repos=["acme/web"])
    jsonschema.validate(session, SESSION_SCHEMA)
    assert session["status"] == "new"
    assert session["status_detail"] is None
    assert session["tags"] == ["bot", "ref-1"]
    assert session["title"] == "Login"
    assert session["origin"] == "api"
    assert session["service_user_id"] == "service-user-play"
    assert session["created_at"] == session["updated_at"] == START
    assert session["url"].endswith(session["session_id"])
    jsonschema.validate(good(await api.get(f"{SESSIONS}/{session['session_id']}")), SESSION_SCHEMA)


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "prompt", "Field required"),
        ({"prompt": None}, "prompt", "Input should be a valid string"),
        ({"prompt": 5}, "prompt", "Input should be a valid string"),
        ({"prompt": "p", "tags": "bot"}, "tags", "Input should be a valid list of strings"),
        ({"prompt": "p", "tags": ["t"] * 51}, "tags", "List should have at most 50 items"),
        ({"prompt": "p", "max_acu_limit": "10"}, "max_acu_limit", "Input should be a valid integer"),
        ({"prompt": "p", "max_acu_limit": 0}, "max_acu_limit", "Input should be greater than 0"),
        ({"prompt": "p", "resumable": None}, "resumable", "Input should be a valid boolean"),
        ({"prompt": "p", "attachment_urls": ["no url"]}, "attachment_urls", "Input should be a valid URL"),
        (
            {"prompt": "p", "devin_mode": "turbo"},
            "devin_mode",
            "Input should be one of normal, fast, lite, ultra, fusion, swe-2-medium, swe-2-high, swe-2-max",
        ),
        (
            {"prompt": "p", "structured_output_schema": {"x": "y" * 65_536}},
            "structured_output_schema",
            "Schema should be at most 64 KB",
        ),
    ],
)
async def test_create_validates_its_body(
    api: httpx.AsyncClient, body: dict[str, Any], field: str, sentence: str
) -> None:
    response = await api.post(SESSIONS, json=body)
    assert field_errors(response) == [(field, sentence)]
    assert response.json()["title"] == "Unprocessable Content"


async def test_create_refuses_what_is_no_json_object(api: httpx.AsyncClient) -> None:
    assert field_errors(await api.post(SESSIONS, content=b"{")) == [("0", "JSON decode error")]
    assert field_errors(await api.post(SESSIONS, json=[])) == [("0", "Input should be a valid dictionary")]


async def test_optional_fields_accept_null_and_unknown_fields_are_ignored(api: httpx.AsyncClient) -> None:
    names = ("title", "tags", "repos", "playbook_id", "devin_mode", "max_acu_limit", "create_as_user_id")
    order = dict.fromkeys(names) | {"prompt": "p", "mystery": True}
    session = good(await api.post(SESSIONS, json=order))
    assert session["tags"] == []


async def test_rules_of_the_organisation_on_create(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.switch(modes_refused=["lite"])
    response = await api.post(SESSIONS, json={"prompt": "p", "devin_mode": "lite"})
    assert refused(response, 400) == MODE_REFUSED
    assert (await create(api, devin_mode="fast"))["devin_mode"] == "fast"
    response = await api.post(SESSIONS, json={"prompt": "p", "platform": "beos"})
    assert refused(response, 400) == "Unknown platform 'beos'. Valid platforms: linux"
    response = await api.post(SESSIONS, json={"prompt": "p", "playbook_id": "playbook-none"})
    assert refused(response, 404) == "Playbook not found"
    playbook = await control.add_playbook("Review")
    assert (await create(api, playbook_id=playbook["playbook_id"]))["playbook_id"] == playbook["playbook_id"]


async def test_out_of_quota_is_a_403_on_create(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.switch(out_of_quota=True)
    assert refused(await api.post(SESSIONS, json={"prompt": "p"}), 403) == "out_of_quota"
    assert await ids(api) == []


async def test_creating_as_a_person(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.add_member("user|1", "ann@acme.test", "Ann")
    await control.add_member("user|2", "bob@acme.test", "Bob", can_use_devin=False)
    session = await create(api, create_as_user_id="user|1")
    assert (session["user_id"], session["service_user_id"]) == ("user|1", None)
    assert await ids(api, user_ids="user|1") == [session["session_id"]]
    assert await ids(api, service_user_ids="service-user-play") == []
    response = await api.post(SESSIONS, json={"prompt": "p", "create_as_user_id": "user|2"})
    assert refused(response, 403) == "Target user lacks the required permission: UseDevinSessions"
    response = await api.post(SESSIONS, json={"prompt": "p", "create_as_user_id": "user|3"})
    assert refused(response, 404) == "User not found"
    await control.permissions(revoke=["ImpersonateOrgSessions"])
    response = await api.post(SESSIONS, json={"prompt": "p", "create_as_user_id": "user|1"})
    assert refused(response, 403) == permission_missing("ImpersonateOrgSessions")


async def test_ids_are_the_same_in_every_run(clock: Clock) -> None:
    seen = []
    for _ in range(2):
        async with DevinSimulator(now=clock) as devin, DevinControl(devin.control_url) as control:
            seen.append(await control.create_sessions(2))
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 2


# ---------------------------------------------------------------- list


async def test_list_is_newest_first_with_complete_rows(api: httpx.AsyncClient, clock: Clock) -> None:
    first = await create(api)
    clock.now += 10
    second = await create(api)
    third = await create(api)  # the same second: later made is newer
    page = good(await api.get(SESSIONS))
    jsonschema.validate(page, page_of(SESSION_SCHEMA))
    expected = [third["session_id"], second["session_id"], first["session_id"]]
    assert [row["session_id"] for row in page["items"]] == expected
    assert page["total"] == 3
    assert (page["end_cursor"], page["has_next_page"]) == (None, False)
    assert page["items"][0] == good(await api.get(f"{SESSIONS}/{expected[0]}"))


async def test_pages_by_cursor_stay_whole_when_sessions_are_added(
    api: httpx.AsyncClient, control: DevinControl
) -> None:
    made = await control.create_sessions(5, every=1)
    page = good(await api.get(SESSIONS, params={"first": 2}))
    assert [row["session_id"] for row in page["items"]] == [made[4], made[3]]
    assert page["has_next_page"] is True
    assert page["end_cursor"].endswith("=")
    base64.b64decode(page["end_cursor"], validate=True)
    await control.create_sessions(1)
    page = good(await api.get(SESSIONS, params={"first": 2, "after": page["end_cursor"]}))
    assert [row["session_id"] for row in page["items"]] == [made[2], made[1]]
    page = good(await api.get(SESSIONS, params={"first": 2, "after": page["end_cursor"]}))
    assert [row["session_id"] for row in page["items"]] == [made[0]]
    assert (page["has_next_page"], page["end_cursor"]) == (False, None)


async def test_every_cursor_needs_quoting(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.create_sessions(12, every=977)
    cursor: str | None = None
    for _ in range(11):
        page = good(await api.get(SESSIONS, params={"first": 1} | ({"after": cursor} if cursor else {})))
        assert "=" in page["end_cursor"]
        cursor = page["end_cursor"]


async def test_a_cursor_on_the_last_page_by_a_switch(api: httpx.AsyncClient, control: DevinControl) -> None:
    await create(api)
    await control.switch(last_page_cursor=True)
    page = good(await api.get(SESSIONS))
    assert page["has_next_page"] is False
    rest = good(await api.get(SESSIONS, params={"after": page["end_cursor"]}))
    assert (rest["items"], rest["end_cursor"]) == ([], None)


@pytest.mark.parametrize("first", ["0", "-1", "201", "many"])
async def test_first_outside_1_to_200_is_a_422(api: httpx.AsyncClient, first: str) -> None:
    ((field, _),) = field_errors(await api.get(SESSIONS, params={"first": first}))
    assert field == "first"


@pytest.mark.parametrize(
    "path",
    [
        f"{ORG.replace('/v3/', '/v3beta1/')}/repositories?first",
        f"{ORG}/automations?first",
        f"{ORG}/schedules?limit",
    ],
)
async def test_small_lists_give_a_hundred_at_most(
    api: httpx.AsyncClient, control: DevinControl, devin: DevinSimulator, path: str
) -> None:
    await control.permissions(grant=["ViewOrgAutomations", "ManageOrgSchedules"])
    devin.world.held.repositories, devin.world.held.automations = [], []
    assert good(await api.get(f"{path}=100"))["items"] == []
    ((_, message),) = field_errors(await api.get(f"{path}=101"))
    assert message == "Input should be less than or equal to 100"


@pytest.mark.parametrize("path", [SESSIONS, SESSIONS + "/insights"])
async def test_a_foreign_or_broken_cursor_is_a_422(api: httpx.AsyncClient, control: DevinControl, path: str) -> None:
    (made,) = await control.create_sessions(say="hello")
    messages = good(await api.get(f"{SESSIONS}/{made}/messages", params={"first": 1}))
    for cursor in ("x", "", messages["end_cursor"]):
        assert field_errors(await api.get(path, params={"after": cursor})) == [("after", "Invalid cursor")]


async def test_the_default_page_is_100_rows(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.create_sessions(101)
    assert len(await ids(api)) == 100
    assert len(await ids(api, first=200)) == 101


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [3, 2, 1, 0]),
    ({"tags": "red"}, [1, 0]),
    ({"tags": ["red", "blue"]}, [2, 1, 0]),
    ({"tags": "red,blue"}, []),  # comma joining is not understood
    ({"origins": "slack"}, [2]),
    ({"origins": ["slack", "api"]}, [3, 2, 1, 0]),
    ({"user_ids": ["user|1", "user|9"]}, [1]),
    ({"service_user_ids": "service-user-x"}, [3]),
    ({"playbook_id": "playbook-1"}, [0]),
    ({"schedule_id": "sched-1"}, [2]),
    ({"automation_ids": "auto-1"}, [1]),
    ({"repo_names": ["acme/web"]}, [3]),
    ({"category": "security"}, [2]),
    ({"is_archived": "true"}, [3]),
    ({"is_archived": "false"}, [2, 1, 0]),
    ({"created_after": START - 200}, [3, 2, 1]),  # inclusive
    ({"created_before": START - 200}, [0]),  # exclusive
    ({"updated_after": START - 100}, [3, 2]),
    ({"updated_before": START - 200}, [0]),
    ({"status": "running", "tagz": "red"}, [3, 2, 1, 0]),  # unknown parameters are ignored
]


@pytest.mark.parametrize(("params", "expected"), FILTERS)
async def test_list_filters(
    api: httpx.AsyncClient, control: DevinControl, params: dict[str, Any], expected: list[int]
) -> None:
    facts: list[dict[str, Any]] = [
        {"tags": ["red"], "playbook_id": "playbook-1"},
        {"tags": ["red", "blue"], "user_id": "user|1", "automation_id": "auto-1"},
        {"tags": ["blue"], "origin": "slack", "schedule_id": "sched-1", "category": "security"},
        {"service_user_id": "service-user-x", "repos": ["acme/web"], "is_archived": True},
    ]
    made = []
    for age, fact in zip((300, 200, 100, 0), facts, strict=True):
        made += await control.create_sessions(created_at=START - age, **fact)
    assert await ids(api, **params) == [made[number] for number in expected]


async def test_session_ids_and_parent_accept_both_forms(api: httpx.AsyncClient, control: DevinControl) -> None:
    one, two, _ = await control.create_sessions(3, every=1)
    (child,) = await control.create_sessions(parent_session_id="devin-" + one)
    assert await ids(api, session_ids=[one, "devin-" + two, "unknown"]) == [two, one]
    assert await ids(api, parent_session_id=one) == [child]


@pytest.mark.parametrize(
    "params", [{"origins": "mars"}, {"category": "fun"}, {"created_after": "x"}, {"is_archived": "perhaps"}]
)
async def test_a_filter_that_cannot_be_read_is_a_422(api: httpx.AsyncClient, params: dict[str, str]) -> None:
    ((field, _),) = field_errors(await api.get(SESSIONS, params=params))
    assert [field] == list(params)


async def test_tags_match_all_by_a_switch(api: httpx.AsyncClient, control: DevinControl) -> None:
    (both,) = await control.create_sessions(tags=["red", "blue"])
    await control.create_sessions(tags=["red"])
    await control.switch(tags_match="all")
    assert await ids(api, tags=["red", "blue"]) == [both]


async def test_tags_refused_by_a_switch(api: httpx.AsyncClient, control: DevinControl) -> None:
    (tagged,) = await control.create_sessions(tags=["bot"])
    await control.switch(tags_refused=True)
    sentence = "Tags are not allowed for this organization"
    assert field_errors(await api.post(SESSIONS, json={"prompt": "p", "tags": ["bot"]})) == [("tags", sentence)]
    for method in ("POST", "PUT"):
        response = await api.request(method, f"{SESSIONS}/{tagged}/tags", json={"tags": ["x"]})
        assert field_errors(response) == [("tags", sentence)]
    plain = await create(api)
    assert await ids(api, tags="bot") == []
    assert await ids(api) == [plain["session_id"], tagged]


async def test_archived_left_out_of_lists_by_a_switch(api: httpx.AsyncClient, control: DevinControl) -> None:
    (gone,) = await control.create_sessions(is_archived=True)
    await control.switch(archived_hidden=True)
    assert await ids(api) == []
    assert await ids(api, session_ids=gone) == []
    assert await ids(api, is_archived="true") == [gone]
    good(await api.get(f"{SESSIONS}/{gone}"))


async def test_filters_ignored_by_a_switch(api: httpx.AsyncClient, control: DevinControl) -> None:
    made = await control.create_sessions(2, tags=["bot"])
    await control.switch(filters_ignored=True)
    assert sorted(await ids(api, tags="another", session_ids=made[0], updated_after=START + DAY)) == sorted(made)


async def test_messages_newest_first_by_a_switch(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions(prompt="1")
    for number in "2345":
        await control.say(made, number)
    await control.switch(messages_newest_first=True)
    first = good(await api.get(f"{SESSIONS}/{made}/messages", params={"first": 3}))
    await control.say(made, "6")
    rest = good(await api.get(f"{SESSIONS}/{made}/messages", params={"first": 3, "after": first["end_cursor"]}))
    assert [row["message"] for row in first["items"]] == ["5", "4", "3"]
    assert [row["message"] for row in rest["items"]] == ["2", "1"]


async def test_prefixed_ids_by_a_switch_and_both_forms_in_paths(api: httpx.AsyncClient, control: DevinControl) -> None:
    session = await create(api)
    await control.switch(prefixed_ids=True)
    (shown,) = await ids(api)
    assert shown == "devin-" + session["session_id"]
    for form in (shown, session["session_id"]):
        row = good(await api.get(f"{SESSIONS}/{form}"))
        assert (row["session_id"], row["url"]) == (shown, session["url"])


async def test_acus_always_zero_by_a_switch(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions()
    await control.spend(made, 1.5)
    assert good(await api.get(f"{SESSIONS}/{made}"))["acus_consumed"] == 1.5
    await control.switch(acus_zero=True)
    assert good(await api.get(SESSIONS))["items"][0]["acus_consumed"] == 0


async def test_a_new_session_without_its_time_by_a_switch(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.switch(new_without_time=True)
    made = good(await api.post(SESSIONS, json={"prompt": "fix the login test"}))
    assert made["updated_at"] is None
    assert good(await api.get(SESSIONS))["items"][0]["updated_at"] is None
    await control.set(made["session_id"], status="running", status_detail="working")
    assert good(await api.get(SESSIONS))["items"][0]["updated_at"] > 0


async def test_ten_thousand_sessions_are_listed_quickly(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.create_sessions(10_000, status="running", status_detail="working", tags=["bot"], every=1)
    started, cursor = time.perf_counter(), None
    seen: set[str] = set()
    for _ in range(50):
        params = {"first": "200", "tags": "bot"} | ({"after": cursor} if cursor else {})
        page = good(await api.get(SESSIONS, params=params))
        cursor = page["end_cursor"]
        seen.update(row["session_id"] for row in page["items"])
    assert (len(seen), cursor, page["total"]) == (10_000, None, 10_000)
    assert time.perf_counter() - started < 10


# ---------------------------------------------------------------- stop, archive


async def test_delete_terminates_for_good(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions(status="running", status_detail="working")
    answer = good(await api.delete(f"{SESSIONS}/{made}"))
    assert (answer["status"], answer["status_detail"], answer["is_archived"]) == ("exit", None, False)
    response = await api.post(f"{SESSIONS}/{made}/messages", json={"message": "come back"})
    assert refused(response, 409) == "Session was terminated and cannot receive messages"
    assert good(await api.delete(f"{SESSIONS}/{made}", params={"archive": "true"}))["is_archived"] is True
    assert [text for _, text in await texts(api, made)] == ["A task"]


async def test_archive_puts_to_sleep_and_unarchive_brings_back(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions(status="running", status_detail="working")
    answer = good(await api.post(f"{SESSIONS}/{made}/archive"))
    assert (answer["status"], answer["status_detail"], answer["is_archived"]) == ("suspended", None, True)
    row = good(await api.get(f"{SESSIONS}/{made}"))
    assert (row["status"], row["status_detail"]) == ("suspended", "user_request")
    answer = good(await api.post(f"{SESSIONS}/{made}/unarchive"))
    assert (answer["status"], answer["is_archived"]) == ("suspended", False)


async def test_archiving_an_ended_session_keeps_its_end(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions(status="exit")
    answer = good(await api.post(f"{SESSIONS}/{made}/archive"))
    assert (answer["status"], answer["is_archived"]) == ("exit", True)


async def test_messages_to_archived_or_ended_sessions_are_refused_by_switches(
    api: httpx.AsyncClient, control: DevinControl
) -> None:
    (archived,) = await control.create_sessions(is_archived=True, status="suspended", status_detail="user_request")
    (ended,) = await control.create_sessions(status="exit")
    (failed,) = await control.create_sessions(status="error")
    for made in (archived, ended, failed):
        good(await api.post(f"{SESSIONS}/{made}/messages", json={"message": "hello"}))
    await control.switch(archived_messages_refused=True, ended_messages_refused=True)
    answers = [
        await api.post(f"{SESSIONS}/{made}/messages", json={"message": "hello"}) for made in (archived, ended, failed)
    ]
    assert [refused(answer, 409) for answer in answers] == [
        "Session is archived and cannot receive messages",
        "Session has ended and cannot receive messages",
        "Session has ended and cannot receive messages",
    ]


# ---------------------------------------------------------------- messages


async def test_messages_are_oldest_first_begin_with_the_prompt_and_have_no_total(
    api: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    session = await create(api, "Fix it")
    clock.now += 5
    await control.say(session["session_id"], "On it.")
    answer = good(await api.post(f"{SESSIONS}/{session['session_id']}/messages", json={"message": "Thanks"}))
    jsonschema.validate(answer, SESSION_SCHEMA)  # the session, not the message
    page = good(await api.get(f"{SESSIONS}/{session['session_id']}/messages"))
    jsonschema.validate(page, page_of(MESSAGE_SCHEMA))
    assert page["total"] is None
    assert [(item["source"], item["message"]) for item in page["items"]] == [
        ("user", "Fix it"),
        ("devin", "On it."),
        ("user", "Thanks"),
    ]
    assert [item["created_at"] for item in page["items"]] == [START, START + 5, START + 5]
    assert len({item["event_id"] for item in page["items"]}) == 3
    assert good(await api.get(f"{SESSIONS}/{session['session_id']}/messages")) == page


async def test_messages_are_paged(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions()
    for number in range(4):
        await control.say(made, f"part {number}")
    path, found, cursor = f"{SESSIONS}/{made}/messages", [], None
    for _ in range(3):
        page = good(await api.get(path, params={"first": 2} | ({"after": cursor} if cursor else {})))
        found += [item["message"] for item in page["items"]]
        cursor = page["end_cursor"]
    assert found == ["A task", "part 0", "part 1", "part 2", "part 3"]
    assert (cursor, page["has_next_page"]) == (None, False)


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "message", "Field required"),
        ({"message": 1}, "message", "Input should be a valid string"),
        ({"message": "m", "attachment_urls": ["x"]}, "attachment_urls", "Input should be a valid URL"),
        (
            {"message": "m", "attachment_urls": ["https://x.test/" + "a" * 2083]},
            "attachment_urls",
            "Input should be a valid URL",
        ),
    ],
)
async def test_send_message_validates_its_body(
    api: httpx.AsyncClient, control: DevinControl, body: dict[str, Any], field: str, sentence: str
) -> None:
    (made,) = await control.create_sessions()
    assert field_errors(await api.post(f"{SESSIONS}/{made}/messages", json=body)) == [(field, sentence)]


async def test_a_message_as_a_person(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.add_member("user|1", "ann@acme.test")
    (made,) = await control.create_sessions()
    order = {"message": "yes", "message_as_user_id": "user|1"}
    good(await api.post(f"{SESSIONS}/{made}/messages", json=order))
    assert (await control.session(made))["messages"][-1]["user_id"] == "user|1"
    await control.permissions(revoke=["ImpersonateOrgSessions"])
    response = await api.post(f"{SESSIONS}/{made}/messages", json=order)
    assert refused(response, 403) == permission_missing("ImpersonateOrgSessions")


@pytest.mark.parametrize(
    ("before", "answered", "after"),
    [
        (("suspended", "inactivity"), "resuming", ("running", "working")),
        (("suspended", "user_request"), "resuming", ("running", "working")),
        (("suspended", "error"), "resuming", ("running", "working")),
        (("suspended", "out_of_credits"), "suspended", ("suspended", "out_of_credits")),
        (("suspended", "usage_limit_exceeded"), "suspended", ("suspended", "usage_limit_exceeded")),
        (("running", "waiting_for_user"), "running", ("running", "working")),
        (("running", "finished"), "running", ("running", "working")),
        (("running", "waiting_for_approval"), "running", ("running", "waiting_for_approval")),
        (("running", "working"), "running", ("running", "working")),
        (("new", None), "new", ("new", None)),
        (("exit", None), "exit", ("exit", None)),
    ],
)
async def test_what_a_message_does_to_the_status(
    api: httpx.AsyncClient,
    control: DevinControl,
    before: tuple[str, str | None],
    answered: str,
    after: tuple[str, str | None],
) -> None:
    (made,) = await control.create_sessions(status=before[0], status_detail=before[1])
    answer = good(await api.post(f"{SESSIONS}/{made}/messages", json={"message": "go on"}))
    assert (answer["status"], answer["status_detail"]) == (answered, None)
    (row,) = good(await api.get(SESSIONS))["items"]
    assert (row["status"], row["status_detail"]) == after


@pytest.mark.parametrize(
    ("wake", "answered", "listed"), [("at_once", "running", "running"), ("by_hand", "resuming", "resuming")]
)
async def test_when_a_session_wakes_by_a_switch(
    api: httpx.AsyncClient, control: DevinControl, wake: str, answered: str, listed: str
) -> None:
    await control.switch(wake=wake)
    (made,) = await control.create_sessions(status="suspended", status_detail="inactivity")
    answer = good(await api.post(f"{SESSIONS}/{made}/messages", json={"message": "go on"}))
    assert answer["status"] == answered
    assert good(await api.get(SESSIONS))["items"][0]["status"] == listed


async def test_updated_at_moves_with_messages_unless_switched(
    api: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    (made,) = await control.create_sessions(status="running", status_detail="working")

    async def updated() -> int:
        row = good(await api.get(f"{SESSIONS}/{made}"))
        return int(row["updated_at"]) - START

    clock.now += 10
    await control.say(made, "hello")
    assert await updated() == 10
    await control.switch(messages_leave_updated_at=True)
    clock.now += 10
    await control.say(made, "silent")
    good(await api.post(f"{SESSIONS}/{made}/messages", json={"message": "silent too"}))
    assert await updated() == 10
    await control.set(made, status_detail="waiting_for_user")
    assert await updated() == 20
    clock.now += 10
    await control.set(made, moves=False, title="New")
    assert await updated() == 20
    good(await api.post(f"{SESSIONS}/{made}/messages", json={"message": "answer"}))
    assert await updated() == 30  # the status moved


# ---------------------------------------------------------------- tags, insights


async def test_tags_are_read_appended_and_replaced(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions(tags=["a"])
    path = f"{SESSIONS}/{made}/tags"
    assert good(await api.get(path)) == {"tags": ["a"]}
    assert good(await api.post(path, json={"tags": ["b", "a", "b"]})) == {"tags": ["a", "b"]}
    assert good(await api.put(path, json={"tags": ["c"]})) == {"tags": ["c"]}
    assert good(await api.get(f"{SESSIONS}/{made}"))["tags"] == ["c"]
    assert field_errors(await api.post(path, json={})) == [("tags", "Field required")]
    too_many = {"tags": [f"t{number}" for number in range(51)]}
    assert field_errors(await api.put(path, json=too_many)) == [("tags", "List should have at most 50 items")]
    fifty = {"tags": [f"t{number}" for number in range(50)]}
    assert field_errors(await api.post(path, json=fifty)) == [("tags", "A session can have at most 50 tags")]


async def test_insights_count_messages_and_take_the_same_filters(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions(tags=["bot"], acus_consumed=5.0)
    await control.create_sessions()
    await control.say(made, "one")
    await control.say(made, "two")
    page = good(await api.get(SESSIONS + "/insights", params={"tags": "bot"}))
    jsonschema.validate(page, page_of(INSIGHT_SCHEMA))
    (row,) = page["items"]
    assert (row["num_user_messages"], row["num_devin_messages"], row["session_size"]) == (1, 2, "m")
    assert good(await api.get(f"{SESSIONS}/{made}/insights")) == row


@pytest.mark.parametrize("status", [403, 404])
async def test_insights_unavailable_by_a_switch(api: httpx.AsyncClient, control: DevinControl, status: int) -> None:
    (made,) = await control.create_sessions()
    await control.switch(insights_status=status)
    refused(await api.get(SESSIONS + "/insights"), status)
    refused(await api.get(f"{SESSIONS}/{made}/insights"), status)
    good(await api.get(SESSIONS))


# ---------------------------------------------------------------- files


async def test_a_file_is_uploaded_attached_listed_and_downloaded(api: httpx.AsyncClient, control: DevinControl) -> None:
    upload = await api.post(ORG + "/attachments", files={"file": ("ärger log.txt", b"boom", "text/plain")})
    file = good(upload)
    assert set(file) == {"attachment_id", "name", "url"}
    session = await create(api, "Look", attachment_urls=[file["url"]])
    assert await texts(api, session["session_id"]) == [("user", f'Look\nATTACHMENT:"{file["url"]}"')]
    (row,) = good(await api.get(f"{SESSIONS}/{session['session_id']}/attachments"))
    assert row == file | {"source": "user", "content_type": "text/plain"}
    redirect = await api.get(file["url"])
    assert redirect.status_code == 307
    assert httpx.URL(redirect.headers["location"]).port != api.base_url.port
    assert (await api.get(file["url"], follow_redirects=True)).content == b"boom"
    await control.switch(attachments_in_items=True)
    assert good(await api.get(f"{SESSIONS}/{session['session_id']}/attachments")) == {"items": [row]}


async def test_a_download_link_is_short_lived_and_takes_no_bearer(
    api: httpx.AsyncClient, control: DevinControl
) -> None:
    (made,) = await control.create_sessions()
    await control.attach(made, "report.csv", "a,b", "text/csv", say="Here it is.")
    (file,) = good(await api.get(f"{SESSIONS}/{made}/attachments"))
    assert (file["name"], file["source"], file["content_type"]) == ("report.csv", "devin", "text/csv")
    assert await texts(api, made) == [
        ("user", "A task"),
        ("devin", f'Here it is.\nATTACHMENT:"{file["url"]}"'),
    ]
    location = (await api.get(file["url"])).headers["location"]
    assert (await api.get(location)).status_code == 400  # this client sends its key along
    async with httpx.AsyncClient(trust_env=False) as anyone:
        assert (await anyone.get(location)).text == "a,b"
        await control.clock(advance=61)
        assert (await anyone.get(location)).status_code == 403


async def test_an_upload_without_its_field_is_a_422_and_an_unknown_file_a_404(api: httpx.AsyncClient) -> None:
    for upload in (
        await api.post(ORG + "/attachments", files={"document": ("a.txt", b"x")}),
        await api.post(ORG + "/attachments", json={}),
    ):
        assert field_errors(upload) == [("file", "Field required")]
    assert refused(await api.get(ORG + "/attachments/0000/a.txt"), 404) == "Attachment not found"


@pytest.mark.parametrize(
    ("boundary", "form"),
    [
        ("", b"boom"),
        ("; boundary=x", b""),
        ("; boundary=x", b"boom"),
        ("; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nboom'),
        ("; boundary=x", b"--x\r\n\r\nboom\r\n--x--\r\n"),
        ("; boundary=x", b"--x\r\nnonsense\r\n\r\nboom\r\n--x--\r\n"),
        ("; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n\xff\r\n--x--\r\n'),
    ],
)
async def test_a_malformed_form_is_a_400(
    api: httpx.AsyncClient, control: DevinControl, boundary: str, form: bytes
) -> None:
    headers = {"Content-Type": "multipart/form-data" + boundary}
    upload = await api.post(ORG + "/attachments", content=form, headers=headers)
    assert refused(upload, 400) == "There was an error parsing the body"
    assert [(call["route"], call["status"]) for call in await control.log()] == [("upload_attachment", 400)]


async def test_a_link_from_elsewhere_is_an_attachment_too(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions()
    order = {"message": "See", "attachment_urls": ["https://files.acme.test/a%20b.png"]}
    good(await api.post(f"{SESSIONS}/{made}/messages", json=order))
    (row,) = good(await api.get(f"{SESSIONS}/{made}/attachments"))
    assert (row["name"], row["content_type"]) == ("a b.png", None)


# ---------------------------------------------------------------- people, library


async def test_members_are_found_by_exact_address_on_the_right_path(
    api: httpx.AsyncClient, control: DevinControl
) -> None:
    await control.add_member("user|1", "ann@acme.test", "Ann")
    await control.add_member("user|2", "idp@acme.test", "Ida", idp=True)

    async def found(kind: str, email: str) -> list[str]:
        page = good(await api.get(f"{BETA}/{kind}", params={"email": email}))
        return [row["user_id"] for row in page["items"]]

    assert await found("users", "ann@acme.test") == ["user|1"]
    assert await found("users", "Ann@acme.test") == []
    assert await found("users", "idp@acme.test") == []
    assert await found("idp-users", "idp@acme.test") == ["user|2"]
    assert good(await api.get(f"{BETA}/users"))["total"] == 1
    user = good(await api.get(f"{BETA}/users/user%7C1"))
    assert user == {
        "user_id": "user|1",
        "email": "ann@acme.test",
        "name": "Ann",
        "role_assignments": [
            {
                "role": {"role_id": "org_member", "role_name": "Member", "role_type": "org"},
                "org_id": "org-play",
            }
        ],
    }
    assert refused(await api.get(f"{BETA}/users/nobody"), 404) == "User not found"


async def test_members_are_paged(api: httpx.AsyncClient, control: DevinControl) -> None:
    for number in range(3):
        await control.add_member(f"user|{number}", f"{number}@acme.test")
    page = good(await api.get(f"{BETA}/users", params={"first": 2}))
    rest = good(await api.get(f"{BETA}/users", params={"first": 2, "after": page["end_cursor"]}))
    assert [row["user_id"] for row in page["items"] + rest["items"]] == ["user|0", "user|1", "user|2"]


async def test_playbooks_are_listed(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.permissions(grant=sorted(LIBRARY_PERMISSIONS))
    playbook = await control.add_playbook("Review", "Read the diff.", macro="!review")
    assert good(await api.get(ORG + "/playbooks"))["items"] == [playbook]
    assert playbook["playbook_id"].startswith("playbook-")
    assert (playbook["title"], playbook["body"], playbook["macro"]) == ("Review", "Read the diff.", "!review")


async def test_a_note_needs_a_trigger(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.permissions(grant=sorted(LIBRARY_PERMISSIONS))
    path = ORG + "/knowledge/notes"
    order = {"name": "Deploys", "body": "Fridays never.", "trigger_description": "when deploying"}
    assert field_errors(await api.post(path, json=order)) == [("trigger", "Field required")]
    note = good(await api.post(path, json=order | {"trigger": "when deploying"}))
    assert set(note) == NOTE_FIELDS
    assert (note["trigger"], note["is_enabled"], note["access_type"]) == ("when deploying", True, "org")
    assert good(await api.get(path))["items"] == [note]
    assert good(await api.get(path, params={"search": "FRIDAYS"}))["total"] == 1
    assert good(await api.get(path, params={"search": "monday"}))["total"] == 0


# ---------------------------------------------------------------- consumption


async def test_consumption_by_billing_day(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.consumption("2025-12-30", 4.0)
    await control.consumption("2025-12-31", 3.0, products={"devin": 2.0, "review": 1.0})
    told = good(await api.get(ORG + "/consumption/daily"))
    jsonschema.validate(told, CONSUMPTION_SCHEMA)
    first = START - 2 * DAY + 8 * HOUR
    assert told == {
        "total_acus": 7.0,
        "consumption_by_date": [
            {
                "date": first,
                "acus": 4.0,
                "acus_by_product": {"devin": 4.0, "cascade": 0.0, "terminal": 0.0, "review": 0.0},
            },
            {
                "date": first + DAY,
                "acus": 3.0,
                "acus_by_product": {"devin": 2.0, "cascade": 0.0, "terminal": 0.0, "review": 1.0},
            },
        ],
    }
    window = {"time_after": str(first + DAY), "time_before": str(first + 2 * DAY)}
    assert good(await api.get(ORG + "/consumption/daily", params=window))["total_acus"] == 3.0
    response = await api.get(ORG + "/consumption/daily", params={"time_after": "monday"})
    assert field_errors(response) == [("time_after", "Input should be a valid integer")]


async def test_a_bill_lists_a_day_when_it_was_told_to(api: httpx.AsyncClient, control: DevinControl) -> None:
    async def listed() -> list[tuple[int, float]]:
        told = good(await api.get(ORG + "/consumption/daily"))
        return [((day["date"] - START) // DAY, day["acus"]) for day in told["consumption_by_date"]]

    await control.consumption("2025-12-29", -1.5)
    await control.consumption("2025-12-30", 4.0)
    await control.consumption("2025-12-30", None)
    assert await listed() == [(-3, -1.5)]
    await control.consumption("2025-12-30", 3.0)
    assert await listed() == [(-3, -1.5), (-2, 3.0)]
    await control.switch(listed_after=1.5 * DAY)
    assert await listed() == [(-3, -1.5)]


async def test_spending_counts_on_the_day_that_began_at_eight_utc(
    api: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    (made,) = await control.create_sessions()
    clock.now = START + 8 * HOUR - 1
    await control.spend(made, 1.25)
    clock.now = START + 8 * HOUR
    await control.spend(made, 0.5)
    days = good(await api.get(ORG + "/consumption/daily"))["consumption_by_date"]
    assert [(day["date"], day["acus"]) for day in days] == [
        (START - 16 * HOUR, 1.25),
        (START + 8 * HOUR, 0.5),
    ]
    assert good(await api.get(f"{SESSIONS}/{made}"))["acus_consumed"] == 1.75


async def test_enterprise_consumption_adds_the_organisations(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    await control.add_organization("org-two", "Two")
    await control.consumption("2025-12-31", 3.0)
    await control.consumption("2025-12-31", 1.5, org_id="org-two")
    top = "/v3/enterprise/consumption"
    assert good(await api.get(f"{top}/daily"))["total_acus"] == 4.5
    assert good(await api.get(f"{top}/daily/organizations/org-two"))["total_acus"] == 1.5
    assert refused(await api.get(f"{top}/daily/organizations/org-x"), 404) == "Organization not found"


async def test_cycles_are_a_page_and_begin_at_eight_utc(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    page = good(await api.get("/v3/enterprise/consumption/cycles"))
    newest, older, _ = page["items"]
    assert newest["after"] == older["before"]
    assert newest["after"] % DAY == 8 * HOUR
    assert newest["after"] <= START < newest["before"]
    await control.cycles([{"after": 1, "before": 2}])
    assert good(await api.get("/v3/enterprise/consumption/cycles"))["items"] == [{"after": 1, "before": 2}]


async def test_acu_limits_are_a_page_in_the_shape_of_the_contract(
    api: httpx.AsyncClient, control: DevinControl
) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    path = "/v3/enterprise/consumption/acu-limits/devin"
    assert good(await api.get(path))["items"] == []
    limits = [
        {"scope": "enterprise", "cycle_acu_limit": 5000},
        {"scope": "org", "cycle_acu_limit": 0, "org_id": "org-play"},
    ]
    await control.acu_limits(limits)
    assert good(await api.get(path, params={"first": "1"}))["has_next_page"] is True
    assert good(await api.get(path))["items"] == [{"org_id": None, "user_id": None} | limit for limit in limits]


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ({"scope": "org"}, "A limit lacks cycle_acu_limit."),
        ({"scope": "org", "cycle_acu_limit": -1}, "cycle_acu_limit must be a whole number from 0 to 1,000,000."),
        ({"scope": "org", "cycle_acu_limit": 1, "team": "x"}, "A limit has no team."),
    ],
)
async def test_a_limit_that_devin_could_not_have_is_refused(
    control: DevinControl, limit: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        await control.acu_limits([limit])


async def test_a_kind_of_agent_without_a_limit_is_left_out(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    path = "/v3beta1/enterprise/organizations/org-play/consumption/acu-limits"
    assert good(await api.get(path)) == {}
    await control.limit_agents("org-play", cloud_agent=1000, local_agent=0)
    assert good(await api.get(path)) == {
        "cloud_agent": {"cycle_acu_limit": 1000},
        "local_agent": {"cycle_acu_limit": 0},
    }
    await control.limit_agents("org-play", cloud_agent=None)
    assert good(await api.get(path)) == {"local_agent": {"cycle_acu_limit": 0}}
    with pytest.raises(ValueError, match=r"No kind of agent is called review\."):
        await control.limit_agents("org-play", review=1)
    with pytest.raises(ValueError, match="Organization not found"):
        await control.limit_agents("org-none", cloud_agent=1)


# ---------------------------------------------------------------- enterprise


async def test_the_limits_of_an_organisation_can_be_set(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    await control.limit_organization("org-play", max_cycle_acu_limit=900)
    found = good(await api.get("/v3/enterprise/organizations/org-play"))
    assert (found["max_cycle_acu_limit"], found["max_session_acu_limit"]) == (900, None)
    await control.limit_organization("org-play", max_cycle_acu_limit=None)
    assert good(await api.get("/v3/enterprise/organizations"))["items"][0]["max_cycle_acu_limit"] is None
    with pytest.raises(ValueError, match=r"No organization limit is called name\."):
        await control.limit_organization("org-play", name=1)
    with pytest.raises(ValueError, match="Organization not found"):
        await control.limit_organization("org-none", max_cycle_acu_limit=1)


async def test_organisations_are_paged(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    for number in range(120):
        await control.add_organization(f"org-{number}", f"Number {number}")
    page = good(await api.get("/v3/enterprise/organizations"))
    assert (len(page["items"]), page["has_next_page"]) == (100, True)
    rest = good(await api.get("/v3/enterprise/organizations", params={"after": page["end_cursor"]}))
    assert (len(rest["items"]), rest["has_next_page"]) == (21, False)
    assert page["items"][0] == {
        "org_id": "org-play",
        "name": "Play",
        "max_session_acu_limit": None,
        "max_cycle_acu_limit": None,
        "created_at": START,
        "updated_at": START,
    }
    assert good(await api.get("/v3/enterprise/organizations/org-7"))["name"] == "Number 7"


async def test_audit_logs_note_what_was_done_in_both_orders(
    api: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    session = await create(api)
    clock.now += 5
    await api.post(f"{SESSIONS}/{session['session_id']}/archive")
    await api.delete(f"{SESSIONS}/{session['session_id']}")
    await control.add_audit("login", org_id=None, user_email="ann@acme.test", service_user_id=None)
    logs = "/v3/enterprise/audit-logs"

    async def actions(path: str = logs, **params: Any) -> list[str]:
        return [row["action"] for row in good(await api.get(path, params=params))["items"]]

    assert await actions() == ["login", "terminate_session", "sleep_session", "create_session"]
    assert await actions(order="asc") == ["create_session", "sleep_session", "terminate_session", "login"]
    assert await actions(action="login") == ["login"]
    assert await actions(time_after=START + 5, time_before=START + 6, order="asc") == [
        "sleep_session",
        "terminate_session",
        "login",
    ]
    org_logs = "/v3/enterprise/organizations/org-play/audit-logs"
    assert await actions(org_logs) == ["terminate_session", "sleep_session", "create_session"]
    (row,) = good(await api.get(logs, params={"action": "create_session"}))["items"]
    assert row == {
        "audit_log_id": row["audit_log_id"],
        "action": "create_session",
        "created_at": START,
        "data": {"session_id": "devin-" + session["session_id"]},
        "org_id": "org-play",
        "user_id": None,
        "user_email": None,
        "service_user_id": "service-user-play",
        "service_user_name": "Devin Bridge",
    }


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_audit_logs_are_paged_and_always_have_a_cursor(
    api: httpx.AsyncClient, control: DevinControl, order: str
) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    for number in range(3):
        await control.add_audit(f"act-{number}")
    found: list[str] = []
    params: dict[str, Any] = {"first": 2, "order": order}
    page: dict[str, Any] = {"has_next_page": True}
    while page["has_next_page"]:
        page = good(await api.get("/v3/enterprise/audit-logs", params=params))
        found += [row["action"] for row in page["items"]]
        params["after"] = page["end_cursor"]
    assert page["end_cursor"] is not None
    assert sorted(found) == ["act-0", "act-1", "act-2"]
    assert (found == sorted(found)) is (order == "asc")


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"time_before": START}, "time_before requires time_after"),
        (
            {"time_after": START - 101 * DAY, "time_before": START},
            "The time range may be at most 100 days",
        ),
        ({"time_after": START - 101 * DAY}, "The time range may be at most 100 days"),
        ({"order": "up"}, "Input should be 'asc' or 'desc'"),
    ],
)
async def test_audit_logs_refuse_wrong_windows(
    api: httpx.AsyncClient, control: DevinControl, params: dict[str, Any], sentence: str
) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    ((_, told),) = field_errors(await api.get("/v3/enterprise/audit-logs", params=params))
    assert told == sentence


async def test_a_window_of_exactly_100_days_is_fine(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.permissions(grant=sorted(ENTERPRISE_PERMISSIONS))
    params = {"time_after": START - 100 * DAY, "time_before": START}
    good(await api.get("/v3/enterprise/audit-logs", params=params))


# ---------------------------------------------------------------- timelines


async def test_a_session_stays_new_until_it_is_driven(api: httpx.AsyncClient, control: DevinControl) -> None:
    session = await create(api, "Fix the login test")
    seen = []
    for _ in range(3):
        row = good(await api.get(f"{SESSIONS}/{session['session_id']}"))
        seen.append((row["status"], row["status_detail"], row["title"]))
        await control.step(session["session_id"])
    assert seen == [
        ("new", None, None),
        ("claimed", None, None),
        ("running", "working", "Fix the login test"),
    ]
    assert await texts(api, session["session_id"]) == [
        ("user", "Fix the login test"),
        ("devin", STORY_BEGINS),
    ]


@pytest.mark.parametrize(
    ("prompt", "status", "detail"),
    [
        ("Please ask me first", "running", "waiting_for_user"),
        ("Hit the limit!", "suspended", "usage_limit_exceeded"),
        ("fail", "error", None),
        ("approve this", "running", "waiting_for_approval"),
        ("Sleep a bit", "suspended", "inactivity"),
        ("Bring failing tasks to an end", "running", "finished"),
    ],
)
async def test_the_default_story_follows_a_word_in_the_prompt(
    devin: DevinSimulator, api: httpx.AsyncClient, prompt: str, status: str, detail: str | None
) -> None:
    session_id = (await create(api, prompt))["session_id"]
    session = devin.world.session(session_id)
    async with DevinControl(devin.control_url) as control:
        for _ in range(20):
            if session.script[0].pause or len(session.script) == 1:
                break
            await control.step(session_id)
        await control.step(session_id)
    row = good(await api.get(f"{SESSIONS}/{session_id}"))
    assert (row["status"], row["status_detail"]) == (status, detail)


async def test_the_demo_plays_by_itself_asks_and_goes_on_after_an_answer() -> None:
    async with (
        DevinSimulator(demo=200) as devin,
        DevinControl(devin.control_url) as control,
        httpx.AsyncClient(
            base_url=devin.base_url, headers={"Authorization": "Bearer cog_play"}, trust_env=False
        ) as api,
    ):
        session_id = (await create(api, "Ask me about the login"))["session_id"]
        await control.wait_for_sessions("Which one?", status_detail="waiting_for_user")
        assert (await control.session(session_id))["pull_requests"] == []
        good(await api.post(f"{SESSIONS}/{session_id}/messages", json={"message": "the small fix"}))
        (done,) = await control.wait_for_sessions("ready for review", status_detail="finished")
        assert done["pull_requests"] == [{"pr_url": "https://github.com/acme/web/pull/101", "pr_state": "open"}]
        good(await api.post(f"{SESSIONS}/{session_id}/messages", json={"message": "one more thing"}))
        await control.wait_for_sessions("Done, as you asked.", status_detail="finished")


async def test_the_demo_wakes_a_sleeper_and_stops_with_the_session() -> None:
    async with (
        DevinSimulator(demo=200) as devin,
        DevinControl(devin.control_url) as control,
        httpx.AsyncClient(
            base_url=devin.base_url, headers={"Authorization": "Bearer cog_play"}, trust_env=False
        ) as api,
    ):
        session_id = (await create(api, "sleep"))["session_id"]
        await control.wait_for_sessions("sleep", status="suspended", status_detail="inactivity")
        good(await api.post(f"{SESSIONS}/{session_id}/messages", json={"message": "wake up"}))
        await control.wait_for_sessions("ready for review", status_detail="finished")
        other = (await create(api, "another"))["session_id"]
        good(await api.delete(f"{SESSIONS}/{other}"))
        row = await control.session(other)
        assert (row["status"], row["steps_left"]) == ("exit", 0)


async def test_own_scripts_for_a_session_and_for_prompts_to_come(api: httpx.AsyncClient, control: DevinControl) -> None:
    steps: list[dict[str, Any]] = [
        {"status": "running", "status_detail": "working", "say": "Hi", "acus": 0.5, "title": "T"},
        {
            "status_detail": "finished",
            "structured_output": {"ok": True},
            "pull_request": {"url": "https://github.com/a/b/pull/1", "state": "open"},
        },
    ]
    await control.script_for("magic", steps, play=1000)
    session_id = (await create(api, "some magic please"))["session_id"]
    (row,) = await control.wait_for_sessions("magic", status_detail="finished")
    assert (row["title"], row["acus_consumed"], row["structured_output"]) == ("T", 0.5, {"ok": True})
    await control.script(session_id, [{"status": "exit"}])
    assert (await control.step(session_id))["status"] == "exit"
    with pytest.raises(ValueError, match="no steps left"):
        await control.step(session_id)
    with pytest.raises(ValueError, match="A step has no speak"):
        await control.script(session_id, [{"speak": "x"}])


async def test_a_played_script_pauses_until_a_person_writes(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.script_for("paused", [{"say": "Which?", "pause": True}, {"say": "Then so."}], play=1000)
    await control.script_for("other", [{"after": 50, "say": "tick"}], play=1000)
    paused = (await create(api, "paused"))["session_id"]
    await control.wait_for_messages("Which?")
    await create(api, "other")
    await control.wait_for_messages("tick")
    assert (await texts(api, paused))[-1] == ("devin", "Which?")
    good(await api.post(f"{SESSIONS}/{paused}/messages", json={"message": "This."}))
    await control.wait_for_messages("Then so.")


async def test_play_runs_a_waiting_script(api: httpx.AsyncClient, control: DevinControl) -> None:
    session_id = (await create(api, "go"))["session_id"]
    await control.play(session_id, 1000)
    await control.wait_for_sessions("ready for review", status_detail="finished")


# ---------------------------------------------------------------- falling asleep


async def state_of(api: httpx.AsyncClient, session_id: str) -> tuple[str, str | None]:
    row = good(await api.get(f"{SESSIONS}/{session_id}"))
    return row["status"], row["status_detail"]


async def test_a_finished_session_falls_asleep_after_a_while(
    api: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    finished, asks = await control.create_sessions(2, status="running", status_detail="finished")
    await control.set(asks, status_detail="waiting_for_user")
    clock.now += 1_799
    assert await state_of(api, finished) == ("running", "finished")
    clock.now += 1
    before = await ids(api, updated_after=int(clock.now))
    assert await state_of(api, finished) == ("suspended", "inactivity")
    assert await ids(api, updated_after=int(clock.now)) == [*before] == [finished]  # the first look already saw it
    assert await state_of(api, asks) == ("running", "waiting_for_user")
    good(await api.post(f"{SESSIONS}/{finished}/messages", json={"message": "One more thing"}))
    assert await state_of(api, finished) == ("running", "working")


async def test_whatever_happens_in_a_finished_session_keeps_it_awake(
    api: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    (made,) = await control.create_sessions(status="running", status_detail="finished")
    clock.now += 1_799
    await control.pr(made, "https://github.com/acme/web/pull/1", "open")
    clock.now += 1_799
    assert await state_of(api, made) == ("running", "finished")


async def test_how_long_it_takes_is_a_switch_and_goes_by_the_speed(
    api: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    await control.switch(sleeps_after=0)
    (made,) = await control.create_sessions(status="running", status_detail="finished")
    clock.now += 90 * DAY
    assert await state_of(api, made) == ("running", "finished")
    await control.switch(sleeps_after=600)
    assert await state_of(api, made) == ("suspended", "inactivity")
    (quick,) = await control.create_sessions(status="running", status_detail="finished")
    await control.speed(20)
    clock.now += 30
    assert await state_of(api, quick) == ("suspended", "inactivity")


async def test_a_script_that_goes_on_keeps_its_session_awake(
    api: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    (made,) = await control.create_sessions()
    await control.script(made, [{"status": "running", "status_detail": "finished"}, {"status": "exit"}])
    await control.step(made)
    clock.now += 2 * HOUR
    assert await state_of(api, made) == ("running", "finished")
    assert (await control.step(made))["status"] == "exit"


# ---------------------------------------------------------------- control


async def test_set_say_pr_spend_and_write(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions(status="running", status_detail="working")
    await control.set(made, status_detail="a_new_detail", some_new_field=[1])
    row = good(await api.get(f"{SESSIONS}/{made}"))
    assert (row["status_detail"], row["some_new_field"]) == ("a_new_detail", [1])
    await control.say(made, "Which?", status="running", status_detail="waiting_for_user")
    await control.pr(made, "https://github.com/a/b/pull/1")
    await control.pr(made, "https://github.com/a/b/pull/2", "draft")
    await control.pr(made, "https://github.com/a/b/pull/1", "merged")
    await control.spend(made, 0.1)
    await control.spend(made, 0.2)
    row = good(await api.get(f"{SESSIONS}/{made}"))
    assert row["pull_requests"] == [
        {"pr_url": "https://github.com/a/b/pull/1", "pr_state": "merged"},
        {"pr_url": "https://github.com/a/b/pull/2", "pr_state": "draft"},
    ]
    assert (row["status_detail"], row["acus_consumed"]) == ("waiting_for_user", 0.3)
    assert (await control.write(made, "That one."))["status_detail"] == "working"
    assert (await texts(api, made))[-1] == ("user", "That one.")


async def test_people_in_the_web_app_archive_and_terminate(control: DevinControl) -> None:
    (made,) = await control.create_sessions(status="running", status_detail="working")
    assert (await control.archive(made))["is_archived"] is True
    assert (await control.unarchive(made))["is_archived"] is False
    assert (await control.terminate(made))["status"] == "exit"


async def test_bulk_sessions_do_not_share_their_lists(api: httpx.AsyncClient, control: DevinControl) -> None:
    one, two = await control.create_sessions(2, tags=["bot"], prompt="Work", say="Hello")
    good(await api.post(f"{SESSIONS}/{one}/tags", json={"tags": ["x"]}))
    assert good(await api.get(f"{SESSIONS}/{two}/tags")) == {"tags": ["bot"]}
    assert await texts(api, two) == [("user", "Work"), ("devin", "Hello")]


async def test_sessions_are_read_with_what_the_api_hides(api: httpx.AsyncClient, control: DevinControl) -> None:
    session = await create(api, "Fix", max_acu_limit=5, tags=["bot"])
    await create(api, "Other")
    (row,) = await control.sessions(text="Fix")
    assert row["session_id"] == session["session_id"]
    assert row["request"] == {"prompt": "Fix", "max_acu_limit": 5, "tags": ["bot"]}
    assert len(await control.sessions()) == 2


async def test_the_log_tells_every_call(api: httpx.AsyncClient, control: DevinControl, clock: Clock) -> None:
    await api.get(SESSIONS, params={"tags": ["a", "b"]})
    await api.post(SESSIONS, json={"prompt": 1})
    await api.get("/nowhere")
    await api.post(ORG + "/attachments", files={"file": ("a.txt", b"xyz")})
    listed, created, lost, uploaded = await control.log()
    assert listed == {
        "number": 1,
        "time": START,
        "route": "list_sessions",
        "method": "GET",
        "path": SESSIONS,
        "query": [["tags", "a"], ["tags", "b"]],
        "body": None,
        "state": "answered",
        "status": 200,
        "fault": None,
        "session_id": None,
    }
    assert (created["route"], created["status"], created["body"]) == ("create_session", 422, {"prompt": 1})
    assert (lost["route"], lost["status"], lost["path"]) == ("unknown", 404, "/nowhere")
    assert uploaded["body"] == {"file": "a.txt", "bytes": 3}
    assert await control.log("create_session") == [created]
    assert await control.log(contains="nowhere") == [lost]
    assert await control.log(since=3) == [uploaded]
    assert await control.counters() == {
        "list_sessions": 1,
        "create_session": 1,
        "unknown": 1,
        "upload_attachment": 1,
    }


async def test_waiting_for_calls_sessions_and_messages(api: httpx.AsyncClient, control: DevinControl) -> None:
    calls = asyncio.create_task(control.wait_for_calls("create_session", 2))
    sessions = asyncio.create_task(control.wait_for_sessions("second"))
    messages = asyncio.create_task(control.wait_for_messages("twice", 2))
    await create(api, "first twice")
    session = await create(api, "second")
    await control.say(session["session_id"], "said twice")
    assert [call["body"]["prompt"] for call in await calls] == ["first twice", "second"]
    assert [row["session_id"] for row in await sessions] == [session["session_id"]]
    assert [row["message"] for row in await messages] == ["first twice", "said twice"]


async def test_waiting_in_vain_tells_what_was_there(control: DevinControl) -> None:
    with pytest.raises(TimeoutError, match=r"After 0\.01 s there are 0 calls of send_message, not 1\."):
        await control.wait_for_calls("send_message", seconds=0.01)
    with pytest.raises(ValueError, match="There's no route 'sendmessage'"):
        await control.wait_for_calls("sendmessage", seconds=0.01)


@pytest.mark.parametrize("switches", [{"tag_refused": True}, {"tags_refused": "yes"}, {"wake": "never"}])
async def test_a_misspelt_switch_is_an_error(control: DevinControl, switches: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="PUT /switches"):
        await control.switch(**switches)


@pytest.mark.parametrize(
    ("route", "kind", "facts"),
    [("create", "500", {}), ("self", "418", {}), ("self", "hang", {"commit": "maybe"})],
)
async def test_a_misspelt_fault_is_an_error(
    control: DevinControl, route: str, kind: str, facts: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="POST /faults"):
        await control.fault(route, kind, **facts)


async def test_an_unknown_verb_or_session_is_an_error(control: DevinControl) -> None:
    (made,) = await control.create_sessions()
    with pytest.raises(ValueError, match="There's no verb"):
        await control._act(made, "dance", {})
    with pytest.raises(ValueError, match="Session not found"):
        await control.session("nothing")


async def test_the_clock_is_moved(api: httpx.AsyncClient, control: DevinControl) -> None:
    assert await control.clock(advance=60) == START + 60
    assert await control.clock(advance=60) == START + 120
    assert (await create(api))["created_at"] == START + 120
    assert await control.clock(offset=0) == START


async def test_reset_forgets_everything(api: httpx.AsyncClient, control: DevinControl) -> None:
    await create(api)
    await control.switch(tags_refused=True, prefixed_ids=True)
    await control.permissions(only=[])
    await control.fault("*", 500, times=-1)
    await control.clock(advance=60)
    await control.reset()
    assert await control.log() == []
    assert await control.permissions() == sorted(BOT_PERMISSIONS)
    assert await ids(api) == []
    assert (await create(api, tags=["bot"]))["created_at"] == START


async def test_an_outage_keeps_the_state_and_the_address(clock: Clock) -> None:
    devin = DevinSimulator(now=clock)
    await devin.start()
    url = devin.base_url
    headers = {"Authorization": "Bearer cog_play"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as api:
        session = await create(api)
        await devin.stop()
        with pytest.raises(httpx.TransportError):
            await api.get(SESSIONS)
        await devin.start()
        assert devin.base_url == url
        assert await ids(api) == [session["session_id"]]
    await devin.stop()


async def test_it_listens_on_loopback_only(devin: DevinSimulator) -> None:
    assert devin.base_url.startswith("http://127.0.0.1:")
    assert devin.control_url == devin.base_url + "/control"


# ---------------------------------------------------------------- faults


async def test_429_with_and_without_retry_after(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.fault("list_sessions", 429, retry_after=7)
    await control.fault("list_sessions", 429)
    with_wait, without = await api.get(SESSIONS), await api.get(SESSIONS)
    assert [refused(answer, 429) for answer in (with_wait, without)] == ["Rate limit exceeded"] * 2
    assert with_wait.headers["retry-after"] == "7"
    assert "retry-after" not in without.headers
    good(await api.get(SESSIONS))


@pytest.mark.parametrize(("kind", "sentence"), [(500, "Unexpected error"), (503, "Service unavailable")])
@pytest.mark.parametrize("commit", [False, True])
async def test_5xx_without_or_with_the_effect(
    api: httpx.AsyncClient, control: DevinControl, kind: int, sentence: str, commit: bool
) -> None:
    await control.fault("create_session", kind, commit=commit, times=2)
    for _ in range(2):
        assert refused(await api.post(SESSIONS, json={"prompt": "p"}), kind) == sentence
    assert len(await ids(api)) == (2 if commit else 0)
    await create(api)


async def test_a_fault_for_every_route_lasts_until_removed(api: httpx.AsyncClient, control: DevinControl) -> None:
    number = await control.fault("*", 503, times=-1)
    for path in (SESSIONS, "/v3/self", SESSIONS):
        refused(await api.get(path), 503)
    (fault,) = await control.faults()
    assert (fault["number"], fault["hits"], fault["kind"]) == (number, 3, "503")
    await control.clear_faults()
    good(await api.get(SESSIONS))


async def test_a_fault_gives_way_for_a_certain_call(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.fault("create_session", 500, contains="ref-2")
    await create(api, "one ref-1")
    refused(await api.post(SESSIONS, json={"prompt": "two ref-2"}), 500)


@pytest.mark.parametrize(("kind", "made"), [("drop_before", 0), ("commit_then_drop", 1)])
async def test_a_dropped_answer_without_or_with_the_effect(
    api: httpx.AsyncClient, control: DevinControl, kind: str, made: int
) -> None:
    await control.fault("create_session", kind)
    with pytest.raises(httpx.TransportError):
        await api.post(SESSIONS, json={"prompt": "p", "tags": ["ref-1"]})
    assert len(await ids(api, tags="ref-1")) == made
    (call,) = await control.log("create_session")
    assert (call["state"], call["status"], call["fault"]) == ("dropped", None, kind)
    await create(api)


async def test_an_odd_answer_or_list_says_something_else_of_what_is_as_it_was(
    api: httpx.AsyncClient, control: DevinControl
) -> None:
    await control.fault("create_session", "odd", fields={"session_id": None})
    assert good(await api.post(SESSIONS, json={"prompt": "fix the login test"}))["session_id"] is None
    (made,) = await control.sessions()
    await control.fault("list_sessions", "odd", fields={"status": None, "tags": "none"})
    (row,) = good(await api.get(SESSIONS))["items"]
    assert (row["session_id"], row["status"], row["tags"]) == (made["session_id"], None, "none")
    (row,) = good(await api.get(SESSIONS))["items"]
    assert (row["status"], row["tags"]) == ("new", [])
    await control.fault("list_sessions", "odd", without=["status", "tags"], envelope={"total": "one"})
    page = good(await api.get(SESSIONS))
    (row,) = page["items"]
    assert (row["session_id"], page["total"]) == (made["session_id"], "one")
    assert {"status", "tags"} & row.keys() == set()


async def test_a_message_is_stored_though_its_answer_was_lost(api: httpx.AsyncClient, control: DevinControl) -> None:
    (made,) = await control.create_sessions()
    await control.fault("send_message", "commit_then_drop")
    with pytest.raises(httpx.TransportError):
        await api.post(f"{SESSIONS}/{made}/messages", json={"message": "yes"})
    assert (await texts(api, made))[-1] == ("user", "yes")


@pytest.mark.parametrize(
    ("commit", "during", "after", "ends"),
    [(True, 1, 1, "answered"), (False, 0, 0, "dropped"), ("late", 0, 1, "answered")],
)
async def test_a_held_call_with_its_effect_before_never_or_late(
    api: httpx.AsyncClient,
    control: DevinControl,
    commit: bool | str,
    during: int,
    after: int,
    ends: str,
) -> None:
    await control.fault("create_session", "hang", commit=commit)
    call = asyncio.create_task(api.post(SESSIONS, json={"prompt": "p"}, timeout=None))
    (held,) = await control.wait_for_calls("create_session")
    assert (held["state"], held["fault"]) == ("held", "hang")
    assert len(await ids(api)) == during
    assert await control.release() == 1
    (result,) = await asyncio.gather(call, return_exceptions=True)
    assert isinstance(result, httpx.Response) is (ends == "answered")
    assert len(await ids(api)) == after
    assert (await control.log("create_session"))[0]["state"] == ends


async def test_a_held_call_lets_go_after_its_time(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.fault("list_sessions", "hang", commit=True, seconds=0.05)
    started = time.perf_counter()
    good(await api.get(SESSIONS))
    assert time.perf_counter() - started >= 0.04


async def test_a_client_that_gave_up_does_not_undo_a_late_effect(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.fault("create_session", "hang", commit="late")
    with pytest.raises(httpx.ReadTimeout):
        await api.post(SESSIONS, json={"prompt": "frozen"}, timeout=0.1)
    assert await ids(api) == []
    await control.release()
    await control.wait_for_sessions("frozen")


async def test_a_slow_call_arrives_late_or_answers_late(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.fault("create_session", "slow", seconds=0.4)
    await control.fault("create_session", "slow", seconds=0.4, commit=True)
    for already in (0, 2):  # the late one has come by then, and the early one is there
        call = asyncio.create_task(api.post(SESSIONS, json={"prompt": "p"}))
        await control.wait_for_calls("create_session", 1 if already == 0 else 2)
        assert len(await ids(api)) == already
        good(await call)


async def test_a_slow_create_has_its_session_before_its_answer(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.switch(slow_create=0.4)
    call = asyncio.create_task(create(api, "slow"))
    (row,) = await control.wait_for_sessions("slow")
    assert not call.done()
    assert (await call)["session_id"] == row["session_id"]


async def test_stopping_lets_go_of_held_calls(clock: Clock) -> None:
    devin = DevinSimulator(now=clock)
    await devin.start()
    headers = {"Authorization": "Bearer cog_play"}
    async with (
        DevinControl(devin.control_url) as control,
        httpx.AsyncClient(base_url=devin.base_url, headers=headers, trust_env=False) as api,
    ):
        await control.fault("list_sessions", "hang")
        call = asyncio.create_task(api.get(SESSIONS, timeout=None))
        await control.wait_for_calls("list_sessions")
        started = time.perf_counter()
        await devin.stop()
        (result,) = await asyncio.gather(call, return_exceptions=True)
    assert isinstance(result, httpx.TransportError)
    assert time.perf_counter() - started < 5


def test_cursors_of_every_length_need_quoting() -> None:
    assert all("=" in encoded("sessions", (-(10**power), -1)) for power in range(12))
