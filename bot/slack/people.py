"""What Slack says about a person (https://docs.slack.dev/reference/methods/users.info)."""

from collections.abc import Mapping
from typing import Any

from bot.domain.person import Person


def person_from(user: Mapping[str, Any], home: str) -> Person:
    """Make a Person from the `user` of users.info, as seen from the workspace `home`."""
    profile = user.get("profile") or {}
    external = _is_external(user, home)
    return Person(
        id=user["id"],
        name=_name(user, profile),
        # The address of an external person is not used, because another company vouches for it, not ours.
        email=None if external else profile.get("email") or None,
        team=user.get("team_id") or "",
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_external=external,
        is_bot=bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
        is_admin=bool(user.get("is_admin") or user.get("is_owner")),
        tz=user.get("tz") or None,
        deleted=bool(user.get("deleted")),
    )


def _name(user: Mapping[str, Any], profile: Mapping[str, Any]) -> str:
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return next((name for name in names if name), str(user["id"]))


def _is_external(user: Mapping[str, Any], home: str) -> bool:
    # Slack's own flag is False for people of other companies who share a channel with the bot, so the team
    # decides. On Enterprise Grid a colleague may have another home team of the same organisation.
    grid = (user.get("enterprise_user") or {}).get("teams") or []
    return bool(user.get("is_stranger")) or (user.get("team_id") != home and home not in grid)
