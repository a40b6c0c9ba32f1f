"""The post of an alarm: posted once, like every post, and from then on edited to what the alarm is now.

An edit may be repeated, so neither a crash nor a lost answer leaves anything to look up. One worker at a
time watches an organisation, and makes these edits.
"""

from dataclasses import replace
from typing import Final

from bot.domain.alarms import Alarm, AlarmKind
from bot.domain.session import Session
from bot.flows.organisation import Organisation
from bot.flows.services import Services
from bot.flows.unit_of_work import UnitOfWork
from bot.flows.workspace import Workspace
from bot.logs import get_logger
from bot.slack.errors import SlackError, SlackRateLimited, SlackRefused
from bot.slack.rate_limits import EDITS
from bot.store import alarms, people, rate_limits, sessions
from bot.store.outbox import OutboxRow
from bot.views.alarms import alarm_post
from bot.views.message import Message

log = get_logger(__name__)

METHOD: Final = "chat.update"


def first_post(uow: UnitOfWork, workspace: Workspace, alarm: Alarm, session: Session | None) -> OutboxRow:
    """The row of the outbox that posts `alarm`; once it is sent, the alarm knows its message."""
    message = _drawn(workspace, alarm, session)
    row = uow.post_row(f"alarm:{alarm.key}", alarm.team, alarm.channel, alarm.thread_ts, message)
    whose = alarm.subject if alarm.thread_ts else None  # in the thread of its session
    return replace(row, payload=row.payload | {"alarm": alarm.key}, session_id=whose)


def notice(workspace: Workspace, alarm: Alarm, session: Session) -> Message:
    """Return what the admins read of an alarm that has no post of its own, so that nothing can be pressed."""
    message = _drawn(workspace, alarm, session)
    return replace(message, blocks=[block for block in message.blocks if block["type"] != "actions"])


class AlarmPosts:
    """Edits the posts of alarms."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def edit(self, organisation: Organisation) -> float:
        """Edit the posts of an organisation that show something old. Returns the seconds until more may be edited."""
        async with self._services.db.read() as tx:
            outdated = await alarms.to_edit(tx, organisation.id, self._services.clock())
        for alarm in outdated:
            wait = await self._edit(alarm)
            if wait:
                return wait
        return self._services.timing.alarm_watch

    async def _edit(self, alarm: Alarm) -> float:
        """Edit one post. Returns the seconds to wait if the rate limit allows no edit now."""
        workspace = self._services.workspaces.get(alarm.team)
        if workspace is None:
            return 0.0
        async with self._services.db.write() as tx:
            name = f"{alarm.team}:{METHOD}"
            wait = await rate_limits.take(tx, name, self._services.clock(), EDITS.interval, EDITS.burst)
        if wait:
            return wait
        try:
            await self._update(workspace, alarm)
        except SlackError as error:
            await self._fail(alarm, error)
            return 0.0
        async with self._services.db.write() as tx:
            await alarms.edited(tx, alarm)
        return 0.0

    async def _update(self, workspace: Workspace, alarm: Alarm) -> None:
        async with self._services.db.read() as tx:
            session = await sessions.get(tx, alarm.subject) if alarm.kind is AlarmKind.RUNAWAY else None
            named = alarm.user if workspace.policy.shows_names else None
            by = await people.name_of(tx, alarm.team, named) if named else ""
        message = _drawn(workspace, alarm, session, by)
        # A crash right here repeats the edit, which changes nothing.
        await workspace.slack.update(alarm.channel, alarm.ts or "", message.text, message.blocks, f"alarm:{alarm.key}")

    async def _fail(self, alarm: Alarm, error: SlackError) -> None:
        """Have the post edited later, or leave it as it is where Slack refuses the edit for good."""
        log.warning("alarm not edited", key=alarm.key, error=str(error))
        lasting = isinstance(error, SlackRefused) and error.permanent
        asked = error.retry_after if isinstance(error, SlackRateLimited) else 0.0
        async with self._services.db.write() as tx:
            if lasting:
                await alarms.edited(tx, alarm)
            else:
                wait = max(asked, self._services.timing.send_longest_retry)
                await alarms.edit_later(tx, alarm, self._services.clock() + wait)


def _drawn(workspace: Workspace, alarm: Alarm, session: Session | None, by: str = "") -> Message:
    permalink = None
    if session is not None and session.thread_ts is not None:
        permalink = workspace.slack.permalink(session.channel, session.thread_ts)
    return alarm_post(alarm, session, by, permalink, workspace.policy.acu_price)
