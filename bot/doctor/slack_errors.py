"""Findings from errors of Slack: what an error means for the person who sets the bot up."""

from typing import Final

from bot.doctor.findings import Finding, problem
from bot.slack.errors import (
    ScopeMissing,
    SlackError,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    TokenRefused,
)

ADD_SCOPES: Final = (
    "Add what is missing under “Bot Token Scopes” on the app's page “OAuth & Permissions”, then press"
    " “Reinstall to Workspace” there."
)
REACH_SLACK: Final = "Check this machine's network and proxy, and SLACK_API_URL if it is set; then run this again."
CHECK_SLACK_URL: Final = (
    "Check SLACK_API_URL if it is set. Otherwise look at https://slack-status.com and run this again later."
)
REVOKED: Final = frozenset({"token_revoked", "account_inactive"})


def token_problem(error: SlackError, setting: str, renew: str, reinstall: str) -> Finding:
    """Make a finding from an error of a call with the token in `setting`.

    `renew` says how to get a good token, and `reinstall` how to get one after a revocation.
    """
    match error:
        case TokenRefused() if error.error in REVOKED:
            what = f"{setting} was revoked: the app was removed from the workspace, or the token was replaced."
            return problem(what, reinstall)
        case TokenRefused():
            return problem(f"Slack does not accept {setting} ({error.error}).", renew)
        case ScopeMissing():
            needed = f" {error.needed}" if error.needed else ""
            return problem(f"{setting} lacks the scope{needed}.", renew)
        case _:
            return _call_problem(error)


def _call_problem(error: SlackError) -> Finding:
    match error:
        case SlackUnreachable():
            return problem("Slack could not be reached, so nothing was checked there.", REACH_SLACK)
        case SlackRateLimited():
            return problem("Slack asks for fewer calls.", f"Run this again in {error.retry_after:.0f} seconds.")
        case SlackRefused():
            url = f"https://docs.slack.dev/reference/methods/{error.method}"
            return problem(f"Slack refuses {error.method} ({error.error}).", f"{url} says what the word means.")
        case _:
            return problem("Slack gave no usable answer.", CHECK_SLACK_URL)
