"""What is said when a session is handed over to somebody else."""

from typing import Final

from bot.domain.session import Session
from bot.views.answers.wording import PROMPT_SHOWN
from bot.views.message import Message
from bot.views.sentences import mention
from bot.views.text import QUOTED, fitted, linked_title

WHO: Final = Message("Who should take over? Type `@` and pick the person from Slack's list. Nothing was changed.")
NOT_STARTED_YET: Final = Message("This session hasn't started yet. Try again once its card says it has.")


def theirs_already(user: str) -> Message:
    """Report that the session is that person's already."""
    return Message(f"{mention(user)} already has this session. Nothing was changed.")


def cannot_take(user: str) -> Message:
    """Report that `user` can take no session over here."""
    return Message(f"{mention(user)} can't use Devin here. Nothing was changed; give it to someone who can.")


def cannot_see(session: Session, user: str) -> Message:
    """Report that `user` can't take over `session`, as they can't read its thread."""
    if session.channel.startswith("D"):
        return Message(f"{mention(user)} can't see this DM. Nothing was changed. To share work, start it in a channel.")
    return Message(f"{mention(user)} isn't in <#{session.channel}>. Nothing was changed. Invite them first.")


def handed_over(session: Session, to: str, thread: str | None) -> Message:
    """Confirm, outside of its `thread`, that `session` is the person's `to` now."""
    title = linked_title(session.title, thread, session.url, PROMPT_SHOWN, QUOTED)
    return Message(f"{title} is {mention(to)}'s session now. They've been told in its thread.")


def given(session: Session, by: str, name: str, to: str) -> Message:
    """Announce to both that `session`, as it was before, is handed over to `to` by the person `by` with this `name`."""
    from_whom = "" if session.requester in {"", by} else f" from {mention(session.requester)}"
    if by == to:
        return Message(f":handshake: {mention(to)} took over this session{from_whom}.")
    said = f":handshake: {mention(to)}, {fitted(name, 80)} gave you this session{from_whom}."
    return Message(f"{said} Devin's questions come to you now.")
