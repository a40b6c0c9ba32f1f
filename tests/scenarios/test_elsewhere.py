"""What Slack sends for another workspace or another app is answered and left alone. What is ours is not."""

from typing import Any

import httpx
import pytest

from bot.views.answers import access as access_sentences
from tests.scenarios.ahead import rows
from tests.scenarios.harness import ANN, BOT, GENERAL, Harness
from tests.scenarios.observations import card, creations, forge, press, private_answers, settled

pytestmark = pytest.mark.edge

THEIRS = {"enterprise_id": None, "team_id": "T0OTHER", "user_id": "U0THEIRS", "is_bot": True}


def mention(team: str, app: str = "A0PLAY", **facts: Any) -> dict[str, Any]:
    """A mention with its envelope."""
    ts = "1700000000.000200"
    event = {"type": "app_mention", "user": ANN, "text": f"{BOT} fix the login test", "channel": GENERAL, "ts": ts}
    envelope = {"type": "event_callback", "event_id": f"Ev{team}{app}", "event": event | {"event_ts": ts}}
    whose = {"team_id": team, "api_app_id": app, "authorizations": [{**THEIRS, "team_id": team}]}
    return {**envelope, **whose, **facts}


def command(team: str, app: str = "A0PLAY") -> dict[str, Any]:
    """A slash command that starts a session."""
    typed = {"command": "/devin", "text": "fix the login test", "user_id": ANN, "channel_id": GENERAL}
    return {**typed, "team_id": team, "api_app_id": app, "trigger_id": f"forged.{team}.{app}"}


@pytest.mark.both_transports
async def test_what_comes_from_elsewhere_is_acknowledged_counted_and_left_alone(on: Harness) -> None:
    ts, session = await on.started()
    value = next(one["value"] for one in (await card(on, ts))["blocks"][-1]["elements"] if one["action_id"] == "stop")
    before = len(await rows(on, "inbox"))
    for kind, payload in (
        ("events_api", mention("T0OTHER")),
        ("events_api", mention("T0PLAY", "A0OTHER")),
        ("slash_commands", command("T0OTHER")),
        ("slash_commands", command("T0PLAY", "A0OTHER")),
        ("interactive", press(ANN, GENERAL, "stop", value, team={"id": "T0OTHER", "domain": "other"})),
        ("interactive", press(ANN, GENERAL, "stop", value, api_app_id="A0OTHER")),
    ):
        assert await forge(on, kind, payload) == "acked"
    await settled(on)
    assert len(await rows(on, "inbox")) == before
    assert await creations(on) == 1
    assert (await on.devin.session(session))["is_archived"] is False
    assert await private_answers(on, ANN) == []
    async with httpx.AsyncClient(trust_env=False) as http:
        figures = (await http.get(f"http://127.0.0.1:{on.port}/metrics")).text
    assert "devin_bridge_requests_from_elsewhere_total 6.0" in figures


@pytest.mark.both_transports
async def test_what_names_another_company_beside_us_or_no_workspace_at_all_is_ours(on: Harness) -> None:
    # In a channel that another company shares, an event may stand under that company.
    shared = mention("T0OTHER", context_team_id="T0PLAY", is_ext_shared_channel=True)
    assert await forge(on, "events_api", shared) == "acked"
    await on.slack.wait_for_ephemeral(ANN, access_sentences.SHARED_CHANNEL_REFUSED.text)
    ts, _ = await on.started("fix the logout test")
    value = next(one["value"] for one in (await card(on, ts))["blocks"][-1]["elements"] if one["action_id"] == "stop")
    # Where a whole organisation has installed the app, a press may name no workspace.
    pressed = press(ANN, GENERAL, "stop", value, team=None, enterprise={"id": "E0PLAY", "name": "Play"})
    assert await forge(on, "interactive", pressed) == "acked"
    await on.devin.wait_for_sessions("fix the logout test", is_archived=True)


async def test_without_knowing_its_app_the_bot_takes_what_is_for_its_workspace(on: Harness) -> None:
    await on.stop()
    await on.slack.fault("bots.info", "error", error="missing_scope")
    await on.start()
    assert await forge(on, "slash_commands", command("T0PLAY", "A0OTHER")) == "acked"
    await on.session("fix the login test")
