"""A bill of any span of days is read in calls about few days each, and adds up to what Devin has."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.devin.models import Consumption, ConsumptionDay
from bot.domain.amounts import exact_sum
from bot.domain.billing import bounds
from bot.features.usage.bill import read_sum

FIRST = date(2026, 1, 1)
DAY = 86_400


def begins(day):
    return bounds(day)[0]


def midnight(day):
    return bounds(day)[0] - 8 * 3_600


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=120), st.integers(0, 119), st.sampled_from([begins, midnight])
)
async def test_it_adds_up_whatever_instant_of_a_day_devin_names(millionths, skipped, dated):
    """Days before and after the span count for nothing."""
    days = {FIRST + timedelta(number): Decimal(amount).scaleb(-6) for number, amount in enumerate(millionths)}
    first = FIRST + timedelta(skipped % len(days))
    last = max(days) - timedelta(1) if max(days) > first else first

    async def read(after, before):
        assert 0 < before - after <= 31 * DAY
        rows = [(dated(day), float(acus)) for day, acus in days.items() if after <= dated(day) < before]
        return Consumption(consumption_by_date=tuple(ConsumptionDay(date=at, acus=acus) for at, acus in rows))

    amounts = await read_sum(read, first, last)
    assert exact_sum(amounts.values()) == sum(acus for day, acus in days.items() if first <= day <= last)


async def test_a_sum_is_divided_by_what_devin_limits():
    products = {"devin": 1.0, "cascade": 2.0, "terminal": 4.0, "review": 8.0}

    async def read(after, before):
        rows = [ConsumptionDay(date=begins(FIRST + timedelta(1)), acus=15.0, acus_by_product=products)]
        return Consumption(consumption_by_date=(*rows, ConsumptionDay(date=begins(FIRST), acus=0.5)))

    assert await read_sum(read, FIRST, FIRST + timedelta(1)) == {
        "devin": Decimal("1.5"),
        "local agents": Decimal(6),
        "review": Decimal(8),
    }
