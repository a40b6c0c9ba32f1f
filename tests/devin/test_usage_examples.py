"""The examples of https://docs.devin.ai/api-reference/v3/usage-examples, one test each, in the corrected form."""

import json
from pathlib import Path

import httpx
import pytest

from bot.devin import errors
from bot.devin.client import Devin
from bot.domain.session import DisplayState, display_state_of
from tests.playground.sentences import MODE_REFUSED, PERMISSION_MISSING

ORG = "org-abc123def456"
BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
SAMPLES = Path(__file__).parents[1] / "samples" / "devin"
RESTING = {DisplayState.DONE, DisplayState.FAILED, DisplayState.LIMIT, DisplayState.ASLEEP, DisplayState.STOPPED}


async def test_create_a_session(devin, devin_api):
    devin_api.on_org("POST", "/sessions", "session_new")

    made = await devin.create_session("Create a Python script that analyzes CSV data")

    assert made.session_id == BARE
    assert made.status == "new"
    assert made.url == f"https://app.devin.ai/sessions/{BARE}"
    assert devin_api.asked == [f"POST /v3/organizations/{ORG}/sessions"]
    assert devin_api.last.headers["Authorization"] == "Bearer cog_test_0123456789abcdef"
    assert devin_api.sent == {"prompt": "Create a Python script that analyzes CSV data"}


async def test_list_sessions(devin, devin_api):
    """Corrected: the example reads the first page only."""
    devin_api.on_org("GET", "/sessions", "sessions_first_page", "sessions_last_page")

    sessions = [session async for session in devin.sessions()]

    assert [(session.title, session.status, session.acus_consumed) for session in sessions] == [
        ("Analyse CSV data", "running", 0.5),
        ("Fix the flaky login test", "suspended", 3.75),
    ]
    first, second = devin_api.requests
    assert dict(first.url.params) == {"first": "200"}
    assert dict(second.url.params) == {"first": "200", "after": "eyJvZmZzZXQiOiAxfQ=="}


async def test_send_a_message(devin, devin_api):
    """The id is given as Devin answered it, without the prefix; the path has the prefix once."""
    devin_api.on_session("POST", "/messages", "session_resuming")

    session = await devin.send_message(BARE, "Please also add unit tests")

    assert session.status == "resuming"
    assert devin_api.asked == [f"POST /v3/organizations/{ORG}/sessions/devin-{BARE}/messages"]
    assert devin_api.sent == {"message": "Please also add unit tests"}


async def test_create_a_knowledge_note(devin, devin_api):
    """Corrected: the field is `trigger`; the page shows the name of version 1."""
    devin_api.on_org("POST", "/knowledge/notes", "note")

    note = await devin.create_note("Coding standards", "Use TypeScript strict mode.", "When writing code in this repo")

    assert note.note_id == "note-abc123def456"
    assert devin_api.sent == {
        "name": "Coding standards",
        "body": "Use TypeScript strict mode.",
        "trigger": "When writing code in this repo",
    }


async def test_list_organizations(devin, devin_api):
    """Corrected: all pages."""
    devin_api.on("GET", "/v3/enterprise/organizations", "organizations_first_page", "organizations_last_page")

    organizations = [(org.org_id, org.name) async for org in devin.organizations()]

    assert organizations == [("org-abc123def456", "Platform"), ("org-def456abc123", "Mobile")]


async def test_daily_consumption(devin, devin_api):
    """Corrected: billing days begin at 08:00 UTC, not at midnight."""
    january_1, february_1 = 1735718400, 1738396800  # 2025, 08:00 UTC each
    devin_api.on_org("GET", "/consumption/daily", "consumption_daily")
    devin_api.on("GET", "/v3/enterprise/consumption/daily", "consumption_daily")

    own = await devin.daily_consumption(january_1, february_1)
    whole = await devin.enterprise_daily_consumption(january_1, february_1)

    assert own.total_acus == 15.75
    assert [(day.date, day.acus) for day in own.consumption_by_date] == [
        (1735718400, 12.5),
        (1735804800, 3.25),
    ]
    assert own.consumption_by_date[0].acus_by_product["cascade"] == 1.5
    assert whole == own
    for request in devin_api.requests:
        assert dict(request.url.params) == {"time_after": "1735718400", "time_before": "1738396800"}
        assert [int(bound) % 86400 for bound in request.url.params.values()] == [8 * 3600, 8 * 3600]


