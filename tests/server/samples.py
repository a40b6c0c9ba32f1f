"""Requests of each kind as Slack sends them, with all the fields that somebody reads."""

from typing import Any, Final

from bot.domain.commands.registry import STOP
from bot.domain.form import Form
from bot.features.library.specs import NOTE_ADD

TEAM, APP, ANN, GENERAL = "T0PLAY", "A0PLAY", "U0ANN", "C0GENERAL"
ROOT_TS, REPLY_TS = "1700000000.000100", "1700000001.000200"

Json = dict[str, Any]


def envelope(**event: Any) -> Json:
    """An event in its envelope."""
    return {
        "token": "verification",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "type": "event_callback",
        "event_id": "Ev0SAMPLE",
        "event_time": 1_700_000_000,
        "authorizations": [
            {"enterprise_id": None, "team_id": TEAM, "user_id": "U0BOT", "is_bot": True, "is_enterprise_install": False}
        ],
        "is_ext_shared_channel": False,
        "event_context": "4-SAMPLE",
        "event": event,
    }


def interaction(kind: str, **more: Any) -> Json:
    """What a person did in a message or a form."""
    return {
        "type": kind,
        "user": {"id": ANN, "username": "ann", "name": "ann", "team_id": TEAM},
        "api_app_id": APP,
        "token": "verification",
        "team": {"id": TEAM, "domain": "play"},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": "1.2.sample",
        **more,
    }


MESSAGE: Final[Json] = {
    "type": "message",
    "channel": GENERAL,
    "channel_type": "channel",
    "user": ANN,
    "team": TEAM,
    "text": "use pytest",
    "ts": REPLY_TS,
    "event_ts": REPLY_TS,
    "thread_ts": ROOT_TS,
    "parent_user_id": ANN,
    "client_msg_id": "0a1b2c3d",
    "blocks": [
        {
            "type": "rich_text",
            "block_id": "b",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "use pytest"}]}],
        }
    ],
    "files": [
        {
            "id": "F1",
            "name": "login.log",
            "mimetype": "text/plain",
            "size": 9,
            "url_private": "https://files.slack.com/f",
        }
    ],
    "attachments": [
        {"is_share": True, "author_id": "U0BEN", "channel_id": GENERAL, "text": "see above", "ts": ROOT_TS}
    ],
}
OF_AN_APP: Final[Json] = {
    "bot_id": "B1",
    "app_id": "A1",
    "bot_profile": {"id": "B1", "name": "Alerts"},
    "username": "Alerts",
    "metadata": {"event_type": "devin_bridge", "event_payload": {"key": "card:1"}},
}
ACTION: Final[Json] = {
    "type": "button",
    "action_id": STOP.action_id,
    "block_id": "b",
    "value": "devin-0",
    "action_ts": REPLY_TS,
}
PRESSED: Final[Json] = {
    "channel": {"id": GENERAL, "name": "general"},
    "container": {"type": "message", "message_ts": REPLY_TS, "channel_id": GENERAL, "thread_ts": ROOT_TS},
    "message": {"type": "message", "user": "U0BOT", "ts": REPLY_TS, "thread_ts": ROOT_TS, "text": "Working"},
    "response_url": "http://127.0.0.1:9/actions/T0PLAY/1/answer",
}

