"""What a tick keeps over a restart, in a row of its own name: an instant, and a state as JSON.

The instant says when the tick is due where others may bring that forward or must respect it; elsewhere nobody reads it.
States are the poller's watermark, the digests' first start, last days and last correction, and what was learned about
Devin. A name says what is kept, and for which workspace or organisation.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database.connection import insert
from bot.store.instants import NEVER_AHEAD, Instants, Seconds, in_state, until, waits
from bot.store.tables import due
from bot.timing import DAY, HOUR, Timing


@dataclass(frozen=True, slots=True)
class Due:
    """When a recurring job is due, and the state that it keeps until then."""

    at: float
    state: dict[str, Any]


AUDIT_LOG: Final = "audit-log"  # which audit row was written last into the file for a SIEM


def poll(org_id: str) -> str:
    """The name of the poller's watermark in an organisation."""
    return f"poll:{org_id}"


def capabilities(org_id: str) -> str:
    """The name of what is known about an organisation at Devin."""
    return f"capabilities:{org_id}"


def consumption(org_id: str) -> str:
    """The name of the last reading of what Devin billed to an organisation."""
    return f"consumption:{org_id}"


def session_bills(org_id: str) -> str:
    """The name of the reading of what an organisation's sessions used on which day."""
    return f"session_bills:{org_id}"


def cycles(org_id: str) -> str:
    """The name of the last reading of an organisation's billing cycles and limits."""
    return f"cycles:{org_id}"


def key_expiry(org_id: str) -> str:
    """The name of when the key for an organisation expires."""
    return f"key-expiry:{org_id}"


def no_agent_surface(team: str) -> str:
    """The name of until when a workspace is shown no statuses of an agent, because Slack has refused them."""
    return f"no-agent-surface:{team}"


def alert_bots(team: str) -> str:
    """The name of since when each bot is trusted whose messages start sessions in a workspace."""
    return f"alert-bots:{team}"


def alerts(team: str, channel: str) -> str:
    """The name of the brake on what the alerts in a channel start."""
    return f"alerts:{team}:{channel}"


def unmarked(team: str) -> str:
    """The name of which threads of a workspace have still to be marked as unread after an absence."""
    return f"unmarked:{team}"


def guardrails(org_id: str) -> str:
    """The name of the last reading of an organisation's guardrail violations."""
    return f"guardrails:{org_id}"


def pull_requests(org_id: str) -> str:
    """The name of the sweep of an organisation's pull requests."""
    return f"pull_requests:{org_id}"


def digest(team: str) -> str:
    """The name of what is remembered about a workspace's digests."""
    return f"digest:{team}"


def subscribed_digest(team: str, channel: str, occasion: str) -> str:
    """The name of what is remembered about the digests that a channel gets on an occasion."""
    return f"digest:{team}:{channel}:{occasion}"


def corrections(team: str, channel: str, occasion: str) -> str:
    """The name of what the digests that a channel gets on an occasion have said about corrected bills."""
    return f"corrections:{team}:{channel}:{occasion}"


def not_drawn(team: str, kind: str) -> str:
    """The name of until when a workspace counts as one that draws no blocks of a kind."""
    return f"not_drawn:{team}:{kind}"


def alarms(org_id: str) -> str:
    """The name of the runaway watch in an organisation."""
    return f"alarms:{org_id}"


def usual_use(team: str) -> str:
    """The name of what sessions of a workspace usually use, which is added up anew each hour."""
    return f"usual-use:{team}"


CLOCK: Final = "clock"  # the name of the latest instant at which a worker was alive
RECEIVER: Final = "receiver"  # the name of the latest instant at which Slack could send requests to a process


def _named(prefix: str) -> ColumnElement[bool]:
    return due.c.name.startswith(f"{prefix}:", autoescape=True)


