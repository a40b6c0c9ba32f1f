"""Checks whom the settings name: the channel of the digest, the admins, and the groups that hold roles."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.doctor.findings import Finding, misleads, note, ok, quoted
from bot.doctor.slack_tokens import not_checked
from bot.slack.client import Channel, Slack
from bot.slack.errors import ChannelGone, GroupGone, PersonGone, SlackError

INVITE_OR_CORRECT: Final = (
    "Type `/invite @Devin Bridge` in the channel if it is private; otherwise copy the id at the end of the"
    " channel's details into BOT_ADMIN_CHANNEL."
)


async def check_admin_channel(slack: Slack, channel_id: str | None) -> Finding:
    """Report whether the digest can be posted to the channel, and who reads it there."""
    if channel_id is None:
        return note(
            "BOT_ADMIN_CHANNEL is not set: there is no daily digest.",
            "Set it to the id of a channel if someone wants the digest.",
        )
    try:
        return _digest_channel(await slack.channel(channel_id))
    except ChannelGone:
        return misleads(
            f"Slack does not show the bot a channel {channel_id} (BOT_ADMIN_CHANNEL), so no digest is posted.",
            INVITE_OR_CORRECT,
        )
    except SlackError as error:
        return not_checked("BOT_ADMIN_CHANNEL", error)


def _digest_channel(channel: Channel) -> Finding:
    name = quoted(channel.name, channel.id)
    if channel.is_archived:
        return misleads(
            f"The channel {name} (BOT_ADMIN_CHANNEL) is archived, so no digest is posted.",
            "Unarchive it, or set BOT_ADMIN_CHANNEL to another channel's id.",
        )
    if not channel.is_member:
        return misleads(
            f"The bot is not in the channel {name} (BOT_ADMIN_CHANNEL), so no digest is posted.",
            "Type `/invite @Devin Bridge` there.",
        )
    if channel.is_ext_shared:
        return note(
            f"The channel {name} (BOT_ADMIN_CHANNEL) is shared with another company: admins get digests directly.",
            "Set BOT_ADMIN_CHANNEL to a channel of your own workspace to have it in one place.",
        )
    return ok(f"The bot is in the channel {name}, where the digest is posted.")


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


NO_GROUPS: Final = "plan_upgrade_required"
NAME_ADMINS: Final = (
    "Take BOT_ADMIN_GROUP out and name the admins in BOT_ADMIN_USERS, or have a workspace owner change the plan."
)
ADD_MEMBERS: Final = "Whoever manages user groups in Slack can add members under Directories → User groups."
ENABLE_OR_CORRECT: Final = (
    "Whoever manages user groups in Slack can enable it under Directories → User groups; otherwise copy the right id"
    " into BOT_ADMIN_GROUP, which “Copy group ID” in the menu of the group gives."
)


async def check_admin_group(slack: Slack, group: str) -> Finding:
    """Report whether the user group with the id `group` makes somebody an admin."""
    try:
        members = await slack.group_members(group)
    except GroupGone as gone:
        if gone.error == NO_GROUPS:
            what = "The workspace's plan at Slack has no user groups: nobody is an admin by BOT_ADMIN_GROUP."
            return misleads(what, NAME_ADMINS)
        what = f"Slack knows no user group {group} (BOT_ADMIN_GROUP), or it is disabled: nobody is an admin by it."
        return misleads(what, ENABLE_OR_CORRECT)
    except SlackError as error:
        return not_checked("BOT_ADMIN_GROUP", error)
    if not members:
        what = f"The user group {group} (BOT_ADMIN_GROUP) has no members, so nobody is an admin by it."
        return misleads(what, ADD_MEMBERS)
    return ok(f"BOT_ADMIN_GROUP: Slack knows the user group, whose full members are admins ({len(members)} in it).")


async def check_role_groups(slack: Slack, file: str, groups: Iterable[str]) -> list[Finding]:
    """Report whether `groups`, which hold roles by the `file`, give them to somebody; nothing if there are none."""
    findings = [finding for group in sorted(groups) if (finding := await _role_group(slack, file, group)) is not None]
    if findings or not groups:
        return list(dict.fromkeys(findings))
    return [ok(f"Slack knows each user group with a role in {file}.")]


async def _role_group(slack: Slack, file: str, group: str) -> Finding | None:
    """What is wrong with one; None if nothing is."""
    try:
        members = await slack.group_members(group)
    except GroupGone as gone:
        if gone.error == NO_GROUPS:
            return misleads(
                f"The workspace's plan at Slack has no user groups: nobody holds a role of {file} by one.",
                f"Name people in {file} instead, or have a workspace owner change the plan.",
            )
        return misleads(
            f"{file} gives a role to user group {group}, but Slack doesn't know it, or it's disabled.",
            f"Enable it in Slack under Directories → User groups, or copy the right id into {file}.",
        )
    except SlackError as error:
        return not_checked(f"the user groups of {file}", error)
    if members:
        return None
    what = f"{file} gives a role to user group {group}, but the group is empty."
    return misleads(what, ADD_MEMBERS)
