"""The guardrail watch: admins are informed of each guardrail violation at Devin once.

1. Devin is asked for the violations since a day before the last reading. The first reading goes a day back too.
2. Those that are not recorded are, and are announced in the same transaction, in as many posts as name all of them.
   Of more than a hundred the rest waits for the next reading, so that other posts in the channel do not wait for long.

Where the key may not read them, or Devin has no such list, nothing is said, and Devin is asked again a day later.
"""

import math
from collections.abc import Sequence
from typing import Final

from bot.conversation.titles import ShownTitles, permalink
from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinNotFound
from bot.devin.models import SESSION_PAGES, GuardrailViolation
from bot.domain.readers import Readers
from bot.domain.session import Session, bare_id
from bot.features.guardrails import rows as guardrail_violations
from bot.features.guardrails import sentences as views
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.kernel.workspace import Workspace
from bot.logs import get_logger
from bot.store import due, sessions

log = get_logger(__name__)

MOST_AT_ONCE: Final = 100  # violations that one reading announces


class GuardrailWatch:
    """Reads the guardrail violations of organisations, and has them announced."""

    def __init__(self, services: Services) -> None:
        self._services = services
        # In memory: after a restart Devin is asked once more, which changes nothing.
        self._not_before: dict[str, float] = {}

    async def tick(self, organisation: Organisation) -> float:
        """Read the violations in an organisation, if somebody is informed and no worker has just read them.

        Returns the seconds until the next call.
        """
        timing, now = self._services.timing, self._services.clock()
        if not self._services.workspaces.want_figures_of(organisation):
            return timing.idle_tick
        async with self._services.db.read() as tx:
            stored = await due.read(tx, due.guardrails(organisation.id))
        left = self._not_before.get(organisation.id, -math.inf) - self._services.clock.steady()
        wait = max((stored.at if stored else 0.0) - now, left)
        if wait > 0:
            return min(wait, timing.guardrails)
        last = float(stored.state["read_at"]) if stored else now
        found = await self._read(organisation, last - timing.guardrails_overlap)
        if found is not None:
            await self._store(organisation, found, last)
        return timing.guardrails

    async def _read(self, organisation: Organisation, after: float) -> list[GuardrailViolation] | None:
        """Return the violations since an instant, the oldest first; None if they cannot be read."""
        now, timing = self._services.clock.steady(), self._services.timing
        try:
            listed = [violation async for violation in organisation.devin.guardrail_violations(int(after))]
        except (DevinDenied, DevinForbidden, DevinNotFound):
            self._not_before[organisation.id] = now + timing.guardrails_refused
            return None
        except DevinError as error:
            log.warning("guardrail violations not read", organisation=organisation.id, error=type(error).__name__)
            self._not_before[organisation.id] = now + max(timing.guardrails, error.retry_after or 0.0)
            return None
        # Filtered again: Devin lists everything if it does not know a filter. One without a readable time may be new.
        found = (violation for violation in listed if not violation.created_at or violation.created_at >= after)
        return sorted(found, key=lambda violation: violation.created_at)

    async def _store(self, organisation: Organisation, found: Sequence[GuardrailViolation], last: float) -> None:
        # A crash before this commit announces nothing: the next reading finds the same. After it, all is stored.
        async with self._services.unit_of_work() as uow:
            ids = [violation.violation_id for violation in found]
            new_ids = await guardrail_violations.record(uow.tx, organisation.id, ids, uow.now, MOST_AT_ONCE)
            # If some are left, the next reading goes back as far as this one.
            state = {"v": 1, "read_at": uow.now if len(new_ids) < MOST_AT_ONCE else last}
            next_at = uow.now + self._services.timing.guardrails
            await due.write(uow.tx, due.guardrails(organisation.id), next_at, state)
            new = {violation.violation_id: violation for violation in found if violation.violation_id in new_ids}
            if not new:
                return
            for workspace in self._services.workspaces:
                if workspace.organisation is organisation:
                    await self._announce(uow, workspace, list(new.values()))
        log.info("guardrail violations announced", organisation=organisation.id, violations=len(new))

    async def _announce(self, uow: UnitOfWork, workspace: Workspace, new: Sequence[GuardrailViolation]) -> None:
        org_id = workspace.organisation.id
        bare = [bare_id(violation.session_id) for violation in new if violation.session_id]
        known = await sessions.by_bare_ids(uow.tx, org_id, bare)
        titles = await ShownTitles.read(uow.tx, workspace, Readers(workspace.policy.admin_channel or ""))
        for start in range(0, len(new), views.MOST_LISTED):
            shown = []
            for violation in new[start : start + views.MOST_LISTED]:
                tracked = known.get(bare_id(violation.session_id or ""))
                shown.append(_violation(workspace, titles, violation, tracked.session if tracked else None))
            key = f"guardrails:{org_id}:{new[start].violation_id}"
            await uow.notify_admins(workspace, key, views.violations(shown))


def _violation(
    workspace: Workspace, titles: ShownTitles, violation: GuardrailViolation, session: Session | None
) -> views.Violation:
    """What is shown of a violation; of a session that not all admins may see, not what it was about."""
    if session is not None and (session.team != workspace.team or titles.replacement(session.channel) is not None):
        return views.Violation(violation.guardrail_name, violation.action_taken)
    url = f"{SESSION_PAGES}{bare_id(violation.session_id)}" if violation.session_id else None
    title, thread = (session.title, permalink(workspace, session)) if session else (None, None)
    return views.Violation(violation.guardrail_name, violation.action_taken, violation.reasoning, title, thread, url)
