"""Imports the bot without what it never uses of its libraries, and without looking for garbage."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Libraries try to import these, for colours and command lines, and do without.
OPTIONAL: Final = ("httpx._main", "rich")


@contextmanager
def leanly() -> Iterator[None]:
    """Import in the block without `OPTIONAL`; later imports of these get the real ones."""
    missing = [name for name in OPTIONAL if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]  # None says that there is no such module
    collects = gc.isenabled()
    gc.disable()  # it takes a quarter of the time and finds none, then or later
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]
        gc.freeze()
        if collects:
            gc.enable()
