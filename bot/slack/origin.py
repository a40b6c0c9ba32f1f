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

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Origin:
    """The app that a request is for, and the workspaces and organisations that it names, the surest first."""

    app: str | None
    teams: tuple[str, ...]
    enterprises: tuple[str, ...]


def origin_of(body: Json) -> Origin:
    """Read the ids in Slack's request `body`. What is missing, or is no id, is left out."""
    installations = _objects(body.get("authorizations"))
    view, team, enterprise = (_object(body.get(name)) for name in ("view", "team", "enterprise"))
    teams = [one.get("team_id") for one in installations]
    teams += [view.get("app_installed_team_id"), team.get("id"), body.get("team_id"), body.get("context_team_id")]
    enterprises = [one.get("enterprise_id") for one in installations]
    enterprises += [enterprise.get("id"), body.get("enterprise_id"), body.get("context_enterprise_id")]
    return Origin(next(iter(_ids([body.get("api_app_id")])), None), _ids(teams), _ids(enterprises))


def _ids(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str) and value)


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
