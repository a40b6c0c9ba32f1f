"""Ports of this machine: listening on the first that can be had, and what is said when it is another."""

import socket
from collections.abc import Collection
from typing import Final

from bot.playground.options import HIGHEST_PORT
from bot.playground.trouble import TroubleError

HOST: Final = "127.0.0.1"
TRIES: Final = 100
NONE_FREE: Final = (
    "Port {wanted} and the ports after it are in use or not allowed. Choose another with --port, --slack-port,"
    " --devin-port or --bot-port, or 0 for any free one."
)


def listen(wanted: int, but: Collection[int] = ()) -> socket.socket:
    """A socket on a port, or on the next that can be had, but for some; 0 is any free one. Raises TroubleError."""
    for port in range(wanted, min(wanted + TRIES, HIGHEST_PORT + 1)):
        if port not in but and (bound := _bound(port)) is not None:
            return bound
    raise TroubleError(NONE_FREE.format(wanted=wanted))


def free_from(wanted: int, but: Collection[int] = ()) -> int:
    """The first free port from the wanted one on, but for some; 0 stays any free one."""
    if wanted == 0:
        return 0
    with listen(wanted, but) as bound:
        return port_of(bound)


def port_of(bound: socket.socket) -> int:
    """Where a socket listens."""
    port: int = bound.getsockname()[1]
    return port


def moved(what: str, wanted: int, got: int) -> str | None:
    """The sentence about a port that could not be had."""
    if wanted in {0, got}:
        return None
    return f"Port {wanted} is in use or not allowed, so {what} listens on the next free one, {got}."


def _bound(port: int) -> socket.socket | None:
    # Only of a socket that says it is TCP asyncio takes Nagle's delay away: small answers would wait 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # A port whose last connections are still closing is free for a server.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
        bound.listen()
    except OSError:
        bound.close()
        return None
    return bound
