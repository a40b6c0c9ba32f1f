"""What is typed behind `identity set`."""

import pytest

from bot.features.identity.rules import WantedLink, parse_link


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("@U0ANN1 ann@acme.test", WantedLink("U0ANN1", "ann@acme.test")),
        ("email|ann @U0ANN1", WantedLink("U0ANN1", "email|ann")),
        ("@U0ANN1", None),
        ("@U0ANN1 @U0BEN1", None),
        ("ann ann@acme.test", None),
        ("", None),
    ],
)
def test_what_is_read(typed, wanted):
    assert parse_link(typed) == wanted


def test_what_is_an_address():
    assert WantedLink("U0ANN1", "ann@acme.test").is_address
    assert not WantedLink("U0ANN1", "email|ann").is_address
