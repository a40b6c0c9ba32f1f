"""Each method of the client against a Devin that has the document alone: what is asked is allowed, what comes is read.

The answers are random, over a thousand in a run.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

import httpx
import pytest
import structlog.testing
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.devin.answers import Answer, Page
from bot.devin.client import Devin
from bot.devin.errors import DevinError, DevinUnexpectedAnswer
from bot.devin.models import Principal
from bot.devin.sessions import SessionFilters, SessionOptions
from tests.devin.api_document import Operation, Request, is_valid, operation, operation_at
from tests.devin.conftest import AT_ONCE, KEY, ORG
from tests.devin.document_peer import DocumentPeer, listening
from tests.devin.random_answers import INSTANTS, TEXTS, VISIBLE, answers_to, values

pytestmark = pytest.mark.edge

EXAMPLES: Final = 20  # of each method
NO_METHODS: Final = {"within", "repositories"}  # the first asks Devin nothing; the document lacks the second
REWRITTEN: Final = {"message"}  # files are taken out of it
DAY: Final = 86_400

JSON: Final = "application/json"
OURS: Final = "/v3/organizations/{org_id}"
SESSION: Final = f"{OURS}/sessions/{{devin_id}}"
TOP: Final = "/v3/enterprise"
AGENT_LIMITS: Final = "/v3beta1/enterprise/organizations/{org_id}/consumption/acu-limits"
PEOPLE: Final = "/v3beta1/organizations/{org_id}/members"
EMAILS: Final = st.sampled_from(["ada@example.com", "Zoë+devin@Example.com"])

Arguments = Mapping[str, st.SearchStrategy[Any]]


@dataclass(frozen=True)
class Call:
    """What a method of the client asks for, in this order, and what it may be called with."""

    asks: tuple[str, ...]
    needed: Arguments = field(default_factory=dict)
    optional: Arguments = field(default_factory=dict)
    picks: bool = False  # whether it gives only a part of what came, or that in another form

    @property
    def operations(self) -> tuple[Operation, ...]:
        return tuple(map(operation, self.asks))

    def arguments(self) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries(dict(self.needed), optional=dict(self.optional))

    def answers(self) -> st.SearchStrategy[dict[Operation, list[Any]]]:
        """Random answers to all that is asked for; what is not answered with 200 has no body."""
        asked = [operation for operation in self.operations if operation.statuses[0] == 200]
        return st.fixed_dictionaries({operation: answers_to(operation) for operation in asked})


def body_of(text: str) -> Arguments:
    """Each field of a body, with what the document lets it be."""
    return {name: values(schema, name) for name, schema in operation(text).body["properties"].items()}


def filters(text: str) -> Arguments:
    """Each filter that the client knows, with what the document lets it be; an empty list asks for nothing."""
    known = operation(text).parameters
    return {
        name: values(known[name]["schema"], name).filter(lambda value: value != [])
        for name in SessionFilters.__annotations__
    }


def options() -> Arguments:
    """Each option of a start that the client knows, with what the document lets it be."""
    known = body_of(f"POST {OURS}/sessions")
    return {name: known[name] for name in SessionOptions.__annotations__}


IDS: Final = VISIBLE.filter(lambda text: text not in {".", ".."}) | st.sampled_from(
    ["email|64b0c0ffee", "a/b?c=d#e%2F"]
)
ONE: Final = {"devin_id": IDS}
NOTE: Final = body_of(f"PUT {OURS}/knowledge/notes/{{note_id}}")
NOTE_TEXTS: Final = {name: NOTE[name] for name in ("name", "body", "trigger")}
NOTE_MORE: Final = {name: NOTE[name] for name in ("folder_id", "pinned_repo", "is_enabled")}
PLAYBOOK: Final = body_of(f"PUT {OURS}/playbooks/{{playbook_id}}")
PLAYBOOK_TEXTS: Final = {name: PLAYBOOK[name] for name in ("title", "body")}
PLAYBOOK_MORE: Final = {name: PLAYBOOK[name] for name in ("macro", "structured_output_schema")}
MESSAGE_MORE: Final = {
    "attachment_urls": st.lists(st.just("https://app.devin.ai/attachments/1f/a.csv"), max_size=2),
    "message_as_user_id": st.none() | IDS,
}
SPAN: Final = {"after": INSTANTS, "before": INSTANTS}
TAGS: Final = {"tags": st.lists(TEXTS, max_size=50)}
OF_SERVICE_USER: Final = {"service_user": st.none() | IDS}
WINDOW: Final = {"after": st.just(1_767_225_600), "before": st.integers(1, 100 * DAY).map(lambda n: 1_767_225_600 + n)}
OF_AUDIT: Final = {"action": st.none() | st.just("create_session")}
AUDIT: Final = f"GET {TOP}/audit-logs"
ORG_AUDIT: Final = f"GET {TOP}/organizations/{{org_id}}/audit-logs"
VIOLATIONS: Final = "GET /v3beta1/enterprise/organizations/{org_id}/guardrail-violations"
SERVICE_USERS: Final = f"GET {TOP}/members/service-users"
US: Final = Principal(principal_type="service_user", service_user_id="service-user-abc123")

CALLS: Final[Mapping[str, Call]] = {
    "self_": Call(("GET /v3/self",)),
    "key_expires_at": Call((SERVICE_USERS,), {"principal": st.just(US)}, picks=True),
    "service_user": Call((SERVICE_USERS,), {"service_user_id": IDS}, picks=True),
    "create_session": Call((f"POST {OURS}/sessions",), {"prompt": TEXTS}, options()),
    "get_session": Call((f"GET {SESSION}",), ONE),
    "sessions": Call((f"GET {OURS}/sessions",), {}, filters(f"GET {OURS}/sessions")),
    "session_pages": Call((f"GET {OURS}/sessions",), {}, filters(f"GET {OURS}/sessions")),
    "session_insights": Call((f"GET {OURS}/sessions/insights",), {}, filters(f"GET {OURS}/sessions/insights")),
    "session_insight_pages": Call((f"GET {OURS}/sessions/insights",), {}, filters(f"GET {OURS}/sessions/insights")),
    "get_insights": Call((f"GET {SESSION}/insights",), ONE),
    "generate_insights": Call((f"POST {SESSION}/insights/generate",), ONE),
    "terminate": Call((f"DELETE {SESSION}",), ONE, {"archive": st.booleans()}),
    "archive": Call((f"POST {SESSION}/archive",), ONE),
    "unarchive": Call((f"POST {SESSION}/unarchive",), ONE),
    "tags": Call((f"GET {SESSION}/tags",), ONE, picks=True),
    "append_tags": Call((f"POST {SESSION}/tags",), ONE | TAGS, picks=True),
    "replace_tags": Call((f"PUT {SESSION}/tags",), ONE | TAGS, picks=True),
    "send_message": Call((f"POST {SESSION}/messages",), ONE | {"message": TEXTS}, MESSAGE_MORE),
    "messages": Call((f"GET {SESSION}/messages",), ONE, {"after": st.just("YWZ0ZXI=")}),
    "message_pages": Call((f"GET {SESSION}/messages",), ONE, {"after": st.just("YWZ0ZXI=")}),
    "upload_attachment": Call(
        (f"POST {OURS}/attachments",),
        {"name": VISIBLE, "content": st.builds(BytesIO, st.binary()), "content_type": st.just("text/plain")},
    ),
    "session_attachments": Call((f"GET {SESSION}/attachments",), ONE),
    "save_attachment": Call(
        (f"GET {OURS}/attachments/{{uuid}}/{{name}}",),
        {"uuid": IDS, "name": IDS, "into": st.builds(BytesIO), "most": st.just(1_000)},
    ),
    "members": Call((f"GET {PEOPLE}/users", f"GET {PEOPLE}/idp-users"), picks=True),
    "members_by_email": Call((f"GET {PEOPLE}/users", f"GET {PEOPLE}/idp-users"), {"email": EMAILS}, picks=True),
    "playbooks": Call((f"GET {OURS}/playbooks",)),
    "playbook_pages": Call((f"GET {OURS}/playbooks",)),
    "get_playbook": Call((f"GET {OURS}/playbooks/{{playbook_id}}",), {"playbook_id": IDS}),
    "create_playbook": Call((f"POST {OURS}/playbooks",), PLAYBOOK_TEXTS, {"macro": PLAYBOOK["macro"]}),
    "replace_playbook": Call(
        (f"PUT {OURS}/playbooks/{{playbook_id}}",), {"playbook_id": IDS} | PLAYBOOK_TEXTS, PLAYBOOK_MORE
    ),
    "notes": Call((f"GET {OURS}/knowledge/notes",)),
    "note_pages": Call((f"GET {OURS}/knowledge/notes",)),
    "get_note": Call((f"GET {OURS}/knowledge/notes/{{note_id}}",), {"note_id": IDS}),
    "create_note": Call((f"POST {OURS}/knowledge/notes",), NOTE_TEXTS, NOTE_MORE),
    "replace_note": Call((f"PUT {OURS}/knowledge/notes/{{note_id}}",), {"note_id": IDS} | NOTE_TEXTS, NOTE_MORE),
    "delete_note": Call((f"DELETE {OURS}/knowledge/notes/{{note_id}}",), {"note_id": IDS}),
    "secrets": Call((f"GET {OURS}/secrets",)),
    "schedules": Call((f"GET {OURS}/schedules",)),
    "schedule_pages": Call((f"GET {OURS}/schedules",)),
    "schedule": Call((f"GET {OURS}/schedules/{{schedule_id}}",), {"schedule_id": IDS}),
    "create_schedule": Call((f"POST {OURS}/schedules",), {"values": values(operation(f"POST {OURS}/schedules").body)}),
    "enable_schedule": Call(
        (f"PATCH {OURS}/schedules/{{schedule_id}}",), {"schedule_id": IDS, "enabled": st.booleans()}
    ),
    "delete_schedule": Call((f"DELETE {OURS}/schedules/{{schedule_id}}",), {"schedule_id": IDS}),
    "automations": Call((f"GET {OURS}/automations",)),
    "create_review": Call((f"POST {OURS}/pr-reviews",), {"pr_url": TEXTS}),
    "review": Call((f"GET {OURS}/pr-reviews",), {"pr_url": TEXTS}, {"commit_sha": st.none() | IDS}),
    "daily_consumption": Call((f"GET {OURS}/consumption/daily",), {}, SPAN),
    "enterprise_daily_consumption": Call((f"GET {TOP}/consumption/daily",), {}, SPAN),
    "organization_daily_consumption": Call(
        (f"GET {TOP}/consumption/daily/organizations/{{org_id}}",), {"org_id": IDS} | SPAN
    ),
    "user_daily_consumption": Call((f"GET {OURS}/consumption/daily/users/{{user_id}}",), {"user_id": IDS} | SPAN),
    "session_daily_consumption": Call(
        (f"GET {OURS}/consumption/daily/sessions/{{session_id}}",), {"devin_id": IDS} | SPAN
    ),
    "consumption_cycles": Call((f"GET {TOP}/consumption/cycles",)),
    "acu_limits": Call((f"GET {TOP}/consumption/acu-limits/devin",)),
    "agent_limits": Call((f"GET {AGENT_LIMITS}",)),
    "organizations": Call((f"GET {TOP}/organizations",)),
    "organization": Call((f"GET {TOP}/organizations/{{org_id}}",)),
    "organizations_page": Call((f"GET {TOP}/organizations",), {"cursor": st.none() | st.just("YWZ0ZXI=")}),
    "queue": Call((f"GET {TOP}/queue",)),
    "audit_logs": Call((ORG_AUDIT,), WINDOW | {"org_id": IDS}, OF_AUDIT),
    "audit_page": Call((AUDIT,), WINDOW | {"cursor": st.none() | st.just("YWZ0ZXI=")}, OF_AUDIT),
    "guardrail_violations": Call((VIOLATIONS,), {"after": INSTANTS}),
    "usage_metrics": Call((f"GET {OURS}/metrics/usage",), SPAN),
    "session_metrics": Call((f"GET {OURS}/metrics/sessions",), SPAN, OF_SERVICE_USER),
    "pull_request_metrics": Call((f"GET {OURS}/metrics/prs",), SPAN, OF_SERVICE_USER),
    "active_users": Call((f"GET {OURS}/metrics/active-users",), SPAN),
}

each_method = pytest.mark.parametrize("name", CALLS)
# What fails names the field, and to look for a smaller answer would take longer than a test may.
examples = settings(
    max_examples=EXAMPLES,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
async def peer() -> AsyncIterator[DocumentPeer]:
    async with listening() as listens:
        yield listens


@pytest.fixture
async def connections() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield http


async def asked(devin: Devin, name: str, arguments: Mapping[str, Any]) -> Any:
    """All that a method gives: what it returns, or a list of what it lists."""
    found = getattr(devin, name)(**arguments)
    return [item async for item in found] if isinstance(found, AsyncIterator) else await found


def test_each_method_of_the_client_is_tried() -> None:
    methods = {name for name in dir(Devin) if not name.startswith("_") and callable(getattr(Devin, name))}
    assert methods - NO_METHODS == CALLS.keys()
    assert len(CALLS) * EXAMPLES >= 1_000


@each_method
@examples
@given(data=st.data())
async def test_each_random_answer_is_read_and_no_request_is_refused(
    peer: DocumentPeer, connections: httpx.AsyncClient, name: str, data: st.DataObject
) -> None:
    call = CALLS[name]
    arguments, answers = data.draw(call.arguments()), data.draw(call.answers())
    assert all(is_valid(of.answer(200), body) for of, bodies in answers.items() for body in bodies)
    peer.answer_with(answers)
    with structlog.testing.capture_logs() as logged:
        found = await asked(Devin(connections, KEY, ORG, peer.address, patience=AT_ONCE), name, arguments)
    assert peer.faults == []
    assert logged == []  # a row or a field that could not be read
    if found is not None and not call.picks:
        rows, raws = rows_of(found), rows_sent(found, answers)
        assert [changed(row, raw) for row, raw in zip(rows, raws, strict=True)] == [{}] * len(raws)


@each_method
@settings(examples, max_examples=5)
@given(data=st.data())
async def test_each_documented_refusal_is_read_as_one(
    peer: DocumentPeer, connections: httpx.AsyncClient, name: str, data: st.DataObject
) -> None:
    call = CALLS[name]
    refused = call.operations[0]
    status = data.draw(st.sampled_from([status for status in refused.statuses if status >= 400]))
    peer.answer_with(data.draw(call.answers()))
    peer.refuse(refused, status, data.draw(answers_to(refused, status))[0])
    devin = Devin(connections, KEY, ORG, peer.address, patience=AT_ONCE)
    told = await status_told(asked(devin, name, data.draw(call.arguments())))
    nobody_has_this_address = (name, status) == ("members_by_email", 404)
    assert told == (None if nobody_has_this_address else status)


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (Request("GET", "/v3/organizations/o/sessions?user_ids=a&user_ids=b&first=200&is_archived=false"), None),
        (Request("GET", "/v3/organizations/o/sessions?user_id=a"), "user_id is no parameter"),
        (Request("GET", "/v3/organizations/o/sessions?first=201"), "first: 201 is greater than the maximum of 200"),
        (Request("GET", "/v3/organizations/o/sessions?first=1&first=2"), "first is there 2 times"),
        (Request("GET", "/v3/organizations/o/sessions?origins=fax"), "origins.0: 'fax' is not one of"),
        (Request("GET", "/v3/organizations/o/metrics/prs?time_after=1"), "time_before is missing"),
        (Request("GET", "/v3/self", JSON, {}), "there is no body"),
        (Request("POST", "/v3/organizations/o/sessions", JSON, {"prompt": "a", "tags": None}), None),
        (Request("POST", "/v3/organizations/o/sessions", JSON, {}), "the body: 'prompt' is a required property"),
        (Request("POST", "/v3/organizations/o/sessions", JSON, {"prompt": "a", "label": "b"}), "label is no field"),
        (Request("POST", "/v3/organizations/o/sessions", JSON, {"prompt": 7}), "prompt: 7 is not of type 'string'"),
        (Request("POST", "/v3/organizations/o/sessions", "text/plain", {}), "the body is of the type 'text/plain'"),
    ],
)
def test_what_the_document_does_not_allow_is_a_fault(request_: Request, fault: str | None) -> None:
    found = operation_at(request_.method, request_.target)
    assert found is not None
    faults = [told[: len(fault or "")] for told in found.faults(request_)]
    assert faults == ([] if fault is None else [fault])


def test_a_path_that_is_not_documented_is_no_operation() -> None:
    assert operation_at("GET", "/v3/organizations/o/sessions/s/stop") is None
    assert operation_at("PATCH", "/v3/organizations/o/sessions/s") is None
    assert operation_at("GET", "/v3/organizations/o/sessions/insights") == operation(f"GET {OURS}/sessions/insights")


async def status_told(answer: Awaitable[Any]) -> int | None:
    """The status of the refusal that a call raises, if it raises one."""
    try:
        await answer
    except DevinUnexpectedAnswer:
        raise
    except DevinError as error:
        return error.status
    return None


def rows_of(found: Any) -> list[Any]:
    """The rows that a method gave, one by one; none may be missing from a page."""
    rows = list(found) if isinstance(found, list | tuple) else [found]
    if not any(isinstance(row, Page) for row in rows):
        return rows
    assert all(page.unreadable == () for page in rows)
    return [row for page in rows for row in page.items]


def rows_sent(found: Any, answers: Mapping[Operation, list[Any]]) -> list[Any]:
    """The rows of what was sent; where one page was asked for, those of the first."""
    bodies = [body for line in answers.values() for body in line]
    if isinstance(found, Page):
        bodies = bodies[:1]
    listed = [body["items"] if "items" in body else body if isinstance(body, list) else [body] for body in bodies]
    return [row for rows in listed for row in rows]


def changed(row: Answer, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row that do not say what was sent, of those that have the form in which it was sent."""
    told = {name: getattr(row, name) for name in type(row).model_fields if name in raw and name not in REWRITTEN}
    plain = {name: value for name, value in told.items() if isinstance(value, str | int | float)}
    return {name: value for name, value in plain.items() if type(value) is type(raw[name]) and value != raw[name]}
