"""Checks the permissions of the key, each with a read that needs it, or with a request that can change nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.devin.client import Devin
from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinNotFound
from bot.doctor.acting import CANNOT_ACT, check_names
from bot.doctor.commands import check_commands
from bot.doctor.devin_errors import SETTLE, devin_problem, grant
from bot.doctor.devin_reads import (
    read_automations,
    read_consumption,
    read_cycles,
    read_insights,
    read_organisation,
    read_playbooks,
    read_repositories,
    read_sessions,
)
from bot.doctor.findings import Finding, Level, note, ok, quoted


@dataclass(frozen=True, slots=True)
class Probe:
    """A read that needs a permission, with what the permission allows, and what is missing without it."""

    permission: str
    allows: str
    without: str
    refusal: Level
    read: Callable[[Devin], Awaitable[object]]

    async def finding(self, devin: Devin) -> Finding:
        """Make the read, and report what its answer shows about the permission."""
        try:
            await self.read(devin)
        except DevinForbidden as error:
            permission = error.permission or self.permission
            return Finding(self.refusal, f"Devin does not grant {permission}: {self.without}.", grant(permission))
        except DevinDenied as error:
            said = quoted(error.words, "without a reason")
            return Finding(self.refusal, f"Devin does not allow this, it says {said}: {self.without}.", SETTLE)
        except DevinNotFound:
            return note(f"Devin does not offer this to the organisation: {self.without}.")
        except DevinError as error:
            return devin_problem(error)
        return ok(f"Devin grants {self.permission}: {self.allows}.")


SESSIONS: Final = Probe(
    "ViewOrgSessions",
    allows="sessions and messages can be read",
    without="the bot cannot follow its sessions",
    refusal=Level.STOPS,
    read=read_sessions,
)
INSIGHTS: Final = Probe(
    "ViewOrgSessions",
    allows="/devin insights works, and message counts can be read",
    without="/devin insights shows nothing, message counts cannot be read, and what Devin says may be noticed later",
    refusal=Level.NOTE,
    read=read_insights,
)
PLAYBOOKS: Final = Probe(
    "ManageOrgPlaybooks",
    allows="playbook= takes titles. Playbooks can be read; creating is not tried",
    without="playbook= takes ids only, no titles (optional)",
    refusal=Level.NOTE,
    read=read_playbooks,
)
REPOSITORIES: Final = Probe(
    "Read",
    allows="forms and repo= know the organization's repositories",
    without="forms list no repositories, and repo= suggests only those of earlier sessions (optional)",
    refusal=Level.NOTE,
    read=read_repositories,
)
AUTOMATIONS: Final = Probe(
    "ViewOrgAutomations",
    allows="/devin schedule list names automations",
    without="/devin schedule list leaves automations out (optional)",
    refusal=Level.NOTE,
    read=read_automations,
)
CYCLES: Final = Probe(
    "ViewAccountConsumption",
    allows="the digest goes by Devin's billing cycles and knows their ACU limits",
    without="the digest goes by calendar months instead of Devin's billing cycles, and does not read Devin's list of"
    " ACU limits (optional)",
    refusal=Level.NOTE,
    read=read_cycles,
)
CYCLE_LIMIT: Final = Probe(
    "ManageOrganizations",
    allows="the digest knows the organisation's ACU limit for a cycle",
    without="the organisation's own ACU limit for a cycle is not read; where Devin's list of ACU limits has none"
    " either, BOT_CYCLE_ACUS counts (optional)",
    refusal=Level.NOTE,
    read=read_organisation,
)
NOT_PROBED: Final = note(
    "ManageOrgSessions is needed to start, steer and stop sessions, and UseDevinSessions to hand over files. Whether"
    " Devin grants both was not probed, because that would start something.",
    "In Devin under Settings → Service users see that the service user's role has them.",
)


def _consumption(*, figures_are_read: bool) -> Probe:
    return Probe(
        "ViewOrgConsumption",
        allows="the digest and /devin usage show what was spent",
        without="the digest and /devin usage count the bot's own sessions only",
        refusal=Level.MISLEADS if figures_are_read else Level.NOTE,
        read=read_consumption,
    )


async def check_permissions(devin: Devin, *, figures_are_read: bool) -> list[Finding]:
    """Probe each permission; those for figures matter only if the settings let somebody read them."""
    probes = (
        SESSIONS,
        _consumption(figures_are_read=figures_are_read),
        *((CYCLES, CYCLE_LIMIT) if figures_are_read else ()),
        INSIGHTS,
        PLAYBOOKS,
        REPOSITORIES,
        AUTOMATIONS,
    )
    found = [await probe.finding(devin) for probe in probes]
    found += [await check_commands(devin), names := await check_names(devin)]
    return found if names is CANNOT_ACT else [*found, NOT_PROBED]
