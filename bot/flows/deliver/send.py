"""Outbox lanes: each row reaches Slack once, in the order of its thread and at the rate of its channel.

1. A token of the rate limit is taken, the row is claimed and, if it is a post, marked as being sent.
2. Before a post, the epoch is checked. Reactions and private answers need no check: to repeat one does no harm.
3. Slack is called. A post carries its key in the metadata.
4. The row is marked as sent, with what follows from it, and the claim is released.

A crash or a lost answer between 1 and 4 leaves the row marked as being sent. Soon afterwards the thread is searched for
the key, and a post that is found counts as sent. One that is not found is made again only after a search at a time when
Slack cannot be at work on it any more. Where the thread can never be searched, the post is made again too, and may then
appear twice (`SendFailures.unsearchable`). Reactions and private answers are not searched for.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from bot.domain.keys import DEVINS_POSTS, reference
from bot.domain.lane import card_lane, team_of
from bot.domain.session import Session
from bot.flows.deliver.cards import Drawing, draw
from bot.flows.deliver.failures import REACTIONS, SendFailures
from bot.flows.deliver.files import FilePosts, has_files
from bot.flows.deliver.forms import PostForms
from bot.flows.services import Services
from bot.flows.session_rows import start_row
from bot.flows.shared_channels import SHARED, SharedChannels
from bot.flows.unit_of_work import Recipient, UnitOfWork
from bot.logs import about, get_logger
from bot.slack.client import Slack
from bot.slack.errors import SlackError
from bot.slack.rate_limits import METHODS, Budget
from bot.store import alarms, cards, outbox, rate_limits, replies, sessions, threads
from bot.store.database.connection import Transaction
from bot.store.lanes import ClaimLostError
from bot.store.outbox import OutboxRow
from bot.store.row_claims import Sender
from bot.store.threads import Thread
from bot.views.answers import starts as start_sentences
from bot.views.message import Message

log = get_logger(__name__)

AT_ONCE_IN_A_LANE: Final = 4
_SHARED: Final = Drawing(Message(""), version=0)
_METHOD: Final = {
    "reaction": "reactions.add",
    "reaction_removal": "reactions.remove",
    "private": "chat.postEphemeral",
}
_KIND_OF_LANE: Final = {"out": "post", "react": "reaction", "unreact": "reaction_removal", "priv": "private"}


class Send:
    """Works off outbox lanes."""

    def __init__(
        self, services: Services, failure: SendFailures, files: FilePosts, shared_channels: SharedChannels
    ) -> None:
        self._services = services
        self._failure = failure
        self._files = files
        self._forms = PostForms(services)
        self._shared_channels = shared_channels
        self._in_hand: dict[int, str] = {}  # the lane of each row that is being sent, by `seq`
        self._sender = Sender(services.worker, services.timing.lease, self._in_hand)

    async def work(self, lane: str) -> float | None:
        """Send one row of `lane`. Returns the seconds until the lane is to be worked on again, or None."""
        if self._services.workspaces.get(team_of(lane)) is None:
            return None  # its rows wait, and the sweep wakes the lane again
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
        # Let the lane's next row be sent after the interval, even if this one is not sent by then: a row with which
        # Slack is slow holds up only its own thread. A lane in which many rows hang already gets no more of the slots,
        # because all lanes share them.
        if list(self._in_hand.values()).count(row.lane) < AT_ONCE_IN_A_LANE:
            self._services.engine.pass_on(row.lane, self._services.timing.channel_interval)
        with about(row.ref):
            try:
                await self._send(row)
            except ClaimLostError:
                log.warning("row was taken over or is dead", key=row.key)
                return None
            except Exception:
                log.exception("send failed", key=row.key)
                await self._failure.own_fault(row)
        return 0.0

    async def _next(self, lane: str) -> tuple[OutboxRow | None, float | None]:
        """Return the row that is next if the rate limit allows one now, else the seconds until the lane has one."""
        db, now = self._services.db, self._services.clock()
        async with db.read() as tx:
            allowed_at = await self._allowed_at(tx, lane)
            if allowed_at <= now:
                row = await outbox.head(tx, db, lane, now, self._sender)
                if row is not None:
                    return row, None
            at = await outbox.next_at(tx, db, lane, now, self._sender)
        return None, None if at is None else max(at - now, allowed_at - now, 0.01)

    async def _take(self, found: OutboxRow) -> OutboxRow | float:
        """Claim the row and mark a post as being sent. Returns the seconds to wait if it cannot be claimed now."""
        now = self._services.clock()
        async with self._services.db.write() as tx:
            # The token first: without one the row stays free. A token taken in vain costs the channel a moment.
            wait = await self._take_token(tx, found, now)
            if wait:
                return wait
            row = await outbox.take(tx, self._services.db, found.seq, self._sender, now)
            if row is None:
                return 0.0
            if row.is_post and row.state == "open":
                await outbox.start(tx, row, now)
        return row

    async def _take_token(self, tx: Transaction, row: OutboxRow, now: float) -> float:
        """Take a token for the row. Returns 0, or the seconds until there is one."""
        if row.is_post:
            return await rate_limits.take(tx, row.lane, now, self._services.timing.channel_interval)
        method, budget = _method(row.kind)
        return await rate_limits.take(tx, _bucket(row.lane, method), now, budget.interval, budget.burst)

    async def _allowed_at(self, tx: Transaction, lane: str) -> float:
        """Return the instant from which the rate limit allows a row of `lane`."""
        kind = _KIND_OF_LANE[lane.split(":", 1)[0]]
        if kind == "post":
            return await rate_limits.ready_at(tx, lane, self._services.timing.channel_interval)
        method, budget = _method(kind)
        return await rate_limits.ready_at(tx, _bucket(lane, method), budget.interval, budget.burst)

    async def _send(self, row: OutboxRow) -> None:
        if row.expires_at is not None and row.expires_at < self._services.clock():
            await self._failure.mark_dead(row, "expired")
            return
        try:
            await self._deliver(row)
        except SlackError as error:
            await self._failure.handle(row, error)

    async def _deliver(self, row: OutboxRow) -> None:
        if row.kind in REACTIONS:
            await self._react(row)
        elif row.kind == "private":
            await self._reply_privately(row)
        elif row.state == "sending":
            await self._search_or_post_again(row)
        else:
            await self._post(row)

    # ------------------------------------------------------------ posts

    async def _search_or_post_again(self, row: OutboxRow) -> None:
        """Search for the post that an earlier try may have made. Post again unless it is found, or is still to wait."""
        if await self._outcome_found(row):
            return
        # From now on Slack may be at work on this try. If its answer gets lost too, the wait for a search begins anew.
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.start(uow.tx, row, uow.now)
        await self._post(row)

    async def _post(self, row: OutboxRow) -> None:
        if replies.has_no_thread(row):
            # The post that it replies to is gone, and in the channel itself it would say nothing.
            await self._failure.mark_dead(row, "no thread")
            return
        row, is_table = await self._forms.drawable(row), bool(row.payload.get("made", {}).get("text"))
        is_devins = is_table or row.key.startswith(DEVINS_POSTS)
        shared = (row.session_id is not None or is_devins) and await self._is_shared(row)
        if shared and is_devins:
            await self._failure.mark_dead(row, SHARED)
            return
        if has_files(row):
            prepared = await self._files.prepare(row)
            if prepared is not None:
                await self._post_prepared(prepared)
            return
        drawing = await self._drawing(row, shared=shared)
        if drawing is None:
            await self._failure.mark_dead(row, "no session")
            return
        message = drawing.message
        await self._check_claim(row)
        # A crash or a lost answer from here on leaves the row marked: the post is searched for before it is repeated.
        ts = await self._slack(row).post(
            row.channel, message.text, message.blocks, key=row.key, thread_ts=row.thread_ts
        )
        await self._mark_sent(row, ts, drawing)

    async def _is_shared(self, row: OutboxRow) -> bool:
        return await self._shared_channels.is_shared(self._services.workspaces[row.team], row.channel)

    async def _post_prepared(self, row: OutboxRow) -> None:
        if not row.payload.get("uploaded"):
            await self._post(row)
            return
        await self._check_claim(row)
        ts = await self._files.share(row)
        await self._mark_sent(row, ts, _SHARED)

    async def _drawing(self, row: OutboxRow, *, shared: bool) -> Drawing | None:
        """Return what the post shows. A card is drawn now; any other post was stored as it is."""
        if row.kind == "card":
            return await draw(self._services, row.session_id, plain=bool(row.payload.get("plain")), shared=shared)
        return Drawing(Message(row.payload["text"], row.payload["blocks"]), version=0)

    async def _outcome_found(self, row: OutboxRow) -> bool:
        """Handle a post with an unknown outcome: wait, or search for it.

        Returns False if it is to be made again: it is not there, or nobody can find out whether it is.
        """
        timing = self._services.timing
        if has_files(row) and not row.payload.get("uploaded"):
            return False  # nothing was shared yet
        assert row.sending_at is not None
        age = self._services.clock() - row.sending_at  # when the search begins: what Slack does later it cannot show
        if age < timing.post_look_up:
            await self._failure.reschedule(row, timing.post_look_up - age, "outcome unknown", unknown=True)
            return True
        try:
            ts = await self._find(row)
        except SlackError as error:
            return await self._failure.unsearchable(row, error, timing.post_settle - age)
        if ts is not None:
            log.info("post had arrived", key=row.key)
            await self._mark_sent(row, ts)
        elif age < timing.post_settle:
            await self._failure.reschedule(row, timing.post_settle - age, "outcome unknown, not found", unknown=True)
        else:
            return False
        return True

    async def _find(self, row: OutboxRow) -> str | None:
        if row.payload.get("uploaded"):
            return await self._files.find(row)
        return await self._slack(row).find(row.channel, row.thread_ts, row.key, row.created_at)

    async def _mark_sent(self, row: OutboxRow, ts: str | None = None, drawing: Drawing | None = None) -> None:
        """Mark the row as sent and store what follows from it; `drawing` is what was posted just now, if it was."""
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.sent(uow.tx, row, ts, uow.now)
            if row.is_post and drawing is not None:
                # Slack counts its second from when it took the post, which may be a while after the token was taken.
                await rate_limits.block(uow.tx, row.lane, uow.now + self._services.timing.channel_interval)
            if row.follow is not None and ts is not None:
                await self._start_thread(uow, row, ts)
            if (alarm := row.payload.get("alarm")) is not None and ts is not None:
                await self._mark_alarm_posted(uow, alarm, ts)
            if row.kind == "card" and ts is not None:
                await self._mark_card_posted(uow, row, ts, drawing)
        self._services.metrics.sent(row.kind)
        log.info("sent", key=row.key, channel=row.channel, ts=ts)

    async def _mark_card_posted(self, uow: UnitOfWork, row: OutboxRow, ts: str, drawing: Drawing | None) -> None:
        """Store that the card was posted as the message `ts`, so that it is edited from now on.

        A card that a search found has no `drawing`, and may show an older state.
        """
        assert row.session_id is not None
        version, fingerprint = (drawing.version, drawing.fingerprint) if drawing else (0, None)
        if await cards.posted(uow.tx, row.session_id, ts, version, fingerprint, uow.now):
            uow.wakes[card_lane(row.team)] = 0.0

    async def _mark_alarm_posted(self, uow: UnitOfWork, alarm: str, ts: str) -> None:
        """Store that the post of an alarm is the message `ts`, so that it is edited from now on."""
        org_id = await alarms.posted(uow.tx, alarm, ts)
        if org_id is not None:
            tick = self._services.organisations[org_id].alarm_tick
            uow.after_commit(partial(self._services.engine.wake_by, tick, 0.0))

    async def _start_thread(self, uow: UnitOfWork, row: OutboxRow, ts: str) -> None:
        """Store that the card posted as `ts` begins its session's thread, and add the row that creates the session."""
        assert row.session_id is not None
        assert row.follow is not None
        session = await sessions.get(uow.tx, row.session_id)
        if session is None or session.thread_ts is not None:
            return
        named = reference(session.team, session.channel, ts)
        await sessions.change(uow.tx, session.id, thread_ts=ts, reference=named)
        thread = Thread(session.team, session.channel, ts, session.id, muted=False, closed=False, last_seen_ts=ts)
        await threads.put(uow.tx, thread, uow.now)
        await uow.add_to_inbox(start_row(row.follow, row.ref, session, ts, uow.now))
        await self._link_thread(uow, row, session, ts)

    async def _link_thread(self, uow: UnitOfWork, row: OutboxRow, session: Session, ts: str) -> None:
        """Link the thread that the card begins, privately, to the person who asked for the session.

        The link takes the place of what they were shown before, or stands in the thread in which they wrote `!new`.
        """
        url, asked_in = row.payload.get("response_url"), row.payload.get("asked_in")
        if url is None and asked_in is None:
            return
        link = self._slack(row).permalink(row.channel, ts)
        here = start_sentences.started_in_thread(session.prompt, link)
        elsewhere = start_sentences.started_elsewhere(session, link)
        to = Recipient(row.team, row.key, row.payload["user"], row.channel, asked_in, url)
        if url is not None:
            to = replace(to, replaces=True, asked_at=row.created_at)
        await uow.reply_privately(to, here if asked_in is None else elsewhere)

    # ------------------------------------------------------------ best effort

    async def _react(self, row: OutboxRow) -> None:
        # Without a check of the claim: a second worker, or a crash right here, repeats the call, which Slack then
        # refuses because the reaction is there, or gone, already.
        slack = self._slack(row)
        call = slack.react if row.kind == "reaction" else slack.unreact
        await call(row.channel, row.payload["ts"], row.payload["name"])
        await self._mark_sent(row)

    async def _reply_privately(self, row: OutboxRow) -> None:
        slack, payload = self._slack(row), row.payload
        # Without a check of the claim: a second worker, or a crash right here, shows a private answer twice.
        if payload.get("response_url"):
            await slack.respond(payload["response_url"], payload["text"], payload["blocks"], payload["replaces"])
        elif row.channel.startswith("D"):
            await slack.post(row.channel, payload["text"], payload["blocks"], key=row.key, thread_ts=row.thread_ts)
        else:
            await slack.ephemeral(row.channel, payload["user"], payload["text"], payload["blocks"], row.thread_ts)
        await self._mark_sent(row)

    def _slack(self, row: OutboxRow) -> Slack:
        return self._services.workspaces[row.team].slack

    async def _check_claim(self, row: OutboxRow) -> None:
        async with self._services.db.read(first=True) as tx:
            await outbox.check(tx, row)


def _bucket(lane: str, method: str) -> str:
    return f"{team_of(lane)}:{method}"


def _method(kind: str) -> tuple[str, Budget]:
    """Return the method of Slack's by which rows of a kind are sent, and its budget."""
    method = _METHOD[kind]
    return method, METHODS[method]
