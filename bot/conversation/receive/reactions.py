"""Reactions that act: an emoji on a message is the press of a button that the person might have found there.

Only the names that a `ReactionKind` takes are looked at. What a reaction means is known from stored rows, so that its
row is that of the press; all that follows is what the button does.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, Self

from bot.domain.causes import ActionCause, MessageCause
from bot.domain.commands.registry import QUICK_ANSWER, STOP
from bot.domain.lane import own_lane
from bot.domain.pick import Pick, PickedBy
from bot.kernel.workspace import Workspaces
from bot.store import sessions, turn_ends
from bot.store.database.connection import Transaction

_NUMBERS: Final = {
    name: number
    for number, name in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), start=1)
}
_SKIN_TONE: Final = "::"  # before the tone at the end of a name


@dataclass(frozen=True, slots=True)
class Reaction:
    """Somebody has put the emoji `name` on the message `ts`, at the time `at` of Slack's."""

    team: str
    user: str
    name: str
    channel: str
    ts: str
    at: str

    @classmethod
    def of(cls, team: str, event: Mapping[str, Any]) -> Self | None:
        """Read Slack's `event`; None if it is about no message, or lacks what is needed."""
        item = event.get("item")
        item = item if isinstance(item, Mapping) else {}
        read = (event.get("user"), event.get("reaction"), item.get("channel"), item.get("ts"), event.get("event_ts"))
        if item.get("type") != "message" or not all(isinstance(text, str) and text for text in read):
            return None
        user, name, channel, ts, at = map(str, read)
        return cls(team, user, name.partition(_SKIN_TONE)[0], channel, ts, at)


@dataclass(frozen=True, slots=True)
class Meant:
    """What a reaction means: a press, or the start of a session with the message, which goes into `lane`."""

    lane: str
    cause: ActionCause | MessageCause
    urgent: bool = False


class ReactionKind(Protocol):
    """What some emoji mean."""

    @property
    def names(self) -> Collection[str]:
        """The names of the emoji."""

    async def meant(self, tx: Transaction, reaction: Reaction) -> Meant | None:
        """Return what the reaction means; None if it means nothing where it stands. An ack waits for this."""


class StopReaction:
    """An ❌ on the first message of a session's thread, or on a post of the bot in it, stops the session."""

    names: ClassVar[Collection[str]] = frozenset({"x"})

    async def meant(self, tx: Transaction, reaction: Reaction) -> Meant | None:
        """Return the stop of the session in whose thread the message stands."""
        return await stop_at(tx, reaction.team, reaction.channel, reaction.ts, reaction.user)


class StartReaction:
    """The emoji of the settings starts a session with the message as its task, in the channels of the settings."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self.names: Collection[str] = {
            workspace.policy.start_emoji for workspace in workspaces if workspace.policy.start_emoji
        }

    async def meant(self, tx: Transaction, reaction: Reaction) -> Meant | None:  # noqa: ARG002 - rows need not be read
        """Return the start of a session in the name of who reacted; the message is read by the row."""
        policy = self._workspaces[reaction.team].policy
        if not policy.starts_with(reaction.name, reaction.channel):
            return None
        pick = Pick(reaction.ts, PickedBy.REACTION)
        cause = MessageCause(reaction.user, "", reaction.channel, pick.asked_ts(reaction.at), pick=pick)
        return Meant(own_lane(f"react:{reaction.user}:{reaction.channel}:{reaction.ts}"), cause)


class OptionReaction:
    """A number on the post of a question chooses the option with that number."""

    names: ClassVar[Collection[str]] = tuple(_NUMBERS)

    async def meant(self, tx: Transaction, reaction: Reaction) -> Meant | None:
        """Return the choice of the option; None if the message offers none with this number."""
        end = await turn_ends.at_message(tx, reaction.team, reaction.channel, reaction.ts)
        number = _NUMBERS[reaction.name]
        session = await sessions.get(tx, end.session_id) if end is not None and number <= len(end.options) else None
        if end is None or session is None:
            return None
        given = f"{number} {end.key}"
        cause = ActionCause(QUICK_ANSWER.name, given, reaction.user, reaction.channel, session.thread_ts, pressed=True)
        return Meant(session.lane, cause)


async def stop_at(tx: Transaction, team: str, channel: str, ts: str, user: str) -> Meant | None:
    """Return the press of *Stop* by `user` for the session whose thread begins with, or has from the bot, this message.

    None if there is no such session.
    """
    session = await sessions.of_message(tx, team, channel, ts)
    if session is None:
        return None
    cause = ActionCause(STOP.name, session.id, user, channel, session.thread_ts, pressed=True)
    return Meant(session.lane, cause, urgent=STOP.urgent)


class Reactions:
    """The kinds of reactions, by the names of their emoji."""

    def __init__(self, kinds: Iterable[ReactionKind]) -> None:
        self._by_name = {name: kind for kind in kinds for name in kind.names}

    def of(self, reaction: Reaction) -> ReactionKind | None:
        """Return the kind that takes the reaction, or None."""
        return self._by_name.get(reaction.name)
