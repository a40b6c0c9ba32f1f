"""Which messages in a session's thread are for Devin, and which are people's talk with each other.

A message that mentions the bot is for Devin. One that begins by addressing somebody else never is. Of the others the
channel's turn-taking decides: all are for Devin, or none, or those that are no talk between two people.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.settings_values import TurnTaking

# People also greet those whom they address, or set an arrow before the name.
_GREETING: Final = re.compile(
    r"(?:(?:hey|hi|hello|ok|okay|thanks|thank you|yes|no|cc|fyi|->|\N{RIGHTWARDS ARROW}|[-:,])[ \t,:]*)?", re.IGNORECASE
)
_ADDRESSED: Final = re.compile(r"<(?:@(?P<user>[UW][A-Z0-9]+)|!subteam\^S[A-Z0-9]+)(?:\|[^<>]*)?>")


class NotForDevin(StrEnum):
    """Why a message is not forwarded to Devin."""

    ADDRESSED = "addressed"  # it begins by addressing somebody else
    NO_MENTION = "no mention"  # only mentions are forwarded in its channel
    TALK = "talk"  # two people talk to each other


@dataclass(frozen=True, slots=True)
class LastReply:
    """The reply before a message in its thread: who wrote it, at which `ts`, and whether it was people's talk.

    `by` is empty where the reply mentioned the bot: it was talk with nobody.
    """

    by: str
    ts: str
    is_talk: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A message as the rule sees it; its text is still escaped."""

    user: str
    ts: str
    text: str
    mentions_bot: bool


def begins_with_another(text: str, bot_user: str) -> bool:
    """Whether `text` begins by addressing a person, a user group or another bot, and not `bot_user`."""
    text = text.lstrip()
    greeting = _GREETING.match(text)
    found = _ADDRESSED.match(text, greeting.end() if greeting else 0)
    return found is not None and found["user"] != bot_user


def is_talk(written: Written, last: LastReply | None, devin_ts: str | None, window: float) -> bool:
    """Whether a message is part of two people's talk: it answers a reply of another person, or goes on with their talk.

    A reply more than `window` seconds ago is answered no more, nor one after which Devin has written, at `devin_ts`.
    """
    if last is None or written.mentions_bot or not last.by:
        return False
    if last.ts == written.ts:
        return last.is_talk  # decided before a crash
    if not 0 < float(written.ts) - float(last.ts) <= window:
        return False
    if devin_ts is not None and float(last.ts) < float(devin_ts) < float(written.ts):
        return False
    return last.is_talk or last.by != written.user


def not_for_devin(written: Written, bot_user: str, turns: TurnTaking, talk: bool) -> NotForDevin | None:
    """Why the message is not forwarded where `turns` holds; None if it is. `talk` is whether it is people's talk."""
    if written.mentions_bot:
        return None
    if begins_with_another(written.text, bot_user):
        return NotForDevin.ADDRESSED
    if turns is TurnTaking.MENTIONS:
        return NotForDevin.NO_MENTION
    return NotForDevin.TALK if turns is TurnTaking.TWO_PEOPLE and talk else None
