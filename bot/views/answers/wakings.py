"""The question before a reply wakes a session at the usual limit or after a long sleep, and what came of it."""

from typing import Final

from bot.domain.amounts import Money
from bot.domain.session import Session
from bot.domain.waking import WakeQuestion
from bot.views import blocks, questions
from bot.views.message import Message
from bot.views.text import duration, fitted, limit_of_acus, money, total_acus

QUESTION: Final = "wake"  # the name of the question
WAKE: Final = "wake"  # the answer
WOKEN_BEFORE: Final = Message("Devin was already woken with your reply.")
WAITS_TOO: Final = Message("This reply waits too. Answer the question above: wake Devin, or keep it asleep.")
KEPT_ASLEEP: Final = Message("OK, Devin stays asleep. Your reply wasn't sent.")
LEFT_BEFORE: Final = Message(
    "That question was already answered, so nothing was sent. Reply again if it still matters."
)


def ask_to_wake(session: Session, question: WakeQuestion, target: str, cost: Money | None = None) -> Message:
    """Ask the author of a reply whether it may wake `session`; `target` is what the buttons carry."""
    text = f"{_reason(session, question, cost)} Wake it anyway?"
    row = blocks.actions(
        questions.answer("Wake it", QUESTION, WAKE, target, style="primary"),
        questions.no("Keep asleep", QUESTION, target),
    )
    return Message(text, [blocks.section(text), *row])


def _reason(session: Session, question: WakeQuestion, cost: Money | None) -> str:
    total = total_acus(session.snapshot.acus, None) if session.snapshot.acus else ""
    ceiling = "" if question.ceiling is None else limit_of_acus(question.ceiling)
    facts = [
        ceiling and f"used up its {ceiling}",
        "" if question.slept is None else f"slept for {duration(question.slept)}",
    ]
    known = ", ".join(filter(None, ["" if total == ceiling else total, money(cost) if total and cost else ""]))
    so_far = f" ({known})" if known else ""
    return f"This session {' and '.join(filter(None, facts))}{so_far}."


def waking(question: WakeQuestion | None, replies: int) -> Message:
    """Confirm to whoever said yes to `question` that the `replies` are sent; None if the session was awake by then."""
    if question is None:
        return Message(f"Devin is already awake. Sending your {_replies(replies)}.")
    return Message(f"Waking Devin with your {_replies(replies)}.")


def left_asleep(by: str, replies: int) -> Message:
    """Report in the thread that `by` kept Devin asleep, or nobody chose if it is empty, and `replies` were not sent."""
    unsent = "1 reply *wasn't sent*" if replies == 1 else f"{replies} replies *weren't sent*"
    why = f"{fitted(by)} kept Devin asleep" if by else "No one chose within a day"
    then = "Reply again if you want to wake it."
    return Message(f":zzz: {why}, so {unsent}. {then}")


def _replies(count: int) -> str:
    return "reply" if count == 1 else f"{count} replies"
