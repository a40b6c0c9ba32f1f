"""What a whole cycle will take: weekdays, ranges, and when nothing can be said."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cycle import Cycle, calendar_month
from bot.features.consumption.forecast import HISTORY_DAYS, Forecast, forecast

NOVEMBER = calendar_month(date(2026, 11, 1))  # begins on a Sunday
ACUS = st.floats(0, 1e6).map(lambda acus: round(acus, 2))


def days(first, count):
    return [first + timedelta(days=ahead) for ahead in range(count)]


def on_weekdays(day):
    """An office: ten ACUs a day, none at the weekend."""
    return 10.0 if day.weekday() < 5 else 0.0


def known(cycle, finished, of=on_weekdays, before=HISTORY_DAYS):
    """The amounts of the finished days of a cycle and of so many days before it."""
    return {day: of(day) for day in days(cycle.first - timedelta(days=before), before + finished)}


# ---------------------------------------------------------------- weekdays


@pytest.mark.parametrize(
    "cycle",
    [
        NOVEMBER,
        calendar_month(date(2026, 12, 1)),
        calendar_month(date(2027, 1, 1)),
        Cycle(date(2026, 11, 18), date(2026, 12, 17)),  # from a Wednesday
        Cycle(date(2026, 11, 20), date(2026, 11, 24)),  # five days with a weekend among them
    ],
    ids=["November", "December", "January", "begins mid-week", "short"],
)
def test_each_day_to_come_takes_what_its_weekday_took(cycle):
    whole = sum(map(on_weekdays, days(cycle.first, (cycle.last - cycle.first).days + 1)))
    assert forecast(known(cycle, 3), cycle) == Forecast(whole, whole)


def test_only_the_last_four_of_a_weekday_count():
    def tripled(day):
        return 30.0 if day < date(2026, 10, 12) else 10.0

    assert forecast(known(NOVEMBER, 9, tripled), NOVEMBER) == Forecast(300, 300)


def test_without_a_day_of_its_weekday_the_mean_of_all_counts():
    # Sunday to Tuesday are known, the others take the mean of the three.
    found = forecast(dict(zip(days(NOVEMBER.first, 3), (3.0, 6.0, 9.0), strict=True)), NOVEMBER)
    assert (found.low + found.high) / 2 == pytest.approx(5 * 3 + 5 * 6 + 4 * 9 + 16 * 6)
    assert found.low > 18


def test_a_cycle_whose_end_moves_is_forecast_anew():
    amounts = known(NOVEMBER, 10)
    longer = Cycle(NOVEMBER.first, date(2026, 12, 4))  # four more weekdays
    shorter = Cycle(NOVEMBER.first, date(2026, 11, 10))
    assert forecast(amounts, longer) == Forecast(250, 250)
    assert forecast(amounts, NOVEMBER) == Forecast(210, 210)
    assert forecast(amounts, shorter) == Forecast(70, 70)


# ---------------------------------------------------------------- too early to say


@pytest.mark.parametrize("finished", [0, 1, 2])
@pytest.mark.parametrize("before", [0, HISTORY_DAYS])
def test_before_three_finished_days_it_is_too_early_whatever_was_before(finished, before):
    assert forecast(known(NOVEMBER, finished, before=before), NOVEMBER) is None


def test_on_the_first_of_january_nothing_is_said_of_january_and_december_is_over():
    december, january = calendar_month(date(2026, 12, 5)), calendar_month(date(2027, 1, 1))
    amounts = known(december, 31)
    assert forecast(amounts, january) is None
    assert forecast(amounts, december) == Forecast(230, 230)


def test_a_cycle_of_a_single_day():
    cycle = Cycle(date(2026, 11, 20), date(2026, 11, 20))
    assert forecast(known(cycle, 0), cycle) is None
    assert forecast(known(cycle, 1), cycle) == Forecast(10, 10)


def test_days_before_the_first_use_say_nothing():
    def since_the_ninth(day):
        return 5.0 if day >= date(2026, 11, 9) else 0.0

    assert forecast(known(NOVEMBER, 10, since_the_ninth), NOVEMBER) is None  # two days of use
    assert forecast(known(NOVEMBER, 11, since_the_ninth), NOVEMBER) == Forecast(110, 110)


def test_where_nothing_was_ever_used_nothing_is_expected():
    assert forecast(known(NOVEMBER, 10, lambda _: 0.0), NOVEMBER) == Forecast(0, 0)


# ---------------------------------------------------------------- the range


def test_the_range_holds_four_times_in_five():
    dice = Random(5)

    def held(finished):
        amounts = {day: on_weekdays(day) * dice.uniform(0.2, 1.8) for day in known(NOVEMBER, 30)}
        whole = sum(acus for day, acus in amounts.items() if day in NOVEMBER)
        until = NOVEMBER.first + timedelta(days=finished)
        found = forecast({day: acus for day, acus in amounts.items() if day < until}, NOVEMBER)
        return found.low <= whole <= found.high

    for finished in (3, 15):
        assert 0.72 < sum(held(finished) for _ in range(300)) / 300 < 0.9


def test_the_range_narrows_with_each_week():
    def scattered(day):
        return on_weekdays(day) + day.day % 3

    found = [forecast(known(NOVEMBER, finished, scattered), NOVEMBER) for finished in (3, 10, 17, 24, 30)]
    widths = [one.high - one.low for one in found]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0


cycles = st.builds(
    lambda first, length: Cycle(first, first + timedelta(days=length - 1)),
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.integers(1, 45),
)


@st.composite
def histories(draw):
    """A cycle, and the amounts of its finished days and of some before it."""
    cycle = draw(cycles)
    finished = draw(st.integers(0, (cycle.last - cycle.first).days + 1))
    before = draw(st.integers(0, 40))
    amounts = draw(st.lists(ACUS, min_size=finished + before, max_size=finished + before))
    return cycle, dict(zip(days(cycle.first - timedelta(days=before), finished + before), amounts, strict=True))


@given(histories())
def test_it_is_never_below_what_was_spent_and_a_finished_cycle_takes_what_it_took(history):
    cycle, amounts = history
    spent = sum(acus for day, acus in amounts.items() if day in cycle)
    found = forecast(amounts, cycle)
    if cycle.last in amounts:
        assert found == Forecast(spent, spent)
    elif found is not None:
        assert spent <= found.low <= found.high


@given(histories(), st.sampled_from([0.001, 0.5, 3.0, 1000.0]))
def test_ten_times_as_much_use_is_forecast_ten_times_as_high(history, factor):
    cycle, amounts = history
    once = forecast(amounts, cycle)
    scaled = forecast({day: acus * factor for day, acus in amounts.items()}, cycle)
    if once is None:
        assert scaled is None
    else:
        assert (scaled.low, scaled.high) == pytest.approx((once.low * factor, once.high * factor), rel=1e-9, abs=1e-3)


def test_what_a_running_day_took_counts_at_once():
    assert Forecast(10, 20).at_least(15) == Forecast(15, 20)
    assert Forecast(10, 20).at_least(25) == Forecast(25, 25)
