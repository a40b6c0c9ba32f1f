"""The playground's page: a workspace to click through in a browser, over the simulated Slack and Devin.

`PageServer` serves it; `Bench` is what it asks for everything that concerns the bot's process, the clock and faults.
"""

from bot.playground.page.acts import Bench, BenchError
from bot.playground.page.server import PageServer

__all__ = ["Bench", "BenchError", "PageServer"]
