"""The digest in a workspace whose Slack draws no charts and no tables: a picture and plainer blocks, once each."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import newest_finished
from bot.features.digest import digest_root
from bot.store.database.connection import insert
from bot.store.tables import spend
from bot.timing import Timing
from tests.scenarios.ahead import Ahead, rows, until, write
from tests.scenarios.harness import OPS, Harness, harness

pytestmark = [pytest.mark.edge, pytest.mark.timing(digest_tick=0.3)]

HOUR = 3600.0


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing, clock: Ahead
) -> AsyncIterator[Harness]:
    """A bot whose digest is due in two hours."""
    at = datetime.fromtimestamp(time.time(), UTC) + timedelta(hours=2)
    settings = {"BOT_ADMIN_CHANNEL": OPS, "BOT_TIMEZONE": "UTC", "BOT_DIGEST_TIME": f"{at:%H:%M}"} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as everything:
        yield everything


async def test_what_slack_does_not_draw_is_posted_as_a_picture_and_in_plainer_blocks(on: Harness, clock: Ahead) -> None:
    for kind in ("data_visualization", "data_table"):
        await on.slack.fault("chat.postMessage", "error", error="invalid_blocks", match=kind, times=0)
    _, devin_id = await on.started("fix the login test")
    await on.devin.spend(devin_id, 1.5)
    await until(lambda: _is_counted(on))
    clock.put(3 * HOUR)
    day = newest_finished(clock() - HOUR)  # at the digest's own time, which was an hour ago
    for back, acus in enumerate((8.0, 2.0, 4.0)):
        await on.devin.consumption((day - timedelta(days=back)).isoformat(), acus)
    ((session, team, org_id),) = [(row["id"], row["team"], row["org_id"]) for row in await rows(on, "sessions")]
    spent = {"session_id": session, "day": day.isoformat(), "team": team, "org_id": org_id, "acus": 1.5}
    known = insert("postgresql" if "postgresql" in on.environment["DATABASE_URL"] else "sqlite", spend).values(spent)
    await write(on, lambda tx: tx.execute(known.on_conflict_do_nothing()))
    await on.stop()
    await on.start()
    root = await on.slack.wait_for_message(OPS, digest_root.DAY)
    await on.slack.wait_for_message(OPS, "ACUs a day, ", thread_ts=root["ts"])
    await until(lambda: _is_posted(on))
    replies = [one for one in await on.slack.messages(OPS, thread_ts=root["ts"]) if one["ts"] != root["ts"]]
    drawn = [one for one in replies if "ACUs a day, " in one["rendered"]]
    ((picture,),) = [one["files"] for one in drawn]
    assert (picture["name"], picture["mimetype"]) == ("chart.png", "image/png")
    assert picture["alt_txt"].startswith("ACUs a day, ")
    kinds = {block["type"] for one in replies for block in one.get("blocks", [])}
    assert kinds <= {"section", "table"}
    texts = [one["text"] for one in replies]
    assert len(set(texts)) == len(texts)
    ((file,),) = [one["files"] for one in replies if one["text"].endswith("as CSV.")]
    content = on.simulated_slack.state.files[file["id"]].content.decode()
    assert [line.split(",")[0] for line in content.splitlines()] == [
        "session",
        "fix the login test",
        "outside Slack",
        "total",
    ]
    stored = await rows(on, "outbox")
    assert {row["state"] for row in stored if row["key"].startswith("digest:")} == {"sent"}


async def _is_counted(on: Harness) -> bool:
    return any(row["acus"] for row in await rows(on, "spend"))


async def _is_posted(on: Harness) -> bool:
    return all(row["state"] == "sent" for row in await rows(on, "outbox") if row["key"].startswith("digest:"))
