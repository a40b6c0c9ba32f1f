"""`SIGKILL` while figures are shared as a file: in the thread of a digest, as a picture there, and to who asked."""

import time

import pytest

from bot.domain.billing import newest_finished
from bot.features.digest import digest_root
from bot.store.tables import spend
from tests.crash.scene import PATIENCE, STATES_OF_DIGESTS, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, running, titled, typed
from tests.crash.test_kill_operations import DIRECT, file_shown
from tests.crash.test_kill_seldom import digest_half_an_hour_ago, first_start_noted
from tests.scenarios.ahead import write
from tests.scenarios.harness import ANN, OPS

pytestmark = pytest.mark.edge

HALF_AN_HOUR = 1800.0


async def due(one: Scene) -> tuple[str, str]:
    """A session that spent something on the day of the digest."""
    begun = await first_start_noted(one)
    await spent(one)
    return begun


async def due_without_charts(one: Scene) -> tuple[str, str]:
    """A digest in a Slack that draws no charts."""
    await one.slack.fault("chat.postMessage", "error", error="invalid_blocks", match="data_visualization", times=0)
    return await first_start_noted(one)


async def over(one: Scene) -> tuple[str, str]:
    """A session that spent something on a finished day; its id, and the day."""
    _, devin_id = await running(one)
    return devin_id, await spent(one)


async def spent(one: Scene) -> str:
    """Have the only session spend something on the newest day that was finished half an hour ago."""
    ((session, team, org_id),) = await one.rows("SELECT id, team, org_id FROM sessions")
    day = newest_finished(time.time() - HALF_AN_HOUR)
    row = {"session_id": session, "day": day.isoformat(), "team": team, "org_id": org_id, "acus": 1.5}
    await write(one.on, lambda tx: tx.execute(spend.insert().values(row)))
    return day.isoformat()


async def time_comes(one: Scene, begun: tuple[str, str]) -> None:
    root = await one.slack.wait_for_message(OPS, digest_root.DAY, within=PATIENCE)
    await one.slack.wait_for_message(OPS, "as CSV.", thread_ts=root["ts"], within=PATIENCE)
    await titled(one, begun[1])


async def one_file_in_the_thread(one: Scene, _: None) -> None:
    """One root, and in its thread each post once: one of them has a file, with the session and what it used."""
    said = await one.slack.messages(OPS, user="U0BOT")
    assert len([message for message in said if message.get("thread_ts") in {None, message["ts"]}]) == 1
    texts = [message["text"] for message in said]
    assert len(set(texts)) == len(texts)
    assert {state for (state,) in await one.rows(STATES_OF_DIGESTS)} == {"sent"}
    (lines,) = contents(one, said)
    assert [line.split(",")[0] for line in lines] == ["session", "fix the login test", "outside Slack", "total"]


async def time_of_the_picture_comes(one: Scene, begun: tuple[str, str]) -> None:
    root = await one.slack.wait_for_message(OPS, digest_root.DAY, within=PATIENCE)
    await one.slack.wait_for_message(OPS, "ACUs a day, ", thread_ts=root["ts"], within=PATIENCE)
    await one.slack.wait_for_message(OPS, "as CSV.", thread_ts=root["ts"], within=PATIENCE)
    await titled(one, begun[1])


async def one_picture_in_the_thread(one: Scene, _: None) -> None:
    root, picture, table = await one.slack.messages(OPS, user="U0BOT")
    assert digest_root.DAY in root["rendered"]
    assert [file["name"] for file in picture["files"]] == ["chart.png"]
    assert len(table["files"]) == 1


def contents(one: Scene, said: list[dict]) -> list[list[str]]:
    """The lines of each file in the messages."""
    shared = [one.on.simulated_slack.state.files[file["id"]] for message in said for file in message.get("files", [])]
    return [(file.content or b"").decode().splitlines() for file in shared]


async def export(one: Scene, spent_on: tuple[str, str]) -> None:
    devin_id, day = spent_on
    await typed(one, f"usage {day} by session csv")
    await one.slack.wait_for_message(DIRECT, "below.", within=PATIENCE)
    await file_shown(one)
    await titled(one, devin_id)


async def one_file_for_the_asker(one: Scene, _: None) -> None:
    said = await one.slack.messages(DIRECT, user="U0BOT")
    assert len([message for message in said if not message.get("files")]) == 1
    (lines,) = contents(one, said)
    names = [line.split(",")[0] for line in lines if not line.startswith("outside Slack")]  # if Devin's bill was read
    assert names[:-1] == ["session", "fix the login test"]
    assert names[-1] in ("total", "total through Slack"), "the second where the bill of that day isn't known"


STORIES = [
    Story(
        "the digest of the admin channel has a file",
        due,
        time_comes,
        one_file_in_the_thread,
        settings=digest_half_an_hour_ago,
    ),
    Story(
        "the chart of a digest is a picture",
        due_without_charts,
        time_of_the_picture_comes,
        one_picture_in_the_thread,
        settings=digest_half_an_hour_ago,
    ),
    Story(
        "an admin asks for figures as a file",
        over,
        export,
        one_file_for_the_asker,
        settings=lambda: {"BOT_ADMIN_USERS": ANN},
    ),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_shares_one_file(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
