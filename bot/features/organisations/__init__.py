"""`/devin orgs`: Devin's organisations."""

from typing import Final

from bot.features.organisations.flow import OrganisationsCommand
from bot.features.organisations.sentences import OrganisationSentences
from bot.features.organisations.source import KIND, OrganisationRows
from bot.features.organisations.specs import COMMANDS
from bot.kernel.feature import Feature
from bot.kernel.long_jobs.row_sources import LongJobKind

FEATURE: Final = Feature(
    "organisations",
    commands=COMMANDS,
    handlers=lambda kernel: OrganisationsCommand(kernel.services).handlers(),
    long_jobs=lambda kernel: [LongJobKind(KIND, OrganisationRows(kernel.services), OrganisationSentences())],
)
