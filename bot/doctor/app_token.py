"""Checks SLACK_APP_TOKEN, with which Socket Mode connects."""

from typing import Final

from bot.doctor.findings import Finding, ok
from bot.doctor.slack_errors import token_problem
from bot.slack.client import Slack
from bot.slack.errors import SlackError

MAKE_APP: Final = (
    "Make an app-level token with the scope connections:write on the app's page “Basic Information” at"
    " https://api.slack.com/apps and copy it (xapp-…) into SLACK_APP_TOKEN."
)


async def check_app_token(app: Slack) -> Finding:
    """Ask Slack whether the token of `app` may open a socket. No socket is opened."""
    try:
        await app.open_socket()
    except SlackError as error:
        return token_problem(error, "SLACK_APP_TOKEN", renew=MAKE_APP, reinstall=MAKE_APP)
    return ok("SLACK_APP_TOKEN opens Socket Mode; no connection was kept.")
