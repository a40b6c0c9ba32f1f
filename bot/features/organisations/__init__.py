"""`/devin orgs`: Devin's organizations."""

from typing import Final

from bot.features.organisations.flow import KIND, OrganisationRows, OrganisationsCommand
from bot.features.organisations.sentences import OrganisationSentences
from bot.features.organisations.specs import COMMANDS
from bot.kernel.feature import Feature
from bot.kernel.operations.row_sources import OperationKind

FEATURE: Final = Feature(
    "organisations",
    commands=COMMANDS,
    handlers=lambda kernel: OrganisationsCommand(kernel.services).handlers(),
    operations=lambda kernel: [OperationKind(KIND, OrganisationRows(kernel.services), OrganisationSentences())],
)
