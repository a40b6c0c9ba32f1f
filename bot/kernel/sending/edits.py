"""Posts are edited to the newest state of what they show.

1. A token of the rate limit is taken and the post is claimed.
2. It is drawn by its drawer. If its message shows that already, Slack is not called.
3. The epoch is checked, and Slack is called.
4. The version that is shown is stored, and the claim released. A newer version that is wanted by then is next.

An edit may be repeated, so neither a crash nor a lost answer leaves anything to look up. The first form of a post is
sent by `bot.kernel.sending.send`, like every post.
"""

from typing import Final

from bot.domain.lane import surface_of, team_of
from bot.kernel.sending.drawings import Drawing, Drawings, note_form_refused
from bot.kernel.sending.failures import MOST_ATTEMPTS, seconds_until_retry, slow_down_method
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.slack.errors import (
    ScopeMissing,
    SlackBusy,
    SlackError,
    SlackOutcomeUnknown,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    TokenRefused,
)
from bot.slack.rate_limits import EDITS, METHODS, SPARE_EDITS, Budget
from bot.slack.reading import PERSON
from bot.store import posts, rate_limits
from bot.store.database.connection import Transaction
from bot.store.lanes import ClaimLostError
from bot.store.posts import AGENT, HOME, MESSAGE, Edited, Post
from bot.store.row_claims import Sender
from bot.views import blocks
from bot.views.agent_status import AgentShown
from bot.views.message import Message

log = get_logger(__name__)

# By which a surface is edited.
METHOD: Final = {MESSAGE: "chat.update", HOME: "views.publish", AGENT: "agents.sessions.setStatus"}