EVENTS: Final[dict[str, Json]] = {
    "reply": envelope(**MESSAGE),
    "mention": envelope(**MESSAGE | {"type": "app_mention", "text": "<@U0BOT>"}),
    "edit": envelope(
        type="message",
        subtype="message_changed",
        hidden=True,
        channel=GENERAL,
        ts=REPLY_TS,
        message=MESSAGE,
        previous_message=MESSAGE,
    ),
    "of an app": envelope(**MESSAGE | OF_AN_APP | {"subtype": "bot_message", "user": None}),
    "of an app's bot": envelope(**MESSAGE | OF_AN_APP | {"user": None}),
    "archived": envelope(type="channel_archive", channel="C0NONE", user=ANN),
    "home": envelope(type="app_home_opened", user=ANN, channel="D0ANN", tab="home"),
    "shared": envelope(type="channel_shared", channel="C0NONE", connected_team_id="T0OTHER"),
    "person": envelope(type="user_change", user={"id": ANN, "team_id": TEAM, "deleted": False}),
    "reaction": envelope(
        type="reaction_added",
        user=ANN,
        reaction="x",
        item={"type": "message", "channel": GENERAL, "ts": ROOT_TS},
        item_user="U0BOT",
        event_ts=REPLY_TS,
    ),
    "link": envelope(
        type="link_shared",
        user=ANN,
        channel=GENERAL,
        message_ts=REPLY_TS,
        unfurl_id="C0GENERAL.1",
        source="conversations_history",
        links=[{"domain": "app.devin.ai", "url": "https://app.devin.ai/sessions/0"}],
    ),
    "stopped": envelope(
        type="agent_session_stopped",
        user=ANN,
        channel=GENERAL,
        thread_ts=ROOT_TS,
        streaming_message_ts=[],
        event_ts=REPLY_TS,
    ),
    "revoked": envelope(type="tokens_revoked", tokens={"bot": ["U0BOT"]}),
    "unknown": envelope(type="moon_phase_changed", phase="full"),
    "challenge": {"type": "url_verification", "challenge": "abc", "token": "verification"},
    "held back": {"type": "app_rate_limited", "minute_rate_limited": 28_333_333, "team_id": TEAM, "api_app_id": APP},
}
COMMANDS: Final[dict[str, Json]] = {
    "help": {
        "command": "/devin",
        "text": "help",
        "user_id": ANN,
        "user_name": "ann",
        "channel_id": GENERAL,
        "channel_name": "general",
        "team_id": TEAM,
        "team_domain": "play",
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": "http://127.0.0.1:9/commands/T0PLAY/1/answer",
        "trigger_id": "1.2.sample",
        "token": "verification",
    },
    "another command": {
        "command": "/other",
        "user_id": ANN,
        "channel_id": GENERAL,
        "team_id": TEAM,
        "trigger_id": "1.2.sample",
    },
    "certificate": {"ssl_check": "1", "token": "verification"},
}
INTERACTIONS: Final[dict[str, Json]] = {
    "button": interaction("block_actions", actions=[ACTION], **PRESSED),
    "link": interaction("block_actions", actions=[ACTION | {"action_id": "open"}], **PRESSED),
    "attachment": interaction(
        "interactive_message",
        callback_id="stop",
        actions=[{"name": "game", "type": "button", "value": "chess"}],
        channel={"id": GENERAL},
    ),
    "form": interaction("view_submission", view={"id": "V1", "type": "modal", "callback_id": "c", "state": {}}),
    "form of ours": interaction(
        "view_submission",
        view={
            "id": "V2",
            "type": "modal",
            "callback_id": NOTE_ADD.name,
            "private_metadata": Form(NOTE_ADD.name, channel=GENERAL).kept(),
            "blocks": [{"type": "input", "block_id": "name"}],
            "state": {"values": {"name": {"name": {"type": "plain_text_input", "value": "Deploys"}}}},
        },
    ),
    "closed form": interaction("view_closed", view={"id": "V1", "type": "modal", "callback_id": "c"}, is_cleared=False),
    "shortcut": interaction("shortcut", callback_id="c"),
    "message shortcut": interaction("message_action", callback_id="c", channel={"id": GENERAL}, message=MESSAGE),
    "menu": interaction("block_suggestion", action_id="a", block_id="b", value="x", channel={"id": GENERAL}),
    "dialog": interaction("dialog_submission", callback_id="c", submission={}, state=""),
}
SAMPLES: Final = EVENTS | COMMANDS | INTERACTIONS
