"""Admins who become guests, are deactivated or leave are none, for each command, batch, file and post."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.admins import Admins
from bot.domain.commands.spec import Role
from bot.domain.operation import NewOperation, Operation, OperationState
from bot.timing import Timing
from bot.views import operations
from bot.views.answers import access as access_sentences
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, Harness, harness
from tests.scenarios.observations import set_budget
from tests.scenarios.walk import OWN_COST, SHOW_COST

A_MINUTE_LATER = 61.0
NOBODY = Admins()
DEEDS = {
    "usage": "see usage figures",
    "usage by session csv": "see usage figures",
    "report": "see outcome reports",
    "orgs": "see Devin's organizations",
    "audit": "see audit logs",
    "audit bot": "see audit logs",
    "budget set org 5": "change budgets",
    "digest list": "set up digests",
}
NOT_YOURS_NOW = operations.not_yours_now(
    Operation("", "", ADA, NewOperation("", "", "", (), ()), OperationState.READING, "", 0.0, Role.ADMIN)
)

pytestmark = pytest.mark.timing(progress_interval=0.3, operation_message=0.05, row_first_retry=0.3)


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """A bot with two admins and no channel for them, so that they get direct messages."""
    settings = {"BOT_ADMIN_USERS": f"{ADA},{BEN}"} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as everything:
        yield everything


async def asked(on: Harness, text: str, user: str = ADA) -> str:
    """What somebody reads at once who types a command."""
    return str((await on.slack.slash(user, GENERAL, text))["shown"]["rendered"])


async def changes_unnoticed(on: Harness, clock: Ahead, user: str, **facts: bool) -> None:
    """What somebody is changes, and Slack's event about it gets lost."""
    await on.slack.pause("lose")
    await on.slack.put_person(user, **facts)
    await on.slack.resume()
    clock.put(A_MINUTE_LATER)


@pytest.mark.parametrize("change", ["is_restricted", "is_ultra_restricted"])
async def test_an_admin_who_is_none_any_more_gets_nothing_that_is_for_admins(
    on: Harness, clock: Ahead, change: str
) -> None:
    assert (await asked(on, "usage")).startswith("Devin today, so far")
    await changes_unnoticed(on, clock, ADA, **{change: True})
    await changes_unnoticed(on, clock, BEN, **{change: True})
    assert (
        await asked(on, "usage")
        == access_sentences.admins_only("see usage figures", Admins(frozenset({BEN})), OWN_COST).text + SHOW_COST
    )
    assert (
        await asked(on, "usage", BEN)
        == access_sentences.admins_only("see usage figures", NOBODY, OWN_COST).text + SHOW_COST
    )
    answers = {text: await asked(on, text) for text in DEEDS}
    assert answers == {
        text: access_sentences.admins_only(deed, NOBODY, OWN_COST if text.startswith("usage") else "").text
        + (SHOW_COST if text.startswith("usage") else "")
        for text, deed in DEEDS.items()
    }
    assert await rows(on, "operations") == await rows(on, "budgets") == []


async def test_the_first_command_of_somebody_who_was_never_asked_about_is_checked_too(on: Harness) -> None:
    await on.slack.put_person(ADA, is_restricted=True)
    assert await asked(on, "budget list") == access_sentences.GUEST_REFUSED.text
    assert (
        await asked(on, "usage")
        == access_sentences.admins_only("see usage figures", Admins(frozenset({BEN})), OWN_COST).text + SHOW_COST
    )


async def test_while_slack_does_not_say_who_an_admin_is_what_is_known_counts(on: Harness, clock: Ahead) -> None:
    await on.slack.fault("users.info", "slow", seconds=60, times=2)
    assert await asked(on, "usage", BEN) == access_sentences.ROLE_UNKNOWN.text
    assert await asked(on, "budget list", BEN) == access_sentences.ROLE_UNKNOWN.text
    await on.slack.clear_faults()
    assert (await asked(on, "usage")).startswith("Devin today, so far")
    clock.put(A_MINUTE_LATER)
    await on.slack.fault("users.info", "slow", seconds=60)
    assert (await asked(on, "usage")).startswith("Devin today, so far")


async def test_an_operation_ends_before_its_next_batch(on: Harness, clock: Ahead) -> None:
    await on.devin.permissions(grant=["ManageEnterpriseSettings"])
    await on.devin.fault("audit_logs", 429, times=100, retry_after=0.3)
    assert await asked(on, "audit") == operations.BEGUN.text
    await on.devin.wait_for_calls("audit_logs")
    await changes_unnoticed(on, clock, ADA, is_restricted=True)
    await on.slack.wait_for_message("D0ADA", NOT_YOURS_NOW)
    await on.devin.clear_faults()

    async def is_over() -> bool:
        return [one["state"] for one in await rows(on, "operations") if one["ended_at"]] == [OperationState.FAILED]

    await until(is_over)


async def test_a_file_that_waits_for_its_upload_is_not_made_for_who_is_no_admin_any_more(
    on: Harness, clock: Ahead
) -> None:
    await on.slack.fault("files.getUploadURLExternal", "ratelimited", retry_after=2, times=1)
    await on.devin.consumption("2026-01-01", 1.0)
    await on.devin.permissions(grant=["ManageEnterpriseSettings"])
    on.simulated_devin.world.add_audit({"action": "login", "audit_log_id": "a1", "created_at": int(on.clock()) - 3600})
    assert await asked(on, "audit") == operations.BEGUN.text
    await on.slack.wait_for_call("files.getUploadURLExternal", status=429)
    await changes_unnoticed(on, clock, ADA, deleted=True)
    await on.slack.wait_for_message("D0ADA", NOT_YOURS_NOW)
    assert [one for one in await on.slack.messages("D0ADA") if one.get("files")] == []


@pytest.mark.timing(budgets=0.3)
async def test_a_post_that_waits_does_not_go_to_who_is_no_admin_any_more(on: Harness, clock: Ahead) -> None:
    await set_budget(on.slack, "each-person 2 a day")
    _, devin_id = await on.started(user=ANN)
    await on.slack.fault("chat.postMessage", "ratelimited", retry_after=2, times=1, match=BEN)
    await on.devin.set(devin_id, acus_consumed=2.1)
    await on.slack.wait_for_message("D0ADA", "used up")
    await on.slack.wait_for_call("chat.postMessage", status=429)
    await changes_unnoticed(on, clock, BEN, is_restricted=True)

    async def is_dropped() -> bool:
        return [row["reason"] for row in await rows(on, "outbox", state="dead")] == ["no longer an admin"]

    await until(is_dropped)
    assert await on.slack.messages("D0BEN", user="U0BOT") == []
