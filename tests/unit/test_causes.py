"""Causes and the JSON that rows of the inbox hold of them: what is written is read, and nothing else."""

from dataclasses import replace
from typing import get_args

import pytest

from bot.domain.causes import (
    ActionCause,
    CommandCause,
    Confirmation,
    EventCause,
    Hold,
    MessageCause,
    ReadableCause,
    SearchStart,
    StartCause,
    TaskCause,
    UnreadableCause,
    ViewCause,
    without_response_url,
)
from bot.domain.file import SlackFile
from bot.domain.form import Form
from bot.store.cause_codec import BLANK, decode, encode

URL = "https://hooks.slack.com/commands/secret"
LOG = SlackFile("F1", "login.log", "text/plain", 12, "https://files.slack.com/F1/download")
STUB = SlackFile("F2", access="check_file_info")

MENTION = MessageCause(
    user="U1",
    text="<@U0BOT> fix &lt;it&gt;",
    channel="C1",
    ts="1750000001.000100",
    mention=True,
    shared=False,
    files=(LOG, STUB),
)
REPLY = MessageCause(
    user="U1",
    text="and use pytest",
    channel="D1",
    ts="1750000002.000100",
    thread_ts="1750000001.000100",
    direct=True,
    under_us=True,
)
QUOTED = "Forwarded message from Ben:\n&gt; it fails"
PRESSED = ActionCause("stop", "s1", "U1", "C1", pressed=True, response_url=URL)
TYPED = ActionCause("archive", "s1", "U1", "C1", response_url=URL)
COMMAND = CommandCause("U1", "C1", "fix it", URL)

# What rows hold. A release that changes this reads what is stored as it is here.
STORED_MENTION = {
    "v": 1,
    "user": "U1",
    "text": "<@U0BOT> fix &lt;it&gt;",
    "channel": "C1",
    "ts": "1750000001.000100",
    "mention": True,
    "shared": False,
    "files": [
        {
            "id": "F1",
            "name": "login.log",
            "mimetype": "text/plain",
            "size": 12,
            "url": "https://files.slack.com/F1/download",
        },
        {"id": "F2", "access": "check_file_info"},
    ],
}
STORED_REPLY = {
    "v": 1,
    "user": "U1",
    "text": "and use pytest",
    "channel": "D1",
    "ts": "1750000002.000100",
    "thread_ts": "1750000001.000100",
    "direct": True,
    "under_us": True,
}
STORED = {
    "an event": (STORED_MENTION, MENTION),
    "found by catch-up": (STORED_REPLY, REPLY),
    "with a forwarded message": (STORED_REPLY | {"quoted": QUOTED}, replace(REPLY, quoted=QUOTED)),
    "with notes": (
        STORED_REPLY
        | {"search_start": {"cursor": "page-2"}, "left_out": ["Not passed on."], "unsent": 2, "was_held": True},
        replace(REPLY, left_out=("Not passed on.",), search_start=SearchStart("page-2"), unsent=2, was_held=True),
    ),
    "searched from the first page": (
        STORED_REPLY | {"search_start": {"cursor": None}},
        replace(REPLY, search_start=SearchStart(None)),
    ),
    "that waits to wake its session": (
        STORED_REPLY | {"hold": {"question": "wake", "subject": "s1", "until": 5.5, "asked_at": 1.5}},
        replace(REPLY, hold=Hold("wake", "s1", 5.5, 1.5)),
    ),
    "a command": ({"v": 1, "user": "U1", "channel": "C1", "text": "fix it", "response_url": URL}, COMMAND),
    "a command that was answered about": (
        {"v": 1, "user": "U1", "channel": "C1", "text": "fix it", "confirmation": {"again": True}},
        replace(COMMAND, response_url=None, confirmation=Confirmation(again=True)),
    ),
    "a button": (
        {
            "v": 1,
            "command": "stop",
            "argument": "s1",
            "user": "U1",
            "channel": "C1",
            "pressed": True,
            "response_url": URL,
        },
        PRESSED,
    ),
    "a command in a thread": (
        {
            "v": 1,
            "command": "archive",
            "argument": "s1",
            "user": "U1",
            "channel": "C1",
            "thread_ts": "1.2",
            "written": True,
            "response_url": URL,
        },
        replace(TYPED, thread_ts="1.2", written=True),
    ),
    "the note of nobody's stop": (
        {"v": 1, "command": "stop", "argument": "s1", "user": None},
        ActionCause("stop", "s1", None),
    ),
    "a start": (
        {"v": 1, "session_id": "s1", "files": [{"id": "F1", "name": "a.txt"}], "left_out": ["Not passed on."]},
        StartCause("s1", (SlackFile("F1", "a.txt"),), ("Not passed on.",)),
    ),
    "a form": (
        {
            "v": 1,
            "form": {"command": "note_edit", "target": "note-1", "channel": "C1", "digest": "0a1b"},
            "user": "U1",
            "fields": {"name": "Deploys"},
            "before": {"name": "Deploy", "pinned": None},
        },
        ViewCause(
            Form("note_edit", "note-1", "C1", "0a1b"), "U1", {"name": "Deploys"}, {"name": "Deploy", "pinned": None}
        ),
    ),
    "an event of Slack's": (
        {"v": 1, "event": "channel_archive", "fields": {"channel": "C1"}},
        EventCause("channel_archive", {"channel": "C1"}),
    ),
    "a task": ({"v": 1, "task": "operation", "subject": "j1"}, TaskCause("operation", "j1")),
    "a task in one organisation": (
        {"v": 1, "task": "fan_out_session", "subject": "f1", "org_id": "org-1", "attempt": 2},
        TaskCause("fan_out_session", "f1", "org-1", 2),
    ),
}


