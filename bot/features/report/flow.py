"""The sweep of pull requests: once a day Devin is asked for the state of each that is open, until it is 60 days old.

It is for sessions that the poller watches no longer, whose pull requests are merged all the same: those that are over,
and those whose own rows are purged. It comes shortly before a billing day ends, so that what was merged on a day counts
for that day. Only the rows of pull requests are written, which reports read. A card is left as the poller has drawn it:
that of a watched session is kept up to date by the poller, and that of a session that is over is not edited any more.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.conversation.titles import ShownTitles, permalink, title_of
from bot.devin.errors import DevinError
from bot.devin.models import DevinSession
from bot.domain.amounts import Money, cost
from bot.domain.billing import Period, billing_day, bounds
from bot.domain.commands.spec import CommandSpec
from bot.domain.periods import RefusedRange, Span
from bot.domain.questions import REPORT_QUESTIONS, By, Question
from bot.domain.readers import ANYBODY, FEWEST_PEOPLE, Readers
from bot.domain.session import bare_id
from bot.domain.waiting import Blocked, blocked
from bot.features.report import rows as outcome_rows
from bot.features.report import sentences as views
from bot.features.report.rows import SessionFacts
from bot.features.report.rules import (
    ActiveSessions,
    OpenedPullRequest,
    Outcomes,
    most_used,
    outcomes_of,
)
from bot.features.report.sentences import GroupOutcomes, MonthOutcomes, OpenPullRequest, OutcomeReport, report_file
from bot.features.report.specs import REPORT
from bot.features.usage import part_names
from bot.features.usage.enterprise_sentences import NO_REPORT
from bot.features.usage.figure_files import running
from bot.features.usage.figure_sentences import MostExpensive
from bot.features.usage.file_part_naming import FilePartNaming, Names
from bot.features.usage.files import begin_figure_file, finished_days
from bot.features.usage.part_naming import PartNaming, repository_of
from bot.features.usage.parts import groups_of_few, spending
from bot.features.usage.sentences import refused_range
from bot.features.usage.spend_group_rows import Spending
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger, described
from bot.kernel.commands.handler import Asked, Handler
from bot.kernel.operations.requests import Requester
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.store import due, pull_requests, votes, waiting_times
from bot.store.database.connection import Transaction
from bot.store.pull_requests import FollowedSession
from bot.store.stored_sessions import stored
from bot.views.message import Message
from bot.views.pull_requests import pull_request_name
from bot.views.text import linked_title

log = get_logger(__name__)

BATCH_SIZE: Final = 50  # sessions in one call and one transaction, which is short because an ack may wait for it


class PullRequestSweep:
    """Keeps the states of pull requests up to date."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self, organisation: Organisation) -> float:
        """Sweep an organisation's pull requests if that is due and no other worker does it.

        Returns the seconds until the next call.
        """
        now, timing, name = self._services.clock(), self._services.timing, due.pull_requests(organisation.id)
        async with self._services.db.scan() as tx:
            stored = await due.read(tx, name)
            if stored is not None and stored.at > now:
                return min(stored.at - now, timing.idle_tick)
            seen_after, checked_before = now - timing.pull_requests_followed, now - timing.pull_request_fresh
            followed = await pull_requests.to_check(tx, organisation.id, seen_after, checked_before)
        if not followed:
            return timing.idle_tick
        if not await self._claim(name, now):
            return timing.pull_request_retry
        try:
            await self._sweep(organisation, followed)
        except DevinError as error:
            # It stays claimed, so the next sweep comes after the pause, and leaves out what this one has checked.
            log.warning("pull requests not read", organisation=organisation.id, error=type(error).__name__)
            return max(timing.pull_request_retry, error.retry_after or 0.0)
        return await self._finish(name, now)

    async def _claim(self, name: str, now: float) -> bool:
        # A crash after this commit has the sweep begin again after the pause: it only reads, so nothing is doubled.
        async with self._services.db.write() as tx:
            return await due.claim(tx, name, now, now + self._services.timing.pull_request_retry)

    async def _finish(self, name: str, now: float) -> float:
        next_at = _next_sweep(now, self._services.timing.pull_request_sweep)
        async with self._services.db.write() as tx:
            await due.write(tx, name, next_at, {"v": 1})
        return min(next_at - now, self._services.timing.idle_tick)

    async def _sweep(self, organisation: Organisation, followed: Sequence[FollowedSession]) -> None:
        for start in range(0, len(followed), BATCH_SIZE):
            batch = {session.bare_id: session for session in followed[start : start + BATCH_SIZE]}
            await self._store(batch, await _ask(organisation, list(batch)))
        log.info("pull requests swept", organisation=organisation.id, sessions=len(followed))

    async def _store(self, batch: Mapping[str, FollowedSession], found: Mapping[str, DevinSession]) -> None:
        # A crash before this commit has the same sessions asked for again.
        async with self._services.unit_of_work() as uow:
            states = [(batch[bare], made.snapshot().pull_requests) for bare, made in found.items()]
            await pull_requests.put(uow.tx, states, uow.now)
            await pull_requests.mark_checked(uow.tx, [session.session_id for session in batch.values()], uow.now)


