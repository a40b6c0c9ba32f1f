"""A start whose options are not valid costs nothing: it waits, privately asked about, until its person decides."""

from typing import Any

import pytest

from bot.domain.commands.options import ACUS_OFFERED, parse_request
from bot.views.answers import starts as start_sentences
from tests.markup import written
from tests.said import up_to_reference
from tests.scenarios.ahead import Ahead, rows
from tests.scenarios.harness import ANN, BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import (
    buttons,
    creations,
    forge,
    press,
    private_answers,
    sent_to_devin,
    settled,
    started_by_command,
)

ASKED_10 = written(start_sentences.ask_about_options("", parse_request("fix it auc=10")).blocks)
GIVEN_BACK = f"{start_sentences.START_CANCELLED.text}\n*Your text*\n```{{text}}```"
WITH_10 = ["Start with 10 ACUs", "Start without limit", "Cancel"]


async def asked(on: Harness, sentence: str, user: str = ANN) -> dict[str, Any]:
    """The question about a start, once the person sees it; nothing was started."""
    question = await on.slack.wait_for_ephemeral(user, "Nothing was started.")
    await settled(on)
    assert written(question["blocks"]) == sentence
    assert await creations(on) == 0
    return question


@pytest.mark.both_transports
async def test_a_command_with_a_malformed_option_waits_and_starts_as_corrected(on: Harness) -> None:
    answer = await on.slack.slash(ANN, GENERAL, "fix it auc=10 for R&amp;D")
    assert answer["shown"] is None
    question = await asked(on, ASKED_10)
    assert buttons(question) == WITH_10
    assert await private_answers(on, ANN) == [question["rendered"]]
    assert await on.slack.messages(GENERAL) == []
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected")
    made = await on.session("fix it")
    await settled(on)
    assert len(await on.slack.messages(GENERAL)) == 1
    assert made["request"]["max_acu_limit"] == 10
    assert made["prompt"].splitlines()[0] == "fix it for R&D"
    [link] = await private_answers(on, ANN)
    assert link.startswith("Got it: “fix it for R&amp;D”. It's in "), "in place of the question"


async def test_where_all_else_is_known_the_ack_asks_and_no_secret_waits_with_the_row(on: Harness) -> None:
    await started_by_command(on, "fix the login test", ANN, GENERAL)
    await settled(on)
    question = (await on.slack.slash(ANN, GENERAL, "fix it auc=10"))["shown"]
    assert (written(question["blocks"]), buttons(question)) == (ASKED_10, WITH_10)
    [waiting] = await rows(on, "inbox", state="open")
    assert "response_url" not in waiting["payload"]
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected")
    made = await on.session("fix it")
    await settled(on)
    assert made["request"]["max_acu_limit"] == 10
    [link] = await private_answers(on, ANN)
    assert link.startswith("Got it: “fix it”. It's in ")
    assert await creations(on) == 2


@pytest.mark.both_transports
async def test_a_mention_waits_too_and_starts_as_written_in_its_thread(on: Harness) -> None:
    ts = await on.mention("fix it acu=many playbok=upgrade")
    question = await asked(
        on, written(start_sentences.ask_about_options("", parse_request("fix it acu=many playbok=upgrade")).blocks)
    )
    assert buttons(question) == ["Start as written", "Cancel"], "for one of the two no correction is known"
    assert "reactions" not in (await on.slack.messages(GENERAL))[0]
    await on.slack.say(BEN, GENERAL, "fix the footer too", thread_ts=ts)
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:as_written")
    made = await on.session("fix it")
    assert made["prompt"].splitlines()[0] == "fix it acu=many playbok=upgrade"
    assert made["request"].get("max_acu_limit") is None
    shown = await on.slack.wait_for_message(GENERAL, f"{made['session_id']}|", thread_ts=ts)
    assert "|fix it>*\n" in shown["rendered"], "words that look like options stand in no title"
    await on.slack.wait_for_ephemeral(ANN, "Got it: “fix it acu=many playbok=upgrade”.")
    assert await private_answers(on, ANN) == [
        start_sentences.received_in_thread("fix it acu=many playbok=upgrade").text
    ]
    await on.devin.wait_for_messages("fix the footer too")  # what was written meanwhile is not lost
    assert await creations(on) == 1


