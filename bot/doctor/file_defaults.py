"""Checks whether the defaults of the settings file are there at Devin."""

from bot.config import Settings
from bot.connect import StartError, read_settings_file
from bot.devin.client import Devin
from bot.devin.known_defaults import unknown_defaults
from bot.doctor.findings import Finding, misleads


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
