"""A start for which there is no room waits, if an admin may make some; one of very many waits for a yes."""

from bot.conversation.session_rows import add
from bot.conversation.steer.held_start import answer_refusal, hold
from bot.domain.causes import AskingCause, HeldCause
from bot.domain.session import Session
from bot.kernel.gates import Asker, Gates, Limit, Work
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Recipient, UnitOfWork
from bot.store import sessions
from bot.store.database.connection import Transaction
from bot.timing import HOUR
from bot.views.answers import starts as start_sentences


async def is_refused(services: Services, gates: Gates, job: Job[AskingCause]) -> bool:
    """Whether the gates refuse the start of `job`. Its row is then closed with the reason, or waits."""
    cause = job.cause
    async with services.db.read() as tx:
        started = await too_many_started(tx, services, job, cause.channel)
    if started:
        async with services.unit_of_work_for(job) as uow:
            await ask_about_many(uow, job, started)
        return True
    refusal = await gates.start_refusal(Asker(job.workspace, cause.user, cause.channel, cause.user, job.row.key))
    if refusal is None:
        return False
    async with services.unit_of_work_for(job) as uow:
        await answer_refusal(uow, job, refusal)
    return True


async def add_if_room(uow: UnitOfWork, gates: Gates, job: Job[HeldCause], session: Session) -> bool:
    """Store `session` with what it may use, which is thereby reserved before it has a card.

    Returns False if there is no room: then the row of `job` waits, or is closed with the reason. That is decided once
    more with the intent (`bot.conversation.start.create`): sessions may have used more than was reserved by then.
    """
    limits = job.workspace.policy.wake_limits
    who = Asker(job.workspace, session.requester, session.channel, session.requester, job.row.key)
    limit = await gates.limit(uow.tx, who, Work(session.id, limits.own_ceiling(session), session.options.acu))
    if not isinstance(limit, Limit):
        await answer_refusal(uow, job, limit)
        return False
    await add(uow, session)
    await sessions.change(uow.tx, session.id, acu_limit=limit.acus)
    return True


async def too_many_started(tx: Transaction, services: Services, job: Job[HeldCause], channel: str) -> int:
    """How many sessions the person of `job` has started in an hour, if that is all that their settings allow; else 0.

    Nobody is asked twice about one start. Admins are asked too: nobody starts so many by hand.
    """
    user, team = job.cause.user or "", job.workspace.team
    most = (await services.settings.effective(tx, team, channel, user)).starts
    if not most or job.cause.confirmation.again:
        return 0
    started = await sessions.count_started(tx, team, services.clock() - HOUR, user=user)
    return started if started >= most else 0


async def ask_about_many(uow: UnitOfWork, job: Job[HeldCause], started: int, to: Recipient | None = None) -> None:
    """Ask whether to start one session more, and let the row of `job` wait for the answer."""
    # A crash before this commit asks nobody; the next try does.
    await hold(uow, job, start_sentences.MANY, start_sentences.ask_about_many(job.row.key, started), to=to)
