"""What a channel allows: a start with another repository, playbook or mode is refused, however it is asked for."""

from pathlib import Path
from typing import Any

import pytest

from bot.domain.settings_values import Scope, Setting, Value
from bot.playground.devin.api_library import add_playbook
from bot.store import settings as setting_rows
from tests.scenarios.ahead import TEAM
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, WEB, Harness, harness
from tests.scenarios.observations import creations, private_answers, settled
from tests.scenarios.test_adopt import address, at_devin
from tests.scenarios.test_dead_ends import OUT_OF_ACUS, WHY
from tests.scenarios.test_devin_commands import PERMISSIONS, schedules
from tests.scenarios.test_fan_out import enterprise, previewed
from tests.scenarios.test_launch_form import DIRECT, offered, send, told, typed
from tests.scenarios.test_schedule_form import opened as opened_schedule
from tests.scenarios.test_schedule_form import send as send_schedule
from tests.scenarios.test_settings import saved, why

TASK = "fix the login test"
WHO_CAN = "`/devin settings why` shows who can change that."
ONLY = f"`acme/api` isn't allowed here, only `acme/web` and `acme/*-docs`. {WHO_CAN}"
REFUSED = f"Not started: {ONLY}"
LIST = ("acme/web", "acme/*-docs")


async def allow(on: Harness, setting: Setting = Setting.ALLOW_REPOS, value: Value = LIST) -> None:
    """Have #general allow these alone, as if an admin had set it."""
    async with on.store.write() as tx:
        await setting_rows.put(tx, TEAM, Scope.CHANNEL, GENERAL, setting, value, ADA, 0.0)


def requests(on: Harness) -> list[dict[str, Any]]:
    """What Devin was asked for, by the sessions that it has."""
    return [one.request for one in on.simulated_devin.world.held.by_age]


@pytest.mark.both_transports
async def test_what_is_typed_keeps_to_what_the_channel_allows(on: Harness) -> None:
    on.simulated_devin.world.held.repositories = [
        "github.com/acme/web",
        "github.com/acme/api",
        "github.com/acme/a-docs",
    ]
    said = await saved(on, "settings channel", ADA, channel__allow_repos="acme/web, acme/*-docs")
    assert said == "Saved.\n*<#C0GENERAL>*\n• Allowed repositories: `acme/web`, `acme/*-docs`"
    named = (f"{TASK} repo=acme/api", f"{TASK} in acme/api", f"{TASK} repo=ACME/Api")
    behind = ("fix number 3 of it repo=acme/api", f"{TASK} in web repo=acme/api", f"{TASK} for web repo: acme/api")
    for number, text in enumerate((*named, *behind, "run it playbook repo=acme/api"), start=1):
        await on.slack.say(BEN, GENERAL, f"{BOT} {text}")
        await settled(on)
        assert (await private_answers(on, BEN)).count(REFUSED) == number, text
    root = await on.slack.say(ANN, GENERAL, "the login test fails")
    await on.mention("look at this", thread_ts=root)
    await on.session("look at this")
    await on.slack.say(ANN, GENERAL, "!new fix it repo=acme/api", thread_ts=root)
    assert (await on.slack.wait_for_ephemeral(ANN, "Not started"))["rendered"] == REFUSED
    await on.slack.slash(ANN, GENERAL, f"{TASK} repo=acme/api")
    answer = await on.slack.wait_for_ephemeral(ANN, "Your text")
    assert answer["rendered"] == f"{REFUSED}\n*Your text*\n```{TASK} repo=acme/api```"
    await settled(on)
    assert await creations(on) == 1
    await on.slack.say(ANN, GENERAL, f"{BOT} describe the metrics repo=acme/A-Docs")
    assert (await on.session("describe the metrics"))["request"]["repos"] == ["acme/a-docs"]
    await on.slack.say(ANN, WEB, f"{BOT} {TASK} repo=acme/api")
    assert (await on.session(TASK))["request"]["repos"] == ["acme/api"], "another channel has no list"


