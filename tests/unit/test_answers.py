"""What the bot itself says to people, whole sentences."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from bot.domain.commands.options import NOT_ACUS, Mistyped
from bot.domain.commands.parser import UnknownVerb
from bot.domain.session import Lifecycle, Options, PullRequest, Session, Snapshot
from bot.views import answers
from bot.views.answers import Listed
from bot.views.message import Message
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid, nodes

SESSION = Session(
    id="s1",
    team="T1",
    org_id="org-1",
    channel="C1",
    thread_ts="1.0",
    requester="U1",
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
LISTED = [Listed(SESSION, "https://acme.slack.com/p1"), Listed(ASLEEP)]
CONSTANTS = {name: value for name, value in vars(answers).items() if isinstance(value, Message)}


def test_the_fixed_answers():
    assert {name: message.text for name, message in CONSTANTS.items()} == snapshot(
        {
            "EMPTY_PROMPT": "There is no task in that, so nothing was started. Write what Devin should do, for example `/devin fix the flaky login test repo=acme/web`.",
            "GUEST_REFUSED": "Guests cannot work with Devin here, so nothing was started or sent. Ask a full member of this workspace to do it.",
            "OTHER_COMPANY_REFUSED": "Only members of the workspace that runs Devin Bridge can work with Devin, so nothing was started or sent. Ask one of them to do it.",
            "SHARED_CHANNEL_REFUSED": "This channel is shared with another company, where Devin stays out; nothing was started or sent. Use a channel of your own workspace.",
            "CHANNEL_ARCHIVED": "This channel is archived, so nothing can be posted here and nothing was started. Use another channel, or unarchive this one.",
            "STORE_DOWN": "Devin Bridge cannot store anything at the moment. Nothing was started; try again in a minute.",
            "MAYBE_STORED": "Devin Bridge could not confirm that it has stored this command, so it may or may not be carried out. Wait a minute; if nothing has happened by then, type it again.",
            "NOT_STORED": "Devin Bridge cannot store anything at the moment. Nothing was changed; try again in a minute.",
            "START_DECLINED": "Fine, nothing more was started.",
            "START_EXPIRED": "That question is too old to answer, so nothing was started. Type the command again if it is still needed.",
            "START_UNKNOWN": "It is not known yet whether Devin has started this session, so your reply was not sent. If the session shows up, its card says so: then reply again. To start anew, first look in Devin, as the message above says, so that the task does not run twice; then mention Devin Bridge with the task.",
            "START_UNAUTHORISED": ":lock: Nothing was started: Devin does not accept Devin Bridge's key. Whoever runs Devin Bridge has to set a valid `DEVIN_API_KEY`; then send the task again.",
            "NO_SESSIONS": "You have no open sessions. `/devin fix the flaky login test` would start one; `/devin help` shows more.",
            "NO_SESSION_HERE": "There is no session in this thread, so nothing was changed. Mention Devin Bridge with a task to start one, or use `/devin list` to see yours.",
            "STOPPING": "Stopping: Devin is put to sleep in a moment. Nothing is lost.",
            "STOP_AFTER_CHECK": "Devin's answer to the start got lost and is being looked up. The session is stopped as soon as it is found; if there is none, nothing is started.",
            "ALREADY_STOPPED": "This session is asleep already; nothing was changed. A reply in its thread wakes it.",
            "NOTHING_TO_STOP": "Nothing of yours is running, so nothing was stopped. `/devin list` shows your sessions.",
            "EXIT_KEPT": "Fine, the session was kept as it is.",
            "ALREADY_ENDED": "This session has ended already; nothing was changed. Use `/devin` or mention Devin Bridge to start a new one.",
            "MUTED": ":mute: Muted: replies in this thread are not sent to Devin until somebody writes `!unmute`. What Devin says still appears here.",
            "UNMUTED": ":speaker: Unmuted: replies in this thread are sent to Devin again. Those written while muted were not sent.",
            "ALREADY_MUTED": "This thread is muted already; `!unmute` ends that.",
            "NOT_MUTED": "This thread is not muted: every reply is sent to Devin.",
            "ASIDE": "Kept between you: that message was not sent to Devin.",
            "SESSION_ENDED": "This session has ended, so your reply was not sent to Devin. Use `/devin` or mention Devin Bridge with a task to start a new one.",
            "THREAD_CLOSED": "This thread was closed, so your reply was not sent to Devin. Use `/devin` or mention Devin Bridge with a task to start a new session.",
            "REPLY_LATE": ":hourglass_flowing_sand: Devin cannot be reached right now. Your reply is stored and is sent as soon as it can be; please don't write it again.",
            "CARD_LOST": ":warning: This session's card can no longer be kept up to date here; the session goes on. `!status` tells where it stands.",
        }
    )


@pytest.mark.parametrize("name", sorted(CONSTANTS))
def test_a_fixed_answer_is_valid(name):
    assert_valid(CONSTANTS[name])


SAID = {
    "received": answers.received,
    "not_in_channel": lambda text: answers.not_in_channel("C1"),
    "not_in_this_channel": lambda text: answers.not_in_channel(),
    "channel_archived": lambda text: answers.channel_archived("C1"),
    "mistyped": lambda text: answers.mistyped_options(
        [Mistyped(f"reop={text}", "repo="), Mistyped("acu=abc", "acu=", NOT_ACUS)]
    ),
    "tags_left_out": lambda text: answers.tags_left_out([text, "urgent"]),
    "ask_again": lambda text: answers.ask_again("key", text, 20),
    "start_refused": answers.start_refused,
    "start_refused_silently": lambda text: answers.start_refused(),
    "start_forbidden": lambda text: answers.start_forbidden("ManageOrgSessions"),
    "start_forbidden_unnamed": lambda text: answers.start_forbidden(),
    "start_limited": answers.start_limited,
    "start_failed": lambda text: answers.start_failed("r-1"),
    "start_uncertain": lambda text: answers.start_uncertain("r-1", "slack-T1-C1-1.0"),
    "start_retrying": lambda text: answers.start_retrying("r-1"),
    "session_list": lambda text: answers.session_list(LISTED),
    "several_sessions": lambda text: answers.several_sessions("stop", LISTED),
    "no_such_session": answers.no_such_session,
    "not_yours": lambda text: answers.not_yours("U1"),
    "status": lambda text: answers.status(SESSION, "https://acme.slack.com/p1"),
    "cost": lambda text: answers.cost(SESSION),
    "cost_unknown": lambda text: answers.cost(replace(ASLEEP, options=Options())),
    "admins_only": lambda text: answers.admins_only("usage figures", ["U8", "U9"]),
    "admins_only_without_any": lambda text: answers.admins_only("usage figures", []),
    "stopped": lambda text: answers.stopped("U1"),
    "stopped_with_one_reply": lambda text: answers.stopped("U1", 1),
    "stopped_with_two_replies": lambda text: answers.stopped(None, 2),
    "cancelled": lambda text: answers.cancelled("U1", 1),
    "stop_failed": lambda text: answers.stop_failed(SESSION.url, "r-1"),
    "stop_failed_with_a_reply": lambda text: answers.stop_failed(SESSION.url, "r-1", 1),
    "archived": lambda text: answers.archived("U1", 1),
    "exit_confirm": lambda text: answers.exit_confirm(replace(SESSION, snapshot=Snapshot(title=text))),
    "exited": lambda text: answers.exited("U1"),
    "reply_not_sent": lambda text: answers.reply_not_sent("Devin could not be reached for an hour", "r-1", text),
    "reply_not_sent_bare": lambda text: answers.reply_not_sent("the session has ended", "r-1"),
    "reply_uncertain": lambda text: answers.reply_uncertain("r-1", text),
    "reply_uncertain_bare": lambda text: answers.reply_uncertain("r-1"),
    "not_readable": lambda text: answers.not_readable("r-1", maybe_done=False),
    "not_readable_maybe_done": lambda text: answers.not_readable("r-1", maybe_done=True),
    "unknown_verb": lambda text: answers.unknown_verb(UnknownVerb("!stpo", "!stop")),
    "unknown_verb_far": lambda text: answers.unknown_verb(UnknownVerb("!important")),
    "verb_not_alone": lambda text: answers.unknown_verb(UnknownVerb("!stop", "!stop")),
    "file_too_large": lambda text: answers.file_too_large(text, 31_400_000, 20_000_000),
    "file_not_allowed": answers.file_not_allowed,
    "file_unreadable": answers.file_unreadable,
    "started_after_all": lambda text: answers.started_after_all(SESSION.url),
    "posting_lost": lambda text: answers.posting_lost("C1", SESSION),
    "posting_lost_bare": lambda text: answers.posting_lost("C1"),
    "post_lost": lambda text: answers.post_lost("r-1", SESSION.url),
}


def test_the_answers_that_depend_on_something():
    assert {name: make("fix it").text for name, make in SAID.items()} == snapshot(
        {
            "received": "Got it: “fix it”. The session's thread appears here in a moment.",
            "not_in_channel": "Devin Bridge is not a member of <#C1>, so nothing was started. Type `/invite @Devin Bridge` there, then try again.",
            "not_in_this_channel": "Devin Bridge is not a member of this channel, so nothing was started. Type `/invite @Devin Bridge` there, then try again.",
            "channel_archived": "<#C1> is archived, so nothing can be posted there and nothing was started. Use another channel, or unarchive that one.",
            "mistyped": """\
