"""The simulated Devin beyond what the bot calls: what other clients of the API use, in the forms of the contract."""

import asyncio
import sys
from typing import Any

import httpx
import jsonschema
import pytest

from bot.playground.devin import (
    ADMIN_PERMISSIONS,
    ALL_PERMISSIONS,
    ENTERPRISE_PERMISSIONS,
    LIBRARY_PERMISSIONS,
    DevinControl,
    DevinSimulator,
)
from bot.playground.stage import stage
from tests.playground.devin_peer import DAY, HOUR, ORG, SESSIONS, START, Clock, create, field_errors, good, refused
from tests.playground.sentences import permission_missing

pytestmark = pytest.mark.edge

TOP = "/v3/enterprise"
SESSION = f"{SESSIONS}/{'0' * 32}"
METRICS = ("usage", "sessions", "prs", "searches", "active-users", "dau", "wau", "mau")

NULLABLE_STRING = {"type": ["string", "null"]}
COUNT = {"type": "integer", "minimum": 0}
SIZES = {
    "type": "object",
    "properties": dict.fromkeys(("xs", "s", "m", "l", "xl"), COUNT),
    "additionalProperties": False,
}


def closed(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object with these fields and no other."""
    fields = {"properties": required | optional, "required": list(required), "additionalProperties": False}
    return {"type": "object", **fields}


PLAYBOOK = closed(
    {
        "playbook_id": {"type": "string", "pattern": "^playbook-"},
        "title": {"type": "string"},
        "body": {"type": "string"},
        "macro": NULLABLE_STRING,
        "access_type": {"enum": ["enterprise", "org"]},
        "org_id": NULLABLE_STRING,
        "created_at": {"type": "integer"},
        "created_by": {"type": "string"},
        "updated_at": {"type": "integer"},
        "updated_by": {"type": "string"},
    }
)
FOLDERS = closed(
    {
        "folders": {
            "type": "array",
            "items": closed(
                {
                    "folder_id": {"type": "string"},
                    "name": {"type": "string"},
                    "path": {"type": "string"},
                    "note_count": COUNT,
                },
                parent_folder_id=NULLABLE_STRING,
            ),
        },
        "root_note_count": COUNT,
    }
)
SECRET = closed(
    {
        "secret_id": {"type": "string"},
        "key": NULLABLE_STRING,
        "note": NULLABLE_STRING,
        "secret_type": {"enum": ["cookie", "key-value", "totp"]},
        "access_type": {"enum": ["org", "personal"]},
        "is_sensitive": {"type": "boolean"},
        "created_at": {"type": "integer"},
        "created_by": {"type": "string"},
    },
    updated_at={"type": ["integer", "null"]},
    updated_by=NULLABLE_STRING,
)
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
SCHEDULE = closed(
    {
        "scheduled_session_id": {"type": "string", "pattern": "^sched-"},
        "org_id": {"type": "string"},
        "name": {"type": "string"},
        "prompt": {"type": "string"},
        "enabled": {"type": "boolean"},
        "agent": {"enum": ["devin", "data_analyst", "advanced"]},
        "frequency": NULLABLE_STRING,
        "notify_on": {"enum": ["always", "failure", "never"]},
        "playbook": {"anyOf": [{"type": "null"}, closed({"playbook_id": {"type": "string"}}, title=NULLABLE_STRING)]},
        "consecutive_failures": COUNT,
        "last_executed_at": NULLABLE_STRING,
        "last_error_at": NULLABLE_STRING,
        "last_error_message": NULLABLE_STRING,
        "created_at": MOMENT,
        "created_by": NULLABLE_STRING,
        "updated_at": MOMENT,
    },
    schedule_type={"enum": ["recurring", "one_time"]},
    scheduled_at=NULLABLE_STRING,
    interval_count=COUNT,
    tags={"type": ["array", "null"]},
    target_devin_id=NULLABLE_STRING,
    slack_team_id=NULLABLE_STRING,
    slack_channel_id=NULLABLE_STRING,
    bypass_approval={"type": "boolean"},
    platform=NULLABLE_STRING,
    last_edited_by=NULLABLE_STRING,
)
ACTIVE = closed({"start_time": {"type": "integer"}, "end_time": {"type": "integer"}, "active_users": COUNT})
METRIC_SCHEMAS = {
    "usage": closed(
        dict.fromkeys(("sessions_count", "searches_count", "prs_created_count", "prs_merged_count"), COUNT)
    ),
    "sessions": closed(
        {
            "sessions_created_count": COUNT,
            "sessions_created_by_origin": closed(
                dict.fromkeys(("webapp", "slack", "teams", "api", "linear", "jira"), COUNT)
            ),
            "sessions_created_by_size": SIZES,
            "sessions_created_with_playbook_count": COUNT,
            "sessions_created_with_search_count": COUNT,
            "sessions_with_merged_prs_count": COUNT,
            "sessions_with_merged_prs_by_size": SIZES,
            "avg_acus_per_session": {"type": "number"},
        }
    ),
    "prs": closed(
        dict.fromkeys(("prs_created_count", "prs_opened_count", "prs_closed_count", "prs_merged_count"), COUNT)
    ),
    "searches": closed({"searches_created_count": COUNT}),
    "active-users": ACTIVE,
    **{name: {"type": "array", "items": ACTIVE} for name in ("dau", "wau", "mau")},
}


@pytest.fixture
async def admin(api: httpx.AsyncClient, control: DevinControl) -> httpx.AsyncClient:
    """A client whose key may do everything."""
    await control.permissions(grant=sorted(ALL_PERMISSIONS))
    return api


def acus_by_day(told: Any) -> list[tuple[int, float]]:
    return [(row["date"], row["acus"]) for row in told["consumption_by_date"]]


# ---------------------------------------------------------------- who may

NEEDED = [
    ("POST", f"{SESSION}/insights/generate", "ManageOrgSessions"),
    ("POST", f"{ORG}/playbooks", "ManageOrgPlaybooks"),
    *((method, f"{ORG}/playbooks/playbook-x", "ManageOrgPlaybooks") for method in ("GET", "PUT", "DELETE")),
    *((method, f"{ORG}/knowledge/notes/note-x", "ManageOrgKnowledge") for method in ("GET", "PUT", "DELETE")),
    ("GET", f"{ORG}/knowledge/folders", "ManageOrgKnowledge"),
    *((method, f"{ORG}/secrets", "ManageOrgSecrets") for method in ("GET", "POST")),
    ("DELETE", f"{ORG}/secrets/secret-x", "ManageOrgSecrets"),
    *((method, f"{ORG}/schedules", "ManageOrgSchedules") for method in ("GET", "POST")),
    *((method, f"{ORG}/schedules/sched-x", "ManageOrgSchedules") for method in ("GET", "PATCH", "DELETE")),
    *((method, f"{ORG}/pr-reviews", "UseReviewManual") for method in ("GET", "POST")),
    ("GET", f"{ORG}/automations", "ViewOrgAutomations"),
    *(
        ("GET", f"{place}/consumption/daily/{whose}/x", permission)
        for place, permission in ((ORG, "ViewOrgConsumption"), (TOP, "ViewAccountConsumption"))
        for whose in ("users", "service-users", "sessions")
    ),
    *(("GET", f"{ORG}/metrics/{name}", "ViewOrgMetrics") for name in METRICS),
    *(("GET", f"{TOP}/metrics/{name}", "ViewAccountMetrics") for name in METRICS),
    ("GET", f"{TOP}/queue", "ViewAccountMetrics"),
]


async def test_a_missing_permission_is_a_403_that_names_it(api: httpx.AsyncClient, control: DevinControl) -> None:
    # Each stands in for a right in one organisation.
    twins = {permission for permission in ALL_PERMISSIONS if "Account" in permission} - {"ReadAccountMeta"}
    for method, path, permission in NEEDED:
        await control.permissions(only=sorted(ALL_PERMISSIONS - twins - {permission}))
        answer = await api.request(method, path)
        assert refused(answer, 403) == permission_missing(permission)
        await control.permissions(grant=[permission])
        assert (await api.request(method, path)).status_code in {200, 404, 422}


async def test_metrics_of_one_organisation_open_no_other(api: httpx.AsyncClient, control: DevinControl) -> None:
    await control.add_organization("org-two", "Two")
    await control.permissions(grant=["ViewAccountMetrics"])
    good(await api.get(f"{ORG}/metrics/usage"))
    assert refused(await api.get("/v3/organizations/org-two/metrics/usage"), 404) == "Organization not found"


async def test_the_option_enterprise_gives_the_key_all_rights() -> None:
    assert {*LIBRARY_PERMISSIONS, *ADMIN_PERMISSIONS, *ENTERPRISE_PERMISSIONS} < ALL_PERMISSIONS
    async with stage(0, 0, 1.0, enterprise=True) as one, stage(0, 0, 1.0) as other:
        assert await one.devin.permissions() == sorted(ALL_PERMISSIONS)
        assert "ManageEnterpriseSettings" not in await other.devin.permissions()


async def test_the_simulated_devin_alone_takes_the_option_too() -> None:
    words = [sys.executable, "-m", "bot.playground.devin", "--enterprise"]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().split()[0].removeprefix("DEVIN_API_URL=")
        async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
            queue = await http.get(f"{TOP}/queue", headers={"Authorization": "Bearer cog_play"})
        assert good(queue) == {"queue_size": 0, "status": "normal"}
    finally:
        process.kill()
        await process.wait()


# ---------------------------------------------------------------- consumption of one


async def test_consumption_of_a_session_a_person_and_a_service_user(
    admin: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    (own,) = await control.create_sessions()
    (anns,) = await control.create_sessions(user_id="user|1", service_user_id=None)
    clock.now = START + 8 * HOUR - 1
    await control.spend(own, 1.25)
    clock.now = START + 8 * HOUR
    await control.spend(own, 0.5)
    await control.spend(anns, 3.0)
    for place in (ORG, TOP):
        daily = f"{place}/consumption/daily"
        for form in (own, f"devin-{own}"):
            told = good(await admin.get(f"{daily}/sessions/{form}"))
            assert told["total_acus"] == 1.75
            assert acus_by_day(told) == [(START - 16 * HOUR, 1.25), (START + 8 * HOUR, 0.5)]
        late = await admin.get(f"{daily}/sessions/{own}", params={"time_after": START})
        assert acus_by_day(good(late)) == [(START + 8 * HOUR, 0.5)]
        assert good(await admin.get(f"{daily}/users/user%7C1"))["total_acus"] == 3.0
        assert good(await admin.get(f"{daily}/service-users/service-user-play"))["total_acus"] == 1.75
        assert good(await admin.get(f"{daily}/users/nobody")) == {"total_acus": 0, "consumption_by_date": []}
        assert refused(await admin.get(f"{daily}/sessions/devin-{'0' * 32}"), 404) == "Session not found"


async def test_a_session_of_another_organisation_costs_nothing_here(
    admin: httpx.AsyncClient, control: DevinControl
) -> None:
    await control.add_organization("org-two", "Two")
    (other,) = await control.create_sessions(org_id="org-two")
    assert refused(await admin.get(f"{ORG}/consumption/daily/sessions/{other}"), 404) == "Session not found"
    good(await admin.get(f"{TOP}/consumption/daily/sessions/{other}"))


async def test_the_service_user_says_when_its_key_expires(admin: httpx.AsyncClient, control: DevinControl) -> None:
    (own,) = good(await admin.get(f"{TOP}/members/service-users"))["items"]
    assert (own["service_user_id"], own["expires_at"]) == ("service-user-play", None)
    await control.switch(key_expires_at=int(START + DAY))
    (own,) = good(await admin.get(f"{TOP}/members/service-users"))["items"]
    assert own["expires_at"] == START + DAY


async def test_guardrail_violations_have_the_form_of_the_documentation(
    admin: httpx.AsyncClient, control: DevinControl
) -> None:
    await control.add_violation(created_at=int(START), action_taken="log_only")
    await control.add_violation(created_at=int(START) + 5, org_id="org-two")
    of_ours = "/v3beta1/enterprise/organizations/org-play/guardrail-violations"
    (one,) = good(await admin.get(of_ours, params={"order": "asc", "time_after": int(START)}))["items"]
    assert set(one) == {
        *("action_taken", "confidence_score", "created_at", "event_id", "guardrail_id", "guardrail_name", "org_id"),
        *("reasoning", "session_id", "user_message", "violation_id"),
    }
    assert (one["violation_id"], one["action_taken"]) == (1, "log_only")
    assert len(good(await admin.get("/v3beta1/enterprise/guardrail-violations"))["items"]) == 2
    refused(await admin.get(of_ours, params={"time_before": int(START)}), 422)
    for status in (403, 404):
        await control.switch(guardrails_status=status)
        refused(await admin.get(of_ours), status)


# ---------------------------------------------------------------- metrics, queue, insights


async def test_metrics_have_the_forms_of_the_contract(admin: httpx.AsyncClient, control: DevinControl) -> None:
    await control.create_sessions(
        user_id="user|1", pull_requests=[{"pr_url": "https://github.com/a/b/1", "pr_state": "merged"}]
    )
    window = {"time_after": START - DAY, "time_before": START + DAY}
    for place in (ORG, TOP):
        for name, schema in METRIC_SCHEMAS.items():
            told = good(await admin.get(f"{place}/metrics/{name}", params=window))
            jsonschema.validate(told, schema)
            assert told


async def test_metrics_count_what_was_created_in_their_time(
    admin: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    states = [
        {"pr_url": f"https://github.com/a/b/{state}", "pr_state": state} for state in ("open", "closed", "merged")
    ]
    await control.create_sessions(2, origin="slack", created_at=START - DAY, acus_consumed=4.5)
    await control.create_sessions(pull_requests=states, playbook_id="playbook-x", acus_consumed=0.5)
    window = {"time_after": START, "time_before": START + 1}
    told = good(await admin.get(f"{ORG}/metrics/sessions", params=window))
    assert (told["sessions_created_count"], told["sessions_created_with_playbook_count"]) == (1, 1)
    assert (told["sessions_created_by_origin"]["api"], told["sessions_created_by_origin"]["slack"]) == (1, 0)
    assert (told["sessions_created_by_size"]["xs"], told["sessions_with_merged_prs_by_size"]["xs"]) == (1, 1)
    assert told["avg_acus_per_session"] == 0.5
    wider = good(await admin.get(f"{ORG}/metrics/sessions", params=window | {"time_after": START - DAY}))
    assert (wider["sessions_created_count"], wider["sessions_created_by_size"]["m"]) == (3, 2)
    assert wider["sessions_with_merged_prs_count"] == 1
    assert good(await admin.get(f"{ORG}/metrics/prs", params=window)) == {
        "prs_created_count": 3,
        "prs_opened_count": 1,
        "prs_closed_count": 1,
        "prs_merged_count": 1,
    }
    assert (
        good(await admin.get(f"{ORG}/metrics/prs", params=window | {"playbook_id": "playbook-y"}))["prs_created_count"]
        == 0
    )
    assert good(await admin.get(f"{ORG}/metrics/usage"))["sessions_count"] == 3
    assert good(await admin.get(f"{ORG}/metrics/usage", params={"time_before": START}))["sessions_count"] == 2


async def test_metrics_of_several_organisations(admin: httpx.AsyncClient, control: DevinControl) -> None:
    await control.add_organization("org-two", "Two")
    await control.create_sessions()
    await control.create_sessions(2, org_id="org-two")
    assert good(await admin.get(f"{TOP}/metrics/usage"))["sessions_count"] == 3
    assert good(await admin.get(f"{TOP}/metrics/usage", params={"org_ids": "org-two"}))["sessions_count"] == 2
    assert good(await admin.get(f"{ORG}/metrics/usage"))["sessions_count"] == 1


async def test_people_count_as_active_in_each_part_of_the_time(
    admin: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    await control.create_sessions(2, user_id="user|1")
    await control.create_sessions(user_id="user|2", created_at=START + DAY)
    await control.create_sessions(created_at=START + DAY)  # a service user is no person
    clock.now = START + 2 * DAY - 1
    window = {"time_after": START, "time_before": START + 9 * DAY}
    assert good(await admin.get(f"{ORG}/metrics/dau", params=window)) == [
        {"start_time": START, "end_time": START + DAY, "active_users": 1},
        {"start_time": START + DAY, "end_time": START + 2 * DAY, "active_users": 1},
    ]
    assert [row["active_users"] for row in good(await admin.get(f"{ORG}/metrics/wau", params=window))] == [2]
    active = f"{ORG}/metrics/active-users"
    assert good(await admin.get(active, params=window))["active_users"] == 2
    assert good(await admin.get(active, params=window | {"min_sessions": 2}))["active_users"] == 1
    assert field_errors(await admin.get(active, params=window | {"min_searches": -1})) == [
        ("min_searches", "Input should be greater than or equal to 0")
    ]


async def test_metrics_need_both_ends_of_their_time(admin: httpx.AsyncClient) -> None:
    for path in (f"{ORG}/metrics/{name}" for name in METRICS if name != "usage"):
        assert field_errors(await admin.get(path)) == [("time_after", "Field required")]
        assert field_errors(await admin.get(path, params={"time_after": 1})) == [("time_before", "Field required")]


@pytest.mark.parametrize(
    ("count", "status"), [(0, "normal"), (10, "normal"), (11, "elevated"), (50, "elevated"), (51, "high")]
)
async def test_the_queue_counts_what_waits_for_a_machine(
    admin: httpx.AsyncClient, control: DevinControl, count: int, status: str
) -> None:
    await control.create_sessions(2, status="running", status_detail="working")
    for queued in ("new", "claimed", "resuming")[: min(count, 3)]:
        await control.create_sessions(status=queued)
    if count > 3:
        await control.create_sessions(count - 3)
    assert good(await admin.get(f"{TOP}/queue")) == {"queue_size": count, "status": status}


async def test_insights_are_generated_once(admin: httpx.AsyncClient) -> None:
    session_id = (await create(admin))["session_id"]
    insights = f"{SESSIONS}/{session_id}/insights"
    assert good(await admin.get(insights))["analysis"] is None
    assert good(await admin.post(f"{insights}/generate")) == {"session_id": session_id, "status": "started"}
    analysis = good(await admin.get(insights))["analysis"]
    assert set(analysis) == {"action_items", "classification", "issues", "note_usage", "suggested_prompt", "timeline"}
    assert [entry["title"] for entry in analysis["timeline"]] == ["Started"]
    assert good(await admin.post(f"{insights}/generate"))["status"] == "already_exists"
    assert refused(await admin.post(f"{SESSION}/insights/generate"), 404) == "Session not found"


# ---------------------------------------------------------------- playbooks, notes, folders


async def test_a_playbook_is_made_read_replaced_and_deleted(admin: httpx.AsyncClient, clock: Clock) -> None:
    order = {"title": "Review", "body": "Read the diff.", "macro": "!review"}
    made = good(await admin.post(f"{ORG}/playbooks", json=order))
    jsonschema.validate(made, PLAYBOOK)
    path = f"{ORG}/playbooks/{made['playbook_id']}"
    assert good(await admin.get(path)) == made
    clock.now += 60
    changed = good(await admin.put(path, json={"title": "Review", "body": "Read it twice."}))
    assert changed == made | {"body": "Read it twice.", "macro": None, "updated_at": START + 60}
    assert good(await admin.delete(path)) == changed
    assert refused(await admin.get(path), 404) == "Playbook not found"
    assert good(await admin.get(f"{ORG}/playbooks"))["items"] == []


@pytest.mark.parametrize(
    ("order", "errors"),
    [
        ({}, [("title", "Field required"), ("body", "Field required")]),
        ({"name": "n", "instructions": "i"}, [("title", "Field required"), ("body", "Field required")]),
        (
            {"title": "t", "body": "b", "macro": "review"},
            [("macro", "String should match pattern '^![A-Za-z0-9_-]+$'")],
        ),
    ],
)
async def test_a_playbook_needs_its_fields(
    admin: httpx.AsyncClient, control: DevinControl, order: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    playbook = await control.add_playbook("Review")
    assert field_errors(await admin.post(f"{ORG}/playbooks", json=order)) == errors
    assert field_errors(await admin.put(f"{ORG}/playbooks/{playbook['playbook_id']}", json=order)) == errors


async def test_a_note_is_read_replaced_and_deleted(admin: httpx.AsyncClient, clock: Clock) -> None:
    order = {"name": "Deploys", "body": "Fridays never.", "trigger": "when deploying"}
    made = good(await admin.post(f"{ORG}/knowledge/notes", json=order | {"pinned_repo": "acme/web"}))
    path = f"{ORG}/knowledge/notes/{made['note_id']}"
    assert good(await admin.get(path)) == made
    clock.now += 60
    assert field_errors(await admin.put(path, json={"name": "Deploys"})) == [
        ("body", "Field required"),
        ("trigger", "Field required"),
    ]
    changed = good(await admin.put(path, json=order | {"body": "Mondays neither.", "is_enabled": False}))
    facts = {"body": "Mondays neither.", "is_enabled": False, "pinned_repo": None, "updated_at": START + 60}
    assert changed == made | facts
    assert good(await admin.delete(path)) == changed
    assert refused(await admin.get(path), 404) == "Note not found"
    logs = good(await admin.get(f"{TOP}/audit-logs"))["items"]
    assert [entry["action"] for entry in logs] == ["delete_knowledge", "edit_knowledge", "create_knowledge"]


async def test_the_old_name_of_a_notes_trigger_by_a_switch(admin: httpx.AsyncClient, control: DevinControl) -> None:
    path = f"{ORG}/knowledge/notes"
    order = {"name": "Deploys", "body": "Fridays never.", "trigger_description": "when deploying"}
    assert field_errors(await admin.post(path, json=order)) == [("trigger", "Field required")]
    await control.switch(old_note_trigger=True)
    made = good(await admin.post(path, json=order))
    assert made["trigger"] == "when deploying"
    assert "trigger_description" not in made
    assert good(await admin.post(path, json=order | {"trigger": "always"}))["trigger"] == "always"
    assert field_errors(await admin.post(path, json=order | {"trigger_description": 7})) == [
        ("trigger", "Input should be a valid string")
    ]
    put = await admin.put(f"{path}/{made['note_id']}", json=order | {"trigger_description": "on Fridays"})
    assert good(put)["trigger"] == "on Fridays"


async def test_notes_lie_in_folders(admin: httpx.AsyncClient, control: DevinControl) -> None:
    outer = await control.add_folder("Web")
    inner = await control.add_folder("Login", outer["folder_id"])
    path, order = f"{ORG}/knowledge/notes", {"name": "n", "body": "b", "trigger": "t"}
    good(await admin.post(path, json=order))
    for _ in range(2):
        note = good(await admin.post(path, json=order | {"folder_id": inner["folder_id"]}))
    assert note["folder_path"] == "/Web/Login"
    told = good(await admin.get(f"{ORG}/knowledge/folders"))
    jsonschema.validate(told, FOLDERS)
    assert [(folder["path"], folder["note_count"]) for folder in told["folders"]] == [("/Web", 0), ("/Web/Login", 2)]
    assert (told["folders"][1]["parent_folder_id"], told["root_note_count"]) == (outer["folder_id"], 1)
    assert good(await admin.get(path, params={"folder_path": "/Web/Login"}))["total"] == 2
    assert good(await admin.get(path, params={"pinned_repo": "acme/web"}))["total"] == 0
    everywhere = good(await admin.post(path, json=order | {"pinned_repo": "all"}))
    assert good(await admin.get(path, params={"pinned_repo": "all"}))["items"] == [everywhere]
    refusal = await admin.post(path, json=order | {"folder_id": "folder-x"})
    assert refused(refusal, 404) == "Folder not found"


# ---------------------------------------------------------------- secrets


async def test_secrets_are_told_by_name_alone(
    admin: httpx.AsyncClient, control: DevinControl, devin: DevinSimulator
) -> None:
    order = {"type": "key-value", "key": "NPM_TOKEN", "value": "not-to-be-seen", "note": "for CI"}
    made = good(await admin.post(f"{ORG}/secrets", json=order))
    jsonschema.validate(made, SECRET)
    assert (made["key"], made["secret_type"], made["note"], made["is_sensitive"]) == (
        "NPM_TOKEN",
        "key-value",
        "for CI",
        True,
    )
    page = good(await admin.get(f"{ORG}/secrets"))
    assert (page["items"], page["total"]) == ([made], 1)
    assert "not-to-be-seen" not in str(devin.world.held)
    (call,) = await control.log("create_secret")
    assert call["body"] == order | {"value": "…"}
    assert good(await admin.delete(f"{ORG}/secrets/{made['secret_id']}")) == made
    assert refused(await admin.delete(f"{ORG}/secrets/{made['secret_id']}"), 404) == "Secret not found"


async def test_a_secret_needs_its_fields(admin: httpx.AsyncClient) -> None:
    assert field_errors(await admin.post(f"{ORG}/secrets", json={"name": "NPM_TOKEN", "value": "x"})) == [
        ("type", "Field required"),
        ("key", "Field required"),
    ]
    order = {"type": "password", "key": "NPM_TOKEN", "value": "x"}
    assert field_errors(await admin.post(f"{ORG}/secrets", json=order)) == [
        ("type", "Input should be one of cookie, key-value, totp")
    ]


# ---------------------------------------------------------------- schedules


async def test_a_schedule_is_made_read_changed_and_deleted(
    admin: httpx.AsyncClient, control: DevinControl, clock: Clock
) -> None:
    playbook = await control.add_playbook("Review")
    order = {"name": "Nightly", "prompt": "Look for flaky tests", "frequency": "0 7 * * 1-5", "tags": ["nightly"]}
    made = good(await admin.post(f"{ORG}/schedules", json=order | {"playbook_id": playbook["playbook_id"]}))
    jsonschema.validate(made, SCHEDULE)
    assert (made["enabled"], made["agent"], made["schedule_type"], made["notify_on"]) == (
        True,
        "devin",
        "recurring",
        "failure",
    )
    assert made["playbook"] == {"playbook_id": playbook["playbook_id"], "title": "Review"}
    assert made["created_at"] == made["updated_at"] == "2026-01-01T00:00:00Z"
    path = f"{ORG}/schedules/{made['scheduled_session_id']}"
    assert good(await admin.get(path)) == made
    clock.now += 60
    changes = {"enabled": False, "frequency": None, "name": None, "playbook_id": None, "schedule_type": "one_time"}
    changed = good(await admin.patch(path, json=changes | {"scheduled_at": "2026-02-01T08:00:00Z"}))
    jsonschema.validate(changed, SCHEDULE)
    assert changed == made | {
        "enabled": False,
        "frequency": None,
        "playbook": None,
        "schedule_type": "one_time",
        "scheduled_at": "2026-02-01T08:00:00Z",
        "updated_at": "2026-01-01T00:01:00Z",
        "last_edited_by": "service-user-play",
    }
    assert good(await admin.delete(path)) == changed
    assert refused(await admin.get(path), 404) == "Schedule not found"


async def test_schedules_are_listed_by_limit_and_offset(admin: httpx.AsyncClient) -> None:
    path = f"{ORG}/schedules"
    for number in range(3):
        good(await admin.post(path, json={"name": f"n{number}", "prompt": "p", "frequency": "0 7 * * 1"}))

    async def names(**params: int) -> tuple[list[str], bool]:
        page = good(await admin.get(path, params=params))
        assert (page["end_cursor"], page["total"]) == (None, 3)
        return [row["name"] for row in page["items"]], page["has_next_page"]

    assert await names() == (["n0", "n1", "n2"], False)
    assert await names(limit=2) == (["n0", "n1"], True)
    assert await names(limit=2, offset=2) == (["n2"], False)
    assert field_errors(await admin.get(path, params={"limit": 0})) == [
        ("limit", "Input should be greater than or equal to 1")
    ]


@pytest.mark.parametrize(
    ("order", "errors"),
    [
        ({"prompt": "p"}, [("name", "Field required"), ("frequency", "Field required")]),
        (
            {"cron_schedule": "0 7 * * *"},
            [("name", "Field required"), ("prompt", "Field required"), ("frequency", "Field required")],
        ),
        (
            {"name": "n", "prompt": "p", "schedule_type": "one_time", "frequency": "0 7 * * *"},
            [("scheduled_at", "Field required")],
        ),
        ({"frequency": "daily"}, [("frequency", "Input should be a cron expression with five fields")]),
        ({"scheduled_at": "tomorrow"}, [("scheduled_at", "Input should be a valid datetime")]),
        ({"agent": "normal"}, [("agent", "Input should be one of devin, data_analyst, advanced")]),
        ({"interval_count": 0}, [("interval_count", "Input should be greater than 0")]),
    ],
)
async def test_a_schedule_is_validated(
    admin: httpx.AsyncClient, order: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    missing = any(message == "Field required" for _, message in errors)
    needed = {} if missing else {"name": "n", "prompt": "p", "frequency": "0 7 * * *"}
    assert field_errors(await admin.post(f"{ORG}/schedules", json=needed | order)) == errors


async def test_a_schedule_of_a_person_or_a_playbook_that_is_not_there(
    admin: httpx.AsyncClient, control: DevinControl
) -> None:
    path, order = f"{ORG}/schedules", {"name": "n", "prompt": "p", "frequency": "0 7 * * *"}
    assert refused(await admin.post(path, json=order | {"playbook_id": "playbook-x"}), 404) == "Playbook not found"
    assert refused(await admin.post(path, json=order | {"create_as_user_id": "user|9"}), 404) == "User not found"
    await control.add_member("user|1", "ann@acme.test")
    assert good(await admin.post(path, json=order | {"create_as_user_id": "user|1"}))["created_by"] == "user|1"


# ---------------------------------------------------------------- reviews and automations

REVIEW = closed(
    {
        "repo_path": {"type": "string"},
        "pr_number": {"type": "integer"},
        "commit_sha": {"type": "string"},
        "status": {"enum": ["pending", "running", "completed", "errored"]},
        "created_at": MOMENT,
    }
)


async def test_a_review_goes_on_by_the_clock(admin: httpx.AsyncClient, control: DevinControl) -> None:
    url = "https://github.com/acme/web/pull/7"
    assert refused(await admin.get(f"{ORG}/pr-reviews", params={"pr_url": url}), 404) == "Review not found"
    made = good(await admin.post(f"{ORG}/pr-reviews", json={"pr_url": url}))
    jsonschema.validate(made, REVIEW)
    assert (made["repo_path"], made["pr_number"], made["status"]) == ("github.com/acme/web", 7, "pending")
    for seconds, status in ((5, "running"), (30, "completed")):
        await control.clock(advance=seconds)
        for commit in ({}, {"commit_sha": made["commit_sha"][:8]}):
            found = good(await admin.get(f"{ORG}/pr-reviews", params={"pr_url": url} | commit))
            assert found == made | {"status": status}
    other = {"pr_url": url, "commit_sha": "0" * 40}
    assert refused(await admin.get(f"{ORG}/pr-reviews", params=other), 404) == "Review not found"


async def test_a_review_needs_a_pull_request(admin: httpx.AsyncClient) -> None:
    assert [name for name, _ in field_errors(await admin.get(f"{ORG}/pr-reviews"))] == ["pr_url"]
    for body in ({}, {"pr_url": 7}, {"pr_url": "https://github.com/acme/web"}):
        answer = await admin.post(f"{ORG}/pr-reviews", json=body)
        assert [name for name, _ in field_errors(answer)] == ["pr_url"]


async def test_automations_are_there_only_where_an_organisation_has_them(admin: httpx.AsyncClient) -> None:
    assert refused(await admin.get(f"{ORG}/automations"), 404) == "Automation not found"
