"""Two workspaces and two organisations in one process: nothing of one shows in the other.

The two have the same people, the same channels and, where it matters, messages with the same `ts`.
"""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import newest_finished
from bot.features.budgets import sentences as budgets
from bot.features.digest import digest_root
from bot.playground.slack import SlackControl, SlackSimulator
from bot.timing import Timing
from bot.views.answers import sessions as session_sentences
from tests.said import ASKED_BY
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ADA, ANN, GENERAL, MANIFEST, OPS, Harness, harness
from tests.scenarios.observations import card, polled, set_budget

pytestmark = pytest.mark.edge

ONE, TWO = ("T0ONE", "org-one"), ("T0TWO", "org-two")


class Wall:
    """The clock of both Slacks, which can be held so that both give the same `ts`."""

    def __init__(self) -> None:
        self.held: float | None = None

    def __call__(self) -> float:
        return time.time() if self.held is None else self.held


class Both:
    """The two workspaces with their organisations, and the one bot between them."""

    def __init__(self, one: Harness, two: Harness, wall: Wall, clock: Ahead) -> None:
        self.one, self.two, self.wall, self.clock = one, two, wall, clock

    def __iter__(self) -> Any:
        return iter((self.one, self.two))

    async def say(self, *texts: str, **where: Any) -> str:
        """Somebody writes one text in each workspace, both with one `ts`."""
        self.wall.held = time.time()
        first, second = [await on.slack.say(ANN, GENERAL, text, **where) for on, text in zip(self, texts, strict=True)]
        self.wall.held = None
        assert first == second
        return first

    async def started(self) -> tuple[str, list[str]]:
        """A session in each, under messages with one `ts`; answers that, and Devin's ids."""
        ts = await self.say("<@U0BOT> fix the login test of One", "<@U0BOT> fix the login test of Two")
        made = [(await on.session("fix the login test"))["session_id"] for on in self]
        for on, devin_id in zip(self, made, strict=True):
            await on.devin.set(devin_id, status="running", status_detail="working")
            await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts)
        return ts, made


@pytest.fixture
async def both(tmp_path: Path, clock: Ahead, timing: Timing) -> AsyncIterator[Both]:
    """One bot between two Slacks and two Devins, all up and running."""
    wall, settings = Wall(), {"BOT_ADMIN_CHANNEL": OPS, "BOT_TIMEZONE": "UTC", "BOT_DIGEST_TIME": _soon()}

    def side(team: str, org_id: str) -> Any:
        workspace, organisation = {"team": team, "wall": wall}, {"org_id": org_id, "seed": org_id}
        return harness(
            tmp_path,
            "http",
            clock=clock,
            timing=timing,
            start=False,
            workspace=workspace,
            organisation=organisation,
            **settings,
        )

    async with side(*ONE) as one, side(*TWO) as two:
        one.others = [two]
        await one.start()
        yield Both(one, two, wall, clock)
        await one.stop()


def _soon() -> str:
    return (datetime.fromtimestamp(time.time(), UTC) + timedelta(hours=2)).strftime("%H:%M")


async def test_each_workspace_starts_its_sessions_in_its_own_organisation(both: Both) -> None:
    ts, made = await both.started()
    for on, name, devin_id in zip(both, ("One", "Two"), made, strict=True):
        (session,) = await on.devin.sessions()
        assert session["session_id"] == devin_id
        assert f"fix the login test of {name}" in session["prompt"]
        cards = [one for one in await on.slack.messages(GENERAL, thread_ts=ts) if one["user"] == "U0BOT"]
        assert [f"of {name}" in one["rendered"] for one in cards] == [True]
    kept = {(row["team"], row["org_id"], row["devin_id"]) for row in await rows(both.one, "sessions")}
    assert kept == {(*ONE, made[0]), (*TWO, made[1])}
    assert {row["team"] for row in await rows(both.one, "threads", ts=ts)} == {ONE[0], TWO[0]}
    assert {row["team"] for row in await rows(both.one, "inbox", ts=ts)} == {ONE[0], TWO[0]}
    assert {row["team"] for row in await rows(both.one, "posts")} == {ONE[0], TWO[0]}


async def test_replies_and_answers_stay_in_their_threads(both: Both) -> None:
    ts, made = await both.started()
    await both.say("use pytest in One", "use unittest in Two", thread_ts=ts)
    words = (("pytest", "unittest", "One"), ("unittest", "pytest", "Two"))
    for on, devin_id, (own, other, name) in zip(both, made, words, strict=True):
        (sent,) = await on.devin.wait_for_messages(own)
        assert sent["message"].endswith(f"ann (U0ANN):\n> use {own} in {name}")
        assert [line for line in (await on.devin.session(devin_id))["messages"] if other in str(line)] == []
        await on.devin.say(devin_id, f"I use {own}.")
        await on.wait_for_post(GENERAL, ts, f"I use {own}.")
    for on in both:
        await polled(on)
    for on, own in zip(both, ("pytest", "unittest"), strict=True):
        assert await on.thread(GENERAL, ts) == [f"I use {own}."]


