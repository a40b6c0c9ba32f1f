"""The form of a new schedule: it opens, offers what may be picked, says what is wrong with it, and adds one."""

from typing import Any

import pytest

from bot.playground.devin.api_library import add_playbook
from bot.views import devin_answers
from bot.views.answers import access as access_sentences
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, Harness
from tests.scenarios.test_devin_commands import PERMISSIONS, recorded, schedules

DIRECT = "D0ADA"
FILLED = {"name": "Nightly", "task": "Run all tests.", "time": "7:30 am", "zone": "Asia/Kolkata"}
pytestmark = pytest.mark.timing(lookup_interval=0.3, post_settle=1.0)


async def opened(on: Harness, text: str = "schedule add", user: str = ADA) -> dict[str, Any]:
    """The form that somebody sees who types a command."""
    assert (await on.slack.slash(user, GENERAL, text))["shown"] is None
    return await shown_to(on, user)


async def shown_to(on: Harness, user: str = ADA) -> dict[str, Any]:
    (shown,) = await on.slack.wait("views", user=user, open=True)
    if "Loading…" in str(shown["blocks"]):
        await on.slack.wait_for_call("views.update", text=shown["id"])
        (shown,) = await on.slack.views(user=user, open=True)
    assert shown["title"]["text"] == "New schedule"
    return dict(shown)


async def send(on: Harness, shown: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What the form answers that somebody fills in and sends."""
    values = {name: {name: value} for name, value in (FILLED | fields).items()}
    return dict(await on.slack.submit_view(ADA, shown["id"], values))


async def offered(on: Harness, shown: dict[str, Any], field: str, user: str = ADA) -> list[str]:
    answer = await on.slack.suggest(user, shown["id"], field, "")
    return [option["text"]["text"] for option in answer["answer"]["options"]]


def task_in(shown: dict[str, Any]) -> str:
    return next(str(block["element"]["initial_value"]) for block in shown["blocks"] if block["block_id"] == "task")


@pytest.mark.both_transports
async def test_a_schedule_is_added_once_with_repository_playbook_and_channel(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    world = on.simulated_devin.world
    world.held.repositories = ["github.com/acme/web", "github.com/acme/api"]
    playbook = add_playbook(world, "Nightly run", "Run it.")["playbook_id"]
    shown = await opened(on, "schedule add Run all tests, please.")
    assert task_in(shown) == "Run all tests, please."
    assert await offered(on, shown, "repos") == ["acme/web", "acme/api"]
    assert await offered(on, shown, "playbook") == ["None", "Nightly run"]
    refused = await send(on, shown, time="at 7", zone="Boston", cron="every day", task="Run all tests. acu=5")
    assert refused["errors"] == {
        "time": "Write a time, such as 9:00 AM.",
        "zone": "Write the name of a zone, such as Europe/Berlin or UTC.",
        "cron": "To use this, pick “At other times, written below” under “Runs”. Or leave it empty.",
        "task": "A schedule can't have an ACU limit. Remove it from the task.",
    }
    assert (await send(on, shown, repos=["acme/wbe"], cron=""))["errors"] == {
        "repos": "Devin has no repository acme/wbe. Did you mean “acme/web”?"
    }
    assert (await send(on, shown, repos=[], task="Run all tests. repo=acme/wbe"))["errors"] == {
        "task": "Devin has no repository acme/wbe. Did you mean “acme/web”?"
    }
    await on.devin.fault("create_schedule", "commit_then_drop")
    assert (await send(on, shown, repos=["acme/web"], playbook=playbook, channel=GENERAL))["closed"] is True
    said = (await on.slack.wait_for_message(DIRECT, "is added"))["rendered"]
    assert said.startswith("The schedule *Nightly* is added. It runs Monday to Friday at 7:30 AM (Asia/Kolkata).")
    assert f"Devin's own Slack app posts updates in <#{GENERAL}>." in said
    (made,) = schedules(on)
    assert (made["name"], made["frequency"]) == ("Nightly", "0 2 * * 1,2,3,4,5")
    assert made["prompt"] == "Run all tests.\n\nRepository: acme/web"
    assert made["playbook"]["playbook_id"] == playbook
    assert (made["slack_team_id"], made["slack_channel_id"]) == ("T0PLAY", GENERAL)
    after = {"name": "Nightly", "enabled": True, "frequency": "0 2 * * 1,2,3,4,5"}
    assert await recorded(on) == [(ADA, "schedule_add", made["scheduled_session_id"], None, after, "done")]


async def test_written_to_the_bot_it_gets_a_button_that_opens_the_form_with_its_task(on: Harness) -> None:
    await on.slack.say(ADA, GENERAL, f"{BOT} schedule add Run all tests")
    offer = await on.slack.wait_for_ephemeral(ADA, "This needs a form")
    await on.slack.click(ADA, GENERAL, offer["ts"], "open_form")
    assert task_in(await shown_to(on)) == "Run all tests"
    assert await on.devin.sessions() == []


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"members": ["U0BOT", BEN]}, "You aren't in <#C0CHOSEN>. Join it, then try again."),
        ({"members": [ADA]}, "Devin Bridge isn't in <#C0CHOSEN>. Type `/invite @Devin Bridge` there."),
        (
            {"members": ["U0BOT", ADA], "is_ext_shared": True},
            "<#C0CHOSEN> is shared with another company. Pick another channel.",
        ),
    ],
)
async def test_what_cannot_be_added_is_given_back(on: Harness, facts: dict[str, Any], why: str) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await on.slack.act("channel", id="C0CHOSEN", name="chosen", **facts)
    assert (await send(on, await opened(on), repos=["acme/web"], channel="C0CHOSEN"))["closed"] is True
    said = await given_back(on)
    assert f":warning: The schedule *Nightly* wasn't added. {why}" in said
    assert "*Repositories*\n```acme/web```" in said
    assert "*Task*\n```Run all tests.```" in said
    assert await on.devin.log("create_schedule") == []


async def test_what_devin_refuses_is_given_back_with_its_reason(on: Harness) -> None:
    await on.devin.fault("create_schedule", 400, detail="Slack is not connected.", times=1)
    shown = await opened(on)
    assert (await send(on, shown))["closed"] is True
    assert devin_answers.not_accepted("Slack is not connected.").text in await given_back(on)
    assert schedules(on) == []


async def test_who_may_no_longer_change_schedules_adds_none_and_is_offered_nothing(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    on.simulated_devin.world.held.repositories = ["github.com/acme/web"]
    refused = (await on.slack.slash(ANN, GENERAL, "schedule add Run all tests"))["shown"]
    assert refused["rendered"].startswith("Only admins can change schedules.")
    shown = await opened(on)
    assert await offered(on, shown, "repos") == ["acme/web"]
    await on.slack.put_person(ADA, is_restricted=True)
    await on.slack.wait_for_delivery(type="user_change", status="acked")
    assert await offered(on, shown, "repos") == []
    await send(on, shown)
    (left,) = await on.slack.views(user=ADA, open=True)
    assert access_sentences.GUEST_REFUSED.text in str(left["blocks"])
    assert await on.devin.log("create_schedule") == []


async def given_back(on: Harness) -> str:
    message = await on.slack.wait_for_message(DIRECT, "wasn't added")
    return "\n".join(block["text"]["text"] for block in message["blocks"])
