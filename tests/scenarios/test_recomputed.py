"""Each figure is the one that Devin's API gives: a quarter is played, and an independent recomputation adds it up.

`tests/recompute.py` reads the API and knows nothing of the bot. What the bot answers is read from its texts, tables and
files. A total is the same to the last digit; the parts that are shown with it add up to it, and none of them is a whole
digit off; in a file each amount is exact.
"""

import random
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.timing import Timing
from tests.recompute import ONE_DAY, Books, added, days_from, read_books, tenths
from tests.scenarios.ahead import Ahead
from tests.scenarios.harness import ADA, GENERAL, OPS, Harness, harness
from tests.scenarios.quarter import OTHER_ORG, Quarter

pytestmark = pytest.mark.timing(
    digest_tick=0.3,
    budgets=0.3,
    consumption_interval=0.5,
    consumption_backfill=0.1,
    idle_tick=0.3,
    progress_interval=0.2,
    operation_message=0.05,
)

ZONE, AT = "Europe/London", time(9, 30)  # in summer before the hour at which a day is finished, in winter after it
ACUS = r"(?:under 0\.1|-?[\d,]+(?:\.\d+)?)"
KEY, ORG = "cog_play", "org-play"
TENTH = Decimal("0.1")


def amount(written: str) -> Decimal:
    """A number as it is shown; what is too little to be shown is nothing."""
    return Decimal() if written.startswith("under") else Decimal(written.replace(",", ""))


@dataclass
class Compared:
    """What was compared, and what differs."""

    differences: list[str] = field(default_factory=list)
    number: int = 0

    def same(self, what: str, shown: Any, expected: Any) -> None:
        """Note whether the two are the same."""
        self.number += 1
        if shown != expected:
            self.differences.append(f"{what}: shown {shown}, expected {expected}")

    def parts(
        self, what: str, shown: Mapping[str, Decimal], exact: Mapping[str, Decimal], total: Decimal | None
    ) -> None:
        """Note whether parts that are shown add up to the total that is shown, and none is a whole digit off."""
        if total is not None:
            self.same(f"{what}, added up", added(shown.values()), total)
        named = {name: acus for name, acus in exact.items() if acus}
        self.same(f"{what}, without a row", {*named} - {*shown}, set())
        for name, acus in shown.items():
            off = abs(acus - exact.get(name, Decimal()))
            self.same(f"{what}, {name} ({acus} for {exact.get(name)})", off < TENTH, True)


# ---------------------------------------------------------------- what is shown


def total_in(text: str) -> Decimal | None:
    """The total of an answer; None where only what came through Slack is known."""
    found = re.search(rf"^\*({ACUS}) ACUs?\*(?! through Slack)", text, re.MULTILINE)
    return amount(found[1]) if found else None


def split_in(text: str) -> dict[str, Decimal]:
    """What came through Slack and from elsewhere."""
    found = re.search(rf"^({ACUS}) through Slack, ({ACUS}) elsewhere$", text, re.MULTILINE)
    return {"slack": amount(found[1]), "elsewhere": amount(found[2])} if found else {}


def rows_in(text: str) -> dict[str, Decimal]:
    """The rows of a division."""
    return {name: amount(acus) for name, acus in re.findall(rf"^• (.+?): ({ACUS}) ACUs?(?: ·.*)?$", text, re.MULTILINE)}


class Checks:
    """Compares what a bot shows at an instant with the books."""

    def __init__(self, on: Harness, quarter: Quarter, books: Books, compared: Compared) -> None:
        self.on, self.quarter, self.books, self.compared = on, quarter, books, compared
        self.at = f"{books.now:%d %b %H:%M}"

    async def asked(self, command: str, user: str = ADA) -> str:
        return str((await self.on.slack.slash(user, GENERAL, command))["shown"]["rendered"])

    def knows_own(self, days: Sequence[date]) -> bool:
        """Whether what the sessions used in the days is known: their first and last ones did not end without the bot."""
        return not self.quarter.bridged & {days[0] - ONE_DAY, days[-1]}

    # ------------------------------------------------------------ usage

    async def usage(self, period: str, days: Sequence[date]) -> None:
        what, shown, books = f"{self.at} usage {period}", await self.asked(f"usage {period}"), self.books
        if books.missing(days):
            self.compared.same(what, "is not in yet" in shown, True)
            return
        total = tenths(books.total(days))
        self.compared.same(what, total_in(shown), total)
        if self.knows_own(days) and 0 <= books.through_slack(days) <= books.total(days):
            own = books.through_slack(days)
            exact = {"slack": own, "elsewhere": books.total(days) - own}
            self.compared.parts(what, split_in(shown), exact, total or None)


@dataclass(frozen=True)
class Stretch:
    """From which billing day to which a story is told, and the seed that it is told from."""

    first: date
    last: date
    seed: int

    def __str__(self) -> str:
        return f"{self.first} to {self.last}, seed {self.seed}"


QUICK = Stretch(date(2026, 10, 20), date(2026, 10, 27), 1)


@pytest.fixture
async def on(
    tmp_path: Path, sqlite_template: Path, timing: Timing, clock: Ahead, stretch: Stretch
) -> AsyncIterator[Harness]:
    """A bot of an enterprise with two organisations, at the beginning of the stretch."""
    begin = datetime.combine(stretch.first, time(9, 30)).timestamp()
    clock.put(begin - clock())
    settings = {
        "BOT_ADMIN_CHANNEL": OPS,
        "BOT_TIMEZONE": ZONE,
        "BOT_DIGEST_TIME": f"{AT:%H:%M}",
        "BOT_DIGEST_QUIET": "post",
        "BOT_SESSION_ACUS": "200",
        "BOT_RUNAWAY_ACUS": "0",
    }
    async with harness(
        tmp_path,
        clock=clock,
        timing=timing,
        empty_store=sqlite_template,
        workspace={"wall": clock},
        organisation={"now": clock, "others": {OTHER_ORG: "Data Team"}},
        start=False,
        **settings,
    ) as everything:
        await everything.devin.permissions(grant=["ViewAccountConsumption", "ManageOrganizations"])
        await everything.start()
        yield everything


@pytest.mark.parametrize("stretch", [QUICK], ids=str)
async def test_each_figure_is_the_one_of_devins_api(on: Harness, clock: Ahead, stretch: Stretch) -> None:
    quarter, compared = Quarter(on, clock, random.Random(stretch.seed)), Compared()
    address = on.environment["DEVIN_API_URL"], KEY, ORG
    books = await read_books(*address, clock(), stretch.first - 40 * ONE_DAY)
    for day in days_from(stretch.first, stretch.last):
        await quarter.day(day)
        await quarter.reach(day + ONE_DAY, 10, 5)
        await quarter.caught_up()
        books = await read_books(*address, clock(), stretch.first - 40 * ONE_DAY, books)
        checks = Checks(on, quarter, books, compared)
        await checks.usage("yesterday", [day])
        await checks.usage("month", days_from(day.replace(day=1), day))
    assert not compared.differences, "\n".join(compared.differences)
    assert compared.number > 10
