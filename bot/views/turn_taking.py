"""Which replies in a thread reach Devin, in words: no other sentence promises more than holds in its channel."""

import re
from collections.abc import Mapping
from typing import Final

from bot.domain.settings_values import TurnTaking

REACHES: Final[Mapping[TurnTaking, str]] = {
    TurnTaking.ALL: "Replies here go to Devin, unless they begin with someone else's @name.",
    TurnTaking.MENTIONS: "Only replies that mention Devin Bridge go to Devin here.",
    TurnTaking.TWO_PEOPLE: "Replies here go to Devin, except what people say to each other.",
}
# The same in the help of a channel.
STEERS: Final[Mapping[TurnTaking, str]] = {
    TurnTaking.ALL: "In a session's thread, reply to steer Devin",
    TurnTaking.MENTIONS: "In a session's thread, mention Devin Bridge to steer Devin",
    TurnTaking.TWO_PEOPLE: "In a session's thread, reply to steer Devin (what people say to each other isn't sent)",
}
_REPLY: Final = re.compile(r"\b(?P<first>[Rr])eply (?=here\b|in th|to resume|to steer)")


def in_turns(words: str, turns: TurnTaking) -> str:
    """Return `words` of ours that ask for a reply as they are true where `turns` holds."""
    if turns is not TurnTaking.MENTIONS:
        return words
    return _REPLY.sub(lambda found: f"{'M' if found['first'] == 'R' else 'm'}ention Devin Bridge ", words)
