"""Which error an answer becomes, as data."""

import pytest

from bot.slack.errors import (
    AnswerUrlSpent,
    ChannelGone,
    ContentRefused,
    GroupGone,
    MessageGone,
    NothingToDo,
    PersonGone,
    ScopeMissing,
    SlackBusy,
    SlackError,
    SlackOutcomeUnknown,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    TokenRefused,
    error_from,
)
from bot.timing import PRODUCTION


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("channel_not_found", ChannelGone),
        ("not_in_channel", ChannelGone),
        ("is_archived", ChannelGone),
        ("channel_is_archived", ChannelGone),
        ("message_not_found", MessageGone),
        ("cant_update_message", MessageGone),
        ("thread_not_found", MessageGone),
        ("user_not_found", PersonGone),
        ("no_such_subteam", GroupGone),
        ("plan_upgrade_required", GroupGone),
        ("invalid_blocks", ContentRefused),
        ("no_text", ContentRefused),
        ("msg_too_long", ContentRefused),
        ("msg_blocks_too_long", ContentRefused),
        ("invalid_auth", TokenRefused),
        ("not_authed", TokenRefused),
        ("account_inactive", TokenRefused),
        ("token_revoked", TokenRefused),
        ("missing_scope", ScopeMissing),
        ("already_reacted", NothingToDo),
        ("no_reaction", NothingToDo),
        ("used_url", AnswerUrlSpent),
        ("service_unavailable", SlackBusy),
        ("a_code_from_next_year", SlackRefused),
    ],
)
def test_each_code_becomes_what_the_caller_can_do(code, kind):
    error = error_from("chat.postMessage", 200, {}, {"ok": False, "error": code}, PRODUCTION)
    assert type(error) is kind
    assert isinstance(error, SlackRefused)
    assert (error.error, error.method, error.outcome) == (code, "chat.postMessage", code)
    assert error.permanent is (kind is not SlackBusy)


def test_a_missing_scope_is_named():
    body = {"ok": False, "error": "missing_scope", "needed": "channels:history", "provided": "chat:write"}
    error = error_from("conversations.replies", 200, {}, body, PRODUCTION)
    assert isinstance(error, ScopeMissing)
    assert error.needed == "channels:history"
    assert str(error) == "conversations.replies: missing_scope (needs channels:history)"


def test_what_is_wrong_with_the_content_is_kept_for_the_log_but_not_in_the_sentence():
    wrong = "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    body = {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": [wrong]}}
    error = error_from("chat.postMessage", 200, {}, body, PRODUCTION)
    assert isinstance(error, ContentRefused)
    assert error.details == (wrong,)
    assert str(error) == "chat.postMessage: invalid_blocks"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("-5", 0.0),
        (None, PRODUCTION.slack_rate_limit),
        ("soon", PRODUCTION.slack_rate_limit),
        ("nan", PRODUCTION.slack_rate_limit),
        ("inf", PRODUCTION.slack_rate_limit),
        ("999999", PRODUCTION.slack_longest_asked),
    ],
)
def test_the_wait_is_slacks_own_and_within_reason(header, seconds):
    headers = {} if header is None else {"Retry-After": header}
    error = error_from("chat.update", 429, headers, "not even JSON", PRODUCTION)
    assert isinstance(error, SlackRateLimited)
    assert (error.retry_after, error.method) == (seconds, "chat.update")


@pytest.mark.parametrize("code", ["ratelimited", "rate_limited"])
def test_a_rate_limit_may_come_with_status_200(code):
    assert isinstance(
        error_from("chat.postMessage", 200, {}, {"ok": False, "error": code}, PRODUCTION), SlackRateLimited
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"ok": False, "error": "not_in_channel"}),
        (503, "<html>"),
        (200, {}),
        (200, None),
        (200, ["ok"]),
        (200, {"ok": False}),
        (403, "<html>blocked by a proxy"),
        (200, {"ok": False, "error": "fatal_error"}),
        (200, {"ok": False, "error": "internal_error"}),
    ],
)
def test_whatever_does_not_say_that_nothing_was_done_is_unknown(status, body):
    assert isinstance(error_from("chat.postMessage", status, {}, body, PRODUCTION), SlackOutcomeUnknown)


def test_one_root_catches_all():
    errors = [
        SlackRateLimited(1, "m"),
        SlackUnreachable("m", "r"),
        SlackOutcomeUnknown("m", "r"),
        SlackRefused("e", "m"),
    ]
    assert all(isinstance(error, SlackError) and error.method == "m" for error in errors)
    assert [error.outcome for error in errors] == ["ratelimited", "unreachable", "unknown", "e"]
