"""What people read about who they are at Devin."""

from typing import Final

from bot.domain.identity import LinkState
from bot.views.answers.wording import code
from bot.views.message import Message

EXPLANATIONS: Final = {
    LinkState.LINKED: Message(
        "Your sessions and replies now run as you in Devin. `/devin identity` shows it. Not you? Ask an admin."
    ),
    LinkState.UNKNOWN: Message(
        "No Devin account matches your email. Your sessions run as Devin Bridge; everything else works."
    ),
    LinkState.INVALID: Message("Devin no longer accepts sessions that run as you. Yours run as Devin Bridge for now."),
}


def shared(devin_user: str) -> Message:
    """Report to admins that two people are linked to one user at Devin."""
    return Message(
        f"Two people are linked to the Devin user {code(devin_user)}, so neither can run sessions as that user. "
        "Unlink the wrong one with `/devin identity unset @ann`."
    )
