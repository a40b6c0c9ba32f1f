"""The card of a session in a channel that another company shares: it holds nothing that Devin wrote."""

from typing import Final

from bot.domain.session import Session
from bot.views import blocks
from bot.views.card import stop_button
from bot.views.message import Message
from bot.views.sentences import STATE_EMOJI, STATE_WORDS, asker_name
from bot.views.text import link

TITLE: Final = "Devin session"
WITHHELD: Final = "This channel is shared with another company, so Devin's messages don't appear here."


def card_in_shared_channel(session: Session) -> Message:
    """Build the card of `session` for a shared channel: its state, its asker and the buttons.

    The title, Devin's words and the pull requests are Devin's words or work and stay away.
    """
    state = session.display_state
    lines = (f"*{link(session.url, TITLE)}*", f"{STATE_EMOJI[state]} {_words(session)}. {WITHHELD}")
    facts = blocks.context([f"Started by {asker_name(session)}"])
    buttons = blocks.actions(blocks.open_button(session.url), stop_button(session))
    return Message(f"{TITLE}: {STATE_WORDS[state]}", [blocks.section("\n".join(lines)), *facts, *buttons])


def _words(session: Session) -> str:
    words = STATE_WORDS[session.display_state]
    return f"{words[:1].upper()}{words[1:]}"
