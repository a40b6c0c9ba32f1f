"""What is said when a session is handed over to somebody else."""

from typing import Final

from bot.domain.session import Session
from bot.views.message import Message
from bot.views.sentences import mention
from bot.views.text import fitted

WHO: Final = Message("Who should take over? After `!give`, type `@` and pick the person from Slack's list.")
NOT_STARTED_YET: Final = Message("This session hasn't started yet. Try again once its card says it has.")


def theirs_already(user: str) -> Message:
    """Report that the session is that person's already."""
    return Message(f"This is {mention(user)}'s session already. Nothing was changed.")


def cannot_take(user: str) -> Message:
    """Report that `user` can take no session over here."""
    return Message(f"{mention(user)} can't use Devin here. Nothing was changed; give it to someone who can.")


def cannot_see(session: Session, user: str) -> Message:
    """Report that `user` can't take over `session`, as they can't read its thread."""
    if session.channel.startswith("D"):
        return Message(f"{mention(user)} can't see this DM. Nothing was changed. To share work, start it in a channel.")
    return Message(f"{mention(user)} isn't in this channel. Nothing was changed. Invite them first.")


def given(session: Session, by: str, name: str, to: str) -> Message:
    """Announce to both that `session`, as it was before, is handed over to `to` by the person `by` with this `name`."""
    from_whom = "" if session.requester in {"", by} else f" from {mention(session.requester)}"
    if by == to:
        return Message(f":handshake: {mention(to)} took over this session{from_whom}.")
    said = f":handshake: {mention(to)}, {fitted(name, 80)} gave you this session{from_whom}."
    return Message(f"{said} Devin's questions come to you now.")
