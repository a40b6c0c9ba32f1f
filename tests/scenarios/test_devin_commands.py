"""What people ask Devin through the bot: members, metrics, names of secrets, schedules and reviews."""

import time
from datetime import UTC
from typing import Any

import pytest

from bot.devin import paging
from bot.domain.billing import newest_finished
from bot.features.reads import sentences as reads
from bot.features.reviews.sentences import HOW, NO_MESSAGE, NO_PULL_REQUEST, asked_for, goes_on
from bot.features.schedules.sentences import GONE, UNKNOWN, UNSEEN, listing, no_number
from bot.playground.devin.permissions import ADMIN_PERMISSIONS
from bot.views import devin_answers
from bot.views.answers import session_lists as session_list_sentences
from bot.views.message import Message
from tests.scenarios.ahead import recorded_changes, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, Harness, harness
from tests.scenarios.observations import set_budget, settled

DIRECT, DIRECT_OF_ANN = "D0ADA", "D0ANN"
PULL = "https://github.com/acme/web/pull/7"
# In an address each of these letters becomes six signs, and in a pattern of the store each of these signs two.
LONG, LONG_ID = "ü" * 35_000, f"1{'_' * 35_000}"
PERMISSIONS = [*ADMIN_PERMISSIONS, "ViewAccountMetrics"]
pytestmark = pytest.mark.timing(review_poll=0.2, lookup_interval=0.3, change_followed=1.0, post_settle=1.0)


async def typed(on: Harness, text: str, user: str = ADA) -> str:
    """What somebody reads at once who types a command; nothing where a form opens."""
    shown = (await on.slack.slash(user, GENERAL, text))["shown"]
    return str(shown["rendered"]) if shown else ""


async def read(on: Harness, text: str, words: str, user: str = ADA) -> str:
    """What somebody reads in the end who types a command for which Devin is asked."""
    assert not await typed(on, text, user)
    return str((await on.slack.wait_for_ephemeral(user, words, visible=True))["rendered"])


async def press(on: Harness, words: str, button: str, user: str = ADA) -> None:
    """Press a button of the private message that has these words."""
    question = await on.slack.wait_for_ephemeral(user, words, visible=True)
    await on.slack.click(user, GENERAL, question["ts"], button)


def schedules(on: Harness) -> list[dict[str, Any]]:
    return on.simulated_devin.world.held.schedules


def reviews(on: Harness) -> list[dict[str, Any]]:
    return on.simulated_devin.world.held.reviews


def set_reviews(on: Harness, status: str) -> None:
    for review in reviews(on):
        review["status"] = status


async def schedule(on: Harness, name: str, frequency: str = "0 8 * * 1-5", **facts: Any) -> str:
    """A schedule at Devin; its id."""
    world = on.simulated_devin.world
    blank = dict.fromkeys(("last_executed_at", "last_error_at", "last_error_message", "scheduled_at"))
    held = {
        "scheduled_session_id": f"sched-{len(schedules(on))}",
        "org_id": world.org_id,
        "name": name,
        "prompt": "Run all tests.",
        "enabled": True,
        "frequency": frequency,
        "schedule_type": "recurring",
        "interval_count": 1,
        "consecutive_failures": 0,
        "created_at": "2026-11-01T09:00:00Z",
        **blank,
        **facts,
    }
    schedules(on).append(held)
    return str(held["scheduled_session_id"])


async def recorded(on: Harness) -> list[tuple[str, str, str, Any, Any, str]]:
    """The changes in the bot's own audit log, without their times."""
    names = ("user", "action", "target", "before", "after", "outcome")
    return [tuple(one[name] for name in names) for one in await recorded_changes(on)]  # type: ignore[misc]  # six of them


# ---------------------------------------------------------------- who may, and what the key may