async def test_a_repository_without_its_owner_is_asked_about_with_those_that_were_used(on: Harness) -> None:
    await on.mention("fix the login test repo=acme/web")
    await on.session("fix the login test")
    await settled(on)
    await on.slack.slash(ANN, GENERAL, "mend it repo=web")
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started.")
    assert buttons(question) == ["Start with repo=acme/web", "Start as written", "Cancel"]
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected")
    assert (await on.session("mend it"))["request"]["repos"] == ["acme/web"]


@pytest.mark.parametrize(
    ("wrong", "meant", "sentence"),
    [
        ("repo=billing", "acme/billing", "• `repo=billing`: `repo=` needs an owner and a name, such as repo=acme/web"),
        ("repo=acme/wbe", "acme/web", "• `repo=acme/wbe` isn't among the repositories that Devin lists."),
        ("--repo other/web", "acme/web", "• `--repo other/web` isn't among the repositories that Devin lists."),
    ],
)
async def test_a_repository_that_devin_does_not_list_is_asked_about_with_the_nearest(
    on: Harness, wrong: str, meant: str, sentence: str
) -> None:
    on.simulated_devin.world.held.repositories = ["github.com/acme/web", "github.com/acme/billing"]
    await on.mention(f"fix it {wrong}")
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started.")
    assert sentence in written(question["blocks"])
    assert buttons(question) == [f"Start with repo={meant}", "Start as written", "Cancel"]
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected")
    assert (await on.session("fix it"))["request"]["repos"] == [meant]


@pytest.mark.parametrize(
    "task",
    ["in acme/webb: fix the footer link", "For acme/webb, fix the footer link", "acme/webb: fix the footer link"],
)
async def test_a_repository_before_the_task_that_devin_does_not_list_is_asked_about_with_the_nearest(
    on: Harness, task: str
) -> None:
    on.simulated_devin.world.held.repositories = ["github.com/acme/web", "github.com/acme/billing"]
    await on.slack.slash(ANN, GENERAL, task)
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started.")
    assert "• `acme/webb` isn't among the repositories that Devin lists." in written(question["blocks"])
    assert buttons(question) == ["Start with acme/web", "Start as written", "Cancel"]
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected")
    request = (await on.session("fix the footer link"))["request"]
    assert request["repos"] == ["acme/web"]
    assert request["prompt"].splitlines()[0] == task.replace("acme/webb", "acme/web")


async def test_a_mode_is_refused_in_devins_own_words_where_it_lists_none(on: Harness) -> None:
    await on.devin.fault("create_session", 400, detail="devin_mode swe-3-fast needs another plan.", times=1)
    await on.mention("fix it mode=swe-3-fast")
    said = await on.slack.wait_for_ephemeral(ANN, "Not started: Devin has no mode swe-3-fast.")
    assert said["rendered"] == (
        ":no_entry: Not started: Devin has no mode swe-3-fast. It says: “devin_mode swe-3-fast needs another plan.”. "
        "“Try again” uses Devin's default mode. Or send the task again with another mode."
    )


@pytest.mark.parametrize("task", ["in src/web: fix the footer link", "in acme/zzzzz: fix the footer link"])
async def test_a_path_before_the_task_that_is_near_no_repository_starts_as_it_is(on: Harness, task: str) -> None:
    on.simulated_devin.world.held.repositories = ["github.com/acme/web", "github.com/acme/billing"]
    await on.slack.slash(ANN, GENERAL, task)
    request = (await on.session("fix the footer link"))["request"]
    assert (request.get("repos"), request["prompt"].splitlines()[0]) == (None, task)


async def test_a_repository_that_devin_does_not_list_is_passed_on_when_the_person_says_so(on: Harness) -> None:
    on.simulated_devin.world.held.repositories = ["github.com/acme/web"]
    await on.mention("fix it repo=other/api")
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started.")
    assert "If you start anyway" not in written(question["blocks"])
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:as_written")
    assert (await on.session("fix it"))["request"]["repos"] == ["other/api"]


@pytest.mark.parametrize(
    ("wrong", "offered", "field", "chosen"),
    [
        ("acu=5-10", ["Start with 5 ACUs", "Start with 10 ACUs"], "max_acu_limit", 10),
        ("acu=abc", [f"Start with {acus} ACUs" for acus in ACUS_OFFERED], "max_acu_limit", 10),
    ],
)
async def test_an_option_that_cannot_be_read_is_asked_about_with_valid_ones(
    on: Harness, wrong: str, offered: list[str], field: str, chosen: object
) -> None:
    await on.mention(f"fix it {wrong} now")
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started.")
    assert buttons(question) == [*offered, "Start without limit", "Cancel"]
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected_2")
    made = await on.session("fix it")
    assert made["request"][field] == chosen
    assert made["prompt"].splitlines()[0] == "fix it now"


