"""What is to be shown in a workspace: what its sessions used by the books, and how that stands in texts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from bot.features.usage.part_names import ERASED, HIDDEN_REPOSITORY, OTHER_WORKSPACE
from tests.recompute import Books, Prices, added, counts_in, days_from, hundredths, tenths
from tests.scenarios.figures_shown import FORGOTTEN, PRIVATE, named
from tests.scenarios.harness import ADA, ANN, BEN
from tests.scenarios.quarter import NAMES, Organisation, Quarter, Work

FAR_ABOVE = 1000  # percent, which are no longer written as a number
FEWEST = 5  # merged pull requests that a ratio says something about


def _repository(work: Work, *, hidden: bool) -> str:
    if hidden:
        return HIDDEN_REPOSITORY
    return "/".join(work.pull_request.split("/")[3:5]) if work.pull_request else "no repository known"


class Expected:
    """What the sessions of a workspace used, and to whom, where and what for that counts.

    What people there used in other organisations is in the books of these.
    """

    def __init__(
        self, quarter: Quarter, organisation: Organisation, of_each: Mapping[str, Books], prices: Prices
    ) -> None:
        self.quarter, self.organisation, self.of_each, self.prices = quarter, organisation, of_each, prices
        self.books = of_each[organisation.id]
        work = {one.devin_id: one for one in organisation.work}
        self.ours = {key for key, one in work.items() if one.team == organisation.team}
        gone = quarter.gone

        def by(name: Callable[[Work], str]) -> dict[str, str]:
            return {key: name(one) if key in self.ours else OTHER_WORKSPACE for key, one in work.items()}

        def title(one: Work) -> str:
            return PRIVATE if is_direct[one.devin_id] else FORGOTTEN if one.person in gone else one.title

        is_direct = {one.devin_id: one.channel.startswith("D") for one in organisation.work}
        self.people = by(lambda one: ERASED if one.person in gone else NAMES[one.person])
        self.channels = by(lambda one: "DMs" if is_direct[one.devin_id] else f"<#{one.channel}>")
        self.titles = by(title)
        self.private = {one.title: title(one) for one in work.values() if title(one) != one.title}
        self.work = work
        self.users = [user for user in (ANN, BEN, ADA) if user not in gone]
        self.repositories = by(lambda one: _repository(one, hidden=is_direct[one.devin_id]))
        # Ada, who asks, may see what is in her own direct messages.
        self.for_ada = by(lambda one: _repository(one, hidden=is_direct[one.devin_id] and one.person != ADA))

    def team(self, key: str, day: date) -> str:
        """The team in which a session counts on a day."""
        one = self.work[key]
        told = self.quarter.told
        return counts_in(told, day, one.tags, one.channel, one.person) if key in self.ours else OTHER_WORKSPACE

    def up_to_now(self, first: date) -> list[date]:
        """The days that a period from `first` up to now counts: the running one too, once its bill is in."""
        today = self.books.today
        return days_from(first, today if self.books.is_in(today) else self.books.newest_finished)

    def active(self, days: Sequence[date]) -> dict[str, bool]:
        """The sessions of this workspace that were active on the days, and whether they were done by the end."""
        return {key: is_done for key, is_done in self.books.active(days).items() if key in self.ours}

    def own_cost(self, days: Sequence[date]) -> Decimal:
        """What came through Slack on the days comes to in money."""
        return self.books.cost_of(self.books.spent, days, self.prices)

    def divisions(self, days: Sequence[date]) -> dict[str, dict[str, Decimal]]:
        """What was used by each division, with what came from elsewhere where our sessions are divided."""
        books = self.books
        ours = {
            "person": books.grouped(days, self.people),
            "channel": books.grouped(days, self.channels),
            "session": books.grouped(days, self.titles),
            "repo": books.grouped(days, self.for_ada),
            "team": books.in_teams(days, self.team),
        }
        elsewhere = books.total(days) - books.through_slack(days)
        return {
            **{name: groups | {"outside Slack": elsewhere} for name, groups in ours.items()},
            "day": {named(day): books.total([day]) for day in days},
            "product": books.by_product(days),
            "org": {self.organisation.id: books.total(days)},
        }

    def groups(self) -> dict[str, Callable[[str, date], str]]:
        """What sessions are counted by, which may be another team on another day: people, channels, repositories."""
        fixed = {"person": self.people, "channel": self.channels, "repo": self.for_ada}
        return {"team": self.team, **{name: lambda key, _, of=of: of[key] for name, of in fixed.items()}}

    def asked_by(self, user: str) -> list[tuple[Books, set[str]]]:
        """The sessions that somebody in this workspace has asked for, with the books that they are in."""
        return [
            (
                self.of_each[org.id],
                {one.devin_id for one in org.work if (one.team, one.person) == (self.organisation.team, user)},
            )
            for org in self.quarter.organisations
        ]

    def used(self, days: Sequence[date], of: Callable[[Work], bool]) -> Decimal:
        """What sessions used on the days that somebody in this workspace has asked for, in all organisations."""
        work = [
            (org.id, one)
            for org in self.quarter.organisations
            for one in org.work
            if one.team == self.organisation.team
        ]
        spent = [self.of_each[org_id].spent[one.devin_id] for org_id, one in work if of(one)]
        return added(used.get(day, Decimal()) for used in spent for day in days)

    def wasted(self, days: Sequence[date]) -> dict[str, list[Decimal]]:
        """What was used by each session of this workspace that is over and nothing of it will be merged."""
        seen = {url: at for url, (at, _) in self.organisation.opened.items()}
        questions = {key for key, one in self.work.items() if one.asks}
        wasted = self.books.wasted(days, seen, questions)
        return {result: [used[key] for key in used if key in self.ours] for result, used in wasted.items()}


# ---------------------------------------------------------------- how it stands in texts


def acus_shown(acus: Decimal) -> str:
    """ACUs as a text has them."""
    written = number_shown(acus)
    return f"{written} ACU" if written == "1" else f"{written} ACUs"


def number_shown(acus: Decimal) -> str:
    """The same without the unit."""
    rounded = tenths(acus) or Decimal()  # nobody reads -0
    return "under 0.1" if acus > 0 == rounded else f"{rounded:,}".removesuffix(".0")


def usd(amount: Decimal) -> str:
    """Money as a text has it."""
    return f"{hundredths(amount):,} USD"


def per_merged(acus: Decimal, merged: int, more: str) -> str:
    """What one of the merged pull requests took, with `more` behind it, if there are enough to say so."""
    of = f"{number_shown(acus)} ÷ {merged}"
    if merged < FEWEST:
        return f"not enough data ({of}; needs at least {FEWEST})"
    return f"{number_shown(acus / merged)} ({of}{more})"


def counted(sessions: int) -> str:
    """How many sessions."""
    return f"{sessions} session{'' if sessions == 1 else 's'}"


def days_named(days: Sequence[date]) -> str:
    """The days whose bill is not in yet."""
    if len(days) == 1:
        return f"{days[0]:%A, %B} {days[0].day}, {days[0].year}"
    if len(days) == 2:
        return f"{named(days[0])} and {named(days[1])}"
    return f"{len(days)} days from {named(days[0])} to {named(days[-1])}"


def change_shown(percent: int) -> str:
    """By how much a day differs from what is usual."""
    if not percent:
        return "as usual"
    number = f"{abs(percent):,}%" if abs(percent) < FAR_ABOVE else "far above"
    return f"{'▲' if percent > 0 else '▼'} {number}"
