"""The answers to what people ask Devin through the bot, as whole sentences."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from inline_snapshot import snapshot

from bot.devin.schedules import Schedule
from bot.domain.operation import NewOperation, Operation, OperationState
from bot.features.reads import sentences as reads
from bot.features.reads.sentences import Metrics, Person
from bot.features.reviews import sentences as reviews
from bot.features.schedules import sentences as schedules
from bot.views import devin_answers
from tests.unit.block_kit import assert_valid

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
PULL = "https://github.com/acme/web/pull/7"
PAGE = "https://app.devin.ai/settings/schedules"
ADA, BEN = Person("Ada Lovelace", "ada@acme.test", ("Admin", "Member")), Person("ben <b>", "ben@acme.test", ("Member",))
CYD = Person("", "cyd@acme.test")


# ---------------------------------------------------------------- members


def test_members_are_listed_by_name_with_their_roles():
    message = reads.members([BEN, CYD, ADA])
    assert message.text == (
        "*Devin's members*: 3\n"
        "• Ada Lovelace · ada@acme.test · Admin, Member\n"
        "• ben &lt;b&gt; · ben@acme.test · Member\n"
        "• cyd@acme.test · through a group"
    )
    assert_valid(message)


def test_a_search_is_for_names_and_addresses():
    assert reads.members([BEN, CYD, ADA], "LOVE").text == (
        "*Devin's members* with `LOVE` in name or email: 1 of 3\n• Ada Lovelace · ada@acme.test · Admin, Member"
    )
    assert reads.members([BEN, ADA], "dan").text == ("None of Devin's 2 members has `dan` in their name or email.")


def test_the_first_twenty_of_many_members_are_listed():
    message = reads.members([Person(f"P{number:03}", "", ("Member",)) for number in range(1_025)])
    assert message.text.count("\n• ") == 20
    assert message.text.endswith("and 1,005 more; `/devin members` with part of a name or email finds them")
    assert_valid(message)


def test_where_people_are_not_named_they_are_counted_and_small_groups_together():
    people = [*[Person("", "", ("Member",))] * 12, *[Person("", "", ("Admin",))] * 3, CYD, ADA]
    assert reads.member_counts(people).text == (
        "*Devin's members*: 17 (12 Member, 3 Admin, 2 others). People aren't named here."
    )


def test_nobody_is_a_member():
    assert reads.members([]) == reads.member_counts([]) == reads.NOBODY
    assert reads.NOBODY.text == "Devin shows no members of your organization."


def test_a_member_is_found_by_no_mention():
    assert reads.NO_MENTION.text == snapshot(
        "Devin doesn't know people by @mention. Write part of their name or email, such as `/devin members ada`."
    )


# ---------------------------------------------------------------- secrets


def test_secrets_are_named_and_nothing_more():
    assert reads.secrets(["b`KEY", None, "a_key"], "https://x.test/secrets").text == (
        "*3 secrets* in your Devin organization; values are never shown:\n• `a_key`\n• `bKEY`\n• (without a name)"
    )
    assert reads.secrets([], "https://x.test/secrets").text == snapshot(
        "There are no secrets in your Devin organization. Add one on <https://x.test/secrets|Devin's page>."
    )
    assert reads.secrets([f"K{number}" for number in range(300)], "").text.endswith("\nand 200 more")


def test_where_a_secret_is_added():
    assert reads.add_secret("https://x.test/secrets").text == snapshot(
        "Add a secret on <https://x.test/secrets|Devin's page>, never in Slack: everyone in a channel could read it, and Slack keeps it. Nothing was added."
    )


# ---------------------------------------------------------------- metrics

WEEK = Metrics(
    date(2026, 11, 19),
    date(2026, 11, 25),
    used=1_300,
    searches=1,
    sessions=1_200,
    by_origin={"api": 700, "webapp": 400, "jira": 0, "new_one": 3},
    by_size={"s": 1_000, "xs": 150, "xxl": 50},
    acus_per_session=2.25,
    pull_requests=8,
    merged=5,
    closed=1,
    people=31,
    own_sessions=600,
    own_pull_requests=3,
)


def test_metrics_of_a_week():
    message = reads.metrics(WEEK)
    assert message.text == (
        "*Devin, November 19\N{EN DASH}25, 2026*\n• 1,300 sessions in use, 1 search\n"
        "• 1,200 sessions created (600 of 1,200 through Devin Bridge, 50%), 2.3 ACUs each on average\n"
        "• by origin: 700 API, 400 web app, 3 new_one, 97 other\n• by size: 150 XS, 1,000 S, 50 XXL\n"
        "• 8 pull requests created (3 of 8 through Devin Bridge, 38%), 5 merged, 1 closed unmerged\n"
        "• 31 active people\nSessions that Devin Bridge starts count as API."
    )
    assert_valid(message)


def test_metrics_of_a_quiet_week_have_no_shares():
    quiet = Metrics(WEEK.first, WEEK.last, 1, 0, 1, {}, {}, 0.0, 0, 0, 0, 1, own_sessions=1, own_pull_requests=0)
    assert reads.metrics(quiet).text == (
        "*Devin, November 19\N{EN DASH}25, 2026*\n• 1 session in use, 0 searches\n"
        "• 1 session created (1 of 1 through Devin Bridge)\n• by origin: 1 other\n"
        "• by size: unknown\n• 0 pull requests created, 0 merged, 0 closed unmerged\n• 1 active person\n"
        "Sessions that Devin Bridge starts count as API."
    )


def test_a_month_of_which_no_day_is_finished():
    assert reads.nothing_finished(date(2026, 12, 1)).text == (
        "No day of December is finished yet. `/devin metrics week` shows the last seven finished days."
    )


# ---------------------------------------------------------------- schedules


def schedule(key: str, name: str, **fields: Any) -> Schedule:
    return Schedule(scheduled_session_id=key, name=name, **fields)


NIGHTLY = schedule("sched-1", "Nightly <tests>", frequency="0 8 * * 1-5")


def test_schedules_are_listed_in_words_with_their_next_run_and_failures():
    failed = {"consecutive_failures": 3, "last_error_at": NOW - 60, "last_error_message": "out of\nquota"}
    broken = schedule("sched-2", "", frequency="0 8 1 * *", **failed)
    once = {"schedule_type": "one_time", "scheduled_at": NOW + 60}
    paused = schedule("sched-3", "Once", **once, enabled=False, consecutive_failures=1)
    message = schedules.listing([NIGHTLY, broken, paused], [("On push", True), ("Old", False)], BERLIN, NOW, PAGE)
    at = {"next": "<!date^1795766400^{date_short_pretty} at {time}|Nov 27, 2026 at 8:00 AM UTC>"}
    assert message.text == (
        "*3 schedules*\n"
        f"1. *Nightly &lt;tests&gt;* · Monday to Friday at 9:00 AM (Europe/Berlin) · next {at['next']} · `sched-1`\n"
        "2. `sched-2` · on day 1 of the month at 9:00 AM (Europe/Berlin) · "
        "next <!date^1796112000^{date_short_pretty} at {time}|Dec 1, 2026 at 8:00 AM UTC> · "
        ":warning: failed 3 times in a row, "
        "last <!date^1795694340^{date_short_pretty} at {time}|Nov 26, 2026 at 11:59 AM UTC>: out of quota · `sched-2`\n"
        "3. *Once* · once, <!date^1795694460^{date_short_pretty} at {time}|Nov 26, 2026 at 12:01 PM UTC> · *paused* · "
        ":warning: failed once · `sched-3`\n"
        "*2 automations*: On push, Old (off)\n"
        "Admins can use `/devin schedule pause 1`, `resume 1`, or `delete 1` with a number from this list."
    )
    assert_valid(message)


def test_many_schedules_are_cut_and_none_has_a_sentence():
    message = schedules.listing([NIGHTLY] * 60, [], BERLIN, NOW, PAGE)
    assert f"\nand 10 more on <{PAGE}|Devin's page>\n" in message.text
    assert_valid(message)
    assert (
        schedules.listing([], [], BERLIN, NOW, PAGE).text
        == f"Devin has no schedules. Admins can add one with `/devin schedule add` or on <{PAGE}|Devin's page>."
    )


@pytest.mark.parametrize(
    ("runs", "words", "due"),
    [
        ({"frequency": "0 8 * * *", "interval_count": 2}, "every day at 9:00 AM (Europe/Berlin), each 2nd time", None),
        (
            {"frequency": "0 8 * * *", "interval_count": 13},
            "every day at 9:00 AM (Europe/Berlin), each 13th time",
            None,
        ),
        ({"frequency": "not cron"}, "`not cron` (cron, in UTC)", None),
        (
            {"schedule_type": "one_time", "scheduled_at": NOW - 60},
            "once, <!date^1795694340^{date_short_pretty} at {time}|Nov 26, 2026 at 11:59 AM UTC>",
            None,
        ),
        ({}, "at an unknown time", None),
        ({"frequency": "1 12 * * *"}, "every day at 1:01 PM (Europe/Berlin)", "Nov 26, 2026 at 12:01 PM UTC"),
    ],
)
def test_when_a_schedule_runs(runs, words, due):
    said = schedules.was_set(schedule("sched-1", "Nightly", **runs), enabled=True, zone=BERLIN, now=NOW).text
    assert said.startswith(f"Resumed: *Nightly* runs {words}.")
    assert ("The next run" in said, (due or "") in said) == (due is not None, True)


def test_what_is_said_about_a_change_of_a_schedule():
    assert schedules.was_set(NIGHTLY, enabled=False, zone=BERLIN, now=NOW).text == (
        "Paused: *Nightly &lt;tests&gt;* doesn't run until `/devin schedule resume`."
    )
    assert schedules.was_set(NIGHTLY, enabled=True, zone=BERLIN, now=NOW).text == (
        "Resumed: *Nightly &lt;tests&gt;* runs Monday to Friday at 9:00 AM (Europe/Berlin). "
        "The next run is <!date^1795766400^{date_short_pretty} at {time}|Nov 27, 2026 at 8:00 AM UTC>."
    )
    assert schedules.is_already(NIGHTLY, enabled=True).text == (
        "*Nightly &lt;tests&gt;* already runs. Nothing was changed."
    )
    assert schedules.is_already(NIGHTLY, enabled=False).text == (
        "*Nightly &lt;tests&gt;* is already paused. Nothing was changed."
    )
    assert schedules.was_deleted(NIGHTLY.name, NIGHTLY.scheduled_session_id).text == "Deleted: *Nightly &lt;tests&gt;*."
    assert schedules.was_deleted(" ", "sched-1").text == "Deleted: `sched-1`."
    assert schedules.UNKNOWN.text == snapshot(
        "Devin didn't respond, so it's unclear whether the schedule was changed. See `/devin schedule list`."
    )
    assert schedules.KEPT.text == "OK, nothing was changed."


def test_the_question_before_a_schedule_is_deleted():
    message = schedules.ask_to_delete(NIGHTLY, BERLIN, NOW)
    assert message.text == "Delete Nightly &lt;tests&gt;?"
    assert message.blocks[0]["text"]["text"] == (
        "Delete *Nightly &lt;tests&gt;*, which runs Monday to Friday at 9:00 AM (Europe/Berlin)? "
        "`/devin schedule pause` pauses it instead."
    )
    buttons = [(one["text"]["text"], one["action_id"], one["value"]) for one in message.blocks[1]["elements"]]
    assert buttons == [
        ("Delete", "choose:schedule_delete_confirmed", "sched-1"),
        ("Keep schedule", "answer:schedule:no", "sched-1"),
    ]
    assert_valid(message)


def test_a_schedule_that_cannot_be_picked():
    assert schedules.UNSEEN.text == snapshot(
        "Those numbers have expired. Nothing was changed. `/devin schedule list` shows them with their numbers."
    )
    assert schedules.NO_NUMBER_TYPED.text == (
        snapshot(
            "Which schedule? Add its number or name to the command. `/devin schedule list` shows them with their numbers."
        )
    )
    assert schedules.GONE.text == snapshot(
        "Devin has no such schedule. Nothing was changed. `/devin schedule list` shows them with their numbers."
    )
    assert schedules.no_number(9).text == snapshot(
        "Your last list of schedules has no number 9. Nothing was changed. `/devin schedule "
        "list` shows them with their numbers."
    )


# ---------------------------------------------------------------- reviews

NEW = NewOperation(
    "review",
    reviews.title(PULL, "abcdef0123"),
    "",
    (),
    (),
    asked={"pr_url": PULL, "commit_sha": "abcdef0123"},
)


SENTENCES = reviews.ReviewSentences()


def operation(
    state: OperationState = OperationState.READING, reason: str | None = None, status: str | None = None
) -> Operation:
    cursor = status and {"status": status}
    return Operation("j1", "T1", "U1", NEW, state, "r1", NOW, cursor=cursor or None, reason=reason)


def test_what_is_said_before_a_review():
    assert reviews.HOW.text == snapshot(
        "Which pull request? `/devin review https://github.com/acme/web/pull/7` has Devin review that pull request. Nothing was requested."
    )
    assert reviews.NO_PULL_REQUEST.text == snapshot(
        "That isn't a link to a pull request. Nothing was requested. `/devin review https://github.com/acme/web/pull/7` has Devin review that pull request."
    )
    assert reviews.asked_for(PULL).text == f"Devin will review <{PULL}|acme/web#7>. You'll get a DM when it's done."
    assert reviews.NOT_SEEN.text == (
        "Devin doesn't see that pull request, so nothing was requested. A Devin admin can connect its repository."
    )
    assert reviews.CHECKING.text == "Devin didn't answer. Checking whether the review was requested."
    assert reviews.LATE.text == "Devin can't be reached right now. The review is requested as soon as it answers."


def test_a_review_that_is_lost_says_whether_it_may_be_there():
    assert reviews.not_asked_for(PULL, "r1").text == (
        f"The review of <{PULL}|acme/web#7> wasn't requested: Devin couldn't be reached. Ask again with `/devin review`. Error ID `r1`."
    )
    assert reviews.maybe_asked_for(PULL, "r1").text == (
        f":warning: Devin didn't respond, so it's unclear whether the review of <{PULL}|acme/web#7> was requested. Look at the pull request before you ask again. Error ID `r1`."
    )


@pytest.mark.parametrize(
    ("line", "message"),
    {
        "Devin starts soon.": SENTENCES.going_on(operation(), 0.0),
        "Devin is reading it.": SENTENCES.going_on(operation(status="running"), 0.0),
        "Devin's status: on hold.": SENTENCES.going_on(operation(status="on hold"), 0.0),
        ":white_check_mark: Done. Devin's findings are on the pull request.": SENTENCES.ended(
            operation(OperationState.DONE), 0, ()
        ),
        "No longer followed. The review continues and appears on the pull request.": SENTENCES.ended(
            operation(OperationState.CANCELLED), 0, ()
        ),
        ":warning: Devin couldn't finish the review. Ask again with `/devin review`.": SENTENCES.ended(
            operation(OperationState.FAILED, reviews.ERRORED), 0, ()
        ),
        ":warning: Devin hasn't finished it in two hours (`running`). Look at the pull request itself.": SENTENCES.ended(
            operation(OperationState.FAILED, reviews.still_going("running")), 0, ()
        ),
        ":warning: Devin no longer shows this review. Look at the pull request itself.": SENTENCES.ended(
            operation(OperationState.FAILED, reviews.NO_COMMIT), 0, ()
        ),
        ":warning: Devin Bridge can no longer follow it. Look at the pull request itself.": SENTENCES.ended(
            operation(OperationState.FAILED), 0, ()
        ),
        (
            ":warning: Slack rejects messages about this review, because the app lacks the scope "
            "`im:write`. The review continues and appears on the pull request. A workspace admin can "
            "reinstall the app with it."
        ): SENTENCES.ended(operation(OperationState.FAILED, reviews.NO_MESSAGE), 0, ()),
    }.items(),
)
def test_the_message_of_a_review(message, line):
    assert message.blocks[0]["text"]["text"] == f"*Review of <{PULL}|acme/web#7>* (abcdef0)\n{line}"
    plain = line.removeprefix(":warning: ").removeprefix(":white_check_mark: ").replace("`", "")
    assert message.text == f"Review of acme/web#7 (abcdef0): {plain}"
    assert_valid(message)


def test_who_asked_for_a_review_that_took_long_is_notified_of_its_end():
    assert SENTENCES.over(operation(OperationState.DONE)).text == snapshot(
        "Review of acme/web#7 (abcdef0): Done. Devin's findings are on the pull request."
    )
    assert SENTENCES.over(operation(OperationState.FAILED, reviews.LOST)).text == (
        "Review of acme/web#7 (abcdef0): It couldn't be followed to the end; the message above says why."
    )


def test_only_while_a_review_goes_on_it_can_be_left():
    (button,) = SENTENCES.going_on(operation(), 0.0).blocks[1]["elements"]
    assert (button["text"]["text"], button["action_id"], button["value"]) == (
        "Stop following",
        "cancel_operation",
        "j1",
    )
    assert len(SENTENCES.ended(operation(OperationState.DONE), 0, ()).blocks) == 1


# ---------------------------------------------------------------- no answer


def test_what_is_said_where_devin_does_not_answer():
    assert devin_answers.UNREACHABLE.text == snapshot(
        "Devin can't be reached right now. Nothing was changed; try again in a minute."
    )
    assert devin_answers.UNREADABLE.text == "Devin's answer can't be read. Nothing was changed; try again later."
    assert (
        devin_answers.UNAUTHORISED.text
        == "Nothing changed: Devin rejected the API key. Tell your Devin Bridge operator."
    )
    not_there = "Nothing changed: Devin doesn't show this to Devin Bridge's key. Tell your Devin Bridge operator."
    assert devin_answers.NOT_THERE.text == not_there
    assert devin_answers.not_accepted(" ").text == "Devin rejected this, so nothing was changed."
    assert (
        devin_answers.not_accepted("no <b>").text
        == "Devin rejected this, so nothing was changed. It says: “no &lt;b&gt;”."
    )
    assert devin_answers.limited("out of credits").text == (
        "Nothing changed: your Devin organization has used up a limit or quota. It says: “out of credits”."
    )