class PostEditor:
    """Works off the lanes of edits, of which each workspace has one for each surface."""

    def __init__(self, services: Services, drawings: Drawings) -> None:
        self._services = services
        self._drawings = drawings
        self._in_hand: set[str] = set()
        self._sender = Sender(services.worker, services.timing.lease, self._in_hand)

    async def work(self, lane: str) -> float | None:
        """Edit one post of a lane. Returns the seconds until the lane is to be worked on again, or None."""
        team = team_of(lane)
        if self._services.workspaces.get(team) is None:
            return None  # its posts wait, and the sweep wakes the lane again
        row, wait = await self._next((team, surface_of(lane)))
        if row is None:
            return wait
        self._in_hand.add(row.key)
        try:
            return await self._work_on(lane, row)
        finally:
            self._in_hand.discard(row.key)

    async def _work_on(self, lane: str, found: Post) -> float | None:
        row = await self._take(found)
        if not isinstance(row, Post):
            return row
        # An edit that hangs holds up no other post. The rate limit bounds how many may hang at once.
        self._services.engine.pass_on(lane, _budget(row).interval)
        with self._services.working_on(row, "edit", row.drawer):
            try:
                await self._edit_or_fail(row)
            except ClaimLostError:
                log.warning("post taken over or dropped", key=row.key)
                await self._draw_anew(row)
                return None
            except Exception:
                log.exception("edit failed", key=row.key)
                await self._own_fault(row)
        return 0.0

    async def _next(self, where: Edited) -> tuple[Post | None, float | None]:
        """Return the next post if the rate limit allows an edit now, else the seconds until the lane has one."""
        now = self._services.clock()
        async with self._services.db.read() as tx:
            row = await posts.next_edit(tx, self._services.db, where, now, self._sender)
            allowed_at = None if row is None else await self._allowed_at(tx, row)
            if allowed_at is not None and allowed_at <= now:
                return row, None
            due_at = await posts.next_at(tx, self._services.db, where, now, self._sender)
        at = min((instant for instant in (allowed_at, due_at) if instant is not None), default=None)
        return None, None if at is None else max(at - now, 0.01)

    async def _allowed_at(self, tx: Transaction, row: Post) -> float:
        budget = _budget(row)
        return await rate_limits.ready_at(tx, _bucket(row), budget.interval, budget.burst)

    async def _take(self, found: Post) -> Post | float:
        """Claim the post. Returns the seconds to wait if there is no token, or 0 if another worker was quicker."""
        now, budget = self._services.clock(), _budget(found)
        async with self._services.db.write() as tx:
            # The token first: without one the post stays free. A token taken in vain costs other posts a moment.
            wait = await rate_limits.take(tx, _bucket(found), now, budget.interval, budget.burst)
            if wait:
                return wait
            return await posts.take(tx, self._services.db, found.key, self._sender, now) or 0.0

    async def _edit_or_fail(self, row: Post) -> None:
        try:
            await self._edit(row)
        except SlackError as error:
            await self.fail(row, error)

    async def _edit(self, row: Post) -> None:
        drawing = await self._drawings.draw(row.key, row.form)
        if drawing is None:
            async with self._services.unit_of_work(ref=row.ref) as uow:
                await posts.mark_dead(uow.tx, row, "nothing to show")
            return
        if row.drawn != drawing.fingerprint and not await self._shown(row, drawing):
            return
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await posts.sent(uow.tx, row, drawing.version, drawing.fingerprint, uow.now)
            await self._drawings.note_shown(uow, row.key)
        self._services.metrics.sent(row.drawer)
        log.info("sent", key=row.key, channel=row.channel, ts=row.ts)

    async def _shown(self, row: Post, drawing: Drawing) -> bool:
        """Have Slack show the drawing. Returns False if Slack refuses its form and a plainer one is next."""
        try:
            await self._update(row, drawing.message)
        except SlackRefused as refused:
            if not refused.may_be_the_form or drawing.plainer is None:
                raise
            log.warning("form refused", key=row.key, error=str(refused))
            async with self._services.unit_of_work(ref=row.ref) as uow:
                await note_form_refused(uow, row.team, drawing, refused)
                await posts.show_in_form(uow.tx, row, drawing.form + 1, uow.now, "blocks refused")
            return False
        return True

    async def _update(self, row: Post, message: Message) -> None:
        assert row.ts is not None
        async with self._services.db.read() as tx:
            await posts.check(tx, row)
        # A crash right here repeats the edit, which changes nothing.
        slack = self._services.workspaces[row.team].slack
        if row.surface == HOME:
            await slack.publish_home(row.channel, message.blocks or [blocks.section(message.text)])
        elif row.surface == AGENT:
            shown = AgentShown.read(message)
            await slack.show_agent(row.channel, row.ts, shown.status, shown.title, shown.initiator)
        else:
            # A post may be addressed to a person, but only one in the conversation with them can be edited.
            where = await slack.direct(row.channel) if row.channel.startswith(PERSON) else row.channel
            await slack.update(where, row.ts, message.text, message.blocks, row.key)

    async def _draw_anew(self, row: Post) -> None:
        """Have the post edited again: our edit may have come after the one of the worker that took the post over."""
        # A crash before this commit leaves the older state until the next change of what is shown.
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await posts.clear_drawn(uow.tx, row.key)
            await uow.redraw(type(self._drawings.drawer(row.drawer)), row.subject)

    # ------------------------------------------------------------ failures

    async def fail(self, row: Post, error: SlackError) -> None:
        """Handle an edit that failed with `error`: have it tried again or mark the post dead."""
        log.warning("edit failed", key=row.key, error=str(error))
        self._services.tracing.failed(error.outcome)
        if isinstance(error, SlackRateLimited):
            async with self._services.unit_of_work(ref=row.ref) as uow:
                await slow_down_method(uow, row.team, error)
                await posts.reschedule(uow.tx, row, uow.now + error.retry_after, "rate limited")
        elif row.surface == AGENT and isinstance(error, ScopeMissing):
            await self._mark_dead(row, error)  # the card says the same, so nobody has to wait for the status
        elif isinstance(error, SlackOutcomeUnknown | SlackUnreachable | SlackBusy | TokenRefused | ScopeMissing):
            await self._reschedule(row, str(error))
        else:
            await self._mark_dead(row, error)

    async def _reschedule(self, row: Post, reason: str) -> None:
        wait = seconds_until_retry(self._services.timing, row.attempts)
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await posts.reschedule(uow.tx, row, uow.now + wait, reason)

    async def _own_fault(self, row: Post) -> None:
        """Put the post back after a fault of our own, or mark it dead after MOST_ATTEMPTS."""
        self._services.tracing.failed("own fault")
        if row.attempts < MOST_ATTEMPTS:
            await self._reschedule(row, "own fault")
        else:
            await self._mark_dead(row, SlackError("send", "own_fault", "could not be sent"))

    async def _mark_dead(self, row: Post, error: SlackError) -> None:
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await self._drawings.drawer(row.drawer).lost(uow, row, error)
            await posts.mark_dead(uow.tx, row, str(error))
        if row.surface == AGENT:
            return  # the card says the same
        self._services.metrics.died(row.drawer)
        log.error("post no longer editable", key=row.key, error=str(error))


def _budget(row: Post) -> Budget:
    if row.surface != MESSAGE:
        return METHODS[METHOD[row.surface]]
    return SPARE_EDITS if row.gives_way else EDITS


def _bucket(row: Post) -> str:
    return f"{row.team}:{METHOD[row.surface]}"
