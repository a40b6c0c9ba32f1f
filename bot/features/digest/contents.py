"""Which sessions need a person: those that wait for one (`waiting`), and those that failed lately."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from bot.conversation.titles import ShownTitles, permalink
from bot.domain.billing import ONE_DAY, bounds, days_before
from bot.domain.list_groups import last_change
from bot.domain.periods import days_between
from bot.domain.readers import Readers
from bot.domain.session import DisplayState, Session
from bot.domain.waiting import WAITING
from bot.features.digest.digest_root import NEEDS_LISTED, PULL_REQUEST_DAYS, DigestFigures, Needing, PullRequestFigures
from bot.features.digest.files import digest_file
from bot.features.digest.posts import DigestSpenders, ThreadFigures
from bot.features.usage import session_count_rows as session_counts
from bot.features.usage.chart_days import CHART_DAYS, ChartGroup, Pace, chart_groups
from bot.features.usage.figure_sentences import Figures
from bot.features.usage.usual import HISTORY_DAYS
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.store import pull_requests, session_lists
from bot.store.database.connection import Transaction

NEEDING: Final = (*WAITING, DisplayState.FAILED)
_ORDER: Final = {state: place for place, state in enumerate(NEEDING)}


def needing_somebody(sessions: Iterable[Session], failed_after: float) -> list[Session]:
    """Return those of `sessions` that need a person, in the order of `NEEDING`, the longest wait first.

    One that has failed is among them only if that was after the instant `failed_after`: it waits for nobody for ever.
    """
    found = [session for session in sessions if _needs(session, failed_after)]
    return sorted(found, key=lambda session: (_ORDER[session.display_state], last_change(session), session.id))


def _needs(session: Session, failed_after: float) -> bool:
    state = session.display_state
    return state in _ORDER and (state is not DisplayState.FAILED or last_change(session) >= failed_after)


# ------------------------------------------------------------ contents
# What a digest says beside its figures, in its root and in its thread, made from stored rows alone.


class DigestContents:
    """Reads what a digest says."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def read(
        self,
        workspace: Workspace,
        figures: Figures,
        channel: str | None,
        titles: ShownTitles,
        *,
        has_pull_requests: bool,
    ) -> DigestFigures:
        """Return what the root of a digest says beside its `figures`, with these titles.

        With a `channel` only its sessions count.
        """
        day = figures.day
        async with self._services.db.scan() as tx:
            needing = await self._needing(tx, workspace, day, channel)
            requests = await _pull_requests(tx, workspace, day) if has_pull_requests else PullRequestFigures()
        return DigestFigures(
            figures=figures,
            posted_at=self._services.clock(),
            needing=self._listed(workspace, needing[:NEEDS_LISTED], titles),
            needing_by_state=Counter(session.display_state for session in needing),
            pull_requests=requests,
        )

    async def thread(
        self,
        tx: Transaction,
        workspace: Workspace,
        figures: Figures,
        first: date,
        channel: str | None,
        readers: Readers,
        *,
        has_file: bool,
    ) -> ThreadFigures:
        """Return what the thread of a digest for `readers` says of the days from `first` to that of its `figures`.

        They were read in `tx` too, which is frozen, or the tables would add up to another total than the root has.
        Where only the sessions of a `channel` count, there are no tables.
        """
        chart = _chart(figures, first)
        file = await digest_file(tx, workspace, figures, first, channel, readers) if has_file else None
        if channel is not None:
            return ThreadFigures(first, chart, file=file)
        spenders = DigestSpenders(tx, workspace, first, figures, readers)
        tables, nothing_merged = await spenders.tables(self._services.clock())
        return ThreadFigures(first, chart, tables, nothing_merged, file)

    async def _needing(self, tx: Transaction, workspace: Workspace, day: date, channel: str | None) -> list[Session]:
        begun = float(bounds(day)[0])
        found = await session_counts.resting(tx, workspace.team, workspace.organisation.id, begun, channel)
        past = await session_lists.gone_on_from(tx, found)
        return needing_somebody((session for session in found if session.id not in past), begun)

    def _listed(self, workspace: Workspace, sessions: Sequence[Session], titles: ShownTitles) -> tuple[Needing, ...]:
        now = self._services.clock()
        return tuple(_needing(workspace, session, titles.replacement(session.channel), now) for session in sessions)


def _chart(figures: Figures, first: date) -> tuple[ChartGroup, ...]:
    # A single day is charted at the end of two weeks, and compared with what was usual on each of its days.
    begin = days_before(figures.day, CHART_DAYS - 1)[0] if first == figures.day else first
    days = days_between(begin, figures.day)
    known = figures.amounts.best_known(days_between(days_before(begin, HISTORY_DAYS)[0], figures.day))
    return chart_groups(days, known, _pace(figures, days))


async def _pull_requests(tx: Transaction, workspace: Workspace, day: date) -> PullRequestFigures:
    after, before = bounds(day - ONE_DAY * (PULL_REQUEST_DAYS - 1))[0], bounds(day)[1]
    found = await pull_requests.opened_between(tx, workspace.team, workspace.organisation.id, after, before)
    return PullRequestFigures(*found)


def _pace(figures: Figures, days: Sequence[date]) -> Pace | None:
    cycle = figures.cycle
    if cycle is None or cycle.limit is None:
        return None
    a_day = cycle.limit / ((cycle.cycle.last - cycle.cycle.first).days + 1)
    return Pace(a_day, figures.amounts.of_devin().best_known(days))


def _needing(workspace: Workspace, session: Session, title: str | None, now: float) -> Needing:
    """The line about a session that needs somebody; with a `title` that one is shown, and no links."""
    return Needing(
        title=title or session.title,
        state=session.display_state,
        seconds=now - last_change(session),
        asker=(session.requester_name or None) if workspace.policy.shows_names else None,
        permalink=None if title else permalink(workspace, session),
        url=None if title else session.url,
    )
