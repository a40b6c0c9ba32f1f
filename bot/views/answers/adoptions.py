"""The answers about sessions that Devin had before they were tied to a thread, and that are untied from it."""

from collections.abc import Sequence
from typing import Final

from bot.domain.commands import registry
from bot.domain.session import Session
from bot.views import blocks, questions
from bot.views.answers.stops import QUESTION
from bot.views.answers.wording import code, message_of
from bot.views.message import Message
from bot.views.sentences import asker_name, mention
from bot.views.text import acus, fitted, limit_of_acus, link

NO_ADDRESS: Final = Message("Which session? Add its link: `/devin adopt https://app.devin.ai/sessions/…`")
GONE: Final = Message("Your Devin organization has no session with that link. Check the link in Devin.")
ELSEWHERE: Final = Message(
    "That session belongs to another Devin organization, so it can't be linked here. Write to it in Devin."
)
OVER: Final = Message("That session has ended in Devin. `/devin` starts a new one.")
ARCHIVED: Final = Message("That session is archived in Devin. Unarchive it there, then try again.")
TAKEN: Final = Message("That session is already linked to another thread.")
OF_FAN_OUT: Final = Message("That session is part of a fan-out. Its table shows it.")
NOT_YOURS: Final = Message(
    "Someone else started that session in Devin, so it isn't linked. Ask them or an admin to link it. If you started "
    "it, `/devin identity` shows which Devin account is yours."
)
STAYS_PRIVATE: Final = Message(
    "That session was in a private channel or a DM, so it can't be linked here. Send `!adopt` and its link there."
)
NOT_YET: Final = Message("The session is still starting. Try again in a minute.")
UNTIED: Final = Message("The session is no longer linked here.")
THREAD_TAKEN: Final = Message("This thread already has a session. `/devin adopt` starts a new thread.")


def confirm_adoption(which: str, title: str, askers: Sequence[str]) -> Message:
    """Ask an admin whether a session with this `title` is linked although one of `askers` has started it.

    `which` is its id at Devin and, where it is to be linked to a thread, a blank and the thread's `ts`.
    """
    whose = f"{mention(askers[0])} started it" if askers else "Someone else started it"
    text = f"Link “{fitted(title) or 'Session'}” here? {whose} in Devin. Everyone here will see it and can steer it."
    row = blocks.actions(
        questions.choice("Link it here", registry.ADOPT_CONFIRMED, which),
        questions.no("Cancel", QUESTION, which),
    )
    return Message(text, [blocks.section(text), *row])


def adopted(by: str, session: Session) -> Message:
    """Notify whoever started `session` in Devin that the admin `by` has linked it to a thread."""
    return message_of(
        f":link: {fitted(by) or 'An admin'} linked your Devin session {link(session.url, session.title)} to "
        f"{'a DM' if session.is_direct else f'<#{session.channel}>'}.",
        "People there can now read and steer it. `!unsync` in its thread unlinks it.",
    )


def past_most(used: float, most: float) -> Message:
    """Refuse to link a session that has `used` as much as any may: it would be stopped at once."""
    return Message(
        f"Not linked: this session has used {acus(used)}, and Devin Bridge stops any session at {limit_of_acus(most)}. "
        "Write to it in Devin, or start a new one with `/devin`."
    )


def taken(permalink: str | None) -> Message:
    """Say that a session has a thread, with its `permalink` where the reader may see it."""
    return Message(f"That session already has {link(permalink, 'a thread')}.") if permalink else TAKEN


def not_adopted(reference: str) -> Message:
    """Report that Devin gave no answer about a session; `reference` leads to the lines in the log."""
    return message_of(
        ":warning: Devin didn't answer, so its session isn't linked here. Try again.",
        f"Error ID {code(reference)}.",
    )


def confirm(session: Session) -> Message:
    """Ask a person who did not ask for `session` whether it is to be untied, with a button for each answer."""
    text = (
        f"{asker_name(session)} started “{fitted(session.title)}”. Unlink it from this thread? The "
        "session keeps running."
    )
    row = blocks.actions(
        questions.choice("Unlink", registry.UNSYNC_CONFIRMED, session.id),
        questions.no("Keep linked", QUESTION, session.id),
    )
    return Message(text, [blocks.section(text), *row])


def untied(session: Session, by: str, unsent: int = 0) -> Message:
    """Report that `by` untied `session` from its thread, and that `unsent` replies that waited were not sent."""
    unfollowed = f"Unlinked by {fitted(by)}." if by else "No longer linked here."
    waiting = f"{unsent} waiting {'reply was' if unsent == 1 else 'replies were'} not sent." if unsent else ""
    return message_of(
        f":link: {unfollowed}",
        waiting,
        f"It continues in {link(session.url, 'Devin')}.",
        f"To link it again, send {code(f'!adopt {session.url}')}." if session.url else "",
    )
