"""What the bot itself says to people, whole sentences."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace
from decimal import Decimal

import pytest
from inline_snapshot import Is, snapshot

from bot.domain.admins import Admins
from bot.domain.amounts import Price
from bot.domain.commands.audit_commands import AUDIT
from bot.domain.commands.budget_commands import BUDGET_SET
from bot.domain.commands.options import NOT_A_MODE, NOT_ACUS, Mistyped, Request, parse_request
from bot.domain.commands.parser import Doubt, UnknownVerb
from bot.domain.commands.registry import NOTIFY, STATUS, STOP
from bot.domain.list_groups import ListGroup
from bot.domain.notify_choice import NotifyChoice
from bot.domain.session import Lifecycle, Options, PullRequest, Session, Snapshot
from bot.features import COMMANDS
from bot.views.answers import access as access_sentences
from bot.views.answers import failures as failure_sentences
from bot.views.answers import files as file_sentences
from bot.views.answers import notifications as notification_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.answers import subscriptions as subscription_sentences
from bot.views.answers import wakings as waking_sentences
from bot.views.answers.session_lists import MOST_LISTED, Listed, ShownList
from bot.views.message import Message
from tests import sentences
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid, nodes

SESSION = Session(
    id="s1",
    team="T1",
    org_id="org-1",
    channel="C1",
    thread_ts="1.0",
    requester="U1",
    requester_name="Ann",
    prompt="fix the flaky login test",
    options=Options(repo="acme/web", acu=10),
    lifecycle=Lifecycle.OPEN,
    url="https://app.devin.ai/sessions/abc",
    snapshot=Snapshot(
        "running",
        "working",
        "Fix the login test",
        (PullRequest("https://github.com/acme/web/pull/12", "open"),),
        1.5,
        updated_at=1_733_385_600,
    ),
)
ASLEEP = replace(SESSION, id="s2", snapshot=Snapshot("suspended", "inactivity", "Upgrade"), url=None)
NO_CREDITS = replace(SESSION, snapshot=Snapshot("suspended", "out_of_credits"))
WAITING = replace(SESSION, id="3f9a2c1b00", channel="D1", snapshot=Snapshot("running", "waiting_for_user", "Docs"))
ADMINS = Admins(frozenset({"U8", "U9"}), "S1", frozenset({"U7", "U8"}))
MANY = [f"U{number}" for number in range(1, 10)]
# The numbers are those of an earlier list, since when the session with the number 2 has fallen asleep.
LISTED = ShownList(
    (
        Listed(1, ListGroup.WORKING, SESSION, "https://acme.slack.com/p1"),
        Listed(2, ListGroup.ASLEEP, ASLEEP, "https://acme.slack.com/p2"),
        Listed(3, ListGroup.WORKING, replace(SESSION, id="s3", stop_requested=True)),
        Listed(4, ListGroup.NEEDS_YOU, WAITING),
    ),
    left_out=40,
)
LINES = "4. Docs: waiting for an answer · 1. Fix the login test: working · 3. Fix the login test: stopping · 2. Upgrade: asleep"
# What stands in the blocks of questions about options; the text beside them has it in one line.
IN_LINES = {
    "ask_about_option": (
        f"{sentences.CHECK_ONE}\n• `reop=fix it`: did you mean `repo=`?\nAs written, `reop=fix it` is part of the task."
    ),
    "ask_about_options": (
        f"{sentences.CHECK_SEVERAL}\n"
        "• `reop=fix it`: did you mean `repo=`?\n"
        f"• `acu=abc`: {sentences.NOT_A_NUMBER}\n"
        f"• `mode=turbo`: {sentences.NO_SUCH_MODE}\n"
        f"As written, `reop=fix it` and `acu=abc` are part of the task, {sentences.WITHOUT_LIMIT}\n"
        + sentences.mode_as_written("turbo")
    ),
    "ask_about_mode": (
        f"{sentences.CHECK_SEVERAL}\n"
        + f"• `mode=fix it`: {sentences.NO_SUCH_MODE}\n" * 8
        + sentences.modes_as_written(f"{', '.join(['`mode=fix it`'] * 7)} and `mode=fix it`")
    ),
}
DEVIN_ID = f"devin-3f9a2c{'7' * 26}"
MODULES = (
    access_sentences,
    failure_sentences,
    file_sentences,
    notification_sentences,
    reply_sentences,
    session_list_sentences,
    session_sentences,
    start_sentences,
    stop_sentences,
    subscription_sentences,
    waking_sentences,
)
CONSTANTS = {name: value for module in MODULES for name, value in vars(module).items() if isinstance(value, Message)}


def test_the_fixed_answers():
    assert {name: message.text for name, message in CONSTANTS.items()} == snapshot(
        {
            "EMPTY_PROMPT": Is(sentences.EMPTY_PROMPT),
            "GUEST_REFUSED": Is(sentences.GUEST_REFUSED),
            "DEACTIVATED_REFUSED": Is(sentences.DEACTIVATED_REFUSED),
            "OTHER_COMPANY_REFUSED": Is(sentences.OTHER_COMPANY_REFUSED),
            "SHARED_CHANNEL_REFUSED": Is(sentences.SHARED_CHANNEL_REFUSED),
            "CHANNEL_ARCHIVED": Is(sentences.THIS_CHANNEL_ARCHIVED),
            "CHANNEL_RESTRICTED": Is(sentences.CHANNEL_RESTRICTED),
            "BETWEEN_PEOPLE": Is(sentences.BETWEEN_PEOPLE),
            "STORE_DOWN": Is(sentences.STORE_DOWN),
            "MAYBE_STORED": Is(sentences.MAYBE_STORED),
            "NOT_STORED": Is(sentences.NOT_STORED),
            "START_CANCELLED": Is(sentences.START_CANCELLED),
            "START_DECLINED": Is(sentences.START_DECLINED),
            "START_EXPIRED": Is(sentences.START_EXPIRED),
            "START_OVERTAKEN": Is(sentences.START_OVERTAKEN),
            "START_UNKNOWN": "It is not known yet whether Devin has started this session, so your reply was not sent. If the session shows up, its card says so: then reply again. To start anew, first look in Devin, as the message above says, so that the task does not run twice; then mention Devin Bridge with the task.",
            "START_UNAUTHORISED": Is(sentences.WRONG_KEY),
            "NO_SESSIONS": Is(sentences.NO_SESSIONS),
            "NO_SESSION_HERE": Is(sentences.NO_SESSION_HERE),
            "STOP_AFTER_CHECK": Is(sentences.STOP_AFTER_CHECK),
            "ALREADY_STOPPED": Is(sentences.ALREADY_STOPPED),
            "NOTHING_TO_STOP": Is(sentences.NOTHING_TO_STOP),
            "NOTHING_TO_REPLY_TO": Is(sentences.NOTHING_TO_REPLY_TO),
            "STOP_UNKNOWN": Is(sentences.STOP_UNKNOWN),
            "STOP_DONE": Is(sentences.STOP_DONE),
            "EXIT_DONE": Is(sentences.EXIT_DONE),
            "SESSION_KEPT": Is(sentences.SESSION_KEPT),
            "ALREADY_ENDED": Is(sentences.ALREADY_ENDED),
            "MUTED": Is(sentences.MUTED),
            "UNMUTED": Is(sentences.UNMUTED),
            "ALREADY_MUTED": Is(sentences.ALREADY_MUTED),
            "NOT_MUTED": Is(sentences.NOT_MUTED),
            "ASIDE": Is(sentences.KEPT_ASIDE),
            "KEPT_ASLEEP": Is(sentences.KEPT_ASLEEP),
            "LEFT_BEFORE": Is(sentences.LEFT_BEFORE),
            "WOKEN_BEFORE": Is(sentences.WOKEN_BEFORE),
            "SESSION_ENDED": Is(sentences.REPLY_AFTER_END),
            "THREAD_CLOSED": Is(sentences.THREAD_CLOSED),
            "REPLY_LATE": ":hourglass_flowing_sand: Devin cannot be reached right now. Your reply is stored and is sent as soon as it can be; please don't write it again.",
            "REPLY_NOT_TAKEN_YET": Is(sentences.REPLY_NOT_TAKEN_YET),
            "CARD_LOST": Is(sentences.CARD_LOST),
            "DIGEST_BEING_MADE": "Putting together what would be posted…",
            "DIGEST_CHECKING": Is(sentences.CHANNEL_BEING_CHECKED),
            "DIGEST_NEEDS_CHANNEL": "A digest goes to a channel, so nothing was changed. Name one, for example `/devin digest add weekly #general`.",
            "DIGEST_NOT_ADDED": "Devin Bridge could not find out whether it may post in that channel, so nothing was changed. Try again in a minute.",
            "DIGEST_UNSEEN": "You have seen no list of digests in the last day, so nothing was changed. `/devin digest list` shows it with its numbers.",
        }
    )


@pytest.mark.parametrize("name", sorted(CONSTANTS))
def test_a_fixed_answer_is_valid(name):
    assert_valid(CONSTANTS[name])


SAID = {
    "received": start_sentences.received,
    "received_in_thread": start_sentences.received_in_thread,
    "checking": start_sentences.checking,
    "started_in_thread": lambda text: start_sentences.started_in_thread(text, "https://acme.slack.com/p1"),
    "not_in_channel": lambda text: access_sentences.not_in_channel("C1"),
    "not_in_this_channel": lambda text: access_sentences.not_in_channel(),
    "channel_shared": lambda text: failure_sentences.channel_shared(SESSION),
    "channel_archived": lambda text: access_sentences.channel_archived("C1"),
    "ask_about_option": lambda text: start_sentences.ask_about_options(
        "key", Request("", Options(acu=5), (Mistyped(f"reop={text}", "repo="),))
    ),
    "ask_about_options": lambda text: start_sentences.ask_about_options(
        "key",
        Request(
            "",
            mistyped=(
                Mistyped(f"reop={text}", "repo=", correction=f"repo={text}"),
                Mistyped("acu=abc", "acu=", NOT_ACUS, "acu=10"),
                Mistyped("mode=turbo", "mode=", NOT_A_MODE, "mode=fast"),
            ),
            corrected="acu=10",
        ),
    ),
    "ask_about_mode": lambda text: start_sentences.ask_about_options(
        "key", Request("", mistyped=(Mistyped(f"mode={text}", "mode=", NOT_A_MODE),) * 30)
    ),
    "tags_left_out": lambda text: start_sentences.tags_left_out([text, "urgent"]),
    "ask_again": lambda text: start_sentences.ask_again("key", text, 20),
    "resembles": lambda text: start_sentences.ask_command_or_task(
        Doubt(f"stattus {text[:480]}", "stattus", STATUS, f"status {text[:480]}")
    ),
    "does_not_work_with": lambda text: start_sentences.ask_command_or_task(
        Doubt(f"stop {text[:480]}", "stop", STOP, "stop")
    ),
    "works_only_with": lambda text: start_sentences.ask_command_or_task(
        Doubt(f"notify {text[:480]}", "notify", NOTIFY, "notify")
    ),
    "takes_only": lambda text: reply_sentences.unknown_verb(UnknownVerb("!notify", "!notify", tuple(NotifyChoice))),
    "start_refused": start_sentences.start_refused,
    "start_refused_silently": lambda text: start_sentences.start_refused(),
    "start_forbidden": lambda text: start_sentences.start_forbidden("ManageOrgSessions"),
    "start_forbidden_unnamed": lambda text: start_sentences.start_forbidden(),
    "start_limited": start_sentences.start_limited,
    "start_failed": lambda text: start_sentences.start_failed("r-1"),
    "start_uncertain": lambda text: start_sentences.start_uncertain("r-1", "slack-T1-C1-1.0"),
    "start_retrying": lambda text: start_sentences.start_retrying("r-1"),
    "session_list": lambda text: session_list_sentences.session_list(LISTED),
    "list_with_stop": lambda text: session_list_sentences.list_with_stop(
        LISTED, replace(SESSION, snapshot=Snapshot(title=text))
    ),
    "several_sessions": lambda text: session_list_sentences.several_sessions("archive", [ASLEEP, WAITING], LISTED),
    "several_with_id": lambda text: session_list_sentences.several_with_id(
        "3f9a2c", [WAITING, replace(SESSION, devin_id=DEVIN_ID)]
    ),
    "no_such_number": lambda text: session_list_sentences.no_such_number(3, shown=True),
    "no_such_number_without_a_list": lambda text: session_list_sentences.no_such_number(3, shown=False),
    "no_such_session": session_list_sentences.no_such_session,
    "not_yours": lambda text: access_sentences.not_yours("U1", ADMINS),
    "not_yours_but_an_admins": lambda text: access_sentences.not_yours("U8", Admins(frozenset({"U8"}))),
    "not_anybodys": lambda text: access_sentences.not_yours("", Admins()),
    "status": lambda text: session_sentences.status(SESSION, "https://acme.slack.com/p1"),
    "cost": lambda text: session_sentences.cost(SESSION),
    "cost_in_money": lambda text: session_sentences.cost(SESSION, Price(Decimal("2.25"), "USD")),
    "cost_unknown": lambda text: session_sentences.cost(replace(ASLEEP, options=Options())),
    "admins_only": lambda text: access_sentences.admins_only("usage figures", ADMINS),
    "admins_only_of_many": lambda text: access_sentences.admins_only("usage figures", Admins(frozenset(MANY))),
    "admins_only_of_a_group": lambda text: access_sentences.admins_only(
        "usage figures", replace(ADMINS, users=frozenset())
    ),
    "admins_only_of_a_group_without_members": lambda text: access_sentences.admins_only(
        "usage figures", Admins(group="S1")
    ),
    "admins_only_without_any": lambda text: access_sentences.admins_only("usage figures", Admins()),
    "stopped": lambda text: stop_sentences.stopped("Ann"),
    "stopped_while_shared": lambda text: stop_sentences.stopped("Ann", shared=True),
    "stopped_with_one_reply": lambda text: stop_sentences.stopped("Ann", 1),
    "stopped_with_two_replies": lambda text: stop_sentences.stopped("", 2),
    "cancelled": lambda text: stop_sentences.cancelled("Ann", 1),
    "stop_failed": lambda text: stop_sentences.stop_failed(SESSION.url, "r-1"),
    "stop_failed_with_a_reply": lambda text: stop_sentences.stop_failed(SESSION.url, "r-1", 1),
    "archived": lambda text: stop_sentences.archived("Ann", 1),
    "stopping": lambda text: stop_sentences.stopping(replace(SESSION, snapshot=Snapshot(title=text))),
    "stop_confirm": lambda text: stop_sentences.stop_confirm(replace(SESSION, snapshot=Snapshot(title=text))),
    "exit_confirm": lambda text: stop_sentences.exit_confirm(replace(SESSION, snapshot=Snapshot(title=text))),
    "exited": lambda text: stop_sentences.exited("Ann"),
    "approve_in_devin": lambda text: reply_sentences.approve_in_devin(SESSION),
    "reply_at_limit": lambda text: reply_sentences.reply_at_limit(NO_CREDITS),
    "reply_not_sent": lambda text: reply_sentences.reply_not_sent(
        "Devin could not be reached for an hour", "r-1", text
    ),
    "reply_not_sent_bare": lambda text: reply_sentences.reply_not_sent("the session has ended", "r-1"),
    "reply_uncertain": lambda text: reply_sentences.reply_uncertain("r-1", text),
    "reply_uncertain_bare": lambda text: reply_sentences.reply_uncertain("r-1"),
    "not_done": lambda text: failure_sentences.not_done("r-1"),
    "not_readable": lambda text: failure_sentences.not_readable("r-1", maybe_done=False),
    "not_readable_maybe_done": lambda text: failure_sentences.not_readable("r-1", maybe_done=True),
    "unknown_verb": lambda text: reply_sentences.unknown_verb(UnknownVerb("!stpo", "!stop")),
    "unknown_verb_far": lambda text: reply_sentences.unknown_verb(UnknownVerb("!important")),
    "verb_not_alone": lambda text: reply_sentences.unknown_verb(UnknownVerb("!stop", "!stop")),
    "file_too_large": lambda text: file_sentences.file_too_large(text, 31_400_000, 20_000_000),
    "file_not_allowed": file_sentences.file_not_allowed,
    "file_unreadable": file_sentences.file_unreadable,
    "started_after_all": lambda text: start_sentences.started_after_all(SESSION.url),
    "started_elsewhere": lambda text: start_sentences.started_elsewhere(SESSION, "https://acme.slack.com/p1"),
    "posting_lost": lambda text: failure_sentences.posting_lost("C1", SESSION),
    "posting_restricted": lambda text: failure_sentences.posting_restricted("C1", SESSION),
    "posting_lost_bare": lambda text: failure_sentences.posting_lost("C1"),
    "post_lost": lambda text: failure_sentences.post_lost("r-1", SESSION.url),
}


def test_the_answers_that_depend_on_something():
    assert {name: make("fix it").text for name, make in SAID.items()} == snapshot(
        {
            "received": Is(sentences.got_it("fix it")),
            "received_in_thread": Is(sentences.got_it_here("fix it")),
            "checking": Is(sentences.being_checked("fix it")),
            "started_in_thread": Is(sentences.got_it_posted("fix it", "<https://acme.slack.com/p1|this thread>")),
            "not_in_channel": Is(sentences.not_a_member("<#C1>")),
            "not_in_this_channel": Is(sentences.not_a_member()),
            "channel_shared": Is(
                sentences.channel_shared("<#C1>", "<https://app.devin.ai/sessions/abc|Fix the login test>")
            ),
            "channel_archived": Is(sentences.channel_archived("<#C1>")),
            "ask_about_option": Is(IN_LINES["ask_about_option"].replace("\n", " ")),
            "ask_about_options": Is(IN_LINES["ask_about_options"].replace("\n", " ")),
            "ask_about_mode": Is(IN_LINES["ask_about_mode"].replace("\n", " ")),
            "tags_left_out": Is(sentences.tags_left_out("`fix it`, `urgent`")),
            "resembles": Is(sentences.resembles("stattus", "status")),
            "does_not_work_with": Is(sentences.does_not_work_with("stop", "fix it")),
            "works_only_with": Is(sentences.works_only_with("notify", "fix it", sentences.NOTIFY_WORDS)),
            "takes_only": Is(sentences.takes_only("!notify", sentences.NOTIFY_WORDS)),
            "ask_again": Is(f"You started “fix it” 20 seconds ago. {sentences.NOTHING_MORE_YET}"),
            "start_refused": Is(f"{sentences.REQUEST_REFUSED} It says: “fix it”. {sentences.CHECK_OPTIONS}"),
            "start_refused_silently": Is(f"{sentences.REQUEST_REFUSED} {sentences.CHECK_OPTIONS}"),
            "start_forbidden": Is(sentences.permission_missing("ManageOrgSessions")),
            "start_forbidden_unnamed": ":lock: Nothing was started: Devin Bridge's key for Devin lacks a permission for this. An admin of your Devin organisation can grant it to the service user; then send the task again.",
            "start_limited": Is(sentences.quota_refused("fix it")),
            "start_failed": Is(
                f":warning: Something went wrong on our side and the session could not be started, even after several attempts. Nothing is running. Send the task again; {sentences.give_reference('r-1')}"
            ),
            "start_uncertain": Is(f"{sentences.start_uncertain('slack-T1-C1-1.0')} Reference `r-1`."),
            "start_retrying": Is(f"{sentences.START_RETRYING} Reference `r-1`."),
            "session_list": Is(f"You have 44 sessions: {LINES} · {sentences.sessions_left_out(40)}"),
            "list_with_stop": Is(f"{sentences.stopping('fix it')} {LINES} · {sentences.sessions_left_out(40)}"),
            "several_sessions": Is(
                f"{sentences.several_sessions(2, 'archive', 2)} {LINES} · {sentences.sessions_left_out(40)}"
            ),
            "several_with_id": Is(
                f"{sentences.several_with_id('3f9a2c', 2)}\n"
                "• `3f9a2c1b00` <https://app.devin.ai/sessions/abc|Docs>\n"
                "• `3f9a2c7777777777` <https://app.devin.ai/sessions/abc|Fix the login test>"
            ),
            "no_such_number": Is(sentences.not_in_last_list(3)),
            "no_such_number_without_a_list": Is(sentences.no_list_lately(3)),
            "no_such_session": Is(sentences.no_such_session("fix it")),
            "not_yours": Is(sentences.not_yours("<@U1>", ", <@U8>, <@U9> or somebody in <!subteam^S1>")),
            "not_yours_but_an_admins": Is(sentences.not_yours("<@U8>", "")),
            "not_anybodys": Is(f"{sentences.NOT_ANYBODYS} {sentences.NAME_ADMINS}"),
            "status": Is(
                "*<https://app.devin.ai/sessions/abc|Fix the login test>* · <https://acme.slack.com/p1|thread>\n"
                f":gear: {sentences.WORKING}\n"
                f"{sentences.asked_by('Ann')} · repo acme/web · 1.5 of 10 ACUs · {sentences.ACTIVE} "
                "<!date^1733385600^{ago}|2024-12-05 08:00 UTC>\n"
                f"{sentences.pull_request_line('<https://github.com/acme/web/pull/12|acme/web#12> (open)')}"
            ),
            "cost": Is(sentences.cost("1.5 of 10 ACUs")),
            "cost_in_money": Is(sentences.cost("1.5 of 10 ACUs (3.38 USD)")),
            "cost_unknown": Is(sentences.NO_ACUS),
            "admins_only": Is(sentences.admins_only("<@U8>, <@U9> or somebody in <!subteam^S1>")),
            "admins_only_of_many": Is(sentences.admins_only("<@U1>, <@U2>, <@U3>, <@U4> or <@U5>")),
            "admins_only_of_a_group": Is(sentences.admins_only("somebody in <!subteam^S1>")),
            "admins_only_of_a_group_without_members": "Nobody may ask for usage figures at the moment. The user group of the admins has no members, or Slack does not show it. Whoever runs Devin Bridge can find out more with `python -m bot doctor`.",
            "admins_only_without_any": Is(f"Nobody may ask for usage figures yet. {sentences.NAME_ADMINS}"),
            "stopped": Is(sentences.stopped("Ann")),
            "stopped_while_shared": Is(sentences.stopped_while_shared("Ann")),
            "stopped_with_one_reply": Is(f"{sentences.stopped('Ann')}{sentences.ONE_UNSENT}"),
            "stopped_with_two_replies": Is(f"{sentences.stopped()}{sentences.TWO_UNSENT}"),
            "cancelled": Is(f"{sentences.cancelled('Ann')}{sentences.ONE_WITHOUT_SESSION}"),
            "stop_failed": Is(f"{sentences.stop_failed('https://app.devin.ai/sessions/abc')} Reference `r-1`."),
            "stop_failed_with_a_reply": Is(
                f"{sentences.stop_failed('https://app.devin.ai/sessions/abc', unsent=sentences.ONE_UNSENT)} "
                "Reference `r-1`."
            ),
            "archived": Is(
                sentences.archived("Ann", unsent=sentences.unsent("1 waiting reply was", "the thread was closed first"))
            ),
            "stopping": Is(sentences.stopping("fix it")),
            "stop_confirm": Is(sentences.stop_confirm("Ann", "fix it")),
            "exit_confirm": Is(sentences.end_for_good("fix it")),
            "exited": Is(sentences.ended_for_good("Ann")),
            "approve_in_devin": Is(sentences.approve_in_devin("https://app.devin.ai/sessions/abc")),
            "reply_at_limit": Is(sentences.reply_at_limit(sentences.NO_CREDITS)),
            "reply_not_sent": Is(
                f"{sentences.reply_not_sent('The reply “fix it”', 'Devin could not be reached for an hour')} "
                "Reference `r-1`."
            ),
            "reply_not_sent_bare": Is(
                f"{sentences.reply_not_sent('A reply', 'the session has ended')} Reference `r-1`."
            ),
            "reply_uncertain": Is(f"{sentences.reply_uncertain('fix it')} Reference `r-1`."),
            "reply_uncertain_bare": Is(
                f"{sentences.ANSWER_LOST} a reply arrived. {sentences.CHECK_FIRST} Reference `r-1`."
            ),
            "not_done": Is(sentences.nothing_changed("r-1")),
            "not_readable": Is(f"{sentences.NOT_READABLE} {sentences.NOT_DONE} Reference `r-1`."),
            "not_readable_maybe_done": Is(f"{sentences.NOT_READABLE} {sentences.MAYBE_DONE} Reference `r-1`."),
            "unknown_verb": Is(sentences.unknown_verb("!stpo", hint="Did you mean `!stop`? ")),
            "unknown_verb_far": Is(sentences.unknown_verb("!important")),
            "verb_not_alone": Is(sentences.verb_not_alone("!stop")),
            "file_too_large": Is(sentences.file_too_large("fix it", "31.4 MB")),
            "file_not_allowed": Is(sentences.file_not_at_slack("fix it")),
            "file_unreadable": Is(sentences.file_not_handed_over("fix it")),
            "started_after_all": Is(sentences.started_after_all("https://app.devin.ai/sessions/abc")),
            "started_elsewhere": Is(sentences.started_elsewhere("<https://acme.slack.com/p1|Fix the login test>")),
            "posting_lost": Is(
                f"{sentences.cannot_post('C1')} "
                f"{sentences.session_goes_on('<https://app.devin.ai/sessions/abc|Fix the login test>')}"
            ),
            "posting_restricted": Is(
                sentences.may_not_post("C1", "<https://app.devin.ai/sessions/abc|Fix the login test>")
            ),
            "posting_lost_bare": Is(sentences.cannot_post("C1")),
            "post_lost": Is(sentences.message_lost("https://app.devin.ai/sessions/abc", "r-1")),
        }
    )


@pytest.mark.parametrize("name", sorted(IN_LINES))
def test_a_question_about_options_has_a_line_for_each(name):
    assert SAID[name]("fix it").blocks[0]["text"]["text"] == IN_LINES[name]


@pytest.mark.parametrize("name", sorted(SAID))
def test_an_answer_stays_valid_and_calls_nobody_with_extreme_input(name):
    for text in ("fix it", NASTY * 500, "`" * 5_000, "x" * 10_000):
        message = SAID[name](text)
        assert_valid(message)
        assert_calls_nobody(message, *MANY, "S1")


def test_the_longest_list_fits_into_a_message():
    nasty = replace(SESSION, url="https://x.example/" + "p" * 900, snapshot=Snapshot("running", title=NASTY * 99))
    groups = list(ListGroup) * 5
    entries = [
        Listed(number, group, replace(nasty, id=f"{number:020}"), "https://x.example/" + "p" * 900)
        for number, group in enumerate(groups, start=1)
    ]
    assert len(entries) == MOST_LISTED
    message = session_list_sentences.session_list(ShownList(tuple(entries), left_out=40))
    assert_valid(message)
    assert_calls_nobody(message)
    assert message.text.startswith("You have 60 sessions: 1. ")
    assert message.text.endswith(f" · {sentences.sessions_left_out(40)}")
    assert session_list_sentences.session_list(ShownList(())) is session_list_sentences.NO_SESSIONS


def test_a_list_in_its_groups():
    started = "started <!date^1733385600^{ago}|2024-12-05 08:00 UTC>"
    listed = replace(
        LISTED,
        entries=tuple(replace(one, session=replace(one.session, created_at=1_733_385_600)) for one in LISTED.entries),
    )
    devin = "https://app.devin.ai/sessions/abc"
    assert [seen(block) for block in session_list_sentences.session_list(listed).blocks] == [
        "You have 44 sessions:",
        sentences.NEEDS_YOU,
        (
            f"4. :speech_balloon: <{devin}|Docs>: waiting for an answer\ndirect message · {started} · 0 of 10 ACUs · `3f9a2c1b`",
            "Stop",
        ),
        sentences.BEING_WORKED_ON,
        f"1. :gear: <{devin}|Fix the login test>: working\n<#C1> · {started} · 1.5 of 10 ACUs · `s1`",
        [sentences.OPEN_THREAD, "Stop"],
        f"3. :gear: <{devin}|Fix the login test>: stopping\n<#C1> · {started} · 1.5 of 10 ACUs · `s3`",
        sentences.SLEEPING,
        (f"2. :zzz: Upgrade: asleep\n<#C1> · {started} · 0 of 10 ACUs · `s2`", sentences.OPEN_THREAD),
        sentences.sessions_left_out(40),
        sentences.LIST_HINT,
    ]


def seen(block):
    """What a person sees of a block: its text, with that of the button beside it, or the texts of its buttons."""
    if block["type"] == "actions":
        return [button["text"]["text"] for button in block["elements"]]
    text = block["elements"][0]["text"] if block["type"] == "context" else block["text"]["text"]
    return (text, block["accessory"]["text"]["text"]) if "accessory" in block else text


@pytest.mark.parametrize(
    ("message", "buttons"),
    [
        (
            start_sentences.ask_again("k1", "fix it", 20),
            [("answer:start_again:again", "Start it again", "k1"), ("answer:start_again:no", "No", "k1")],
        ),
        (
            start_sentences.ask_about_options("k1", parse_request("fix it acu=10ACUs repo=@a/b")),
            [
                ("answer:start_options:corrected", "Start with acu=10 repo=a/b", "k1"),
                ("answer:start_options:as_written", "Start as written", "k1"),
                ("answer:start_options:no", "Cancel", "k1"),
            ],
        ),
        (
            start_sentences.ask_about_options("k1", parse_request("fix it acu=many")),
            [
                ("answer:start_options:as_written", "Start as written", "k1"),
                ("answer:start_options:no", "Cancel", "k1"),
            ],
        ),
        (
            start_sentences.ask_command_or_task(Doubt("stattus 1", "stattus", STATUS, "status 1")),
            [("choose:status", "Show status 1", "1"), ("choose:start", "Start as a task", "stattus 1")],
        ),
        (
            start_sentences.ask_command_or_task(
                Doubt("bugdet set #web 20", "bugdet", BUDGET_SET, "budget set #C0WEB 20", "budget set #web 20")
            ),
            [
                ("choose:budget_set", "Run budget set #web 20", "#C0WEB 20"),
                ("choose:start", "Start as a task", "bugdet set #web 20"),
            ],
        ),
        (
            start_sentences.ask_command_or_task(Doubt("audit logs", "audit", AUDIT, "audit"), Message("Not here.")),
            [("choose:start", "Start as a task", "audit logs")],
        ),
        (
            stop_sentences.stop_confirm(SESSION),
            [("choose:stop_confirmed", "Stop it", "s1"), ("answer:session:no", "Leave it running", "s1")],
        ),
        (
            stop_sentences.exit_confirm(SESSION),
            [("choose:exit_confirmed", "End for good", "s1"), ("answer:session:no", "Keep it", "s1")],
        ),
    ],
)
def test_questions_have_a_button_for_each_answer(message, buttons):
    found = [
        (node["action_id"], node["text"]["text"], node.get("value", ""))
        for node in nodes(message.blocks)
        if node.get("type") == "button"
    ]
    assert found == buttons


@pytest.mark.parametrize(
    ("text", "said", "labels"),
    [
        ("stop 1 please", sentences.does_not_work_with("stop", "1 please"), ["Stop 1", "Start as a task"]),
        ("kill 1", sentences.is_called("kill", "stop"), ["Stop 1", "Start as a task"]),
        ("Sleep", sentences.is_called("Sleep", "stop"), ["Stop", "Start as a task"]),
        ("mute", sentences.works_only_in_a_thread("mute", "!mute"), ["Start as a task"]),
        ("cost of it", sentences.does_not_work_with("cost", "of it"), ["Show cost", "Start as a task"]),
        (
            "report last month",
            sentences.does_not_work_with("report", "last month"),
            ["Show report month", "Start as a task"],
        ),
        ("exit", sentences.works_only_in_a_thread("exit", "EXIT"), ["Start as a task"]),
        ("budget lst", sentences.does_not_work_with("budget", "lst"), ["Show budget list", "Start as a task"]),
        ("note shwo 1", sentences.does_not_work_with("note", "shwo 1"), ["Run note show 1", "Start as a task"]),
        (
            "fan-out rename it orgs=all",
            sentences.resembles("fan-out", "fanout"),
            ["Run fanout rename it orgs=all", "Start as a task"],
        ),
    ],
)
def test_a_command_that_is_called_otherwise_or_works_elsewhere_is_named(text, said, labels):
    doubt = COMMANDS.parser.doubt(text)
    assert doubt is not None
    message = start_sentences.ask_command_or_task(doubt)
    assert_valid(message)
    assert message.text == said
    assert [one["text"]["text"] for one in message.blocks[1]["elements"]] == labels


@pytest.mark.parametrize(
    ("messages", "files", "left_out", "older", "text"),
    [
        (12, 2, [], False, sentences.thread_read("12 messages and 2 files")),
        (1, 0, [], False, sentences.thread_read("1 message")),
        (0, 1, [], False, sentences.thread_read("1 file")),
        (50, 0, [], True, f"{sentences.thread_read('50 messages')} {sentences.THREAD_IS_LONG}"),
        (1, 0, ["a.log"], False, f"{sentences.thread_read('1 message')} {sentences.not_passed_on('“a.log”')}"),
        (0, 0, ["a", "b"], False, sentences.not_passed_on("“a” and “b”", "them", "were")),
        (0, 0, list("abcde"), False, sentences.not_passed_on("“a”, “b”, “c” and 2 more", "them", "were")),
    ],
)
def test_what_was_read_of_a_thread(messages, files, left_out, older, text):
    assert start_sentences.thread_read(messages, files, left_out, older=older).text == text


@pytest.mark.parametrize(
    ("outsiders", "text"),
    [
        (1, sentences.of_outsiders("1 message", "it", "isn't")),
        (3, sentences.of_outsiders("3 messages")),
    ],
)
def test_what_guests_and_other_companies_wrote_in_a_thread_is_not_read(outsiders, text):
    read = start_sentences.thread_read(2, 0, [], older=False, outsiders=outsiders).text
    assert read == f"{sentences.thread_read('2 messages')} {text}"


def test_a_thread_in_which_there_is_nothing_to_read():
    assert start_sentences.nothing_to_read(0).text == sentences.NOTHING_TO_READ
    assert start_sentences.nothing_to_read(2).text == sentences.nothing_to_read_but("2 messages")


def test_the_name_of_a_file_in_a_thread_calls_nobody():
    assert_calls_nobody(start_sentences.thread_read(1, 0, [NASTY], older=False))


# ---------------------------------------------------------------- who is mentioned

HERE, EVERYWHERE = sentences.MENTIONED_HERE, sentences.MENTIONED_EVERYWHERE
BACK_HERE, BACK, KEEP = sentences.ALL_BACK_HERE, sentences.ALL_BACK, sentences.THREADS_KEEP


@pytest.mark.parametrize(
    ("choice", "in_thread", "said"),
    [
        ("all", True, sentences.will_be(HERE, sentences.EACH_TIME)),
        ("questions", True, sentences.will_be(HERE, sentences.WHEN_NEEDED, BACK_HERE)),
        ("done", True, sentences.will_be(HERE, sentences.WHEN_OVER, BACK_HERE)),
        ("off", True, sentences.will_not_be(HERE, BACK_HERE)),
        ("all", False, sentences.will_be(EVERYWHERE, sentences.EACH_TIME, KEEP)),
        ("questions", False, sentences.will_be(EVERYWHERE, sentences.WHEN_NEEDED, BACK, KEEP)),
        ("done", False, sentences.will_be(EVERYWHERE, sentences.WHEN_OVER, BACK, KEEP)),
        ("off", False, sentences.will_not_be(EVERYWHERE, BACK, KEEP)),
    ],
)
def test_a_choice_is_confirmed(choice, in_thread, said):
    message = notification_sentences.notify_set(NotifyChoice(choice), in_thread=in_thread)
    assert_valid(message)
    assert message.text == said


@pytest.mark.parametrize(
    ("choice", "where", "said"),
    [
        ("all", {"in_thread": True}, sentences.are(f"{HERE} {sentences.EACH_TIME}")),
        ("off", {"in_thread": True}, sentences.are(f"not {HERE}")),
        (
            "done",
            {"in_thread": True, "inherited": True},
            sentences.are(f"{HERE} {sentences.WHEN_OVER}, as you set for all sessions"),
        ),
        (
            "questions",
            {"in_thread": False},
            sentences.are(f"{EVERYWHERE} {sentences.WHEN_NEEDED}", "/devin notify", here=""),
        ),
    ],
)
def test_what_is_chosen_is_said_with_what_can_be(choice, where, said):
    message = notification_sentences.notify_shown(NotifyChoice(choice), **where)
    assert_valid(message)
    assert message.text == said


@pytest.mark.parametrize(
    ("typed", "meant", "label"),
    [("notify", "notify", "Show my setting"), ("notfy", "notify off", "Set notify off")],
)
def test_the_button_of_a_doubtful_choice_says_what_it_does(typed, meant, label):
    buttons = start_sentences.ask_command_or_task(Doubt("notify me", typed, NOTIFY, meant)).blocks[1]["elements"]
    assert [one["text"]["text"] for one in buttons] == [label, "Start as a task"]
