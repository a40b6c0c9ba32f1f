"""The answers about sessions that Devin had before they were tied to a thread, and that are untied from it."""

from typing import Final

from bot.domain.commands import registry
from bot.domain.session import Session
from bot.views import blocks, questions
from bot.views.answers.stops import QUESTION
from bot.views.answers.wording import code, message_of
from bot.views.message import Message
from bot.views.sentences import asker_name
from bot.views.text import fitted, link

NO_ADDRESS: Final = Message("Which session? Add its link: `/devin adopt https://app.devin.ai/sessions/…`")
GONE: Final = Message("Your Devin organization has no session with that link. Check the link in Devin.")
ELSEWHERE: Final = Message("That session belongs to another Devin organization, so it can't be linked here.")
OVER: Final = Message("That session has ended in Devin. `/devin` starts a new one.")
ARCHIVED: Final = Message("That session is archived in Devin. Unarchive it there, then try again.")
TAKEN: Final = Message("That session is already linked to another thread.")
OF_FAN_OUT: Final = Message("That session is part of a fan-out. Its table shows it.")
NOT_YET: Final = Message("The session is still starting. Try again in a minute.")
UNTIED: Final = Message("The session is no longer linked here.")
THREAD_TAKEN: Final = Message("This thread already has a session. `/devin adopt` starts a new thread.")


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