async def test_a_default_that_is_not_allowed_is_not_used_and_the_first_mode_is_the_default(on: Harness) -> None:
    await allow(on)
    await allow(on, Setting.ALLOW_MODES, ("swe-*", "lite", "normal"))
    await saved(on, "settings mine", person__repos="acme/api, acme/web", person__mode="ultra")
    shown = await why(on)
    assert "• *Repositories*: `acme/web` (set by you)\n" in shown
    assert "• *Mode*: `lite` (set for this channel)\n" in shown
    assert "• *Allowed playbooks*: any (default)\n• *Allowed modes*: `swe-*`, `lite`, `normal` (set for this" in shown
    await on.mention(TASK)
    made = await on.session(TASK)
    assert (made["request"]["repos"], made["devin_mode"]) == (["acme/web"], "lite")
    refusals = {"mode=ultra": "`ultra`", "mode=none": "Devin's default mode"}
    for option, what in refusals.items():
        await on.mention(f"{TASK} {option}")
        refused = f"Not started: {what} isn't allowed here, only `swe-*`, `lite`, and `normal`. {WHO_CAN}"
        assert (await on.slack.wait_for_ephemeral(ANN, f"Not started: {what}"))["rendered"] == refused
    await on.mention("fix the logout test mode=swe-2-high repo=none")
    made = await on.session("fix the logout test")
    assert (made["request"].get("repos"), made["devin_mode"]) == (None, "swe-2-high")


async def test_forms_offer_what_is_allowed_and_a_forged_choice_starts_nothing_and_comes_back(on: Harness) -> None:
    world = on.simulated_devin.world
    world.held.repositories = ["github.com/acme/web", "github.com/acme/api"]
    upgrade = add_playbook(world, "Upgrade deps", "Upgrade them.", macro="!deps")["playbook_id"]
    other = add_playbook(world, "Release", "Release it.", macro="!release")["playbook_id"]
    await allow(on)
    await allow(on, Setting.ALLOW_PLAYBOOKS, ("upgrade *",))
    await allow(on, Setting.ALLOW_MODES, ("lite",))
    shown = await typed(on)
    assert await offered(on, shown, "repos", "") == ["acme/web"]
    assert await offered(on, shown, "repos", "acme/api") == ["Not allowed here."]
    assert await offered(on, shown, "repos", "acme/new-docs") == ["acme/new-docs (not in Devin's list)"]
    assert await offered(on, shown, "playbook", "") == ["None", "Upgrade deps (!deps)"]
    assert await offered(on, shown, "mode", "") == ["Devin's default", "lite"]
    assert (await send(on, shown, task=TASK, repos=["acme/api"], mode="lite"))["closed"]
    assert await told(on, "Not started") == f"{REFUSED}\n*Your text*\n```{TASK}```"
    shown = await typed(on)
    assert (await send(on, shown, task=TASK, playbook=other, mode="lite"))["closed"]
    refused = f"Not started: `{other}` isn't allowed here, only `upgrade *`. {WHO_CAN}"
    assert (await told(on, other)).startswith(refused)
    assert await creations(on) == 0
    shown = await typed(on)
    assert (await send(on, shown, task=TASK, playbook=upgrade, mode="lite"))["closed"]
    assert (await on.session(TASK))["request"]["playbook_id"] == upgrade
    await on.mention("upgrade it playbook=deps")
    assert (await on.session("upgrade it"))["request"]["playbook_id"] == upgrade, "its macro is another name of it"


@pytest.mark.parametrize("way", ["try_again", "continue_session"])
async def test_what_is_tried_again_or_continued_keeps_to_what_is_allowed_by_then(on: Harness, way: str) -> None:
    ts = await on.mention(f"{TASK} repo=acme/api acu=10")
    made = (await on.session(TASK))["session_id"]
    if way == "try_again":
        await on.devin.say(made, WHY, status="error", status_detail=None)
        post = await on.wait_for_post(GENERAL, ts, WHY)
    else:
        await on.devin.spend(made, 10)
        await on.devin.set(made, **OUT_OF_ACUS)
        post = await on.wait_for_post(GENERAL, ts, "Out of ACUs")
    await settled(on)
    await allow(on)
    await on.slack.click(BEN, GENERAL, post["ts"], way)
    assert (await on.slack.wait_for_ephemeral(BEN, "Not started"))["rendered"] == REFUSED
    await settled(on)
    assert await creations(on) == 1


