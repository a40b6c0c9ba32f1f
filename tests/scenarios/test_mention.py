"""A mention starts a session; its thread carries the conversation both ways."""

import pytest

from bot.views.announcements import QUESTION
from bot.views.answers import starts as start_sentences
from tests.for_devin import as_sent, asked_in_slack
from tests.said import ASKED_BY
from tests.scenarios.harness import ANN, BEN, BOT, GENERAL, WEB, Harness
from tests.scenarios.observations import buttons, creations, private_answers, reactions, sent_to_devin, settled

ABOUT = "You mentioned Devin Bridge. Nothing was started. Should Devin work on this?"


@pytest.mark.both_transports
async def test_a_mention_starts_one_session_in_its_thread(on: Harness) -> None:
    ts = await on.mention("fix the flaky login test repo=acme/web")
    made = await on.session("flaky login test")
    card = await on.slack.wait_for_message(GENERAL, "fix the flaky login test", thread_ts=ts)
    assert made["request"]["repos"] == ["acme/web"]
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{ts}"]
    assert made["prompt"] == (f"fix the flaky login test\n\n{asked_in_slack('ann', f'slack-T0PLAY-{GENERAL}-{ts}')}")
    assert "Started by ann · acme/web" in card["rendered"]
    assert len(await on.devin.sessions()) == 1


@pytest.mark.both_transports
async def test_a_reply_reaches_devin_once_with_its_sender(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    said = [m["message"] for m in (await on.devin.session(session))["messages"] if m["source"] == "user"]
    assert said[1:] == [as_sent(reply, "ben", "please use pytest")]
    eyes = await on.slack.wait("messages", channel=GENERAL, ts=reply)
    assert eyes


async def test_devins_words_appear_in_the_thread_in_order(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "I looked at **the test**.")
    await on.devin.say(session, "It races with the clock.")
    await on.wait_for_post(GENERAL, ts, "races")
    assert await on.thread(GENERAL, ts) == ["I looked at **the test**.", "It races with the clock."]


@pytest.mark.both_transports
async def test_a_question_mentions_the_person_who_asked(on: Harness) -> None:
    ts, session = await on.started(user=ANN)
    await on.devin.say(session, "Which branch?", status_detail="waiting_for_user")
    post = await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts)
    assert await on.thread(GENERAL, ts) == [f"{QUESTION.format(who='<@U0ANN>')}\nWhich branch?"]
    assert post["text"] == "fix the login test: Which branch?"


async def test_a_mention_without_a_task_starts_nothing_and_says_how(on: Harness) -> None:
    await on.mention("")
    said = await on.slack.wait_for_ephemeral(ANN)
    await settled(on)
    assert said["rendered"] == start_sentences.EMPTY_PROMPT.text
    assert await creations(on) == 0


@pytest.mark.both_transports
async def test_a_mention_without_a_task_that_is_edited_to_have_one_starts_once(on: Harness) -> None:
    ts = await on.mention("")
    await on.slack.wait_for_ephemeral(ANN, start_sentences.EMPTY_PROMPT.text)
    await settled(on)
    await on.slack.redeliver(type="app_mention", ts=ts)
    for text in ("fix the login test", "fix the login test, please"):
        await on.slack.edit(ANN, GENERAL, ts, f"{BOT} {text}")
        await on.session("fix the login test")
        await settled(on)
    assert await creations(on) == 1
    assert await private_answers(on, ANN) == [start_sentences.EMPTY_PROMPT.text]


async def test_devin_reads_names_links_and_signs_as_people_do(on: Harness) -> None:
    await on.mention(
        "fix what <@U0BEN> saw in <#C0WEB|web>, see <https://acme.example/a?b=1&amp;c=2|the page> &lt;now&gt;"
    )
    made = await on.session("the page")
    assert (
        made["prompt"].splitlines()[0]
        == "fix what @ben saw in #web, see the page (https://acme.example/a?b=1&c=2) <now>"
    )


async def test_eyes_mean_understood_and_only_what_started_it_gets_a_mark_at_the_end(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    await on.devin.set(session, status="running", status_detail="finished")
    await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts)
    await settled(on)
    marks = {one["ts"]: one.get("reactions", []) for one in await on.slack.messages(GENERAL, thread_ts=ts)}
    assert [mark["name"] for mark in marks[ts]] == ["white_check_mark"]
    assert [mark["name"] for mark in marks[reply]] == ["eyes"]


async def test_two_mentions_start_two_sessions_in_two_threads(on: Harness) -> None:
    first, second = await on.mention("fix the login test"), await on.mention("fix the logout test", BEN, WEB)
    one, two = await on.session("login test"), await on.session("logout test")
    assert one["tags"][1] == f"slack-T0PLAY-{GENERAL}-{first}"
    assert two["tags"][1] == f"slack-T0PLAY-{WEB}-{second}"
    assert two["prompt"].endswith(asked_in_slack("ben", f"slack-T0PLAY-{WEB}-{second}"))


