"""Budgets: set by an admin, announced when a level is reached, refused when used up, raised by an admin."""

import re
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import billing_day
from bot.features.budgets import rows as locked_budgets
from bot.features.budgets import sentences as budgets
from bot.features.budgets.specs import BUDGET_SET
from bot.features.budgets.words import Problem
from bot.kernel.dispatch import MAX_FAILURES
from bot.timing import DAY, HOUR, Timing
from bot.views.answers import access as access_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.questions import STALE, TOO_LATE_TO_UNDO
from tests.markup import written
from tests.said import in_doubt, titled
from tests.scenarios.ahead import TEAM, Ahead, recorded_changes, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, GUEST, OPS, WEB, Harness, harness
from tests.scenarios.observations import (
    buttons,
    creations,
    forge,
    is_card,
    opened_home,
    press,
    set_budget,
    settled,
    thread_address,
)

pytestmark = pytest.mark.timing(budgets=0.2)
DM_OF_ANN, DM_OF_ADA = "D0ANN", "D0ADA"
ONLY_ADMINS = "Only admins can change budgets. Ask <@U0ADA>."
NOT_STARTED = "You're over budget, 2.1 of 2 ACUs today. It resets DATE. Nothing was started."
NOT_THEIRS = "Until it resets DATE, they can't start or wake sessions. Running sessions keep running."
NOT_YOURS = "Until it resets DATE, you can't start or wake sessions. Running sessions keep running."
NOT_WOKEN = "Until it resets DATE, that session isn't woken. If it runs, it keeps running."


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """A bot with an admin channel."""
    settings = {"BOT_ADMIN_CHANNEL": OPS} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as everything:
        yield everything


def read(message: dict[str, Any]) -> str:
    """The first lines of a message up to its buttons, with each instant as one word."""
    return (
        re.sub(r"<!date\^[^>]*>", "DATE", message["rendered"])
        .split("\nAsk ")[0]
        .split("\nRequest approval")[0]
        .split("\nGrant ")[0]
        .split("\nUndo")[0]
    )


async def answer(on: Harness, user: str, text: str, channel: str = GENERAL) -> str:
    """What somebody reads who types a command."""
    shown = (await on.slack.slash(user, channel, text))["shown"]
    return read(shown) if shown else ""


async def confirmed(on: Harness, order: str) -> str:
    """What Ada reads who sets a budget and says yes to the question."""
    return read(await set_budget(on.slack, order))


async def tried(on: Harness, order: str) -> str:
    """What Ada reads in the end who tries a budget."""
    before = len(await on.slack.ephemerals(user=ADA, text="Only a trial"))
    assert (await on.slack.slash(ADA, GENERAL, f"budget try {order}"))["shown"] is None
    return read((await on.slack.wait("ephemerals", before + 1, user=ADA, text="Only a trial"))[-1])


async def posts(on: Harness, channel: str) -> list[str]:
    return [read(one) for one in await on.slack.messages(channel, user="U0BOT")]


async def spends(on: Harness, devin_id: str, acus: float, announced: str) -> None:
    """A session has cost so much, which is announced to the admins."""
    await on.devin.set(devin_id, acus_consumed=acus)
    await on.slack.wait_for_message(OPS, announced)


async def used_up(on: Harness, *, limited: bool = True) -> tuple[str, str]:
    """Ann has used up what each person may use; answers the thread's ts and Devin's session id.

    The budget limits her session, unless it comes after that.
    """
    if limited:
        await set_budget(on.slack, "each-person 2 a day")
    ts, devin_id = await on.started(user=ANN)
    if not limited:
        await set_budget(on.slack, "each-person 2 a day")
    await spends(on, devin_id, 2.1, "used up")
    return ts, devin_id


def number_in(text: str) -> int:
    """The number of the budget that an answer is about; PostgreSQL counts on from test to test."""
    found = re.search(r"`(\d+)`", text)
    assert found is not None, text
    return int(found[1])


@pytest.mark.both_transports
async def test_a_budget_is_set_shown_and_removed(on: Harness) -> None:
    assert await answer(on, ADA, "budget list") == budgets.NONE_SET
    assert await answer(on, ANN, "budget list") == "No budget applies to you here."
    assert await answer(on, GUEST, "budget list") == access_sentences.GUEST_REFUSED.text
    assert await answer(on, ANN, "budget set org 10") == ONLY_ADMINS
    assert (await answer(on, ADA, "budget set org ten")).startswith(budgets.problem(Problem.ACUS).text)
    assert await answer(on, ADA, f"budget set <@{ANN}> 0.5 a day") == budgets.problem(Problem.LEAST).text
    web = number_in(said := await confirmed(on, f"<#{WEB}> 20 a week warn 50,80"))
    assert said == f"Budget `{web}` is set: 20 ACUs a week for <#{WEB}>, with warnings at 50 and 80%."
    each = number_in(said := await confirmed(on, "each-person 10"))
    assert said == f"Budget `{each}` is set: 10 ACUs a cycle for each person, with a warning at 80%."
    assert await confirmed(on, "each-person 7.5 a day") == (
        f"Budget `{each}` is set: 7.5 ACUs a day for each person, with a warning at 80%. "
        "Before, it was 10 ACUs a cycle."
    )
    mine = f"`{each}` *each person* 7.5 ACUs a day · you 0 of 7.5 ACUs today (0%) · resets DATE"
    of_web = f"`{web}` *<#{WEB}>* 20 ACUs a week · 0 of 20 ACUs this week (0%) · resets DATE"
    assert await answer(on, ANN, "budget list") == mine
    assert await answer(on, ANN, "budget list", WEB) == f"{of_web}\n{mine}"
    assert await answer(on, ADA, "budget list") == f"{of_web} · warns at 50 and 80%\n{mine} · warns at 80%"
    assert await answer(on, ADA, "budget grant org 5") == (
        "No budget applies to the organization, so nothing was granted. See `/devin budget list`."
    )
    assert await answer(on, ADA, "budget grant each-person 2.5") == (
        "Each person can now use 10 ACUs today, 2.5 ACUs more than before. This applies until DATE."
    )
    assert await answer(on, ANN, "budget list") == (
        f"`{each}` *each person* 7.5 ACUs a day · granted until DATE: 2.5 ACUs more to each · "
        "you 0 of 10 ACUs today (0%) · resets DATE"
    )
    assert "\nYour budget: 0 of 10 ACUs today (0%) · resets DATE" in await answer(on, ANN, "cost")
    assert "budget" not in await answer(on, GUEST, "cost")
    assert await answer(on, ADA, f"budget rm `{web}`") == f"Budget `{web}` was removed: 20 ACUs a week for <#{WEB}>."
    assert await answer(on, ADA, f"budget delete {web}") == (
        f"There's no budget `{web}`, so nothing was removed. `/devin budget list` shows the numbers."
    )
    assert await on.devin.sessions() == []


@pytest.mark.both_transports
async def test_the_same_grant_that_comes_twice_grants_once(on: Harness) -> None:
    await confirmed(on, "each-person 10 a day")
    typed = {"command": "/devin", "text": f"budget grant <@{ANN}> 5", "user_id": ADA, "channel_id": GENERAL}
    for _ in range(2):
        again = {**typed, "team_id": "T0PLAY", "trigger_id": "1.2.same", "token": str(time.time())}
        assert await forge(on, "slash_commands", again) == "acked"
    said = [sent["answer"]["text"] for sent in (await on.slack.deliveries(kind="slash_commands"))[-2:]]
    assert said[0] == said[1]
    assert "you 0 of 15 ACUs today (0%)" in await answer(on, ANN, "budget list")
    await settled(on)
    assert await posts(on, DM_OF_ANN) == ["ada raised your budget by 5 ACUs: 0 of 15 ACUs today. It resets DATE."]
    assert [row["action"] for row in await recorded_changes(on)] == ["budget_set", "budget_grant"]


