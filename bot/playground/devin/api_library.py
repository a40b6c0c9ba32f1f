"""The library of an organisation: its playbooks, and its knowledge notes in folders."""

import re
from typing import Any, Final

from bot.playground.devin import body
from bot.playground.devin.problems import not_found
from bot.playground.devin.route import Answer, Call, as_json, page
from bot.playground.devin.state import World

ROOT: Final = "/"
_MACRO: Final = re.compile(r"![A-Za-z0-9_-]+")
_NOTE: Final[dict[str, body.Check]] = {
    "name": body.STRING,
    "body": body.STRING,
    "trigger": body.STRING,
    "pinned_repo": body.nullable(body.STRING),
    "folder_id": body.nullable(body.STRING),
    "is_enabled": body.nullable(body.BOOLEAN),
}


def _macro(value: Any) -> str | None:
    fits = isinstance(value, str) and _MACRO.fullmatch(value)
    return None if fits else "String should match pattern '^![A-Za-z0-9_-]+$'"


_PLAYBOOK: Final[dict[str, body.Check]] = {
    "title": body.STRING,
    "body": body.STRING,
    "macro": body.nullable(_macro),
    "structured_output_schema": body.nullable(body.OBJECT),
}


_PLAYBOOK_MORE: Final = ("macro", "structured_output_schema")


# ---------------------------------------------------------------- playbooks


def list_playbooks(call: Call) -> Answer:
    """GET …/playbooks."""
    return page(call, "playbooks", call.world.held.playbooks)


def create_playbook(call: Call) -> Answer:
    """POST …/playbooks."""
    order = _playbook_order(call)
    more = {name: order[name] for name in _PLAYBOOK_MORE if name in order}
    return as_json(add_playbook(call.world, order["title"], order["body"], **more))


def get_playbook(call: Call) -> Answer:
    """GET …/playbooks/{playbook_id}."""
    return as_json(call.world.playbook(call.path["playbook_id"]))


def replace_playbook(call: Call) -> Answer:
    """PUT …/playbooks/{playbook_id}: what is left out is gone."""
    playbook, order = call.world.playbook(call.path["playbook_id"]), _playbook_order(call)
    # Not every copy of the contract has the schema, so a playbook without one does not name it.
    playbook |= {name: order.get(name) for name in _PLAYBOOK if name in playbook or name in order}
    playbook |= {"updated_at": call.world.seconds(), "updated_by": call.world.service_user_id}
    return as_json(playbook)


def delete_playbook(call: Call) -> Answer:
    """DELETE …/playbooks/{playbook_id}: answers with what was deleted."""
    playbook = call.world.playbook(call.path["playbook_id"])
    call.world.held.playbooks.remove(playbook)
    return as_json(playbook)


def _playbook_order(call: Call) -> dict[str, Any]:
    order = call.body()
    body.check(order, _PLAYBOOK, "title", "body")
    return order


def add_playbook(world: World, title: str, text: str, **facts: Any) -> dict[str, Any]:
    """Put a playbook into the library."""
    at = world.seconds()
    playbook = {
        "playbook_id": f"playbook-{world.new_id('playbook')}",
        "title": title,
        "body": text,
        "macro": None,
        "access_type": "org",
        "org_id": world.org_id,
        "created_at": at,
        "created_by": world.service_user_id,
        "updated_at": at,
        "updated_by": world.service_user_id,
    } | facts
    world.held.playbooks.append(playbook)
    return playbook


# ---------------------------------------------------------------- notes


def list_notes(call: Call) -> Answer:
    """GET …/knowledge/notes; `search` looks at name, trigger and body."""
    search = call.query.get("search", "").lower()
    exact = {name: call.query[name] for name in ("folder_path", "pinned_repo") if name in call.query}
    found = [
        note
        for note in _notes(call)
        if search in f"{note['name']}\n{note['trigger']}\n{note['body']}".lower()
        and all(note[name] == value for name, value in exact.items())
    ]
    return page(call, "notes", found)


def create_note(call: Call) -> Answer:
    """POST …/knowledge/notes: `trigger` is required, `trigger_description` replaces it only by a switch."""
    at = call.world.seconds()
    note = {
        "note_id": f"note-{call.world.new_id('note')}",
        **_written(call),
        "access_type": "org",
        "org_id": call.org_id,
        "macro": None,
        "created_at": at,
        "updated_at": at,
    }
    call.world.held.notes.append(note)
    call.world.audit("create_knowledge", call.org_id, {"note_id": note["note_id"]})
    return as_json(note)


def get_note(call: Call) -> Answer:
    """GET …/knowledge/notes/{note_id}."""
    return as_json(_note(call))


def replace_note(call: Call) -> Answer:
    """PUT …/knowledge/notes/{note_id}: what is left out is as in a new note."""
    note = _note(call)
    note |= _written(call) | {"updated_at": call.world.seconds()}
    call.world.audit("edit_knowledge", call.org_id, {"note_id": note["note_id"]})
    return as_json(note)


def delete_note(call: Call) -> Answer:
    """DELETE …/knowledge/notes/{note_id}: answers with what was deleted."""
    note = _note(call)
    call.world.held.notes.remove(note)
    call.world.audit("delete_knowledge", call.org_id, {"note_id": note["note_id"]})
    return as_json(note)


def _notes(call: Call) -> list[dict[str, Any]]:
    return [note for note in call.world.held.notes if note["org_id"] == call.org_id]


def _note(call: Call) -> dict[str, Any]:
    for note in _notes(call):
        if note["note_id"] == call.path["note_id"]:
            return note
    raise not_found("Note")


def _written(call: Call) -> dict[str, Any]:
    order = call.body()
    if call.world.switches.old_note_trigger and "trigger" not in order and "trigger_description" in order:
        order = order | {"trigger": order["trigger_description"]}
    body.check(order, _NOTE, "name", "body", "trigger")
    folder_id = order.get("folder_id")
    return {
        "name": order["name"],
        "body": order["body"],
        "trigger": order["trigger"],
        "is_enabled": order.get("is_enabled") is not False,
        "folder_id": folder_id,
        "folder_path": ROOT if folder_id is None else call.world.folder(folder_id)["path"],
        "pinned_repo": order.get("pinned_repo"),
    }


# ---------------------------------------------------------------- folders


def list_folders(call: Call) -> Answer:
    """GET …/knowledge/folders: all of them, with how many notes are in each. No call of the API makes one."""
    inside = [note["folder_id"] for note in _notes(call)]
    folders = [folder | {"note_count": inside.count(folder["folder_id"])} for folder in call.world.held.folders]
    return as_json({"folders": folders, "root_note_count": inside.count(None)})


def add_folder(world: World, name: str, parent_folder_id: str | None = None) -> dict[str, Any]:
    """Put a folder into the library, in another one or at the root."""
    above = ROOT if parent_folder_id is None else f"{world.folder(parent_folder_id)['path']}/"
    folder = {
        "folder_id": f"folder-{world.new_id('folder')}",
        "name": name,
        "path": above + name,
        "parent_folder_id": parent_folder_id,
    }
    world.held.folders.append(folder)
    return folder