async def test_nobody_is_called_by_what_devin_writes(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Ping <!channel>, @here, @everyone, <@U0BEN> and <!subteam^S1>: ready.")
    post = await on.wait_for_post(GENERAL, ts, "ready.")
    for seen in (post["text"], post["blocks"][0]["text"]):
        assert not any(armed in seen for armed in ("<!channel", "@here", "@everyone", "<@U0BEN", "<!subteam"))


async def test_what_devin_links_leads_where_it_says(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "Sign in at [https://a.com](https://evil.com), or [here](slack://x)\u202e: ready.")
    post = await on.wait_for_post(GENERAL, ts, "ready.")
    assert post["blocks"][0]["text"] == "Sign in at <https://evil.com>, or here (`slack://x`): ready."


async def test_nobody_is_called_by_a_prompt_on_its_card(on: Harness) -> None:
    ts = await on.mention("write <!channel> and <!here> into the mail template")
    shown = await on.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts)
    assert "<!" not in shown["text"]
    assert "@channel" not in shown["text"]
    assert "into the mail template" in shown["text"]


async def test_a_mention_in_a_private_channel_works_like_any_other(on: Harness) -> None:
    ts = await on.mention("fix the login test", ANN, "C0PRIVATE")
    await on.session("fix the login test")
    await on.slack.wait_for_message("C0PRIVATE", "Started by ann", thread_ts=ts)


@pytest.mark.both_transports
async def test_a_command_alone_behind_a_mention_is_a_command(on: Harness) -> None:
    _, session = await on.started()
    for text, answer in (
        ("help", "*Devin Bridge* starts Devin sessions"),
        ("list", "You have 1 session:"),
        ("status", "You have 1 session:"),
        ("usage", "Only admins can see usage figures"),
    ):
        before = len(await on.slack.ephemerals(user=ANN, text=answer))
        await on.mention(text)
        await on.slack.wait("ephemerals", before + 1, user=ANN, text=answer)
    await on.mention("stop")
    await on.slack.wait_for_ephemeral(ANN, text="Stopping “")
    await on.devin.wait_for_sessions("fix the login test", is_archived=True)
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


async def test_a_command_behind_a_mention_in_a_thread_is_about_its_session(on: Harness) -> None:
    await on.started("update the docs")
    ts, session = await on.started()
    await on.mention("stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=ts)
    await settled(on)
    assert [made["session_id"] for made in await on.devin.sessions() if made["is_archived"]] == [session]
    assert await sent_to_devin(on, session) == []


async def test_without_a_mention_the_same_word_in_a_thread_is_about_its_session_and_may_be_sent(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "usage", thread_ts=ts)
    told = await on.slack.wait_for_ephemeral(BEN, "ACUs")
    assert buttons(told) == ["Send to Devin"]
    assert await sent_to_devin(on, session) == []
    await on.slack.click(BEN, GENERAL, told["ts"], "answer:command:as_reply")
    await on.devin.wait_for_messages("(U0BEN):\n> usage")
    assert await sent_to_devin(on, session) == [as_sent(reply, "ben", "usage")]


async def test_small_talk_behind_a_mention_starts_nothing_and_gets_a_reaction_each_time(on: Harness) -> None:
    thanks = await on.mention("thanks a lot!")
    await on.slack.wait_for_ephemeral(ANN, text=start_sentences.THANKED.text)
    hello = await on.mention("hello :wave:")  # gets no answer of its own so soon
    await settled(on)
    assert await private_answers(on, ANN) == [start_sentences.THANKED.text]
    assert (await reactions(on, thanks), await reactions(on, hello)) == (["pray"], ["wave"])
    assert await creations(on) == 0


@pytest.mark.both_transports
async def test_who_speaks_about_the_bot_is_asked_and_the_prompt_keeps_its_name(on: Harness) -> None:
    said = f"Hi all, {BOT} can fix the flaky login test for us"
    ts = await on.slack.say(ANN, GENERAL, said)
    asked = await on.slack.wait_for_ephemeral(ANN, ABOUT)
    assert buttons(asked) == ["Start a session", "No"]
    await settled(on)
    assert await creations(on) == 0
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:command:as_task")
    made = await on.session("can fix the flaky login test")
    assert made["prompt"].splitlines()[0] == "Hi all, @devin_bridge can fix the flaky login test for us"
    await on.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts)
    assert await creations(on) == 1


async def test_who_speaks_about_the_bot_and_says_no_is_left_alone(on: Harness) -> None:
    await on.slack.say(ANN, GENERAL, f"let's not use {BOT} to fix the login test")
    asked = await on.slack.wait_for_ephemeral(ANN, ABOUT)
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:command:no")
    await on.slack.wait_for_ephemeral(ANN, start_sentences.START_CANCELLED.text)
    await settled(on)
    assert await creations(on) == 0


async def test_a_message_to_somebody_else_is_no_business_of_the_bot(on: Harness) -> None:
    await on.slack.say(ANN, GENERAL, f"<@{BEN}> could {BOT} fix the login test?")
    await on.slack.say(ANN, GENERAL, f"<@{BEN}> you can fix the login test with {BOT}")
    await settled(on)
    assert (await private_answers(on, ANN), await creations(on)) == ([], 0)


@pytest.mark.parametrize(
    "said",
    ["{bot} fix the login test", "Hey {bot}, fix the login test", "fix the login test, {bot}"],
)
async def test_who_is_spoken_to_starts(on: Harness, said: str) -> None:
    await on.slack.say(ANN, GENERAL, said.replace("{bot}", BOT))
    made = await on.session("fix the login test")
    assert "@devin_bridge" not in made["prompt"]