async def test_cancel_gives_the_text_of_a_command_back(on: Harness) -> None:
    await on.slack.slash(ANN, GENERAL, "fix it for R&amp;D auc=10\nand *quickly*")
    question = await asked(on, ASKED_10)
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:no")
    await on.slack.wait_for_ephemeral(ANN, start_sentences.START_CANCELLED.text)
    await settled(on)
    text = "fix it for R&amp;D auc=10\nand *quickly*"
    assert await private_answers(on, ANN) == [GIVEN_BACK.format(text=text)]
    assert await creations(on) == 0


async def test_a_long_text_is_given_back_whole(on: Harness) -> None:
    text = " ".join(["auc=10", *(f"step {number}" for number in range(1500))])
    await on.mention(text)
    question = await on.slack.wait_for_ephemeral(ANN, "Nothing was started.")
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:no")
    await on.slack.wait_for_ephemeral(ANN, "Your text, 2 of 2")
    await settled(on)
    assert "step 1499" in " ".join(await private_answers(on, ANN))
    assert await creations(on) == 0


async def test_an_unknown_playbook_is_asked_about_with_the_nearest(on: Harness) -> None:
    known = await on.devin.add_playbook("Upgrade deps")
    await on.devin.add_playbook("Write docs")
    sentence = (
        "Nothing was started. Check this option:\n"
        "• `playbook=upgrade`: `playbook=` needs a playbook that exists, such as “Upgrade deps”, “Write "
        "docs”\nIf you start anyway, Devin reads `playbook=upgrade` as text."
    )
    await on.slack.slash(ANN, WEB, "fix it playbook=upgrade")
    question = await asked(on, sentence)
    assert buttons(question) == ['Start with playbook="Upgrade deps"', "Start as written", "Cancel"]
    await on.slack.click(ANN, WEB, question["ts"], "answer:start_options:corrected")
    assert (await on.session("fix it"))["request"]["playbook_id"] == known["playbook_id"]
    await on.mention("mend it playbook=upgrade", BEN)
    question = await on.slack.wait_for_ephemeral(BEN, "Nothing was started.")
    assert written(question["blocks"]) == sentence
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:start_options:no")
    await on.slack.wait_for_ephemeral(BEN, start_sentences.START_CANCELLED.text)
    await settled(on)
    assert await private_answers(on, BEN) == [GIVEN_BACK.format(text="mend it playbook=upgrade")]
    assert await creations(on) == 1


async def test_a_mode_that_only_devin_knows_is_passed_on_and_its_asker_alone_is_told_which_it_has(on: Harness) -> None:
    ts = await on.mention("fix it mode=swe-3-fast")
    said = await on.slack.wait_for_ephemeral(ANN, "Not started: Devin has no mode swe-3-fast.")
    assert said["rendered"] == (
        ":no_entry: Not started: Devin has no mode swe-3-fast. Devin has `normal`, `fast`, `lite`, `ultra`, `fusion`, "
        "`swe-2-medium`, `swe-2-high`, or `swe-2-max`. “Try again” uses Devin's default mode. "
        "Or send the task again with another mode."
    )
    post = await on.slack.wait_for_message(GENERAL, "Not started: Devin has no mode", thread_ts=ts)
    assert written(post["blocks"]) == ":no_entry: Not started: Devin has no mode swe-3-fast."
    assert (await on.devin.log("create_session"))[-1]["body"]["devin_mode"] == "swe-3-fast"
    assert await on.devin.sessions() == []
    assert buttons(post) == ["Try again"]
    await on.slack.click(ANN, GENERAL, post["ts"], "try_again")
    assert (await on.session("fix it"))["request"].get("devin_mode") is None, "Devin's default"