async def _ask(organisation: Organisation, bare_ids: Sequence[str]) -> dict[str, DevinSession]:
    """Return those of these sessions that Devin lists, by bare id."""
    found = await _listed(organisation, bare_ids)
    missing = [bare for bare in bare_ids if bare not in found]
    # It is not documented whether the list has archived sessions without being asked for them.
    return found | (await _listed(organisation, missing, is_archived=True) if missing else {})


async def _listed(
    organisation: Organisation, bare_ids: Sequence[str], *, is_archived: bool | None = None
) -> dict[str, DevinSession]:
    # Filtered again: Devin lists everything if it does not know a filter.
    rows = organisation.devin.sessions(session_ids=bare_ids, is_archived=is_archived)
    made_by = {bare_id(made.session_id): made async for made in rows}
    return {bare: made_by[bare] for bare in bare_ids if bare in made_by}


def _next_sweep(now: float, before_end: float) -> float:
    """Return the next instant after `now` that is `before_end` seconds before the end of a billing day."""
    return bounds(billing_day(now + before_end))[1] - before_end


# ------------------------------------------------------------ outcomes
# The answer to `/devin report`, made from stored rows alone, so that it is ready within the ack.


_UNKNOWN: Final = "\0"  # the key of sessions that are no longer stored; no name has this sign
_PEOPLE: Final = "\0people"  # that of people who are not named
_FEW: Final = "\0few"  # that of groups of too few people to be shown where people are not named
_NAMELESS: Final = frozenset({_UNKNOWN, _PEOPLE, _FEW})


class OutcomeAnswers:
    """Answers what came of the pull requests that were opened in a period."""

    def __init__(self, services: Services, usage_answers: UsageAnswers) -> None:
        self._services = services
        self._usage_answers = usage_answers

    async def report(self, workspace: Workspace, question: Question, readers: Readers = ANYBODY) -> Message:
        """Return the answer to the `question` of an admin, which `readers` read."""
        async with self._services.db.scan(urgent=True) as tx:
            span = await self._usage_answers.span(tx, workspace, question)
            if isinstance(span, RefusedRange):
                return refused_range(span)
            if not span.counted:
                return views.outcome_report(question, span, None)
            report = await self._report(tx, workspace, spending(workspace, span, readers), question.by)
            before = await self.month_before(tx, workspace, span)
        return views.outcome_report(question, span, report, before)

    async def month_before(self, tx: Transaction, workspace: Workspace, span: Span) -> MonthOutcomes | None:
        """Return what came of the month before the whole one that a `span` is about, if all of it is known."""
        month = await self._usage_answers.month_before(tx, workspace, span)
        if month is None:
            return None
        period = Spending(workspace.team, workspace.organisation.id, month.first, month.last)
        found = await _read(tx, period, self._services.clock())
        outcomes = await asyncio.to_thread(found.outcomes)
        return MonthOutcomes(month, outcomes, await _cost(tx, workspace, period), await outcome_rows.about(tx, period))

    async def file_groups(
        self, tx: Transaction, workspace: Workspace, period: Spending, division: By | None
    ) -> list[tuple[Names, Outcomes]]:
        """Return what came of each group of a `division`, or of all, with the names that a file has for it."""
        found = await _read(tx, period, self._services.clock())
        if division is None:
            outcomes = await _voted(tx, period, await asyncio.to_thread(found.outcomes))
            return [(days_name(period.first, period.last), outcomes)]
        grouping = await _grouping(tx, workspace, period, division, found.now)
        ordered = await asyncio.to_thread(grouping.outcomes, found)
        keys = [key for key, _ in ordered if key not in _NAMELESS]
        names = await FilePartNaming(tx, workspace, period.readers).names(division, keys, grouping.asked_as)
        return [(names.get(key) or (grouping.special(key),), outcomes) for key, outcomes in ordered]

    async def _report(
        self, tx: Transaction, workspace: Workspace, period: Spending, division: By | None
    ) -> OutcomeReport:
        found = await _read(tx, period, self._services.clock())
        first, end = bounds(period.first)[0], bounds(period.last)[1]
        waited = await waiting_times.between(tx, period.team, period.org_id, first, end, workspace.policy.zone)
        blocked_on = await asyncio.to_thread(blocked, waited, first, end, found.now)
        groups = tuple[GroupOutcomes, ...]()
        if division is not None:
            grouping = await _grouping(tx, workspace, period, division, found.now)
            ordered = await asyncio.to_thread(grouping.outcomes, found)
            groups = await _named(PartNaming(tx, workspace, period.readers), grouping, ordered)
        return OutcomeReport(
            await _voted(tx, period, await asyncio.to_thread(found.outcomes)),
            open=await asyncio.to_thread(_open, found, workspace.policy.code_hosts),
            playbooks=tuple(most_used(found.active, views.PLAYBOOKS_LISTED)),
            groups=groups,
            blocked=blocked_on,
            unmerged=() if division else await self._unmerged(tx, workspace, period),
            longest_blocked=await _title(tx, workspace, blocked_on, period.readers),
            cost=await _cost(tx, workspace, period),
            about=await outcome_rows.about(tx, period),
        )

    async def _unmerged(self, tx: Transaction, workspace: Workspace, period: Spending) -> tuple[MostExpensive, ...]:
        """Return the sessions that used most and of which nothing is merged, as the readers may see them."""
        found = await outcome_rows.unmerged(tx, period, self._services.clock(), views.UNMERGED_LISTED)
        return await described(tx, workspace, found, period.readers)


