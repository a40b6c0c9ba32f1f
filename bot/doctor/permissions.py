"""Checks the organisation and the permissions of the key: a table of reads, and one request that can change nothing.

The API tells nobody which permissions a key has. What counts is whether Devin answers the first page of a list. Lists
of sessions are asked for those made from now on, of which there are none.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.devin.client import Devin
from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinInvalid, DevinNotFound
from bot.devin.paging import read_first
from bot.doctor.devin_errors import SETTLE, devin_problem, grant
from bot.doctor.findings import Finding, Level, note, ok, problem, quoted
from bot.features import FEATURES
from bot.kernel.feature import Permission
from bot.timing import DAY
from bot.views.text import listed

COPY_ORG_ID: Final = "Copy the organization ID (org-…) from Devin's page Settings → Service users into DEVIN_ORG_ID."


async def check_organisation(devin: Devin, own: str | None) -> Finding | None:
    """Return a problem if Devin does not show the key this organisation; `own` is the organisation of the key."""
    try:
        await SESSIONS.read(devin)
    except DevinNotFound:
        named = own and own != devin.org_id
        fix = f"Set DEVIN_ORG_ID to {own}, the key's organization." if named else COPY_ORG_ID
        return problem(f"Devin doesn't show this key an organization {devin.org_id} (DEVIN_ORG_ID).", fix)
    except DevinError:
        return None  # the check of the permissions makes the same call and reports it
    return None


NO_SESSION: Final = "devin-00000000000000000000000000000000"
NOBODY: Final = "user-of-nobody"
IMPERSONATE, MANAGE, USE = "ImpersonateOrgSessions", "ManageOrgSessions", "UseDevinSessions"

IN_OWN_NAMES: Final = ok(f"{IMPERSONATE} is granted: sessions can run as the person who started them.")
NOT_IN_OWN_NAMES: Final = note(
    f"Devin doesn't grant {IMPERSONATE}: sessions run as the bot (optional).", grant(IMPERSONATE)
)
OWN_NAMES_NOT_KNOWN: Final = note(
    f"The first session shows whether Devin grants {IMPERSONATE}. Without it, sessions run as the bot (optional).",
    f"In Devin under Settings → Service users, check that the service user's role has {IMPERSONATE}.",
)
CANNOT_ACT: Final = problem(
    f"Devin doesn't grant {MANAGE}: the bot can't start, steer, or stop sessions.", grant(MANAGE)
)


async def check_names(devin: Devin) -> Finding:
    """Report whether sessions can be started and steered in people's own names, as far as a refusal shows it."""
    try:
        await devin.send_message(NO_SESSION, "ping", message_as_user_id=NOBODY)
    except DevinForbidden as refused:
        if refused.permission == USE:  # asked of the person, once the key may act for people
            return IN_OWN_NAMES
        return NOT_IN_OWN_NAMES if refused.needed == IMPERSONATE else CANNOT_ACT
    except (DevinDenied, DevinNotFound, DevinInvalid):
        return OWN_NAMES_NOT_KNOWN
    except DevinError as error:
        return devin_problem(error)
    return OWN_NAMES_NOT_KNOWN


async def check_commands(devin: Devin) -> Finding:
    """Report which commands do not work because of a missing permission; each of them is optional."""
    permissions = [permission for feature in FEATURES for permission in feature.permissions]
    found = _Found()
    try:
        for permission in permissions:
            await found.probe(devin, permission)
    except DevinError as error:
        return devin_problem(error)
    return found.finding()


@dataclass(frozen=True, slots=True)
class _Found:
    """The permissions by their commands that Devin grants, and that it does not; and the commands it does not offer."""

    granted: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    not_offered: list[str] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)

    async def probe(self, devin: Devin, permission: Permission) -> None:
        """Make the read that needs a `permission`, and keep what its answer shows."""
        try:
            await permission.read(devin)
        except DevinForbidden as error:
            self.missing[permission.command] = error.permission or permission.name
        except (DevinDenied, DevinNotFound):
            self.not_offered.append(permission.command)
        else:
            self.granted[permission.command] = permission.name
            self.not_tried.extend(filter(None, [permission.creates]))

    def finding(self) -> Finding:
        """Report what was found."""
        there = [f"{'It' if self.missing else 'Devin'} grants {_with_commands(self.granted)}."] if self.granted else []
        if self.not_tried:
            there.append(f"{listed(self.not_tried).capitalize()} can be read; creating wasn't tried.")
        if self.not_offered:
            commands = listed([f"/devin {command}" for command in self.not_offered])
            there.append(f"Devin doesn't offer the data for {commands}.")
        if not self.missing:
            return ok(" ".join(there))
        lacking = (
            f"Devin doesn't grant {_with_commands(self.missing)}: these commands only report what's missing (optional)."
        )
        return note(" ".join([lacking, *there]), grant(listed([*self.missing.values()])))


