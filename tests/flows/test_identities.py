"""That Devin takes no names from the key is learned by one process, and known to all."""

from dataclasses import replace

from bot.devin.errors import DevinForbidden
from bot.domain.identity import Identity, LinkState
from bot.engine.local import LocalEngine
from bot.kernel.identities import IMPERSONATE, Identities, OwnName
from bot.kernel.unit_of_work import Recipient
from bot.store import identities
from tests.flows.conftest import TEAM

NOW = 1_779_278_400.0

ANN = Identity(TEAM, "U0ANN", LinkState.LINKED, NOW, devin_user="user-ann")


class Line(LocalEngine):
    """An engine whose messages reach all that have subscribed."""

    def __init__(self):
        super().__init__()
        self._receivers = []

    def subscribe(self, topic, receive):
        self._receivers.append((topic, receive))

    def publish(self, topic, message):
        for of, receive in self._receivers:
            if of == topic:
                receive(message)


async def test_where_devin_refuses_names_no_process_tries_one_for_a_while(make, store, clock):
    clock.now = NOW
    services = replace(make(store, clock), engine=Line())
    one, other = Identities(services), Identities(services)
    workspace, organisation = services.workspaces[TEAM], next(iter(services.organisations))
    async with store.db.write() as tx:
        await identities.put(tx, ANN)

    async def acts_as(process):
        return (await process.name_of(workspace, organisation, ANN.user)).user_id

    assert [await acts_as(one), await acts_as(other)] == ["user-ann", "user-ann"]
    refused = OwnName(ANN, refusal=DevinForbidden(f"Missing permission: {IMPERSONATE}"))
    async with services.unit_of_work() as uow:
        await one.write_outcome(uow, organisation, refused, Recipient(TEAM, "a reply", ANN.user, "C0WORK"))
    assert [await acts_as(one), await acts_as(other)] == [None, None]
    clock.now += services.timing.identity_off + 1
    assert [await acts_as(one), await acts_as(other)] == ["user-ann", "user-ann"]
