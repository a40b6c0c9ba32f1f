"""What becomes of something that Slack did not take: later, in another form, or never and told."""

from typing import Final

from bot.flows.budget import of_method
from bot.flows.create import refuse
from bot.flows.tools import Listener, Step, Tools
from bot.logs import get_logger
from bot.slack.errors import (
    AnswerUrlSpent,
    ChannelGone,
    ContentRefused,
    ScopeMissing,
    SlackBusy,
    SlackError,
    SlackOutcomeUnknown,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    TokenRefused,
)
from bot.store import outbox, pace, sessions
from bot.store.outbox import OutboxRow
from bot.views import answers
from bot.views.message import Message

log = get_logger(__name__)

MOST_ATTEMPTS: Final = 8  # and at least `Timing.send_outage` old
BEST_EFFORT: Final = frozenset({"reaction", "private"})


class Failure:
    """Decides what a failed send means, and writes it down."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def handle(self, row: OutboxRow, error: SlackError) -> None:
        """Deal with one refusal or outage."""
        log.warning("send failed", key=row.key, kind=row.kind, error=str(error))
        if isinstance(error, SlackRateLimited):
            await self._slow_down(row, error)
        elif isinstance(error, SlackOutcomeUnknown):
            await self._unknown(row, error)
        elif isinstance(error, SlackUnreachable | SlackBusy | TokenRefused | ScopeMissing):
            await self._again(row, error)
        elif isinstance(error, ContentRefused) and _has_plain_form(row):
            await self._say_plainly(row)
        elif isinstance(error, AnswerUrlSpent) and row.kind == "private":
            await self._without_url(row)
        else:
            await self._give_up(row, error)

    async def later(self, row: OutboxRow, seconds: float, reason: str, *, unknown: bool = False) -> None:
        """Put the row back for a while."""
        async with self._tools.step(ref=row.ref) as step:
            await outbox.later(step.tx, row, step.now + seconds, reason, unknown=unknown)

    async def unsearchable(self, row: OutboxRow, error: SlackError) -> bool:
        """Deal with a search that failed; False when the post is to be made again all the same.

        What was not looked for stays unknown. Where it never can be, news may appear twice, a digest never.
        """
        passing = not isinstance(error, SlackRefused) or isinstance(error, SlackBusy | TokenRefused)
        if passing and self._tools.clock() - row.created_at <= self._tools.timing.send_outage:
            wait = error.retry_after if isinstance(error, SlackRateLimited) else self._tools.timing.post_settle
            await self.later(row, wait, f"outcome unknown, search: {error.outcome}", unknown=True)
            return True
        if not row.payload.get("once"):
            return False
        log.error("post is dead", key=row.key, error=str(error))
        await self.bury(row, f"outcome unknown, search: {error.outcome}")
        return True

    async def bury(self, row: OutboxRow, reason: str) -> None:
        """Give the row up without a word: best effort, or nobody is left to tell."""
        async with self._tools.step(ref=row.ref) as step:
            await outbox.bury(step.tx, row, reason, step.now)

    async def own_fault(self, row: OutboxRow) -> None:
        """Something of ours failed: a row that does so again and again must not silence its thread."""
        if row.attempts < MOST_ATTEMPTS:
            async with self._tools.step(ref=row.ref) as step:
                await outbox.failed(step.tx, row)
            await self.later(row, self._tools.timing.send_first_retry * 2**row.attempts, "own fault", unknown=True)
            return
        await self._give_up(row, SlackError("send", "own_fault", "could not be sent"))

    async def _slow_down(self, row: OutboxRow, error: SlackRateLimited) -> None:
        by_method = not row.is_post
        bucket = f"{row.team}:{error.method}" if by_method else row.lane
        async with self._tools.step(ref=row.ref) as step:
            # The pace waits, no worker does.
            ahead = of_method(error.method).ahead if by_method else 0.0
            await pace.block(step.tx, bucket, step.now + error.retry_after + ahead)
            await outbox.later(step.tx, row, step.now + error.retry_after, "rate limited")

    async def _unknown(self, row: OutboxRow, error: SlackOutcomeUnknown) -> None:
        if row.kind == "reaction":
            await self.bury(row, error.reason)
        elif not row.is_post:
            # A private answer shown twice does no harm, and an edit changes nothing.
            await self._again(row, error)
        else:
            await self.later(row, self._tools.timing.post_settle, error.reason, unknown=True)

    async def _again(self, row: OutboxRow, error: SlackError) -> None:
        too_old = self._tools.clock() - row.created_at > self._tools.timing.send_outage
        if row.kind == "reaction" or (row.attempts >= MOST_ATTEMPTS and too_old and row.kind != "card"):
            await self._give_up(row, error)
            return
        timing = self._tools.timing
        wait = min(timing.send_first_retry * 2 ** min(row.attempts, 6), timing.send_longest_retry)
        await self.later(row, wait, str(error))

    async def _say_plainly(self, row: OutboxRow) -> None:
        """Slack will never take these blocks; it will take the words."""
        async with self._tools.step(ref=row.ref) as step:
            payload = row.payload
            plain = payload | {"plain": True} | ({"blocks": []} if "blocks" in payload else {})
            await outbox.replace_payload(step.tx, row, plain)
            await outbox.later(step.tx, row, step.now, "blocks refused")

    async def _without_url(self, row: OutboxRow) -> None:
        async with self._tools.step(ref=row.ref) as step:
            payload = row.payload | {"response_url": None}
            await outbox.replace_payload(step.tx, row, payload)
            await outbox.later(step.tx, row, step.now, "response_url spent")

    async def _give_up(self, row: OutboxRow, error: SlackError) -> None:
        async with self._tools.step(ref=row.ref) as step:
            # First what gives up more than this row: it locks rows in their order.
            if row.kind not in BEST_EFFORT:
                await self._tell(step, row, error)
            await outbox.bury(step.tx, row, str(error), step.now)
        if row.kind not in BEST_EFFORT:
            self._tools.metrics.died(row.kind)
            log.error("post is dead", key=row.key, error=str(error))

    async def _tell(self, step: Step, row: OutboxRow, error: SlackError) -> None:
        if row.kind == "card" and row.ts is None and row.follow is not None:
            await self._tell_asker(step, row, error)
        elif isinstance(error, ChannelGone) and row.session_id is not None:
            await self._tell_directly(step, row)
        elif row.session_id is not None and not row.key.startswith("lost:"):
            session = await sessions.get(step.tx, row.session_id)
            if session is not None and session.thread_ts is not None:
                lost = answers.CARD_LOST if row.kind == "card" else answers.post_lost(row.ref, session.url)
                await step.post(f"lost:{row.key}", session, lost)

    async def _tell_asker(self, step: Step, row: OutboxRow, error: SlackError) -> None:
        """The card of a slash command could not be posted: nothing is started, and the asker hears why."""
        assert row.session_id is not None
        await refuse(step, row.session_id, answers.start_failed(row.ref))
        to = Listener(row.key, row.payload["user"], row.channel, None, row.payload.get("response_url"))
        await step.whisper(to, _why_no_card(error, row))

    async def _tell_directly(self, step: Step, row: OutboxRow) -> None:
        """The channel is gone for us: one word to the person who asked, and silence for the rest."""
        assert row.session_id is not None
        session = await sessions.get(step.tx, row.session_id)
        await outbox.bury_session(step.tx, row.session_id, "channel gone", step.now)
        if session is not None:
            message = answers.posting_lost(row.channel, session)
            await step.say(step.row(f"lost:{session.id}:channel", session.requester, None, message))


def _has_plain_form(row: OutboxRow) -> bool:
    return row.kind not in BEST_EFFORT and not row.payload.get("plain")


def _why_no_card(error: SlackError, row: OutboxRow) -> Message:
    if isinstance(error, ChannelGone):
        archived = error.error in {"is_archived", "channel_is_archived"}
        return answers.CHANNEL_ARCHIVED if archived else answers.not_in_channel()
    return answers.start_failed(row.ref)
