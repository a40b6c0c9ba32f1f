"""What every flow has at hand, and the step: one transaction, with the lanes to look at once it is committed."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, time, tzinfo
from typing import Protocol

from bot.devin.client import Devin
from bot.domain import lane as lanes_named
from bot.domain.session import Session
from bot.engine.port import Engine
from bot.metrics import Metrics
from bot.slack.client import Slack
from bot.store import cards, inbox, lanes, outbox, sessions
from bot.store.database.connection import Clock, Database, Transaction
from bot.store.inbox import InboxRow, InboxWriter
from bot.store.lanes import Claim
from bot.store.outbox import OutboxRow
from bot.timing import DAY, Timing
from bot.views.message import Message


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that flows obey."""

    admin_channel: str | None = None
    admin_users: frozenset[str] = frozenset()
    digest_time: time = time(9, 0)
    zone: tzinfo = UTC
    retention_seconds: float = 30 * DAY


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the bot lives in Slack."""

    team: str
    bot_user: str
    bot_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Job:
    """One inbox row and the right to work on it."""

    row: InboxRow
    claim: Claim


class Reschedule(Exception):  # noqa: N818 - not an error: the row goes back with a wait
    """Not now: look at this row again in so many seconds."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class Flow(Protocol):
    """A use case: closes its row itself, in the transaction that writes what came of it."""

    async def run(self, job: Job) -> None:
        """Do the work."""

    async def on_dead(self, uow: "UnitOfWork", job: Job, reason: str, /) -> None:
        """Say what was lost, in the transaction that buries the row."""


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

    async def add_to_inbox(self, row: InboxRow) -> None:
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


@dataclass(frozen=True, slots=True)
class Services:
    """The parts, wired once in the composition root."""

    db: Database
    engine: Engine
    devin: Devin
    slack: Slack
    writer: InboxWriter
    workspace: Workspace
    policy: Policy
    timing: Timing
    clock: Clock
    worker: str
    metrics: Metrics

    @asynccontextmanager
    async def unit_of_work(self, claim: Claim | None = None, ref: str = "-") -> AsyncIterator[UnitOfWork]:
        """One transaction. With a claim it is only committed while the lane is still ours."""
        async with self.db.write() as tx:
            if claim is not None:
                await lanes.hold(tx, claim)
            uow = UnitOfWork(tx, self.clock(), self.workspace, ref)
            yield uow
        # A crash right here loses only hints: the sweep looks at every lane with open rows.
        for lane, after in uow.wakes.items():
            self.engine.wake(lane, after)
        for act in uow.afterwards:
            act()

    def unit_of_work_for(self, job: Job) -> AbstractAsyncContextManager[UnitOfWork]:
        """A step in the name of a job."""
        return self.unit_of_work(job.claim, job.row.ref)

    async def check_claim(self, job: Job) -> None:
        """Look at the epoch right before a call to the outside."""
        async with self.db.read(first=True) as tx:
            await lanes.check(tx, job.claim)

    async def session(self, session_id: str) -> Session | None:
        """A session by our id."""
        async with self.db.read() as tx:
            return await sessions.get(tx, session_id)


def session_id(key: str) -> str:
    """The id of the session that a cause makes: the same cause always makes the same one."""
    return hashlib.blake2b(key.encode(), digest_size=10).hexdigest()


def short_id(key: str) -> str:
    """The beginning of that id: what people are told and the log shows."""
    return ref_of(session_id(key))


def ref_of(session_id: str) -> str:
    """The same of a session: what is said of it carries the reference of the message that started it."""
    return session_id[:10]


def reference(team: str, channel: str, ts: str) -> str:
    """What stands in a session's tag and in the first line of each message, to find it again by."""
    return f"slack-{team}-{channel}-{ts}"


async def finish(uow: UnitOfWork, job: Job) -> None:
    """Close the job's row and give its lane back, in this step."""
    await inbox.finish(uow.tx, [job.row.key], uow.now)
    await lanes.release(uow.tx, job.claim)
