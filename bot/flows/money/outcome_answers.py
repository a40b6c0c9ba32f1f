"""The answer to `/devin report`, made from stored rows alone, so that it is ready within the ack."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.outcome_report import ActiveSession, OpenedPullRequest, Outcomes, most_used, outcomes_of
from bot.domain.periods import RefusedRange
from bot.domain.questions import By, Question
from bot.flows.money.part_naming import PartNaming
from bot.flows.money.usage_answers import UsageAnswers
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store import outcome_rows
from bot.store.database.connection import Transaction
from bot.store.outcome_rows import SessionFacts
from bot.store.spend_groups import Spending
from bot.views import outcome_report as views
from bot.views import part_names
from bot.views.message import Message
from bot.views.outcome_report import GroupOutcomes, OpenPullRequest, OutcomeReport
from bot.views.pull_requests import pull_request_name

_UNKNOWN: Final = "\0"  # the key of sessions that are no longer stored; no name has this sign


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

    async def _report(
        self, tx: Transaction, workspace: Workspace, period: Spending, division: By | None
    ) -> OutcomeReport:
        now = self._services.clock()
        opened = await outcome_rows.opened(tx, period)
        facts = await outcome_rows.active(tx, period)
        spent = await outcome_rows.spent_by_session(tx, period)
        active = [_active(one) for one in facts]
        hosts = workspace.policy.code_hosts
        groups: tuple[GroupOutcomes, ...] = ()
        if division is not None:
            grouping = _Grouping(PartNaming(tx, workspace), division, facts)
            groups = await grouping.groups(opened, active, spent, now)
        return OutcomeReport(
            outcomes_of(opened, active, spent, now),
            open=tuple(
                OpenPullRequest(one.url, pull_request_name(one.url, hosts), now - one.first_seen)
                for one in opened
                if one.is_open
            ),
            playbooks=tuple(most_used(active, views.PLAYBOOKS_LISTED)),
            groups=groups,
            price=workspace.policy.acu_price,
        )


class _Grouping:
    """Groups what an outcome report is made of by what is known of its sessions."""

    def __init__(self, naming: PartNaming, division: By, facts: Sequence[SessionFacts]) -> None:
        self._naming = naming
        self._division = division
        self._keys = {one.id: self._key(one) for one in facts}
        self._asked_as = {one.requester: one.requester_name for one in facts if one.requester and one.requester_name}

    async def groups(
        self,
        opened: Sequence[OpenedPullRequest],
        active: Sequence[ActiveSession],
        spent: Mapping[str, float],
        now: float,
    ) -> tuple[GroupOutcomes, ...]:
        """Return the groups with their names, those with the most pull requests first.

        A pull request on which several sessions worked belongs to the group of the first one.
        """
        theirs: dict[str | None, list[OpenedPullRequest]] = defaultdict(list)
        for one in opened:
            theirs[self._keys.get(one.session_ids[0], _UNKNOWN)].append(one)
        sessions: dict[str | None, list[ActiveSession]] = defaultdict(list)
        for session in active:
            sessions[self._keys[session.id]].append(session)
        outcomes = {key: outcomes_of(theirs[key], sessions[key], spent, now) for key in {*theirs, *sessions}}
        return await self._named(outcomes)

    async def _named(self, outcomes: Mapping[str | None, Outcomes]) -> tuple[GroupOutcomes, ...]:
        ordered = sorted(
            outcomes, key=lambda key: (-outcomes[key].opened, -_sessions(outcomes[key]), key == _UNKNOWN, key or "")
        )
        shown = [key for key in ordered[: views.MOST_ROWS] if key != _UNKNOWN]  # the others are shown in sum
        names = await self._naming.names(self._division, shown, self._asked_as)
        return tuple(
            GroupOutcomes(part_names.NOT_STORED if key == _UNKNOWN else names.get(key, ""), outcomes[key])
            for key in ordered
        )

    def _key(self, facts: SessionFacts) -> str | None:
        if self._division is By.REPO and (name := self._naming.repository(facts.pull_request, facts.repo)):
            return name
        if not facts.stored:
            return _UNKNOWN
        channel = "D" if (facts.channel or "").startswith("D") else facts.channel
        keys = {By.PERSON: facts.requester, By.CHANNEL: channel, By.REPO: None, By.PLAYBOOK: facts.playbook}
        return keys[self._division]


def _active(facts: SessionFacts) -> ActiveSession:
    return ActiveSession(facts.id, facts.acus, facts.pull_request is not None, facts.playbook)


def _sessions(outcomes: Outcomes) -> int:
    return outcomes.sessions_with + outcomes.sessions_without