async def test_poll_until_the_end(devin, devin_api):
    """Corrected: a session that is done rests at running/finished and rarely becomes `exit`."""
    devin_api.on_session("GET", "", "session_new", "session_working", "session_finished")

    session = await devin.get_session(BARE)
    while display_state_of(session.snapshot()) not in RESTING:
        session = await devin.get_session(BARE)

    assert (session.status, session.status_detail) == ("running", "finished")
    assert session.structured_output == {"rows": 120}
    assert [pr.pr_url for pr in session.pull_requests] == ["https://github.com/acme/web/pull/7"]
    assert len(devin_api.requests) == 3


async def test_multi_organization_run(devin, devin_api):
    """Corrected: every organisation, not only those of the first page; one key and one HTTP client."""
    devin_api.on("GET", "/v3/enterprise/organizations", "organizations_first_page", "organizations_last_page")
    devin_api.on_org("POST", "/sessions", "session_new")
    devin_api.on("POST", "/v3/organizations/org-def456abc123/sessions", "session_new")

    async for organization in devin.organizations():
        await devin.within(organization.org_id).create_session("Update the dependencies")

    assert [asked for asked in devin_api.asked if asked.startswith("POST")] == [
        "POST /v3/organizations/org-abc123def456/sessions",
        "POST /v3/organizations/org-def456abc123/sessions",
    ]
    assert devin.org_id == ORG


async def test_paged_audit_log(devin, devin_api):
    """Corrected: the end is `has_next_page`; the cursor is set on the last page too."""
    devin_api.on("GET", "/v3/enterprise/audit-logs", "audit_first_page", "audit_last_page")

    entries = [entry async for entry in devin.audit_logs(1767225600, 1767312000)]

    assert [(entry.action, entry.user_email) for entry in entries] == [
        ("login", "ada@example.com"),
        ("create_session", None),
    ]
    first, second = devin_api.requests
    assert dict(first.url.params) == {
        "order": "asc",
        "time_after": "1767225600",
        "time_before": "1767312000",
        "first": "200",
    }
    assert second.url.params["after"] == "eyJsYXN0IjoiYXVkaXQtMDAwMSJ9"


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("error_400", errors.DevinInvalid, MODE_REFUSED),
        ("error_401", errors.DevinUnauthorized, "Invalid or expired API key"),
        ("error_403", errors.DevinForbidden, PERMISSION_MISSING),
        ("error_403_quota", errors.DevinQuotaExceeded, "out_of_quota: the organization has no quota left"),
        ("error_404", errors.DevinNotFound, "Resource not found"),
        ("error_409", errors.DevinConflict, "Conflict"),
        ("error_422", errors.DevinInvalid, "Validation failed"),
        ("error_429", errors.DevinRateLimited, "Rate limit exceeded"),
        ("error_500", errors.DevinServerError, "Unexpected error"),
    ],
)
async def test_error_table(devin: Devin, devin_api, name, kind, message):
    devin_api.on_org("POST", "/sessions", name)

    with pytest.raises(errors.DevinError) as caught:
        await devin.create_session("Fix the flaky login test")

    assert type(caught.value) is kind
    assert caught.value.message == message
    assert caught.value.status == int(name.split("_")[1])
    assert len(devin_api.requests) == 1  # a create is never repeated


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("error_*.json")), ids=lambda path: path.stem)
def test_every_recorded_error_has_a_text(path):
    status = int(path.stem.split("_")[1])
    request = httpx.Request("GET", "https://api.devin.ai/v3/self")

    error = errors.error_for(httpx.Response(status, json=json.loads(path.read_text()), request=request))

    assert error.message
    assert str(error) == f"GET /v3/self answered {status}: {error.message}"
