"""The brakes: an admin pauses the bot, so that nothing starts or wakes a session, and stops all that runs."""

import re
from typing import Any

import pytest

from bot.domain.admins import Admins
from bot.features.pauses import sentences as views
from bot.features.pauses.specs import PAUSE
from bot.views.answers import access as access_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from tests.markup import written
from tests.scenarios.ahead import recorded_changes, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import (
    buttons,
    creations,
    give_role,
    opened_home,
    private_answers,
    sent_to_devin,
    settled,
    what_became_of,
)
from tests.scenarios.test_alert_brake import post, trusting
from tests.scenarios.test_devin_commands import schedule

ADMINS = Admins(frozenset({ADA}))
BY_ADA = r"ada paused Devin Bridge in this workspace \S.*?\."
WEB_BY_ADA = rf"ada paused Devin Bridge in (<#{WEB}>|#\S+) \S.*?\."
KEPT = rf"Not started: {BY_ADA} Your task is kept for a day\.\nTry again\nCancel"


async def typed(on: Harness, text: str, user: str = ADA, channel: str = GENERAL) -> str:
    """What a command answers in the ack, without its buttons."""
    answer = await on.slack.slash(user, channel, text)
    assert answer["shown"], answer
    shown = answer["shown"]
    return str(shown["rendered"]).split("\n")[0]


async def asleep(on: Harness) -> tuple[str, str]:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, "Stopped by ann")
    await settled(on)
    return ts, session


@pytest.mark.both_transports
async def test_while_paused_a_start_waits_and_is_tried_again_after_a_restart(on: Harness) -> None:
    assert await typed(on, "pause all") == (
        "Paused in the whole workspace: no one can start or wake sessions in any channel or DM."
    )
    await on.stop()
    await on.start()
    await on.slack.slash(ANN, GENERAL, "fix the login test")
    await on.slack.wait("responses", text="Your task is kept for a day.")
    ts = await on.mention("fix the other test", BEN)
    question = await on.slack.wait_for_ephemeral(BEN, "Your task is kept for a day.")
    assert re.fullmatch(KEPT, question["rendered"]), question["rendered"]
    await on.slack.click(BEN, GENERAL, question["ts"], "answer:start_paused:again")
    await settled(on)
    assert await creations(on) == 0
    assert await typed(on, "resume") == views.resumed("", []).text
    again = (await on.slack.ephemerals(user=BEN))[-1]
    await on.slack.click(BEN, GENERAL, again["ts"], "answer:start_paused:again")
    assert (await on.session("fix the other test"))["prompt"].startswith("fix the other test")
    await on.slack.wait_for_message(GENERAL, "Started by ben", thread_ts=ts)
    typed_one = next(one for one in await on.slack.ephemerals(user=ANN) if "is kept for a day" in one["rendered"])
    await on.slack.click(ANN, GENERAL, typed_one["ts"], "answer:start_paused:no")
    await settled(on)
    assert await what_became_of(on, typed_one) == (
        f"{start_sentences.START_CANCELLED.text}\n*Your text*\n```fix the login test```",
        [],
    )
    assert await creations(on) == 1
    audit = [(row["action"], row["target"], row["user"]) for row in await recorded_changes(on)]
    assert audit == [("pause", "", ADA), ("resume", "", ADA)]


async def test_while_paused_a_reply_wakes_nobody_and_one_to_a_session_that_runs_is_sent(on: Harness) -> None:
    ts, session = await asleep(on)
    runs, running = await on.started("fix the other test", BEN)
    paused = await typed(on, "pause all")
    assert paused == views.paused(1).text
    await on.slack.say(ANN, GENERAL, "please use pytest", thread_ts=ts)
    question = await on.slack.wait_for_ephemeral(ANN, "Your reply is kept for a day.")
    await on.slack.say(BEN, GENERAL, "and with coverage", thread_ts=runs)
    await on.devin.wait_for_messages("and with coverage")
    await settled(on)
    assert await sent_to_devin(on, session) == []
    await typed(on, "resume")
    await on.slack.click(ANN, GENERAL, question["ts"], "answer:start_paused:as_reply")
    await on.devin.wait_for_messages("please use pytest")
    assert len(await sent_to_devin(on, running)) == 1


async def test_while_paused_an_alert_starts_nothing_and_its_thread_says_who_paused(on: Harness) -> None:
    await trusting(on)
    await typed(on, "pause all")
    (root,) = await post(on, ["The build of the shop is broken"])
    await on.wait_for_post(GENERAL, root, "Not started: ")
    await settled(on)
    (said,) = await on.thread(GENERAL, root)
    assert re.fullmatch(f"Not started: {BY_ADA} Once an admin resumes it, mention Devin Bridge here to start.", said)
    assert (await private_answers(on, ANN), await creations(on)) == ([], 0)
    await typed(on, "resume")
    await on.mention("look into it", BEN, thread_ts=root)
    await on.session("look into it")


