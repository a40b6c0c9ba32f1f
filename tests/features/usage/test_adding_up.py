"""Whatever Devin bills and corrects, and wherever a cycle begins: all that is shown adds up to Devin's own totals."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.domain.amounts import exact_sum, half_up
from bot.domain.billing import ONE_DAY
from bot.domain.cycle import Cycle
from bot.domain.questions import By
from bot.features.consumption import rows as cycles
from bot.features.digest.due import schedule_of
from bot.features.digest.post import DigestPost
from bot.features.digest.rules import Edition, Subscription
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.services import Services
from bot.store.tables import metadata
from bot.timing import HOUR
from tests.features.usage.test_files import Files
from tests.features.usage.test_usage import NOW, TODAY, YESTERDAY, Asked, utc
from tests.flows.conftest import ORG
from tests.markup import written

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


def with_newest_bills_in(history: History) -> History:
    """The same with bills of Devin for the newest days that are not below our own count: else they are not in yet."""
    newest = [max(pair) for pair in zip(history.devin[:2], [*history.own, 0.0, 0.0], strict=False)]
    return replace(history, devin=[*newest, *history.devin[2:]])


HISTORIES = st.builds(
    History,
    billed=st.lists(THOUSANDTHS, min_size=len(DAYS), max_size=len(DAYS)),
    corrected=st.dictionaries(st.integers(1, 3), THOUSANDTHS),
    devin=st.lists(HUNDREDTHS, min_size=len(DAYS), max_size=len(DAYS)),
    own=st.lists(HUNDREDTHS, max_size=12),
    begins=st.integers(0, 12),
    takes=st.integers(13, 31),
).map(with_newest_bills_in)
# The three days of the cycle took 2.35, shown as 2.4; as floats they add up to 2.3499999999999996.
FIVES = History([1.1, 0.05, 1.4, 1.0, *[0.15] * 10], {2: 1.3}, [0.05] * 14, [0.05, 0.05, 0.35], 3, 31)


def truth(billed: dict[date, float], days: list[date]) -> Decimal:
    """What Devin's API says of these days, without any rounding."""
    return exact_sum(Decimal(repr(billed[day])) for day in days)


def amounts(text: str, pattern: str) -> list[Decimal]:
    return [Decimal(found.replace(",", "").replace("\N{MINUS SIGN}", "-")) for found in re.findall(pattern, text)]


def column(text: str, pattern: str) -> list[Decimal]:
    """The amounts of a column as they are read, where AMOUNT stands in the pattern; what is little is nothing."""
    return amounts(text.replace("under 0.1", "0"), pattern.replace("AMOUNT", r"(-?[\d,]+(?:\.\d)?)"))


async def check_digest(services: Services, now: float, total: Decimal) -> None:
    """The split in the root of the daily digest adds up to the bill, and each table of its thread to both."""
    (workspace,) = services.workspaces
    subscription = Subscription("C0ADMINS", Edition.DAILY, schedule_of(workspace.policy))
    found = await DigestPost(services, workspace, UsageLedger(services)).preview(subscription, now)
    assert found.posts is not None
    first = written(found.posts.root.blocks).splitlines()[0]
    ours, elsewhere = column(first, "through Slack AMOUNT"), column(first, "outside Slack AMOUNT")
    assert column(first, r"^\*AMOUNT ACU") == [total] == [sum([*ours, *elsewhere])]
    tables = [
        post.text for post in found.posts.thread if re.match(r"(People|Channels|Sessions|Repositories), ", post.text)
    ]
    for table in tables:
        *rows, whole = column(table, r"AMOUNT ACUs(?:,|$)")
        assert (sum(rows), whole) == (total, total), table
        if ", outside Slack " in table:
            assert [rows.pop()] == elsewhere, table
        assert [sum(rows)] == ours, table


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
        # A cycle counts the running day too, once its bill is in; a file has finished days only.
        so_far = [TODAY] if typed == "cycle" and "still runs and is in the total" in whole else []
        total = half_up(truth(bills.days, [*days, *so_far]), 1)
        assert amounts(whole, r"\*([\d,.]+) ACUs?\*") == [total]
        (parts,) = re.findall(r"^(.+) through Slack, (.+) elsewhere$", whole, re.MULTILINE)
        assert sum(amounts(" ".join(part for part in parts if part != "under 0.1"), r"[^ ]+")) == total
        for division in By:
            divided = await asked(f"{typed} by {division}")
            assert sum(amounts(divided, r"(?m)^• .*: (\S+) ACUs?(?: |$)")) == total, division
        (lines, *_) = [await files(f"usage {typed} by {by} csv")]
        column = lines[0].split(",").index("acus")
        values = [Decimal(line.split(",")[column]) for line in lines[1:]]
        assert (values[-1], exact_sum(values[:-1])) == (exact, exact)
        if typed == "yesterday":
            await check_digest(services, clock.now, total)
    if YESTERDAY in history.cycle:
        in_cycle = [day for day in DAYS[1:] if day in history.cycle]
        (line,) = re.findall(r"(?m)^\w{3} \d+[^:]*: (.* ACUs?.*)$", await asked("yesterday"))
        *parts, in_all = amounts(line.replace("under 0.1", "0"), r"(-?[\d,.]+) ACUs?")
        assert in_all == half_up(truth(bills.days, in_cycle), 1)
        assert sum(parts) in {in_all, 0}  # Devin's part and the others, or no parts
        by_devin = {day: bills.products[day]["devin"] or bills.days[day] for day in in_cycle}
        assert abs((parts or [in_all])[0] - truth(by_devin, in_cycle)) < Decimal("0.1")


async def test_where_our_own_count_is_above_the_bill_the_bill_is_the_total_everywhere(
    make, store, clock, bills
) -> None:
    clock.now = NOW
    day = YESTERDAY - ONE_DAY * 3
    for name, acus in {"a": 6.25, "b": 2.25, "c": 0.04}.items():
        await store.session(name, utc(day.year, day.month, day.day, 12), requester=f"U0{name}", requester_name=name)
        await store.spent(day, **{name: acus})
    bills.days = {day: 5.5}
    asked, files = Asked(services := make(store, clock)), Files(services, store)
    await asked.refresh()
    whole = await asked(f"{day}")
    assert "*5.5 ACUs*" in whole
    assert "8.5 through Slack, -3 outside Slack" in whole
    # The five that used most are rows of the same column: 6.25 and 2.25 are 8.5 together.
    assert column(whole, r"\|Do \w> .*: AMOUNT ACU") == [Decimal("6.3"), Decimal("2.2"), Decimal(0)]
    for division in (By.PERSON, By.SESSION, By.REPO):
        parts = column(await asked(f"{day} by {division}"), "(?m)^• .*: AMOUNT ACUs?(?: |$)")
        assert (sum(parts), parts[-1]) == (Decimal("5.5"), Decimal(-3)), division
    lines = await files(f"usage {day} by person csv")
    assert [line.split(",")[2] for line in lines[1:6]] == ["6.25", "2.25", "0.04", "-3.04", "5.50"]
