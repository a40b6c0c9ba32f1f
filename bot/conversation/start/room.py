"""A start for which there is no room waits, if an admin may make some; one of very many waits for a yes."""

from bot.conversation.steer.held_start import answer_refusal, hold
from bot.domain.causes import AskingCause
from bot.kernel.gates import Asker, Gates
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.store import sessions
from bot.timing import HOUR
from bot.views.answers import starts as start_sentences


async def is_refused(services: Services, gates: Gates, job: Job[AskingCause]) -> bool:
    """Whether the gates refuse the start of `job`. Its row is then closed with the reason, or waits.

    It waits too if its person has started as many sessions in an hour as nobody does by hand, and was not asked yet.
    """
    cause, most = job.cause, job.workspace.policy.starts_per_hour
    if most and not cause.confirmation.again:
        async with services.unit_of_work_for(job) as uow:
            started = await sessions.count_started(uow.tx, job.workspace.team, cause.user, uow.now - HOUR)
            if started >= most:
                await hold(uow, job, start_sentences.MANY, start_sentences.ask_about_many(job.row.key, started))
                return True
    refusal = await gates.start_refusal(Asker(job.workspace, cause.user, cause.channel, cause.user, job.row.key))
    if refusal is None:
        return False
    await answer_refusal(services, job, refusal, None)
    return True