async def _voted(tx: Transaction, period: Spending, outcomes: Outcomes) -> Outcomes:
    """`outcomes` with what people thought of the results of the period."""
    first, end = bounds(period.first)[0], bounds(period.last)[1]
    return replace(outcomes, votes=await votes.between(tx, period.team, period.org_id, first, end))


async def _cost(tx: Transaction, workspace: Workspace, period: Spending) -> Money | None:
    price = workspace.policy.acu_price
    return cost(price, await outcome_rows.spent_by_day(tx, period)) if price else None


def days_name(first: date, last: date) -> Names:
    """Return what a file calls the days from `first` to `last`."""
    return (f"{first}..{last}",)


@dataclass(frozen=True, slots=True)
class _Found:
    """What an outcome report is made of. There may be so many pull requests that they are summed up in a thread."""

    opened: Sequence[OpenedPullRequest]
    active: Sequence[ActiveSessions]
    spent: Mapping[str, float]
    now: float

    def outcomes(self) -> Outcomes:
        """Sum up all of it."""
        return outcomes_of(self.opened, self.active, self.spent, self.now)


async def _read(tx: Transaction, period: Spending, now: float) -> _Found:
    opened = await outcome_rows.opened(tx, period)
    active = [alike for _, alike in await outcome_rows.active(tx, period, now)]
    return _Found(opened, active, await outcome_rows.spent_by_session(tx, period), now)


def _open(found: _Found, hosts: Collection[str]) -> tuple[OpenPullRequest, ...]:
    # Of one that nobody may ask about any more it isn't known whether it's open still.
    known = [one for one in found.opened if one.is_open and one.last_known_at is None]
    return tuple(_open_one(pull_request, hosts, found.now) for pull_request in known)


def _open_one(pull_request: OpenedPullRequest, hosts: Collection[str], now: float) -> OpenPullRequest:
    age = now - pull_request.first_seen
    if not pull_request.shown:
        return OpenPullRequest(None, views.HIDDEN_PULL_REQUEST, age)
    return OpenPullRequest(pull_request.url, pull_request_name(pull_request.url, hosts), age)


async def _title(tx: Transaction, workspace: Workspace, found: Blocked, readers: Readers) -> str:
    """Name the session that was blocked longest, as `readers` may see it."""
    if found.longest is None:
        return ""
    session_id, _ = found.longest
    session = (await stored(tx, [session_id])).get(session_id)
    if session is None:
        return views.NOT_STORED
    instead = (await ShownTitles.read(tx, workspace, readers)).instead(session)
    return instead or linked_title(title_of(session), permalink(workspace, session), session.url)


