"""The answers to what people write in a session's thread."""

from typing import Final

from bot.domain.commands.parser import UnknownVerb
from bot.domain.session import Session
from bot.domain.turn_taking import NotForDevin
from bot.views import blocks, questions
from bot.views.answers import failures as failure_sentences
from bot.views.answers.wording import PROMPT_SHOWN, code, message_of, one_of
from bot.views.message import Message
from bot.views.text import fitted, link

# The question about a line of a direct message that was added to the last session, and its answer.
ADDED: Final = "added"
OWN: Final = "own"
LONGEST_VALUE: Final = 2_000  # characters, of a button at Slack
MUTED: Final = Message(
    ":mute: Muted: replies in this thread are not sent to Devin until somebody writes `!unmute`. "
    "What Devin says still appears here."
)
UNMUTED: Final = Message(
    ":speaker: Unmuted: replies in this thread are sent to Devin again. Those written while muted were not sent."
)
THREAD_MUTED: Final = Message(
    ":mute: This thread is muted, so your reply was not sent to Devin. "
    "To send it, write `!unmute` and then reply again, or mention Devin Bridge in it."
)
ALREADY_MUTED: Final = Message("This thread is muted already; `!unmute` ends that.")
NOT_MUTED: Final = Message("This thread is not muted: every reply is sent to Devin.")
NOT_FOR_DEVIN: Final = {
    NotForDevin.ADDRESSED: Message(
        "You wrote to somebody else, so Devin didn't get this. Mention Devin Bridge to include it."
    ),
    NotForDevin.NO_MENTION: Message("Devin only gets mentions here. Mention Devin Bridge to send this."),
    NotForDevin.TALK: Message(
        "You're talking to each other, so Devin didn't get this. Mention Devin Bridge to include it."
    ),
}
ASIDE: Final = Message("Kept between you: that message was not sent to Devin.")
NOTHING_TO_REPLY_TO: Final = Message(
    "There is no session in this thread, so nothing was started. Write your task outside of it, "
    "or mention Devin Bridge with it here."
)
SESSION_ENDED: Final = Message(
    "This session has ended, so your reply was not sent to Devin. "
    "Use `/devin` or mention Devin Bridge with a task to start a new one."
)
START_UNKNOWN: Final = Message(
    "It is not known yet whether Devin has started this session, so your reply was not sent. If the session shows up, "
    "its card says so: then reply again. To start anew, first look in Devin, as the message above says, so that the "
    "task does not run twice; then mention Devin Bridge with the task."
)
SESSION_ARCHIVED: Final = Message(
    "This session is archived, so your reply was not sent to Devin. "
    "Use `/devin` or mention Devin Bridge with a task to start a new session."
)
EDIT_NOT_SENT: Final = Message(
    "Devin has read your message and is at rest now, so your edit was not sent. Write it as a reply if it matters."
)
STARTS_AS_IT_WAS: Final = Message("Devin starts with your message as it was. Your edit follows as a correction.")
CHANGED_SINCE: Final = Message(
    "You edited or deleted that message, so nothing was started. Write the task with `/devin`."
)
EDITED_LATE: Final = Message("Your edit came too late and did nothing. Write it as a new message.")
EDIT_IS_NO_COMMAND: Final = Message(
    "Devin has read your message, so your edit did nothing. Write the command as a new message."
)
REPLY_AT_LIMIT: Final = Message("Still paused at its limit. Devin sees your reply when it resumes.")
REPLY_LATE: Final = Message(
    ":hourglass_flowing_sand: Devin cannot be reached right now. Your reply is stored and is sent "
    "as soon as it can be; please don't write it again."
)

REPLY_NOT_TAKEN_YET: Final = Message(
    ":hourglass_flowing_sand: Devin takes no messages in this session right now. Your reply is stored and is sent "
    "as soon as it does; please don't write it again."
)


def added(session: Session, key: str, text: str) -> Message:
    """Say that a line of a direct message, which reads like a task, went to `session`, and offer to undo that.

    The button carries the `key` of the line's row, and its `text`; where Slack takes no button so long there is none.
    """
    said, subject = f"Added to “{fitted(session.title, PROMPT_SHOWN)}”.", f"{session.id}|{key}|{text}"
    if len(subject) > LONGEST_VALUE:
        return Message(said)
    row = blocks.actions(questions.answer("Make it a session of its own", ADDED, OWN, subject))
    return Message(said, [blocks.section(said), *row])


def had_by(session: Session) -> Message:
    """Say that a line that becomes a session of its own was read in `session` before."""
    return Message(f"Devin has read it in “{fitted(session.title, PROMPT_SHOWN)}” already. It starts a session too.")


def deleted(*, muted: bool) -> Message:
    """Tell the author of a message that was deleted that Devin has read it, and how to take it back."""
    how = "mention Devin Bridge in a reply, as this thread is muted" if muted else "reply"
    return Message(f"Devin has read the message that you deleted. To take it back, {how}.")


def approve_in_devin(session: Session) -> Message:
    """Explain that the approval that `session` waits for cannot be given by a reply, and link where it can."""
    where = link(session.url, "Open the session in Devin")
    return Message(
        f"Devin waits for an approval, which can't be given from Slack, so your reply was not sent. {where} "
        "to allow or refuse the next action."
    )


def reply_not_sent(reason: str, reference: str, excerpt: str = "", words: str = "") -> Message:
    """Report in the thread that a reply will not be sent to Devin, because of `reason`, a clause.

    `excerpt` is the beginning of the reply, `words` are Devin's own, and `reference` leads to its lines in the log.
    """
    which = f"The reply “{fitted(excerpt, PROMPT_SHOWN)}”" if excerpt else "A reply"
    return message_of(
        f":warning: {which} was *not sent* to Devin, because {fitted(reason, 300)}.",
        f"Devin says: “{fitted(words, 300)}”." if words else "",
        f"Write it again if it is still needed. Reference {code(reference)}.",
    )


def reply_uncertain(reference: str, excerpt: str = "") -> Message:
    """Report in the thread that it is unknown whether the reply that begins with `excerpt` reached Devin."""
    which = f"the reply “{fitted(excerpt, PROMPT_SHOWN)}”" if excerpt else "a reply"
    advice = "Look into the session in Devin before you write it again."
    return failure_sentences.outcome_unknown(f"{which} arrived", advice, reference)


def unknown_verb(verb: UnknownVerb) -> Message:
    """Explain that `verb` is no command or has to stand alone, and suggest the nearest command."""
    if verb.words:
        return Message(
            f"{code(verb.word)} takes {one_of(verb.words)}. Nothing was changed and nothing sent to Devin; "
            "without the `!` the message goes to Devin."
        )
    if verb.nearest == verb.word:
        return Message(
            f"{code(verb.word)} works only as the whole message, so nothing was done and nothing sent to Devin. "
            f"Write {code(verb.word)} alone, or the sentence without the `!`."
        )
    meant = f"Did you mean {code(verb.nearest)}? " if verb.nearest else ""
    return Message(
        f"There is no {code(verb.word)}, so nothing was done and nothing sent to Devin. {meant}"
        "`!help` lists what works here; without the `!` the message goes to Devin."
    )