@pytest.mark.edge
async def test_while_devin_cannot_be_reached_that_is_said_and_nothing_is_tried_for_hours(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await on.devin.fault("list_secrets", 500, times=100)
    assert await read(on, "secret list", "reached") == devin_answers.UNREACHABLE.text
    assert await rows(on, "inbox", state="open") == []


@pytest.mark.edge
@pytest.mark.parametrize(
    ("status", "facts", "sentence"),
    [
        (429, {"retry_after": 150}, devin_answers.busy(150)),
        (409, {"detail": "Secrets are being moved"}, devin_answers.in_the_way("Secrets are being moved")),
        (413, {"detail": "At most 1 MB"}, devin_answers.too_large("At most 1 MB")),
        (403, {"detail": "contract_expired"}, devin_answers.denied("contract_expired")),
        (400, {"detail": "No <secrets> here"}, devin_answers.not_accepted("No <secrets> here")),
    ],
)
async def test_why_devin_refuses_a_command_is_told_as_it_is(
    on: Harness, status: int, facts: dict[str, Any], sentence: Message
) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await on.devin.fault("list_secrets", status, **facts)
    assert await read(on, "secret list", "othing was changed") == sentence.text
    assert await rows(on, "inbox", state="open") == []


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (f"schedule pause {LONG}", devin_answers.too_large("").text),
        (f"schedule delete {LONG}", devin_answers.too_large("").text),
        (f"status devin-{LONG_ID}", session_list_sentences.no_such_session(LONG_ID).text),
    ],
    ids=["pause", "delete", "status"],
)
async def test_an_id_of_any_length_gets_a_sentence(on: Harness, command: str, sentence: str) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await on.slack.slash(ADA, GENERAL, command)
    await on.slack.wait_for_ephemeral(ADA, sentence)
    assert await on.devin.sessions() == []
    assert await rows(on, "inbox", state="open") == []


# ---------------------------------------------------------------- members, secrets, metrics


