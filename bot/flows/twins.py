"""Two sessions with one reference: the repair for a worker that froze between the check and the call."""

from collections.abc import Sequence

from bot.devin.client import bare_id
from bot.devin.errors import DevinConflict, DevinError, DevinNotFound, DevinRateLimited
from bot.devin.models import DevinSession
from bot.domain.session import Session, Stage
from bot.flows.tools import Tools
from bot.logs import get_logger
from bot.store import lanes, outbox, sessions
from bot.store.lanes import Claim
from bot.views import news

log = get_logger(__name__)


class Twins:
    """Keeps the older of two sessions, ends the younger and says so."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def end_younger(self, claim: Claim, listed: Sequence[DevinSession]) -> None:
        """Look through a page of sessions for twins of ours."""
        by_reference = {tag: made for made in listed for tag in made.tags if tag.startswith("slack-")}
        if not by_reference:
            return
        async with self._tools.db.read() as tx:
            ours = await sessions.by_references(tx, list(by_reference))
        for made in listed:
            session = next((ours[tag] for tag in made.tags if tag in ours), None)
            if session is not None and _is_twin(session, made):
                await self._try(claim, session, made)

    async def _try(self, claim: Claim, session: Session, twin: DevinSession) -> None:
        try:
            await self._settle(claim, session, twin)
        except DevinRateLimited:
            raise
        except DevinError as error:
            # Left for the next look; nobody else waits for it.
            log.warning("twin not ended", session=session.id, error=type(error).__name__)

    async def _settle(self, claim: Claim, session: Session, twin: DevinSession) -> None:
        assert session.devin_id is not None
        known = await self._tools.devin.get_session(session.devin_id)
        older, younger = sorted((known, twin), key=lambda made: (made.created_at, made.session_id))
        key = f"news:{session.id}:twin:{bare_id(younger.session_id)}"
        async with self._tools.db.read() as tx:
            if await outbox.by_key(tx, key) is not None:
                return
            await lanes.check(tx, claim)
        # A crash right here terminates once more at the next look, which changes nothing.
        try:
            await self._tools.devin.terminate(younger.session_id)
        except (DevinConflict, DevinNotFound):
            log.info("twin was over already")
        log.warning("twin ended", session=session.id, kept=older.session_id, ended=younger.session_id)
        async with self._tools.step(claim) as step:
            if older is not known:
                await sessions.opened(step.tx, session, older.session_id, older.url, older.snapshot())
                await sessions.change(step.tx, session.id, last_event_id=None, page_cursor=None, devin_messages=0)
            current = await sessions.get(step.tx, session.id)
            if current is not None and current.thread_ts is not None:
                await step.post(key, current, news.twin_ended(current))
            await step.redraw(session.id)


def _is_twin(session: Session, made: DevinSession) -> bool:
    if session.stage is not Stage.OPEN or session.devin_id is None:
        return False  # whoever creates it is still looking
    return bare_id(session.devin_id) != bare_id(made.session_id)
