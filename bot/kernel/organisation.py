"""An organisation at Devin: its client, and what is known of what it allows."""

from collections.abc import Iterator

from bot.devin.client import Devin
from bot.devin.models import DevinSession
from bot.domain.session import Session
from bot.logs import get_logger
from bot.store import due
from bot.store.database.connection import Database

log = get_logger(__name__)


class OrganisationNotConnectedError(Exception):
    """A session is in an organisation for which this process has no client; it may have one after the next start."""


class Organisation:
    """One organisation. What it allows stands in a row, so that all workers know what one of them has learned."""

    def __init__(self, devin: Devin, db: Database) -> None:
        self.id = devin.org_id
        self.devin = devin
        self._db = db
        self._tags_refused = False
        self._own_id: str | None = None

    @property
    def poll_tick(self) -> str:
        """The name by which the engine calls the poller of this organisation."""
        return f"poll:{self.id}"

    @property
    def tags_refused(self) -> bool:
        """Whether sessions carry their reference in the prompt only, because the organisation refuses our tags."""
        return self._tags_refused

    async def learn(self) -> None:
        """Read what is known about this organisation."""
        async with self._db.read() as tx:
            known = await due.read(tx, due.capabilities(self.id))
        self._tags_refused = self._tags_refused or known is not None

    async def remember_tags_refused(self) -> None:
        """Store that the organisation refuses our tags."""
        if self._tags_refused:
            return
        log.warning("Devin rejected the bot's tags; sessions found by reference", organisation=self.id)
        self._tags_refused = True
        async with self._db.write() as tx:
            await due.write(tx, due.capabilities(self.id), 0.0, {"v": 1, "tags_refused": True})

    async def own_id(self) -> str | None:
        """The id of the service user whose key the bot uses here, as far as Devin tells."""
        if self._own_id is None:
            self._own_id = (await self.devin.self_()).id
        return self._own_id

    async def may_have_made(self, made: DevinSession, devin_user: str | None = None) -> bool:
        """Whether the bot may have made `made`, as its own user or in the name of `devin_user`.

        It may, unless Devin names the user, and it is another one.
        """
        makers = {maker for maker in (made.service_user_id, made.user_id) if maker}
        own_id = await self.own_id() if makers else None
        return own_id is None or not makers.isdisjoint({own_id, devin_user})


class Organisations:
    """The organisations that this process is connected to."""

    def __init__(self, *organisations: Organisation) -> None:
        self._by_id = {organisation.id: organisation for organisation in organisations}

    def __iter__(self) -> Iterator[Organisation]:
        return iter(self._by_id.values())

    def __getitem__(self, org_id: str) -> Organisation:
        try:
            return self._by_id[org_id]
        except KeyError:
            raise OrganisationNotConnectedError(f"This process has no client for the organization {org_id}.") from None

    def of(self, session: Session) -> Organisation:
        """The organisation that the session is in."""
        return self[session.org_id]
