"""Sessions that Devin has already are tied to threads, and untied: nothing is posted twice, only the rest counts."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.store.tables import sessions, spend
from bot.views import dead_ends
from bot.views.answers import access as access_sentences
from bot.views.answers import adoptions as adoption_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import stops as stop_sentences
from tests.markup import written
from tests.scenarios.ahead import rows
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, GUEST, OPS, WEB, Harness
from tests.scenarios.observations import (
    buttons,
    card,
    creations,
    forge,
    give_accounts,
    press,
    private_answers,
    set_budget,
    settled,
    thread_address,
)

TASK = "migrate the billing job"
BEFORE, AFTER = "I've read the job.", "The migration is done."


@pytest.fixture
async def on(on: Harness) -> Harness:
    """A bot at whose Devin Ann and Ben have accounts of their own."""
    await give_accounts(on)
    return on


async def at_devin(on: Harness, **facts: Any) -> str:
    """A session that somebody has begun in Devin's web app, at work; answers its id."""
    facts = {"prompt": TASK, "tags": ["web"], "service_user_id": None, "user_id": "user-ann"} | facts
    (made,) = await on.devin.create_sessions(**facts)
    await on.devin.say(made, BEFORE, status="running", status_detail="working")
    await on.devin.spend(made, 4.0)
    return made


def address(made: str) -> str:
    return f"https://app.devin.ai/sessions/{made.removeprefix('devin-')}"


async def adopted(on: Harness, made: str, user: str = ANN, channel: str = GENERAL) -> str:
    """Tie it to a thread of its own; answers the thread's ts, once the card shows that Devin works."""
    outcome = await on.slack.slash(user, channel, f"adopt {address(made)}")
    assert outcome["shown"] is None
    return str((await on.slack.wait_for_message(channel, "Working"))["ts"])


async def refused(on: Harness, which: str, user: str = ANN, channel: str = GENERAL) -> str:
    """What somebody reads who may not have it followed."""
    await on.slack.slash(user, channel, f"adopt {which}")
    await settled(on)
    return (await private_answers(on, user))[-1]


async def spent(on: Harness) -> float:
    async with on.store.read() as tx:
        return sum(row.acus for row in await tx.execute(select(spend.c.acus)))


async def test_a_session_of_the_web_app_is_followed_from_now_on(on: Harness) -> None:
    made = await at_devin(on)
    ts = await adopted(on, made)
    assert (await on.devin.session(made))["tags"] == ["web", "devin-bridge"]
    await on.devin.spend(made, 1.5)
    await on.devin.say(made, AFTER)
    await on.wait_for_post(GENERAL, ts, AFTER)
    await on.slack.say(BEN, GENERAL, "and the tests?", thread_ts=ts)
    await on.devin.wait_for_messages("and the tests?")
    await settled(on)
    words = [one["rendered"] for one in await on.slack.messages(GENERAL, thread_ts=ts)]
    assert not any(word.startswith(BEFORE) for word in words), "what was said before is not posted"
    assert await spent(on) == 1.5
    assert not await private_answers(on, ANN), "the card says it all"


async def test_one_that_fails_is_not_tried_again_as_its_task_is_at_devin_alone(on: Harness) -> None:
    made = await at_devin(on)
    ts = await adopted(on, made)
    await on.devin.set(made, status="error", status_detail=None)
    post = await on.wait_for_post(GENERAL, ts, "Failed")
    await settled(on)
    assert buttons(post) == ["Start a follow-up", "Open in Devin"]
    assert buttons(await card(on, ts)) == ["Start a follow-up", "Open in Devin"]
    (stored,) = await rows(on, "sessions")
    await forge(on, "interactive", press(BEN, GENERAL, "try_again", stored["id"]))
    await on.slack.wait_for_ephemeral(BEN, dead_ends.TASK_NOT_KEPT.text)


async def test_in_a_thread_it_is_tied_to_that_thread(on: Harness) -> None:
    made, other = await at_devin(on), await at_devin(on, prompt="rotate the keys")
    root = await on.slack.say(BEN, WEB, "Devin is at the billing job")
    await on.slack.say(ANN, WEB, f"{BOT} adopt <{address(made)}>", thread_ts=root)
    await on.slack.wait_for_message(WEB, "Working", thread_ts=root)
    await on.devin.say(made, AFTER)
    await on.wait_for_post(WEB, root, AFTER)
    await on.slack.say(ANN, WEB, f"!adopt {other}", thread_ts=root)
    await on.slack.wait_for_ephemeral(ANN, adoption_sentences.THREAD_TAKEN.text, channel=WEB)


