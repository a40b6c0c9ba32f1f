"""Who and what used most on the billing days of a digest, for the tables in its thread."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Final

from bot.domain.amounts import exact, exact_sum
from bot.domain.questions import By
from bot.domain.readers import FEWEST_PEOPLE, Readers
from bot.features.digest.digest_posts import NothingMerged
from bot.features.digest.digest_tables import (
    DIRECT_MESSAGES,
    NO_REPOSITORY,
    OTHERS,
    LastColumn,
    Spender,
    SpenderTable,
)
from bot.features.report import outcome_rows
from bot.features.teams import rows as cost_centres
from bot.features.usage import part_names
from bot.features.usage import spend_group_rows as spend_groups
from bot.features.usage import spend_people_rows as spend_people
from bot.features.usage.figure_sentences import Figures, MostExpensive
from bot.features.usage.part_names import HIDDEN_REPOSITORY, NO_TEAM
from bot.features.usage.spend_group_rows import ALL, Group, Spending
from bot.kernel.workspace import Workspace
from bot.store import people
from bot.store.database.connection import Transaction
from bot.views.pull_requests import repository_name

MOST_ROWS: Final = 5
_NOISE: Final = Decimal("0.00001")  # ACUs that come from adding up floats
_DIVISIONS: Final = dict.fromkeys((By.PERSON, By.CHANNEL, By.REPO), ALL)


class DigestSpenders:
    """Divides what our sessions used on the days from `first` to that of the `figures`, as `readers` may see it.

    That is done within one transaction.
    """

    def __init__(self, tx: Transaction, workspace: Workspace, first: date, figures: Figures, readers: Readers) -> None:
        self._tx = tx
        self._workspace = workspace
        self._figures = figures
        self._spending = Spending(workspace.team, workspace.organisation.id, first, figures.day, readers=readers)

    async def tables(self, now: float) -> tuple[tuple[SpenderTable, ...], NothingMerged]:
        """Return the tables of a digest, and what was used by sessions that are over `now` and nothing is merged.

        Where names are not shown, people are counted, and groups of fewer than `FEWEST_PEOPLE` are among the others.
        """
        has_teams = bool(await cost_centres.memberships(self._tx, self._workspace.team))
        divisions = _DIVISIONS | ({By.TEAM: ALL} if has_teams else {})
        found = await spend_groups.grouped_each(self._tx, self._spending, divisions)
        named = self._workspace.policy.shows_names
        tables = (
            await self._people(found[By.PERSON]) if named else _counted_people(found[By.PERSON]),
            await self._channels(found[By.CHANNEL]),
            *([await self._teams(found[By.TEAM])] if has_teams else []),
            self._sessions(found[By.CHANNEL]),
            await self._repositories(found[By.REPO]),
        )
        ours = _sum(group for group in found[By.REPO] if group.acus > 0 and not group.foreign)
        return tables, NothingMerged(await outcome_rows.wasted(self._tx, self._spending, now), float(ours))

    async def _people(self, groups: Sequence[Group]) -> SpenderTable:
        known = await people.names(self._tx, self._workspace.team, [group.key for group in groups if group.key])
        named = [group if _is_unknown(group) else replace(group, name=_person(group, known)) for group in groups]
        return _table("People", "Person", _with_nameless(named), lambda group: _spender(group, group.name))

    async def _channels(self, groups: Sequence[Group]) -> SpenderTable:
        who = {} if self._workspace.policy.shows_names else await spend_people.by_channel(self._tx, self._spending)
        return _table("Channels", "Channel", groups, _channel, {key for (key,), users in who.items() if _is_few(users)})

    async def _teams(self, groups: Sequence[Group]) -> SpenderTable:
        who = {} if self._workspace.policy.shows_names else await spend_people.by_team(self._tx, self._spending)
        return _table("Teams", "Team", groups, _team, {key for (key,), users in who.items() if _is_few(users)})

    def _sessions(self, channels: Sequence[Group]) -> SpenderTable:
        """The sessions that used most. All others are what is left of the `channels`: there may be thousands."""
        rows = [_session(session) for session in self._figures.most_expensive[:MOST_ROWS]]
        left = _sum(channels) - exact_sum(row.acus for row in rows)
        others = Spender(OTHERS, left, sum(channel.sessions for channel in channels) - len(rows))
        column = LastColumn.ASKER if self._workspace.policy.shows_names else LastColumn.NONE
        return SpenderTable("Sessions", "Session", rows, others if left > _NOISE else None, column)

    async def _repositories(self, groups: Iterable[Group]) -> SpenderTable:
        joined = dict[tuple[str | None, bool], Group]()
        for group in groups:
            named = replace(group, key=self._repository(group.key, group.pull_request))
            known = joined.get((named.key, _is_unknown(group)))
            joined[named.key, _is_unknown(group)] = known.joined(named) if known else named
        table = _table("Repositories", "Repository", joined.values(), _repository, await self._small_repositories())
        # With no repository known of any session, the table would say nothing.
        return (
            table
            if any(group.key not in {None, HIDDEN_REPOSITORY} for group in joined.values())
            else replace(table, rows=(), others=None)
        )

    async def _small_repositories(self) -> set[str | None]:
        """The repositories that are not named, because too few people used something in them."""
        if self._workspace.policy.shows_names:
            return set()
        users: dict[str | None, set[str]] = defaultdict(set)
        for (repo, url), found in (await spend_people.by_repository(self._tx, self._spending)).items():
            users[self._repository(repo, url)] |= found
        return {name for name, found in users.items() if _is_few(found)}

    def _repository(self, option: str | None, pull_request: str | None) -> str | None:
        hosts = self._workspace.policy.code_hosts
        return (repository_name(pull_request, hosts) if pull_request else None) or option


def _with_nameless(groups: Sequence[Group]) -> list[Group]:
    """Put the people of whom no name is known into one group: a digest mentions nobody, so nothing tells them apart."""
    nameless = [group for group in groups if group.acus > 0 and not _is_unknown(group) and not group.name]
    if not nameless:
        return list(groups)
    together = replace(reduce(Group.joined, nameless), name=part_names.nameless(len(nameless)))
    return [*(group for group in groups if group not in nameless), together]


def _counted_people(groups: Iterable[Group]) -> SpenderTable:
    used = [group for group in groups if group.acus > 0]
    known = [group for group in used if not _is_unknown(group)]
    together = reduce(Group.joined, known) if len(known) >= FEWEST_PEOPLE else None
    rest = [group for group in used if together is None or _is_unknown(group)]
    row = [replace(together, key=f"{len(known):,} people")] if together else []
    hidden = {group.key for group in rest}
    return _table("People", "People", [*row, *rest], lambda group: _spender(group, group.key), hidden)


def _table(
    caption: str,
    column: str,
    groups: Iterable[Group],
    named: Callable[[Group], Spender],
    hidden: Collection[str | None] = (),
) -> SpenderTable:
    top, others = _most_expensive(groups, hidden)
    rows = [replace(named(group), sessions=group.sessions) for group in top]
    rest = Spender(OTHERS, _sum(others), sum(group.sessions for group in others)) if others else None
    return SpenderTable(caption, column, rows, rest)


def _most_expensive(groups: Iterable[Group], hidden: Collection[str | None]) -> tuple[list[Group], list[Group]]:
    """Return the `MOST_ROWS` most expensive groups, and the others, among them those of which nothing is known.

    Sessions of another workspace are among the others: nobody here may see whose they are. So are those whose key is
    `hidden`.
    """
    used = sorted((group for group in groups if group.acus > 0), key=lambda group: (-group.acus, group.key or ""))
    shown = [group for group in used if not _is_unknown(group) and group.key not in hidden]
    return shown[:MOST_ROWS], shown[MOST_ROWS:] + [group for group in used if _is_unknown(group) or group.key in hidden]


def _is_few(users: Collection[str]) -> bool:
    return len(users) < FEWEST_PEOPLE


def _is_unknown(group: Group) -> bool:
    return group.foreign or group.purged


def _person(group: Group, known: Mapping[str, str]) -> str | None:
    return (known.get(group.key) or group.name) if group.key else part_names.ERASED


def _spender(group: Group, name: str | None) -> Spender:
    return Spender(name or "", _exact(group.acus))


def _channel(group: Group) -> Spender:
    is_direct = group.key == "D"
    return Spender(DIRECT_MESSAGES if is_direct else "", _exact(group.acus), channel=None if is_direct else group.key)


def _team(group: Group) -> Spender:
    return Spender(group.key or NO_TEAM, _exact(group.acus))


def _session(session: MostExpensive) -> Spender:
    acus = _exact(session.acus)
    return Spender(session.title, acus, url=session.permalink, page=session.url, asker=session.requester)


def _repository(group: Group) -> Spender:
    return _spender(group, group.key or NO_REPOSITORY)


def _sum(groups: Iterable[Group]) -> Decimal:
    return exact_sum(_exact(group.acus) for group in groups)


def _exact(acus: float) -> Decimal:
    # What is behind six decimals comes from adding up floats.
    return exact(round(acus, 6))
