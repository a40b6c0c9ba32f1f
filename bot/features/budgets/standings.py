"""How the budgets of a workspace stand, within one transaction: what was spent of what in the running period.

What people and channels spend is what their sessions spent, from our rows. What the organisation spends is what Devin
billed for itself, and on days without a bill, or on which we have counted more so far, what our sessions spent. Other
products on its bill, such as the local agents, are no work of sessions, and no budget counts them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from bot.conversation.titles import ShownTitles, permalink
from bot.domain.amounts import exact_sum, half_up
from bot.domain.billing import ONE_DAY, SETTLING, Billed, billing_day
from bot.domain.cycle import Cycle
from bot.domain.periods import days_between, in_doubt
from bot.domain.readers import FEWEST_PEOPLE, Readers
from bot.domain.session import NO_OPTIONS, OF_FAN_OUT, Options
from bot.features.budgets import grant_rows as grants
from bot.features.budgets import rows as budgets
from bot.features.budgets import sentences as views
from bot.features.budgets import spend_rows as budget_spend
from bot.features.budgets import spend_rows as reserved_rows
from bot.features.budgets.rules import (
    DIVIDED,
    USED_UP,
    Budget,
    Period,
    ScopeKind,
    Standing,
    day_spent,
    in_force,
    period_of,
)
from bot.features.budgets.sentences import Named
from bot.features.budgets.spend_rows import Reached
from bot.features.consumption.cycles import cycle_of
from bot.features.consumption.reader import read_withheld
from bot.features.consumption.rules import bill_of
from bot.features.teams import rows as cost_centres
from bot.features.teams.rules import named as cost_centre
from bot.kernel.workspace import Workspace
from bot.store import due, people, sessions, spend
from bot.store.database.connection import Transaction
from bot.store.of_channel import DIRECT
from bot.timing import DAY
from bot.views.text import QUOTED, linked_title

REPORTED_DAYS: Final = 30  # within which Devin should have reported ACUs
_NOTHING: Final = Decimal(0)
_EACH: Final = frozenset({ScopeKind.EACH_SESSION, ScopeKind.EACH_PERSON, ScopeKind.EACH_CHANNEL})
_PEOPLE: Final = frozenset({ScopeKind.PERSON, ScopeKind.EACH_PERSON})


class Standings:
    """The standings of budgets at the instant `now`, in the billing cycle `cycle`."""

    def __init__(self, tx: Transaction, workspace: Workspace, now: float, cycle: Cycle) -> None:
        self._tx, self._workspace = tx, workspace
        self._team, self._org_id = workspace.team, workspace.organisation.id
        self.shows_names = workspace.policy.shows_names
        self._now = now
        self._cycle = cycle
        self._usual: int | None = None

    def period(self, budget: Budget) -> Period:
        """Return the running period of `budget`."""
        return period_of(budget.span, self._now, self._cycle)

    async def holding(self, user: str, channel: str, session_id: str | None = None) -> list[Standing]:
        """Return how the budgets stand that hold for what `user` starts in `channel`, or for waking the session."""
        return [await self.of(*found) for found in await self._applying(user, channel, session_id, NO_OPTIONS)]

    async def _applying(
        self, user: str, channel: str, session_id: str | None, options: Options | None
    ) -> list[tuple[Budget, str]]:
        """Return these budgets, each with its subject; none of a team or repository where `options` aren't known."""
        known = await budgets.of_workspace(self._tx, self._team)
        found = [(in_force(known, ScopeKind.ORG, ScopeKind.ORG, ""), "")]
        if user:
            found.append((in_force(known, ScopeKind.EACH_PERSON, ScopeKind.PERSON, user), user))
        if not channel.startswith("D"):  # a direct message is no channel: there the person's budget holds
            found.append((in_force(known, ScopeKind.EACH_CHANNEL, ScopeKind.CHANNEL, channel), channel))
        if session_id is not None:
            found.append((in_force(known, ScopeKind.EACH_SESSION, ScopeKind.EACH_SESSION, session_id), session_id))
        if options is not None:
            found += [(budget, budget.scope.subject) for budget in await self._divided(known, user, channel, options)]
        return [(budget, subject) for budget, subject in found if budget is not None]

    async def _divided(self, known: Sequence[Budget], user: str, channel: str, options: Options) -> list[Budget]:
        """Return the budgets of the team and of the repositories in which what is asked for counts."""
        divided = [budget for budget in known if budget.scope.kind in DIVIDED]
        its = {ScopeKind.REPO: {repo.casefold() for repo in options.repos}}
        if any(budget.scope.kind is ScopeKind.TEAM for budget in divided):
            where, today = DIRECT if channel.startswith(DIRECT) else channel, billing_day(self._now)
            asked = cost_centres.AskedBy(user, where, spend.tags_text(options.tags))
            centre = (await cost_centres.counting(self._tx, self._team, today, [asked]))[asked]
            its[ScopeKind.TEAM] = {(centre or "").casefold()}
        return [one for one in divided if one.scope.subject.casefold() in its[one.scope.kind]]

    async def of_person(self, user: str) -> list[Standing]:
        """Return how the budget of `user` stands; nothing if they have none."""
        known = await budgets.of_workspace(self._tx, self._team)
        budget = in_force(known, ScopeKind.EACH_PERSON, ScopeKind.PERSON, user) if user else None
        return [] if budget is None else [await self.of(budget, user)]

    async def deciding(
        self,
        user: str,
        channel: str,
        session_id: str | None = None,
        *,
        options: Options | None = None,
        but_for: str = "",
    ) -> list[Standing]:
        """Return the same with what is reserved of each, but for the session with that id."""
        applying = await self._applying(user, channel, session_id, options)
        return [await self.with_reserved(*found, but_for=but_for) for found in applying]

    async def with_reserved(self, budget: Budget, subject: str, *, but_for: str = "") -> Standing:
        """Return how one subject of `budget` stands, with what is reserved of it, but for that session.

        A session's own budget has nothing reserved.
        """
        if budget.scope.kind is ScopeKind.EACH_SESSION:
            return await self.of(budget, subject)
        of = (
            self._tx,
            self._team,
            self._org_id,
            budget.scope.kind,
            subject,
            await self.usual_use(),
            billing_day(self._now),
        )
        # First what is reserved: a session that ends before the next statement counts in both, and not in neither.
        found = await reserved_rows.reserved(*of, but_for=but_for)
        return replace(await self.of(budget, subject), reserved=found.acus, uncapped=found.uncapped)

    async def usual_use(self) -> int:
        """Return the whole ACUs that sessions here usually stay within, as of the last hour."""
        if self._usual is None:
            kept = await due.read(self._tx, due.usual_use(self._team))
            today = billing_day(self._now)
            self._usual = kept.state["acus"] if kept else await budget_spend.usual_use(self._tx, self._team, today)
        return self._usual

    async def of(self, budget: Budget, subject: str) -> Standing:
        """Return how one subject of `budget` stands."""
        period, kind = self.period(budget), budget.scope.kind
        if kind is ScopeKind.ORG:
            spent = await self._by_organisation(period)
        else:
            by = await self._by_subject(kind, period, subject)
            spent = by.get(subject, _NOTHING)
        more = await grants.granted(self._tx, budget.number, period.name)
        return _standing(budget, subject, period, spent, more)

    async def of_all(self, budget: Budget, level: int) -> list[Standing]:
        """Return how all subjects of `budget` stand that have reached a `level` (percent), or had reached any before.

        A budget of one subject or of the organisation always gives its one standing. Otherwise the store leaves out who
        is below the level, as there may be ten thousands of sessions; it knows no grants, so those with more granted
        may be below it.
        """
        if budget.scope.kind not in _EACH:
            return [await self.of(budget, budget.scope.subject)]
        period = self.period(budget)
        more = await grants.granted(self._tx, budget.number, period.name)
        reached = Reached(budget.acus * level / USED_UP, budget.number, period.name)
        spent = await self._by_subject(budget.scope.kind, period, reached)
        own = await self.with_own_budget(budget.scope.kind)
        return [_standing(budget, subject, period, acus, more) for subject, acus in spent.items() if subject not in own]

    async def granted(self, budget: Budget) -> dict[str, Decimal]:
        """Return the ACUs that were granted of `budget` for now, by subject; the empty one stands for all.

        Those whose own budget took its place meanwhile have nothing of them.
        """
        more = await grants.granted(self._tx, budget.number, self.period(budget).name)
        own = await self.with_own_budget(budget.scope.kind) if more else set()
        return {subject: acus for subject, acus in more.items() if subject not in own}

    async def named(self, standing: Standing, viewer: str = "", *, in_thread: bool = False) -> Named:
        """Return `standing` with the names of its person and sessions, as `viewer` reads it, in the session's thread.

        `viewer` is the id of a person or a channel, empty for the admins.
        """
        named = await self._named(standing, viewer, in_thread=in_thread)
        return replace(named, about=await self._about(standing))

    async def _about(self, standing: Standing) -> tuple[date, ...]:
        """Return the days for which what was spent is only about right; where the bill counts, it is exact."""
        kind, days = standing.budget.scope.kind, days_between(standing.period.first, standing.period.last)
        if kind is not ScopeKind.ORG:
            found = await budget_spend.doubts(self._tx, self._team, kind, days[0], days[-1], standing.subject)
            return in_doubt(found, days)
        about = in_doubt(await spend.doubts(self._tx, self._org_id, days[0], days[-1]), days)
        running = await self._running(about) if about else ()
        return tuple(day for day in about if day in running)

    async def _named(self, standing: Standing, viewer: str, *, in_thread: bool) -> Named:
        kind, subject = standing.budget.scope.kind, standing.subject
        if kind is ScopeKind.EACH_SESSION:
            return Named(standing, await self.called(subject, viewer), yours=in_thread)
        if kind is ScopeKind.ORG:
            return await self._named_organisation(standing)
        if kind in DIVIDED:
            return await self._named_divided(standing)
        if kind not in _PEOPLE:
            return Named(standing)
        if not self.shows_names:
            return Named(standing, yours=subject == viewer, anonymous=True)
        name = await people.name_of(self._tx, self._team, subject)
        return Named(standing, name, yours=subject == viewer)

    async def _named_divided(self, standing: Standing) -> Named:
        """Return the `standing` of a team or a repository, hidden like that of a person where few people use it."""
        period, scope = standing.period, standing.budget.scope
        today = await cost_centres.on_day(self._tx, self._team, billing_day(self._now))
        is_gone = scope.kind is ScopeKind.TEAM and cost_centre(today, scope.subject) is None
        of = (self._tx, self._team, scope.kind, period.first, period.last, scope.subject)
        few = not self.shows_names and await budget_spend.people(*of) < FEWEST_PEOPLE
        return Named(standing, anonymous=few, is_gone=is_gone)

    async def called(self, session_id: str, viewer: str = "") -> str:
        """Name a session within a sentence, by its title with its links if `viewer` may see them."""
        session = await sessions.get(self._tx, session_id)
        if session is None:
            return views.titled("", views.OF_FAN_OUT if OF_FAN_OUT in session_id else views.NOT_STORED)
        readers = Readers.at(viewer or self._workspace.policy.admin_channel or "")
        titles = await ShownTitles.read(self._tx, self._workspace, readers)
        stand_in = titles.replacement(session.channel, session.requester)
        if stand_in is not None:
            return views.titled("", stand_in)
        return linked_title(session.title, permalink(self._workspace, session), session.url, around=QUOTED)

    async def _named_organisation(self, standing: Standing) -> Named:
        """Return `standing` with what it does not count; where the key gets no bill, only our sessions count."""
        period = standing.period
        billed = await spend.billed(self._tx, self._org_id, period.first, period.last)
        is_unbilled = all(figure.acus is None for figure in billed.values()) and await self._is_withheld()
        return Named(standing, unbilled=is_unbilled, others=exact_sum(figure.of_others for figure in billed.values()))

    async def _is_withheld(self) -> bool:
        """Whether Devin keeps its bill from the key."""
        stored = await due.read(self._tx, due.consumption(self._org_id))
        return stored is not None and read_withheld(stored.state) is not None

    async def with_own_budget(self, each: ScopeKind) -> set[str]:
        """Return the people or channels whose own budget takes the place of the one for `each` of them."""
        named = {ScopeKind.EACH_PERSON: ScopeKind.PERSON, ScopeKind.EACH_CHANNEL: ScopeKind.CHANNEL}.get(each)
        known = await budgets.of_workspace(self._tx, self._team)
        return {budget.scope.subject for budget in known if budget.scope.kind is named}

    async def _by_subject(self, kind: ScopeKind, period: Period, whom: str | Reached) -> dict[str, Decimal]:
        days = (period.first, period.last)
        return await budget_spend.spent(self._tx, self._team, kind, *days, whom)

    async def _by_organisation(self, period: Period) -> Decimal:
        by_day = await self.organisation_by_day(period.first, period.last)
        return exact_sum(spent for spent, _ in by_day.values())

    async def organisation_by_day(self, first: date, last: date) -> dict[date, tuple[Decimal, Decimal]]:
        """Return what the organisation spent on each day from `first` to `last`, and what our sessions did of it."""
        billed = await spend.billed(self._tx, self._org_id, first, last)
        own = await spend.by_day(self._tx, self._org_id, first, last)
        by_day = {}
        for day in days_between(first, last):
            ours, bill = own.get(day, 0.0), billed[day].of_devin if day in billed else None
            running = self._is_running(day, billed, ours)
            by_day[day] = half_up(day_spent(bill, ours, running=running), 6), half_up(ours, 6)
        return by_day

    async def _running(self, days: Sequence[date]) -> set[date]:
        """Return those of the days whose bill is not in yet, so that our own count may count."""
        billed = await spend.billed(self._tx, self._org_id, days[0], days[-1])
        own = await spend.by_day(self._tx, self._org_id, days[0], days[-1])
        return {day for day in days if self._is_running(day, billed, own.get(day, 0.0))}

    def _is_running(self, day: date, billed: Mapping[date, Billed], own: float) -> bool:
        return day not in billed or bill_of(day, billed, own, self._now) is None


async def standings(tx: Transaction, workspace: Workspace, now: float) -> Standings:
    """Return the standings of a workspace's budgets at `now`, as `tx` sees them."""
    return Standings(tx, workspace, now, await cycle_of(tx, workspace.organisation.id, now))


async def reports_no_acus(tx: Transaction, workspace: Workspace, now: float) -> bool:
    """Whether Devin has reported no ACUs lately, although sessions were done: on some plans it never does.

    Sessions that were done just now are left out, because their ACUs may still follow.
    """
    org_id, before = workspace.organisation.id, now - SETTLING.total_seconds()
    today = billing_day(now)
    billed = await spend.billed(tx, org_id, today - ONE_DAY * REPORTED_DAYS, today)
    if any(figure.of_devin for figure in billed.values()):
        return False
    return await spend.reports_none(tx, workspace.team, org_id, now - REPORTED_DAYS * DAY, before)


def _standing(budget: Budget, subject: str, period: Period, spent: Decimal, granted: dict[str, Decimal]) -> Standing:
    theirs = [granted[key] for key in {"", subject} if key in granted]
    return Standing(budget, subject, period, spent, exact_sum([budget.acus, *theirs]))
