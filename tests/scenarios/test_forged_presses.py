"""Every button, with values that no button of ours carries: each is answered, none raises, and no lane is held up."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.commands.presses import answer_id
from bot.domain.commands.registry import NEW, START
from bot.domain.commands.spec import Surface
from bot.domain.session import Lifecycle, Session, Snapshot
from bot.features import COMMANDS
from bot.features.alarms import rows as alarms
from bot.features.alarms.rules import Alarm, AlarmKind
from bot.features.alarms.sentences import OVER
from bot.features.budgets import grant_rows as grants
from bot.features.budgets import rows as budgets
from bot.features.budgets.grant_rows import Grant, GrantState
from bot.features.budgets.rules import USUAL_WARNINGS, Scope, ScopeKind, Span
from bot.features.budgets.sentences import BUDGET_GONE, no_such_number
from bot.store import sessions
from bot.timing import Timing
from bot.views.answers.sessions import NO_SESSION_HERE
from bot.views.answers.starts import COMMAND, OPTIONS, REPEATED
from bot.views.questions import STALE
from tests.said import a_session
from tests.scenarios import walk
from tests.scenarios.ahead import rows
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness, harness
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
    "what Python reads as no number": "NaN",
    "a budget without an end": "org Infinity",
    "a budget of no number": "@U0ANN NaN a week warn NaN",
    "a negative budget": "org -1",
    "a budget that is too large": f"org {'9' * 2_000}",
    "a budget of other digits": "org \u0661\u0660",
    "a number that begins with a sign": "+1:U0ANN",
    "a number without its subject": "1:",
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
QUESTIONS = ("session", "wake", "schedule", "note", "fan_out", REPEATED, OPTIONS, COMMAND, "gone", "")
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


# ---------------------------------------------------------------- what is there, but is not for who presses

ELSEWHERE = "T0ELSE"
LEDGER = ("budgets", "grants", "alarms", "subscriptions", "cost_centre_members", "audit")


def theirs(team: str, channel: str) -> Session:
    """Ann's session that runs in a workspace and channel."""
    known = {"devin_id": f"devin-{team}", "lifecycle": Lifecycle.OPEN, "thread_ts": "1700000000.000001"}
    snapshot, org_id = Snapshot(status="running", detail="working"), "org-play" if team == "T0PLAY" else "org-else"
    return a_session(
        id=f"s-{team}", team=team, org_id=org_id, channel=channel, requester=ANN, snapshot=snapshot, **known
    )


async def put_what_is_theirs(on: Harness, now: float) -> dict[str, int]:
    """A session, a budget, a request for more and an alarm, here and in another workspace; answers the budgets."""
    numbers = {}
    async with on.store.write() as tx:
        for team, channel in (("T0PLAY", WEB), (ELSEWHERE, CHANNEL)):
            await sessions.add(tx, theirs(team, channel))
            budget = await budgets.put(
                tx, team, Scope(ScopeKind.PERSON, ANN), Decimal(1), Span.CYCLE, USUAL_WARNINGS, now
            )
            numbers[team] = budget.number
            asked = (f"more-{team}", team, budget.number, ANN, "2026-11", Decimal(5), ANN, GrantState.ASKED, now)
            await grants.add(tx, Grant(*asked))
            facts = {"acus": 9.0}
            await alarms.open_one(
                tx, Alarm(f"alarm-{team}", AlarmKind.RUNAWAY, f"s-{team}", team, "org-1", channel, now, facts)
            )
    return numbers


async def ledger(on: Harness) -> list[Any]:
    """All that money hangs on."""
    return [await rows(on, table) for table in LEDGER]


async def test_what_is_another_workspaces_or_persons_is_answered_as_if_it_was_gone(on: Harness) -> None:
    numbers = await put_what_is_theirs(on, on.clock())
    before = await ledger(on)
    other = numbers[ELSEWHERE]
    forged = [
        *((ADA, button, f"more-{ELSEWHERE}", BUDGET_GONE) for button in ("grant_more", "refuse_more")),
        *((ADA, "choose:budget_remove", typed, no_such_number(other)) for typed in (f"{other}", f"#{other}")),
        *(
            (user, f"alarm_{what}", f"alarm-{team}", OVER)  # that of T0PLAY is in another channel
            for user in (ADA, BEN)
            for team in ("T0PLAY", ELSEWHERE)
            for what in ("stop", "fine", "snooze")
        ),
        *((ADA, button, f"s-{ELSEWHERE}", NO_SESSION_HERE) for button in ("stop", "choose:stop", "choose:archive")),
        (ADA, "choose:stop", "s-T0PLAY", NO_SESSION_HERE),
        *((BEN, "choose:ask_for_more", f"{number}:{ANN}", BUDGET_GONE) for number in numbers.values()),
        (BEN, "choose:ask_for_more", f"{numbers['T0PLAY']}:{BEN}", BUDGET_GONE),
    ]
    with tracebacks() as found:
        for user, action, value, said in forged:
            so_far = len(await on.slack.ephemerals(user=user))
            await forge(on, "interactive", press(user, GENERAL, action, value))
            await on.slack.wait("ephemerals", so_far + 1, user=user)
            assert (await on.slack.ephemerals(user=user))[-1]["rendered"] == said.text, (action, value)
        await settled(on)
    assert found == []
    assert await ledger(on) == before
    assert [row for row in await rows(on, "inbox") if row["state"] != "done"] == []


AS_TYPED = (  # under a question that offers a command: as wrong as nothing that a question offers
    *(("choose:budget_set", order) for order in ("org NaN", "org -1", f"@{ANN} 1e400", f"org {'9' * 2_000}")),
    *(("choose:budget_grant", order) for order in ("org Infinity", "org -1", f"org {'9' * 30}", "#C0NONE 5")),
    *(("choose:budget_try", order) for order in ("org NaN", "each-person 0", "org 1e30")),
    *(("choose:budget_remove", number) for number in ("9" * 30, "-1", "NaN", "0")),
    *(("choose:digest", order) for order in (f"remove {'9' * 30}", "remove -1", "remove NaN", "add weekly #C0NONE")),
    *(("choose:team_add", order) for order in ("", "x", "x tag:", f"{'x' * 2_500} tag:pay")),
    *(("choose:team_remove", order) for order in ("", "nobody", f"nobody @{ANN}")),
)


async def test_a_forged_choice_of_a_command_about_money_changes_nothing_and_is_answered(on: Harness) -> None:
    before = await ledger(on)
    with tracebacks() as found:
        for action, value in AS_TYPED:
            so_far = len(await on.slack.ephemerals(user=ADA))
            await forge(on, "interactive", press(ADA, GENERAL, action, value))
            await on.slack.wait("ephemerals", so_far + 1, user=ADA)
        await settled(on)
    assert found == []
    assert await ledger(on) == before
    assert [row for row in await rows(on, "inbox") if row["state"] != "done"] == []


@pytest.mark.parametrize("order", ["org NaN", "org Infinity", "org -1", "org 0", "each-person 1e9", "", "@U0ANN", "7"])
async def test_a_forged_order_sets_no_budget_and_is_answered_like_a_stale_button(on: Harness, order: str) -> None:
    await forge(on, "interactive", press(ADA, GENERAL, "choose:budget_set_confirmed", order))
    assert (await on.slack.wait_for_ephemeral(ADA))["rendered"] == STALE.text
    assert await rows(on, "budgets") == []
