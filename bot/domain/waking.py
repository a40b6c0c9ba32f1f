"""Whether a person is asked before a reply wakes a session that sleeps.

Devin may count the limit of a session anew for each message, so the bot adds up over wakings: a session that has spent
its ceiling is woken only after a question, and so is one that has slept for long. No message wakes a session that Devin
stopped at its own limit: that one has another way on (`bot.domain.dead_ends`).
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.domain.amounts import half_up, session_limit
from bot.domain.dead_ends import MORE_ACUS, WayOn, way_on
from bot.domain.session import TERMINAL_STATUSES, Lifecycle, Session


@dataclass(frozen=True, slots=True)
class WakeLimits:
    """When it is asked: the ceiling of a session without `acu=`, and from how many seconds of sleep on; 0 is never.

    No session gets or is woken for more than `most` ACUs, whoever wants it.
    """

    session_acus: float | None = None
    guard_seconds: float = 0.0
    most: float | None = None

    def own_ceiling(self, session: Session) -> float | None:
        """Return the ACUs that `session` may spend unless somebody raises them: its `acu=`, or else the setting."""
        own = session.options.acu or self.session_acus
        return min(filter(None, (own, self.most)), default=None)

    def more(self, session: Session) -> int:
        """Return the ACUs of the session that continues `session`: as many again as its limit was."""
        own = session.acu_limit or self.own_ceiling(session) or MORE_ACUS
        return session_limit([own, self.most]) or MORE_ACUS


NO_LIMITS: Final = WakeLimits()


@dataclass(frozen=True, slots=True)
class WakeQuestion:
    """Why it is asked: a ceiling that is spent, or else a limit of Devin's; and for how many seconds the session slept.

    A yes raises the ceiling `by` this amount, to `raised`.
    """

    ceiling: float | None = None
    by: float = 0.0
    raised: float | None = None
    slept: float | None = None


def wake_question(session: Session, limits: WakeLimits, now: float) -> WakeQuestion | None:
    """What is asked before a reply wakes `session`; None where nothing has to be asked, or the session is awake."""
    if not is_asleep(session) or way_on(session) is WayOn.CONTINUE:
        return None
    slept = _slept(session, limits, now)
    own = limits.own_ceiling(session)
    ceiling = session.ceiling or own
    spent = _spent(session)
    if own is None or ceiling is None or spent < ceiling:
        return None if slept is None else WakeQuestion(slept=slept)
    # A session that runs on may pass even the raised ceiling. A yes then still gives it the whole amount.
    raised = ceiling + own if ceiling + own > spent else spent + own
    if limits.most is not None and raised > limits.most > spent:
        raised = limits.most
    return WakeQuestion(ceiling, min(own, raised - ceiling), raised, slept)


def is_asleep(session: Session) -> bool:
    """Whether a reply would wake `session`: Devin has suspended or archived it, and it is not over."""
    snapshot = session.snapshot
    if session.lifecycle is not Lifecycle.OPEN or snapshot.status in TERMINAL_STATUSES:
        return False
    return snapshot.archived or snapshot.status == "suspended"


def allowed(session: Session, question: WakeQuestion | None) -> Session:
    """Return `session` as a yes to `question` leaves it: with its ceiling raised, if that is what was asked."""
    raised = question.raised if question else None
    return session if raised is None else replace(session, ceiling=raised)


def may_still_use(session: Session) -> Decimal | None:
    """Return the ACUs that `session` may still use: of Devin's limit, or of what somebody raised its ceiling to.

    None if it has no limit at Devin. No ceiling of ours holds a session that runs.
    """
    if session.acu_limit is None:
        return None
    return max(half_up(max(session.acu_limit, session.ceiling or 0) - session.snapshot.acus, 6), Decimal(0))


def _spent(session: Session) -> float:
    """What the session has spent as people read it: Devin stops it a little below its limit, such as at 1.98 of 2."""
    acus = session.snapshot.acus
    return max(acus, float(half_up(acus, 1)))


def _slept(session: Session, limits: WakeLimits, now: float) -> float | None:
    """For how long the session has slept, if that is long and nobody has said yes to this sleep."""
    since = session.snapshot.updated_at
    if not limits.guard_seconds or not since or session.wake_allowed == since:
        return None
    return now - since if now - since > limits.guard_seconds else None