Not read as options but sent to Devin as part of the task:
• `reop=fix it`: did you mean `repo=`?
• `acu=abc`: `acu=` needs a whole number above zero, such as acu=10\
""",
            "tags_left_out": "Devin did not take these tags, so the session runs without them: `fix it`, `urgent`. If they are needed, an admin of your Devin organisation can allow them; they then work for the next session.",
            "ask_again": "You started “fix it” 20 seconds ago. Nothing more was started yet: should it really run a second time?",
            "start_refused": ":no_entry: Devin did not accept this request, so nothing was started. It says: “fix it”. Check the options (`repo=` `playbook=` `mode=` `acu=` `tags=`) and send it again.",
            "start_refused_silently": ":no_entry: Devin did not accept this request, so nothing was started. Check the options (`repo=` `playbook=` `mode=` `acu=` `tags=`) and send it again.",
            "start_forbidden": ":lock: Nothing was started: Devin Bridge's key for Devin lacks the permission `ManageOrgSessions`. An admin of your Devin organisation can grant it to the service user; then send the task again.",
            "start_forbidden_unnamed": ":lock: Nothing was started: Devin Bridge's key for Devin lacks a permission for this. An admin of your Devin organisation can grant it to the service user; then send the task again.",
            "start_limited": ":no_entry: Nothing was started: a limit or quota of your Devin organisation is used up. Devin says: “fix it”. Somebody who manages billing there can raise it; then send the task again.",
            "start_failed": ":warning: Something went wrong on our side and the session could not be started, even after several attempts. Nothing is running. Send the task again; if it fails again, give the reference `r-1` to whoever runs Devin Bridge.",
            "start_uncertain": ":warning: Devin's answer got lost and Devin cannot be reached, so we do not know whether the session was started. Look in Devin for a session with `slack-T1-C1-1.0` in its prompt before you send the task again; if the session shows up, this thread goes on with it. Reference `r-1`.",
            "start_retrying": ":hourglass_flowing_sand: Devin cannot be reached right now. The task is stored and is tried again by itself, so please don't send it again. Reference `r-1`.",
            "session_list": """\
