"""The parts of what was used as they stand in a file: all of them, in plain text, with amounts that are not rounded."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.domain.amounts import exact_sum
from bot.domain.periods import days_between
from bot.domain.questions import By
from bot.features.teams import rows as cost_centres
from bot.features.usage import part_names
from bot.features.usage import spend_group_rows as spend_groups
from bot.features.usage.division_sentences import UsagePart
from bot.features.usage.figure_files import MOST_ROWS, FilePart
from bot.features.usage.figure_sentences import Figures
from bot.features.usage.file_part_naming import FilePartNaming, Names
from bot.features.usage.parts import UsageParts, counted_exactly, counted_people, special
from bot.features.usage.spend_group_rows import Group, Spending
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction

# The parts, and what Devin billed in all where the parts are our own count and the bill is known.
Divided = tuple[list[FilePart], Decimal | None]


class FileParts:
    """Divides what was used in a period, of which the figures are known already."""

    def __init__(
        self,
        tx: Transaction,
        workspace: Workspace,
        spending: Spending,
        figures: Figures,
    ) -> None:
        self._tx = tx
        self._workspace = workspace
        self._spending = spending
        self._figures = figures
        self._names = FilePartNaming(tx, workspace, spending.readers)
        self._parts = UsageParts(tx, workspace, spending, figures)

    async def by(self, division: By) -> Divided | None:
        """Return the parts of a `division`; None where only Devin's bill could name them, and it is missing."""
        is_known, of_one = self._figures.total is not None, self._spending.one is not None
        if division is By.DAY:
            return await self._by_day(), None
        if division in {By.PRODUCT, By.ORG}:
            return (await self._of_bill(division), None) if is_known and not of_one else None
        has_rest = is_known and not of_one  # Devin bills no channel and no person
        billed = exact_sum((await self._parts.billed(By.ORG)).values()) if has_rest else None
        return await self._of_sessions(division), billed

    async def _by_day(self) -> list[FilePart]:
        """All days, oldest first: as Devin billed them or, where one could not be read, as our sessions count.

        Days whose bill is not in yet have no ACUs: our own count beside bills would be taken for one.
        """
        active = await spend_groups.sessions_by_day(self._tx, self._spending)
        days = days_between(self._spending.first, self._spending.last)
        late = self._figures.late
        if self._spending.one is not None or (self._figures.total is None and not late):
            own = self._figures.amounts.own
            amounts = {day.isoformat(): counted_exactly(own.get(day, 0.0)) for day in days}
        else:
            amounts = await self._parts.billed(By.DAY)
        return [
            FilePart(
                (day.isoformat(),),
                None if day in late else amounts.get(day.isoformat(), Decimal(0)),
                active.get(day, 0),
            )
            for day in days
        ]

    async def _of_bill(self, division: By) -> list[FilePart]:
        amounts = await self._parts.billed(division)
        return [
            FilePart((key,), acus) for key, acus in sorted(amounts.items(), key=lambda amount: (-amount[1], amount[0]))
        ]

    async def _of_sessions(self, division: By) -> list[FilePart]:
        groups = await self._parts.groups(division, MOST_ROWS)
        if division is By.PERSON and not self._workspace.policy.shows_names:
            return [_counted(part) for part in counted_people(groups)]
        keys = [group.key for group in groups if not group.others and special(group) is None]
        asked_as = {group.key: group.name for group in groups if group.key and group.name}
        names = await self._names.names(division, keys, asked_as)
        has_teams = division is By.SESSION and await cost_centres.memberships(self._tx, self._workspace.team) != []
        return [
            replace(
                _part(group, _name(group) or names.get(group.key, ("",))),
                team=part_names.team(group.team) if has_teams and _name(group) is None else None,
            )
            for group in groups
        ]


def _name(group: Group) -> Names | None:
    """Name a group that is not named by its key."""
    if group.others:
        return (f"{group.others:,} {part_names.OTHERS}",)
    named = special(group)
    return (named,) if named else None


def _part(group: Group, names: Sequence[str | None]) -> FilePart:
    return FilePart(
        tuple(names),
        counted_exactly(group.acus),
        group.sessions,
        group.pull_requests,
        group.worked,
        of_others=group.others > 0,
    )


def _counted(part: UsagePart) -> FilePart:
    return FilePart((part.name,), part.acus, part.sessions, part.pull_requests, part.worked)