@pytest.mark.parametrize(("payload", "cause"), STORED.values(), ids=STORED)
def test_a_cause_is_written_as_its_fields_and_read_again(payload, cause):
    assert encode(cause) == payload
    assert decode(cause.kind, payload) == cause


@pytest.mark.parametrize("kind", [cause.kind for cause in get_args(ReadableCause)])
def test_there_is_a_sample_of_each_cause(kind):
    assert kind in {cause.kind for _, cause in STORED.values()}


@pytest.mark.parametrize("cause", [MENTION, COMMAND])
@pytest.mark.parametrize(
    "confirmation",
    [
        Confirmation(corrected=True),
        Confirmation(as_written=True, again=True),
        Confirmation(as_task=True),
        Confirmation(as_reply=True),
        Confirmation(beyond=True),
    ],
)
def test_what_a_person_has_answered_is_kept(cause, confirmation):
    noted = replace(cause, confirmation=confirmation)
    assert decode(cause.kind, encode(noted)) == noted


@pytest.mark.parametrize("before", [None, {"name": "Deploys"}])
def test_what_was_there_before_a_change_is_kept(before):
    form = ViewCause(Form("note_edit", "note-1", "C1", "0a1b"), "U1", {"name": "Deploys"}, before)
    assert decode(form.kind, encode(form)) == form
    assert (form.channel, form.thread_ts, form.response_url) == ("C1", None, None)
    pressed = replace(PRESSED, before=before)
    assert decode(pressed.kind, encode(pressed)) == pressed


@pytest.mark.parametrize("cause", [REPLY, COMMAND])
@pytest.mark.parametrize(
    "hold", [Hold("wake", "s1", 5.5), Hold("start_options", "k1", 5.5, 1.5, suggestions=("fix &lt;it&gt; acu=10",))]
)
def test_what_a_row_waits_for_is_kept(cause, hold):
    noted = replace(cause, hold=hold, confirmation=Confirmation(again=True))  # asked once more, about something else
    assert decode(cause.kind, encode(noted)) == noted


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("message", STORED_MENTION | {"v": 2}, "unreadable: message of version 2"),
        ("message", STORED_MENTION | {"v": None}, "unreadable: message of version None"),
        ("message", STORED_MENTION | {"v": [1]}, "unreadable: message of version [1]"),
        ("message", {}, "unreadable: message of version None"),
        ("film", {"v": 1}, "unreadable: film of version 1"),
        *((cause.kind, BLANK, "unreadable: ValidationError") for cause in get_args(ReadableCause)),
        *(
            ("message", STORED_REPLY | odd, "unreadable: ValidationError")
            for odd in (
                {"files": "secret"},
                {"files": [{"id": "F1", "size": "12"}]},
                {"files": [{"id": "F1", "url_private": "secret"}]},
                {"unsent": "2"},
                {"direct": 1},
                {"left_out": [["secret"]]},
                {"secret": True},
                {"hold": {"question": "wake"}},
                {"text": None},
            )
        ),
        ("action", {"v": 1, "command": "stop", "argument": "s1", "user": 5}, "unreadable: ValidationError"),
        ("view", {"v": 1, "form": {}, "user": "secret", "fields": {}}, "unreadable: ValidationError"),
    ],
)
def test_what_cannot_be_read_says_why_and_stays_as_it_is(kind, payload, reason):
    cause = decode(kind, payload)
    assert cause == UnreadableCause(kind, reason, payload)
    assert encode(cause) == payload
    assert "secret" not in repr(cause)


@pytest.mark.parametrize(
    "cause",
    [COMMAND, PRESSED, TYPED, replace(MENTION, response_url=URL), decode("film", {"v": 1, "response_url": URL})],
)
def test_a_response_url_is_shown_nowhere_and_can_be_taken_out(cause):
    assert URL not in repr(cause)
    assert URL in str(encode(cause))
    assert URL not in str(encode(without_response_url(cause)))


@pytest.mark.parametrize("cause", [MENTION, StartCause("s1"), TaskCause("operation", "j1")])
def test_a_cause_without_a_response_url_stays_the_same(cause):
    assert without_response_url(cause) is cause


def test_where_a_message_stands():
    assert (MENTION.root_ts, MENTION.in_thread) == (MENTION.ts, False)
    assert (REPLY.root_ts, REPLY.in_thread) == (REPLY.thread_ts, True)


def test_what_comes_with_a_message():
    assert [cause.only_text for cause in (MENTION, REPLY, replace(REPLY, quoted=QUOTED))] == [False, True, False]
