"""Findings about Slack's tokens and signing secret, and from errors of Slack: what they mean for who sets it up."""

from typing import Final

from bot.doctor.findings import Finding, misleads, note, ok, problem, quoted
from bot.slack.client import Identity, Slack
from bot.slack.errors import (
    ScopeMissing,
    SlackError,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    TokenRefused,
)

ADD_SCOPES: Final = (
    "Add what's missing under “Bot Token Scopes” on the app's page “OAuth & Permissions”. Then press “Reinstall to"
    " Workspace” there."
)
REACH_SLACK: Final = "Check this machine's network and proxy, and SLACK_API_URL if it's set. Then run this again."
CHECK_SLACK_URL: Final = (
    "Check SLACK_API_URL if it's set. Otherwise look at https://slack-status.com and run this again later."
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
            return problem(f"Slack rejected {setting} ({error.error}).", renew)
        case ScopeMissing():
            needed = f" {error.needed}" if error.needed else ""
            return problem(f"{setting} lacks the scope{needed}.", renew)
        case _:
            return _call_problem(error)


def _call_problem(error: SlackError) -> Finding:
    match error:
        case SlackUnreachable():
            return problem("Slack couldn't be reached, so nothing was checked there.", REACH_SLACK)
        case SlackRateLimited():
            return problem("Slack is rate limiting the bot.", f"Run this again in {error.retry_after:.0f} seconds.")
        case SlackRefused():
            url = f"https://docs.slack.dev/reference/methods/{error.method}"
            return problem(f"Slack rejected {error.method} ({error.error}).", f"{url} explains the error.")
        case _:
            return problem("Slack gave no usable answer.", CHECK_SLACK_URL)


COPY_BOT: Final = (
    "Copy the Bot User OAuth Token (xoxb-…) from the app's page “OAuth & Permissions” at https://api.slack.com/apps"
    " into SLACK_BOT_TOKEN."
)
REINSTALL: Final = (
    "Reinstall the app on its page “OAuth & Permissions” at https://api.slack.com/apps. Copy the new Bot User OAuth"
    " Token (xoxb-…) into SLACK_BOT_TOKEN."
)


def accepted_token(identity: Identity) -> Finding:
    """Report for which workspace the bot token works."""
    return ok(f"SLACK_BOT_TOKEN works in the workspace {quoted(identity.url, identity.team)}.")


def refused_token(error: SlackError) -> Finding:
    """Report why the bot token does not work."""
    return token_problem(error, "SLACK_BOT_TOKEN", renew=COPY_BOT, reinstall=REINSTALL)


def not_checked(setting: str, error: SlackError) -> Finding:
    """Report why `error` kept the value of `setting` from being checked with the bot token."""
    if isinstance(error, ScopeMissing):
        return misleads(f"{setting} wasn't checked: the scope {error.needed} is missing.", ADD_SCOPES)
    return refused_token(error)


MAKE_APP: Final = (
    "Create an app-level token with the scope connections:write on the app's page “Basic Information” at"
    " https://api.slack.com/apps. Copy it (xapp-…) into SLACK_APP_TOKEN."
)


async def check_app_token(app: Slack) -> Finding:
    """Ask Slack whether the token of `app` may open a socket. No socket is opened."""
    try:
        await app.open_socket()
    except SlackError as error:
        return token_problem(error, "SLACK_APP_TOKEN", renew=MAKE_APP, reinstall=MAKE_APP)
    return ok("SLACK_APP_TOKEN opens Socket Mode; no connection was kept.")


SIGNING_NOT_CHECKED: Final = note(
    "SLACK_SIGNING_SECRET can't be verified from here; only a request from Slack shows whether it's right.",
    "If requests from Slack get a 401, copy the Signing Secret into SLACK_SIGNING_SECRET. It's on the app's page"
    " “Basic Information” at https://api.slack.com/apps.",
)
