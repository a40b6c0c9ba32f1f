"""What people read about who they are at Devin, and admins about who others are."""

from typing import Final

from bot.domain.identity import Identity, LinkSource, LinkState
from bot.views.answers.wording import code
from bot.views.message import Message
from bot.views.sentences import mention

NOT_LOOKED_UP: Final = Message("Devin Bridge looks you up by email when you start your first session.")
_OTHERWISE: Final = {
    LinkState.UNKNOWN: (
        "No Devin account matches your email. Your sessions run as Devin Bridge until an admin links you."
    ),
    LinkState.HIDDEN: (
        "Slack doesn't show Devin Bridge your email. Your sessions run as Devin Bridge until an admin links you."
    ),
    LinkState.INVALID: "Devin no longer accepts sessions that run as you. Devin Bridge checks again within a day.",
    LinkState.UNLINKED: "An admin unlinked you. Your sessions run as Devin Bridge.",
}
WRONG_LINK: Final = Message(
    "Nothing was changed. Write `/devin identity set @ann ann@corp.com`, or a Devin user ID instead of the email."
)
WRONG_PERSON: Final = Message("Nothing was changed. Write `/devin identity unset @ann`, with a person picked in Slack.")
OUTSIDER: Final = Message(
    "Nothing was changed. Pick a full member of this workspace; only they can be linked to Devin."
)


def mine(identity: Identity | None) -> Message:
    """Say who the reader is at Devin."""
    if identity is None:
        return NOT_LOOKED_UP
    if identity.acts_as is None:
        return Message(_OTHERWISE[identity.state])
    by = "set by an admin" if identity.source is LinkSource.ADMIN else "found by your email"
    return Message(f"In Devin you're {code(identity.acts_as)}, {by}.")


def nobody(wanted: str) -> Message:
    """Report that Devin knows no such member, or more than one."""
    return Message(f"Nothing changed: no Devin member, or more than one, matches {code(wanted)}. See `/devin members`.")


def linked(person: str, devin_user: str) -> Message:
    """Confirm in whose name the sessions of a person are."""
    return Message(f"Sessions of {mention(person)} now run as the Devin user {code(devin_user)}.")


def unlinked(person: str) -> Message:
    """Confirm that the sessions of a person are in the bot's name."""
    return Message(f"Sessions of {mention(person)} now run as Devin Bridge.")
