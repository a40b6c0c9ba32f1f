"""What a whole cycle will take: weekdays, ranges, and when nothing can be said."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cycle import Cycle, calendar_month
from bot.features.consumption import forecast as rules
from bot.features.consumption.forecast import HISTORY_DAYS, Forecast

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


def exactly(acus):
    """A forecast of days that never differed from what was expected of them, so that its range is nothing wide."""
    return pytest.approx(acus), pytest.approx(acus), True


def about(acus):
    """A forecast without a range."""
    return pytest.approx(acus), pytest.approx(acus), False


def forecast(amounts, cycle):
    """The forecast as a tuple: low, high, and whether that is a range."""
    found = rules.forecast(amounts, cycle)
    return found and (found.low, found.high, found.is_range)


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
    assert forecast(known(cycle, 3), cycle) == exactly(whole)


def test_in_the_first_week_every_day_to_come_takes_the_mean():
    amounts = dict(zip(days(NOVEMBER.first, 3), (3.0, 6.0, 9.0), strict=True))
    assert forecast(amounts, NOVEMBER) == about(18 + 27 * 6)


def test_a_cycle_whose_end_moves_is_forecast_anew():
    amounts = known(NOVEMBER, 10)
    longer = Cycle(NOVEMBER.first, date(2026, 12, 4))  # four more weekdays
    shorter = Cycle(NOVEMBER.first, date(2026, 11, 10))
    assert forecast(amounts, longer) == exactly(250)
    assert forecast(amounts, NOVEMBER) == exactly(210)
    assert forecast(amounts, shorter) == exactly(70)


# ---------------------------------------------------------------- recent weeks


def test_recent_weeks_count_most():
    def tripled(day):
        return on_weekdays(day) * (3 if day >= date(2026, 10, 12) else 1)

    low, high, is_range = forecast(known(NOVEMBER, 9, tripled, before=50), NOVEMBER)
    assert not is_range
    assert 0.9 * 630 < low == high < 1.1 * 630


def test_a_trend_goes_on():
    def growing(day):
        return on_weekdays(day) * 1.05 ** ((day - date(2026, 7, 1)).days / 7)

    took = sum(map(growing, days(NOVEMBER.first, 30)))
    low, high, _ = forecast(known(NOVEMBER, 10, growing), NOVEMBER)
    assert low < took < high
    assert 0.9 * took < (low + high) / 2 < took


def test_a_day_out_of_the_ordinary_hardly_changes_what_is_expected():
    def with_one(day):
        return 1000.0 if day == date(2026, 11, 4) else on_weekdays(day)

    low, high, _ = forecast(known(NOVEMBER, 10, with_one), NOVEMBER)
    assert (low + high) / 2 == pytest.approx(990 + 210, rel=0.01)


def test_what_is_before_a_day_that_was_never_read_does_not_count():
    amounts = known(NOVEMBER, 10)
    del amounts[date(2026, 10, 20)]
    assert forecast(amounts, NOVEMBER) == about(210)


# ---------------------------------------------------------------- too early to say


@pytest.mark.parametrize("finished", [0, 1, 2])
@pytest.mark.parametrize("before", [0, HISTORY_DAYS])
def test_before_three_finished_days_it_is_too_early_whatever_was_before(finished, before):
    assert forecast(known(NOVEMBER, finished, before=before), NOVEMBER) is None


def test_on_the_first_of_january_nothing_is_said_of_january_and_december_is_over():
    december, january = calendar_month(date(2026, 12, 5)), calendar_month(date(2027, 1, 1))
    amounts = known(december, 31)
    assert forecast(amounts, january) is None
    assert forecast(amounts, december) == exactly(230)


def test_a_cycle_of_a_single_day():
    cycle = Cycle(date(2026, 11, 20), date(2026, 11, 20))
    assert forecast(known(cycle, 0), cycle) is None
    assert forecast(known(cycle, 1), cycle) == exactly(10)


def test_days_before_the_first_use_say_nothing():
    def since_the_ninth(day):
        return 5.0 if day >= date(2026, 11, 9) else 0.0

    assert forecast(known(NOVEMBER, 10, since_the_ninth), NOVEMBER) is None  # two days of use
    assert forecast(known(NOVEMBER, 11, since_the_ninth), NOVEMBER) == about(110)


def test_where_nothing_was_ever_used_nothing_is_expected():
    assert forecast(known(NOVEMBER, 10, lambda _: 0.0), NOVEMBER) == exactly(0)


# ---------------------------------------------------------------- the range


def test_there_is_no_range_before_two_cycles_are_known():
    assert forecast(known(NOVEMBER, 10, before=59), NOVEMBER) == about(210)
    assert forecast(known(NOVEMBER, 10, before=60), NOVEMBER) == exactly(210)
    year = Cycle(date(2026, 1, 1), date(2026, 12, 31))
    assert not rules.forecast(known(year, 200, before=HISTORY_DAYS), year).is_range


def noisy(dice, count):
    """Days that differ from their weekday's level by themselves, by 15 %."""
    level = (100.0, 120.0, 110.0, 100.0, 80.0, 10.0, 5.0)
    return [level[day % 7] * max(0.0, dice.gauss(1, 0.15)) for day in range(count)]


