"""The daily digest: one post for each local date, whatever happens around its time.

1. The newest date whose time has come is checked. A date whose time was before the first start has no digest.
2. Devin is asked for what it billed. If it cannot be reached for half an hour, the figures that are stored have to do.
3. The post is stored under a key with the date. A second worker, or the same one after a restart, changes nothing.
4. It names the bills that Devin has corrected since the digest before. Up to which correction is stored with the post.
"""

from dataclasses import asdict, dataclass, replace

from bot.devin.errors import DevinError
from bot.domain.billing import LATEST, Due, Skipped, digest_due, newest_finished
from bot.domain.keys import short_id
from bot.flows.money.announced_corrections import AnnouncedCorrections
from bot.flows.money.digest_figures import DigestReader
from bot.flows.money.usage_ledger import UsageLedger
from bot.flows.services import Services
from bot.flows.workspace import Workspace
from bot.logs import get_logger
from bot.store import due, outbox
from bot.store.outbox import OutboxRow
from bot.views.digest_posts import digest_posts

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Past:
    """When digests were first wanted in this store, and the last local date that was skipped."""

    first_start: float
    skipped: str | None = None


class Digest:
    """Posts the digest in the admins' channel of a workspace."""

    def __init__(self, services: Services, workspace: Workspace, usage_ledger: UsageLedger) -> None:
        self._services = services
        self._workspace = workspace
        self._name = due.digest(workspace.team)
        self._usage_ledger = usage_ledger
        self._reader = DigestReader(services, usage_ledger)
        self._waits: str | None = None  # the date whose wait for Devin was logged last

    async def tick(self) -> float:
        """Post the digest if it is due. Returns the seconds until the next check."""
        channel = self._workspace.policy.admin_channel
        if channel is None:
            return self._services.timing.idle_tick
        # One instant for both: a digest that becomes due between two readings of the clock would be missed by both.
        now = self._services.clock()
        await self._post_if_due(channel, now)
        return max(self._until_next(now) - (self._services.clock() - now), self._services.timing.digest_shortest)

    async def _post_if_due(self, channel: str, now: float) -> None:
        found = self._due(now)
        past = await self._read_past()
        if self._before_first_start(found, past.first_start):
            return
        key = f"digest:{self._workspace.team}:{channel}:{found.date.isoformat()}"
        async with self._services.db.read() as tx:
            row = await outbox.by_key(tx, key)
        if isinstance(found, Skipped):
            await self._skip(found, row, past)
        elif row is None:
            await self._post(found, key, channel)

    def _due(self, now: float) -> Due | Skipped:
        policy = self._workspace.policy
        return digest_due(now, policy.digest_time, policy.zone)

    def _until_next(self, now: float) -> float:
        tick = self._services.timing.digest_tick
        soon = self._due(now + tick)
        if isinstance(soon, Due) and soon.late < tick:
            return tick - soon.late
        return tick

    # ------------------------------------------------------------ what is stored

    async def _read_past(self) -> Past:
        async with self._services.db.read() as tx:
            stored = await due.read(tx, self._name)
        if stored is not None:
            return Past(stored.state["first_start"], stored.state["skipped"])
        now = self._services.clock()
        log.info("digests begin", team=self._workspace.team, after=self._due(now).date.isoformat())
        return await self._store_past(Past(now))

    async def _store_past(self, past: Past) -> Past:
        async with self._services.db.write() as tx:
            await due.write(tx, self._name, 0.0, {"v": 1, **asdict(past)})
        return past

    def _before_first_start(self, found: Due | Skipped, first_start: float) -> bool:
        """Whether the time of the digest `found` was before the first start, so that nobody has missed it."""
        then = self._due(first_start)
        at_that_moment = isinstance(then, Due) and then.late <= 0
        return found.date <= then.date and not at_that_moment

    # ------------------------------------------------------------ posting

    async def _post(self, found: Due, key: str, channel: str) -> None:
        at = self._services.clock() - found.late
        if not await self._figures_ready(found):
            return
        # The newest day at the digest's own time, so that a late digest neither repeats a day nor leaves one out.
        day = newest_finished(at)
        figures = await self._reader.read(self._workspace, await self._usage_ledger.figures(self._workspace, day))
        async with self._services.unit_of_work(ref=short_id(key)) as uow:
            corrections = AnnouncedCorrections(uow, self._workspace, channel)
            await corrections.lock()
            if await outbox.by_key(uow.tx, key) is not None:
                return  # another worker has stored it since this one checked
            # In one commit with the post: a crash before it leaves both for the next check, and none after it says a
            # correction twice.
            posts = digest_posts(figures.with_corrections(await corrections.take(key, figures.figures)))
            until = at + LATEST.total_seconds()
            rows = uow.thread_rows(key, self._workspace.team, channel, posts.root, posts.thread, expires_at=until)
            await uow.add_to_outbox(*(replace(row, payload=row.payload | {"once": True}) for row in rows))
        log.info(
            "digest stored",
            team=self._workspace.team,
            date=found.date.isoformat(),
            day=day.isoformat(),
            late=round(found.late),
        )

    async def _figures_ready(self, found: Due) -> bool:
        """Whether the digest can be written now: with new figures, or without if it waited for Devin long enough."""
        try:
            await self._usage_ledger.refresh(self._workspace.organisation)
        except DevinError as error:
            if self._waits != found.date.isoformat():
                self._waits = found.date.isoformat()
                log.warning(
                    "digest waits for Devin", team=self._workspace.team, date=self._waits, error=type(error).__name__
                )
            return found.late >= self._services.timing.digest_patience
        return True

    async def _skip(self, found: Skipped, row: OutboxRow | None, past: Past) -> None:
        """Log once that the digest of a date was not posted; `row` is its row in the outbox, if it has one."""
        named = found.date.isoformat()
        if past.skipped == named or (row is not None and row.state != "dead"):
            return
        log.warning(
            "digest skipped",
            team=self._workspace.team,
            date=named,
            reason="too late" if row is None else "could not be posted",
        )
        await self._store_past(replace(past, skipped=named))
