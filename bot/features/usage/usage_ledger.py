"""What was spent: as Devin billed it if the key may read that, and from the differences between polls.

1. What Devin billed is stored by billing day and product, with the instant of reading
   (`bot.features.consumption.reader`).
2. Figures are made from stored rows alone, so an answer is ready within the ack.

The bill is the whole organisation's, and the differences are those of our own sessions: the rest came otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.conversation.titles import ShownTitles, permalink, title_of
from bot.domain.billing import (
    SETTLING,
    Billed,
    Withheld,
    billing_day,
    bounds,
    days_before,
    newest_finished,
)
from bot.domain.cycle import Cycle, CycleLimits, calendar_month
from bot.domain.outcomes import Outcome
from bot.domain.periods import days_between
from bot.domain.readers import ANYBODY, Readers
from bot.features.consumption.cycles import cycle_figures, cycle_of, history_start, limits_of
from bot.features.consumption.reader import ConsumptionReader, read_withheld
from bot.features.consumption.rules import LATE_DATA, bill_of
from bot.features.consumption.sentences import CycleFigures
from bot.features.consumption.session_bills import SessionBillReader
from bot.features.usage import session_count_rows as session_counts
from bot.features.usage import usual
from bot.features.usage.acus_by_day import AcusByDay
from bot.features.usage.chart_days import CHART_DAYS
from bot.features.usage.figure_sentences import MOST_EXPENSIVE_LISTED, Figures, MostExpensive, summed
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import due, people, pull_requests, session_days, spend
from bot.store.database.connection import Transaction
from bot.store.stored_sessions import StoredSession, stored


class UsageLedger:
    """Stores what Devin billed, and makes figures of the stored rows."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._reader = ConsumptionReader(services)
        self._session_bills = SessionBillReader(services)

    async def tick(self, organisation: Organisation) -> float:
        """Read what Devin billed to an organisation, if that is due. Returns the seconds until the next call."""
        return await self._reader.tick(organisation)

    async def refresh(self, organisation: Organisation) -> None:
        """Read what Devin billed to an organisation on the days that may still change; raises if it cannot be read."""
        await self._reader.refresh(organisation)

    async def is_behind(self, organisation: Organisation) -> bool:
        """Whether ACUs may still move to another day: Devin will soon be asked on which one they were used."""
        return await self._session_bills.is_behind(organisation)

    async def figures(
        self,
        workspace: Workspace,
        day: date,
        since: date | None = None,
        *,
        of: str | None = None,
        urgent: bool = False,
        readers: Readers = ANYBODY,
    ) -> Figures:
        """Return the figures of the billing day `day`, or of all days from `since` to `day`.

        What was billed is the whole organisation's; everything else is about the workspace's sessions in it.
        With `of`, a channel, only its sessions count. With `urgent` the read goes before others, as Slack waits for it.
        Sessions whose titles the `readers` may not see have none.
        """
        async with self._services.db.scan(urgent=urgent) as tx:
            return await self.figures_in(tx, workspace, days_between(since or day, day), of, readers)

    async def figures_in(
        self, tx: Transaction, workspace: Workspace, days: Sequence[date], of: str | None, readers: Readers
    ) -> Figures:
        """Return the same as they are in `tx`, for who reads more that has to add up to them."""
        day, org_id = days[-1], workspace.organisation.id
        theirs, span = (workspace.team, org_id), (bounds(days[0])[0], bounds(day)[1])
        cycle = await cycle_of(tx, org_id, bounds(day)[0])
        own = await _own(tx, workspace, await self._first_counted(tx, org_id, days, cycle, of), day, of)
        amounts = await self._amounts(tx, workspace, days, of, own)
        outcomes, most_expensive, spent = await _active_sessions(tx, workspace, days, of, readers)
        opened, merged = await pull_requests.counts_between(tx, *theirs, *span, of)
        no_acus = await self.no_acus_reported(tx, workspace, day, amounts, of)
        return replace(
            summed(amounts, days, workspace.policy.acu_price),
            usual=amounts.usual(day) if len(days) == 1 else None,  # a sum of days has nothing to be compared with
            anomaly_limit=amounts.anomaly_limit(day) if len(days) == 1 else None,
            outcomes=outcomes,
            pull_requests_opened=opened,
            pull_requests_merged=merged,
            waiting=await session_counts.waiting_now(tx, *theirs, of),
            most_expensive=most_expensive,
            has_used=spent > 0,
            cycle=await self._cycle(tx, workspace, cycle, day, amounts, own, of),
            no_acus_reported=no_acus,
            worked=await session_counts.worked_between(tx, *theirs, *span, of) if no_acus else 0.0,
        )

    async def of_cycle(self, tx: Transaction, workspace: Workspace, cycle: Cycle, today: date) -> Figures:
        """Return what was used in a `cycle` so far, in sum and by what Devin limits, as answers about it show it."""
        days = days_between(cycle.first, today)
        own = await _own(
            tx, workspace, await self._first_counted(tx, workspace.organisation.id, days, cycle, None), today, None
        )
        amounts = await self._amounts(tx, workspace, days, None, own)
        return replace(
            summed(amounts, days, workspace.policy.acu_price),
            cycle=await self._cycle(tx, workspace, cycle, today, amounts, own, None),
            no_acus_reported=await self.no_acus_reported(tx, workspace, today, amounts),
        )

    async def spent(self, workspace: Workspace, first: date, last: date, of: str | None = None) -> float | None:
        """Return the ACUs of all days from `first` to `last`, or with `of` of a channel's sessions; None if unknown."""
        async with self._services.db.scan() as tx:
            return (await self.amounts(tx, workspace, first, last, of)).best(days_between(first, last))

    async def amounts(
        self, tx: Transaction, workspace: Workspace, first: date, last: date, of: str | None = None
    ) -> AcusByDay:
        """Return the ACUs by day from `first` to `last`, and on the days before them that they are compared with.

        They are those that `figures` of these days are made from. With `of`, a channel, only its sessions count.
        """
        own = await _own(tx, workspace, _first_compared(first, last), last, of)
        return await self._amounts(tx, workspace, days_between(first, last), of, own)

    # ------------------------------------------------------------ figures

    async def _amounts(
        self,
        tx: Transaction,
        workspace: Workspace,
        days: Sequence[date],
        channel: str | None,
        own: Mapping[date, float],
    ) -> AcusByDay:
        """The ACUs of the organisation or of a channel. There the sessions' own count is all that was used."""
        theirs = (workspace.organisation.id, days[0], days[-1], workspace.team, channel)
        doubts = await spend.doubts(tx, *theirs)
        if channel is None:
            return replace(await self._of_organisation(tx, workspace.organisation.id, days, own), doubts=doubts)
        known, span = _compared(days, own), days_between(_first_compared(days[0], days[-1]), days[-1])
        return AcusByDay({day: known.get(day, 0.0) for day in span}, known, doubts=doubts)

    async def _of_organisation(
        self, tx: Transaction, org_id: str, days: Sequence[date], counted: Mapping[date, float]
    ) -> AcusByDay:
        first, last = _first_compared(days[0], days[-1]), days[-1]
        own, now = _compared(days, counted), self._services.clock()
        # Also the days after them: whether those are listed says something about one that is not.
        stored = await spend.billed(tx, org_id, first, last + LATE_DATA)
        read = [day for day, figure in stored.items() if day <= last and self._can_be_shown(day, figure, now)]
        bills = {day: bill_of(day, stored, own.get(day, 0.0), now) for day in read}
        asked = await due.read(tx, due.consumption(org_id))
        withheld = read_withheld(asked.state) if asked else None
        # What has begun since Devin was last asked has no bill yet. Once that is overdue, it could not be read.
        begun = {billing_day(now)} - stored.keys() if asked is not None and asked.at > now else set[date]()
        # What is not in yet will not come where Devin withholds it.
        if withheld is not None and any(bills.get(day) is None for day in days):
            return AcusByDay({}, own, withheld=withheld)
        return AcusByDay(
            billed={day: acus for day, acus in bills.items() if acus is not None},
            own=own,
            late=frozenset([*begun, *(day for day, acus in bills.items() if acus is None)]),
            read_at={day: figure.read_at for day, figure in stored.items()},
            products={day: figure.products for day, figure in stored.items()},
            asked=asked is not None,
        )

    async def _first_counted(
        self, tx: Transaction, org_id: str, days: Sequence[date], cycle: Cycle, channel: str | None
    ) -> date:
        """The first day of which our own count is needed: that of the forecast only where no bill is there for it."""
        first = _first_compared(days[0], days[-1])
        if channel is None and await self._withheld(tx, org_id) is None:
            return first
        return min(first, history_start(cycle))

    async def _cycle(
        self,
        tx: Transaction,
        workspace: Workspace,
        cycle: Cycle,
        day: date,
        shown: AcusByDay,
        own: Mapping[date, float],
        channel: str | None,
    ) -> CycleFigures | None:
        """The figures of the `cycle` up to `day`, to stand beside the `shown` amounts; None if they are not known.

        Of a cycle that began before all that was ever read, the calendar month counts, which has no limit.
        """
        org_id, finished = workspace.organisation.id, newest_finished(self._services.clock())
        # The limits are the whole organisation's, and no part of them is a channel's.
        limits = await limits_of(tx, org_id, workspace.policy) if channel is None else CycleLimits()
        amounts = await self._amounts(tx, workspace, days_between(history_start(cycle), day), channel, own)
        if amounts.withheld is not None and shown.withheld is None:
            return None  # it would count our own sessions alone, beside a total of all
        month = calendar_month(day)
        price = workspace.policy.acu_price
        found = cycle_figures(cycle, limits, amounts, day, finished, price)
        if found is None and cycle.first < month.first:
            return cycle_figures(month, CycleLimits(), amounts, day, finished, price)
        return found

    def _can_be_shown(self, day: date, figure: Billed, now: float) -> bool:
        """Whether the figure of a day can be shown: it was read after the day had settled, or not long ago."""
        settled = bounds(day)[1] + SETTLING.total_seconds()
        return figure.read_at >= settled or now - figure.read_at <= self._services.timing.consumption_fresh

    async def _withheld(self, tx: Transaction, org_id: str) -> Withheld | None:
        stored = await due.read(tx, due.consumption(org_id))
        return read_withheld(stored.state) if stored else None

    async def no_acus_reported(
        self, tx: Transaction, workspace: Workspace, day: date, amounts: AcusByDay, channel: str | None = None
    ) -> bool:
        """Whether Devin reports no ACUs for our sessions, although some of them are done: on some plans it never does.

        Sessions that were done just now are left out, because their ACUs may still follow.
        """
        if any(amounts.own.values()):
            return False
        before = min(bounds(day)[1], self._services.clock() - SETTLING.total_seconds())
        after = bounds(_first_compared(day, day))[0]
        return await spend.reports_none(tx, workspace.team, workspace.organisation.id, after, before, channel)


