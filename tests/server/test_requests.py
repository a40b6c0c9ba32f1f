"""A request that Slack sends is read as it is; one that neither Bolt nor a listener can read is refused at once."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.server.requests import DEEPEST, bolt_request, read_body
from tests.odd_fields import MISSING, ODD
from tests.server.samples import (
    ACTION,
    COMMANDS,
    EVENTS,
    INTERACTIONS,
    MESSAGE,
    PRESSED,
    SAMPLES,
    envelope,
    interaction,
)

JSON, FORM = b"application/json; charset=utf-8", b"application/x-www-form-urlencoded"
HELP = COMMANDS["help"]


def nested(levels: int, last: str = "1") -> str:
    return '{"type": "url_verification", "x": ' + "[" * (levels - 1) + last + "]" * (levels - 1) + "}"


# ------------------------------------------------------------ bytes


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_json(name: str) -> None:
    assert read_body(json.dumps(EVENTS[name]).encode(), JSON) == EVENTS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_a_form(name: str) -> None:
    assert read_body(urlencode(COMMANDS[name]).encode(), FORM) == COMMANDS[name]


@pytest.mark.parametrize("name", INTERACTIONS)
def test_an_interaction_is_json_in_a_form(name: str) -> None:
    body = urlencode({"payload": json.dumps(INTERACTIONS[name])}).encode()
    assert read_body(body, FORM) == INTERACTIONS[name]


UNREADABLE = {
    "broken": '{"type": "event_callback", "event": {',
    "a list": "[1]",
    "null": "null",
    "a number": "5",
    "a text": '"x"',
    "nothing": "",
    "5,000 digits": '{"type": ' + "9" * 5_000 + "}",
    "50,000 levels": nested(50_000),
    "levels that are not closed": '{"a":' * 50_000,
    "900 levels": nested(900),
    "one level too many": nested(DEEPEST + 1),
    "a control character": '{"type": "\x00"}',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_json_object_is_not_read(name: str) -> None:
    assert read_body(UNREADABLE[name].encode(), JSON) is None
    assert read_body(urlencode({"payload": UNREADABLE[name]}).encode(), FORM) is None


def test_so_many_levels_are_read() -> None:
    assert read_body(nested(DEEPEST).encode(), JSON) is not None
    wide = {"type": "url_verification", "x": [{} for _ in range(1_000)]}
    assert read_body(json.dumps(wide).encode(), JSON) == wide


def test_bytes_that_are_no_text_and_forms_of_many_fields_are_not_read() -> None:
    assert read_body(b"\xff\xfe", FORM) is None
    assert read_body(b'{"type": "\xff"}', JSON) is None
    assert read_body(urlencode({str(number): "" for number in range(101)}).encode(), FORM) is None


def test_characters_that_no_store_takes_are_replaced() -> None:
    assert read_body(b'{"text": "a\\u0000b\\ud800c\\ud83d\\ude00"}', JSON) == {"text": "a\ufffdb\ufffdc\U0001f600"}
    assert read_body(b"text=a%00b&user_id=U1", FORM) == {"text": "a\ufffdb", "user_id": "U1"}
    assert read_body(b"text=a\x00b", FORM) == {"text": "a\ufffdb"}
    assert read_body(b"text=%ED%A0%80", FORM) == {"text": "\ufffd\ufffd\ufffd"}


# ------------------------------------------------------------ fields


@pytest.mark.parametrize("name", SAMPLES)
def test_what_slack_sends_is_taken(name: str) -> None:
    request = bolt_request(SAMPLES[name])
    assert request is not None
    assert request.body == SAMPLES[name]


def changed(payload: dict[str, Any], path: str, way: str) -> dict[str, Any]:
    """The payload with the field at `path`, such as `event.ts`, odd in this way."""
    name, _, rest = path.partition(".")
    if rest and name == "actions":
        return {**payload, "actions": [changed(payload["actions"][0], rest, way)]}
    if rest:
        return {**payload, name: changed(payload[name], rest, way)}
    if way == MISSING:
        return {key: value for key, value in payload.items() if key != name}
    return {**payload, name: ODD[way]}


NO_ID = [MISSING, "null", "no words", "a number", "yes", "a list", "an object"]
NO_TEXT = ["a number", "yes", "a list of odd things", "an object"]
REFUSED = {
    "reply": {
        "event": ["null", "a number", "a list", "no words"],
        "event.type": [MISSING, "null", "a number", "a list"],
        "event.subtype": NO_TEXT,
        "event.user": ["a number", "a list of odd things", "an object"],
        "event.bot_id": NO_TEXT,
        "event.channel": NO_ID,
        "event.ts": [*NO_ID, "an unknown word", "a fraction"],
        "event.thread_ts": ["an unknown word", "no words", *NO_TEXT],
        "event_id": NO_ID,
        "team_id": NO_TEXT,
        "api_app_id": NO_TEXT,
        "authorizations": ["a number", "an object", "a list of odd things"],
        "type": [MISSING, "null", "a number", "an unknown word", "a list"],
    },
    "of an app": {
        "event.bot_id": ["a number", "a list of odd things", "an object"],
        "event.channel": NO_ID,
        "event.ts": [*NO_ID, "an unknown word", "a fraction"],
        "event.thread_ts": ["an unknown word", "no words", *NO_TEXT],
    },
    "archived": {"event.channel": NO_TEXT, "event_id": NO_ID},
    "help": {
        "command": ["null", "a number"],
        "user_id": NO_ID,
        "channel_id": NO_ID,
        "trigger_id": NO_ID,
        "text": NO_TEXT,
    },
    "button": {
        "actions": [MISSING, "null", "a list", "a list of odd things", "an object"],
        "actions.action_id": [MISSING, "null", "a number"],
        "actions.value": NO_TEXT,
        "actions.action_ts": ["an unknown word", *NO_TEXT],
        "user": NO_ID,
        "user.id": NO_ID,
        "channel": NO_ID,
        "channel.id": NO_ID,
        "trigger_id": NO_ID,
        "message": ["a number", "a list", "no words"],
        "message.ts": ["an unknown word", "a number"],
        "container.message_ts": ["an unknown word", "a number"],
        "response_url": NO_TEXT,
    },
    "form": {
        "view": [MISSING, "null", "a list"],
        "view.type": [MISSING, "an unknown word"],
        "view.callback_id": NO_TEXT,
    },
    "attachment": {"actions": [MISSING, "null", "a list"], "callback_id": [MISSING, "null", "a number", "an object"]},
    "shortcut": {"callback_id": [MISSING, "null", "a number"]},
    "menu": {"action_id": [MISSING, "null", "a number"]},
}


@pytest.mark.parametrize(
    ("name", "path", "way"),
    [(name, path, way) for name, fields in REFUSED.items() for path, ways in fields.items() for way in ways],
)
def test_a_field_that_cannot_be_read_refuses_the_request(name: str, path: str, way: str) -> None:
    assert bolt_request(changed(SAMPLES[name], path, way)) is None


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "moon"},
        HELP | {"type": "event_callback", "event": MESSAGE, "event_id": "Ev1"},
        HELP | {"ssl_check": "1", "type": "view_submission", "view": None},
        {"ssl_check": "2"},
        interaction("view_submission", view={"type": "workflow_step", "callback_id": "c"}),
        interaction("workflow_step_edit", callback_id="c"),
        interaction("block_actions", actions=[ACTION], **PRESSED, event=None),
        envelope(**MESSAGE | {"event": {"event": 5}}) | {"team": 5},
        envelope(**MESSAGE | {"channel": "C0\x00"}),
        envelope(**MESSAGE | {"channel": "C" * 256}),
        envelope(**MESSAGE | {"ts": "1700000000.000100\n"}),
    ],
    ids=str,
)
def test_a_mixture_of_kinds_and_an_unknown_kind_are_refused(payload: dict[str, Any]) -> None:
    assert bolt_request(payload) is None


@pytest.mark.parametrize(
    "payload",
    [
        envelope(type="channel_created", channel={"id": "C1", "name": "new"}),
        envelope(type="message", subtype="ekm_access_denied", user="UREVOKEDU", text=""),
        envelope(type="message", subtype="channel_join", user=MESSAGE["user"], channel=MESSAGE["channel"], ts="1.1"),
        envelope(type="message", channel="D1", ts="1.1", user=""),
        interaction("block_actions", actions=[ACTION | {"action_id": "open"}], view={"id": "V1"}),
        interaction("block_actions", actions=[ACTION], **PRESSED | {"message": None}) | {"team": None},
        HELP | {"text": None},
    ],
    ids=str,
)
def test_what_no_listener_reads_need_not_be_there(payload: dict[str, Any]) -> None:
    assert bolt_request(payload) is not None
