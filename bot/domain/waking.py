"""Whether a person is asked before a reply wakes a session that sleeps.

No message wakes a session that has spent the limit that it has at Devin: that one has another way on
(`bot.domain.dead_ends`). One without a limit there that has spent the usual one, such as a session that was linked from
Devin, is woken only after a question, and so is one that has slept for long.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.amounts import half_up, session_limit
from bot.domain.dead_ends import MORE_ACUS, WayOn, spent, way_on
from bot.domain.session import Session, is_asleep


@dataclass(frozen=True, slots=True)
class WakeLimits:
    """When it is asked: the ceiling of a session without `acu=`, and from how many seconds of sleep on; 0 is never.

    No session gets more than `most` ACUs or is woken at that many, whoever wants it.
    """

    session_acus: float | None = None
    guard_seconds: float = 0.0
    most: int | None = None

    def own_ceiling(self, session: Session) -> float | None:
        """Return the ACUs that `session` may spend: its `acu=`, or else the setting."""
        return self.ceiling(session.options.acu)

    def ceiling(self, acu: float | None) -> float | None:
        """Return the same of a session with this `acu=`, or with none."""
        return min(filter(None, (acu or self.session_acus, self.most)), default=None)

    def passed_by(self, session: Session, acus: float) -> bool:
        """Whether `session` has used all that any may with these `acus`, and Devin, which cannot limit it now, goes on.

        So it is with one that Devin had before it was followed here, and with one from before there was such a limit.
        """
        if self.most is None or acus < self.most:
            return False
        return session.adopted_at is not None or session.acu_limit is None or session.acu_limit > self.most

    def more(self, session: Session) -> int:
        """Return the ACUs of the session that continues `session`: as many again as its limit was."""
        own = session.acu_limit or self.own_ceiling(session) or MORE_ACUS
        return session_limit([own, self.most]) or MORE_ACUS


NO_LIMITS: Final = WakeLimits()


@dataclass(frozen=True, slots=True)
class WakeQuestion:
    """Why it is asked: a ceiling that is spent, and for how many seconds the session slept, if that is long."""

    ceiling: float | None = None
    slept: float | None = None


def wake_question(session: Session, limits: WakeLimits, now: float) -> WakeQuestion | None:
    """What is asked before a reply wakes `session`; None where nothing has to be asked, or the session is awake.

    Once somebody has said yes, it is asked again in another sleep.
    """
    since = session.snapshot.updated_at
    if not is_asleep(session) or way_on(session) is WayOn.CONTINUE or session.wake_allowed == since:
        return None
    own, guard = limits.own_ceiling(session), limits.guard_seconds
    ceiling = own if own is not None and spent(session) >= own else None
    slept = now - since if guard and since and now - since > guard else None
    return None if ceiling is None and slept is None else WakeQuestion(ceiling, slept)


def may_still_use(session: Session) -> Decimal | None:
    """Return the ACUs that `session` may still use of its limit at Devin; None if it has none."""
    if session.acu_limit is None:
        return None
    return max(half_up(session.acu_limit - session.snapshot.acus, 6), Decimal(0))
