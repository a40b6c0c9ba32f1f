"""What is wrong with the set-up and shows only while the bot runs: a secret, a key, an organisation, a clock.

Whoever talks to Slack or Devin notes what was answered. A problem begins and ends with a line in the log; readiness
warns of it as long as it lasts, and the admins get one message (`bot.kernel.upkeep.setup_problems`).
"""

import math
import time
from collections import Counter
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from bot.logs import get_logger
from bot.metrics import Metrics
from bot.timing import PRODUCTION, Timing
from bot.tracing.port import Tracing

log = get_logger(__name__)

# As `bot.slack.errors.TokenRefused` has them, but for what an administrator's policy may lift by itself.
TOKEN_REFUSED: Final = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
UNSIGNED: Final = 20  # requests without a valid signature and none with one: more than a stray client sends by chance
IN_A_ROW: Final = 2  # answers: one alone may be an accident, or slow


class Kind(StrEnum):
    """What is wrong."""

    SIGNATURES = "signatures"
    SLACK_ACCESS = "access to Slack"
    DEVIN_ACCESS = "access to Devin"
    DEVIN_RIGHTS = "rights in Devin"
    ORGANISATION = "organisation"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class SetupProblem:
    """What is wrong, with what: a workspace, an organisation or a service; and by how many seconds, of a clock."""

    kind: Kind
    subject: str = ""
    seconds: float = 0.0


class SetupProblems:
    """Knows which problems there are right now."""

    def __init__(self, metrics: Metrics, timing: Timing = PRODUCTION, tracing: Tracing | None = None) -> None:
        self.metrics = metrics
        self.tracing = tracing or Tracing()
        self._timing = timing
        self._open: dict[tuple[Kind, str], SetupProblem] = {}
        self._in_a_row: Counter[tuple[Kind, str]] = Counter()
        self._ahead: dict[str, float] = {}
        self.waits_for: str | None = None  # what the start waits for

    @property
    def found(self) -> list[SetupProblem]:
        """The problems, in the order in which they began."""
        return list(self._open.values())

    def slack_called(self, workspace: str, method: str, outcome: str, seconds: float) -> None:
        """Note a call to Slack with the token of a `workspace`."""
        self.metrics.slack_called(method, outcome, seconds)
        self.tracing.called("slack", method, outcome, seconds, ok=outcome == "ok")
        log.debug("Slack was called", method=method, outcome=outcome, seconds=round(seconds, 3))
        if outcome in TOKEN_REFUSED:
            self._fails(SetupProblem(Kind.SLACK_ACCESS, workspace), IN_A_ROW)
        elif outcome == "ok":
            self._works(Kind.SLACK_ACCESS, workspace)

    def devin_called(self, org_id: str, path: str, route: str, status: int | None, seconds: float) -> None:
        """Note a call to Devin for the organisation of the settings; `route` is the method and `path` without ids.

        Without an answer there is no `status`, and nothing is learned about the set-up.
        """
        outcome = "unknown" if status is None else str(status)
        self.metrics.devin_called(route, outcome, seconds)
        self.tracing.called("devin", route, outcome, seconds, ok=status is not None and status < 400)
        log.debug("Devin was called", route=route, status=outcome, seconds=round(seconds, 3))
        if status is None:
            return
        if status == 401:
            self._fails(SetupProblem(Kind.DEVIN_ACCESS, org_id), IN_A_ROW)
        elif status < 400:
            self._works(Kind.DEVIN_ACCESS, org_id)
        if not path.endswith(f"/organizations/{org_id}/sessions"):
            return  # anything else may be unknown, or forbidden, for another reason
        if status == 404:
            self._fails(SetupProblem(Kind.ORGANISATION, org_id), IN_A_ROW)
        elif status == 403 and route.startswith("GET"):
            self._fails(SetupProblem(Kind.DEVIN_RIGHTS, org_id), IN_A_ROW)
        elif status < 400:
            self._works(Kind.ORGANISATION, org_id)
            self._works(Kind.DEVIN_RIGHTS, org_id)

    def signed(self, *, fits: bool) -> None:
        """Note a request over HTTP that is signed as Slack does, and whether its signature fits the signing secret."""
        if fits:
            self._works(Kind.SIGNATURES)
        else:
            self._fails(SetupProblem(Kind.SIGNATURES), UNSIGNED)

    def dated(self, service: str, date: str | None) -> None:
        """Note what the clock of a `service` said just now, in the header `Date` of an answer."""
        try:
            ahead = time.time() - _instant(date or "")
        except (TypeError, ValueError, OverflowError):
            return
        self._ahead[service] = ahead
        self.metrics.clock_ahead(service, ahead)
        if abs(ahead) > self._timing.clocks_differ:
            self._fails(SetupProblem(Kind.CLOCK, service, math.floor(ahead)), IN_A_ROW)
        else:
            self._works(Kind.CLOCK, service)

    def ahead_of(self, service: str) -> float:
        """By how many seconds our clock is ahead of that of a `service`; 0 where it is not, or nobody has asked.

        What is searched for there by our time, is older by theirs.
        """
        return max(self._ahead.get(service, 0.0), 0.0)

    def _fails(self, problem: SetupProblem, most: int) -> None:
        key = (problem.kind, problem.subject)
        self._in_a_row[key] += 1
        if self._in_a_row[key] < most:
            return
        if key not in self._open:
            log.error("setup problem found", what=problem.kind, subject=problem.subject, seconds=problem.seconds)
        self._open[key] = problem  # with the figure of now

    def _works(self, kind: Kind, subject: str = "") -> None:
        self._in_a_row.pop((kind, subject), None)
        if self._open.pop((kind, subject), None) is not None:
            log.info("setup problem resolved", what=kind, subject=subject)


@lru_cache(2)
def _instant(date: str) -> float:
    """The instant that a header `Date` names; kept, because all answers of one second name the same."""
    return parsedate_to_datetime(date).timestamp()
