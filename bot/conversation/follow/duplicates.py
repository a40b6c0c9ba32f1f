"""Sessions at Devin that carry a reference of ours and are not the one we know.

A second one appears when a worker freezes after the check of its claim, before the call: the younger of the two is
ended. One of a start that ended as not known is adopted, and one of a start that was cancelled or refused is ended.

A session that somebody else made, or that is older than the request, only has a copy of our reference. It is left
alone, and the admins are informed.
"""

from collections.abc import Sequence
from typing import Final

from bot.conversation.follow.orphans import Orphans
from bot.conversation.lookup import SessionLookup, age
from bot.conversation.session_card import SessionCard
from bot.conversation.session_check import MAY_BE_OVER
from bot.conversation.session_rows import stop_row
from bot.devin.errors import (
    DevinDenied,
    DevinError,
    DevinForbidden,
    DevinNotFound,
    DevinRateLimited,
)
from bot.devin.models import DevinSession
from bot.domain.keys import ref_of
from bot.domain.lane import thread_lane
from bot.domain.session import TERMINAL_STATUSES, Lifecycle, Session, bare_id
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store import lanes, outbox, sessions
from bot.store.lanes import Claim
from bot.views import announcements
from bot.views.answers import failures as failure_sentences
from bot.views.answers import starts as start_sentences

log = get_logger(__name__)

PROMPTS_A_CYCLE: Final = 10
_OVER: Final = frozenset({Lifecycle.CANCELLED, Lifecycle.REFUSED, Lifecycle.ENDED})


