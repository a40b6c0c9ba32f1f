"""Checks whom the settings name: the channel of the digest, the admins, and the groups that hold roles."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.doctor.findings import Finding, misleads, note, ok, quoted
from bot.doctor.slack_tokens import not_checked
from bot.slack.client import Channel, Slack
from bot.slack.errors import ChannelGone, GroupGone, PersonGone, SlackError

INVITE_OR_CORRECT: Final = (
    "If it's private, type `/invite @Devin Bridge` in the channel. Otherwise copy the ID at the end of the channel's"
    " details into BOT_ADMIN_CHANNEL."
)


async def check_admin_channel(slack: Slack, channel_id: str | None) -> Finding:
    """Report whether the digest can be posted to the channel, and who reads it there."""
    if channel_id is None:
        return note(
            "BOT_ADMIN_CHANNEL isn't set, so there's no daily digest.",
            "To get a digest, set it to a channel ID.",
        )
    try:
        return _digest_channel(await slack.channel(channel_id))
    except ChannelGone:
        return misleads(
            f"Slack doesn't show the bot a channel {channel_id} (BOT_ADMIN_CHANNEL), so no digest is posted.",
            INVITE_OR_CORRECT,
        )
    except SlackError as error:
        return not_checked("BOT_ADMIN_CHANNEL", error)


def _digest_channel(channel: Channel) -> Finding:
    name = quoted(channel.name, channel.id)
    if channel.is_archived:
        return misleads(
            f"The channel {name} (BOT_ADMIN_CHANNEL) is archived, so no digest is posted.",
            "Unarchive it, or set BOT_ADMIN_CHANNEL to another channel's ID.",
        )
    if not channel.is_member:
        return misleads(
            f"The bot isn't in the channel {name} (BOT_ADMIN_CHANNEL), so no digest is posted.",
            "Type `/invite @Devin Bridge` there.",
        )
    if channel.is_ext_shared:
        return note(
            f"The channel {name} (BOT_ADMIN_CHANNEL) is shared with another company, so admins get digests by DM.",
            "To get digests in one place, set BOT_ADMIN_CHANNEL to a channel that isn't shared.",
        )
    return ok(f"The bot is in the channel {name}, where the digest is posted.")


async def check_admin_users(slack: Slack, users: Sequence[str]) -> Finding:
    """Report which of `users` Slack does not know, or that nobody is named."""
    if not users:
        return note(
            "Neither BOT_ADMIN_USERS nor BOT_ADMIN_GROUP is set, so there are no admins, and no one can use /devin"
            " usage.",
            "Set BOT_ADMIN_USERS to the admins' IDs, separated by commas (“Copy member ID” in a profile). Or set"
            " BOT_ADMIN_GROUP to a user group ID.",
        )
    try:
        unknown = [user for user in users if not await _is_there(slack, user)]
    except SlackError as error:
        return not_checked("BOT_ADMIN_USERS", error)
    if unknown:
        return misleads(
            f"BOT_ADMIN_USERS has {', '.join(unknown)}: unknown to Slack, or no longer in the workspace.",
            "Remove or correct each of these IDs. “Copy member ID” is in a person's profile.",
        )
    return ok(f"BOT_ADMIN_USERS: Slack recognizes each ID ({len(users)}).")


async def _is_there(slack: Slack, user: str) -> bool:
    try:
        return not (await slack.person(user)).deleted
    except PersonGone:
        return False


NO_GROUPS: Final = "plan_upgrade_required"
NAME_ADMINS: Final = (
    "Remove BOT_ADMIN_GROUP and list the admins in BOT_ADMIN_USERS, or ask a workspace owner to change the plan."
)
ADD_MEMBERS: Final = "Add members in Slack under Directories → User groups."
ENABLE_OR_CORRECT: Final = (
    "Enable it in Slack under Directories → User groups. Or correct BOT_ADMIN_GROUP with “Copy group ID” in the"
    " group's menu."
)


async def check_admin_group(slack: Slack, group: str) -> Finding:
    """Report whether the user group with the id `group` makes somebody an admin."""
    try:
        members = await slack.group_members(group)
    except GroupGone as gone:
        if gone.error == NO_GROUPS:
            what = "The workspace's Slack plan has no user groups, so BOT_ADMIN_GROUP makes no one an admin."
            return misleads(what, NAME_ADMINS)
        what = f"Slack has no user group {group} (BOT_ADMIN_GROUP), or it's disabled. It makes no one an admin."
        return misleads(what, ENABLE_OR_CORRECT)
    except SlackError as error:
        return not_checked("BOT_ADMIN_GROUP", error)
    if not members:
        what = f"The user group {group} (BOT_ADMIN_GROUP) is empty, so it makes no one an admin."
        return misleads(what, ADD_MEMBERS)
    return ok(f"BOT_ADMIN_GROUP: the user group exists ({len(members)} members). Its full members are admins.")


async def check_role_groups(slack: Slack, file: str, groups: Iterable[str]) -> list[Finding]:
    """Report whether `groups`, which hold roles by the `file`, give them to somebody; nothing if there are none."""
    findings = [finding for group in sorted(groups) if (finding := await _role_group(slack, file, group)) is not None]
    if findings or not groups:
        return list(dict.fromkeys(findings))
    return [ok(f"Slack recognizes each user group with a role in {file}.")]


async def _role_group(slack: Slack, file: str, group: str) -> Finding | None:
    """What is wrong with one; None if nothing is."""
    try:
        members = await slack.group_members(group)
    except GroupGone as gone:
        if gone.error == NO_GROUPS:
            return misleads(
                f"The workspace's Slack plan has no user groups, so groups in {file} give no one a role.",
                f"List people in {file} instead, or ask a workspace owner to change the plan.",
            )
        return misleads(
            f"{file} gives a role to user group {group}, but Slack doesn't recognize it, or it's disabled.",
            f"Enable it in Slack under Directories → User groups, or copy the right ID into {file}.",
        )
    except SlackError as error:
        return not_checked(f"the user groups of {file}", error)
    if members:
        return None
    what = f"{file} gives a role to user group {group}, but the group is empty."
    return misleads(what, ADD_MEMBERS)
