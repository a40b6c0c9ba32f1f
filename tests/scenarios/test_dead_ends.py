"""Dead ends: where a session gets no further, its post and its card have a way on, which begins one session."""

from typing import Any

import pytest

from bot.conversation.prompt import EARLIER, LOOK_AT_FILES, LOOK_AT_THREAD
from bot.conversation.start.anew import CONTINUES
from bot.domain.dead_ends import WayOn
from bot.views import dead_ends
from bot.views.answers import access as access_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.card import ACU
from bot.views.modals.launch import FORM_TITLE
from tests.markup import written
from tests.said import a_session
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, GUEST, Harness
from tests.scenarios.observations import (
    buttons,
    card_of,
    creations,
    forge,
    is_card,
    press,
    private_answers,
    sent_to_devin,
    settled,
    started_by_command,
)
from tests.waits import SHORT

TASK = "fix the login test"
DIRECT = "D0ANN"
WHY = "acme-customers-core isn't in any registry."
OUT_OF_ACUS = {"status": "suspended", "status_detail": "usage_limit_exceeded"}
CONTINUE = "Continue with 10 more ACUs"
CONTINUING = "Devin can't raise a session's limit. A new session continues it here, with 10 ACUs."
LOG = {"name": "login.log", "content": "login failed"}
PULL = "https://github.com/acme/web/pull/7"


def value_of(message: dict[str, Any], action: str) -> str:
    elements = [part for block in message["blocks"] for part in block.get("elements", [])]
    return next(str(part["value"]) for part in elements if part.get("action_id") == action)


async def cards(on: Harness, ts: str) -> list[dict[str, Any]]:
    """The cards in a thread, the oldest first."""
    return [one for one in await on.slack.messages(GENERAL, thread_ts=ts) if is_card(one)]


async def failed(on: Harness, prompt: str = TASK) -> tuple[str, dict[str, Any]]:
    """A session that Devin has ended with an error; answers the thread's ts and the post that says so."""
    ts, session = await on.started(prompt)
    await on.devin.say(session, WHY, status="error", status_detail=None)
    post = await on.wait_for_post(GENERAL, ts, WHY)
    await settled(on)  # the card shows it too
    return ts, post


async def at_its_limit(on: Harness, prompt: str = f"{TASK} acu=10") -> tuple[str, str, dict[str, Any]]:
    """A session that has used up its limit; answers the thread's ts, its id at Devin and the post that says so."""
    ts, session = await on.started(TASK) if prompt == TASK else await _started_as(on, prompt)
    await on.devin.pr(session, PULL)
    await on.devin.say(session, "Half of the tests pass.")
    await on.devin.spend(session, 10)
    await on.devin.set(session, **OUT_OF_ACUS)
    post = await on.wait_for_post(GENERAL, ts, "Out of ACUs")
    await settled(on)  # the card shows it too
    return ts, session, post


async def _started_as(on: Harness, prompt: str) -> tuple[str, str]:
    ts = await on.mention(prompt)
    made = await on.session(TASK)
    await on.devin.set(made["session_id"], status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts)
    return ts, made["session_id"]


@pytest.mark.both_transports
async def test_a_failure_says_why_and_is_tried_again_in_its_thread(on: Harness) -> None:
    ts, post = await failed(on, f"{TASK}\n\nuse pytest alone")
    assert buttons(post) == ["Try again", "Open in Devin"]
    old = await card_of(on, ts, "Failed")
    assert "\n:x: Failed: Devin ended the session with an error.\n" in old
    said = [one["rendered"] for one in await on.slack.messages(GENERAL, thread_ts=ts)]
    assert sum(WHY in text for text in said) == 1, "the reason stands in the thread once"
    await on.slack.say(BEN, GENERAL, "!aside it was the registry", thread_ts=ts)
    await on.slack.click(BEN, GENERAL, post["ts"], "try_again")
    await on.slack.wait_for_ephemeral(BEN, dead_ends.TRYING_AGAIN.text)
    first, second = await on.devin.wait_for_sessions(TASK, 2)
    assert "use pytest alone" in second["messages"][0]["message"], "the task is whole"
    assert "Asked in Slack by ben" in second["messages"][0]["message"]
    await on.devin.set(second["session_id"], status="running", status_detail="working")
    await settled(on)
    before, after = await cards(on, ts)
    assert "tried again below" in before["rendered"]
    assert buttons(await on.slack.message(GENERAL, post["ts"])) == ["Open in Devin"]
    assert (buttons(before), buttons(after)) == (["Open in Devin"], ["Open in Devin", "Stop"])
    await on.slack.say(ANN, GENERAL, "and run mypy on the tests", thread_ts=ts)
    await on.devin.wait_for_messages("and run mypy on the tests")
    assert len(await sent_to_devin(on, second["session_id"])) == 1
    assert await sent_to_devin(on, first["session_id"]) == []


