"""What people read about who they are at Devin, and admins about who others are."""

from typing import Final

from bot.domain.identity import Identity, LinkSource, LinkState
from bot.views.answers.wording import code
from bot.views.message import Message
from bot.views.sentences import mention

NOT_LOOKED_UP: Final = Message("Your first session looks you up at Devin by your e-mail address.")
_OTHERWISE: Final = {
    LinkState.UNKNOWN: (
        "Nobody at Devin has your e-mail address. "
        "Your sessions are in Devin Bridge's name until an admin sets who you are."
    ),
    LinkState.HIDDEN: (
        "Slack doesn't show Devin Bridge your e-mail address. "
        "Your sessions are in its name until an admin sets who you are."
    ),
    LinkState.INVALID: "Devin no longer takes sessions in your name. You're looked up again within a day.",
    LinkState.UNLINKED: "An admin has unlinked you. Your sessions are in Devin Bridge's name.",
}
WRONG_LINK: Final = Message(
    "Nothing was changed. Write `/devin identity set @ann ann@corp.com`, or Devin's user id for the address."
)
WRONG_PERSON: Final = Message("Nothing was changed. Write `/devin identity unset @ann`, with a person picked in Slack.")
OUTSIDER: Final = Message("Nothing was changed. Only full members of this workspace can be somebody at Devin.")


def mine(identity: Identity | None) -> Message:
    """Say who the reader is at Devin."""
    if identity is None:
        return NOT_LOOKED_UP
    if identity.acts_as is None:
        return Message(_OTHERWISE[identity.state])
    by = "set by an admin" if identity.source is LinkSource.ADMIN else "found by your e-mail address"
    return Message(f"At Devin you're {code(identity.acts_as)}, {by}.")


def nobody(wanted: str) -> Message:
    """Report that Devin knows no such member, or more than one."""
    return Message(f"Nothing was changed. Devin has no one member {code(wanted)}. `/devin members` shows them.")


def linked(person: str, devin_user: str) -> Message:
    """Confirm in whose name the sessions of a person are."""
    return Message(f"At Devin, sessions of {mention(person)} are in the name of {code(devin_user)} now.")


def unlinked(person: str) -> Message:
    """Confirm that the sessions of a person are in the bot's name."""
    return Message(f"Sessions of {mention(person)} are in Devin Bridge's name now.")
