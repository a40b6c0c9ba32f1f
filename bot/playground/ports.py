"""Which ports can be had on this machine."""

import socket
from collections.abc import Collection
from typing import Final

from bot.playground.child import TroubleError
from bot.playground.options import HIGHEST_PORT

HOST: Final = "127.0.0.1"
TRIES: Final = 100


def free_from(wanted: int, but: Collection[int] = ()) -> int:
    """The first free port from the wanted one on, but for some; 0 stays any free one."""
    if wanted == 0:
        return 0
    for port in range(wanted, min(wanted + TRIES, HIGHEST_PORT + 1)):
        if port not in but and _is_free(port):
            return port
    raise TroubleError(
        f"Neither port {wanted} nor one of the next can be used: something else listens there, or it is not allowed. "
        "Nothing was started. Choose another, or 0 for any free one."
    )


def moved(what: str, wanted: int, got: int) -> str | None:
    """The sentence about a port that could not be had."""
    if wanted in {0, got}:
        return None
    return f"Port {wanted} is in use or not allowed, so {what} listens on the next free one, {got}."


def _is_free(port: int) -> bool:
    try:
        with socket.socket() as probe:
            # A port whose last connections are still closing is free for a server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except OSError:
        return False
    return True