You have 2 sessions:
1. :gear: <https://app.devin.ai/sessions/abc|Fix the login test>: working · <https://acme.slack.com/p1|thread>
2. :zzz: Upgrade: asleep\
""",
            "several_sessions": """\
You have 2 open sessions, so nothing was done yet. Say which one is meant, for example `/devin stop 1`:
1. :gear: <https://app.devin.ai/sessions/abc|Fix the login test>: working · <https://acme.slack.com/p1|thread>
2. :zzz: Upgrade: asleep\
""",
            "no_such_session": "You have no open session `fix it`, so nothing was done. `/devin list` shows your sessions with their numbers.",
            "not_yours": "Only <@U1>, who asked for this session, or an admin of Devin Bridge may do that. Nothing was changed.",
            "status": """\
*<https://app.devin.ai/sessions/abc|Fix the login test>* · <https://acme.slack.com/p1|thread>
:gear: Working. Reply in this thread to steer it.
Asked by <@U1> · repo acme/web · 1.5 of 10 ACUs · last sign of life <!date^1733385600^{ago}|2024-12-05 08:00 UTC>
:twisted_rightwards_arrows: <https://github.com/acme/web/pull/12|acme/web#12> (open)\
""",
            "cost": "This session has used 1.5 of 10 ACUs so far. The figure comes from Devin and may be minutes old.",
            "cost_unknown": "Devin reports no ACUs for this session so far; on some plans it never does.",
            "admins_only": "Usage figures are for the admins of Devin Bridge. Ask one of them: <@U8>, <@U9>.",
            "admins_only_without_any": "Nobody may ask for usage figures yet. Whoever runs Devin Bridge can name admins in `BOT_ADMIN_USERS`.",
            "stopped": ":black_square_for_stop: Stopped by <@U1>. Devin sleeps and nothing is lost; a reply in this thread wakes it.",
            "stopped_with_one_reply": ":black_square_for_stop: Stopped by <@U1>. Devin sleeps and nothing is lost; a reply in this thread wakes it. 1 waiting reply was not sent to Devin, because the stop came first.",
            "stopped_with_two_replies": ":black_square_for_stop: Stopped. Devin sleeps and nothing is lost; a reply in this thread wakes it. 2 waiting replies were not sent to Devin, because the stop came first.",
            "cancelled": ":black_square_for_stop: Cancelled by <@U1> before it began: nothing was started and nothing was spent. 1 waiting reply was not sent to Devin, because there is no session.",
            "stop_failed": ":warning: Devin could not be told to stop, so *the session is still running*. Stop it in <https://app.devin.ai/sessions/abc|Devin>, or try `!stop` again in a minute. Reference `r-1`.",
            "stop_failed_with_a_reply": ":warning: Devin could not be told to stop, so *the session is still running*. Stop it in <https://app.devin.ai/sessions/abc|Devin>, or try `!stop` again in a minute. 1 waiting reply was not sent to Devin, because the stop came first. Reference `r-1`.",
            "archived": ":file_cabinet: Archived by <@U1>. Devin sleeps, and replies in this thread are no longer sent to it. 1 waiting reply was not sent to Devin, because the thread was closed first. Use `/devin` or mention Devin Bridge to start a new session.",
            "exit_confirm": "End “fix it” for good? It cannot be woken again; `!stop` only puts it to sleep. Nothing was changed yet.",
            "exited": ":checkered_flag: Ended for good by <@U1>. Replies in this thread no longer reach Devin. Use `/devin` or mention Devin Bridge to start a new session.",
            "reply_not_sent": ":warning: The reply “fix it” was *not sent* to Devin, because Devin could not be reached for an hour. Write it again if it is still needed. Reference `r-1`.",
            "reply_not_sent_bare": ":warning: A reply was *not sent* to Devin, because the session has ended. Write it again if it is still needed. Reference `r-1`.",
            "reply_uncertain": ":warning: Devin's answer got lost and Devin cannot be reached, so we do not know whether the reply “fix it” arrived. Look into the session in Devin before you write it again. Reference `r-1`.",
            "reply_uncertain_bare": ":warning: Devin's answer got lost and Devin cannot be reached, so we do not know whether a reply arrived. Look into the session in Devin before you write it again. Reference `r-1`.",
            "not_readable": ":warning: Something that was asked for here was stored by another version of Devin Bridge and cannot be read, so it was not done. Ask for it again if it is still needed. Reference `r-1`.",
            "not_readable_maybe_done": ":warning: Something that was asked for here was stored by another version of Devin Bridge and cannot be read, so we do not know whether it was done. Look into the session in Devin before you ask for it again. Reference `r-1`.",
            "unknown_verb": "There is no `!stpo`, so nothing was done and nothing sent to Devin. Did you mean `!stop`? `!help` lists what works here; without the `!` the message goes to Devin.",
            "unknown_verb_far": "There is no `!important`, so nothing was done and nothing sent to Devin. `!help` lists what works here; without the `!` the message goes to Devin.",
            "verb_not_alone": "`!stop` works only as the whole message, so nothing was done and nothing sent to Devin. Write `!stop` alone, or the sentence without the `!`.",
            "file_too_large": ":paperclip: “fix it” was not passed on to Devin, because it has 31.4 MB and the limit is 20.0 MB. The text of the message was. Share a smaller one, or paste what matters.",
            "file_not_allowed": ":paperclip: “fix it” was not passed on to Devin, because it is not stored at Slack. The text of the message was. Upload it to Slack itself, or paste what matters.",
            "file_unreadable": ":paperclip: “fix it” was not passed on to Devin, because Slack did not hand it over. The text of the message was. Upload it again, or paste what matters.",
            "started_after_all": ":information_source: Devin had started <https://app.devin.ai/sessions/abc|a session> for this after all; it was ended now. What it spent until then stays spent.",
            "posting_lost": ":warning: Devin Bridge can no longer post in <#C1> (removed, archived or not allowed), so news from Devin does not appear there. The session <https://app.devin.ai/sessions/abc|Fix the login test> goes on at Devin. Invite Devin Bridge again with `/invite @Devin Bridge`, or stop the session with `/devin stop`.",
            "posting_lost_bare": ":warning: Devin Bridge can no longer post in <#C1> (removed, archived or not allowed), so news from Devin does not appear there.",
            "post_lost": ":warning: One message of Devin's could not be shown here. Read it in <https://app.devin.ai/sessions/abc|Devin>. Reference `r-1`.",
        }
    )


@pytest.mark.parametrize("name", sorted(SAID))
def test_an_answer_stays_valid_and_calls_nobody_with_extreme_input(name):
    for text in ("fix it", NASTY * 500, "`" * 5_000, "x" * 10_000):
        message = SAID[name](text)
        assert_valid(message)
        assert_calls_nobody(message, "U1", "U8", "U9")


def test_a_long_list_is_cut():
    many = [Listed(replace(SESSION, snapshot=Snapshot(title=NASTY * 99)), "https://x.example/" + "p" * 900)] * 45
    message = answers.session_list(many)
    assert_valid(message)
    assert_calls_nobody(message)
    assert message.text.endswith("and 25 older sessions")
    assert answers.session_list([]) is answers.NO_SESSIONS


@pytest.mark.parametrize(
    ("message", "buttons"),
    [
        (
            answers.ask_again("k1", "fix it", 20),
            [("start_again", "Start it again", "k1"), ("start_declined", "No", "k1")],
        ),
        (
            answers.exit_confirm(SESSION),
            [("exit_confirmed", "End for good", "s1"), ("exit_declined", "Keep it", "s1")],
        ),
    ],
)
def test_questions_have_two_buttons(message, buttons):
    found = [
        (node["action_id"], node["text"]["text"], node["value"])
        for node in nodes(message.blocks)
        if node.get("type") == "button"
    ]
    assert found == buttons
