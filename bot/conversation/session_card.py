"""The card of a session: how it is posted, what it shows, and what follows when it stands or is lost.

The card of a slash command comes before its session: the message begins the session's thread, and the row that creates
the session is stored when the card stands. So a channel that cannot be posted in never costs a session.
"""

from dataclasses import replace
from typing import Any, ClassVar

from bot.conversation.agent_status import AgentStatus, show_status
from bot.domain.causes import StartCause
from bot.domain.dead_ends import next_session_id, way_on
from bot.domain.file import SlackFile
from bot.domain.keys import reference
from bot.domain.lane import thread_lane
from bot.domain.pick import ThreadRef
from bot.domain.session import Lifecycle, Session
from bot.domain.waking import NO_LIMITS
from bot.kernel.admins import as_its_channel_sees
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Drawer, Location, Recipient, UnitOfWork
from bot.slack.errors import ChannelGone, SlackError
from bot.store import channel_losses, kept_tasks, outbox, sessions, threads
from bot.store.cause_codec import decode_files, encode_files
from bot.store.database.connection import Transaction
from bot.store.inbox import InboxRow
from bot.store.outbox import OutboxRow
from bot.store.posts import Post, post_key, subject_of
from bot.store.threads import Thread
from bot.views import dead_ends
from bot.views.answers import access as access_sentences
from bot.views.answers import failures as failure_sentences
from bot.views.answers import starts as start_sentences
from bot.views.card import card, spent
from bot.views.message import Message
from bot.views.shared_card import card_in_shared_channel