async def test_a_reason_that_was_posted_before_is_not_repeated_where_the_session_fails(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, WHY)
    await on.wait_for_post(GENERAL, ts, WHY)
    await on.devin.set(session, status="error", status_detail=None)
    post = await on.wait_for_post(GENERAL, ts, "Failed: Devin ended the session with an error.")
    await settled(on)
    assert buttons(post) == ["Try again", "Open in Devin"]
    said = [one["rendered"] for one in await on.slack.messages(GENERAL, thread_ts=ts)]
    assert sum(WHY in text for text in said) == 1


async def test_the_card_that_begins_its_thread_says_why_to_the_channel(on: Harness) -> None:
    ts, session = await started_by_command(on, TASK, ANN, GENERAL)
    await on.devin.say(session, WHY, status="error", status_detail=None)
    await on.wait_for_post(GENERAL, ts, WHY)
    await settled(on)
    assert f":x: Failed: “{WHY}”\n" in (await on.slack.message(GENERAL, ts))["rendered"]


async def test_of_two_who_press_the_second_reads_that_it_was_done(on: Harness) -> None:
    ts, post = await failed(on)
    card = (await cards(on, ts))[0]
    await on.slack.fault("chat.update", "slow", seconds=1.5, times=0)  # so that Ben still sees the button
    await on.slack.click(ANN, GENERAL, post["ts"], "try_again")
    await on.slack.click(BEN, GENERAL, card["ts"], "try_again", value=value_of(post, "try_again"))
    already = dead_ends.went_on_already(a_session(requester_name="ann"), WayOn.TRY_AGAIN).text
    await on.slack.wait_for_ephemeral(BEN, already)
    await settled(on)
    assert await creations(on) == 2
    assert await private_answers(on, ANN) == [dead_ends.TRYING_AGAIN.text]


async def test_a_dead_end_that_somebody_went_on_from_needs_nobody(on: Harness) -> None:
    _, post = await failed(on)
    await on.slack.slash(ANN, GENERAL, "list waiting")
    assert "Waiting for you: 1 session." in (await private_answers(on, ANN))[-1]
    await on.slack.click(BEN, GENERAL, post["ts"], "try_again")
    await on.slack.wait_for_ephemeral(BEN, dead_ends.TRYING_AGAIN.text)
    for text in ("list waiting", "list"):
        await on.slack.slash(ANN, GENERAL, text)
    waiting, own = (await private_answers(on, ANN))[-2:]
    assert waiting == session_list_sentences.NOTHING_WAITS.text
    assert "*Needs you*" not in own
    assert "*Recently done*" in own


async def test_a_guest_tries_nothing_again(on: Harness) -> None:
    _, post = await failed(on)
    await on.slack.click(GUEST, GENERAL, post["ts"], "try_again")
    await on.slack.wait_for_ephemeral(GUEST, access_sentences.GUEST_REFUSED.text)
    assert await creations(on) == 1


async def test_once_it_is_archived_or_another_session_has_begun_in_the_thread_nothing_is_tried_again(
    on: Harness,
) -> None:
    ts, post = await failed(on)
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    await settled(on)
    assert buttons(await on.slack.message(GENERAL, post["ts"])) == ["Open in Devin"]
    await on.mention("write the changelog", thread_ts=ts)
    await on.session("write the changelog")
    await forge(on, "interactive", press(BEN, GENERAL, "try_again", value_of(post, "try_again")))
    await on.slack.wait_for_ephemeral(BEN, dead_ends.NOTHING_TO_GO_ON_FROM.text)
    assert await creations(on) == 2


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (403, "Your contract has ended"),
        (404, "No such snapshot"),
        (409, "The machine is busy"),
        (413, "The prompt has too many tokens"),
        (400, "No repository acme/wob"),
    ],
)
async def test_what_devin_refuses_at_the_start_says_why_and_is_tried_again(on: Harness, status: int, why: str) -> None:
    await on.devin.fault("create_session", status, detail=why, times=1)
    ts = await on.mention(TASK)
    post = await on.wait_for_post(GENERAL, ts, why)
    assert ":no_entry: Not started. See the thread for the reason." in await card_of(on, ts, "Not started")
    assert buttons(post) == ["Try again"]
    await on.slack.click(ANN, GENERAL, post["ts"], "try_again")
    await on.session(TASK)
    await settled(on)
    assert "tried again below" in (await cards(on, ts))[0]["rendered"]
    assert await creations(on) == 2


