"""One transaction of a flow, with the lanes to wake once it is committed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.domain import lane as lanes_named
from bot.domain.causes import Cause
from bot.domain.session import Session
from bot.flows.workspace import Workspace
from bot.store import cards, inbox, outbox
from bot.store.database.connection import Transaction
from bot.store.inbox import InboxRow
from bot.store.outbox import OutboxRow
from bot.views.message import Message


@dataclass(slots=True)
class UnitOfWork:
    """One transaction of a flow."""

    tx: Transaction
    now: float
    workspace: Workspace
    ref: str
    wakes: dict[str, float] = field(default_factory=dict)
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do something once the transaction is committed; a crash may lose it."""
        self.afterwards.append(act)

    async def add_to_outbox(self, *rows: OutboxRow) -> None:
        """Put rows into the outbox."""
        if rows:
            await outbox.add(self.tx, rows)
            self.wakes |= {row.lane: max(row.next_at - self.now, 0.0) for row in rows}

    async def add_to_inbox(self, row: InboxRow[Cause]) -> None:
        """Put a row that follows into the inbox."""
        await inbox.add(self.tx, [row])
        self.wakes[row.lane] = max(row.ready_at - self.now, 0.0)

    async def redraw(self, *session_ids: str, figures_only: bool = False) -> None:
        """Ask for the newest state on these sessions' cards."""
        for team in await cards.redraw(self.tx, session_ids, self.now, figures_only=figures_only):
            self.wakes[lanes_named.card_lane(team)] = 0.0

    async def mark_session_dead(self, session_id: str, reason: str) -> None:
        """Give up all that is to be posted or edited for a session, because its channel cannot be posted to."""
        # In this order everywhere, rows of the outbox before cards: PostgreSQL locks them for the transaction.
        await outbox.mark_session_dead(self.tx, session_id, reason, self.now)
        await cards.mark_session_dead(self.tx, session_id, reason)

    async def post(
        self,
        key: str,
        session: Session,
        message: Message,
        *,
        rank: int = outbox.USUAL,
    ) -> None:
        """Say something in a session's thread."""
        assert session.thread_ts is not None
        await self.add_to_outbox(
            self.post_row(
                key,
                session.channel,
                session.thread_ts,
                message,
                session_id=session.id,
                rank=rank,
            )
        )

    def post_row(self, key: str, channel: str, thread_ts: str | None, message: Message, **more: object) -> OutboxRow:
        """A post as an outbox row; without a thread it is a message of its own in the channel."""
        row = OutboxRow(
            key=key,
            lane=lanes_named.channel_lane(self.workspace.team, channel),
            kind="post",
            team=self.workspace.team,
            channel=channel,
            thread=thread_ts or key,
            thread_ts=thread_ts,
            ref=self.ref,
            payload={"text": message.text, "blocks": message.blocks},
            next_at=self.now,
            created_at=self.now,
        )
        return replace(row, **more)  # type: ignore[arg-type]  # names are OutboxRow's own

    async def react(self, channel: str, ts: str, name: str) -> None:
        """A reaction: best effort, never removed."""
        key = f"react:{self.workspace.team}:{channel}:{ts}:{name}"
        await self.add_to_outbox(
            OutboxRow(
                key=key,
                lane=lanes_named.reaction_lane(self.workspace.team),
                kind="reaction",
                team=self.workspace.team,
                channel=channel,
                thread=key,
                ref=self.ref,
                payload={"ts": ts, "name": name},
                next_at=self.now,
                created_at=self.now,
                expires_at=self.now + 600,
            )
        )

    async def reply_privately(self, to: "Recipient", message: Message, *, key: str | None = None) -> None:
        """A private answer: best effort, since Slack shows it only to people active now."""
        key = f"priv:{key or to.cause}"
        await self.add_to_outbox(
            OutboxRow(
                key=key,
                lane=lanes_named.private_lane(key),
                kind="private",
                team=self.workspace.team,
                channel=to.channel,
                thread=key,
                thread_ts=to.thread_ts,
                ref=self.ref,
                payload={
                    "text": message.text,
                    "blocks": message.blocks,
                    "user": to.user,
                    "response_url": to.response_url,
                },
                next_at=self.now,
                created_at=self.now,
                expires_at=self.now + 1500,
            )
        )


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a private answer, and where."""

    cause: str  # the key of what is answered
    user: str
    channel: str
    thread_ts: str | None = None
    response_url: str | None = None
