"""`SIGKILL` at the steps of a fan-out: one table, and exactly one session in each organisation."""

from typing import Any

import pytest

from bot.playground.devin.permissions import ALL_PERMISSIONS
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, typed
from tests.scenarios.harness import ANN, GENERAL

pytestmark = pytest.mark.edge

TITLE = "Fan-out: “upgrade the dependencies”"


def admin() -> dict[str, str]:
    return {"BOT_ADMIN_USERS": ANN}


async def organisations(one: Scene) -> None:
    """A key of the enterprise, and two organisations."""
    await one.devin.permissions(only=[*ALL_PERMISSIONS])
    await one.devin.add_organization("org-web", "Web")


async def press(one: Scene, ts: str, button: str) -> None:
    """Press a button until that is acknowledged, as a person does."""
    for _ in range(10):
        if (await one.slack.click(ANN, GENERAL, ts, button))["status"] == "acked":
            return
        await one.reachable()
    raise AssertionError(f"{button} was never acknowledged")


async def shows(one: Scene, words: str) -> dict[str, Any]:
    message = await one.slack.wait_for_message(GENERAL, words, within=PATIENCE)
    assert message["text"].startswith(TITLE)
    return message


async def start(one: Scene, count: int = 1) -> None:
    await typed(one, "fanout upgrade the dependencies orgs=all acu=5", count)
    # Not that of another fan-out, which a death may have shown twice.
    preview = await one.slack.wait_for_ephemeral(ANN, "> upgrade the dependencies", within=PATIENCE)
    await press(one, preview["ts"], "choose:start_fan_out")


async def fan_out(one: Scene, _: None) -> None:
    """Both sessions are started, and are done."""
    await start(one)
    await shows(one, "2 queued")
    for made in one.on.simulated_devin.world.held.by_age:
        await one.devin.set(made.bare_id, status="running", status_detail="finished")
    await one.slack.wait_for_message(GENERAL, "All 2 sessions have ended: 2 done.", within=PATIENCE)


async def retry_and_stop(one: Scene, _: None) -> None:
    """One preview is left; of another one a session is refused and tried again, then both are stopped."""
    await typed(one, "fanout something else orgs=all")
    preview = await one.slack.wait_for_ephemeral(ANN, "Start 2 sessions?", within=PATIENCE)
    await press(one, preview["ts"], "answer:fan_out:no")
    await one.slack.wait_for_ephemeral(ANN, "OK, nothing was started.", within=PATIENCE)
    await one.devin.fault("create_session", 404, contains="org-web", times=-1)
    await start(one, 2)
    table = await shows(one, "1 queued, 1 not started")
    await one.devin.clear_faults()
    await press(one, table["ts"], "retry_fan_out")
    await shows(one, "2 queued")
    await press(one, table["ts"], "stop_fan_out")
    await shows(one, "2 of 2 finished · 2 stopped")
    await one.slack.wait_for_message(GENERAL, "All 2 sessions have ended: 2 stopped.", within=PATIENCE)


async def retry_what_failed(one: Scene, _: None) -> None:
    """One session fails at Devin, and another one takes its place."""
    await start(one)
    await shows(one, "2 queued")
    for made in one.on.simulated_devin.world.held.by_age:
        ended = ("error", None) if made.org_id == "org-web" else ("running", "finished")
        await one.devin.set(made.bare_id, status=ended[0], status_detail=ended[1])
    await one.slack.wait_for_message(GENERAL, "All 2 sessions have ended: 1 done, 1 failed.", within=PATIENCE)
    await press(one, (await shows(one, "2 of 2 finished · 1 done, 1 failed"))["ts"], "retry_fan_out")
    await shows(one, "1 queued, 1 done")
    again = one.on.simulated_devin.world.held.by_age[0]  # the newest
    await one.devin.set(again.bare_id, status="running", status_detail="finished")
    await one.slack.wait_for_message(GENERAL, "All 2 sessions have ended: 2 done.", within=PATIENCE)


async def one_more_for_the_retry(one: Scene, _: None) -> None:
    made = one.on.simulated_devin.world.held.by_age
    assert sorted(session.org_id for session in made) == ["org-play", "org-web", "org-web"]
    assert not any(session.terminated for session in made)
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'retry_fan_out'") == [(1,)]
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'fanout_end'") == [(2,)]


async def one_in_each(one: Scene, _: None) -> None:
    made = one.on.simulated_devin.world.held.by_age
    assert sorted(session.org_id for session in made) == ["org-play", "org-web"]
    said = [message["text"] for message in await one.slack.messages(GENERAL, user="U0BOT")]
    assert [text.startswith(TITLE) for text in said].count(True) == 1
    assert len([text for text in said if "sessions have ended" in text]) == 1
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'start_fan_out'") == [(1,)]
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'fanout_end'") == [(1,)]


async def stopped_once(one: Scene, facts: None) -> None:
    await one_in_each(one, facts)
    assert all(session.is_archived for session in one.on.simulated_devin.world.held.by_age)
    for action in ("retry_fan_out", "stop_fan_out"):
        assert await one.rows(f"SELECT count(*) FROM audit WHERE action = '{action}'") == [(1,)]


STORIES = [
    Story("an admin fans out", organisations, fan_out, one_in_each, settings=admin),
    Story(
        "an admin tries again what has failed", organisations, retry_what_failed, one_more_for_the_retry, settings=admin
    ),
    Story("an admin tries again and stops all", organisations, retry_and_stop, stopped_once, settings=admin),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_starts_one_session_in_each_organisation(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