async def test_a_channel_is_paused_in_a_paused_workspace_and_each_is_resumed_by_itself(on: Harness) -> None:
    assert await typed(on, "resume") == views.not_paused("", []).text
    assert await typed(on, "pause #web") == views.NO_CHANNEL.text
    assert await typed(on, f"pause <#{WEB}|web>") == views.paused_channel(WEB, None).text
    assert re.fullmatch(f"Already paused. {WEB_BY_ADA}", await typed(on, "pause here", channel=WEB))
    assert await typed(on, "pause all") == views.paused(0).text
    assert re.fullmatch(f"Already paused. {BY_ADA}", await typed(on, "pause all"))
    assert re.fullmatch(f"Resumed. Still paused elsewhere: {WEB_BY_ADA}", await typed(on, "resume"))
    nothing = f"This workspace isn't paused. {WEB_BY_ADA} To resume there, use `/devin resume #channel`."
    assert re.fullmatch(nothing, await typed(on, "resume"))
    await on.mention("fix the login test", ANN, WEB)
    await on.slack.wait_for_ephemeral(ANN, "Your task is kept for a day.")
    await on.mention("fix the other test", ANN, GENERAL)
    await on.session("fix the other test")
    assert await typed(on, f"resume <#{WEB}|web>") == views.resumed(WEB, []).text
    assert await creations(on) == 1


async def test_only_admins_pause_and_who_administers_a_channel_pauses_that(on: Harness) -> None:
    refused = access_sentences.admins_only("pause Devin Bridge", ADMINS, PAUSE.instead)
    assert await typed(on, "pause", BEN) == refused.text
    assert await typed(on, f"pause <#{WEB}|web>", BEN) == refused.text
    await give_role(on.slack, f"administer <#{WEB}> <@{BEN}>")
    assert await typed(on, f"pause <#{WEB}|web>", BEN, WEB) == views.paused_channel(WEB, None).text
    assert await typed(on, "pause all", BEN, WEB) == refused.text
    # These are about a session, as before.
    assert await typed(on, "pause 2") == f"{PAUSE.instead} Nothing was stopped."
    assert await typed(on, "pause all my sessions", BEN) == stop_sentences.NOTHING_TO_STOP.text
    resumed = "`/devin resume` ends a pause. To wake a session, reply in its thread. Nothing was started."
    assert await typed(on, "resume 2") == resumed


