"""`SIGKILL` at the steps of notes and playbooks: each change of one is made once, and has one audit row."""

from typing import Any

import pytest

from tests.crash.persistent import answered, opened, sent
from tests.crash.scene import PATIENCE, Scene
from tests.crash.stage import Stage, killed_in
from tests.crash.story import Story, nothing
from tests.scenarios.harness import ADA, GENERAL

pytestmark = pytest.mark.edge

DIRECT = "D0ADA"
NOTE = {"name": "Deploys", "trigger": "when deploying", "body": "Go through staging.", "repo": "acme/web"}
PLAYBOOK = {"name": "Release", "body": "1. Tag it.", "macro": "!release"}


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
    question = await answered(one, "note delete 1", "permanently?")
    for _ in range(10):
        if (await one.slack.click(ADA, GENERAL, question["ts"], "choose:note_delete_confirmed"))["status"] == "acked":
            break
        await one.reachable()
    await one.slack.wait_for_ephemeral(ADA, "is deleted", within=PATIENCE)


async def known_once(one: Scene, _: Any) -> None:
    names = {"name": "name", "trigger": "trigger", "body": "body", "pinned_repo": "repo"}
    notes = one.on.simulated_devin.world.held.notes
    assert [{field: note[name] for name, field in names.items()} for note in notes] == [NOTE]
    assert await one.rows("SELECT count(*) FROM audit") == [(1,)]
    assert len(await one.slack.messages(DIRECT, user="U0BOT")) == 1


async def deleted_once(one: Scene, _: Any) -> None:
    assert one.on.simulated_devin.world.held.notes == []
    assert await one.rows("SELECT action, target FROM audit") == [("note_delete", "note-1")]


async def add_playbook(one: Scene, _: Any) -> None:
    await sent(one, await opened(one, "playbook add"), **PLAYBOOK)
    await one.slack.wait_for_message(DIRECT, "is saved.", within=PATIENCE)


async def playbook_there(one: Scene) -> str:
    """A playbook that the bot did not make; its id."""
    await one.quiet()
    made = await one.devin.add_playbook("Release", "1. Ask Ben.", macro="!release")
    return str(made["playbook_id"])


async def change_playbook(one: Scene, playbook_id: str) -> None:
    await sent(one, await opened(one, f"playbook edit {playbook_id}"), body=PLAYBOOK["body"])
    await one.slack.wait_for_message(DIRECT, "is changed.", within=PATIENCE)


async def playbook_known_once(one: Scene, _: Any) -> None:
    names = {"title": "name", "body": "body", "macro": "macro"}
    playbooks = one.on.simulated_devin.world.held.playbooks
    assert [{field: playbook[name] for name, field in names.items()} for playbook in playbooks] == [PLAYBOOK]
    assert await one.rows("SELECT count(*) FROM audit") == [(1,)]
    assert len(await one.slack.messages(DIRECT, user="U0BOT")) == 1


STORIES = [
    Story("an admin adds a note", nothing, add, known_once),
    Story("an admin changes a note", there, change, known_once),
    Story("an admin deletes a note", there, delete, deleted_once),
    Story("an admin adds a playbook", nothing, add_playbook, playbook_known_once),
    Story("an admin changes a playbook", playbook_there, change_playbook, playbook_known_once),
]


@killed_in(STORIES)
async def test_a_kill_at_any_step_changes_the_library_once(story: Story, stage: Stage) -> None:
    await stage.kill_everywhere(story)
