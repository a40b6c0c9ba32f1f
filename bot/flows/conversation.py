"""What somebody wrote: a new session, a reply to one, a verb, or nothing that concerns the bot."""

from typing import Final

from bot.domain.commands.options import Request, parse_request
from bot.domain.commands.parser import Command, UnknownVerb, parse_verb
from bot.domain.commands.registry import NEW
from bot.domain.commands.small_talk import is_small_talk
from bot.domain.lane import person_lane, thread_lane
from bot.domain.session import Session, Stage
from bot.domain.text import without_mention
from bot.flows.admission import Admission
from bot.flows.brief import LOOK_AT_FILES, LOOK_AT_THREAD, Briefing
from bot.flows.control import Control
from bot.flows.create import Create, give_up_start
from bot.flows.order import Order
from bot.flows.reply import Reply
from bot.flows.tools import Job, Later, Listener, Step, Tools, finish, reference, session_id
from bot.store import inbox, lanes, sessions, threads
from bot.store.threads import Thread
from bot.views import answers
from bot.views.message import Message

DM_FOLLOW_UP_SECONDS: Final = 120.0
ELDER_SECONDS: Final = 10.0  # how long a line waits for the one before it to be looked at
UNKNOWN_THREAD_SECONDS: Final = 10.0  # how long a reply waits for a thread that may be about to be known
NOT_KNOWN_YET: Final = 1.0, "thread not known yet"


