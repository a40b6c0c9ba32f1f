"""`/devin pause` and `/devin resume`. A pause is a row that every start and every wake looks at, in all processes."""

from dataclasses import replace
from typing import Final

from bot.devin.errors import DevinError
from bot.domain.commands.picked import picked_channel
from bot.domain.commands.spec import CommandSpec
from bot.domain.lane import own_lane
from bot.domain.roles import Right
from bot.features.pauses import sentences as views
from bot.features.pauses.specs import EVERYWHERE, HERE, PAUSE, RESUME, read_place
from bot.kernel.access import Access
from bot.kernel.commands.handler import Answer, Asked, Deferred, Handler, asked_by
from bot.kernel.job import CommandJob, finish_with, move, recipient_of
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.logs import get_logger
from bot.store import audit, pauses, people, session_lists
from bot.store.audit import AuditRow
from bot.store.pauses import Pause
from bot.views.answers.pauses import paused_by
from bot.views.message import Message
from bot.views.sentences import STOPPABLE

log = get_logger(__name__)

SCHEDULES: Final = "schedules"  # the argument of a row that only names them, because the pause is stored


class Pauses:
    """Pauses the bot and resumes it, for an admin, or in a channel for who administers that."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the commands do: it is done within the ack."""
        return dict.fromkeys((PAUSE, RESUME), Handler(self._answer, self._run))

    async def _answer(self, asked: Asked) -> Answer:
        channel = await self._channel(asked)
        if isinstance(channel, Message):
            return channel
        # A crash right after this commit leaves a change that was not confirmed. To repeat it says so.
        async with self._services.unit_of_work(urgent=True) as uow:
            message = await _change(uow, asked, channel)
        # Which schedules go on is read in Devin, for which no ack waits.
        pauses_all = asked.spec is PAUSE and not channel
        return Deferred(own_lane(asked.key), SCHEDULES, message) if pauses_all else message

    async def _run(self, job: CommandJob) -> None:
        """Name the schedules that go on, or do what a choice says."""
        if job.cause.argument == SCHEDULES:
            await self._name_schedules(job)
            return
        asked = asked_by(job, self._services.commands.named(job.cause.command))
        channel = await self._channel(asked)
        async with self._services.unit_of_work_for(job) as uow:
            message = channel if isinstance(channel, Message) else await _change(uow, asked, channel)
            if asked.spec is PAUSE and channel == "":
                # With a key of its own, because the schedules that go on are named in an answer below it. After a crash
                # the row names them once more, and pauses nothing again.
                await uow.reply_privately(recipient_of(job), message, key=f"{job.row.key}:paused")
                then = replace(job.cause, argument=SCHEDULES, pressed=False, chosen=False, response_url=None)
                await move(uow, job, own_lane(asked.key), then)
            else:
                await finish_with(uow, job, message)

    async def _name_schedules(self, job: CommandJob) -> None:
        """Answer which schedules start sessions in Devin all the same; nothing where there are none."""
        try:
            found = [one async for one in job.workspace.organisation.devin.schedules() if one.enabled]
        except DevinError as error:
            log.warning("schedules not read", error=type(error).__name__)
            await self._services.answer(job, views.SCHEDULES_UNREAD)
            return
        if found:
            await self._services.answer(job, views.schedules_go_on([one.name for one in found]))
        else:
            await self._services.close(job)

    async def _channel(self, asked: Asked) -> str | Message:
        """Return the channel that is meant, empty for the whole workspace; or what is to be said or asked instead."""
        place = read_place(asked.argument) or ""
        if not place:
            return await self._bare(asked)
        channel = asked.channel if place == HERE else picked_channel(place) or ""
        if place != EVERYWHERE and (not channel or channel.startswith("D")):
            return views.NO_CHANNEL
        return await self._refusal(asked, channel) or channel

    async def _bare(self, asked: Asked) -> str | Message:
        """Ask where to pause; or return what a `resume` without a place means: what is paused here, else everything."""
        here = "" if asked.channel.startswith("D") else asked.channel
        async with self._services.db.read() as tx:
            held = {pause.channel for pause in await pauses.of_workspace(tx, asked.workspace.team)}
        if asked.spec is RESUME or "" in held:
            channel = here if asked.spec is RESUME and here in held else ""
            return await self._refusal(asked, channel) or channel
        refusal = await self._refusal(asked, "")
        if refusal is None:
            return views.ask_where(here)
        return refusal if not here or await self._refusal(asked, here) else views.ask_where(here, everywhere=False)

    async def _refusal(self, asked: Asked, channel: str) -> Message | None:
        """Why the person may not pause or resume there; None if they may."""
        right = (asked.workspace, asked.user, Right.ADMINISTER)
        if channel and await self._access.right_refusal(*right, channel) is None:
            return None
        return await self._access.admins_only(asked.workspace, asked.user, asked.spec.admins_can, asked.spec.instead)


async def _change(uow: UnitOfWork, asked: Asked, channel: str) -> Message:
    """Pause the bot in `channel` or resume it, and return what is to be said about it."""
    team = asked.workspace.team
    await uow.redraw_home(team, asked.user)
    held = {pause.channel: pause for pause in await pauses.of_workspace(uow.tx, team)}
    names = await people.names(uow.tx, team, {pause.user for pause in held.values()})
    said = {where: paused_by(names.get(pause.user, "someone"), where, pause.at) for where, pause in held.items()}
    if asked.spec is PAUSE:
        if channel in held:
            return views.paused_already(said[channel], channel)
        await pauses.add(uow.tx, team, Pause(channel, asked.user, uow.now))
        await _record(uow, asked, channel)
        if channel:
            return views.paused_channel(channel, said.get(""))
        awake = await session_lists.awake(uow.tx, team)
        return views.paused(sum(session.display_state in STOPPABLE for session in awake))
    pause = held.get(channel)
    others = [said[where] for where in said if where != channel and (where == "" or not channel)]
    if pause is None:
        return views.not_paused(channel, others)
    await pauses.remove(uow.tx, team, channel)
    await _record(uow, asked, channel, {"paused_by": pause.user, "at": pause.at})
    return views.resumed(channel, others)


async def _record(uow: UnitOfWork, asked: Asked, channel: str, before: dict[str, object] | None = None) -> None:
    row = AuditRow(asked.workspace.team, uow.now, asked.user, asked.spec.name, channel, asked.channel or None, before)
    await audit.add(uow.tx, row)
