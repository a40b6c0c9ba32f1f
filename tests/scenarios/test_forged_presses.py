"""Every button, with values that no button of ours carries: each is answered, none raises, and no lane is held up."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.domain.commands.presses import answer_id
from bot.domain.commands.registry import NEW, START
from bot.domain.commands.spec import Surface
from bot.features import COMMANDS
from bot.timing import Timing
from bot.views.answers.starts import OPTIONS, REPEATED
from bot.views.questions import STALE
from tests.scenarios import walk
from tests.scenarios.ahead import rows
from tests.scenarios.harness import ADA, ANN, GENERAL, Harness, harness
from tests.scenarios.observations import creations, forge, press, settled
from tests.scenarios.test_every_command import as_often_as_it_likes, up
from tests.scenarios.test_fuzzed_requests import tracebacks
from tests.scenarios.walk import CHANNEL, GROUP

__all__ = ["as_often_as_it_likes"]

pytestmark = [pytest.mark.edge, pytest.mark.timing(operation_message=0.05, progress_interval=0.3, review_poll=0.3)]

FORGED: dict[str, Any] = {
    "nothing": "",
    "a blank": " ",
    "zero": "0",
    "a negative number": "-1",
    "a number that is not there": "7",
    "a number that is too large": "9" * 30,
    "one with more digits than Python reads": "9" * 5_000,
    "digits of another script": "\u0667\u0661",
    "no number": "1e9",
    "a budget of nobody's": "7:U0NOBODY",
    "a large one of somebody's": f"{'9' * 30}:U0ANN",
    "an id that is not there": "devin-0000000000000000000000000000dead",
    "a sentence": "wipe the disks",
    "what ends a query": "'; DROP TABLE inbox; --",
    "markup": "<!channel> `*x*`",
    "signs that nobody sees": "\u202e\u200b",
    "NUL and half a pair": "\x00\ud800",
    "a very long text": "x" * 100_000,
    "no text": None,
}
QUESTIONS = ("session", "wake", "schedule", "note", "fan_out", REPEATED, OPTIONS, "gone", "")
AT_ONCE = 50
FREE = {START, NEW}  # a choice of these carries a task, as if it was typed


def action_ids() -> list[str]:
    """Of each command's button, of the choice that gives it, and of the answers to each question."""
    declared = [spec.action_id for spec in COMMANDS.on(Surface.BUTTON)]
    chosen = [spec.choice_id for spec in COMMANDS.specs if spec not in FREE]
    return [
        *declared,
        *chosen,
        *(answer_id(question, answer) for question in QUESTIONS for answer in ("no", "yes", "")),
    ]


async def pressed(on: Harness, number: int, action: str, value: Any) -> None:
    """One press in a lane of its own."""
    ts = f"1700000000.{number:06d}"
    where = {"container": {"type": "message", "message_ts": ts, "channel_id": CHANNEL}}
    payload = press(ADA, CHANNEL, action, value, **where, trigger_id=f"forged.{number}")
    assert await forge(on, "interactive", payload) == "acked"


def answers_to(number: int) -> set[str]:
    """The keys of what is said about a press."""
    return {f"priv:act:forged.{number}{more}" for more in ("", ":received")}


@pytest.mark.timeout(600)
async def test_a_forged_value_is_answered_raises_nothing_and_holds_no_lane(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    async with harness(tmp_path, transport, start=False, timing=timing, BOT_ADMIN_GROUP=GROUP, **database) as on:
        walk.put_people(on, [])
        await up(on)
        # Every third value for each button, from another one on each time: all of them take minutes.
        pairs = [
            (action, value)
            for turn, action in enumerate(action_ids())
            for number, value in enumerate(FORGED.values())
            if (turn + number) % 3 == 0
        ]
        with tracebacks() as found:
            for begin in range(0, len(pairs), AT_ONCE):
                batch = enumerate(pairs[begin : begin + AT_ONCE], begin)
                await asyncio.gather(*(pressed(on, number, *pair) for number, pair in batch))
            await settled(on, within=300)
        presses = [row for row in await rows(on, "inbox") if row["key"].startswith("act:forged.")]
        assert len(presses) == len(pairs)
        assert [
            (pairs[int(row["key"].rpartition(".")[2])], row["reason"]) for row in presses if row["state"] != "done"
        ] == []
        assert found == []
        answered = {row["key"] for row in await rows(on, "outbox")}
        silent = {pairs[number][0] for number in range(len(pairs)) if not answered & answers_to(number)}
        assert silent == set()
        assert await creations(on) == 0
        assert await rows(on, "budgets") == []
        assert (await on.slack.slash(ADA, CHANNEL, "cost"))["shown"]["rendered"]


@pytest.mark.parametrize("value", ["x" * 100_000, "7", "note_gone 1"])
async def test_a_stale_button_says_so(on: Harness, value: str) -> None:
    await on.started()
    for action in ("open_form", "choose:notify", "choose:aside", "answer:gone:yes"):
        so_far = len(await on.slack.ephemerals(user=ANN))
        await forge(on, "interactive", press(ANN, GENERAL, action, value))
        await on.slack.wait("ephemerals", so_far + 1, user=ANN)
        assert (await on.slack.ephemerals(user=ANN))[-1]["rendered"] == STALE.text, action
