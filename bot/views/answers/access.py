"""The answers that refuse a person or a channel, and name the people or the channel to use instead."""

from collections.abc import Sequence
from typing import Final

from bot.views.message import Message
from bot.views.sentences import mention

GUEST_REFUSED: Final = Message(
    "Guests cannot work with Devin here, so nothing was started or sent. Ask a full member of this workspace to do it."
)
DEACTIVATED_REFUSED: Final = Message(
    "This Slack account is deactivated and can no longer work with Devin, so nothing was started or sent. "
    "Ask a workspace admin to reactivate it, or a colleague to take over."
)
OTHER_COMPANY_REFUSED: Final = Message(
    "Only members of the workspace that runs Devin Bridge can work with Devin, so nothing was started or sent. "
    "Ask one of them to do it."
)
SHARED_CHANNEL_REFUSED: Final = Message(
    "This channel is shared with another company, where Devin stays out; nothing was started or sent. "
    "Use a channel of your own workspace."
)
CHANNEL_ARCHIVED: Final = Message(
    "This channel is archived, so nothing can be posted here and nothing was started. "
    "Use another channel, or unarchive this one."
)

CHANNEL_RESTRICTED: Final = Message(
    "Only some people may post in this channel and Devin Bridge is not one of them, so nothing was started. "
    "Ask whoever manages the channel to let it post, or use another channel."
)
BETWEEN_PEOPLE: Final = Message(
    "Devin Bridge cannot post in a direct message between two people, so nothing was started. "
    "Use a channel, or write to Devin Bridge directly."
)


def channel_archived(channel: str) -> Message:
    """Report, outside of `channel`, that it was archived before anything was started in it."""
    return Message(
        f"<#{channel}> is archived, so nothing can be posted there and nothing was started. "
        "Use another channel, or unarchive that one."
    )


def not_in_channel(channel: str | None = None) -> Message:
    """Ask for the bot to be invited to `channel`, or without one to the channel in which this is shown."""
    where = f"<#{channel}>" if channel else "this channel"
    return Message(
        f"Devin Bridge is not a member of {where}, so nothing was started. "
        "Type `/invite @Devin Bridge` there, then try again."
    )


def not_yours(requester: str) -> Message:
    """Refuse a command that only the asker of the session, `requester`, or an admin may use.

    `requester` is empty where the asker was erased from the store.
    """
    asker = f"{mention(requester)}, who asked for this session, or " if requester else ""
    return Message(f"Only {asker}an admin of Devin Bridge may do that. Nothing was changed.")


def admins_only(subject: str, admins: Sequence[str]) -> Message:
    """Refuse a command for admins, and name them; `subject` is what it shows, a plural such as "usage figures"."""
    if not admins:
        return Message(
            f"Nobody may ask for {subject} yet. Whoever runs Devin Bridge can name admins in `BOT_ADMIN_USERS`."
        )
    who = ", ".join(mention(user) for user in admins[:10])
    return Message(f"{subject[:1].upper()}{subject[1:]} are for the admins of Devin Bridge. Ask one of them: {who}.")