async def test_who_may_see_its_thread_gets_a_link_to_it(on: Harness) -> None:
    made = await at_devin(on)
    ts = await adopted(on, made)
    seen = adoption_sentences.taken(thread_address(GENERAL, ts)).text
    assert await refused(on, address(made), BEN) == seen


async def test_what_cannot_be_followed_is_answered_and_begins_nothing(on: Harness) -> None:
    ended, archived = await at_devin(on), await at_devin(on)
    await on.devin.terminate(ended)
    await on.devin.archive(archived)
    assert await refused(on, ended) == adoption_sentences.OVER.text
    assert await refused(on, archived) == adoption_sentences.ARCHIVED.text
    assert await refused(on, "devin-0123456789abcdef0123456789abcdef") == adoption_sentences.GONE.text
    assert (await on.slack.slash(ANN, GENERAL, "adopt"))["shown"]["rendered"] == adoption_sentences.NO_ADDRESS.text
    shown = await on.slack.slash(GUEST, GENERAL, f"adopt {ended}")
    assert shown["shown"]["rendered"] == access_sentences.GUEST_REFUSED.text
    async with on.store.read() as tx:
        assert (await tx.execute(select(sessions.c.id))).first() is None


async def test_without_the_tag_it_is_followed_by_its_id(on: Harness) -> None:
    made = await at_devin(on)
    await on.devin.switch(tags_refused=True)
    ts = await adopted(on, made)
    assert (await on.devin.session(made))["tags"] == ["web"]
    await on.devin.say(made, AFTER)
    await on.wait_for_post(GENERAL, ts, AFTER)


async def test_untied_nothing_is_relayed_until_it_is_tied_again(on: Harness) -> None:
    made = await at_devin(on)
    ts = await adopted(on, made)
    await on.slack.say(ADA, GENERAL, "!unsync", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ADA, "Unlink it from this thread? The session keeps running.")
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:unsync_confirmed")
    await on.slack.wait_for_message(GENERAL, "Unlinked by ada.", thread_ts=ts)
    await on.slack.wait_for_message(
        GENERAL, "No longer linked to this thread. To link it again, send `!adopt` and the session link."
    )
    await on.devin.say(made, "Half of it is done.")
    await on.slack.say(BEN, GENERAL, "how far is it?", thread_ts=ts)
    await on.slack.wait_for_ephemeral(BEN, reply_sentences.SESSION_UNFOLLOWED.text)
    await settled(on)
    assert "how far" not in str(await on.devin.session(made))
    await on.slack.say(ANN, GENERAL, f"!adopt {address(made)}", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts)
    await on.devin.say(made, AFTER)
    await on.wait_for_post(GENERAL, ts, AFTER)
    words = [one["rendered"] for one in await on.slack.messages(GENERAL, thread_ts=ts)]
    assert not any(word.startswith("Half of it") for word in words)