async def test_a_start_that_waits_for_devin_keeps_to_what_is_allowed_by_then(on: Harness) -> None:
    await on.devin.fault("create_session", 429, times=-1, retry_after=1)
    ts = await on.mention(f"{TASK} repo=acme/api")
    await on.devin.wait_for_calls("create_session", 1)
    await allow(on)
    await on.devin.clear_faults()
    post = await on.wait_for_post(GENERAL, ts, "Not started")
    assert post["rendered"].startswith(REFUSED)
    assert requests(on) == []


async def test_a_session_with_other_pull_requests_playbook_or_mode_is_not_linked(on: Harness) -> None:
    await on.slack.put_person(ANN, email="ann@acme.test")
    await on.devin.add_member("user-ann", "ann@acme.test", "ann")
    await allow(on)
    await allow(on, Setting.ALLOW_MODES, ("lite",))
    of_api, ultra = await at_devin(on, devin_mode="lite"), await at_devin(on, devin_mode="ultra")
    await on.devin.pr(of_api, "https://github.com/acme/api/pull/7")
    await on.slack.slash(ANN, GENERAL, f"adopt {address(of_api)}")
    assert (await on.slack.wait_for_ephemeral(ANN, "Not linked"))["rendered"] == f"Not linked: {ONLY}"
    await on.slack.slash(ANN, GENERAL, f"adopt {address(ultra)}")
    assert (await on.slack.wait_for_ephemeral(ANN, "`ultra`"))["rendered"] == (
        f"Not linked: `ultra` isn't allowed here, only `lite`. {WHO_CAN}"
    )
    await on.slack.slash(ANN, WEB, f"adopt {address(of_api)}")
    await on.slack.wait_for_message(WEB, "Working")


@pytest.mark.timing(fan_out_pause=0.02, fan_out_poll=0.2, fan_out_slow_poll=0.2)
async def test_fan_outs_and_schedules_keep_to_what_is_allowed(on: Harness) -> None:
    await enterprise(on)
    await on.devin.permissions(grant=PERMISSIONS)
    preview = await previewed(on, f"{TASK} orgs=all repo=acme/api")
    await allow(on)
    await on.slack.slash(ADA, GENERAL, f"fanout {TASK} orgs=all repo=acme/api")
    assert (await on.slack.wait_for_ephemeral(ADA, "Not started"))["rendered"] == REFUSED
    await on.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    await on.slack.wait_for_message(GENERAL, "None of the 3 sessions was started")
    assert requests(on) == []
    shown = await opened_schedule(on)
    assert (await send_schedule(on, shown, task="Run all tests. repo=acme/api"))["closed"] is True
    said = await on.slack.wait_for_message("D0ADA", "wasn't added")
    assert said["rendered"].startswith(f":warning: The schedule *Nightly* wasn't added. {ONLY}")
    assert schedules(on) == []


async def test_a_file_allows_for_every_channel_and_dm_and_nobody_changes_it_in_slack(
    tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "team.toml"
    path.write_text(f'[default]\nallow.repos = ["acme/web"]\n[channel.{WEB}.allow]\nrepos = ["acme/api"]\n')
    async with harness(tmp_path, empty_store=sqlite_template, BOT_SETTINGS_FILE=str(path)) as on:
        await allow(on, value=("*/*",))
        only = f"Not started: `acme/api` isn't allowed here, only `acme/web`. {WHO_CAN}"
        for channel in (GENERAL, DIRECT):
            assert "• *Allowed repositories*: `acme/web` (set in `team.toml`)" in await why(on, ANN, channel)
        await on.mention(f"{TASK} repo=acme/api")
        assert (await on.slack.wait_for_ephemeral(ANN, "Not started"))["rendered"] == only
        await on.slack.say(ANN, "im", f"{TASK} repo=acme/api")
        assert (await on.slack.wait_for_message(DIRECT, "Not started"))["rendered"] == only
        assert await creations(on) == 0
        await on.mention(f"{TASK} repo=acme/api", channel=WEB)
        assert (await on.session(TASK))["request"]["repos"] == ["acme/api"]
