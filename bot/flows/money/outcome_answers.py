"""The answer to `/devin report`, made from stored rows alone, so that it is ready within the ack."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.billing import bounds
from bot.domain.outcome_report import ActiveSession, OpenedPullRequest, Outcomes, most_used, outcomes_of
from bot.domain.periods import RefusedRange
from bot.domain.questions import By, Question
from bot.domain.waiting import blocked
from bot.flows.money.file_names import FileNames, Names
from bot.flows.money.part_naming import PartNaming, repository_of
from bot.flows.money.usage_answers import UsageAnswers
from bot.flows.money.usage_parts import FEWEST_PEOPLE
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store import outcome_rows, waiting_times
from bot.store.database.connection import Transaction
from bot.store.outcome_rows import SessionFacts
from bot.store.spend_groups import Spending
from bot.views import outcome_report as views
from bot.views import part_names
from bot.views.message import Message
from bot.views.outcome_report import GroupOutcomes, OpenPullRequest, OutcomeReport
from bot.views.pull_requests import pull_request_name

_UNKNOWN: Final = "\0"  # the key of sessions that are no longer stored; no name has this sign
_PEOPLE: Final = "\0people"  # that of people who are not named
_FEW: Final = "\0few"  # that of groups of too few people to be shown where people are not named
_NAMELESS: Final = frozenset({_UNKNOWN, _PEOPLE, _FEW})


class OutcomeAnswers:
    """Answers what came of the pull requests that were opened in a period."""

    def __init__(self, services: Services, usage_answers: UsageAnswers) -> None:
        self._services = services
        self._usage_answers = usage_answers

    async def report(self, workspace: Workspace, question: Question) -> Message:
        """Return the answer to the `question` of an admin."""
        async with self._services.db.scan(first=True) as tx:
            span = await self._usage_answers.span(tx, workspace, question)
            assert not isinstance(span, RefusedRange), "a report has no dates"
            if not span.counted:
                return views.outcome_report(question, span, None)
            period = Spending(workspace.team, workspace.organisation.id, span.counted[0], span.counted[-1])
            report = await self._report(tx, workspace, period, question.by)
        return views.outcome_report(question, span, report)

    async def file_groups(
        self, tx: Transaction, workspace: Workspace, period: Spending, division: By | None
    ) -> list[tuple[Names, Outcomes]]:
        """Return what came of each group of a `division`, or of all, with the names that a file has for it."""
        now = self._services.clock()
        opened = await outcome_rows.opened(tx, period)
        facts = await outcome_rows.active(tx, period)
        spent = await outcome_rows.spent_by_session(tx, period)
        active = [_active(one) for one in facts]
        if division is None:
            return [((f"{period.first}..{period.last}",), outcomes_of(opened, active, spent, now))]
        grouping = _Grouping(workspace, division, facts)
        ordered = grouping.outcomes(opened, active, spent, now)
        keys = [key for key, _ in ordered if key not in _NAMELESS]
        names = await FileNames(tx, workspace).names(division, keys, grouping.asked_as)
        return [(names.get(key) or (grouping.special(key),), outcomes) for key, outcomes in ordered]

    async def _report(
        self, tx: Transaction, workspace: Workspace, period: Spending, division: By | None
    ) -> OutcomeReport:
        now = self._services.clock()
        opened = await outcome_rows.opened(tx, period)
        facts = await outcome_rows.active(tx, period)
        spent = await outcome_rows.spent_by_session(tx, period)
        active = [_active(one) for one in facts]
        first, end = bounds(period.first)[0], bounds(period.last)[1]
        waited = await waiting_times.between(tx, period.team, period.org_id, first, end)
        hosts = workspace.policy.code_hosts
        groups: tuple[GroupOutcomes, ...] = ()
        if division is not None:
            grouping = _Grouping(workspace, division, facts)
            groups = await _named(PartNaming(tx, workspace), grouping, grouping.outcomes(opened, active, spent, now))
        return OutcomeReport(
            outcomes_of(opened, active, spent, now),
            open=tuple(
                OpenPullRequest(one.url, pull_request_name(one.url, hosts), now - one.first_seen)
                for one in opened
                if one.is_open
            ),
            playbooks=tuple(most_used(active, views.PLAYBOOKS_LISTED)),
            groups=groups,
            blocked=blocked(waited, first, end, now),
            price=workspace.policy.acu_price,
        )


class _Grouping:
    """Groups what an outcome report is made of by what is known of its sessions."""

    def __init__(self, workspace: Workspace, division: By, facts: Sequence[SessionFacts]) -> None:
        self._policy = workspace.policy
        self.division = division
        keys = {one.id: self._key(one) for one in facts}
        few = set() if self._policy.shows_names else _of_few(facts, keys)
        self._keys = {key: _FEW if group in few else group for key, group in keys.items()}
        self._people = {one.requester for one in facts if one.stored}
        self.asked_as = {one.requester: one.requester_name for one in facts if one.requester and one.requester_name}

    def outcomes(
        self,
        opened: Sequence[OpenedPullRequest],
        active: Sequence[ActiveSession],
        spent: Mapping[str, float],
        now: float,
    ) -> list[tuple[str | None, Outcomes]]:
        """Return the groups by their keys, those with the most pull requests first.

        A pull request on which several sessions worked belongs to the group of the first one.
        """
        theirs: dict[str | None, list[OpenedPullRequest]] = defaultdict(list)
        for one in opened:
            theirs[self._keys.get(one.session_ids[0], _UNKNOWN)].append(one)
        sessions: dict[str | None, list[ActiveSession]] = defaultdict(list)
        for session in active:
            sessions[self._keys[session.id]].append(session)
        outcomes = {key: outcomes_of(theirs[key], sessions[key], spent, now) for key in {*theirs, *sessions}}
        return sorted(
            outcomes.items(), key=lambda one: (-one[1].opened, -_sessions(one[1]), one[0] == _UNKNOWN, one[0] or "")
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
        hosts = self._policy.code_hosts
        if self.division is By.REPO and (name := repository_of(facts.pull_request, facts.repo, hosts)):
            return name
        if not facts.stored:
            return _UNKNOWN
        if self.division is By.PERSON and not self._policy.shows_names:
            return _PEOPLE
        channel = "D" if (facts.channel or "").startswith("D") else facts.channel
        keys = {By.PERSON: facts.requester, By.CHANNEL: channel, By.REPO: None, By.PLAYBOOK: facts.playbook}
        return keys[self.division]


def _of_few(facts: Sequence[SessionFacts], keys: Mapping[str, str | None]) -> set[str | None]:
    """The keys of groups in which fewer than `FEWEST_PEOPLE` had sessions."""
    users: dict[str | None, set[str | None]] = defaultdict(set)
    for one in facts:
        if one.stored:
            users[keys[one.id]].add(one.requester)
    return {key for key, found in users.items() if key not in _NAMELESS and len(found) < FEWEST_PEOPLE}


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


def _active(facts: SessionFacts) -> ActiveSession:
    return ActiveSession(facts.id, facts.acus, facts.pull_request is not None, facts.playbook)


def _sessions(outcomes: Outcomes) -> int:
    return outcomes.sessions_with + outcomes.sessions_without
