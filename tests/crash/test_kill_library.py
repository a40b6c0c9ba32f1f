"""`SIGKILL` at the steps of notes: one is created once, changed once and deleted once, and each has one audit row."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.crash.scene import PATIENCE, Nursery, Scene
from tests.crash.story import (
    ANSWERED_BY_URL,
    KNOWN,
    POSTED,
    RECEIVED,
    Story,
    in_both_forms,
    killed_everywhere,
    named,
    nothing,
)
from tests.scenarios.harness import ADA, GENERAL

pytestmark = pytest.mark.edge

DIRECT = "D0ADA"
NOTE = {"name": "Deploys", "trigger": "when deploying", "body": "Go through staging.", "repo": "acme/web"}
OPENED = "open a form: Slack views.open"
CREATED = ("intend: commit", "create a note: Devin POST knowledge/notes", "adopt: commit")
NOTED = "note what was there: commit"


async def opened(one: Scene, text: str) -> str:
    """Type a command until its form is there with its fields, as a person does who sees none; the id of the form."""
    for _ in range(10):
        await one.slack.slash(ADA, GENERAL, text)
        with suppress(TimeoutError):
            async with asyncio.timeout(3.0):
                while True:
                    for view in reversed(await one.slack.views(user=ADA, open=True)):
                        if "submit" in view:
                            return str(view["id"])
                    await asyncio.sleep(0.05)  # a form that is filled later is no event
        await one.slack.wait_for_sockets(within=PATIENCE)
    raise AssertionError(f"/devin {text} never opened a form")


async def sent(one: Scene, view_id: str, **fields: str) -> None:
    """Send a form until Slack takes it away, as a person does who is told that there was trouble."""
    values = {name: {name: value} for name, value in fields.items()}
    for _ in range(10):
        if (await one.slack.submit_view(ADA, view_id, values)).get("closed"):
            return
        await one.slack.wait_for_sockets(within=PATIENCE)
    raise AssertionError("the form was never taken")


async def add(one: Scene, _: Any) -> None:
    await sent(one, await opened(one, "note add"), **NOTE)
    await one.slack.wait_for_message(DIRECT, "is saved.", within=PATIENCE)


async def there(one: Scene) -> str:
    """A note that the bot did not make; its id."""
    await one.quiet()
    made = {
        "note_id": "note-1",
        "name": "Deploys",
        "trigger": "when deploying",
        "body": "Ask Ben.",
        "is_enabled": True,
        "access_type": "org",
        "org_id": "org-play",
        "folder_id": None,
        "folder_path": "/",
        "pinned_repo": "acme/web",
        "macro": None,
        "created_at": 1_790_000_000,
        "updated_at": 1_790_000_000,
    }
    one.on.simulated_devin.world.held.notes.append(made)
    return "note-1"


async def change(one: Scene, note_id: str) -> None:
    await sent(one, await opened(one, f"note edit {note_id}"), body=NOTE["body"])
    await one.slack.wait_for_message(DIRECT, "is changed.", within=PATIENCE)


async def delete(one: Scene, _: str) -> None:
    await answered(one, "note list", "*1 note*")
    question = await answered(one, "note delete 1", "for good?")
    for _ in range(10):
        if (await one.slack.click(ADA, GENERAL, question["ts"], "note_delete_confirmed"))["status"] == "acked":
            break
        await one.slack.wait_for_sockets(within=PATIENCE)
    await one.slack.wait_for_ephemeral(ADA, "is deleted", within=PATIENCE)


async def answered(one: Scene, text: str, words: str) -> dict[str, Any]:
    """Type a command until its answer is there: one that is shown privately may be lost with the process."""
    for _ in range(10):
        await one.slack.slash(ADA, GENERAL, text)
        with suppress(TimeoutError):
            return await one.slack.wait_for_ephemeral(ADA, words, within=3.0, visible=True)
        await one.slack.wait_for_sockets(within=PATIENCE)
    raise AssertionError(f"/devin {text} was never answered")


async def known_once(one: Scene, _: Any) -> None:
    names = {"name": "name", "trigger": "trigger", "body": "body", "pinned_repo": "repo"}
    notes = one.on.simulated_devin.world.held.notes
    assert [{field: note[name] for name, field in names.items()} for note in notes] == [NOTE]
    assert one.rows("SELECT count(*) FROM audit") == [(1,)]
    assert len(await one.slack.messages(DIRECT, user="U0BOT")) == 1


async def deleted_once(one: Scene, _: Any) -> None:
    assert one.on.simulated_devin.world.held.notes == []
    assert one.rows("SELECT action, target FROM audit") == [("note_delete", "note-1")]


STORIES = [
    Story(
        "an admin adds a note",
        nothing,
        add,
        known_once,
        steps=(OPENED, *RECEIVED, *CREATED, *POSTED),
        sometimes=(KNOWN,),
        throughout=CREATED,
    ),
    Story(
        "an admin changes a note",
        there,
        change,
        known_once,
        steps=(
            OPENED,
            "fill the form: Slack views.update",
            *RECEIVED,
            NOTED,
            "change a note: Devin PUT knowledge/notes",
            "record the change: commit",
            *POSTED,
        ),
        sometimes=(KNOWN,),
    ),
    Story(
        "an admin deletes a note",
        there,
        delete,
        deleted_once,
        steps=(
            *RECEIVED,
            "answer what Devin was asked: commit",
            NOTED,
            "delete a note: Devin DELETE knowledge/notes",
            "record the change: commit",
            *ANSWERED_BY_URL,
        ),
        sometimes=(KNOWN,),
    ),
]


@in_both_forms
@pytest.mark.parametrize("story", named(STORIES))
async def test_a_kill_at_any_step_changes_a_note_once(
    story: Story, every: bool, tmp_path: Path, nursery: Nursery
) -> None:
    await killed_everywhere(story, tmp_path, nursery, every=every)
