"""Cards that were posted are edited to the newest state of their session.

1. A token of the rate limit is taken and the card is claimed.
2. The session is read and the card drawn. If the card shows that already, Slack is not called.
3. The epoch is checked, and Slack is called.
4. The version that the card shows is stored, and the claim released. A newer version that is wanted by then is next.

An edit may be repeated, so neither a crash nor a lost answer leaves anything to look up. The first post of a card is
sent by `bot.flows.deliver.send`, like every post.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from bot.domain.lane import team_of
from bot.flows.deliver.failures import MOST_ATTEMPTS, notify_asker_of_channel, seconds_until_retry, slow_down_method
from bot.flows.services import Services
from bot.flows.shared_channels import SharedChannels
from bot.flows.unit_of_work import UnitOfWork
from bot.logs import about, get_logger
from bot.slack.errors import (
    ChannelGone,
    ScopeMissing,
    SlackBusy,
    SlackError,
    SlackOutcomeUnknown,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    TokenRefused,
)
from bot.slack.rate_limits import EDITS, FIGURES, Budget
from bot.store import cards, rate_limits, sessions
from bot.store.cards import CardRow
from bot.store.database.connection import Transaction
from bot.store.lanes import ClaimLostError
from bot.store.row_claims import Sender
from bot.views.answers import failures as failure_sentences
from bot.views.card import card
from bot.views.message import Message
from bot.views.shared_card import card_in_shared_channel

log = get_logger(__name__)

METHOD: Final = "chat.update"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A card as it is to be shown, and the number of that version."""

    message: Message
    version: int

    @property
    def fingerprint(self) -> str:
        """A short hash of the message, which shows whether an edit would change anything."""
        drawn = json.dumps([self.message.text, self.message.blocks], sort_keys=True)
        return hashlib.blake2b(drawn.encode(), digest_size=8).hexdigest()


async def draw(services: Services, session_id: str | None, *, plain: bool, shared: bool) -> Drawing | None:
    """Draw the card of a session as it is stored now. None if the session is gone.

    If `plain` it has no blocks, and if its channel is `shared` it holds nothing that Devin wrote.
    """
    if session_id is None:
        return None
    async with services.db.read() as tx:
        # The version is read first: if the session changes between the two reads, the card is only drawn once more.
        row = await cards.get(tx, session_id)
        session = await sessions.get(tx, session_id)
    if row is None or session is None:
        return None
    session = services.workspaces.with_code_hosts(session)
    drawn = card_in_shared_channel(session) if shared else card(session, services.clock())
    return Drawing(Message(drawn.text, []) if plain else drawn, row.version)


