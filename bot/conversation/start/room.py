"""A start for which there is no room waits, if an admin may make some."""

from bot.conversation.steer.held_start import hold
from bot.domain.causes import AskingCause
from bot.kernel.gates import Asker, ForNow, Gates
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.views.answers import starts as start_sentences


async def is_refused(services: Services, gates: Gates, job: Job[AskingCause]) -> bool:
    """Whether the gates refuse the start of `job`. Its row is then closed with the reason, or waits."""
    cause = job.cause
    refusal = await gates.start_refusal(Asker(job.workspace, cause.user, cause.channel, cause.user, job.row.key))
    if refusal is None:
        return False
    if isinstance(refusal, ForNow):
        async with services.unit_of_work_for(job) as uow:
            await hold(uow, job, start_sentences.ROOM, refusal, wait=uow.timing.start_room)
    else:
        await services.answer(job, refusal)
    return True
