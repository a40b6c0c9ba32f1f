"""The one message of a long job, in a direct message with the person who asked for it: how far it is, then its end."""

from typing import ClassVar

from bot.domain.long_job import LongJob, LongJobState
from bot.kernel.long_jobs.row_sources import LongJobKinds
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer, Location, UnitOfWork
from bot.store import long_jobs
from bot.store.database.connection import Transaction
from bot.store.posts import post_key
from bot.views.long_jobs import LongJobSentences
from bot.views.message import Message


class LongJobMessage(Drawer):
    """Draws the messages of long jobs."""

    name: ClassVar[str] = "job"

    def __init__(self, services: Services, kinds: LongJobKinds) -> None:
        self._services = services
        self._kinds = kinds

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:  # noqa: ARG002 - it is direct
        """Return the message of a long job as it is now; None if the long job is gone."""
        job = await long_jobs.get(tx, subject)
        if job is None:
            return None
        count, sentences = await long_jobs.count_rows(tx, job.id), self._kinds[job.new.kind].sentences
        if job.state is LongJobState.DELIVERING and count > job.new.file_beyond:
            return sentences.delivering(job, count)
        if job.state in {LongJobState.READING, LongJobState.DELIVERING}:
            return sentences.going_on(job, self._services.clock())
        return await end_message(tx, job, sentences)


async def end_message(tx: Transaction, job: LongJob, sentences: LongJobSentences) -> Message:
    """Return what the message of a long job shows that is over."""
    rows = await long_jobs.rows_after(tx, job.id, -1, job.new.most_shown)
    return sentences.ended(job, await long_jobs.count_rows(tx, job.id), [cells for _, cells in rows])


async def post_message(uow: UnitOfWork, job: LongJob, channel: str) -> None:
    """Have the message of `job` posted in `channel`, once."""
    await uow.show(LongJobMessage, job.id, Location(job.team, channel))


def message_key(job: LongJob) -> str:
    """The key of the message of `job`."""
    return post_key(LongJobMessage.name, job.id)
