"""Notes and playbooks: read by everybody, changed by admins with forms."""

from typing import Any

from tests.scenarios.harness import ADA, ANN, GENERAL, Harness

DIRECT = "D0ADA"
NOTE = {"name": "Deploys", "trigger": "when deploying", "body": "Go through staging.", "repo": "acme/web"}
SAVED = "The note *Deploys* is saved. Devin knows it from now on. <https://app.devin.ai/knowledge|Open in Devin>"


async def typed(on: Harness, text: str, user: str = ADA) -> str:
    """What somebody reads at once who types a command; nothing where a form opens."""
    shown = (await on.slack.slash(user, GENERAL, text))["shown"]
    return str(shown["rendered"]) if shown else ""


async def read(on: Harness, text: str, words: str, user: str = ADA) -> str:
    """What somebody reads in the end who types a command for which Devin is asked."""
    assert await typed(on, text, user) == "Asking Devin…"
    return str((await on.slack.wait_for_ephemeral(user, words))["rendered"])


async def view(on: Harness, title: str, user: str = ADA) -> dict[str, Any]:
    """The modal with this title that somebody sees, once it has its fields or a sentence."""
    while True:
        (shown,) = await on.slack.wait("views", user=user, open=True)
        if shown["title"]["text"] == title and "Loading…" not in str(shown["blocks"]):
            return shown
        await on.slack.wait_for_call("views.update")


def filled(**fields: str) -> dict[str, Any]:
    return {name: {name: value} for name, value in fields.items()}


def notes(on: Harness) -> list[dict[str, Any]]:
    return on.simulated_devin.world.held.notes


def written(on: Harness) -> list[dict[str, str | None]]:
    """What the notes at Devin say."""
    return [{key: note[key] for key in ("name", "trigger", "body", "pinned_repo")} for note in notes(on)]


async def add(on: Harness, **fields: str) -> None:
    """Fill in the form of a new note and send it."""
    assert await typed(on, "note add") == ""
    shown = await view(on, "New note")
    sent = await on.slack.submit_view(ADA, shown["id"], filled(**NOTE | fields))
    assert sent["closed"] is True


async def test_a_note_is_added_listed_shown_changed_and_deleted(on: Harness) -> None:
    await add(on)
    await on.slack.wait_for_message(DIRECT, SAVED)
    assert written(on) == [
        {"name": "Deploys", "trigger": "when deploying", "body": "Go through staging.", "pinned_repo": "acme/web"}
    ]
    listed = await read(on, "note list", "*1 note*", ANN)
    assert listed == (
        "*1 note*\n1. *Deploys* · when deploying · `acme/web`\n`/devin note show 1` shows number 1 of this list."
    )
    assert (await read(on, "note show 1", "Go through", ANN)).startswith(
        "*Deploys*\nwhen deploying · `acme/web` · changed "
    )