def growing(dice, count):
    """The same with 5 % more each week."""
    return [acus * 1.05 ** (day / 7) for day, acus in enumerate(noisy(dice, count))]


def differing_weeks(dice, count):
    """The same with whole weeks that differ."""
    weeks = [dice.lognormvariate(0, 0.3) for _ in range(count // 7 + 1)]
    return [acus * weeks[day // 7] for day, acus in enumerate(noisy(dice, count))]


def one_high_day(dice, count):
    """The same with one day ten times as high."""
    found = noisy(dice, count)
    found[dice.randrange(count)] *= 10
    return found


CYCLES = 400


def simulated(shape, before, finished, cycles=CYCLES, *, high_day=False):
    """The forecasts of so many cycles of a shape of days, each with what the cycle took in the end.

    With a `high_day` one of the finished days of each cycle took ten times as much.
    """
    dice = Random(31)
    for _ in range(cycles):
        acus = shape(dice, before + 30)
        if high_day:
            acus[before + dice.randrange(finished)] *= 10
        first = NOVEMBER.first - timedelta(before)
        amounts = dict(zip(days(first, before + finished), acus[: before + finished], strict=True))
        yield rules.forecast(amounts, NOVEMBER), sum(acus[before:])


@pytest.mark.parametrize("before", [60, HISTORY_DAYS], ids=["two cycles", "four months"])
@pytest.mark.parametrize(
    ("shape", "high_day"),
    [(noisy, False), (growing, False), (differing_weeks, False), (one_high_day, False), (noisy, True)],
    ids=["noisy", "growing", "differing weeks", "one high day", "one high day in this cycle"],
)
def test_the_range_holds_in_three_of_four_cycles_or_more(shape, high_day, before):
    for finished in (5, 15, 26) if before == HISTORY_DAYS else (5, 15):
        found = list(simulated(shape, before, finished, high_day=high_day))
        assert all(one.is_range for one, _ in found)
        assert sum(one.low <= took <= one.high for one, took in found) >= 0.75 * CYCLES, finished


def test_high_days_that_come_again_are_part_of_the_use():
    def weekly(day):
        return 100.0 if day.weekday() == 2 else on_weekdays(day)  # a big run each Wednesday

    took = sum(map(weekly, days(NOVEMBER.first, 30)))
    low, high, _ = forecast(known(NOVEMBER, 10, weekly), NOVEMBER)
    assert low < took < high


def test_the_range_of_an_even_use_is_narrow_and_narrows():
    widths = [
        sum((found.high - found.low) / took for found, took in simulated(noisy, HISTORY_DAYS, finished, 50)) / 50
        for finished in (5, 15, 25)
    ]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] < 0.2
    assert widths[-1] < 0.05


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
    before = draw(st.sampled_from([0, 3, 40, 100]))
    amounts = draw(st.lists(ACUS, min_size=finished + before, max_size=finished + before))
    return cycle, dict(zip(days(cycle.first - timedelta(days=before), finished + before), amounts, strict=True))


@given(histories())
def test_it_is_never_below_what_was_spent_and_a_finished_cycle_takes_what_it_took(history):
    cycle, amounts = history
    spent = sum(acus for day, acus in amounts.items() if day in cycle)
    found = rules.forecast(amounts, cycle)
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
        low, high = (pytest.approx(end * factor, rel=1e-6, abs=1e-3) for end in once[:2])
        assert scaled == (low, high, once[2])


def test_what_a_running_day_took_counts_at_once():
    assert Forecast(10, 20).at_least(15) == Forecast(15, 20)
    assert Forecast(10, 20).at_least(25) == Forecast(25, 25)
    assert Forecast(15, 15, is_range=False).at_least(17) == Forecast(17, 17, is_range=False)
