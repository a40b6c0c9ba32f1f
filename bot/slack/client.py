"""A Slack workspace: all that the bot can ask of it, over one connection.

What belongs together has a class and a file of its own; `Slack` is all of them. What needs one of them only can be
given as that: `posting: Posting`.
"""

from bot.slack.connection import SLACK_API, Identity, OnCall
from bot.slack.directory import Channel, Directory
from bot.slack.downloads import Downloading
from bot.slack.posting import Posting
from bot.slack.reading import Reading

__all__ = ["SLACK_API", "Channel", "Identity", "OnCall", "Slack"]


class Slack(Posting, Reading, Directory, Downloading):
    """One workspace, seen with one bot token. Use as `async with`, or `close()` it."""
