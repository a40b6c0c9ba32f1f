"""Notes and playbooks: what Devin knows."""

from typing import Final

from bot.devin.paging import read_first
from bot.features.library import sentences as library
from bot.features.library.flow import LibraryCommands
from bot.features.library.form import library_forms
from bot.features.library.specs import COMMANDS
from bot.kernel.feature import Feature, Permission

FEATURE: Final = Feature(
    "library",
    commands=COMMANDS,
    handlers=lambda kernel: LibraryCommands(kernel.services).handlers(),
    plain_questions={library.QUESTION: library.NOT_DELETED},
    forms=lambda kernel: library_forms(kernel.services, kernel.access),
    permissions=(Permission("note", "ManageOrgKnowledge", lambda devin: read_first(devin.note_pages()), "notes"),),
)
