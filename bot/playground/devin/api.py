"""The table of the API: every operation the simulator has, with its name and the permission it needs."""

from typing import Final

from bot.playground.devin import api_account as account
from bot.playground.devin import api_consumption as consumption
from bot.playground.devin import api_library as library
from bot.playground.devin import api_metrics as metrics
from bot.playground.devin import api_reviews as reviews
from bot.playground.devin import api_schedules as schedules
from bot.playground.devin import api_secrets as secrets
from bot.playground.devin import api_sessions as sessions
from bot.playground.devin.route import Handler, Route

_ORG: Final = "/v3/organizations/{org_id}"
_BETA: Final = "/v3beta1/organizations/{org_id}"
_ONE: Final = _ORG + "/sessions/{devin_id}"
_TOP: Final = "/v3/enterprise"
_VIEW: Final = "ViewOrgSessions"
_MANAGE: Final = "ManageOrgSessions"
_PLAYBOOKS: Final = "ManageOrgPlaybooks"
_KNOWLEDGE: Final = "ManageOrgKnowledge"
_SECRETS: Final = "ManageOrgSecrets"
_SCHEDULES: Final = "ManageOrgSchedules"
_METRICS: Final = "ViewOrgMetrics"
_METRICS_OF_ALL: Final = "ViewAccountMetrics"
_SPENT: Final = "ViewOrgConsumption"
_SPENT_OF_ALL: Final = "ViewAccountConsumption"
_NOTE: Final = _ORG + "/knowledge/notes/{note_id}"
_PLAYBOOK: Final = _ORG + "/playbooks/{playbook_id}"
_SCHEDULE: Final = _ORG + "/schedules/{schedule_id}"
_BY_PERSON: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("user_daily", "users/{user_id}", consumption.user_daily),
    ("service_user_daily", "service-users/{service_user_id}", consumption.service_user_daily),
    ("session_daily", "sessions/{session_id}", consumption.session_daily),
)
_MEASURES: Final[tuple[tuple[str, Handler], ...]] = (
    ("usage", metrics.usage),
    ("sessions", metrics.of_sessions),
    ("prs", metrics.of_pull_requests),
    ("searches", metrics.of_searches),
    ("active-users", metrics.active_users),
    ("dau", metrics.daily_active_users),
    ("wau", metrics.weekly_active_users),
    ("mau", metrics.monthly_active_users),
)

