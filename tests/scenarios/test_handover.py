"""A session is handed over to somebody else, and people who did not ask for it may be mentioned too."""

import re

import pytest

from bot.domain.notify_choice import NotifyChoice
from bot.domain.roles import Right
from bot.views.announcements import QUESTION
from bot.views.answers import access as access_sentences
from bot.views.answers import handovers
from bot.views.answers import notifications as notification_sentences
from bot.views.answers import session_lists as session_list_sentences
from tests.markup import written
from tests.scenarios.ahead import recorded_changes, rows
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, GUEST, Harness
from tests.scenarios.observations import (
    buttons,
    card_of,
    creations,
    give_role,
    sent_to_devin,
    settled,
    what_became_of,
)
from tests.scenarios.test_roles import ADMINS

HOW = (
    "To hand this session over, send `!give @` and pick the person from Slack's list. "
    "To send this text to Devin, drop the `!`."
)


async def ask(on: Harness, ts: str, session: str, words: str) -> str:
    """The post in which Devin asks something."""
    await on.devin.say(session, words, status_detail="waiting_for_user")
    return str((await on.wait_for_post(GENERAL, ts, words))["rendered"])


async def given(on: Harness, text: str) -> str:
    """What somebody reads who gives a session outside of its thread."""
    before = len(await on.slack.ephemerals(user=ANN))
    await on.slack.slash(ANN, GENERAL, text)
    await settled(on)
    (told,) = (await on.slack.ephemerals(user=ANN))[before:]
    return str(told["rendered"])


@pytest.mark.both_transports
async def test_who_is_given_a_session_is_its_asker_from_then_on(on: Harness) -> None:
    ts, session = await on.started()
    for said, answer in {
        "!give": handovers.WHO.text,
        f"!give <@{ANN}>": handovers.theirs_already(ANN).text,
        f"!give <@{GUEST}>": handovers.cannot_take(GUEST).text,
    }.items():
        await on.slack.say(ANN, GENERAL, said, thread_ts=ts)
        await on.slack.wait_for_ephemeral(ANN, answer)
    await on.slack.say(ADA, GENERAL, f"!give <@{BEN}>", thread_ts=ts)
    told = await on.wait_for_post(GENERAL, ts, f"<@{BEN}>, ada gave you this session from <@{ANN}>.")
    assert told["rendered"].endswith("Devin's questions come to you now.")
    await card_of(on, ts, "Started by ben")
    assert await ask(on, ts, session, "Which branch?") == f"{QUESTION.format(who=f'<@{BEN}>')}\nWhich branch?"
    await settled(on)
    for user, sees in ((ANN, False), (BEN, True)):
        shown = (await on.slack.slash(user, GENERAL, "list"))["shown"]["rendered"]
        assert ("fix the login test" in shown) == sees
    assert await sent_to_devin(on, session) == []
    audit = [(row["action"], row["user"], row["before"], row["after"]) for row in await recorded_changes(on)]
    assert audit == [("give", ADA, {"asker": ANN}, {"asker": BEN})]


async def test_a_name_of_several_words_is_one_person_and_other_words_give_nothing(on: Harness) -> None:
    ts, session = await on.started()
    for said, answer in {
        "!give @Ben Ortiz": handovers.WHO.text,  # typed, so that no id is known
        "!give Ben": HOW,
        f"!give <@{BEN}|Ben Ortiz> the code": HOW,
    }.items():
        await on.slack.say(ANN, GENERAL, said, thread_ts=ts)
        await on.slack.wait_for_ephemeral(ANN, answer)
    await on.slack.say(ANN, GENERAL, f"!give to <@{BEN}|Ben Ortiz> please", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, f"<@{BEN}>, ann gave you this session.")
    assert await sent_to_devin(on, session) == []


