"""The parts into which an answer about usage divides what was used, the largest first."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Final, Protocol

from bot.domain.amounts import exact, exact_sum
from bot.domain.periods import Span, days_between
from bot.domain.questions import By
from bot.domain.readers import FEWEST_PEOPLE, Readers
from bot.features.usage import part_names
from bot.features.usage import spend_group_rows as spend_groups
from bot.features.usage import spend_people_rows as spend_people
from bot.features.usage.division_sentences import MOST_ROWS, UsagePart
from bot.features.usage.figure_sentences import Figures
from bot.features.usage.part_naming import PartNaming
from bot.features.usage.spend_group_rows import Group, Spending, Wanted
from bot.kernel.workspace import Workspace
from bot.store import spend
from bot.store.database.connection import Transaction


class UsageParts:
    """Divides what was used in a period, of which the figures are known already."""

    def __init__(self, tx: Transaction, workspace: Workspace, spending: Spending, figures: Figures) -> None:
        self._tx = tx
        self._naming = PartNaming(tx, workspace, spending.readers)
        self._spending = spending
        self._figures = figures

    async def by(self, division: By) -> list[UsagePart] | None:
        """Return the parts of a `division`; None where only Devin's bill could name them, and it is missing."""
        if division is By.DAY:
            return await self._by_day()
        if division in {By.PRODUCT, By.ORG}:
            return await self._of_bill(division) if self._spending.one is None else None
        return await self._of_sessions(division)

    # ------------------------------------------------------------ of Devin's bill

    async def _by_day(self) -> list[UsagePart]:
        """The days, newest first: as Devin billed them or, where that could not be read, as our sessions count.

        A day whose bill is not in yet has no ACUs: our own count beside bills would be taken for one.
        """
        figures = self._figures
        late = figures.late
        known = bool(late) or (figures.total is not None and (figures.total > 0 or not figures.no_acus_reported))
        amounts = figures.amounts.billed if known else figures.amounts.own
        active = await spend_groups.sessions_by_day(self._tx, self._spending)
        days = days_between(self._spending.first, self._spending.last)
        parts = [
            UsagePart(
                part_names.day(day),
                None if day in late else counted_exactly(amounts.get(day, 0.0)),
                ours=not known,
                sessions=active.get(day),
                is_about=not known and day in figures.about_each,
            )
            for day in reversed(days)
        ]
        return [part for part in parts if part.acus is None or part.acus or part.sessions]

    async def _of_bill(self, division: By) -> list[UsagePart] | None:
        """The parts of the bill, of which the days count that the total has; None where it is not known at all."""
        figures = self._figures
        if figures.total is None and figures.known is None:
            return None
        named = part_names.organisation if division is By.ORG else part_names.product
        amounts = await self.billed(division, figures.known.through if figures.known else None)
        parts = [UsagePart(named(key), acus, ours=False) for key, acus in amounts.items() if acus]
        return sorted(parts, key=lambda part: (-(part.acus or 0), part.name))

    async def billed(self, division: By, through: date | None = None) -> dict[str, Decimal]:
        """Return exactly what Devin billed in the period, or `through` a day of it, by day, product or organisation."""
        first, last, org_id = self._spending.first, through or self._spending.last, self._spending.org_id
        amounts: dict[str, Decimal] = defaultdict(Decimal)
        for day, products in (await spend.consumed_by_product(self._tx, org_id, first, last)).items():
            for product, acus in products.items():
                key = {By.DAY: day.isoformat(), By.ORG: org_id}.get(division, product)
                amounts[key] = exact_sum([amounts[key], acus])
        return amounts

    # ------------------------------------------------------------ of our own rows

    async def _of_sessions(self, division: By) -> list[UsagePart]:
        ordered = await self.groups(division, MOST_ROWS)
        if division is By.PERSON and not self._naming.shows_people:
            return counted_people(ordered)
        shown = ordered[:MOST_ROWS]  # the others are shown in sum
        asked_as = {group.key: group.name for group in shown if group.key and group.name}
        names = await self._naming.names(division, [group.key for group in shown if not group.others], asked_as)
        return [_part(group, _name(group) or names.get(group.key, ""), division) for group in ordered]

    async def groups(self, division: By, most: int) -> list[Group]:
        """Return the groups of a `division`, the largest first, the last one for all that are more than `most`.

        Where people are not named, groups of fewer than `FEWEST_PEOPLE` are in the last one too.
        """
        groups = await self._groups(division, most)
        used_only = not self._figures.no_acus_reported
        few = await groups_of_few(self._tx, self._naming, self._spending, division, used_only=used_only)
        return sorted(
            _merged(groups, few), key=lambda group: (group.others > 0, -group.acus, -group.sessions, group.key or "")
        )

    async def _groups(self, division: By, most: int) -> list[Group]:
        # Where Devin reports no ACUs all groups count, those with the most sessions first.
        used_only = not self._figures.no_acus_reported
        if division is not By.REPO:
            return await spend_groups.grouped(self._tx, self._spending, division, Wanted(most, used_only))
        joined = self._joined(await spend_groups.grouped(self._tx, self._spending, By.REPO))
        return [group for group in joined if group.acus > 0 or not used_only]

    def _joined(self, groups: Iterable[Group]) -> Iterable[Group]:
        """Join `groups` to one for each repository."""
        found: dict[tuple[str | None, bool, bool], Group] = {}
        for group in groups:
            name = self._naming.repository(group.pull_request, group.key)
            key = (name, group.foreign, group.purged and name is None)
            named = replace(group, key=name, purged=key[2])
            found[key] = found[key].joined(named) if key in found else named
        return found.values()


