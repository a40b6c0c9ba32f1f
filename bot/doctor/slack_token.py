"""Reports on SLACK_BOT_TOKEN, with which the bot reads and posts."""

from typing import Final

from bot.doctor.findings import Finding, misleads, ok, quoted
from bot.doctor.slack_errors import ADD_SCOPES, token_problem
from bot.slack.client import Identity
from bot.slack.errors import ScopeMissing, SlackError

COPY_BOT: Final = (
    "Copy the Bot User OAuth Token (xoxb-…) from the app's page “OAuth & Permissions” at https://api.slack.com/apps"
    " into SLACK_BOT_TOKEN."
)
REINSTALL: Final = (
    "Install the app again on its page “OAuth & Permissions” at https://api.slack.com/apps and copy the new Bot User"
    " OAuth Token (xoxb-…) into SLACK_BOT_TOKEN."
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
        return misleads(f"{setting} was not looked at: the scope {error.needed} is missing.", ADD_SCOPES)
    return refused_token(error)