@pytest.mark.both_transports
async def test_a_session_at_its_limit_is_continued_with_what_came_of_it(on: Harness) -> None:
    ts, session, post = await at_its_limit(on)
    assert buttons(post) == [CONTINUE, "Open in Devin"]
    assert buttons((await cards(on, ts))[0]) == [CONTINUE, "Open in Devin"]
    await on.slack.click(BEN, GENERAL, post["ts"], "continue_session")
    await on.slack.wait_for_ephemeral(BEN, CONTINUING)
    _, second = await on.devin.wait_for_sessions(TASK, 2)
    prompt = second["messages"][0]["message"]
    assert prompt.startswith(
        f"{TASK}\n\n{CONTINUES}https://app.devin.ai/sessions/{session}\n\n"
        f"Its last words were:\n> Half of the tests pass.\n\nIts pull requests: {PULL}\n\n"
    )
    assert second["request"]["max_acu_limit"] == 10
    await settled(on)
    assert "continued below" in (await cards(on, ts))[0]["rendered"]
    pressed = press(ANN, GENERAL, "continue_session", value_of(post, "continue_session"))
    assert await forge(on, "interactive", pressed) == "acked"
    already = dead_ends.went_on_already(a_session(requester_name="ben"), WayOn.CONTINUE).text
    await on.slack.wait_for_ephemeral(ANN, already)
    assert await creations(on) == 2


