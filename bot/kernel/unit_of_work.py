"""One transaction of a flow, with the lanes to wake once it is committed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

from bot.domain import lane as lanes_named
from bot.domain.causes import Cause
from bot.domain.keys import ADMINS_POSTS
from bot.domain.session import Session
from bot.kernel.admins import admins_of
from bot.kernel.settings import Settings
from bot.kernel.workspace import Workspace
from bot.slack.errors import SlackError
from bot.store import inbox, outbox, posts
from bot.store.database.connection import Transaction
from bot.store.inbox import InboxRow
from bot.store.outbox import OutboxRow
from bot.store.posts import Post, post_key
from bot.timing import Timing
from bot.views.answers.wording import answered_in_dm
from bot.views.message import Message

MOST_NOTIFIED: Final = 50  # admins


@dataclass(slots=True)
class UnitOfWork:
    """One transaction of a flow, and what is to be done once it is committed."""

    tx: Transaction
    now: float
    ref: str
    timing: Timing
    settings: Settings = field(default_factory=Settings)
    wakes: dict[str, float] = field(default_factory=dict)
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call `act` once the transaction is committed. A crash in between loses the call."""
        self.afterwards.append(act)

    async def add_to_outbox(self, *rows: OutboxRow) -> None:
        """Add `rows` to the outbox, and wake their lanes after the commit."""
        if rows:
            await outbox.add(self.tx, rows)
        for row in rows:
            self._wake(row.lane, row.next_at)

    async def add_to_inbox(self, row: InboxRow[Cause]) -> None:
        """Add `row` to the inbox, and wake its lane after the commit."""
        await inbox.add(self.tx, [row])
        self._wake(row.lane, row.ready_at)

    def _wake(self, lane: str, at: float) -> None:
        """Wake `lane` at the instant `at`, unless another of its rows is due sooner."""
        within = max(at - self.now, 0.0)
        self.wakes[lane] = min(within, self.wakes.get(lane, within))

    async def show(self, drawer: type["Drawer"], subject: str, to: "Location", **more: object) -> None:
        """Have `subject` posted at `to` and edited from then on, once; `more` are other fields of the outbox row."""
        post = Post(drawer.name, subject, to.team, to.channel, self.ref, self.now, to.session_id)
        if not await posts.add(self.tx, post):
            return
        await self._redraw_homes(drawer, subject)
        row = self.post_row(post.key, to.team, to.channel, to.thread_ts, Message(""))
        drawn: dict[str, object] = {"kind": drawer.name, "session_id": to.session_id, "payload": {}}
        await self.add_to_outbox(replace(row, **drawn | more))  # type: ignore[arg-type]  # names are OutboxRow's own

    async def redraw(self, drawer: type["Drawer"], *subjects: str, gives_way: bool = False, after: float = 0.0) -> None:
        """Have the posts of these subjects edited to their newest state, `after` so many seconds at the latest.

        One that `gives_way` goes after the others.
        """
        names = [drawer.name, *(() if gives_way else drawer.drawn_with_it)]
        keys = [post_key(name, subject) for name in names for subject in subjects]
        self._wake_edits(await posts.redraw(self.tx, keys, self.now + after, gives_way=gives_way), after)
        if not gives_way:
            await self._redraw_homes(drawer, *subjects)

    async def edit_from_now_on(self, post: Post, surface: str, ts: str | None) -> None:
        """Have `post` shown on a `surface` on which nothing is sent first, at the message `ts`, once."""
        if await posts.add(self.tx, replace(post, surface=surface, ts=ts, state="open", next_at=self.now)):
            self._wake_edits({(post.team, surface)})

    async def open_home(self, drawer: type["Drawer"], team: str, user: str) -> None:
        """Have the Home tab of `user`, which they have just opened, show its newest state."""
        subject = posts.home_subject(team, user)
        # The tab has no message, and so needs no `ts` but one that says that it is there.
        row = Post(drawer.name, subject, team, user, self.ref, self.now, surface=posts.HOME, ts="home", state="open")
        await posts.open_home(self.tx, replace(row, next_at=self.now))
        self._wake_edits({(team, posts.HOME)})

    async def redraw_home(self, team: str, user: str) -> None:
        """Have the Home tab of `user` drawn if it is open, because something in it has changed besides sessions."""
        opened_after, at = self.now - self.timing.home_open, self.now + self.timing.home_settle
        self._wake_edits(await posts.redraw_home(self.tx, team, user, opened_after, at))

    async def _redraw_homes(self, drawer: type["Drawer"], *subjects: str) -> None:
        """Have the Home tabs drawn that are open and list these subjects, in a moment, as more may change by then."""
        if not drawer.is_listed_at_home:
            return
        opened_after, at = self.now - self.timing.home_open, self.now + self.timing.home_settle
        self._wake_edits(await posts.redraw_homes(self.tx, subjects, opened_after, at))

    async def redraw_in(self, team: str, channel: str, session_ids: Sequence[str]) -> None:
        """Have the posts in a channel edited that belong to one of these sessions, or to none."""
        self._wake_edits(await posts.redraw_in(self.tx, team, channel, session_ids, self.now))

    def _wake_edits(self, where: set[posts.Edited], after: float = 0.0) -> None:
        for edited in where:
            lane = lanes_named.edit_lane(*edited)
            self.wakes[lane] = min(after, self.wakes.get(lane, after))

    async def mark_session_dead(self, session_id: str, reason: str) -> None:
        """Mark all posts of a session and their edits dead for `reason`, because its channel cannot be posted to."""
        # Rows of the outbox before `posts`, in every transaction: PostgreSQL locks them, and two orders could deadlock.
        await outbox.mark_session_dead(self.tx, session_id, reason, self.now)
        await posts.mark_session_dead(self.tx, session_id, reason)

    async def post(
        self,
        key: str,
        session: Session,
        message: Message,
        *,
        rank: int = outbox.USUAL,
        held: float = 0.0,
    ) -> None:
        """Post `message` in the thread of `session`, once for each `key`; `rank` says which posts go first.

        One that is `held` goes so many seconds later, unless it is withdrawn until then. It holds up no other post.
        """
        assert session.thread_ts is not None
        await self.add_to_outbox(
            self.post_row(
                key,
                session.team,
                session.channel,
                session.thread_ts,
                message,
                session_id=session.id,
                rank=rank,
                next_at=self.now + held,
                **({"thread": key} if held else {}),
            )
        )

    async def notify_admins(self, workspace: Workspace, key: str, message: Message) -> list[str]:
        """Post `message` once for each `key` in the admins' channel of `workspace`; if it has none, to each admin.

        Returns the ids of where it is posted.
        """
        where = await self._admins_to_notify(workspace)
        for to in where:
            await self.add_to_outbox(self.post_row(f"{ADMINS_POSTS}{key}:{to}", workspace.team, to, None, message))
        return where

    async def edit_for_admins(self, workspace: Workspace, key: str, drawer: type["Drawer"], subject: str) -> None:
        """Have what `notify_admins` posted for `key` edited to what `drawer` draws of `subject`, or not posted at all.

        A post that is being made in this moment stays as it is.
        """
        for to in await self._admins_to_notify(workspace):
            ts = await outbox.retract(self.tx, f"{ADMINS_POSTS}{key}:{to}")
            if ts is not None:
                post = Post(drawer.name, f"{to}:{subject}", workspace.team, to, self.ref, self.now)
                await self.edit_from_now_on(post, posts.MESSAGE, ts)

    async def _admins_to_notify(self, workspace: Workspace) -> list[str]:
        """The admins' channel, or the ids of the admins who get direct messages: first those whom the settings name.

        There are only so many, because a group may have thousands of members.
        """
        if workspace.policy.admin_channel:
            return [workspace.policy.admin_channel]
        admins = await admins_of(self.tx, workspace, self.now - self.timing.admins_known)
        return [*sorted(admins.users), *sorted(admins.members - admins.users)][:MOST_NOTIFIED]

    def post_row(
        self, key: str, team: str, channel: str, thread_ts: str | None, message: Message, **more: object
    ) -> OutboxRow:
        """Return an outbox row that posts `message`, in no thread if `thread_ts` is None; `more` are other fields."""
        row = OutboxRow(
            key=key,
            lane=lanes_named.channel_lane(team, channel),
            kind="post",
            team=team,
            channel=channel,
            thread=thread_ts or key,
            thread_ts=thread_ts,
            ref=self.ref,
            payload=_payload(message),
            next_at=self.now,
            created_at=self.now,
        )
        return replace(row, **more)  # type: ignore[arg-type]  # names are OutboxRow's own

    def thread_rows(
        self, key: str, team: str, channel: str, root: Message, replies: Sequence[Message], **more: object
    ) -> list[OutboxRow]:
        """Return rows that post `root` and, in the thread that it begins, `replies`; `more` are other fields of all.

        They are to be stored in one transaction: each reply waits until the root is sent, and dies with it.
        """
        first = self.post_row(key, team, channel, None, root, **more)
        if not replies:
            return [first]
        rows = [
            self.post_row(f"{key}:{number}", team, channel, None, reply, **{"thread": key} | more)
            for number, reply in enumerate(replies, start=1)
        ]
        return [replace(first, payload=first.payload | {"begins_thread": True}), *rows]

    async def react(self, session: Session, ts: str, name: str) -> None:
        """Add the reaction `name` to the message `ts` in the session's channel, once and as best effort.

        Reactions to what started a session go before those to replies, of which there may be many.
        """
        await self.react_in(session.team, session.channel, ts, name, first=ts == session.cause_ts)

    async def react_in(self, team: str, channel: str, ts: str, name: str, *, first: bool = False) -> None:
        """Add the reaction `name` to the message `ts` of a `channel`, whatever it is about, in the same way."""
        key = f"react:{team}:{channel}:{ts}:{name}"
        rank = outbox.FIRST if first else outbox.USUAL
        await self.add_to_outbox(self._reaction(key, team, channel, "reaction", {"ts": ts, "name": name}, rank))

    async def replace_mark(self, session: Session, old: str | None, new: str | None, change: str) -> None:
        """Replace the reaction `old` on the asker's message by `new`, as best effort; `change` names this change.

        There is nothing to replace where the session was started by no message.
        """
        ts, key = session.cause_ts, f"mark:{session.id}:{change}"
        if ts is None or old == new:
            return
        for mark, kind, part in ((new, "reaction", f"{new}"), (old, "reaction_removal", f"no-{old}")):
            if mark is not None:
                what = {"ts": ts, "name": mark}
                row = self._reaction(f"{key}:{part}", session.team, session.channel, kind, what, outbox.FIRST)
                await self.add_to_outbox(row)

    def _reaction(self, key: str, team: str, channel: str, kind: str, what: dict[str, str], rank: int) -> OutboxRow:
        lane = lanes_named.reaction_lane if kind == "reaction" else lanes_named.reaction_removal_lane
        return OutboxRow(
            key=key,
            lane=lane(team),
            kind=kind,
            team=team,
            channel=channel,
            thread=key,
            ref=self.ref,
            payload=what,
            rank=rank,
            next_at=self.now,
            created_at=self.now,
            expires_at=self.now + self.timing.reaction_expires,
        )

    async def reply_privately(self, to: "Recipient", message: Message, *, key: str | None = None) -> None:
        """Answer `to` so that only that person sees it, once for each `key`, by default the key of what is answered.

        Where `to` says so, the answer takes the place of the message whose button was pressed. Several answers to one
        cause come in their order. It is best effort, because Slack shows it only to people who are active now.
        """
        key, thread = f"priv:{key or to.cause}", f"priv:{to.cause}"
        await self.add_to_outbox(
            OutboxRow(
                key=key,
                lane=lanes_named.private_lane(to.team, thread),
                kind="private",
                team=to.team,
                channel=to.channel,
                thread=thread,
                thread_ts=to.thread_ts,
                ref=self.ref,
                payload={
                    "text": message.text,
                    "blocks": message.blocks,
                    "user": to.user,
                    "response_url": to.response_url,
                    "replaces": to.replaces,
                    "pressed_in": to.pressed_in,
                },
                next_at=self.now,
                created_at=self.now,
                expires_at=self.now + self.timing.private_answer_expires,
            )
        )
        if to.opened_in and not to.response_url:  # with one, they have answered in the direct message
            here = replace(to, channel=to.opened_in, thread_ts=None, opened_in="")
            await self.reply_privately(here, answered_in_dm(message), key=f"{key}:here")