class Conversation:
    """Decides what a message is, and hands it on."""

    def __init__(
        self,
        tools: Tools,
        admission: Admission,
        briefing: Briefing,
        create: Create,
        reply: Reply,
        control: Control,
        order: Order,
    ) -> None:
        self._tools = tools
        self._admission = admission
        self._briefing = briefing
        self._create = create
        self._reply = reply
        self._control = control
        self._order = order

    async def run(self, job: Job) -> None:
        """A mention, a reply or a direct message."""
        payload = job.row.payload
        if (begun := await self._tools.session(session_id(job.row.key))) is not None:
            await self._resume(job, begun)
            return
        thread = await self._thread(job)
        # A stop counts in a thread whose first message was not looked at yet.
        meant = payload["mention"] or payload["im"] or (job.row.urgent and not payload["under_us"])
        if thread is None and not meant:
            await self._wait_for_thread(job)
            return
        refusal = await self._refusal(job)
        if refusal is not None:
            await self._answer(job, refusal, once=thread is not None and not payload["mention"])
            return
        await self._understood(job, thread)

    async def give_up(self, step: Step, job: Job, reason: str, /) -> None:
        """Say in the thread what was not started, not sent or not stopped."""
        payload = job.row.payload
        begun = await sessions.get(step.tx, session_id(job.row.key))
        if begun is not None:
            await give_up_start(step, job, begun.id)
            return
        thread_ts = payload["thread_ts"] or payload["ts"]
        known = await threads.get(step.tx, step.place.team, payload["channel"], thread_ts)
        if known is not None and self._ends(job):
            await self._control.not_stopped(step, job, known.session_id)
            return
        lost = self._reply.lost(job, reason) if known else answers.start_failed(job.row.ref)
        whose = known.session_id if known else None
        await step.say(step.row(f"lost:{job.row.key}", payload["channel"], thread_ts, lost, session_id=whose))

    def _ends(self, job: Job) -> bool:
        verb = parse_verb(without_mention(job.row.payload["text"], self._tools.place.bot_user))
        return isinstance(verb, Command) and verb.spec.ends_session and not verb.spec.asks_first

    async def _resume(self, job: Job, begun: Session) -> None:
        """This message has started a session before: an earlier try got that far."""
        if begun.stage in {Stage.QUEUED, Stage.CREATING}:
            await self._create.create(job, begun)
            return
        await self._close(job)

    async def _thread(self, job: Job) -> Thread | None:
        payload = job.row.payload
        if payload["thread_ts"] is None:
            return None
        async with self._tools.db.read() as tx:
            return await threads.get(tx, self._tools.place.team, payload["channel"], payload["thread_ts"])

    async def _wait_for_thread(self, job: Job) -> None:
        age = self._tools.clock() - job.row.created_at
        # Only under our own messages a thread may be about to be known. Elsewhere the mention that makes it one comes
        # first in the lane, and what was written before that mention is its context.
        if not job.row.payload["under_us"]:
            await self._close(job)
        elif age < UNKNOWN_THREAD_SECONDS:
            raise Later(*NOT_KNOWN_YET)
        else:
            await self._forget(job)

    async def _forget(self, job: Job) -> None:
        """Leave no trace of a reply that hangs under nothing we know.

        A card whose answer got lost is found late. Catch-up then brings what was written under it: the key is free.
        """
        async with self._tools.step_of(job) as step:
            # Before the look: catch-up, which begins once the thread is known, waits for this transaction to end and
            # finds the key free.
            await inbox.drop(step.tx, job.row.key)
            waits = await inbox.waiting(step.tx, job.row.lane, "start")
            payload = job.row.payload
            known = await threads.get(step.tx, step.place.team, payload["channel"], payload["thread_ts"])
            if waits or known is not None:
                raise Later(*NOT_KNOWN_YET)  # which undoes the drop
            # A crash right here looks at the row again.
            await lanes.release(step.tx, job.claim)

    async def _refusal(self, job: Job) -> Message | None:
        payload = job.row.payload
        person = await self._admission.person(payload["user"])
        if person.is_bot:
            return Message("")
        shared = payload["shared"]
        if shared is None:
            shared = await self._admission.is_shared(payload["channel"])
        return self._admission.refusal(person, shared=shared)

    async def _understood(self, job: Job, thread: Thread | None) -> None:
        payload = job.row.payload
        text = await self._briefing.readable(payload["text"])
        verb = parse_verb(text)
        if isinstance(verb, UnknownVerb):
            await self._answer(job, answers.unknown_verb(verb))
        elif verb is not None and verb.spec is NEW:
            await self._order.start(job, parse_request(verb.argument), payload["user"], payload["channel"])
        elif verb is not None:
            await self._verb(job, verb, thread)
        elif thread is not None and await self._replies(thread, payload["mention"]):
            await self._reply.run(job, thread)
        elif payload["im"] and payload["thread_ts"] is None:
            await self._direct(job, text)
        elif payload["im"] and thread is None and is_small_talk(text) and not payload["files"]:
            await self._close(job)
        else:
            await self._start(job, parse_request(text))

    async def _replies(self, thread: Thread, mention: bool) -> bool:
        """Whether a message in this thread is for its session; a mention where it has ended starts a new one."""
        session = await self._tools.session(thread.session_id)
        ended = session is None or thread.closed or session.stage not in sessions.LIVE_STAGES
        return not (ended and mention)

    async def _verb(self, job: Job, verb: Command, thread: Thread | None) -> None:
        if thread is None and job.row.payload["im"] and job.row.payload["thread_ts"] is None:
            latest = await self._latest(job)
            if latest is not None and latest.thread_ts is not None:
                await self._hand_over(job, latest)
                return
        await self._control.verb(job, verb, thread)

    async def _direct(self, job: Job, text: str) -> None:
        """A line of a direct message: soon after one's last live session it belongs to that."""
        payload = job.row.payload
        if await self._elder_is_open(job):
            raise Later(0.5, "an earlier line comes first")
        latest = await self._latest(job)
        if latest is not None and job.row.created_at - latest.spoken_at <= DM_FOLLOW_UP_SECONDS:
            if latest.thread_ts is None:
                raise Later(0.5, "the card of a command comes first")
            await self._hand_over(job, latest)
        elif is_small_talk(text) and not payload["files"]:
            await self._close(job)
        else:
            await self._start(job, parse_request(text))

    async def _close(self, job: Job) -> None:
        async with self._tools.step_of(job) as step:
            await finish(step, job)

    async def _elder_is_open(self, job: Job) -> bool:
        payload = job.row.payload
        if self._tools.clock() - job.row.created_at > ELDER_SECONDS:
            return False
        prefix = thread_lane(self._tools.place.team, payload["channel"], "")
        async with self._tools.db.read() as tx:
            if await inbox.earlier_in_channel(tx, prefix, job.row):
                return True
            commands = await inbox.waiting(tx, person_lane(self._tools.place.team, payload["user"]), "command")
        return any(one.ts < job.row.ts and one.payload["channel_id"] == payload["channel"] for one in commands)

    async def _latest(self, job: Job) -> Session | None:
        payload = job.row.payload
        async with self._tools.db.read() as tx:
            found = await sessions.of_person(
                tx, self._tools.place.team, payload["user"], channel=payload["channel"], limit=1
            )
        return found[0] if found else None

    async def _hand_over(self, job: Job, session: Session) -> None:
        """Put the line into the lane of the session's thread, where its time gives it its place."""
        assert session.thread_ts is not None
        lane = thread_lane(session.team, session.channel, session.thread_ts)
        async with self._tools.step_of(job) as step:
            await inbox.move(step.tx, job.row, lane, job.row.payload | {"thread_ts": session.thread_ts})
            await lanes.release(step.tx, job.claim)
            step.wakes[lane] = 0.0

    async def _start(self, job: Job, request: Request) -> None:
        payload = job.row.payload
        in_thread = payload["thread_ts"] is not None
        if not request.prompt and not payload["files"] and not in_thread:
            await self._answer(job, answers.EMPTY_PROMPT)
            return
        thread_ts = payload["thread_ts"] or payload["ts"]
        session = Session(
            id=session_id(job.row.key),
            team=self._tools.place.team,
            channel=payload["channel"],
            thread_ts=thread_ts,
            requester=payload["user"],
            prompt=request.prompt or (LOOK_AT_THREAD if in_thread else LOOK_AT_FILES),
            options=request.options,
            stage=Stage.QUEUED,
            reference=reference(self._tools.place.team, payload["channel"], payload["ts"]),
            cause_ts=payload["ts"],
            created_at=self._tools.clock(),
            spoken_at=self._tools.clock(),
        )
        if request.mistyped:
            async with self._tools.step_of(job) as step:
                await step.whisper(listener(job), answers.mistyped_options(request.mistyped))
        await self._create.create(job, session)

    async def _answer(self, job: Job, message: Message, *, once: bool = False) -> None:
        """Answer privately and close the row. `once`: people who talk in a thread are told only the first time."""
        to = listener(job)
        async with self._tools.step_of(job) as step:
            if message.text:
                key = f"{to.channel}:{to.thread_ts}:{to.user}:refused" if once else None
                await step.whisper(to, message, key=key)
            await finish(step, job)


def listener(job: Job) -> Listener:
    """Who wrote the message, and where an answer is seen: in the thread only when there is one."""
    payload = job.row.payload
    return Listener(job.row.key, payload["user"], payload["channel"], payload["thread_ts"])
