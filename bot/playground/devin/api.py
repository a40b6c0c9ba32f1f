"""The table of the API: every operation the simulator has, with its name and the permission it needs."""

from typing import Final

from bot.playground.devin import api_account as account
from bot.playground.devin import api_sessions as sessions
from bot.playground.devin.route import Route

_ORG: Final = "/v3/organizations/{org_id}"
_BETA: Final = "/v3beta1/organizations/{org_id}"
_ONE: Final = _ORG + "/sessions/{devin_id}"
_TOP: Final = "/v3/enterprise"
_VIEW: Final = "ViewOrgSessions"
_MANAGE: Final = "ManageOrgSessions"

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
    Route("list_playbooks", "GET", _ORG + "/playbooks", "ManageAccountPlaybooks", account.list_playbooks),
    Route("list_notes", "GET", _ORG + "/knowledge/notes", "ManageAccountKnowledge", account.list_notes),
    Route("create_note", "POST", _ORG + "/knowledge/notes", "ManageAccountKnowledge", account.create_note),
    Route("org_daily", "GET", _ORG + "/consumption/daily", "ViewOrgConsumption", account.org_daily),
    Route(
        "enterprise_daily",
        "GET",
        _TOP + "/consumption/daily",
        "ViewAccountConsumption",
        account.enterprise_daily,
    ),
    Route(
        "enterprise_org_daily",
        "GET",
        _TOP + "/consumption/daily/organizations/{org_id}",
        "ViewAccountConsumption",
        account.org_daily,
    ),
    Route("cycles", "GET", _TOP + "/consumption/cycles", "ViewAccountConsumption", account.list_cycles),
    Route("list_organizations", "GET", _TOP + "/organizations", "ManageOrganizations", account.list_organizations),
    Route(
        "get_organization",
        "GET",
        _TOP + "/organizations/{org_id}",
        "ManageOrganizations",
        account.get_organization,
    ),
    Route("audit_logs", "GET", _TOP + "/audit-logs", "ManageEnterpriseSettings", account.list_audit_logs),
    Route(
        "org_audit_logs",
        "GET",
        _TOP + "/organizations/{org_id}/audit-logs",
        "ManageEnterpriseSettings",
        account.list_audit_logs,
    ),
)
ROUTE_NAMES: Final = frozenset(route.name for route in ROUTES)