def _payload(message: Message) -> dict[str, Any]:
    """What is stored of a message to be posted; its plainer forms are sent where Slack refuses its blocks."""
    first, *plainer = map(_form, message.forms())
    return first | ({"plainer": plainer} if plainer else {})


def _form(form: Message) -> dict[str, Any]:
    return {"text": form.text, "blocks": form.blocks} | ({"files": [form.file.stored()]} if form.file else {})


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a private answer, and where."""

    team: str
    cause: str  # the key of the inbox row that is answered
    user: str
    channel: str
    thread_ts: str | None = None
    response_url: str | None = None
    replaces: bool = False  # the answers take the place of the message whose button the person pressed
    pressed_in: str | None = None  # the thread in which they pressed a button: their `response_url` is the channel's
    opened_in: str = ""  # the channel of the form of which they read in a direct message


@dataclass(frozen=True, slots=True)
class Location:
    """Where a post stands: in a channel or a thread, which may be that of a session."""

    team: str
    channel: str
    thread_ts: str | None = None
    session_id: str | None = None


class Drawer(ABC):
    """Draws the posts of one kind that are edited afterwards, and does what follows from them.

    `UnitOfWork.show` has a subject posted, and `redraw` has its post edited.
    """

    name: ClassVar[str]  # stands in rows, and begins the keys of posts
    drawn_with_it: ClassVar[tuple[str, ...]] = ()  # other drawers of the same subjects, drawn in the same moment
    is_listed_at_home: ClassVar[bool] = False  # whether its subjects are sessions, which Home tabs list
    no_replies: ClassVar[Message | None] = None  # the answer to a reply under the post, where nobody reads that

    @abstractmethod
    async def draw(self, tx: Transaction, subject: str, *, shared: bool) -> Message | None:
        """Return what the post of `subject` shows now, in a `shared` channel nothing of Devin's; None if it is gone."""

    async def posted(self, uow: UnitOfWork, row: OutboxRow, ts: str) -> None:  # noqa: B027 - few have anything to add
        """Add what follows when the post that `row` asks for stands as the message `ts`."""

    async def not_posted(self, uow: UnitOfWork, row: OutboxRow, error: SlackError | None) -> None:  # noqa: B027
        """Add what follows when the post will never be there, because of `error` or because it is not to be shown."""

    async def shown(self, uow: UnitOfWork, post: Post) -> None:  # noqa: B027
        """Add what follows when the post shows the newest version of its subject."""

    async def lost(self, uow: UnitOfWork, post: Post, error: SlackError) -> None:  # noqa: B027
        """Add what follows when the post cannot be edited any more."""
