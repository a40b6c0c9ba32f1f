"""Answers that are errors: which kind, which facts, and what must never be in them."""

import httpx
import pytest

from bot.devin import errors
from bot.devin.errors import Problem, error_for
from tests.playground.sentences import PERMISSION_MISSING

URL = "https://api.devin.ai/v3/organizations/org-1/sessions"


def answered(status, body=None, *, method="POST", url=URL, headers=None, text=None):
    request = httpx.Request(method, url, headers={"Authorization": "Bearer odd-key-1"})
    content = {"json": body} if text is None else {"text": text}
    return error_for(httpx.Response(status, request=request, headers=headers, **content))


@pytest.mark.parametrize(
    ("status", "method", "kind"),
    [
        (400, "POST", errors.DevinInvalid),
        (401, "POST", errors.DevinUnauthorized),
        (402, "POST", errors.DevinQuotaExceeded),
        (403, "POST", errors.DevinForbidden),
        (404, "POST", errors.DevinNotFound),
        (405, "POST", errors.DevinInvalid),
        (408, "POST", errors.DevinServerError),
        (409, "POST", errors.DevinConflict),
        (410, "GET", errors.DevinNotFound),
        (413, "POST", errors.DevinTooLarge),
        (422, "POST", errors.DevinInvalid),
        (429, "POST", errors.DevinRateLimited),
        (500, "POST", errors.DevinServerError),
        (502, "POST", errors.DevinServerError),
        (503, "POST", errors.DevinServerError),
        (504, "GET", errors.DevinServerError),
        (504, "POST", errors.DevinOutcomeUnknown),
        (302, "GET", errors.DevinUnexpectedAnswer),
    ],
)
def test_the_status_decides(status, method, kind):
    error = answered(status, {}, method=method)

    assert type(error) is kind
    assert (error.status, error.method, error.path) == (
        status,
        method,
        "/v3/organizations/org-1/sessions",
    )


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        (errors.DevinQuotaExceeded, errors.DevinRefused),
        (errors.DevinInvalid, errors.DevinRefused),
        (errors.DevinRateLimited, errors.DevinLater),
        (errors.DevinUnreachable, errors.DevinLater),
        (errors.DevinServerError, errors.DevinUncertain),
        (errors.DevinOutcomeUnknown, errors.DevinUncertain),
        (errors.DevinUnexpectedAnswer, errors.DevinUncertain),
        (errors.DevinCreatedUnreadable, errors.DevinUncertain),
    ],
)
def test_the_family_says_what_to_do(kind, family):
    families = {errors.DevinRefused, errors.DevinLater, errors.DevinUncertain}

    assert {one for one in families if issubclass(kind, one)} == {family}


def test_every_class_stands_in_the_drawing():
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]

    assert len(classes) == 18
    assert all(f"{kind.__name__} " in f"{errors.__doc__} ".replace("\n", " ") for kind in classes)
    assert all(kind.__doc__ for kind in classes)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"title": "Bad Request", "status": 400, "detail": "No such mode"}, "No such mode"),
        ({"detail": "Session not found"}, "Session not found"),
        ({"detail": [{"msg": "Field required"}, {"msg": "Too long"}]}, "Field required; Too long"),
        ({"title": "Unprocessable Content", "detail": None, "errors": [{"msg": "Too long"}]}, "Too long"),
        ({"title": "Forbidden", "status": 403, "detail": None}, "Forbidden"),
        ({"detail": ["unheard of", 7]}, "Bad Request"),
        (["a", "list"], "Bad Request"),
        (None, "Bad Request"),
    ],
)
def test_the_text_is_detail_else_messages_else_title(body, message):
    assert answered(400, body).message == message


def test_a_page_of_html_is_not_repeated():
    error = answered(502, text="<html><body><h1>502</h1> proxy-7.internal</body></html>")

    assert error.message == "Bad Gateway"
    assert str(error) == "POST /v3/organizations/org-1/sessions answered 502: Bad Gateway"


def test_a_long_text_becomes_one_bounded_line():
    message = answered(400, {"detail": "a\n\n b" + "x" * 900}).message

    assert message.startswith("a b")
    assert len(message) == 500
    assert message.endswith("…")


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        (
            {"title": "Unprocessable Content", "errors": [{"loc": ["body", "trigger"], "msg": "Field required"}]},
            (Problem("trigger", "Field required"),),
        ),
        (
            {"detail": [{"loc": ["body", "session_secrets", 0, "key"], "msg": "Too short", "input": "hush"}]},
            (Problem("session_secrets.0.key", "Too short"),),
        ),
        (
            {"errors": [{"field": "first", "message": "At most 200"}]},
            (Problem("first", "At most 200"),),
        ),
        ({"errors": [{"unheard": "of"}]}, (Problem("", ""),)),
        ({"detail": "text"}, ()),
    ],
)
def test_problems_name_their_fields(body, problems):
    assert answered(422, body).problems == problems