# The literal /insights stands before /{devin_id}: the first match wins.
ROUTES: Final = (
    Route("self", "GET", "/v3/self", "ReadAccountMeta", account.get_self),
    Route("create_session", "POST", _ORG + "/sessions", _MANAGE, sessions.create_session),
    Route("list_sessions", "GET", _ORG + "/sessions", _VIEW, sessions.list_sessions),
    Route("list_insights", "GET", _ORG + "/sessions/insights", _VIEW, sessions.list_insights),
    Route("get_session", "GET", _ONE, _VIEW, sessions.get_session),
    Route("terminate", "DELETE", _ONE, _MANAGE, sessions.terminate_session),
    Route("archive", "POST", _ONE + "/archive", _MANAGE, sessions.archive_session),
    Route("unarchive", "POST", _ONE + "/unarchive", _MANAGE, sessions.unarchive_session),
    Route("list_messages", "GET", _ONE + "/messages", _VIEW, sessions.list_messages),
    Route("send_message", "POST", _ONE + "/messages", _MANAGE, sessions.send_message),
    Route("get_tags", "GET", _ONE + "/tags", _VIEW, sessions.get_tags),
    Route("append_tags", "POST", _ONE + "/tags", _MANAGE, sessions.append_tags),
    Route("replace_tags", "PUT", _ONE + "/tags", _MANAGE, sessions.replace_tags),
    Route("get_insights", "GET", _ONE + "/insights", _VIEW, sessions.get_insights),
    Route("list_attachments", "GET", _ONE + "/attachments", _VIEW, sessions.list_attachments),
    Route("upload_attachment", "POST", _ORG + "/attachments", "UseDevinSessions", account.upload_attachment),
    Route("download_attachment", "GET", _ORG + "/attachments/{uuid}/{name}", _VIEW, account.download_attachment),
    Route("list_users", "GET", _BETA + "/members/users", "ViewOrgMembership", account.list_users),
    Route("get_user", "GET", _BETA + "/members/users/{user_id}", "ViewOrgMembership", account.get_user),
    Route("list_idp_users", "GET", _BETA + "/members/idp-users", "ViewOrgMembership", account.list_idp_users),
    Route("generate_insights", "POST", _ONE + "/insights/generate", _MANAGE, sessions.generate_insights),
    Route("list_playbooks", "GET", _ORG + "/playbooks", _PLAYBOOKS, library.list_playbooks),
    Route("create_playbook", "POST", _ORG + "/playbooks", _PLAYBOOKS, library.create_playbook),
    Route("get_playbook", "GET", _PLAYBOOK, _PLAYBOOKS, library.get_playbook),
    Route("replace_playbook", "PUT", _PLAYBOOK, _PLAYBOOKS, library.replace_playbook),
    Route("delete_playbook", "DELETE", _PLAYBOOK, _PLAYBOOKS, library.delete_playbook),
    Route("list_notes", "GET", _ORG + "/knowledge/notes", _KNOWLEDGE, library.list_notes),
    Route("create_note", "POST", _ORG + "/knowledge/notes", _KNOWLEDGE, library.create_note),
    Route("get_note", "GET", _NOTE, _KNOWLEDGE, library.get_note),
    Route("replace_note", "PUT", _NOTE, _KNOWLEDGE, library.replace_note),
    Route("delete_note", "DELETE", _NOTE, _KNOWLEDGE, library.delete_note),
    Route("list_folders", "GET", _ORG + "/knowledge/folders", _KNOWLEDGE, library.list_folders),
    Route("list_secrets", "GET", _ORG + "/secrets", _SECRETS, secrets.list_secrets),
    Route("create_secret", "POST", _ORG + "/secrets", _SECRETS, secrets.create_secret),
    Route("delete_secret", "DELETE", _ORG + "/secrets/{secret_id}", _SECRETS, secrets.delete_secret),
    Route("list_schedules", "GET", _ORG + "/schedules", _SCHEDULES, schedules.list_schedules),
    Route("create_schedule", "POST", _ORG + "/schedules", _SCHEDULES, schedules.create_schedule),
    Route("get_schedule", "GET", _SCHEDULE, _SCHEDULES, schedules.get_schedule),
    Route("change_schedule", "PATCH", _SCHEDULE, _SCHEDULES, schedules.change_schedule),
    Route("delete_schedule", "DELETE", _SCHEDULE, _SCHEDULES, schedules.delete_schedule),
    Route("list_automations", "GET", _ORG + "/automations", "ViewOrgAutomations", schedules.list_automations),
    Route("list_repositories", "GET", _BETA + "/repositories", "Read", account.list_repositories),
    Route("create_review", "POST", _ORG + "/pr-reviews", "UseReviewManual", reviews.create_review),
    Route("get_review", "GET", _ORG + "/pr-reviews", "UseReviewManual", reviews.get_review),
    Route("org_daily", "GET", _ORG + "/consumption/daily", _SPENT, consumption.org_daily),
    Route("enterprise_daily", "GET", _TOP + "/consumption/daily", _SPENT_OF_ALL, consumption.enterprise_daily),
    Route(
        "enterprise_org_daily",
        "GET",
        _TOP + "/consumption/daily/organizations/{org_id}",
        _SPENT_OF_ALL,
        consumption.org_daily,
    ),
    *(Route(name, "GET", f"{_ORG}/consumption/daily/{whose}", _SPENT, do) for name, whose, do in _BY_PERSON),
    *(
        Route(f"enterprise_{name}", "GET", f"{_TOP}/consumption/daily/{whose}", _SPENT_OF_ALL, do)
        for name, whose, do in _BY_PERSON
    ),
    Route("cycles", "GET", _TOP + "/consumption/cycles", _SPENT_OF_ALL, consumption.list_cycles),
    Route("list_acu_limits", "GET", _TOP + "/consumption/acu-limits/devin", _SPENT_OF_ALL, consumption.list_acu_limits),
    Route(
        "agent_acu_limits",
        "GET",
        "/v3beta1/enterprise/organizations/{org_id}/consumption/acu-limits",
        _SPENT_OF_ALL,
        consumption.get_agent_acu_limits,
    ),
    *(Route(f"metrics_{name}", "GET", f"{_ORG}/metrics/{name}", _METRICS, do) for name, do in _MEASURES),
    *(
        Route(f"enterprise_metrics_{name}", "GET", f"{_TOP}/metrics/{name}", _METRICS_OF_ALL, do)
        for name, do in _MEASURES
    ),
    Route("queue", "GET", _TOP + "/queue", _METRICS_OF_ALL, metrics.get_queue),
    Route("list_organizations", "GET", _TOP + "/organizations", "ManageOrganizations", account.list_organizations),
    Route(
        "get_organization",
        "GET",
        _TOP + "/organizations/{org_id}",
        "ManageOrganizations",
        account.get_organization,
    ),
    Route(
        "service_users",
        "GET",
        _TOP + "/members/service-users",
        "ViewAccountMembership",
        account.list_service_users,
    ),
    Route("audit_logs", "GET", _TOP + "/audit-logs", "ManageEnterpriseSettings", account.list_audit_logs),
    Route(
        "org_audit_logs",
        "GET",
        _TOP + "/organizations/{org_id}/audit-logs",
        "ManageEnterpriseSettings",
        account.list_audit_logs,
    ),
    Route(
        "guardrail_violations",
        "GET",
        "/v3beta1/enterprise/guardrail-violations",
        "ManageEnterpriseSettings",
        account.list_guardrail_violations,
    ),
    Route(
        "org_guardrail_violations",
        "GET",
        "/v3beta1/enterprise/organizations/{org_id}/guardrail-violations",
        "ManageEnterpriseSettings",
        account.list_guardrail_violations,
    ),
)
ROUTE_NAMES: Final = frozenset(route.name for route in ROUTES)
