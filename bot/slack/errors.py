"""Why Slack did not do what it was asked: a tree by what the caller can do.

    SlackError
    ├── SlackRateLimited     not done: the same call again after `retry_after` seconds
    ├── SlackUnreachable     not done, nothing was sent: the same call again
    ├── SlackOutcomeUnknown  it may be done: search first, then perhaps the same call again
    ├── FileNotReadable      a person's file cannot be had, for a `reason` (bot.slack.files)
    └── SlackRefused         answered and not done, with Slack's own word in `error`
        ├── SlackBusy        passing (`permanent` is False): the same call again, later
        ├── ChannelGone      the bot cannot post there: missing, archived, not invited, restricted
        ├── MessageGone      the message or thread is not there or not ours: post a new one
        ├── PersonGone       the person is not there or not visible here
        ├── GroupGone        the user group is not there, is disabled, or the plan of the workspace has none
        ├── ContentRefused   Slack will never take this text or these blocks: `details` are for the log
        ├── TokenRefused     the token is wrong or revoked: nothing works until it is replaced
        ├── ScopeMissing     the app lacks a permission: `needed` names it
        ├── AnswerUrlSpent   a response_url was used five times or is older than half an hour
        └── NothingToDo      what was asked for is the case already

An error code that is not in the tables below is a plain SlackRefused. Errors carry no token, no text and no
response_url. They have no cause either: exceptions of aiohttp print addresses, and an address may be a secret.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from bot.timing import Timing


class SlackError(Exception):
    """Slack did not do what it was asked, or nobody knows whether it did."""

    def __init__(self, method: str, outcome: str, said: str) -> None:
        """`outcome` is one word for the metric, `said` the text for the log."""
        super().__init__(f"{method}: {said}")
        self.method = method
        self.outcome = outcome


class SlackRateLimited(SlackError):  # noqa: N818 - named by what the caller can do, like its siblings
    """Too many calls: nothing was done, and the next may be made after `retry_after` seconds."""

    def __init__(self, retry_after: float, method: str) -> None:
        super().__init__(method, "ratelimited", f"rate limited for {retry_after:g} s")
        self.retry_after = retry_after


class SlackUnreachable(SlackError):  # noqa: N818
    """No connection was made, so nothing was sent."""

    def __init__(self, method: str, reason: str) -> None:
        super().__init__(method, "unreachable", f"not reached ({reason})")
        self.reason = reason


class SlackOutcomeUnknown(SlackError):  # noqa: N818
    """The request went out and no usable answer came back: Slack may have acted."""

    def __init__(self, method: str, reason: str) -> None:
        super().__init__(method, "unknown", f"outcome unknown ({reason})")
        self.reason = reason


class SlackRefused(SlackError):  # noqa: N818
    """Slack answered that it did not do it; `error` is its word for why, `details` its notes about the content."""

    permanent: ClassVar[bool] = True  # whether the same call will be refused until a person changes something

    def __init__(self, error: str, method: str, needed: str | None = None, details: tuple[str, ...] = ()) -> None:
        super().__init__(method, error, error if needed is None else f"{error} (needs {needed})")
        self.error = error
        self.needed = needed
        self.details = details

    @property
    def may_be_the_form(self) -> bool:
        """Whether the same words in a plain form may be taken: of a reason that is not known, nobody can tell."""
        return type(self) in {SlackRefused, ContentRefused}


class SlackBusy(SlackRefused):
    """Slack refuses the call for now."""

    permanent = False


class ChannelGone(SlackRefused):
    """The bot cannot post in this channel."""

    @property
    def is_restricted(self) -> bool:
        """Whether a setting of the channel or the workspace lets only some people post there."""
        return self.error.startswith("restricted_action")

    @property
    def is_archived(self) -> bool:
        """Whether the channel is archived."""
        return self.error in {"is_archived", "channel_is_archived"}


class MessageGone(SlackRefused):
    """The message or thread is not there, or cannot be changed by the bot."""


class PersonGone(SlackRefused):
    """The person is not there, or not visible to the bot."""


class GroupGone(SlackRefused):
    """The user group is not there, is disabled, or the plan of the workspace has no user groups."""


class ContentRefused(SlackRefused):
    """Slack does not take this content."""


class TokenRefused(SlackRefused):
    """The token does not work."""


class ScopeMissing(SlackRefused):
    """The app lacks a permission."""


class AnswerUrlSpent(SlackRefused):
    """The response_url no longer works."""


class NothingToDo(SlackRefused):
    """What was asked for is the case already."""


# The error tables of the method pages (https://docs.slack.dev/reference/methods).
_RATE_LIMITED: Final = frozenset({"ratelimited", "rate_limited"})
# "It's possible some aspect of the operation succeeded before the error was raised."
_PERHAPS_DONE: Final = frozenset({"fatal_error", "internal_error", "rollup_error"})
_MEANING: Final[Mapping[type[SlackRefused], frozenset[str]]] = {
    SlackBusy: frozenset(
        {
            "external_channel_migrating",
            "message_limit_exceeded",
            "request_timeout",
            "service_unavailable",
            "team_added_to_org",
            "update_failed",
        }
    ),
    ChannelGone: frozenset(
        {
            "access_denied",
            "action_prohibited",
            "cannot_dm_bot",
            "channel_is_archived",
            "channel_not_found",
            "channel_type_not_supported",
            "ekm_access_denied",
            "is_archived",
            "is_inactive",
            "messages_tab_disabled",
            "method_not_supported_for_channel_type",
            "not_in_channel",
            "posting_to_channel_denied",
            "restricted_action",
            "restricted_action_non_threadable_channel",
            "restricted_action_read_only_channel",
            "restricted_action_thread_locked",
            "restricted_action_thread_only_channel",
            "team_access_not_granted",
        }
    ),
    MessageGone: frozenset(
        {
            "bad_timestamp",
            "cannot_reply_to_message",
            "cant_update_message",
            "edit_window_closed",
            "invalid_thread_ts",
            "message_not_found",
            "thread_not_found",
        }
    ),
    PersonGone: frozenset({"user_not_found", "user_not_in_channel", "user_not_visible", "users_not_found"}),
    GroupGone: frozenset({"no_such_subteam", "plan_upgrade_required"}),
    ContentRefused: frozenset(
        {
            "attachment_payload_limit_exceeded",
            "block_mismatch",
            "invalid_arguments",
            "invalid_attachments",
            "invalid_blocks",
            "invalid_blocks_format",
            "invalid_json",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "invalid_name",
            "invalid_payload",
            "markdown_text_conflict",
            "metadata_too_large",
            "missing_text_or_fallback_or_attachments",
            "msg_blocks_too_long",
            "msg_too_long",
            "no_text",
            "too_many_attachments",
        }
    ),
    TokenRefused: frozenset(
        {
            "accesslimited",
            "account_inactive",
            "invalid_auth",
            "not_allowed_token_type",
            "not_authed",
            "org_login_required",
            "token_expired",
            "token_revoked",
            "two_factor_setup_required",
        }
    ),
    ScopeMissing: frozenset({"missing_scope", "no_permission"}),
    AnswerUrlSpent: frozenset({"expired_url", "no_active_hooks", "no_service", "used_url"}),
    NothingToDo: frozenset({"already_reacted", "no_reaction"}),
}
_CLASS_OF: Final = {code: refused for refused, codes in _MEANING.items() for code in codes}


def error_from(method: str, status: int, headers: Mapping[str, str], body: object, timing: Timing) -> SlackError:
    """Make an error from an answer that is no success; `body` is its JSON, or anything else if it has none."""
    code = body.get("error") if isinstance(body, Mapping) else None
    if status == 429 or code in _RATE_LIMITED:
        return SlackRateLimited(_seconds(headers.get("Retry-After"), timing), method)
    if status >= 500 or not isinstance(code, str):
        return SlackOutcomeUnknown(method, f"HTTP {status}")
    if code in _PERHAPS_DONE:
        return SlackOutcomeUnknown(method, code)
    assert isinstance(body, Mapping)
    return _refused(code, method, body)


def _refused(code: str, method: str, body: Mapping[str, Any]) -> SlackRefused:
    about = body.get("response_metadata")
    messages = about.get("messages") if isinstance(about, Mapping) else None
    details = tuple(str(message) for message in messages) if isinstance(messages, list) else ()
    errors = body.get("errors")  # of blocks.validate
    if not details and isinstance(errors, list):
        found = [one for one in errors if isinstance(one, Mapping)]
        details = tuple(f"{one.get('message')} [json-pointer:{one.get('pointer')}]" for one in found)
    needed = body.get("needed")
    known = _CLASS_OF.get(code, SlackRefused)
    return known(code, method, needed if isinstance(needed, str) else None, details)


def _seconds(value: str | None, timing: Timing) -> float:
    try:
        seconds = float(value or "")
    except ValueError:
        return timing.slack_rate_limit
    if not math.isfinite(seconds):
        return timing.slack_rate_limit
    return min(max(seconds, 0.0), timing.slack_longest_asked)
