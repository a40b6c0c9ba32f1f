"""What the bot itself says to people, whole sentences."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace
from decimal import Decimal

import pytest
from inline_snapshot import Is, snapshot

from bot.domain.admins import Admins
from bot.domain.amounts import Money
from bot.domain.commands.option_words import MODES
from bot.domain.commands.options import NOT_A_MODE, NOT_ACUS, Mistyped, Request, parse_request
from bot.domain.commands.parser import Doubt, UnknownVerb
from bot.domain.commands.registry import NOTIFY, START, STATUS, STOP
from bot.domain.commands.spec import Surface
from bot.domain.list_groups import ListGroup
from bot.domain.list_pages import PAGE, ListPage
from bot.domain.notify_choice import NotifyChoice
from bot.domain.roles import Right
from bot.domain.session import Lifecycle, Options, PullRequest, Session, Snapshot
from bot.features import COMMANDS
from bot.features.audit.specs import AUDIT
from bot.features.digest import sentences as subscription_sentences
from bot.features.usage.specs import USAGE
from bot.views.answers import access as access_sentences
from bot.views.answers import adoptions as adoption_sentences
from bot.views.answers import failures as failure_sentences
from bot.views.answers import files as file_sentences
from bot.views.answers import notifications as notification_sentences
from bot.views.answers import replies as reply_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.answers import wakings as waking_sentences
from bot.views.answers.session_lists import Listed, ShownList
from bot.views.message import Message
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
ADMINS = Admins(frozenset({"U8", "U9"}), ("S1",), frozenset({"U7", "U8"}))
MANY = [f"U{number}" for number in range(1, 10)]
THREAD = "https://acme.slack.com/p1"
# The numbers are those of an earlier list, since when the session with the number 2 has fallen asleep.
LISTED = ShownList(
    (
        Listed(1, ListGroup.WORKING, SESSION, THREAD),
        Listed(2, ListGroup.ASLEEP, ASLEEP, "https://acme.slack.com/p2"),
        Listed(3, ListGroup.WORKING, replace(SESSION, id="s3", stop_requested=True)),
        Listed(4, ListGroup.NEEDS_YOU, WAITING),
    ),
    total=44,
)
LINES = "4. Docs: waiting for an answer · 1. Fix the login test: working · 3. Fix the login test: stopping · 2. Upgrade: asleep"
# What stands in the blocks of questions about options; the text beside them has it in one line.
IN_LINES = {
    "ask_about_option": (
        "`reop=fix it`: did you mean `repo=`?\nNothing was started.\nIf you start anyway, Devin reads `reop=fix it` as text."
    ),
    "ask_about_options": (
        "Nothing was started. Check these options:\n• `reop=fix it`: did you mean `repo=`?\n• "
        "`acu=abc`: `acu=` needs a whole number above zero, such as acu=10\n• There's no mode “fsat”. Did you "
        "mean “fast”?\nIf you start anyway, Devin reads `reop=fix it` and `acu=abc` as text and the session has no ACU limit."
    ),
    "ask_about_mode": (
        "Nothing was started. Check these options:\n"
        + "\n".join([f"• There's no mode “fix it”. Pick: {', '.join(MODES)}."] * 8)
    ),
}
DEVIN_ID = f"devin-3f9a2c{'7' * 26}"
MODULES = (
    access_sentences,
    adoption_sentences,
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
            "NO_ADDRESS": "Which session? Add its link: `/devin adopt https://app.devin.ai/sessions/…`",
            "NOT_YOURS": (
                "Someone else started that session in Devin, so it isn't linked. Ask them or an admin to link it. If you "
                "started it, `/devin identity` shows which Devin account is yours."
            ),
            "STAYS_PRIVATE": (
                "That session was in a private channel or a DM, so it can't be linked here. Send `!adopt` and its link there."
            ),
            "GONE": "Your Devin organization has no session with that link. Check the link in Devin.",
            "ELSEWHERE": "That session belongs to another Devin organization, so it can't be linked here. Write to it in Devin.",
            "OVER": "That session has ended in Devin. `/devin` starts a new one.",
            "ARCHIVED": "That session is archived in Devin. Unarchive it there, then try again.",
            "TAKEN": "That session is already linked to another thread.",
            "OF_FAN_OUT": "That session is part of a fan-out. Its table shows it.",
            "NOT_YET": "The session is still starting. Try again in a minute.",
            "UNTIED": "The session is no longer linked here.",
            "THREAD_TAKEN": "This thread already has a session. `/devin adopt` starts a new thread.",
            "NOT_FOLLOWED": "This session is no longer linked here. To link it again, send `!adopt` and the session link.",
            "SESSION_UNFOLLOWED": "Not sent: this session is no longer linked to the thread. Reply in Devin, or relink with `!adopt`.",
            "GUESTS": "Guests can't use Devin here.",
            "EMPTY_PROMPT": "What should Devin do? For example: `/devin fix the flaky login test repo=acme/web`",
            "GUEST_REFUSED": "Guests can't use Devin here. Nothing was started.",
            "DEACTIVATED_REFUSED": (
                "This Slack account is deactivated. Nothing was started. A workspace admin can reactivate it."
            ),
            "ROLE_UNKNOWN": (
                "Slack didn't confirm in time that you're still a member here. Nothing was done; try again."
            ),
            "OTHER_COMPANY_REFUSED": "Only members of this workspace can use Devin here. Nothing was started. Ask one of them.",
            "SHARED_CHANNEL_REFUSED": "Devin can't be used in channels shared with other companies. Nothing was started.",
            "CHANNEL_ARCHIVED": "This channel is archived. Nothing was started. Unarchive it, or use another channel.",
            "CHANNEL_RESTRICTED": (
                "Not started: Devin Bridge can't post in this channel. Ask the channel's manager to allow it."
            ),
            "MAY_NOT_START": "Not started: the person who asked can no longer start sessions here. Someone else can send the task.",
            "BETWEEN_PEOPLE": ("Not started: Devin Bridge can't post in this DM. Use a channel, or DM Devin Bridge."),
            "STORE_DOWN": "Devin Bridge can't store anything right now. Nothing was started; try again in a minute.",
            "MAYBE_STORED": (
                "Devin Bridge couldn't confirm your command. If nothing happens within a minute, type it again."
            ),
            "NOT_STORED": "Devin Bridge can't store anything right now. Nothing was changed; try again in a minute.",
            "START_CANCELLED": "OK, nothing was started.",
            "REPLY_CANCELLED": "OK, your reply wasn't sent.",
            "START_DECLINED": "OK, nothing more was started.",
            "SENT_ON": "OK, your message goes to Devin.",
            "START_EXPIRED": ("That question has expired. Send the task again to start a session."),
            "ANSWER_EXPIRED": ("That question has expired. Send your reply again."),
            "ANSWERED_ALREADY": "You answered that already. Nothing changed.",
            "SENT_ALREADY": "Your reply was sent already. Nothing changed.",
            "EDITED_SINCE": "You edited your message, so that question no longer applies. Answer the newer one.",
            "START_OVERTAKEN": "Another session now runs in this thread, so nothing more was started. Reply to steer it.",
            "NAME_REFUSED": "Not started: Devin doesn't accept sessions in your name. Ask an admin to check your Devin account.",
            "THREAD_NOT_READ": "Devin doesn't see that thread: you aren't in its channel. Paste what it needs.",
            "START_UNKNOWN": (
                "Your reply wasn't sent: still checking whether this session started. Reply again when the card updates."
            ),
            "NO_ROOM": "Not started: a budget is used up. Only the person who asked can see which.",
            "NOTHING_WAITS": "None of your sessions needs you. `/devin list` shows them all.",
            "EDIT_NOT_SENT": "Devin has read your message and finished, so your edit wasn't sent. Reply if it matters.",
            "STARTS_AS_IT_WAS": "Devin starts with your message as it was. Your edit follows as a correction.",
            "CHANGED_SINCE": "You edited or deleted that message. Nothing was started; write the task with `/devin`.",
            "EDITED_LATE": "Too late to edit that message. Send the change as a new one.",
            "FAILED_FOR_LONG": "Your reply wasn't sent: this session failed.",
            "FAILED_BEFORE": "Your reply wasn't sent: this session failed. Try again here with the same task?",
            "EDIT_IS_NO_COMMAND": "Devin has read your message, so your edit did nothing. Send the command as a new message.",
            "REPLY_AFTER_FAILURE": "Devin has your reply, but this session failed and might stay silent.",
            "OUT_OF_ACUS": (
                "Your reply wasn't sent: this session is out of ACUs. "
                "A new session continues it here and reads your reply."
            ),
            "OUT_OF_ACUS_FOR_LONG": "Your reply wasn't sent: this session is out of ACUs.",
            "REPLY_AT_LIMIT": "Still paused at its limit. Devin sees your reply when it resumes.",
            "NONE_IN_CHANNEL": "There are no sessions in this channel.",
            "PICK_PERSON": "Whose sessions? Type `@` and pick the person from Slack's list.",
            "NONE_AT_ALL": "There are no sessions in this workspace.",
            "NO_SESSIONS": "You have no open sessions. `/devin fix the flaky login test` starts one.",
            "NO_SESSION_HERE": (
                "There's no session in this thread. Mention Devin Bridge to start one; `/devin list` shows yours."
            ),
            "STOP_AFTER_CHECK": "Checking whether your session started. If it did, it's stopped at once.",
            "ALREADY_STOPPED": "This session is already stopped. Reply in its thread to resume.",
            "ALREADY_ASLEEP": "This session is already asleep. Reply in its thread to resume.",
            "ALREADY_DONE": "This session is already done. Reply in its thread for changes.",
            "ALREADY_STOPPED_HERE": "This session is already stopped. Reply here to resume.",
            "ALREADY_ASLEEP_HERE": "This session is already asleep. Reply here to resume.",
            "ALREADY_DONE_HERE": "This session is already done. Reply here for changes.",
            "ALREADY_OVER": "This session is already done. There was nothing to stop.",
            "ALREADY_FAILED": "This session has failed. There was nothing to stop.",
            "NOTHING_TO_STOP": "None of your sessions is running. `/devin list` shows them.",
            "NONE_RUNS": "No session is running here.",
            "ALREADY_REMOVED": "That digest was already removed.",
            "UNCHANGED": "OK, nothing was changed.",
            "NOTHING_TO_REPLY_TO": (
                "There's no session in this thread. Nothing was started. Mention Devin Bridge with your task."
            ),
            "OUTSIDERS_WORDS": (
                "Not started: that message is from a guest or another company. Mention Devin Bridge in its thread and write "
                "the task yourself."
            ),
            "OUTSIDERS_FORWARDED": (
                "Not started: that message is from a guest or another company. Forward it again with a task in your own "
                "words."
            ),
            "GREETED": "Hi! What should Devin do? `/devin help` shows what works here.",
            "THANKED": "You're welcome.",
            "NO_TASK": "What should Devin do?",
            "ALERT_OF_OURS": "Not started: this is about one of Devin's sessions or pull requests. Mention Devin Bridge here to start one.",
            "STOP_UNKNOWN": (
                "Not stopped: still checking whether this session started. If it shows up in Devin, stop it there."
            ),
            "STOP_DONE": "The session was stopped.",
            "EXIT_DONE": "The session was ended permanently.",
            "SESSION_KEPT": "OK, nothing was changed.",
            "ALREADY_ENDED": "This session has already ended. `/devin` starts a new one.",
            "ARCHIVE_DONE": "The session was archived.",
            "ALREADY_ARCHIVED": "This session is already archived. `/devin` starts a new one.",
            "MUTED": (
                ":mute: Muted: Devin won't see replies until someone sends `!unmute`. You'll still see Devin's messages."
            ),
            "THREAD_MUTED": (
                ":mute: This thread is muted, so your reply wasn't sent. Send `!unmute` first, or "
                "mention Devin Bridge in your reply."
            ),
            "ALREADY_MUTED": "This thread is already muted. Send `!unmute` to unmute it.",
            "ASIDE": "Not sent to Devin. Only people in this thread can see it.",
            "WAITS_TOO": "This reply waits too. Answer the question above: wake Devin, or keep it asleep.",
            "KEPT_ASLEEP": "OK, Devin stays asleep. Your reply wasn't sent.",
            "LEFT_BEFORE": "That question was already answered, so nothing was sent. Reply again if it still matters.",
            "WOKEN_BEFORE": "Devin was already woken with your reply.",
            "SESSION_ENDED": (
                "This session has ended, so your reply wasn't sent. Mention Devin Bridge to start a new one."
            ),
            "SESSION_ARCHIVED": (
                "This session is archived, so your reply wasn't sent. Mention Devin Bridge to start a new one."
            ),
            "REPLY_AFTER_END": "Devin has your reply, but this session has ended and might stay silent.",
            "REPLY_LATE": (
                ":hourglass_flowing_sand: Devin can't be reached right now. Your reply is stored and "
                "sent later; no need to resend."
            ),
            "REPLY_KEY_REFUSED": (
                ":hourglass_flowing_sand: Devin doesn't accept Devin Bridge's key right now. Your reply is stored and "
                "sent later; no need to resend."
            ),
            "REPLY_NOT_TAKEN_YET": (
                ":hourglass_flowing_sand: Devin can't take messages in this session right now. Your reply "
                "is stored and sent later; no need to resend."
            ),
            "CARD_LOST": (
                ":warning: This session's card can no longer be updated. The session keeps running; send `!status` to see its state."
            ),
            "DIGEST_NEEDS_CHANNEL": "A digest goes to a channel, so nothing was changed. Name one, for example `/devin digest add weekly #general`.",
            "DIGEST_NOT_ADDED": (
                "Devin Bridge couldn't find out whether it can post there. Nothing was changed; try again in a minute."
            ),
            "DIGEST_UNSEEN": ("Those numbers have expired. Run `/devin digest list`, then try again."),
        }
    )


@pytest.mark.parametrize("name", sorted(CONSTANTS))
def test_a_fixed_answer_is_valid(name):
    assert_valid(CONSTANTS[name])


SAID = {
    "received_in_thread": start_sentences.received_in_thread,
    "still_checking": start_sentences.still_checking,
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
                Mistyped("mode=fsat", "mode=", NOT_A_MODE, "mode=fast"),
            ),
            offered=(("repo=acme/web acu=10 mode=fast", "fix it"),),
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
    "start_denied": start_sentences.start_denied,
    "start_too_large": start_sentences.start_too_large,
    "start_too_large_silently": lambda text: start_sentences.start_too_large(),
    "start_failed": lambda text: start_sentences.start_failed("r-1"),
    "start_uncertain": lambda text: start_sentences.start_uncertain("r-1", "slack-T1-C1-1.0"),
    "start_retrying": lambda text: start_sentences.start_retrying("r-1"),
    "session_list": lambda text: session_list_sentences.session_list(LISTED),
    "list_with_stop": lambda text: session_list_sentences.list_with_stop(
        LISTED, replace(SESSION, snapshot=Snapshot(title=text))
    ),
    "several_sessions": lambda text: session_list_sentences.several_sessions("archive", LISTED),
    "several_with_id": lambda text: session_list_sentences.several_with_id(
        "3f9a2c", [(WAITING, None), (replace(SESSION, devin_id=DEVIN_ID), THREAD)]
    ),
    "no_such_number": lambda text: session_list_sentences.no_such_number(3, shown=True),
    "no_such_number_without_a_list": lambda text: session_list_sentences.no_such_number(3, shown=False),
    "no_such_session": session_list_sentences.no_such_session,
    "not_yours": lambda text: access_sentences.not_yours("U1", ADMINS),
    "not_yours_but_an_admins": lambda text: access_sentences.not_yours("U8", Admins(frozenset({"U8"}))),
    "not_anybodys": lambda text: access_sentences.not_yours("", Admins()),
    "status": lambda text: session_sentences.status(SESSION, "https://acme.slack.com/p1"),
    "cost": lambda text: session_sentences.cost(SESSION),
    "cost_in_money": lambda text: session_sentences.cost(
        SESSION, Money(Decimal("2.25") * Decimal(repr(SESSION.snapshot.acus)), "USD")
    ),
    "cost_unknown": lambda text: session_sentences.cost(replace(ASLEEP, options=Options())),
    "admins_only": lambda text: access_sentences.admins_only("see usage figures", ADMINS),
    "admins_only_with_a_way_on": lambda text: access_sentences.admins_only("see usage figures", ADMINS, USAGE.instead),
    "admins_only_of_many": lambda text: access_sentences.admins_only("see usage figures", Admins(frozenset(MANY))),
    "admins_only_of_a_group": lambda text: access_sentences.admins_only(
        "see usage figures", replace(ADMINS, users=frozenset())
    ),
    "admins_only_of_a_group_without_members": lambda text: access_sentences.admins_only(
        "see usage figures", Admins(groups=("S1",))
    ),
    **{
        f"role_missing_to_{right}": lambda text, right=right: access_sentences.role_missing(right, ["U1", "S1"], ADMINS)
        for right in Right
    },
    "role_missing_without_anybody": lambda text: access_sentences.role_missing(Right.STOP, ["S1"], Admins()),
    "admins_only_without_any": lambda text: access_sentences.admins_only("see usage figures", Admins()),
    "stopped": lambda text: stop_sentences.stopped("Ann"),
    "stopped_while_shared": lambda text: stop_sentences.stopped("Ann", shared=True),
    "stopped_out_of_acus": lambda text: stop_sentences.stopped("Ann", spent=True),
    "stopped_with_one_reply": lambda text: stop_sentences.stopped("Ann", 1),
    "stopped_with_two_replies": lambda text: stop_sentences.stopped("", 2),
    "canceled": lambda text: stop_sentences.cancelled("Ann", 1),
    "stop_failed": lambda text: stop_sentences.stop_failed(SESSION.url, "r-1"),
    "stop_failed_with_a_reply": lambda text: stop_sentences.stop_failed(SESSION.url, "r-1", 1),
    "archived": lambda text: stop_sentences.archived("Ann", 1),
    "stopped_by_somebody_else": lambda text: stop_sentences.mentioning(["U1"], stop_sentences.stopped("Ann")),
    "none_sent": lambda text: stop_sentences.none_sent(2),
    "stopping": lambda text: stop_sentences.stopping(replace(SESSION, snapshot=Snapshot(title=text)), THREAD),
    "archiving": lambda text: stop_sentences.archiving(replace(SESSION, snapshot=Snapshot(title=text)), THREAD),
    "stop_confirm": lambda text: stop_sentences.stop_confirm(replace(SESSION, snapshot=Snapshot(title=text))),
    "exit_confirm": lambda text: stop_sentences.exit_confirm(replace(SESSION, snapshot=Snapshot(title=text))),
    "taken": lambda text: adoption_sentences.taken("https://acme.slack.com/p1"),
    "not_adopted": lambda text: adoption_sentences.not_adopted("r-1"),
    "confirm_untying": lambda text: adoption_sentences.confirm(replace(SESSION, snapshot=Snapshot(title=text))),
    "untied": lambda text: adoption_sentences.untied(SESSION, "Ann", 2),
    "exited": lambda text: stop_sentences.exited("Ann"),
    "approve_in_devin": lambda text: reply_sentences.approve_in_devin(SESSION),
    "reply_at_limit": lambda text: reply_sentences.REPLY_AT_LIMIT,
    "reply_not_sent": lambda text: reply_sentences.reply_not_sent(
        "Devin could not be reached for an hour", "r-1", text
    ),
    "reply_not_sent_bare": lambda text: reply_sentences.reply_not_sent("the session has ended", "r-1"),
    "reply_not_sent_in_devins_words": lambda text: reply_sentences.reply_not_sent(
        "Devin rejected it", "r-1", "go on", text
    ),
    "reply_uncertain": lambda text: reply_sentences.reply_uncertain("r-1", text),
    "reply_uncertain_bare": lambda text: reply_sentences.reply_uncertain("r-1"),
    "not_done": lambda text: failure_sentences.not_done("r-1"),
    "store_restored": lambda text: failure_sentences.store_restored(1_750_000_000.0),
    "without_thread": lambda text: failure_sentences.without_thread("https://app.devin.ai/sessions/1"),
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
            "received_in_thread": "Got it: “fix it”. Devin answers in the thread of your message.",
            "still_checking": "Still checking “fix it”. Its thread appears below; no need to resend.",
            "started_in_thread": "Got it: “fix it”. It's in <https://acme.slack.com/p1|this thread>.",
            "not_in_channel": (
                "Devin Bridge isn't in <#C1>. Nothing was started. Type `/invite @Devin Bridge` there, then try again."
            ),
            "not_in_this_channel": (
                "Devin Bridge isn't in this channel. Nothing was started. Type `/invite @Devin Bridge` "
                "here, then try again."
            ),
            "channel_shared": (
                ":lock: <#C1> is now shared with another company, so Devin's messages don't appear there. "
                "Session <https://app.devin.ai/sessions/abc|Fix the login test> keeps running. Follow it "
                "in Devin, or stop it with `/devin stop`."
            ),
            "channel_archived": "<#C1> is archived. Nothing was started. Unarchive it, or use another channel.",
            "ask_about_option": Is(IN_LINES["ask_about_option"].replace("\n", " ")),
            "ask_about_options": Is(IN_LINES["ask_about_options"].replace("\n", " ")),
            "ask_about_mode": Is(IN_LINES["ask_about_mode"].replace("\n", " ")),
            "tags_left_out": (
                "Devin rejected these tags: `fix it`, `urgent`. The session runs without them. A "
                "Devin admin can allow them for the next one."
            ),
            "resembles": "Did you mean `status`? Nothing was started.",
            "does_not_work_with": "`stop` doesn't take `fix it`. Nothing was stopped.",
            "works_only_with": (
                "`notify` doesn't take `fix it`. Try `all`, `questions`, `done`, or `off`. Nothing was started."
            ),
            "takes_only": (
                "Send `!notify` with `all`, `questions`, `done`, or `off`. To send this text to Devin, drop the `!`."
            ),
            "ask_again": "You started “fix it” 20 seconds ago. Run it a second time?",
            "start_refused": (
                ":no_entry: Devin rejected this task. Nothing was started. It says: “fix it”. "
                "Change the task or its options, and send it again."
            ),
            "start_refused_silently": (
                ":no_entry: Devin rejected this task. Nothing was started. Change the task or "
                "its options, and send it again."
            ),
            "start_forbidden": (
                ":lock: Devin Bridge's key lacks the permission `ManageOrgSessions`. Nothing was "
                "started. A Devin admin can grant it to the service user."
            ),
            "start_forbidden_unnamed": (
                ":lock: Devin Bridge's key lacks a permission for this. Nothing was started. A Devin "
                "admin can grant it to the service user."
            ),
            "start_limited": (
                ":no_entry: Not started: your Devin organization hit a limit. Devin says: “fix it”. "
                "Ask your Devin billing admin to raise it, then resend."
            ),
            "start_denied": ":no_entry: Devin doesn't allow this. Nothing was started. It says: “fix it”. "
            "Change the task and send it again, or ask a Devin admin.",
            "start_too_large": (
                ":no_entry: The task is too long for Devin. Nothing was started. It says: “fix it”. "
                "Shorten it, or put long text into a file."
            ),
            "start_too_large_silently": (
                ":no_entry: The task is too long for Devin. Nothing was started. Shorten it, or put long "
                "text into a file."
            ),
            "start_failed": (
                ":warning: The session failed to start. Send the task again. If that fails, give your Devin Bridge operator this error ID: `r-1`."
            ),
            "start_uncertain": (
                ":warning: Devin didn't respond, so it's unclear whether the session was started. Check Devin for `slack-T1-C1-1.0` before you send the task again. If the session shows up, this thread picks it up. Error ID `r-1`."
            ),
            "start_retrying": (
                ":hourglass_flowing_sand: Devin can't be reached right now. Your task is stored and starts later; no need to resend. Error ID `r-1`."
            ),
            "session_list": Is(f"You have 44 sessions: {LINES} · and 40 more"),
            "list_with_stop": Is(f"Stopping “fix it”. Reply to resume. {LINES} · and 40 more"),
            "several_sessions": Is(
                f"You have 44 sessions to archive. Which one? For example `/devin archive 1`: {LINES} · and 40 more"
            ),
            "several_with_id": (
                "`3f9a2c` fits 2 of your sessions. Type more of the ID:\n• `3f9a2c1b00` "
                "<https://app.devin.ai/sessions/abc|Docs>\n• `3f9a2c7777777777` "
                "<https://acme.slack.com/p1|Fix the login test> (<https://app.devin.ai/sessions/abc|Open in Devin>)"
            ),
            "no_such_number": "Your last list has no number 3. `/devin list` shows yours.",
            "no_such_number_without_a_list": ("Those numbers have expired. Run `/devin list`, then try again."),
            "no_such_session": "You have no session `fix it`. `/devin list` shows yours.",
            "not_yours": (
                "Only <@U1>, who started this session, or an admin can do that. Nothing was changed. "
                "Ask <@U1>, <@U8>, <@U9>, or someone in <!subteam^S1>."
            ),
            "not_yours_but_an_admins": (
                "Only <@U8>, who started this session, or an admin can do that. Nothing was changed. Ask <@U8>."
            ),
            "not_anybodys": (
                "Only an admin can do that. Nothing was changed. Your Devin Bridge operator can name admins in `BOT_ADMIN_USERS` or `BOT_ADMIN_GROUP`."
            ),
            "status": (
                "*<https://acme.slack.com/p1|Fix the login test>* (<https://app.devin.ai/sessions/abc|Open in Devin>)\n"
                ":gear: Working.\n"
                "Started by Ann · repo acme/web · 1.5 of 10 ACUs · active <!date^1733385600^{ago}|Dec 5, 2024 at 8:00 AM UTC>\n"
                ":twisted_rightwards_arrows: <https://github.com/acme/web/pull/12|acme/web#12> (open)"
            ),
            "cost": "This session has used 1.5 of 10 ACUs so far. Devin reports ACUs with a delay.",
            "cost_in_money": "This session has used 1.5 of 10 ACUs (3.38 USD) so far. Devin reports ACUs with a delay.",
            "cost_unknown": "Devin reports no ACUs for this session yet; on some plans it never does.",
            "admins_only": "Only admins can see usage figures. Ask <@U8>, <@U9>, or someone in <!subteam^S1>.",
            "admins_only_with_a_way_on": "Only admins can see usage figures. Ask <@U8>, <@U9>, or someone in <!subteam^S1>. `/devin cost` shows your own.",
            "admins_only_of_many": "Only admins can see usage figures. Ask <@U1>, <@U2>, <@U3>, <@U4>, or <@U5>.",
            "admins_only_of_a_group": "Only admins can see usage figures. Ask someone in <!subteam^S1>.",
            "admins_only_of_a_group_without_members": (
                "No one can see usage figures right now. No admins found: the admin user group is empty or unavailable. Tell your Devin Bridge operator."
            ),
            "role_missing_to_start": "You can't start sessions here. Nothing was started. Ask <@U1>, someone in <!subteam^S1>, <@U8>, or <@U9>.",
            "role_missing_to_steer": "You can't write to Devin here. Nothing was sent. Ask <@U1>, someone in <!subteam^S1>, <@U8>, or <@U9>.",
            "role_missing_to_stop": "You can't stop other people's sessions here. Ask <@U1>, someone in <!subteam^S1>, <@U8>, or <@U9>.",
            "role_missing_to_cost": "You can't see what other people's sessions cost here. Ask <@U1>, someone in <!subteam^S1>, <@U8>, or <@U9>.",
            "role_missing_to_administer": "You can't administer Devin Bridge here. Ask <@U1>, someone in <!subteam^S1>, <@U8>, or <@U9>.",
            "role_missing_without_anybody": "You can't stop other people's sessions here. Ask someone in <!subteam^S1>.",
            "admins_only_without_any": "No one can see usage figures yet. Your Devin Bridge operator can name admins in `BOT_ADMIN_USERS` or `BOT_ADMIN_GROUP`.",
            "stopped": ":black_square_for_stop: Stopped by Ann. Reply to resume.",
            "stopped_while_shared": ":black_square_for_stop: Stopped by Ann. While another company shares this channel, replies don't wake the session.",
            "stopped_out_of_acus": ":black_square_for_stop: Stopped by Ann. Out of ACUs.",
            "stopped_with_one_reply": (
                ":black_square_for_stop: Stopped by Ann. Reply to resume. 1 waiting reply wasn't sent to Devin."
            ),
            "stopped_with_two_replies": (
                ":black_square_for_stop: Stopped. Reply to resume. 2 waiting replies weren't sent to Devin."
            ),
            "canceled": (
                ":black_square_for_stop: Canceled by Ann before it started. No ACUs were used. 1 waiting reply wasn't sent to Devin."
            ),
            "stop_failed": (
                ":warning: Devin rejected the stop, so *the session is still running*. Stop it in <https://app.devin.ai/sessions/abc|Devin>, or try `!stop` again in a minute. Error ID `r-1`."
            ),
            "stop_failed_with_a_reply": (
                ":warning: Devin rejected the stop, so *the session is still running*. Stop it in <https://app.devin.ai/sessions/abc|Devin>, or try `!stop` again in a minute. 1 waiting reply wasn't sent to Devin. Error ID `r-1`."
            ),
            "archived": (
                ":file_cabinet: Archived by Ann. Replies here no longer reach Devin. 1 waiting reply wasn't sent to Devin."
            ),
            "stopped_by_somebody_else": "<@U1> :black_square_for_stop: Stopped by Ann. Reply to resume.",
            "none_sent": ":black_square_for_stop: 2 waiting replies weren't sent to Devin.",
            "stopping": "Stopping “<https://acme.slack.com/p1|fix it>” (<https://app.devin.ai/sessions/abc|Open in Devin>). Reply to resume.",
            "archiving": (
                "Archiving “<https://acme.slack.com/p1|fix it>” (<https://app.devin.ai/sessions/abc|Open in Devin>). After that, replies there won't reach Devin."
            ),
            "stop_confirm": "Ann started “fix it”. Stop it? Reply to resume later.",
            "exit_confirm": "End “fix it” permanently? It can't be resumed; `!stop` keeps it asleep instead.",
            "taken": "That session already has <https://acme.slack.com/p1|a thread>.",
            "not_adopted": ":warning: Devin didn't answer, so its session isn't linked here. Try again. Error ID `r-1`.",
            "confirm_untying": "Ann started “fix it”. Unlink it from this thread? The session keeps running.",
            "untied": ":link: Unlinked by Ann. 2 waiting replies were not sent. It continues in <https://app.devin.ai/sessions/abc|Devin>. To link it again, send `!adopt https://app.devin.ai/sessions/abc`.",
            "exited": ":checkered_flag: Ended permanently by Ann. Replies here no longer reach Devin.",
            "approve_in_devin": (
                "Devin needs an approval, so your reply wasn't sent. "
                "<https://app.devin.ai/sessions/abc|Open the session in Devin> to approve or deny it."
            ),
            "reply_at_limit": ("Still paused at its limit. Devin sees your reply when it resumes."),
            "reply_not_sent": (
                ":warning: The reply “fix it” *wasn't sent* to Devin: Devin could not be reached for an hour. Write it again if it still matters. Error ID `r-1`."
            ),
            "reply_not_sent_bare": (
                ":warning: A reply *wasn't sent* to Devin: the session has ended. Write it again if it still matters. Error ID `r-1`."
            ),
            "reply_not_sent_in_devins_words": (
                ":warning: The reply “go on” *wasn't sent* to Devin: Devin rejected it. Devin says: “fix it”. Write it again if it still matters. Error ID `r-1`."
            ),
            "reply_uncertain": (
                ":warning: Devin didn't respond, so it's unclear whether the reply “fix it” arrived. Check Devin before you send it again. Error ID `r-1`."
            ),
            "reply_uncertain_bare": (
                ":warning: Devin didn't respond, so it's unclear whether a reply arrived. Check Devin before you send it again. Error ID `r-1`."
            ),
            "not_done": (
                ":warning: That didn't work, and nothing changed. Try again. If that fails, give your Devin Bridge operator this error ID: `r-1`."
            ),
            "store_restored": (
                ":information_source: Devin Bridge's store was restored as of "
                "<!date^1750000000^{date_short_pretty} at {time}|Jun 15, 2025 at 3:06 PM UTC>. Work done since then is looked up before it's repeated. Settings and budgets changed since then are lost; set them again."
            ),
            "without_thread": (
                ":warning: Since the restore, <https://app.devin.ai/sessions/1|a session in Devin> has no thread. To link it to a thread, mention Devin Bridge with `adopt` and the session link."
            ),
            "not_readable": (
                ":warning: A different version stored this request and it can't be read. Ask again if you still need it. Error ID `r-1`."
            ),
            "not_readable_maybe_done": (
                ":warning: A different version stored this request and it can't be read. It might have worked; check Devin before you try again. Error ID `r-1`."
            ),
            "unknown_verb": (
                "There's no `!stpo`. Did you mean `!stop`? `!help` lists what works here. To send this text to Devin, drop the `!`."
            ),
            "unknown_verb_far": (
                "There's no `!important`. `!help` lists what works here. To send this text to Devin, drop the `!`."
            ),
            "verb_not_alone": ("Send `!stop` on its own. To send this text to Devin, drop the `!`."),
            "file_too_large": (
                ":paperclip: “fix it” wasn't sent to Devin: it has 31.4 MB (limit 20.0 MB). Your text was. Share a smaller one, or paste what matters."
            ),
            "file_not_allowed": (
                ":paperclip: “fix it” wasn't sent to Devin: it isn't stored in Slack. Your text was. "
                "Upload it to Slack itself, or paste what matters."
            ),
            "file_unreadable": (
                ":paperclip: “fix it” wasn't sent to Devin: Slack didn't provide it. Your text was. "
                "Upload it again, or paste what matters."
            ),
            "started_after_all": (
                ":information_source: Devin had started <https://app.devin.ai/sessions/abc|a session> for this after all. It was ended; its ACUs still count."
            ),
            "started_elsewhere": "Your new session has its own thread: <https://acme.slack.com/p1|Fix the login test> (<https://app.devin.ai/sessions/abc|Open in Devin>).",
            "posting_lost": (
                ":warning: Devin Bridge can no longer post in <#C1> (removed, archived, or not allowed). Session <https://app.devin.ai/sessions/abc|Fix the login test> keeps running. Type `/invite @Devin Bridge` there, or stop it with `/devin stop`."
            ),
            "posting_restricted": (
                ":warning: Devin Bridge can no longer post in <#C1>. Session <https://app.devin.ai/sessions/abc|Fix the login test> keeps running. Ask the channel's manager to let it post, or stop the session with `/devin stop`."
            ),
            "posting_lost_bare": ":warning: Devin Bridge can no longer post in <#C1> (removed, archived, or not allowed).",
            "post_lost": (
                ":warning: One of Devin's messages couldn't be shown. Read it in <https://app.devin.ai/sessions/abc|Devin>. Error ID `r-1`."
            ),
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
    assert len(entries) == PAGE
    last = ListPage(first=20)
    message = session_list_sentences.session_list(ShownList(tuple(entries), 60, last, last.next(40), folded=20))
    assert_valid(message)
    assert_calls_nobody(message)
    assert message.text.startswith("You have 60 sessions: 1. ")
    assert message.text.endswith(" · and 40 more")
    assert session_list_sentences.session_list(ShownList((), 0)) is session_list_sentences.NO_SESSIONS


def test_below_a_list_stand_the_buttons_for_what_it_does_not_show():
    def rest(**shown):
        blocks = session_list_sentences.session_list(ShownList(LISTED.entries, **shown)).blocks[-4:-1]
        buttons = [block["accessory"] for block in blocks if "Open" not in str(block.get("accessory", "Open"))]
        texts = [block["text"]["text"] for block in blocks if block.get("accessory") in buttons]
        return texts, [(one["text"]["text"], one["action_id"], one["value"]) for one in buttons]

    whole = ListPage(whole=True)
    show_all = ("Show all", "choose:list_page", "mine 0 whole")
    assert rest(total=10, folded=6) == (["6 more sessions recently done"], [show_all])
    assert rest(total=50, next=ListPage(20), folded=6) == (
        ["1 to 4 of 44"],
        [("Next 20", "choose:list_page", "mine 20")],
    ), "what is done stands behind the last page"
    assert rest(total=50, page=ListPage(40), next=ListPage(), folded=6) == (
        ["6 more sessions recently done", "41 to 44 of 44"],
        [("Show all", "choose:list_page", "mine 40 whole"), ("First page", "choose:list_page", "mine 0")],
    )
    assert rest(total=50, page=whole, next=whole.next(50))[1] == [("Next 20", "choose:list_page", "mine 20 whole")]


def test_a_list_in_its_groups():
    started = "started <!date^1733385600^{ago}|Dec 5, 2024 at 8:00 AM UTC>"
    listed = replace(
        LISTED,
        entries=tuple(replace(one, session=replace(one.session, created_at=1_733_385_600)) for one in LISTED.entries),
    )
    devin = "https://app.devin.ai/sessions/abc"
    assert [seen(block) for block in session_list_sentences.session_list(listed).blocks] == [
        "You have 44 sessions:",
        "*Needs you*",
        f"4. :speech_balloon: <{devin}|Docs>: waiting for an answer\nDM · {started} · 0 of 10 ACUs · `3f9a2c1b`",
        ["Open in Devin", "Stop"],
        "*Working*",
        f"1. :gear: <https://acme.slack.com/p1|Fix the login test>: working\n<#C1> · {started} · 1.5 of 10 ACUs · `s1`",
        ["Open in Devin", "Stop"],
        (
            f"3. :gear: <{devin}|Fix the login test>: stopping\n<#C1> · {started} · 1.5 of 10 ACUs · `s3`",
            "Open in Devin",
        ),
        "*Asleep*",
        f"2. :zzz: <https://acme.slack.com/p2|Upgrade>: asleep\n<#C1> · {started} · 0 of 10 ACUs · `s2`",
        "and 40 more",
        "Use a number from this list, for example `/devin status 1`.",
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
            [("answer:start_again:again", "Start it again", "k1"), ("answer:start_again:no", "Cancel", "k1")],
        ),
        (
            start_sentences.ask_about_options("k1", parse_request("fix it auc=10 reop=a/b")),
            [
                ("answer:start_options:corrected", "Start with acu=10 repo=a/b", "k1"),
                ("answer:start_options:as_written", "Start as written", "k1"),
                ("answer:start_options:no", "Cancel", "k1"),
            ],
        ),
        (
            start_sentences.ask_about_options("k1", parse_request("fix it acu=many")),
            [
                ("answer:start_options:corrected", "Start with 5 ACUs", "k1"),
                ("answer:start_options:corrected_2", "Start with 10 ACUs", "k1"),
                ("answer:start_options:corrected_3", "Start with 20 ACUs", "k1"),
                ("answer:start_options:as_written", "Start without limit", "k1"),
                ("answer:start_options:no", "Cancel", "k1"),
            ],
        ),
        (
            start_sentences.ask_command_or_task(COMMANDS.parser.doubt("stattus 1")),
            [("choose:status", "Show status 1", "1"), ("choose:start", "Start a session", "stattus 1")],
        ),
        (
            start_sentences.ask_command_or_task(
                COMMANDS.parser.doubt_as_read("bugdet set #C0WEB 20", "bugdet set #web 20")
            ),
            [
                ("choose:budget_set", "Run budget set #web 20", "#C0WEB 20"),
                ("choose:start", "Start a session", "bugdet set #web 20"),
            ],
        ),
        (
            start_sentences.ask_command_or_task(Doubt("audit logs", "audit", AUDIT, "audit"), Message("Not here.")),
            [("choose:start", "Start a session", "audit logs")],
        ),
        (
            start_sentences.ask_command_or_message("k1", COMMANDS.parser.doubt("stop it now"), SESSION),
            [("choose:stop", "Stop", "s1"), ("answer:command:as_reply", "Send to Devin", "k1")],
        ),
        (
            start_sentences.ask_command_or_message("k1", COMMANDS.parser.doubt("stop 2 please"), SESSION),
            [("choose:stop", "Stop 2", "2"), ("answer:command:as_reply", "Send to Devin", "k1")],
        ),
        (
            start_sentences.ask_command_or_message("k1", COMMANDS.parser.doubt("budget org 100")),
            [
                ("choose:budget_set", "Run budget set org 100", "org 100"),
                ("answer:command:as_task", "Start a session", "k1"),
            ],
        ),
        (
            start_sentences.ask_command_or_message("k1", COMMANDS.parser.doubt("audit logs"), SESSION, Message("No.")),
            [("answer:command:as_reply", "Send to Devin", "k1")],
        ),
        (
            stop_sentences.stop_confirm(SESSION),
            [("choose:stop_confirmed", "Stop it", "s1"), ("answer:session:no", "Keep running", "s1")],
        ),
        (
            adoption_sentences.confirm(SESSION),
            [("choose:unsync_confirmed", "Unlink", "s1"), ("answer:session:no", "Keep linked", "s1")],
        ),
        (
            stop_sentences.exit_confirm(SESSION),
            [("choose:exit_confirmed", "End permanently", "s1"), ("answer:session:no", "Keep open", "s1")],
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
        ("stop 1 please", "`stop` doesn't take `1 please`. Nothing was stopped.", ["Stop 1"]),
        ("kill 1", "`kill` isn't a command here, but `stop` is. Nothing was stopped.", ["Stop 1", "Start a session"]),
        ("Sleep", "`Sleep` isn't a command here, but `stop` is. Nothing was stopped.", ["Stop"]),
        (
            "mute",
            "`mute` works only in a session's thread: write `!mute` there. Nothing was started.",
            ["My sessions"],
        ),
        ("cost of it", "Did you mean `cost`? Nothing was started.", ["Show cost", "Start a session"]),
        ("list my sessions", "Did you mean `list`? Nothing was started.", ["Show list", "Start a session"]),
        (
            "report whole month",
            "`report` doesn't take `whole month`. Nothing was started.",
            ["Show report month", "Start a session"],
        ),
        (
            "exit",
            "`exit` works only in a session's thread: write `EXIT` there. Nothing was started.",
            ["Start a session"],
        ),
        (
            "settings foo",
            "`settings` doesn't take `foo`. Try `mine`, `channel`, or `why`. Nothing was started.",
            ["Show settings", "Start a session"],
        ),
        (
            "settings wy",
            "`settings` doesn't take `wy`. Nothing was started.",
            ["Show settings why", "Start a session"],
        ),
        (
            "settings chanel",
            "`settings` doesn't take `chanel`. Try `mine`, `channel`, or `why`. Nothing was started.",
            ["Show settings channel", "Start a session"],
        ),
        (
            "budget lst",
            "`budget` doesn't take `lst`. Nothing was started.",
            ["Show budget list", "Start a session"],
        ),
        (
            "Budget",
            "Which one? Try `budget list`, `set`, `try`, `remove`, or `grant`. Nothing was started.",
            ["Show budget list"],
        ),
        (
            "note?",
            "Which one? Try `note list`, `show`, `add`, `edit`, or `delete`. Nothing was started.",
            ["Show note list"],
        ),
        (
            "playbook.",
            "Which one? Try `playbook list`, `show`, `add`, or `edit`. Nothing was started.",
            ["Show playbook list"],
        ),
        (
            "schedule",
            "Which one? Try `schedule list`, `add`, `pause`, `resume`, or `delete`. Nothing was started.",
            ["Show schedule list"],
        ),
        (
            "team",
            "Which one? Try `team list`, `add`, or `remove`. Nothing was started.",
            ["Show team list"],
        ),
        (
            "secret",
            "Which one? Try `secret list` or `add`. Nothing was started.",
            ["Show secret list"],
        ),
        (
            "note shwo 1",
            "`note` doesn't take `shwo 1`. Nothing was started.",
            ["Run note show 1", "Start a session"],
        ),
        (
            "fan-out rename it orgs=all",
            "Did you mean `fanout`? Nothing was started.",
            ["Run fanout rename it orgs=all", "Start a session"],
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


WORDS_OF_COMMANDS = sorted({way.phrase.split()[0] for spec in COMMANDS.specs for way in spec.ways_on(Surface.SLASH)})


@pytest.mark.parametrize("end", ["", ".", "?", "!"])
@pytest.mark.parametrize("word", WORDS_OF_COMMANDS)
def test_the_word_of_a_command_alone_is_it_or_is_answered_with_what_may_follow(word, end):
    typed = f"{word}{end}"
    doubt = COMMANDS.parser.doubt(typed) if COMMANDS.parser.slash(typed).spec is START else None
    assert doubt is None or "``" not in start_sentences.ask_command_or_task(doubt).text


@pytest.mark.parametrize(
    ("text", "in_session", "said"),
    [
        ("usage by weekday", SESSION, "`usage` doesn't take `by weekday`. Nothing was sent to Devin."),
        ("`usage by weekday`", SESSION, "`usage` doesn't take `by weekday`. Nothing was sent to Devin."),
        ("usage by weekday", None, "`usage` doesn't take `by weekday`. Nothing was started."),
        ("bill", SESSION, "`bill` isn't a command here, but `usage` is. Nothing was sent to Devin."),
        ("usage?!", SESSION, "`usage` doesn't take `?!`. Nothing was sent to Devin."),
        ("mute this thread", SESSION, "Did you mean `!mute`? Nothing was sent to Devin."),
        (
            "mute this thread",
            None,
            "`mute` works only in a session's thread: write `!mute` there. Nothing was started.",
        ),
    ],
)
def test_what_resembles_a_command_in_a_thread_was_not_sent(text, in_session, said):
    message = start_sentences.ask_command_or_message("k1", COMMANDS.parser.doubt(text), in_session)
    assert_valid(message)
    assert message.text == said


@pytest.mark.parametrize(
    ("messages", "files", "left_out", "older", "text"),
    [
        (12, 2, [], False, "Read 12 messages and 2 files of this thread."),
        (1, 0, [], False, "Read 1 message of this thread."),
        (0, 1, [], False, "Read 1 file of this thread."),
        (
            50,
            0,
            [],
            True,
            "Read 50 messages of this thread. It's long, so earlier messages were left out. Paste what matters.",
        ),
        (
            1,
            0,
            ["a.log"],
            False,
            ("Read 1 message of this thread. Devin didn't get “a.log”. Share it in a reply, or paste what matters."),
        ),
        (
            0,
            0,
            ["a", "b"],
            False,
            "Devin didn't get “a” and “b”. Share them in a reply, or paste what matters.",
        ),
        (
            0,
            0,
            list("abcde"),
            False,
            "Devin didn't get “a”, “b”, “c”, and 2 more. Share them in a reply, or paste what matters.",
        ),
    ],
)
def test_what_was_read_of_a_thread(messages, files, left_out, older, text):
    assert start_sentences.thread_read(messages, files, left_out, older=older).text == text


@pytest.mark.parametrize(
    ("outsiders", "text"),
    [
        (
            1,
            ("Devin didn't get 1 message from guests or other companies. Paste anything it needs."),
        ),
        (
            3,
            ("Devin didn't get 3 messages from guests or other companies. Paste anything it needs."),
        ),
    ],
)
def test_what_guests_and_other_companies_wrote_in_a_thread_is_not_read(outsiders, text):
    read = start_sentences.thread_read(2, 0, [], older=False, outsiders=outsiders).text
    assert read == f"Read 2 messages of this thread. {text}"


def test_what_no_admin_has_approved() -> None:
    assert start_sentences.not_approved(False).text == "No admin answered within a week. Nothing was started."
    assert start_sentences.not_approved(True).text == "No admin answered within a week. Your reply wasn't sent."


def test_a_thread_in_which_there_is_nothing_to_read():
    assert start_sentences.nothing_to_read(0).text == snapshot(
        "What should Devin do? Mention Devin Bridge again with a task."
    )
    assert start_sentences.nothing_to_read(2).text == snapshot(
        "What should Devin do? Devin didn't get 2 messages from guests or other companies. Paste anything it needs. Mention Devin Bridge again with a task."
    )


def test_the_name_of_a_file_in_a_thread_calls_nobody():
    assert_calls_nobody(start_sentences.thread_read(1, 0, [NASTY], older=False))


# ---------------------------------------------------------------- who is mentioned

HERE, EVERYWHERE = "mentioned here", "mentioned in all sessions"
BACK_HERE, BACK, KEEP = (
    "`!notify all` brings all mentions back.",
    "`/devin notify all` brings all mentions back.",
    "Threads where you used `!notify` keep what you set there.",
)


@pytest.mark.parametrize(
    ("choice", "in_thread", "said"),
    [
        ("all", True, f"You'll be {HERE} each time Devin needs you, has answered, is done, or has failed."),
        ("questions", True, f"You'll be {HERE} only when Devin needs you. {BACK_HERE}"),
        ("done", True, f"You'll be {HERE} only when Devin has answered, is done, or has failed. {BACK_HERE}"),
        ("off", True, f"You'll no longer be {HERE}. {BACK_HERE}"),
        (
            "all",
            False,
            f"You'll be {EVERYWHERE} each time Devin needs you, has answered, is done, or has failed. {KEEP}",
        ),
        ("questions", False, f"You'll be {EVERYWHERE} only when Devin needs you. {BACK} {KEEP}"),
        ("done", False, f"You'll be {EVERYWHERE} only when Devin has answered, is done, or has failed. {BACK} {KEEP}"),
        ("off", False, f"You'll no longer be {EVERYWHERE}. {BACK} {KEEP}"),
    ],
)
def test_a_choice_is_confirmed(choice, in_thread, said):
    message = notification_sentences.notify_set(NotifyChoice(choice), in_thread=in_thread)
    assert_valid(message)
    assert message.text == said


@pytest.mark.parametrize(
    ("choice", "where", "said"),
    [
        (
            "all",
            {"in_thread": True},
            (
                f"You're {HERE} each time Devin needs you, has answered, is done, or has failed. To change when you're mentioned here:\n"
                "• `!notify all`: each time Devin needs you, has answered, is done, or has failed\n"
                "• `!notify questions`: only when Devin needs you: for an answer or approval, at a limit, or after a failure\n"
                "• `!notify done`: only when Devin has answered, is done, or has failed\n• `!notify off`: never"
            ),
        ),
        (
            "off",
            {"in_thread": True},
            (
                f"You're not {HERE}. To change when you're mentioned here:\n"
                "• `!notify all`: each time Devin needs you, has answered, is done, or has failed\n"
                "• `!notify questions`: only when Devin needs you: for an answer or approval, at a limit, or after a failure\n"
                "• `!notify done`: only when Devin has answered, is done, or has failed\n• `!notify off`: never"
            ),
        ),
        (
            "done",
            {"in_thread": True, "inherited": True},
            (
                f"You're {HERE} only when Devin has answered, is done, or has failed, as you set for all sessions. To change when you're mentioned here:\n"
                "• `!notify all`: each time Devin needs you, has answered, is done, or has failed\n"
                "• `!notify questions`: only when Devin needs you: for an answer or approval, at a limit, or after a failure\n"
                "• `!notify done`: only when Devin has answered, is done, or has failed\n• `!notify off`: never"
            ),
        ),
        (
            "questions",
            {"in_thread": False},
            (
                f"You're {EVERYWHERE} only when Devin needs you. To change when you're mentioned:\n"
                "• `/devin notify all`: each time Devin needs you, has answered, is done, or has failed\n"
                "• `/devin notify questions`: only when Devin needs you: for an answer or approval, at a limit, or after a failure\n"
                "• `/devin notify done`: only when Devin has answered, is done, or has failed\n"
                "• `/devin notify off`: never"
            ),
        ),
    ],
)
def test_what_is_chosen_is_said_with_what_can_be(choice, where, said):
    message = notification_sentences.notify_shown(NotifyChoice(choice), **where)
    assert_valid(message)
    assert message.text == said


@pytest.mark.parametrize(
    ("typed", "meant", "label"), [("notify", "notify", "Show my setting"), ("notfy", "notify off", "Set notify off")]
)
def test_the_button_of_a_doubtful_choice_says_what_it_does(typed, meant, label):
    buttons = start_sentences.ask_command_or_task(Doubt("notify me", typed, NOTIFY, meant)).blocks[1]["elements"]
    assert [one["text"]["text"] for one in buttons] == [label, "Start a session"]


def test_status_names_each_of_a_dozen_pull_requests_and_of_hundreds_what_fits():
    for count, named, more in (
        (12, 12, ""),
        (300, 34, "and 266 more pull requests <https://app.devin.ai/sessions/abc|in Devin>"),
    ):
        pulls = tuple(PullRequest(f"https://github.com/acme/web/pull/{n}", "open") for n in range(1, count + 1))
        session = replace(SESSION, snapshot=replace(SESSION.snapshot, pull_requests=pulls))
        *_, last = session_sentences.status(session).text.splitlines()
        text = session_sentences.status(session).text
        assert f"acme/web#{named}>" in text
        assert f"acme/web#{named + 1}>" not in text
        assert last == more if more else last.endswith(f"|acme/web#{named}> (open)")
