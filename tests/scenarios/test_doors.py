"""Who may bring what where: sessions of others, threads of others, approvals of words that were edited since."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.domain.settings_values import Scope, Setting
from bot.playground.slack.world import OTHER_BOT
from bot.store import settings, tables
from bot.views.answers import adoptions as adoption_sentences
from bot.views.answers import starts as start_sentences
from bot.views.modals import launch as launch_sentences
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, OPS, WEB, Harness
from tests.scenarios.observations import (
    buttons,
    creations,
    forge,
    give_accounts,
    press,
    private_answers,
    set_budget,
    settled,
)
from tests.scenarios.short_waits import AWAY
from tests.scenarios.test_adopt import AFTER, address, adopted, at_devin, refused
from tests.scenarios.test_alert_brake import post as post_alert
from tests.scenarios.test_fan_out import PROMPT, enterprise
from tests.scenarios.test_fan_out import begun as begin_fan_out
from tests.scenarios.test_launch_form import opened, send
from tests.scenarios.test_picked import form_on
from tests.scenarios.test_schedule_form import opened as opened_schedule
from tests.scenarios.test_schedule_form import send as send_schedule

TITLE = "salaries of the team"
SECRET = "C0SECRET"


@pytest.fixture
async def on(on: Harness) -> Harness:
    """A bot at whose Devin Ann and Ben have accounts of their own."""
    await give_accounts(on)
    return on


async def of_ann(on: Harness, **facts: Any) -> str:
    return await at_devin(on, **{"prompt": TITLE, "title": TITLE, "user_id": "user-ann"} | facts)


@pytest.mark.both_transports
async def test_nobody_links_a_session_that_somebody_else_started_in_devin(on: Harness) -> None:
    made = await of_ann(on)
    assert await refused(on, address(made), BEN) == adoption_sentences.NOT_YOURS.text
    by_schedule = await of_ann(on, user_id=None, service_user_id="service-other")
    assert await refused(on, address(by_schedule), BEN) == adoption_sentences.NOT_YOURS.text
    assert await refused(on, address(await of_ann(on, user_id=None)), BEN) == adoption_sentences.NOT_YOURS.text
    assert TITLE not in str(await on.slack.messages(GENERAL))
    assert not await rows(on, "sessions")


async def test_an_admin_reads_whose_session_it_is_and_its_maker_reads_who_linked_it(on: Harness) -> None:
    await adopted(on, await of_ann(on, title="my own"), ANN, WEB)  # so that the bot knows Ann's account
    made = await of_ann(on)
    root = await on.slack.say(BEN, GENERAL, "what about the billing job?")
    await on.slack.say(ADA, GENERAL, f"{BOT} adopt <{address(made)}>", thread_ts=root)
    asked = await on.slack.wait_for_ephemeral(ADA, "Everyone here will see it")
    question = f"Link “{TITLE}” here? <@{ANN}> started it in Devin. Everyone here will see it and can steer it."
    assert asked["text"] == question
    assert buttons(asked) == ["Link it here", "Cancel"]
    await settled(on)
    assert len(await rows(on, "sessions")) == 1
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:adopt_confirmed")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=root)
    told = await on.slack.wait_for_message("D0ANN", "linked your Devin session")
    assert told["rendered"] == (
        f":link: ada linked your Devin session <{address(made)}|{TITLE}> to <#{GENERAL}>. "
        "People there can now read and steer it. `!unsync` in its thread unlinks it."
    )


async def test_a_session_of_a_private_channel_is_linked_in_no_other(on: Harness) -> None:
    await secret_channel(on, ANN, ADA)
    ts, made = await on.started("fix the login test", ANN, SECRET)
    await on.slack.say(ANN, SECRET, "!unsync", thread_ts=ts)
    await on.slack.wait_for_message(SECRET, "Unlinked by ann.", thread_ts=ts)
    for user in (ANN, BEN, ADA):
        await refused(on, made, user)
        assert adoption_sentences.STAYS_PRIVATE.text in await private_answers(on, user)
    await on.slack.say(ANN, SECRET, f"!adopt {made}", thread_ts=ts)
    await on.slack.wait_for_message(SECRET, "Working", thread_ts=ts)
    await on.devin.say(made, AFTER)
    await on.wait_for_post(SECRET, ts, AFTER)


async def test_a_session_of_a_direct_message_is_linked_in_no_other_place(on: Harness) -> None:
    ts = await on.slack.say(ANN, "D0ANN", "fix the login test")
    made = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(made, status="running", status_detail="working")
    await on.slack.wait_for_message("D0ANN", "Working", thread_ts=ts)
    await on.slack.say(ANN, "D0ANN", "!unsync", thread_ts=ts)
    await on.slack.wait_for_message("D0ANN", "Unlinked by ann.", thread_ts=ts)
    for user in (ANN, BEN, ADA):
        await refused(on, made, user)
        assert adoption_sentences.STAYS_PRIVATE.text in await private_answers(on, user)


async def test_who_may_steer_a_session_links_it_again_where_it_was(on: Harness) -> None:
    ts, made = await on.started()
    await on.slack.say(ANN, GENERAL, "!unsync", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Unlinked by ann.", thread_ts=ts)
    assert await refused(on, made, BEN, WEB) == adoption_sentences.NOT_YOURS.text
    await on.slack.say(BEN, GENERAL, f"!adopt {made}", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts)
    assert not [text for text in await private_answers(on, BEN) if text == adoption_sentences.STAYS_PRIVATE.text]


async def secret_channel(on: Harness, *members: str) -> None:
    await on.slack.put_channel(SECRET, name="secret", kind="group", members=[*members, "U0BOT"])


@pytest.mark.both_transports
async def test_what_was_written_in_a_private_channel_goes_on_in_no_other(on: Harness) -> None:
    await secret_channel(on, ANN)
    root = await on.slack.say(ANN, SECRET, "The salaries: ada 250k.")
    form = await form_on(on, root, SECRET)
    assert (await send(on, form, task="fix the login test", channel=GENERAL))["closed"] is True
    await on.slack.wait_for_message("D0ANN", launch_sentences.stays_private(SECRET).text)
    await settled(on)
    assert await creations(on) == 0
    form = await form_on(on, root, SECRET)
    assert (await send(on, form, task="fix the login test", channel=SECRET))["closed"] is True
    made = await on.session("fix the login test")
    assert "ada 250k" in made["prompt"]


async def test_a_new_session_about_one_of_a_private_channel_stays_there(on: Harness) -> None:
    await secret_channel(on, ANN)
    ts, _ = await on.started("fix the login test", ANN, SECRET)
    await on.slack.say(ANN, SECRET, "!archive", thread_ts=ts)
    post = await on.wait_for_post(SECRET, ts, "Archived by ann")
    await on.slack.click(ANN, SECRET, post["ts"], "open_form")
    assert (await send(on, await opened(on), task="fix it again", channel=GENERAL))["closed"] is True
    await on.slack.wait_for_message("D0ANN", launch_sentences.stays_private(SECRET).text)
    await settled(on)
    assert await creations(on) == 1


async def test_who_has_left_a_private_channel_goes_on_with_the_stored_task_alone(on: Harness) -> None:
    await secret_channel(on, ANN, BEN)
    ts, session = await on.started("fix the login test", ANN, SECRET)
    await on.slack.say(BEN, SECRET, "(aside) the salaries: ada 250k.", thread_ts=ts)
    await on.slack.say(BEN, SECRET, "also look at the salaries file of ada", thread_ts=ts)
    await on.devin.wait_for_messages("salaries file")
    await on.devin.say(session, "I can't.", status="error", status_detail=None)
    post = await on.wait_for_post(SECRET, ts, "I can't.")
    await settled(on)
    await on.devin.fault("create_session", "503", **AWAY)
    await on.slack.click(ANN, SECRET, post["ts"], "try_again")
    await on.devin.wait_for_calls("create_session", 2)
    await on.slack.put_channel(SECRET, members=[BEN, "U0BOT"])
    await on.devin.clear_faults()
    (_, again) = await on.devin.wait_for_sessions("fix the login test", count=2)
    assert "salaries" not in again["prompt"]
    await on.wait_for_post(SECRET, ts, start_sentences.THREAD_NOT_READ.text)


@pytest.mark.timing(channel_known=0.05)
async def test_what_became_private_goes_on_in_no_other_channel_whoever_tries_it_again(on: Harness) -> None:
    root = await on.slack.say(ANN, WEB, "the login test is red")
    form = await form_on(on, root, WEB)
    assert (await send(on, form, task="fix the login test", channel=GENERAL))["closed"] is True
    made = await on.session("fix the login test")
    assert "the login test is red" in made["prompt"]
    card = await on.slack.wait_for_message(GENERAL, "Started by ann")
    await on.slack.put_channel(WEB, kind="group", members=[ANN, "U0BOT"])
    await on.slack.say(ANN, WEB, "(aside) the salaries: ada 250k.", thread_ts=root)
    for number, user in enumerate((BEN, ANN), start=2):
        await on.devin.say(made["session_id"], f"Failure {number}", status="error", status_detail=None)
        post = await on.wait_for_post(GENERAL, card["ts"], f"Failure {number}")
        await settled(on)
        await on.slack.click(user, GENERAL, post["ts"], "try_again")
        *_, made = await on.devin.wait_for_sessions("fix the login test", count=number)
        assert "salaries" not in made["prompt"]
        assert "the login test is red" not in made["prompt"]


@pytest.mark.parametrize("left", [BEN, ANN], ids=["no member", "has left"])
async def test_who_is_no_member_of_a_private_channel_takes_nothing_out_of_it(on: Harness, left: str) -> None:
    """By whichever button or command, pressed there or, forged, in another channel."""
    await secret_channel(on, ANN)
    ts = await on.mention("fix the login test acu=10", ANN, SECRET)
    session = (await on.session("fix the login test"))["session_id"]
    await on.slack.say(ANN, SECRET, "(aside) the salaries: ada 250k.", thread_ts=ts)
    await on.devin.say(session, "The salaries are in a file.")
    await on.devin.spend(session, 10)
    await on.devin.set(session, status="suspended", status_detail="usage_limit_exceeded")
    await on.wait_for_post(SECRET, ts, "Out of ACUs")
    await settled(on)
    await on.slack.put_channel(SECRET, members=["U0BOT"])
    (stored,) = await rows(on, "sessions")
    for channel in (GENERAL, WEB, f"D0{left[2:]}"):
        for action in ("continue_session", "try_again", "choose:adopt_confirmed"):
            await forge(on, "interactive", press(left, channel, action, stored["id"]))
        await forge(on, "interactive", press(left, channel, "open_form", f"launch {stored['id']}"))
        await settled(on)
    for form in await on.slack.views(user=left, open=True):
        assert TITLE not in str(form)
        assert "login test" not in str(form)
        await on.slack.close_view(left, form["id"])
    await on.slack.slash(left, GENERAL, f"adopt {session}")
    await on.slack.say(left, GENERAL, f"{BOT} !new look at the salaries of {session}")
    await settled(on)
    for place in (GENERAL, WEB, "D0ANN", "D0BEN"):
        assert "salaries are in" not in str(await on.slack.messages(place))
    assert not [one for one in await on.devin.sessions() if "250k" in one["prompt"] or "in a file" in one["prompt"]]


async def test_a_start_in_a_private_channel_that_waited_reads_no_thread_for_who_left_meanwhile(on: Harness) -> None:
    await secret_channel(on, ANN, BEN)
    root = await on.slack.say(BEN, SECRET, "the login test is red")
    await on.devin.fault("create_session", "503", **AWAY)
    await on.mention("fix the login test", ANN, SECRET, thread_ts=root)
    await on.devin.wait_for_calls("create_session", 1)
    await on.slack.put_channel(SECRET, members=[BEN, "U0BOT"])
    await on.slack.say(BEN, SECRET, "(aside) the salaries: ada 250k.", thread_ts=root)
    await on.devin.clear_faults()
    made = await on.session("fix the login test")
    assert "red" not in made["prompt"]
    await on.wait_for_post(SECRET, root, start_sentences.THREAD_NOT_READ.text)


async def test_a_form_of_who_was_removed_from_the_channel_meanwhile_starts_nothing(on: Harness) -> None:
    await secret_channel(on, ANN)
    root = await on.slack.say(ANN, SECRET, "The salaries: ada 250k.")
    form = await form_on(on, root, SECRET)
    await on.slack.put_channel(SECRET, members=["U0BOT"])
    assert (await send(on, form, task="fix the login test", channel=SECRET))["closed"] is True
    await on.slack.wait_for_message(
        "D0ANN", f"Nothing was started: you aren't in <#{SECRET}>. Join it, then try again."
    )
    await settled(on)
    assert await creations(on) == 0


@pytest.mark.both_transports
async def test_no_session_passes_the_most_that_any_may_use(on: Harness) -> None:
    await on.stop()
    on.environment |= {"BOT_SESSION_ACUS": "5", "BOT_SESSION_ACUS_MAX": "12"}
    await on.start()
    ts = await on.mention("fix the login test acu=500", ADA)
    made = await on.session("fix the login test")
    assert made["request"]["max_acu_limit"] == 12
    less = "You asked for 500 ACUs. No session here can use more than 12 ACUs."
    await on.slack.wait_for_ephemeral(ADA, less)
    await on.devin.spend(made["session_id"], 12)
    await on.devin.set(made["session_id"], status="suspended", status_detail="usage_limit_exceeded")
    post = await on.wait_for_post(GENERAL, ts, "Out of ACUs")
    await settled(on)
    await on.slack.click(ADA, GENERAL, post["ts"], "continue_session")
    (_, continued) = await on.devin.wait_for_sessions("fix the login test", count=2)
    assert continued["request"]["max_acu_limit"] == 12
    ts = await on.mention("tidy up the docs", ADA)
    asleep = await on.session("tidy up the docs")
    assert asleep["request"]["max_acu_limit"] == 5
    await on.devin.spend(asleep["session_id"], 12)
    await on.devin.set(asleep["session_id"], status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    await settled(on)
    await on.slack.say(ADA, GENERAL, "also fix the links in them", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ADA, "Your reply wasn't sent: this session is out of ACUs.")
    assert await on.devin.log("send_message") == []


@pytest.mark.parametrize(("most", "limit"), [("2.5", 2), ("0.5", 1)])
async def test_the_most_that_any_may_use_is_rounded_down(on: Harness, most: str, limit: int) -> None:
    await on.stop()
    on.environment |= {"BOT_SESSION_ACUS_MAX": most}
    await on.start()
    await on.mention("fix the login test acu=500", ADA)
    assert (await on.session("fix the login test"))["request"]["max_acu_limit"] == limit
    await on.slack.wait_for_ephemeral(ADA, f"No session here can use more than {limit} ACU")


async def behind_a_mention(on: Harness) -> None:
    for number, limit in enumerate(
        ("acu=500", "--acu 500", "ACU: 500", "max 500 ACUs", "höchstens 500 ACUs", "acu=\uff15\uff10\uff10")
    ):
        await on.slack.say(ANN, GENERAL, f"{BOT} fix the {'abcdef'[number]} page {limit}")
        await on.session(f"fix the {'abcdef'[number]} page")


async def behind_the_command_and_new(on: Harness) -> None:
    await on.slack.slash(ADA, GENERAL, "fix the login test acu=500")
    await on.session("fix the login test")
    root = await on.slack.say(ANN, GENERAL, "the logout test fails")
    await on.slack.say(ANN, GENERAL, f"{BOT} !new fix the logout test acu=500", thread_ts=root)
    await on.session("fix the logout test")
    await on.slack.say(BEN, "im", "fix the page acu=500")
    await on.session("fix the page")


async def in_the_form(on: Harness) -> None:
    assert (await on.slack.slash(ANN, GENERAL, ""))["shown"] is None
    assert (await send(on, await opened(on), task="fix the login test", limit="500"))["closed"] is True
    await on.session("fix the login test")


async def by_the_settings(on: Harness) -> None:
    async with on.store.write() as tx:
        await settings.put(tx, "T0PLAY", Scope.CHANNEL, GENERAL, Setting.LIMIT, 500, ADA, time.time())
    await on.mention("fix the login test")
    await on.session("fix the login test")


async def by_an_alert(on: Harness) -> None:
    async with on.store.write() as tx:
        await settings.put(tx, "T0PLAY", Scope.CHANNEL, GENERAL, Setting.ALERT_ACUS, 500, ADA, time.time())
    await post_alert(on, ["The cache is cold"])
    await on.session("The cache is cold")


async def by_a_fan_out(on: Harness) -> None:
    await enterprise(on)
    await begin_fan_out(on, f"{PROMPT} orgs=all acu=500")
    await on.devin.wait_for_sessions("upgrade the dependencies", 3)


async def by_a_grant(on: Harness) -> None:
    await set_budget(on.slack, "each-person 2 a day")
    await on.mention("fix the login test acu=500")
    made = await on.session("fix the login test")
    await on.devin.set(made["session_id"], acus_consumed=2.5)
    await on.slack.wait_for_message(OPS, "used up")
    await on.mention("fix the logout test acu=500")
    refused_start = await on.slack.wait_for_ephemeral(ANN, "Nothing was started")
    await on.slack.click(ANN, GENERAL, refused_start["ts"], "choose:ask_for_more")
    asked = await on.slack.wait_for_message(OPS, "asks for")
    await on.slack.slash(ADA, OPS, f"budget grant <@{ANN}> 600")
    await on.slack.click(ADA, OPS, asked["ts"], "grant_more")
    await on.session("fix the logout test")


async def by_trying_again(on: Harness) -> None:
    ts = await on.mention("fix the login test acu=500")
    made = await on.session("fix the login test")
    await on.devin.say(made["session_id"], "No.", status="error", status_detail=None)
    post = await on.wait_for_post(GENERAL, ts, "Try again")
    await settled(on)
    await on.slack.click(BEN, GENERAL, post["ts"], "try_again")
    await on.devin.wait_for_sessions("fix the login test", 2)


@pytest.mark.timing(budgets=0.2, fan_out_pause=0.02)
@pytest.mark.parametrize(
    "way",
    [
        behind_a_mention,
        behind_the_command_and_new,
        in_the_form,
        by_the_settings,
        by_an_alert,
        by_a_fan_out,
        by_a_grant,
        by_trying_again,
    ],
    ids=lambda way: way.__name__,
)
async def test_no_way_to_a_session_passes_the_most_that_any_may_use(
    on: Harness, way: Callable[[Harness], Awaitable[None]]
) -> None:
    await on.stop()
    alerts = f"{GENERAL}:{OTHER_BOT}:{ANN}"
    on.environment |= {"BOT_SESSION_ACUS_MAX": "12", "BOT_ALERT_BOTS": alerts, "BOT_ADMIN_CHANNEL": OPS}
    await on.start()
    await way(on)
    limits = {one.request["max_acu_limit"] for one in on.simulated_devin.world.held.by_age}
    assert limits
    assert max(limits) <= 12


async def test_a_schedule_which_devin_cannot_limit_takes_no_limit_in_any_spelling(on: Harness) -> None:
    form = await opened_schedule(on)
    for limit in ("acu=500", "--acu 500", "max 500 ACUs", "auc=500"):
        sent = await send_schedule(on, form, task=f"Run all tests. {limit}")
        assert sent["errors"] == {"task": "A schedule can't have an ACU limit. Remove it from the task."}


async def starts_in_general(on: Harness, most: int) -> None:
    async with on.store.write() as tx:
        await settings.put(tx, "T0PLAY", Scope.CHANNEL, GENERAL, Setting.STARTS, most, ADA, time.time())


async def test_who_starts_very_many_in_an_hour_is_asked_before_each_further_one(on: Harness) -> None:
    await starts_in_general(on, 3)
    for number in range(3):
        await on.slack.slash(ADA, GENERAL, f"fix login test {number}")
        await on.session(f"fix login test {number}")
    await on.mention("fix login test 4", ADA)
    asked = await on.slack.wait_for_ephemeral(ADA, "in the last hour")
    assert asked["text"] == "You started 3 sessions in the last hour. Nothing was started. Start another one?"
    assert await creations(on) == 3
    await on.mention("fix the page", BEN)
    await on.session("fix the page")
    await on.slack.click(ADA, GENERAL, asked["ts"], "answer:start_many:again")
    await on.session("fix login test 4")


async def one_waits(on: Harness) -> bool:
    return len(await rows(on, "inbox", state="open")) == 1


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_of_many_mentions_at_once_only_so_many_begin_unasked(on: Harness) -> None:
    await on.slack.limits(enabled=False)
    await asyncio.gather(
        *(on.mention(f"fix login test {number}", ADA, (GENERAL, WEB)[number % 2]) for number in range(21))
    )
    asked = await on.slack.wait_for_ephemeral(ADA, "in the last hour")
    assert asked["text"] == "You started 20 sessions in the last hour. Nothing was started. Start another one?"
    await on.devin.wait_for_sessions("fix login test", 20)
    await until(lambda: one_waits(on))
    assert await creations(on) == 20
    await on.slack.click(ADA, asked["channel"], asked["ts"], "answer:start_many:again")
    await on.devin.wait_for_sessions("fix login test", 21)


async def test_a_form_and_a_second_time_are_asked_about_like_any_other_start(on: Harness) -> None:
    await starts_in_general(on, 1)
    await on.slack.slash(ANN, GENERAL, "fix login test 1")
    await on.session("fix login test 1")
    for task in ("fix login test 2", "fix login test 3"):
        await on.slack.slash(ANN, GENERAL, "")
        assert (await send(on, await opened(on), task=task))["closed"] is True
    twice, _ = await on.slack.wait("messages", 2, channel="D0ANN", text="You started 1 session in the last hour.")
    asked = (await on.slack.slash(ANN, GENERAL, "fix login test 1"))["shown"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:start_again:again")
    again = await on.slack.wait_for_ephemeral(ANN, "You started 1 session in the last hour.", ts=asked["ts"])
    await settled(on)
    assert await creations(on) == 1
    await on.slack.click(ANN, GENERAL, again["ts"], "answer:start_many:again")
    await on.devin.wait_for_sessions("fix login test 1", 2)
    await on.slack.click(ANN, "D0ANN", twice["ts"], "answer:start_many:again")
    await on.session("fix login test 2")
    await settled(on)
    assert await creations(on) == 3


async def test_a_session_that_goes_on_is_a_start_too_and_by_default_twenty_are(on: Harness) -> None:
    ts, session = await on.started("fix the login test", ANN)
    await on.devin.say(session, "The registry is down.", status="error", status_detail=None)
    post = await on.wait_for_post(GENERAL, ts, "Try again")
    async with on.store.write() as tx:
        stored = dict((await tx.execute(select(tables.sessions))).mappings().one())
        for number in range(19):
            more = dict.fromkeys(("id", "reference"), f"more-{number}") | {"created_at": time.time()}
            more |= dict.fromkeys(("devin_id", "bare_id", "thread_ts")) | {"lifecycle": "ended"}
            await tx.execute(insert(tables.sessions).values(stored | more))
    await on.slack.click(ANN, GENERAL, post["ts"], "try_again")
    asked = await on.slack.wait_for_ephemeral(ANN, "in the last hour")
    assert asked["text"] == "You started 20 sessions in the last hour. Nothing was started. Start another one?"
    assert await creations(on) == 1
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:start_many:again")
    await on.devin.wait_for_sessions("fix the login test", count=2)
