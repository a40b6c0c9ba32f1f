"""Every interaction, by everybody, in every kind of channel: the table is in `every_interaction.py`."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.conversation.receive import reactions
from bot.domain.commands.spec import Surface
from bot.features import COMMANDS
from bot.kernel.sending import edits
from bot.manifest import manifest_for
from bot.slack import rate_limits
from bot.store import kept_tasks
from bot.store import sessions as stored_sessions
from bot.timing import Timing
from tests.scenarios import interactions
from tests.scenarios.ahead import Running, running
from tests.scenarios.every_interaction import ELSEWHERE, INTERACTIONS
from tests.scenarios.harness import Harness, harness
from tests.scenarios.interactions import CHANNELS, OPENED, At, Kind, Place, Scene
from tests.scenarios.test_every_command import as_often_as_it_likes, up
from tests.scenarios.walk import GROUP

__all__ = ["as_often_as_it_likes"]


@pytest.fixture(autouse=True)
def edits_as_well(monkeypatch: pytest.MonkeyPatch, as_often_as_it_likes: None) -> None:
    """Let the bot edit cards without pauses too."""
    for budget in ("EDITS", "SPARE_EDITS"):
        monkeypatch.setattr(edits, budget, rate_limits.ONE)


Sessions = dict[At, dict[tuple[Kind, Place], Running]]


@asynccontextmanager
async def bot_for(folder: Path, **how: Any) -> AsyncIterator[tuple[Harness, dict[At | None, list[Scene]]]]:
    """A bot among everybody, with sessions as far as the rows need them."""
    settings = {"BOT_START_EMOJI": interactions.START_EMOJI, "BOT_START_EMOJI_CHANNELS": "*", "BOT_UNFURL": "on"}
    async with harness(folder, start=False, BOT_ADMIN_GROUP=GROUP, **settings, **how) as on:
        interactions.put_people(on)
        sessions = await _sessions(on)
        await up(on)
        await on.slack.share(CHANNELS[Place.SHARED])
        for at, known in sessions.items():
            await interactions.so_far(on, known.values(), at)
        placed: dict[At | None, list[Scene]] = {
            at: await interactions.with_sessions(on, known) for at, known in sessions.items()
        }
        yield on, placed | {None: list(interactions.scenes(on))}


async def _sessions(on: Harness) -> Sessions:
    """A session for everybody everywhere and for each way in which it is to go, and one of which links are written."""
    here = [
        scene
        for scene in interactions.scenes(on)
        if scene.place is not Place.DM or scene.kind in {Kind.MEMBER, Kind.ADMIN}
    ]
    wanted = [(at, scene) for at in At for scene in here]
    channels = [*(scene.channel for _, scene in wanted), OPENED]
    askers = [*(scene.user if scene.place is Place.DM else "U0ANN" for _, scene in wanted), "U0ANN"]
    await on.slack.pause("lose")  # else a bot that starts gets what was said here, and in direct messages starts it
    made = await running(on, len(channels), channels, askers)
    await on.slack.resume()
    await on.devin.set(made[-1].devin_id, title="opened to all")
    async with on.store.write() as tx:
        for one in made:
            if (session := await stored_sessions.get(tx, one.id)) is not None:
                await kept_tasks.keep(tx, session, (), None, time.time())
    sessions: Sessions = {at: {} for at in At}
    for (at, scene), one in zip(wanted, made, strict=False):
        sessions[at][scene.kind, scene.place] = one
    return sessions


def of_the_app() -> set[str]:
    """All by which people can act on the bot, besides commands and the answers to questions."""
    events = manifest_for(unfurls=True)["settings"]["event_subscriptions"]["bot_events"]
    kinds = [name for name in vars(reactions) if name.endswith("Reaction") and name != "Reaction"]
    return {
        *(f"action:{spec.action_id}" for spec in COMMANDS.on(Surface.BUTTON)),
        *(f"shortcut:{name}" for name in (*COMMANDS.shortcuts, *COMMANDS.global_shortcuts)),
        *(f"form:{name}" for name in COMMANDS.forms),
        *(f"event:{name.partition('.')[0]}" for name in events),
        *(f"reaction:{name}" for name in kinds),
    }


def test_all_by_which_people_act_is_played_or_has_a_reason() -> None:
    played = {name for row in INTERACTIONS for name in row.of}
    assert of_the_app() - played - set(ELSEWHERE) == set(), "add a row to tests/scenarios/every_interaction.py"
    assert (played | set(ELSEWHERE)) - of_the_app() == set()
    assert played & set(ELSEWHERE) == set()


# What stands in a direct message when this bot starts is older than it would fetch: sessions are there for it already.
@pytest.mark.timing(catch_up_reach=0.0)
@pytest.mark.timeout(300)
async def test_everybody_gets_what_the_table_says(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    wrong: list[str] = []
    async with bot_for(tmp_path, transport=transport, timing=timing, **database) as (_, placed):
        for row in INTERACTIONS:
            wrong += await interactions.play(row, placed[row.needs])
    assert not wrong, "\n".join(["", *wrong])
