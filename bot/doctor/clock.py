"""Compares the clock of this machine with Slack's and Devin's, by the header `Date` of what they answer."""

import time
from email.utils import parsedate_to_datetime
from typing import Final

from bot.doctor.findings import Finding, misleads, problem
from bot.setup_problems import Kind, SetupProblem
from bot.timing import MINUTE, PRODUCTION
from bot.views.setup_problems import sentence

SIGNED_FOR: Final = 5 * MINUTE  # after so long Slack's signatures are refused
SET_IT: Final = "Sync it with NTP. Slack's requests are rejected once it's five minutes off."


class Clocks:
    """What the clocks of services said when they answered last."""

    def __init__(self) -> None:
        self._ahead: dict[str, float] = {}

    def dated(self, service: str, date: str | None) -> None:
        """Note the header `Date` of an answer."""
        try:
            self._ahead[service] = time.time() - parsedate_to_datetime(date or "").timestamp()
        except (TypeError, ValueError, OverflowError):
            return

    def findings(self) -> list[Finding]:
        """Report each service whose clock is not ours."""
        return [
            (problem if abs(ahead) >= SIGNED_FOR else misleads)(
                sentence(SetupProblem(Kind.CLOCK, service, ahead)), SET_IT
            )
            for service, ahead in self._ahead.items()
            if abs(ahead) > PRODUCTION.clocks_differ
        ]
