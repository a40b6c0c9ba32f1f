"""One digest of one destination: its figures, and its post, which is stored once for the billing day that names it.

1. Devin is asked for what it billed, and after an outage on which days our sessions used how much. If it cannot be
   reached for half an hour, the figures that are stored have to do.
2. The post is stored under a key with that day. A second worker, or the same one after a restart, changes nothing.
3. It names the bills that Devin has corrected since the digest before, and the digests before it that were not posted.
"""

from dataclasses import replace
from datetime import date

from bot.conversation.titles import ShownTitles
from bot.devin.errors import DevinError
from bot.domain.billing import ONE_DAY, bounds, days_before, newest_finished
from bot.domain.cycle import Cycle
from bot.domain.key_expiry import is_near
from bot.domain.keys import short_id
from bot.domain.periods import days_between
from bot.domain.readers import Readers
from bot.features.consumption.cycles import cycle_of, key_expiry_of
from bot.features.digest.contents import DigestContents
from bot.features.digest.edition_sentences import EditionFigures, Preview, edition_posts
from bot.features.digest.past import (
    AnnouncedCorrections,
    Destination,
    base_of,
    has_said_no_acus,
    missed_since,
    read_past,
    store_past,
)
from bot.features.digest.posts import ThreadFigures
from bot.features.digest.rules import LATEST, MissedBecause, Occasion, PlannedDigest, Share, Subscription, newest_day
from bot.features.digest.unusual import UnusualDay
from bot.features.usage.figure_sentences import no_acus_at_all
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.store import outbox
from bot.store.database.connection import Transaction

log = get_logger(__name__)