async def test_a_reply_to_a_session_that_is_out_of_acus_is_read_by_the_one_that_continues_it(on: Harness) -> None:
    """Devin wakes no session that used up its own limit: one answer says so, and offers the one way on."""
    ts, session, _post = await at_its_limit(on)
    for text in ("use the new icons", "and run ruff on the tests"):
        await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
    await settled(on)
    answers = [one for one in await on.slack.ephemerals(user=BEN) if "wasn't sent" in one["rendered"]]
    assert [(written(one["blocks"]), buttons(one)) for one in answers] == [
        (reply_sentences.OUT_OF_ACUS.text, [CONTINUE])
    ] * 2
    assert await sent_to_devin(on, session) == []
    assert not [text for text in await private_answers(on, BEN) if "Wak" in text or "Still paused" in text]
    await on.slack.click(BEN, GENERAL, answers[1]["ts"], "continue_session")
    _, second = await on.devin.wait_for_sessions(TASK, 2)
    prompt = second["messages"][0]["message"]
    assert "use the new icons" in prompt
    assert "and run ruff on the tests" in prompt
    assert second["request"]["max_acu_limit"] == 10
    await on.devin.set(second["session_id"], status="running", status_detail="working")
    await on.slack.say(BEN, GENERAL, "and use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("and use pytest")
    assert [text for text in await sent_to_devin(on, second["session_id"]) if "icons" in text] == []


@pytest.mark.parametrize("detail", ["inactivity", "user_request"])
async def test_a_session_that_sleeps_with_its_limit_used_up_is_continued_and_not_woken(
    on: Harness, detail: str
) -> None:
    ts, session = await _started_as(on, f"{TASK} acu=5")
    await on.devin.set(session, status="suspended", status_detail=detail, acus_consumed=5.1)
    shown = await card_of(on, ts, "Out of ACUs.")
    assert ("Asleep. Out of ACUs." if detail == "inactivity" else "Stopped. Out of ACUs.") in shown
    offered = "Continue with 5 more ACUs"
    assert buttons((await cards(on, ts))[0]) == [offered, "Open in Devin"]
    await on.slack.say(BEN, GENERAL, "use the new icons", thread_ts=ts)
    answer = await on.slack.wait_for_ephemeral(BEN, "wasn't sent")
    assert (written(answer["blocks"]), buttons(answer)) == (reply_sentences.OUT_OF_ACUS.text, [offered])
    await on.slack.click(BEN, GENERAL, answer["ts"], "continue_session")
    _, second = await on.devin.wait_for_sessions(TASK, 2)
    assert second["request"]["max_acu_limit"] == 5
    assert "use the new icons" in second["messages"][0]["message"]
    assert await sent_to_devin(on, session) == []


async def test_a_session_that_is_done_offers_more_only_to_who_writes_to_it(on: Harness) -> None:
    ts, session = await _started_as(on, f"{TASK} acu=5")
    await on.devin.pr(session, PULL)
    await on.devin.set(session, acus_consumed=5.1, status_detail="finished")
    await card_of(on, ts, "Done")
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await settled(on)
    assert buttons((await cards(on, ts))[0]) == ["Review PR"]
    await on.slack.say(BEN, GENERAL, "use the new icons", thread_ts=ts)
    answer = await on.slack.wait_for_ephemeral(BEN, "wasn't sent")
    assert buttons(answer) == ["Continue with 5 more ACUs"]


async def test_who_writes_try_again_under_a_failure_is_offered_the_button(on: Harness) -> None:
    ts, _post = await failed(on)
    session = (await on.session(TASK))["session_id"]
    for text in ("try again", "try it again please"):
        await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
    await settled(on)
    answers = [one for one in await on.slack.ephemerals(user=BEN) if "wasn't sent" in one["rendered"]]
    said = "Your reply wasn't sent: this session failed. Try again here with the same task?"
    assert [(written(one["blocks"]), buttons(one)) for one in answers] == [(said, ["Try again"])] * 2
    assert await sent_to_devin(on, session) == []
    await on.slack.click(BEN, GENERAL, answers[0]["ts"], "try_again")
    await on.devin.wait_for_sessions(TASK, 2)


async def test_a_session_of_a_command_is_tried_again_too(on: Harness) -> None:
    ts, session = await started_by_command(on, TASK, ANN, GENERAL)
    await on.devin.set(session, status="error", status_detail=None)
    post = await on.wait_for_post(GENERAL, ts, "Failed")
    await on.slack.click(ANN, GENERAL, post["ts"], "try_again")
    await on.devin.wait_for_sessions(TASK, 2)
    await settled(on)
    assert await creations(on) == 2


async def test_who_archives_the_session_of_somebody_else_is_asked_first(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!archive", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(BEN, "Archive it?")
    assert asked["rendered"] == (
        "ann started “fix the login test”. Archive it? After that, replies here won't reach "
        "Devin.\nArchive it\nKeep open"
    )
    await settled(on)
    assert not (await on.devin.session(session))["is_archived"]
    await on.slack.click(BEN, GENERAL, asked["ts"], "choose:archive_confirmed")
    await on.slack.wait_for_ephemeral(BEN, stop_sentences.ARCHIVE_DONE.text, ts=asked["ts"])
    assert (await on.devin.session(session))["is_archived"]


async def about_it(on: Harness, user: str, channel: str, post: dict[str, Any]) -> dict[str, Any]:
    """The form that *Start a follow-up* opens for somebody; what its fields hold, by their names."""
    await on.slack.click(user, channel, post["ts"], "open_form")
    form = await shown_to(on, user)
    assert form["title"]["text"] == FORM_TITLE
    return form


async def shown_to(on: Harness, user: str) -> dict[str, Any]:
    """The form that is open for somebody, once it's loaded."""
    (form,) = await on.slack.wait("views", user=user, type="modal", open=True)
    if "Loading…" in str(form["blocks"]):
        await on.slack.wait_for_call("views.update", text=form["id"])
        (form,) = await on.slack.views(user=user, type="modal", open=True)
    return dict(form)


def held(form: dict[str, Any], name: str) -> Any:
    element = next(block["element"] for block in form["blocks"] if block.get("block_id") == name)
    if "initial_options" in element:
        return [one["value"] for one in element["initial_options"]]
    return element.get("initial_value") or element.get("initial_conversation")


@pytest.mark.both_transports
async def test_about_what_is_archived_a_new_session_begins_with_the_form(on: Harness) -> None:
    ts, session = await _started_as(on, f"{TASK} repo=acme/web")
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    post = await on.wait_for_post(GENERAL, ts, "Archived by ann")
    assert post["rendered"].splitlines()[0] == ":file_cabinet: Archived by ann. Replies here no longer reach Devin."
    assert buttons(post) == [dead_ends.NEW_SESSION]
    await settled(on)
    assert buttons((await cards(on, ts))[0]) == [dead_ends.NEW_SESSION, "Open in Devin"]
    form = await about_it(on, BEN, GENERAL, post)
    earlier = f"About “{TASK}”: \n\nThe earlier session: https://app.devin.ai/sessions/{session}"
    assert held(form, "task") == earlier
    assert (held(form, "repos"), held(form, "channel")) == (["acme/web"], GENERAL)
    task = earlier.replace(": \n", ": the test is slow too\n", 1)
    assert (await on.slack.submit_view(BEN, form["id"], {"task": {"task": task}}))["closed"]
    made = await on.session("the test is slow too")
    assert made["messages"][0]["message"].startswith(task)
    assert made["request"]["repos"] == ["acme/web"]
    await on.slack.wait_for_message(GENERAL, "the test is slow too")
    assert await creations(on) == 2


async def test_what_ended_for_good_or_at_devin_has_the_button_too(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="exit", status_detail="replaced")
    post = await on.wait_for_post(GENERAL, ts, ":checkered_flag:")
    assert buttons(post) == [dead_ends.NEW_SESSION, "Open in Devin"]
    other, _ = await on.started("write the changelog")
    await on.slack.say(ANN, GENERAL, "EXIT", thread_ts=other)
    asked = await on.slack.wait_for_ephemeral(ANN, "permanently?")
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:exit_confirmed")
    assert buttons(await on.wait_for_post(GENERAL, other, "Ended permanently")) == [dead_ends.NEW_SESSION]


async def test_whoever_may_not_read_the_title_gets_an_empty_form_and_a_guest_none(on: Harness) -> None:
    ts, _ = await on.started()
    await on.slack.say(ANN, GENERAL, "!archive", thread_ts=ts)
    post = await on.wait_for_post(GENERAL, ts, "Archived by ann")
    secret = await on.slack.say(ANN, DIRECT, "find the secret")
    await on.session("find the secret")
    await on.slack.say(ANN, DIRECT, "!archive", thread_ts=secret)
    hidden = value_of(await on.wait_for_post(DIRECT, secret, "Archived by ann"), "open_form")
    trigger = (await on.slack.slash(BEN, GENERAL, "help"))["trigger_id"]
    forged = press(BEN, GENERAL, "open_form", hidden) | {"trigger_id": trigger}
    assert await forge(on, "interactive", forged) == "acked"
    assert held(await shown_to(on, BEN), "task") is None
    await on.slack.click(GUEST, GENERAL, post["ts"], "open_form")
    shown = await shown_to(on, GUEST)
    assert [block["text"]["text"] for block in shown["blocks"]] == [access_sentences.GUEST_REFUSED.text]
    assert await creations(on) == 2


async def test_an_acu_is_explained_on_the_first_card_alone(on: Harness) -> None:
    async def spent_on(task: str, user: str) -> list[str]:
        ts, session = await on.started(task, user, GENERAL)
        await on.devin.spend(session, 1.5)
        await on.devin.set(session, status="error", status_detail=None)
        return (await card_of(on, ts, "1.5 ACUs")).splitlines()

    assert ACU in await spent_on(TASK, ANN)
    assert ACU == "ACU (agent compute unit): how Devin measures and bills work."
    assert ACU not in await spent_on("write the changelog", ANN)
    assert ACU in await spent_on("bump the linter", BEN)
    await on.stop()
    await on.start()
    await settled(on)
    shown = [one["rendered"] for one in await on.slack.messages(GENERAL) if is_card(one)]
    assert [ACU in one for one in shown] == [True, False, True]


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.timing(**SHORT | {"row_outage": 1.0})
async def test_a_start_that_devin_could_not_take_for_an_hour_is_tried_again_once(on: Harness, status: int) -> None:
    await on.devin.fault("create_session", status, times=-1)
    ts = await on.mention(TASK)
    post = await on.wait_for_post(GENERAL, ts, "The session failed to start")
    assert ":no_entry: Not started. See the thread for the reason." in await card_of(on, ts, "Not started")
    assert buttons(post) == ["Try again"]
    await on.devin.clear_faults()
    await on.slack.click(BEN, GENERAL, post["ts"], "try_again")
    await on.session(TASK)
    await settled(on)
    assert "tried again below" in (await cards(on, ts))[0]["rendered"]
    await forge(on, "interactive", press(ANN, GENERAL, "try_again", value_of(post, "try_again")))
    already = dead_ends.went_on_already(a_session(requester_name="ben"), WayOn.TRY_AGAIN).text
    await on.slack.wait_for_ephemeral(ANN, already)
    assert len(await on.devin.sessions()) == 1


async def test_who_archives_a_sleeping_session_of_somebody_else_is_asked_first_too(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await card_of(on, ts, "Asleep")
    await on.slack.say(BEN, GENERAL, "!archive", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(BEN, "Archive it?")
    assert not (await on.devin.session(session))["is_archived"]
    await on.slack.click(BEN, GENERAL, asked["ts"], "choose:archive_confirmed")
    await on.slack.wait_for_ephemeral(BEN, stop_sentences.ARCHIVE_DONE.text, ts=asked["ts"])
    assert (await on.devin.session(session))["is_archived"]


async def test_a_start_for_which_devin_has_too_many_requests_waits_and_begins_by_itself(on: Harness) -> None:
    await on.devin.fault("create_session", 429, times=2, retry_after=1)
    ts = await on.mention(TASK)
    await on.session(TASK)
    await settled(on)
    assert (await creations(on), len(await on.devin.sessions())) == (3, 1)
    assert await on.thread(GENERAL, ts) == []


@pytest.mark.parametrize(
    ("channel", "users"),
    [(GENERAL, (ANN, BEN, ADA)), ("C0PRIVATE", (ANN, BEN, ADA)), (DIRECT, (ANN,))],
    ids=["public", "private", "direct"],
)
async def test_whoever_reads_that_a_session_is_archived_may_begin_one_about_it(
    on: Harness, channel: str, users: tuple[str, ...]
) -> None:
    text = TASK if channel == DIRECT else f"{BOT} {TASK}"
    ts = await on.slack.say(ANN, channel, text)
    await on.session(TASK)
    await on.slack.say(ANN, channel, "!archive", thread_ts=ts)
    post = await on.wait_for_post(channel, ts, "Archived by ann")
    for user in users:
        form = await about_it(on, user, channel, post)
        assert str(held(form, "task")).startswith(f"About “{TASK}”: ")
        assert held(form, "channel") == (None if channel == DIRECT else channel)
        task = {"task": {"task": f"what {user} wants"}}
        assert (await on.slack.submit_view(user, form["id"], task))["closed"]
        await on.session(f"what {user} wants")
    assert await creations(on) == 1 + len(users)


async def test_a_thread_that_devin_was_to_look_at_is_read_again(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "the login test fails since Monday")
    await on.mention("", ANN, GENERAL, thread_ts=root)
    first = await on.session("fails since Monday")
    await on.devin.set(first["session_id"], status="error", status_detail=None)
    post = await on.wait_for_post(GENERAL, root, "Failed")
    await on.slack.click(BEN, GENERAL, post["ts"], "try_again")
    _, second = await on.devin.wait_for_sessions("fails since Monday", 2)
    assert second["prompt"].startswith(f"{LOOK_AT_THREAD}\n\n{EARLIER.format(left_out='')}\n")
    assert "> the login test fails since Monday" in second["prompt"]


async def test_files_that_devin_was_to_look_at_go_along_again(on: Harness) -> None:
    ts = await on.mention("", files=[LOG])
    first = await on.session(LOOK_AT_FILES)
    await on.devin.set(first["session_id"], status="error", status_detail=None)
    post = await on.wait_for_post(GENERAL, ts, "Failed")
    await on.slack.click(ANN, GENERAL, post["ts"], "try_again")
    first, second = await on.devin.wait_for_sessions(LOOK_AT_FILES, 2)
    assert first["attachments"] == second["attachments"] == ["login.log"]


async def test_the_thread_that_a_session_elsewhere_is_about_goes_along_again(on: Harness) -> None:
    root, _ = await on.started("look at the logs")
    await on.slack.say(BEN, GENERAL, "the metrics are odd", thread_ts=root)
    await on.slack.say(ANN, GENERAL, "!new look at the metrics", thread_ts=root)
    first = await on.session("look at the metrics")
    assert "> the metrics are odd" in first["prompt"]
    await on.devin.set(first["session_id"], status="error", status_detail=None)
    shown = await on.slack.wait_for_message(GENERAL, "Failed")
    await on.slack.click(ANN, GENERAL, shown["ts"], "try_again")
    _, second = await on.devin.wait_for_sessions("look at the metrics", 2)
    assert "> the metrics are odd" in second["prompt"]


async def test_where_there_was_no_task_nothing_is_tried_again(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "(aside) lunch?")
    await on.mention("", ANN, GENERAL, thread_ts=root)
    post = await on.wait_for_post(GENERAL, root, start_sentences.nothing_to_read(0).text)
    await settled(on)
    assert buttons(post) == []
    (shown,) = await cards(on, root)
    assert (":no_entry: Not started" in shown["rendered"], buttons(shown)) == (True, [])