class _Grouping:
    """Groups what an outcome report is made of by what is known of its sessions."""

    def __init__(
        self,
        workspace: Workspace,
        division: By,
        active: Sequence[tuple[SessionFacts, ActiveSessions]],
        of_opened: Mapping[str, SessionFacts],
        few: Collection[str | None],
    ) -> None:
        self._policy = workspace.policy
        self.division = division
        self._active = active
        self._of_opened = of_opened
        self._few = few
        people = {facts.requester: facts.requester_name for facts, _ in active if facts.requester is not None}
        self._people = set(people)
        self.asked_as = {user: name for user, name in people.items() if user and name}

    def outcomes(self, found: _Found) -> list[tuple[str | None, Outcomes]]:
        """Return the groups by their keys, those with the most pull requests first.

        A pull request on which several sessions worked belongs to the group of the first one.
        """
        theirs: dict[str | None, list[OpenedPullRequest]] = defaultdict(list)
        for pull_request in found.opened:
            facts = self._of_opened.get(pull_request.session_ids[0])
            theirs[_UNKNOWN if facts is None else self._key(facts)].append(pull_request)
        active: dict[str | None, list[ActiveSessions]] = defaultdict(list)
        for facts, alike in self._active:
            active[self._key(facts)].append(alike)
        keys = {*theirs, *active}
        outcomes = {key: outcomes_of(theirs[key], active[key], found.spent, found.now) for key in keys}
        return sorted(
            outcomes.items(),
            key=lambda group: (-group[1].opened, -_sessions(group[1]), group[0] == _UNKNOWN, group[0] or ""),
        )

    def special(self, key: str | None) -> str:
        """Name a group whose key is one of `_NAMELESS`; of people who are not named it says how many they are."""
        if key == _UNKNOWN:
            return part_names.NOT_STORED
        if key == _FEW:
            return part_names.OTHERS
        is_many = len(self._people) >= FEWEST_PEOPLE
        return part_names.counted_people(len(self._people)) if is_many else part_names.OTHERS

    def _key(self, facts: SessionFacts) -> str | None:
        key = self._own_key(facts)
        return _FEW if key not in _NAMELESS and key in self._few else key

    def _own_key(self, facts: SessionFacts) -> str | None:
        if self.division is By.PERSON:
            if facts.requester is not None and not self._policy.shows_names:
                return _PEOPLE
            return _UNKNOWN if facts.requester is None else facts.requester
        if self.division is By.CHANNEL:
            return facts.channel or _UNKNOWN
        name = facts.playbook
        if self.division is By.REPO:
            name = repository_of(facts.pull_request, facts.repo, self._policy.code_hosts)
        return name if name or facts.stored else _UNKNOWN


async def _grouping(tx: Transaction, workspace: Workspace, period: Spending, division: By, now: float) -> _Grouping:
    active = await outcome_rows.active(tx, period, now, division)
    of_opened = await outcome_rows.of_opened(tx, period, division)
    few = await groups_of_few(tx, PartNaming(tx, workspace, period.readers), period, division)
    return _Grouping(workspace, division, active, of_opened, few)


async def _named(
    naming: PartNaming, grouping: _Grouping, ordered: Sequence[tuple[str | None, Outcomes]]
) -> tuple[GroupOutcomes, ...]:
    # The others are shown in sum.
    shown = [key for key, _ in ordered[: views.MOST_ROWS] if key not in _NAMELESS]
    names = await naming.names(grouping.division, shown, grouping.asked_as)
    return tuple(
        GroupOutcomes(grouping.special(key) if key in _NAMELESS else names.get(key, ""), outcomes)
        for key, outcomes in ordered
    )


def _sessions(outcomes: Outcomes) -> int:
    return outcomes.sessions_with + outcomes.sessions_without


# ------------------------------------------------------------ flow
# `/devin report`: which answer a question about what came of pull requests gets, a table or a file.


_REPORT: Final = "/devin report"


class ReportCommand:
    """Answers what admins ask about pull requests."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._usage_answers = UsageAnswers(services, UsageLedger(services))
        self._answers = OutcomeAnswers(services, self._usage_answers)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {REPORT: Handler(self._report)}

    async def _report(self, asked: Asked) -> Message:
        question = REPORT_QUESTIONS.of(asked.argument)
        if question.of_all:
            return NO_REPORT
        if question.as_file:
            return await self._file(asked, question)
        return await self._answers.report(asked.workspace, question, asked.readers)

    async def _file(self, asked: Asked, question: Question) -> Message:
        """Begin the file of a report. NO_ANSWER means that the operation's message is the answer."""
        workspace, requester = asked.workspace, Requester.of(asked)
        async with self._services.db.scan(urgent=True) as tx:
            span = finished_days(await self._usage_answers.span(tx, workspace, question), self._services.clock())
            if isinstance(span, RefusedRange):
                return refused_range(span)
            if not span.counted:
                return running(question, f"{_REPORT} {replace(question, period=Period.WEEK)}")
            period = spending(workspace, span, requester.readers)
            groups = await self._answers.file_groups(tx, workspace, period, question.by)
            about = await outcome_rows.about(tx, period)
            if question.by is None and (before := await self._answers.month_before(tx, workspace, span)) is not None:
                groups.append((days_name(before.month.first, before.month.last), before.outcomes))
                about = (*before.about, *about)
        made = report_file(question, span, groups, about, shows_people=workspace.policy.shows_names)
        return await begin_figure_file(self._services, requester, made)
