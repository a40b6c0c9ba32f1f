"""`/devin orgs`: Devin's organisations."""

from typing import Final

from bot.domain.commands.organisation_commands import COMMANDS
from bot.domain.long_job import LongJobKind
from bot.flows.feature import Feature
from bot.flows.manage.long_jobs.commands import OrganisationsCommand
from bot.flows.manage.long_jobs.organisations import OrganisationRows

FEATURE: Final = Feature(
    "organisations",
    commands=COMMANDS,
    handlers=lambda kernel: OrganisationsCommand(kernel.services).handlers(),
    long_jobs=lambda kernel: {LongJobKind.ORGANISATIONS: OrganisationRows(kernel.services)},
)
