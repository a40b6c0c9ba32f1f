"""The bot, imported once for all its forks. Only the fork server of `tests.forked_bot` and its forks import this.

The clock is replaced before anything of the bot is imported, as `bot.playground.ahead` does it: whatever of the bot
keeps a reference to `time.time` keeps one to this clock, which each fork puts ahead for itself. Its waits are shorter.
"""

import gc
import importlib
import sys
import time
from dataclasses import dataclass, replace
from functools import partial

from tests.waits import IN_PLAYGROUND


@dataclass
class _Clock:
    ahead: float = 0.0

    def __call__(self) -> float:
        return wall() + self.ahead


wall, clock = time.time, _Clock()
time.time = clock

for _name in ("bot.__main__", "bot.server", "tests.imported_late", "tests.done_once"):
    importlib.import_module(_name)

_server, _timing = sys.modules["bot.server"], sys.modules["bot.timing"]
_server.serve = partial(_server.serve, timing=replace(_timing.PRODUCTION, **IN_PLAYGROUND))
gc.freeze()  # what was imported stays shared between all forks