async def test_an_admin_reads_members_secrets_and_metrics(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    for number in range(210):  # more than a page
        await on.devin.add_member(f"email|{number}", f"p{number:03}@acme.test", f"Person {number:03}")
    await on.devin.add_member("email|ada", "ada@acme.test", "Ada", role="Admin")
    await on.devin.add_member("email|idp", "cyd@acme.test", idp=True)
    listed = await read(on, "members", "Devin's members")
    assert listed.startswith("*Devin's members*: 212\n• Ada · ada@acme.test · Admin\n• cyd@acme.test · Member\n")
    assert listed.endswith("and 192 more; `/devin members` with part of a name or email finds them")
    assert "of 212\n• Person 007 · p007@acme.test · Member" in await read(on, "members p007", "with `p007`")
    assert "• Person 007 · p007@acme.test · Member" in await read(on, "members „person 007“", "with `person 007`")
    assert await read(on, f"members <@{ANN}>", "@mention") == reads.NO_MENTION.text

    on.simulated_devin.world.held.secrets.append({"secret_id": "s1", "key": "NPM_TOKEN", "org_id": "org-play"})
    assert await read(on, "secret list", "NPM_TOKEN") == (
        "*1 secret* in your Devin organization; values are never shown:\n• `NPM_TOKEN`"
    )
    assert await typed(on, "secret add") == reads.add_secret("https://app.devin.ai/secrets").text

    await on.slack.say(ADA, DIRECT, "metrics")
    shown = await on.slack.wait_for_message(DIRECT, "active people")
    last = newest_finished(time.time())
    assert shown["rendered"].startswith("*Devin, ")
    assert f"{last.day}" in shown["rendered"].split("\n")[0]
    assert "• 0 sessions created\n" in shown["rendered"]


async def test_of_more_members_than_are_read_it_is_said_how_many_were(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LISTED_PAGES", 1)
    await on.devin.permissions(grant=PERMISSIONS)
    for number in range(210):
        await on.devin.add_member(f"email|{number}", f"p{number:03}@acme.test", f"Person {number:03}")
    cut = ":warning: Only the first 200 members were read, and Devin has more."
    listed = await read(on, "members", "Devin's members")
    assert listed.startswith("*Devin's members*: 200\n• Person 000 · p000@acme.test · Member\n")
    assert listed.endswith(f"finds them\n{cut}")
    assert await read(on, "members nobody", "nobody") == (
        f"None of Devin's 200 members has `nobody` in their name or email.\n{cut}"
    )


@pytest.mark.edge
async def test_where_people_are_not_named_members_are_only_counted(tmp_path: Any) -> None:
    async with harness(tmp_path, BOT_NAMES="off") as on:
        for number in range(3):
            await on.devin.add_member(f"email|{number}", f"p{number}@acme.test", f"Person {number}")
        assert await read(on, "members", "3") == "*Devin's members*: 3 (3 Member). People aren't named here."
        assert await read(on, "members p1", "BOT_NAMES") == (
            "People aren't named here (`BOT_NAMES=off`), so members can't be searched for. `/devin "
            "members` by itself shows how many there are."
        )


# ---------------------------------------------------------------- schedules


async def test_schedules_are_listed_paused_resumed_and_deleted(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await schedule(on, "Weekly", "0 9 * * 1", consecutive_failures=2, last_error_message="no quota")
    nightly = await schedule(on, "Nightly")
    on.simulated_devin.world.held.automations = [{"automation_id": "a1", "name": "On push", "enabled": False}]
    listed = await read(on, "schedule list", "2 schedules", ANN)
    assert "\n1. *Nightly* · Monday to Friday at " in listed
    assert "\n2. *Weekly* · " in listed
    assert ":warning: failed 2 times in a row: no quota · `sched-0`\n*1 automation*: On push (off)\n" in listed

    assert await read(on, "schedule pause 1", "list") == UNSEEN.text
    await read(on, "schedule list", "2 schedules")
    assert await read(on, "schedule pause 1", "Paused") == (
        "Paused: *Nightly* doesn't run until `/devin schedule resume`."
    )
    assert [one["enabled"] for one in schedules(on)] == [True, False]
    assert await read(on, "schedule pause 1", "already") == "*Nightly* is already paused. Nothing was changed."
    assert (await read(on, f"schedule resume {nightly}", "Resumed")).startswith("Resumed: *Nightly* runs Monday to ")
    assert await read(on, "schedule resume 3", "number 3") == no_number(3).text

    question = await read(on, "schedule delete 1", "Delete")
    assert question.startswith("Delete *Nightly*, which runs Monday to Friday at ")
    await press(on, "Delete", "answer:schedule:no")
    await on.slack.wait_for_ephemeral(ADA, "OK, nothing was changed.", visible=True)
    await read(on, "schedule delete 1", "Delete *Nightly*")
    await press(on, "Delete *Nightly*", "choose:schedule_delete_confirmed")
    await on.slack.wait_for_ephemeral(ADA, "Deleted: *Nightly*.", visible=True)
    assert [one["name"] for one in schedules(on)] == ["Weekly"]
    assert await read(on, "schedule delete 1", "no such schedule") == GONE.text
    runs, paused = ({"name": "Nightly", "enabled": enabled, "frequency": "0 8 * * 1-5"} for enabled in (True, False))
    assert await recorded(on) == [
        (ADA, "schedule_pause", nightly, runs, paused, "done"),
        (ADA, "schedule_resume", nightly, paused, runs, "done"),
        (ADA, "schedule_delete", nightly, runs, None, "done"),
    ]


async def test_a_schedule_is_named_by_its_name_or_the_only_one_with_a_part_of_it(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageOrgSchedules"])
    for name in ("Costs", "Costs of tests", "Nightly dependencies"):
        await schedule(on, name)
    assert (await read(on, "schedule delete costs", "Delete")).startswith("Delete *Costs*, which runs ")
    await press(on, "Delete *Costs*", "answer:schedule:no")
    await read(on, "schedule pause Nightly dependencies", "Paused: *Nightly dependencies*")
    await read(on, "schedule resume “nightly”", "Resumed: *Nightly dependencies*")
    assert await read(on, "schedule pause cost", "fits") == (
        "`cost` fits 2 schedules: “Costs” and “Costs of tests”. Nothing was changed. "
        "`/devin schedule list` shows them with their numbers."
    )
    assert await read(on, "schedule pause nothing", "no such schedule") == GONE.text
    assert [one["enabled"] for one in schedules(on)] == [True, True, True]


async def test_schedules_are_listed_in_the_zone_of_who_asks(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await schedule(on, "Nightly", "0 2 * * 1-5")
    await on.slack.put_person(ANN, tz="Asia/Kolkata")
    await on.slack.put_person(BEN, tz="Asia/Tokyo")
    for user, words in ((ANN, "7:30 AM (Asia/Kolkata)"), (BEN, "11:00 AM (Asia/Tokyo)")):
        listed = await read(on, "schedule list", "1 schedule", user)
        assert listed.split("\n")[1].startswith(f"1. *Nightly* · Monday to Friday at {words} · next <!date^")


@pytest.mark.parametrize("status", [409, 503])
async def test_automations_that_cannot_be_listed_cost_nobody_the_schedules(on: Harness, status: int) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await schedule(on, "Nightly")
    await on.devin.fault("list_automations", status, times=10)
    assert "*Nightly*" in await read(on, "schedule list", "1 schedule")


@pytest.mark.edge
async def test_without_automations_nothing_is_said_about_them(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageOrgSchedules"])
    assert await read(on, "schedule list", "no schedules") == (
        listing([], [], UTC, 0, "https://app.devin.ai/settings/schedules").text
    )


async def test_a_change_whose_answer_is_lost_is_made_and_recorded_once(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    nightly = await schedule(on, "Nightly")
    await on.devin.fault("change_schedule", "commit_then_drop")
    await read(on, f"schedule pause {nightly}", "Paused: *Nightly*")
    await on.devin.fault("delete_schedule", "commit_then_drop")
    await read(on, f"schedule delete {nightly}", "Delete")
    await press(on, "Delete", "choose:schedule_delete_confirmed")
    await on.slack.wait_for_ephemeral(ADA, "Deleted: *Nightly*.", visible=True)
    assert [(action, outcome) for _, action, _, _, _, outcome in await recorded(on)] == [
        ("schedule_pause", "done"),
        ("schedule_delete", "done"),
    ]


@pytest.mark.edge
async def test_a_change_that_devin_never_answers_is_recorded_as_unknown(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    nightly = await schedule(on, "Nightly")
    await on.devin.fault("change_schedule", 500, times=100)
    assert await read(on, f"schedule pause {nightly}", "it's unclear whether") == UNKNOWN.text
    ((_, action, target, _, _, outcome),) = await recorded(on)
    assert (action, target, outcome) == ("schedule_pause", nightly, "unknown")


# ---------------------------------------------------------------- reviews


@pytest.mark.both_transports
async def test_a_review_is_asked_for_once_and_followed_to_its_end(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await on.devin.fault("create_review", "commit_then_drop")  # the answer is lost
    assert await read(on, f"review {PULL}/files", "Devin will review", ANN) == (asked_for(PULL).text)
    set_reviews(on, "pending")  # however slow this machine is
    first = await on.slack.wait_for_message(DIRECT_OF_ANN, "Devin starts soon.")
    set_reviews(on, "running")
    await on.slack.wait_for_message(DIRECT_OF_ANN, "Devin is reading it.")
    asked = (await on.devin.counters())["get_review"]
    await on.devin.wait_for_calls("get_review", asked + 3)
    assert len(await on.slack.log("chat.update")) == 1  # an edit for each other state, and not for each question
    set_reviews(on, "completed")
    last = await on.slack.wait_for_message(DIRECT_OF_ANN, "Done. Devin's findings are on the pull request.")
    assert (last["ts"], len(reviews(on))) == (first["ts"], 1)
    assert (await on.devin.counters())["create_review"] == 1
    await settled(on)  # the row that follows the review is closed after the edit


@pytest.mark.timing(operation_unnoticed=0.0)
async def test_the_end_of_a_review_that_took_long_is_a_message_because_nobody_is_notified_of_an_edit(
    on: Harness,
) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await read(on, f"review {PULL}", "Devin will review", ANN)
    set_reviews(on, "pending")  # however slow this machine is
    first = await on.slack.wait_for_message(DIRECT_OF_ANN, "Devin starts soon.")
    set_reviews(on, "completed")
    await settled(on)
    shown, message = await on.slack.messages(DIRECT_OF_ANN)
    assert (shown["ts"], "Done." in shown["rendered"]) == (first["ts"], True)
    assert message["text"].endswith("): Done. Devin's findings are on the pull request.")


async def test_a_commit_that_is_being_reviewed_gets_no_second_review(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await read(on, f"review {PULL}", "Devin will review", ANN)
    set_reviews(on, "running")
    assert await read(on, f"review {PULL}", "Devin is already reviewing", ADA) == goes_on(PULL).text
    await on.slack.wait_for_message(DIRECT, "Devin is reading it.")
    assert (await on.devin.counters())["create_review"] == 1
    set_reviews(on, "completed")
    await on.slack.wait_for_message(DIRECT, "Done. Devin's findings are on the pull request.")
    assert not await typed(on, f"review {PULL}", ANN)
    await on.devin.wait_for_calls("create_review", 2)
    set_reviews(on, "completed")
    await settled(on)


async def test_a_review_is_under_budgets(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await set_budget(on.slack, "each-person 1 a day")
    await on.started(user=ANN)
    refused = await read(on, f"review {PULL}", "Nothing was started", ANN)
    assert (
        "your budget has less than 1 ACU left (0 of 1 ACU used today, 1 more reserved by running sessions)" in refused
    )
    assert "create_review" not in await on.devin.counters()


async def test_reviews_at_once_never_pass_a_budget_and_hold_an_acu_until_they_are_over(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await set_budget(on.slack, "org 2 a day")
    await on.devin.fault("create_review", "hang", times=2, commit="late")
    for number in range(1, 6):
        await on.slack.slash(ANN, GENERAL, f"review https://github.com/acme/web/pull/{number}")
    why = (
        "the organization's budget has less than 1 ACU left (0 of 2 ACUs used today, 2 more reserved by "
        "running sessions)"
    )
    await on.slack.wait("ephemerals", 3, user=ANN, text=f"Nothing was started: {why}")
    await on.devin.release()
    await on.slack.wait("ephemerals", 2, user=ANN, text="Devin will review")
    set_reviews(on, "running")
    assert why in await read(on, f"review {PULL}", "Nothing was started", BEN)
    assert (await on.devin.counters())["create_review"] == 2
    set_reviews(on, "completed")
    await settled(on)
    assert await read(on, f"review {PULL}", "Devin will review", BEN) == asked_for(PULL).text


async def test_a_review_that_is_typed_while_the_same_one_is_asked_for_waits_and_finds_it(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    other = "https://github.com/acme/web/pull/8"
    await on.devin.fault("create_review", "hang", contains="pull/7", commit="late")
    assert not await typed(on, f"review {PULL}", ANN)

    async def is_held() -> bool:
        return any(fault["holding"] for fault in await on.devin.faults())

    await until(is_held)
    assert not await typed(on, f"review {PULL}/files", ADA)
    await on.slack.say(BEN, "D0BEN", f"review {PULL}")
    await read(on, f"review {other}", "Devin will review", ADA)
    set_reviews(on, "running")
    await on.devin.release()
    await on.slack.wait_for_ephemeral(ANN, asked_for(PULL).text, visible=True)
    await on.slack.wait_for_ephemeral(ADA, "Devin is already reviewing the newest commit", visible=True)
    await on.slack.wait_for_message("D0BEN", "Review of acme/web#7")
    assert (await on.devin.counters())["create_review"] == 2  # with that of the other pull request
    set_reviews(on, "completed")
    await settled(on)


async def test_the_link_to_a_pull_request_may_have_a_title(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    assert await read(on, f"review <{PULL}|Fix login #7>", "Devin will review", ANN) == (asked_for(PULL).text)


@pytest.mark.edge
async def test_a_review_in_a_direct_message_is_answered_by_its_message_alone(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await on.slack.say(BEN, "D0BEN", f"review <{PULL}>")
    message = await on.slack.wait_for_message("D0BEN", "Review of")
    await on.slack.click(BEN, "D0BEN", message["ts"], "cancel_operation")
    await on.slack.wait_for_message("D0BEN", "No longer followed. The review continues")
    assert len(await on.slack.messages("D0BEN", user="U0BOT")) == 1


async def test_what_is_no_pull_request_asks_devin_nothing(on: Harness) -> None:
    assert await typed(on, "review", ANN) == HOW.text
    for text in ("review https://acme.test/x", "review acme/web#7"):
        assert await typed(on, text, ANN) == NO_PULL_REQUEST.text
    await on.slack.slash(ANN, GENERAL, "review the login code")
    await on.session("review the login code")
    assert "create_review" not in await on.devin.counters()


@pytest.mark.edge
async def test_a_review_that_fails_or_is_not_allowed_ends_with_its_reason(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    await read(on, f"review {PULL}", "Devin will review", ANN)
    set_reviews(on, "pending")
    await on.slack.wait_for_message(DIRECT_OF_ANN, "Devin starts soon.")
    set_reviews(on, "errored")
    await on.slack.wait_for_message(DIRECT_OF_ANN, "Devin couldn't finish the review. Ask again with")
    await on.devin.permissions(revoke=["UseReviewManual"])
    assert "lacks the permission `UseReviewManual`" in await read(on, f"review {PULL}", "lacks", ANN)


@pytest.mark.edge
@pytest.mark.parametrize("without_scope", ["im:write"], indirect=True)
async def test_who_cannot_be_shown_how_far_a_review_is_reads_why_and_that_it_goes_on(without_scope: Harness) -> None:
    on = without_scope
    await on.devin.permissions(grant=PERMISSIONS)
    await read(on, f"review {PULL}", "Devin will review", ANN)
    message = await on.slack.wait_for_message(DIRECT_OF_ANN, "Slack rejects messages about this review")
    head, line = message["rendered"].split("\n")
    assert head.startswith(f"*Review of <{PULL}|acme/web#7>*")
    assert line == f":warning: {NO_MESSAGE}"
    await settled(on)
    assert (len(reviews(on)), len(await on.slack.messages(DIRECT_OF_ANN))) == (1, 1)