# Of what else is stored here nobody reads the instant, or it is Devin's: when a key expires.
INSTANTS: Final[tuple[Instants, ...]] = (
    waits(due.c.at, lambda wait: wait.consumption_interval, _named("consumption")),
    waits(due.c.at, lambda wait: wait.session_bills_again, _named("session_bills")),
    waits(due.c.at, lambda wait: max(wait.guardrails, wait.guardrails_refused), _named("guardrails")),
    waits(due.c.at, lambda _wait: DAY, _named("pull_requests")),
    waits(due.c.at, lambda wait: wait.lease, _named("alarms")),
    waits(due.c.at, lambda _wait: HOUR, _named("usual-use")),
    until(due.c.at, lambda wait: wait.agent_surface_off, _named("no-agent-surface")),
    until(due.c.at, lambda wait: wait.blocks_refused, _named("not_drawn")),
)
# The instants in states, by what their names begin with: under which names they stand, and how far ahead they may be.
IN_STATES: Final[dict[str, tuple[frozenset[str], Seconds]]] = {
    "poll": (frozenset({"polled_at", "swept_at"}), NEVER_AHEAD),  # the watermark is Devin's
    "cycles": (frozenset({"at"}), lambda wait: DAY + wait.cycles_settle),
    "guardrails": (frozenset({"read_at"}), NEVER_AHEAD),
    "digest": (frozenset({"first_start"}), NEVER_AHEAD),
    "alert-bots": (frozenset({"since"}), NEVER_AHEAD),
}


async def read(tx: AsyncConnection, name: str) -> Due | None:
    """The stored instant and state of the job called `name`; None before its first time."""
    row = (await tx.execute(select(due.c.at, due.c.state).where(due.c.name == name))).one_or_none()
    return None if row is None else Due(row.at, row.state)


async def write(tx: AsyncConnection, name: str, at: float, state: dict[str, Any]) -> None:
    """Store when the job called `name` is due and its state."""
    statement = insert(tx.dialect.name, due).values(name=name, at=at, state=state)
    await tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": at, "state": state}))


async def drop(tx: AsyncConnection, names: Collection[str]) -> None:
    """Delete what is stored under these names."""
    await tx.execute(due.delete().where(due.c.name.in_(names)))


async def lock(tx: AsyncConnection, name: str) -> None:
    """Let no other worker write the job called `name` until `tx` ends. On SQLite there is no other worker."""
    await tx.execute(select(due.c.name).where(due.c.name == name).with_for_update())


async def claim(tx: AsyncConnection, name: str, now: float, until: float) -> bool:
    """Move the job called `name` from an instant up to `now`, or from none, to `until`.

    False if it is not due, as when another worker was faster. A worker that dies with the job leaves it due at `until`.
    """
    statement = insert(tx.dialect.name, due).values(name=name, at=until, state={"v": 1})
    claiming = statement.on_conflict_do_update(index_elements=["name"], set_={"at": until}, where=due.c.at <= now)
    return (await tx.execute(claiming.returning(due.c.name))).first() is not None


async def note_clock(tx: AsyncConnection, now: float) -> None:
    """Store that it was `now`, unless it was later already: then the clock was set back, which a sweep notices."""
    statement = insert(tx.dialect.name, due).values(name=CLOCK, at=now, state={"v": 1})
    await tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": now}, where=due.c.at < now))


async def note_receiver(tx: AsyncConnection, now: float) -> None:
    """Store that Slack could send requests `now`."""
    statement = insert(tx.dialect.name, due).values(name=RECEIVER, at=now, state={"v": 1})
    await tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": now}))


async def late_states(tx: AsyncConnection, now: float, timing: Timing, *, strictly: bool) -> dict[str, dict[str, Any]]:
    """The states with instants that are later than they may be, by name, with these brought to `now`."""
    late: dict[str, dict[str, Any]] = {}
    for prefix, (names, ahead) in IN_STATES.items():
        latest = now if strictly else now + ahead(timing) + timing.clocks_differ
        found = await tx.execute(select(due.c.name, due.c.state).where(_named(prefix)))
        right = {name: (state, in_state(state, names, latest, now)) for name, state in found}
        late |= {name: after for name, (before, after) in right.items() if after != before}
    return late


async def replace_state(tx: AsyncConnection, name: str, state: dict[str, Any]) -> None:
    """Replace the state of the job called `name`, which stays due when it was."""
    await tx.execute(due.update().where(due.c.name == name).values(state=state))
