"""Where a link of Devin's may lead: to a host with a name, whose address is not in a network that only we can reach.

The address is looked up here and then connected to, so that no second look-up can answer with another one.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

# Looks up the addresses of a host for a port; may raise a ConnectError.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class UnsafeLinkError(Exception):
    """The link leads where no file of Devin's is."""


class Reach(StrEnum):
    """From where an address can be reached."""

    GLOBAL = "global"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link local"


@dataclass(frozen=True, slots=True)
class Target:
    """What to ask for the file behind a link: the link's address, with the link's name for the server and its key."""

    url: httpx.URL
    headers: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, the best one first."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError("The name of the host is not known.") from error
    return [str(address[0]) for *_, address in found]


async def target_of(link: httpx.URL, api: httpx.URL, resolve: Resolve, *, trust_env: bool) -> Target:
    """Return what to ask for the file behind `link`, to which the API at `api` has redirected.

    Raises UnsafeLinkError if the link leads to an address without a name, or into a network that is not the API's.
    """
    if link.scheme not in {"https", api.scheme}:
        raise UnsafeLinkError
    if link.host == api.host:
        return Target(link)
    if not link.host or _is_address(link.host):
        raise UnsafeLinkError
    if trust_env and _has_proxy(link):
        return Target(link)  # the proxy looks the name up, and decides where it may lead
    addresses = await resolve(link.host, _port(link))
    reached = {_reach(address) for address in addresses} - {Reach.GLOBAL}
    if not addresses or (reached and not reached <= await _reached_at(api, resolve)):
        raise UnsafeLinkError
    # A connection of its own: the next file may have another name at the same address.
    headers = {"Host": link.netloc.decode("ascii"), "Connection": "close"}
    return Target(link.copy_with(host=addresses[0]), headers, {"sni_hostname": link.raw_host.decode("ascii")})


async def _reached_at(api: httpx.URL, resolve: Resolve) -> set[Reach]:
    return {_reach(address) for address in await resolve(api.host, _port(api))}


def _reach(address: str) -> Reach:
    parsed = ip_address(address.partition("%")[0])
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.is_loopback or parsed.is_unspecified:
        return Reach.LOOPBACK
    if parsed.is_link_local or parsed.is_multicast:
        return Reach.LINK_LOCAL
    return Reach.GLOBAL if parsed.is_global else Reach.PRIVATE


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _has_proxy(link: httpx.URL) -> bool:
    proxies = getproxies()
    return (link.scheme in proxies or "all" in proxies) and not proxy_bypass(link.host)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
