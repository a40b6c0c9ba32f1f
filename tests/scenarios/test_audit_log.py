"""The audit trail as lines of JSON in a file: once and in order, through restarts and crashes."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain.redaction import LEFT_OUT
from bot.features.audit import flow as log_lines
from bot.features.audit.sentences import NOTHING_CHANGED
from bot.features.identity.sentences import linked
from bot.store import due
from bot.store.audit import AuditRow
from bot.timing import Timing
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, GUEST, OPS, Harness, harness
from tests.scenarios.observations import give_accounts, set_budget, settled
from tests.scenarios.test_adopt import adopted, at_devin
from tests.scenarios.test_devin_commands import PERMISSIONS
from tests.scenarios.test_identity import set_by_admin
from tests.scenarios.test_settings import saved

pytestmark = pytest.mark.timing(audit_log=0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
async def on(
    tmp_path: Path, path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> AsyncIterator[Harness]:
    """A bot that writes an audit log."""
    settings = {"BOT_ADMIN_CHANNEL": OPS, "BOT_AUDIT_LOG": str(path)} | database
    async with harness(tmp_path, transport, timing=timing, **settings) as everything:
        yield everything


def lines(path: Path) -> list[dict[str, Any]]:
    written = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in written if line.endswith("}")]  # one that was cut off goes with the next


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.02)


def actions(path: Path) -> list[str]:
    return [line["event"]["action"] for line in lines(path)]


@pytest.mark.both_transports
async def test_starts_replies_and_stops_are_written_once_and_in_order_through_restarts(on: Harness, path: Path) -> None:
    ts, session = await on.started()
    await on.slack.say(ANN, GENERAL, "and the tests, password: hunter22", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "Without it", visible=True)
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:without")
    await on.devin.wait_for_messages("and the tests")
    await eventually(lambda: actions(path) == ["start_session", "secret_left_out", "reply"])
    await on.stop()
    # As after a crash between the line and its position; and one line was cut off.
    async with on.store.write() as tx:
        await due.write(tx, due.AUDIT_LOG, 0.0, {"v": 1, "seq": 1})
    with path.open("a") as file:
        file.write('{"@timestamp": "2026-')
    await on.start()
    await on.slack.say(ANN, GENERAL, "use the other test", thread_ts=ts)
    await eventually(lambda: len(actions(path)) == 4)
    await settled(on)
    assert actions(path)[:3] == ["start_session", "secret_left_out", "reply"]
    assert actions(path)[3] == "reply"
    found = lines(path)
    assert [line["event"]["sequence"] for line in found] == sorted({line["event"]["sequence"] for line in found})
    assert len({line["event"]["id"] for line in found}) == 4
    assert {line["user"]["id"] for line in found} == {ANN}
    assert found[2]["devin_bridge"]["target"].endswith(session.removeprefix("devin-"))
    assert not re.search("hunter22|tests", path.read_text())
    assert path.stat().st_mode & 0o077 == 0


async def test_every_stop_refusal_and_redaction_is_written(on: Harness, path: Path) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "!stop", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(BEN, "ann", visible=True)
    await on.slack.click(BEN, GENERAL, asked["ts"], "choose:stop_confirmed")
    await eventually(lambda: actions(path) == ["start_session", "stop_session"])
    assert lines(path)[1]["user"]["id"] == BEN
    assert lines(path)[1]["devin_bridge"]["target"].endswith(session.removeprefix("devin-"))
    await on.started("fix the other test")
    await on.slack.slash(ANN, GENERAL, "stop all")
    asked = await on.slack.wait_for_ephemeral(ANN, "Stop", visible=True)
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:stop_all_confirmed")
    await eventually(lambda: actions(path)[2:] == ["start_session", "stop_all", "stop_session"])
    await on.mention("secret set DB_PASSWORD hunter22")
    await on.mention("fix it", GUEST)
    await eventually(lambda: actions(path)[5:] == ["message_refused"] * 2)
    assert {line["event"]["outcome"] for line in lines(path)[5:]} == {"failure"}
    root = await on.slack.say(BEN, GENERAL, "the deploy fails, password: hunter22")
    await on.mention("repair the deploy", thread_ts=root)
    made = await on.session("repair the deploy")
    await on.devin.say(made["session_id"], "It is password: hunter23")
    await eventually(lambda: actions(path)[7:] == ["secret_left_out", "start_session", "secret_left_out"])
    left_out = [line["devin_bridge"]["after"] for line in lines(path)[7:] if "after" in line["devin_bridge"]]
    assert left_out == [{"of": "thread", "messages": 1}, {"of": "devin", "messages": 1}]
    assert not re.search("hunter2", path.read_text())


async def test_grants_links_settings_adopted_sessions_and_reviews_are_written(on: Harness, path: Path) -> None:
    await give_accounts(on)
    await on.devin.permissions(grant=PERMISSIONS)
    await set_budget(on.slack, "each-person 20 a day")
    await on.slack.slash(ADA, GENERAL, f"budget grant <@{ANN}> 5")
    await set_by_admin(on, f"identity set <@{BEN}> user-ben", linked(BEN, "user-ben").text)
    await saved(on, "settings channel", ADA, channel__mode="lite")
    made = await at_devin(on, user_id="user-ben")
    await adopted(on, made, BEN)
    await on.slack.slash(ANN, GENERAL, "review https://github.com/acme/web/pull/7")
    await eventually(lambda: "review" in actions(path))
    assert actions(path) == ["budget_set", "budget_grant", "identity_set", "settings", "adopt", "review"]
    assert {line["event"]["category"][0] for line in lines(path)} == {"configuration", "iam", "process"}


async def test_a_file_that_cannot_be_written_gets_all_later(on: Harness, path: Path) -> None:
    path.mkdir()
    await on.started()
    await settled(on)
    path.rmdir()
    await eventually(lambda: actions(path) == ["start_session"])


async def test_work_is_not_among_the_changes_that_admins_list(on: Harness) -> None:
    await on.started()
    answer = await on.slack.slash(ADA, OPS, "audit bot")
    assert answer["shown"]["rendered"] == NOTHING_CHANGED.text


def test_the_page_shows_a_line_as_it_is_written() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    (shown,) = re.findall(r'^\{"@timestamp".*\}$', page, re.MULTILINE)
    at = datetime(2026, 12, 2, 9, 30, tzinfo=UTC).timestamp()
    row = AuditRow("T0ACME", at, "U0ADA", "reply", "devin-1a2b3c", "C0GENERAL")
    assert log_lines._line(7, row) == shown


def test_a_secret_beside_a_quote_is_left_out_and_the_line_is_still_json() -> None:
    said = 'the "password: Tr0ub4dor9x" one'
    row = AuditRow("T0ACME", 0.0, "U0ADA", "budget", said, "C0GENERAL", after={"names": [said]})
    written = json.loads(log_lines._line(1, row))["devin_bridge"]
    left = f'the "password: {LEFT_OUT}" one'
    assert (written["target"], written["after"]) == (left, {"names": [left]})
