"""Outbox lanes: what is to be said reaches Slack once, in its thread's order, at its channel's pace.

1. A token is taken, the row is claimed and, for a post, marked as being sent.
2. The epoch is checked.
3. Slack is called; a post carries its key in the metadata.
4. The row is marked as sent and given back, with what follows from it.

A crash or a lost answer between 1 and 4 leaves the mark: before the post is repeated its thread is searched for the
key, and not at once, since Slack may still be at work. Edits and reactions are simply repeated.
"""

import hashlib
import json
from typing import Final

from bot.domain.session import Session
from bot.flows.budget import KEPT, METHODS, Budget
from bot.flows.create import start_row
from bot.flows.failure import Failure
from bot.flows.tools import Step, Tools, reference
from bot.logs import about, get_logger
from bot.slack.errors import SlackError
from bot.store import outbox, pace, sessions, threads
from bot.store.database import Transaction
from bot.store.lanes import ClaimLostError
from bot.store.outbox import OutboxRow, Sender
from bot.store.threads import Thread
from bot.views.card import card
from bot.views.message import Message

log = get_logger(__name__)

AT_ONCE_IN_A_LANE: Final = 4


class Send:
    """Works off outbox lanes."""

    def __init__(self, tools: Tools, failure: Failure) -> None:
        self._tools = tools
        self._failure = failure
        self._in_hand: dict[int, str] = {}  # the lane of each row, by `seq`
        self._sender = Sender(tools.worker, tools.timing.lease, self._in_hand)

    async def work(self, lane: str) -> float | None:
        """Say one thing; answers when the lane wants another look."""
        row, wait = await self._next(lane)
        if row is None:
            return wait
        self._in_hand[row.seq] = lane
        try:
            return await self._work_on(row)
        finally:
            del self._in_hand[row.seq]

    async def _work_on(self, found: OutboxRow) -> float | None:
        row = await self._take(found)
        if not isinstance(row, OutboxRow):
            return row
        # Most are said by then. One that is not, because Slack is slow with it, holds up only its own thread; a
        # channel in which many hang gets no more seats, which are there for all channels.
        if list(self._in_hand.values()).count(row.lane) < AT_ONCE_IN_A_LANE:
            self._tools.engine.pass_on(row.lane, self._tools.timing.channel_interval)
        with about(row.ref):
            try:
                await self._send(row)
            except ClaimLostError:
                log.warning("row was taken over or given up", key=row.key)
                await self._draw_anew(row)
                return None
            except Exception:
                log.exception("send failed", key=row.key)
                await self._failure.own_fault(row)
        return 0.0

    async def _next(self, lane: str) -> tuple[OutboxRow | None, float | None]:
        """The row whose turn it is, if the pace allows one now; else when the lane wants another look."""
        now = self._tools.clock()
        async with self._tools.db.read() as tx:
            posts_at, edits_at, figures_at = await self._paces(tx, lane)
            allowed = {"posts": posts_at <= now, "edits": edits_at <= now, "figures": figures_at <= now}
            row = await outbox.head(tx, self._tools.db, lane, now, self._sender, **allowed)
            if row is not None:
                return row, None
            paces = {"posts_at": posts_at, "edits_at": edits_at, "figures_at": figures_at}
            at = await outbox.next_at(tx, self._tools.db, lane, now, self._sender, **paces)
        return None, None if at is None else max(at - now, 0.01)

    async def _take(self, found: OutboxRow) -> OutboxRow | float:
        """Claim the row and mark a post as being sent; the seconds to wait where another worker was quicker."""
        now = self._tools.clock()
        async with self._tools.db.write() as tx:
            # The token first: without one the row stays free. One that was taken in vain costs the channel a moment.
            wait = await self._take_token(tx, found, now)
            if wait:
                return wait
            row = await outbox.take(tx, self._tools.db, found.seq, self._sender, now)
            if row is None:
                return 0.0
            if row.is_post and row.state == "open":
                await outbox.start(tx, row, now)
        return row

    async def _take_token(self, tx: Transaction, row: OutboxRow, now: float) -> float:
        """0 with a token, else the seconds until there is one."""
        if row.is_post:
            return await pace.take(tx, row.lane, now, self._tools.timing.channel_interval)
        method, budget = _method(row.kind)
        return await pace.take(tx, self._bucket(method), now, budget.interval, budget.burst)

    async def _paces(self, tx: Transaction, lane: str) -> tuple[float, float, float]:
        """From when on posts, edits, and edits for figures only may be made in this lane."""
        kind = {"out": "card", "react": "reaction", "priv": "private"}[lane.split(":", 1)[0]]
        method, budget = _method(kind)
        method_at = await pace.ready_at(tx, self._bucket(method), budget.interval, budget.burst)
        if kind != "card":
            return method_at, method_at, method_at
        # Lanes share the method's tokens, so what is urgent in another lane is kept some.
        channel_at = await pace.ready_at(tx, lane, self._tools.timing.channel_interval)
        return channel_at, method_at, method_at + KEPT * budget.interval

    def _bucket(self, method: str) -> str:
        return f"{self._tools.place.team}:{method}"

    async def _send(self, row: OutboxRow) -> None:
        if row.expires_at is not None and row.expires_at < self._tools.clock():
            await self._failure.bury(row, "expired")
            return
        try:
            await self._say(row)
        except SlackError as error:
            await self._failure.handle(row, error)

    async def _say(self, row: OutboxRow) -> None:
        if row.kind == "reaction":
            await self._react(row)
        elif row.kind == "private":
            await self._whisper(row)
        elif row.is_edit:
            await self._edit(row)
        elif row.state == "sending":
            await self._repeat(row)
        else:
            await self._post(row)

    # ------------------------------------------------------------ posts

    async def _repeat(self, row: OutboxRow) -> None:
        """A post whose outcome is unknown: made again only when it certainly was not made."""
        if await self._settled(row):
            return
        # From now on Slack may be at work on this try: if its answer gets lost too, it settles anew.
        async with self._tools.step(ref=row.ref) as step:
            await outbox.start(step.tx, row, step.now)
        await self._post(row)

    async def _post(self, row: OutboxRow) -> None:
        message = await self._message(row)
        if message is None:
            await self._failure.bury(row, "no session")
            return
        await self._check(row)
        # A crash or a lost answer from here on leaves the row marked: it is searched for before it is repeated.
        ts = await self._tools.slack.post(
            row.channel, message.text, message.blocks, key=row.key, thread_ts=row.thread_ts
        )
        await self._sent(row, ts, message)

    async def _settled(self, row: OutboxRow) -> bool:
        """Deal with a post whose outcome is unknown; False when it certainly was not made and has to be."""
        tools = self._tools
        assert row.sending_at is not None
        left = row.sending_at + tools.timing.post_settle - tools.clock()
        if left > 0:
            await self._failure.later(row, left, "outcome unknown", unknown=True)
            return True
        try:
            ts = await tools.slack.find(row.channel, row.thread_ts, row.key, row.created_at)
        except SlackError as error:
            return await self._failure.unsearchable(row, error)
        if ts is None:
            return False
        log.info("post had arrived", key=row.key)
        await self._sent(row, ts, None)
        return True

    async def _sent(self, row: OutboxRow, ts: str | None, message: Message | None) -> None:
        async with self._tools.step(ref=row.ref) as step:
            drawn = {"drawn": fingerprint(message)} if row.kind == "card" and message else None
            await outbox.sent(step.tx, row, ts, step.now, drawn)
            if row.is_post and message is not None:
                # Slack's second counts from when it took the post, which may be a while after the token was taken.
                await pace.block(step.tx, row.lane, step.now + self._tools.timing.channel_interval)
            if row.kind == "card" and message is None and row.session_id is not None:
                await step.redraw(row.session_id)  # the card that was found may show an older state
            if row.follow is not None and ts is not None:
                await self._follow(step, row, ts)
        self._tools.metrics.sent(row.kind)
        log.info("sent", key=row.key, channel=row.channel, ts=ts)

    async def _follow(self, step: Step, row: OutboxRow, ts: str) -> None:
        """The card of a slash command stands: it makes the thread, and the creation follows in its lane."""
        assert row.session_id is not None
        assert row.follow is not None
        session = await sessions.get(step.tx, row.session_id)
        if session is None or session.thread_ts is not None:
            return
        named = reference(session.team, session.channel, ts)
        await sessions.change(step.tx, session.id, thread_ts=ts, reference=named)
        thread = Thread(session.team, session.channel, ts, session.id, muted=False, closed=False, last_seen_ts=ts)
        await threads.put(step.tx, thread, step.now)
        await step.store(start_row(row.follow["cause"], row.ref, session, ts, step.now, row.follow.get("files") or []))

    # ------------------------------------------------------------ cards

    async def _message(self, row: OutboxRow) -> Message | None:
        if row.kind != "card":
            return Message(row.payload["text"], row.payload["blocks"])
        session = await self._session(row)
        if session is None:
            return None
        drawn = card(session, self._tools.clock())
        return Message(drawn.text, []) if row.payload.get("plain") else drawn

    async def _session(self, row: OutboxRow) -> Session | None:
        return await self._tools.session(row.session_id) if row.session_id else None

    async def _edit(self, row: OutboxRow) -> None:
        message = await self._message(row)
        if message is None:
            await self._failure.bury(row, "no session")
            return
        if row.payload.get("drawn") != fingerprint(message):
            assert row.ts is not None
            await self._check(row)
            # A crash right here repeats the edit, which changes nothing.
            await self._tools.slack.update(row.channel, row.ts, message.text, message.blocks, row.key)
        await self._sent(row, row.ts, message)

    async def _draw_anew(self, row: OutboxRow) -> None:
        """An edit of ours may have come after that of who took the row over, and show an older state."""
        if row.is_edit and row.session_id is not None:
            # A crash before this commit leaves the older state until the next change of the session.
            async with self._tools.step(ref=row.ref) as step:
                await outbox.forget_drawing(step.tx, row)
                await step.redraw(row.session_id)

    # ------------------------------------------------------------ best effort

    async def _react(self, row: OutboxRow) -> None:
        # A crash right here repeats the reaction, which Slack refuses as already there.
        await self._tools.slack.react(row.channel, row.payload["ts"], row.payload["name"])
        await self._sent(row, None, None)

    async def _whisper(self, row: OutboxRow) -> None:
        slack, payload = self._tools.slack, row.payload
        # A crash right here shows a private answer twice.
        if payload.get("response_url"):
            await slack.respond(payload["response_url"], payload["text"], payload["blocks"])
        elif row.channel.startswith("D"):
            await slack.post(row.channel, payload["text"], payload["blocks"], key=row.key, thread_ts=row.thread_ts)
        else:
            await slack.ephemeral(row.channel, payload["user"], payload["text"], payload["blocks"], row.thread_ts)
        await self._sent(row, None, None)

    async def _check(self, row: OutboxRow) -> None:
        async with self._tools.db.read(first=True) as tx:
            await outbox.check(tx, row)


def _method(kind: str) -> tuple[str, Budget]:
    """What a kind of row is said with, and how fast."""
    return METHODS[kind]


def fingerprint(message: Message) -> str:
    """A short print of a message, to tell whether an edit would change anything."""
    drawn = json.dumps([message.text, message.blocks], sort_keys=True)
    return hashlib.blake2b(drawn.encode(), digest_size=8).hexdigest()
