"""The answers to the commands that stop, archive or end a session."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.commands import registry
from bot.domain.session import DisplayState, Session
from bot.domain.settings_values import TurnTaking
from bot.views import blocks, questions
from bot.views.answers.wording import code, message_of
from bot.views.message import Message
from bot.views.sentences import asker_name, mention
from bot.views.text import QUOTED, counted, fitted, link, linked_title, tenths_of_acus
from bot.views.turn_taking import in_turns

QUESTION: Final = "session"  # the name of the questions whether to stop or to end one
STOP_AFTER_CHECK: Final = Message("Checking whether your session started. If it did, it's stopped at once.")
ALREADY_STOPPED: Final = Message("This session is already stopped. Reply in its thread to resume.")
ALREADY_ASLEEP: Final = Message("This session is already asleep. Reply in its thread to resume.")
ALREADY_DONE: Final = Message("This session is already done. Reply in its thread for changes.")
ALREADY_STOPPED_HERE: Final = Message("This session is already stopped. Reply here to resume.")
ALREADY_ASLEEP_HERE: Final = Message("This session is already asleep. Reply here to resume.")
ALREADY_DONE_HERE: Final = Message("This session is already done. Reply here for changes.")
ALREADY_OVER: Final = Message("This session is already done. There was nothing to stop.")  # and takes no more replies
ALREADY_FAILED: Final = Message("This session has failed. There was nothing to stop.")
NOTHING_TO_STOP: Final = Message("None of your sessions is running. `/devin list` shows them.")
NONE_RUNS: Final = Message("No session is running here.")
EVERYBODYS: Final = "all"  # whose sessions a choice to stop all of them means
OWN: Final = "mine"
STOP_EVERYBODYS: Final = "stop everyone's sessions"
STOP_UNKNOWN: Final = Message(
    "Not stopped: still checking whether this session started. If it shows up in Devin, stop it there."
)
EXIT_DONE: Final = Message("The session was ended permanently.")
STOP_DONE: Final = Message("The session was stopped.")
ARCHIVE_DONE: Final = Message("The session was archived.")
SESSION_KEPT: Final = Message("OK, nothing was changed.")
ALREADY_ENDED: Final = Message("This session has already ended. `/devin` starts a new one.")
NOT_FOLLOWED: Final = Message(
    "This session is no longer linked here. To link it again, send `!adopt` and the session link."
)
ALREADY_ARCHIVED: Final = Message("This session is already archived. `/devin` starts a new one.")

_NOTHING_TO_STOP: Final[Mapping[DisplayState, Message]] = {
    DisplayState.DONE: ALREADY_DONE,
    DisplayState.ASLEEP: ALREADY_ASLEEP,
    DisplayState.STOPPED: ALREADY_STOPPED,
    DisplayState.FAILED: ALREADY_FAILED,
    DisplayState.ENDED: ALREADY_ENDED,
}
_IN_ITS_THREAD: Final = {
    ALREADY_DONE.text: ALREADY_DONE_HERE,
    ALREADY_STOPPED.text: ALREADY_STOPPED_HERE,
    ALREADY_ASLEEP.text: ALREADY_ASLEEP_HERE,
}


def stopping(session: Session, thread: str | None, stand_in: str | None = None) -> Message:
    """Confirm a command that stops `session`, whose `thread` is linked, before Devin is asked.

    A `stand_in` takes the place of title and links, where the person may not see them.
    """
    title = linked_title(session.title, thread, session.url, 150, QUOTED)
    title = f"{stand_in[:1].lower()}{stand_in[1:]}" if stand_in else title
    return Message(f"Stopping {title}. Reply to resume.")


def archiving(session: Session, thread: str | None) -> Message:
    """Confirm a command that archives `session`, whose `thread` is linked, before Devin is asked."""
    title = linked_title(session.title, thread, session.url, 150, QUOTED)
    return Message(f"Archiving {title}. After that, replies there won't reach Devin.")


def nothing_to_stop(session: Session) -> Message | None:
    """Say that `session`, which Devin has, does nothing that could be stopped; None where a stop changes something."""
    state = session.display_state
    over = state is DisplayState.DONE and session.snapshot.status == "exit"
    return ALREADY_OVER if over else _NOTHING_TO_STOP.get(state)


def in_its_thread(nothing: Message) -> Message:
    """Say that there is `nothing` to stop in the session's own thread, where people reply."""
    return _IN_ITS_THREAD.get(nothing.text, nothing)


def already_ended(session: Session) -> Message:
    """Say that `session`, which has ended, has ended already."""
    said = {DisplayState.ARCHIVED: ALREADY_ARCHIVED, DisplayState.UNFOLLOWED: NOT_FOLLOWED}
    return said.get(session.display_state, ALREADY_ENDED)


def none_sent(unsent: int) -> Message:
    """Report that `unsent` replies that waited were not sent to a session in which there was nothing else to stop."""
    return message_of(":black_square_for_stop:", _unsent(unsent))


def stop_confirm(session: Session) -> Message:
    """Ask a person who did not ask for `session` whether to stop it, with a button for each answer."""
    text = f"{asker_name(session)} started “{fitted(session.title)}”. Stop it? Reply to resume later."
    row = blocks.actions(
        questions.choice("Stop it", registry.STOP_CONFIRMED, session.id, style="danger"),
        questions.no("Keep running", QUESTION, session.id),
    )
    return Message(text, [blocks.section(text), *row])


