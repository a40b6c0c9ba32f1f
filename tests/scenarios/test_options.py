"""Options may stand anywhere in a task. Those that are not valid: `test_held_starts.py`."""

import pytest

from bot.views.answers import starts as start_sentences
from tests.for_devin import as_sent
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, WEB, Harness
from tests.scenarios.observations import buttons, creations, sent_to_devin


@pytest.mark.both_transports
async def test_options_reach_devin_and_leave_the_prompt(on: Harness) -> None:
    await on.devin.add_playbook("Upgrade deps")
    ts = await on.mention(
        'repo=https://github.com/acme/web fix playbook="Upgrade deps" the login test, mode=fast '
        "acu=10 tags=frontend,urgent title=“Login test”"
    )
    made = await on.session("fix the login test")
    request = made["request"]
    assert request["prompt"].splitlines()[0] == "fix the login test"
    assert request["repos"] == ["acme/web"]
    assert request["playbook_id"].startswith("playbook-")
    assert (request["devin_mode"], request["max_acu_limit"], request["title"]) == ("fast", 10, "Login test")
    assert request["tags"][2:] == ["frontend", "urgent"]
    shown = await on.slack.wait_for_message(GENERAL, "Login test", thread_ts=ts)
    assert "Started by ann · acme/web" in shown["rendered"]


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
    await on.slack.wait_for_ephemeral(ANN, start_sentences.tags_left_out(["frontend", "urgent"]).text)


async def test_options_in_a_reply_are_text(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "set repo=acme/api in the config", thread_ts=ts)
    await on.devin.wait_for_messages("set repo=acme/api in the config")
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "set repo=acme/api in the config")]


@pytest.mark.parametrize("way", ["slash", "mention", "direct", "new"])
async def test_what_a_sentence_limits_and_names_is_obeyed_in_each_way_to_start(on: Harness, way: str) -> None:
    on.simulated_devin.world.held.repositories = ["github.com/acme/web"]
    text = "mend the search in acme/web, max. 5 ACUs"
    if way == "slash":
        await on.slack.slash(ANN, GENERAL, text)
    elif way == "mention":
        await on.mention(text)
    elif way == "direct":
        await on.slack.say(ANN, "im", text)
    else:
        ts, _ = await on.started()
        await on.slack.say(ANN, GENERAL, f"!new {text}", thread_ts=ts)
    request = (await on.session("mend the search"))["request"]
    assert (request["max_acu_limit"], request["repos"]) == (5, ["acme/web"])
    assert request["prompt"].splitlines()[0] == "mend the search in acme/web"


@pytest.mark.parametrize(
    "text",
    [
        "fix the login test spend no more than 5 ACUs",
        "dont spend more then 5 ACUs: fix the login test",
        "fix the login test, it shouldn't cost more than ５ ACUs",  # noqa: RUF001 - as Japanese keyboards write it
        "fix the login test. Ne dépense pas plus de 5 ACUs.",
        "fix the login test and stop once you've used 5 ACUs",
    ],
)
async def test_a_limit_in_words_is_no_question_about_costs(on: Harness, text: str) -> None:
    await on.slack.slash(ANN, GENERAL, text)
    made = await on.session("fix the login test")
    assert made["request"]["max_acu_limit"] == 5


async def test_a_limit_that_may_be_meant_is_asked_about_with_its_value(on: Harness) -> None:
    await on.slack.slash(ANN, GENERAL, "fix the login test for about 5 ACUs")
    asked = await on.slack.wait_for_ephemeral(ANN, "Start with 5 ACUs")
    assert buttons(asked) == ["Start with 5 ACUs", "Start without limit", "Cancel"]
    assert await creations(on) == 0
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:start_options:corrected")
    assert (await on.session("fix the login test"))["request"]["max_acu_limit"] == 5
