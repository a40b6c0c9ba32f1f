"""Whatever Devin bills and corrects, and wherever a cycle begins: all that is shown adds up to Devin's own totals."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.domain.amounts import exact_sum, half_up
from bot.domain.billing import ONE_DAY
from bot.domain.cycle import Cycle
from bot.domain.questions import By
from bot.features.consumption import cycle_rows as cycles
from bot.store.tables import metadata
from bot.timing import HOUR
from tests.features.usage.test_files import Files
from tests.features.usage.test_usage import NOW, TODAY, YESTERDAY, Asked, utc
from tests.flows.conftest import ORG

DAYS = tuple(TODAY - ONE_DAY * back for back in range(14))  # the running one first
PEOPLE = ("U0ADA", "U0BEN", "U0CAT", "")
HUNDREDTHS = st.integers(0, 2_000).map(lambda number: number / 100)
THOUSANDTHS = st.integers(20_000, 110_000).map(lambda number: number / 1_000)


@dataclass(frozen=True)
class History:
    """What Devin billed on each day before and after it corrected some, by product, and what our sessions used."""

    billed: list[float]
    corrected: dict[int, float]
    devin: list[float]  # of the bill, by day: the product of that name
    own: list[float]  # by session, each on the day with its number
    begins: int  # the cycle, so many days ago
    takes: int  # days

    @property
    def cycle(self) -> Cycle:
        first = TODAY - ONE_DAY * self.begins
        return Cycle(first, first + ONE_DAY * (self.takes - 1))

    def days(self) -> dict[date, float]:
        amounts = [self.corrected.get(number, acus) for number, acus in enumerate(self.billed)]
        return dict(zip(DAYS, amounts, strict=True))


HISTORIES = st.builds(
    History,
    billed=st.lists(THOUSANDTHS, min_size=len(DAYS), max_size=len(DAYS)),
    corrected=st.dictionaries(st.integers(1, 3), THOUSANDTHS),
    devin=st.lists(HUNDREDTHS, min_size=len(DAYS), max_size=len(DAYS)),
    own=st.lists(HUNDREDTHS, max_size=12),
    begins=st.integers(0, 12),
    takes=st.integers(13, 31),
)
# The three days of the cycle took 2.35, shown as 2.4; as floats they add up to 2.3499999999999996.
FIVES = History([1.1, 0.05, 1.4, 1.0, *[0.15] * 10], {2: 1.3}, [0.05] * 14, [0.05, 0.05, 0.35], 3, 31)


def truth(billed: dict[date, float], days: list[date]) -> Decimal:
    """What Devin's API says of these days, without any rounding."""
    return exact_sum(Decimal(repr(billed[day])) for day in days)


def amounts(text: str, pattern: str) -> list[Decimal]:
    return [Decimal(found.replace(",", "").replace("\N{MINUS SIGN}", "-")) for found in re.findall(pattern, text)]


FINISHED = [day for day in DAYS if day != TODAY]
# The finished days that each question is about.
SHOWN_DAYS: dict[str, Callable[[History], list[date]]] = {
    "yesterday": lambda _: [YESTERDAY],
    "week": lambda _: FINISHED[:7],
    "cycle": lambda history: [day for day in FINISHED if day in history.cycle],
    f"{DAYS[9]}..{DAYS[2]}": lambda _: FINISHED[1:9],
}


@pytest.mark.edge
@pytest.mark.parametrize("typed", SHOWN_DAYS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES, by=st.sampled_from(list(By)))
@example(history=FIVES, by=By.PERSON)
async def test_all_that_is_shown_adds_up_to_devins_totals(
    make, store, clock, bills, typed: str, history: History, by: By
) -> None:
    clock.now = NOW
    async with store.db.write() as tx:
        for table in reversed(metadata.sorted_tables):
            await tx.execute(table.delete())
        await cycles.put_cycles(tx, ORG, [history.cycle], NOW)
    for number, acus in enumerate(history.own):
        name, day = f"s{number}", DAYS[number]
        await store.session(name, utc(day.year, day.month, day.day, 12), requester=PEOPLE[number % 4])
        await store.spent(day, **{name: acus})
    asked, files = Asked(services := make(store, clock)), Files(services, store)
    bills.days = dict(zip(DAYS, history.billed, strict=True))
    bills.products = {day: {"devin": part} for day, part in zip(DAYS, history.devin, strict=True)}
    await asked.refresh()
    clock.now += HOUR
    bills.days = history.days()
    await asked.refresh()
    if days := SHOWN_DAYS[typed](history):
        exact = truth(bills.days, days)
        whole = await asked(typed)
        assert amounts(whole, r"\*([\d,.]+) ACUs?\*") == [total := half_up(exact, 1)]
        (parts,) = re.findall(r"^(.+) through Slack, (.+) elsewhere$", whole, re.MULTILINE)
        assert sum(amounts(" ".join(part for part in parts if part != "under 0.1"), r"[^ ]+")) == total
        for division in By:
            divided = await asked(f"{typed} by {division}")
            assert sum(amounts(divided, r"(?m)^• .*: (\S+) ACUs?(?: |$)")) == total, division
        (lines, *_) = [await files(f"usage {typed} by {by} csv")]
        column = lines[0].split(",").index("acus")
        values = [Decimal(line.split(",")[column]) for line in lines[1:]]
        assert (values[-1], exact_sum(values[:-1])) == (exact, exact)
    if YESTERDAY in history.cycle:
        in_cycle = [day for day in DAYS[1:] if day in history.cycle]
        (line,) = re.findall(r"(?m)^\d+ \w{3}[^:]*: (.* ACUs?.*)$", await asked("yesterday"))
        *parts, in_all = amounts(line.replace("under 0.1", "0"), r"(-?[\d,.]+) ACUs?")
        assert in_all == half_up(truth(bills.days, in_cycle), 1)
        assert sum(parts) in {in_all, 0}  # Devin's part and the others, or no parts
        by_devin = {day: bills.products[day]["devin"] or bills.days[day] for day in in_cycle}
        assert abs((parts or [in_all])[0] - truth(by_devin, in_cycle)) < Decimal("0.1")
