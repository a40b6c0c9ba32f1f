"""`/devin stop all`: asks first, with how many sessions and what they cost; then each is stopped in its own lane."""

from collections.abc import Sequence

from bot.domain.causes import ActionCause
from bot.domain.commands.registry import STOP, STOP_ALL, STOP_ALL_CONFIRMED
from bot.domain.commands.spec import CommandSpec
from bot.domain.session import Session
from bot.kernel.access import Access
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import audit, inbox, session_lists
from bot.store.audit import AuditRow
from bot.store.inbox import InboxRow
from bot.views.answers import stops as stop_sentences
from bot.views.message import Message
from bot.views.sentences import STOPPABLE

BATCH = 200  # stops that are stored in one transaction


class StopAll:
    """Stops the sessions of everybody, for an admin, or those that a person has asked for."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command and the choice under its question do."""
        return {STOP_ALL: Handler(self._ask), STOP_ALL_CONFIRMED: Handler(run=self._stop)}

    async def _ask(self, asked: Asked) -> Message:
        """Ask whether to stop them, with how many there are."""
        everybodys = not asked.argument and await self._access.is_admin(asked.workspace, asked.user)
        found = await self._at_work(asked.workspace.team, None if everybodys else asked.user)
        if not found:
            return stop_sentences.NONE_RUNS if everybodys else stop_sentences.NOTHING_TO_STOP
        return stop_sentences.stop_all_confirm(found, asked.user)

    async def _stop(self, job: CommandJob) -> None:
        """Store a stop of each session that works now. After a crash in between the next try stores the others."""
        team, user = job.workspace.team, job.cause.user or ""
        everybodys = job.cause.argument == stop_sentences.EVERYBODYS
        if everybodys:
            refusal = await self._access.admins_only(job.workspace, user, stop_sentences.STOP_EVERYBODYS)
            if refusal is not None:
                await self._services.answer(job, refusal)
                return
        found = await self._at_work(team, None if everybodys else user)
        for first in range(BATCH, len(found), BATCH):
            async with self._services.unit_of_work() as uow:
                await _enqueue(uow, job, found[first : first + BATCH])
        async with self._services.unit_of_work_for(job) as uow:
            await _enqueue(uow, job, found[:BATCH])
            after = {"sessions": len(found), "of": job.cause.argument}
            await audit.add(uow.tx, AuditRow(team, uow.now, user, STOP_ALL.name, "", job.cause.channel, after=after))
            await finish_with(uow, job, stop_sentences.stopping_all(len(found), admin=everybodys))

    async def _at_work(self, team: str, user: str | None) -> list[Session]:
        async with self._services.db.read() as tx:
            found = await session_lists.awake(tx, team, user)
        return [session for session in found if session.display_state in STOPPABLE and not session.stop_requested]


async def _enqueue(uow: UnitOfWork, job: CommandJob, found: Sequence[Session]) -> None:
    """Store a stop of each of these sessions, once for the job, to be carried out as if its person had typed it."""
    now, ref = uow.now, job.row.ref
    rows = [
        InboxRow(
            f"{job.row.key}:{session.id}",
            session.team,
            session.lane,
            f"{now:.6f}",
            ref,
            ActionCause(STOP.name, session.id, job.cause.user),
            ready_at=now,
            created_at=now,
            urgent=True,
        )
        for session in found
    ]
    if rows:
        await inbox.add(uow.tx, rows)
    uow.wakes |= {row.lane: 0.0 for row in rows}
