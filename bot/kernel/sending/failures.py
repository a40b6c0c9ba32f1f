"""What happens to an outbox row that Slack did not take: it is sent later, sent in another form, or marked dead.

The waits are also those for edits (`bot.kernel.sending.edits`).
"""

from collections.abc import Awaitable, Callable
from typing import Final

from bot.kernel.sending.drawings import Drawing, Drawings, note_form_refused
from bot.kernel.sending.file_sources import FileSources
from bot.kernel.sending.forms import OF_FILES, in_plainer_form, note_refused
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.slack.errors import (
    AnswerUrlSpent,
    ChannelGone,
    ScopeMissing,
    SlackBusy,
    SlackError,
    SlackOutcomeUnknown,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    TokenRefused,
)
from bot.slack.rate_limits import of_method
from bot.store import outbox, posts, rate_limits, sessions
from bot.store.outbox import OutboxRow
from bot.timing import Timing
from bot.views.answers import failures as failure_sentences
from bot.views.plain_text import without_blocks

log = get_logger(__name__)

# A row with a fault of our own dies after so many tries; what Slack does not take also has to be `send_outage` old.
MOST_ATTEMPTS: Final = 8
REACTIONS: Final = frozenset({"reaction", "reaction_removal"})
BEST_EFFORT: Final = REACTIONS | {"private"}

# Informs the asker of a session that its channel cannot be posted in, and marks the session's posts dead.
ChannelLost = Callable[[UnitOfWork, str, str, ChannelGone], Awaitable[None]]


