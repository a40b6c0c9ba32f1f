"""The answers about failures: of the store, of calls whose answer got lost, and of posts."""

from typing import Final

from bot.domain.session import Session
from bot.views.answers.wording import code
from bot.views.message import Message
from bot.views.text import link

STORE_DOWN: Final = Message(
    "Devin Bridge cannot store anything at the moment. Nothing was started; try again in a minute."
)
NOT_STORED: Final = Message(
    "Devin Bridge cannot store anything at the moment. Nothing was changed; try again in a minute."
)
MAYBE_STORED: Final = Message(
    "Devin Bridge could not confirm that it has stored this command, so it may or may not be carried out. "
    "Wait a minute; if nothing has happened by then, type it again."
)
CARD_LOST: Final = Message(
    ":warning: This session's card can no longer be kept up to date here; the session goes on. "
    "`!status` tells where it stands."
)


def not_done(reference: str) -> Message:
    """Report that nothing came of what a person asked for; `reference` leads to the lines in the log."""
    return Message(
        ":warning: Devin Bridge could not do what you asked for, and nothing was changed. "
        f"Try again; if it fails again, give the reference {code(reference)} to whoever runs Devin Bridge."
    )


def outcome_unknown(what: str, advice: str, reference: str) -> Message:
    """Report that it is unknown whether `what`, a clause, is true.

    `advice` is a sentence about how people can find out. `reference` leads to the lines in the log.
    """
    return Message(f":warning: {lost_answer(what)} {advice} Reference {code(reference)}.")


def lost_answer(what: str) -> str:
    """The sentence that it is unknown whether `what`, a clause, is true."""
    return f"Devin's answer got lost, so we do not know whether {what}."


def not_readable(reference: str, *, maybe_done: bool) -> Message:
    """Report in the thread that a stored row cannot be read, so that what it asked for is not done.

    With `maybe_done` an earlier attempt may have done it. `reference` leads to the lines in the log.
    """
    if maybe_done:
        outcome = "we do not know whether it was done. Look into the session in Devin before you ask for it again."
    else:
        outcome = "it was not done. Ask for it again if it is still needed."
    return Message(
        ":warning: Something that was asked for here was stored by another version of Devin Bridge and cannot be read, "
        f"so {outcome} Reference {code(reference)}."
    )


def posting_lost(channel: str, session: Session | None = None) -> Message:
    """Report to the asker in a direct message that Devin's messages can no longer be posted in `channel`.

    With a `session` the answer adds that it goes on, and how to stop it.
    """
    sentence = (
        f":warning: Devin Bridge can no longer post in <#{channel}> (removed, archived or not allowed), "
        "so news from Devin does not appear there."
    )
    if session is None:
        return Message(sentence)
    return Message(
        f"{sentence} The session {link(session.url, session.title)} goes on at Devin. "
        "Invite Devin Bridge again with `/invite @Devin Bridge`, or stop the session with `/devin stop`."
    )


def posting_restricted(channel: str, session: Session) -> Message:
    """Report to the asker of `session` in a direct message that only some people may post in `channel` now."""
    return Message(
        f":warning: Devin Bridge may no longer post in <#{channel}>, where only some people may, "
        f"so news from Devin does not appear there. The session {link(session.url, session.title)} goes on at Devin. "
        "Ask whoever manages the channel to let Devin Bridge post, or stop the session with `/devin stop`."
    )


def channel_shared(session: Session) -> Message:
    """Report to the asker in a direct message that the channel of `session` is shared with another company now."""
    return Message(
        f":lock: <#{session.channel}> is now shared with another company, so what Devin says does not appear there. "
        f"The session {link(session.url, session.title)} goes on: open it in Devin, or stop it with `/devin stop`. "
        "Once the channel is no longer shared, what Devin says from then on appears there again."
    )


def reference_copied(session: Session, url: str) -> Message:
    """Inform the admins that a session at Devin, at `url`, has the reference of `session` and was not made for it."""
    return Message(
        f":warning: {link(url, 'A session in Devin')} has the reference of a thread in <#{session.channel}>, but "
        "Devin Bridge did not start it for that thread. It is left alone, and the thread stays as it is. "
        f"Check in Devin who started it and why it has {code(session.reference or '')}."
    )


def post_lost(reference: str, url: str | None = None) -> Message:
    """Report in a thread that one message of Devin's could not be shown; `url` is the session at Devin."""
    return Message(
        f":warning: One message of Devin's could not be shown here. Read it in {link(url, 'Devin')}. "
        f"Reference {code(reference)}."
    )
