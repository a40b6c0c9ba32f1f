"""Notes and playbooks: what Devin knows."""

from typing import Final

from bot.domain.commands.library_commands import COMMANDS
from bot.flows.feature import Feature
from bot.flows.manage.forms.library import library_forms
from bot.flows.manage.library.commands import LibraryCommands
from bot.flows.manage.library.note_deletion import NoteDeletion
from bot.views import library

FEATURE: Final = Feature(
    "library",
    commands=COMMANDS,
    handlers=lambda kernel: LibraryCommands(kernel.services).handlers() | NoteDeletion(kernel.services).handlers(),
    plain_questions={library.QUESTION: library.NOT_DELETED},
    forms=lambda kernel: library_forms(kernel.services, kernel.access),
)
