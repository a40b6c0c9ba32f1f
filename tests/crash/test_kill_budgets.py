"""`SIGKILL` at the steps of budgets: a level is announced once, a request is granted once, a refusal costs nothing."""

import asyncio

import pytest

from bot.domain.session import DisplayState
from bot.features.budgets import sentences as budgets
from bot.views.answers import starts as start_sentences
from bot.views.sentences import STATE_SENTENCES
from tests.crash.persistent import answered, opened_under, sent
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, one_session, sessions_with_cards, titled
from tests.crash.test_kill_refusals import waiting_start
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, OPS
from tests.scenarios.observations import set_budget

pytestmark = pytest.mark.edge

DM, DM_OF_ADA = "D0ANN", "D0ADA"
USED_UP = "used up"


def admins_in_a_channel() -> dict[str, str]:
    return {"BOT_ADMIN_CHANNEL": OPS}


async def press(one: Scene, user: str, channel: str, ts: str, button: str) -> None:
    """Press a button until that is acknowledged, as a person does."""
    for _ in range(10):
        if (await one.slack.click(user, channel, ts, button))["status"] == "acked":
            return
        await one.reachable()
    raise AssertionError(f"{button} was never acknowledged")


async def with_budget(one: Scene) -> tuple[str, str]:
    """A running session of Ann's without a limit; from then on she may use two ACUs a day."""
    begun = await one.on.started()
    await set_budget(one.slack, "each-person 2 a day")
    await one.polled()
    await one.quiet()
    return begun


async def used_up(one: Scene) -> tuple[str, str]:
    """The same, and all of it is used, which is announced."""
    begun = await use_up(one, await with_budget(one))
    await one.quiet()
    return begun