async def _active_sessions(
    tx: Transaction, workspace: Workspace, days: Sequence[date], channel: str | None, readers: Readers
) -> tuple[dict[Outcome, int], tuple[MostExpensive, ...], float]:
    """Count the sessions that were active on the days by outcome, describe those that spent most, and add up all."""
    outcomes, costs, spent = await session_days.outcomes_and_costs(
        tx, workspace.team, workspace.organisation.id, days[0], days[-1], MOST_EXPENSIVE_LISTED, channel
    )
    return outcomes, await described(tx, workspace, costs, readers), spent


async def described(
    tx: Transaction, workspace: Workspace, costs: Sequence[tuple[str, float]], readers: Readers
) -> tuple[MostExpensive, ...]:
    """Describe stored sessions, given as (session id, ACUs), as `readers` may see them."""
    found = await stored(tx, [session_id for session_id, _ in costs])
    titles = await ShownTitles.read(tx, workspace, readers)
    return tuple([await _described(tx, workspace, found[key], acus, titles) for key, acus in costs])


async def _described(
    tx: Transaction, workspace: Workspace, session: StoredSession, acus: float, titles: ShownTitles
) -> MostExpensive:
    asker = await _asker(tx, workspace, session)
    if (instead := titles.instead(session)) is not None:
        return MostExpensive(instead, acus, requester=asker, channel=session.channel)
    return MostExpensive(
        title=title_of(session),
        acus=acus,
        permalink=permalink(workspace, session),
        url=session.url,
        requester=asker,
        channel=session.channel if session.title is not None else None,
    )


async def _asker(tx: Transaction, workspace: Workspace, session: StoredSession) -> str | None:
    if not workspace.policy.shows_names:
        return None
    asker = await people.get(tx, workspace.team, session.requester, read_after=0.0)
    return (asker.name if asker else session.requester_name) or None


async def _own(
    tx: Transaction, workspace: Workspace, first: date, last: date, channel: str | None
) -> Mapping[date, float]:
    """Count what our sessions spent on each day. Over a long history this is what takes longest of all figures."""
    return await spend.by_day(tx, workspace.organisation.id, first, last, workspace.team, channel)


def _compared(days: Sequence[date], own: Mapping[date, float]) -> dict[date, float]:
    """Return what our sessions spent on the days, and on those before them that they are compared with."""
    first = _first_compared(days[0], days[-1])
    return {day: acus for day, acus in own.items() if first <= day <= days[-1]}


def _first_compared(first: date, last: date) -> date:
    """Return the first day that figures from `first` to `last` need: that of the month, or of a chart's history."""
    charted = min(first, days_before(last, CHART_DAYS)[0])
    return min(days_before(charted, usual.HISTORY_DAYS)[0], last.replace(day=1))
