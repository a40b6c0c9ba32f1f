"""The figures of a daily digest, made from stored rows alone."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from bot.domain.billing import ONE_DAY, bounds
from bot.domain.list_groups import last_change
from bot.domain.needing import needing_somebody
from bot.domain.session import Session
from bot.flows.money.usage_ledger import UsageLedger
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.store import pull_requests, session_counts
from bot.store.database.connection import Transaction
from bot.views.digest_root import (
    NEEDS_LISTED,
    PULL_REQUEST_DAYS,
    DigestFigures,
    Needing,
    PullRequestFigures,
)


class DigestReader:
    """Reads what a digest says."""

    def __init__(self, services: Services, usage_ledger: UsageLedger) -> None:
        self._services = services
        self._usage_ledger = usage_ledger

    async def read(self, workspace: Workspace, day: date) -> DigestFigures:
        """Return what the digest of the billing day `day` says in a workspace."""
        figures = await self._usage_ledger.figures(workspace, day)
        async with self._services.db.scan() as tx:
            needing = await self._needing(tx, workspace, day)
            requests = await _pull_requests(tx, workspace, day)
        return DigestFigures(
            figures=figures,
            posted_at=self._services.clock(),
            needing=self._listed(workspace, needing[:NEEDS_LISTED]),
            needing_by_state=Counter(session.display_state for session in needing),
            pull_requests=requests,
        )

    async def _needing(self, tx: Transaction, workspace: Workspace, day: date) -> list[Session]:
        begun = float(bounds(day)[0])
        found = await session_counts.resting(tx, workspace.team, workspace.organisation.id, begun)
        return needing_somebody(found, begun)

    def _listed(self, workspace: Workspace, sessions: Sequence[Session]) -> tuple[Needing, ...]:
        now = self._services.clock()
        return tuple(
            Needing(
                title=session.title,
                state=session.display_state,
                seconds=now - last_change(session),
                asker=session.requester_name or None,
                permalink=_permalink(workspace, session),
            )
            for session in sessions
        )


async def _pull_requests(tx: Transaction, workspace: Workspace, day: date) -> PullRequestFigures:
    after, before = bounds(day - ONE_DAY * (PULL_REQUEST_DAYS - 1))[0], bounds(day)[1]
    found = await pull_requests.opened_between(tx, workspace.team, workspace.organisation.id, after, before)
    return PullRequestFigures(*found)


def _permalink(workspace: Workspace, session: Session) -> str | None:
    thread = session.thread_ts
    return workspace.slack.permalink(session.channel, thread) if thread else None