class SessionCard(Drawer):
    """Draws the cards of sessions."""

    name: ClassVar[str] = "card"
    drawn_with_it: ClassVar[tuple[str, ...]] = (AgentStatus.name,)
    is_listed_at_home: ClassVar[bool] = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:
        """Return the card of a session as it is stored now; None if the session is gone."""
        session = await sessions.get(tx, subject)
        if session is None:
            return None
        session = self._services.workspaces.with_code_hosts(session)
        if shared:
            return card_in_shared_channel(session)
        dead_end = way_on(session) is not None
        went_on = dead_end and await sessions.get(tx, next_session_id(session.id)) is not None
        kept = dead_end and await kept_tasks.exists(tx, session.id)
        workspace = self._services.workspaces.get(session.team)
        limits = workspace.policy.wake_limits if workspace is not None else NO_LIMITS
        session = await as_its_channel_sees(tx, workspace, session)
        first = bool(spent(session)) and await sessions.is_first(tx, session)
        turns = await self._services.settings.turns(tx, session.team, session.channel)
        now, silence = self._services.clock(), self._services.timing.silence
        return card(session, now, silence, limits, went_on=went_on, kept=kept, first=first, turns=turns)

    async def posted(self, uow: UnitOfWork, row: OutboxRow, ts: str) -> None:
        """Have the card of a command begin its session's thread, and add the row that creates the session."""
        session = await sessions.get(uow.tx, subject_of(row.key)) if row.follow is not None else None
        if session is None or row.follow is None or session.thread_ts is not None:
            return
        named = reference(session.team, session.channel, ts)
        await sessions.change(uow.tx, session.id, thread_ts=ts, reference=named)
        thread = Thread(session.team, session.channel, ts, session.id, closed=False, last_seen_ts=ts)
        await threads.put(uow.tx, thread, uow.now)
        await show_status(uow, replace(session, thread_ts=ts))
        await uow.add_to_inbox(_start_row(row.follow, row.ref, session, ts, uow.now))
        await self._link_thread(uow, row, session, ts)

    async def _link_thread(self, uow: UnitOfWork, row: OutboxRow, session: Session, ts: str) -> None:
        """Link the thread that the card begins, privately, where the person looks elsewhere.

        The link takes the place of the question that they answered, or stands in the thread in which they wrote `!new`.
        """
        asked_in, replaces = row.payload["asked_in"], row.payload["replaces"]
        if asked_in is None and not replaces:
            return
        to = Recipient(
            row.team, row.key, row.payload["user"], row.channel, asked_in, row.payload["response_url"], replaces
        )
        link = self._services.workspaces[row.team].slack.permalink(row.channel, ts)
        if asked_in is not None:
            await uow.reply_privately(to, start_sentences.started_elsewhere(session, link))
        else:
            await uow.reply_privately(to, start_sentences.started_in_thread(session.prompt, link))

    async def not_posted(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:
        """Announce that the session has no card; one of a command was then not started, and its asker reads why."""
        if row.follow is None:
            await _announce_no_card(uow, subject_of(row.key))
        elif error is not None:
            await refuse(uow, subject_of(row.key), start_sentences.start_failed(row.ref))
            url = row.payload.get("response_url")
            channel, replaces = row.payload.get("answer_in") or row.channel, row.payload.get("replaces", False)
            to = Recipient(row.team, row.key, row.payload["user"], channel, None, url, replaces)
            await uow.reply_privately(to, _why_no_card(error, row))

    async def lost(self, uow: UnitOfWork, post: Post, error: SlackError) -> None:
        """Announce that the card is not kept up to date any more, or that its channel is gone."""
        if isinstance(error, ChannelGone):
            await notify_asker_of_channel(uow, post.subject, post.channel, error)
        else:
            await _announce_no_card(uow, post.subject)


async def _announce_no_card(uow: UnitOfWork, session_id: str) -> None:
    session = await sessions.get(uow.tx, session_id)
    if session is not None and session.thread_ts is not None:
        await uow.post(f"lost:{card_key(session_id)}", session, failure_sentences.CARD_LOST)


def card_key(session_id: str) -> str:
    """The key of the card of the session with our id `session_id`."""
    return post_key(SessionCard.name, session_id)


async def post_card(
    uow: UnitOfWork, session: Session, *, payload: dict[str, Any] | None = None, follow: dict[str, Any] | None = None
) -> None:
    """Have the card of `session` posted, unless that was done before. The post carries `payload` and `follow`."""
    to = Location(session.team, session.channel, session.thread_ts, session.id)
    await uow.show(SessionCard, session.id, to, payload=payload or {}, follow=follow, rank=outbox.FIRST)
    if session.thread_ts is not None:
        await show_status(uow, session)


def answer_to(to: Recipient) -> dict[str, Any]:
    """Return the `payload` of a card's post that tells where its person is answered, in the channel of the card."""
    return {"user": to.user, "response_url": to.response_url, "replaces": to.replaces, "asked_in": None}


def start_to_follow(key: str, files: tuple[SlackFile, ...], about: ThreadRef | None) -> dict[str, Any]:
    """Return the `follow` of a card's post, after which the session is created; `key` is that of the row that asked.

    The session is `about` a thread, which is its context.
    """
    context = {"about": [about.channel, about.ts]} if about is not None else {}
    return {"cause": key, "files": encode_files(files)} | context


def _start_row(follow: dict[str, Any], ref: str, session: Session, ts: str, now: float) -> InboxRow[StartCause]:
    """Return the inbox row that creates `session`, whose card was posted as the message `ts`.

    The row is the first one in the lane of the thread that the card begins. `follow` comes from `start_to_follow`.
    """
    about = ThreadRef(*follow["about"]) if "about" in follow else None
    cause = StartCause(session.id, decode_files(follow["files"]), about=about, adopts=follow.get("adopts"))
    lane = thread_lane(session.team, session.channel, ts)
    return InboxRow(f"start:{follow['cause']}", session.team, lane, ts, ref, cause, ready_at=now, created_at=now)


async def refuse(uow: UnitOfWork, session_id: str, message: Message, words: str = "") -> None:
    """End a session as refused: its card says that nothing runs, and `message` says in its thread why.

    The card repeats the `words` in which Devin refused it.
    """
    session = await end_unstarted(uow, session_id, Lifecycle.REFUSED)
    if session is not None and session.thread_ts is not None:
        await sessions.change(uow.tx, session.id, last_words=words)
        refused = replace(session, lifecycle=Lifecycle.REFUSED)
        message = dead_ends.with_way_on(message, refused, kept=await kept_tasks.exists(uow.tx, session.id))
        await uow.post(f"announce:{session.id}:refused", session, message)


async def end_unstarted(uow: UnitOfWork, session_id: str, lifecycle: Lifecycle) -> Session | None:
    """End a session that never started with `lifecycle`, and have its card show that. Returns it, if there is one."""
    session = await sessions.end(uow.tx, session_id, lifecycle, uow.now)
    await remove_mark(uow, session_id)
    await uow.redraw(SessionCard, session_id)
    return session


async def remove_mark(uow: UnitOfWork, session_id: str) -> None:
    """Take away the reaction that shows the state of a session, which is over here or has never begun."""
    tracked = (await sessions.tracked(uow.tx, [session_id])).get(session_id)
    if tracked is not None and tracked.position.mark is not None:
        await sessions.change(uow.tx, session_id, mark=None)
        await uow.replace_mark(tracked.session, tracked.position.mark, None, f"{uow.now:.6f}")


async def notify_asker_of_channel(uow: UnitOfWork, session_id: str, channel: str, error: ChannelGone) -> None:
    """Inform the asker in a direct message that `channel` cannot be posted in, and mark the session's posts dead."""
    session = await sessions.get(uow.tx, session_id)
    await uow.mark_session_dead(session_id, "channel gone")
    if session is not None:
        lost = failure_sentences.posting_restricted if error.is_restricted else failure_sentences.posting_lost
        await announce_channel_lost(uow, session, lost(channel, session))


async def announce_channel_lost(uow: UnitOfWork, session: Session, message: Message, removal: str = "") -> None:
    """Send `message` to the asker directly, once for each loss of the session's channel; to nobody if they were erased.

    `removal` is the key of the event about it; without one a post was refused.
    """
    loss = await channel_losses.note(uow.tx, session.id, card_key(session.id), removal)
    if loss is not None and session.requester:
        key = f"lost:{session.id}:channel:{loss}"
        await uow.add_to_outbox(uow.post_row(key, session.team, session.requester, None, message))


def _why_no_card(error: SlackError, row: OutboxRow) -> Message:
    if not isinstance(error, ChannelGone):
        return start_sentences.start_failed(row.ref)
    elsewhere = bool(row.payload.get("answer_in"))
    if error.is_archived:
        return access_sentences.channel_archived(row.channel) if elsewhere else access_sentences.CHANNEL_ARCHIVED
    if error.is_restricted:
        return access_sentences.CHANNEL_RESTRICTED
    # Slack does not show the bot a conversation between others, so it is "not found".
    between = row.channel.startswith("D") and error.error in {"channel_not_found", "not_in_channel"}
    if between:
        return access_sentences.BETWEEN_PEOPLE
    return access_sentences.not_in_channel(row.channel if elsewhere else None)
