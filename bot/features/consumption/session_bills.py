"""What Devin says on which days our sessions used how much, asked once of each finished day.

What polls find is booked on the day on which it is found, which is another one where nobody polled when a day ended.

1. A session that used something on a finished day, or in a pause of the polls over the end of one, is asked about: one
   call for all its days, one session after the other, those first of which it is in doubt how they divide.
2. The answer takes the place of what was booked, and is taken off the days on which it was booked instead.
3. A day of which Devin's figure is not in yet stays as it is, and so does a session that Devin does not find. That is
   asked again a day later, until the figure would be final. So there are at most four calls for a session and a day,
   and one more for a pause.
4. Where the key may not read it, the organisation is asked again a day later; while its whole bill is withheld, never.
"""

from datetime import date
from typing import Final

from bot.conversation.follow.poll import PollState
from bot.devin.errors import (
    DevinConflict,
    DevinDenied,
    DevinError,
    DevinForbidden,
    DevinInvalid,
    DevinNotFound,
    DevinQuotaExceeded,
)
from bot.domain.amounts import exact_sum
from bot.domain.billing import ONE_DAY, bounds, newest_finished
from bot.features.consumption import rows
from bot.features.consumption.reader import Bill, bill_in, read_withheld
from bot.features.consumption.rows import AskedSession
from bot.features.consumption.rules import WINDOW_DAYS, Settled, settle, unanswered
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.logs import get_logger
from bot.store import due, spend, stored_sessions
from bot.store.database.connection import Transaction

log = get_logger(__name__)

_REFUSED: Final = (DevinDenied, DevinForbidden, DevinQuotaExceeded)
# Others are asked about meanwhile.
_ABOUT_THE_SESSION: Final = (DevinNotFound, DevinInvalid, DevinConflict)


class SessionBillReader:
    """Asks Devin on which days sessions used what is booked of them, and books it there."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self, organisation: Organisation) -> float:
        """Ask about one session, if one has to be asked about. Returns the seconds until the next call."""
        services, timing = self._services, self._services.timing
        if not services.workspaces.want_figures_of(organisation):
            return timing.idle_tick
        now, name = services.clock(), due.session_bills(organisation.id)
        async with services.db.scan() as tx:
            session = await self._next(tx, organisation.id, now)
        if session is None:
            return timing.session_bills  # only our own store was read
        # A crash after this commit has it asked about again once the lease is over.
        async with services.db.write() as tx:
            if not await due.claim(tx, name, now, now + timing.lease):
                return timing.session_bills
        wait = await self._ask(organisation, session)
        async with services.db.write() as tx:
            state = {"v": 1, "refused": wait >= timing.session_bills_again}
            await due.write(tx, name, services.clock() + wait, state)
        return min(max(wait, timing.consumption_backfill), timing.session_bills)

    async def is_behind(self, organisation: Organisation) -> bool:
        """Whether Devin will soon say to which days of an organisation some ACUs belong of which that is in doubt.

        Also while it is asked, or after an error is asked again in some minutes.
        """
        now, org_id = self._services.clock(), organisation.id
        async with self._services.db.read() as tx:
            stored = await due.read(tx, due.session_bills(org_id))
            refused = stored is not None and stored.at > now and bool(stored.state.get("refused"))
            if refused or not await _is_bill_known(tx, org_id):
                return False
            return await rows.is_any_in_doubt(tx, org_id, *_window(now), now)

    async def _next(self, tx: Transaction, org_id: str, now: float) -> AskedSession | None:
        stored = await due.read(tx, due.session_bills(org_id))
        if (stored is not None and stored.at > now) or not await _is_bill_known(tx, org_id):
            return None
        first, last = _window(now)
        poll = await due.read(tx, due.poll(org_id))
        polled = poll is not None and PollState.stored(poll.state).polled_at >= bounds(last)[1]
        return await rows.next_session(tx, org_id, first, last, now, polled=polled)

    # ------------------------------------------------------------ one call

    async def _ask(self, organisation: Organisation, session: AskedSession) -> float:
        """Ask about one session. Returns the seconds for which the organisation is not asked again."""
        timing, (first, last) = self._services.timing, _window(self._services.clock())
        try:
            answer = await organisation.devin.session_daily_consumption(
                session.devin_id, bounds(first - ONE_DAY)[0], bounds(last)[1]
            )
        except _ABOUT_THE_SESSION as error:
            log.info("session days unknown", session=session.id, status=error.status)
            await self._put_off(organisation.id, session, first, last)
        except _REFUSED as error:
            log.info("session days not permitted", organisation=organisation.id, status=error.status)
            return timing.session_bills_again
        except DevinError as error:
            facts = {"error": type(error).__name__, "status": error.status}
            log.warning("session days not read", session=session.id, **facts)
            return max(timing.consumption_retry, error.retry_after or 0.0)
        else:
            await self._book(organisation.id, session, bill_in(answer), first, last)
        return 0.0

    async def _book(self, org_id: str, session: AskedSession, bill: Bill, first: date, last: date) -> None:
        billed = {day: exact_sum(products.values()) for day, products in bill.items()}
        # A crash before this commit loses the answer: the days are still to be asked about.
        async with self._services.unit_of_work() as uow:
            await stored_sessions.lock(uow.tx, session.id)
            booked = await spend.booked(uow.tx, session.id, first)
            settled = settle(booked, billed, first, last, uow.now)
            await spend.book(uow.tx, org_id, session.id, settled.days, self._ask_at(settled, uow.now))

    async def _put_off(self, org_id: str, session: AskedSession, first: date, last: date) -> None:
        # A crash before this commit has Devin asked once more.
        async with self._services.unit_of_work() as uow:
            await stored_sessions.lock(uow.tx, session.id)
            left = unanswered(await spend.booked(uow.tx, session.id, first), last, uow.now)
            await spend.book(uow.tx, org_id, session.id, left, uow.now + self._services.timing.session_bills_again)

    def _ask_at(self, settled: Settled, now: float) -> float:
        return now + self._services.timing.session_bills_again if settled.again else 0.0


def _window(now: float) -> tuple[date, date]:
    """The days that one call may ask about: the oldest one, and the newest one that is finished."""
    last = newest_finished(now)
    return last - ONE_DAY * (WINDOW_DAYS - 2), last


async def _is_bill_known(tx: Transaction, org_id: str) -> bool:
    """Whether the whole bill may be read: what it bills to a session needs no other permission."""
    bill = await due.read(tx, due.consumption(org_id))
    return bill is not None and read_withheld(bill.state) is None
