"""Causes and the JSON that rows of the inbox hold of them: rows of an earlier release, of a later one, and our own."""

from dataclasses import replace

import pytest

from bot.domain.cause_codec import BLANK, decode, encode
from bot.domain.causes import (
    ActionCause,
    ChannelGoneCause,
    ChannelSharedCause,
    CommandCause,
    Confirmation,
    FanOutCause,
    FanOutSessionCause,
    Hold,
    LongJobCause,
    MessageCause,
    SearchStart,
    StartCause,
    UnreadableCause,
    ViewCause,
    without_response_url,
)
from bot.domain.file import SlackFile
from bot.domain.form import Form

URL = "https://hooks.slack.com/commands/secret"
LOG = SlackFile("F1", "login.log", "text/plain", 12, "https://files.slack.com/F1/download")
STUB = SlackFile("F2", access="check_file_info")

# As rows stood in the store before causes had types: of an event, found by catch-up, and with all that flows noted.
EVENT = {
    "v": 1,
    "user": "U1",
    "text": "<@U0BOT> fix &lt;it&gt;",
    "channel": "C1",
    "ts": "1750000001.000100",
    "thread_ts": None,
    "im": False,
    "mention": True,
    "shared": False,
    "team": "T1",
    "under_us": False,
    "files": [
        {
            "id": "F1",
            "name": "login.log",
            "mimetype": "text/plain",
            "size": 12,
            "url_private_download": "https://files.slack.com/F1/download",
            "url_private": "https://files.slack.com/F1",
            "file_access": None,
        },
        {
            "id": "F2",
            "name": None,
            "mimetype": None,
            "size": None,
            "url_private_download": None,
            "url_private": None,
            "file_access": "check_file_info",
        },
    ],
}
MENTION = MessageCause(
    user="U1",
    text="<@U0BOT> fix &lt;it&gt;",
    channel="C1",
    ts="1750000001.000100",
    mention=True,
    shared=False,
    files=(LOG, STUB),
)
FOUND = {
    "v": 1,
    "user": "U1",
    "text": "and use pytest",
    "channel": "D1",
    "ts": "1750000002.000100",
    "thread_ts": "1750000001.000100",
    "im": True,
    "mention": False,
    "shared": None,
    "team": None,
    "under_us": True,
    "files": [],
}
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
NOTED = {"cursor": "page-2", "left_out": [{"text": "Not passed on.", "blocks": []}], "unsent": 2}
SLASH = {"user_id": "U1", "channel_id": "C1", "channel_name": "general", "response_url": URL}
BUTTON = {"user": "U1", "team": "T1", "channel": "C1", "message_ts": "1750000001.000100", "response_url": URL}
PRESSED = ActionCause("stop", "s1", "U1", "C1", pressed=True, response_url=URL)
TYPED = ActionCause("archive", "s1", "U1", "C1", response_url=URL)
COMMAND = CommandCause("U1", "C1", "fix it", URL)
FILES = [{"id": "F1", "name": "a.txt", "mimetype": "text/plain", "size": 1, "url_private": "https://x/", "v": 7}]

EARLIER = {
    "an event": (EVENT, MENTION),
    "found by catch-up": (FOUND, REPLY),
    "with a forwarded message": (FOUND | {"quoted": QUOTED}, replace(REPLY, quoted=QUOTED)),
    "with notes": (
        FOUND | NOTED,
        replace(REPLY, left_out=("Not passed on.",), search_start=SearchStart("page-2"), unsent=2),
    ),
    "searched from the first page": (FOUND | {"cursor": None}, replace(REPLY, search_start=SearchStart(None))),
    "a command": ({"v": 1, **SLASH, "text": "fix it"}, COMMAND),
    "a command without a text": ({"v": 1, **SLASH, "text": None}, replace(COMMAND, text="")),
    "a command that was asked about": (
        {"v": 1, **SLASH, "text": "fix it", "asked": True, "confirmed": True},
        replace(COMMAND, confirmation=Confirmation(again=True)),
    ),
    "a command that waits for an answer": (
        {"v": 1, **SLASH, "text": "fix it", "asked": True, "confirmed": False},
        replace(COMMAND, confirmation=Confirmation(asked=True)),
    ),
    "a dead command": ({"v": 1, **SLASH, "text": "fix it", "response_url": None}, replace(COMMAND, response_url=None)),
    "a button": ({"v": 1, **BUTTON, "verb": "stop", "value": "s1", "session_id": "s1"}, PRESSED),
    "a button with a note": (
        {"v": 1, **BUTTON, "verb": "stop", "value": "s1", "session_id": "s1", "unsent": 3},
        replace(PRESSED, unsent=3),
    ),
    "a command about a session": (
        {"v": 1, **SLASH, "text": "archive", "verb": "archive", "session_id": "s1"},
        TYPED,
    ),
    "the note of a stop": (
        {"v": 1, "verb": "stop", "session_id": "s1", "user": "U1"},
        ActionCause("stop", "s1", "U1"),
    ),
    "the note of nobody's stop": (
        {"v": 1, "verb": "stop", "session_id": "s1", "user": None},
        ActionCause("stop", "s1", None),
    ),
    "a start": (
        {"v": 1, "session_id": "s1", "files": FILES, "left_out": [{"text": "Not passed on.", "blocks": []}]},
        StartCause("s1", (SlackFile("F1", "a.txt", "text/plain", 1, "https://x/"),), ("Not passed on.",)),
    ),
    "a shared channel": ({"v": 1, "channel": "C1"}, ChannelSharedCause("C1")),
    "a long job": ({"v": 1, "job_id": "j1"}, LongJobCause("j1")),
    "a fan-out": ({"v": 1, "fan_out_id": "f1"}, FanOutCause("f1")),
    "a session of a fan-out": (
        {"v": 1, "fan_out_id": "f1", "org_id": "org-1", "attempt": 2},
        FanOutSessionCause("f1", "org-1", 2),
    ),
    "a channel": ({"v": 1, "channel": "C1", "type": "channel_archive"}, ChannelGoneCause("C1", "channel_archive")),
}


