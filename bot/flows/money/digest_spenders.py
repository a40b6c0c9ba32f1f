"""Who and what used most on a billing day, for the tables of its digest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from bot.domain.consumption import exact, exact_sum
from bot.domain.session import Session
from bot.flows.workspace import Workspace
from bot.store import people, sessions, spend_groups
from bot.store.database.connection import Transaction
from bot.store.spend_groups import Group, Spending
from bot.views.digest_root import WithoutPullRequest
from bot.views.digest_tables import DIRECT_MESSAGES, NO_REPOSITORY, OTHERS, SOMEBODY, Spender, SpenderTable
from bot.views.pull_requests import repository_name

MOST_ROWS: Final = 5


class DigestSpenders:
    """Divides what our sessions used on a day, within one transaction."""

    def __init__(self, tx: Transaction, workspace: Workspace, day: date) -> None:
        self._tx = tx
        self._workspace = workspace
        self._spending = Spending(workspace.team, workspace.organisation.id, day, day)

    async def tables(self, repositories: Sequence[Group]) -> tuple[SpenderTable, ...]:
        """Return the tables of a digest; `repositories` are the sessions as `repositories` has grouped them."""
        return (await self._people(), await self._channels(), await self._sessions(), self._repositories(repositories))

    async def repositories(self) -> list[Group]:
        """Return what was used by the repository that the sessions' options name and by one of their pull requests."""
        return await spend_groups.by_repository(self._tx, self._spending)

    async def _people(self) -> SpenderTable:
        groups = await spend_groups.by_person(self._tx, self._spending)
        known = await people.names(self._tx, self._workspace.team, [one.key for one in groups if one.key])
        return _table("People", "Person", groups, lambda one: Spender(_person(one, known), _exact(one.acus)))

    async def _channels(self) -> SpenderTable:
        groups = await spend_groups.by_channel(self._tx, self._spending)
        return _table("Channels", "Channel", groups, _channel)

    async def _sessions(self) -> SpenderTable:
        groups = await spend_groups.by_session(self._tx, self._spending)
        top, _ = _most_expensive(groups)
        tracked = await sessions.tracked(self._tx, [one.key for one in top if one.key])
        found = {key: one.session for key, one in tracked.items()}
        askers = await people.names(self._tx, self._workspace.team, {one.requester for one in found.values()})
        table = _table("Sessions", "Session", groups, lambda one: self._session(found[one.key or ""], one, askers))
        return replace(table, with_askers=True)

    def _session(self, session: Session, group: Group, askers: Mapping[str, str]) -> Spender:
        thread = session.thread_ts
        url = self._workspace.slack.permalink(session.channel, thread) if thread else session.url
        asker = askers.get(session.requester) or session.requester_name or None
        return Spender(session.title, _exact(group.acus), url=url, asker=asker)

    def _repositories(self, groups: Iterable[Group]) -> SpenderTable:
        hosts, joined = self._workspace.policy.code_hosts, dict[tuple[str | None, bool], Group]()
        for one in groups:
            name = (repository_name(one.pull_request, hosts) if one.pull_request else None) or one.key
            known = joined.get((name, _is_unknown(one)))
            named = replace(one, key=name)
            joined[name, _is_unknown(one)] = known.joined(named) if known else named
        table = _table("Repositories", "Repository", joined.values(), _repository)
        # With no repository known of any session, the table would say nothing.
        return table if any(one.key for one in joined.values()) else replace(table, rows=(), others=None)


def without_pull_request(groups: Iterable[Group]) -> WithoutPullRequest:
    """Return what was used in sessions without a pull request so far; a workspace knows of no other's."""
    ours = [one for one in groups if one.acus > 0 and not one.foreign]
    without = [one for one in ours if one.pull_request is None]
    return WithoutPullRequest(
        acus=float(_sum(without)), of=float(_sum(ours)), sessions=sum(one.sessions for one in without)
    )


def _table(caption: str, column: str, groups: Iterable[Group], named: Callable[[Group], Spender]) -> SpenderTable:
    top, others = _most_expensive(groups)
    rows = [replace(named(one), sessions=one.sessions) for one in top]
    rest = Spender(OTHERS, _sum(others), sum(one.sessions for one in others)) if others else None
    return SpenderTable(caption, column, rows, rest)


def _most_expensive(groups: Iterable[Group]) -> tuple[list[Group], list[Group]]:
    """Return the groups to list, the most expensive first, and the others, among them those of which nothing is known.

    Sessions of another workspace are among the others: nobody here may see whose they are.
    """
    used = [one for one in groups if one.acus > 0]
    listed = sorted((one for one in used if not _is_unknown(one)), key=lambda one: (-one.acus, one.key or ""))
    return listed[:MOST_ROWS], listed[MOST_ROWS:] + [one for one in used if _is_unknown(one)]


def _is_unknown(group: Group) -> bool:
    return group.foreign or group.purged


def _person(group: Group, known: Mapping[str, str]) -> str:
    return known.get(group.key or "") or group.name or SOMEBODY


def _channel(group: Group) -> Spender:
    is_direct = group.key == "D"
    return Spender(DIRECT_MESSAGES if is_direct else "", _exact(group.acus), channel=None if is_direct else group.key)


def _repository(group: Group) -> Spender:
    return Spender(group.key or NO_REPOSITORY, _exact(group.acus))


def _sum(groups: Iterable[Group]) -> Decimal:
    return exact_sum(_exact(one.acus) for one in groups)


def _exact(acus: float) -> Decimal:
    # What is behind six decimals comes from adding up floats.
    return exact(round(acus, 6))
