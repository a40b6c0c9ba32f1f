"""Options may stand anywhere in a task; what only looks like one is reported."""

import pytest

from tests import sentences
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, WEB, Harness
from tests.scenarios.observations import creations, private_answers, sent_to_devin, settled


@pytest.mark.both_transports
async def test_options_reach_devin_and_leave_the_prompt(on: Harness) -> None:
    await on.devin.add_playbook("Upgrade deps")
    ts = await on.mention(
        'repo=https://github.com/acme/web fix playbook="Upgrade deps" the login test, mode=fast '
        "acu=10 tags=frontend,urgent title=“Login test”"
    )
    made = await on.session("fix the login test")
    request = made["request"]
    assert request["prompt"].splitlines()[0] == "fix the login test,"
    assert request["repos"] == ["acme/web"]
    assert request["playbook_id"].startswith("playbook-")
    assert (request["devin_mode"], request["max_acu_limit"], request["title"]) == ("fast", 10, "Login test")
    assert request["tags"][2:] == ["frontend", "urgent"]
    shown = await on.slack.wait_for_message(GENERAL, "Login test", thread_ts=ts)
    assert f"{sentences.asked_by('ann')} · acme/web" in shown["rendered"]


async def test_a_mistyped_option_stays_in_the_text_and_is_reported(on: Harness) -> None:
    task = "fix it playbok=upgrade acu=many"
    await on.mention(task, ANN)
    await on.slack.slash(BEN, WEB, task)
    made = await on.devin.wait_for_sessions("fix it", 2)
    await on.slack.wait_for_ephemeral(ANN, sentences.NOT_READ_AS_OPTIONS)
    await on.slack.wait_for_ephemeral(BEN, sentences.NOT_READ_AS_OPTIONS)
    await settled(on)
    assert [one["prompt"].splitlines()[0] for one in made] == [task, task]
    for user in (ANN, BEN):
        assert [text for text in await private_answers(on, user) if sentences.NOT_READ_AS_OPTIONS in text] == [
            (
                f"{sentences.MISTYPED}\n"
                "• `playbok=upgrade`: did you mean `playbook=`?\n"
                f"• `acu=many`: {sentences.NOT_A_NUMBER}"
            )
        ]


async def test_an_option_in_code_is_text(on: Harness) -> None:
    await on.mention("run `make repo=acme/web` and tell me")
    made = await on.session("tell me")
    assert made["prompt"].splitlines()[0] == "run `make repo=acme/web` and tell me"
    assert made["request"].get("repos") is None


async def test_a_playbook_is_found_by_title_and_by_macro(on: Harness) -> None:
    known = await on.devin.add_playbook("Upgrade deps", macro="!upgrade-deps")
    for number, wanted in enumerate(('"upgrade deps"', "upgrade-deps", "UPGRADE-DEPS")):
        await on.mention(f"fix number {number} playbook={wanted}", channel=(GENERAL, WEB, OPS)[number])
    made = await on.devin.wait_for_sessions("fix number", 3)
    assert [one["request"]["playbook_id"] for one in made] == [known["playbook_id"]] * 3


async def test_an_unknown_playbook_starts_nothing_and_names_those_there_are(on: Harness) -> None:
    await on.devin.add_playbook("Upgrade deps")
    await on.devin.add_playbook("Write docs")
    mentioned = await on.mention("fix it playbook=upgrade", ANN, GENERAL)
    await on.slack.slash(ANN, WEB, "mend it playbook=upgrade")
    by_command = (await on.slack.wait_for_message(WEB, sentences.ASKED_BY))["ts"]
    for channel, ts in ((GENERAL, mentioned), (WEB, by_command)):
        await on.slack.wait_for_message(channel, sentences.NOT_STARTED, thread_ts=ts)
        await on.slack.wait_for_message(channel, "no playbook", thread_ts=ts)
        assert await on.thread(channel, ts) == [
            (
                ":no_entry: There is no playbook `upgrade`, so nothing was started. "
                "There are `Upgrade deps`, `Write docs`. "
                "Send the task again with one of them, or without `playbook=`."
            )
        ]
    await settled(on)
    assert await creations(on) == 0


async def test_a_mode_that_devin_does_not_have_starts_nothing(on: Harness) -> None:
    ts = await on.mention("fix it mode=turbo")
    await on.slack.wait_for_message(GENERAL, sentences.NOT_ACCEPTED, thread_ts=ts)
    [said] = await on.thread(GENERAL, ts)
    assert said.startswith(f"{sentences.REQUEST_REFUSED} It says: “")
    assert said.endswith(sentences.CHECK_OPTIONS)
    assert await on.devin.sessions() == []


@pytest.mark.parametrize("by_command", [False, True])
async def test_tags_that_devin_does_not_take_are_announced_and_the_session_runs_without_them(
    on: Harness, by_command: bool
) -> None:
    await on.devin.switch(tags_refused=True)
    if by_command:
        await on.slack.slash(ANN, WEB, "fix it tags=frontend,urgent")
    else:
        await on.mention("fix it tags=frontend,urgent", channel=WEB)
    made = await on.session("fix it")
    assert made["tags"] == []
    await on.slack.wait_for_ephemeral(
        ANN,
        sentences.tags_left_out("`frontend`, `urgent`"),
    )


async def test_options_in_a_reply_are_text(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "set repo=acme/api there", thread_ts=ts)
    await on.devin.wait_for_messages("set repo=acme/api there")
    assert await sent_to_devin(on, session) == [f"[Slack {reply}] ben:\nset repo=acme/api there"]
