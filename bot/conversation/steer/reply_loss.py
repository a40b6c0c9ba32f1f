"""What is announced in the thread of a reply whose row is marked dead."""

from dataclasses import dataclass
from typing import Final

from bot.devin.errors import DevinOutcomeUnknown, DevinServerError, DevinUnexpectedAnswer, DevinUnreachable
from bot.domain.causes import MessageCause
from bot.domain.text import plain
from bot.kernel.exactly_once.loss import Loss
from bot.kernel.job import RefusedForNow
from bot.kernel.organisation import OrganisationNotConnectedError
from bot.kernel.unit_of_work import UnitOfWork
from bot.store.inbox import InboxRow
from bot.views.answers import replies as reply_sentences
from bot.views.message import Message

_OUTAGES: Final = (
    *(DevinUnreachable, DevinServerError, DevinOutcomeUnknown, DevinUnexpectedAnswer),
    OrganisationNotConnectedError,
)
_WHY_DEAD: Final = {
    **{error.__name__: "Devin couldn't be reached for too long" for error in _OUTAGES},
    RefusedForNow.__name__: "Devin couldn't take messages in this session for too long",
}


@dataclass(frozen=True, slots=True)
class ReplyLoss(Loss):
    """The loss of the reply of `row` to the session with the id `session_id`; `reason` is why it is dead."""

    row: InboxRow[MessageCause]
    session_id: str | None = None
    reason: str = ""

    async def write_not_done(self, uow: UnitOfWork) -> None:
        """Announce that the reply was not sent, and why."""
        why = _WHY_DEAD.get(self.reason, "something went wrong in Devin Bridge")
        await self._post(uow, reply_sentences.reply_not_sent(why, self.row.ref, plain(self.row.cause.text)))

    async def write_unknown(self, uow: UnitOfWork) -> None:
        """Announce that nobody knows whether the reply arrived."""
        await self._post(uow, reply_sentences.reply_uncertain(self.row.ref, plain(self.row.cause.text)))

    async def _post(self, uow: UnitOfWork, message: Message) -> None:
        row, cause = self.row, self.row.cause
        post = uow.post_row(
            f"lost:{row.key}", row.team, cause.channel, cause.root_ts, message, session_id=self.session_id
        )
        await uow.add_to_outbox(post)
