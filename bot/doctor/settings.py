"""Reports on the settings themselves, before anything outside is asked, and on defaults that Devin lacks."""

from collections.abc import Iterable

from bot.config import Settings
from bot.connect import StartError, read_settings_file
from bot.devin.client import Devin
from bot.devin.known_defaults import unknown_defaults
from bot.doctor.findings import Finding, misleads, ok, problem


def unusable_settings(problems: Iterable[str]) -> list[Finding]:
    """Turn the sentences of a `SettingsError` into findings."""
    return [problem(sentence) for sentence in problems]


def usable_settings(settings: Settings) -> Finding:
    """Report which transport and which kind of store the settings choose."""
    transport = "Socket Mode" if settings.transport == "socket" else f"HTTP on port {settings.port}"
    store = "SQLite" if settings.uses_sqlite else "PostgreSQL"
    return ok(f"The settings can be used: {transport}, {store}.")


def settings_file(settings: Settings) -> list[Finding]:
    """Report whether the file of settings of channels and people can be used; nothing if there is none."""
    try:
        found = read_settings_file(settings)
    except StartError as error:
        return [problem(str(error))]
    return [ok(f"The settings of channels and people in {found.name} can be used.")] if found.name else []


async def file_defaults(devin: Devin, settings: Settings) -> list[Finding]:
    """Name each default of the file that Devin lacks. A faulty file has a finding of its own."""
    try:
        file = read_settings_file(settings)
    except StartError:
        return []
    return [
        misleads(f"{file.name} [{section}] {setting}: {sentence}")
        for section, values in file.sections.items()
        for setting, sentence in (await unknown_defaults(devin, values)).items()
    ]
