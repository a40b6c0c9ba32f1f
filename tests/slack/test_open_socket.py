"""Asking whether an app-level token opens Socket Mode: the token in the header, the address kept nowhere."""

import pytest

from bot.slack.client import Slack
from bot.slack.errors import ScopeMissing, TokenRefused

APP_TOKEN = "xapp-very-secret"


@pytest.fixture
async def app(fake):
    async with Slack(APP_TOKEN, base_url=fake.base_url) as client:
        yield client


async def test_an_app_level_token_is_asked_whether_it_opens_sockets(app, fake):
    fake.answers("apps.connections.open", {"ok": True, "url": "wss://wss.slack.com/link/?ticket=secret"})
    assert await app.open_socket() is None
    assert fake.calls == [("apps.connections.open", {})]
    assert fake.tokens == [f"Bearer {APP_TOKEN}"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": "invalid_auth"}, TokenRefused),
        ({"error": "not_allowed_token_type"}, TokenRefused),
        ({"error": "missing_scope", "needed": "connections:write"}, ScopeMissing),
    ],
)
async def test_a_token_that_opens_none_is_reported_by_kind(app, fake, body, kind):
    fake.answers("apps.connections.open", {"ok": False, **body})
    with pytest.raises(kind):
        await app.open_socket()
