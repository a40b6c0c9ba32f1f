"""A start for which there is no room waits, if an admin may make some."""

from bot.conversation.steer.held_start import answer_refusal
from bot.domain.causes import AskingCause
from bot.kernel.gates import Asker, Gates
from bot.kernel.job import Job
from bot.kernel.services import Services


async def is_refused(services: Services, gates: Gates, job: Job[AskingCause]) -> bool:
    """Whether the gates refuse the start of `job`. Its row is then closed with the reason, or waits."""
    cause = job.cause
    refusal = await gates.start_refusal(Asker(job.workspace, cause.user, cause.channel, cause.user, job.row.key))
    if refusal is None:
        return False
    await answer_refusal(services, job, refusal, None)
    return True