class Duplicates:
    """Keeps the older of two sessions with one reference in an organisation, ends the younger, and announces it."""

    def __init__(self, services: Services, organisation: Organisation, lookup: SessionLookup) -> None:
        self._services = services
        self._organisation = organisation
        self._lookup = lookup
        # Sessions whose prompt has to be read, first found first; None if another process found them.
        self._unread: dict[str, DevinSession | None] = {}
        self._orphans = Orphans(services, organisation, lookup)
        self._left_alone: set[str] = set()  # our ids of the sessions whose reference was found copied

    @property
    def unread(self) -> tuple[str, ...]:
        """The ids at Devin of the sessions whose prompt has to be read."""
        return tuple(self._unread)

    def resume(self, unread: Sequence[str]) -> None:
        """Go on with `unread`, the ids of sessions whose prompt an earlier cycle, or another process, left unread."""
        self._unread = {session_id: self._unread.get(session_id) for session_id in unread}

    async def end_younger(self, claim: Claim, unrecognised: Sequence[DevinSession]) -> list[str]:
        """Find the sessions in `unrecognised` that carry a reference of ours, and adopt or end each.

        Returns our ids of the sessions to which they belong. Where a prompt has to be read, `read_prompts` does it.
        """
        # One whose parent cannot be read may be made by Devin for another session, and is left alone.
        whole = [made for made in unrecognised if "parent_session_id" not in made.odd_fields]
        carried = [(made, self._lookup.carried(self._organisation, made)) for made in whole]
        oldest = self._services.clock() - self._services.timing.read_back
        unread = [made for made, found in carried if found is None and (made.created_at or oldest) >= oldest]
        self._unread |= {made.session_id: made for made in unread}
        return await self._handle_all(claim, [(made, found) for made, found in carried if found])

    async def adopt_orphans(self, claim: Claim) -> None:
        """Adopt a few of the sessions that carry a reference which a restored store does not know."""
        await self._orphans.adopt(claim)

    async def read_prompts(self, claim: Claim) -> list[str]:
        """Read a few of the prompts that `end_younger` left, and handle the sessions whose references they show.

        Returns our ids of the sessions to which they belong. A prompt that cannot be read waits for the next cycle.
        """
        resolved: list[str] = []
        for session_id in list(self._unread)[:PROMPTS_A_CYCLE]:
            made = self._unread.pop(session_id)
            try:
                made = made or await self._organisation.devin.get_session(session_id)
                found = await self._lookup.read_prompt(self._organisation, made)
            except (DevinDenied, DevinForbidden, DevinNotFound):
                continue
            except DevinError as error:
                self._unread[session_id] = made  # read after the others in the next cycle
                if isinstance(error, DevinRateLimited):
                    raise
                log.warning("prompt not read", devin_id=session_id, error=type(error).__name__)
                break
            resolved += await self._handle_all(claim, [(made, found)])
        return resolved

    async def _handle_all(self, claim: Claim, carried: Sequence[tuple[DevinSession, list[str]]]) -> list[str]:
        references = [reference for _, found in carried for reference in found]
        if not references:
            return []
        async with self._services.db.scan() as tx:
            ours = await sessions.by_references(tx, self._organisation.id, references)
        resolved: list[str] = []
        for made, found in carried:
            session = next((ours[reference] for reference in found if reference in ours), None)
            if session is None:
                self._orphans.note(made, found[0])
            # The flow that created this session may have stored it by now: a session is no duplicate of itself.
            if session is not None and not _is_the_same(session, made):
                await self._handle(claim, session, made)
                resolved.append(session.id)
        return resolved

    async def _handle(self, claim: Claim, session: Session, duplicate: DevinSession) -> None:
        try:
            await self._resolve(claim, session, duplicate)
        except DevinRateLimited:
            raise
        except DevinError as error:
            # Left for the next poll, so that no other session waits for this one.
            log.warning("duplicate not ended", session=session.id, error=type(error).__name__)

    async def _resolve(self, claim: Claim, session: Session, made: DevinSession) -> None:
        if not await self._lookup.may_be_for(session, made):
            await self._leave_alone(claim, session, made)
        elif session.lifecycle is Lifecycle.UNCERTAIN:
            await self._adopt(claim, session, made)
        elif session.lifecycle in _OVER:
            await self._end_late(claim, session, made)
        elif session.lifecycle is Lifecycle.OPEN and session.devin_id is not None:
            await self._end_younger(claim, session, made)
        # In any other lifecycle the flow that creates the session still looks it up itself.

    async def _adopt(self, claim: Claim, session: Session, made: DevinSession) -> None:
        """Open `session`, whose start was marked dead with an unknown outcome, as the session `made` at Devin.

        If a stop was asked for meanwhile, its row is stored too.
        """
        async with self._services.unit_of_work(claim) as uow:
            await sessions.opened(uow.tx, session, made.session_id, made.url, made.snapshot(), uow.now)
            await sessions.change(uow.tx, session.id, ended_at=None)
            if session.stop_requested and session.thread_ts is not None:
                lane = thread_lane(session.team, session.channel, session.thread_ts)
                await uow.add_to_inbox(stop_row(lane, ref_of(session.id), session, uow.now))
            await uow.redraw(SessionCard, session.id)

    async def _leave_alone(self, claim: Claim, session: Session, made: DevinSession) -> None:
        """Change nothing about `made`, which only has a copy of the session's reference, and inform the admins once."""
        workspace = self._services.workspaces.get(session.team)
        if workspace is None or session.id in self._left_alone:
            return
        log.warning("reference used by an unknown session", session=session.id, devin_id=made.session_id)
        # A crash right here informs nobody yet: the next poll finds the same session.
        async with self._services.unit_of_work(claim, ref_of(session.id)) as uow:
            await uow.notify_admins(
                workspace, f"copied:{session.id}", failure_sentences.reference_copied(session, made.url)
            )
        self._left_alone.add(session.id)

    async def _end_late(self, claim: Claim, session: Session, made: DevinSession) -> None:
        """End `made`, because it was announced before that nothing runs, and announce that."""
        key = f"announce:{session.id}:late:{bare_id(made.session_id)}"
        if await self._was_announced(claim, key):
            return
        await self._terminate(made)
        log.warning("late session ended", session=session.id, ended=made.session_id)
        async with self._services.unit_of_work(claim) as uow:
            if session.thread_ts is not None:
                await uow.post(key, session, start_sentences.started_after_all(made.url))

    async def _was_announced(self, claim: Claim, key: str) -> bool:
        async with self._services.db.read() as tx:
            await lanes.check(tx, claim)
            return await outbox.by_key(tx, key) is not None

    async def _terminate(self, made: DevinSession) -> None:
        # A crash right here terminates the session once more at the next poll, which changes nothing.
        try:
            await self._organisation.devin.terminate(made.session_id)
        except MAY_BE_OVER:
            if not await self._is_over(made):
                raise  # the next poll tries again
            log.info("session already over")

    async def _is_over(self, made: DevinSession) -> bool:
        try:
            return (await self._organisation.devin.get_session(made.session_id)).status in TERMINAL_STATUSES
        except DevinNotFound:
            return True

    async def _end_younger(self, claim: Claim, session: Session, duplicate: DevinSession) -> None:
        assert session.devin_id is not None
        known = await self._organisation.devin.get_session(session.devin_id)
        if not await self._lookup.may_be_for(session, known):
            await self._leave_alone(claim, session, duplicate)  # of two sessions that differ in maker, none is ended
            return
        older, younger = sorted((known, duplicate), key=age)
        if not (known.created_at and duplicate.created_at):
            older, younger = known, duplicate  # which is older is not known: the thread stays with its session
        key = f"announce:{session.id}:duplicate:{bare_id(younger.session_id)}"
        if await self._was_announced(claim, key):
            return
        await self._terminate(younger)
        log.warning("duplicate ended", session=session.id, kept=older.session_id, ended=younger.session_id)
        async with self._services.unit_of_work(claim) as uow:
            if older is not known:
                await sessions.opened(uow.tx, session, older.session_id, older.url, older.snapshot(), uow.now)
                await sessions.change(uow.tx, session.id, last_event_id=None, page_cursor=None, devin_messages=0)
            current = await sessions.get(uow.tx, session.id)
            if current is not None and current.thread_ts is not None:
                await uow.post(key, current, announcements.duplicate_ended(current))
            await uow.redraw(SessionCard, session.id)


def _is_the_same(session: Session, made: DevinSession) -> bool:
    return session.devin_id is not None and bare_id(session.devin_id) == bare_id(made.session_id)