async def test_a_bare_pause_asks_where_and_the_press_pauses_there(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageOrgSchedules"])
    await schedule(on, "Nightly dependencies")
    asked = (await on.slack.slash(ADA, WEB, "pause"))["shown"]
    go_on = "No one can start or wake sessions until it's resumed; running ones continue."
    assert written(asked["blocks"]) == f"Pause Devin Bridge in <#{WEB}> or the whole workspace? {go_on}"
    assert buttons(asked) == ["Pause this channel", "Pause whole workspace", "Cancel"]
    assert await rows(on, "pauses") == []
    await on.slack.click(ADA, WEB, asked["ts"], "choose:pause#channel")
    await settled(on)
    assert await what_became_of(on, asked) == (views.paused_channel(WEB, None).text, ["Resume"])
    asked = (await on.slack.slash(ADA, "D0ADA", "pause"))["shown"]
    assert written(asked["blocks"]) == f"Pause Devin Bridge in the whole workspace? {go_on}"
    assert buttons(asked) == ["Pause whole workspace", "Cancel"]
    await on.slack.click(ADA, "D0ADA", asked["ts"], f"answer:{views.QUESTION}:no")
    await settled(on)
    assert await what_became_of(on, asked) == (views.NOT_PAUSED.text, [])
    asked = (await on.slack.slash(ADA, GENERAL, "pause"))["shown"]
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:pause")
    await on.slack.wait_for_ephemeral(ADA, views.schedules_go_on(["Nightly dependencies"]).text)
    assert await what_became_of(on, asked) == (views.paused(0).text, ["Resume"])
    assert re.fullmatch(f"Already paused. {BY_ADA}", await typed(on, "pause"))
    # What is paused where `resume` is typed is resumed first, then the whole workspace.
    assert re.fullmatch(rf"Resumed in <#{WEB}>. {BY_ADA}", await typed(on, "resume", channel=WEB))
    assert await typed(on, "resume", channel=WEB) == views.resumed("", []).text
    await give_role(on.slack, f"administer <#{WEB}> <@{BEN}>")
    asked = (await on.slack.slash(BEN, WEB, "pause"))["shown"]
    assert (written(asked["blocks"]), buttons(asked)) == (
        f"Pause Devin Bridge in <#{WEB}>? {go_on}",
        ["Pause this channel", "Cancel"],
    )
    await on.slack.click(BEN, WEB, asked["ts"], "choose:pause#channel")
    await settled(on)
    assert [(row["channel"], row["paused_by"]) for row in await rows(on, "pauses")] == [(WEB, BEN)]
    assert await typed(on, "resume", BEN, WEB) == views.resumed(WEB, []).text


async def test_home_and_status_say_who_paused_until_it_is_resumed(on: Harness) -> None:
    await typed(on, "pause all")
    assert re.fullmatch(BY_ADA, await typed(on, "status", ANN))
    assert re.search(BY_ADA, written((await opened_home(on, ANN, "ada paused Devin Bridge"))["blocks"]))
    await typed(on, "resume")
    assert await typed(on, "status", ANN) == session_list_sentences.NO_SESSIONS.text


async def test_other_words_for_stop_all_ask_the_same_at_once(on: Harness) -> None:
    await on.started("fix the login test", ANN)
    for words in ("stop all", "stop them all", "stop everything", "stop every session", "pause all my sessions"):
        asked = (await on.slack.slash(ANN, GENERAL, words))["shown"]
        assert written(asked["blocks"]) == "Stop your 1 session? A reply in a thread resumes its session."
        assert buttons(asked) == ["Stop 1", "Keep running"]
    await on.slack.say(ANN, "im", "stop them all")
    assert "Stop your 1 session?" in (await on.slack.wait_for_message("D0ANN", "Stop your"))["rendered"]
    assert await creations(on) == 1


async def test_schedules_that_cannot_be_read_go_on_too(on: Harness) -> None:
    await typed(on, "pause all")  # the key has no right to schedules
    await on.slack.wait_for_ephemeral(ADA, views.SCHEDULES_UNREAD.text)


async def test_schedules_that_go_on_in_devin_are_named(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageOrgSchedules"])
    await schedule(on, "Nightly dependencies")
    await schedule(on, "Old one", enabled=False)
    await typed(on, "pause all")
    await on.slack.wait_for_ephemeral(ADA, views.schedules_go_on(["Nightly dependencies"]).text)


async def confirm(on: Harness, user: str) -> dict[str, Any]:
    await typed(on, "stop all", user)
    return (await on.slack.ephemerals(user=user))[-1]


@pytest.mark.both_transports
async def test_stop_all_stops_everybodys_for_an_admin_and_ones_own_for_the_others(on: Harness) -> None:
    assert await typed(on, "stop all") == stop_sentences.NONE_RUNS.text
    assert await typed(on, "stop all", ANN) == stop_sentences.NOTHING_TO_STOP.text
    of_ann, first = await on.started("fix the login test", ANN)
    of_ben, second = await on.started("fix the other test", BEN)
    _, third = await on.started("fix the third test", ADA)
    await on.devin.set(first, acus_consumed=2.5)

    async def is_known() -> bool:
        return any(row["acus"] == 2.5 for row in await rows(on, "sessions"))

    await until(is_known)
    asked = await confirm(on, ANN)
    assert asked["rendered"] == (
        "Stop your 1 session? So far: 2.5 ACUs. A reply in a thread resumes its session.\nStop 1\nKeep running"
    )
    everybodys = await confirm(on, ADA)
    assert everybodys["rendered"] == (
        "Stop 3 sessions? 3 people started them. So far: 2.5 ACUs. A reply in a thread resumes its session.\n"
        "Stop 3\nStop my 1\nKeep running"
    )
    await on.slack.click(ADA, GENERAL, everybodys["ts"], "choose:stop_all_confirmed")
    await on.wait_for_post(GENERAL, of_ann, f"<@{ANN}> {stop_sentences.stopped('ada').text}")
    await on.wait_for_post(GENERAL, of_ben, f"<@{BEN}> {stop_sentences.stopped('ada').text}")
    await settled(on)
    for session in (first, second, third):
        assert (await on.devin.session(session))["is_archived"] is True
    assert await what_became_of(on, everybodys) == (stop_sentences.stopping_all(3, admin=True).text, [])
    assert [row["after"] for row in await recorded_changes(on)] == [{"of": "all", "sessions": 3}]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:stop_all_confirmed")
    await settled(on)
    assert await what_became_of(on, asked) == (stop_sentences.NOTHING_TO_STOP.text, [])
    assert await private_answers(on, BEN) == []
    assert buttons(asked) == ["Stop 1", "Keep running"]
