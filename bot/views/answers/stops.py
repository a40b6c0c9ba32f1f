"""The answers to the commands that stop, archive or end a session."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.commands import registry
from bot.domain.session import DisplayState, Session
from bot.views import blocks, questions
from bot.views.answers.wording import code, message_of
from bot.views.message import Message
from bot.views.sentences import asker_name, mention
from bot.views.text import fitted, link

QUESTION: Final = "session"  # the name of the questions whether to stop or to end one
STOP_AFTER_CHECK: Final = Message(
    "Devin's answer to the start got lost and is being looked up. The session is stopped as soon as it is found; "
    "if there is none, nothing is started."
)
ALREADY_STOPPED: Final = Message("This session is asleep already; nothing was changed. A reply in its thread wakes it.")
ALREADY_DONE: Final = Message("This session is done; there was nothing to stop. Reply in its thread for changes.")
ALREADY_OVER: Final = Message("This session is done; there was nothing to stop.")  # and takes no more replies
ALREADY_FAILED: Final = Message("This session has failed; there was nothing to stop.")
NOTHING_TO_STOP: Final = Message(
    "Nothing of yours is running, so nothing was stopped. `/devin list` shows your sessions."
)
STOP_UNKNOWN: Final = Message(
    "It is not known whether Devin has started this session, so nothing was stopped. "
    "Look in Devin; if the session shows up in its thread, stop it there."
)
EXIT_DONE: Final = Message("The session was ended for good.")
STOP_DONE: Final = Message("The session was stopped.")
SESSION_KEPT: Final = Message("OK, the session stays as it is.")
ALREADY_ENDED: Final = Message(
    "This session has ended already; nothing was changed. Use `/devin` or mention Devin Bridge to start a new one."
)
ALREADY_ARCHIVED: Final = Message(
    "This session is archived already; nothing was changed. Use `/devin` or mention Devin Bridge to start a new one."
)

_NOTHING_TO_STOP: Final[Mapping[DisplayState, Message]] = {
    DisplayState.DONE: ALREADY_DONE,
    DisplayState.ASLEEP: ALREADY_STOPPED,
    DisplayState.STOPPED: ALREADY_STOPPED,
    DisplayState.FAILED: ALREADY_FAILED,
    DisplayState.ENDED: ALREADY_ENDED,
}


def stopping(session: Session, stand_in: str | None = None) -> Message:
    """Confirm a command that stops or archives `session`, before Devin is asked.

    A `stand_in` takes the place of the title, where the person may not see it.
    """
    title = f"{stand_in[:1].lower()}{stand_in[1:]}" if stand_in else f"“{fitted(session.title)}”"
    return Message(f"Stopping {title}: Devin is put to sleep in a moment. Nothing is lost.")


def nothing_to_stop(session: Session) -> Message | None:
    """Say that `session`, which Devin has, does nothing that could be stopped; None where a stop changes something."""
    state = session.display_state
    over = state is DisplayState.DONE and session.snapshot.status == "exit"
    return ALREADY_OVER if over else _NOTHING_TO_STOP.get(state)


def already_ended(session: Session) -> Message:
    """Say that `session`, which has ended, has ended already."""
    return ALREADY_ARCHIVED if session.display_state is DisplayState.ARCHIVED else ALREADY_ENDED


def none_sent(unsent: int) -> Message:
    """Report that `unsent` replies that waited were not sent to a session in which there was nothing else to stop."""
    return message_of(":black_square_for_stop:", _unsent(unsent, "because of a stop"))


def stop_confirm(session: Session) -> Message:
    """Ask a person who did not ask for `session` whether to stop it, with a button for each answer."""
    text = (
        f"{asker_name(session)} asked for “{fitted(session.title)}”. Stop it? "
        "Devin then sleeps; nothing is lost, and a reply wakes it. Nothing was changed yet."
    )
    row = blocks.actions(
        questions.choice("Stop it", registry.STOP_CONFIRMED, session.id, style="danger"),
        questions.no("Leave it running", QUESTION, session.id),
    )
    return Message(text, [blocks.section(text), *row])


def mentioning(users: Sequence[str], message: Message) -> Message:
    """Have the `message` that a session was stopped mention `users`, if there are any."""
    return replace(message, text=" ".join([*map(mention, users), message.text]))


def stopped(by: str, unsent: int = 0, *, shared: bool = False) -> Message:
    """Report that `by` stopped the session, and that `unsent` replies that waited were not sent to Devin.

    In a channel that another company has `shared` replies are refused, so none of them wakes Devin.
    """
    whose = f" by {fitted(by)}" if by else ""
    but = ", but not while another company shares this channel" if shared else ""
    return message_of(
        f":black_square_for_stop: Stopped{whose}. Devin sleeps and nothing is lost; "
        f"a reply in this thread wakes it{but}.",
        _unsent(unsent, "because the stop came first"),
    )


def cancelled(by: str, unsent: int = 0) -> Message:
    """Report that `by` stopped the session before Devin had it, and that `unsent` replies were not sent."""
    whose = f" by {fitted(by)}" if by else ""
    return message_of(
        f":black_square_for_stop: Cancelled{whose} before it began: nothing was started and nothing was spent.",
        _unsent(unsent, "because there is no session"),
    )


def stop_failed(url: str | None, reference: str, unsent: int = 0) -> Message:
    """Report that the session at `url` still runs because Devin did not accept the stop.

    `unsent` replies were not sent to Devin, and `reference` leads to the lines in the log.
    """
    return message_of(
        ":warning: Devin could not be told to stop, so *the session is still running*. Stop it in",
        f"{link(url, 'Devin')}, or try `!stop` again in a minute.",
        _unsent(unsent, "because the stop came first"),
        f"Reference {code(reference)}.",
    )


def archived(by: str, unsent: int = 0) -> Message:
    """Report that `by` archived the session and closed its thread, and that `unsent` replies were not sent."""
    whose = f" by {fitted(by)}" if by else ""
    return message_of(
        f":file_cabinet: Archived{whose}. Replies in this thread no longer reach Devin.",
        _unsent(unsent, "because the session was archived first"),
        "Use `/devin` or mention Devin Bridge to start a new session.",
    )


def exit_confirm(session: Session) -> Message:
    """Ask whether to end `session` for good, with a button for each answer."""
    text = (
        f"End “{fitted(session.title)}” for good? It cannot be woken again; "
        "`!stop` only puts it to sleep. Nothing was changed yet."
    )
    row = blocks.actions(
        questions.choice("End for good", registry.EXIT_CONFIRMED, session.id, style="danger"),
        questions.no("Keep it", QUESTION, session.id),
    )
    return Message(text, [blocks.section(text), *row])


def exited(by: str, unsent: int = 0) -> Message:
    """Report that `by` ended the session for good, and that `unsent` replies were not sent to Devin."""
    whose = f" by {fitted(by)}" if by else ""
    return message_of(
        f":checkered_flag: Ended for good{whose}. Replies in this thread no longer reach Devin.",
        _unsent(unsent, "because the session was ended first"),
        "Use `/devin` or mention Devin Bridge to start a new session.",
    )


def _unsent(count: int, why: str) -> str:
    if not count:
        return ""
    verb = "was" if count == 1 else "were"
    noun = "reply" if count == 1 else "replies"
    return f"{count} waiting {noun} {verb} not sent to Devin, {why}."
