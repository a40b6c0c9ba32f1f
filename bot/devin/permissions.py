"""The permissions that the documentation knows, and the one that each call needs, for refusals that do not name it.

https://docs.devin.ai/api-reference/authentication and the page of each endpoint.
"""

import re
from typing import Final

# The first row that fits is used.
_DOCUMENTED: Final = tuple(
    (methods, re.compile(path), permission)
    for methods, path, permission in (
        ("GET", r"/self$", "ReadAccountMeta"),
        ("GET", r"/enterprise/consumption/", "ViewAccountConsumption"),
        ("GET", r"/enterprise/organizations/[^/]+/consumption/", "ViewAccountConsumption"),
        ("GET", r"/organizations/[^/]+/consumption/", "ViewOrgConsumption"),
        ("GET", r"/enterprise/queue$", "ViewAccountMetrics"),
        ("GET", r"/organizations/[^/]+/metrics/[a-z-]+$", "ViewOrgMetrics"),
        ("GET", r"/metrics/[a-z-]+$", "ViewAccountMetrics"),
        ("GET", r"/audit-logs$", "ManageEnterpriseSettings"),
        ("GET", r"/guardrail-violations$", "ManageEnterpriseSettings"),
        ("GET", r"/enterprise/members/", "ViewAccountMembership"),
        ("GET", r"/v3beta1/organizations/[^/]+/members/", "ViewOrgMembership"),
        ("GET", r"/organizations/[^/]+/sessions", "ViewOrgSessions"),
        ("POST PUT DELETE", r"/organizations/[^/]+/sessions", "ManageOrgSessions"),
        ("GET", r"/organizations/[^/]+/attachments/", "ViewOrgSessions"),
        ("POST", r"/organizations/[^/]+/attachments$", "UseDevinSessions"),
        ("GET POST DELETE", r"/organizations/[^/]+/secrets", "ManageOrgSecrets"),
        ("GET POST PATCH DELETE", r"/organizations/[^/]+/schedules", "ManageOrgSchedules"),
        ("GET POST", r"/organizations/[^/]+/pr-reviews$", "UseReviewManual"),
        ("GET POST PUT DELETE", r"/knowledge/notes", "ManageOrgKnowledge"),
        ("GET POST PUT", r"/playbooks", "ManageOrgPlaybooks"),
        ("GET", r"/organizations/[^/]+/repositories$", "Read"),
        ("GET", r"/organizations/[^/]+/automations", "ViewOrgAutomations"),
        ("GET", r"/enterprise/organizations", "ManageOrganizations"),
    )
)

_FOR_NO_CALL_HERE: Final = (
    *("ImpersonateOrgSessions", "ManageAccountKnowledge", "ManageAccountMembership", "ManageAccountPlaybooks"),
    *("ManageAccountServiceUsers", "ManageAccountSessions", "ManageBilling", "ManageKnowledge", "ManageOrgAutomations"),
    *("ManageOrgServiceUsers", "ManageServiceUsers", "ViewAccountSessions"),
)
PERMISSIONS: Final = frozenset({*_FOR_NO_CALL_HERE, *(permission for _, _, permission in _DOCUMENTED)})


def documented_permission(method: str, path: str) -> str | None:
    """Return the permission that a call needs, or None if the call is not in the table."""
    fitting = (name for methods, shape, name in _DOCUMENTED if method in methods.split() and shape.search(path))
    return next(fitting, None)
