"""Whether a session at Devin that carries our reference can be the one that was asked for."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.conversation.lookup import CLOCKS_APART, SessionLookup
from bot.devin.client import Devin
from bot.devin.models import DevinSession
from bot.kernel.exactly_once.creation import Found, Missing
from bot.kernel.services import Services
from tests.flows.conftest import ONCE, ORG, TEAM, Make, SetClock, Store
from tests.store.rows import NOW

OURS = "service-user-1"
REFERENCE = f"slack-{TEAM}-C1-1.2"


class AtDevin:
    """Answers with whose the key is, and with the sessions that are there."""

    def __init__(self) -> None:
        self.me: dict[str, Any] = {"principal_type": "service_user", "service_user_id": OURS}
        self.rows: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v3/self":
            return httpx.Response(200, json=self.me)
        return httpx.Response(200, json={"items": self.rows, "has_next_page": False})


@pytest.fixture
def at_devin() -> AtDevin:
    return AtDevin()


@pytest.fixture
async def services(make: Make, store: Store, clock: SetClock, at_devin: AtDevin) -> AsyncIterator[Services]:
    clock.now, store.db.clock = NOW, clock
    await store.session("s", NOW, reference=REFERENCE)
    async with httpx.AsyncClient(transport=httpx.MockTransport(at_devin)) as http:
        yield make(store, clock, devin=Devin(http, "cog_test", ORG, patience=ONCE))


def made(**facts: Any) -> dict[str, Any]:
    return {"session_id": "a", "status": "running", "tags": [REFERENCE], "created_at": int(NOW) + 5, **facts}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"service_user_id": OURS}, True),
        ({"service_user_id": OURS, "user_id": "email|ann"}, True),
        ({}, True),
        ({"service_user_id": None, "user_id": None}, True),
        ({"service_user_id": "", "user_id": 7}, True),
        ({"service_user_id": "service-user-x"}, False),
        ({"user_id": "email|eve"}, False),
        ({"service_user_id": OURS, "created_at": int(NOW) - CLOCKS_APART}, True),
        ({"service_user_id": OURS, "created_at": int(NOW) - CLOCKS_APART - 1}, False),
        ({"created_at": int(NOW) - CLOCKS_APART - 1}, False),
        ({"service_user_id": OURS, "created_at": None}, True),
        ({"service_user_id": OURS, "created_at": 7}, True),
    ],
)
async def test_what_names_another_maker_or_is_older_than_the_request_is_not_ours(
    services: Services, at_devin: AtDevin, facts: dict[str, Any], expected: bool
) -> None:
    at_devin.rows = [made(**facts)]
    session = await services.session("s")
    assert session is not None
    lookup = SessionLookup(services)
    assert await lookup.may_be_for(session, DevinSession.model_validate(made(**facts))) is expected
    found = await lookup.session(session)
    assert isinstance(found, Found) if expected else found is Missing.NOT_FOUND


@pytest.mark.parametrize(
    ("me", "facts"),
    [
        ({"principal_type": "pat_user", "user_id": "email|ann"}, {"user_id": "email|ann"}),
        ({"principal_type": "something_new"}, {"service_user_id": "service-user-x"}),  # nobody can tell
    ],
)
async def test_whose_the_key_is_decides_where_devin_answers_that(
    services: Services, at_devin: AtDevin, me: dict[str, Any], facts: dict[str, Any]
) -> None:
    at_devin.me = me
    session = await services.session("s")
    assert session is not None
    assert await SessionLookup(services).may_be_for(session, DevinSession.model_validate(made(**facts)))
