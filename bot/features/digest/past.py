"""What is remembered about the digests of one destination: up to which day they are accounted for, which were missed.

It counts from when a digest is stored. If that one dies unposted, the next one begins where it began.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Final

from bot.domain.billing import ONE_DAY
from bot.features.consumption import rows as corrections
from bot.features.consumption.rows import Changes
from bot.features.consumption.rules import Correction, joined
from bot.features.digest.edition_sentences import EditionFigures
from bot.features.digest.rules import Missed, MissedBecause, Occasion, Schedule, Share, Subscription, days_between
from bot.kernel.workspace import Workspace
from bot.store import due, outbox
from bot.store.database.connection import Transaction
from bot.timing import DAY

MOST_MISSED: Final = 31  # digests of which one can say it
_CODE: Final = re.compile(r"[a-z_]+")
_BY_CODE: Final[Mapping[str, MissedBecause]] = {
    "is_archived": MissedBecause.ARCHIVED,
    "channel_is_archived": MissedBecause.ARCHIVED,
    "not_in_channel": MissedBecause.NOT_IN_CHANNEL,
    "channel_not_found": MissedBecause.NOT_IN_CHANNEL,
}


@dataclass(frozen=True, slots=True)
class Destination:
    """What a channel gets on one occasion of the edition to which it subscribes."""

    team: str
    subscription: Subscription
    occasion: Occasion

    @property
    def schedule(self) -> Schedule:
        """When it is posted."""
        return self.subscription.schedule

    @property
    def state_name(self) -> str:
        """The name under which its past is stored."""
        if self.subscription.is_from_settings:
            return due.digest(self.team)
        return due.subscribed_digest(self.team, self.subscription.channel, self.occasion)

    def key(self, day: date) -> str:
        """Return the key of the post of the digest that a billing day names."""
        occasion = "" if self.occasion is Occasion.DAILY else f"{self.occasion}:"
        return f"digest:{self.team}:{self.subscription.channel}:{occasion}{day.isoformat()}"


@dataclass(frozen=True, slots=True)
class Past:
    """The past of a destination. Days are the billing days that name digests, as ISO strings.

    `accounted` is the last day of which a digest was stored, or at first the last one before digests were wanted;
    `before` is what that was for the digest before. `skipped` is the last day that was logged as skipped.
    """

    first_start: float
    skipped: str | None = None
    accounted: str | None = None
    before: str | None = None
    unposted: Mapping[str, str] = field(default_factory=dict)  # why nothing was stored, by day
    lost: Mapping[str, str] | None = None  # since which `day` the channel cannot be posted to, and `because` of what
    no_acus_said: str | None = None  # the day whose digest has explained that Devin reports no ACUs

    def has_logged(self, day: date) -> bool:
        """Whether it was logged that the digest of `day`, or a later one, was skipped."""
        return self.skipped is not None and self.skipped >= day.isoformat()

    def has_left_out(self, day: date) -> bool:
        """Whether it was decided not to store a digest of `day`."""
        return day.isoformat() in self.unposted

    def is_open(self, day: date) -> bool:
        """Whether `day` is neither accounted for nor skipped nor left out."""
        is_accounted = self.accounted is not None and self.accounted >= day.isoformat()
        return not (is_accounted or self.has_logged(day) or self.has_left_out(day))

    def without_post(self, day: date, because: MissedBecause) -> "Past":
        """Return the past after the decision not to store a digest of `day`."""
        newest = sorted({**self.unposted, day.isoformat(): because.value}.items())[-MOST_MISSED:]
        return replace(self, unposted=dict(newest))

    def with_post(self, day: date, base: date) -> "Past":
        """Return the past after the digest of `day` was stored, which accounts for all days after `base`."""
        unposted = {at: why for at, why in self.unposted.items() if at > base.isoformat()}
        return replace(self, accounted=day.isoformat(), before=base.isoformat(), unposted=unposted)


async def read_past(tx: Transaction, destination: Destination) -> Past | None:
    """Return the stored past of a destination; None before its first time."""
    stored = await due.read(tx, destination.state_name)
    if stored is None:
        return None
    return Past(**{name: value for name, value in stored.state.items() if name != "v"})


async def store_past(tx: Transaction, destination: Destination, past: Past) -> None:
    """Store the past of a destination."""
    state = {name: value for name, value in asdict(past).items() if value is not None}
    await due.write(tx, destination.state_name, 0.0, {"v": 1, **state})


async def has_said_no_acus(tx: Transaction, destination: Destination, past: Past) -> bool:
    """Whether a digest has explained that Devin reports no ACUs, and has not died unposted."""
    if past.no_acus_said is None:
        return False
    row = await outbox.by_key(tx, destination.key(date.fromisoformat(past.no_acus_said)))
    return row is None or row.state != "dead"


async def base_of(tx: Transaction, destination: Destination, past: Past, day: date) -> date:
    """Return the day up to which all is accounted for before the digest of `day`."""
    if past.accounted is None:
        return day - ONE_DAY
    accounted = date.fromisoformat(past.accounted)
    row = await outbox.by_key(tx, destination.key(accounted))
    died = row is not None and row.state == "dead" and past.before is not None
    return date.fromisoformat(past.before or "") if died else accounted


async def missed_since(
    tx: Transaction, destination: Destination, past: Past, base: date, day: date
) -> tuple[Missed, ...]:
    """Return the digests between `base` and `day` that were not posted and should have been, the oldest first."""
    found = []
    for earlier in days_between(destination.occasion, base, day)[-MOST_MISSED:]:
        row = await outbox.by_key(tx, destination.key(earlier))
        if row is None:
            because = MissedBecause(past.unposted.get(earlier.isoformat(), MissedBecause.AWAY))
        elif row.state == "dead":
            because = because_dead(row.reason)
        else:
            continue
        if because is not MissedBecause.QUIET:
            found.append(Missed(earlier, because))
    return tuple(found)


def because_dead(reason: str | None) -> MissedBecause:
    """Return why a post was lost whose row is dead for `reason`."""
    if (reason or "").startswith("outcome unknown"):
        return MissedBecause.UNKNOWN
    code = (reason or "").rsplit(": ", 1)[-1].split(" ")[0]
    if code.startswith("restricted_action"):
        return MissedBecause.RESTRICTED
    refused = _CODE.fullmatch(code) and "_" in code
    return _BY_CODE.get(code, MissedBecause.REFUSED if refused else MissedBecause.LATE)


# ------------------------------------------------------------ corrections
# The corrected bills that the digests of a destination name, each once.
#
# What was named is the number of the newest correction. It counts from when the digest that names it is stored, unless
# that digest dies unposted: then the next one begins where that one did.
#
# A digest of one channel's sessions says nothing about the bill, and the warning before a cycle ends is about what is
# to come: neither names any.


class AnnouncedCorrections:
    """The corrections of the next digest of a `destination`, within one transaction at the instant `now`."""

    def __init__(self, tx: Transaction, workspace: Workspace, destination: Destination, now: float) -> None:
        self._tx = tx
        self._now = now
        self._org_id = workspace.organisation.id
        occasion, share = destination.occasion, destination.subscription.share
        self._names_any = share is Share.ALL and occasion is not Occasion.WARNING
        self._name = due.corrections(workspace.team, destination.subscription.channel, occasion)

    async def lock(self) -> None:
        """Let no other worker store a correction, or a digest about this organisation, until the transaction ends.

        Otherwise one with a lower number could be committed after this digest, and no digest would name it.
        """
        await due.lock(self._tx, due.consumption(self._org_id))

    async def of(self, edition: EditionFigures) -> tuple[Correction, ...]:
        """Return the corrections that a digest of this `edition` names, and store nothing."""
        if not self._names_any:
            return ()
        return _named((await self._unnamed())[1], edition)

    async def take(self, key: str, edition: EditionFigures) -> tuple[Correction, ...]:
        """Return the corrections that the digest with this `key` names, and store that it does."""
        if not self._names_any:
            return ()
        begin, found = await self._unnamed()
        state = {"v": 1, "digest": key, "from": begin, "to": found.seq}
        await due.write(self._tx, self._name, 0.0, state)
        return _named(found, edition)

    async def _unnamed(self) -> tuple[int, Changes]:
        begin = await self._begin()
        return begin, await corrections.after(self._tx, self._org_id, begin)

    async def _begin(self) -> int:
        stored = await due.read(self._tx, self._name)
        if stored is None:
            # To readers who had no digest so far, corrections of last month would say nothing.
            return await corrections.last_before(self._tx, self._org_id, self._now - DAY)
        begin: int = stored.state["from" if await self._died(stored.state) else "to"]
        return begin

    async def _died(self, state: dict[str, Any]) -> bool:
        digest = await outbox.by_key(self._tx, state["digest"])
        return digest is not None and digest.state == "dead"


def _named(found: Changes, edition: EditionFigures) -> tuple[Correction, ...]:
    return tuple(correction for correction in joined(found.changes) if not _is_shown(correction, edition))


def _is_shown(correction: Correction, edition: EditionFigures) -> bool:
    """Whether a digest is about the corrected day itself, and shows its new figure, or that it is not known."""
    first, figures = edition.first, edition.figures
    if first == figures.day:
        return correction.day == first and figures.total in {None, correction.after}
    return first <= correction.day <= figures.day