async def test_a_session_of_the_list_is_given_by_its_number(on: Harness) -> None:
    for prompt in ("fix the login test", "fix the other test"):
        ts, _ = await on.started(prompt)
    assert await given(on, f"give 1 to <@{BEN}>") == session_list_sentences.no_such_number(1, shown=False).text
    several = await given(on, f"give <@{BEN}>")
    assert several.startswith("You have 2 sessions to give. Which one?\n")
    assert several.count("Give to @ben") == 2
    assert await given(on, "give 1 to @Ben") == handovers.WHO.text
    assert await given(on, f"give 1 <@{GUEST}>") == handovers.cannot_take(GUEST).text
    told = await given(on, f"give 1 to <@{BEN}>")
    assert re.fullmatch(
        f"“.*fix the other test.*” .* is <@{BEN}>'s session now. They've been told in its thread.", told
    )
    await on.wait_for_post(GENERAL, ts, f"<@{BEN}>, ann gave you this session.")
    asked = (await on.slack.slash(ANN, GENERAL, f"hand over 2 to <@{BEN}|ben>"))["shown"]
    assert buttons(asked) == ["Give 2 @ben", "Start a session"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:give")
    await settled(on)
    said, _ = await what_became_of(on, asked)
    assert "fix the login test" in said
    assert [row["requester"] for row in await rows(on, "sessions")] == [BEN, BEN]
    await on.slack.say(BEN, "im", "list")
    await on.slack.wait_for_message("D0BEN", "You have 2 sessions")
    await on.slack.say(BEN, "im", f"give 2 to <@{ANN}>")
    await on.slack.wait_for_message("D0BEN", f"is <@{ANN}>'s session now")
    assert await creations(on) == 2


async def test_in_a_private_channel_it_is_given_only_to_its_members(on: Harness) -> None:
    await on.slack.remove("C0PRIVATE", BEN)
    ts = await on.slack.say(ANN, "C0PRIVATE", f"{BOT} fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(session, status="running", status_detail="working")
    await on.slack.wait_for_message("C0PRIVATE", "Working", thread_ts=ts)
    await on.slack.say(ANN, "C0PRIVATE", f"!give <@{BEN}>", thread_ts=ts)
    told = f"<@{BEN}> isn't in <#C0PRIVATE>. Nothing was changed. Invite them first."
    await on.slack.wait_for_ephemeral(ANN, told)
    await on.slack.say(ANN, "C0PRIVATE", f"!give <@{ADA}>", thread_ts=ts)
    await on.wait_for_post("C0PRIVATE", ts, f"<@{ADA}>, ann gave you this session.")


async def test_who_may_not_write_to_a_session_gives_it_to_nobody(on: Harness) -> None:
    ts, _ = await on.started()
    await give_role(on.slack, f"steer <@{ADA}>")
    await on.slack.say(BEN, GENERAL, f"!give <@{BEN}>", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, access_sentences.role_missing(Right.STEER, [ADA], ADMINS).text)
    assert [row["requester"] for row in await rows(on, "sessions")] == [ANN]


async def test_who_follows_a_session_is_mentioned_too_until_they_unfollow_it(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!follow", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, notification_sentences.notify_set(NotifyChoice.ALL, in_thread=True).text)
    both = f"<@{ANN}> <@{BEN}>"
    asked = await ask(on, ts, session, "Which branch?")
    assert asked == f"{QUESTION.format(who=both)}\nWhich branch?"
    await on.slack.say(BEN, GENERAL, "!unfollow", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, notification_sentences.notify_set(NotifyChoice.OFF, in_thread=True).text)
    await on.slack.say(ANN, GENERAL, "main", thread_ts=ts)
    await on.devin.wait_for_messages("main")
    assert await ask(on, ts, session, "Which test?") == f"{QUESTION.format(who=f'<@{ANN}>')}\nWhich test?"


async def test_who_names_a_person_alone_gives_one_of_several_by_its_button(on: Harness) -> None:
    for prompt in ("fix the login test", "fix the other test"):
        ts, _ = await on.started(prompt)
    asked = (await on.slack.slash(ANN, GENERAL, f"handover <@{BEN}|ben>"))["shown"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:give")
    await settled(on)
    listed, offered = await what_became_of(on, asked)
    assert listed.startswith("You have 2 sessions to give. Which one?")
    assert offered == ["Open in Devin", "Give to @ben"] * 2
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:give", value=f"1 @{BEN}")
    await on.wait_for_post(GENERAL, ts, f"<@{BEN}>, ann gave you this session.")


@pytest.mark.parametrize("words", ["assign it to {}", "please hand this over to {}"])
async def test_a_sentence_in_the_thread_that_hands_it_over_has_a_button(on: Harness, words: str) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, f"{BOT} {words.format(f'<@{BEN}>')}", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "Hand this session over")
    assert written(asked["blocks"]) == f"Hand this session over to <@{BEN}>? Nothing was sent to Devin."
    assert buttons(asked) == ["Hand it over", "Send to Devin"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:give")
    await on.wait_for_post(GENERAL, ts, f"<@{BEN}>, ann gave you this session.")
    assert await sent_to_devin(on, session) == []
