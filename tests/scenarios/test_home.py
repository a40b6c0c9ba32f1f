"""App Home: what each person sees when they open it, and that it stays true while it is open."""

import time
from datetime import timedelta

import pytest

from bot.domain.billing import billing_day, bounds
from bot.features.home.sentences import NO_DEFAULTS
from bot.views.answers.access import GUESTS
from bot.views.answers.session_lists import NO_SESSIONS
from bot.views.dates import long_date
from bot.views.modals.launch import FORM_TITLE
from tests.markup import written
from tests.said import titled
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, EXTERNAL, GENERAL, GUEST, OPS, Harness
from tests.scenarios.observations import (
    buttons,
    forge,
    give_role,
    opened_home,
    press,
    seen_home,
    set_budget,
    settled,
    thread_address,
)


async def published(on: Harness) -> int:
    return len(await on.slack.log("views.publish"))


@pytest.mark.both_transports
async def test_home_shows_ones_own_sessions_and_stays_true_while_it_is_open(on: Harness) -> None:
    view = await opened_home(on, ANN, "You have no open sessions.")
    assert NO_SESSIONS.text in written(view["blocks"])
    thread, session = await on.started("fix the login test", ANN, GENERAL)
    await on.started("find the secret of ben", BEN, OPS)
    view = await seen_home(on, ANN, "working")
    assert (
        f":gear: {titled('fix the login test', thread_address(GENERAL, thread), session, '*{}*')} · working"
        in written(view["blocks"])
    )
    assert buttons(view) == ["New session", "Stop", "Settings"]
    assert "started" in written(view["blocks"])
    await on.devin.say(session, "Which ones?", status_detail="waiting_for_user")
    view = await seen_home(on, ANN, "*Needs you*")
    assert "secret" not in written(view["blocks"])


async def test_home_says_what_was_used_and_how_the_budgets_stand(on: Harness) -> None:
    await set_budget(on.slack, "each-person 20 a cycle")
    thread, session = await on.started("fix the login test", ANN, GENERAL)
    await on.devin.spend(session, 1.5)
    await on.devin.say(session, "Which ones?", status_detail="waiting_for_user")
    await on.wait_for_post(GENERAL, thread, "Which ones?")
    shown = written((await opened_home(on, ANN, "1.5 ACUs in 1 session of yours"))["blocks"])
    assert "Your budget: 1.5 of 20 ACUs this cycle (7%)" in shown
    assert "Whole organization" not in shown
    of_all = written((await opened_home(on, ADA, "Whole organization"))["blocks"]).partition("Whole organization: ")[2]
    assert "Through Slack, it's 1.5 ACUs in all." in of_all  # no bill is in yet


@pytest.mark.timing(consumption_interval=0.3)
async def test_home_and_usage_show_one_sum_of_the_cycle_with_the_running_day(on: Harness) -> None:
    """Not Devin alone, and its parts beside it: a manager who opens both within a minute reads one figure."""
    today = billing_day(time.time())
    for back in range((today - today.replace(day=1)).days):
        await on.devin.consumption((today - timedelta(days=back + 1)).isoformat(), 0.0)
    await on.devin.consumption(today.isoformat(), 0.0, products={"devin": 42.0, "cascade": 61.9})
    asked = ""

    async def is_read() -> bool:
        nonlocal asked
        asked = str((await on.slack.slash(ADA, GENERAL, "usage cycle"))["shown"]["rendered"])
        return "*103.9 ACUs*" in asked

    await until(is_read)
    shown = written((await opened_home(on, ADA, "Whole organization: 103.9 ACUs"))["blocks"])
    line = next(line for line in asked.splitlines() if "103.9 ACUs in all" in line)
    assert f"through {today:%b} {today.day}: Devin 42 ACUs" in line
    assert f"Whole organization: 103.9 ACUs\n{line}" in shown
    if today.day > 1:
        assert f"{today:%a}, {today:%b} {today.day} still runs and is in the total: 103.9 ACUs so far." in asked


@pytest.mark.timing(consumption_interval=900.0, consumption_backfill=0.1)
async def test_a_day_that_has_just_begun_has_no_bill_yet_which_is_no_failure(on: Harness, clock: Ahead) -> None:
    await on.stop()
    today = billing_day(clock())
    for back in range((today - today.replace(day=1)).days + 1):
        await on.devin.consumption((today - timedelta(days=back)).isoformat(), 2.0)
    clock.put(bounds(today)[1] - 120 - clock())
    await on.start()

    async def is_read() -> bool:
        due = [row["at"] for row in await rows(on, "due") if row["name"].startswith("consumption:")]
        return bool(due) and due[0] > clock() + 600

    await until(is_read)
    clock.put(240)
    tomorrow = today + timedelta(days=1)
    late = f"Devin's bill for {long_date(tomorrow)} isn't in yet, so usage outside Slack isn't known."
    assert late in str((await on.slack.slash(ADA, GENERAL, "usage today"))["shown"]["rendered"])
    view = await opened_home(on, ADA, "Whole organization: ")
    of_all = written(view["blocks"]).partition("Whole organization: ")[2].splitlines()
    assert of_all[1] == f"{late} Through Slack, it's 0 ACUs in all."
    clock.put(1200)  # nothing was read for longer than usual
    shown = str((await on.slack.slash(ADA, GENERAL, "usage today"))["shown"]["rendered"])
    assert "The total couldn't be read from Devin this time." in shown


