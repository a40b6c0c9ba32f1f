"""`python -m bot.playground.ahead <seconds> run`: the unchanged bot with its clock put ahead.

The bot reads its clock with `time.time` and nothing else, so that alone is shifted, before anything of the bot is
imported. The times in its log (`datetime`) stay those of this machine.
"""

import runpy
import sys
import time


def main() -> None:
    """Shift the clock, then be `python -m bot` with the other arguments."""
    seconds, wall = float(sys.argv.pop(1)), time.time
    time.time = lambda: wall() + seconds
    runpy.run_module("bot", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