async def use_up(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await one.devin.set(begun[1], acus_consumed=2.1)
    await one.slack.wait_for_message(OPS, USED_UP, within=PATIENCE)
    await one.slack.wait_for_message(DM, USED_UP, within=PATIENCE)
    return begun


async def ask(one: Scene) -> str:
    """Ann asks for more, to start another session; the ts of the request."""
    await one.on.mention("fix another test")
    refused = await one.slack.wait_for_ephemeral(ANN, "Nothing was started", within=PATIENCE)
    await press(one, ANN, GENERAL, refused["ts"], "choose:ask_for_more")
    return str((await one.slack.wait_for_message(OPS, "asks for more", within=PATIENCE))["ts"])


async def ask_and_grant(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await press(one, ADA, OPS, await ask(one), "grant_more")
    return await granted(one, begun)


async def ask_and_grant_in_a_form(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await sent(one, await opened_under(one, OPS, await ask(one)), acus="18")
    return await granted(one, begun)


async def granted(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """What was granted is there, and what waited for it has started."""
    await one.slack.wait_for_message(DM, "raised", within=PATIENCE)
    await one.devin.wait_for_sessions("fix another test", seconds=PATIENCE)
    async with asyncio.timeout(PATIENCE):  # until all levels are announced again once they are reached
        while await one.rows("SELECT level FROM crossings WHERE NOT rearmed"):
            await asyncio.sleep(0.05)  # the store has no event for it
    await titled(one, begun[1])
    return begun


async def granted_once(one: Scene, _: tuple[str, str]) -> None:
    await sessions_with_cards(one, 2, "")
    assert len(await one.devin.sessions(text="fix another test")) == 1
    assert await one.rows("SELECT state, CAST(acus AS TEXT) FROM grants") == [("granted", "18")]
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'budget_grant'") == [(1,)]
    said = [one["rendered"] for one in await one.slack.messages(DM, user="U0BOT")]
    assert len([text for text in said if "raised" in text]) == 1
    posted = [one["rendered"] for one in await one.slack.messages(OPS, user="U0BOT")]
    assert len(posted) == 2  # that it is used up, and the request, in whose place the outcome may stand


async def ask_and_edit(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    said = await one.on.mention("fix another test")
    refused = await one.slack.wait_for_ephemeral(ANN, "Nothing was started", within=PATIENCE)
    await press(one, ANN, GENERAL, refused["ts"], "choose:ask_for_more")
    asked = await one.slack.wait_for_message(OPS, "asks for more", within=PATIENCE)
    await one.slack.edit(ANN, GENERAL, said, "<@U0BOT> drop another table")
    await one.slack.wait_for_message(OPS, budgets.edited("ann").text, ts=asked["ts"], within=PATIENCE)
    await one.slack.delete(ANN, GENERAL, said)  # or it would wait to be asked about again
    await titled(one, begun[1])
    return begun


async def withdrawn_once(one: Scene, _: tuple[str, str]) -> None:
    assert len(await one.devin.sessions()) == 1
    assert await one.rows("SELECT state FROM grants") == [("edited",)]
    assert len(await one.slack.messages(OPS, user="U0BOT")) == 2  # that it is used up, and the request


async def use_up_and_remove(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """All is used, which is announced; a reply wakes nothing, and an admin removes the budget."""
    await use_up(one, begun)
    assert await one.rows("SELECT level, times FROM crossings ORDER BY level") == [(80, 1), (100, 1)]
    await one.devin.set(begun[1], status="suspended", status_detail="inactivity")
    await one.slack.wait_for_message(GENERAL, "Asleep", thread_ts=begun[0], within=PATIENCE)
    await one.slack.say(BEN, GENERAL, "go on", thread_ts=begun[0])
    refused = await one.slack.wait_for_ephemeral(BEN, "Your reply wasn't sent", within=PATIENCE)
    await press(one, BEN, GENERAL, refused["ts"], f"answer:{start_sentences.ROOM}:no")
    await one.slack.say(ADA, DM_OF_ADA, "budget remove 1")
    await one.slack.wait_for_message(DM_OF_ADA, "Budget `1` was removed", within=PATIENCE)
    return begun


async def announced_once_and_not_woken(one: Scene, begun: tuple[str, str]) -> None:
    assert [len(await one.slack.messages(channel, user="U0BOT")) for channel in (OPS, DM)] == [1, 1]
    made = await one_session(one)
    assert (made["status"], len(made["messages"])) == ("suspended", 1)
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'budget_remove'") == [(1,)]
    assert await one.on.thread(GENERAL, begun[0]) == []


async def wake_when_granted(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    """A reply may not wake a session; an admin who is asked makes room for it, and it goes."""
    await one.devin.set(begun[1], status="suspended", status_detail="inactivity")
    await one.slack.wait_for_message(GENERAL, "Asleep", thread_ts=begun[0], within=PATIENCE)
    await one.slack.say(BEN, GENERAL, "go on", thread_ts=begun[0])
    refused = await one.slack.wait_for_ephemeral(BEN, "Your reply wasn't sent", within=PATIENCE)
    await press(one, BEN, GENERAL, refused["ts"], "choose:ask_for_more")
    asked = await one.slack.wait_for_message(OPS, "asks for more", within=PATIENCE)
    await press(one, ADA, OPS, asked["ts"], "grant_more")
    await one.devin.wait_for_messages("go on", seconds=PATIENCE)
    await one.slack.wait_for_message("D0BEN", "Trying to send your reply now.", within=PATIENCE)
    return begun


async def sent_once(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert len([said for said in made["messages"] if "go on" in said["message"]]) == 1
    assert await one.rows("SELECT state FROM grants") == [("granted",)]
    assert await one.rows("SELECT count(*) FROM audit WHERE action = 'budget_grant'") == [(1,)]
    assert await one.on.thread(GENERAL, begun[0]) == []


async def waiting_start_after_another(one: Scene) -> str:
    """A start that Devin does not take, of somebody whose session used half an ACU today and is over."""
    _, devin_id = await one.on.started("fix an earlier test")
    await one.devin.set(devin_id, status="exit", acus_consumed=0.5)
    async with asyncio.timeout(PATIENCE):
        while await one.rows("SELECT sum(acus) FROM spend") != [(0.5,)]:
            await asyncio.sleep(0.02)  # the store has no event for it
    await one.quiet()
    return await waiting_start(one)


async def leave_no_room(one: Scene, ts: str) -> str:
    """A start is tried again in vain; then an admin leaves less than a session needs."""
    await one.tried_in_vain()
    asked = await answered(one, "budget set each-person 1 a day", "Set it")
    await press(one, ADA, GENERAL, asked["ts"], "choose:budget_set_confirmed")
    await one.slack.wait_for_message(GENERAL, start_sentences.NO_ROOM.text, thread_ts=ts, within=PATIENCE)
    await one.slack.wait_for_message(GENERAL, STATE_SENTENCES[DisplayState.REFUSED], thread_ts=ts, within=PATIENCE)
    return ts


async def refused_once(one: Scene, ts: str) -> None:
    assert len(await one.devin.sessions()) == 1
    assert await one.on.thread(GENERAL, ts) == [f"{start_sentences.NO_ROOM.text}\nTry again"]
    # Why is said privately, which may be lost with the process, and not twice.
    assert await one.rows("SELECT count(*) FROM outbox WHERE key LIKE 'priv:room:%'") == [(1,)]


STORIES = [
    Story("a budget has no room for a start that waited", waiting_start_after_another, leave_no_room, refused_once),
    Story(
        "more is asked for and granted, and what waited starts",
        used_up,
        ask_and_grant,
        granted_once,
        settings=admins_in_a_channel,
    ),
    Story(
        "more is asked for and another amount granted in a form, and what waited starts",
        used_up,
        ask_and_grant_in_a_form,
        granted_once,
        settings=admins_in_a_channel,
    ),
    Story(
        "what waits for more is edited, and the request is withdrawn",
        used_up,
        ask_and_edit,
        withdrawn_once,
        settings=admins_in_a_channel,
    ),
    Story(
        "more is asked for and granted, and a reply that waited wakes its session",
        used_up,
        wake_when_granted,
        sent_once,
        settings=admins_in_a_channel,
    ),
    Story(
        "a budget is used up, a reply wakes nothing, and it is removed",
        with_budget,
        use_up_and_remove,
        announced_once_and_not_woken,
        settings=admins_in_a_channel,
    ),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
