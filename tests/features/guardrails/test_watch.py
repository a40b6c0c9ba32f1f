"""The guardrail watch: admins are informed of each violation once."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from bot.devin.client import Devin
from bot.features.guardrails.flow import GuardrailWatch
from bot.store import channels
from bot.store.tables import outbox
from bot.timing import DAY, PRODUCTION
from tests.flows.conftest import ONCE, ORG, TEAM
from tests.markup import written

NOW = 1_779_278_400.0
PATH = f"/v3beta1/enterprise/organizations/{ORG}/guardrail-violations"


@dataclass
class Guardrails:
    """What Devin says about violations; it knows no filter."""

    items: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    asked: list[int] = field(default_factory=list)

    def add(self, number: int, at: float, **facts: Any) -> None:
        self.items.append({"violation_id": number, "created_at": int(at), "guardrail_name": f"Rule {number}", **facts})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == PATH
        self.asked.append(int(request.url.params["time_after"]))
        return httpx.Response(self.status, json={"items": self.items} if self.status == 200 else {"detail": "No"})


@pytest.fixture
def guardrails():
    return Guardrails()


@pytest.fixture
async def start(make, either_store, clock, guardrails):
    """Begin, as after a start of the process; a second call is a restart, or a replica."""
    clock.now = NOW
    async with httpx.AsyncClient(transport=httpx.MockTransport(guardrails)) as http:
        devin = Devin(http, "cog_test", ORG, patience=ONCE)

        def begun(**policy):
            services = make(either_store, clock, devin=devin, **policy)
            watch, (organisation,) = GuardrailWatch(services), services.organisations
            return lambda: watch.tick(organisation)

        yield begun


async def posts(store):
    rows = await store.rows(outbox, outbox.c.seq)
    assert {row["channel"] for row in rows} <= {"C0ADMINS"}
    return [written(row["payload"]["blocks"]).splitlines() for row in rows]


async def test_one_without_a_readable_time_is_announced_once_too(start, either_store, guardrails, clock):
    guardrails.items.append({"violation_id": "v-1", "created_at": "soon", "guardrail_name": "Rule 1"})
    tick = start()
    await tick()
    clock.now += PRODUCTION.guardrails
    await tick()
    assert [post[1].split(" ·")[0] for post in await posts(either_store)] == ["• *Rule 1*"]


async def test_each_is_announced_once_and_none_that_is_older_than_a_day(start, either_store, guardrails, clock):
    guardrails.add(1, NOW - DAY - 1)
    guardrails.add(2, NOW - DAY)
    await start()()
    await start()()  # a replica, right after
    assert guardrails.asked == [int(NOW - DAY)]
    clock.now += PRODUCTION.guardrails
    guardrails.add(3, NOW - 60)  # which came late
    tick = start()
    assert await tick() == PRODUCTION.guardrails
    clock.now += 3 * DAY  # an outage
    guardrails.add(4, NOW + DAY)
    await tick()
    assert [[line.split(" ·")[0] for line in post[1:]] for post in await posts(either_store)] == [
        ["• *Rule 2*"],
        ["• *Rule 3*"],
        ["• *Rule 4*"],
    ]


async def test_each_of_many_is_named_twenty_in_a_post_and_a_hundred_at_once(start, either_store, guardrails, clock):
    for number in range(130):
        guardrails.add(number, NOW - DAY + number)
    tick = start()
    await tick()
    first = await posts(either_store)
    assert [len(post) for post in first] == [21] * 5
    assert first[0][0] == ":shield: *Devin's guardrails took action on 20 messages*"
    clock.now += PRODUCTION.guardrails
    await tick()  # also those that are older than a day by now
    (*_, last) = named = await posts(either_store)
    assert last[0] == ":shield: *Devin's guardrails took action on 10 messages*"
    listed = [line.split(" ·")[0] for post in named for line in post[1:]]
    assert listed == [f"• *Rule {number}*" for number in range(130)]
    clock.now += PRODUCTION.guardrails
    await tick()
    assert len(await posts(either_store)) == len(named) == 7


async def test_a_session_is_named_with_its_thread_but_not_one_that_not_all_admins_see(start, either_store, guardrails):
    await either_store.session("seen", NOW, title="Fix it", bare_id="aa")
    await either_store.session("private", NOW, title="Secret", bare_id="dd", channel="C0SECRET")
    async with either_store.db.write() as tx:
        await channels.set_private(tx, TEAM, "C0SECRET", private=True)
    await either_store.session("direct", NOW, title="Secret", bare_id="bb", channel="D0ADA")
    for number, session_id in enumerate(("devin-aa", "bb", "cc", "dd")):
        guardrails.add(number, NOW - 1, session_id=session_id, reasoning="Because")
    await start()()
    ((_, seen, direct, elsewhere, private),) = await posts(either_store)
    page = "<https://app.devin.ai/sessions/{}|Open in Devin>"
    assert "|Fix it> (" + page.format("aa") + "): Because" in seen
    assert direct == "• *Rule 1* · action unknown"
    assert elsewhere == "• *Rule 2* · action unknown · " + page.format("cc") + ": Because"
    assert private == "• *Rule 3* · action unknown"


@pytest.mark.parametrize(("status", "wait"), [(403, DAY), (404, DAY), (500, PRODUCTION.guardrails)])
async def test_where_they_cannot_be_read_nothing_is_said(start, either_store, guardrails, clock, status, wait):
    guardrails.add(1, NOW + DAY)
    guardrails.status = status
    tick = start()
    await tick()
    guardrails.status = 200
    clock.now += wait - 1
    await tick()
    assert len(guardrails.asked) == 1
    assert await posts(either_store) == []
    clock.now = NOW + DAY + 1
    await tick()
    assert len(await posts(either_store)) == 1


async def test_without_admins_devin_is_not_asked(start, guardrails):
    await start(admin_channel=None, admin_users=frozenset())()
    assert guardrails.asked == []
