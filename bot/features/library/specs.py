"""The commands about what Devin knows: notes and playbooks. They are part of the registry's table.

Everybody may read notes and playbooks, admins may change them.
"""

from typing import Final

from bot.domain.commands.arguments import AROUND_LISTS, in_form
from bot.domain.commands.spec import Argument, CommandSpec, Help, Role, Source, typed
from bot.features.library.words import read_search, read_which

WHICH: Final = Argument("N", read_which)  # "" where nothing was typed
SEARCH: Final = Argument("[text]", read_search, around=AROUND_LISTS, free=True)  # "" for no text
BODY: Final = in_form("[text]")
TITLE: Final = in_form("[title]")
_NOTES: Final = "change notes"
_PLAYBOOKS: Final = "change playbooks"

NOTE_LIST: Final = CommandSpec(
    "note_list",
    source=Source.NOTHING,
    ways=typed("note list", SEARCH),
    ordinary=True,
    slash_help=Help("`/devin note list [text]` lists knowledge notes"),
)
NOTE_SHOW: Final = CommandSpec(
    "note_show",
    source=Source.NOTHING,
    ways=typed("note show", WHICH),
    slash_help=Help("`/devin note show N` shows a note", same_line=True),
)
NOTE_ADD: Final = CommandSpec(
    "note_add",
    source=Source.PICKED,
    ways=typed("note add", BODY),
    role=Role.ADMIN,
    admins_can=_NOTES,
    opens_form=True,
    shortcut="save_as_note",  # with the text of the message
    slash_help=Help(f"`/devin note add {BODY.shown}` opens a form for a new note"),
)
NOTE_EDIT: Final = CommandSpec(
    "note_edit",
    source=Source.NOTHING,
    ways=typed("note edit", WHICH),
    role=Role.ADMIN,
    admins_can=_NOTES,
    opens_form=True,
    slash_help=Help("`/devin note edit N` opens a note to edit", same_line=True),
)
NOTE_DELETE: Final = CommandSpec(
    "note_delete",
    source=Source.NOTHING,
    ways=typed("note delete", WHICH),
    role=Role.ADMIN,
    admins_can=_NOTES,
    slash_help=Help("`/devin note delete N` deletes a note (asks you to confirm)", same_line=True),
)
# The choice to delete a note.
NOTE_DELETE_CONFIRMED: Final = CommandSpec(
    "note_delete_confirmed", source=Source.NOTHING, ways=(), role=Role.ADMIN, admins_can=_NOTES, urgent=True
)
PLAYBOOK_LIST: Final = CommandSpec(
    "playbook_list",
    source=Source.NOTHING,
    ways=typed("playbook list", SEARCH),
    ordinary=True,
    slash_help=Help("`/devin playbook list [text]` lists playbooks"),
)
PLAYBOOK_SHOW: Final = CommandSpec(
    "playbook_show",
    source=Source.NOTHING,
    ways=typed("playbook show", WHICH),
    slash_help=Help("`/devin playbook show N` shows a playbook", same_line=True),
)
PLAYBOOK_ADD: Final = CommandSpec(
    "playbook_add",
    source=Source.NOTHING,
    ways=typed("playbook add", TITLE),
    role=Role.ADMIN,
    admins_can=_PLAYBOOKS,
    opens_form=True,
    slash_help=Help(f"`/devin playbook add {TITLE.shown}` opens a form for a new playbook"),
)
PLAYBOOK_EDIT: Final = CommandSpec(
    "playbook_edit",
    source=Source.NOTHING,
    ways=typed("playbook edit", WHICH),
    role=Role.ADMIN,
    admins_can=_PLAYBOOKS,
    opens_form=True,
    slash_help=Help("`/devin playbook edit N` opens a playbook to edit", same_line=True),
)
COMMANDS: Final = (
    NOTE_LIST,
    NOTE_SHOW,
    NOTE_ADD,
    NOTE_EDIT,
    NOTE_DELETE,
    NOTE_DELETE_CONFIRMED,
    PLAYBOOK_LIST,
    PLAYBOOK_SHOW,
    PLAYBOOK_ADD,
    PLAYBOOK_EDIT,
)
