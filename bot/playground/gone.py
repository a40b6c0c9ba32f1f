"""A client that closes its connection before all of its request has come, as one that is killed does."""

from collections.abc import Awaitable, Callable

from aiohttp import web


@web.middleware
async def end_with_client(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Let a request whose client is gone end without a traceback in the terminal."""
    try:
        return await handler(request)
    except ConnectionResetError:
        return web.Response(status=400)  # nobody reads it
