"""A Slack workspace: all that the bot can ask of it, over one connection.

Calls that belong together are a class in a file of their own, and `Slack` is all of these classes. Code that needs one
of them can ask for that one alone: `posting: Posting`.
"""

from bot.slack.agents import Agents
from bot.slack.connection import SLACK_API, Identity, OnCall
from bot.slack.directory import Channel, Directory
from bot.slack.downloads import Downloading
from bot.slack.modals import Modals
from bot.slack.posting import Posting
from bot.slack.reading import Conversations
from bot.slack.uploads import Uploading

__all__ = ["SLACK_API", "Channel", "Identity", "OnCall", "Slack"]


class Slack(Posting, Conversations, Directory, Downloading, Uploading, Modals, Agents):
    """One workspace, seen with one bot token. Use as `async with`, or `close()` it."""
