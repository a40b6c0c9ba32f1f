"""The answers to what people write in a session's thread."""

from typing import Final

from bot.domain.commands.parser import UnknownVerb
from bot.domain.commands.registry import GIVE, HELP, STOP, STOP_LISTED
from bot.domain.dead_ends import WayOn
from bot.domain.reply_rules import Situation, situation_of
from bot.domain.session import Session
from bot.domain.settings_values import TurnTaking
from bot.domain.turn_taking import NotForDevin
from bot.views import blocks, questions
from bot.views.answers import failures as failure_sentences
from bot.views.answers.starts import AS_REPLY, COMMAND, MAY_BE_ANSWERS
from bot.views.answers.wording import PROMPT_SHOWN, code, message_of, one_of
from bot.views.message import Block, Message
from bot.views.sentences import STOPPABLE
from bot.views.text import QUOTED, fitted, link, linked_title, notified
from bot.views.turn_taking import REACHES

# The question about a line of a direct message that was added to the last session, and its answer.
ADDED: Final = "added"
OWN: Final = "own"
ANSWERED: Final = "Answered from this session's figures. Nothing was sent to Devin."
LONGEST_VALUE: Final = 2_000  # characters, of a button at Slack
MUTED: Final = Message(
    ":mute: Muted: Devin won't see replies until someone sends `!unmute`. You'll still see Devin's messages."
)
THREAD_MUTED: Final = Message(
    ":mute: This thread is muted, so your reply wasn't sent. Send `!unmute` first, or mention Devin Bridge "
    "in your reply."
)
ALREADY_MUTED: Final = Message("This thread is already muted. Send `!unmute` to unmute it.")
NOT_FOR_DEVIN: Final = {
    NotForDevin.ADDRESSED: Message("Not sent to Devin: you wrote to someone else. Mention Devin Bridge to send it."),
    NotForDevin.NO_MENTION: Message("Devin only gets mentions here. Mention Devin Bridge to send this."),
    NotForDevin.TALK: Message(
        "Not sent to Devin: this looked like a side conversation. Mention Devin Bridge to send it."
    ),
}
ASIDE: Final = Message("Not sent to Devin. Only people in this thread can see it.")
NOTHING_TO_REPLY_TO: Final = Message(
    "There's no session in this thread. Nothing was started. Mention Devin Bridge with your task."
)
SESSION_ENDED: Final = Message(
    "This session has ended, so your reply wasn't sent. Mention Devin Bridge to start a new one."
)
START_UNKNOWN: Final = Message(
    "Your reply wasn't sent: still checking whether this session started. Reply again when the card updates."
)
SESSION_ARCHIVED: Final = Message(
    "This session is archived, so your reply wasn't sent. Mention Devin Bridge to start a new one."
)
SESSION_UNFOLLOWED: Final = Message(
    "Not sent: this session is no longer linked to the thread. Reply in Devin, or relink with `!adopt`."
)
NAME_REFUSED: Final = Message(
    "Your reply wasn't sent: Devin doesn't accept replies in your name. Ask an admin to check your Devin account."
)
EDIT_NOT_SENT: Final = Message(
    "Devin has read your message and finished, so your edit wasn't sent. Reply if it matters."
)
STARTS_AS_IT_WAS: Final = Message("Devin starts with your message as it was. Your edit follows as a correction.")
CHANGED_SINCE: Final = Message("You edited or deleted that message. Nothing was started; write the task with `/devin`.")
EDITED_LATE: Final = Message("Too late to edit that message. Send the change as a new one.")
EDIT_IS_NO_COMMAND: Final = Message(
    "Devin has read your message, so your edit did nothing. Send the command as a new message."
)
REPLY_AT_LIMIT: Final = Message("Still paused at its limit. Devin sees your reply when it resumes.")
OUT_OF_ACUS: Final = Message(
    "Your reply wasn't sent: this session is out of ACUs. A new session continues it here and reads your reply."
)
OUT_OF_ACUS_FOR_LONG: Final = Message("Your reply wasn't sent: this session is out of ACUs.")  # its task is gone
FAILED_BEFORE: Final = Message("Your reply wasn't sent: this session failed. Try again here with the same task?")
FAILED_FOR_LONG: Final = Message("Your reply wasn't sent: this session failed.")  # its task is gone
REPLY_AFTER_FAILURE: Final = Message("Devin has your reply, but this session failed and might stay silent.")
REPLY_AFTER_END: Final = Message("Devin has your reply, but this session has ended and might stay silent.")
REPLY_LATE: Final = Message(
    ":hourglass_flowing_sand: Devin can't be reached right now. Your reply is stored and sent later; no need to resend."
)
REPLY_KEY_REFUSED: Final = Message(
    f":hourglass_flowing_sand: {failure_sentences.KEY_REFUSED} Your reply is stored and sent later; no need to resend."
)
REPLY_NOT_TAKEN_YET: Final = Message(
    ":hourglass_flowing_sand: Devin can't take messages in this session right now. Your reply "
    "is stored and sent later; no need to resend."
)


def unmuted(turns: TurnTaking) -> Message:
    """Confirm that the thread is not muted any more, where `turns` holds."""
    return Message(f":speaker: Unmuted. {REACHES[turns]} Replies written while muted didn't.")


def not_muted(turns: TurnTaking) -> Message:
    """Say that the thread is not muted, where `turns` holds."""
    return Message(f"This thread isn't muted. {REACHES[turns]}")