async def test_all_that_are_done_open_in_a_window(on: Harness) -> None:
    await give_role(on.slack, f"cost <@{BEN}>")
    for number in range(7):
        _, session = await on.started(f"fix the test {number}", ANN, GENERAL)
        await on.devin.set(session, status="exit", status_detail="finished", acus_consumed=1.5)
        await on.slack.wait_for_message(GENERAL, f"fix the test {number}", user="U0BOT")
    await settled(on)
    view = await opened_home(on, ANN, "2 more sessions recently done")
    assert written(view["blocks"]).count("*<") == 5
    await on.slack.act("click", user=ANN, view_id=view["id"], action_id="open_form", value="recently_done")
    await on.slack.wait_for_call("views.update", text="fix the test 0")
    (window,) = await on.slack.views(user=ANN, type="modal", open=True)
    assert (written(window["blocks"]).count("*<"), "ACU" in written(window["blocks"])) == (7, True)  # their own


async def test_a_session_is_started_with_the_form_that_home_opens(on: Harness) -> None:
    view = await opened_home(on, ANN, "You have no open sessions.")
    await on.slack.act("click", user=ANN, view_id=view["id"], action_id="open_form")
    (form,) = await on.slack.wait("views", user=ANN, type="modal", open=True)
    assert form["title"]["text"] == FORM_TITLE
    await on.slack.submit_view(ANN, form["id"], {"task": {"task": "fix the login test"}})
    await on.slack.wait_for_message("D0ANN", "fix the login test")
    await seen_home(on, ANN, "fix the login test")


async def test_the_defaults_are_shown_and_set_from_home(on: Harness) -> None:
    view = await opened_home(on, ANN, NO_DEFAULTS)
    await on.slack.act("click", user=ANN, view_id=view["id"], action_id="open_form", value="settings mine")
    await on.slack.wait_for_call("views.update", text="Playbook")
    (form,) = await on.slack.views(user=ANN, type="modal", open=True)
    name = next(block["block_id"] for block in form["blocks"] if "Repositories" in str(block.get("label")))
    await on.slack.submit_view(ANN, form["id"], {name: {name: ["acme/web"]}})
    await seen_home(on, ANN, "Repositories: `acme/web`")


async def test_who_lacks_a_role_does_not_see_what_it_allows(on: Harness) -> None:
    await give_role(on.slack, f"start <@{BEN}>")
    await give_role(on.slack, f"cost <@{BEN}>")
    await settled(on)
    for user, sees in ((ANN, False), (BEN, True), (ADA, True)):
        view = await opened_home(on, user, "You have no open sessions.")
        assert ("*This cycle: " in written(view["blocks"]), "New session" in buttons(view)) == (True, sees)


async def test_ones_own_acus_are_at_home_whoever_else_may_see_costs(on: Harness) -> None:
    await set_budget(on.slack, "each-person 2 a cycle")
    await give_role(on.slack, f"cost <@{BEN}>")
    for user, channel, prompt in ((ANN, GENERAL, "fix the login test"), (BEN, OPS, "update the docs")):
        _, session = await on.started(prompt, user, channel)
        await on.devin.spend(session, 1.8)

    async def is_seen() -> bool:
        return [row["acus"] for row in await rows(on, "spend")] == [1.8, 1.8]

    await until(is_seen)
    hers = written((await opened_home(on, ANN, "fix the login test"))["blocks"])
    assert ("1.8 of 2 ACUs" in hers, "update the docs" in hers) == (True, False)
    shown = written((await opened_home(on, BEN, "update the docs"))["blocks"])
    assert ("started" in shown, "1.8 of 2 ACUs" in shown, "Your budget: 1.8 of 2 ACUs" in shown) == (True, True, True)
    assert "1.8 of 2 ACUs" in written((await opened_home(on, ADA, "*Running now: 2 sessions*"))["blocks"])


async def test_a_guest_reads_one_sentence_and_other_companies_see_nothing(on: Harness) -> None:
    view = await opened_home(on, GUEST, GUESTS.text)
    assert written(view["blocks"]) == GUESTS.text
    await on.slack.open_home(EXTERNAL)
    await settled(on)
    assert await on.slack.views(user=EXTERNAL) == []


