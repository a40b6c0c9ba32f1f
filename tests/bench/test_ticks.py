"""The measurement of what is done by the clock."""

from pathlib import Path

from bench.ack import ROOT
from bench.ticks import AFTER_IT, NOT_MEASURED, WITH_A_SWEEP, bot_on, costs_of

MEASURED = WITH_A_SWEEP | AFTER_IT


async def test_each_tick_is_measured() -> None:
    found = await costs_of(60, times=1)
    assert found.keys() == {*MEASURED, "marking after a long absence"}
    assert all(cost.seconds > 0 for cost in found.values())
    page = (ROOT / "docs" / "performance.md").read_text()
    assert not [name for name in found if f"\n| {name} | " not in page]


async def test_no_tick_of_the_bot_is_forgotten(tmp_path: Path) -> None:
    async with bot_on(f"sqlite:///{tmp_path / 'bot.db'}") as bot:
        ticks = bot.engine._ticks  # type: ignore[attr-defined]  # LocalEngine has them
        assert ticks.keys() == {*MEASURED.values(), *NOT_MEASURED}
