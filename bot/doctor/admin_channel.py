"""Checks BOT_ADMIN_CHANNEL, the channel in which the digest is posted."""

from typing import Final

from bot.doctor.findings import Finding, misleads, note, ok, quoted
from bot.doctor.slack_token import not_checked
from bot.slack.client import Channel, Slack
from bot.slack.errors import ChannelGone, SlackError

INVITE_OR_CORRECT: Final = (
    "Type `/invite @Devin Bridge` in the channel if it is private; otherwise copy the id at the end of the"
    " channel's details into BOT_ADMIN_CHANNEL."
)


async def check_admin_channel(slack: Slack, channel_id: str | None) -> Finding:
    """Report whether the digest can be posted to the channel, and who reads it there."""
    if channel_id is None:
        return note(
            "BOT_ADMIN_CHANNEL is not set: there is no daily digest.",
            "Set it to the id of a channel if somebody wants the digest.",
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
