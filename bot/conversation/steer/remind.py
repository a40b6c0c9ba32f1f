"""Whether questions of Devin's are asked about again in a thread: what `!remind` chooses."""

from bot.domain.commands.registry import REMIND
from bot.domain.commands.spec import CommandSpec
from bot.domain.roles import Right
from bot.kernel.access import Access
from bot.kernel.commands.handler import Handler
from bot.kernel.job import CommandJob, finish_with
from bot.kernel.services import Services
from bot.store import sessions, threads
from bot.views.answers import notifications as notification_sentences
from bot.views.answers.sessions import NO_SESSION_HERE


class Remind:
    """Stores whether a thread has reminders, and says which holds."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access

    def handlers(self) -> dict[CommandSpec, Handler]:
        """What the command does."""
        return {REMIND: Handler(run=self._run)}

    async def _run(self, job: CommandJob) -> None:
        """Switch the reminders of the thread on or off, or say without a word which they are."""
        cause, workspace = job.cause, job.workspace
        place = (workspace.team, cause.channel or "", cause.thread_ts or "")
        async with self._services.db.read() as tx:
            thread = await threads.get(tx, *place)
            session = None if thread is None else await sessions.get(tx, thread.session_id)
        refusal = None
        if cause.argument and session is not None:
            refusal = await self._access.right_refusal(
                workspace, cause.user or "", Right.STEER, session.channel, asker=session.requester
            )
        async with self._services.unit_of_work_for(job) as uow:
            thread = await threads.get(uow.tx, *place)
            if thread is None or refusal is not None:
                await finish_with(uow, job, refusal or NO_SESSION_HERE)
                return
            on = cause.argument == "on" if cause.argument else not thread.no_reminders
            if cause.argument:
                await threads.set_reminders(uow.tx, thread, on=on)
            await finish_with(uow, job, notification_sentences.reminders(on=on, changed=bool(cause.argument)))
