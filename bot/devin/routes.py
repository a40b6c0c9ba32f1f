"""The routes of Devin's API, by which calls are counted: the method, and the path without ids."""

from typing import Final

# Every word of a path that is none of somebody's. A path also has ids, names of files, and what people type for an id.
_WORDS: Final = frozenset(
    {
        *("v3", "v3beta1", "self", "enterprise", "organizations", "devin", "queue", "details", "usage", "events"),
        *("sessions", "messages", "tags", "insights", "generate", "archive", "unarchive", "attachments", "folders"),
        *("knowledge", "notes", "playbooks", "secrets", "schedules", "automations", "repositories", "pr-reviews"),
        *("members", "users", "service-users", "idp-users", "api-keys", "audit-logs", "guardrail-violations"),
        *("consumption", "cycles", "daily", "acu-limits", "metrics", "active-users", "dau", "wau", "mau", "prs"),
        *("search", "searches"),
    }
)


def route_of(method: str, path: str) -> str:
    """The route of a call, such as `GET /v3/organizations/{id}/sessions`."""
    parts = (part if part in _WORDS else "{id}" for part in path.strip("/").split("/"))
    return f"{method} /{'/'.join(parts)}"
