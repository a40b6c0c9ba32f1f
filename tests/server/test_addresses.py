"""Which senders are this machine, and which are counted."""

import pytest

from bot.server.addresses import is_loopback, public_network


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_recognised(host: str) -> None:
    assert is_loopback(host)
    assert public_network(host) is None


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "172.17.0.1", "100.64.0.1", "fd00::1", "fe80::1", "", "x"])
def test_neighbours_are_not_this_machine_and_are_not_counted(host: str) -> None:
    assert not is_loopback(host)
    assert public_network(host) is None


def test_the_internet_is_counted_by_address_and_by_network_where_one_has_many_addresses() -> None:
    assert public_network("1.1.1.1") == public_network("::ffff:1.1.1.1") != public_network("1.1.1.2")
    assert public_network("2606:4700::1") == public_network("2606:4700::2:2") != public_network("2606:4700:0:1::1")
    assert not is_loopback("1.1.1.1")
