"""The way in: what Slack sent becomes one inbox row, or nothing, and is stored before it is acknowledged.

The key is made from the message, never from the delivery: two deliveries of one event, `app_mention` and `message`
for one `ts`, and an edit that sends the mention again all end in the same row.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.domain.causes import ActionCause, Cause, ChannelGoneCause, CommandCause, MessageCause
from bot.domain.commands.parser import Command, UnknownVerb, parse_verb
from bot.domain.commands.registry import named
from bot.domain.keys import short_id
from bot.domain.lane import own_lane, person_lane, thread_lane
from bot.domain.text import mentioned_users, without_mention
from bot.flows.services import Services
from bot.slack.files import files_of
from bot.slack.threads import ThreadMessage
from bot.store import inbox, threads
from bot.store.inbox import InboxRow
from bot.store.inbox_writer import MaybeStoredError, NotStoredError

__all__ = ["Intake", "MaybeStoredError", "NotStoredError"]

PEOPLE_WROTE: Final = frozenset({None, "file_share", "thread_broadcast"})

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
        if not self._was_written(event):
            return False
        cause = self._written(event, envelope)
        try:
            if not await self._concerns_us(cause):
                return False
            await self._put(self._message_row(cause))
        except Exception:
            self._not_taken()
            raise
        return True

    async def missed(self, channel: str, message: ThreadMessage) -> bool:
        """Store a message that was found in a thread; the same key, so one that had arrived is left alone."""
        bot_user = self._services.workspace.bot_user
        if message.subtype not in PEOPLE_WROTE or message.bot_id or message.user in {None, bot_user}:
            return False
        await self._put(self._message_row(self._found(channel, message)))
        return True

    async def command(self, body: Json) -> None:
        """Store a slash command that starts a session."""
        user = body["user_id"]
        cause = CommandCause(user, body["channel_id"], body.get("text") or "", body.get("response_url"))
        await self._put(self._row(_command_key(body), person_lane(self._services.workspace.team, user), cause))

    async def session_command(self, body: Json, lane: str, verb: str, session_id: str) -> None:
        """Store a slash command about a session in the lane of its thread; `verb` is the command's name."""
        cause = ActionCause(
            verb, session_id, body["user_id"], body["channel_id"], response_url=body.get("response_url")
        )
        await self._put(self._row(_command_key(body), lane, cause, urgent=named(verb).urgent))

    async def action(self, body: Json, lane: str, verb: str, target: str) -> None:
        """Store the press of a button in the lane of its thread; `verb` is the command it gives, to `target`."""
        key = f"act:{body['trigger_id']}"
        cause = ActionCause(
            verb, target, body["user"]["id"], body["channel"]["id"], pressed=True, response_url=body.get("response_url")
        )
        await self._put(self._row(key, lane, cause, ts=_pressed_at(body), urgent=named(verb).urgent))

    async def event(self, event: Json, envelope: Json) -> None:
        """Store another event: a channel that is gone for us."""
        key = f"ev:{envelope['event_id']}"
        await self._put(self._row(key, own_lane(key), ChannelGoneCause(event.get("channel") or "", event["type"])))

    def _was_written(self, event: Json) -> bool:
        """Whether an event brings what a person wrote, and not the bot, another app or Slack itself."""
        if event.get("subtype") not in PEOPLE_WROTE or event.get("bot_id") or event.get("hidden"):
            return False
        return bool(event.get("user")) and event["user"] != self._services.workspace.bot_user

    def _written(self, event: Json, envelope: Json) -> MessageCause:
        text = event.get("text") or ""
        return MessageCause(
            user=event["user"],
            text=text,
            channel=event["channel"],
            ts=event["ts"],
            thread_ts=event.get("thread_ts"),
            direct=event.get("channel_type") == "im",
            mention=event["type"] == "app_mention" or self._mentioned(text),
            under_us=event.get("parent_user_id") == self._services.workspace.bot_user,
            shared=bool(envelope.get("is_ext_shared_channel")),
            files=files_of(event),
        )

    def _found(self, channel: str, message: ThreadMessage) -> MessageCause:
        return MessageCause(
            user=message.user or "",
            text=message.text,
            channel=channel,
            ts=message.ts,
            thread_ts=message.thread_ts,
            direct=channel.startswith("D"),
            mention=self._mentioned(message.text),
            files=message.files,
        )

    def _mentioned(self, text: str) -> bool:
        return self._services.workspace.bot_user in mentioned_users(text)

    async def _concerns_us(self, cause: MessageCause) -> bool:
        if cause.mention or cause.direct or cause.under_us:
            return True
        if cause.thread_ts is None:
            return False
        place = (self._services.workspace.team, cause.channel, cause.thread_ts)
        async with self._services.db.read(first=True) as tx:
            known = await threads.get(tx, *place) is not None
            # A thread that is just being started has no row of its own yet, but its lane has.
            return known or await inbox.knows_lane(tx, thread_lane(*place))

    def _message_row(self, cause: MessageCause) -> InboxRow[Cause]:
        team = self._services.workspace.team
        verb = self._verb(cause.text)
        at_once = cause.mention or cause.root_ts == cause.ts or verb is not None
        return self._row(
            f"msg:{team}:{cause.channel}:{cause.ts}",
            thread_lane(team, cause.channel, cause.root_ts),
            cause,
            ts=cause.ts,
            settle=0.0 if at_once else self._services.timing.reply_settle,
            urgent=isinstance(verb, Command) and verb.spec.urgent,
        )

    def _verb(self, text: str) -> Command | UnknownVerb | None:
        return parse_verb(without_mention(text, self._services.workspace.bot_user))

    def _row(
        self,
        key: str,
        lane: str,
        cause: Cause,
        *,
        ts: str | None = None,
        settle: float = 0.0,
        urgent: bool = False,
    ) -> InboxRow[Cause]:
        now = self._services.clock()
        return InboxRow(
            key=key,
            lane=lane,
            ts=ts or f"{now:.6f}",
            ref=short_id(key),
            cause=cause,
            ready_at=now + settle,
            created_at=now,
            urgent=urgent,
        )

    async def _put(self, row: InboxRow[Cause]) -> None:
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

    def _wake(self, row: InboxRow[Cause]) -> None:
        self._services.engine.wake(row.lane, max(row.ready_at - self._services.clock(), 0.0))


def _nothing() -> None:
    """Until there is something to do."""


def _command_key(body: Json) -> str:
    return f"cmd:{body['trigger_id']}"


def _pressed_at(body: Json) -> str | None:
    """Slack's time of a press, in the form of a message's `ts`: our own clock may be behind it."""
    seconds, _, fraction = str(body["actions"][0].get("action_ts") or "").partition(".")
    return f"{seconds}.{fraction:0<6}" if seconds else None
