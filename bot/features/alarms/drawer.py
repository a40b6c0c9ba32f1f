"""The post of an alarm, which shows what the alarm is now."""

from dataclasses import replace
from typing import ClassVar

from bot.conversation.session_costs import cost_so_far
from bot.conversation.titles import ShownTitles, permalink
from bot.domain.amounts import Money
from bot.domain.readers import Readers
from bot.domain.session import Session
from bot.features.alarms import rows as alarms
from bot.features.alarms.rules import Alarm, AlarmKind
from bot.features.alarms.sentences import WITHHELD, alarm_post
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer, Location, UnitOfWork
from bot.kernel.workspace import Workspace
from bot.slack.errors import SlackError
from bot.store import people, posts, sessions
from bot.store.database.connection import Transaction
from bot.store.outbox import OutboxRow
from bot.store.posts import post_key, subject_of
from bot.views.answers import failures as failure_sentences
from bot.views.message import Message


class AlarmPost(Drawer):
    """Draws the posts of alarms."""

    name: ClassVar[str] = "alarm"

    def __init__(self, services: Services) -> None:
        self._services = services

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:
        """Return the post of an alarm. None if the alarm is gone, or is yet to be posted in a `shared` channel."""
        alarm = await alarms.get(tx, subject)
        if alarm is None:
            return None
        if shared:
            post = await posts.get(tx, alarm_key(alarm))
            return None if post is None or post.ts is None else WITHHELD
        workspace = self._services.workspaces[alarm.team]
        session = await sessions.get(tx, alarm.subject) if alarm.kind is AlarmKind.RUNAWAY else None
        named = alarm.user if workspace.policy.shows_names else None
        by = await people.name_of(tx, alarm.team, named) if named else ""
        cost = await cost_of(tx, workspace, alarm, alarm.changed_at)
        return await _drawn(tx, workspace, alarm, session, by, cost)

    async def not_posted(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:
        """Announce in the thread of the session that something could not be posted there, or inform the admins.

        Without an `error` the channel is a shared one.
        """
        if error is None:
            await self._inform_admins(uow, subject_of(row.key))
        session = await sessions.get(uow.tx, row.session_id) if row.session_id and error is not None else None
        if session is not None and session.thread_ts is not None:
            await uow.post(f"lost:{row.key}", session, failure_sentences.post_lost(row.ref, session.url))

    async def _inform_admins(self, uow: UnitOfWork, key: str) -> None:
        alarm = await alarms.get(uow.tx, key)
        if alarm is None:
            return
        workspace, about = self._services.workspaces[alarm.team], replace(alarm, thread_ts=None)
        session = await sessions.get(uow.tx, alarm.subject) if alarm.kind is AlarmKind.RUNAWAY else None
        cost = await cost_of(uow.tx, workspace, alarm, alarm.changed_at)
        await uow.notify_admins(workspace, f"alarm:{key}", await notice(uow.tx, workspace, about, session, cost))


async def post_alarm(uow: UnitOfWork, alarm: Alarm) -> None:
    """Have `alarm` posted where it belongs, once."""
    whose = alarm.subject if alarm.thread_ts else None  # in the thread of its session
    await uow.show(AlarmPost, alarm.key, Location(alarm.team, alarm.channel, alarm.thread_ts, whose))


def alarm_key(alarm: Alarm) -> str:
    """The key of the post of `alarm`."""
    return post_key(AlarmPost.name, alarm.key)


async def notice(
    tx: Transaction, workspace: Workspace, alarm: Alarm, session: Session | None, cost: Money | None
) -> Message:
    """Return what the admins read of an alarm that has no post of its own, so that nothing can be pressed."""
    message = await _drawn(tx, workspace, alarm, session, cost=cost)
    return replace(message, blocks=[block for block in message.blocks if block["type"] != "actions"])


async def cost_of(tx: Transaction, workspace: Workspace, alarm: Alarm, at: float) -> Money | None:
    """Return what the session of `alarm` has cost; None for another kind of alarm, or where no price is known.

    Its figures are of the instant `at`.
    """
    if alarm.kind is not AlarmKind.RUNAWAY:
        return None
    return await cost_so_far(tx, workspace.policy.acu_price, alarm.subject, alarm.facts["acus"], at)


async def _drawn(
    tx: Transaction,
    workspace: Workspace,
    alarm: Alarm,
    session: Session | None,
    by: str = "",
    cost: Money | None = None,
) -> Message:
    thread = stand_in = None
    if session is not None:
        # An alarm without a post of its own is for the admins.
        readers = Readers(workspace.policy.admin_channel or "")
        stand_in = (await ShownTitles.read(tx, workspace, readers)).replacement(session.channel)
        thread = permalink(workspace, session)
    return alarm_post(alarm, session, by, thread, cost, stand_in, names=workspace.policy.shows_names)