@pytest.mark.parametrize(("payload", "cause"), EARLIER.values(), ids=EARLIER)
def test_a_row_of_an_earlier_release_is_read(payload, cause):
    assert decode(cause.kind, payload) == cause


@pytest.mark.parametrize("cause", [cause for _, cause in EARLIER.values()], ids=EARLIER)
def test_what_is_written_is_read_again(cause):
    assert decode(cause.kind, encode(cause)) == cause


@pytest.mark.parametrize("cause", [MENTION, COMMAND])
@pytest.mark.parametrize(
    "confirmation",
    [
        Confirmation(asked=True, suggestion="fix &lt;it&gt; acu=10"),
        Confirmation(corrected=True),
        Confirmation(as_written=True, again=True),
        Confirmation(asked=True, again=True),  # asked once more, about something else
    ],
)
def test_what_a_person_was_asked_and_has_answered_is_kept(cause, confirmation):
    noted = replace(cause, confirmation=confirmation)
    assert decode(cause.kind, encode(noted)) == noted


@pytest.mark.parametrize("before", [None, {"name": "Deploys"}])
def test_what_was_there_before_a_change_is_kept(before):
    form = ViewCause(Form("note_edit", "note-1", "C1", "0a1b"), "U1", {"name": "Deploys"}, before)
    assert decode(form.kind, encode(form)) == form
    assert (form.channel, form.thread_ts, form.response_url) == ("C1", None, None)
    for cause in (PRESSED, REPLY):
        assert decode(cause.kind, encode(replace(cause, before=before))) == replace(cause, before=before)


@pytest.mark.parametrize("hold", [Hold("s1", 5.5, 1.5), Hold("s1", 5.5)])
def test_what_a_reply_waits_for_is_kept(hold):
    noted = replace(REPLY, hold=hold)
    assert decode(REPLY.kind, encode(noted)) == noted


@pytest.mark.parametrize(("payload", "cause"), EARLIER.values(), ids=EARLIER)
def test_what_an_earlier_release_read_is_still_written(payload, cause):
    written, unread = encode(cause), {"team", "channel_name", "message_ts", "files", "user_id"}
    if isinstance(cause, ActionCause):
        unread |= {"text"}  # and `user_id` has become `user`, which both read
    if isinstance(cause, CommandCause):
        unread -= {"user_id"}
        payload = payload | {"text": payload["text"] or ""}
    assert {name: written[name] for name in payload if name not in unread} == {
        name: value for name, value in payload.items() if name not in unread
    }


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("message", EVENT | {"v": 2}, "unreadable: message of version 2"),
        ("message", EVENT | {"v": None}, "unreadable: message of version None"),
        ("message", EVENT | {"v": [1]}, "unreadable: message of version [1]"),
        ("message", {}, "unreadable: message of version None"),
        ("film", {"v": 1}, "unreadable: film of version 1"),
        ("view", {"v": 1}, "unreadable: KeyError"),
        ("message", BLANK, "unreadable: KeyError"),
        ("command", BLANK, "unreadable: KeyError"),
        ("control", BLANK, "unreadable: KeyError"),
        ("start", BLANK, "unreadable: KeyError"),
        ("channel_gone", BLANK, "unreadable: KeyError"),
        ("message", FOUND | {"files": "secret"}, "unreadable: TypeError"),
        ("message", FOUND | {"unsent": "secret"}, "unreadable: ValueError"),
        ("message", FOUND | {"left_out": ["secret"]}, "unreadable: TypeError"),
        ("start", {"v": 1, "session_id": "s1", "files": [{"id": "F1", "size": "secret"}]}, "unreadable: ValueError"),
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


@pytest.mark.parametrize("cause", [MENTION, StartCause("s1"), ChannelGoneCause("C1", "channel_left")])
def test_a_cause_without_a_response_url_stays_the_same(cause):
    assert without_response_url(cause) is cause


def test_where_a_message_stands():
    assert (MENTION.root_ts, MENTION.in_thread) == (MENTION.ts, False)
    assert (REPLY.root_ts, REPLY.in_thread) == (REPLY.thread_ts, True)


def test_what_comes_with_a_message():
    assert [cause.only_text for cause in (MENTION, REPLY, replace(REPLY, quoted=QUOTED))] == [False, True, False]


@pytest.mark.parametrize(
    ("event", "archived"),
    [("channel_archive", True), ("group_archive", True), ("channel_left", False), ("group_left", False)],
)
def test_a_channel_is_archived_or_left(event, archived):
    assert ChannelGoneCause("C1", event).archived is archived