async def test_a_session_that_was_started_here_is_untied_and_never_ended_for_it(on: Harness) -> None:
    ts, made = await on.started()
    await on.slack.say(ANN, GENERAL, "!unsync", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Unlinked by ann.", thread_ts=ts)
    again = await adopted(on, made, channel=OPS)
    await on.devin.say(made, AFTER)
    await on.wait_for_post(OPS, again, AFTER)
    assert (await on.devin.session(made))["status"] == "running"


@pytest.mark.timing(alarm_watch=0.2, budgets=0.2, figures_interval=0.0)
async def test_budgets_and_the_runaway_watch_hold_for_it_as_for_any_other(on: Harness) -> None:
    await on.stop()
    on.environment["BOT_ADMIN_CHANNEL"] = OPS
    await on.start()
    await set_budget(on.slack, "each-person 10 a day")
    made = await at_devin(on, title=TASK)
    await adopted(on, made)
    await on.slack.slash(ANN, GENERAL, "fix another test")
    assert (await on.session("fix another test"))["request"]["max_acu_limit"] == 4  # beside 6 of the usual 10
    await on.devin.spend(made, 8.5)
    await on.slack.wait_for_message(OPS, "85% of ann's budget is used: 8.5 of 10 ACUs today.")
    await on.slack.wait_for_message(OPS, "8.5 ACUs since its last message or pull request.")
    await on.devin.spend(made, 2.0)
    crossed = await on.slack.wait_for_message(OPS, "Ann's budget is used up: 10.5 of 10 ACUs today")
    assert "These have no ACU limit and can use more:" in crossed["rendered"]
    assert "budget is used up" in await refused(on, address(await at_devin(on, prompt="another task")))
    await on.slack.click(ADA, OPS, crossed["ts"], "stop_uncapped")
    await on.slack.wait_for_ephemeral(ADA, "Stopping")
    await on.slack.wait_for_message(GENERAL, "Stopped by ada.")


@pytest.mark.parametrize("says", [None, "One moment, it goes on."])
async def test_no_adopted_session_passes_the_most_that_any_may_use(on: Harness, says: str | None) -> None:
    await on.stop()
    on.environment["BOT_SESSION_ACUS_MAX"] = "12"
    await on.start()
    made = await at_devin(on)
    ts = await adopted(on, made)
    await on.devin.spend(made, 7.9)
    await settled(on)
    assert not (await on.devin.session(made))["is_archived"]
    await on.devin.spend(made, 0.2)
    if says is not None:  # so that it is no change of figures alone
        await on.devin.say(made, says, status="running", status_detail="working")
    stop = await on.wait_for_post(GENERAL, ts, "Stopped")
    await settled(on)
    assert stop["rendered"].startswith(f"<@{ANN}> {stop_sentences.stopped('', spent=True).text}")
    assert buttons(stop) == ["Start a follow-up"]
    assert (await on.devin.session(made))["is_archived"]
    shown = await card(on, ts)
    assert "Stopped. Out of ACUs." in written(shown["blocks"])
    # Whoever wakes it in Devin has it stopped again, and no reply wakes it.
    await on.slack.say(ANN, GENERAL, "also mend its tests", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, reply_sentences.OUT_OF_ACUS_FOR_LONG.text)
    assert await on.devin.log("send_message") == []
    await on.devin.set(made, is_archived=False, status="running", status_detail="working")
    await on.devin.spend(made, 0.1)
    await on.devin.wait_for_calls("archive", 2)


async def test_one_that_is_past_the_most_already_is_not_linked_and_runs_on(on: Harness) -> None:
    await on.stop()
    on.environment["BOT_SESSION_ACUS_MAX"] = "3"
    await on.start()
    made = await at_devin(on)
    assert await refused(on, address(made)) == (
        "Not linked: this session has used 4 ACUs, and Devin Bridge stops any session at 3 ACUs. "
        "Write to it in Devin, or start a new one with `/devin`."
    )
    assert not await rows(on, "sessions")
    assert await on.devin.log("archive") == []


async def test_a_link_behind_the_word_link_is_no_task_either(on: Harness) -> None:
    asked = (await on.slack.slash(ANN, GENERAL, f"link {address(await at_devin(on))}"))["shown"]
    assert written(asked["blocks"]) == "`link` isn't a command here, but `adopt` is. Nothing was started."
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:adopt")
    await on.slack.wait_for_message(GENERAL, "Working")
    assert await creations(on) == 0


async def test_an_address_alone_is_no_task_and_offers_to_follow_its_session(on: Harness) -> None:
    asked = (await on.slack.slash(ANN, GENERAL, address(await at_devin(on))))["shown"]
    assert written(asked["blocks"]) == "That's a link to a Devin session. Nothing was started."
    assert buttons(asked) == ["Link it here", "Start a session"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:adopt")
    await on.slack.wait_for_message(GENERAL, "Working")
    assert await creations(on) == 0


async def test_an_address_behind_a_mention_or_in_a_direct_message_starts_nothing(on: Harness) -> None:
    made = await at_devin(on)
    await on.mention(f"<{address(made)}>", ANN)
    await on.slack.say(ANN, "im", f"<{address(made)}>")
    await settled(on)
    answers = [text for text in await private_answers(on, ANN) if "a link to a Devin session" in text]
    assert answers
    assert await creations(on) == 0


async def test_of_two_people_with_one_user_at_devin_neither_brings_its_sessions_here(on: Harness) -> None:
    await on.slack.slash(ADA, GENERAL, f"identity set <@{BEN}> user-ann")
    await on.slack.wait_for_ephemeral(ADA, "now run as")
    made = await at_devin(on)
    for user, channel in ((ANN, GENERAL), (BEN, WEB)):
        assert await refused(on, address(made), user, channel) == adoption_sentences.NOT_YOURS.text
    assert not await rows(on, "sessions")
