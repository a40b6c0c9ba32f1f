"""The answers about one session: its status, and what it has used."""

from typing import Final

from bot.domain.amounts import Money
from bot.domain.session import Session
from bot.views.card import option_words, spent
from bot.views.message import Message
from bot.views.pull_requests import pull_request_lines
from bot.views.sentences import STATE_EMOJI, asker_name, state_sentence
from bot.views.text import ago, link, linked_title, money

_PULL_REQUESTS_LIMIT: Final = 3_000  # characters; with the rest, a message holds no more

NO_SESSION_HERE: Final = Message(
    "There's no session in this thread. Mention Devin Bridge to start one; `/devin list` shows yours."
)


def status(session: Session, permalink: str | None = None) -> Message:
    """Show the state, asker, options, cost and pull requests of `session`; `permalink` is its Slack thread."""
    return Message("\n".join([*_heading(session, permalink), *_facts(session)]))


def cost(session: Session, so_far: Money | None = None) -> Message:
    """Show how many ACUs `session` has used so far, as its card has them, and where it is known what that cost."""
    used, acus = spent(session), session.snapshot.acus
    if not used:
        return Message("Devin reports no ACUs for this session yet; on some plans it never does.")
    if so_far is not None and acus > 0:
        used = f"{used} ({money(so_far)})"
    return Message(f"This session has used {used} so far. Devin reports ACUs with a delay.")


def _heading(session: Session, permalink: str | None) -> list[str]:
    return [
        linked_title(session.title, permalink, session.url, 150, "*{}*"),
        f"{STATE_EMOJI[session.display_state]} {state_sentence(session)}",
    ]


def _facts(session: Session) -> list[str]:
    seen = session.snapshot.updated_at
    facts = [f"Started by {asker_name(session)}", *option_words(session.options), spent(session)]
    facts.append(f"active {ago(seen)}" if seen else "")
    in_devin = f" {link(session.url, 'in Devin')}"
    pulls = pull_request_lines(session, _PULL_REQUESTS_LIMIT, most=len(session.snapshot.pull_requests), more=in_devin)
    return [" · ".join(fact for fact in facts if fact), *pulls]