def spending(workspace: Workspace, span: Span, readers: Readers, one: str | None = None) -> Spending:
    """Return whose spending the days of a `span` are asked for, of all or of `one` channel or person, and who reads."""
    return Spending(workspace.team, workspace.organisation.id, span.counted[0], span.counted[-1], one, readers)


class _PeopleIn(Protocol):
    """Reads who used something in each group, or was active in it."""

    async def __call__(
        self, tx: Transaction, spending: Spending, /, *, used_only: bool
    ) -> dict[tuple[str | None, ...], set[str]]: ...


_PEOPLE_IN: Final[Mapping[By, _PeopleIn]] = {
    By.CHANNEL: spend_people.by_channel,
    By.TEAM: spend_people.by_team,
    By.REPO: spend_people.by_repository,
    By.PLAYBOOK: spend_people.by_playbook,
}


async def groups_of_few(
    tx: Transaction, naming: PartNaming, spending: Spending, division: By, *, used_only: bool = False
) -> set[str | None]:
    """Return the keys of the groups of a `division` that are hidden where people are not named: those of too few.

    With `used_only` people count only who used something.
    """
    if naming.shows_people or division not in _PEOPLE_IN:
        return set()
    users: dict[str | None, set[str]] = defaultdict(set)
    for key, found in (await _PEOPLE_IN[division](tx, spending, used_only=used_only)).items():
        name = naming.repository(key[1], key[0]) if division is By.REPO else key[0]
        users[name] |= found
    return {name for name, found in users.items() if len(found) < FEWEST_PEOPLE}


def _merged(groups: Sequence[Group], few: Collection[str | None]) -> list[Group]:
    """Put the groups whose keys are `few` together with those that stand for others already, as one group."""
    hidden = [group for group in groups if group.others or (special(group) is None and group.key in few)]
    if not hidden:
        return list(groups)
    others = replace(reduce(Group.joined, hidden), key=None, others=sum(group.others or 1 for group in hidden))
    return [*(group for group in groups if group not in hidden), others]


def counted_people(groups: Sequence[Group]) -> list[UsagePart]:
    """Make one part of all people, with their number; of so few that one might know who they are, without it."""
    known = [group for group in groups if special(group) is None]
    nobody = [_part(group, special(group) or "", By.PERSON) for group in groups if special(group) is not None]
    if not known:
        return nobody
    number = sum(group.others or 1 for group in known)
    name = part_names.counted_people(number) if number >= FEWEST_PEOPLE else part_names.OTHERS
    return [_part(replace(reduce(Group.joined, known), others=0), name, By.PERSON), *nobody]


def _name(group: Group) -> str | None:
    """Name a group that is not named by its key."""
    return part_names.OTHERS if group.others else special(group)


def special(group: Group) -> str | None:
    """Name a group of which no more is known, if it is one."""
    if group.foreign:
        return part_names.OTHER_WORKSPACE
    return part_names.NOT_STORED if group.purged else None


def _part(group: Group, name: str, division: By) -> UsagePart:
    sessions_in_it = None if division is By.SESSION and group.key else group.sessions
    return UsagePart(
        name,
        counted_exactly(group.acus),
        sessions=sessions_in_it,
        worked=group.worked,
        pull_requests=group.pull_requests,
        others=group.others,
    )


def counted_exactly(acus: float) -> Decimal:
    """Return an amount of our own count as the decimal number that it stands for."""
    # What is behind six decimals comes from adding up floats.
    return exact(round(acus, 6))
