"""The way in: what Slack sent becomes one inbox row, or none, and is stored before it is acknowledged.

The key of a row is made from the message, never from the delivery. Two deliveries of one event, `app_mention` and
`message` for one `ts`, and an edit that sends the mention again all end in the same row. What becomes of a message,
an edit or its deletion, is a row of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from bot.conversation.receive.reactions import Meant, Reaction, Reactions, stop_at
from bot.domain import keys
from bot.domain.causes import (
    ActionCause,
    Cause,
    CommandCause,
    EventCause,
    Hold,
    MessageCause,
    PersonsCause,
    Revision,
    ViewCause,
)
from bot.domain.commands.options import parse_request
from bot.domain.commands.parser import Command
from bot.domain.commands.presses import Press
from bot.domain.commands.small_talk import small_talk
from bot.domain.commands.spec import CommandSpec
from bot.domain.keys import short_id
from bot.domain.lane import held_lane, own_lane, person_lane, slow_lane, thread_lane
from bot.domain.pick import Pick, PickedBy
from bot.domain.redaction import redact
from bot.domain.secrets import has_secret, sets_secret
from bot.domain.text import as_typed, mentioned_users, without_mention
from bot.kernel.commands.handler import Deferred
from bot.kernel.services import Services
from bot.kernel.tasks import SlackEvent
from bot.kernel.workspace import Workspace
from bot.slack.files import files_of
from bot.slack.rendering import quoted, text_of
from bot.slack.threads import ThreadMessage, edited_ts, message_from
from bot.store import inbox, threads
from bot.store.inbox import InboxRow
from bot.store.inbox_writer import MaybeStoredError, NotStoredError

__all__ = ["Intake", "MaybeStoredError", "NotStoredError"]

PEOPLE_WROTE: Final = frozenset({None, "file_share", "thread_broadcast"})
BOTS_WROTE: Final = frozenset({None, "bot_message"})
CHANGED, DELETED, TOMBSTONE = "message_changed", "message_deleted", "tombstone"

# The end of the key of a message without a task, so that an edit that adds one, or takes a secret out, is another row.
NO_TASK: Final = ":no-task"

Json = Mapping[str, Any]
_Cause = TypeVar("_Cause", bound=Cause)


class Intake:
    """Turns requests of Slack into inbox rows. It calls neither Slack nor Devin."""

    def __init__(self, services: Services, events: Mapping[str, SlackEvent], reactions: Reactions) -> None:
        self._services = services
        self._events = events
        self._reactions = reactions
        self._parser = services.commands.parser
        self._not_taken: Callable[[Workspace], None] = _do_nothing

    def when_not_taken(self, act: Callable[[Workspace], None]) -> None:
        """Have `act` called when a workspace's message could not be stored: Slack sends it again only a few times."""
        self._not_taken = act

    async def message(self, workspace: Workspace, event: Json, envelope: Json) -> bool:
        """Store the message of `event` if a person wrote it and it may concern the bot. Returns whether it did.

        Raises NotStoredError if the store is down.
        """
        alert = None if envelope.get("is_ext_shared_channel") else self._alert_row_of(workspace, event)
        row = alert or self._row_of(workspace, event, envelope)
        if row is None:
            return False
        try:
            if alert is None and not await self._concerns_us(workspace, row.cause):
                return False
            await self._put(row)
        except Exception:
            self._not_taken(workspace)
            raise
        return True

    async def missed(self, workspace: Workspace, channel: str, message: ThreadMessage) -> bool:
        """Store a message that catch-up found, unless its key is stored. Returns False if no person wrote it."""
        if message.subtype not in PEOPLE_WROTE or message.bot_id or message.user in {None, workspace.bot_user}:
            return False
        row = self._message_row(workspace, _from_catch_up(workspace, channel, message))
        await self._put(replace(row, edited_ts=message.edited_ts))
        return True

    async def missed_in_channel(self, workspace: Workspace, channel: str, message: ThreadMessage) -> bool:
        """Store a message outside of threads that catch-up found if it starts something. Returns whether it does.

        That is one written to the bot, or one of a bot that may start sessions in `channel`.
        """
        alert = self._alert_row(workspace, channel, message)
        if alert is not None:
            await self._put(alert)
            return True
        addressed = _from_catch_up(workspace, channel, message).addressed
        return addressed and await self.missed(workspace, channel, message)

    async def command(
        self, workspace: Workspace, body: Json, hold: Hold | None = None, *, with_secret: bool = False
    ) -> None:
        """Store a slash command that starts a session; `body` is Slack's request, without a secret that it had.

        With a `hold` the ack asks a question, and the command waits for the answer.
        """
        user, key, text = body["user_id"], command_key(body), body.get("text") or ""
        if hold is not None:
            # Without the `response_url`, a secret: the answer brings another one.
            held = CommandCause(user, body["channel_id"], text, hold=hold)
            lane, wait = held_lane(hold.question, hold.subject), hold.until - self._services.clock()
            await self._put(self._row(workspace, key, lane, held, settle=wait))
            return
        cause = CommandCause(user, body["channel_id"], text, body.get("response_url"), with_secret=with_secret)
        await self._put(self._row(workspace, key, person_lane(workspace.team, user), cause))
        self._say_if_slow(key)

    async def typed(self, workspace: Workspace, body: Json, spec: CommandSpec, found: Deferred) -> None:
        """Store a slash command that a row carries out, because it takes more than an ack may wait for."""
        user, channel, key = body["user_id"], body["channel_id"], command_key(body)
        cause = ActionCause(spec.name, found.argument, user, channel, response_url=body.get("response_url"))
        await self._put(self._row(workspace, key, found.lane, cause, urgent=spec.urgent))
        if not found.message.text:
            self._say_if_slow(key)

    def _say_if_slow(self, key: str) -> None:
        # A crash before the lane is worked on loses the line about a slow command, and nothing else.
        self._services.engine.wake(slow_lane(key), self._services.timing.command_silence)

    async def press(self, workspace: Workspace, body: Json, lane: str, press: Press) -> None:
        """Store the press of a button in the lane of its thread."""
        cause = ActionCause(
            press.spec.name,
            press.argument,
            body["user"]["id"],
            (body.get("channel") or body["user"])["id"],  # a button in a Home tab stands in no channel
            pressed=True,
            chosen=press.chosen,
            pressed_in=_pressed_in(body),
            pressed_on=(body.get("message") or {}).get("ts") or (body.get("container") or {}).get("message_ts"),
            response_url=body.get("response_url"),
        )
        # Who answers a question waits for what comes of it.
        urgent, key = press.spec.urgent or press.chosen, f"act:{body['trigger_id']}"
        await self._put(self._row(workspace, key, lane, cause, ts=_pressed_at(body), urgent=urgent))

    async def form(self, workspace: Workspace, view_id: str, cause: ViewCause) -> None:
        """Store the form that a person submitted; the view with this id is stored once, however often it comes."""
        key = f"view:{view_id}"
        await self._put(self._row(workspace, key, own_lane(key), cause))

    async def event(self, workspace: Workspace, event: Json, envelope: Json) -> None:
        """Store an event of Slack's that a task takes."""
        key, what = f"ev:{envelope['event_id']}", event["type"]
        cause = EventCause(what, self._events[what].read(event))
        await self._put(self._row(workspace, key, own_lane(key), cause))

    async def reaction(self, workspace: Workspace, event: Json, envelope: Json) -> None:
        """Store what a person means by a reaction, as the press that it stands for, if it means anything."""
        reaction = Reaction.of(workspace.team, event)
        kind = self._reactions.of(reaction) if reaction is not None else None
        if reaction is None or kind is None or reaction.user == workspace.bot_user:
            return
        async with self._services.db.read() as tx:
            meant = await kind.meant(tx, reaction)
        await self._put_meant(workspace, envelope, meant, reaction.at)

    async def agent_stopped(self, workspace: Workspace, event: Json, envelope: Json) -> None:
        """Store the press of Slack's own Stop of an agent, which is that of the card's button."""
        channel, ts, user = (str(event.get(name) or "") for name in ("channel", "thread_ts", "user"))
        async with self._services.db.read() as tx:
            meant = await stop_at(tx, workspace.team, channel, ts, user) if user else None
        await self._put_meant(workspace, envelope, meant, event.get("event_ts"))

    async def _put_meant(self, workspace: Workspace, envelope: Json, meant: Meant | None, at: str | None) -> None:
        if meant is not None:
            key = f"ev:{envelope['event_id']}"
            await self._put(self._row(workspace, key, meant.lane, meant.cause, ts=_at(at), urgent=meant.urgent))

    def _alert_row_of(self, workspace: Workspace, event: Json) -> InboxRow[MessageCause] | None:
        # Most events are of people: of those nothing else is read, as an ack waits for this.
        if not event.get("bot_id") or event.get("subtype") not in BOTS_WROTE:
            return None
        return self._alert_row(workspace, event["channel"], message_from(event))

    def _alert_row(self, workspace: Workspace, channel: str, message: ThreadMessage) -> InboxRow[MessageCause] | None:
        """The row for a message of a bot that may start sessions in its channel; None for any other one."""
        bot, ts = message.bot_id or "", message.ts
        owner = workspace.policy.owner_of_alerts(channel, bot)
        begins = message.thread_ts in {None, ts} and message.subtype in BOTS_WROTE
        if owner is None or not begins or bot == workspace.bot_id:
            return None
        text = redact(message.text)
        if not text or has_secret(as_typed(text)):
            return None
        pick, with_secret = Pick(ts, PickedBy.BOT, message.user), text != message.text
        cause = MessageCause(owner, text, channel, pick.asked_ts(ts), ts, pick=pick, with_secret=with_secret)
        row_key = f"alert:{workspace.team}:{channel}:{ts}"
        return self._row(workspace, row_key, thread_lane(workspace.team, channel, ts), cause, ts=ts)

    async def _concerns_us(self, workspace: Workspace, cause: MessageCause) -> bool:
        if cause.mention or cause.direct or cause.under_us:
            return True
        if cause.thread_ts is None and cause.revision is None:
            return False
        place = (workspace.team, cause.channel, cause.root_ts)
        async with self._services.db.read() as tx:
            known = await threads.get(tx, *place) is not None
            # A thread that is just being started has no row of its own yet, but its lane has.
            return known or await inbox.knows_lane(tx, thread_lane(*place))

    def _row_of(self, workspace: Workspace, event: Json, envelope: Json) -> InboxRow[MessageCause] | None:
        """The row for the message of `event`, or for what became of it; None if no person wrote or changed it."""
        if event.get("subtype") in {CHANGED, DELETED}:
            return self._revision_row(workspace, event, envelope)
        if not _was_written(workspace, event):
            return None
        row = self._message_row(workspace, _from_event(workspace, event, envelope))
        return replace(row, edited_ts=edited_ts(event))

    def _revision_row(self, workspace: Workspace, event: Json, envelope: Json) -> InboxRow[MessageCause] | None:
        """The row for an edit or a deletion; None if it is older than what Slack sends again, or changes nothing."""
        (message, at, deleted), timing = _revised(event), self._services.timing
        if at is None or not _was_written(workspace, message):
            return None
        if self._services.clock() - self._services.setup.ahead_of("Slack") - float(at) > timing.slack_retries:
            return None
        place = {name: event[name] for name in ("channel", "channel_type") if name in event}
        cause = _from_event(workspace, {**message, **place, "type": "message"}, envelope)
        if cause.thread_ts == cause.ts:  # as the first message of a thread has it once there are replies
            cause = replace(cause, thread_ts=None)
        now = self._message_row(workspace, cause)
        left = replace(now.cause, text="", files=(), quoted="") if deleted else now.cause
        of_files = not deleted and text_of(message) == text_of(event.get("previous_message") or {})
        key = f"edit:{workspace.team}:{cause.channel}:{cause.ts}:{at}"
        return self._row(
            workspace,
            key,
            now.lane,
            replace(left, revision=Revision(at, now.key, deleted, of_files=of_files)),
            ts=cause.ts,
            urgent=True,  # so that it comes before the message where that still waits
        )

    def _message_row(self, workspace: Workspace, cause: MessageCause) -> InboxRow[MessageCause]:
        team = workspace.team
        text, masked = without_mention(cause.text, workspace.bot_user), cause.without_secret()
        with_secret = sets_secret(as_typed(text)) or masked != cause
        command = cause.addressed and cause.only_text
        verb = self._parser.verb(text) or (self._parser.addressed(as_typed(text)) if command else None)
        if with_secret and (verb is not None or sets_secret(as_typed(text)) or has_secret(as_typed(masked.text))):
            # Of what is no task or reply nothing is left without it.
            cause, text, verb = cause.without_content(), "", None
        elif with_secret:
            cause, text = replace(masked, with_secret=True), without_mention(masked.text, workspace.bot_user)
        alone = self._parser.alone(text) if cause.is_plain_reply else None
        at_once = cause.mention or cause.root_ts == cause.ts or (verb or alone) is not None or cause.with_secret
        # Of such words only a stop is surely for the bot while the thread is not known yet.
        stops = alone is not None and alone.spec.ends_session
        return self._row(
            workspace,
            keys.message_key(team, cause.channel, cause.ts) + (NO_TASK if _has_no_task(cause, text) else ""),
            thread_lane(team, cause.channel, cause.root_ts),
            cause,
            ts=cause.ts,
            settle=0.0 if at_once else self._services.timing.reply_settle,
            urgent=cause.with_secret or stops or (isinstance(verb, Command) and verb.spec.urgent),
        )

    def _row(
        self,
        workspace: Workspace,
        key: str,
        lane: str,
        cause: _Cause,
        *,
        ts: str | None = None,
        settle: float = 0.0,
        urgent: bool = False,
    ) -> InboxRow[_Cause]:
        now = self._services.clock()
        return InboxRow(
            key=key,
            team=workspace.team,
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
            self._services.metrics.refused(row.flow)
            self._wake(row)  # if it is there, it need not wait for the sweep
            raise
        except NotStoredError:
            self._services.metrics.refused(row.flow)
            raise
        self._services.metrics.stored(row.flow)
        self._services.tracing.stored(row.flow, row.ref)
        # A crash right here loses only the hint; the sweep wakes the lane.
        self._wake(row)

    def _wake(self, row: InboxRow[Cause]) -> None:
        whose = row.cause.user if isinstance(row.cause, PersonsCause) else None
        self._services.engine.wake(row.lane, max(row.ready_at - self._services.clock(), 0.0), whose)


def _was_written(workspace: Workspace, event: Json) -> bool:
    """Whether an event brings what a person wrote, and not the bot, another app or Slack itself."""
    if event.get("subtype") not in PEOPLE_WROTE or event.get("bot_id") or event.get("hidden"):
        return False
    return bool(event.get("user")) and event["user"] != workspace.bot_user


def _revised(event: Json) -> tuple[Json, str | None, bool]:
    """The message that `event` says was edited or deleted, when that was, and whether it was deleted.

    The time is None where no person did either: Slack adds the preview of a link, and counts the replies of a thread.
    Whoever takes away a file edits no text.
    """
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    if event["subtype"] == DELETED or now.get("subtype") == TOMBSTONE:
        return before, event["ts"], True
    if text_of(now) != text_of(before):
        return now, edited_ts(now), False
    return now, event["ts"] if before and _file_ids(now) != _file_ids(before) else None, False


def _file_ids(message: Json) -> list[str]:
    """The ids of a message's own files; one that was deleted may stand there still, as a tombstone."""
    files = [file for file in message.get("files") or () if isinstance(file, Mapping)]
    return [str(file.get("id")) for file in files if file.get("mode") != TOMBSTONE]


def _has_no_task(cause: MessageCause, text: str) -> bool:
    """Whether a message starts nothing, whatever else is known: a secret, or a mention without words but small talk."""
    if cause.with_secret and not cause.text:
        return True
    if not cause.mention or cause.in_thread or not cause.only_text:
        return False
    task = parse_request(text).prompt
    return not task or small_talk(text) is not None


def _from_event(workspace: Workspace, event: Json, envelope: Json) -> MessageCause:
    text = text_of(event)
    return MessageCause(
        user=event["user"],
        text=text,
        channel=event["channel"],
        ts=event["ts"],
        thread_ts=event.get("thread_ts"),
        direct=event.get("channel_type") == "im",
        mention=event["type"] == "app_mention" or _mentions_us(workspace, text),
        under_us=event.get("parent_user_id") == workspace.bot_user,
        shared=bool(envelope.get("is_ext_shared_channel")),
        files=files_of(event),
        quoted=quoted(event),
    )


def _from_catch_up(workspace: Workspace, channel: str, message: ThreadMessage) -> MessageCause:
    return MessageCause(
        user=message.user or "",
        text=message.text,
        channel=channel,
        ts=message.ts,
        thread_ts=message.thread_ts if message.thread_ts != message.ts else None,  # of a first message it is its own
        direct=channel.startswith("D"),
        mention=_mentions_us(workspace, message.text),
        files=message.files,
        quoted=message.quoted,
    )


def _mentions_us(workspace: Workspace, text: str) -> bool:
    return workspace.bot_user in mentioned_users(text)


def _do_nothing(_workspace: Workspace) -> None:
    """Do nothing, until `when_not_taken` gives something to do."""


def command_key(body: Json) -> str:
    """The key of the row for the slash command of Slack's request `body`."""
    return keys.command_key(body["trigger_id"])


def _pressed_in(body: Json) -> str | None:
    """The thread of the button that was pressed; None under the first message of one, which stands in the channel."""
    container, message = body.get("container") or {}, body.get("message") or {}
    ts = message.get("ts") or container.get("message_ts")
    thread_ts = message.get("thread_ts") or container.get("thread_ts")
    return thread_ts if thread_ts and thread_ts != ts else None


def _pressed_at(body: Json) -> str | None:
    """Return Slack's time of a press, in the form of a message's `ts`. Our own clock may be behind Slack's."""
    return _at(body["actions"][0].get("action_ts"))


def _at(instant: object) -> str | None:
    seconds, _, fraction = str(instant or "").partition(".")
    return f"{seconds}.{fraction:0<6}" if seconds else None
