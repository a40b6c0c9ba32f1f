"""Each figure is the one that Devin's API gives: a quarter is played, and an independent recomputation adds it up.

`tests/recompute.py` reads the API and knows nothing of the bot. What the bot answers is read from its texts, tables and
files. A total is the same to the last digit; the parts that are shown with it add up to it, and none of them is a whole
digit off; in a file each amount is exact.
"""

import random
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.timing import Timing
from tests.recompute import ONE_DAY, Books, Prices, days_from, digest_comes, read_books
from tests.scenarios.ahead import Ahead
from tests.scenarios.digests_compared import DigestChecks
from tests.scenarios.figures_compared import BUDGETS, LIMIT, LIMIT_OF_LOCAL_AGENTS
from tests.scenarios.figures_expected import Expected
from tests.scenarios.figures_shown import Compared
from tests.scenarios.harness import ADA, ANN, BEN, OPS, WEB, Harness, harness
from tests.scenarios.observations import set_budget
from tests.scenarios.quarter import URGENT, Organisation, Quarter

pytestmark = pytest.mark.timing(
    digest_tick=0.3,
    budgets=0.3,
    consumption_interval=0.5,
    consumption_backfill=0.1,
    session_bills=0.1,
    idle_tick=0.3,
    progress_interval=0.2,
    operation_message=0.05,
    fan_out_pause=0.02,
    fan_out_first_poll=0.2,
    fan_out_poll=0.2,
    fan_out_slow_poll=0.2,
)

ZONE, AT = "Europe/London", time(9, 30)  # in summer before the hour at which a day is finished, in winter after it
KEY = "cog_play"
TEAMS = {"T0PLAY": "org-play", "T0DATA": "org-data"}  # two workspaces, and the organisation of each
# Of days; each stretch has them, and a long one the others too.
KINDS = {"late", "fan-out", "forgotten"}
LONG_KINDS = {"bridged", "corrected", "unnamed", "credit", "lowered", "merged later"}


@dataclass(frozen=True)
class Stretch:
    """From which billing day to which a story is told, and the seed that it is told from."""

    first: date
    last: date
    seed: int

    def __str__(self) -> str:
        return f"{self.first} to {self.last}, seed {self.seed}"


def _stretch(first: date, last: date, seed: int, *marks: pytest.MarkDecorator) -> Any:
    stretch = Stretch(first, last, seed)
    return pytest.param(stretch, id=f"{stretch}", marks=[*marks, pytest.mark.timeout(1800)])


STRETCHES = [  # around the changes of clocks in Europe
    _stretch(date(2026, 10, 23), date(2026, 10, 25), 28),
    _stretch(date(2026, 10, 12), date(2026, 11, 3), 7, pytest.mark.edge, pytest.mark.early),
    _stretch(date(2027, 3, 15), date(2027, 4, 6), 6, pytest.mark.edge, pytest.mark.early),
    _stretch(date(2026, 9, 15), date(2026, 12, 15), 4, pytest.mark.long, pytest.mark.early),
    _stretch(date(2027, 1, 20), date(2027, 4, 20), 5, pytest.mark.long, pytest.mark.early),
]


@dataclass(frozen=True)
class Two:
    """One bot for two workspaces, each with an organisation of one enterprise at one Devin."""

    sides: Sequence[Harness]
    prices: Prices

    @property
    def bot(self) -> Harness:
        """The bot, with the first workspace."""
        return self.sides[0]