def test_a_permission_is_named_when_the_text_names_it():
    error = answered(403, {"detail": "Missing permission: ImpersonateOrgSessions."})

    assert isinstance(error, errors.DevinForbidden)
    assert error.permission == "ImpersonateOrgSessions"
    assert error.needed == "ImpersonateOrgSessions"


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("POST", "/v3/organizations/o/sessions", "ManageOrgSessions"),
        ("GET", "/v3/organizations/o/sessions/insights", "ViewOrgSessions"),
        ("DELETE", "/v3/organizations/o/sessions/devin-1", "ManageOrgSessions"),
        ("POST", "/v3/organizations/o/attachments", "UseDevinSessions"),
        ("GET", "/v3/organizations/o/consumption/daily", "ViewOrgConsumption"),
        ("GET", "/v3/enterprise/consumption/cycles", "ViewAccountConsumption"),
        ("GET", "/v3/enterprise/consumption/acu-limits/devin", "ViewAccountConsumption"),
        ("GET", "/v3beta1/enterprise/organizations/o/consumption/acu-limits", "ViewAccountConsumption"),
        ("GET", "/v3/enterprise/organizations", "ManageOrganizations"),
        ("GET", "/v3/enterprise/organizations/o", "ManageOrganizations"),
        ("GET", "/v3/enterprise/organizations/o/audit-logs", "ManageEnterpriseSettings"),
        ("GET", "/v3/enterprise/queue", "ViewAccountMetrics"),
        ("GET", "/v3/organizations/o/metrics/usage", "ViewOrgMetrics"),
        ("GET", "/v3/enterprise/metrics/usage", "ViewAccountMetrics"),
        ("GET", "/v3beta1/organizations/o/members/users", "ViewOrgMembership"),
        ("POST", "/v3/organizations/o/knowledge/notes", "ManageOrgKnowledge"),
        ("GET", "/v3/organizations/o/playbooks", "ManageOrgPlaybooks"),
        ("GET", "/v3/self", "ReadAccountMeta"),
        ("GET", "/v3/somewhere/else", None),
    ],
)
def test_else_the_documented_permission_is_what_is_needed(method, path, needed):
    body = {"detail": PERMISSION_MISSING}
    error = answered(403, body, method=method, url=f"https://api.devin.ai{path}")

    assert isinstance(error, errors.DevinForbidden)
    assert error.permission is None
    assert error.needed == needed


@pytest.mark.parametrize(
    "detail",
    [
        "IP 203.0.113.7 is not on the access list",
        "Session limit reached: 20 concurrent sessions",
        "contract_expired",
        "trial_ended",
        "You don't have permission to access repository acme/web",
        "permission denied by guardrail policy",
        "UseCase not enabled",
        "ViewPort is not available in this region",
        "Missing permission: ManageTeleporters",  # none that is documented
    ],
)
def test_another_reason_is_distinguished_from_permission(detail):
    error = answered(403, {"title": "Forbidden", "detail": detail})

    assert isinstance(error, errors.DevinDenied)
    assert error.words == detail


def test_a_code_is_what_devin_says_where_it_says_nothing_else():
    error = answered(403, {"title": "Forbidden", "status": 403, "code": "contract_expired"})

    assert isinstance(error, errors.DevinDenied)
    assert error.words == "contract_expired"


@pytest.mark.parametrize(
    "body",
    [
        {},
        None,
        {"detail": "Forbidden."},
        {"title": "Forbidden", "detail": None},
        {"detail": "Access denied"},
    ],
)
def test_a_refusal_without_a_reason_is_about_the_permission_that_is_documented(body):
    error = answered(403, body)

    assert isinstance(error, errors.DevinForbidden)
    assert (error.needed, error.words) == ("ManageOrgSessions", "")


@pytest.mark.parametrize(
    "detail",
    [
        "Missing permission",
        "Permission denied.",
        "Insufficient permissions",
        "You don't have permission to perform this action",
    ],
)
def test_a_refusal_that_only_says_that_a_permission_is_missing_is_about_the_documented_one(detail):
    error = answered(403, {"title": "Forbidden", "detail": detail})

    assert isinstance(error, errors.DevinForbidden)
    assert error.needed == "ManageOrgSessions"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, {"detail": "Prompt must be at most 50000 characters"}, "Prompt must be at most 50000 characters"),
        (400, {"title": "Bad Request"}, ""),
        (413, None, ""),
        (
            422,
            {"detail": "Validation failed", "errors": [{"loc": ["body", "prompt"], "msg": "Too long"}]},
            "prompt: Too long",
        ),
        (422, {"detail": "Validation failed", "errors": [{"msg": "Key odd-key-1"}]}, "Key [key]"),
    ],
)
def test_the_words_are_what_devin_says_beyond_the_status(status, body, words):
    assert answered(status, body).words == words


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, {"detail": "out_of_quota"}, "out_of_quota"),
        (403, {"detail": "Refused: org_usage_limit_exceeded"}, "org_usage_limit_exceeded"),
        (400, {"detail": "payment_declined"}, "payment_declined"),
        (403, {"detail": "Your organization has no quota left"}, None),
        (403, {"title": "Forbidden", "type": "out_of_credits", "detail": "Add credits"}, None),
    ],
)
def test_money_is_distinguished_from_permission(status, body, reason):
    error = answered(status, body)

    assert isinstance(error, errors.DevinQuotaExceeded)
    assert error.reason == reason


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "Tue, 24 Nov 2026 10:00:30 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"Retry-After": "Tue, 24 Nov 2026 10:00:00 GMT", "Date": "Tue, 24 Nov 2026 10:00:30 GMT"}, 0.0),
        ({"Retry-After": "Tue, 24 Nov 2026 10:00:30 GMT"}, None),
    ],
)
def test_the_wait_is_in_seconds_or_a_date(headers, wait):
    assert answered(429, {}, headers=headers).retry_after == wait


@pytest.mark.parametrize(
    "detail",
    ["Invalid API key odd-key-1", "Invalid API key cog_other-Key9", "Invalid API key apk_user_abc"],
)
def test_an_echoed_key_is_taken_out(detail):
    error = answered(401, {"detail": detail})

    assert error.message == "Invalid API key [key]"
    assert str(error) == "POST /v3/organizations/org-1/sessions answered 401: Invalid API key [key]"


def test_without_facts_the_docstring_is_the_text():
    assert str(errors.DevinRateLimited()) == "Devin: Too many requests."