class SendFailures:
    """Decides what a failed send means for its row, and stores that."""

    def __init__(self, services: Services, drawings: Drawings, sources: FileSources, channel_lost: ChannelLost) -> None:
        self._services = services
        self._channel_lost = channel_lost
        self._drawings = drawings
        self._sources = sources

    async def handle(self, row: OutboxRow, error: SlackError) -> None:
        """Reschedule the row after `error`, or change its form, or mark it dead."""
        log.warning("send failed", key=row.key, kind=row.kind, error=str(error))
        self._services.tracing.failed(error.outcome)
        if isinstance(error, SlackRateLimited):
            await self._slow_down(row, error)
        elif isinstance(error, SlackOutcomeUnknown):
            await self._outcome_unknown(row, error)
        elif isinstance(error, SlackUnreachable | SlackBusy | TokenRefused | ScopeMissing):
            await self._try_again(row, error)
        elif isinstance(error, SlackRefused) and error.may_be_the_form and row.payload.get("plainer"):
            await self.send_in_plainer_form(row, error)
        elif isinstance(error, SlackRefused) and error.may_be_the_form and _has_plain_form(row):
            await self._without_blocks(row)
        elif isinstance(error, AnswerUrlSpent) and row.kind == "private":
            await self._without_url(row)
        else:
            await self.die(row, error)

    async def reschedule(self, row: OutboxRow, seconds: float, reason: str, *, unknown: bool = False) -> None:
        """Put the row back for `seconds`. With `unknown` its post may have been made."""
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.reschedule(uow.tx, row, uow.now + seconds, reason, unknown=unknown)

    async def unsearchable(self, row: OutboxRow, error: SlackError, left: float) -> bool:
        """Handle a search for the row's post that failed with `error`. Returns False if the post is to be made again.

        While Slack may be at work on the post, for `left` seconds, or while a later search may work, the row is put
        back. If none will, nobody knows whether the post was made: a row that must not appear twice (`once`, a digest)
        is marked dead, and any other is posted again.
        """
        passing = not isinstance(error, SlackRefused) or isinstance(error, SlackBusy | TokenRefused)
        lasting = self._services.clock() - row.created_at > self._services.timing.send_outage
        if left > 0 or (passing and not lasting):
            wait = left if left > 0 else self._services.timing.post_settle
            wait = error.retry_after if isinstance(error, SlackRateLimited) else wait
            await self.reschedule(row, wait, f"outcome unknown, search: {error.outcome}", unknown=True)
            return True
        if not row.payload.get("once"):
            return False
        log.error("post dropped", key=row.key, error=str(error))
        await self.mark_dead(row, f"outcome unknown, search: {error.outcome}")
        return True

    async def mark_dead(self, row: OutboxRow, reason: str) -> None:
        """Mark the row dead without announcing it, because it was best effort or there is nobody to inform."""
        self._services.tracing.failed(reason)
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await outbox.mark_dead(uow.tx, row, reason, uow.now)
            await self._note_loss(uow, row, reason, None)

    async def expire(self, row: OutboxRow) -> None:
        """Mark the row dead because it comes too late, and with a reaction the others of its lane that do."""
        await self.mark_dead(row, "expired")
        if row.kind in REACTIONS:
            # More of them may come in each second than this process has transactions for. A crash right here leaves
            # them open: the next one that is found to be too late takes them along.
            async with self._services.db.write() as tx:
                await outbox.drop_expired(tx, row.lane, self._services.clock())

    async def own_fault(self, row: OutboxRow) -> None:
        """Put the row back after a fault of our own, or mark it dead after MOST_ATTEMPTS: its thread must go on."""
        self._services.tracing.failed("own fault")
        if row.attempts < MOST_ATTEMPTS:
            async with self._services.unit_of_work(ref=row.ref) as uow:
                await outbox.failed(uow.tx, row)
            await self.reschedule(
                row, self._services.timing.send_first_retry * 2**row.attempts, "own fault", unknown=True
            )
            return
        await self.die(row, SlackError("send", "own_fault", "could not be sent"))

    async def _slow_down(self, row: OutboxRow, error: SlackRateLimited) -> None:
        async with self._services.unit_of_work(ref=row.ref) as uow:
            # The rate limit is moved, so no worker has to wait.
            if row.is_post:
                await rate_limits.block(uow.tx, row.lane, uow.now + error.retry_after)
            else:
                await slow_down_method(uow, row.team, error)
            await outbox.reschedule(uow.tx, row, uow.now + error.retry_after, "rate limited")

    async def _outcome_unknown(self, row: OutboxRow, error: SlackOutcomeUnknown) -> None:
        if row.kind in REACTIONS:
            await self.mark_dead(row, error.reason)
        elif not row.is_post:
            # A private answer shown twice does no harm.
            await self._try_again(row, error)
        else:
            await self.reschedule(row, self._services.timing.post_look_up, error.reason, unknown=True)

    async def _try_again(self, row: OutboxRow, error: SlackError) -> None:
        too_old = self._services.clock() - row.created_at > self._services.timing.send_outage
        if row.kind in REACTIONS or (row.attempts >= MOST_ATTEMPTS and too_old and not row.is_drawn):
            await self.die(row, error)
            return
        await self.reschedule(row, seconds_until_retry(self._services.timing, row.attempts), str(error))

    async def send_in_plainer_form(self, row: OutboxRow, refused: SlackRefused | None = None) -> None:
        """Have the row sent once more in the next of its plainer forms (see `Message.plainer`).

        `refused` is Slack's refusal of the present form: its blocks are then kept from later posts for a while. None if
        the present form was not sent, because its file cannot be made or shared.
        """
        # A crash right before this commit leaves a row that counts as being sent: the search finds nothing, because
        # Slack has refused it, and the next try is refused again and comes here.
        async with self._services.unit_of_work(ref=row.ref) as uow:
            if refused is not None:
                plainer = in_plainer_form(row.payload)["blocks"]
                await note_refused(uow, row.team, refused, row.payload["blocks"], plainer)
            await outbox.replace_payload(uow.tx, row, in_plainer_form(row.payload))
            await outbox.reschedule(uow.tx, row, uow.now, "blocks refused")

    async def draw_plainer(self, row: OutboxRow, drawing: Drawing, refused: SlackRefused) -> None:
        """Have the row drawn and sent once more in the next plainer form, because Slack `refused` that of `drawing`."""
        # A crash before this commit leaves a row that counts as being sent, as in `send_in_plainer_form`.
        async with self._services.unit_of_work(ref=row.ref) as uow:
            await note_form_refused(uow, row.team, drawing, refused)
            await outbox.replace_payload(uow.tx, row, row.payload | {"form": drawing.form + 1})
            await outbox.reschedule(uow.tx, row, uow.now, "blocks refused")

    async def _without_blocks(self, row: OutboxRow) -> None:
        """Have the row sent once more without its blocks, as one text that says all that they say."""
        async with self._services.unit_of_work(ref=row.ref) as uow:
            payload = {name: value for name, value in row.payload.items() if name not in OF_FILES} | {"plain": True}
            if payload.get("blocks"):
                session = await sessions.get(uow.tx, row.session_id) if row.session_id else None
                whole = without_blocks(payload["blocks"], session.url if session else None)
                payload |= {"blocks": [], "text": whole or payload["text"]}
            await outbox.replace_payload(uow.tx, row, payload)
            await outbox.reschedule(uow.tx, row, uow.now, "blocks refused")

    async def _without_url(self, row: OutboxRow) -> None:
        async with self._services.unit_of_work(ref=row.ref) as uow:
            payload = row.payload | {"response_url": None}
            await outbox.replace_payload(uow.tx, row, payload)
            await outbox.reschedule(uow.tx, row, uow.now, "response_url spent")

    async def die(self, row: OutboxRow, error: SlackError) -> None:
        """Mark the row dead because of `error`, and announce what is lost."""
        async with self._services.unit_of_work(ref=row.ref) as uow:
            if isinstance(error, ChannelGone) and _silences_a_session(row):
                assert row.session_id is not None
                # First what marks all rows of the session dead, because it locks them in their order.
                await self._channel_lost(uow, row.session_id, row.channel, error)
                await outbox.mark_dead(uow.tx, row, str(error), uow.now)
            else:
                await outbox.mark_dead(uow.tx, row, str(error), uow.now)
                await self._announce_loss(uow, row, error)
        if row.kind not in BEST_EFFORT:
            self._services.metrics.died(row.kind)
            log.error("post dropped", key=row.key, error=str(error))

    async def _announce_loss(self, uow: UnitOfWork, row: OutboxRow, error: SlackError) -> None:
        await self._note_loss(uow, row, str(error), error)
        is_announced = row.is_drawn or row.kind in BEST_EFFORT or row.key.startswith("lost:")
        if not is_announced and row.session_id is not None:
            session = await sessions.get(uow.tx, row.session_id)
            if session is not None and session.thread_ts is not None:
                await uow.post(f"lost:{row.key}", session, failure_sentences.post_lost(row.ref, session.url))

    async def _note_loss(self, uow: UnitOfWork, row: OutboxRow, reason: str, error: SlackError | None) -> None:
        """Let the drawer or the sources of the row know that its post will never be there."""
        if row.is_drawn:
            await self._drawings.drawer(row.kind).not_posted(uow, row, error)
            await posts.mark_unposted_dead(uow.tx, row.key, reason)
        for source in self._sources.of_payload(row.payload):
            await source.not_shared(uow, row, error)


async def slow_down_method(uow: UnitOfWork, team: str, error: SlackRateLimited) -> None:
    """Block the method in a workspace until the wait that Slack asked for is over."""
    until = uow.now + error.retry_after + of_method(error.method).ahead
    await rate_limits.block(uow.tx, f"{team}:{error.method}", until)


def seconds_until_retry(timing: Timing, attempts: int) -> float:
    """Return how long to wait after `attempts` tries that Slack did not take."""
    return min(timing.send_first_retry * 2.0 ** min(attempts, 6), timing.send_longest_retry)


def _has_plain_form(row: OutboxRow) -> bool:
    return not row.payload.get("plain") and bool(row.payload.get("blocks"))


def _silences_a_session(row: OutboxRow) -> bool:
    return row.session_id is not None and row.follow is None and row.kind not in BEST_EFFORT
