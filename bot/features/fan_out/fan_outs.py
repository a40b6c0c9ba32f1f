"""A fan-out begins, is carried on, stopped and retried: what is stored for that, each in one transaction.

A fan-out is a row of its own, and a row of the inbox that carries it on (`bot.features.fan_out.run`). Each of its
sessions is a row too, which another row of the inbox creates (`bot.features.fan_out.session`).
"""

from typing import Final

from bot.domain.causes import TaskCause
from bot.domain.keys import short_id
from bot.domain.lane import fan_out_lane, fan_out_session_lane
from bot.features.fan_out.rules import FanOut, FanOutSession
from bot.kernel.gates import Asker, Gates, Limit, Work
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.store import inbox
from bot.store.audit import AuditRow
from bot.store.database.connection import Transaction
from bot.store.inbox import InboxRow
from bot.views.message import Message

# The names of the tasks.
RUN: Final = "fan_out"
START_SESSION: Final = "fan_out_session"
ENDED: Final = "fanout_end"  # the action of the audit row about what became of a fan-out


async def carry_on(uow: UnitOfWork, fan_out: FanOut, cause: str) -> None:
    """Have the fan-out worked on at once, by the row that does so already, or by a new one for this key of a `cause`.

    The version of the fan-out was counted up in this transaction, so the row that is there is not just being closed.
    """
    lane = fan_out_lane(fan_out.id)
    if await inbox.make_ready(uow.tx, lane, uow.now):
        uow.wakes[lane] = 0.0
        return
    await uow.add_to_inbox(_row(uow, fan_out, f"{fan_out.message_key}:{cause}", lane, TaskCause(RUN, fan_out.id), 0.0))


async def enqueue_session(uow: UnitOfWork, fan_out: FanOut, session: FanOutSession, after: float) -> None:
    """Store the row that creates a session in `after` seconds, once for each of the session's attempts.

    A session whose last attempt has an unknown outcome is looked up first.
    """
    cause = TaskCause(START_SESSION, fan_out.id, session.org_id, session.attempt)
    key = f"{fan_out.message_key}:{session.org_id}:{session.attempt}"
    await uow.add_to_inbox(_row(uow, fan_out, key, fan_out_session_lane(fan_out.id, session.org_id), cause, after))
    if session.intent_at is not None:
        await inbox.intend(uow.tx, key, session.intent_at)
    if session.accepted_at is not None:
        await inbox.accept(uow.tx, key, session.accepted_at)


def _row(uow: UnitOfWork, fan_out: FanOut, key: str, lane: str, cause: TaskCause, after: float) -> InboxRow[TaskCause]:
    return InboxRow(
        key=key,
        team=fan_out.team,
        lane=lane,
        ts=f"{uow.now:.6f}",
        ref=short_id(fan_out.id),
        cause=cause,
        ready_at=uow.now + after,
        created_at=uow.now,
    )


def audited(fan_out: FanOut, now: float, outcome: str, counts: dict[str, int]) -> AuditRow:
    """Return the audit row about what became of a fan-out: its `outcome`, and how many sessions are in which state."""
    after = {"sessions": counts} if counts else None
    return AuditRow(fan_out.team, now, fan_out.user, ENDED, fan_out.id, fan_out.channel, None, after, outcome)


class FanOutOrganisations:
    """The organisations in which fan-outs start sessions, with the key of a workspace's own organisation."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[tuple[str, str], Organisation] = {}

    async def of(self, workspace: Workspace, org_id: str) -> Organisation:
        """Return the organisation with the id `org_id`, with what is known of it."""
        own = workspace.organisation
        if org_id == own.id:
            return own
        key = (own.id, org_id)
        if key not in self._known:
            self._known[key] = Organisation(own.devin.within(org_id), self._services.db)
        await self._known[key].learn()  # each time, for another task or worker may have learned more
        return self._known[key]


async def limit_of_each(
    tx: Transaction, gates: Gates, workspace: Workspace, fan_out: FanOut, sessions: int, *, again: bool = False
) -> Limit | Message:
    """Return what each of so many new `sessions` of a fan-out, which start at once, may use, or why they may not begin.

    They may have failed before, and be tried `again`.
    """
    who = Asker(workspace, fan_out.user, fan_out.channel, fan_out.user)
    ceiling = fan_out.options.acu or workspace.policy.wake_limits.session_acus
    work = Work(fan_out.id, ceiling, sessions=sessions, again=again, options=fan_out.options)
    return await gates.limit(tx, who, work)
