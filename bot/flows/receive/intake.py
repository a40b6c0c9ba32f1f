"""The way in: what Slack sent becomes one inbox row, or nothing, and is stored before it is acknowledged.

The key is made from the message, never from the delivery: two deliveries of one event, `app_mention` and `message`
for one `ts`, and an edit that sends the mention again all end in the same row.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.domain.commands.parser import Command, UnknownVerb, parse_verb
from bot.domain.commands.registry import named
from bot.domain.keys import short_id
from bot.domain.lane import own_lane, person_lane, thread_lane
from bot.domain.text import mentioned_users, without_mention
from bot.flows.services import Services
from bot.slack.threads import ThreadMessage
from bot.store import inbox, threads
from bot.store.inbox import InboxRow
from bot.store.inbox_writer import MaybeStoredError, NotStoredError

__all__ = ["Intake", "MaybeStoredError", "NotStoredError"]

PEOPLE_WROTE: Final = frozenset({None, "file_share", "thread_broadcast"})
_FILE: Final = ("id", "name", "mimetype", "size", "url_private_download", "url_private", "file_access")

Json = Mapping[str, Any]


class Intake:
    """Turns requests of Slack into rows. Nothing here calls Slack or Devin."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._not_taken: Callable[[], None] = _nothing

    def when_not_taken(self, act: Callable[[], None]) -> None:
        """What to do when a message could not be stored: Slack sends it again a few times, and then no more."""
        self._not_taken = act

    async def message(self, event: Json, envelope: Json) -> bool:
        """Store what a person wrote, if it may concern us; raises NotStoredError when the store is down."""
        payload = self._message_payload(event, bool(envelope.get("is_ext_shared_channel")))
        if payload is None:
            return False
        try:
            if not await self._concerns_us(payload):
                return False
            await self._put(self._message_row(payload))
        except Exception:
            self._not_taken()
            raise
        return True

    async def missed(self, channel: str, message: ThreadMessage) -> bool:
        """Store a message that was found in a thread; the same key, so one that had arrived is left alone."""
        if (
            message.subtype not in PEOPLE_WROTE
            or message.bot_id
            or message.user in {None, self._services.workspace.bot_user}
        ):
            return False
        mention = self._services.workspace.bot_user in mentioned_users(message.text)
        payload = {
            "user": message.user,
            "text": message.text,
            "channel": channel,
            "ts": message.ts,
            "thread_ts": message.thread_ts,
            "im": channel.startswith("D"),
            "mention": mention,
            "shared": None,  # only events say it
            "team": None,
            "under_us": False,
            "files": [
                {"id": file.id, "name": file.name, "mimetype": file.mimetype, "size": file.size}
                | {"url_private": file.url, "file_access": file.access}
                for file in message.files
            ],
        }
        await self._put(self._message_row(payload))
        return True

    async def command(self, body: Json, kind: str, lane: str | None = None, **more: Any) -> str:
        """Store a slash command; answers its row's key."""
        key = f"cmd:{body['trigger_id']}"
        payload = {name: body.get(name) for name in ("user_id", "channel_id", "channel_name", "text", "response_url")}
        urgent = "verb" in more and named(more["verb"]).urgent
        await self._put(
            self._row(
                key,
                kind,
                lane or person_lane(self._services.workspace.team, body["user_id"]),
                payload | more,
                urgent=urgent,
            )
        )
        return key

    async def action(self, body: Json, lane: str, verb: str, **more: Any) -> None:
        """Store the press of a button in the lane of its thread; `verb` is the name of the command it gives."""
        key = f"act:{body['trigger_id']}"
        payload = {
            "user": body["user"]["id"],
            "team": body["user"].get("team_id"),
            "channel": body["channel"]["id"],
            "message_ts": body.get("message", {}).get("ts"),
            "response_url": body.get("response_url"),
            "verb": verb,
        }
        urgent = named(verb).urgent
        await self._put(self._row(key, "control", lane, payload | more, ts=_pressed_at(body), urgent=urgent))

    async def event(self, event: Json, envelope: Json) -> None:
        """Store another event: a channel that is gone for us."""
        key = f"ev:{envelope['event_id']}"
        channel = event.get("channel")
        await self._put(self._row(key, "channel_gone", own_lane(key), {"channel": channel, "type": event["type"]}))

    def _message_payload(self, event: Json, shared: bool) -> dict[str, Any] | None:
        if event.get("subtype") not in PEOPLE_WROTE or event.get("bot_id") or event.get("hidden"):
            return None
        user = event.get("user")
        if not user or user == self._services.workspace.bot_user:
            return None
        text = event.get("text") or ""
        return {
            "user": user,
            "text": text,
            "channel": event["channel"],
            "ts": event["ts"],
            "thread_ts": event.get("thread_ts"),
            "im": event.get("channel_type") == "im",
            "mention": event["type"] == "app_mention" or self._services.workspace.bot_user in mentioned_users(text),
            "shared": shared,
            "team": event.get("user_team") or event.get("team"),
            "under_us": event.get("parent_user_id") == self._services.workspace.bot_user,
            "files": [{name: file.get(name) for name in _FILE} for file in event.get("files") or ()],
        }

    async def _concerns_us(self, payload: Json) -> bool:
        if payload["mention"] or payload["im"] or payload["under_us"]:
            return True
        if payload["thread_ts"] is None:
            return False
        place = (self._services.workspace.team, payload["channel"], payload["thread_ts"])
        async with self._services.db.read(first=True) as tx:
            known = await threads.get(tx, *place) is not None
            # A thread that is just being started has no row of its own yet, but its lane has.
            return known or await inbox.knows_lane(tx, thread_lane(*place))

    def _message_row(self, payload: dict[str, Any]) -> InboxRow:
        team, channel, ts = self._services.workspace.team, payload["channel"], payload["ts"]
        root = payload["thread_ts"] or ts
        key = f"msg:{team}:{channel}:{ts}"
        verb = self._verb(payload["text"])
        settle = 0.0 if payload["mention"] or root == ts or verb else self._services.timing.reply_settle
        urgent = isinstance(verb, Command) and verb.spec.urgent
        lane = thread_lane(team, channel, root)
        return self._row(key, "message", lane, payload, ts=ts, settle=settle, urgent=urgent)

    def _verb(self, text: str) -> Command | UnknownVerb | None:
        return parse_verb(without_mention(text, self._services.workspace.bot_user))

    def _row(
        self,
        key: str,
        kind: str,
        lane: str,
        payload: dict[str, Any],
        *,
        ts: str | None = None,
        settle: float = 0.0,
        urgent: bool = False,
    ) -> InboxRow:
        now = self._services.clock()
        return InboxRow(
            key=key,
            team=self._services.workspace.team,
            lane=lane,
            kind=kind,
            ts=ts or f"{now:.6f}",
            ref=short_id(key),
            payload=payload,
            ready_at=now + settle,
            created_at=now,
            urgent=urgent,
        )

    async def _put(self, row: InboxRow) -> None:
        try:
            await self._services.writer.put(row)
        except MaybeStoredError:
            self._services.metrics.refused(row.kind)
            self._wake(row)  # if it is there, it need not wait for the sweep
            raise
        except NotStoredError:
            self._services.metrics.refused(row.kind)
            raise
        self._services.metrics.stored(row.kind)
        # A crash right here loses only the hint; the sweep wakes the lane.
        self._wake(row)

    def _wake(self, row: InboxRow) -> None:
        self._services.engine.wake(row.lane, max(row.ready_at - self._services.clock(), 0.0))


def _nothing() -> None:
    """Until there is something to do."""


def _pressed_at(body: Json) -> str | None:
    """Slack's time of a press, in the form of a message's `ts`: our own clock may be behind it."""
    seconds, _, fraction = str(body["actions"][0].get("action_ts") or "").partition(".")
    return f"{seconds}.{fraction:0<6}" if seconds else None
