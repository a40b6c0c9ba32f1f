"""Names of lanes: what a hint names.

In a lane of the inbox work is done in order, between lanes in parallel; in one of the outbox each thread keeps its
order, at the lane's pace. The first word says who works on it: `in` the flows, `out`, `react` and `priv` the sender,
`card` the editor of cards.
"""

from typing import Final

POLL_LANE: Final = "in:poll"
_CARDS: Final = "card:"


def thread_lane(team: str, channel: str, ts: str) -> str:
    """The lane of a thread: everything people write or press there."""
    return f"in:{team}:{channel}:{ts}"


def thread_of(lane: str) -> tuple[str, str, str] | None:
    """The workspace, the channel and the thread's `ts` that a thread's lane is named for; None of another lane."""
    parts = lane.split(":")
    return (parts[1], parts[2], parts[3]) if len(parts) == 4 and parts[0] == "in" else None


def own_lane(key: str) -> str:
    """A lane for one row that waits for nobody."""
    return f"in:{key}"


def person_lane(team: str, user: str) -> str:
    """The lane of a person's slash commands, so that the same one twice is seen."""
    return f"in:{team}:person:{user}"


def channel_lane(team: str, channel: str) -> str:
    """The lane of a channel: everything the bot posts there, at one pace."""
    return f"out:{team}:{channel}"


def card_lane(team: str) -> str:
    """The lane of all edits of cards in a workspace, which share one rate limit."""
    return f"{_CARDS}{team}"


def team_of_cards(lane: str) -> str:
    """The workspace whose cards are edited in that lane."""
    return lane.removeprefix(_CARDS)


def reaction_lane(team: str) -> str:
    """Reactions of a workspace, best effort."""
    return f"react:{team}"


def private_lane(key: str) -> str:
    """One private answer."""
    return f"priv:{key}"
