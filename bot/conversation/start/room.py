"""A start for which there is no room waits, if an admin may make some; one of very many waits for a yes."""

from bot.conversation.session_rows import add
from bot.conversation.steer.held_start import answer_refusal, hold
from bot.domain.causes import AskingCause, HeldCause, MessageCause
from bot.domain.session import Session
from bot.kernel.gates import Asker, Gates, Limit, Work
from bot.kernel.job import Job
from bot.kernel.services import Services
from bot.kernel.settings import Settings
from bot.kernel.unit_of_work import Recipient, UnitOfWork
from bot.store import people, sessions
from bot.store.database.connection import Transaction
from bot.timing import HOUR
from bot.views.answers import starts as start_sentences


async def is_refused(services: Services, gates: Gates, job: Job[AskingCause]) -> bool:
    """Whether the gates refuse the start of `job`. Its row is then closed with the reason, or waits."""
    cause = job.cause
    # Counted in a read, as nearly all start few. What begins at the same moment is counted with the intent.
    async with services.db.read() as tx:
        started = await _too_many_started(tx, services.settings, services.clock(), job, cause.channel)
    if started:
        async with services.unit_of_work_for(job) as uow:
            if await waits_as_one_of_many(uow, job, cause.channel):
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
    if await waits_as_one_of_many(uow, job, session.channel):
        return False
    limits = job.workspace.policy.wake_limits
    who = Asker(job.workspace, session.requester, session.channel, session.requester, job.row.key)
    work = Work(session.id, limits.own_ceiling(session), session.options.acu, options=session.options)
    limit = await gates.limit(uow.tx, who, work)
    if not isinstance(limit, Limit):
        await answer_refusal(uow, job, limit)
        return False
    await add(uow, session)
    await sessions.change(uow.tx, session.id, acu_limit=limit.acus)
    return True


async def waits_as_one_of_many(uow: UnitOfWork, job: Job[HeldCause], channel: str, to: Recipient | None = None) -> bool:
    """Ask whether to start one session more if the person of `job` has started all that may begin unasked.

    The row of `job` then waits for the answer. Until `uow` ends no other start of the person is counted, in any
    process: whoever gets False stores the session in the same transaction.
    """
    await people.lock(uow.tx, job.workspace.team, job.cause.user or "")
    started = await _too_many_started(uow.tx, uow.settings, uow.now, job, channel)
    if started:
        # A crash before this commit asks nobody; the next try does.
        await hold(uow, job, start_sentences.MANY, start_sentences.ask_about_many(job.row.key, started), to=to)
    return started > 0


async def _too_many_started(tx: Transaction, settings: Settings, now: float, job: Job[HeldCause], channel: str) -> int:
    """How many sessions the person of `job` has started in an hour, if that is all that their settings allow; else 0.

    Nobody is asked twice about one start. Admins are asked too: nobody starts so many by hand. Alerts have a brake of
    their own, and their person may be away.
    """
    user, team, cause = job.cause.user or "", job.workspace.team, job.cause
    most = (await settings.effective(tx, team, channel, user)).starts
    if not most or cause.confirmation.beyond or (isinstance(cause, MessageCause) and cause.is_alert):
        return 0
    started = await sessions.count_started(tx, team, now - HOUR, user=user)
    return started if started >= most else 0