def _with_commands(permissions: Mapping[str, str]) -> str:
    return ", ".join(f"{permission} (/devin {command})" for command, permission in permissions.items())


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
            return Finding(self.refusal, f"Devin doesn't grant {permission}: {self.without}.", grant(permission))
        except DevinDenied as error:
            said = quoted(error.words, "no reason given")
            return Finding(self.refusal, f"Devin doesn't allow this ({said}): {self.without}.", SETTLE)
        except DevinNotFound:
            return note(f"Devin doesn't offer this to your organization: {self.without}.")
        except DevinError as error:
            return devin_problem(error)
        return ok(f"Devin grants {self.permission}: {self.allows}.")


SESSIONS: Final = Probe(
    "ViewOrgSessions",
    allows="sessions and messages can be read",
    without="the bot can't follow its sessions",
    refusal=Level.STOPS,
    read=lambda devin: read_first(devin.session_pages(created_after=int(time.time()))),
)
INSIGHTS: Final = Probe(
    "ViewOrgSessions",
    allows="/devin insights works, and message counts can be read",
    without="/devin insights shows nothing, message counts can't be read, and Devin's messages might appear later",
    refusal=Level.NOTE,
    read=lambda devin: read_first(devin.session_insight_pages(created_after=int(time.time()))),
)
PLAYBOOKS: Final = Probe(
    "ManageOrgPlaybooks",
    allows="playbook= accepts titles. Playbooks can be read; creating wasn't tried",
    without="playbook= accepts only IDs, not titles (optional)",
    refusal=Level.NOTE,
    read=lambda devin: read_first(devin.playbook_pages()),
)
REPOSITORIES: Final = Probe(
    "Read",
    allows="forms and repo= offer the organization's repositories",
    without="forms list no repositories, and repo= suggests only those of earlier sessions (optional)",
    refusal=Level.NOTE,
    read=lambda devin: devin.repositories(most_pages=1),
)
AUTOMATIONS: Final = Probe(
    "ViewOrgAutomations",
    allows="/devin schedule list names automations",
    without="/devin schedule list leaves automations out (optional)",
    refusal=Level.NOTE,
    read=lambda devin: read_first(devin.automations()),
)
CYCLES: Final = Probe(
    "ViewAccountConsumption",
    allows="the digest uses Devin's billing cycles and their ACU limits",
    without="the digest uses calendar months instead of Devin's billing cycles, and doesn't read Devin's ACU limits"
    " (optional)",
    refusal=Level.NOTE,
    read=lambda devin: read_first(devin.consumption_cycles()),
)
CYCLE_LIMIT: Final = Probe(
    "ManageOrganizations",
    allows="the digest shows the organization's ACU limit for a cycle",
    without="the organization's own ACU limit for a cycle isn't read. If Devin's list of ACU limits has none either,"
    " BOT_CYCLE_ACUS is used (optional)",
    refusal=Level.NOTE,
    read=lambda devin: devin.organization(),
)
NOT_PROBED: Final = note(
    "ManageOrgSessions is needed to start, steer, and stop sessions, and UseDevinSessions to pass on files. Whether"
    " Devin grants both wasn't tried, because that would start something.",
    "In Devin under Settings → Service users, check that the service user's role has them.",
)


def _consumption(*, figures_are_read: bool) -> Probe:
    return Probe(
        "ViewOrgConsumption",
        allows="the digest and /devin usage show ACU usage",
        without="the digest and /devin usage count the bot's own sessions only",
        refusal=Level.MISLEADS if figures_are_read else Level.NOTE,
        read=lambda devin: devin.daily_consumption(int(time.time() - DAY), int(time.time())),
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