@pytest.fixture
async def two(
    tmp_path: Path, sqlite_template: Path, timing: Timing, clock: Ahead, stretch: Stretch
) -> AsyncIterator[Two]:
    """Both at the beginning of the stretch, in whose middle the price changes; the bot does not run yet."""
    clock.put(datetime.combine(stretch.first, time(9, 30), UTC).timestamp() - clock())
    dearer = stretch.first + (stretch.last - stretch.first) / 2
    prices = {date.min: Decimal("2.00"), dearer: Decimal("2.25")}
    settings = {
        "BOT_ADMIN_CHANNEL": OPS,
        "BOT_TIMEZONE": ZONE,
        "BOT_DIGEST_TIME": f"{AT:%H:%M}",
        "BOT_DIGEST_QUIET": "post",
        "BOT_SESSION_ACUS": "50",
        "BOT_RUNAWAY_ACUS": "0",
        "BOT_ACU_PRICE": f"2.00 USD, 2.25 USD from {dearer}",
    }

    def side(team: str, org_id: str, **more: str) -> AbstractAsyncContextManager[Harness]:
        organisation = {"now": clock, "others": {TEAMS["T0DATA"]: "Data Team"}}
        return harness(
            tmp_path,
            "http",
            clock=clock,
            timing=timing,
            empty_store=sqlite_template,
            workspace={"team": team, "wall": clock},
            organisation=organisation,
            start=False,
            DEVIN_ORG_ID=org_id,
            **settings,
            **more,
        )

    (first, org_id), (second, other_id) = TEAMS.items()
    async with (
        side(first, org_id) as one,
        side(second, other_id, DEVIN_API_URL=one.environment["DEVIN_API_URL"]) as other,
    ):
        other.devin, other.simulated_devin, one.others = one.devin, one.simulated_devin, [other]
        await one.devin.permissions(grant=["ViewAccountConsumption", "ManageOrganizations", "ManageAccountSessions"])
        await one.devin.switch(sleeps_after=0)  # it would count on the day on which the bot sees it
        for each in TEAMS.values():
            await one.devin.limit_organization(each, max_cycle_acu_limit=LIMIT)
            await one.devin.limit_agents(each, local_agent=LIMIT_OF_LOCAL_AGENTS)
        yield Two([one, other], prices)
        await one.stop()