async def test_commands_know_the_sessions_of_their_workspace_only(both: Both) -> None:
    ts, made = await both.started()
    for on, name, other in zip(both, ("One", "Two"), ("Two", "One"), strict=True):
        listed = str((await on.slack.slash(ANN, GENERAL, "list"))["answer"])
        assert f"of {name}" in listed
        assert f"of {other}" not in listed
    ours, theirs = [(await rows(both.one, "sessions", devin_id=devin_id))[0]["id"] for devin_id in made]
    pressed = (await card(both.two, ts))["ts"]
    _forge(both.two, pressed, ours)
    await both.two.slack.click(ANN, GENERAL, pressed, "stop")
    await both.two.slack.wait_for_ephemeral(ANN, session_sentences.NO_SESSION_HERE.text)
    assert [row["is_archived"] for on in both for row in await on.devin.sessions()] == [False, False]
    _forge(both.two, pressed, theirs)
    await both.two.slack.click(ANN, GENERAL, pressed, "stop")
    await both.two.slack.wait_for_message(GENERAL, "Stopped by", thread_ts=ts)
    assert [row["is_archived"] for on in both for row in await on.devin.sessions()] == [False, True]
    assert await both.one.thread(GENERAL, ts) == []


async def test_each_organisation_has_its_own_watermark_spend_and_capabilities(both: Both) -> None:
    await both.two.devin.switch(tags_refused=True)
    ts, made = await both.started()
    for on, devin_id, acus in zip(both, made, (1.5, 4.0), strict=True):
        await on.devin.spend(devin_id, acus)
    await until(lambda: _spent(both, 2))
    spent = {(row["org_id"], row["acus"]) for row in await rows(both.one, "spend")}
    assert spent == {(ONE[1], 1.5), (TWO[1], 4.0)}
    tags = [(await on.devin.sessions())[0]["tags"] for on in both]
    assert tags == [["devin-bridge", f"slack-{ONE[0]}-{GENERAL}-{ts}"], []]
    due = {row["name"] for row in await rows(both.one, "due")}
    assert {f"poll:{ONE[1]}", f"poll:{TWO[1]}", f"capabilities:{TWO[1]}"} <= due
    assert f"capabilities:{ONE[1]}" not in due


async def reads(on: Harness, text: str, words: str) -> str:
    """What an admin reads in the end who types a command for which Devin is asked."""
    await on.slack.slash(ADA, GENERAL, text)
    return str((await on.slack.wait_for_ephemeral(ADA, words))["rendered"])


@pytest.mark.timing(budgets=0.2)
async def test_a_budget_of_one_is_used_up_announced_and_refuses_in_its_own_workspace(both: Both) -> None:
    await set_budget(both.one.slack, "each-person 2 a day")
    _, made = await both.started()
    for on, devin_id in zip(both, made, strict=True):
        await on.devin.spend(devin_id, 2.1)
    await both.one.slack.wait_for_message(OPS, "used up")
    await until(lambda: _spent(both, 2))
    for on, started in zip(both, (1, 2), strict=True):
        await on.slack.slash(ANN, GENERAL, "tidy up the colours")
        await (on.session("tidy up") if started == 2 else on.slack.wait_for_ephemeral(ANN, "Nothing was started"))
        assert len(await on.devin.sessions()) == started
    listed = [str((await on.slack.slash(ADA, GENERAL, "budget list"))["shown"]["rendered"]) for on in both]
    assert "each person" in listed[0]
    assert listed[1] == budgets.NONE_SET
    assert [one for one in await both.two.slack.messages(OPS) if "used up" in one["rendered"]] == []


async def test_notes_their_numbers_and_who_changed_what_stay_in_their_workspace(both: Both) -> None:
    for on, name in zip(both, ("One", "Two"), strict=True):
        note = {"name": f"Of {name}", "trigger": "always", "body": f"Only in {name}.", "repo": ""}
        await on.slack.slash(ADA, GENERAL, "note add")
        (shown,) = await on.slack.wait("views", user=ADA, open=True)
        await on.slack.submit_view(ADA, shown["id"], {field: {field: value} for field, value in note.items()})
        await on.slack.wait_for_message("D0ADA", f"The note *Of {name}* is saved.")
    for on, name, other in zip(both, ("One", "Two"), ("Two", "One"), strict=True):
        listed = await reads(on, "note list", "*1 note*")
        assert f"*Of {name}*" in listed
        assert other not in listed
    # Number 1 of each workspace's own list.
    for on, name in zip(both, ("One", "Two"), strict=True):
        assert f"Only in {name}." in await reads(on, "note show 1", "Only in")
    changed = {(row["team"], row["action"], row["after"]["name"]) for row in await rows(both.one, "audit")}
    assert changed == {(ONE[0], "note_add", "Of One"), (TWO[0], "note_add", "Of Two")}
    for on, name, other in zip(both, ("One", "Two"), ("Two", "One"), strict=True):
        logged = await reads(on, "audit bot", "Devin Bridge")
        assert f"Of {name}" in logged
        assert f"Of {other}" not in logged


