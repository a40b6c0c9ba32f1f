"""The answers about sessions: lists of them, the status of one, and what one has used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.session import Session
from bot.views import blocks
from bot.views.answers.wording import code
from bot.views.card import option_words, pull_request_lines, spent
from bot.views.message import Message
from bot.views.sentences import STATE_EMOJI, STATE_WORDS, asker_name, state_sentence
from bot.views.text import ago, counted, link

NO_SESSIONS: Final = Message(
    "You have no open sessions. `/devin fix the flaky login test` would start one; `/devin help` shows more."
)
NO_SESSION_HERE: Final = Message(
    "There is no session in this thread, so nothing was changed. "
    "Mention Devin Bridge with a task to start one, or use `/devin list` to see yours."
)
MOST_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in a list, with the address of its Slack thread where that is known."""

    session: Session
    permalink: str | None = None


def session_list(listed: Sequence[Listed]) -> Message:
    """List the sessions in `listed` under the numbers that `status`, `stop` and `archive` accept."""
    if not listed:
        return NO_SESSIONS
    return _numbered(f"You have {counted(len(listed), 'session')}:", listed)


def several_sessions(verb: str, listed: Sequence[Listed]) -> Message:
    """Ask which session of `listed` the command `verb` was meant for."""
    return _numbered(
        f"You have {counted(len(listed), 'open session')}, so nothing was done yet. "
        f"Say which one is meant, for example `/devin {verb} 1`:",
        listed,
    )


def no_such_session(which: str) -> Message:
    """Report that the person has no open session with the number or id `which`."""
    return Message(
        f"You have no open session {code(which)}, so nothing was done. "
        "`/devin list` shows your sessions with their numbers."
    )


def status(session: Session, permalink: str | None = None) -> Message:
    """Show the state, asker, options, cost and pull requests of `session`; `permalink` is its Slack thread."""
    return Message("\n".join([*_heading(session, permalink), *_facts(session)]))


def cost(session: Session) -> Message:
    """Show how many ACUs `session` has used so far."""
    used = spent(session)
    if not used:
        return Message("Devin reports no ACUs for this session so far; on some plans it never does.")
    return Message(f"This session has used {used} so far. The figure comes from Devin and may be minutes old.")


def _numbered(head: str, listed: Sequence[Listed]) -> Message:
    lines = [f"{number}. {_row(entry)}" for number, entry in enumerate(listed[:MOST_LISTED], start=1)]
    more = len(listed) - MOST_LISTED
    foot = [f"and {counted(more, 'older session')}"] if more > 0 else []
    return Message("\n".join([head, *lines, *foot]), blocks.sections([head, *lines, *foot]))


def _row(entry: Listed) -> str:
    session = entry.session
    title = link(session.url, session.title, 80)
    thread = f" · {link(entry.permalink, 'thread')}" if entry.permalink else ""
    return f"{STATE_EMOJI[session.display_state]} {title}: {STATE_WORDS[session.display_state]}{thread}"


def _heading(session: Session, permalink: str | None) -> list[str]:
    thread = f" · {link(permalink, 'thread')}" if permalink else ""
    return [
        f"*{link(session.url, session.title)}*{thread}",
        f"{STATE_EMOJI[session.display_state]} {state_sentence(session)}",
    ]


def _facts(session: Session) -> list[str]:
    seen = session.snapshot.updated_at
    facts = [f"Asked by {asker_name(session)}", *option_words(session.options), spent(session)]
    facts.append(f"active {ago(seen)}" if seen else "")
    return [" · ".join(fact for fact in facts if fact), *pull_request_lines(session.snapshot.pull_requests)]