class Telling:
    """Plays a stretch, and compares what is shown in both workspaces at several instants of it."""

    def __init__(self, two: Two, clock: Ahead, stretch: Stretch) -> None:
        self.two, self.clock, self.stretch = two, clock, stretch
        is_long = stretch.last - stretch.first > timedelta(days=10)
        kinds, gone, numbers = set[str](), set[str](), count(1)
        organisations = [
            Organisation(on, team, org_id, random.Random(stretch.seed + at), numbers, kinds, gone)
            for at, (on, (team, org_id)) in enumerate(zip(two.sides, TEAMS.items(), strict=True))
        ]
        seeded = random.Random(stretch.seed + len(organisations))
        self.quarter = Quarter(stretch.first, clock, seeded, organisations, kinds, gone, bridges=is_long)
        self.is_long, self.kinds = is_long, KINDS | LONG_KINDS if is_long else KINDS
        self.rng = random.Random(stretch.seed)
        self.compared = Compared()
        self.began = datetime.fromtimestamp(clock(), UTC)
        self.told: set[date] = set()
        self.books: dict[str, Books] = {}  # by organisation
        self.at_last_digest: dict[str, Books] = {}

    async def tell(self) -> None:
        """The whole stretch."""
        first, last = self.stretch.first, self.stretch.last
        third = len(days_from(first, last)) // 3
        await self._begin()
        for number, day in enumerate(days_from(first, last)):
            await self.quarter.day(day, self._evening if number % 4 == 1 else None)
            await self.quarter.reach(day + ONE_DAY, 9, 5)
            await self.quarter.settled()
            await self.quarter.reach(day + ONE_DAY, 10, 5)
            await self.quarter.caught_up()
            await self._morning(day, in_full=number % 4 == 3 or day == last)
            if number % 12 == 9 or day == last:
                await self._files(day)
            if number == third - 1:
                await self._move(day + ONE_DAY)
            if number == 2 * third - 1:
                await self.quarter.forgets(BEN)

    async def _move(self, today: date) -> None:
        """Ann to another team from yesterday, and Ben from tomorrow."""
        await self.quarter.belongs(ANN, "Ops", today - ONE_DAY)
        await self.quarter.belongs(BEN, "Payments", today + ONE_DAY)

    async def _begin(self) -> None:
        for one in self.quarter.organisations:
            await one.history(self.stretch.first - 40 * ONE_DAY, self.stretch.first - ONE_DAY)
        await self.two.bot.start()
        for on in self.two.sides:
            for whose, (acus, span) in BUDGETS.items():
                await set_budget(on.slack, f"{whose} {acus} a {span}")
            await on.slack.slash(ADA, WEB, f"digest add weekly <#{WEB}> {AT:%H:%M} {ZONE}")
        long_ago, first = self.stretch.first - 40 * ONE_DAY, self.stretch.first
        for subject, team, since in ((ANN, "Payments", long_ago), (BEN, "Ops", first), (WEB, "Web", first)):
            await self.quarter.belongs(subject, team, since)
        await self.quarter.belongs(URGENT, "Urgent", long_ago)
        await self._checks()
        self.at_last_digest = self.books

    async def _checks(self) -> list[DigestChecks]:
        """What to compare in each workspace, with the books as they are now."""
        url, now, since = self.two.bot.environment["DEVIN_API_URL"], self.clock(), self.stretch.first - 75 * ONE_DAY
        self.books = {
            one.id: await read_books(url, KEY, one.id, now, since, one.done_on(), self.books.get(one.id))
            for one in self.quarter.organisations
        }
        return [
            DigestChecks(Expected(self.quarter, one, self.books, self.two.prices), self.compared)
            for one in self.quarter.organisations
        ]

    async def _morning(self, day: date, *, in_full: bool) -> None:
        every, before, now = await self._checks(), self.at_last_digest, datetime.fromtimestamp(self.clock(), UTC)
        due = [
            one
            for one in days_from(self.stretch.first - 2 * ONE_DAY, day)
            if one not in self.told and self.began <= digest_comes(one, AT, ZONE) <= now
        ]
        self.told |= {*due}
        if due:  # on one date in spring no digest comes
            self.at_last_digest = self.books
        for checks in every:
            await checks.digests(due, before[checks.organisation.id])
            if now.weekday() == 0 and day - self.stretch.first > ONE_DAY:
                await checks.weekly(day - ONE_DAY)
            await checks.usage("yesterday", [day])
        if in_full:
            span = days_from(day - self.rng.randint(2, 9) * ONE_DAY, day - ONE_DAY)
            for checks in every:
                await self._in_full(checks, day, span)

    async def _in_full(self, checks: DigestChecks, day: date, span: Sequence[date]) -> None:
        books = checks.books
        month, cycle = books.today.replace(day=1), books.cycle_of(books.today)[0]
        if days := checks.expected.up_to_now(month):
            await checks.usage("month", days)
            await checks.divided("month", days)
            next_month = (month + 31 * ONE_DAY).replace(day=1)
            await checks.usage(f"{month}..{next_month - ONE_DAY}", days)
        if days := checks.expected.up_to_now(cycle):
            await checks.usage("cycle", days)
        await checks.home()
        await checks.usage(f"{span[0]}..{span[-1]}", span)
        await checks.divided(f"{span[0]}..{span[-1]}", span)
        if day == self.stretch.last:  # also of days before somebody was moved or forgotten
            told = days_from(self.stretch.first, day - ONE_DAY)
            await checks.divided(f"{told[0]}..{told[-1]}", told)
        await checks.budgets()
        await checks.cost()

    async def _evening(self) -> None:
        for checks in await self._checks():
            today = checks.books.today
            await checks.usage("today", [today])
            await checks.usage("cycle", checks.expected.up_to_now(checks.books.cycle_of(today)[0]))
            await checks.divided("month", checks.expected.up_to_now(today.replace(day=1)))
            await checks.home()
            await checks.usage("week", days_from(today - 7 * ONE_DAY, today - ONE_DAY))
            await checks.budgets()
            await checks.cost()

    async def _files(self, day: date) -> None:
        for checks in await self._checks():
            if month := _month(checks.books, day):
                await checks.files("month", month)
                if self.is_long:
                    await checks.of_all("month", month)
                await checks.report(month)


def _month(books: Books, day: date) -> list[date]:
    """The days up to this one of the month that runs."""
    return days_from(books.today.replace(day=1), day)


@pytest.mark.parametrize("stretch", STRETCHES)
async def test_each_figure_is_the_one_of_devins_api(two: Two, clock: Ahead, stretch: Stretch) -> None:
    telling = Telling(two, clock, stretch)
    await telling.tell()
    compared = telling.compared
    sys.stdout.write(f"{compared.number} compared, left out: {compared.left_out}")
    assert not compared.differences, "\n".join(compared.differences)
    assert compared.number > 500
    assert telling.quarter.kinds >= telling.kinds
