"""The measurement of what is done by the clock."""

from bench.ticks import costs_of


async def test_each_tick_is_measured() -> None:
    found = await costs_of(60, times=1)
    assert len(found) == 8
    assert all(cost.seconds > 0 for cost in found.values())
