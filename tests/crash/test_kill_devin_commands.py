"""`SIGKILL` at the steps of what people ask Devin: one review, and each change of a schedule made and recorded once."""

import asyncio
from typing import Any

import pytest

from tests.crash.persistent import answered, opened, sent
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, typed
from tests.scenarios.harness import ADA, ANN, GENERAL

pytestmark = pytest.mark.edge

DIRECT, DIRECT_OF_ADA = "D0ANN", "D0ADA"
PULL = "https://github.com/acme/web/pull/7"


def admin() -> dict[str, str]:
    return {"BOT_ADMIN_USERS": f"{ANN},{ADA}"}


def held(one: Scene) -> Any:
    return one.on.simulated_devin.world.held


async def allowed(one: Scene) -> None:
    await one.devin.permissions(grant=["UseReviewManual", "ManageOrgSchedules"])


async def review(one: Scene, _: None) -> None:
    await typed(one, f"review {PULL}")
    await followed(one)


async def written_review(one: Scene, _: None) -> None:
    await one.slack.say(ANN, DIRECT, f"review {PULL}")
    await followed(one)


async def followed(one: Scene) -> None:
    await one.devin.wait_for_calls("create_review", 1, seconds=PATIENCE)
    for made in held(one).reviews:
        made["status"] = "pending"  # however slow this machine is
    await one.slack.wait_for_message(DIRECT, "Devin starts soon.", within=PATIENCE)
    await one.devin.wait_for_calls("get_review", 2, seconds=PATIENCE)  # so once when Devin is not done
    for made in held(one).reviews:
        made["status"] = "completed"
    await one.slack.wait_for_message(DIRECT, "Done. Devin's findings are on the pull request.", within=PATIENCE)


async def reviewed_once(one: Scene, _: None) -> None:
    assert len(held(one).reviews) == 1
    said = [message["rendered"] for message in await one.slack.messages(DIRECT, user="U0BOT")]
    # Where the review was asked for in the direct message, that its outcome is looked up is said there too.
    (followed,) = [text for text in said if "Devin didn't answer" not in text]
    assert followed.endswith("Done. Devin's findings are on the pull request.")


async def reviewing(one: Scene) -> None:
    """Devin reviews the newest commit, as somebody has asked."""
    await allowed(one)
    await answered(one, f"review {PULL}", "Devin will review")
    for made in held(one).reviews:
        made["status"] = "running"
    await one.slack.wait_for_message(DIRECT_OF_ADA, "Devin is reading it.", within=PATIENCE)


async def review_again(one: Scene, _: None) -> None:
    await typed(one, f"review {PULL}")
    await one.slack.wait_for_message(DIRECT, "Devin is reading it.", within=PATIENCE)
    for made in held(one).reviews:
        made["status"] = "completed"
    for direct in (DIRECT, DIRECT_OF_ADA):
        await one.slack.wait_for_message(direct, "Done. Devin's findings are on the pull request.", within=PATIENCE)


async def with_schedule(one: Scene) -> None:
    await allowed(one)
    blank = dict.fromkeys(("last_executed_at", "last_error_at", "last_error_message", "scheduled_at"))
    held(one).schedules.append(
        {
            "scheduled_session_id": "sched-1",
            "org_id": one.on.simulated_devin.world.org_id,
            "name": "Nightly",
            "prompt": "Run all tests.",
            "enabled": True,
            "frequency": "0 8 * * *",
            "schedule_type": "recurring",
            "interval_count": 1,
            "consecutive_failures": 0,
            **blank,
        }
    )


async def pause_and_delete(one: Scene, _: None) -> None:
    await typed(one, "schedule pause sched-1")
    await recorded(one, 1)
    question = await answered(one, "schedule delete sched-1", "Delete *Nightly*")
    for _ in range(10):
        if (await one.slack.click(ADA, GENERAL, question["ts"], "choose:schedule_delete_confirmed"))[
            "status"
        ] == "acked":
            break
        await one.reachable()
    await recorded(one, 2)


async def recorded(one: Scene, count: int) -> None:
    """Wait until so many changes are recorded: an answer that is shown privately may be lost with the process."""
    async with asyncio.timeout(PATIENCE):
        while len(await one.rows("SELECT seq FROM audit")) < count:
            await asyncio.sleep(0.05)  # the store has no event for it


async def add(one: Scene, _: None) -> None:
    fields = {"name": "Nightly", "task": "Run all tests.", "time": "07:30", "zone": "UTC"}
    await sent(one, await opened(one, "schedule add"), **fields)
    await one.slack.wait_for_message("D0ADA", "is added", within=PATIENCE)


async def added_once(one: Scene, _: None) -> None:
    assert [made["name"] for made in held(one).schedules] == ["Nightly"]
    assert await one.rows("SELECT action, outcome FROM audit") == [("schedule_add", "done")]
    assert len(await one.slack.messages("D0ADA", user="U0BOT")) == 1


async def changed_once(one: Scene, _: None) -> None:
    assert held(one).schedules == []
    assert await one.rows("SELECT action, outcome FROM audit ORDER BY seq") == [
        ("schedule_pause", "done"),
        ("schedule_delete", "done"),
    ]


STORIES = [
    Story("a review is asked for", allowed, review, reviewed_once, settings=admin),
    Story("a review is asked for in a direct message", allowed, written_review, reviewed_once, settings=admin),
    Story("a commit that is being reviewed is asked about", reviewing, review_again, reviewed_once, settings=admin),
    Story("a schedule is paused and deleted", with_schedule, pause_and_delete, changed_once, settings=admin),
    Story("a schedule is added", allowed, add, added_once, settings=admin),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_asks_devin_once(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
