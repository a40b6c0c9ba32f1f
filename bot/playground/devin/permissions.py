"""The permissions of the API and which one stands in for which."""

from collections.abc import Collection
from typing import Final

BOT_PERMISSIONS: Final = frozenset(
    {
        "Read",
        "ReadAccountMeta",
        "ViewOrgSessions",
        "ManageOrgSessions",
        "UseDevinSessions",
        "ImpersonateOrgSessions",
        "ViewOrgMembership",
        "ViewOrgConsumption",
    }
)
"""What a bot with one organisation needs, with its consumption; the default of the simulator."""

LIBRARY_PERMISSIONS: Final = frozenset({"ManageOrgKnowledge", "ManageOrgPlaybooks"})
"""What reading and writing notes and playbooks needs on top."""

ADMIN_PERMISSIONS: Final = frozenset(
    {"ManageOrgSecrets", "ManageOrgSchedules", "ViewOrgAutomations", "ViewOrgMetrics", "UseReviewManual"}
)
"""What secrets, schedules, automations, metrics and reviews of an organisation need on top."""

METRICS_PERMISSION: Final = "ViewAccountMetrics"
ENTERPRISE_PERMISSIONS: Final = frozenset(
    {
        METRICS_PERMISSION,
        "ViewAccountSessions",
        "ManageAccountSessions",
        "ViewAccountConsumption",
        "ViewAccountMembership",
        "ManageOrganizations",
        "ManageEnterpriseSettings",
    }
)
"""What an enterprise service user has on top; it inherits the matching rights in every organisation."""

ALL_PERMISSIONS: Final = BOT_PERMISSIONS | LIBRARY_PERMISSIONS | ADMIN_PERMISSIONS | ENTERPRISE_PERMISSIONS

_INHERITED: Final = {
    "ViewOrgSessions": "ViewAccountSessions",
    "ManageOrgSessions": "ManageAccountSessions",
    "ViewOrgConsumption": "ViewAccountConsumption",
    "ViewOrgMembership": "ViewAccountMembership",
    "ViewOrgMetrics": METRICS_PERMISSION,
    "ManageOrgKnowledge": "ManageAccountKnowledge",
    "ManageOrgPlaybooks": "ManageAccountPlaybooks",
}


def allows(granted: Collection[str], permission: str) -> bool:
    """Whether the granted permissions hold this one, directly or by its enterprise twin."""
    # Every service user has ReadAccountMeta; taking it away would test a state that cannot be.
    return permission == "ReadAccountMeta" or permission in granted or _INHERITED.get(permission) in granted


def is_enterprise(granted: Collection[str]) -> bool:
    """Whether this credential reaches other organisations than its own."""
    return not (ENTERPRISE_PERMISSIONS - {METRICS_PERMISSION}).isdisjoint(granted)
