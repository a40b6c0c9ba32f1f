"""Teams: an admin says who and what belongs to one, and what was used is divided by them."""

import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import billing_day
from bot.features.teams import sentences as teams
from bot.features.teams.rules import Member, MemberKind, Problem
from bot.timing import Timing
from tests.scenarios.ahead import recorded_changes, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness, harness

ANNS, OF_WEB, PAY = Member(MemberKind.PERSON, ANN), Member(MemberKind.CHANNEL, WEB), Member(MemberKind.TAG, "pay")
BENS = Member(MemberKind.PERSON, BEN)


@pytest.fixture
async def on(tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing) -> AsyncIterator[Harness]:
    async with harness(tmp_path, transport, timing=timing, **database) as everything:
        yield everything


def today() -> date:
    """The running billing day."""
    return billing_day(time.time())


async def typed(on: Harness, text: str, user: str = ADA) -> str:
    """What a command answers in the ack."""
    return str((await on.slack.slash(user, GENERAL, text))["shown"]["rendered"])


async def used(on: Harness, prompt: str, acus: float, user: str, channel: str = GENERAL, options: str = "") -> None:
    """A session of somebody's has used so much, which the bot has seen."""
    await on.mention(f"{prompt} {options}", user, channel)
    made = await on.session(prompt)
    await on.devin.set(made["session_id"], status="running", status_detail="working", acus_consumed=acus)

    async def is_seen() -> bool:
        return any(row["acus"] == acus for row in await rows(on, "spend"))

    await until(is_seen)


@pytest.mark.both_transports
async def test_teams_are_made_listed_and_removed_by_admins(on: Harness) -> None:
    assert await typed(on, "team list") == await typed(on, "teams") == teams.NONE_SET
    assert await typed(on, "usage by team") == teams.NONE_SET
    assert await typed(on, "team add Payments @ann") == teams.problem(Problem.PICKED).text
    made = f"team add Payments <@{ANN}> <#{WEB}> tag:Pay"
    assert await typed(on, made, ANN) == "Only admins can manage teams. Ask <@U0ADA>."
    assert await typed(on, made) == teams.added("Payments", [ANNS, OF_WEB, PAY], today(), is_new=True).text
    assert await typed(on, made) == teams.all_there("Payments").text
    assert await typed(on, f"team add Ops <@{BEN}> <@{ANN}>") == teams.in_another(ANNS, "Payments", "Ops", today()).text
    assert await typed(on, f"team add payments <@{BEN}>") == teams.added("Payments", [BENS], today(), is_new=False).text
    assert f"• *Payments*: `tag:pay`, <#{WEB}>, <@{ANN}>, and <@{BEN}>" in await typed(on, "team list")
    assert await typed(on, f"team rm Payments <@{BEN}>") == teams.taken_out("Payments", [BENS], today()).text
    assert await typed(on, f"team remove Payments <@{BEN}>") == teams.not_in(BENS, "Payments").text
    assert await typed(on, "team delete payments") == teams.removed("Payments", [PAY, OF_WEB, ANNS], today()).text
    assert await typed(on, "team remove Payments") == teams.no_such_team("Payments").text
    everybody, others = ["tag pay", f"channel {WEB}", f"person {ANN}"], [f"person {BEN}"]
    changes = [(row["action"], row["target"], row["before"], row["after"]) for row in await recorded_changes(on)]
    assert [(action, target) for action, target, _, _ in changes] == [
        *[("team_add", "Payments")] * 2,
        *[("team_remove", "Payments")] * 2,
    ]
    assert changes[1][2:] == ({"members": everybody}, {"members": [*everybody, *others]})
    assert changes[3][2:] == ({"members": everybody}, None)
    assert await on.devin.sessions() == []


async def test_a_session_counts_in_the_team_of_its_tag_else_of_its_channel_else_of_who_asked(on: Harness) -> None:
    await typed(on, "team add Payments tag:pay")
    await typed(on, f"team add Web <#{WEB}>")
    await typed(on, f"team add Bens <@{BEN}>")
    await used(on, "fix the bill", 4, BEN, WEB, "tags=Pay")
    await used(on, "fix the page", 2.5, BEN, WEB)
    await used(on, "fix the login", 1.5, BEN)
    await used(on, "fix the logout", 1, ANN)
    lines = (await typed(on, "usage today by team")).splitlines()
    assert [line for line in lines if line.startswith("• ")][:4] == [
        "• Payments: 4 ACUs · 1 session",
        "• Web: 2.5 ACUs · 1 session",
        "• Bens: 1.5 ACUs · 1 session",
        "• no team: 1 ACU · 1 session",
    ]


async def test_a_team_is_made_in_the_other_order_too_and_of_no_user_group(on: Harness) -> None:
    group = teams.problem(Problem.GROUP).text
    for picked in ("<!subteam^S0ADMINS>", "<!subteam^S0ADMINS|@admins of us>"):
        assert await typed(on, f"team add Payments {picked}") == group
        assert await typed(on, f"team add {picked} Payments") == group
    assert await typed(on, "team list") == teams.NONE_SET
    made = teams.added("Payments", [ANNS, OF_WEB], today(), is_new=True).text
    assert await typed(on, f"team add <@{ANN}> <#{WEB}> Payments") == made
    assert (
        await typed(on, f"team add <@{BEN}|ben> to payments")
        == teams.added("Payments", [BENS], today(), is_new=False).text
    )
    assert await typed(on, f"team remove <@{BEN}> from Payments") == teams.taken_out("Payments", [BENS], today()).text
    assert await on.devin.sessions() == []


@pytest.mark.parametrize("text", [f"team Ops <@{BEN}>", "team of Ann"])
async def test_what_is_nearly_a_command_about_teams_starts_nothing(on: Harness, text: str) -> None:
    assert "Nothing was started." in await typed(on, text)
    assert await on.devin.sessions() == []
