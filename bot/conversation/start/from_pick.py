"""A message that somebody picked starts a session in its thread, in the name of who picked it.

The row has the lane of the thread, so of two picks the second one finds the session of the first.
"""

from collections.abc import Awaitable, Callable

from bot.conversation.start.from_message import StartFromMessage
from bot.domain.causes import CommandCause, Confirmation, MessageCause
from bot.domain.lane import person_lane
from bot.domain.pick import Pick, PickedBy, ThreadRef
from bot.kernel.access import Access
from bot.kernel.job import Job, move
from bot.kernel.readable import Readable
from bot.kernel.services import Services
from bot.store import threads
from bot.store.threads import Thread


class StartFromPick:
    """Starts the sessions of picked messages; `is_live` says whether the session of a thread goes on."""

    def __init__(
        self,
        services: Services,
        access: Access,
        start_from_message: StartFromMessage,
        is_live: Callable[[Thread], Awaitable[bool]],
    ) -> None:
        self._services = services
        self._access = access
        self._readable = Readable(access)
        self._start_from_message = start_from_message
        self._is_live = is_live

    async def run(self, job: Job[MessageCause], pick: Pick) -> None:
        """Start the session, in a thread of its own where the message's has one that goes on."""
        cause = job.cause
        refusal = await self._access.start_refusal(job.workspace, cause.user, cause.channel)
        if refusal is not None:
            await self._services.answer(job, refusal)
            return
        async with self._services.db.read() as tx:
            thread = await threads.get(tx, job.workspace.team, cause.channel, cause.root_ts)
        if thread is None or not await self._is_live(thread):
            text = await self._readable.text(job.workspace, cause.text)
            await self._start_from_message.start(job, text)
        elif pick.by is PickedBy.FORM:
            await self._start_elsewhere(job)
        else:
            await self._services.close(job)

    async def _start_elsewhere(self, job: Job[MessageCause]) -> None:
        cause = job.cause
        command = CommandCause(
            cause.user,
            cause.channel,
            cause.text,
            confirmation=Confirmation(again=True),
            options=cause.options,
            answer_in=cause.answer_in,
            about=ThreadRef(cause.channel, cause.root_ts),
        )
        # A crash before this commit has the thread read again, and after it the row is that of the command.
        async with self._services.unit_of_work_for(job) as uow:
            await move(uow, job, person_lane(job.workspace.team, cause.user), command)