async def test_a_direct_message_waits_as_well_and_the_next_line_is_another_task(on: Harness) -> None:
    ts = await on.slack.say(ANN, "im", "fix it auc=10")
    question = await on.slack.wait_for_message("D0ANN", "Nothing was started.")
    assert (written(question["blocks"]), buttons(question)) == (ASKED_10, WITH_10)
    await on.slack.say(ANN, "im", "update the docs")
    await on.session("update the docs")
    await on.slack.click(ANN, "im", question["ts"], "answer:start_options:corrected")
    made = await on.session("fix it")
    await settled(on)
    assert made["request"]["max_acu_limit"] == 10
    assert made["tags"][1] == f"slack-T0PLAY-D0ANN-{ts}", "in its own thread, and no reply to the other session"
    [shown] = [one["rendered"] for one in await on.slack.messages("D0ANN") if one["ts"] == question["ts"]]
    assert shown == start_sentences.received_in_thread("fix it").text


async def test_another_session_asked_for_in_a_thread_waits_too(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!new fix it auc=10", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(BEN, "Nothing was started.", thread_ts=ts)
    assert (written(question["blocks"]), buttons(question)) == (ASKED_10, WITH_10)
    await on.slack.say(BEN, GENERAL, "and use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("and use pytest")  # the thread goes on meanwhile
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:start_options:corrected")
    made = await on.session("fix it")
    await settled(on)
    assert made["request"]["max_acu_limit"] == 10
    assert len(await sent_to_devin(on, session)) == 1
    assert await creations(on) == 2


async def test_a_second_press_and_anybody_elses_start_nothing_more(on: Harness) -> None:
    await on.mention("fix it auc=10")
    question = await asked(on, ASKED_10)
    key = question["blocks"][1]["elements"][0]["value"]
    assert await forge(on, "interactive", press(BEN, GENERAL, "answer:start_options:corrected", key)) == "acked"
    said = await on.slack.wait_for_ephemeral(BEN)
    assert said["rendered"] == start_sentences.START_EXPIRED.text
    await settled(on)
    assert await creations(on) == 0
    for _ in range(2):
        assert await forge(on, "interactive", press(ANN, GENERAL, "answer:start_options:corrected", key)) == "acked"
    await on.session("fix it")
    await settled(on)
    assert await forge(on, "interactive", press(ANN, GENERAL, "answer:start_options:as_written", key)) == "acked"
    await settled(on)
    assert await creations(on) == 1
    twice, late = (await private_answers(on, ANN))[1:]
    assert twice in {start_sentences.ANSWERED_ALREADY.text, late}  # the session may have begun before the second press
    assert late.endswith("|fix it>” was started already. Nothing changed.")


async def test_after_ten_minutes_a_press_starts_nothing(on: Harness, clock: Ahead) -> None:
    await on.mention("fix it auc=10")
    question = await asked(on, ASKED_10)
    clock.put(601)
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected")
    await on.slack.wait_for_ephemeral(ANN, "has expired")
    await settled(on)
    assert await private_answers(on, ANN) == [start_sentences.START_EXPIRED.text]
    assert await creations(on) == 0


async def test_a_thread_gets_no_second_session_by_an_old_question(on: Harness) -> None:
    ts = await on.slack.say(BEN, GENERAL, "the login test is red")
    await on.mention("fix it auc=10", thread_ts=ts)
    question = await asked(on, ASKED_10)
    await on.mention("fix it acu=10", thread_ts=ts)  # which is how people correct themselves
    made = await on.session("fix it")
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_options:corrected")
    await on.slack.wait_for_ephemeral(ANN, start_sentences.START_OVERTAKEN.text)
    await settled(on)
    assert await private_answers(on, ANN) == [start_sentences.START_OVERTAKEN.text]
    assert await sent_to_devin(on, made["session_id"]) == []
    assert await creations(on) == 1


@pytest.mark.timing(row_first_retry=0.2)
async def test_while_devin_cannot_be_reached_a_start_with_a_playbook_waits(on: Harness, clock: Ahead) -> None:
    await on.devin.add_playbook("Upgrade deps")
    await on.devin.fault("list_playbooks", "503", times=100)
    await on.slack.slash(ANN, GENERAL, 'fix it playbook="Upgrade deps"')
    await on.devin.wait_for_calls("list_playbooks", 1)
    clock.put(21)
    late = await on.slack.wait_for_ephemeral(ANN, "can't be reached")
    assert late["rendered"].startswith(up_to_reference(start_sentences.start_retrying("")))
    assert await creations(on) == 0
    await on.devin.clear_faults()
    await on.session("fix it")
    await settled(on)
    assert await private_answers(on, ANN) == [late["rendered"]], "and the card stands below"
    assert await creations(on) == 1
