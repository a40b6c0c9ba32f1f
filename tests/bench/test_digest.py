"""The history that figures are measured over is one, and all that is measured over it can be run."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from bench.digest import NEWEST, measure
from bench.history import Size, fill
from bot.store.database.connection import Database
from bot.store.tables import consumption, pull_requests, sessions, spend

pytestmark = pytest.mark.edge


async def test_every_flow_runs_over_a_history_of_the_wanted_length(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    await fill(url, NEWEST, Size(sessions=200, rows=2_000, people=20))
    db = Database(url)
    async with db.read() as tx:
        counts = [await tx.scalar(select(func.count()).select_from(table)) for table in (sessions, spend)]
        assert counts == [200, 2_000]
        assert await tx.scalar(select(func.count(spend.c.requester.distinct()))) == 20
        assert 40 < (await tx.scalar(select(func.count()).select_from(pull_requests)) or 0) < 120
        days = await tx.execute(select(spend.c.day).distinct())
        assert set(days.scalars()) <= set(await tx.scalars(select(consumption.c.day)))
    await db.close()
    await measure(url, times=1, only="")
    shown = capsys.readouterr().out
    assert "| **a daily digest, stored** |" in shown
    assert "| /devin report month by repo |" in shown
    assert "| tick of the budgets |" in shown
