"""The answers about failures: of the store, of calls whose answer got lost, and of posts."""

from typing import Final

from bot.domain.session import Session
from bot.views.answers.wording import code
from bot.views.message import Message
from bot.views.text import link, when

STORE_DOWN: Final = Message("Devin Bridge can't store anything right now. Nothing was started; try again in a minute.")
NOT_STORED: Final = Message("Devin Bridge can't store anything right now. Nothing was changed; try again in a minute.")
MAYBE_STORED: Final = Message(
    "Devin Bridge couldn't confirm your command. If nothing happens within a minute, type it again."
)
KEY_REFUSED: Final = "Devin doesn't accept Devin Bridge's key right now."
CARD_LOST: Final = Message(
    ":warning: This session's card can no longer be updated. The session keeps running; "
    "send `!status` to see its state."
)


def not_done(reference: str) -> Message:
    """Report that nothing came of what a person asked for; `reference` leads to the lines in the log."""
    return Message(
        ":warning: That didn't work, and nothing changed. Try again. If that fails, give "
        f"your Devin Bridge operator this error ID: {code(reference)}."
    )


def outcome_unknown(what: str, advice: str, reference: str) -> Message:
    """Report that it is unknown whether `what`, a clause, is true.

    `advice` is a sentence about how people can find out. `reference` leads to the lines in the log.
    """
    return Message(f":warning: {lost_answer(what)} {advice} Error ID {code(reference)}.")


def lost_answer(what: str) -> str:
    """The sentence that it is unknown whether `what`, a clause, is true."""
    return f"Devin didn't respond, so it's unclear whether {what}."


def not_readable(reference: str, *, maybe_done: bool) -> Message:
    """Report in the thread that a stored row cannot be read, so that what it asked for is not done.

    With `maybe_done` an earlier attempt may have done it. `reference` leads to the lines in the log.
    """
    if maybe_done:
        outcome = "It might have worked; check Devin before you try again."
    else:
        outcome = "Ask again if you still need it."
    return Message(
        f":warning: A different version stored this request and it can't be read. {outcome} Error ID {code(reference)}."
    )


def posting_lost(channel: str, session: Session | None = None) -> Message:
    """Report to the asker in a direct message that Devin's messages can no longer be posted in `channel`.

    With a `session` the answer adds that it goes on, and how to stop it.
    """
    sentence = f":warning: Devin Bridge can no longer post in <#{channel}> (removed, archived, or not allowed)."
    if session is None:
        return Message(sentence)
    return Message(
        f"{sentence} Session {link(session.url, session.title)} keeps running. Type `/invite "
        "@Devin Bridge` there, or stop it with `/devin stop`."
    )


def posting_restricted(channel: str, session: Session) -> Message:
    """Report to the asker of `session` in a direct message that only some people may post in `channel` now."""
    return Message(
        f":warning: Devin Bridge can no longer post in <#{channel}>. Session "
        f"{link(session.url, session.title)} keeps running. Ask the channel's manager to let "
        "it post, or stop the session with `/devin stop`."
    )


def channel_shared(session: Session) -> Message:
    """Report to the asker in a direct message that the channel of `session` is shared with another company now."""
    return Message(
        f":lock: <#{session.channel}> is now shared with another company, so Devin's messages don't appear there. "
        f"Session {link(session.url, session.title)} keeps running. Follow it in "
        "Devin, or stop it with `/devin stop`."
    )


def reference_copied(session: Session, url: str) -> Message:
    """Inform the admins that a session at Devin, at `url`, has the reference of `session` and was not made for it."""
    return Message(
        f":warning: {link(url, 'A session in Devin')} has the reference of a thread in "
        f"<#{session.channel}>, but Devin Bridge didn't start it. It was left alone. Check in Devin who started it "
        f"with {code(session.reference or '')}."
    )


def store_restored(since: float) -> Message:
    """Inform the admins that a backup from the instant `since` was put back as the store."""
    return Message(
        f":information_source: Devin Bridge's store was restored as of {when(since)}. Work done since then is looked "
        "up before it's repeated. Settings and budgets changed since then are lost; set them again."
    )


def without_thread(url: str) -> Message:
    """Inform the admins that the session at Devin at `url` has no thread, after a backup was put back."""
    return Message(
        f":warning: Since the restore, {link(url, 'a session in Devin')} has no thread. "
        "To link it to a thread, mention Devin Bridge with `adopt` and the session link."
    )


def post_lost(reference: str, url: str | None = None) -> Message:
    """Report in a thread that one message of Devin's could not be shown; `url` is the session at Devin."""
    return Message(
        f":warning: One of Devin's messages couldn't be shown. Read it in {link(url, 'Devin')}. "
        f"Error ID {code(reference)}."
    )
