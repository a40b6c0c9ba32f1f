"""What made a day unusual: the person or the channel that took most of what it has above others, or who did elsewhere.

Devin is asked about people only on an unusual day whose excess came from elsewhere, and only about so many of them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from bot.devin.errors import DevinError
from bot.devin.models import Member
from bot.domain.billing import bounds, day_of_row, days_before
from bot.features.usage import spend_people_rows as spend_people
from bot.features.usage.figure_sentences import Figures
from bot.features.usage.spend_group_rows import Spending
from bot.features.usage.spend_people_rows import SpentOnDay
from bot.features.usage.usual import HISTORY_DAYS, Cause, excess
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.store import own_names, people

log = get_logger(__name__)

MOST_ASKED: Final = (
    50  # people of whom Devin is asked what they used; of more it is only said that it came from elsewhere
)
_MOST: Final = 0.5  # of the excess of a day, from which on it is most of it


class UnusualDay:
    """Finds what made the days of a workspace unusual."""

    def __init__(self, services: Services, workspace: Workspace) -> None:
        self._services = services
        self._workspace = workspace
        self._elsewhere: tuple[date, str | None] | None = None  # who was found last, so that one digest asks for all

    async def explained(self, figures: Figures, channel: str | None) -> Figures:
        """Return the `figures` of a day with what made it unusual, if it is, and if one cause took most of the excess.

        With a `channel` only its sessions count.
        """
        if figures.anomaly_limit is None:
            return figures
        known = figures.amounts.best_known(_days(figures.day))
        above = excess(known, figures.day) or 0.0
        cause = await self._ours(figures.day, above, channel) or await self._from_elsewhere(figures, above)
        return replace(figures, cause=cause)

    async def _ours(self, day: date, above: float, channel: str | None) -> Cause | None:
        """The person or else the channel that took most of the excess. Where people are not named, neither is."""
        workspace = self._workspace
        if not workspace.policy.shows_names:
            return None
        span = Spending(workspace.team, workspace.organisation.id, _days(day)[0], day)
        async with self._services.db.scan() as tx:
            spent = await spend_people.by_day(tx, replace(span, one=channel))
            person, channel_id = _highest(spent, "requester", day), _highest(spent, "channel", day)
            names = await people.names(tx, workspace.team, [person[0]])
        if person[1] >= _MOST * above and (name := names.get(person[0])):
            return Cause(person[1], person=name)
        return Cause(channel_id[1], channel=channel_id[0]) if channel_id[1] >= _MOST * above and not channel else None

    async def _from_elsewhere(self, figures: Figures, above: float) -> Cause | None:
        """What came from elsewhere, if that took most of the excess, and the person whose it was, if Devin says so."""
        amounts, day = figures.amounts, figures.day
        known = {at: acus - amounts.own.get(at, 0.0) for at, acus in amounts.billed.items() if at in _days(day)}
        more = excess(known, day) or 0.0
        if figures.here or more < _MOST * above:
            return None
        if self._workspace.policy.shows_names and (self._elsewhere is None or self._elsewhere[0] != day):
            self._elsewhere = (day, await self._who(day, more))
        return Cause(more, person=self._elsewhere[1] if self._elsewhere else None, is_elsewhere=True)

    async def _who(self, day: date, above: float) -> str | None:
        organisation, days = self._workspace.organisation, _days(day)
        async with self._services.db.scan() as tx:
            ours = await own_names.spent_by_day(tx, organisation.id, days[0], day)
        return await _who(organisation, day, above, ours)


def _days(day: date) -> tuple[date, ...]:
    return (*days_before(day, HISTORY_DAYS), day)


def _highest(spent: Sequence[SpentOnDay], by: str, day: date) -> tuple[str, float]:
    """Return whose excess on the `day` is the highest, and how high it is; nobody's is 0."""
    amounts: dict[str, dict[date, float]] = defaultdict(lambda: dict.fromkeys(_days(day), 0.0))
    for row in spent:
        if key := getattr(row, by):
            amounts[key][row.day] += row.acus
    return _first(amounts, day)


def _first(amounts: Mapping[str, Mapping[date, float]], day: date) -> tuple[str, float]:
    above = {key: excess(known, day) or 0.0 for key, known in amounts.items()}
    return max(sorted(above.items()), key=lambda entry: entry[1], default=("", 0.0))


async def _who(
    organisation: Organisation, day: date, above: float, ours: Mapping[str, Mapping[date, float]]
) -> str | None:
    """Return the name of the person who used most of the excess elsewhere; None where Devin does not say it.

    What sessions of the bot spent in people's own names, by them and day, is `ours` and not from elsewhere.
    """
    try:
        members, has_more = await organisation.devin.members(most_pages=1)
        if has_more or len(members) > MOST_ASKED:
            return None
        used = {
            member.user_id: await _used(organisation, member, day, ours.get(member.user_id, {})) for member in members
        }
    except DevinError as error:
        # Whether one person did it is nice to know: the digest does not wait for it.
        log.info("no one named for an unusual day", organisation=organisation.id, error=type(error).__name__)
        return None
    user_id, more = _first(used, day)
    name = next((member.name or member.email for member in members if member.user_id == user_id), None)
    return name if more >= _MOST * above else None


async def _used(
    organisation: Organisation, member: Member, day: date, ours: Mapping[date, float]
) -> Mapping[date, float]:
    """Ask Devin what a `member` used, in one call: on the `day` and on those before it that it is compared with.

    What is `ours` of that is left out.
    """
    answer = await organisation.devin.user_daily_consumption(member.user_id, bounds(_days(day)[0])[0], bounds(day)[1])
    used = dict.fromkeys(_days(day), 0.0)
    for row in answer.consumption_by_date:
        if (at := day_of_row(row.date)) in used:
            used[at] += float(row.acus)
    return {at: max(0.0, acus - ours.get(at, 0.0)) for at, acus in used.items()}