class CardEditor:
    """Works off the lanes of cards, of which each workspace has one."""

    def __init__(self, services: Services, shared_channels: SharedChannels) -> None:
        self._services = services
        self._shared_channels = shared_channels
        self._in_hand: set[str] = set()
        self._sender = Sender(services.worker, services.timing.lease, self._in_hand)

    async def work(self, lane: str) -> float | None:
        """Edit one card of a lane. Returns the seconds until the lane is to be worked on again, or None."""
        team = team_of(lane)
        if self._services.workspaces.get(team) is None:
            return None  # its cards wait, and the sweep wakes the lane again
        row, wait = await self._next(team)
        if row is None:
            return wait
        self._in_hand.add(row.session_id)
        try:
            return await self._work_on(lane, row)
        finally:
            self._in_hand.discard(row.session_id)

    async def _work_on(self, lane: str, found: CardRow) -> float | None:
        row = await self._take(found)
        if not isinstance(row, CardRow):
            return row
        # An edit that hangs holds up no other card. The rate limit bounds how many may hang at once.
        self._services.engine.pass_on(lane, EDITS.interval)
        with about(row.ref):
            try:
                await self._edit_or_fail(row)
            except ClaimLostError:
                log.warning("card was taken over or is dead", key=row.key)
                await self._draw_anew(row)
                return None
            except Exception:
                log.exception("edit failed", key=row.key)
                await self._own_fault(row)
        return 0.0

    async def _next(self, team: str) -> tuple[CardRow | None, float | None]:
        """Return the next card if the rate limit allows an edit now, else the seconds until the lane has one."""
        now = self._services.clock()
        async with self._services.db.read() as tx:
            row = await cards.next_edit(tx, self._services.db, team, now, self._sender)
            allowed_at = None if row is None else await self._allowed_at(tx, row)
            if allowed_at is not None and allowed_at <= now:
                return row, None
            due_at = await cards.next_at(tx, self._services.db, team, now, self._sender)
        at = min((instant for instant in (allowed_at, due_at) if instant is not None), default=None)
        return None, None if at is None else max(at - now, 0.01)

    async def _allowed_at(self, tx: Transaction, row: CardRow) -> float:
        budget = _budget(row)
        return await rate_limits.ready_at(tx, _bucket(row), budget.interval, budget.burst)

    async def _take(self, found: CardRow) -> CardRow | float:
        """Claim the card. Returns the seconds to wait if there is no token, or 0 if another worker was quicker."""
        now, budget = self._services.clock(), _budget(found)
        async with self._services.db.write() as tx:
            # The token first: without one the card stays free. A token taken in vain costs other cards a moment.
            wait = await rate_limits.take(tx, _bucket(found), now, budget.interval, budget.burst)
            if wait:
                return wait
            return await cards.take(tx, self._services.db, found.session_id, self._sender, now) or 0.0

    async def _edit_or_fail(self, row: CardRow) -> None:
        try:
            await self._edit(row)
        except SlackError as error:
            await self.fail(row, error)

    async def _edit(self, row: CardRow) -> None:
        shared = await self._shared_channels.is_shared(self._services.workspaces[row.team], row.channel)
        drawing = await draw(self._services, row.session_id, plain=row.plain, shared=shared)
        if drawing is None:
            async with self._services.unit_of_work(ref=row.ref) as uow:
                await cards.mark_dead(uow.tx, row, "no session")
            return
        if row.drawn != drawing.fingerprint:
            await self._update(row, drawing.message)
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await cards.sent(uow.tx, row, drawing.version, drawing.fingerprint, uow.now)
        self._services.metrics.sent("card")
        log.info("sent", key=row.key, channel=row.channel, ts=row.ts)

    async def _update(self, row: CardRow, message: Message) -> None:
        assert row.ts is not None
        async with self._services.db.read(first=True) as tx:
            await cards.check(tx, row)
        # A crash right here repeats the edit, which changes nothing.
        slack = self._services.workspaces[row.team].slack
        await slack.update(row.channel, row.ts, message.text, message.blocks, row.key)

    async def _draw_anew(self, row: CardRow) -> None:
        """Have the card edited again: our edit may have come after the one of the worker that took the card over."""
        # A crash before this commit leaves the older state until the next change of the session.
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await cards.clear_drawn(uow.tx, row.session_id)
            await uow.redraw(row.session_id)

    # ------------------------------------------------------------ failures

    async def fail(self, row: CardRow, error: SlackError) -> None:
        """Handle an edit that failed with `error`: have it tried again, or without blocks, or mark the card dead."""
        log.warning("edit failed", key=row.key, error=str(error))
        if isinstance(error, SlackRateLimited):
            async with self._services.unit_of_work(ref=row.ref) as uow:
                await slow_down_method(uow, row.team, error)
                await cards.reschedule(uow.tx, row, uow.now + error.retry_after, "rate limited")
        elif isinstance(error, SlackOutcomeUnknown | SlackUnreachable | SlackBusy | TokenRefused | ScopeMissing):
            await self._reschedule(row, str(error))
        elif isinstance(error, SlackRefused) and error.may_be_the_form and not row.plain:
            async with self._services.unit_of_work(ref=row.ref) as uow:
                await cards.show_plainly(uow.tx, row, uow.now, "blocks refused")
        else:
            await self._mark_dead(row, error)

    async def _reschedule(self, row: CardRow, reason: str) -> None:
        wait = seconds_until_retry(self._services.timing, row.attempts)
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await cards.reschedule(uow.tx, row, uow.now + wait, reason)

    async def _own_fault(self, row: CardRow) -> None:
        """Put the card back after a fault of our own, or mark it dead after MOST_ATTEMPTS."""
        if row.attempts < MOST_ATTEMPTS:
            await self._reschedule(row, "own fault")
        else:
            await self._mark_dead(row, SlackError("send", "own_fault", "could not be sent"))

    async def _mark_dead(self, row: CardRow, error: SlackError) -> None:
        async with self._services.unit_of_work(ref=row.ref) as uow:
            if isinstance(error, ChannelGone):
                await notify_asker_of_channel(uow, row.session_id, row.channel, error)
            else:
                await self._notify_thread(uow, row)
            await cards.mark_dead(uow.tx, row, str(error))
        self._services.metrics.died("card")
        log.error("card is dead", key=row.key, error=str(error))

    async def _notify_thread(self, uow: UnitOfWork, row: CardRow) -> None:
        session = await sessions.get(uow.tx, row.session_id)
        if session is not None and session.thread_ts is not None:
            await uow.post(f"lost:{row.key}", session, failure_sentences.CARD_LOST)


def _budget(row: CardRow) -> Budget:
    return FIGURES if row.figures_only else EDITS


def _bucket(row: CardRow) -> str:
    return f"{row.team}:{METHOD}"
