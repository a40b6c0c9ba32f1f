"""Which digests are due: one post for each edition, channel and billing day, whatever happens around its time.

1. The digests of each destination whose time has come are checked in their order. Before the first start, or before
   somebody subscribed, there was none.
2. A digest is stored for sending (`post`), up to six hours late. What is later is skipped, and the next one says so.
   So the next one waits until it is known what has become of the one before, where both come at once.
3. A post that died because of its channel is reported to the admins once, until the channel gets a digest again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from bot.domain.cycle import Cycle
from bot.features.digest import rows as subscriptions
from bot.features.digest import sentences as subscription_sentences
from bot.features.digest.past import Destination, Past, because_dead, read_past, store_past
from bot.features.digest.post import DigestPost, cycles_around
from bot.features.digest.rules import (
    LASTING,
    OCCASIONS,
    Edition,
    MissedBecause,
    PlannedDigest,
    Schedule,
    Subscription,
    come_by,
    from_settings,
    planned_near,
)
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.services import Services
from bot.kernel.shared_channels import SharedChannels
from bot.kernel.workspace import Policy, Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError
from bot.store import outbox
from bot.store.database.connection import Transaction
from bot.store.outbox import OutboxRow

log = get_logger(__name__)

_MOST_ASKED: Final = 5  # times before a digest, each about some channels


class DueDigests:
    """Posts the digests of a workspace."""

    def __init__(self, services: Services, workspace: Workspace, shared_channels: SharedChannels) -> None:
        self._services = services
        self._workspace = workspace
        self._shared_channels = shared_channels
        self._digest_post = DigestPost(services, workspace, UsageLedger(services))

    async def tick(self) -> float:
        """Post the digests that are due. Returns the seconds until the next check."""
        # One instant for all: a digest that becomes due between two readings of the clock would be missed by both.
        now, begun = self._services.clock(), self._services.clock.steady()
        destinations, cycles = await self._read(now)
        for destination in destinations:
            await self._post_due(destination, cycles, now)
        wait = min([self._until_next(destination, cycles, now) for destination in destinations], default=self._longest)
        return max(wait - (self._services.clock.steady() - begun), self._services.timing.digest_shortest)

    @property
    def _longest(self) -> float:
        return self._services.timing.digest_tick

    async def _read(self, now: float) -> tuple[list[Destination], Sequence[Cycle]]:
        """The destinations of the workspace, and the cycles about now if one of them needs these."""
        async with self._services.db.read() as tx:
            found = await subscribed(tx, self._workspace)
            needs_cycles = any(subscription.edition is Edition.CYCLE for subscription in found)
            cycles = await cycles_around(tx, self._workspace.organisation.id, now) if needs_cycles else []
        return [each for subscription in found for each in _destinations(self._workspace, subscription)], cycles

    async def _post_due(self, destination: Destination, cycles: Sequence[Cycle], now: float) -> None:
        past = await self._read_past(destination, cycles)
        for digest in come_by(now, _due(destination, past, cycles, now)):
            if digest.at < past.first_start:
                continue
            if not await self._settle(destination, digest, past, now):
                return
            past = await self._read_past(destination, cycles)

    async def _settle(self, destination: Destination, digest: PlannedDigest, past: Past, now: float) -> bool:
        """Take a digest one step further. Returns whether it is settled: it was posted before, or never will be."""
        async with self._services.db.read() as tx:
            row = await outbox.by_key(tx, destination.key(digest.day))
        if row is not None:
            await self._check(destination, digest.day, row, past)
            return row.state in {"sent", "dead"}
        if digest.is_too_late(now):
            await self._skip(destination, digest.day, past, "too late")
        elif not past.has_left_out(digest.day):
            if await self._may_be_posted(destination, digest.day, past):
                await self._learn_private()
                await self._digest_post.store(destination, digest, now)
            return False
        return True

    async def _learn_private(self) -> None:
        """Ask which channels are private by now. Of more than a hundred the others are known since a day."""
        for _ in range(_MOST_ASKED):
            if not await self._shared_channels.learn_private(self._workspace, self._services.timing.privacy_in_digest):
                return

    def _until_next(self, destination: Destination, cycles: Sequence[Cycle], now: float) -> float:
        instants = [digest.at for digest in _planned(destination, cycles, now) if digest.at > now]
        return min([self._longest, *(at - now for at in instants)])

    # ------------------------------------------------------------ what is stored

    async def _read_past(self, destination: Destination, cycles: Sequence[Cycle]) -> Past:
        async with self._services.db.read() as tx:
            stored = await read_past(tx, destination)
        if stored is not None:
            return stored
        subscription = destination.subscription
        first_start = self._services.clock() if subscription.is_from_settings else subscription.added_at
        return await self._store(destination, _first_past(destination, cycles, first_start))

    async def _store(self, destination: Destination, past: Past) -> Past:
        # A crash before this commit has the next check find and store the same.
        async with self._services.db.write() as tx:
            await store_past(tx, destination, past)
        return past

    # ------------------------------------------------------------ what cannot be posted

    async def _may_be_posted(self, destination: Destination, day: date, past: Past) -> bool:
        """Whether the channel may see what was spent. One that another company shares by now may not.

        The settings may name one all the same: who runs the bot is warned by the doctor.
        """
        subscription = destination.subscription
        if subscription.is_from_settings:
            return True
        try:
            is_shared = await self._shared_channels.is_shared(self._workspace, subscription.channel)
        except SlackError as error:
            log.warning("digest delayed by Slack", team=destination.team, error=error.outcome)
            return False
        if is_shared:
            await self._lose(destination, day, past.without_post(day, MissedBecause.SHARED), MissedBecause.SHARED)
        return not is_shared

    async def _check(self, destination: Destination, day: date, row: OutboxRow, past: Past) -> None:
        """Act upon what has become of the post of a digest."""
        if row.state == "sent" and past.lost is not None and past.lost["day"] <= day.isoformat():
            await self._store(destination, replace(past, lost=None))
        if row.state != "dead" or past.has_logged(day):
            return
        because = because_dead(row.reason)
        if because in LASTING and not destination.subscription.is_from_settings:
            await self._lose(destination, day, past, because)
        else:
            await self._skip(destination, day, past, "could not be posted")

    async def _skip(self, destination: Destination, day: date, past: Past, reason: str) -> None:
        """Log once that the digest of a day was not posted."""
        if past.has_logged(day) or past.has_left_out(day):
            return
        self._log_skipped(destination, day, reason)
        await self._store(destination, replace(past, skipped=day.isoformat()))

    async def _lose(self, destination: Destination, day: date, past: Past, because: MissedBecause) -> None:
        """Note that the channel gets no digests any more, and inform the admins unless they know."""
        self._log_skipped(destination, day, because)
        lost = past.lost or {"day": day.isoformat(), "because": because.value}
        # A crash before this commit has the next check find the same; after it the admins are not informed again.
        async with self._services.unit_of_work() as uow:
            await store_past(uow.tx, destination, replace(past, skipped=day.isoformat(), lost=lost))
            if past.lost is None:
                message = subscription_sentences.digest_lost(destination.subscription, because)
                await uow.notify_admins(self._workspace, f"digest-lost:{destination.key(day)}", message)

    def _log_skipped(self, destination: Destination, day: date, reason: str) -> None:
        log.warning(
            "digest skipped",
            team=destination.team,
            edition=destination.occasion.value,
            day=day.isoformat(),
            reason=str(reason),
        )


async def subscribed(tx: Transaction, workspace: Workspace) -> list[Subscription]:
    """Return the subscriptions in a workspace, and before them the daily digest that its settings ask for.

    That one takes the place of a subscription of the same channel, which was there before the settings named it.
    """
    stored, policy = await subscriptions.all_of(tx, workspace.team), workspace.policy
    if policy.admin_channel is None:
        return stored
    first = from_settings(policy.admin_channel, schedule_of(policy))
    return [first, *(subscription for subscription in stored if subscription.id != first.id)]


def schedule_of(policy: Policy) -> Schedule:
    """Return when digests are posted unless somebody has chosen another time."""
    return Schedule(policy.digest_time, policy.zone)


async def first_at(tx: Transaction, workspace: Workspace, subscription: Subscription, now: float) -> float | None:
    """Return when the first digest of a subscription that is new, or replaces another, is posted; None if unknown yet.

    A day of which its channel has had the digest, under a subscription that it replaces, has no second one.
    """
    cycles = await cycles_around(tx, workspace.organisation.id, now)
    due = [
        (destination.key(digest.day), digest.at)
        for destination in _destinations(workspace, subscription)
        for digest in _due(destination, await _past_of(tx, destination, cycles), cycles, now)
        if digest.at >= now
    ]
    return min([at for key, at in due if await outbox.by_key(tx, key) is None], default=None)


async def keep_past(tx: Transaction, workspace: Workspace, replaced: Subscription, now: float) -> None:
    """Keep for the subscription that takes the place of another what is remembered of the `replaced` one.

    So a day without a digest has one under the new one. That the channel could not be posted to is forgotten.
    """
    cycles = await cycles_around(tx, workspace.organisation.id, now)
    for destination in _destinations(workspace, replaced):
        past = await _past_of(tx, destination, cycles)
        await store_past(tx, destination, replace(past, lost=None))


def _destinations(workspace: Workspace, subscription: Subscription) -> list[Destination]:
    return [Destination(workspace.team, subscription, occasion) for occasion in OCCASIONS[subscription.edition]]


async def _past_of(tx: Transaction, destination: Destination, cycles: Sequence[Cycle]) -> Past:
    return await read_past(tx, destination) or _first_past(destination, cycles, destination.subscription.added_at)


def _due(destination: Destination, past: Past, cycles: Sequence[Cycle], now: float) -> list[PlannedDigest]:
    """Return the digests about now, none of an open day before its subscription was added or replaced.

    Where it was replaced, the new time of such a day may have passed already.
    """
    added_at = destination.subscription.added_at
    return [
        replace(digest, at=max(digest.at, added_at)) if past.is_open(digest.day) else digest
        for digest in _planned(destination, cycles, now)
    ]


def _planned(destination: Destination, cycles: Sequence[Cycle], now: float) -> list[PlannedDigest]:
    return planned_near(destination.occasion, now, destination.schedule, cycles)


def _first_past(destination: Destination, cycles: Sequence[Cycle], first_start: float) -> Past:
    # One whose time comes right then is wanted.
    before = [digest.day for digest in _planned(destination, cycles, first_start) if digest.at < first_start]
    if not before:
        return Past(first_start)
    log.info("digests started", team=destination.team, edition=destination.occasion.value, after=before[-1].isoformat())
    return Past(first_start, accounted=before[-1].isoformat())
