"""Outbox lanes: each row reaches Slack once, in the order of its thread and at the rate of its channel.

1. A token of the rate limit is taken, the row is claimed and, if it is a post, marked as being sent.
2. Before a post, the epoch is checked. Reactions and private answers need no check: to repeat one does no harm.
3. Slack is called. A post carries its key in the metadata.
4. The row is marked as sent, with what follows from it, and the claim is released.

A crash or a lost answer between 1 and 4 leaves the row marked as being sent. Soon afterwards the thread is searched for
the key, and a post that is found counts as sent. One that is not found is made again only after a search at a time when
Slack cannot be at work on it any more. Where the thread can never be searched, the post is made again too, and may then
appear twice (`SendFailures.unsearchable`). Reactions and private answers are not searched for.

The posts of several channels take steps 1, 2 and 4 together (`Claims`).
"""

from typing import Final

from bot.domain.keys import ADMINS_POSTS, DEVINS_POSTS
from bot.domain.lane import edit_lane, team_of
from bot.kernel.access import Access
from bot.kernel.sending.claims import Claims
from bot.kernel.sending.drawings import Drawing, Drawings
from bot.kernel.sending.failures import REACTIONS, SendFailures
from bot.kernel.sending.file_sources import FileSources
from bot.kernel.sending.files import FilePosts, has_files
from bot.kernel.sending.forms import PostForms
from bot.kernel.sending.withheld import WithheldFigures
from bot.kernel.services import Services
from bot.kernel.shared_channels import SHARED, SharedChannels
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.slack.client import Slack
from bot.slack.errors import SlackError, SlackRefused
from bot.store import outbox, posts, replies
from bot.store.lanes import ClaimLostError
from bot.store.outbox import OutboxRow
from bot.views.message import Block

log = get_logger(__name__)

AT_ONCE_IN_A_LANE: Final = 4
_PEOPLE: Final = ("U", "W")  # with which the ids of people begin
_DIRECT: Final = ("D", *_PEOPLE)  # Slack shows a post to the id of a person in their direct messages