def stop_named(session: Session, typed: str) -> Message:
    """Ask a person whether they mean their own `session`, whose title has the words that were `typed`."""
    text = f"Stop “{fitted(session.title)}”? Reply in its thread to resume later."
    row = blocks.actions(
        questions.choice("Stop it", registry.STOP_LISTED, session.id, style="danger"),
        questions.no("Keep running", QUESTION, session.id),
        questions.choice("Start a session", registry.START, f"stop {typed}"),
    )
    return Message(text, [blocks.section(text), *row])


def archive_confirm(session: Session) -> Message:
    """Ask a person who did not ask for `session` whether to archive it, with a button for each answer."""
    who, title = asker_name(session), fitted(session.title)
    text = f"{who} started “{title}”. Archive it? After that, replies here won't reach Devin."
    row = blocks.actions(
        questions.choice("Archive it", registry.ARCHIVE_CONFIRMED, session.id, style="danger"),
        questions.no("Keep open", QUESTION, session.id),
    )
    return Message(text, [blocks.section(text), *row])


def stop_all_confirm(found: Sequence[Session], user: str) -> Message:
    """Ask `user` whether to stop the sessions that were `found`, with how many there are and what they have cost."""
    own = sum(session.requester == user for session in found)
    people = len({session.requester for session in found})
    spent = sum(session.snapshot.acus for session in found)
    whose = "your" if own == len(found) else ""
    said = message_of(
        f"Stop {whose} {counted(len(found), 'session')}?".replace("  ", " "),
        f"{counted(people, 'person')} started them.".replace("persons", "people") if not whose else "",
        f"So far: {tenths_of_acus(spent)}." if spent else "",
        "A reply in a thread resumes its session.",
    )
    row = blocks.actions(
        questions.choice(
            f"Stop {len(found)}", registry.STOP_ALL_CONFIRMED, OWN if whose else EVERYBODYS, style="danger"
        ),
        questions.choice(f"Stop my {own}", registry.STOP_ALL_CONFIRMED, OWN, beside=OWN) if own and not whose else None,
        questions.no("Keep running", QUESTION, "all"),
    )
    return Message(said.text, [blocks.section(said.text), *row])


def stopping_all(count: int, *, admin: bool) -> Message:
    """Confirm that `count` sessions are being stopped; an `admin` reads what keeps others from being started."""
    if not count:
        return NONE_RUNS if admin else NOTHING_TO_STOP
    each = "Its thread confirms it." if count == 1 else "Each thread confirms it."
    more = "To keep new ones from starting, use `/devin pause`." if admin else ""
    return message_of(f"Stopping {counted(count, 'session')}.", each, more)


def mentioning(users: Sequence[str], message: Message) -> Message:
    """Have the `message` that a session was stopped mention `users`, if there are any."""
    return replace(message, text=" ".join([*map(mention, users), message.text]))


def stopped(
    by: str, unsent: int = 0, *, shared: bool = False, spent: bool = False, turns: TurnTaking = TurnTaking.ALL
) -> Message:
    """Report that `by` stopped the session, and that `unsent` replies that waited were not sent to Devin.

    In a channel that another company has `shared` replies are refused, so none of them wakes Devin, nor does one where
    the session has `spent` its limit. Else those do that reach Devin where `turns` holds.
    """
    whose = f" by {fitted(by)}" if by else ""
    then = "Out of ACUs." if spent else in_turns("Reply to resume.", turns)
    if shared:
        then = "While another company shares this channel, replies don't wake the session."
    return message_of(
        f":black_square_for_stop: Stopped{whose}. {then}",
        _unsent(unsent),
    )


def cancelled(by: str, unsent: int = 0) -> Message:
    """Report that `by` stopped the session before Devin had it, and that `unsent` replies were not sent."""
    whose = f" by {fitted(by)}" if by else ""
    return message_of(
        f":black_square_for_stop: Canceled{whose} before it started. No ACUs were used.",
        _unsent(unsent),
    )


def stop_failed(url: str | None, reference: str, unsent: int = 0) -> Message:
    """Report that the session at `url` still runs because Devin did not accept the stop.

    `unsent` replies were not sent to Devin, and `reference` leads to the lines in the log.
    """
    return message_of(
        ":warning: Devin rejected the stop, so *the session is still running*. Stop it in",
        f"{link(url, 'Devin')}, or try `!stop` again in a minute.",
        _unsent(unsent),
        f"Error ID {code(reference)}.",
    )


def archived(by: str, unsent: int = 0) -> Message:
    """Report that `by` archived the session and closed its thread, and that `unsent` replies were not sent."""
    whose = f" by {fitted(by)}" if by else ""
    return message_of(
        f":file_cabinet: Archived{whose}. Replies here no longer reach Devin.",
        _unsent(unsent),
    )


def exit_confirm(session: Session) -> Message:
    """Ask whether to end `session` for good, with a button for each answer."""
    text = f"End “{fitted(session.title)}” permanently? It can't be resumed; `!stop` keeps it asleep instead."
    row = blocks.actions(
        questions.choice("End permanently", registry.EXIT_CONFIRMED, session.id, style="danger"),
        questions.no("Keep open", QUESTION, session.id),
    )
    return Message(text, [blocks.section(text), *row])


def exited(by: str, unsent: int = 0) -> Message:
    """Report that `by` ended the session for good, and that `unsent` replies were not sent to Devin."""
    whose = f" by {fitted(by)}" if by else ""
    return message_of(
        f":checkered_flag: Ended permanently{whose}. Replies here no longer reach Devin.",
        _unsent(unsent),
    )


def _unsent(count: int) -> str:
    if not count:
        return ""
    return f"{'1 waiting reply wasn' if count == 1 else f'{count} waiting replies weren'}'t sent to Devin."
