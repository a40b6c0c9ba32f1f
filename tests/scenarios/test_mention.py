"""A mention starts a session; its thread carries the conversation both ways."""

from tests.scenarios.stage import ANN, BEN, GENERAL, Stage


async def test_a_mention_starts_one_session_in_its_thread(on: Stage) -> None:
    ts = await on.mention("fix the flaky login test repo=acme/web")
    made = await on.session("flaky login test")
    card = await on.slack.wait_for_message(GENERAL, "fix the flaky login test", thread_ts=ts)
    assert made["request"]["repos"] == ["acme/web"]
    assert made["tags"] == ["devin-bridge", f"slack-T0PLAY-{GENERAL}-{ts}"]
    assert made["prompt"] == (
        "fix the flaky login test\n\n"
        f"Asked in Slack by ann. Reference: slack-T0PLAY-{GENERAL}-{ts}"
    )
    assert "Asked by <@U0ANN> · repo acme/web" in card["rendered"]
    assert len(await on.devin.sessions()) == 1


async def test_a_reply_reaches_devin_once_with_its_sender(on: Stage) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest")
    said = [m["message"] for m in (await on.devin.session(session))["messages"] if m["source"] == "user"]
    assert said[1:] == [f"[Slack {reply}] ben:\nplease use pytest"]
    eyes = await on.slack.wait("messages", channel=GENERAL, ts=reply)
    assert eyes


async def test_devins_words_appear_in_the_thread_in_order(on: Stage) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "I looked at **the test**.")
    await on.devin.say(session, "It races with the clock.")
    await on.slack.wait_for_message(GENERAL, "races", thread_ts=ts)
    assert await on.thread(GENERAL, ts) == ["I looked at **the test**.", "It races with the clock."]


async def test_a_question_mentions_the_person_who_asked(on: Stage) -> None:
    ts, session = await on.started(user=ANN)
    await on.devin.say(session, "Which branch?")
    await on.devin.set(session, status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "waits for your answer", thread_ts=ts)
    assert await on.thread(GENERAL, ts) == [
        "Which branch?",
        ":speech_balloon: <@U0ANN>, Devin waits for your answer: reply in this thread and it goes on.",
    ]