async def test_a_fan_out_starts_its_session_in_the_organisation_of_its_own_workspace(both: Both) -> None:
    await both.one.slack.slash(ADA, GENERAL, "fanout orgs=all Tidy up the colours.")
    preview = await both.one.slack.wait_for_ephemeral(ADA, "*Start 1 session?* In org-one.", visible=True)
    assert TWO[1] not in str(preview)
    await both.one.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    assert (await both.one.session("Tidy up the colours"))["org_id"] == ONE[1]
    assert await both.two.devin.sessions() == []
    assert {(row["team"], row["org_id"]) for row in await rows(both.one, "fan_out_sessions")} == {ONE}


@pytest.mark.long
async def test_an_organisation_that_is_down_does_not_hold_up_the_other(both: Both) -> None:
    ts, made = await both.started()
    await both.two.simulated_devin.stop()
    await both.one.devin.say(made[0], "I go on.")
    await both.one.wait_for_post(GENERAL, ts, "I go on.")
    await both.two.simulated_devin.start()
    await both.two.devin.say(made[1], "So do I, now.")
    await both.two.wait_for_post(GENERAL, ts, "So do I, now.")
    assert [await on.thread(GENERAL, ts) for on in both] == [["I go on."], ["So do I, now."]]


async def test_each_workspace_gets_its_own_digest(both: Both) -> None:
    await both.started()
    both.clock.put(3 * 3600)
    day = newest_finished(both.clock() - 3600)  # at the digest's own time, which was an hour ago
    for on, acus in zip(both, (2.5, 7.5), strict=True):
        await on.devin.consumption(day.isoformat(), acus)
    await both.one.stop()
    await both.one.start()
    for on, acus, other in zip(both, ("2.5", "7.5"), ("7.5", "2.5"), strict=True):
        post = await on.slack.wait_for_message(OPS, digest_root.DAY)
        assert f"{acus} ACU" in post["text"]
        assert other not in post["text"]
        usage = str((await on.slack.slash(ADA, GENERAL, "usage yesterday"))["answer"])
        assert f"{acus} ACU" in usage
        assert other not in usage
    billed = {(row["org_id"], float(row["acus"])) for row in await rows(both.one, "consumption", day=day.isoformat())}
    assert billed == {(ONE[1], 2.5), (TWO[1], 7.5)}
    assert {f"digest:{ONE[0]}", f"digest:{TWO[0]}"} <= {row["name"] for row in await rows(both.one, "due")}


@pytest.mark.long
async def test_what_one_missed_is_fetched_from_its_own_slack(both: Both) -> None:
    ts, _ = await both.started()
    await both.one.stop()
    await both.say("while One slept", "while Two slept", thread_ts=ts)
    await both.one.start()
    for on, own, other in zip(both, ("One", "Two"), ("Two", "One"), strict=True):
        await on.devin.wait_for_messages(f"while {own} slept")
        assert not await _has_message(on, f"while {other} slept")


async def test_rows_of_a_workspace_that_is_not_connected_wait(both: Both) -> None:
    await both.two.simulated_devin.stop()
    ts = await both.two.mention("fix the login test of Two")
    await until(lambda: _count(both, "inbox", 1, state="open"))
    await both.one.stop()
    both.one.others = []
    await both.two.simulated_devin.start()
    await both.one.start()
    await both.one.started("fix the search of One")  # beside them all is as ever
    assert await both.two.devin.sessions() == []
    await both.one.stop()
    both.one.others = [both.two]
    await both.one.start()
    await both.two.session("fix the login test of Two")
    await both.two.slack.wait_for_message(GENERAL, ASKED_BY, thread_ts=ts)


async def test_a_workspace_that_is_not_connected_is_acknowledged_and_left_alone(both: Both) -> None:
    async with (
        SlackSimulator(manifest=MANIFEST, transport="http", team="T0THREE") as slack,
        SlackControl(slack.control_url) as people,
    ):
        slack.request_url = both.one.simulated_slack.request_url
        await people.say(ANN, GENERAL, "<@U0BOT> fix the login test of Three")
        assert (await people.slash(ANN, GENERAL, "fix the login test of Three"))["status"] == "acked"
        (mention, *_) = await people.wait("deliveries", 2)
        assert mention["status"] == "acked"
    await both.started()
    assert [len(await on.devin.sessions()) for on in both] == [1, 1]
    assert {row["team"] for row in await rows(both.one, "inbox")} == {ONE[0], TWO[0]}


def _forge(on: Harness, ts: str, session_id: str) -> None:
    """Let the buttons of a message name another session, as nobody but Slack could."""
    message = on.simulated_slack.state.message(GENERAL, ts)
    for block in message.blocks:
        for element in block.get("elements", ()):
            if element.get("action_id") == "stop":
                element["value"] = session_id


async def _spent(both: Both, count: int) -> bool:
    return len([row for row in await rows(both.one, "spend") if row["acus"]]) == count


async def _count(both: Both, table: str, count: int, **values: Any) -> bool:
    return len(await rows(both.one, table, **values)) == count


async def _has_message(on: Harness, text: str) -> bool:
    try:
        return bool(await on.devin.wait_for_messages(text, seconds=1.0))
    except TimeoutError:
        return False
