"""Reports on SLACK_SIGNING_SECRET, with which Slack signs its requests over HTTP."""

from typing import Final

from bot.doctor.findings import note

SIGNING_NOT_CHECKED: Final = note(
    "Whether SLACK_SIGNING_SECRET is right cannot be verified from here: only a request from Slack shows it.",
    "If requests from Slack are answered with 401, copy the Signing Secret from the app's page “Basic Information”"
    " at https://api.slack.com/apps into SLACK_SIGNING_SECRET.",
)
