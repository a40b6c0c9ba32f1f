"""`SIGKILL` while an alarm is raised, decided about and edited, and while admins are informed of a guardrail's."""

import pytest

from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, running
from tests.crash.test_kill_seldom import digests_begin
from tests.scenarios.harness import ADA, GENERAL, OPS

pytestmark = pytest.mark.edge

OVER = "Resolved: session asleep."
VIOLATIONS = "org_guardrail_violations"
DECIDED = "ada says this is fine."


async def run_away(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """A session spends more than it may, an admin presses until that is acknowledged, and the session falls asleep."""
    await one.devin.set(begun[1], acus_consumed=6.2)
    post = await one.slack.wait_for_message(OPS, "6.2 ACUs", within=PATIENCE)
    for _ in range(10):
        if (await one.slack.click(ADA, OPS, post["ts"], "alarm_fine"))["status"] == "acked":
            break
        await one.reachable()
    await one.slack.wait_for_message(OPS, DECIDED, within=PATIENCE)
    await one.devin.set(begun[1], status="suspended", status_detail="inactivity")
    await one.slack.wait_for_message(OPS, OVER, within=PATIENCE)
    await one.slack.wait_for_message(GENERAL, "Asleep", thread_ts=begun[0], within=PATIENCE)
    return begun


async def one_alarm(one: Scene, _: tuple[str, str]) -> None:
    [post] = await one.slack.messages(OPS)
    assert OVER in post["rendered"]
    assert await one.rows('SELECT state, "user" FROM alarms') == [("acknowledged", ADA)]


async def guarded(one: Scene) -> None:
    """A key that may read what guardrails do from now on; the bot has asked in vain since digests begin."""
    await digests_begin(one)
    asked = (await one.devin.counters()).get(VIOLATIONS, 0)
    await one.devin.wait_for_calls(VIOLATIONS, asked + 1, seconds=PATIENCE)
    await one.devin.permissions(grant=["ManageEnterpriseSettings"])


async def stop_two_messages(one: Scene, _: None) -> None:
    """Guardrails stop one message, and later another one."""
    for number, name in enumerate(("Prompt injection", "Exfiltration"), start=1):
        await one.devin.add_violation(violation_id=number, guardrail_name=name)
        await one.slack.wait_for_message(OPS, name, within=PATIENCE)


async def two_posts(one: Scene, _: None) -> None:
    assert len(await one.slack.messages(OPS)) == 2
    assert sorted(await one.rows("SELECT id FROM guardrail_violations")) == [("1",), ("2",)]


async def shared(one: Scene) -> tuple[str, str]:
    """A session runs, and another company shares the admins' channel by now."""
    begun = await running(one)
    await one.slack.put_channel(OPS, is_ext_shared=True)
    return begun


async def run_away_unseen(one: Scene, begun: tuple[str, str]) -> None:
    """A session spends more than it may, which the admin reads directly."""
    await one.devin.set(begun[1], acus_consumed=6.2)
    await one.slack.wait_for_message("D0ADA", "6.2 ACUs", within=PATIENCE)


async def read_directly_once(one: Scene, _: None) -> None:
    assert await one.slack.messages(OPS) == []
    assert len(await one.slack.messages("D0ADA", user="U0BOT")) == 1


STORIES = [
    Story(
        "an alarm is for a channel that another company shares",
        shared,
        run_away_unseen,
        read_directly_once,
        settings=lambda: {"BOT_ADMIN_CHANNEL": OPS, "ALARM_WATCH": "0.3"},
    ),
    Story(
        "guardrails stop messages",
        guarded,
        stop_two_messages,
        two_posts,
        settings=lambda: {"BOT_ADMIN_CHANNEL": OPS, "GUARDRAILS": "0.3"},
    ),
    Story(
        "a session runs away",
        running,
        run_away,
        one_alarm,
        settings=lambda: {"BOT_ADMIN_CHANNEL": OPS, "ALARM_WATCH": "0.3"},
    ),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
