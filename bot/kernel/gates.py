"""Gates: may work begin, and how much may it use? What features have to say about that is asked in one place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.amounts import session_limit
from bot.domain.session import NO_OPTIONS, Options, Session
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.views.answers.starts import ROOM, at_most, less_than_wanted
from bot.views.message import Message


@dataclass(frozen=True, slots=True)
class Asker:
    """Who has work done, and where. `reader` is who reads why it may not begin: mostly the same person.

    `start` is the key of the row of a start, or of a reply, that can wait until an admin makes room for it.
    """

    workspace: Workspace
    user: str
    channel: str
    reader: str
    start: str = ""


@dataclass(frozen=True, slots=True)
class ForNow(Message):
    """A refusal of a start, or of a reply, that can wait for the answer to the `question` with this name.

    Its buttons ask an admin or try it again, and end the waiting.
    """

    question: str = ROOM


@dataclass(frozen=True, slots=True)
class ForAll(Message):
    """A refusal that says nothing private, so that everybody in the thread may read it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many ACUs a session may use, None for any number; `less` says why that is less than its asker wanted."""

    acus: int | None
    less: Message | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """So many `sessions` that are to be created at once, for the work with this `id` of ours.

    Their own `ceiling` is what is usual or was asked for; a budget may leave less. `wanted` is what the
    asker asked for. What is tried `again` has failed before. To go on with a session that is `woken` is work too: its
    limit at Devin stays as it is, so it begins only where there is room for what it may still use. `options` are those
    that it is asked for with.
    """

    id: str
    ceiling: float | None
    wanted: int | None = None
    sessions: int = 1
    again: bool = False
    woken: Session | None = None
    options: Options = NO_OPTIONS


class Gate(Protocol):
    """What a feature has to say when work is to begin. Work that runs is never cut."""

    async def start_refusal(self, who: Asker, *, again: bool = False) -> Message | None:
        """Why `who` may start nothing now, or have nothing tried `again`; None if they may."""

    async def wake_refusal(self, who: Asker, session: Session, *, kept: bool = False) -> Message | None:
        """Why `session` may not be woken now; None if it may. What would wake it is `kept`, or else not sent."""

    async def steer_refusal(self, who: Asker, session: Session) -> Message | None:
        """Why the reader of `who` may not write to `session`, which somebody else asked for and which goes on."""

    async def limit(self, tx: Transaction, who: Asker, work: Work) -> Limit | Message:
        """How many ACUs each session of the `work` may use, or why it may not begin.

        Until `tx` ends nobody else is admitted by what this read. Whoever calls it stores the limit in the same
        transaction, and so reserves it.
        """

    async def is_quick(self, tx: Transaction, workspace: Workspace) -> bool:
        """Whether `start_refusal` is answered so soon that an ack may wait for it: there is nothing to add up."""


@dataclass(frozen=True, slots=True)
class Gates:
    """All gates. The first refusal counts, and the smallest limit; the most that any session may use goes before."""

    gates: Sequence[Gate] = ()

    async def start_refusal(self, who: Asker, *, again: bool = False) -> Message | None:
        """Why `who` may start nothing now, or have nothing tried `again`; None if they may."""
        for gate in self.gates:
            if (refusal := await gate.start_refusal(who, again=again)) is not None:
                return refusal
        return None

    async def wake_refusal(self, who: Asker, session: Session, *, kept: bool = False) -> Message | None:
        """Why `session` may not be woken now; None if it may. What would wake it is `kept`, or else not sent."""
        most = who.workspace.policy.wake_limits.most
        if most is not None and session.snapshot.acus >= most:
            return at_most(most)
        for gate in self.gates:
            if (refusal := await gate.wake_refusal(who, session, kept=kept)) is not None:
                return refusal
        return None

    async def steer_refusal(self, who: Asker, session: Session) -> Message | None:
        """Why the reader of `who` may not write to `session`, which somebody else asked for; None if they may."""
        for gate in self.gates:
            if (refusal := await gate.steer_refusal(who, session)) is not None:
                return refusal
        return None

    async def limit(self, tx: Transaction, who: Asker, work: Work) -> Limit | Message:
        """How many ACUs each session of the `work` may use, or why it may not begin. See `Gate.limit`."""
        most, wanted = who.workspace.policy.wake_limits.most, work.wanted
        smallest = Limit(session_limit([work.ceiling, most]))
        if most is not None and wanted is not None and wanted > most:
            smallest = Limit(smallest.acus, less_than_wanted(most, wanted))
        for gate in self.gates:
            limit = await gate.limit(tx, who, work)
            if isinstance(limit, Message):
                return limit
            if limit.acus is not None and (smallest.acus is None or limit.acus < smallest.acus):
                smallest = limit
        return smallest

    async def is_quick(self, tx: Transaction, workspace: Workspace) -> bool:
        """Whether an ack may wait for `start_refusal`."""
        return all([await gate.is_quick(tx, workspace) for gate in self.gates])
