"""The gate of roles: who has not the role to start or to steer begins nothing, whichever way it is asked for."""

from dataclasses import dataclass

from bot.domain.roles import Right
from bot.domain.session import Session
from bot.kernel.access import Access
from bot.kernel.admins import roles_of
from bot.kernel.gates import Asker, Limit, Work
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.views.message import Message


@dataclass(frozen=True, slots=True)
class RoleGate:
    """Asks whether somebody has the role for what they begin."""

    access: Access

    async def start_refusal(self, who: Asker, *, again: bool = False) -> Message | None:  # noqa: ARG002 - all the same
        """Why `who` may start nothing where they are; None if they may."""
        return await self.access.right_refusal(who.workspace, who.user, Right.START, who.channel)

    async def wake_refusal(self, who: Asker, session: Session, *, kept: bool = False) -> Message | None:  # noqa: ARG002
        """Why the reader of `who` may not wake `session`; None if they may."""
        return await self.steer_refusal(who, session)

    async def steer_refusal(self, who: Asker, session: Session) -> Message | None:
        """Why the reader of `who` may not write to `session`; None if they may."""
        return await self.access.right_refusal(
            who.workspace, who.reader, Right.STEER, session.channel, asker=session.requester
        )

    async def limit(self, tx: Transaction, who: Asker, work: Work) -> Limit | Message:  # noqa: ARG002 - of no ACUs
        """Admit the work: whoever has it done was asked for their role before."""
        return Limit(None)

    async def is_quick(self, tx: Transaction, workspace: Workspace) -> bool:
        """Whether nobody was given the role to start, so that everybody has it."""
        return not (await roles_of(tx, workspace)).restrict(Right.START)
