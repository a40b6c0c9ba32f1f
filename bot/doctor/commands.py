"""Checks the permissions that only some commands need, each with a read of the first page: one line for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.devin.client import Devin
from bot.devin.errors import DevinDenied, DevinError, DevinForbidden, DevinNotFound
from bot.doctor.devin_errors import devin_problem, grant
from bot.doctor.findings import Finding, note, ok
from bot.features import FEATURES
from bot.kernel.feature import Permission


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
            there.append(f"{_listed(self.not_tried).capitalize()} can be read; creating is not tried.")
        if self.not_offered:
            commands = _listed([f"/devin {command}" for command in self.not_offered])
            there.append(f"Devin does not offer what {commands} would read.")
        if not self.missing:
            return ok(" ".join(there))
        lacking = (
            f"Devin does not grant {_with_commands(self.missing)}: these commands only say what is missing (optional)."
        )
        return note(" ".join([lacking, *there]), grant(_listed([*self.missing.values()])))


def _with_commands(permissions: Mapping[str, str]) -> str:
    return ", ".join(f"{permission} (/devin {command})" for command, permission in permissions.items())


def _listed(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