class DigestPost:
    """Makes the digests of a workspace, and stores them for sending."""

    def __init__(self, services: Services, workspace: Workspace, usage_ledger: UsageLedger) -> None:
        self._services = services
        self._workspace = workspace
        self._usage_ledger = usage_ledger
        self._contents = DigestContents(services)
        self._unusual = UnusualDay(services, workspace)
        self._waits: date | None = None  # the day whose wait for Devin was logged last
        self._asked: tuple[float, bool] | None = None  # when Devin was asked last, and whether it answered

    async def store(self, destination: Destination, digest: PlannedDigest, now: float) -> None:
        """Store the `digest` that is due at `now`, unless Devin is waited for or there is nothing to say."""
        if not await self._figures_ready(digest, now):
            return
        edition = await self._figures(destination.subscription, destination.occasion, digest.at, digest.day)
        if self._says_nothing(edition):
            await self._skip_quiet(destination, digest.day)
            return
        key = destination.key(digest.day)
        async with self._services.unit_of_work(ref=short_id(key)) as uow:
            if not await self._add(uow, destination, digest, edition):
                return  # another worker has stored it since this one checked
        log.info(
            "digest stored",
            team=self._workspace.team,
            edition=destination.occasion.value,
            day=digest.day.isoformat(),
            late=round(digest.late(now)),
        )

    async def preview(self, subscription: Subscription, now: float) -> Preview:
        """Return what would be posted if the digest of `subscription` was due now."""
        destination = Destination(self._workspace.team, subscription, Occasion(subscription.edition))
        newest = newest_day(destination.occasion, now)
        edition = await self._figures(subscription, destination.occasion, now, newest)
        day = edition.figures.day
        if self._says_nothing(edition):
            return Preview(subscription, day)
        async with self._services.db.read() as tx:
            past = await read_past(tx, destination)
            corrections = await AnnouncedCorrections(tx, self._workspace, destination, now).of(edition)
            said = past is not None and await has_said_no_acus(tx, destination, past)
        figures = replace(edition.figures, corrections=corrections, no_acus_said=said)
        return Preview(subscription, day, edition_posts(edition.with_figures(figures)))

    # ------------------------------------------------------------ storing

    async def _add(
        self, uow: UnitOfWork, destination: Destination, digest: PlannedDigest, edition: EditionFigures
    ) -> bool:
        """Add the post of a `digest` to the outbox. Returns whether it is new."""
        day, channel, key = digest.day, destination.subscription.channel, destination.key(digest.day)
        corrections = AnnouncedCorrections(uow.tx, self._workspace, destination, uow.now)
        await corrections.lock()
        past = await read_past(uow.tx, destination)
        if past is None or await outbox.by_key(uow.tx, key) is not None:
            return False
        base = await base_of(uow.tx, destination, past, day)
        missed = await missed_since(uow.tx, destination, past, base, day)
        said = await has_said_no_acus(uow.tx, destination, past)
        # In one commit with the post: a crash before it leaves all of this for the next check, and none after it says a
        # correction, or what was missed, twice.
        named = await corrections.take(key, edition)
        edition = edition.with_figures(replace(edition.figures, corrections=named, no_acus_said=said))
        posts = edition_posts(replace(edition, missed=missed))
        past = past.with_post(day, base)
        if no_acus_at_all(edition.figures) and not said:
            past = replace(past, no_acus_said=day.isoformat())
        await store_past(uow.tx, destination, past)
        expires_at = digest.at + LATEST.total_seconds()
        rows = uow.thread_rows(key, self._workspace.team, channel, posts.root, posts.thread, expires_at=expires_at)
        await uow.add_to_outbox(*(replace(row, payload=row.payload | {"once": True}) for row in rows))
        return True

    async def _skip_quiet(self, destination: Destination, day: date) -> None:
        # A crash before this commit checks once more whether there is something to say.
        async with self._services.db.write() as tx:
            if (past := await read_past(tx, destination)) is not None:
                await store_past(tx, destination, past.without_post(day, MissedBecause.QUIET))

    def _says_nothing(self, edition: EditionFigures) -> bool:
        """Whether a day is left out because nothing was spent on it and nobody is waited for."""
        figures = edition.figures
        if edition.occasion is not Occasion.DAILY or self._workspace.policy.posts_quiet_days:
            return False
        if edition.key_expires_at is not None:
            return False
        spent = figures.through_slack if figures.total is None else figures.total
        is_known = figures.total is not None or figures.withheld is not None
        return is_known and not spent and not figures.outcomes and not figures.waiting

    async def _figures_ready(self, digest: PlannedDigest, now: float) -> bool:
        """Whether a digest can be written now: with new figures, or without if it waited for Devin long enough."""
        if self._asked is None or self._asked[0] != now:
            self._asked = (now, await self._is_refreshed(digest.day))
        return self._asked[1] or digest.late(now) >= self._services.timing.digest_patience

    async def _is_refreshed(self, day: date) -> bool:
        try:
            await self._usage_ledger.refresh(self._workspace.organisation)
        except DevinError as error:
            if self._waits != day:
                self._waits = day
                log.warning(
                    "digest waits for Devin",
                    team=self._workspace.team,
                    day=day.isoformat(),
                    error=type(error).__name__,
                )
            return False
        return not await self._usage_ledger.is_behind(self._workspace.organisation)

    # ------------------------------------------------------------ figures

    async def _figures(self, subscription: Subscription, occasion: Occasion, at: float, day: date) -> EditionFigures:
        """Return the figures of the digest that a billing day names, as they are at the instant `at`."""
        last = min(day, newest_finished(at))  # the warning is named by a day that is to come
        cycle = await self._cycle(occasion, at, day)
        if cycle is not None:
            first, last = cycle.first, min(last, cycle.last)
        else:
            first = days_before(last, 6)[0] if occasion is Occasion.WEEKLY else last
        channel = subscription.channel if subscription.share is Share.HERE else None
        readers = Readers(subscription.channel)
        async with self._services.db.scan(frozen=True) as tx:
            figures = await self._usage_ledger.figures_in(
                tx, self._workspace, days_between(first, last), channel, readers
            )
            figures = replace(figures, here=channel is not None)
            thread = await self._thread(tx, EditionFigures(occasion, subscription.share, first, figures), subscription)
        before = None
        if occasion is Occasion.WEEKLY:
            week_before = days_before(first)
            before = await self._usage_ledger.spent(self._workspace, week_before[0], week_before[-1], channel)
        async with self._services.db.read() as tx:
            titles = await ShownTitles.read(tx, self._workspace, readers)
        figures = await self._unusual.explained(figures, channel)
        edition = EditionFigures(occasion, subscription.share, first, figures, cycle, before)
        if occasion is Occasion.WARNING:
            return edition
        beside = await self._contents.read(
            self._workspace, figures, channel, titles, has_pull_requests=edition.is_daily_of_all
        )
        return replace(
            edition, beside=beside, thread=thread, key_expires_at=await self._key_expiry(subscription, occasion)
        )

    async def _key_expiry(self, subscription: Subscription, occasion: Occasion) -> float | None:
        """When the key for Devin expires, if that is soon and the digest is the one that warns of it."""
        if occasion is not Occasion.DAILY or subscription.channel != self._workspace.policy.admin_channel:
            return None
        async with self._services.db.read() as tx:
            found = await key_expiry_of(tx, self._workspace.organisation.id)
        return found if found is not None and is_near(found, self._services.clock()) else None

    async def _thread(
        self, tx: Transaction, edition: EditionFigures, subscription: Subscription
    ) -> ThreadFigures | None:
        """What the digest of a `subscription` says in its thread, if it has one."""
        channel, of_all = subscription.channel, edition.share is Share.ALL
        has_file = subscription.with_file or (of_all and channel == self._workspace.policy.admin_channel)
        has_thread = of_all or has_file or edition.occasion is not Occasion.DAILY
        if edition.occasion is Occasion.WARNING or not has_thread:
            return None
        counted, readers = None if of_all else channel, Readers(channel)
        return await self._contents.thread(
            tx, self._workspace, edition.figures, edition.first, counted, readers, has_file=has_file
        )

    async def _cycle(self, occasion: Occasion, at: float, day: date) -> Cycle | None:
        """The cycle that a digest is about, if it is about one: that which ends with the `day`, else that of now."""
        if occasion not in {Occasion.CYCLE, Occasion.WARNING}:
            return None
        org_id = self._workspace.organisation.id
        async with self._services.db.read() as tx:
            around = await cycles_around(tx, org_id, at)
            ending = next((cycle for cycle in around if cycle.last == day), None)
            return ending or await cycle_of(tx, org_id, bounds(newest_finished(at))[0])


async def cycles_around(tx: Transaction, org_id: str, now: float) -> list[Cycle]:
    """Return the cycle that `now` is in, and the one that ended right before it if that is known."""
    current = await cycle_of(tx, org_id, now)
    before = await cycle_of(tx, org_id, bounds(current.first - ONE_DAY)[0])
    return [current, before] if before.last == current.first - ONE_DAY else [current]
