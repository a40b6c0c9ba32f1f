"""A start for which there is no room waits, if an admin may make some; one of very many waits for a yes."""

from bot.conversation.steer.held_start import answer_refusal, hold
from bot.domain.causes import AskingCause, HeldCause
from bot.kernel.gates import Asker, Gates
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Recipient, UnitOfWork
from bot.store import sessions
from bot.timing import HOUR
from bot.views.answers import starts as start_sentences


async def is_refused(services: Services, gates: Gates, job: Job[AskingCause]) -> bool:
    """Whether the gates refuse the start of `job`. Its row is then closed with the reason, or waits."""
    cause = job.cause
    async with services.unit_of_work_for(job) as uow:
        if await is_one_of_many(uow, job, cause.channel):
            return True
    refusal = await gates.start_refusal(Asker(job.workspace, cause.user, cause.channel, cause.user, job.row.key))
    if refusal is None:
        return False
    await answer_refusal(services, job, refusal, None)
    return True


async def is_one_of_many(uow: UnitOfWork, job: Job[HeldCause], channel: str, to: Recipient | None = None) -> bool:
    """Whether the person of `job` has started as many sessions in an hour as their settings in `channel` allow.

    The row then waits, and they are asked, unless they were. Admins are asked too: nobody starts so many by hand.
    """
    user, team = job.cause.user or "", job.workspace.team
    most = (await uow.settings.effective(uow.tx, team, channel, user)).starts
    if not most or job.cause.confirmation.again:
        return False
    started = await sessions.count_started(uow.tx, team, uow.now - HOUR, user=user)
    if started < most:
        return False
    await hold(uow, job, start_sentences.MANY, start_sentences.ask_about_many(job.row.key, started), to=to)
    return True
