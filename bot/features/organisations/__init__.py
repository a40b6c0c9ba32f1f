"""`/devin orgs`: Devin's organisations."""

from typing import Final

from bot.domain.commands.organisation_commands import COMMANDS
from bot.flows.feature import Feature
from bot.flows.manage.long_jobs.organisations import KIND, OrganisationRows
from bot.flows.manage.long_jobs.organisations_command import OrganisationsCommand
from bot.flows.manage.long_jobs.row_sources import LongJobKind
from bot.views.organisations import OrganisationSentences

FEATURE: Final = Feature(
    "organisations",
    commands=COMMANDS,
    handlers=lambda kernel: OrganisationsCommand(kernel.services).handlers(),
    long_jobs=lambda kernel: [LongJobKind(KIND, OrganisationRows(kernel.services), OrganisationSentences())],
)
