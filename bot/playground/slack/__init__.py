"""A simulated Slack for tests and for trying the bot: strict where the real one is, in memory, on loopback.

`SlackSimulator` is the server; with `SlackControl` tests act as people, inject faults and read the log.
"""

from bot.playground.slack.client import RefusedError, SlackControl
from bot.playground.slack.clock import Clock
from bot.playground.slack.limits import LimitRules
from bot.playground.slack.server import SlackSimulator

__all__ = ["Clock", "LimitRules", "RefusedError", "SlackControl", "SlackSimulator"]