async def test_a_grant_says_what_holds_now_for_whom_and_the_list_shows_it(on: Harness) -> None:
    await confirmed(on, "each-person 10 a day")
    await confirmed(on, f"<@{BEN}> 3 a week")
    await answer(on, ADA, f"budget grant <@{ANN}> 5")
    assert await answer(on, ADA, "budget grant each-person 2.5") == (
        "Each person can now use 12.5 ACUs today, 2.5 ACUs more than before. This applies until DATE. "
        "This is in addition to the ACUs granted to 1 person. 1 person has their own budget, which doesn't "
        "change."
    )
    await answer(on, ADA, f"budget grant <@{BEN}> 1")
    each, of_ben = (re.sub(r"^`\d+` ", "", line) for line in (await answer(on, ADA, "budget list")).split("\n"))
    assert each == (
        "*each person* 10 ACUs a day · granted until DATE: 2.5 ACUs more to each, 5 ACUs more to <@U0ANN> · "
        "you 0 of 12.5 ACUs today (0%) · resets DATE · warns at 80%"
    )
    assert of_ben == (
        "*<@U0BEN>* 3 ACUs a week · granted until DATE: 1 ACU more · "
        "0 of 4 ACUs this week (0%) · resets DATE · warns at 80%"
    )
    assert (await answer(on, BEN, "budget list")).endswith(
        "*<@U0BEN>* 3 ACUs a week · granted until DATE: 1 ACU more · 0 of 4 ACUs this week (0%) · resets DATE"
    )
    assert "granted until DATE: 2.5 ACUs more to each, 5 ACUs more to <@U0ANN> · you 0 of 17.5 ACUs today (0%)" in (
        await answer(on, ANN, "budget list")
    )


async def test_an_order_with_somebody_who_was_picked_is_one_however_long_it_is(on: Harness) -> None:
    said = await confirmed(on, f"<#{WEB}> 20 ACUs a week warn 80")
    assert said == f"Budget `{number_in(said)}` is set: 20 ACUs a week for <#{WEB}>, with a warning at 80%."
    said = await confirmed(on, f"<@{ANN}> 10 ACUs a week warn 50, 80")
    assert said == f"Budget `{number_in(said)}` is set: 10 ACUs a week for <@{ANN}>, with warnings at 50 and 80%."
    assert (await answer(on, ADA, f"budget set <#{WEB}> 20 ACUs a week warn 101")).startswith(
        budgets.problem(Problem.WARN).text
    )
    typed_name = await answer(on, ADA, "budget set #web 20 ACUs a week warn 80")
    assert typed_name.startswith(budgets.problem(Problem.NAME).text)
    await on.slack.say(ADA, DM_OF_ADA, f"budget set <#{WEB}> 5 ACUs a day")
    asked = await on.slack.wait_for_message(DM_OF_ADA, f"Change the budget for <#{WEB}> to 5 ACUs a day")
    await on.slack.click(ADA, "im", asked["ts"], "choose:budget_set_confirmed")
    assert "5 ACUs a day" in read(await on.slack.wait_for_message(DM_OF_ADA, "is set", ts=asked["ts"]))
    await settled(on)
    assert await on.devin.sessions() == []


@pytest.mark.both_transports
async def test_a_budget_that_was_set_can_be_undone_for_a_minute(on: Harness, clock: Ahead) -> None:
    async def undone(done: dict[str, Any], words: str) -> str:
        await on.slack.click(ADA, GENERAL, done["ts"], "choose:budget_undo")
        return read(await on.slack.wait_for_ephemeral(ADA, words, ts=done["ts"]))

    done = await set_budget(on.slack, "org 500 a month")
    assert buttons(done) == ["Undo"]
    number = number_in(done["rendered"])
    removed = f"Budget `{number}` was removed: 500 ACUs a month for the organization."
    assert await undone(done, "was removed") == removed
    assert await rows(on, "budgets") == []
    number = number_in((await set_budget(on.slack, "org 500 a month warn 50,80"))["rendered"])
    changed = await set_budget(on.slack, "org 20 a week")
    assert await undone(changed, "Before, it was 20 ACUs") == (
        f"Budget `{number}` is set: 500 ACUs a month for the organization, with warnings at 50 and 80%. "
        "Before, it was 20 ACUs a week."
    )
    (kept,) = await rows(on, "budgets")
    assert (kept["span"], kept["warn"]) == ("month", [50, 80])
    late = await set_budget(on.slack, "org 30 a week")
    clock.put(on.timing.undo + 2)
    assert await undone(late, TOO_LATE_TO_UNDO.text) == TOO_LATE_TO_UNDO.text
    assert [row["action"] for row in await recorded_changes(on)] == [
        *("budget_set", "budget_remove", "budget_set", "budget_set", "budget_set", "budget_set")
    ]
    await forge(on, "interactive", press(ANN, GENERAL, "choose:budget_undo", f"{int(on.clock())} {number}"))
    await on.slack.wait_for_ephemeral(ANN, ONLY_ADMINS)
    assert len(await rows(on, "budgets")) == 1


async def test_a_mistyped_order_is_repaired_with_the_channel_that_was_picked(on: Harness) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, f"bugdet set <#{WEB}> 20 ACUs a week warn 80"))["shown"]
    assert asked["text"] == in_doubt("bugdet set #web 20")
    assert buttons(asked) == ["Run budget set #web 20 ACUs a week warn 80", "Start a session"]
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:budget_set")
    await on.slack.wait_for_ephemeral(ADA, "Set it", ts=asked["ts"])
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:budget_set_confirmed")
    said = read(await on.slack.wait_for_ephemeral(ADA, "is set"))
    assert said == f"Budget `{number_in(said)}` is set: 20 ACUs a week for <#{WEB}>, with a warning at 80%."
    await on.slack.say(ADA, GENERAL, f"{BOT} set budget <#{WEB}> 7")
    asked = await on.slack.wait_for_ephemeral(ADA, "Run budget set #web 7")
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:budget_set")
    await on.slack.wait_for_ephemeral(ADA, "Set it", ts=asked["ts"])
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:budget_set_confirmed")
    said = read(await on.slack.wait_for_ephemeral(ADA, "is set: 7 ACUs a cycle"))
    assert said == (
        f"Budget `{number_in(said)}` is set: 7 ACUs a cycle for <#{WEB}>, with a warning at 80%. "
        "Before, it was 20 ACUs a week."
    )
    assert await on.devin.sessions() == []


async def three_of_ann_and_one_of_ben(on: Harness) -> None:
    """Sessions that were started today, one after the other, and spent 1.5 ACUs each."""
    for task, user in (("one", ANN), ("two", ANN), ("three", BEN), ("four", ANN)):
        _, devin_id = await on.started(f"fix test {task}", user=user)
        await on.devin.set(devin_id, acus_consumed=1.5)

    async def are_counted() -> bool:
        return sum(row["acus"] for row in await rows(on, "spend")) == 6

    await until(are_counted)