class Send:
    """Works off outbox lanes."""

    def __init__(
        self,
        services: Services,
        access: Access,
        failure: SendFailures,
        files: FilePosts,
        drawings: Drawings,
        sources: FileSources,
        shared_channels: SharedChannels,
    ) -> None:
        self._services = services
        self._access = access
        self._failure = failure
        self._drawings = drawings
        self._files = files
        self._sources = sources
        self._forms = PostForms(services, sources)
        self._shared_channels = shared_channels
        self._figures = WithheldFigures(services, access, failure, shared_channels)
        self._claims = Claims(services)

    async def work(self, lane: str) -> float | None:
        """Send one row of `lane`. Returns the seconds until the lane is to be worked on again, or None."""
        if self._services.workspaces.get(team_of(lane)) is None:
            return None  # its rows wait, and the sweep wakes the lane again
        row, wait = await self._claims.find(lane)
        if row is None:
            return wait
        with self._claims.in_hand(row):
            return await self._work_on(row)

    async def _work_on(self, found: OutboxRow) -> float | None:
        row = await self._claims.take(found)
        if not isinstance(row, OutboxRow):
            return row
        # Let the lane's next row be sent after the interval, even if this one is not sent by then: a row with which
        # Slack is slow holds up only its own thread. A lane in which many rows hang already gets no more of the slots,
        # because all lanes share them.
        if self._claims.count(row.lane) < AT_ONCE_IN_A_LANE:
            self._services.engine.pass_on(row.lane, self._services.timing.channel_interval)
        with self._services.working_on(row, "send", row.kind):
            try:
                await self._send(row)
            except ClaimLostError:
                log.warning("row taken over or dropped", key=row.key)
                return None
            except Exception:
                log.exception("send failed", key=row.key)
                await self._failure.own_fault(row)
        return self._claims.rest(row.lane)

    async def _send(self, row: OutboxRow) -> None:
        if row.has_expired(self._services.clock()):
            await self._failure.expire(row)
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
        if row.is_drawn:
            await self._post_drawn(row)
            return
        if not await self._is_for_its_reader(row):
            await self._failure.mark_dead(row, "no longer an admin")
            return
        row = await self._forms.drawable(row)
        if await self._figures.withholds(row):
            return
        if self._is_devins(row) and await self._is_shared(row):
            await self._failure.mark_dead(row, SHARED)
            return
        if has_files(row):
            prepared = await self._files.prepare(row)
            if prepared is not None:
                await self._post_prepared(prepared)
            return
        ts = await self._make(row, row.payload["text"], row.payload["blocks"])
        await self._record_sent(row, ts, is_new=True)

    async def _post_drawn(self, row: OutboxRow) -> None:
        """Make a post that is drawn now, and edited afterwards."""
        drawing = await self._drawings.draw(row.key, row.payload.get("form", 0))
        if drawing is None:
            await self._failure.mark_dead(row, "nothing to show")
            return
        try:
            ts = await self._make(row, drawing.message.text, drawing.message.blocks)
        except SlackRefused as refused:
            if not refused.may_be_the_form or drawing.plainer is None:
                raise
            log.warning("form refused", key=row.key, error=str(refused))
            await self._failure.draw_plainer(row, drawing, refused)
            return
        await self._record_sent(row, ts, drawing, is_new=True)

    async def _make(self, row: OutboxRow, text: str, blocks: list[Block]) -> str:
        await self._claims.check(row)
        # A crash or a lost answer from here on leaves the row marked: the post is searched for before it is repeated.
        return await self._slack(row).post(row.channel, text, blocks, key=row.key, thread_ts=row.thread_ts)

    def _is_devins(self, row: OutboxRow) -> bool:
        """Whether the post shows what Devin said or did, or a file that may not appear in a shared channel."""
        sources = self._sources.of_payload(row.payload)
        return row.key.startswith(DEVINS_POSTS) or any(source.is_devins for source in sources)

    async def _is_for_its_reader(self, row: OutboxRow) -> bool:
        """Whether the post may still be read by whom it goes to: one to an admin, by who is an admin now."""
        reader = row.key.rpartition(":")[2]
        if not row.key.startswith(ADMINS_POSTS) or not reader.startswith(_PEOPLE):
            return True
        return await self._access.is_admin(self._services.workspaces[row.team], reader)

    async def _is_shared(self, row: OutboxRow) -> bool:
        return await self._shared_channels.is_shared(self._services.workspaces[row.team], row.channel)

    async def _post_prepared(self, row: OutboxRow) -> None:
        if not row.payload.get("uploaded"):
            await self._post(row)
            return
        await self._claims.check(row)
        try:
            ts = await self._files.share(row)
        except SlackRefused as refused:
            if not await self._files.upload_anew(row, refused):
                raise
            return
        await self._record_sent(row, ts, is_new=True)

    async def _outcome_found(self, row: OutboxRow) -> bool:
        """Handle a post with an unknown outcome: wait, or search for it.

        Returns False if it is to be made again: it is not there, or nobody can find out whether it is.
        """
        timing = self._services.timing
        unshared = has_files(row) and not row.payload.get("uploaded")
        if unshared and not self._services.restoration.may_be_posted(row):
            return False
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
            log.info("post found in Slack", key=row.key)
            await self._record_sent(row, ts)
        elif age < timing.post_settle:
            await self._failure.reschedule(row, timing.post_settle - age, "outcome unknown, not found", unknown=True)
        else:
            return False
        return True

    async def _find(self, row: OutboxRow) -> str | None:
        if has_files(row):
            return await self._files.find(row)
        since = self._services.restoration.earliest(row.created_at) - self._services.setup.ahead_of("Slack")
        return await self._slack(row).find(row.channel, row.thread_ts, row.key, since)

    async def _record_sent(
        self, row: OutboxRow, ts: str | None = None, drawing: Drawing | None = None, *, is_new: bool = False
    ) -> None:
        """Mark the row as sent and store what follows. If it `is_new`, its post was made just now, as the `drawing`."""
        # A crash before either commit leaves a post marked as being sent: its thread is searched for it.
        if ts is not None and is_new and self._ends_with(row):
            await self._claims.mark_sent(row, ts)
        else:
            await self._mark_sent(row, ts, drawing, is_new=is_new)
        self._services.metrics.sent(row.kind)
        log.info("sent", key=row.key, channel=row.channel, ts=ts)

    async def _mark_sent(self, row: OutboxRow, ts: str | None, drawing: Drawing | None, *, is_new: bool) -> None:
        async with self._services.unit_of_work(ref=row.ref) as uow:
            if row.is_post and is_new:
                await self._claims.block(uow.tx, [row.lane], uow.now)
            await outbox.sent(uow.tx, row, ts, uow.now)
            if row.is_drawn and ts is not None:
                await self._note_posted(uow, row, ts, drawing)
            for source in self._sources.of_payload(row.payload):
                await source.shared(uow, row)

    def _ends_with(self, row: OutboxRow) -> bool:
        """Whether nothing follows from the post once it is sent, so that it may be marked together with others."""
        follows = row.is_drawn or row.payload.get("begins_thread") or self._sources.of_payload(row.payload)
        return not follows

    async def _note_posted(self, uow: UnitOfWork, row: OutboxRow, ts: str, drawing: Drawing | None) -> None:
        """Store that the post stands as the message `ts`, so that it is edited from now on, and what follows.

        A post that a search found has no `drawing`, and may show an older state.
        """
        await self._drawings.drawer(row.kind).posted(uow, row, ts)
        version, fingerprint = (drawing.version, drawing.fingerprint) if drawing else (0, None)
        if await posts.posted(uow.tx, row.key, ts, version, fingerprint, uow.now):
            uow.wakes[edit_lane(row.team)] = 0.0
        await self._drawings.note_shown(uow, row.key)

    # ------------------------------------------------------------ best effort

    async def _react(self, row: OutboxRow) -> None:
        # Without a check of the claim: a second worker, or a crash right here, repeats the call, which Slack then
        # refuses because the reaction is there, or gone, already.
        slack = self._slack(row)
        call = slack.react if row.kind == "reaction" else slack.unreact
        await call(row.channel, row.payload["ts"], row.payload["name"])
        await self._record_sent(row)

    async def _reply_privately(self, row: OutboxRow) -> None:
        slack, payload = self._slack(row), row.payload
        # Without a check of the claim: a second worker, or a crash right here, shows a private answer twice.
        if payload.get("response_url"):
            url, thread_ts = payload["response_url"], payload.get("pressed_in")
            await slack.respond(url, payload["text"], payload["blocks"], payload["replaces"], thread_ts=thread_ts)
        elif row.channel.startswith(_DIRECT):
            await slack.post(row.channel, payload["text"], payload["blocks"], key=row.key, thread_ts=row.thread_ts)
        else:
            await slack.ephemeral(row.channel, payload["user"], payload["text"], payload["blocks"], row.thread_ts)
        await self._record_sent(row)

    def _slack(self, row: OutboxRow) -> Slack:
        return self._services.workspaces[row.team].slack
