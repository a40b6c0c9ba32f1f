"""What a preview says (https://docs.slack.dev/messaging/unfurling-links-in-messages). All who read the link read it."""

from bot.domain.session import Session
from bot.views.blocks import section
from bot.views.message import Block
from bot.views.pull_requests import pull_request_lines
from bot.views.sentences import state_sentence
from bot.views.text import fitted


def preview(session: Session) -> list[Block]:
    """Return the blocks of a preview of `session`: its title, where it stands, and its pull requests."""
    return [section("\n".join([f"*{fitted(session.title)}*", state_sentence(session), *pull_request_lines(session)]))]