@pytest.mark.both_transports
async def test_before_a_budget_is_set_an_admin_reads_what_it_would_have_refused(on: Harness) -> None:
    await three_of_ann_and_one_of_ben(on)
    found = (
        "In the last 30 days, it would have blocked about 2 of the 4 starts (by <@U0ANN>). "
        "1 person has used that much already."
    )
    assert await answer(on, ANN, "budget try each-person 2 a day") == ONLY_ADMINS
    assert await tried(on, "each-person 2 a day") == (
        f"Only a trial: 2 ACUs a day for each person, with a warning at 80%. {found} "
        "To set it, use `/devin budget set` with the same words."
    )
    assert (await answer(on, ADA, "budget try each-person two")).startswith(budgets.problem(Problem.ACUS, "try").text)
    await on.slack.slash(ADA, GENERAL, "budget set each-person 2 a day")
    asked = await on.slack.wait_for_ephemeral(ADA, "Set it")
    assert asked["rendered"] == (
        f"Set a budget of 2 ACUs a day for each person, with a warning at 80%? {found}\nSet it\nCancel"
    )
    await on.slack.click(ADA, GENERAL, asked["ts"], "answer:budget:no")
    await on.slack.wait_for_ephemeral(ADA, budgets.NOT_SET.text, ts=asked["ts"])
    assert (await rows(on, "budgets"), await recorded_changes(on)) == ([], [])
    assert await tried(on, "org 5 a day") == (
        "Only a trial: 5 ACUs a day for the organization, with a warning at 80%. In the last 30 days, it "
        "would have blocked about 3 of the 4 starts (2 by <@U0ANN>, 1 by <@U0BEN>). It would be used up right away: "
        "6 of 5 ACUs today. To set it, use `/devin budget set` with the same words."
    )
    assert await tried(on, "each-session 1") == (
        "Only a trial: 1 ACU for each session, with a warning at 80%. "
        "In the last 30 days, all 4 sessions used more (3 by <@U0ANN>, 1 by <@U0BEN>). "
        "4 sessions have used that much already. To set it, use `/devin budget set` with the same words."
    )
    # Two hold what sessions usually use, and leave nothing for the third.
    assert await tried(on, f"<@{ANN}> 20 a day") == (
        f"Only a trial: 20 ACUs a day for <@{ANN}>, with a warning at 80%. "
        "In the last 30 days, it would have blocked about 1 of the 3 starts (by <@U0ANN>). "
        "It would have less than 1 ACU left right away: 4.5 of 20 ACUs used today, 25.5 more reserved by running "
        "sessions, 3 sessions without a limit might go over it. To set it, use `/devin budget set` with the same words."
    )
    assert "it would have blocked none of the 3 starts." in await tried(on, f"<@{ANN}> 30 a day")
    assert "it wouldn't have blocked the one start." in await tried(on, f"<@{BEN}> 20 a day")
    assert "no sessions would have counted toward this budget." in await tried(on, f"<#{WEB}> 20 a day")


async def test_a_budget_below_what_is_used_asks_first_and_says_what_it_is_now(on: Harness) -> None:
    await set_budget(on.slack, "org 200 a day")
    await three_of_ann_and_one_of_ben(on)
    await on.slack.slash(ADA, GENERAL, "budget set org 6 a day")
    asked = read(await on.slack.wait_for_ephemeral(ADA, "Set it"))
    assert asked == (
        "Change the budget for the organization to 6 ACUs a day, with a warning at 80%? Now it's 200 ACUs "
        "a day. In the last 30 days, it would have blocked about 3 of the 4 starts (2 by <@U0ANN>, 1 by <@U0BEN>). It "
        "would be used up right away: 6 of 6 ACUs today.\nSet it\nCancel"
    )
    assert [row["acus"] for row in await rows(on, "budgets")] == [200]


async def test_a_budget_that_is_set_already_asks_nothing(on: Harness) -> None:
    await confirmed(on, "org 200 a day warn 50,80")
    (before,) = await rows(on, "budgets")
    already = (
        f"That's set already, as budget `{before['seq']}`: 200 ACUs a day for the organization, with "
        "warnings at 50 and 80%."
    )
    await on.slack.slash(ADA, GENERAL, "budget set org 200.0 ACUs a day warn 80, 50")
    assert read(await on.slack.wait_for_ephemeral(ADA, "set already")) == already
    # A question from before somebody else set the same.
    await forge(on, "interactive", press(ADA, GENERAL, "choose:budget_set_confirmed", "org 200 a day warn 50,80"))
    await on.slack.wait("ephemerals", 2, user=ADA, text="set already")
    assert read((await on.slack.ephemerals(user=ADA))[-1]) == already
    assert len(await recorded_changes(on)) == 1
    await on.slack.slash(ADA, GENERAL, "budget set org 200 a day")
    asked = read(await on.slack.wait_for_ephemeral(ADA, "Set it"))
    assert "to 200 ACUs a day, with a warning at 80%? Now it's 200 ACUs a day, with warnings at 50 and 80%." in asked


async def test_only_an_admin_says_yes_to_the_question(on: Harness) -> None:
    await forge(on, "interactive", press(ANN, GENERAL, "choose:budget_set_confirmed", "org 10 a day warn 80"))
    await on.slack.wait_for_ephemeral(ANN, ONLY_ADMINS)
    await forge(on, "interactive", press(ADA, GENERAL, "choose:budget_set_confirmed", "org ten"))
    await on.slack.wait_for_ephemeral(ADA, STALE.text)
    await settled(on)
    assert await rows(on, "budgets") == []


