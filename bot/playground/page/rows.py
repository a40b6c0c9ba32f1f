"""One thing as the page's API tells it."""

from dataclasses import replace
from typing import Any, Final

from bot.playground.devin.journal import Entry
from bot.playground.devin.session import Session, shown_id
from bot.playground.devin.switches import Switches
from bot.playground.slack.state import Call, Slack
from bot.playground.slack.timeline import Message
from bot.playground.slack.world import Channel, Person

Json = dict[str, Any]

PROMPT: Final = 200  # characters
LONGEST_LIST: Final = 20
LONGEST_TEXT: Final = 4_000

_SUMMARY: Final = (
    "bare_id", "title", "status", "status_detail", "acus_consumed", "tags", "pull_requests", "is_archived",
    "created_at",
)  # fmt: skip


def person(someone: Person) -> Json:
    """Somebody in the workspace."""
    return {
        "id": someone.id,
        "name": someone.name,
        "real_name": someone.real_name,
        "role": role(someone),
    }


def role(someone: Person) -> str:
    """What they are here, as the acting-as switch names it."""
    if someone.is_bot:
        return "bot"
    if someone.is_stranger:
        return "external"
    if someone.is_restricted or someone.is_ultra_restricted:
        return "guest"
    return "admin" if someone.is_admin else "member"


def channel(place: Channel, slack: Slack) -> Json:
    """A conversation, with the timestamp of its newest message."""
    timeline = slack.timeline(place.id)
    latest = next((message.ts for message in timeline.newest() if message.in_channel), None)
    return {
        "id": place.id,
        "name": place.name,
        "kind": place.kind,
        "members": sorted(place.members),
        "is_archived": place.is_archived,
        "is_ext_shared": place.is_ext_shared,
        "has_bot": place.has_bot,
        "latest": latest,
    }


def agent(slack: Slack, channel_id: str, thread_ts: str) -> Json | None:
    """The agent session of a thread."""
    session = slack.agent_session(channel_id, thread_ts)
    return None if session is None else {"status": session.get("status"), "title": session.get("title")}


def slack_call(call: Call) -> Json:
    """A call of the bot to Slack; of long answers the beginning, for nobody reads a thousand messages there."""
    return replace(call, args=_shortened(call.args), answer=_shortened(call.answer)).read()


def devin_call(entry: Entry) -> Json:
    """A call of the bot to Devin."""
    return replace(entry, body=_shortened(entry.body)).row()


def summary(session: Session, switches: Switches) -> Json:
    """A session in the list."""
    told: Json = {name: getattr(session, name) for name in _SUMMARY}
    return told | {
        "session_id": shown_id(session, switches),
        "steps_left": len(session.script),
        "prompt": session.prompt[:PROMPT],
    }


def gone(message: Message) -> Json:
    """Where a message stood."""
    return {"channel": message.channel, "ts": message.ts}


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        kept = [_shortened(inner) for inner in value[:LONGEST_LIST]]
        return kept if len(value) <= LONGEST_LIST else [*kept, f"… and {len(value) - LONGEST_LIST} more"]
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{value[:LONGEST_TEXT]} … and {len(value) - LONGEST_TEXT} more characters"
    return value
