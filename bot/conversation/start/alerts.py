"""The brake on bots that may start sessions: an alert that comes again is a reply, and only so many start sessions.

All is decided from stored sessions, in the transaction that stores the new one: one alert of a channel at a time.
"""

import hashlib
import re
from dataclasses import replace
from typing import Final

from bot.conversation.prompt import as_alert
from bot.conversation.session_rows import record
from bot.conversation.steer.held_start import hold_secret
from bot.domain.causes import MessageCause
from bot.domain.dead_ends import WayOn, is_over, way_on
from bot.domain.session import Session
from bot.kernel.job import Job, finish, move, recipient_of
from bot.kernel.pause_gate import who_paused
from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork
from bot.store import due, session_links, sessions
from bot.timing import DAY, HOUR
from bot.views.answers import pauses as pause_sentences
from bot.views.answers import starts as start_sentences
from bot.views.message import Message

_APART: Final = re.compile(r"[^\w./-]+")
# What differs from time to time: what has a digit in it, and what else times are written with.
_VARIES: Final = re.compile(
    r"[^\d\n]*\d.*|am|pm|utc|gmt|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|(?:sept?|nov|dec)(?:ember)?"
    r"|oct(?:ober)?"
)


def fingerprint(text: str) -> str:
    """Return what is the same for the same alert: its words without numbers, times and ids."""
    words = (word.strip("./-_") for word in _APART.split(text.lower()))
    left = [word for word in words if word and not _VARIES.fullmatch(word)]
    return hashlib.blake2b(" ".join(left).encode(errors="replace"), digest_size=16).hexdigest()


class Alerts:
    """Decides what comes of the messages of bots that may start sessions."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def passes(self, job: Job[MessageCause]) -> bool:
        """Whether the alert may start a session. Else it is a reply by now, or closed with a note in its thread."""
        async with self._services.unit_of_work_for(job) as uow:
            return await self._passes(uow, job)

    async def ask_about_secret(self, job: Job[MessageCause]) -> None:
        """Ask the owner in a direct message, because they may be away; about the same alert once a day."""
        cause, services = job.cause, self._services
        to = replace(recipient_of(job), channel=await job.workspace.slack.direct(cause.user))
        day = int(services.clock() // DAY)
        key = f"alert-secret:{job.workspace.team}:{cause.channel}:{fingerprint(cause.text)}:{day}"
        await hold_secret(services, job, to=to, wait=services.timing.start_room, key=key)

    async def begin(self, job: Job[MessageCause], session: Session) -> Session | None:
        """Store the `session` that an alert starts, with its own limit; None if it may start none by now.

        A crash before this commit has it decided anew, and after it the session is counted and created.
        """
        async with self._services.unit_of_work_for(job) as uow:
            if not await self._passes(uow, job):
                return None
            most = (await uow.settings.effective(uow.tx, session.team, session.channel, session.requester)).alert_acus
            options = replace(session.options, acu=min(session.options.acu or most, most))
            begun = replace(session, alert=fingerprint(job.cause.text), options=options)
            await record(uow, begun)
            return begun

    async def _passes(self, uow: UnitOfWork, job: Job[MessageCause]) -> bool:
        cause, team = job.cause, job.workspace.team
        # Until this transaction ends, no other alert of the channel is decided on, in any process.
        await due.write(uow.tx, due.alerts(team, cause.channel), uow.now, {"v": 1})
        if await session_links.names_session(uow.tx, team, cause.text):
            await self._hold(uow, job, start_sentences.ALERT_OF_OURS)
            return False
        same = await sessions.of_alert(uow.tx, team, cause.channel, fingerprint(cause.text), uow.now - DAY)
        if same is not None and way_on(same) is not WayOn.TRY_AGAIN and not is_over(same):
            await self._reply(uow, job, same)
            return False
        # Said in the thread: its owner may be away, and is not to be asked about each alert of a day.
        if (paused := await who_paused(uow.tx, team, cause.channel)) is not None:
            await self._hold(uow, job, pause_sentences.alert_held(paused))
            return False
        most = (await uow.settings.effective(uow.tx, team, cause.channel, cause.user)).alerts_per_hour
        if await sessions.count_started(uow.tx, team, uow.now - HOUR, alerts_in=cause.channel) < most:
            return True
        await self._hold(uow, job, start_sentences.alert_held(most))
        key = f"alerts:{team}:{cause.channel}:{int(uow.now // DAY)}"
        await uow.notify_admins(job.workspace, key, start_sentences.alerts_held(most, cause.channel))
        return False

    async def _reply(self, uow: UnitOfWork, job: Job[MessageCause], session: Session) -> None:
        """Have the alert sent to the `session` that it has started before, as what a machine says."""
        cause = job.cause
        assert cause.pick is not None
        assert session.thread_ts is not None
        said = replace(cause.confirmation, as_reply=True)
        reply = replace(
            cause,
            ts=cause.pick.ts,
            thread_ts=session.thread_ts,
            text="",
            quoted=as_alert(cause.text),
            pick=None,
            confirmation=said,
            with_secret=False,  # it was left out, and the owner was asked about the first
        )
        await move(uow, job, session.lane, reply, after=session.thread_ts)

    async def _hold(self, uow: UnitOfWork, job: Job[MessageCause], why: Message) -> None:
        """Close the row, and say in the alert's thread how somebody starts the session by hand."""
        row = uow.post_row(f"held:{job.row.key}", job.workspace.team, job.cause.channel, job.cause.root_ts, why)
        await uow.add_to_outbox(row)
        await finish(uow, job)
