"""Where a connection comes from: this machine, a private network, or the internet."""

from ipaddress import IPv4Address, IPv6Address, ip_address

IPV6_NETWORK_BYTES = 8  # a /64, which is what one customer has at least


def is_loopback(host: str) -> bool:
    """Whether `host`, the address of a peer, is this machine itself."""
    address = _parsed(host)
    return address is not None and address.is_loopback


def public_network(host: str) -> bytes | None:
    """Return what stands for the sender at `host` where connections are counted; None for one that is not counted.

    A proxy, through which everybody comes, has an address of this machine or of a private network.
    """
    address = _parsed(host)
    if address is None or not address.is_global:
        return None
    return address.packed if isinstance(address, IPv4Address) else address.packed[:IPV6_NETWORK_BYTES]


def _parsed(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
