"""Which rows of the outbox are sent next, and the claims on them.

Many channels may get a post at the same time. So their rows are found, claimed, checked and marked together, each step
in one transaction for all. A reaction or a private answer goes alone and waits for no others: there are few at a time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from bot.domain.lane import team_of
from bot.kernel.gathered import Gathered
from bot.kernel.services import Services
from bot.slack.rate_limits import METHODS, Budget
from bot.store import outbox, rate_limits
from bot.store.database.connection import Transaction
from bot.store.lanes import ClaimLostError
from bot.store.outbox import OutboxRow
from bot.store.row_claims import Sender

Found = tuple[OutboxRow | None, float | None]  # a row, or else the seconds until there may be one; None for never

_METHOD: Final = {"react": "reactions.add", "unreact": "reactions.remove", "priv": "chat.postEphemeral"}


class Claims:
    """Finds the rows that are next, and claims them for this worker."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._in_hand: dict[int, str] = {}  # the lane of each row that is being sent, by `seq`
        self._sender = Sender(services.worker, services.timing.lease)
        self._full_until: dict[str, float] = {}  # by lane, by the steady clock: no post is allowed before that
        self._finding = Gathered(self._find)
        self._taking = Gathered(self._take)
        self._checking = Gathered(self._check)
        self._marking = Gathered(self._mark)

    @contextmanager
    def in_hand(self, row: OutboxRow) -> Iterator[None]:
        """Leave `row` out of all searches during the block."""
        self._in_hand[row.seq] = row.lane
        try:
            yield
        finally:
            del self._in_hand[row.seq]

    def count(self, lane: str) -> int:
        """Count the rows of `lane` that are in hand."""
        return list(self._in_hand.values()).count(lane)

    def rest(self, lane: str) -> float:
        """The seconds for which `lane` gets no post, because it just got one here; 0 if that is not known."""
        if (until := self._full_until.get(lane)) is None:
            return 0.0
        left = until - self._services.clock.steady()
        if left <= 0:
            del self._full_until[lane]
        return max(left, 0.0)

    async def find(self, lane: str) -> Found:
        """Return the row that is next if the rate limit allows one now, else the seconds until the lane has one."""
        if rest := self.rest(lane):
            return None, rest
        return await (self._finding if _is_of_posts(lane) else self._finding.alone)(lane)

    async def take(self, found: OutboxRow) -> OutboxRow | float:
        """Claim the row and mark a post as being sent. Returns the seconds to wait if it cannot be claimed now."""
        return await (self._taking if found.is_post else self._taking.alone)(found)

    async def check(self, row: OutboxRow) -> None:
        """Check the claim on a post right before it is made; raises ClaimLostError if it is lost."""
        if not await self._checking(row):
            raise ClaimLostError(row.key)

    async def mark_sent(self, row: OutboxRow, ts: str) -> None:
        """Mark a post as just sent with Slack's `ts`; raises ClaimLostError if its claim is lost."""
        if not await self._marking((row, ts)):
            raise ClaimLostError(row.key)

    async def block(self, tx: Transaction, lanes: Sequence[str], now: float) -> None:
        """Block the rate limits of these `lanes` because each got a post just now."""
        interval = self._services.timing.channel_interval
        # Slack counts its second from when it took the post, which may be a while after the token was taken.
        await rate_limits.block_each(tx, set(lanes), now + interval)
        self._full_until |= dict.fromkeys(lanes, self._services.clock.steady() + interval)

    # ------------------------------------------------------------ for lanes of one kind

    async def _find(self, lanes: Sequence[str]) -> list[Found]:
        db, now = self._services.db, self._services.clock()
        buckets, budget = {lane: _bucket(lane) for lane in lanes}, self._budget(lanes[0])
        sender = replace(self._sender, in_hand=[seq for seq, lane in self._in_hand.items() if lane in buckets])
        async with db.read() as tx:
            ready = await rate_limits.ready_at_each(tx, buckets.values(), budget.interval, budget.burst)
            allowed = [lane for lane in lanes if ready[buckets[lane]] <= now]
            heads = await outbox.heads(tx, db, allowed, now, sender) if allowed else {}
            others = [lane for lane in lanes if lane not in heads]
            due = await outbox.next_at(tx, db, others, now, sender) if others else {}
        waits = {lane: max(at - now, ready[buckets[lane]] - now, 0.01) for lane, at in due.items()}
        return [(heads.get(lane), waits.get(lane)) for lane in lanes]

    async def _take(self, found: Sequence[OutboxRow]) -> list[OutboxRow | float]:
        now = self._services.clock()
        # One of each lane, whatever the engine does: the others may be tried again.
        chosen = {row.lane: number for number, row in enumerate(found)}
        rows = [found[number] for number in chosen.values()]
        async with self._services.db.write() as tx:
            # The tokens first: without one a row stays free. A token taken in vain costs the channel a moment.
            waits = await self._take_tokens(tx, rows, now)
            wanted = [row.seq for row in rows if not waits[row.lane]]
            taken = await outbox.take(tx, self._services.db, wanted, self._sender, now)
            begun = [row for row in taken.values() if row.is_post and row.state == "open"]
            # A crash after this commit leaves the outcomes unknown: the posts are looked up before they are repeated.
            await outbox.start_taken(tx, begun, now)
        taken |= {row.seq: self._as_restored(row) for row in begun}
        return [
            taken.get(row.seq, waits[row.lane]) if chosen[row.lane] == number else 0.0
            for number, row in enumerate(found)
        ]

    async def _take_tokens(self, tx: Transaction, rows: Sequence[OutboxRow], now: float) -> dict[str, float]:
        """Take tokens for `rows`. Returns by lane 0, or the seconds until there is one. What is too late takes none."""
        buckets = {row.lane: _bucket(row.lane) for row in rows if not row.has_expired(now)}
        budget = self._budget(rows[0].lane)
        waits = await rate_limits.take_each(tx, set(buckets.values()), now, budget.interval, budget.burst)
        return {row.lane: waits[buckets[row.lane]] if row.lane in buckets else 0.0 for row in rows}

    def _as_restored(self, row: OutboxRow) -> OutboxRow:
        """Return a post that was begun just now; as one with an unknown outcome where a backup was put back."""
        restoration = self._services.restoration
        if not restoration.may_be_posted(row):
            return row
        return replace(row, state="sending", sending_at=restoration.until)

    async def _check(self, rows: Sequence[OutboxRow]) -> list[bool]:
        async with self._services.db.read() as tx:
            held = await outbox.held(tx, rows)
        return [row.seq in held for row in rows]

    async def _mark(self, posted: Sequence[tuple[OutboxRow, str]]) -> list[bool]:
        async with self._services.db.write() as tx:
            now = self._services.clock()
            await self.block(tx, [row.lane for row, _ in posted], now)
            held = await outbox.all_sent(tx, posted, now)
        return [row.seq in held for row, _ in posted]

    def _budget(self, lane: str) -> Budget:
        method = _METHOD.get(_kind(lane))
        return METHODS[method] if method else Budget(self._services.timing.channel_interval, 1)


def _kind(lane: str) -> str:
    return lane.split(":", 1)[0]


def _is_of_posts(lane: str) -> bool:
    return _kind(lane) not in _METHOD


def _bucket(lane: str) -> str:
    """The name of the rate limit of `lane`: a channel has one, and reactions and private answers share a method's."""
    method = _METHOD.get(_kind(lane))
    return f"{team_of(lane)}:{method}" if method else lane
