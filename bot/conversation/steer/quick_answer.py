"""Answers by a press: an option that Devin offers is sent as the reply of the person who chose it.

The row of the press becomes that of the reply, in the lane of its thread: all that holds for a typed one holds for it,
and of two presses the first one counts. The buttons stay until Devin has the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.causes import Confirmation, MessageCause
from bot.domain.commands.registry import QUICK_ANSWER
from bot.domain.commands.spec import CommandSpec
from bot.domain.session import Session
from bot.domain.turn_ends import AnnouncedEnd
from bot.kernel.commands.handler import Handler
from bot.kernel.job import CommandJob, finish_with, move
from bot.kernel.services import Services
from bot.store import people, turn_ends
from bot.store.database.connection import Transaction
from bot.views import turn_ends as end_views
from bot.views.message import Block, Message
from bot.views.questions import STALE
from bot.views.text import escape


@dataclass(frozen=True, slots=True)
class QuickAnswers:
    """The buttons of the options that Devin offers, and what a press of one does."""

    services: Services

    async def under(self, _tx: Transaction, _session: Session, end: AnnouncedEnd) -> Sequence[Block]:
        """Return the buttons of the options of `end`."""
        return end_views.option_buttons(end)

    def handlers(self) -> dict[CommandSpec, Handler]:
        """Return what a press does."""
        return {QUICK_ANSWER: Handler(on_session=self._answer)}

    async def _answer(self, job: CommandJob, session: Session) -> None:
        """Make the row of the press a reply with the option, or answer privately why nothing is sent."""
        number, _, key = job.cause.argument.partition(" ")
        async with self.services.unit_of_work_for(job) as uow:
            end = await turn_ends.get(uow.tx, key)
            option = _option(end, number)
            if end is None or option is None:
                await finish_with(uow, job, STALE)
            elif (answer := await why_not_open(uow.tx, end, job.cause.user or "")) is not None:
                await finish_with(uow, job, answer)
            else:
                # A crash before this commit leaves a press, and one after it a reply, which goes on as such.
                await move(uow, job, session.lane, _reply(job, session, end, option))


async def why_not_open(tx: Transaction, end: AnnouncedEnd, user: str) -> Message | None:
    """Why `user` can choose no option of `end` any more, or None."""
    if end.is_open:
        return None
    if end.answered_by is None:
        return STALE
    by = await people.name_of(tx, end.team, end.answered_by)
    return end_views.answered_before(end, by, themselves=user == end.answered_by)


def _option(end: AnnouncedEnd | None, number: str) -> str | None:
    """The option with a number, as a press or a reaction names it, or None."""
    numbered = {str(at): option for at, option in enumerate(end.options, start=1)} if end is not None else {}
    return numbered.get(number)


def _reply(job: CommandJob, session: Session, end: AnnouncedEnd, option: str) -> MessageCause:
    assert session.thread_ts is not None
    return MessageCause(
        user=job.cause.user or "",
        text=escape(option),
        channel=session.channel,
        ts=job.row.ts,
        thread_ts=session.thread_ts,
        direct=session.channel.startswith("D"),
        under_us=True,
        confirmation=Confirmation(as_reply=True),
        picked=end.key,
    )