def added(session: Session, thread: str | None, key: str, text: str) -> Message:
    """Say that a line of a direct message, which reads like a task, went to `session`, and offer to undo that.

    Its `thread` is linked. The button carries the `key` of the line's row, and its `text`; where Slack takes no button
    so long there is none.
    """
    said = f"Added to {linked_title(session.title, thread, session.url, PROMPT_SHOWN, QUOTED)}."
    subject = f"{session.id}|{key}|{text}"
    if len(subject) > LONGEST_VALUE:
        return Message(said)
    row = blocks.actions(questions.answer("Start separate session", ADDED, OWN, subject))
    return Message(notified(said), [blocks.section(said), *row])


def had_by(session: Session, thread: str | None) -> Message:
    """Say that a line that becomes a session of its own was read in `session`, whose `thread` is linked, before."""
    title = linked_title(session.title, thread, session.url, PROMPT_SHOWN, QUOTED)
    return Message(f"Devin already read this in {title}. It also starts a separate session.")


def deleted(session: Session | None, *, muted: bool) -> Message:
    """Tell the author of a message that was deleted that Devin has read it, and how to take it back, or stop Devin."""
    how = "mention Devin Bridge in a reply (this thread is muted)" if muted else "tell Devin in a reply"
    text = f"Devin has read the message you deleted. To take it back, {how}."
    if session is None or session.display_state not in STOPPABLE:
        return Message(text)
    stop = questions.choice(MAY_BE_ANSWERS[STOP], STOP, session.id)
    return Message(text, [blocks.section(text), *blocks.actions(stop)])


def deleted_task(session: Session) -> Message:
    """Tell the author of a deleted task that Devin works on `session`, whose thread is gone with the task."""
    text = "Devin already has the task you deleted"
    task = link(session.url, session.title, PROMPT_SHOWN)
    stop = questions.choice("Stop", STOP_LISTED, session.id)
    return Message(f"{text}.", [blocks.section(f"{text}: {task}."), *blocks.actions(stop)])


def ask_if_for_devin(session: Session, key: str, reply: str) -> Message:
    """Ask whether a `reply`, which waits under `key`, is for Devin in `session`: it reads as if it was not."""
    situation = situation_of(session)
    costs = situation in {Situation.ANSWERED, Situation.RESTS, Situation.STUCK}
    why = ", because new work uses ACUs" if costs else " yet"
    text = f"Is “{fitted(reply, PROMPT_SHOWN)}” for Devin? It hasn't been sent{why}."
    stop = questions.choice(MAY_BE_ANSWERS[STOP], STOP, session.id) if situation is Situation.WORKS else None
    help_here = questions.choice("Show help", HELP, "")
    return Message(text, [blocks.section(text), *blocks.actions(send(key), stop, help_here)])


def answered(answer: Message, button: Block) -> Message:
    """Put a `button` under what a reply was answered: it sends the reply after all, or is the way on of its session."""
    return Message(ANSWERED, [*blocks.sections(answer.text.splitlines()), *blocks.actions(button)])


def send(key: str) -> Block:
    """Return the button that sends a reply, which waits under `key`, to Devin after all."""
    return questions.answer("Send to Devin", COMMAND, AS_REPLY, key)


def leads_nowhere(way: WayOn | None, *, kept: bool) -> Message:
    """Say that a reply is not sent to a session that gets no further, which has this `way` on if its task is `kept`."""
    if way is WayOn.CONTINUE:
        return OUT_OF_ACUS if kept else OUT_OF_ACUS_FOR_LONG
    if way is WayOn.TRY_AGAIN:
        return FAILED_BEFORE if kept else FAILED_FOR_LONG
    return SESSION_ENDED


def approve_in_devin(session: Session) -> Message:
    """Explain that the approval that `session` waits for cannot be given by a reply, and link where it can."""
    where = link(session.url, "Open the session in Devin")
    return Message(f"Devin needs an approval, so your reply wasn't sent. {where} to approve or deny it.")


def reply_not_sent(reason: str, reference: str, excerpt: str = "", words: str = "") -> Message:
    """Report in the thread that a reply will not be sent to Devin, because of `reason`, a clause.

    `excerpt` is the beginning of the reply, `words` are Devin's own, and `reference` leads to its lines in the log.
    """
    which = f"The reply “{fitted(excerpt, PROMPT_SHOWN)}”" if excerpt else "A reply"
    return message_of(
        f":warning: {which} *wasn't sent* to Devin: {fitted(reason, 300)}.",
        f"Devin says: “{fitted(words, 300)}”." if words else "",
        f"Write it again if it still matters. Error ID {code(reference)}.",
    )


def reply_uncertain(reference: str, excerpt: str = "") -> Message:
    """Report in the thread that it is unknown whether the reply that begins with `excerpt` reached Devin."""
    which = f"the reply “{fitted(excerpt, PROMPT_SHOWN)}”" if excerpt else "a reply"
    advice = "Check Devin before you send it again."
    return failure_sentences.outcome_unknown(f"{which} arrived", advice, reference)


def unknown_verb(verb: UnknownVerb) -> Message:
    """Explain that `verb` is no command or has to stand alone, and suggest the nearest command."""
    if verb.words:
        return Message(f"Send {code(verb.word)} with {one_of(verb.words)}. To send this text to Devin, drop the `!`.")
    if verb.word == GIVE.ways[-1].phrase == verb.nearest:
        how = f"To hand this session over, send {code(f'{verb.word} @')} and pick the person from Slack's list."
        return Message(f"{how} To send this text to Devin, drop the `!`.")
    if verb.nearest == verb.word:
        return Message(f"Send {code(verb.word)} on its own. To send this text to Devin, drop the `!`.")
    meant = f"Did you mean {code(verb.nearest)}? " if verb.nearest else ""
    return Message(
        f"There's no {code(verb.word)}. {meant}`!help` lists what works here. To send this text to Devin, drop the `!`."
    )
