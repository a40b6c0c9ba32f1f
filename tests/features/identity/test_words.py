"""What is typed behind `identity set`."""

import pytest

from bot.features.identity.words import Order, parse_link


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        ("@U0ANN1 ann@acme.test", Order("U0ANN1", "ann@acme.test")),
        ("email|ann @U0ANN1", Order("U0ANN1", "email|ann")),
        ("@U0ANN1", None),
        ("@U0ANN1 @U0BEN1", None),
        ("ann ann@acme.test", None),
        ("", None),
    ],
)
def test_what_is_read(typed, order):
    assert parse_link(typed) == order


def test_what_is_an_address():
    assert Order("U0ANN1", "ann@acme.test").is_address
    assert not Order("U0ANN1", "email|ann").is_address
