"""Checks BOT_ADMIN_GROUP, the user group whose members are admins."""

from typing import Final

from bot.doctor.findings import Finding, misleads, ok
from bot.doctor.slack_token import not_checked
from bot.slack.client import Slack
from bot.slack.errors import GroupGone, SlackError

NO_GROUPS: Final = "plan_upgrade_required"
ENABLE_OR_CORRECT: Final = (
    "Whoever manages user groups in Slack can enable it under Directories → User groups; otherwise copy the right id"
    " into BOT_ADMIN_GROUP, which “Copy group ID” in the menu of the group gives."
)


async def check_admin_group(slack: Slack, group: str) -> Finding:
    """Report whether the user group with the id `group` makes somebody an admin."""
    try:
        members = await slack.group_members(group)
    except GroupGone as gone:
        return _no_plan() if gone.error == NO_GROUPS else _not_shown(group)
    except SlackError as error:
        return not_checked("BOT_ADMIN_GROUP", error)
    if not members:
        return misleads(
            f"The user group {group} (BOT_ADMIN_GROUP) has no members, so nobody is an admin by it.",
            "Whoever manages user groups in Slack can add members under Directories → User groups.",
        )
    return ok(f"BOT_ADMIN_GROUP: Slack knows the user group, whose full members are admins ({len(members)} in it).")


def _not_shown(group: str) -> Finding:
    return misleads(
        f"Slack knows no user group {group} (BOT_ADMIN_GROUP), or it is disabled: nobody is an admin by it.",
        ENABLE_OR_CORRECT,
    )


def _no_plan() -> Finding:
    return misleads(
        "The workspace's plan at Slack has no user groups: nobody is an admin by BOT_ADMIN_GROUP.",
        "Take BOT_ADMIN_GROUP out and name the admins in BOT_ADMIN_USERS, or have a workspace owner change the plan.",
    )