async def test_a_member_who_becomes_a_guest_sees_no_sessions_any_more(on: Harness) -> None:
    _, session = await on.started("fix the login test", ANN, GENERAL)
    await opened_home(on, ANN, "fix the login test")
    await on.slack.put_person(ANN, is_restricted=True)
    await settled(on)
    await on.devin.say(session, "Which ones?", status_detail="waiting_for_user")
    view = await seen_home(on, ANN, GUESTS.text)
    assert written(view["blocks"]) == GUESTS.text


async def test_the_messages_tab_publishes_nothing(on: Harness) -> None:
    await on.slack.open_home(ANN, "messages")
    await settled(on)
    assert await published(on) == 0


async def test_a_home_that_nobody_looks_at_any_more_is_left_alone(on: Harness, clock: Ahead) -> None:
    _, session = await on.started("fix the login test", ANN, GENERAL)
    await opened_home(on, ANN, "working")
    await settled(on)
    before = await published(on)
    clock.put(on.timing.home_open + 60)
    await on.devin.set(session, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep")
    await settled(on)
    assert await published(on) == before
    await opened_home(on, ANN, "*Asleep*")


async def test_what_slack_does_not_take_for_a_while_is_shown_later(on: Harness) -> None:
    await on.slack.fault("views.publish", "error", error="internal_error", times=1)
    await opened_home(on, ANN, "You have no open sessions.")


async def test_where_the_app_has_no_home_tab_nothing_else_is_held_up(on: Harness) -> None:
    await on.slack.fault("views.publish", "error", error="not_enabled", times=9)
    await on.slack.open_home(ANN)
    await on.slack.wait_for_call("views.publish")
    thread, _ = await on.started("fix the login test", ANN, GENERAL)
    await settled(on)
    assert [row["state"] for row in await rows(on, "posts") if row["drawer"] == "home"] == ["dead"]
    assert thread


@pytest.mark.both_transports
async def test_a_session_of_ones_own_is_stopped_from_home_and_nobody_elses(on: Harness) -> None:
    _, others = await on.started("update the docs", BEN, OPS)
    thread, session = await on.started("fix the login test", ANN, GENERAL)
    await on.devin.spend(session, 1.5)
    view = await opened_home(on, ANN, "fix the login test")
    await on.slack.act("click", user=ANN, view_id=view["id"], action_id="stop")
    await on.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=thread)
    view = await seen_home(on, ANN, "*Asleep*")
    assert buttons(view) == ["New session", "Settings"]
    (bens,) = [row["id"] for row in await rows(on, "sessions") if row["requester"] == BEN]
    forged = press(ANN, ANN, "stop", bens, container={"type": "view", "view_id": view["id"]})
    await forge(on, "interactive", {name: value for name, value in forged.items() if name != "channel"})
    await settled(on)
    assert [(await on.devin.session(key))["is_archived"] for key in (others, session)] == [False, True]


async def test_an_admin_sees_what_runs_and_which_budgets_are_near_their_end(on: Harness) -> None:
    await set_budget(on.slack, "each-person 2 a cycle")
    thread, session = await on.started("fix the login test", ANN, GENERAL)
    await on.started("prepare the secret launch page", BEN, "C0PRIVATE")
    await on.devin.spend(session, 1.8)

    async def is_seen() -> bool:
        return any(row["acus"] == 1.8 for row in await rows(on, "spend"))

    await until(is_seen)
    shown = written((await opened_home(on, ADA, "Running now"))["blocks"])
    assert "*Running now: 2 sessions*" in shown
    assert f":gear: {titled('fix the login test', thread_address(GENERAL, thread), session, '*{}*')} · working" in shown
    assert "secret" not in shown
    assert "*Budgets near their end*\nAnn's budget: 1.8 of 2 ACUs this cycle (90%)" in shown
    assert "Running now" not in written((await opened_home(on, ANN, "1.8 ACUs"))["blocks"])


async def test_while_paused_home_starts_nothing_and_resumes_for_an_admin(on: Harness) -> None:
    await on.started("fix the login test", ADA, GENERAL)
    await on.started("update the docs", BEN, OPS)
    await on.slack.slash(ADA, GENERAL, "pause all")
    view = await opened_home(on, ADA, "ada paused Devin Bridge in this workspace")
    shown = written(view["blocks"])
    assert ("*Running now: 2 sessions, 1 of them yours*" in shown, shown.count("fix the login test")) == (True, 1)
    assert buttons(view) == ["Resume", "Stop", "Settings"]
    member = await opened_home(on, BEN, "ada paused Devin Bridge in this workspace")
    assert buttons(member) == ["Stop", "Settings"]
    await on.slack.act("click", user=ADA, view_id=view["id"], action_id="choose:resume")
    await on.slack.wait_for_message("D0ADA", "Resumed")

    async def is_offered() -> bool:
        return "New session" in buttons(await seen_home(on, ADA, "Running now"))

    await until(is_offered)
