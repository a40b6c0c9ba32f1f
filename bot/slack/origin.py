"""Whose a request of Slack's is, by the ids in it.

What Slack sends (https://docs.slack.dev/apis/events-api, https://docs.slack.dev/apis/slack-connect):

- `api_app_id` is in all requests but the check of an address (`url_verification`).
- An event has `team_id`. In a channel that another company shares, that may be the author's company. Then
  `authorizations` names the workspace that has installed the app. Of several installations that see the event it names
  any one, and there `context_team_id` may be ours. Notices about the app itself have no `authorizations`.
- A command has `team_id`. Slack offers it only to people of the workspace that has installed the app.
- A press has `team`, the workspace that has installed the app. A form has the `team` of the person, and names the
  installation in its view. `user.team_id` is where the person is at home, and says nothing about the installation.
- Where a whole organisation has installed the app, `team` may be null and `team_id` is one of many workspaces: the id
  of the organisation decides. It stands in `enterprise`, `enterprise_id` or `authorizations`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]


def app_of(body: Json) -> str | None:
    """Return the app that Slack's request `body` is for; None if it names none."""
    return next(_ids([body.get("api_app_id")]), None)


def teams_of(body: Json) -> Iterator[str]:
    """Yield the workspaces that Slack's request `body` names, the surest first."""
    yield from _ids(authorization.get("team_id") for authorization in _authorizations(body))
    yield from _ids([_part(body, "view").get("app_installed_team_id"), _part(body, "team").get("id")])
    yield from _ids([body.get("team_id"), body.get("context_team_id")])


def enterprises_of(body: Json) -> Iterator[str]:
    """Yield the organisations that Slack's request `body` names, the surest first."""
    yield from _ids(authorization.get("enterprise_id") for authorization in _authorizations(body))
    yield from _ids([_part(body, "enterprise").get("id"), body.get("enterprise_id"), body.get("context_enterprise_id")])


def _ids(values: Iterable[Any]) -> Iterator[str]:
    """Yield those of `values` that are ids."""
    return (value for value in values if isinstance(value, str) and value)


def _part(body: Json, name: str) -> Json:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _authorizations(body: Json) -> list[Json]:
    found = body.get("authorizations")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
