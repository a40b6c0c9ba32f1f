"""Checks BOT_ADMIN_USERS, the people who may ask for figures."""

from collections.abc import Sequence

from bot.doctor.findings import Finding, misleads, note, ok
from bot.doctor.slack_token import not_checked
from bot.slack.client import Slack
from bot.slack.errors import PersonGone, SlackError


async def check_admin_users(slack: Slack, users: Sequence[str]) -> Finding:
    """Report which of `users` Slack does not know, or that nobody is named."""
    if not users:
        return note(
            "Neither BOT_ADMIN_USERS nor BOT_ADMIN_GROUP is set: nobody may ask for /devin usage.",
            "Set one of them: BOT_ADMIN_USERS to the ids of the admins, with commas between them (“Copy member ID” in a"
            " profile gives one), or BOT_ADMIN_GROUP to the id of a user group.",
        )
    try:
        unknown = [user for user in users if not await _is_there(slack, user)]
    except SlackError as error:
        return not_checked("BOT_ADMIN_USERS", error)
    if unknown:
        return misleads(
            f"BOT_ADMIN_USERS names {', '.join(unknown)}, whom Slack does not know or who left the workspace.",
            "Take out each of these ids or put the right one: “Copy member ID” in a person's profile gives it.",
        )
    return ok(f"BOT_ADMIN_USERS: Slack knows each of them ({len(users)}).")


async def _is_there(slack: Slack, user: str) -> bool:
    try:
        return not (await slack.person(user)).deleted
    except PersonGone:
        return False