async def test_where_figures_name_nobody_a_trial_counts_people(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    async with harness(tmp_path, transport, timing=timing, BOT_NAMES="off", BOT_ADMIN_USERS=ADA, **database) as on:
        await three_of_ann_and_one_of_ben(on)
        assert "about 2 of the 4 starts (by 1 person)." in await tried(on, "each-person 2 a day")
        await on.slack.slash(ADA, GENERAL, f"budget set <@{ANN}> 2 a day")
        assert read(await on.slack.wait_for_ephemeral(ADA, "Set it")) == (
            "Set a budget of 2 ACUs a day for <@U0ANN>, with a warning at 80%? "
            "No preview: per-person figures are hidden in this workspace.\nSet it\nCancel"
        )


async def test_a_level_is_announced_once_to_the_admins_and_to_whose_it_is(on: Harness) -> None:
    await set_budget(on.slack, "each-person 2 a day")
    ts, devin_id = await on.started(user=ANN)
    made = await on.devin.session(devin_id)
    assert made["request"]["max_acu_limit"] == 2
    await spends(on, devin_id, 1.7, "85%")
    await spends(on, devin_id, 1.9, "85%")
    await spends(on, devin_id, 2.1, "used up")
    await on.slack.wait_for_message(DM_OF_ANN, "used up")
    assert await posts(on, OPS) == [
        "85% of ann's budget is used: 1.7 of 2 ACUs today.",
        f"Ann's budget is used up: 2.1 of 2 ACUs today. {NOT_THEIRS}",
    ]
    assert await posts(on, DM_OF_ANN) == [
        "85% of your budget is used: 1.7 of 2 ACUs today. It resets DATE.",
        f"Your budget is used up: 2.1 of 2 ACUs today. {NOT_YOURS} An admin can grant more.",
    ]
    assert await on.thread(GENERAL, ts) == []


async def test_a_channel_and_a_session_are_warned_where_they_are(on: Harness) -> None:
    await set_budget(on.slack, f"<#{GENERAL}> 2 a day")
    await set_budget(on.slack, "each-session 1 warn 50")
    ts, devin_id = await on.started(user=ANN)
    assert (await on.devin.session(devin_id))["request"]["max_acu_limit"] == 1
    await on.devin.set(devin_id, acus_consumed=1.6)
    await on.slack.wait_for_message(GENERAL, f"80% of the budget of <#{GENERAL}> is used: 1.6 of 2 ACUs today.")
    said = await on.wait_for_post(GENERAL, ts, "used up")
    assert read(said) == (
        f"<@U0ANN> This session's budget is used up: 1.6 of 1 ACU this cycle. {NOT_WOKEN} An admin can grant more."
    )
    await on.slack.wait_for_messages(OPS, 2)
    title = titled("fix the login test", thread_address(GENERAL, ts), devin_id, "“{}”")
    assert set(await posts(on, OPS)) == {
        f"80% of the budget of <#{GENERAL}> is used: 1.6 of 2 ACUs today.",
        f"The budget of {title} is used up: 1.6 of 1 ACU this cycle. {NOT_WOKEN}",
    }


async def test_starts_and_waking_are_refused_until_an_admin_grants_more(on: Harness) -> None:
    ts, devin_id = await used_up(on, limited=False)
    await on.slack.say(ANN, GENERAL, "rename the flag", thread_ts=ts)
    await on.devin.wait_for_messages("rename the flag")  # a session that runs is not cut
    assert not await answer(on, ANN, "fix another test")
    refused = await on.slack.wait_for_ephemeral(ANN, "Nothing was started")
    assert read(refused) == NOT_STARTED
    await on.mention("fix a third test", user=BEN)  # Ben has a budget of his own
    await on.session("fix a third test")
    await on.devin.set(devin_id, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    assert read(await on.slack.wait_for_ephemeral(BEN, "Your reply wasn't sent")) == (
        "Your reply wasn't sent: ann's budget is used up, 2.1 of 2 ACUs today. It resets DATE."
    )
    await on.slack.click(ANN, GENERAL, refused["ts"], "choose:ask_for_more")
    asked = await on.slack.wait_for_message(OPS, "asks for more")
    assert read(asked) == (
        "ann asks for more ACUs to start “fix another test”: ann's budget is used up, 2.1 of 2 ACUs today. "
        "It resets DATE."
    )
    await on.slack.wait_for_ephemeral(
        ANN, "Request sent to your admins. “fix another test” starts as soon as one approves it."
    )
    await on.slack.click(BEN, OPS, asked["ts"], "grant_more")
    await on.slack.wait_for_ephemeral(BEN, ONLY_ADMINS)
    await on.slack.click(ADA, OPS, asked["ts"], "grant_more")
    raised = "by 11 ACUs: 2.1 of 13 ACUs today. It resets DATE."
    decided = await on.slack.wait_for_message(OPS, "raised")
    assert (read(decided), decided["ts"]) == (f"ada raised ann's budget {raised}", asked["ts"])
    received = await on.slack.wait_for_message(DM_OF_ANN, "raised")
    assert read(received) == f"ada raised your budget {raised} Trying to start your task now."
    made = await on.session("fix another test")
    assert made["request"]["max_acu_limit"] == 10  # of 10.9: Devin takes whole ACUs
    await on.mention("another task after all acu=15", user=ADA)
    await on.slack.wait_for_ephemeral(
        ADA,
        "This session's limit is 2 ACUs instead of 15: that's all a budget has left (`/devin budget list`).",
    )


async def held(on: Harness) -> bool:
    """Whether a call waits at Devin for its answer."""
    return any(fault["holding"] for fault in await on.devin.faults())


async def two_asleep(on: Harness, acu: int, spent: float) -> list[str]:
    """The threads of two sessions that sleep, with so many ACUs as their limit, and so many spent."""
    tasks = ("the first task", "the second task")
    threads = [await on.mention(f"{task} acu={acu}") for task in tasks]
    for thread, task in zip(threads, tasks, strict=True):
        asleep = {"status": "suspended", "status_detail": "inactivity", "acus_consumed": spent}
        await on.devin.set((await on.session(task))["session_id"], **asleep)
        await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=thread)
    return threads


async def test_a_session_is_woken_only_where_there_is_room_for_all_that_it_may_still_use(on: Harness) -> None:
    first, second = await two_asleep(on, acu=9, spent=0.5)
    await set_budget(on.slack, "org 10 a day")
    await on.slack.say(ADA, GENERAL, "use the first fixture", thread_ts=first)
    await on.devin.wait_for_messages("use the first fixture")
    await settled(on)
    await on.slack.say(ADA, GENERAL, "use the second fixture", thread_ts=second)
    refused = await on.slack.wait_for_ephemeral(ADA, "Your reply wasn't sent")
    why = (
        "the organization's budget doesn't have enough left: this session could still use 8.5 ACUs (1 "
        "of 10 ACUs used today, 8.5 more reserved by running sessions). It resets DATE."
    )
    assert read(refused) == (f"Your reply wasn't sent: {why}")
    await on.slack.slash(ADA, GENERAL, "budget grant org 1")
    await on.slack.click(ADA, GENERAL, refused["ts"], "choose:ask_for_more")
    asked = await on.slack.wait_for_message(OPS, "asks for more")
    assert read(asked) == (
        f"ada asks for more ACUs to send “use the second fixture”: "
        f"{why.replace('1 of 10', '1 of 11').replace('this session', 'a sleeping session')}"
    )
    await on.slack.click(ADA, OPS, asked["ts"], "grant_more")
    await on.slack.wait_for_message(OPS, "ada raised the organization's budget by 7 ACUs: 1 of 18 ACUs today.")
    await on.devin.wait_for_messages("use the second fixture")


async def test_a_session_without_a_limit_holds_the_usual_use_until_it_rests(on: Harness) -> None:
    ts, devin_id = await on.started(user=ANN)
    await on.devin.set(devin_id, acus_consumed=1.5)
    await set_budget(on.slack, "org 10 a day")

    async def is_counted() -> bool:
        return sum(row["acus"] for row in await rows(on, "spend")) == 1.5

    await until(is_counted)
    assert not await answer(on, BEN, "fix another test")
    refused = await on.slack.wait_for_ephemeral(BEN, "Nothing was started")
    assert read(refused).startswith(
        "Nothing was started: the organization's budget has less than 1 ACU left (1.5 of 10 ACUs used today, 8.5 more "
        "reserved by running sessions, 1 session without a limit might go over it). It resets DATE."
    )
    assert buttons(refused) == ["Request approval", "Cancel"]
    await on.devin.set(devin_id, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    await on.slack.slash(BEN, GENERAL, "fix another test acu=3")
    assert (await on.session("fix another test"))["request"]["max_acu_limit"] == 3
    await on.slack.say(ANN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await settled(on)
    await on.slack.slash(BEN, GENERAL, "fix a third test")
    await on.slack.wait_for_ephemeral(BEN, "(1.5 of 10 ACUs used today, 11.5 more reserved by running sessions")
    assert len(await on.devin.sessions()) == 2


async def test_of_two_replies_that_were_let_through_at_once_only_one_wakes_its_session(on: Harness) -> None:
    threads = await two_asleep(on, acu=4, spent=1.0)
    for made in await on.devin.sessions():
        await on.devin.set(made["session_id"], is_archived=True)
    await archived(on)
    await set_budget(on.slack, "org 6 a day")
    await on.devin.fault("unarchive", "hang", times=2)  # which comes right before the intent
    for number, thread in enumerate(threads):
        await on.slack.say(ADA, GENERAL, f"reply number {number}", thread_ts=thread)

    async def both_wait() -> bool:
        return sum(fault["holding"] for fault in await on.devin.faults()) == 2

    await until(both_wait)
    await on.devin.release()
    assert read(await on.slack.wait_for_ephemeral(ADA, "Your reply wasn't sent")) == (
        "Your reply wasn't sent: the organization's budget doesn't have enough left: this "
        "session could still use 3 ACUs (2 of 6 ACUs used today, 3 more reserved by running "
        "sessions). It resets DATE."
    )
    await settled(on)
    assert (await on.devin.counters())["send_message"] == 1


async def archived(on: Harness) -> None:
    """Waits until the bot knows that all sessions are archived."""

    async def all_are() -> bool:
        return all(row["archived"] for row in await rows(on, "sessions"))

    await until(all_are)


async def test_sessions_that_are_woken_at_once_share_what_is_left_of_a_budget(on: Harness) -> None:
    threads = await two_asleep(on, acu=4, spent=1.0)
    await set_budget(on.slack, "org 6 a day")
    await on.slack.wait_for_ephemeral(ADA, "6 ACUs")
    await on.devin.fault("send_message", "hang", contains="use the first fixture", commit="after")
    await on.slack.say(ADA, GENERAL, "use the first fixture", thread_ts=threads[0])
    await until(lambda: held(on))
    await on.slack.say(ADA, GENERAL, "use the second fixture", thread_ts=threads[1])
    assert read(await on.slack.wait_for_ephemeral(ADA, "Your reply wasn't sent")) == (
        "Your reply wasn't sent: the organization's budget doesn't have enough left: this "
        "session could still use 3 ACUs (2 of 6 ACUs used today, 3 more reserved by running "
        "sessions). It resets DATE."
    )
    await on.devin.release()
    await on.devin.wait_for_messages("use the first fixture")


async def test_who_steers_the_session_of_somebody_else_needs_a_budget_too(on: Harness) -> None:
    await used_up(on)
    bens, devin_id = await on.started("fix the cart of Ben", user=BEN)
    await on.slack.say(ANN, GENERAL, "and the docs", thread_ts=bens)
    assert read(await on.slack.wait_for_ephemeral(ANN, "Your reply wasn't sent")) == (
        "Your reply wasn't sent: your budget is used up, 2.1 of 2 ACUs today. It resets DATE. "
        "You need ACUs left in your own budget to reply in someone else's session."
    )
    await on.devin.set(devin_id, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=bens)
    await on.slack.say(ANN, GENERAL, "fix the typo", thread_ts=bens)
    await on.slack.wait_for_ephemeral(ANN, "wasn't sent: your budget is used up, 2.1 of 2 ACUs today.")
    await on.slack.say(BEN, GENERAL, "go on", thread_ts=bens)
    await on.devin.wait_for_messages("go on")
    for unsent in ("and the docs", "fix the typo"):
        with pytest.raises(TimeoutError):
            await on.devin.wait_for_messages(unsent, seconds=0.1)


async def test_sessions_that_start_at_once_never_get_more_than_a_budget_has(on: Harness) -> None:
    await set_budget(on.slack, "org 20 a day")
    for number in range(5):
        await on.slack.slash(ANN, GENERAL, f"task number {number} acu=8")
    said = "the organization's budget has less than 1 ACU left (0 of 20 ACUs used today, "
    await on.slack.wait("ephemerals", 2, user=ANN, text=f"{said}20 more reserved by running sessions).")
    await settled(on)
    assert sorted(one["request"]["max_acu_limit"] for one in await on.devin.sessions()) == [4, 8, 8]
    first = next(one for one in await on.devin.sessions() if one["request"]["max_acu_limit"] == 8)
    await on.devin.set(first["session_id"], status="running", status_detail="finished", acus_consumed=1.5)
    await on.slack.wait_for_message(GENERAL, "done")
    await on.slack.slash(ANN, GENERAL, "fix one test more acu=8")
    assert (await on.session("fix one test more"))["request"]["max_acu_limit"] == 6


async def test_what_finds_no_room_at_once_is_refused_before_it_has_a_card(on: Harness) -> None:
    await set_budget(on.slack, "org 20 a day")
    threads: list[str | None] = [None]  # a slash command's card begins one
    for number in range(6):
        await on.slack.slash(ANN, GENERAL, f"fix the flaky test number {number} acu=10")
        threads.append(await on.mention(f"fix the broken test number {number} acu=10", user=BEN))
    said = "20 more reserved by running sessions"
    for user in (ANN, BEN):
        await on.slack.wait("ephemerals", 4, user=user, text=said)
    await settled(on)
    assert (len(await on.slack.ephemerals(text=said)), await creations(on)) == (10, 2)
    shown = [one for thread in threads for one in await on.slack.messages(GENERAL, thread_ts=thread)]
    assert len({one["ts"] for one in shown if is_card(one)}) == 2
    assert not [one for one in shown if "Not started" in one["rendered"]]


async def test_who_asked_for_more_and_whose_budget_it_is_both_learn_of_the_grant(on: Harness) -> None:
    ts, devin_id = await used_up(on, limited=False)
    await on.devin.set(devin_id, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    refused = await on.slack.wait_for_ephemeral(BEN, "Your reply wasn't sent")
    await on.slack.click(BEN, GENERAL, refused["ts"], "choose:ask_for_more")
    asked = await on.slack.wait_for_message(OPS, "asks for more")
    await on.slack.click(ADA, OPS, asked["ts"], "grant_more")
    raised = "budget by 11 ACUs: 2.1 of 13 ACUs today. It resets DATE."
    by_ben = await on.slack.wait_for_message("D0BEN", "ada raised ann's budget")
    assert read(by_ben) == f"ada raised ann's {raised} Trying to send your reply now."
    assert read(await on.slack.wait_for_message(DM_OF_ANN, "raised")) == f"ada raised your {raised}"
    await settled(on)
    for whom in (DM_OF_ANN, "D0BEN"):
        assert len([one for one in await posts(on, whom) if "raised" in one]) == 1
    assert len(await on.devin.wait_for_messages("go on")) == 1


async def test_nobody_asks_for_more_of_a_budget_that_refused_them_nothing(on: Harness) -> None:
    await set_budget(on.slack, "each-channel 1 a day")
    await set_budget(on.slack, "each-session 1 a day")
    await used_up(on)
    (session,) = await rows(on, "sessions")
    numbers = {row["kind"]: row["seq"] for row in await rows(on, "budgets")}
    forged = [
        f"{numbers['each-person']}:{ANN}",  # who has no session in that channel
        f"{numbers['each-person']}:U0NOBODY",
        f"{numbers['each-channel']}:{GENERAL}",
        f"{numbers['each-session']}:{session['id']}",
        f"{'9' * 30}:{ANN}",
        "\u0661:",
    ]
    for count, value in enumerate(forged, 1):
        await forge(on, "interactive", press(BEN, WEB, "choose:ask_for_more", value))
        await on.slack.wait("ephemerals", count, user=BEN)
        assert (await on.slack.ephemerals(user=BEN))[-1]["rendered"] == budgets.BUDGET_GONE.text, value
    await settled(on)
    assert await rows(on, "grants") == []
    assert [one for one in await posts(on, OPS) if "asks for more" in one] == []


async def asked_for_more(on: Harness, channel: str = OPS) -> dict[str, Any]:
    """Ann has used up her budget and asks for more; answers the request that the admins read."""
    await on.mention("fix another test", user=ANN)
    refused = await on.slack.wait_for_ephemeral(ANN, "Nothing was started")
    await on.slack.click(ANN, GENERAL, refused["ts"], "choose:ask_for_more")
    return await on.slack.wait_for_message(channel, "asks for more")


async def changes(on: Harness) -> list[tuple[Any, ...]]:
    """What, of whom, from what to what, and with which outcome Ada changed, and where."""
    columns = ("action", "target", "channel", "before", "after", "outcome")
    found = sorted(await rows(on, "audit", user=ADA), key=lambda row: row["seq"])
    return [tuple(row[name] for name in columns) for row in found]


async def test_only_who_asked_for_more_is_told_to_send_again(on: Harness) -> None:
    await used_up(on)
    await on.slack.slash(ADA, GENERAL, f"budget grant <@{ANN}> 5")
    received = await on.slack.wait_for_message(DM_OF_ANN, "raised")
    assert read(received).endswith("raised your budget by 5 ACUs: 2.1 of 7 ACUs today. It resets DATE.")


async def test_each_change_is_written_down_with_what_it_was_before(on: Harness) -> None:
    await used_up(on)
    asked = await asked_for_more(on)
    await on.slack.click(ADA, OPS, asked["ts"], "grant_more")
    await on.slack.wait_for_message(OPS, "ada raised")
    number = number_in(await confirmed(on, "each-person 3 a day warn 50"))
    await on.slack.slash(ADA, GENERAL, f"budget grant <@{ANN}> 2")
    await on.slack.slash(ADA, GENERAL, f"budget remove {number}")
    first, changed = {"acus": "2", "span": "day", "warn": [80]}, {"acus": "3", "span": "day", "warn": [50]}
    today = {"period": f"day:{billing_day(on.clock()).isoformat()}"}
    anns = "each-person U0ANN"
    assert await changes(on) == [
        ("budget_set", "each-person", GENERAL, None, first, "done"),
        ("budget_grant", anns, OPS, {"acus": "2"} | today, {"acus": "13"} | today, "done"),
        ("budget_set", "each-person", GENERAL, first, changed, "done"),
        ("budget_grant", anns, GENERAL, {"acus": "14"} | today, {"acus": "16"} | today, "done"),
        ("budget_remove", "each-person", GENERAL, changed, None, "done"),
    ]


async def test_a_grant_after_the_budget_has_started_afresh_raises_nothing(on: Harness, clock: Ahead) -> None:
    await used_up(on)
    asked = await asked_for_more(on)
    clock.put(DAY)
    await on.slack.click(ADA, OPS, asked["ts"], "grant_more")
    late = await on.slack.wait_for_message(OPS, "That budget already reset")
    assert (read(late), late["ts"]) == ("That budget already reset DATE, so no ACUs were added.", asked["ts"])
    received = await on.slack.wait_for_message(DM_OF_ANN, "has ACUs left again")
    assert read(received) == "Your budget has ACUs left again: 0 of 2 ACUs today. Trying to start your task now."
    assert "you 0 of 2 ACUs today (0%)" in await answer(on, ANN, "budget list")
    assert [row["action"] for row in await recorded_changes(on)] == ["budget_set"]


async def test_without_an_admin_channel_each_admin_is_asked_and_one_of_them_answers(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    settings = {"BOT_ADMIN_USERS": f"{ADA},{BEN}"} | database
    async with harness(tmp_path, transport, timing=timing, **settings) as on:
        await set_budget(on.slack, "each-person 2 a day")
        _, devin_id = await on.started(user=ANN)
        await on.devin.set(devin_id, acus_consumed=2.1)
        for admin in (DM_OF_ADA, "D0BEN"):
            level = await on.slack.wait_for_message(admin, "is used up")
            assert read(level) == f"Ann's budget is used up: 2.1 of 2 ACUs today. {NOT_THEIRS}"
        by_ada, by_ben = await asked_for_more(on, DM_OF_ADA), await on.slack.wait_for_message("D0BEN", "asks for more")
        request = (
            "ann asks for more ACUs to start “fix another test”: ann's budget is used up, 2.1 of 2 ACUs today. "
            "It resets DATE."
        )
        assert read(by_ada) == read(by_ben) == request
        await on.slack.click(BEN, "im", by_ben["ts"], "grant_more")
        await on.slack.wait_for_message("D0BEN", "ben raised ann's budget by 11 ACUs: 2.1 of 13 ACUs today.")
        await on.slack.click(ADA, "im", by_ada["ts"], "refuse_more")
        await on.slack.wait_for_ephemeral(ADA, budgets.ANSWERED_ALREADY.text)
        assert "you 2.1 of 13 ACUs today (16%)" in await answer(on, ANN, "budget list")


async def test_where_figures_name_nobody_only_the_audit_log_names_who_asks_and_who_grants(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    settings = {"BOT_ADMIN_CHANNEL": OPS, "BOT_NAMES": "off"} | database
    async with harness(tmp_path, transport, timing=timing, **settings) as on:
        await used_up(on)
        asked = await asked_for_more(on)
        assert read(asked) == (
            "Someone asks for more ACUs to start “fix another test”: one person's budget is used up, 2.1 of 2 ACUs "
            "today. It resets DATE."
        )
        await on.slack.click(ADA, OPS, asked["ts"], "grant_more")
        raised = "by 11 ACUs: 2.1 of 13 ACUs today. It resets DATE."
        assert read(await on.slack.wait_for_message(OPS, "raised")) == f"An admin raised one person's budget {raised}"
        received = await on.slack.wait_for_message(DM_OF_ANN, "raised")
        assert read(received) == f"An admin raised your budget {raised} Trying to start your task now."
        assert await answer(on, ADA, f"budget grant <@{ANN}> 5") == (
            "<@U0ANN> can now use 18 ACUs today, 5 ACUs more than before. This applies until DATE."
        )
        assert (await answer(on, ADA, "budget list")).endswith(
            "2 ACUs a day · granted until DATE: more to 1 person · "
            "you 0 of 2 ACUs today (0%) · resets DATE · warns at 80%"
        )
        assert [one[:3] for one in await changes(on)] == [
            ("budget_set", "each-person", GENERAL),
            ("budget_grant", "each-person U0ANN", OPS),
            ("budget_grant", "each-person U0ANN", GENERAL),
        ]


async def test_where_figures_name_nobody_a_request_is_refused_by_an_admin(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    settings = {"BOT_ADMIN_CHANNEL": OPS, "BOT_NAMES": "off"} | database
    async with harness(tmp_path, transport, timing=timing, **settings) as on:
        await used_up(on)
        asked = await asked_for_more(on)
        await on.slack.click(ADA, OPS, asked["ts"], "refuse_more")
        refused = await on.slack.wait_for_message(OPS, "denied")
        assert read(refused) == "An admin denied a request for more ACUs."
        received = await on.slack.wait_for_message(DM_OF_ANN, "denied")
        assert read(received).startswith("An admin denied your request for more ACUs. Nothing was started.")


async def test_a_session_that_has_used_up_its_own_budget_is_not_woken(on: Harness) -> None:
    ts, devin_id = await on.started(user=ANN)
    await set_budget(on.slack, "each-session 1")
    await spends(on, devin_id, 1.6, "used up")
    await on.devin.set(devin_id, status="suspended", status_detail="inactivity")
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "go on", thread_ts=ts)
    assert read(await on.slack.wait_for_ephemeral(BEN, "Your reply wasn't sent")) == (
        "Your reply wasn't sent: this session's budget is used up, 1.6 of 1 ACU this cycle. It resets DATE."
    )


async def test_a_request_is_refused_once_and_written_down(on: Harness) -> None:
    await used_up(on)
    asked = await asked_for_more(on)
    await on.slack.click(ADA, OPS, asked["ts"], "refuse_more")
    await on.slack.wait_for_message(OPS, "ada denied ann's request for more ACUs.")
    received = await on.slack.wait_for_message(DM_OF_ANN, "denied")
    assert read(received).startswith("ada denied your request for more ACUs. Nothing was started.")
    assert (await changes(on))[1:] == [("budget_grant", "each-person U0ANN", OPS, None, None, "refused")]
    assert "13 ACUs" not in await answer(on, ANN, "budget list")


async def test_a_sentence_about_a_budget_starts_a_session(on: Harness) -> None:
    await on.slack.slash(ADA, GENERAL, "budget the migration of the billing module and write it into the readme")
    await on.session("budget the migration")
    await on.slack.slash(ADA, GENERAL, "bugdet set org 10")
    assert len(await on.devin.sessions()) == 1


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("budget", "Which one? Try `budget list`, `set`, `try`, `remove`, or `grant`. Nothing was started."),
        (
            "budget 100",
            "`budget` doesn't take `100`. Try `list`, `set`, `try`, `remove`, or `grant`. Nothing was started.",
        ),
        (
            "budget undo",
            "Changes to budgets, roles, and digests have an “Undo” button for a minute. After that, set the old "
            "value again, such as with `/devin budget set`. Nothing was started.",
        ),
    ],
)
async def test_the_word_budget_with_too_little_behind_it_is_answered_with_its_help(
    on: Harness, typed: str, why: str
) -> None:
    shown = (await on.slack.slash(ADA, GENERAL, typed))["shown"]
    head, *lines = shown["rendered"].split("\nShow ")[0].splitlines()
    assert (head, len(lines)) == (why, 4)
    assert buttons(shown) == ["Show budget list", *(f"Run budget set {one}" for one in BUDGET_SET.examples)]
    mine = (await on.slack.slash(ANN, GENERAL, typed))["shown"]
    if typed == "budget":  # a member has only the list of it
        assert mine["rendered"].startswith("No budget applies to you here.")
    else:
        assert mine["rendered"].splitlines()[1:] == [
            "• `/devin budget list` shows the budgets that apply to you here",
            "Show budget list",
        ]
    assert await on.devin.sessions() == []


async def test_an_admin_sets_and_grants_in_a_direct_message(on: Harness) -> None:
    await on.slack.say(ADA, DM_OF_ADA, f"budget set <@{ANN}> 5 a week")
    asked = await on.slack.wait_for_message(DM_OF_ADA, "Set it")
    await on.slack.click(ADA, "im", asked["ts"], "choose:budget_set_confirmed")
    await on.slack.wait_for_message(DM_OF_ADA, "is set: 5 ACUs a week for <@U0ANN>, with a warning at 80%.")
    await on.slack.say(ADA, DM_OF_ADA, f"budget grant <@{ANN}> 2.5")
    raised = await on.slack.wait_for_message(DM_OF_ADA, "raised")
    assert read(raised) == "ada raised <@U0ANN>'s budget by 2.5 ACUs: 0 of 7.5 ACUs this week. It resets DATE."
    received = await on.slack.wait_for_message(DM_OF_ANN, "raised")
    assert read(received) == "ada raised your budget by 2.5 ACUs: 0 of 7.5 ACUs this week. It resets DATE."


async def test_a_yes_to_waking_waits_for_a_budget_that_was_used_up_meanwhile(on: Harness, clock: Ahead) -> None:
    ts, devin_id = await on.started(user=ANN)
    await on.devin.set(devin_id, status="suspended", status_detail="inactivity", acus_consumed=2.1)
    await on.slack.wait_for_message(GENERAL, "Asleep", thread_ts=ts)
    await settled(on)
    clock.put(73 * HOUR)
    await on.slack.say(ANN, GENERAL, "go on", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "Wake it anyway?")
    await set_budget(on.slack, "each-person 2 a month")
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:wake:wake")
    assert read(await on.slack.wait_for_ephemeral(ANN, "Devin wasn't woken")) == (
        "Devin wasn't woken: your budget is used up, 2.1 of 2 ACUs this month. It resets DATE. "
        "It's kept for up to a day. Try again, or request approval."
    )
    await on.slack.slash(ADA, GENERAL, f"budget grant <@{ANN}> 5")
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:wake:wake")
    await on.devin.wait_for_messages("go on")
    await on.slack.wait_for_ephemeral(ANN, "Waking Devin with your reply.")


async def test_an_answer_to_a_warning_in_a_direct_message_starts_nothing(on: Harness) -> None:
    await used_up(on)
    warning = await on.slack.wait_for_message(DM_OF_ANN, "used up")
    await on.slack.slash(ADA, GENERAL, f"budget grant <@{ANN}> 5")
    await on.slack.say(ANN, "im", "please give the team some more of it", thread_ts=warning["ts"])
    await on.slack.wait_for_message(DM_OF_ANN, reply_sentences.NOTHING_TO_REPLY_TO.text, thread_ts=warning["ts"])
    assert len(await on.devin.sessions()) == 1


async def test_a_channel_of_admins_reads_about_its_own_budget_once(on: Harness) -> None:
    await set_budget(on.slack, f"<#{OPS}> 2 a day")
    await on.mention("fix the login test", channel=OPS, user=ANN)
    made = await on.session("fix the login test")
    await spends(on, made["session_id"], 2.1, "is used up")
    await settled(on)
    assert len([one for one in await posts(on, OPS) if "is used up" in one]) == 1


async def submitted(on: Harness, view: str, filled: dict[str, str], **fields: str) -> dict[str, Any]:
    """Send Ada's form with what is `filled` in, and with these `fields`; answers what Slack is told."""
    values = {name: {name: value} for name, value in (filled | fields).items()}
    return dict(await on.slack.submit_view(ADA, view, values))


@pytest.mark.both_transports
async def test_a_budget_is_set_with_a_form(on: Harness) -> None:
    assert (await on.slack.slash(ANN, GENERAL, "budget set"))["shown"]["text"].startswith(
        "Only admins can change budgets."
    )
    await on.slack.slash(ADA, GENERAL, "budget set")
    (shown,) = await on.slack.wait("views", user=ADA, open=True)
    filled = {"whom": "person", "acus": "0.5", "span": "month", "warn": "50, 80"}
    submit = partial(submitted, on, shown["id"], filled)
    assert (await submit(acus="ten", warn="half"))["errors"] == {
        "person": "Pick the person.",
        "acus": "Write a number of ACUs above zero, such as 20 or 7.5.",
        "warn": "Write up to five percentages from 1 to 99, such as 50, 80.",
    }
    filled["person"] = BEN
    assert (await submit(warn="150"))["errors"] == {
        "acus": "The smallest budget is 1 ACU, the minimum to start a session.",
        "warn": "Write up to five percentages from 1 to 99, such as 50, 80.",
    }
    done = await submit(acus="30")
    assert done.get("closed") is True, done
    question = f"Set a budget of 30 ACUs a month for <@{BEN}>, with warnings at 50 and 80%?"
    asked = await on.slack.wait_for_message("D0ADA", "Set a budget of 30 ACUs a month")
    assert buttons(asked) == ["Set it", "Cancel"]
    here = (await on.slack.wait_for_ephemeral(ADA, "Continue in your DM with Devin Bridge."))["rendered"]
    assert here.startswith(question)
    await on.slack.click(ADA, "D0ADA", asked["ts"], "choose:budget_set_confirmed")
    assert buttons(await on.slack.wait_for_message("D0ADA", "is set: 30 ACUs a month")) == ["Undo"]
    (kept,) = await rows(on, "budgets")
    assert (kept["kind"], kept["subject"], kept["span"], kept["warn"]) == ("person", BEN, "month", [50, 80])


async def test_a_start_by_form_that_a_budget_refuses_is_said_where_the_form_was_opened(on: Harness) -> None:
    await used_up(on)
    assert (await on.slack.slash(ANN, GENERAL, ""))["shown"] is None
    (shown,) = await on.slack.wait("views", user=ANN, open=True)
    sent = await on.slack.submit_view(ANN, shown["id"], {"task": {"task": "fix the menu"}})
    assert sent.get("closed") is True, sent
    here = await on.slack.wait_for_ephemeral(ANN, "You're over budget")
    assert (read(here), buttons(here)) == (f"{NOT_STARTED} Continue in your DM with Devin Bridge.", [])
    asked = await on.slack.wait_for_message(DM_OF_ANN, "You're over budget")
    assert (read(asked), buttons(asked)) == (NOT_STARTED, ["Request approval", "Cancel"])
    await on.slack.click(ANN, "im", asked["ts"], "choose:ask_for_more")
    await on.slack.wait_for_message(OPS, "asks for more")
    await settled(on)
    assert len(await on.slack.ephemerals(user=ANN, text="Continue in your DM")) == 1


@pytest.mark.parametrize("store", ["postgresql"])  # of SQLite no two transactions write at once
@pytest.mark.timing(store_lock=0.1, row_first_retry=0.02, row_longest_retry=0.02)
async def test_a_start_that_waits_long_for_those_of_others_is_not_lost(on: Harness) -> None:
    await set_budget(on.slack, "org 100 a day")

    async def has_been_tried_often() -> bool:
        return any(row["attempts"] > MAX_FAILURES for row in await rows(on, "inbox", state="open"))

    async with on.store.write() as tx:
        await locked_budgets.lock(tx, TEAM)
        await on.mention("fix the login test")
        await until(has_been_tried_often)
    await on.session("fix the login test")
    await settled(on)
    assert {row["failures"] for row in await rows(on, "inbox")} == {0}
    assert await creations(on) == 1


async def test_a_team_s_budget_is_set_refuses_by_a_tag_and_lets_a_start_go_once_it_is_raised(on: Harness) -> None:
    assert await answer(on, ADA, "budget try team:Payments 5") == ""
    unknown = await on.slack.wait_for_ephemeral(ADA, "There's no team “Payments”")
    assert read(unknown) == "There's no team “Payments”, so nothing was changed. See `/devin team list`."
    await on.slack.slash(ADA, GENERAL, f"team add Payments tag:pay <@{ANN}>")
    await on.slack.slash(ADA, GENERAL, "budget set team:Paymnts 2 a day")
    unknown = await on.slack.wait_for_ephemeral(ADA, "There's no team “Paymnts”")
    assert read(unknown) == "There's no team “Paymnts”, so nothing was changed. Did you mean “Payments”?"
    number = number_in(said := await confirmed(on, "team:payments 2 a day"))
    assert said == f"Budget `{number}` is set: 2 ACUs a day for team “Payments”, with a warning at 80%."
    await on.mention("fix the login test tags=pay", BEN)
    first = await on.session("fix the login test")
    await on.devin.set(first["session_id"], status="running", status_detail="working")
    await spends(on, first["session_id"], 2.0, "The budget of team “Payments” is used up: 2 of 2 ACUs today.")
    until_then = "no session is started or woken for that team. Running sessions keep running."
    (reached,) = [text for text in await posts(on, OPS) if "is used up" in text]
    assert reached == (
        f"The budget of team “Payments” is used up: 2 of 2 ACUs today. Until it resets DATE, {until_then}"
    )
    shown = f"`{number}` *team “Payments”* 2 ACUs a day · 2 of 2 ACUs today (100%) · resets DATE · warns at 80%"
    assert await answer(on, ADA, "budget list") == shown
    assert "\nThe budget of team “Payments”: 2 of 2 ACUs today (100%) · resets DATE" in await answer(on, ANN, "cost")
    assert "budget" not in await answer(on, BEN, "cost")
    ts = await on.mention("fix the menu tags=Pay", BEN)
    refused = await on.slack.wait_for_ephemeral(BEN, "used up")
    assert read(refused) == (
        "The budget of team “Payments” is used up, 2 of 2 ACUs today. It resets DATE. Nothing was started."
    )
    assert [one for one in await on.slack.messages(GENERAL, thread_ts=ts) if is_card(one)] == []
    await on.slack.click(BEN, GENERAL, refused["ts"], "choose:ask_for_more")
    asked = await on.slack.wait_for_message(OPS, "asks for more")
    assert (read(asked).split("\n")[0], buttons(asked)[0]) == (
        "ben asks for more ACUs to start “fix the menu”: the budget of team “Payments” is used up, "
        "2 of 2 ACUs today. It resets DATE.",
        "Grant 10 ACUs",
    )
    assert await answer(on, ADA, "budget grant team:payments 10") == (
        "ada raised the budget of team “Payments” by 10 ACUs: 2 of 12 ACUs today. It resets DATE."
    )
    await on.session("fix the menu")
    await on.mention("fix the header", ANN)  # all that was granted is reserved by then
    await on.slack.wait_for_ephemeral(ANN, "the budget of team “Payments” has less than 1 ACU left")
    await on.slack.slash(ADA, GENERAL, f"team add Web <@{ANN}> from {billing_day(on.clock())}")
    await on.mention("fix the sidebar", ANN)  # who is in another team from today on isn't held back by that one
    await on.session("fix the sidebar")
    await on.mention("fix the footer", BEN)  # without the tag it is no team's
    await on.session("fix the footer")


async def test_a_team_s_budget_warns_once_at_each_of_its_percentages_and_stands_in_home(on: Harness) -> None:
    await on.slack.slash(ADA, GENERAL, f"team add Payments tag:pay <@{ANN}>")
    await set_budget(on.slack, "team:Payments 10 a day warn 50,80")
    whose, near = "The budget of team “Payments”:", "Budgets near their end"
    first, second = await _of_the_team(on, ANN, "acu=6"), await _of_the_team(on, BEN, "acu=4 tags=pay")
    assert near not in written((await opened_home(on, ADA, "Running now: 2 sessions"))["blocks"])
    await _has_used(on, second, 0.3)
    await spends(on, first, 5.2, "55%")
    own = written((await opened_home(on, ANN, f"{whose} 5.5 of 10 ACUs today (55%)"))["blocks"])
    assert near not in own
    admins = written((await opened_home(on, ADA, near))["blocks"])
    assert f"*{near}*\n{whose} 5.5 of 10 ACUs today (55%) · resets" in admins
    await _has_used(on, first, 5.4)
    await spends(on, second, 3.1, "85%")
    await spends(on, second, 4.7, "used up")
    assert await posts(on, OPS) == [
        "55% of the budget of team “Payments” is used: 5.5 of 10 ACUs today.",
        "85% of the budget of team “Payments” is used: 8.5 of 10 ACUs today.",
        "The budget of team “Payments” is used up: 10.1 of 10 ACUs today. Until it resets DATE, no session is started "
        "or woken for that team. Running sessions keep running.",
    ]
    for elsewhere in (DM_OF_ANN, "D0BEN", GENERAL):  # they are told in the admin channel alone
        assert [text for text in await posts(on, elsewhere) if "budget" in text] == []


async def _has_used(on: Harness, devin_id: str, acus: float) -> None:
    """A session has cost so much, which the bot has seen."""
    await on.devin.set(devin_id, acus_consumed=acus)

    async def is_seen() -> bool:
        return any(row["acus"] == acus for row in await rows(on, "spend"))

    await until(is_seen)


async def _of_the_team(on: Harness, user: str, options: str) -> str:
    """The id of a session that counts for the team of its tag or of who asked for it."""
    await on.mention(f"fix the login of {user} {options}", user)
    return str((await on.session(f"fix the login of {user}"))["session_id"])


async def test_a_repository_s_budget_is_set_with_the_form_and_refuses_what_names_it(on: Harness) -> None:
    await on.slack.slash(ADA, GENERAL, "budget set")
    (shown,) = await on.slack.wait("views", user=ADA, open=True)
    submit = partial(submitted, on, shown["id"], {"whom": "repo", "acus": "1", "span": "day", "warn": "80"})
    assert "Name the repository." in str(await submit())
    assert "Name the repository with its owner, such as repo:acme/web." in str(await submit(repo="web"))
    assert (await submit(repo="https://github.com/Acme/Web")).get("closed") is True
    question = await on.slack.wait_for_message("D0ADA", "Set a budget of 1 ACU a day for the repository acme/web")
    await on.slack.click(ADA, "D0ADA", question["ts"], "choose:budget_set_confirmed")
    await on.slack.wait_for_message("D0ADA", "is set: 1 ACU a day for the repository acme/web")
    await on.mention("fix the login test repo=acme/web")
    await on.session("fix the login test")
    await on.mention("fix the menu repo=acme/web", BEN)
    refused = await on.slack.wait_for_ephemeral(BEN, "less than 1 ACU left")
    assert read(refused).startswith(
        "Nothing was started: the budget of the repository acme/web has less than 1 ACU left"
    )
    assert len(await on.devin.sessions()) == 1


async def test_a_repository_that_devin_does_not_list_is_named_before_its_budget_is_set(on: Harness) -> None:
    on.simulated_devin.world.held.repositories = ["acme/web", "acme/api"]
    unlisted = "Devin doesn't list acme/wbe. Did you mean `repo:acme/web`?"
    await on.slack.slash(ADA, GENERAL, "budget set repo:acme/wbe 5 a day")
    question = await on.slack.wait_for_ephemeral(ADA, "Set a budget of 5 ACUs a day for the repository acme/wbe")
    assert f"? {unlisted} " in question["rendered"]
    await on.slack.slash(ADA, GENERAL, "budget try repo:acme/wbe 5 a day")
    trial = await on.slack.wait_for_ephemeral(ADA, "Only a trial")
    assert f". {unlisted} " in trial["rendered"]
    await on.slack.slash(ADA, GENERAL, "budget set acme/web 5 a day")
    question = await on.slack.wait_for_ephemeral(ADA, "Set a budget of 5 ACUs a day for the repository acme/web")
    assert "doesn't list" not in question["rendered"]


async def test_a_repository_s_budget_warns_before_it_is_used_up_and_stands_in_home(on: Harness) -> None:
    await set_budget(on.slack, "repo:acme/web 10 a day")
    await on.mention("fix the login test repo=acme/web acu=9")
    session = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(session, acus_consumed=8.5)
    said = await on.slack.wait_for_message(OPS, "the repository acme/web")
    assert read(said) == "85% of the budget of the repository acme/web is used: 8.5 of 10 ACUs today."
    view = await opened_home(on, ADA, "acme/web")
    assert "repository acme/web: 8.5 of 10 ACUs today (85%)" in written(view["blocks"])
